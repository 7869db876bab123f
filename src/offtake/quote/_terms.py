"""The terms of a request that a price depends on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offtake.book import (
    DefaultTerms,
    LateCredit,
    Prepayment,
    Price,
    TakeOrPay,
    Term,
    Termination,
)
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.book import Clause, ComputeDeal
    from offtake.calendar import Calendar, Quarter

__all__ = ["Terms", "terms_of", "whole"]

_LONGEST = 80.0


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a compute deal, in quarters from the opening and in shares of 1.

    Parameters
    ----------
    length
        How long each tranche runs from its service; infinite where only `until` ends it.
    until
        Time at which the deal ends at the latest; infinite for none.
    take_or_pay
        Share of what is delivered that is paid for in any case.
    prepayment, lead, credited_from
        Share of each tranche's value paid before delivery, whole quarters before the promised date, and time
        from service after which it is credited.
    termination, termination_from
        Fee of the buyer's right to end the deal, as a share of the fees left, or None without the right; and
        the first quarter in which it may be used.
    late_per_day, late_cap, may_end_after
        Share of the late capacity's fee owed for each day, its cap as a share of the contract's value, and
        the lateness after which the buyer walks away from a tranche.
    escalator
        Yearly step of the price.
    reserved
        Share of the price that is paid for capacity, used or not.
    scale
        What the ramp is multiplied by.
    """

    length: float
    until: float = math.inf
    take_or_pay: float = 0.0
    prepayment: float = 0.0
    lead: float = 1.0
    credited_from: float = 0.0
    termination: float | None = None
    termination_from: float = 0.0
    late_per_day: float = 0.0
    late_cap: float = 1.0
    may_end_after: float = math.inf
    escalator: float = 0.0
    reserved: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        shares = {
            "take_or_pay": self.take_or_pay,
            "prepayment": self.prepayment,
            "termination": self.termination or 0.0,
            "reserved": self.reserved,
        }
        for name, share in shares.items():
            if not 0.0 <= share <= 1.0:
                message = f"{name} is {share:g}; a share lies between 0 and 1"
                raise InputError(message)
        ends = min(self.length, self.until)
        if self.length <= 0.0 or math.isinf(ends):
            message = (
                f"a term of {self.length:g} quarters is out of range: give a time between 0 and 20 years"
            )
            raise InputError(message)
        if math.isfinite(self.length) and self.length > _LONGEST:
            message = (
                f"a term of {self.length / 4:g} years is out of range: give at most {_LONGEST / 4:g} years"
            )
            raise InputError(message)
        if self.scale <= 0.0:
            message = f"the volume is multiplied by {self.scale:g}; give a number above 0"
            raise InputError(message)


def whole(duration: float) -> float:
    """Return a duration rounded up to whole quarters, forgiving rounding."""
    return float(math.ceil(duration - 1e-9))


def terms_of(deal: ComputeDeal, calendar: Calendar, prices: tuple[float, float]) -> Terms:
    """Return the terms of a deal; a figure that is a distribution counts at its median.

    Parameters
    ----------
    deal
        The deal.
    calendar
        Where quarters count from.
    prices
        Its usage and reservation price at the opening, in one unit.

    Raises
    ------
    InputError
        If the deal has no end.
    """
    term, advance, late = deal.clause(Term), deal.clause(Prepayment), deal.clause(LateCredit)
    leave, floor, price = deal.clause(Termination), deal.clause(TakeOrPay), deal.clause(Price)
    if term is None or (term.length is None and term.until is None):
        message = "the request has no end; add a clause `term`, such as `term: 5 years`"
        raise InputError(message)
    usage, reservation = prices
    return Terms(
        length=math.inf if term.length is None else term.length.value,
        until=math.inf if term.until is None else time_of(calendar, term.until) + 1.0,
        take_or_pay=_value(floor, "share", 0.0),
        prepayment=_value(advance, "share", 0.0),
        lead=whole(_value(advance, "lead", 1.0)),
        credited_from=_value(advance, "credited_from", 0.0),
        termination=None if leave is None else leave.fee.value,
        termination_from=0.0 if leave is None or leave.from_ is None else time_of(calendar, leave.from_),
        late_per_day=_value(late, "per_day", 0.0),
        late_cap=_value(late, "cap", 1.0),
        may_end_after=_value(late, "may_end_after", math.inf),
        escalator=_value(price, "escalator", 0.0),
        reserved=reservation / (usage + reservation) if usage + reservation > 0.0 else 0.0,
    )


def time_of(calendar: Calendar, quarter: Quarter) -> float:
    """Return the time of a quarter's start, in quarters from the opening."""
    return float(quarter - calendar.first)


def continues(deal: ComputeDeal) -> bool:
    """Return whether the deal goes on when its buyer has failed."""
    terms = deal.clause(DefaultTerms)
    return terms is not None and terms.buyer_default == "continues"


def _value(clause: Clause | None, field: str, default: float) -> float:
    amount = None if clause is None else getattr(clause, field)
    return default if amount is None else float(amount.value)
