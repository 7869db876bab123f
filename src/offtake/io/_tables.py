"""Entries as rows: one row an entry, columns with dotted names for the fields inside fields.

A cell holds a number, true or false, or text. Lists and mappings that are not spread over columns stand in a
cell as YAML writes them on one line, such as ``[F032, F033]``. Text that would be taken for something else
stands in double quotes.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from offtake.io._yaml_events import parse_yaml, scalar

__all__ = ["cell_of", "columns_of", "flattened", "nested", "value_of"]

_STEP: Final = re.compile(r"((?:[^.\\\[]|\\.)+)((?:\[\d+\])*)(?:\.|$)")
_OPENING: Final = frozenset('[{"')
# text that begins so is quoted, for a spreadsheet would take it for a formula
_QUOTED: Final = _OPENING | {"=", ""}
_INDEX: Final = re.compile(r"\[(\d+)\]")


def flattened(data: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested data as one mapping from dotted column names to the values of cells.

    Examples
    --------
    >>> flattened({"owner": "Tideway", "phases": [{"mw": "60 MW"}], "sources": ["F1", "F2"]})
    {'owner': 'Tideway', 'phases[1].mw': '60 MW', 'sources': ['F1', 'F2']}
    """
    if isinstance(data, Mapping) and data:
        parts = (
            (f"{prefix}.{_escaped(key)}" if prefix else _escaped(key), each) for key, each in data.items()
        )
        return {name: each for path, part in parts for name, each in flattened(part, path).items()}
    if isinstance(data, list) and any(isinstance(each, Mapping) and each for each in data):
        rows = (flattened(each, f"{prefix}[{place}]") for place, each in enumerate(data, start=1))
        return {name: each for row in rows for name, each in row.items()}
    return {prefix: data}


def nested(cells: Mapping[str, Any]) -> dict[str | int, Any]:
    """Return the nested data of which `flattened` made dotted columns.

    Raises
    ------
    ValueError
        If a column is not a dotted name, or two columns contradict each other.

    Examples
    --------
    >>> nested({"owner": "Tideway", "phases[1].mw": "60 MW"})
    {'owner': 'Tideway', 'phases': [{'mw': '60 MW'}]}
    """
    root: dict[Any, Any] = {}
    for column, value in cells.items():
        node: Any = root
        steps = _steps(column)
        for key, after in zip(steps, [*steps[1:], None], strict=True):
            if isinstance(key, int) and key > len(node):
                message = f"`{column}` counts list entries from 1, and some before it are missing"
                raise ValueError(message)
            if after is None:
                _put(node, key, value, column)
            else:
                empty: Any = [] if isinstance(after, int) else {}
                node = _below(node, key, empty, column)
    return root


def _steps(column: str) -> list[str | int]:
    """Return the keys, and places in lists from 0, that a column name leads through."""
    steps: list[str | int] = []
    place = 0
    while place < len(column):
        match = _STEP.match(column, place)
        if match is None:
            message = f"`{column}` is not a dotted name"
            raise ValueError(message)
        steps.append(re.sub(r"\\(.)", r"\1", match[1]))
        steps += [int(index) - 1 for index in _INDEX.findall(match[2])]
        place = match.end()
    return steps


def _below(node: Any, key: Any, empty: Any, column: str) -> Any:
    if isinstance(node, list) and key == len(node):
        node.append(empty)
    elif isinstance(node, dict):
        node.setdefault(key, empty)
    found = node[key]
    if type(found) is not type(empty):
        message = f"`{column}` lies inside a column that has a value of its own"
        raise ValueError(message)
    return found


def _put(node: Any, key: Any, value: Any, column: str) -> None:
    if isinstance(node, list) and key == len(node):
        node.append(value)
    elif isinstance(node, dict) and key not in node:
        node[key] = value
    else:
        message = f"`{column}` contradicts another column"
        raise ValueError(message)


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns of some rows in the order in which they first occur, list entries in their order."""
    return list(dict.fromkeys(column for row in rows for column in row))


def cell_of(value: Any) -> str | float | int | bool:
    """Return what to write into a cell, which `value_of` reads back as the same value.

    Examples
    --------
    >>> cell_of("18 months"), cell_of("38000"), cell_of(["F1", "F2"]), cell_of(0.5)
    ('18 months', '"38000"', '["F1", "F2"]', 0.5)
    """
    if isinstance(value, bool | int | float):
        return value
    if (
        isinstance(value, str)
        and value == value.strip()
        and value[:1] not in _QUOTED
        and scalar(value) == value
    ):
        return value
    return json.dumps(value, ensure_ascii=False)


def value_of(cell: Any) -> Any:
    """Return the value that a cell holds.

    Raises
    ------
    ValueError
        If it begins like a list, a mapping or quoted text and does not end so.

    Examples
    --------
    >>> value_of("[F032, F033]"), value_of("0.5"), value_of('"38000"'), value_of("firm")
    (['F032', 'F033'], 0.5, '38000', 'firm')
    """
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    if text[:1] not in _OPENING:
        return scalar(text)
    with contextlib.suppress(ValueError):
        return json.loads(text)
    document = parse_yaml(b"cell: " + text.replace("\n", " ").encode(), "cell")
    if document.problems or document.data.keys() != {"cell"}:
        message = f"`{text[:60]}` begins like a list, a mapping or quoted text and does not end so"
        raise ValueError(message)
    return document.data["cell"]


def _escaped(key: Any) -> str:
    return re.sub(r"([.\\\[])", r"\\\1", str(key))
