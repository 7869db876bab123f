"""First refusals: who may match an offer, and how its volume is cut (P9)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from offtake.book import ComputeDeal, FirstRefusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.book import Book
    from offtake.plan._offers import Offer

__all__ = ["Part", "Refusal", "cuts", "refusals_on"]

_EVEN = 0.5


@dataclass(frozen=True)
class Refusal:
    """A right to match offers of others."""

    holder: str
    above: float
    """MW"""
    first: float
    last: float
    """quarters in which it is in force, both included"""
    matched: float
    """chance that the holder matches"""


class Part(NamedTuple):
    """A part of an offer's range within which the same holders may match."""

    least: float
    most: float
    whole: bool
    kept: float
    """share that stays with the seller"""
    matched: tuple[tuple[str, float], ...]
    """share that each holder takes over"""


def refusals_on(book: Book, buyer: str) -> list[Refusal]:
    """Return the first refusals that a buyer has granted, by firm deals and by rights."""
    found = []
    calendar = book.calendar
    for deal in book.deals.values():
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer and deal.firmness == "firm":
            for clause in deal.clauses.values():
                if isinstance(clause, FirstRefusal):
                    first = float("-inf") if clause.from_ is None else calendar.index(clause.from_)
                    last = float("inf") if clause.until is None else calendar.index(clause.until)
                    above, matched = clause.above.value, clause.matched.value
                    found.append(Refusal(deal.seller, above, first, last, matched))
    for right in book.rights.values():
        if right.kind == "first_refusal" and right.grantor == buyer and not right.ended:
            first = float("-inf") if right.from_ is None else calendar.index(right.from_)
            last = float("inf") if right.until is None else calendar.index(right.until)
            found.append(Refusal(right.holder, 0.0, first, last, _EVEN))
    return found


def cuts(offer: Offer, quarter: int, refusals: Sequence[Refusal]) -> list[Part]:
    """Return the parts of an offer's range, each with those who may match it.

    Holders are asked one after the other, in the order of the book; one who sells the offer itself, or who
    has matched with chance 0, is not asked.

    Examples
    --------
    >>> from offtake.plan._offers import Offer
    >>> offer = Offer("more", "Tideway", 4, (0,), None, 0.0, 40.0, False, 40.0, ((4, 40.0),))
    >>> [part.most for part in cuts(offer, 0, [Refusal("Northgate", 20.0, 0, 9, 0.5)])]
    [20.0, 40.0]
    """
    asked = [
        each
        for each in refusals
        if each.holder != offer.seller and each.first <= quarter <= each.last and each.matched > 0.0
    ]
    inside = {each.above for each in asked if offer.least < each.above < offer.most}
    edges = [offer.least, *sorted(inside), offer.most]
    parts = []
    for low, high in itertools.pairwise(edges):
        active = [each for each in asked if each.above <= low and high > each.above]
        kept, matched = 1.0, []
        for each in active:
            matched.append((each.holder, kept * each.matched))
            kept *= 1.0 - each.matched
        parts.append(Part(low, high, offer.whole or low > 0.0, kept, tuple(matched)))
    return parts
