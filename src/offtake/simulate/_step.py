"""One quarter: section C of docs/quarter-step.md, for numpy and jax alike."""

from typing import Any, NamedTuple

import numpy as np

from offtake.clearing import LineClearing, clear_lines
from offtake.model import RANKS, Structure
from offtake.simulate._delivery import Plan, QuarterSupply, prices_at, supply
from offtake.simulate._dispatch import Served, dispatch
from offtake.simulate._draws import Future
from offtake.simulate._dues import (
    capacity_dues,
    chip_dues,
    equity_dues,
    licence_dues,
    loan_dues,
    power_dues,
    power_share,
    revenue_shares,
    vest,
)
from offtake.simulate._idle import Idle, idle_capacity
from offtake.simulate._life import Delivered, Life, bindings, defaults, deliveries
from offtake.simulate._outside import OUTFLOW_RANK, outside_dues, outside_receipts, site_power
from offtake.simulate._state import State
from offtake.simulate._tables import one_hot, row

__all__ = ["Flows", "Inputs", "step"]

Array = Any
_EPS = 1e-6


class Inputs(NamedTuple):
    """What a quarter brings from outside."""

    t: Array
    """the quarter, as a float"""
    drivers: Array
    """[..., J + 1]"""
    base: Array
    """[F] profile bases"""
    spot: Array
    """[...] price of a MW-quarter"""


class Flows(NamedTuple):
    """Everything that happened in a quarter."""

    due: Array
    paid: Array
    """[..., M] current dues and what was paid of them"""
    arrears: Array
    arrears_paid: Array
    """[..., M] carried arrears and what was paid of them"""
    inflow: Array
    """[..., inflows, N]"""
    outside_due: Array
    outside_paid: Array
    """[..., outflows, N]"""
    default_cost: Array
    money_in: Array
    money_out: Array
    """[..., N] received from and paid to other parties"""
    cash: Array
    debt: Array
    loss: Array
    dead: Array
    """[..., N]"""
    confidence: Array
    served: Served
    supply: QuarterSupply
    deals: Delivered
    idle: Idle
    residual: Array
    """[...] largest relative residual of the identities D1 and D2"""


class _Day(NamedTuple):
    """What is settled of a quarter before money moves."""

    life: Life
    now: QuarterSupply
    deals: Delivered
    served: Served
    idle: Idle


class _Owed(NamedTuple):
    """What falls due between parties, and the states that it moves."""

    lines: Array
    credit: Array
    late: Array
    principal: Array
    """[..., Q]"""
    vested: Array
    sold: Array
    power_runs: Array


def step(
    xp: Any, fixed: Structure, future: Future, plan: Plan, state: State, inputs: Inputs
) -> tuple[State, Flows]:
    """Return the state after a quarter and everything that happened in it."""
    t, drivers, base, spot = inputs
    now = supply(xp, fixed, future, plan, t)
    life = defaults(xp, fixed, future, state, now, t, drivers)
    profiles = base * future.leaves["profile.scale"] * drivers[..., fixed.profiles.driver]
    usage, reservation = prices_at(xp, fixed, future, plan, t, drivers)
    deals = deliveries(xp, fixed, future, plan, state, life, now, t, price=usage + reservation, spot=spot)
    served = dispatch(
        xp,
        fixed,
        queue=state.queue,
        demand=profiles[..., fixed.profiles.demand],
        earns=profiles[..., fixed.profiles.yields],
        leaves=future.leaves,
        delivered=xp.where(fixed.capacity.is_lease, 0.0, deals.delivered),
        free=now.free * life.pays[..., fixed.delivery.site_owner],
        binds=bindings(xp, fixed, future, life, deals.ended, t),
        alive=life.pays,
        spot=spot,
    )
    idle = idle_capacity(xp, fixed, future, state, life, now, deals, served, spot, t)
    day = _Day(life, now, deals, served, idle)
    owed = _owed(xp, fixed, future, plan, state, day, inputs, profiles, usage, reservation)
    receipts = outside_receipts(
        fixed, life, served, idle.rent, owed.sold, profiles[..., fixed.profiles.income]
    )
    outside = outside_dues(
        xp,
        fixed,
        future,
        plan,
        state,
        life,
        now,
        served,
        t,
        costs=profiles[..., fixed.profiles.costs],
        capital=profiles[..., fixed.profiles.capital],
        spot=spot,
        power_runs=owed.power_runs,
    )
    limit = profiles[..., fixed.profiles.limit]
    return _settle(xp, fixed, future, state, day, owed, receipts, outside, limit, t)


def _owed(
    xp: Any,
    fixed: Structure,
    future: Future,
    plan: Plan,
    state: State,
    day: _Day,
    inputs: Inputs,
    profiles: Array,
    usage: Array,
    reservation: Array,
) -> _Owed:
    """Return all dues between parties in the order of the lines (C8)."""
    t, drivers = inputs.t, inputs.drivers
    life, now, deals, served, idle = day
    capacity = fixed.capacity
    running = (1.0 - deals.ended) * life.pays[..., capacity.buyer] * life.sells[..., capacity.seller]
    fee, credit, advance, late = capacity_dues(
        xp,
        fixed,
        future,
        plan,
        state._replace(prepaid=life.prepaid, credited=life.credited),
        now,
        t,
        usage=usage,
        reservation=reservation,
        delivered=deals.delivered,
        used=served.metered_deal,
        running=running,
    )
    payments, tranches = equity_dues(xp, fixed, future, now, t)
    draws, interest, principal = loan_dues(xp, fixed, future, life.loan, t)
    vested, sold = vest(xp, fixed, future, state, now, drivers)
    power_runs = power_share(xp, fixed, future, life.pays, life.sells, t)
    columns = [
        fee,
        advance[..., np.flatnonzero(capacity.has_prepayment)],
        late[..., np.flatnonzero(capacity.has_late_credit)],
        deals.fee_due[..., np.flatnonzero(capacity.has_termination)],
        chip_dues(xp, fixed, future, plan, t, drivers),
        payments,
        tranches,
        draws,
        interest,
        principal,
        idle.backstop_due,
        revenue_shares(xp, fixed, future, served.revenue, t),
        licence_dues(xp, fixed, future, profiles[..., fixed.profiles.fees], t),
        power_dues(xp, fixed, future, power_runs, site_power(future, now), t),
    ]
    blank = 0.0 * state.cash[..., :1]
    lines = xp.concatenate([column + blank for column in columns], axis=-1)
    payer, receiver = _present(xp, fixed, life)
    return _Owed(
        lines=xp.maximum(lines, 0.0) * payer * receiver,
        credit=credit,
        late=late,
        principal=principal,
        vested=vested,
        sold=sold,
        power_runs=power_runs,
    )


def _present(xp: Any, fixed: Structure, life: Life) -> tuple[Array, Array]:
    """Return whether payer and receiver of each line are there for it, [..., M] (C8, F2)."""
    lines, parties = fixed.lines, len(fixed.names.parties)
    roles = xp.concatenate([life.pays, life.sells, life.funds], axis=-1)
    payer = roles[..., lines.payer + 2 * parties * lines.gives_money]
    receiver = roles[..., lines.receiver + parties * ~lines.to_debtor]
    return payer, xp.where(lines.to_dead, 1.0, receiver)


def _settle(
    xp: Any,
    fixed: Structure,
    future: Future,
    state: State,
    day: _Day,
    owed: _Owed,
    receipts: list[Array],
    outside: list[Array],
    limit: Array,
    t: Array,
) -> tuple[State, Flows]:
    """Fund, clear, and carry over (C10 to C12)."""
    life, now, deals, served, idle = day
    leaves, lines, parties = future.leaves, fixed.lines, len(fixed.names.parties)
    payer = one_hot(lines.payer, parties)
    every = xp.concatenate([life.arrears, owed.lines], axis=-1)
    by_rank = _by_rank(xp, outside)
    received = sum(receipts)
    drawn, support = _funding(xp, fixed, life, state, leaves, every, by_rank, received, limit)
    borrowed = drawn * leaves["party.debt_share"]
    cleared, cost = _clear(xp, fixed, leaves, state, every, by_rank, received + drawn + support)
    count = len(lines.kind)
    arrears_paid, paid = cleared.paid[..., :count], cleared.paid[..., count:]
    outside_paid = _by_kind(xp, outside, by_rank, cleared.outside_paid)
    unpaid = (life.arrears - arrears_paid) + (owed.lines - paid)
    outside_unpaid = sum(due - met for due, met in zip(outside, outside_paid, strict=True))
    gap = (unpaid @ payer) + outside_unpaid
    short = gap > _EPS
    age = xp.where(short, state.arrears_age + 1.0, 0.0)
    flow = received + drawn + support + cleared.received - cleared.payout - cost
    cash = state.cash + flow
    moved = arrears_paid + paid
    after = _carry(fixed, state, day, owed, moved)
    after = after._replace(
        cash=cash,
        drawn=state.drawn + borrowed,
        arrears=xp.maximum(unpaid, 0.0),
        outside_arrears=xp.maximum(outside_unpaid, 0.0),
        arrears_age=age,
        failing=xp.where(short & (age > fixed.grace), 1.0, 0.0),
    )
    inflow = [*receipts, borrowed, drawn - borrowed, support]
    money_in, money_out = cleared.received, moved @ payer
    flows = Flows(
        due=owed.lines,
        paid=paid,
        arrears=life.arrears,
        arrears_paid=arrears_paid,
        inflow=xp.stack(inflow, axis=-2),
        outside_due=xp.stack(outside, axis=-2),
        outside_paid=xp.stack(outside_paid, axis=-2),
        default_cost=cost,
        money_in=money_in,
        money_out=money_out,
        cash=cash,
        debt=_debt(xp, fixed, future, after, t),
        loss=life.loss,
        dead=1.0 - life.alive,
        confidence=life.confidence,
        served=served,
        supply=now,
        deals=deals,
        idle=idle,
        residual=_residual(xp, cash - state.cash, inflow, outside_paid, cost, money_in, money_out),
    )
    return after, flows


def _funding(
    xp: Any,
    fixed: Structure,
    life: Life,
    state: State,
    leaves: dict[str, Array],
    every: Array,
    outside: Array,
    received: Array,
    limit: Array,
) -> tuple[Array, Array]:
    """Return external funding drawn and what the world pays for closed channels (F3), each [..., N] (C10).

    `every` is arrears and dues one after the other, `outside` what is owed to the world by rank.
    """
    payer, receiver, _ = _both(fixed)
    coming, owed = every @ receiver, every @ payer
    going = owed + outside.sum(axis=-2)
    need = leaves["party.minimum_cash"] - (state.cash + received + coming - going)
    room = xp.maximum(limit * life.confidence[..., None], 0.0)
    drawn = xp.minimum(xp.maximum(need, 0.0), room) * life.alive
    return drawn, owed * (1.0 - life.alive)


def _both(fixed: Structure) -> tuple[Array, Array, Array]:
    """Return payers, receivers and ranks of arrears and dues, one after the other."""
    lines, parties = fixed.lines, len(fixed.names.parties)
    payer, receiver = one_hot(lines.payer, parties), one_hot(lines.receiver, parties)
    ranks = np.concatenate([np.zeros(len(lines.kind), dtype=np.int64), lines.rank])
    return np.concatenate([payer, payer]), np.concatenate([receiver, receiver]), ranks


def _clear(
    xp: Any,
    fixed: Structure,
    leaves: dict[str, Array],
    state: State,
    every: Array,
    outside: Array,
    new_means: Array,
) -> tuple[LineClearing, Array]:
    """Return the clearing of arrears and current dues together, and default costs (C11)."""
    last_chance = state.arrears_age >= fixed.grace
    cleared = clear_lines(
        xp,
        xp.maximum(state.cash + new_means, 0.0),
        every,
        *_both(fixed),
        outside,
        xp.where(last_chance, leaves["party.cash_kept"], 1.0),
        xp.where(last_chance, leaves["party.receipts_kept"], 1.0),
    )
    return cleared, cleared.cost


def _by_rank(xp: Any, outside: list[Array]) -> Array:
    """Return what is owed to the world by rank, [..., K, N]."""
    none = 0.0 * outside[0]
    sums = [
        sum((due for due, k in zip(outside, OUTFLOW_RANK, strict=True) if k == rank), none)
        for rank in range(len(RANKS))
    ]
    return xp.stack(sums, axis=-2)


def _by_kind(xp: Any, outside: list[Array], by_rank: Array, paid: Array) -> list[Array]:
    """Return what was paid of each outflow: pro rata within its rank, each [..., N]."""
    share = paid / xp.where(by_rank > 0.0, by_rank, 1.0)
    return [due * share[..., rank, :] for due, rank in zip(outside, OUTFLOW_RANK, strict=True)]


def _carry(fixed: Structure, state: State, day: _Day, owed: _Owed, paid: Array) -> State:
    """Return the state with everything but cash and arrears carried over."""
    life, now, deals, served, idle = day
    capacity, lines = fixed.capacity, fixed.lines
    prepaying = one_hot(np.flatnonzero(capacity.has_prepayment), len(capacity.deal))
    advances = paid[..., lines.span("prepayment")] @ prepaying
    draws = paid[..., lines.span("draw")]
    repaid = owed.principal * life.pays[..., fixed.loans.borrower]
    return state._replace(
        default_age=life.age,
        healed=life.healed,
        queue=served.queue,
        prepaid=life.prepaid + advances,
        credited=life.credited + owed.credit,
        late_given=state.late_given + owed.late,
        frozen=life.frozen,
        ended=deals.ended,
        scheduled=now.scheduled,
        loan=(life.loan - repaid).clip(0.0) + draws,
        backstop=state.backstop + idle.backstop_due,
        vested=owed.vested,
    )


def _debt(xp: Any, fixed: Structure, future: Future, after: State, t: Array) -> Array:
    """Return outside debt on schedule after the quarter plus drawn debt, [..., N]."""
    repaid = np.cumsum(fixed.outside_maturities, axis=0)
    left = future.leaves["debt.amount"] - row(xp, repaid, t) + 0.0 * after.cash[..., :1]
    return left @ one_hot(fixed.outside_debt, after.cash.shape[-1]) + after.drawn


def _residual(
    xp: Any,
    change: Array,
    inflow: list[Array],
    outside_paid: list[Array],
    cost: Array,
    money_in: Array,
    money_out: Array,
) -> Array:
    """Return the largest residual of D1 and D2 as a share of the sum of absolute flows, [...]."""
    into, out = sum(inflow), sum(outside_paid) + cost
    gross = (into + out + money_out).sum(axis=-1) + 1.0
    each = xp.abs(change - (into - out + money_in - money_out)).max(axis=-1)
    whole = xp.abs((change - (into - out)).sum(axis=-1))
    return xp.maximum(each, whole) / gross
