"""Compute and lease deals as arrays."""

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from offtake.book import (
    Clause,
    DefaultTerms,
    Delivery,
    Extension,
    LateCredit,
    LeaseDeal,
    Prepayment,
    Price,
    Resale,
    TakeOrPay,
    Term,
    Termination,
)
from offtake.calendar import Calendar
from offtake.model._delivery import index_of, ramp_increments
from offtake.model._leaves import Leaves, certain
from offtake.model._prices import deal_until, price_factor
from offtake.model._records import Capacity

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["clause_label", "compile_capacity", "whole_quarters"]

_C = TypeVar("_C", bound=Clause)

LEAVES = (
    "usage", "reservation", "total", "escalator", "floor", "length", "delay", "availability", "prepaid",
    "credited_from", "per_day", "late_cap", "may_end", "termination_fee", "extension", "step_in",
)  # fmt: skip


def clause_label(book: "Book", deal: str, clause: Clause, field: str) -> str:
    """Return the dotted path of a clause's figure."""
    name = next(key for key, value in book.deals[deal].clauses.items() if value is clause)
    known = type(clause).model_fields.get(field)
    return f"deals.{deal}.clauses.{name}.{known.alias if known is not None and known.alias else field}"


def whole_quarters(value: float) -> float:
    """Return a duration rounded up to whole quarters."""
    return float(math.ceil(value - 1e-9))


def compile_capacity(book: "Book", calendar: Calendar, leaves: Leaves, names: tuple[str, ...]) -> Capacity:
    """Return the fixed structure of capacity deals, with their prices and terms added to the leaves."""
    parties, deals, drivers = tuple(book.parties), tuple(book.deals), tuple(book.drivers)
    entries = [book.deals[name] for name in names]

    def each(kind: type[_C]) -> list[_C | None]:
        return [entry.clause(kind) for entry in entries]

    def leaf(name: str, clauses: list[_C | None], field: str, default: float) -> None:
        for deal, clause in zip(names, clauses, strict=True):
            amount = None if clause is None else getattr(clause, field)
            if clause is None or amount is None:
                leaves.add(f"deal.{name}", default)
                continue
            label = clause_label(book, deal, clause, field)
            leaves.add(f"deal.{name}", amount, label, factor=price_factor(book, deal, amount, label))

    prices, terms, prepayments, lateness = each(Price), each(Term), each(Prepayment), each(LateCredit)
    deliveries, extensions, endings, after = (
        each(Delivery),
        each(Extension),
        each(Termination),
        each(DefaultTerms),
    )
    leaf("usage", prices, "usage", 0.0)
    leaf("reservation", prices, "reservation", 0.0)
    leaf("total", prices, "total", 0.0)
    leaf("escalator", prices, "escalator", 0.0)
    leaf("floor", each(TakeOrPay), "share", 0.0)
    leaf("length", terms, "length", math.inf)
    leaf("delay", deliveries, "delay", 0.0)
    leaf("availability", deliveries, "availability", 1.0)
    leaf("prepaid", prepayments, "share", 0.0)
    leaf("credited_from", prepayments, "credited_from", 0.0)
    leaf("per_day", lateness, "per_day", 0.0)
    leaf("late_cap", lateness, "cap", 0.0)
    leaf("may_end", lateness, "may_end_after", math.inf)
    leaf("termination_fee", endings, "fee", 0.0)
    leaf("extension", extensions, "length", 0.0)
    leaf("step_in", after, "step_in", 0.5)
    leaves.empty(*(f"deal.{name}" for name in LEAVES))
    firsts = [
        min((target for target, _ in ramp_increments(book, name, calendar)), default=0.0) for name in names
    ]
    resale = each(Resale)
    return Capacity(
        deal=np.array([deals.index(name) for name in names], dtype=np.int64),
        seller=np.array([parties.index(entry.creditor) for entry in entries], dtype=np.int64),
        buyer=np.array([parties.index(entry.debtor) for entry in entries], dtype=np.int64),
        is_lease=np.array([isinstance(entry, LeaseDeal) for entry in entries], dtype=bool),
        until=np.array([deal_until(book, name, calendar) for name in names], dtype=float),
        first_target=np.array(firsts, dtype=float),
        index=np.array(
            [len(drivers) if p is None or p.index is None else drivers.index(p.index) for p in prices],
            dtype=np.int64,
        ),
        has_length=np.array([t is not None and t.length is not None for t in terms], dtype=bool),
        has_total=np.array([p is not None and p.total is not None for p in prices], dtype=bool),
        has_prepayment=np.array([c is not None for c in prepayments], dtype=bool),
        has_late_credit=np.array([c is not None for c in lateness], dtype=bool),
        has_may_end=np.array([c is not None and c.may_end_after is not None for c in lateness], dtype=bool),
        has_termination=np.array([c is not None for c in endings], dtype=bool),
        has_extension=np.array([c is not None for c in extensions], dtype=bool),
        prepay_lead=np.array(
            [
                0.0 if c is None else whole_quarters(certain(c.lead, clause_label(book, name, c, "lead")))
                for name, c in zip(names, prepayments, strict=True)
            ]
        ),
        termination_from=np.array([0.0 if c is None else index_of(calendar, c.from_, 0.0) for c in endings]),
        continues=np.array([c is not None and c.buyer_default == "continues" for c in after], dtype=bool),
        outage=np.array(
            [
                2.0 if c is None else whole_quarters(certain(c.outage, clause_label(book, name, c, "outage")))
                for name, c in zip(names, after, strict=True)
            ]
        ),
        resale=np.array([1.0 if c is None or c.allowed else 0.0 for c in resale]),
    )
