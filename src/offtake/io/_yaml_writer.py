"""Books written as YAML: short mappings on one line, long ones on several, in the order of the fields."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from offtake.book import SECTIONS
from offtake.io._journal import replace_all, replace_one
from offtake.io._yaml_events import scalar
from offtake.io._yaml_reader import MAIN_FILE

__all__ = ["to_yaml", "write_folder", "write_yaml"]

_WIDTH: Final = 110


class _Dumper(yaml.SafeDumper):
    """Writes plain data without anchors, and quotes whatever would be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the parent class asks for each value
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    quoted = '"' if scalar(data) != data or "\n" in data or data.startswith("=") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=quoted)


def _mapping(dumper: yaml.SafeDumper, data: dict[Any, Any]) -> yaml.MappingNode:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", data.items())
    node.flow_style = _is_short(data)
    return node


def _list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=_is_short(data))


def _is_short(data: Any) -> bool:
    """Say whether data fit on one line: nothing deep in them, and not much."""
    return _depth(data) <= 2 and len(str(data)) <= _WIDTH - 30  # noqa: PLR2004 - a taste


def _depth(data: Any) -> int:
    inside = data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()
    return 1 + max(map(_depth, inside), default=0) if isinstance(data, Mapping | list) else 0


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _list)


def to_yaml(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML text: each part of the book on lines of its own, its entries below it.

    Examples
    --------
    >>> data = {"book": "two", "parties": {"Lark": {"cash": "900 M USD", "rating": "B"}, "North": {}}}
    >>> print(to_yaml(data), end="")
    book: two
    <BLANKLINE>
    parties:
      Lark: {cash: 900 M USD, rating: B}
      North: {}
    """
    blocks: list[str] = []
    for key, value in data.items():
        open_up = isinstance(value, Mapping) and value and key in SECTIONS
        text = _section(key, value) if open_up else _dump({key: value})
        blocks.append(f"\n{text}" if open_up else text)
    return "".join(blocks).lstrip("\n")


def _section(key: str, entries: Mapping[str, Any]) -> str:
    lines = [f"{key}:\n"]
    for name, entry in entries.items():
        lines += [f"  {line}\n" for line in _dump({name: entry}).splitlines()]
    return "".join(lines)


def _dump(data: dict[str, Any]) -> str:
    return str(yaml.dump(_Block(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6))


class _Block(dict[str, Any]):
    """A mapping that is written on several lines, however short it is."""


def _block(dumper: yaml.SafeDumper, data: _Block) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=False)


_Dumper.add_representer(_Block, _block)


def write_yaml(data: Mapping[str, Any], path: Path) -> None:
    """Write plain data to one YAML file, at once."""
    replace_one(path, to_yaml(data).encode())


def write_folder(data: Mapping[str, Any], path: Path) -> None:
    """Write plain data to a folder: ``book.yaml`` with the header, and one file for each part of the book.

    Files of parts that the book no longer has are removed; other files of the folder are left alone.
    """
    parts = {key: value for key, value in data.items() if key in SECTIONS and value}
    header = {key: value for key, value in data.items() if key not in parts}
    if parts:
        header["include"] = [f"{key}.yaml" for key in parts]
    contents = {f"{key}.yaml": to_yaml({key: value}).encode() for key, value in parts.items()}
    obsolete = tuple(
        f"{key}.yaml" for key in SECTIONS if key not in parts and (path / f"{key}.yaml").exists()
    )
    replace_all(path, {MAIN_FILE: to_yaml(header).encode(), **contents}, obsolete=obsolete)
