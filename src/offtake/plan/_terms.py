"""What compute deals deliver and cost in each quarter of each future, whatever is used (P10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from offtake.cashflow import compute_fee
from offtake.simulate._delivery import Plan, prices_at, supply
from offtake.simulate._dues import capacity_dues
from offtake.simulate._life import Life, deliveries
from offtake.simulate._state import State, opening
from offtake.simulate._tables import by_deal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.model import Structure
    from offtake.simulate._draws import Future

__all__ = ["HISTORY", "Terms", "terms"]

Array = Any

HISTORY = -1.0
"""When deals were signed that are given: what they prepaid before the opening is history."""


class Terms(NamedTuple):
    """Capacity deals by quarter, each [F, T, columns]: MW, M USD."""

    delivered: NDArray[np.float64]
    """MW after outages and step-ins"""
    fee: NDArray[np.float64]
    """due if nothing is used: reservation price, take-or-pay floor, prepayment, less credits"""
    floor: NDArray[np.float64]
    """MW-quarters that the floor pays for"""
    advance: NDArray[np.float64]
    """prepaid and not yet credited"""
    usage: NDArray[np.float64]
    reservation: NDArray[np.float64]
    """prices of the quarter"""
    bound: NDArray[np.float64]
    """price of a MW-quarter that is due in any case: reservation price and floor"""
    owed: NDArray[np.float64]
    """MW under contract"""
    left: NDArray[np.float64]
    """MW-quarters from the quarter's start to the end"""


class _Held(NamedTuple):
    """What the quarters before left behind, each [F, C]."""

    prepaid: Array
    credited: Array
    late_given: Array
    frozen: Array
    scheduled: Array


def terms(fixed: Structure, future: Future, plan: Plan, alive: Array, signed: Array, columns: Array) -> Terms:
    """Return what capacity deals bring and cost, given who lives.

    Parameters
    ----------
    fixed, future, plan
        Structure, futures and their dates; `future.volume` says how much of each deal is in force.
    alive
        1 where a party is not in default, [F, T, N], from the run in which nothing offered was signed.
    signed
        Quarter in which each capacity deal is signed, `HISTORY` for those that are given, [C]. A
        prepayment that would have been due before is due then.
    columns
        Places of the capacity deals that are asked for.

    Notes
    -----
    The credit of a prepayment is that of a buyer who uses all that is delivered. A smaller use can hold it
    up (rule C8 limits it to the quarter's fee), never lose it as long as later fees make up for it.
    """
    start = opening(np, fixed, future, plan)
    given = signed < 0
    held = _Held(
        prepaid=np.where(given, start.prepaid, 0.0),
        credited=np.where(given, start.credited, 0.0),
        late_given=start.late_given,
        frozen=start.frozen,
        scheduled=start.scheduled,
    )
    age = np.full(alive[:, 0].shape, -1.0)
    kept = []
    for t in range(fixed.quarters):
        age = np.where(alive[:, t] > 0, -1.0, age + 1.0)
        held, now = _quarter(fixed, future, plan, held, start, age, signed, float(t))
        kept.append(tuple(series[..., columns] for series in now))
    return Terms(*(np.stack(series, axis=1) for series in zip(*kept, strict=True)))


def _quarter(
    fixed: Structure,
    future: Future,
    plan: Plan,
    held: _Held,
    blank: State,
    age: Array,
    signed: Array,
    t: float,
) -> tuple[_Held, tuple[Array, ...]]:
    """Return what is left behind after a quarter, and its terms."""
    capacity, floor = fixed.capacity, future.leaves["deal.floor"]
    now = supply(np, fixed, future, plan, t)
    held = _written_down(fixed, held, now.scheduled, age, t)
    usage, reservation = prices_at(np, fixed, future, plan, t, future.drivers[:, int(t)])
    life = _life(blank, held, age)
    deals = deliveries(
        np, fixed, future, plan, blank, life, now, t, price=usage + reservation, spot=plan.spot[..., int(t)]
    )
    there = life.pays[..., capacity.buyer] * life.sells[..., capacity.seller]
    state = blank._replace(prepaid=held.prepaid, credited=held.credited, late_given=held.late_given)
    _, credit, _, late = capacity_dues(
        np, fixed, future, plan, state, now, t,
        usage=usage, reservation=reservation, delivered=deals.delivered, used=deals.delivered, running=there,
    )  # fmt: skip
    least = compute_fee(np, usage, reservation, deals.delivered, 0.0 * deals.delivered, floor)
    paid = _advances(fixed, plan, signed, t) * there
    after = _Held(
        prepaid=held.prepaid + paid,
        credited=held.credited + credit,
        late_given=held.late_given + late,
        frozen=held.frozen,
        scheduled=now.scheduled,
    )
    outstanding = np.maximum(after.prepaid - after.credited, 0.0)
    shape = np.zeros(deals.delivered.shape)
    series = (
        deals.delivered,
        least - credit + paid - late,
        floor * deals.delivered,
        outstanding,
        usage,
        reservation,
        reservation + floor * usage,
        now.owed,
        _left(fixed, future, plan, t),
    )
    return after, tuple(each + shape for each in series)


def _written_down(fixed: Structure, held: _Held, scheduled: Array, age: Array, t: float) -> _Held:
    """Return what is left once defaults have taken effect: claims on the dead are gone (C1)."""
    fresh = (age == 0.0)[..., fixed.capacity.seller]
    before = held.scheduled if t > 0 else scheduled
    return held._replace(
        prepaid=np.where(fresh, 0.0, held.prepaid),
        credited=np.where(fresh, 0.0, held.credited),
        frozen=np.where(fresh, before, held.frozen),
    )


def _life(blank: State, held: _Held, age: Array) -> Life:
    """Return who lives, as far as deliveries ask."""
    alive = np.where(age < 0, 1.0, 0.0)
    return Life(
        age=age,
        alive=alive,
        pays=alive,
        sells=alive,
        funds=alive,
        loss=0.0 * alive,
        arrears=blank.arrears,
        outside_arrears=blank.outside_arrears,
        loan=blank.loan,
        prepaid=held.prepaid,
        credited=held.credited,
        healed=blank.healed,
        confidence=blank.healed,
        frozen=held.frozen,
    )


def _advances(fixed: Structure, plan: Plan, signed: Array, t: float) -> Array:
    """Return the prepayments that fall due in a quarter, [F, C]."""
    of = fixed.delivery.piece_deal
    due = np.floor(fixed.delivery.piece_target + 1e-9) - fixed.capacity.prepay_lead[of]
    return (plan.advance * (np.maximum(due, signed[of]) == t)) @ by_deal(fixed)


def _left(fixed: Structure, future: Future, plan: Plan, t: float) -> Array:
    """Return MW-quarters from t to the end of every capacity deal, 0 without an end, [F, C]."""
    ends = np.isfinite(plan.end) & np.isfinite(plan.start)
    with np.errstate(invalid="ignore"):
        left = np.where(ends, plan.end - np.maximum(np.where(ends, plan.start, 0.0), t), 0.0)
    whole = (np.maximum(left, 0.0) * fixed.delivery.piece_mw) @ by_deal(fixed)
    return whole * future.volume[..., fixed.capacity.deal]
