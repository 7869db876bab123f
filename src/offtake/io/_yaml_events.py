"""YAML as plain data, with the line of every entry, and refused where it is not plain."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml

from offtake.book import Document, Place
from offtake.book._document import Path, dotted
from offtake.errors import Problem

__all__ = ["LONGEST_FILE", "parse_yaml", "scalar"]

LONGEST_FILE: Final = 5_000_000
"""The most bytes that a file may have."""

_DEEPEST: Final = 40
_MOST_REPEATED: Final = 10_000
_LONGEST_NUMBER: Final = 30
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_WORDS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAGS: Final = (None, "!", "tag:yaml.org,2002:str")
# libyaml reads the same events much faster where it is there
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _RefusedError(Exception):
    """Something that is not read, with its line, what it is and what mends it."""

    def __init__(self, line: int, path: Path, what: str, mend: str) -> None:
        super().__init__(what)
        self.line, self.path, self.what, self.mend = line, path, what, mend


class _Anchored(NamedTuple):
    """What stands under an anchor: its data, and how many values they are."""

    data: Any
    size: int


@dataclass
class _Reader:
    """Reads the events of one file into a document."""

    file: str
    document: Document
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    repeated: int = 0
    size: int = 0

    def value(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        """Return the data that begin with an event."""
        line = event.start_mark.line + 1
        self.document.places.setdefault(path, Place(self.file, line))
        if len(path) > _DEEPEST:
            what = f"more than {_DEEPEST} levels are nested in each other"
            raise _RefusedError(line, path[:3], what, "Write it flatter")
        self.size += 1
        if isinstance(event, yaml.AliasEvent):
            return self._repeat(event, path)
        before = self.size
        if isinstance(event, yaml.ScalarEvent):
            data = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, path, (None, "tag:yaml.org,2002:seq"))
            data = self._sequence(events, path)
        else:
            self._check_tag(event, path, (None, "tag:yaml.org,2002:map"))
            data = self._mapping(events, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(data, self.size - before + 1)
        return data

    def _repeat(self, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        if event.anchor not in self.anchors:
            what = f"`*{event.anchor}` repeats something that is not there, or that it is itself a part of"
            raise _RefusedError(line, path, what, "Write it out")
        anchored = self.anchors[event.anchor]
        self.repeated += anchored.size
        self.size += anchored.size
        if self.repeated > _MOST_REPEATED:
            what = f"aliases repeat more than {_MOST_REPEATED} values"
            raise _RefusedError(line, path, what, "Write out what differs, and repeat less")
        return anchored.data

    def _scalar(self, event: Any, path: Path) -> Any:
        plain, _ = event.implicit
        if plain and event.tag in (None, "!"):
            return scalar(event.value)
        self._check_tag(event, path, _TEXT_TAGS)
        return event.value

    def _sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        data: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return data
            data.append(self.value(event, events, (*path, len(data))))
        raise AssertionError  # the parser ends what it begins

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str | int, Any]:
        data: dict[str | int, Any] = {}
        lines: dict[str | int, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return data
            key, line = self._key(event, path), event.start_mark.line + 1
            below = (*path, str(key))
            if key in data:
                what = f"`{key}` is given already, in line {lines[key]}"
                self._note(line, below, what, "Take one of the two out, or rename it")
                ignored = _Reader(self.file, Document(self.file), dict(self.anchors))
                ignored.value(next(events), events, below)
                continue
            lines[key] = line
            self.document.places[below] = Place(self.file, line)
            data[key] = self.value(next(events), events, below)
        raise AssertionError  # the parser ends what it begins

    def _key(self, event: Any, path: Path) -> str | int:
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            what = "a list or a mapping stands where a name is needed"
            raise _RefusedError(
                line, path, what, "Write a name, then a colon; put text that has brackets into quotes"
            )
        if event.value == "<<" and event.implicit[0]:
            what = "`<<` does not merge mappings here"
            raise _RefusedError(line, path, what, "Write the fields out")
        key = self._scalar(event, path)
        return key if isinstance(key, int) and not isinstance(key, bool) else event.value

    def _check_tag(self, event: Any, path: Path, allowed: tuple[str | None, ...]) -> None:
        if event.tag not in allowed:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            what = f"the tag `{tag}` is not read"
            raise _RefusedError(event.start_mark.line + 1, path, what, "Take it out; a quantity needs no tag")

    def _note(self, line: int, path: Path, what: str, mend: str) -> None:
        entry = dotted(path) or "the file"
        self.document.problems.append(Problem(self.file, line, entry, what, mend))


def scalar(text: str) -> Any:
    """Return what a plain scalar means: nothing, true or false, a number, or else the text itself.

    Only these are special, as in the core schema of YAML 1.2: ``no`` and ``on`` are text, and so are dates.

    Examples
    --------
    >>> scalar("38000"), scalar("0.5"), scalar("no"), scalar("2026-06-15"), scalar("true")
    (38000, 0.5, 'no', '2026-06-15', True)
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _LONGEST_NUMBER:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def parse_yaml(content: bytes, file: str) -> Document:
    r"""Return what the bytes of a YAML file say; what cannot be read stands among its problems.

    Parameters
    ----------
    content
        The bytes of the file, in UTF-8.
    file
        The name of the file, for places and problems.

    Examples
    --------
    >>> document = parse_yaml(b"parties:\n  Lark: {cash: 900 M USD}\n", "lark.yaml")
    >>> document.data, document.place(("parties", "Lark", "cash")).line
    ({'parties': {'Lark': {'cash': '900 M USD'}}}, 2)
    """
    document = Document(file)
    reader = _Reader(file, document)
    try:
        document.data = _root(_read(reader, _decoded(content)))
    except _RefusedError as refused:
        entry = dotted(refused.path) or "the file"
        document.problems.append(Problem(file, refused.line, entry, refused.what, refused.mend))
        document.incomplete = True
    except yaml.YAMLError as error:
        document.problems.append(_misformed(error, file))
        document.incomplete = True
    return document


def _decoded(content: bytes) -> str:
    if len(content) > LONGEST_FILE:
        what = f"the file has {len(content):,} bytes, more than {LONGEST_FILE:,}"
        raise _RefusedError(1, (), what, "Split it with `include`, or keep long lists in tables")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = "the file is not in UTF-8"
        raise _RefusedError(line, (), what, "Save it in UTF-8") from None
    for number, written in enumerate(text.splitlines(), start=1):
        indent = written[: len(written) - len(written.lstrip())]
        if "\t" in indent and written.strip():
            what = "the line is indented with a tab"
            raise _RefusedError(number, (), what, "Indent with spaces")
    return text


def _root(data: Any) -> dict[str, Any]:
    if isinstance(data, dict):
        return {str(key): each for key, each in data.items()}
    got = "nothing" if data is None else "a list" if isinstance(data, list) else "a single value"
    what = f"the file must be a mapping, and it is {got}"
    raise _RefusedError(1, (), what, "Begin with `book: a name`, and name each part of the book")


def _read(reader: _Reader, text: str) -> Any:
    events = iter(yaml.parse(text, Loader=_LOADER))
    data: Any = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                what = "a second document begins with `---`"
                line = event.start_mark.line + 1 if event.start_mark is not None else 1
                raise _RefusedError(line, (), what, "Put the parts into files of their own")
            data = reader.value(next(events), events, ())
    return data


def _misformed(error: yaml.YAMLError, file: str) -> Problem:
    """Return what the parser says in words for a reader who does not know its terms."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    line = mark.line + 1 if mark is not None else None
    mend = "Look here and a line above: indents must agree, brackets close, and text with `: ` be quoted"
    if "character" in said and "not allowed" in said:
        mend = "Take the character out"
    return Problem(file, line, "the file", f"it is not YAML: {said.splitlines()[0]}", mend)
