"""Checks of a book as a whole: each is a function that yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from offtake.book import (
    _check_deals,
    _check_drivers,
    _check_plan,
    _check_references,
    _check_scenarios,
    _check_sites,
    _check_talks,
    _check_tree,
)
from offtake.book._document import Finding
from offtake.book._look import Look

if TYPE_CHECKING:
    from offtake.book._book import Book

__all__ = ["CHECKS", "check_book", "check_references"]

CHECKS: Final[tuple[Callable[[Look], Iterator[Finding]], ...]] = (
    *_check_references.CHECKS,
    *_check_sites.CHECKS,
    *_check_deals.CHECKS,
    *_check_drivers.CHECKS,
    *_check_scenarios.CHECKS,
    *_check_plan.CHECKS,
    *_check_tree.CHECKS,
    *_check_talks.CHECKS,
)
"""Every check, in the order in which they are made."""


def check_book(
    book: Book, names: Mapping[str, tuple[str, ...]] | None = None, *, complete: bool = True
) -> list[Finding]:
    """Return everything that is wrong or doubtful about a book as a whole.

    Parameters
    ----------
    book
        The book, or that part of it that could be read.
    names
        Names by section that exist although their entries could not be read.
    complete
        Whether all names are known; if not, nothing is said of names that seem to be missing.
    """
    look = Look(book, names or {})
    checks = CHECKS if complete else (*_check_sites.CHECKS, *_check_deals.CHECKS)
    return [finding for check in checks for finding in check(look)]


def check_references(book: Book, names: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """Return the names in a book that no entry has; `names` by section are known to exist."""
    look = Look(book, names)
    return [finding for check in _check_references.CHECKS for finding in check(look)]
