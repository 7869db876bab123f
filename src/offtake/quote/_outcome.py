"""What a request comes to at a price: cash by quarter, payback, stranding, what a failure would cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.cashflow import termination_due
from offtake.quote._course import course, dues

if TYPE_CHECKING:
    from offtake.quote._course import Course
    from offtake.quote._ground import Ground
    from offtake.quote._terms import Terms
    from offtake.quote._worth import Worth

__all__ = ["Outcome", "loss_if_gone", "outcome"]

Array = Any
_EARLY: Final = 1e-9
_LEAST: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a request comes to at a price; H quarters, S futures, M USD without discounting.

    Parameters
    ----------
    paid
        From the buyer: fees, prepayments less their credits, termination fees, less credits for lateness.
    rented
        From renting out on spot.
    running, capex, scrap
        Cost of running, cost of building, and what is left at the end.
    runs
        1 while the deal runs.
    stranded
        MW that nobody takes.
    leaves
        Quarter from which the buyer is gone, [S]; H for never.
    gone
        Whether it is gone before the deal's end, [S].
    """

    paid: Array
    rented: Array
    running: Array
    capex: Array
    scrap: Array
    runs: Array
    stranded: Array
    leaves: Array
    gone: Array

    @property
    def cash(self) -> Array:
        """All of it together, [H, S]."""
        return self.paid + self.rented - self.running - self.capex + self.scrap

    def payback_quarter(self, discount: Array) -> Array:
        """Return after how many quarters the money is back for good, infinite for never, [S].

        Money is back once the discounted sum of all cash so far is not negative and never is again; where it
        never was out that takes 0.
        """
        summed = np.cumsum(discount * self.cash, axis=0)
        scale = np.maximum(np.abs(summed).max(axis=0), 1.0)
        short = summed < -_LEAST * scale
        horizon = len(summed)
        # quarters to the end of the last that is short; the money is back by the end of the next
        last_short = np.where(short.any(axis=0), horizon - np.argmax(short[::-1], axis=0), 0)
        back = np.where(last_short > 0, last_short + 1.0, 0.0)
        return np.where(last_short >= horizon, math.inf, back)


def outcome(base: Ground, terms: Terms, value: Worth, price: float) -> Outcome:
    """Return what a request comes to at a price; its present value is that of `value.at(price)`."""
    runs = course(base, terms)
    money, rise = dues(base, terms, runs)
    t = np.arange(base.quarters)[:, None]
    leaves = value.leaving(price)
    on = t < leaves
    paid = np.where(on, price * money, 0.0)
    left_by_right = (leaves < np.minimum(base.fails, base.quarters))[None] & (t == leaves)
    if terms.termination is not None:
        fee = termination_due(np, terms.termination, price * rise, runs.left)
        paid = paid + np.where(left_by_right, base.paid * fee, 0.0)
    idle = np.where(on, runs.spare, runs.freed)
    return Outcome(
        paid=paid,
        rented=base.rent(idle),
        running=np.where(on, runs.cost_during, runs.cost_after),
        capex=runs.capex_by_quarter,
        scrap=_scrap(base, terms, runs, leaves >= runs.last),
        runs=on,
        stranded=base.stranded(idle),
        leaves=leaves,
        gone=(leaves < np.minimum(runs.last, base.quarters)) & runs.built.any(axis=0),
    )


def _scrap(base: Ground, terms: Terms, runs: Course, stays: Array) -> Array:
    """Return what is left of the machines in the quarter in which they retire, [H, S]."""
    found = np.zeros((base.quarters, base.paths))
    machines = base.machines
    for p, mw in enumerate(machines.mw * terms.scale):
        retired = machines.energised[p] + base.asked.life
        kept = np.where(np.isfinite(runs.end[p]), np.maximum(retired, runs.end[p]), retired)
        when = np.where(stays, kept, retired)
        there = np.isfinite(when) & (when <= base.quarters) & runs.built[p]
        place = np.minimum(np.floor(np.where(there, when, 0.0) + _EARLY), base.quarters - 1).astype(np.int64)
        np.add.at(found, (place[there], np.flatnonzero(there)), mw * machines.scrap[p][there])
    return found


def loss_if_gone(base: Ground, terms: Terms, price: float) -> Array:
    """Return what the machines never earn back if the buyer is gone from a quarter on, M USD, [H, S].

    For each quarter: the present value at the opening of what was and will be spent on machines on which
    work has begun by then, less what the buyer has paid until then and what they earn on spot; not below 0.
    Zero where the buyer has failed before, and once the deal is over.
    """
    found = np.zeros((base.quarters, base.paths))
    begins = sorted(set(np.maximum(base.machines.begins, 0.0).tolist()))
    for n, first in enumerate(begins):
        stop = int(begins[n + 1]) if n + 1 < len(begins) else base.quarters
        runs = course(base, terms, begun_by=first)
        money, _ = dues(base, terms, runs)
        zero = np.zeros((1, base.paths))
        received = price * np.concatenate([zero, np.cumsum(base.discount * money, axis=0)])
        worth = received + runs.before + runs.onward + runs.scrap_short - runs.capex
        rows = slice(int(first), stop)
        found[rows] = np.maximum(-worth[:-1][rows], 0.0)
    t = np.arange(base.quarters)[:, None]
    whole = course(base, terms)
    return np.where((t < base.fails) & (t < whole.last), found, 0.0)
