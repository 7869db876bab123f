"""When phases are energised and tranches start: what depends on the draws alone (section B)."""

import math
from typing import Any, NamedTuple

import numpy as np

from offtake.cashflow import escalation
from offtake.model import Structure
from offtake.simulate._draws import Future
from offtake.simulate._tables import by_deal, one_hot

__all__ = [
    "Plan",
    "QuarterSupply",
    "deliver",
    "gate_durations",
    "overlap",
    "prices_at",
    "quarter_of",
    "supply",
]

Array = Any
_EARLY = 1e-9


class Plan(NamedTuple):
    """Dates and prices of a block of futures; leading axes are futures."""

    gate_end: Array
    """[..., G]"""
    energised: Array
    """[..., K] time at which each phase is energised."""
    exists: Array
    """[..., K]"""
    start: Array
    """[..., P] service date; infinite where the piece never starts."""
    begun: Array
    """[..., P] service date before cancelling."""
    end: Array
    nominal_end: Array
    cancelled: Array
    """[..., P]"""
    usage: Array
    reservation: Array
    """[..., C] opening prices."""
    contract_value: Array
    """[..., C] at opening prices over the whole term, without fulfilment; infinite without an end."""
    advance: Array
    """[..., P] prepayment of each piece."""
    credit_start: Array
    credit_end: Array
    """[..., P]"""
    spot: Array
    """[..., T] spot price of a MW-quarter."""


class QuarterSupply(NamedTuple):
    """What a quarter brings before anything is decided in it."""

    on: Array
    on_before: Array
    """[..., K] energised power now and a quarter ago."""
    scheduled: Array
    owed: Array
    late: Array
    """[..., C]"""
    free: Array
    """[..., sites] energised power that no deal takes."""
    site_on: Array
    """[..., sites]"""


def overlap(xp: Any, t: Array, start: Array, end: Array) -> Array:
    """Return the share of [t, t + 1) that lies in [start, end)."""
    return xp.clip(xp.minimum(t + 1.0, end) - xp.maximum(t, start), 0.0, 1.0)


def quarter_of(xp: Any, time: Array) -> Array:
    """Return the quarter that a computed time falls in, forgiving rounding (E21)."""
    return xp.floor(time + _EARLY)


def deliver(xp: Any, fixed: Structure, future: Future) -> Plan:
    """Return dates, opening prices and prepayments of all pieces."""
    capacity, delivery, leaves = fixed.capacity, fixed.delivery, future.leaves
    of, target = delivery.piece_deal, delivery.piece_target
    gate_end = _gate_ends(xp, fixed, gate_durations(xp, future))
    energised = _energised(xp, fixed, gate_end)
    exists = _exists(xp, fixed, future)
    spot = _spot(xp, fixed, future)
    begun = _service_dates(xp, fixed, leaves, energised, exists)
    nominal = xp.minimum(target + leaves["deal.length"][..., of], capacity.until[of])
    endless = ~capacity.has_length & np.isinf(capacity.until)
    span = xp.where(endless[of], 0.0, xp.maximum(xp.where(endless[of], 0.0, nominal) - target, 0.0))
    owed = (span * delivery.piece_mw) @ by_deal(fixed)
    usage, reservation = _opening_prices(xp, fixed, leaves, owed)
    end = xp.minimum(begun + leaves["deal.length"][..., of], capacity.until[of])
    end = _extended(xp, fixed, future, end, nominal, usage, reservation, spot)
    cancelled = _cancelled(xp, fixed, future, begun, usage, reservation, spot)
    start = xp.where(xp.isfinite(cancelled), math.inf, begun)
    volume = future.volume[..., capacity.deal[of]]
    prepaid = leaves["deal.prepaid"] * (usage + reservation)
    return Plan(
        gate_end=gate_end,
        energised=energised,
        exists=exists,
        start=start,
        begun=begun,
        end=end,
        nominal_end=nominal,
        cancelled=cancelled,
        usage=usage,
        reservation=reservation,
        contract_value=xp.where(endless, math.inf, (usage + reservation) * owed),
        advance=prepaid[..., of] * span * delivery.piece_mw * volume,
        credit_start=start + leaves["deal.credited_from"][..., of],
        credit_end=start + span,
        spot=spot,
    )


def gate_durations(xp: Any, future: Future) -> Array:
    """Return how long each gate takes, [..., G], also where none of them is drawn."""
    return future.leaves["gate.duration"] + xp.zeros((*future.in_force.shape[:-1], 1))


def supply(xp: Any, fixed: Structure, future: Future, plan: Plan, t: Array) -> QuarterSupply:
    """Return what quarter t brings (rules B6 to B8)."""
    capacity, delivery = fixed.capacity, fixed.delivery
    of, target, mw = delivery.piece_deal, delivery.piece_target, delivery.piece_mw
    on = energised_power(xp, fixed, plan, t)
    summed = by_deal(fixed)
    volume = future.volume[..., capacity.deal]
    running = overlap(xp, t, plan.start, plan.end) * mw
    owed = overlap(xp, t, target, plan.nominal_end) * mw
    some = np.flatnonzero(capacity.has_late_credit[of])
    late_until = xp.minimum(xp.minimum(plan.begun, plan.nominal_end), plan.cancelled)[..., some]
    late = overlap(xp, t, target[some], late_until) * mw[some]
    site_on = on @ one_hot(delivery.phase_site, len(fixed.names.sites))
    committed = (running * volume[..., of] * delivery.piece_commits) @ _piece_site(fixed)
    return QuarterSupply(
        on=on,
        on_before=energised_power(xp, fixed, plan, t - 1.0),
        scheduled=volume * future.leaves["deal.availability"] * (running @ summed),
        owed=volume * (owed @ summed),
        late=volume * (late @ summed[some]),
        free=xp.maximum(site_on - committed, 0.0),
        site_on=site_on,
    )


def energised_power(xp: Any, fixed: Structure, plan: Plan, t: Array) -> Array:
    """Return the energised power of every phase in quarter t, [..., K]."""
    return fixed.delivery.phase_mw * plan.exists * xp.clip(t + 1.0 - plan.energised, 0.0, 1.0)


def prices_at(
    xp: Any, fixed: Structure, future: Future, plan: Plan, t: Array, drivers: Array
) -> tuple[Array, Array]:
    """Return usage and reservation price of every capacity deal in a quarter with drivers [..., J + 1]."""
    capacity = fixed.capacity
    index = drivers[..., capacity.index] / future.drivers[..., 0, :][..., capacity.index]
    factor = escalation(xp, t, capacity.first_target, future.leaves["deal.escalator"]) * index
    return plan.usage * factor, plan.reservation * factor


def _gate_ends(xp: Any, fixed: Structure, durations: Array) -> Array:
    """Return the end of every gate, [..., G].

    Gates are taken level by level: those that wait for none, then those that wait for these only, and so on.
    """
    delivery = fixed.delivery
    count = len(delivery.gate_phase)
    earliest = np.maximum(delivery.phase_start[delivery.gate_phase], delivery.gate_not_before)
    ends = earliest + durations
    for gates in _levels(delivery.gate_after)[1:]:
        before = _padded([delivery.gate_after[g] for g in gates], count)
        known = xp.concatenate([ends, xp.zeros((*ends.shape[:-1], 1)) - math.inf], axis=-1)
        start = xp.maximum(known[..., before].max(axis=-1), earliest[gates])
        place = np.zeros(count, dtype=np.int64)
        place[gates] = np.arange(len(gates))
        ends = xp.where(np.isin(np.arange(count), gates), (start + durations[..., gates])[..., place], ends)
    return ends


def _levels(after: tuple[tuple[int, ...], ...]) -> list[Array]:
    """Return gates by how many steps of waiting lie before them; each gate comes after those it waits for."""
    level: list[int] = []
    for waits in after:
        level.append(1 + max((level[g] for g in waits), default=-1))
    return [np.flatnonzero(np.array(level) == n) for n in range(max(level, default=0) + 1)]


def _padded(groups: list[tuple[int, ...]], filler: int) -> Array:
    """Return groups of indices as a table, short ones filled up."""
    width = max((len(group) for group in groups), default=0)
    return np.array([[*group, *[filler] * (width - len(group))] for group in groups], dtype=np.int64)


def _energised(xp: Any, fixed: Structure, ends: Array) -> Array:
    """Return when each phase is energised, [..., K]."""
    delivery = fixed.delivery
    gated = np.array([bool(gates) for gates in delivery.phase_gates], dtype=bool)
    fallback = np.where(np.isnan(delivery.phase_online), delivery.phase_start, delivery.phase_online)
    latest = xp.zeros((*ends.shape[:-1], 1)) + fallback
    if not gated.any():
        return latest
    known = xp.concatenate([ends, xp.zeros((*ends.shape[:-1], 1)) - math.inf], axis=-1)
    last = known[..., _padded(list(delivery.phase_gates), len(delivery.gate_phase))].max(axis=-1)
    return xp.where(gated & np.isnan(delivery.phase_online), last, latest)


def _exists(xp: Any, fixed: Structure, future: Future) -> Array:
    """Return which phases come to be: those all of whose deals are in force, [..., K]."""
    missing = (1.0 - future.in_force) @ fixed.delivery.phase_needs.T
    return xp.where(missing > 0.0, 0.0, 1.0)


def _service_dates(
    xp: Any, fixed: Structure, leaves: dict[str, Array], energised: Array, exists: Array
) -> Array:
    """Return when each piece starts (rule B3), [..., P]."""
    delivery = fixed.delivery
    own = delivery.piece_target + leaves["deal.delay"][..., delivery.piece_deal]
    if not fixed.names.phases:
        return xp.zeros((*energised.shape[:-1], 1)) + own
    phase = np.maximum(delivery.piece_phase, 0)
    ready = xp.where(
        exists[..., phase] > 0.0, xp.maximum(energised[..., phase], delivery.piece_target), math.inf
    )
    return xp.where(delivery.piece_phase >= 0, ready, own)


def _opening_prices(xp: Any, fixed: Structure, leaves: dict[str, Array], owed: Array) -> tuple[Array, Array]:
    """Return usage and reservation price; where a total is given it is spread over what is owed (rule C8)."""
    reservation = leaves["deal.reservation"]
    spread = leaves["deal.total"] / xp.where(owed > 0.0, owed, 1.0) - reservation
    usage = xp.where(fixed.capacity.has_total & (owed > 0.0), spread, leaves["deal.usage"])
    return usage, reservation + 0.0 * usage


def _spot(xp: Any, fixed: Structure, future: Future) -> Array:
    if fixed.spot < 0:
        return xp.zeros(future.drivers.shape[:-1])
    return future.drivers[..., fixed.spot] * future.leaves["market.spot_factor"]


def _at(xp: Any, series: Array, quarter: Array) -> Array:
    """Return series [..., T, n or 1] at per-future quarters [..., n]."""
    last = series.shape[-2] - 1
    index = xp.clip(quarter, 0.0, last).astype(int)[..., None, :]
    batch = np.broadcast_shapes(series.shape[:-2], index.shape[:-2])
    wide = xp.broadcast_to(series, (*batch, series.shape[-2], index.shape[-1]))
    index = xp.broadcast_to(index, (*batch, 1, index.shape[-1]))
    return xp.take_along_axis(wide, index, axis=-2)[..., 0, :]


def _price_then(
    xp: Any, fixed: Structure, future: Future, deals: Array, quarter: Array, price: Array
) -> Array:
    """Return usage plus reservation price of some deals at per-future quarters, [..., n]."""
    capacity = fixed.capacity
    last = fixed.quarters - 1.0
    quarter = xp.clip(quarter, 0.0, last)
    index = capacity.index[deals]
    moved = _at(xp, future.drivers[..., index], quarter) / future.drivers[..., 0, :][..., index]
    rise = escalation(xp, quarter, capacity.first_target[deals], future.leaves["deal.escalator"][..., deals])
    return price[..., deals] * moved * rise


def _extended(
    xp: Any,
    fixed: Structure,
    future: Future,
    end: Array,
    nominal: Array,
    usage: Array,
    reservation: Array,
    spot: Array,
) -> Array:
    """Return the ends of pieces after options to run on were used (rule B4)."""
    capacity, delivery = fixed.capacity, fixed.delivery
    options = np.flatnonzero(capacity.has_extension & ~capacity.is_lease)
    options = np.array([c for c in options if (delivery.piece_deal == c).any()], dtype=np.int64)
    if not options.size or fixed.spot < 0:
        return end
    first = xp.stack([nominal[..., delivery.piece_deal == c].min(axis=-1) for c in options], axis=-1)
    known = xp.where(xp.isfinite(first), first, fixed.quarters * 1.0)
    when = quarter_of(xp, known) + xp.zeros((*end.shape[:-1], 1))
    price = _price_then(xp, fixed, future, options, when, usage + reservation)
    used = _at(xp, spot[..., None], when) >= price
    added = xp.where(used, future.leaves["deal.extension"][..., options], 0.0)
    place = np.zeros(len(capacity.deal), dtype=np.int64)
    place[options] = np.arange(options.size)
    has = np.isin(np.arange(len(capacity.deal)), options)
    return end + xp.where(has, added[..., place], 0.0)[..., delivery.piece_deal]


def _cancelled(
    xp: Any, fixed: Structure, future: Future, begun: Array, usage: Array, reservation: Array, spot: Array
) -> Array:
    """Return when late pieces are cancelled (rule B5), infinite for never, [..., P]."""
    capacity, delivery = fixed.capacity, fixed.delivery
    never = xp.zeros(begun.shape) + math.inf
    pieces = np.flatnonzero(capacity.has_may_end[delivery.piece_deal])
    if not pieces.size or fixed.spot < 0:
        return never
    deals, target = delivery.piece_deal[pieces], delivery.piece_target[pieces]
    wait = future.leaves["deal.may_end"][..., deals]
    when = quarter_of(xp, target + wait) + xp.zeros((*begun.shape[:-1], 1))
    price = _price_then(xp, fixed, future, deals, when, usage + reservation)
    walks = (begun[..., pieces] - target > wait) & (_at(xp, spot[..., None], when) < price)
    at = xp.where(walks, target + wait, math.inf)
    place = np.zeros(begun.shape[-1], dtype=np.int64)
    place[pieces] = np.arange(pieces.size)
    return xp.where(np.isin(np.arange(begun.shape[-1]), pieces), at[..., place], never)


def _piece_site(fixed: Structure) -> Array:
    """Return the matrix that sums pieces by the site of their phase, [P, sites]."""
    delivery, sites = fixed.delivery, len(fixed.names.sites)
    phase = delivery.piece_phase
    if not len(delivery.phase_site):
        return np.zeros((len(phase), sites))
    site = np.where(phase >= 0, delivery.phase_site[np.maximum(phase, 0)], sites)
    return one_hot(site, sites + 1)[:, :sites]
