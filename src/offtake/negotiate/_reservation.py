"""Reservation prices: from which price on a seller accepts, and up to which a buyer does."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.book import ComputeDeal, Price
from offtake.negotiate._prices import left_of, opening_price

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from offtake.book import Book
    from offtake.negotiate._outcomes import Outcome, Side, Table

__all__ = ["ReservationPrice", "reservation_prices"]

_STEP: Final = 1.5
_MOST: Final = 5.0
_LEAST: Final = 0.1
_CLOSE: Final = 0.01
_INNER: Final = 0.1
_PARTS: Final = {"total": "M USD", "usage": "MUSD/MW/quarter", "reservation": "MUSD/MW/quarter"}


@dataclass(frozen=True, slots=True)
class ReservationPrice:
    """The price at which a party neither gains nor loses, all else as the book has it.

    Parameters
    ----------
    party
        The party.
    accepts
        The lowest price that the seller accepts, the highest that the buyer does: its stakeholders together
        do not lose, nor does anybody with a veto. M USD for a MW and year at the opening; not a number where
        it accepts none of the prices looked at.
    on_average
        The price at which its mean gain is nothing; not a number where there is none.
    now
        The price that the book has.
    every
        Whether the party accepts every price looked at; `accepts` is then the furthest of them.
    """

    party: str
    accepts: float
    on_average: float
    now: float
    every: bool = False


def reservation_prices(
    table: Table, book: Book, deals: Sequence[str]
) -> tuple[ReservationPrice, ReservationPrice] | None:
    """Return the seller's and the buyer's reservation price, None where no deal on the table has a price.

    All prices on the table move together, in proportion; the buyer plans anew at each. Looked at are a tenth
    to five times what the book has, until a change of acceptance is known to a hundredth of the price.

    Parameters
    ----------
    table
        Who values books.
    book
        The book with the deals on the table signed.
    deals
        The deals on the table.
    """
    priced = [
        name for name in deals if isinstance(book.deals[name], ComputeDeal) and opening_price(book, name)
    ]
    if not priced:
        return None
    weights = [left_of(book, name, book.calendar.first, discounted=True) for name in priced]
    prices = [4.0 * opening_price(book, name) for name in priced]
    now = float(np.average(prices, weights=weights)) if sum(weights) else prices[0]
    looked: dict[float, Outcome] = {}

    def look(factor: float) -> Outcome:
        if factor not in looked:
            looked[factor] = table.outcomes([_scaled(book, priced, factor)], [{}], [False])[0]
        return looked[factor]

    def where(place: int, of: Callable[[Side], float]) -> tuple[float, bool]:
        look(1.0)
        known = {k: of(each.sides[place]) for k, each in looked.items()}
        factor = _crossing(known, lambda k: of(look(k).sides[place]), 1.0 if place == 0 else -1.0)
        # without a change of sign, one price tells whether all are accepted or none is
        every = math.isnan(factor) and known[1.0] >= 0.0
        return now * ((_MOST if place else _LEAST) if every else factor), every

    def price(place: int, party: str) -> ReservationPrice:
        accepts, every = where(place, _accepted)
        even, always = where(place, _mean)
        return ReservationPrice(party, accepts, math.nan if always else even, now, every)

    return price(0, table.parties[0]), price(1, table.parties[1])


def _mean(side: Side) -> float:
    return side.gain.mean


def _accepted(side: Side) -> float:
    """Return what decides whether a party accepts: its weighed gain, or the least gain of a veto's holder."""
    return min([side.utility, *(vote.gain for vote in side.verdict.votes if vote.veto)])


def _crossing(known: dict[float, float], value: Callable[[float], float], sign: float) -> float:
    """Return the factor at which a value that rises (1) or falls (-1) passes 0; nan where it does not.

    What is `known` of it already, by factor, is where the search begins.
    """
    while True:
        ends = _ends(known)
        if ends is None:
            upward = sign * known[max(known)] < 0.0
            end = max(known) if upward else min(known)
            k = min(end * _STEP, _MOST) if upward else max(end / _STEP, _LEAST)
            if k == end:
                return math.nan
        else:
            low, high = ends
            share = known[low] / (known[low] - known[high])
            if high - low <= _CLOSE * low:
                return low + (high - low) * share
            k = low + (high - low) * min(max(share, _INNER), 1.0 - _INNER)
        known[k] = value(k)


def _ends(known: dict[float, float]) -> tuple[float, float] | None:
    """Return two neighbours between which a value changes its sign, or None."""
    places = sorted(known)
    for low, high in itertools.pairwise(places):
        if known[low] * known[high] <= 0.0 and known[low] != known[high]:
            return low, high
    return None


def _scaled(book: Book, deals: Sequence[str], factor: float) -> Book:
    """Return the book with all prices of deals multiplied."""
    changes: dict[str, Any] = {}
    for name in deals:
        deal = book.deals[name]
        price = deal.clause(Price)
        assert price is not None  # noqa: S101 - only deals with a price are scaled
        stem = f"deals.{name}.clauses.{deal.clause_name(Price)}"
        for part, unit in _PARTS.items():
            amount = getattr(price, part)
            if amount is not None:
                changes[f"{stem}.{part}"] = f"{amount.value * factor!r} {unit}"
    return book.replace(changes) if factor != 1.0 else book
