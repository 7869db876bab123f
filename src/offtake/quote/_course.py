"""What the machines do under given terms, before anything is said of the price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.cashflow import advance_credit, compute_fee, escalation, late_credit, released_advance
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.quote._ground import Ground
    from offtake.quote._terms import Terms

__all__ = ["Course", "course", "dues", "overlap"]

Array = Any
_EARLY: Final = 1e-9
_ROUND: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Course:
    """What the machines do and cost, and what they earn without the buyer; H quarters, S futures.

    Parameters
    ----------
    built
        Which pieces are built, [P, S].
    service, end
        When each piece starts and ends under the deal, infinite where it never starts, [P, S].
    held
        MW kept for the buyer, [H, S].
    late
        MW late, [H, S].
    left
        MW-quarters from each quarter to the end of the deal, [H, S].
    spare, freed
        MW that can be rented out while the deal runs, and once the buyer has left, [H, S].
    cost_during, cost_after
        What the machines cost to run in each quarter while the deal runs and once the buyer has left, without
        discounting, [H, S].
    before, onward
        Present value of what they earn on spot less what they cost to run: sums before each quarter while the
        deal runs, and from it on once the buyer has left, [H + 1, S].
    capex
        Present value of what the machines cost, [S].
    capex_by_quarter
        The same without discounting, [H, S].
    scrap_long, scrap_short
        Present value of what is left of them if the deal runs to its end, and if the buyer leaves, [S].
    last
        Quarter in which the last piece's deal is over, [S].
    """

    built: Array
    service: Array
    end: Array
    held: Array
    late: Array
    left: Array
    spare: Array
    freed: Array
    cost_during: Array
    cost_after: Array
    before: Array
    onward: Array
    capex: Array
    capex_by_quarter: Array
    scrap_long: Array
    scrap_short: Array
    last: Array


def overlap(t: Array, start: Array, end: Array) -> Array:
    """Return the share of each quarter [t, t + 1) that lies in [start, end)."""
    return np.clip(np.minimum(t + 1.0, end) - np.maximum(t, start), 0.0, 1.0)


def course(base: Ground, terms: Terms, *, built: bool = False, begun_by: float | None = None) -> Course:
    """Return what the machines do under given terms; what is asked for again is remembered.

    Parameters
    ----------
    base, terms
        The futures and the terms.
    built
        Whether machines are built even where the buyer has failed before work begins.
    begun_by
        Only pieces on which work begins by then, and those whether or not the buyer lives.
    """
    furthest = float(base.machines.target.max()) + terms.length
    if math.isfinite(terms.length) and min(furthest, terms.until) > base.quarters:
        message = (
            f"a term of {terms.length:g} quarters goes beyond these futures of {base.quarters} quarters: "
            f"take them with `ground(..., longest={terms.length:g})`"
        )
        raise InputError(message)
    key = (
        terms.length,
        terms.until,
        terms.may_end_after,
        terms.scale,
        terms.late_per_day > 0,
        built,
        begun_by,
    )
    found: Course = base.remembered(key, lambda: _course(base, terms, built, begun_by))
    return found


def _course(base: Ground, terms: Terms, built: bool, begun_by: float | None) -> Course:
    machines, asked = base.machines, base.asked
    mw, target = machines.mw * terms.scale, machines.target[:, None]
    if begun_by is not None:
        stands = np.broadcast_to((machines.begins <= begun_by)[:, None], machines.energised.shape)
    elif built:
        stands = np.ones(machines.energised.shape, dtype=bool)
    else:
        stands = base.fails > machines.begins[:, None]
    nominal = np.minimum(target + terms.length, terms.until)
    walked = machines.service - target > terms.may_end_after
    service = np.where(walked, math.inf, machines.service)
    end = np.where(np.isfinite(service), np.minimum(service + terms.length, terms.until), -math.inf)
    end = np.maximum(end, np.where(np.isfinite(service), service, -math.inf))
    retired = machines.energised + asked.life
    kept = np.where(np.isfinite(end), np.maximum(retired, end), retired)
    quarters, paths = base.quarters, base.paths
    t = np.arange(quarters)[:, None]
    held, on_long, on_short, cost_long, cost_short, late, left, capex = (
        np.zeros((quarters, paths)) for _ in range(8)
    )
    scrap_long, scrap_short = np.zeros(paths), np.zeros(paths)
    for p in range(len(mw)):
        size = mw[p] * stands[p]
        start = machines.energised[p]
        runs, short = overlap(t, start, kept[p]), overlap(t, start, retired[p])
        held += size * overlap(t, service[p], end[p])
        on_long += size * runs
        on_short += size * short
        cost_long += size * machines.running[p] * runs
        cost_short += size * machines.running[p] * short
        capex += size * machines.capex[p]
        left += size * _left(t, service[p], end[p])
        if terms.late_per_day > 0.0:
            gone = np.where(walked[p], target[p] + terms.may_end_after, math.inf)
            late += size * overlap(
                t, target[p], np.minimum(np.minimum(machines.service[p], nominal[p]), gone)
            )
        scrap_long += size * _scrap(base, p, kept[p])
        scrap_short += size * _scrap(base, p, retired[p])
    spare = np.maximum(on_long - held, 0.0)
    freed = np.maximum(on_short - (1.0 - base.availability) * np.minimum(held, on_short), 0.0)
    during, after = (
        base.discount * (base.rent(idle) - cost) for idle, cost in ((spare, cost_long), (freed, cost_short))
    )
    last = np.max(np.where(np.isfinite(end), np.ceil(end - _EARLY), 0.0), axis=0)
    zero = np.zeros((1, paths))
    return Course(
        built=stands,
        service=service,
        end=end,
        held=held,
        late=late,
        left=left,
        spare=spare,
        freed=freed,
        cost_during=cost_long,
        cost_after=cost_short,
        before=np.concatenate([zero, np.cumsum(during, axis=0)]),
        onward=np.concatenate([np.cumsum(after[::-1], axis=0)[::-1], zero]),
        capex=(base.discount * capex).sum(axis=0),
        capex_by_quarter=capex,
        scrap_long=scrap_long,
        scrap_short=scrap_short,
        last=last,
    )


def _left(t: Array, start: Array, end: Array) -> Array:
    """Return the quarters of a piece from each quarter to its end."""
    runs = np.isfinite(start) & np.isfinite(end)
    until = np.where(runs, end, 0.0)
    return np.where(runs, np.maximum(until - np.maximum(t, np.where(runs, start, 0.0)), 0.0), 0.0)


def _scrap(base: Ground, piece: int, when: Array) -> Array:
    """Return the present value of what is left of a MW that retires at a time, [S]; 0 beyond the futures."""
    there = np.isfinite(when) & (when <= base.quarters)
    factor = (1.0 + base.rate) ** (-np.floor(np.where(there, when, 0.0) + _EARLY) / 4.0)
    return np.where(there, base.machines.scrap[piece] * factor, 0.0)


def dues(base: Ground, terms: Terms, runs: Course) -> tuple[Array, Array]:
    """Return what the buyer pays in each quarter at a price of 1, and the price then, while the deal runs.

    The fees, take-or-pay, prepayment and its credit, and credits for lateness are those of
    `offtake.cashflow`; all of them are in proportion to the price.

    Returns
    -------
    tuple of array
        M USD for each M USD per MW-quarter of price, [H, S]; and the price against the opening, [H, S].
    """
    quarters, paths = base.quarters, base.paths
    t = np.arange(quarters)[:, None]
    first = float(base.machines.target.min())
    rise = escalation(np, t, first, terms.escalator) * base.index
    delivered = base.availability * runs.held
    used = np.minimum(delivered, base.wanted)
    usage, reserved = (1.0 - terms.reserved) * rise, terms.reserved * rise
    fee = compute_fee(np, usage, reserved, delivered, used, terms.take_or_pay)
    if terms.prepayment == 0.0 and terms.late_per_day == 0.0:
        return base.paid * fee, rise
    money = fee.copy()
    if terms.prepayment > 0.0:
        money += _prepaid(base, terms, runs, fee)
    money *= base.paid
    if terms.late_per_day > 0.0:
        money -= _late(base, terms, runs, rise)
    return money, np.broadcast_to(rise, (quarters, paths))


def _span(base: Ground, terms: Terms) -> Array:
    """Return how long each piece is owed, [P]."""
    target = base.machines.target
    return np.maximum(np.minimum(target + terms.length, terms.until) - target, 0.0)


def _prepaid(base: Ground, terms: Terms, runs: Course, fee: Array) -> Array:
    """Return prepayments in less credits given, at a price of 1, [H, S]; what was due before is paid now."""
    target, span = base.machines.target, _span(base, terms)
    each = (terms.prepayment * base.machines.mw * terms.scale * span)[:, None] * runs.built
    due = np.maximum(np.floor(target + _EARLY) - terms.lead, 0.0)
    start = (runs.service + terms.credited_from).T
    stop = (runs.service + span[:, None]).T
    paid_in, given = np.zeros(base.paths), np.zeros(base.paths)
    rows = np.zeros(fee.shape)
    horizon = len(fee)
    for t in range(horizon):
        with np.errstate(invalid="ignore"):
            free = released_advance(np, float(t), each.T, start, stop).sum(axis=-1)
        credit = advance_credit(np, fee[t], free, paid_in, given)
        coming = each[due == t].sum(axis=0)
        rows[t] = coming - credit
        paid_in = paid_in + coming * base.paid[t]
        given = given + credit
    return rows


def _late(base: Ground, terms: Terms, runs: Course, rise: Array) -> Array:
    """Return credits for lateness at a price of 1, [H, S]."""
    worth = (base.machines.mw * terms.scale * _span(base, terms)).sum()
    limit = terms.late_cap * worth
    rise = np.broadcast_to(rise, runs.late.shape)
    given = np.zeros(base.paths)
    rows = np.zeros(runs.late.shape)
    for t in range(len(rows)):
        rows[t] = late_credit(np, terms.late_per_day, rise[t], runs.late[t], limit, given)
        given += rows[t]
    return rows
