"""The seller's share of what the buyer earns from its customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.book import RevenueShare, RevenueShareDeal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.negotiate._planner import Planned

    FloatArray = NDArray[np.float64]

__all__ = ["royalties", "shares_of"]

_MOST = 0.999


def royalties(book: Book, planned: Planned, recipient: str) -> FloatArray:
    """Return what a party gets of the revenue of a buyer's plan, M USD by step, [M].

    The plan knows what serving earns net of all such shares; each recipient's part follows from them.
    """
    instance = planned.instance
    work, quarter = instance.workloads, instance.tree.step_quarter
    mine, every = (shares_of(book, instance.buyer, work.names, to) for to in (recipient, None))
    age = np.arange(planned.dispatch.served.shape[1])[None, :, None]
    kept = (1.0 - work.waiting_loss)[:, None, None] ** age
    timely = (planned.dispatch.served * kept).sum(axis=1) * work.duration[:, None]
    gross = work.earns * timely / (1.0 - np.minimum(every[:, quarter], _MOST))
    return np.asarray((gross * mine[:, quarter]).sum(axis=0))


def shares_of(book: Book, payer: str, workloads: tuple[str, ...], recipient: str | None) -> FloatArray:
    """Return the share of each workload's revenue that firm deals give a recipient (None: all), [W, T]."""
    quarters = len(book.calendar)
    table = np.zeros((len(workloads), quarters))
    for deal in book.deals.values():
        clause = deal.clause(RevenueShare)
        if not isinstance(deal, RevenueShareDeal) or clause is None:
            continue
        if deal.payer != payer or deal.firmness != "firm" or recipient not in (None, deal.recipient):
            continue
        first = 0 if clause.from_ is None else max(book.calendar.index(clause.from_), 0)
        last = quarters if clause.until is None else min(book.calendar.index(clause.until) + 1, quarters)
        for w, name in enumerate(workloads):
            if not clause.workloads or name in clause.workloads:
                table[w, first : max(first, last)] += clause.share.value
    return table
