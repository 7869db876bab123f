"""What is carried from quarter to quarter."""

from typing import Any, NamedTuple

import numpy as np

from offtake.cashflow import released_advance
from offtake.model import Structure
from offtake.simulate._delivery import Plan, energised_power
from offtake.simulate._draws import Future
from offtake.simulate._tables import by_deal

__all__ = ["State", "opening"]

Array = Any


class State(NamedTuple):
    """State at the start of a quarter."""

    cash: Array
    drawn: Array
    """[..., N] drawn debt"""
    arrears: Array
    """[..., M]"""
    outside_arrears: Array
    arrears_age: Array
    default_age: Array
    """[..., N]; -1 while alive"""
    failing: Array
    """[..., N] 1 where last quarter's shortfall is a default now"""
    healed: Array
    """[...]"""
    queue: Array
    """[..., W, H]"""
    prepaid: Array
    credited: Array
    late_given: Array
    frozen: Array
    ended: Array
    scheduled: Array
    """[..., C]"""
    loan: Array
    """[..., Q]"""
    backstop: Array
    """[..., backstops] fallen due so far"""
    vested: Array
    """[..., warrants, tranches]"""


def opening(xp: Any, fixed: Structure, future: Future, plan: Plan) -> State:
    """Return the state at the opening of each future."""
    batch = future.volume.shape[:-1]
    parties, capacity = len(fixed.names.parties), len(fixed.capacity.deal)
    zero_n, zero_c = xp.zeros((*batch, parties)), xp.zeros((*batch, capacity))
    history = np.where(_advance_due(fixed) < 0, 1.0, 0.0)
    prepaid = (plan.advance * history) @ by_deal(fixed)
    released = released_advance(xp, -1.0, plan.advance, plan.credit_start, plan.credit_end) @ by_deal(fixed)
    equity = fixed.equity
    tranches = equity.warrant_hurdles.shape[1]
    before = energised_power(xp, fixed, plan, -1.0) @ equity.warrant_measure
    steps = equity.warrant_each[:, None] * np.arange(1, tranches + 1)
    most = max(fixed.dispatch.deferral, default=0)
    return State(
        cash=zero_n + future.leaves["party.cash"],
        drawn=zero_n,
        arrears=xp.zeros((*batch, len(fixed.lines.kind))),
        outside_arrears=zero_n,
        arrears_age=zero_n,
        default_age=zero_n - 1.0,
        failing=zero_n,
        healed=xp.ones(batch),
        queue=xp.zeros((*batch, len(fixed.names.workloads), most)),
        prepaid=prepaid + zero_c,
        credited=xp.minimum(released, prepaid) + zero_c,
        late_given=zero_c,
        frozen=zero_c,
        ended=zero_c,
        scheduled=zero_c,
        loan=xp.zeros((*batch, len(fixed.loans.deal)))
        + future.leaves["loan.opening"] * future.volume[..., fixed.loans.deal],
        backstop=xp.zeros((*batch, len(fixed.others.deal))),
        vested=xp.where(before[..., None] >= steps - 1e-9, 1.0, 0.0) + xp.zeros((*batch, *steps.shape)),
    )


def _advance_due(fixed: Structure) -> Array:
    """Return the quarter in which each piece's prepayment is due, [P]."""
    of = fixed.delivery.piece_deal
    return np.floor(fixed.delivery.piece_target + 1e-9) - fixed.capacity.prepay_lead[of]


def advances_due(xp: Any, fixed: Structure, plan: Plan, t: Array) -> Array:
    """Return the prepayments of each capacity deal that are due in quarter t, [..., C]."""
    some = np.flatnonzero(fixed.capacity.has_prepayment[fixed.delivery.piece_deal])
    now = xp.where(_advance_due(fixed)[some] == t, 1.0, 0.0)
    return (plan.advance[..., some] * now) @ by_deal(fixed)[some]
