"""What the checks of a book look at: its entries, the names that exist, and every figure with its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from offtake.book._amount import Amount
from offtake.book._document import Finding, Path
from offtake.book._profile import Profile
from offtake.spelling import suggest

if TYPE_CHECKING:
    from offtake.book._book import Book
    from offtake.book._clauses import Clause
    from offtake.book._deal import Deal
    from offtake.calendar import Quarter

__all__ = ["Look", "walk"]

_NOUNS = {
    "parties": "party",
    "chips": "chip",
    "sites": "site",
    "workloads": "workload",
    "deals": "deal",
    "drivers": "driver",
    "sources": "source",
    "scenarios": "scenario",
    "tree": "node",
}


@dataclass(frozen=True)
class Look:
    """A book under check, with the names of entries that exist even where they could not be read.

    Parameters
    ----------
    book
        The book, or that part of it that could be read.
    names
        Names by section, of entries that could be read and of those that could not.
    """

    book: Book
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def known(self, section: str) -> tuple[str, ...]:
        """Return every name in a section."""
        return tuple(dict.fromkeys([*getattr(self.book, section), *self.names.get(section, ())]))

    def named(self, path: Path, name: str | None, section: str) -> Iterator[Finding]:
        """Yield a finding if a name is given that no entry of a section has."""
        if name is not None and name not in self.known(section):
            noun = _NOUNS[section]
            yield Finding(path, f"no {noun} is called `{name}`", suggest(name, self.known(section), noun))

    def all_named(self, path: Path, names: Iterable[str], section: str) -> Iterator[Finding]:
        """Yield a finding for each of several names that no entry of a section has."""
        for name in names:
            yield from self.named(path, name, section)

    def dated(self, path: Path, date: Quarter | None) -> Iterator[Finding]:
        """Yield a finding if a date is given that lies outside the calendar."""
        if date is not None and date not in self.book.calendar:
            what = f"{date} lies outside the calendar, {self.book.calendar}"
            yield Finding(path, what, "Choose a quarter of the calendar")

    def clauses(self) -> Iterator[tuple[Path, Deal, Clause]]:
        """Yield every clause with its path and its deal."""
        for name, deal in self.book.deals.items():
            for label, clause in deal.clauses.items():
                yield ("deals", name, "clauses", label), deal, clause


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every amount, profile and record below a value, itself among them, with its path."""
    if isinstance(value, Amount):
        yield path, value
    elif isinstance(value, Profile):
        yield path, value
        if value.amount is not None:
            yield path, value.amount
    elif isinstance(value, BaseModel):
        yield path, value
        for name, each in type(value).model_fields.items():
            yield from walk(getattr(value, name), (*path, each.alias or name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from walk(each, (*path, str(key)))
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            yield from walk(each, (*path, place))
