"""Where books are read from and written to; the formats themselves stand in a higher layer."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from offtake.book._document import Document
from offtake.book._reading import build
from offtake.errors import InputError
from offtake.spelling import suggest

if TYPE_CHECKING:
    from offtake.book._book import Book

__all__ = ["read_book", "read_document", "shipped", "write_book"]

_B = TypeVar("_B", bound="Book")

# found by name when a file has that form: the book knows that forms exist, not what they are
_FORMS: Final = "offtake.io"
_SUFFIXES: Final = {".yaml": "yaml", ".yml": "yaml", ".xlsx": "xlsx", "": "folder"}
_SHIPPED: Final = Path(__file__).parent.parent / "books"


def read_book(cls: "type[_B]", source: str | Path) -> "_B":
    """Return the book in a file, in a folder, or shipped under a name.

    Raises
    ------
    BookError
        With every problem of every file, if there are any.
    InputError
        If there is no such file.
    """
    path = _found(source)
    book = build(cls, read_document(path))
    book._folder = path if path.is_dir() else path.parent
    return book


def read_document(path: Path) -> Document:
    """Return what a file or a folder says, before it is a book.

    Raises
    ------
    InputError
        If files of its kind cannot be read.
    """
    document: Document = _form(path, "read")(path)
    return document


def write_book(book: "Book", path: str | Path) -> None:
    """Write a book in the form that the suffix of its path names.

    Raises
    ------
    InputError
        If files of its kind cannot be written, or not to this place.
    """
    path = Path(path)
    if path.suffix != "" and path.is_dir():
        message = f"`{path}` is a folder. Write to a file, or to a folder without a suffix."
        raise InputError(message)
    try:
        _form(path, "write")(book.to_data(), path)
    except OSError as error:
        message = f"`{path}` cannot be written: {error.strerror or error}. Choose another place."
        raise InputError(message) from error


def shipped() -> dict[str, Path]:
    """Return the shipped books by name."""
    if not _SHIPPED.is_dir():
        return {}
    files = {each.stem: each for each in _SHIPPED.glob("*.yaml")}
    return files | {each.parent.name: each.parent for each in _SHIPPED.glob("*/book.yaml")}


def _found(source: str | Path) -> Path:
    names = shipped()
    if isinstance(source, str) and source in names:
        return names[source]
    path = Path(source)
    if path.exists():
        return path
    message = f"there is no file `{source}`. Check the path."
    if not path.suffix:
        advice = suggest(str(source), names, "shipped book")
        message = f"there is no file `{source}`, and no shipped book of that name. {advice}."
    raise InputError(message)


def _form(path: Path, direction: str) -> Callable[..., Any]:
    form = "folder" if path.is_dir() else _SUFFIXES.get(path.suffix.lower())
    if form is None:
        message = f"`{path}` is no kind of file that a book is kept in. Use .yaml, .xlsx or a folder."
        raise InputError(message)
    found: Callable[..., Any] = getattr(importlib.import_module(_FORMS), f"{direction}_{form}")
    return found
