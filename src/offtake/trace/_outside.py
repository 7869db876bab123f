"""Money from and to the world on the announced schedule, and what each party must raise to pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.model._arrays import one_hot
from offtake.units import QUARTER_HOURS

if TYPE_CHECKING:
    from offtake.trace._announced import Announced

__all__ = ["Outside", "announced_outside"]

FloatArray = Any


@dataclass(frozen=True, eq=False)
class Outside:
    """Money of each party from and to the world by quarter, each ``[T, N]`` in M USD.

    Parameters
    ----------
    customers
        From end customers.
    income
        Other income.
    funding
        Debt and equity raised outside the book.
    spent
        To the world.
    """

    customers: FloatArray
    income: FloatArray
    funding: FloatArray
    spent: FloatArray


def announced_outside(plan: Announced, received: FloatArray, paid: FloatArray) -> Outside:
    """Return the outside flows that go with payments between parties, `received` and `paid` ``[T, N]``.

    A party first uses its cash down to its minimum; what is then still missing counts as raised outside,
    whatever it may be able to raise.
    """
    fixed = plan.model.structure
    parties = len(fixed.names.parties)
    customers = plan.revenue @ one_hot(fixed.dispatch.workload_buyer, parties)
    income = plan.profiles[:, fixed.profiles.income]
    spent = _spent(plan)
    funding = np.zeros_like(income)
    cash = np.asarray(plan.model.leaves["party.cash"], dtype=float)
    least = plan.model.leaves["party.minimum_cash"]
    for t in range(plan.quarters):
        left = cash + customers[t] + income[t] + received[t] - spent[t] - paid[t]
        funding[t] = np.maximum(least - left, 0.0)
        cash = left + funding[t]
    return Outside(customers, income, funding, spent)


def _spent(plan: Announced) -> FloatArray:
    """Return costs, capital, what sites cost to build and run, interest and maturing debt, ``[T, N]``."""
    fixed, leaves = plan.model.structure, plan.model.leaves
    delivery, parties = fixed.delivery, len(fixed.names.parties)
    owner = one_hot(delivery.site_owner, parties)
    profiles = plan.profiles[:, fixed.profiles.costs] + plan.profiles[:, fixed.profiles.capital]
    covered = (fixed.others.power_sites * plan.chance[fixed.others.power_deal]).sum(axis=1)
    gross = plan.site_on * leaves["site.pue"] * leaves["site.load"] * np.clip(1.0 - covered, 0.0, 1.0)
    sites = gross * leaves["site.power_price"] * QUARTER_HOURS / 1e6 + plan.site_on * leaves["site.opex"]
    due = fixed.outside_maturities
    open_ = leaves["debt.amount"] - np.concatenate([0 * due[:1], np.cumsum(due, axis=0)[:-1]])
    debts = leaves["debt.rate"] / 4.0 * np.maximum(open_, 0.0) + due
    return np.asarray(
        profiles + (sites + _building(plan)) @ owner + debts @ one_hot(fixed.outside_debt, parties)
    )


def _building(plan: Announced) -> FloatArray:
    """Return the capital cost beside chips, evenly over the construction gate, ``[T, sites]``."""
    fixed, leaves = plan.model.structure, plan.model.leaves
    delivery, sites = fixed.delivery, len(fixed.names.sites)
    gate = delivery.construction_gate
    end = plan.gate_done(gate)
    lengths = leaves["gate.duration"]
    length = np.where(gate >= 0, lengths[np.maximum(gate, 0)], 0.0) if lengths.size else np.zeros(len(gate))
    mw = np.where(np.isnan(delivery.phase_online), delivery.phase_mw * plan.exists(), 0.0)
    rows = []
    for t in range(plan.quarters):
        spread = np.clip(np.minimum(t + 1.0, end) - np.maximum(t, end - length), 0.0, 1.0)
        at_once = np.floor(plan.energised + 1e-9) == t
        share = np.where(length > 0, spread / np.where(length > 0, length, 1.0), at_once)
        rows.append(np.bincount(delivery.phase_site, share * mw, sites))
    return np.array(rows).reshape(plan.quarters, sites) * leaves["site.capex_rest"]
