"""A delayed-draw loan on the contract: what it costs by the customer's grade, and how it is covered."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.errors import InputError
from offtake.quote._course import course, overlap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.quote._ground import Ground
    from offtake.quote._outcome import Outcome
    from offtake.quote._terms import Terms

__all__ = ["MARGINS", "Cover", "Loan", "cover", "grade_of"]

Array = Any

MARGINS: Final = MappingProxyType({"investment": 0.0225, "speculative": 0.045, "weak": 0.0625})
"""Yearly margin over the base rate by grade of the customer whose contract carries the loan.

Loans of 2025 and 2026 on single customers: 2.25 % over the base rate at A3 and 4.50 % at Ba2; earlier ones
6.00 to 6.50 %, and 13 % for customers without an investment grade. What is weaker than BB counts as weak.
"""
_LEAST: Final = 1e-9
_YEAR: Final = 4


@dataclass(frozen=True, slots=True)
class Loan:
    """A delayed-draw term loan: drawn as machines are paid for, repaid evenly over each tranche's term.

    Parameters
    ----------
    share
        Share of the cost of the machines that is lent.
    margins
        Yearly margin over the base rate by grade: `investment`, `speculative`, `weak`.
    base_rate
        Yearly base rate; None takes that of the book's market.
    """

    share: float = 0.8
    margins: Mapping[str, float] = field(default_factory=lambda: MARGINS)
    base_rate: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            message = (
                f"a loan of {self.share:g} of the cost cannot be had; give a share above 0 and at most 1"
            )
            raise InputError(message)
        missing = set(MARGINS) - set(self.margins)
        if missing:
            message = (
                f"the loan has no margin for {', '.join(sorted(missing))}; give all of {', '.join(MARGINS)}"
            )
            raise InputError(message)


def grade_of(rating: str | None) -> str:
    """Return the grade of a letter rating; without one a customer counts as weak.

    Examples
    --------
    >>> grade_of("BBB-"), grade_of("BB+"), grade_of("B"), grade_of(None)
    ('investment', 'speculative', 'weak', 'weak')
    """
    letters = (rating or "").rstrip("+-")
    if letters in {"AAA", "AA", "A", "BBB"}:
        return "investment"
    return "speculative" if letters == "BB" else "weak"


@dataclass(frozen=True, eq=False)
class Cover:
    """How a loan on the contract is covered.

    Parameters
    ----------
    grade, rate
        Grade of the customer, and the loan's yearly interest.
    service
        Interest and principal due by quarter, M USD, [H, S].
    ratio
        Cash from the machines before the loan over what is due on it, both over the four quarters to each
        quarter, [H, S]; NaN where something is not due in all four.
    lowest
        The lowest of it over the loan's life, [S]; NaN where nothing was drawn.
    """

    grade: str
    rate: float
    service: Array
    ratio: Array
    lowest: Array


def cover(
    base: Ground, terms: Terms, found: Outcome, loan: Loan, *, rating: str | None, market_rate: float
) -> Cover:
    """Return how a loan on the contract is covered at a price.

    Parameters
    ----------
    base, terms, found
        The futures, the terms, and what they come to at the price.
    loan
        The loan.
    rating
        The customer's letter rating.
    market_rate
        The market's yearly base rate.

    Notes
    -----
    Interest of a quarter of the yearly rate is added to what is drawn until a tranche is in service; from
    then it falls due in level amounts, an annuity over the tranche's term, whether or not the buyer pays.
    """
    grade = grade_of(rating)
    rate = (market_rate if loan.base_rate is None else loan.base_rate) + loan.margins[grade]
    step, machines, runs = rate / 4.0, base.machines, course(base, terms)
    t = np.arange(base.quarters)[:, None]
    service = np.zeros((base.quarters, base.paths))
    for p, mw in enumerate(machines.mw * terms.scale):
        begins = np.where(np.isfinite(runs.service[p]), runs.service[p], 0.0)
        waits = np.maximum(begins - t, 0.0)
        drawn = loan.share * mw * runs.built[p] * machines.capex[p]
        owed = (drawn * (1.0 + step) ** waits).sum(axis=0) * np.isfinite(runs.service[p])
        length = np.where(np.isfinite(runs.end[p]), runs.end[p], 0.0) - begins
        safe = np.where(length > 0.0, length, 1.0)
        level = owed * (step / (1.0 - (1.0 + step) ** -safe) if step > 0.0 else 1.0 / safe)
        service += np.where(length > 0.0, level, 0.0) * overlap(t, begins, begins + length)
    cash, due = _of_a_year(found.paid + found.rented - found.running), _of_a_year(service)
    whole = _of_a_year((service > _LEAST).astype(float)) > _YEAR - 0.5
    ratio = np.where(whole, cash / np.where(whole, due, 1.0), np.nan)
    lowest = np.where(whole.any(axis=0), np.where(whole, ratio, np.inf).min(axis=0), np.nan)
    return Cover(grade, rate, service, ratio, lowest)


def _of_a_year(rows: Array) -> Array:
    """Return the sums of each quarter and the three before it, [H, S]; before the fourth quarter 0."""
    summed = np.cumsum(rows, axis=0)
    found = np.zeros_like(summed)
    found[_YEAR - 1 :] = summed[_YEAR - 1 :]
    found[_YEAR:] -= summed[:-_YEAR]
    return found
