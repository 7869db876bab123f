"""Money from and to the world (rule C9)."""

from typing import Any

import numpy as np

from offtake.model import Structure
from offtake.simulate._delivery import Plan, QuarterSupply, overlap, quarter_of
from offtake.simulate._dispatch import Served
from offtake.simulate._draws import Future
from offtake.simulate._life import Life, debts_open
from offtake.simulate._state import State
from offtake.simulate._tables import one_hot, row
from offtake.units import QUARTER_HOURS

__all__ = [
    "INFLOWS",
    "OUTFLOWS",
    "OUTFLOW_RANK",
    "electricity_bought",
    "outside_dues",
    "outside_receipts",
    "site_power",
]

Array = Any

INFLOWS = ("income", "revenue", "redeployed", "warrants sold", "funding debt", "funding equity", "support")
"""What a party receives from the world."""
OUTFLOWS = (
    "arrears", "costs", "capital", "spot", "penalty", "power", "opex", "capex",
    "interest", "maturities", "interest on drawn debt",
)  # fmt: skip
"""What a party owes the world."""
OUTFLOW_RANK = np.array([0] + [1] * 7 + [2] * 3)
"""Rank of each outflow in clearing."""


def site_power(future: Future, now: QuarterSupply) -> Array:
    """Return the gross MW that each site draws on average, [..., sites]."""
    return now.site_on * future.leaves["site.pue"] * future.leaves["site.load"]


def electricity_bought(
    xp: Any, fixed: Structure, future: Future, now: QuarterSupply, power_runs: Array
) -> Array:
    """Return what each site owes for electricity that no power deal in force covers, [..., sites]."""
    covered = power_runs @ fixed.others.power_sites.T
    energy = site_power(future, now) * xp.clip(1.0 - covered, 0.0, 1.0)
    return energy * future.leaves["site.power_price"] * QUARTER_HOURS / 1e6


def outside_receipts(
    fixed: Structure, life: Life, served: Served, rent: Array, sold: Array, income: Array
) -> list[Array]:
    """Return income, revenue, redeployed and warrants sold, each [..., N]."""
    parties = len(fixed.names.parties)
    revenue = served.revenue @ one_hot(fixed.dispatch.workload_buyer, parties)
    warrants = sold @ one_hot(fixed.equity.warrant_holder, parties)
    return [
        income * life.alive,
        revenue * life.alive,
        rent * life.alive,
        warrants * life.alive + 0.0 * income,
    ]


def outside_dues(  # noqa: PLR0913
    xp: Any,
    fixed: Structure,
    future: Future,
    plan: Plan,
    state: State,
    life: Life,
    now: QuarterSupply,
    served: Served,
    t: Array,
    *,
    costs: Array,
    capital: Array,
    spot: Array,
    power_runs: Array,
) -> list[Array]:
    """Return what each party owes the world, each [..., N], in the order of `OUTFLOWS`."""
    leaves, delivery, parties = future.leaves, fixed.delivery, len(fixed.names.parties)
    buyer = one_hot(fixed.dispatch.workload_buyer, parties)
    owner = one_hot(delivery.site_owner, parties)
    electricity = electricity_bought(xp, fixed, future, now, power_runs)
    debts = debts_open(xp, fixed, future, t)
    debtor = one_hot(fixed.outside_debt, parties)
    due_now = row(xp, fixed.outside_maturities, t) + 0.0 * debts
    rate = leaves["party.rate"] + leaves["party.base"] + leaves["party.spread"]
    columns = [
        costs,
        capital,
        (served.metered_spot * spot[..., None]) @ buyer,
        served.penalty @ buyer,
        electricity @ owner,
        (leaves["site.opex"] * now.site_on) @ owner,
        _rest_of_capex(xp, fixed, future, plan, t) @ owner,
        (leaves["debt.rate"] / 4.0 * debts) @ debtor,
        due_now @ debtor,
        rate / 4.0 * state.drawn,
    ]
    return [life.outside_arrears, *((column + 0.0 * state.cash) * life.alive for column in columns)]


def _rest_of_capex(xp: Any, fixed: Structure, future: Future, plan: Plan, t: Array) -> Array:
    """Return the capital cost beside chips that falls due at each site, [..., sites]."""
    delivery = fixed.delivery
    at_once = xp.where(quarter_of(xp, plan.energised) == t, 1.0, 0.0)
    share = at_once
    if len(delivery.gate_phase):
        gate = np.maximum(delivery.construction_gate, 0)
        length = future.leaves["gate.duration"][..., gate]
        end = plan.gate_end[..., gate]
        spread = overlap(xp, t, end - length, end) / xp.where(length > 0.0, length, 1.0)
        share = xp.where((delivery.construction_gate >= 0) & (length > 0.0), spread, at_once)
    share = xp.where(np.isnan(delivery.phase_online), share, 0.0)
    by_site = (share * delivery.phase_mw * plan.exists) @ one_hot(delivery.phase_site, len(fixed.names.sites))
    return by_site * future.leaves["site.capex_rest"]
