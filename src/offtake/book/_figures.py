"""What a deal says in plain numbers: its steps in time, its prices at the opening, its chip."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from offtake.book._amount import Amount
from offtake.book._clauses import Delivery, Price, Ramp, Term
from offtake.errors import InputError
from offtake.units import QUARTER_HOURS

if TYPE_CHECKING:
    from offtake.book._book import Book
    from offtake.book._deal import Deal

__all__ = ["Figures", "scaled"]


class Figures:
    """Figures of one deal of a book, with medians for what is uncertain.

    Parameters
    ----------
    book, name, deal
        The book, and the deal, which need not stand in it.
    """

    def __init__(self, book: Book, name: str, deal: Deal) -> None:
        self._book, self._name, self._deal = book, name, deal
        self._clause = deal.clause(Price) or Price()

    @property
    def steps(self) -> list[tuple[float, float, float]]:
        """Start, end and MW of each step of the ramp, in quarters from the opening."""
        ramp, term = self._deal.clause(Ramp), self._deal.clause(Term)
        first = self._book.calendar.first
        length = math.inf if term is None or term.length is None else term.length.value
        until = math.inf if term is None or term.until is None else float(term.until - first + 1)
        found, before = [], 0.0
        for quarter, level in sorted(ramp.levels.items()) if ramp is not None else ():
            at = float(quarter - first)
            found.append((at, max(at, min(at + length, until)), level.value - before))
            before = level.value
        return found

    @property
    def end(self) -> float:
        """When the last step ends; infinite where nothing says so."""
        return max((end for _, end, _ in self.steps), default=math.inf)

    @property
    def mw_quarters(self) -> float:
        """MW-quarters owed over the whole term."""
        return sum(mw * (end - at) for at, end, mw in self.steps)

    @property
    def mw_quarters_left(self) -> float:
        """MW-quarters owed from the opening on, of steps that have an end."""
        return sum(mw * max(0.0, end - max(0.0, at)) for at, end, mw in self.steps if math.isfinite(end))

    def risen(self, at: float) -> float:
        """Return the factor of the escalator at a time."""
        first = self.steps[0][0] if self.steps else 0.0
        return float((1.0 + self._clause.escalator.value) ** math.floor(max(0.0, at - first) / 4.0))

    @property
    def usage(self) -> float:
        """Usage price before it rises, M USD/MW/quarter; a total is spread over what is owed."""
        if self._clause.total is None:
            return self._per_mw(self._clause.usage)
        span = self.mw_quarters
        return (self._clause.total.value / span if span > 0 else 0.0) - self.reservation

    @property
    def reservation(self) -> float:
        """Reservation price before it rises, M USD/MW/quarter."""
        return self._per_mw(self._clause.reservation)

    @property
    def chip(self) -> str | None:
        """Chip that is delivered: the clause's, the first site's, the market's or the only one."""
        delivery, sites = self._deal.clause(Delivery), self._deal.sites
        if delivery is not None and delivery.chip is not None:
            return delivery.chip
        if sites and self._book.sites[sites[0]].chip is not None:
            return self._book.sites[sites[0]].chip
        chips = self._book.chips
        return self._book.market.chip or (next(iter(chips)) if len(chips) == 1 else None)

    @property
    def region(self) -> str | None:
        """Region that is delivered from."""
        delivery, sites = self._deal.clause(Delivery), self._deal.sites
        if delivery is not None and delivery.region is not None:
            return delivery.region
        return self._book.sites[sites[0]].region if sites else None

    def _per_mw(self, amount: Amount | None) -> float:
        if amount is None or not amount.per_gpu_hour:
            return 0.0 if amount is None else amount.value
        if self.chip is None:
            message = f"deals.{self._name}: a price per GPU-hour needs a chip. Name one in `delivery`."
            raise InputError(message)
        return amount.value * QUARTER_HOURS * (1000.0 / self._book.chips[self.chip].power.value) / 1e6


def scaled(amount: Amount, factor: float) -> Amount:
    """Return a figure times a factor; its range, which may not hold any more, is left out.

    Raises
    ------
    InputError
        If it is a distribution.
    """
    if factor == 1.0:
        return amount
    if amount.distribution is not None:
        message = f"{amount} is a distribution and cannot be scaled to what is signed. Give one number."
        raise InputError(message)
    # people read what is signed: 6.6 and not 6.6000000000000004
    return replace(amount, value=float(f"{amount.value * factor:.12g}"), range=None)
