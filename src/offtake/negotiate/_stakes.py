"""The seller's stake in the buyer: what it pays for it, and what it is worth under a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import EquityDeal, Payments, Stake

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.book import Book

    FloatArray = NDArray[np.float64]

__all__ = ["Holding", "Stakes", "holding_of"]


@dataclass(frozen=True, eq=False)
class Holding:
    """What firm equity deals give one party of another.

    Parameters
    ----------
    share
        Share of the issuer held.
    payments
        [T] what is still to be paid for it, M USD by quarter.
    whole
        What the issuer as a whole is worth by the value that a deal states for its share, M USD; None where
        none states one.
    """

    share: float
    payments: FloatArray
    whole: float | None


def holding_of(book: Book, investor: str, issuer: str) -> Holding:
    """Return what firm equity deals give an investor; payments dated from the opening on count."""
    share, whole = 0.0, None
    payments = np.zeros(len(book.calendar))
    for deal in book.deals.values():
        if not isinstance(deal, EquityDeal) or deal.firmness != "firm":
            continue
        if (deal.investor, deal.issuer) != (investor, issuer):
            continue
        stake, dated = deal.clause(Stake), deal.clause(Payments)
        if stake is not None:
            share += stake.share.value
            if whole is None and stake.value is not None and stake.share.value > 0.0:
                whole = stake.value.value / stake.share.value
        for quarter, amount in {} if dated is None else dated.dated.items():
            if quarter in book.calendar:
                payments[book.calendar.index(quarter)] += amount.value
    return Holding(share, payments, whole)


class Stakes:
    """What the seller's stake in the buyer moves from one side to the other.

    Parameters
    ----------
    book
        The reference book.
    seller, buyer
        Who may hold, and whose shares.
    worth
        [L] what the buyer's plan for the reference book is worth by leaf, M USD.
    discount
        [T] what a quarter's money counts.

    Notes
    -----
    In a book in which the buyer's plan is worth V the firm is worth W + V - V0: V0 its plan's worth in the
    reference book, W the worth that an equity deal there states (value over share), else V0. The seller has
    its share of that, less what it pays. The buyer's other holders have what they had, V and the payments,
    less what the seller's share grows by. A failed buyer's shares are worth nothing.
    """

    def __init__(self, book: Book, seller: str, buyer: str, worth: FloatArray, discount: FloatArray) -> None:
        self._parties, self._worth, self._discount = (seller, buyer), worth, discount
        self._before = holding_of(book, seller, buyer)

    def of_seller(self, book: Book, worth: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what the seller pays [T], below 0, and what its stake is worth by leaf [L], M USD."""
        held = holding_of(book, *self._parties)
        return -held.payments * self._discount, held.share * self._firm(held, worth)

    def of_buyer(self, book: Book, worth: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what the buyer is paid [T], and what its other holders give up by leaf [L], M USD."""
        held = holding_of(book, *self._parties)
        grown = held.share - self._before.share
        paid = (held.payments - self._before.payments) * self._discount
        return paid, -grown * self._firm(held, worth)

    def _firm(self, held: Holding, worth: FloatArray) -> FloatArray:
        whole = self._before.whole if self._before.whole is not None else held.whole
        return (self._worth if whole is None else whole) + worth - self._worth
