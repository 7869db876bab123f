"""What pydantic refuses, in words that say what is wrong and how to mend it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from offtake.book._anatomy import field_names, find_field, record_at
from offtake.book._clauses import CLAUSES
from offtake.book._document import Finding, Path
from offtake.spelling import suggest

__all__ = ["findings_of"]

_SHAPES: Final[Mapping[str, str]] = {
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One refusal of pydantic: its type, its place, what was given, and the record that it concerns."""

    code: str
    location: Path
    given: Any
    said: str
    context: Mapping[str, Any]
    root: type[BaseModel]

    @property
    def name(self) -> str:
        return str(self.location[-1]) if self.location else ""

    def fields(self, location: Path) -> list[str]:
        record = record_at(self.root, location)
        return [] if record is None else field_names(record)


def findings_of(error: ValidationError, root: type[BaseModel], data: Any) -> list[Finding]:
    """Return every refusal of a validation as a finding with the path of its entry in the data.

    Parameters
    ----------
    error
        What pydantic raised.
    root
        The record that was validated.
    data
        The plain data that it was validated from.
    """
    found: dict[Finding, str] = {}
    for each in error.errors(include_url=False):
        refusal = _Refusal(each["type"], each["loc"], each["input"], each["msg"], each.get("ctx", {}), root)
        words = _WORDS.get(refusal.code, _shape if refusal.code in _SHAPES else _other)
        found[Finding(_path_in(data, refusal.location), *words(refusal))] = refusal.code
    # a list seems empty where all that it holds was refused
    told = {finding.path[:length] for finding in found for length in range(len(finding.path))}
    return [finding for finding, code in found.items() if code != "too_short" or finding.path not in told]


def _path_in(data: Any, location: Path) -> Path:
    """Return the part of a location that stands in the data: short forms and kinds leave parts out."""
    path: list[str | int] = []
    for key in location:
        if isinstance(data, Mapping):
            match = next((each for each in data if each == key or str(each) == str(key)), None)
            if match is not None:
                path.append(str(match))
                data = data[match]
        elif isinstance(data, list | tuple) and isinstance(key, int) and key < len(data):
            path.append(key)
            data = data[key]
    return tuple(path)


def _missing(refusal: _Refusal) -> tuple[str, str]:
    record = record_at(refusal.root, refusal.location[:-1])
    field = None if record is None else find_field(record, refusal.name)
    meaning = f": {_lowered(field.description)}" if field and field.description else ""
    return f"`{refusal.name}` is missing", f"Add `{refusal.name}`{meaning}"


def _lowered(sentence: str) -> str:
    """Return a sentence as it stands after a colon; what begins with an abbreviation stays as it is."""
    return sentence if sentence[1:2].isupper() else f"{sentence[:1].lower()}{sentence[1:]}"


def _too_few(_: _Refusal) -> tuple[str, str]:
    return "at least one is needed", "Add one"


def _unknown(refusal: _Refusal) -> tuple[str, str]:
    known = refusal.fields(refusal.location[:-1])
    what = f"`{refusal.name}` is not a field here"
    if "clauses" in known and refusal.name in CLAUSES:
        return what, f"Write `{refusal.name}` under `clauses`"
    return what, suggest(refusal.name, known, "field")


def _refused(refusal: _Refusal) -> tuple[str, str]:
    return refusal.context["what"], refusal.context["mend"]


def _no_such_kind(refusal: _Refusal) -> tuple[str, str]:
    tag = str(refusal.context["tag"])
    kinds = re.findall(r"'([^']+)'", refusal.context["expected_tags"])
    noun = "clause" if "clauses" in refusal.location else "kind of deal"
    return f"no {noun} is called `{tag}`", suggest(tag, kinds, noun)


def _no_kind(refusal: _Refusal) -> tuple[str, str]:
    noun = "clause" if "clauses" in refusal.location else "deal"
    return f"it is not said what kind of {noun} this is", "Add `kind`, such as `kind: compute`"


def _choice(refusal: _Refusal) -> tuple[str, str]:
    choices = re.findall(r"'([^']+)'", refusal.context["expected"])
    return f"`{_shown(refusal.given)}` is not one of the choices", suggest(
        str(refusal.given), choices, "choice"
    )


def _said(refusal: _Refusal) -> tuple[str, str]:
    what, _, mend = str(refusal.context["error"]).partition("; ")
    return what, mend[:1].upper() + mend[1:]


def _shape(refusal: _Refusal) -> tuple[str, str]:
    got = "nothing" if refusal.given is None else f"`{_shown(refusal.given)}`"
    known = refusal.fields(refusal.location)
    mend = f"Its fields are {', '.join(f'`{name}`' for name in known)}" if known else "Write it in that form"
    return f"{_SHAPES[refusal.code]} is needed, got {got}", mend


def _other(refusal: _Refusal) -> tuple[str, str]:
    return f"{_lowered(refusal.said)}, got `{_shown(refusal.given)}`", "Correct it"


_WORDS: Final[Mapping[str, Callable[[_Refusal], tuple[str, str]]]] = {
    "missing": _missing,
    "too_short": _too_few,
    "extra_forbidden": _unknown,
    "refused": _refused,
    "union_tag_invalid": _no_such_kind,
    "union_tag_not_found": _no_kind,
    "literal_error": _choice,
    "value_error": _said,
}


def _shown(given: object, longest: int = 60) -> str:
    text = " ".join(str(given).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
