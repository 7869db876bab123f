"""What commands refuse at once, before minutes of work."""

from pathlib import Path
from typing import TYPE_CHECKING

from offtake.errors import InputError
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["refuse_lost", "refuse_stranger", "refuse_taken"]


def refuse_stranger(book: "Book", party: str | None) -> None:
    """Refuse a party that the book does not have; None is none.

    Raises
    ------
    InputError
        If there is no such party.
    """
    if party is not None:
        refuse_unknown(party, book.parties, "party")


def refuse_lost(path: Path | None) -> None:
    """Refuse a file whose folder is not there; None is no file.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if path is not None and not path.parent.is_dir():
        message = f"there is no folder `{path.parent}` to write `{path.name}` into. Make it first."
        raise InputError(message)


def refuse_taken(path: Path, *, force: bool) -> None:
    """Refuse to write over what is there, unless it is wanted.

    Raises
    ------
    InputError
        If it is there.
    """
    if path.exists() and not force:
        message = f"`{path}` is there already. Choose another name, or write over it with --force."
        raise InputError(message)
