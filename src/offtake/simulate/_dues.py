"""What falls due between parties in a quarter (rule C8), as lines in the order of the model."""

from typing import Any

import numpy as np

from offtake.cashflow import (
    advance_credit,
    compute_fee,
    late_credit,
    loan_repayment,
    power_bill,
    released_advance,
    tranche_total,
)
from offtake.model import Structure
from offtake.simulate._delivery import Plan, QuarterSupply, quarter_of
from offtake.simulate._draws import Future
from offtake.simulate._state import State, advances_due
from offtake.simulate._tables import by_deal, one_hot, row

__all__ = [
    "capacity_dues",
    "chip_dues",
    "equity_dues",
    "licence_dues",
    "loan_dues",
    "power_dues",
    "power_share",
    "revenue_shares",
]

Array = Any


def capacity_dues(  # noqa: PLR0913
    xp: Any,
    fixed: Structure,
    future: Future,
    plan: Plan,
    state: State,
    now: QuarterSupply,
    t: Array,
    *,
    usage: Array,
    reservation: Array,
    delivered: Array,
    used: Array,
    running: Array,
) -> tuple[Array, Array, Array, Array]:
    """Return fees, credits against them, prepayments and late credits of capacity deals, each [..., C].

    `running` is 1 where the deal has not ended and both sides are alive.
    """
    capacity, leaves = fixed.capacity, future.leaves
    floor = leaves["deal.floor"]
    rent = (usage + reservation) * delivered
    gross = xp.where(capacity.is_lease, rent, compute_fee(xp, usage, reservation, delivered, used, floor))
    some = np.flatnonzero(capacity.has_prepayment[fixed.delivery.piece_deal])
    start, end = plan.credit_start[..., some], plan.credit_end[..., some]
    released = released_advance(xp, t, plan.advance[..., some], start, end) @ by_deal(fixed)[some]
    credit = advance_credit(xp, gross, released, state.prepaid, state.credited)
    volume = future.volume[..., capacity.deal]
    cap = leaves["deal.late_cap"]
    limit = xp.where(cap > 0.0, cap * plan.contract_value * xp.maximum(volume, 1e-300), 0.0)
    late = late_credit(xp, leaves["deal.per_day"], usage + reservation, now.late, limit, state.late_given)
    return gross - credit, credit, advances_due(xp, fixed, plan, t) * running, late * running


def chip_dues(xp: Any, fixed: Structure, future: Future, plan: Plan, t: Array, drivers: Array) -> Array:
    """Return what is due for chips, [..., chip lines]."""
    lines, delivery, leaves = fixed.lines, fixed.delivery, future.leaves
    first = lines.span("chips").start
    count = len(lines.chip_deal)
    if not count:
        return xp.zeros((*future.volume.shape[:-1], 0))
    when = plan.energised
    if len(delivery.gate_phase):
        gated = plan.gate_end[..., np.maximum(delivery.chip_gate, 0)]
        when = xp.where(delivery.chip_gate >= 0, gated, plan.energised)
    due_now = (quarter_of(xp, when) == t) & np.isnan(delivery.phase_online)
    power = xp.where(due_now, 1.0, 0.0) * delivery.phase_mw * plan.exists
    by_line = power @ one_hot(np.where(lines.chip_phase >= 0, lines.chip_phase - first, count), count)
    supplies = int((lines.chip_deal >= 0).sum())
    if len(lines.chip_step_line):
        lateness = leaves["chips.delay"][..., lines.chip_step_deal]
        arrives = quarter_of(xp, lines.chip_step_target + lateness)
        shipped = xp.where(arrives == t, 1.0, 0.0) * lines.chip_step_mw
        by_line = by_line + shipped @ one_hot(lines.chip_step_line - first, count)
    index = lines.chip_index[:supplies]
    moved = drivers[..., index] / future.drivers[..., 0, :][..., index]
    deals = lines.chip_deal[:supplies]
    bought = by_line[..., :supplies] * leaves["chips.price"] * moved * future.volume[..., deals]
    own = by_line[..., supplies:] * leaves["site.capex_chips"][..., lines.chip_site[supplies:]]
    return xp.concatenate([bought, own + 0.0 * by_line[..., supplies:]], axis=-1)


def equity_dues(
    xp: Any, fixed: Structure, future: Future, now: QuarterSupply, t: Array
) -> tuple[Array, Array]:
    """Return dated payments and tranches of equity deals, each [..., equity deals]."""
    equity, leaves = fixed.equity, future.leaves
    count = len(equity.deal)
    volume = future.volume[..., equity.deal]
    batch = future.volume.shape[:-1]
    dated = xp.where(equity.payment_time == t, 1.0, 0.0) * leaves["equity.payment"] + xp.zeros((*batch, 1))
    payments = (dated @ one_hot(equity.payment_deal, count)) * volume
    terms = (leaves["equity.tranche"], equity.tranche_each, leaves["equity.cap"])
    after = tranche_total(xp, *terms, now.on @ equity.tranche_measure)
    before = tranche_total(xp, *terms, now.on_before @ equity.tranche_measure)
    tranches = (xp.maximum(after - before, 0.0) @ one_hot(equity.tranche_deal, count)) * volume
    return payments, tranches


def loan_dues(
    xp: Any, fixed: Structure, future: Future, outstanding: Array, t: Array
) -> tuple[Array, Array, Array]:
    """Return draws, interest and principal due, each [..., Q]."""
    loans = fixed.loans
    rate = future.leaves["loan.rate"]
    left = loans.maturity - t + 1.0
    open_ = xp.where(t <= loans.maturity, 1.0, 0.0)
    repays = xp.where((t >= loans.first) & (t <= loans.maturity), 1.0, 0.0)
    columns = [
        loan_repayment(xp, shape, outstanding[..., q], rate[..., q], left[q])
        for q, shape in enumerate(loans.shape)
    ]
    principal = xp.stack(columns, axis=-1) * repays if columns else outstanding
    draws = row(xp, loans.draws, t) * future.volume[..., loans.deal] * open_
    return draws, rate / 4.0 * outstanding * open_, principal


def revenue_shares(xp: Any, fixed: Structure, future: Future, revenue: Array, t: Array) -> Array:
    """Return what is due on revenue shares, [..., revenue shares]."""
    others = fixed.others
    runs = xp.where((t >= others.share_start) & (t < others.share_end), 1.0, 0.0)
    base = revenue @ others.share_workloads
    return future.leaves["revenue_share.share"] * base * runs * future.volume[..., others.share_deal]


def licence_dues(xp: Any, fixed: Structure, future: Future, fees: Array, t: Array) -> Array:
    """Return licence fees due, [..., licences]."""
    others = fixed.others
    share = xp.clip(others.licence_end - t, 0.0, 1.0)
    return fees * share * future.volume[..., others.licence_deal]


def power_share(xp: Any, fixed: Structure, future: Future, pays: Array, sells: Array, t: Array) -> Array:
    """Return the share of the quarter in which each power deal delivers (E23), [..., power deals]."""
    others = fixed.others
    deal = others.power_deal
    both = pays[..., fixed.deal_debtor[deal]] * sells[..., fixed.deal_creditor[deal]]
    return future.in_force[..., deal] * both * xp.clip(others.power_end - t, 0.0, 1.0)


def power_dues(xp: Any, fixed: Structure, future: Future, runs: Array, drawn: Array, t: Array) -> Array:
    """Return electricity bills between parties, [..., power deals]; `drawn` is MW by site."""
    others, leaves = fixed.others, future.leaves
    contracted = row(xp, others.power_levels, t) * future.volume[..., others.power_deal]
    return runs * power_bill(
        xp, leaves["tariff.price"], leaves["tariff.minimum"], contracted, drawn @ others.power_sites
    )


def vest(
    xp: Any, fixed: Structure, future: Future, state: State, now: QuarterSupply, drivers: Array
) -> tuple[Array, Array]:
    """Return which warrant tranches have vested, and what the holders sell them for (rule C9)."""
    equity, leaves = fixed.equity, future.leaves
    tranches = equity.warrant_hurdles.shape[1]
    power = now.on @ equity.warrant_measure
    steps = equity.warrant_each[:, None] * np.arange(1, tranches + 1)
    counts = np.arange(1, tranches + 1) <= equity.warrant_number[:, None]
    price = drivers[..., equity.warrant_price] * leaves["warrant.price_factor"]
    passes = (power[..., None] >= steps - 1e-9) & (price[..., None] >= equity.warrant_hurdles)
    vested = xp.maximum(state.vested, xp.where(passes, 1.0, 0.0))
    added = ((vested - state.vested) * counts).sum(axis=-1) / np.maximum(equity.warrant_number, 1)
    shares = leaves["warrant.shares"] * future.volume[..., equity.warrant_deal] * added
    gain = xp.maximum(price - leaves["warrant.strike"], 0.0)
    return vested, leaves["warrant.sold"] * shares * gain / 1e6


def mw_quarters_left(xp: Any, fixed: Structure, plan: Plan, t: Array) -> Array:
    """Return MW-quarters from t to the end of every capacity deal, at full volume, [..., C]."""
    ends = xp.isfinite(plan.end) & xp.isfinite(plan.start)
    left = xp.where(ends, plan.end - xp.maximum(xp.where(ends, plan.start, 0.0), t), 0.0)
    some = np.flatnonzero(fixed.capacity.has_termination[fixed.delivery.piece_deal])
    return (xp.maximum(left, 0.0) * fixed.delivery.piece_mw)[..., some] @ by_deal(fixed)[some]
