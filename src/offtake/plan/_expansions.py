"""Options to expand a deal, as deals of their own (P8)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offtake.book import Amount, ComputeDeal, Delivery, Price, Ramp, Term
from offtake.book import Expansion as ExpansionClause
from offtake.book._signed import ADDED
from offtake.model._delivery import ramp_increments
from offtake.model._leaves import certain
from offtake.model._prices import deal_chip, deal_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from offtake.book import Book
    from offtake.book._clause import Clause

__all__ = ["Expansion", "expanding"]


@dataclass(frozen=True)
class Expansion:
    """An option to expand, used at the start of one quarter."""

    name: str
    parent: str
    quarter: int
    volume: float
    """MW"""
    priced: bool
    """whether it has a price of its own"""
    deal: ComputeDeal
    """what is added, as an offered deal that begins in the next quarter"""


def expanding(book: Book, deals: Mapping[str, float], quarters: Iterable[int]) -> dict[str, Expansion]:
    """Return the options to expand some deals that can be used at the start of these quarters.

    Parameters
    ----------
    book
        The book.
    deals
        Compute deals.
    quarters
        Quarters at whose start is decided.
    """
    found = {}
    moments = sorted(set(quarters))
    for parent in deals:
        deal = book.deals[parent]
        clause = deal.clause(ExpansionClause)
        if clause is None or not isinstance(deal, ComputeDeal):
            continue
        first = 0 if clause.from_ is None else book.calendar.index(clause.from_)
        last = len(book.calendar) if clause.until is None else book.calendar.index(clause.until)
        for quarter in moments:
            if first <= quarter <= last and quarter + 1 < len(book.calendar):
                each = _expansion(book, parent, deal, clause, quarter)
                found[each.name] = each
    return found


def _expansion(
    book: Book, parent: str, deal: ComputeDeal, clause: ExpansionClause, quarter: int
) -> Expansion:
    volume = certain(clause.volume, f"deals.{parent}.clauses.expansion.volume")
    clauses: dict[str, Clause] = {key: each for key, each in deal.clauses.items() if isinstance(each, ADDED)}
    delivery = deal.clause(Delivery) or Delivery()
    clauses["delivery"] = delivery.model_copy(
        update={"delay": Amount(0.0, "duration"), "chip": deal_chip(book, parent)}
    )
    price = deal.clause(Price) or Price()
    changed = {"total": None, "usage": clause.usage, "reservation": None}
    clauses["price"] = price.model_copy(update=changed)
    begins = book.calendar.first + (quarter + 1)
    clauses["ramp"] = Ramp(levels={begins: Amount(volume, "power")})
    ends = _last_end(book, parent, deal)
    if math.isfinite(ends):
        clauses["term"] = Term(until=book.calendar.first + (math.ceil(ends - 1e-9) - 1))
    name = f"{parent} expansion {quarter}"
    changes = {"clauses": clauses, "firmness": "offered", "likelihood": None, "sites": ()}
    return Expansion(name, parent, quarter, volume, clause.usage is not None, deal.model_copy(update=changes))


def _last_end(book: Book, name: str, deal: ComputeDeal) -> float:
    """Return when the last part of a deal ends by its terms, with median figures; infinite for never."""
    term, until = deal.clause(Term), deal_until(book, name, book.calendar)
    if term is None or term.length is None:
        return until
    last = max((target for target, _ in ramp_increments(book, name, book.calendar)), default=0.0)
    return min(last + term.length.value, until)
