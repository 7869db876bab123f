"""First refusals at the table: a holder matches an offer only where that pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.book import ComputeDeal, FirstRefusal

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["Matching", "refusals", "unmatched"]


@dataclass(frozen=True, slots=True)
class Matching:
    """What the holder of a first refusal could match in a book.

    Parameters
    ----------
    offers
        Offers of others that the buyer would sign, and the MW of each that the holder could take over.
    gain
        What taking them over would bring it on average, M USD; below 0 it lets them pass.
    """

    offers: tuple[tuple[str, float], ...]
    gain: float


def unmatched(book: Book, holder: str, grantor: str) -> Book:
    """Return a book in which a holder lets every offer pass that it could match.

    Parameters
    ----------
    book
        The book.
    holder, grantor
        Who may match, and to whom the offers are made.
    """
    changes = refusals(book, holder, grantor)
    return book.replace(changes) if changes else book


def refusals(book: Book, holder: str, grantor: str) -> dict[str, Any]:
    """Return the changes that end what a holder may match, by path; empty where it may match nothing."""
    changes: dict[str, Any] = {
        f"rights.{name}.ended": True
        for name, right in book.rights.items()
        if right.kind == "first_refusal" and (right.holder, right.grantor) == (holder, grantor)
    }
    for name, deal in book.deals.items():
        if isinstance(deal, ComputeDeal) and (deal.seller, deal.buyer) == (holder, grantor):
            changes |= {
                f"deals.{name}.clauses.{key}.matched": "0 %"
                for key, clause in deal.clauses.items()
                if isinstance(clause, FirstRefusal)
            }
    return changes
