"""Who lives, what ends, what is delivered (rules C1 to C4)."""

from typing import Any, NamedTuple

import numpy as np

from offtake.cashflow import termination_due
from offtake.model import Structure
from offtake.simulate._delivery import Plan, QuarterSupply
from offtake.simulate._draws import Future
from offtake.simulate._dues import mw_quarters_left
from offtake.simulate._state import State
from offtake.simulate._tables import one_hot, row

__all__ = ["Delivered", "Life", "bindings", "debts_open", "defaults", "deliveries"]

Array = Any


class Life(NamedTuple):
    """Who lives, and what the deaths of this quarter did."""

    age: Array
    alive: Array
    """[..., N] quarters in default (-1: none), and 1 for the living"""
    pays: Array
    sells: Array
    funds: Array
    """[..., N] 1 for the living, and where a channel of a forced failure is closed (section F)"""
    loss: Array
    """[..., N] written down on claims"""
    arrears: Array
    outside_arrears: Array
    loan: Array
    prepaid: Array
    credited: Array
    healed: Array
    confidence: Array
    frozen: Array
    """[..., C] MW in service when the seller's default took effect"""


class Delivered(NamedTuple):
    """What capacity deals do in a quarter, each [..., C]."""

    ended: Array
    fee_due: Array
    """termination fees"""
    delivered: Array
    released: Array
    """MW that go back to the seller"""
    idle: Array
    """MW that a dead buyer's continuing deals leave unused"""


def defaults(
    xp: Any, fixed: Structure, future: Future, state: State, now: QuarterSupply, t: Array, drivers: Array
) -> Life:
    """Return the living after defaults take effect: claims are written down, confidence falls."""
    leaves, lines, loans, capacity = future.leaves, fixed.lines, fixed.loans, fixed.capacity
    parties = len(fixed.names.parties)
    was_alive = state.default_age < 0
    fails = was_alive & ((state.failing > 0) | (future.fails_at == t))
    age = xp.where(was_alive, xp.where(fails, 0.0, -1.0), state.default_age + 1.0)
    fresh = xp.where(fails, 1.0, 0.0)
    alive = xp.where(age < 0, 1.0, 0.0)
    forced = xp.where(t - age == leaves["party.fail_at"], 1.0, 0.0) * (1.0 - alive)
    pays, sells, funds = (
        alive + forced * (1.0 - leaves[f"party.{channel}_channel"])
        for channel in ("contract", "supply", "funding")
    )
    feared = leaves["party.loss_on_default"] * fresh
    feared = feared * xp.where(forced > 0, leaves["party.confidence_channel"], 1.0)
    fresh_claims = fresh * (1.0 - pays)
    lost = leaves["party.loss_on_default"] * fresh_claims
    uncredited = xp.maximum(state.prepaid - state.credited, 0.0)
    loss = (
        (state.arrears * lost[..., lines.payer]) @ one_hot(lines.receiver, parties)
        + (state.loan * lost[..., loans.borrower]) @ one_hot(loans.lender, parties)
        + (uncredited * lost[..., capacity.seller]) @ one_hot(capacity.buyer, parties)
    )
    scheduled_debt = debts_open(xp, fixed, future, t) @ one_hot(fixed.outside_debt, parties)
    outside = feared * (state.outside_arrears + scheduled_debt + state.drawn)
    total = (
        (state.arrears * feared[..., lines.payer]).sum(axis=-1)
        + (state.loan * feared[..., loans.borrower]).sum(axis=-1)
        + (uncredited * feared[..., capacity.seller]).sum(axis=-1)
        + outside.sum(axis=-1)
    )
    heal = 2.0 ** (-1.0 / xp.maximum(leaves["contagion.half_life"][..., 0], 1e-9))
    fall = leaves["contagion.sensitivity"][..., 0] * total / leaves["contagion.scale"][..., 0]
    healed = (1.0 - (1.0 - state.healed) * heal) * xp.exp(-fall)
    driver = drivers[..., fixed.confidence] if fixed.confidence >= 0 else 1.0
    seller = fresh[..., capacity.seller]
    held = 1.0 - fresh_claims[..., capacity.seller]
    before = xp.where(t > 0, state.scheduled, now.scheduled)
    return Life(
        age=age,
        alive=alive,
        pays=pays,
        sells=sells,
        funds=funds,
        loss=loss,
        arrears=state.arrears * (1.0 - fresh_claims[..., lines.payer]),
        outside_arrears=state.outside_arrears * (1.0 - fresh),
        loan=state.loan * (1.0 - fresh_claims[..., loans.borrower]),
        prepaid=state.prepaid * held,
        credited=state.credited * held,
        healed=healed,
        confidence=driver * healed,
        frozen=xp.where(seller > 0, before, state.frozen),
    )


def debts_open(xp: Any, fixed: Structure, future: Future, t: Array) -> Array:
    """Return each outside debt on schedule at the start of quarter t, [..., debts]."""
    none_yet = np.zeros((1, len(fixed.outside_debt)))
    repaid = np.concatenate([none_yet, np.cumsum(fixed.outside_maturities, axis=0)])
    return future.leaves["debt.amount"] - row(xp, repaid, t) + xp.zeros((*future.volume.shape[:-1], 1))


def deliveries(
    xp: Any,
    fixed: Structure,
    future: Future,
    plan: Plan,
    state: State,
    life: Life,
    now: QuarterSupply,
    t: Array,
    *,
    price: Array,
    spot: Array,
) -> Delivered:
    """Return what capacity deals deliver after deaths and endings; `price` is usage plus reservation."""
    capacity = fixed.capacity
    buyer, seller = life.pays[..., capacity.buyer], life.sells[..., capacity.seller]
    ended = xp.maximum(state.ended, xp.where((buyer <= 0) & ~capacity.continues, 1.0, 0.0))
    fee_due = 0.0 * ended
    if capacity.has_termination.any() and fixed.spot >= 0:
        share = future.leaves["deal.termination_fee"]
        open_ = (
            capacity.has_termination & (t >= capacity.termination_from) & (ended <= 0) & (now.scheduled > 0)
        )
        walks = open_ & (buyer * seller > 0) & (spot[..., None] < (1.0 - share) * price)
        left = mw_quarters_left(xp, fixed, plan, t) * future.volume[..., capacity.deal]
        fee_due = xp.where(walks, termination_due(xp, share, price, left), 0.0)
        ended = xp.where(walks, 1.0, ended)
    age = life.age[..., capacity.seller]
    returned = future.leaves["deal.step_in"] * xp.minimum(now.scheduled, life.frozen)
    stepped = xp.where(age >= capacity.outage, returned, 0.0)
    running = xp.where((seller > 0) | capacity.is_lease, now.scheduled, stepped)
    on = (ended <= 0) & (buyer > 0)
    back = xp.where(on | (seller <= 0) | capacity.is_lease, 0.0, now.scheduled)
    lingers = capacity.continues & (buyer <= 0) & (ended <= 0)
    return Delivered(
        ended=ended,
        fee_due=fee_due,
        delivered=xp.where(on, running, 0.0),
        released=xp.where(lingers, 0.0, back),
        idle=xp.where(lingers, back, 0.0),
    )


def bindings(xp: Any, fixed: Structure, future: Future, life: Life, ended: Array, t: Array) -> Array:
    """Return which exclusivities bind in the quarter (E15), [..., exclusivities]."""
    table = fixed.dispatch
    runs = xp.where((t >= table.bond_start) & (t < table.bond_end), 1.0, 0.0)
    if not len(table.bond_holder):
        return xp.zeros((*life.sells.shape[:-1], 0))
    deal = np.maximum(table.bond_capacity, 0)
    granted = 1.0 + 0.0 * life.sells[..., table.bond_holder]
    if len(fixed.capacity.deal):
        in_force = future.in_force[..., fixed.capacity.deal[deal]] * (1.0 - ended[..., deal])
        granted = xp.where(table.bond_capacity >= 0, in_force, 1.0)
    return runs * granted * life.sells[..., table.bond_holder]
