"""What one more of each scarce thing is worth: the duals of a plan with its yes-or-no decisions fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import InfeasibleError, OfftakeError
from offtake.plan._exclusive import binding, numbers
from offtake.plan._programme import build
from offtake.plan._session import Options, Session
from offtake.plan._solve import solve

if TYPE_CHECKING:
    from offtake.plan._instance import FloatArray, Instance
    from offtake.plan._programme import Programme
    from offtake.plan._solve import Solution

__all__ = ["ShadowPrices", "difference", "shadow_prices"]


@dataclass(frozen=True, eq=False)
class ShadowPrices:
    """Prices at the margin of a plan, present values in M USD, expected over the futures.

    A price holds for a small change: the yes-or-no decisions stay as they are.
    """

    demand: FloatArray
    """[W, T] what one more MW asked for in a quarter, in every future, adds to the objective."""
    capacity: FloatArray
    """[T] what one more effective MW in a quarter adds, open to all workloads, free, of one more provider."""
    demand_step: FloatArray
    """[W, M]"""
    capacity_step: FloatArray
    """[M]"""
    cash: float
    """What one more M USD at the opening adds through the limits on cash."""
    limits: dict[str, float]
    """What one more unit of each limit adds: a M USD, a MW, or a share of 1 (divide by 100 for a point)."""


def shadow_prices(solution: Solution, options: Options | None = None) -> ShadowPrices:
    """Return the shadow prices of a plan.

    Raises
    ------
    OfftakeError
        If the plan's linear rest cannot be solved within the limits given.
    """
    programme = build(solution.instance, solution.risk, solution.goal)
    session = Session(programme, options)
    _fix_decisions(programme, session, solution)
    outcome = session.run()
    if outcome.status != "optimal" or outcome.values is None:
        msg = "the prices of this plan could not be had within the solver's limits; allow it more time"
        raise OfftakeError(msg)
    dual = session.duals()
    rows = {name: dual[family.positions] for name, family in programme.rows.items()}
    demand, capacity = _demand_price(programme, rows), _capacity_price(programme, rows)
    quarter, quarters = solution.instance.tree.step_quarter, len(solution.instance.quarters)
    to_quarter = np.zeros((len(quarter), quarters))
    to_quarter[np.arange(len(quarter)), quarter] = 1.0
    opening = solution.instance.tree.step_before < 0
    return ShadowPrices(
        demand=demand @ to_quarter,
        capacity=capacity @ to_quarter,
        demand_step=demand,
        capacity_step=capacity,
        cash=float(rows["cash"][opening].sum()) if "cash" in rows else 0.0,
        limits=_limit_prices(programme, session, rows, outcome.values),
    )


def difference(solution: Solution, changed: Instance, options: Options | None = None) -> float:
    """Return what a changed problem's best plan is worth more than this one, minus infinity if it has none.

    For what no single bound stands for: every delay a quarter shorter, a point more of take-or-pay.
    """
    try:
        other = solve(changed, risk=solution.risk, goal=solution.goal, options=options)
    except InfeasibleError:
        return float("-inf")
    return other.objective - solution.objective


def _fix_decisions(programme: Programme, session: Session, solution: Solution) -> None:
    """Fix the yes-or-no decisions at the plan's; fixed costs follow from them."""
    if not programme.binary:
        return
    outcome = None
    decided = np.flatnonzero(programme.columns["y"] >= 0)
    if len(decided):
        y = np.round(solution.y[decided])
        session.bound(programme.columns["y"][decided], y, y)
    outcome = session.run()
    if outcome.values is None:
        msg = "the plan's decisions could not be taken over by the solver; widen its tolerance or time"
        raise OfftakeError(msg)
    session.fix(outcome.values)
    _drop_what_binds_nothing(programme, session, solution)


def _drop_what_binds_nothing(programme: Programme, session: Session, solution: Solution) -> None:
    """Take out the rows of exclusivities that are not signed: they hold anyhow, but would share in prices."""
    found = solution.instance.exclusivities
    if found is None:
        return
    binds, number = binding(solution.instance, solution.y), numbers(solution.instance)
    for name in ("exclusivity", "cover_exclusivity"):
        if name in programme.rows:
            family = programme.rows[name]
            which, step = family.about["exclusivity"], family.about["step"]
            for k in range(family.count):
                if not binds[number == which[k], step[k]].any():
                    session.highs.changeRowBounds(int(family.first + k), -np.inf, np.inf)


def _demand_price(programme: Programme, rows: dict[str, FloatArray]) -> FloatArray:
    """The derivative of the objective in each workload's demand at each step, [W, M]."""
    instance, frame = programme.instance, programme.frame
    work, tree = instance.workloads, instance.tree
    price = np.zeros(work.demand.shape)
    patient = work.defer > 0

    def add(name: str, factor: FloatArray, only: FloatArray | None = None) -> None:
        if name in rows:
            about = programme.rows[name].about
            at = about["workload"], about["step"]
            np.add.at(price, at, rows[name] * factor[about["workload"]] * (1.0 if only is None else only))

    add("demand", np.where(patient, 0.0, 1.0))
    if "waiting" in rows:
        add("waiting", np.ones(len(patient)), (programme.rows["waiting"].about["age"] == 0).astype(float))
    add("service", np.where(patient, work.service, work.service - 1.0))
    # what cannot wait earns by what is asked for, less what is lost
    at_once = np.where(patient, 0.0, work.duration)[:, None] * (work.demand > 0.0)
    earned = (work.earns + work.worth) * at_once * float(programme.goal == "value")
    price += frame.weight * earned
    if "total" in rows:
        by_node = np.append(0.0, rows["total"])[tree.step_node]
        price += by_node * frame.discount * earned
    if "cash" in rows:
        price += rows["cash"] * work.earns * at_once
    if "cover" in rows:
        about = programme.rows["cover"].about
        for w in np.flatnonzero(work.critical > 0.0):
            inside = (about["workloads"] >> w) & 1
            np.add.at(price[w], about["step"], rows["cover"] * inside * work.critical[w])
    if "cover_work" in rows:
        about = programme.rows["cover_work"].about
        asked = work.critical[about["workload"]]
        np.add.at(price, (about["workload"], about["step"]), rows["cover_work"] * asked)
    return price


def _capacity_price(programme: Programme, rows: dict[str, FloatArray]) -> FloatArray:
    """What one more effective MW is worth at each step, put to its best use, [M]."""
    steps = len(programme.frame.discount)
    use = np.zeros((len(programme.instance.workloads.names), steps))
    if "demand" in rows:
        about = programme.rows["demand"].about
        use[about["workload"], about["step"]] = -rows["demand"]
    price: FloatArray = np.maximum(use.max(axis=0, initial=0.0), 0.0)
    if "all_capacity" in rows:
        np.add.at(price, programme.rows["all_capacity"].about["step"], rows["all_capacity"])
    if "cover" in rows:
        np.add.at(price, programme.rows["cover"].about["step"], -rows["cover"])
    if "cover_work" in rows:
        about = programme.rows["cover_work"].about
        best = np.zeros((1 + int(about["provider"].max()), steps))
        np.maximum.at(best, (about["provider"], about["step"]), -rows["cover_work"])
        price += best.sum(axis=0)
    return price


def _limit_prices(
    programme: Programme, session: Session, rows: dict[str, FloatArray], values: FloatArray
) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in ("commitment", "contracted_most", "contracted_least", "exposure"):
        if name in rows:
            found[name] = float(rows[name].sum())
    for name in ("provider_share", "vendor_share", "region_share"):
        if name in rows:
            total = programme.columns["all_capacity"][programme.rows[name].about["step"]]
            found[name] = float(rows[name] @ values[session.position[total]])
    if "cash_least" in rows:
        found["minimum cash"] = float(rows["cash_least"].sum())
        raised = programme.columns["raised"]
        reduced = np.array(session.highs.getSolution().col_dual)
        found["funding"] = float(np.maximum(reduced[session.at(raised[raised >= 0])], 0.0).sum())
    for name in ("spot", "resale"):
        if name in rows:
            found[f"{name} depth"] = float(rows[name].sum())
    return found
