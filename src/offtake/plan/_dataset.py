"""What a plan shows by source, workload and quarter: means over the tree, as one labelled dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.plan._cover import needed_and_left
from offtake.plan._instance import NEW, OPENING
from offtake.plan._result import Signing
from offtake.plan._weighted import weighted_quantiles
from offtake.results import STATS

if TYPE_CHECKING:
    import xarray as xr

    from offtake.plan._instance import FloatArray, Instance, IntArray
    from offtake.plan._solve import Solution

__all__ = ["dataset", "missing_cover", "passed_over", "signings"]

_QUANTILES: Final = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


def signings(solution: Solution) -> tuple[Signing, ...]:
    """Return what is signed, built and used, in order of decision and volume."""
    instance, v = solution.instance, solution.v
    contracts, tree = instance.contracts, instance.tree
    most = _most(instance)
    found = []
    for c in np.flatnonzero(solution.signed):
        what = contracts.what[c]
        if what in {"given", "match"}:
            continue
        node = int(contracts.node[c])
        source = int(contracts.source[c])
        found.append(
            Signing(
                entry=contracts.entry[c],
                what=what,
                provider=instance.sources.provider[source] if source >= 0 else instance.buyer,
                quarter=instance.quarters[min(int(tree.last[node]), len(instance.quarters) - 1)],
                node=OPENING if node == 0 else tree.names[node],
                probability=float(tree.probability[node]),
                start=int(contracts.start[c]),
                mw=float(v[c]),
                most=most.get((contracts.entry[c], what), float(v[c])),
            )
        )
    return tuple(sorted(found, key=lambda one: (not one.now, one.quarter, -one.mw, one.entry)))


def _most(instance: Instance) -> dict[tuple[str, str], float]:
    """Return the most that could be had of each entry, in MW."""
    contracts = instance.contracts
    found: dict[tuple[str, str], float] = {}
    for entry, what, most in zip(contracts.entry, contracts.what, contracts.most, strict=True):
        found[entry, what] = max(found.get((entry, what), 0.0), float(most))
    return found


def passed_over(solution: Solution) -> tuple[str, ...]:
    """Return the offers and builds of which nothing is signed anywhere in the tree."""
    contracts = solution.instance.contracts
    open_to_it = dict.fromkeys(
        entry for entry, what in zip(contracts.entry, contracts.what, strict=True) if what in NEW
    )
    taken = {contracts.entry[c] for c in np.flatnonzero(solution.signed) if contracts.what[c] in NEW}
    return tuple(entry for entry in open_to_it if entry not in taken)


def dataset(solution: Solution) -> xr.Dataset:
    """Return means over the tree by quarter, each variable with its unit and its meaning.

    Effective MW unless said otherwise; `value` is a present value and `money` is not discounted.
    """
    import xarray as xr

    instance = solution.instance
    tree, sources, workloads = instance.tree, instance.sources, instance.workloads
    quarters = len(instance.quarters)
    capacity = instance.at_sources(instance.contracts.delivered, solution.v)
    used = solution.x.sum(axis=0)
    idle = np.maximum(capacity - used - solution.sold * sources.efficiency[:, None], 0.0)

    def mean(values: FloatArray) -> FloatArray:
        return _by_quarter(tree.step_quarter, tree.probability[tree.step_node], values, quarters)

    def fan(values: FloatArray) -> FloatArray:
        return _fan(tree.step_quarter, tree.probability[tree.step_node], values, quarters)

    mw, money = "MW", "M USD"
    made: dict[str, tuple[tuple[str, ...], Any, str, str]] = {
        "capacity": (("source", "quarter"), mean(capacity), mw, "delivered capacity"),
        "used": (("source", "quarter"), mean(used), mw, "capacity that work runs on"),
        "rented_out": (
            ("source", "quarter"),
            mean(solution.sold),
            mw,
            "capacity rented out on spot, IT power",
        ),
        "idle": (("source", "quarter"), mean(idle), mw, "capacity that nobody uses"),
        "demand": (("workload", "quarter"), mean(workloads.demand), mw, "work asked for"),
        "served": (("workload", "quarter"), mean(solution.served), mw, "work served, spot included"),
        "bought": (("workload", "quarter"), mean(solution.bought), mw, "work bought on spot"),
        "unserved": (("workload", "quarter"), mean(solution.unserved), mw, "work lost"),
        "total_demand": (("stat", "quarter"), fan(workloads.demand.sum(axis=0)), mw, "work asked for in all"),
        "total_capacity": (("stat", "quarter"), fan(capacity.sum(axis=0)), mw, "delivered capacity in all"),
        "contracted": (("quarter",), _contracted(instance, solution.v), mw, "capacity under contract"),
        "cash": (("stat", "quarter"), fan(solution.cash), money, "cash of the buyer at the quarter's end"),
        "short_of_cash": (
            ("stat", "quarter"),
            fan(solution.short),
            money,
            "cash missing to the minimum at the quarter's end",
        ),
        "money": (
            ("part", "quarter"),
            np.array([mean(part) for part in solution.parts.values()]).reshape(-1, quarters),
            money,
            "part of the value in the quarter, not discounted",
        ),
        "value": (("part",), np.array(list(solution.value.values())), money, "present value of a part"),
        "leaf_value": (("leaf",), solution.path_value, money, "present value along the path to a leaf"),
        "leaf_probability": (("leaf",), tree.probability[tree.leaves], "1", "probability of a leaf"),
    }
    coords: dict[str, Any] = {
        "quarter": list(instance.quarters),
        "source": _source_labels(instance),
        "workload": list(workloads.names),
        "part": list(solution.parts),
        "stat": list(STATS),
        "leaf": [tree.names[leaf] for leaf in tree.leaves],
        "seller": ("source", list(sources.provider)),
        "chip": ("source", list(sources.chip)),
        "region": ("source", list(sources.region)),
        "status": ("source", _status(instance)),
    }
    if (workloads.critical > 0).any():
        providers, needed, missing = missing_cover(instance, solution.v, solution.y)
        coords["provider"] = list(providers)
        made["cover_needed"] = (("quarter",), mean(needed), mw, "critical work")
        made["cover_missing"] = (
            ("provider", "quarter"),
            mean(missing),
            mw,
            "critical work that could not run without the provider",
        )
    variables = {
        name: (dims, values, {"units": units, "long_name": meaning})
        for name, (dims, values, units, meaning) in made.items()
    }
    return xr.Dataset(variables, coords=coords)


def missing_cover(
    instance: Instance, v: FloatArray, y: FloatArray
) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
    """Return providers, critical work [M], and what of it cannot run without each provider [P, M].

    What is missing is the largest shortfall of any set of critical workloads.
    """
    critical = instance.workloads.critical[:, None] * instance.workloads.demand
    capacity = instance.at_sources(instance.contracts.delivered, v)
    missing = np.zeros((len(instance.providers), critical.shape[1]))
    for p, gone in enumerate(instance.providers):
        for needed, left in needed_and_left(instance, capacity, y, gone):
            missing[p] = np.maximum(missing[p], needed - left)
    return instance.providers, critical.sum(axis=0), missing


def _contracted(instance: Instance, v: FloatArray) -> FloatArray:
    """Return mean effective MW under contract by quarter."""
    contracts = instance.contracts
    chance = np.where(contracts.node >= 0, instance.tree.probability[contracts.node], 1.0)
    efficiency = np.where(contracts.source >= 0, instance.sources.efficiency[contracts.source], 0.0)
    total: FloatArray = (chance * efficiency * v) @ contracts.contracted
    return total


def _by_quarter(quarter: IntArray, weight: FloatArray, values: FloatArray, count: int) -> FloatArray:
    """Return the mean of values over the steps of each quarter; the last axis becomes quarters."""
    places = np.zeros((len(quarter), count))
    places[np.arange(len(quarter)), quarter] = weight
    total: FloatArray = values @ places
    return total


def _fan(quarter: IntArray, weight: FloatArray, values: FloatArray, count: int) -> FloatArray:
    """Return mean and quantiles over the steps of each quarter, [stat, quarter]."""
    fan = np.zeros((len(STATS), count))
    for t in range(count):
        at = np.flatnonzero(quarter == t)
        mean = weight[at] @ values[at] / weight[at].sum()
        found = weighted_quantiles(values[at], weight[at], list(_QUANTILES.values()))
        by_stat = {"mean": mean, **dict(zip(_QUANTILES, found, strict=True))}
        fan[:, t] = [by_stat[stat] for stat in STATS]
    return fan


def _source_labels(instance: Instance) -> list[str]:
    """Return a label for each source: its entry, with the provider where the entry has several."""
    entries = instance.sources.entry
    labels = [
        entry if entries.count(entry) == 1 else f"{entry}, {provider}"
        for entry, provider in zip(entries, instance.sources.provider, strict=True)
    ]
    return [
        label if labels.count(label) == 1 else f"{label} {labels[: k + 1].count(label)}"
        for k, label in enumerate(labels)
    ]


def _status(instance: Instance) -> list[str]:
    """Return for each source whether it is given or only signed by the plan."""
    contracts = instance.contracts
    given = {int(s) for s, what in zip(contracts.source, contracts.what, strict=True) if what == "given"}
    return ["given" if s in given else "signed" for s in range(len(instance.sources.entry))]
