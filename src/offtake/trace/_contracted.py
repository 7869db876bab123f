"""What falls due under contracts on the announced schedule, line by line and quarter by quarter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.cashflow import advance_credit, loan_repayment, power_bill, released_advance, tranche_total

if TYPE_CHECKING:
    from offtake.trace._announced import Announced

__all__ = ["Dues", "contracted_dues"]

FloatArray = Any

_SLACK: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Dues:
    """Expected payments of every line, and what is held in advance.

    Parameters
    ----------
    lines
        What falls due on each line of the model, ``[T, M]``.
    prepaid
        Prepayments not yet credited at the start of each quarter, by capacity deal, ``[T, C]``.
    outstanding
        Loans outstanding at the start of each quarter, ``[T, Q]``.
    """

    lines: FloatArray
    prepaid: FloatArray
    outstanding: FloatArray


def contracted_dues(plan: Announced) -> Dues:
    """Return what is expected to fall due between parties.

    Nothing is late, everything owed is used, no option to extend, cancel or terminate is used, and no
    backstop is drawn.
    """
    fixed = plan.model.structure
    lines = np.zeros((plan.quarters, len(fixed.lines.kind)))
    fees, advances, prepaid = _capacity(plan)
    interest, principal, outstanding = _loans(plan)
    loans = fixed.loans
    others = fixed.others
    open_ = np.arange(plan.quarters)[:, None] <= loans.maturity
    lines[:, fixed.lines.span("fee")] = fees
    lines[:, fixed.lines.span("prepayment")] = advances[:, np.flatnonzero(fixed.capacity.has_prepayment)]
    lines[:, fixed.lines.span("chips")] = _chips(plan)
    lines[:, fixed.lines.span("payment")] = _dated_equity(plan)
    lines[:, fixed.lines.span("tranche")] = _tranches(plan)
    lines[:, fixed.lines.span("draw")] = loans.draws * plan.volume[loans.deal] * open_
    lines[:, fixed.lines.span("interest")] = interest
    lines[:, fixed.lines.span("principal")] = principal
    lines[:, fixed.lines.span("revenue share")] = _revenue_shares(plan)
    fees_of = plan.profiles[:, fixed.profiles.fees] * plan.volume[others.licence_deal]
    lines[:, fixed.lines.span("licence")] = fees_of * _running(plan, others.licence_end)
    lines[:, fixed.lines.span("power")] = _power(plan)
    return Dues(lines, prepaid, outstanding)


def _running(plan: Announced, end: FloatArray) -> FloatArray:
    return np.clip(end - np.arange(plan.quarters)[:, None], 0.0, 1.0)


def _capacity(plan: Announced) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return fees less credits, prepayments due and prepayments held, each ``[T, C]``."""
    fixed, leaves = plan.model.structure, plan.model.leaves
    delivery, capacity, of = fixed.delivery, fixed.capacity, fixed.delivery.piece_deal
    count, target = len(capacity.deal), delivery.piece_target
    span = np.maximum(np.where(np.isinf(plan.piece_end), target, plan.piece_end) - target, 0.0)
    price = leaves["deal.prepaid"] * sum(plan.opening_prices)
    volume = plan.volume[capacity.deal][of] * plan.piece_chance
    advance = price[of] * span * delivery.piece_mw * volume
    due = np.floor(target + _SLACK) - capacity.prepay_lead[of]
    begins, ends = target + leaves["deal.credited_from"][of], target + span
    gross = plan.price * plan.owed
    held = np.bincount(of, advance * (due < 0), count)
    credited = np.minimum(np.bincount(of, released_advance(np, -1.0, advance, begins, ends), count), held)
    fees, advances, prepaid = np.zeros_like(gross), np.zeros_like(gross), np.zeros_like(gross)
    for t in range(plan.quarters):
        prepaid[t] = np.maximum(held - credited, 0.0)
        released = np.bincount(of, released_advance(np, float(t), advance, begins, ends), count)
        credit = advance_credit(np, gross[t], released, held, credited)
        advances[t] = np.bincount(of, advance * (due == t), count)
        fees[t] = gross[t] - credit
        held, credited = held + advances[t], credited + credit
    return fees, advances, prepaid


def _chips(plan: Announced) -> FloatArray:
    """Return what falls due for chips, ``[T, chip lines]``."""
    fixed, leaves = plan.model.structure, plan.model.leaves
    lines, delivery = fixed.lines, fixed.delivery
    first, count = lines.span("chips").start, len(lines.chip_deal)
    found = np.zeros((plan.quarters, count))
    supplies = int((lines.chip_deal >= 0).sum())
    moved = plan.drivers[:, lines.chip_index] / plan.drivers[0, lines.chip_index]
    unit = np.concatenate(
        [leaves["chips.price"] * plan.model.leaves["deal.fulfilment"][lines.chip_deal[:supplies]],
         leaves["site.capex_chips"][lines.chip_site[supplies:]]]
    )  # fmt: skip
    quarter = np.floor(plan.gate_done(delivery.chip_gate) + _SLACK)
    exists = plan.exists()
    for k, line in enumerate(lines.chip_phase - first):
        at = quarter[k]
        if lines.chip_phase[k] >= 0 and np.isnan(delivery.phase_online[k]) and 0 <= at < plan.quarters:
            found[int(at), line] += delivery.phase_mw[k] * exists[k]
    steps = (lines.chip_step_line - first, lines.chip_step_target, lines.chip_step_mw)
    for line, target, mw in zip(*steps, strict=True):
        if 0 <= target < plan.quarters:
            found[int(target), line] += mw * plan.chance[lines.chip_deal[line]]
    headline = (lines.chip_deal >= 0) & (plan.chance[np.maximum(lines.chip_deal, 0)] == 0)
    return np.where(headline, 0.0, found * unit * moved)


def _dated_equity(plan: Announced) -> FloatArray:
    """Return dated payments for shares, ``[T, equity deals]``."""
    equity = plan.model.structure.equity
    found = np.zeros((plan.quarters, len(equity.deal)))
    amounts = plan.model.leaves["equity.payment"]
    for time, deal, amount in zip(equity.payment_time, equity.payment_deal, amounts, strict=True):
        if 0 <= time < plan.quarters:
            found[time, deal] += amount * plan.volume[equity.deal[deal]]
    return found


def _tranches(plan: Announced) -> FloatArray:
    """Return tranches: what they come to if all is built, times the share of that power that is expected."""
    equity, leaves = plan.model.structure.equity, plan.model.leaves
    found = np.zeros((plan.quarters, len(equity.deal)))
    for n, e in enumerate(equity.tranche_deal):
        deal, counts = equity.deal[e], equity.tranche_measure[:, n]
        exists = plan.exists(besides=int(deal))
        terms = (leaves["equity.tranche"][n], equity.tranche_each[n], leaves["equity.cap"][n])
        before = tranche_total(np, *terms, plan.on(-1.0) @ counts)
        for t in range(plan.quarters):
            power = plan.on(t) * counts * (exists > 0)
            total = tranche_total(np, *terms, power.sum())
            likely = (power @ exists) / power.sum() if power.sum() > 0 else 0.0
            found[t, e] += max(total - before, 0.0) * likely * plan.volume[deal]
            before = max(total, before)
    return found


def _loans(plan: Announced) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return interest and principal due, and what is outstanding at each start, each ``[T, Q]``."""
    loans, rate = plan.model.structure.loans, plan.model.leaves["loan.rate"]
    volume = plan.volume[loans.deal]
    open_now = plan.model.leaves["loan.opening"] * volume
    interest, principal, outstanding = (np.zeros((plan.quarters, len(loans.deal))) for _ in range(3))
    for t in range(plan.quarters):
        runs = t <= loans.maturity
        outstanding[t] = open_now
        interest[t] = rate / 4.0 * open_now * runs
        for q, shape in enumerate(loans.shape):
            if loans.first[q] <= t <= loans.maturity[q]:
                principal[t, q] = loan_repayment(np, shape, open_now[q], rate[q], loans.maturity[q] - t + 1.0)
        open_now = open_now - principal[t] + loans.draws[t] * volume * runs
    return interest, principal, outstanding


def _revenue_shares(plan: Announced) -> FloatArray:
    others = plan.model.structure.others
    t = np.arange(plan.quarters)[:, None]
    runs = (t >= others.share_start) & (t < others.share_end)
    share = plan.model.leaves["revenue_share.share"] * plan.volume[others.share_deal]
    return np.asarray(plan.revenue @ others.share_workloads * share * runs)


def _power(plan: Announced) -> FloatArray:
    """Return electricity bills between parties, ``[T, power deals]``."""
    others, leaves = plan.model.structure.others, plan.model.leaves
    drawn = plan.site_on * leaves["site.pue"] * leaves["site.load"]
    chance, volume = plan.chance[others.power_deal], plan.volume[others.power_deal]
    bill = power_bill(
        np, leaves["tariff.price"], leaves["tariff.minimum"], others.power_levels * volume,
        drawn @ others.power_sites,
    )  # fmt: skip
    return np.asarray(bill * chance * _running(plan, others.power_end))
