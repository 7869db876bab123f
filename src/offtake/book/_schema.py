"""What the records say about themselves: the JSON Schema of a book, and the tables of its fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from offtake.book._amount import Amount
from offtake.book._anatomy import inner_type, kind_of, ordered_fields, records
from offtake.book._checks import CHECKS
from offtake.book._clauses import Clause
from offtake.book._deal import Deal
from offtake.book._profile import Profile
from offtake.book._request import Request
from offtake.book._written import plain
from offtake.calendar import Calendar, Quarter
from offtake.units import DIMENSIONS

__all__ = ["json_schema", "with_tables"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_WORDS: Final[dict[Any, str]] = {
    Amount: "quantity",
    Profile: "quantity, path or driver",
    Quarter: "quarter",
    Calendar: "`{from, to}`",
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    Any: "quantity",
}


def json_schema(root: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a book file, with what only files have: includes and tables.

    Notes
    -----
    Clauses and a few other entries have short forms, which the schema allows beside the full ones.
    """
    schema = root.model_json_schema(by_alias=True)
    schema["$schema"] = _DIALECT
    names = {"type": "array", "items": {"type": "string"}}
    schema["properties"]["include"] = {
        "description": "Further files of the book, in its folder or below it.",
        "anyOf": [{"type": "string"}, names],
        "unit": "-",
    }
    schema["properties"]["tables"] = {
        "description": "CSV tables with one entry a row, by part of the book.",
        "type": "object",
        "additionalProperties": {"type": "string"},
        "unit": "-",
    }
    _allow_short_forms(schema, root)
    _say_meanings(schema, root)
    shared: dict[str, Any] = {}
    schema = {key: _with_shared_forms(part, shared) for key, part in schema.items()}
    schema["$defs"] |= dict(sorted(shared.items()))
    return schema


def _say_meanings(schema: dict[str, Any], root: type[BaseModel]) -> None:
    """Give every property the meaning of its field, which references leave out."""
    for record in records(root):
        definition = schema if record is root else schema["$defs"].get(record.__name__, {})
        for name, field in record.model_fields.items():
            definition.get("properties", {}).get(field.alias or name, {})["description"] = field.description


def _with_shared_forms(node: Any, shared: dict[str, Any]) -> Any:
    """Let all quantities of one dimension refer to one definition, which would else be repeated."""
    if isinstance(node, list):
        return [_with_shared_forms(each, shared) for each in node]
    if not isinstance(node, dict):
        return node
    if "dimension" in node and "anyOf" in node:
        forms = node["anyOf"]
        follows = any("driver" in form.get("properties", {}) for form in forms)
        name = f"{node['dimension']}_profile" if follows else str(node["dimension"])
        shared[name] = {"anyOf": forms, "unit": DIMENSIONS[str(node["dimension"])].unit}
        rest = {key: each for key, each in node.items() if key not in {"anyOf", "dimension"}}
        return {"$ref": f"#/$defs/{name}", **rest}
    return {key: _with_shared_forms(each, shared) for key, each in node.items()}


def _allow_short_forms(schema: dict[str, Any], root: type[BaseModel]) -> None:
    """Let a clause leave out its kind, or all but its main field, and a gate all but its duration."""
    short = {"type": ["string", "number", "boolean", "object"]}
    for record in records(root):
        definition = schema["$defs"].get(record.__name__, {})
        if issubclass(record, Deal | Request):
            clauses = definition["properties"]["clauses"]
            clauses["additionalProperties"] = {"anyOf": [clauses["additionalProperties"], short]}


def with_tables(page: str, root: type[BaseModel]) -> str:
    r"""Return a Markdown page with its generated tables made anew.

    Each stands between ``<!-- begin: name -->`` and ``<!-- end: name -->``, where the name is ``quantities``,
    ``fields`` or ``checks``.

    Raises
    ------
    KeyError
        If a page asks for a table that there is not.

    Examples
    --------
    >>> from offtake.book import Book
    >>> page = with_tables("<!-- begin: quantities -->\n<!-- end: quantities -->", Book)
    >>> "| `money` | M USD | `22.4 B USD` |" in page
    True
    """
    makers: dict[str, Callable[[], str]] = {
        "quantities": _quantities,
        "fields": lambda: "\n".join(_table(record) for record in records(root)),
        "checks": _checks,
    }

    def made(match: re.Match[str]) -> str:
        return f"<!-- begin: {match[1]} -->\n\n{makers[match[1]]()}\n<!-- end: {match[1]} -->"

    return re.sub(r"<!-- begin: (\w+) -->.*?<!-- end: \1 -->", made, page, flags=re.DOTALL)


def _quantities() -> str:
    lines = ["| dimension | kept in | written as | a number alone |", "| --- | --- | --- | --- |"]
    for each in DIMENSIONS.values():
        bare = "yes" if each.bare else "no"
        lines.append(f"| `{each.name}` | {each.unit} | `{each.example}` | {bare} |")
    return "\n".join([*lines, ""])


def _checks() -> str:
    lines = []
    for check in CHECKS:
        said = " ".join((check.__doc__ or "").split()).removeprefix("Yield ")
        lines.append(f"- {said[:1].upper()}{said[1:]}")
    return "\n".join([*lines, ""])


def _table(record: type[BaseModel]) -> str:
    lines = [f"### {_title(record)}", "", _first_paragraph(record), ""]
    lines += ["| field | what it takes | unit | default | meaning |", "| --- | --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(row) + " |" for row in _rows(record)]
    return "\n".join([*lines, ""])


def _rows(record: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in ordered_fields(record):
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        yield (
            f"`{field.alias or name}`",
            _takes(field.annotation),
            str(extra.get("unit", "")),
            _default(field),
            meaning,
        )


def _title(record: type[BaseModel]) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", record.__name__).lower()
    if issubclass(record, Clause):
        return f"Clause `{kind_of(record) or words}`"
    return words.capitalize()


def _first_paragraph(record: type[BaseModel]) -> str:
    text = (record.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(text.split())


def _takes(annotation: Any) -> str:
    annotation = inner_type(annotation)
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in _COMPOUNDS:
        return _COMPOUNDS[origin](inside)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _title(annotation).lower()
    members = [inner_type(each) for each in inside]
    for base, word in ((Clause, "clause"), (Deal, "deal")):
        if all(isinstance(each, type) and issubclass(each, base) for each in members):
            return word
    return " or ".join(_takes(each) for each in members)


_COMPOUNDS: Final[dict[Any, Callable[[tuple[Any, ...]], str]]] = {
    Literal: lambda inside: ", ".join(f"`{choice}`" for choice in inside),
    dict: lambda inside: f"{_takes(inside[1])} by {_by(inside[0])}",
    tuple: lambda inside: f"list of {_takes(inside[0])}",
}


def _is_said(default: Any) -> bool:
    return not isinstance(default, tuple | dict) or bool(default)


def _by(key: Any) -> str:
    words = {Quarter: "quarter", int: "year"}
    return words.get(inner_type(key), "name")


def _default(field: Any) -> str:
    if field.is_required():
        return "needed"
    default = field.get_default(call_default_factory=True)
    if default is None or not _is_said(default):
        return ""
    data = plain(default)
    return f"`{json.dumps(data)}`" if not isinstance(data, str) else f"`{data}`"
