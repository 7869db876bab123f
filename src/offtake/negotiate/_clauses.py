"""What each clause is worth to each side: with it, less without it; and clauses that act together."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offtake.errors import BookError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from offtake.book import Book
    from offtake.negotiate._outcomes import Table
    from offtake.negotiate._prospect import Prospect, Spread

__all__ = ["ClausePair", "ClauseValue", "clause_values", "clauses_between"]

_SUBSTANCE = ("ramp", "volume", "start", "term", "price", "delivery", "default_terms", "rank", "unit_price")
_OF_OTHER_KINDS = ("principal", "interest", "repayment", "fee", "tariff", "cover", "payments")
_ALWAYS = frozenset((*_SUBSTANCE, *_OF_OTHER_KINDS))
"""What a deal is made of, or says how it is delivered; to take such a clause out is no bargain."""


@dataclass(frozen=True, slots=True)
class ClauseValue:
    """What one clause or right is worth to each side.

    Parameters
    ----------
    path
        The clause.
    kind
        Its kind.
    values
        With it less without it, for each party in order, present values in M USD.
    """

    path: str
    kind: str
    values: tuple[Spread, Spread]


@dataclass(frozen=True, slots=True)
class ClausePair:
    """What two clauses are worth together beyond what each is worth while the other stands.

    Parameters
    ----------
    paths
        The two clauses.
    together
        With both less without both, for each party, M USD.
    interaction
        That less the values of the two clauses, each taken out by itself: more than 0 where one makes up for
        the other, so that the first to go costs little; less than 0 where they only work together.
    """

    paths: tuple[str, str]
    together: tuple[Spread, Spread]
    interaction: tuple[float, float]


def clauses_between(book: Book, parties: tuple[str, str], deals: Iterable[str]) -> list[tuple[str, str]]:
    """Return clauses that can be taken out of deals, and rights between two parties, with their kinds."""
    found: list[tuple[str, str]] = [
        (f"deals.{name}.clauses.{key}", clause.kind)
        for name in deals
        if name in book.deals
        for key, clause in book.deals[name].clauses.items()
        if clause.kind not in _ALWAYS
    ]
    rights: list[tuple[str, str]] = [
        (f"rights.{name}", right.kind)
        for name, right in book.rights.items()
        if {right.holder, right.grantor} == set(parties)
    ]
    return found + rights


def clause_values(
    table: Table,
    book: Book,
    clauses: Iterable[tuple[str, str]],
    *,
    pairs: int = 3,
    ends: Mapping[str, Book] | None = None,
) -> tuple[tuple[ClauseValue, ...], tuple[ClausePair, ...], tuple[str, ...]]:
    """Return the value of each clause, of the pairs of those that matter most, and what cannot be taken out.

    Parameters
    ----------
    table
        Who values books.
    book
        The book with all clauses.
    clauses
        Paths and kinds.
    pairs
        Among how many of the most valuable clauses pairs are looked at.
    ends
        Books in which some clauses, by path, have gone with all that their end brings; others are taken out.

    Notes
    -----
    Both books are valued on the same futures, so that a clause that never binds is worth exactly nothing.
    """
    bare: dict[str, tuple[str, Book]] = {}
    fixed = []
    for path, kind in clauses:
        try:
            bare[path] = kind, (ends or {}).get(path) or book.without(path)
        except (BookError, InputError):
            fixed.append(path)
    found = table.prospects([book, *(each for _, each in bare.values())])
    whole, single = found[0], dict(zip(bare, found[1:], strict=True))
    values = [ClauseValue(path, kind, _worth(whole, single[path])) for path, (kind, _) in bare.items()]
    values.sort(key=lambda each: -max(abs(side.mean) for side in each.values))
    most = [each.path for each in values[:pairs] if any(side.mean for side in each.values)]
    couples, books = [], []
    for couple in itertools.combinations(most, 2):
        try:
            books.append(book.without(*couple))
        except (BookError, InputError):
            continue
        couples.append(couple)
    together = []
    for couple, without in zip(couples, table.prospects(books), strict=True):
        worth = _worth(whole, without)
        alone = [_worth(whole, single[path]) for path in couple]
        interaction = tuple(worth[k].mean - sum(each[k].mean for each in alone) for k in (0, 1))
        together.append(ClausePair(couple, worth, (interaction[0], interaction[1])))
    return tuple(values), tuple(together), tuple(fixed)


def _worth(with_it: tuple[Prospect, Prospect], without: tuple[Prospect, Prospect]) -> tuple[Spread, Spread]:
    first, second = (mine.less(other) for mine, other in zip(with_it, without, strict=True))
    return first, second
