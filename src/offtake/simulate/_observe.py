"""What is kept of each quarter, and the tables that sum it up by party, deal and year."""

from typing import Any, NamedTuple

import numpy as np

from offtake.model import Structure
from offtake.results import VARIABLES
from offtake.simulate._delivery import Plan, gate_durations
from offtake.simulate._draws import Future
from offtake.simulate._outside import OUTFLOWS
from offtake.simulate._state import State
from offtake.simulate._step import Flows
from offtake.simulate._tables import net_by_deal, one_hot

__all__ = ["FANS", "MEANS", "Condensed", "Seen", "condense", "observe", "sizes", "summarise", "years_of"]

Array = Any
FANS = tuple(
    name for name, variable in VARIABLES.items() if variable.dims[0] == "stat" and name != "energised_for"
)
"""Variables with quantiles, in the order in which a block lays them out; `energised_for` is `delivered`."""
MEANS = tuple(
    name
    for name, variable in VARIABLES.items()
    if variable.dims[0] != "stat" and name not in {"gate_cost", "gate_criticality"}
)
"""Variables of which only the mean is reported and which the step itself gives."""

_FINANCING = frozenset({"payment", "tranche", "draw", "principal"})


class Seen(NamedTuple):
    """What a quarter shows, by variable of the results."""

    by_party: dict[str, Array]
    """[..., N]"""
    by_workload: dict[str, Array]
    by_site: dict[str, Array]
    by_deal: dict[str, Array]
    overall: dict[str, Array]
    """[...]"""
    means: dict[str, Array]
    """[..., any] variables of which only the mean is reported"""
    dead: Array
    loss: Array
    """[..., N]"""
    residual: Array
    """[...]"""


def observe(xp: Any, fixed: Structure, after: State, flows: Flows) -> Seen:
    """Return what a quarter shows."""
    parties, deals = len(fixed.names.parties), len(fixed.names.deals)
    lines, capacity = fixed.lines, fixed.capacity
    buyer, seller_site = one_hot(capacity.buyer, parties), one_hot(fixed.delivery.site_owner, parties)
    paid = flows.paid + flows.arrears_paid
    money_in, money_out = flows.money_in, flows.money_out
    own = np.array([m for m, kind in enumerate(lines.kind) if kind in _FINANCING], dtype=np.int64)
    financed = paid[..., own] @ (one_hot(lines.receiver[own], parties) - one_hot(lines.payer[own], parties))
    drawn = flows.inflow[..., 4, :] + flows.inflow[..., 5, :]
    repaid = flows.outside_paid[..., OUTFLOWS.index("maturities"), :]
    change = (
        flows.inflow.sum(axis=-2)
        - flows.outside_paid.sum(axis=-2)
        - flows.default_cost
        + money_in
        - money_out
    )
    compute = np.where(capacity.is_lease, 0.0, 1.0)
    own_free = (flows.supply.free @ seller_site) * (1.0 - flows.dead)
    delivered = (flows.deals.delivered * compute) @ buyer + own_free
    place = one_hot(capacity.deal, deals)
    loose = np.where([bool(n) for n in _has_sites(fixed)], 0.0, compute)
    return Seen(
        by_party={
            "cash": flows.cash,
            "debt": flows.debt,
            "revenue": flows.inflow[..., 1, :],
            "receipts": money_in,
            "payments_out": money_out,
            "operating_flow": change - financed - drawn + repaid,
            "funding": drawn,
            "contracted": (flows.supply.owed * compute) @ buyer,
            "delivered": delivered,
            "used": flows.served.used_deal @ buyer + flows.served.used_site @ seller_site,
            "redeployed": flows.idle.redeployed,
            "stranded": flows.idle.stranded,
            "owned": flows.supply.site_on @ seller_site,
        },
        by_workload={
            "demand": flows.served.demand,
            "served": flows.served.served,
            "unserved": flows.served.unserved,
        },
        by_site={"energised": flows.supply.site_on},
        by_deal={
            "paid": paid @ net_by_deal(fixed),
            "delivered_deal": flows.deals.delivered @ place,
            "owed_deal": flows.supply.owed @ place,
        },
        overall={
            "confidence": flows.confidence + 0.0 * flows.residual,
            "total_energised": flows.supply.site_on.sum(axis=-1)
            + (flows.deals.delivered * loose).sum(axis=-1),
            "total_demand": flows.served.demand.sum(axis=-1),
        },
        means={
            "gross": paid.sum(axis=-1),
            "outside_in": flows.inflow.sum(axis=(-2, -1)),
            "outside_out": flows.outside_paid.sum(axis=(-2, -1)) + flows.default_cost.sum(axis=-1),
            "other_income": flows.inflow[..., 0, :] + flows.inflow[..., 2, :] + flows.inflow[..., 3, :],
            "outside_spending": flows.outside_paid.sum(axis=-2) + flows.default_cost,
            "chips_paid": paid @ _chips_of_sites(fixed),
        },
        dead=xp.maximum(flows.dead, after.failing),
        loss=flows.loss,
        residual=flows.residual,
    )


def summarise(xp: Any, fixed: Structure, future: Future, plan: Plan, seen: Seen) -> dict[str, Array]:
    """Return what one block shows by variable, futures first: [futures, ...]; quarters are the last axis."""
    years, by_year = years_of(fixed)
    out: dict[str, Array] = {}
    for group in (seen.by_party, seen.by_workload, seen.by_site, seen.by_deal):
        for name, values in group.items():
            out[name] = xp.moveaxis(values, 0, -1)
    for group in (seen.overall, seen.means):
        for name, values in group.items():
            out[name] = xp.moveaxis(values, 0, -1)
    out["driver_value"] = xp.moveaxis(future.drivers[..., :-1], -2, -1)
    flow = out["operating_flow"] @ by_year
    out["burn"] = -flow
    out["cumulative_burn"] = xp.cumsum(-flow, axis=-1)
    out["default"] = xp.moveaxis(seen.dead, 0, -1)
    lives = out["default"] @ by_year == 0.0
    out["first_profitable"] = _first(xp, (flow >= 0.0) & lives, len(years))
    out["loss"] = seen.loss.sum(axis=0)
    out["phase_energised"] = plan.energised
    out["durations"] = gate_durations(xp, future)
    out["in_force"] = future.in_force
    out["residual"] = seen.residual.max(axis=0)
    return out


class Condensed(NamedTuple):
    """A block as it leaves the step: small enough to be kept for quantiles, precise enough for means."""

    fan: Array
    """[futures, series] float32, the variables of `FANS` one after the other"""
    fan_total: Array
    """[series] sums over the futures that count"""
    totals: dict[str, Array]
    """sums of the variables of `MEANS`"""
    durations: Array
    """[futures, G]"""
    residual: Array
    """[futures]"""


def condense(xp: Any, values: dict[str, Array], counts: Array) -> Condensed:
    """Return a block's values for collection; futures whose `counts` is 0 are left out of the sums."""
    futures = counts.shape[0]
    flat = xp.concatenate([values[name].reshape(futures, -1) for name in FANS], axis=1)
    return Condensed(
        fan=flat.astype(xp.float32),
        fan_total=counts @ flat,
        totals={name: xp.tensordot(counts, values[name], axes=1) for name in MEANS},
        durations=values["durations"],
        residual=values["residual"],
    )


def sizes(labels: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """Return the shape of one future's values of each variable of `FANS`, given the length of each dim."""
    return {name: tuple(labels[dim] for dim in VARIABLES[name].dims[1:]) for name in FANS}


def years_of(fixed: Structure) -> tuple[tuple[int, ...], Array]:
    """Return the calendar years touched, and the matrix [T, years] that sums quarters into them."""
    years = tuple(dict.fromkeys(quarter.year for quarter in fixed.calendar))
    place = np.array([years.index(quarter.year) for quarter in fixed.calendar])
    return years, one_hot(place, len(years))


def _first(xp: Any, holds: Array, count: int) -> Array:
    """Return a 1 at the first year in which something holds, or at the end if never, [..., years + 1]."""
    so_far = xp.cumsum(xp.where(holds, 1.0, 0.0), axis=-1)
    first = xp.where((so_far == 1.0) & holds, 1.0, 0.0)
    never = xp.where(so_far[..., count - 1 : count] == 0.0, 1.0, 0.0)
    return xp.concatenate([first, never], axis=-1)


def _chips_of_sites(fixed: Structure) -> Array:
    """Return the matrix [M, sites] of the lines that pay for a site's chips outside supply deals."""
    lines = fixed.lines
    table = np.zeros((len(lines.kind), len(fixed.names.sites)))
    first = lines.span("chips").start
    for n, site in enumerate(lines.chip_site):
        if site >= 0:
            table[first + n, site] = 1.0
    return table


def _has_sites(fixed: Structure) -> Array:
    """Return which capacity deals are delivered from phases of the book."""
    delivery = fixed.delivery
    return [
        bool((delivery.piece_phase[delivery.piece_deal == c] >= 0).any())
        for c in range(len(fixed.capacity.deal))
    ]
