"""What knowing more would be worth: perfect information, and planning for more than the mean."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InfeasibleError, InputError
from offtake.plan._instance import (
    Cash,
    Contracts,
    Exclusivities,
    Instance,
    Sources,
    Spot,
    Tree,
    Workloads,
)
from offtake.plan._programme import build
from offtake.plan._session import Options, Session
from offtake.plan._solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.plan._instance import FloatArray, IntArray
    from offtake.plan._programme import Goal
    from offtake.plan._risk import CVaR
    from offtake.plan._solve import Solution

__all__ = [
    "Information",
    "Stochastic",
    "mean_instance",
    "path_instance",
    "perfect_information",
    "stochastic_value",
]


@dataclass(frozen=True, eq=False)
class Information:
    """The worth of knowing the future before signing, M USD."""

    wait_and_see: float
    """Expected value where every future is known before anything is signed."""
    evpi: float
    """Expected value of perfect information: that less the plan's value."""
    by_leaf: FloatArray
    """The best value of each future alone, in the order of `Tree.leaves`."""


@dataclass(frozen=True, eq=False)
class Stochastic:
    """The worth of planning for all futures rather than for their mean, M USD."""

    mean_value: float
    """EV: the value that the mean future promises."""
    mean_plan: float
    """EEV: what its first decisions bring in the tree; minus infinity where they break a rule."""
    vss: float
    """Value of the stochastic solution: the plan's objective less that."""
    signed: FloatArray
    """[C] first decisions of the mean future's plan in rows of the instance, MW; 0 for later rows."""


def perfect_information(solution: Solution, options: Options | None = None) -> Information:
    """Return the expected value of perfect information of a plan.

    Raises
    ------
    InputError
        If the plan charges risk: a future known beforehand has none, so the two cannot be compared.
    """
    if solution.risk.weight > 0.0:
        msg = "perfect information has no risk to charge; plan without CVaR to ask for its value"
        raise InputError(msg)
    tree = solution.instance.tree
    values = np.array(
        [
            solve(path_instance(solution.instance, int(leaf)), goal=solution.goal, options=options).objective
            for leaf in tree.leaves
        ]
    )
    known = float(tree.probability[tree.leaves] @ values)
    return Information(known, known - solution.objective, values)


def stochastic_value(solution: Solution, options: Options | None = None) -> Stochastic:
    """Return the value of the stochastic solution of a plan (Birge 1982).

    The first decisions of the best plan for the mean future are fixed in the tree; later ones are taken at
    their best. Where several plans are best for the mean future, the value hangs on which of them it is.
    """
    instance = solution.instance
    mean, row_of = mean_instance(instance)
    first = np.flatnonzero(instance.contracts.node == 0)
    signed = np.zeros(len(instance.contracts.entry))
    try:
        planned = solve(mean, risk=solution.risk, goal=solution.goal, options=options)
    except InfeasibleError:
        return Stochastic(float("-inf"), float("-inf"), float("inf"), signed)
    signed[first] = planned.v[row_of[first]]
    reached = _with_first(instance, signed, planned.y[row_of], solution.risk, solution.goal, options)
    return Stochastic(planned.objective, reached, solution.objective - reached, signed)


def _with_first(
    instance: Instance, v: FloatArray, y: FloatArray, risk: CVaR, goal: Goal, options: Options | None
) -> float:
    """Return the best objective with the root's decisions fixed, or minus infinity."""
    programme = build(instance, risk, goal)
    session = Session(programme, options)
    first = np.flatnonzero(instance.contracts.node == 0)
    session.bound(programme.columns["v"][first], v[first], v[first])
    decided = first[programme.columns["y"][first] >= 0]
    if len(decided):
        fixed = np.round(y[decided])
        session.bound(programme.columns["y"][decided], fixed, fixed)
    outcome = session.run()
    session.close()
    return outcome.objective if outcome.values is not None else float("-inf")


def path_instance(instance: Instance, leaf: int) -> Instance:
    """Return the problem of one leaf's path alone: every node on it is certain."""
    tree = instance.tree
    nodes = np.array(tree.path(leaf))
    number = np.full(len(tree.parent) + 1, -1)
    number[nodes] = np.arange(len(nodes))
    steps = np.flatnonzero(np.isin(tree.step_node, nodes))
    chain = Tree(
        names=tuple(tree.names[n] for n in nodes),
        parent=np.arange(len(nodes)) - 1,
        probability=np.ones(len(nodes)),
        first=tree.first[nodes],
        last=tree.last[nodes],
        step_node=number[tree.step_node[steps]],
        step_quarter=tree.step_quarter[steps],
        step_before=np.arange(len(steps)) - 1,
    )
    kept = np.flatnonzero((instance.contracts.node < 0) | np.isin(instance.contracts.node, nodes))
    taken = _rows(instance.contracts, kept, lambda values: values[:, steps])
    contracts = replace(taken, node=np.where(taken.node < 0, -1, number[taken.node]))
    row_of = np.full(len(instance.contracts.entry), -1)
    row_of[kept] = np.arange(len(kept))
    bonds = _bonds(instance.exclusivities, row_of, lambda values: values[..., steps])
    return replace(_at(instance, chain, contracts, lambda values: values[..., steps]), exclusivities=bonds)


def mean_instance(instance: Instance) -> tuple[Instance, IntArray]:
    """Return the problem whose one future is the mean of all, and the row in it of each row of the instance.

    Coefficients of a quarter are weighted by the probability of its steps. Rows of later decisions that are
    one choice seen from several nodes become one row. An exclusivity binds what it binds in most futures.
    """
    tree, contracts = instance.tree, instance.contracts
    quarters = len(instance.quarters)
    probability = tree.probability[tree.step_node]
    weights = np.zeros((len(probability), quarters))
    weights[np.arange(len(probability)), tree.step_quarter] = probability
    ends = np.unique(np.append(tree.last, quarters))
    ends = ends[ends > 0]
    chain = Tree(
        names=("root", *(f"mean to {instance.quarters[end - 1]}" for end in ends)),
        parent=np.arange(len(ends) + 1) - 1,
        probability=np.ones(len(ends) + 1),
        first=np.array([0, 0, *ends[:-1]]),
        last=np.array([0, *ends]),
        step_node=np.searchsorted(ends, np.arange(quarters), side="right") + 1,
        step_quarter=np.arange(quarters),
        step_before=np.arange(quarters) - 1,
    )
    keys: dict[tuple[Any, ...], int] = {}
    row_of = np.zeros(len(contracts.entry), dtype=np.int64)
    for row in range(len(contracts.entry)):
        row_of[row] = keys.setdefault(_choice(instance, row), len(keys))
    members = [np.flatnonzero(row_of == k) for k in range(len(keys))]
    first = np.array([rows[0] for rows in members], dtype=np.int64)
    merged = _rows(contracts, first, lambda values: values[:, :quarters])
    when = np.array([0 if n <= 0 else int(tree.last[n]) for n in contracts.node[first]])
    node = np.where(contracts.node[first] < 0, -1, np.searchsorted(np.append(0, ends), when))
    share = [tree.probability[np.maximum(contracts.node[rows], 0)] for rows in members]
    means: dict[str, Any] = {
        name: np.array([getattr(contracts, name)[rows].sum(axis=0) @ weights for rows in members]).reshape(
            len(members), quarters
        )
        for name in ("delivered", "fee", "floor", "advance", "tail")
    }
    merged = replace(
        merged,
        node=node,
        parent=np.where(contracts.parent[first] < 0, -1, row_of[contracts.parent[first]]),
        commitment=np.array(
            [s @ contracts.commitment[r] / s.sum() for s, r in zip(share, members, strict=True)]
        ),
        contracted=np.array(
            [s @ contracts.contracted[r] / s.sum() for s, r in zip(share, members, strict=True)]
        ).reshape(len(members), quarters),
        **means,
    )

    def mean(values: Any) -> Any:
        averaged = values.astype(float) @ weights
        return averaged >= 0.5 if values.dtype == bool else averaged  # noqa: PLR2004

    bonds = _bonds(instance.exclusivities, row_of, mean)
    return replace(_at(instance, chain, merged, mean), exclusivities=bonds), row_of


def _choice(instance: Instance, row: int) -> tuple[Any, ...]:
    """What makes two rows of different nodes one choice; rows of the root and given rows stay as they are."""
    contracts, tree = instance.contracts, instance.tree
    node = int(contracts.node[row])
    if node <= 0:
        return (row,)
    parent = int(contracts.parent[row])
    above = _choice(instance, parent) if parent >= 0 else ()
    earlier = (contracts.node[:row] == node) & np.array(
        [
            contracts.entry[k] == contracts.entry[row]
            and contracts.what[k] == contracts.what[row]
            and contracts.start[k] == contracts.start[row]
            and contracts.parent[k] == parent
            for k in range(row)
        ],
        dtype=bool,
    )
    about = contracts.entry[row], contracts.what[row], int(contracts.start[row]), int(contracts.source[row])
    return (*about, int(tree.last[node]), above, int(earlier.sum()))


def _rows(contracts: Contracts, kept: IntArray, steps: Callable[[FloatArray], FloatArray]) -> Contracts:
    """Return some rows; a parent that is left out is no parent."""
    number = np.full(len(contracts.entry) + 1, -1)
    number[kept] = np.arange(len(kept))
    by_step = {"delivered", "fee", "floor", "advance", "tail"}
    taken: dict[str, Any] = {}
    for item in fields(contracts):
        values = getattr(contracts, item.name)
        if isinstance(values, tuple):
            taken[item.name] = tuple(values[k] for k in kept)
        else:
            taken[item.name] = steps(values[kept]) if item.name in by_step else values[kept]
    taken["parent"] = number[taken["parent"]]
    return Contracts(**taken)


def _bonds(
    found: Exclusivities | None, row_of: IntArray, steps: Callable[[Any], Any]
) -> Exclusivities | None:
    """Return exclusivities of rows under other numbers, -1 for those left out; what falls together is one."""
    if found is None:
        return None
    joined: dict[tuple[int, int], Any] = {}
    for e, row in enumerate(row_of[found.row]):
        if row >= 0:
            key = int(row), int(found.workload[e])
            joined[key] = joined.get(key, False) | found.steps[e]
    if not joined:
        return None
    row, workload = np.array(list(joined), dtype=np.int64).T
    return Exclusivities(row, workload, np.array([steps(each) for each in joined.values()], dtype=bool))


def _at(instance: Instance, tree: Tree, contracts: Contracts, steps: Callable[[Any], Any]) -> Instance:
    """Return the instance on another tree, with every array over steps taken through a function."""

    def over(record: Any, names: tuple[str, ...]) -> Any:
        return replace(record, **{name: steps(getattr(record, name)) for name in names})

    sources: Sources = over(instance.sources, ("usage",))
    workloads: Workloads = over(instance.workloads, ("demand", "earns", "worth", "bound"))
    spot: Spot = over(instance.spot, ("buy", "sell", "buy_depth", "sell_depth"))
    cash: Cash = over(instance.cash, ("other", "funding", "rate"))
    return replace(
        instance, tree=tree, contracts=contracts, sources=sources, workloads=workloads, spot=spot, cash=cash
    )
