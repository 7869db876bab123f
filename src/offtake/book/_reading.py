"""From plain data to a book, with every problem collected and raised once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from offtake.book._checks import check_book, check_references
from offtake.book._document import Document, Finding, Path
from offtake.book._refusals import findings_of
from offtake.errors import BookError

if TYPE_CHECKING:
    from offtake.book._book import Book

__all__ = ["build"]

_B = TypeVar("_B", bound="Book")


def build(cls: "type[_B]", document: Document) -> "_B":
    """Return the book that a document describes.

    Entries that can be read are checked against each other even where others cannot, so that one pass shows
    all there is to mend.

    Raises
    ------
    BookError
        With every problem: of reading, of each entry, and of the entries together. Warnings are among them
        only if there is an error too.
    """
    if not document.data and document.problems:
        raise BookError(document.problems)
    data = {
        key: {} if value is None and _is_section(cls, key) else value for key, value in document.data.items()
    }
    findings: list[Finding] = []
    book: _B | None = None
    try:
        book = cls.model_validate(data)
    except ValidationError as error:
        findings += findings_of(error, cls, data)
        book = _readable_part(cls, data, findings)
    unread = list(findings)
    if book is not None:
        findings += check_book(book, _names(data), complete=not document.incomplete)
    if unread and not document.incomplete:
        findings += _names_in_unread(cls, data, unread)
    problems = [*document.problems, *(document.problem(each) for each in findings)]
    if book is None or any(problem.severity == "error" for problem in problems):
        raise BookError(problems)
    book._read_from = Document(document.name, places=document.places)
    return book


def _is_section(cls: type[BaseModel], key: str) -> bool:
    field = cls.model_fields.get(key)
    return field is not None and not field.is_required()


def _readable_part(cls: "type[_B]", data: Mapping[str, Any], findings: list[Finding]) -> "_B | None":
    """Return the book of those entries in which nothing was found, or None if not even that can be read."""
    part = dict(data)
    for finding in findings:
        part = _without(part, finding.path[:2])
    try:
        return cls.model_validate(part)
    except ValidationError:
        return None


def _names_in_unread(cls: "type[_B]", data: Mapping[str, Any], unread: list[Finding]) -> list[Finding]:
    """Return the names that entries use which could not be read, and that nobody has.

    What is wrong with one field or clause hides nothing of the rest of its entry: it is read without them.
    """
    part = dict(data)
    for finding in unread:
        part = _without(part, finding.path[: 4 if "clauses" in finding.path[2:3] else 3])
    try:
        book: _B | None = cls.model_validate(part)
    except ValidationError as error:
        book = _readable_part(cls, part, findings_of(error, cls, part))
    if book is None:
        return []
    entries = {finding.path[:2] for finding in unread}
    return [found for found in check_references(book, _names(data)) if found.path[:2] in entries]


def _without(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return data without what stands at a path, or without the last mapping above it."""
    key, *below = path or ("",)
    inner = data.get(str(key))
    rest = {name: each for name, each in data.items() if str(name) != key}
    return {**data, str(key): _without(inner, tuple(below))} if below and isinstance(inner, Mapping) else rest


def _names(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the names of all entries by section, readable or not."""
    return {
        section: tuple(str(name).strip() for name in entries)
        for section, entries in data.items()
        if isinstance(entries, Mapping)
    }
