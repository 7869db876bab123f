"""What changing one term alone does to each side, from what the book has and from no deal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from offtake.errors import BookError, InputError
from offtake.negotiate._terms import apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.book import Book
    from offtake.negotiate._outcomes import Table
    from offtake.negotiate._prospect import Spread
    from offtake.negotiate._terms import Term

__all__ = ["Move", "moves_from"]


@dataclass(frozen=True, slots=True)
class Move:
    """One term changed, all else as it was and planned anew.

    Parameters
    ----------
    term, label
        The term, and what it becomes.
    start
        Whether the rest is what the book has, or what there is without a deal.
    values
        What the change is worth to the seller and to the buyer, M USD.
    """

    term: str
    label: str
    start: Literal["actual", "no deal"]
    values: tuple[Spread, Spread]


def moves_from(table: Table, start: Book, terms: Sequence[Term]) -> tuple[Move, ...]:
    """Return what each option of each term does alone; those that change nothing in the book are left out.

    Parameters
    ----------
    table
        Who values books.
    start
        What the book has, the deals on the table signed.
    terms
        The contested terms.
    """
    wanted: list[tuple[str, str, Literal["actual", "no deal"], Book, Book]] = []
    bases: tuple[tuple[Literal["actual", "no deal"], Book], ...] = (
        ("actual", start),
        ("no deal", table.no_deal),
    )
    for name, base in bases:
        for term in terms:
            for option in term.options:
                try:
                    changed = apply(base, option.changes)
                except (BookError, InputError):
                    # without the deal there is nothing of it to change
                    continue
                if changed.hash != base.hash:
                    wanted.append((term.name, option.label, name, base, changed))
    found = table.prospects([book for *_, base, changed in wanted for book in (base, changed)])
    moves = []
    for k, (what, label, name, *_) in enumerate(wanted):
        before, after = found[2 * k], found[2 * k + 1]
        first, second = (mine.less(theirs) for mine, theirs in zip(after, before, strict=True))
        moves.append(Move(what, label, name, (first, second)))
    return tuple(moves)
