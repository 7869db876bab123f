"""What is given up for less risk, and for capacity sooner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import InputError
from offtake.plan._check import refuse
from offtake.plan._programme import build
from offtake.plan._risk import CVaR, conditional_value_at_risk
from offtake.plan._session import Options, Session
from offtake.plan._solve import planned, settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.plan._instance import FloatArray, Instance
    from offtake.plan._programme import Goal, Programme
    from offtake.plan._solve import Solution

__all__ = ["RiskPoint", "TimePoint", "first_quarter", "risk_frontier", "served_share", "time_frontier"]


@dataclass(frozen=True, eq=False)
class RiskPoint:
    """The best plan at one weight of the tail, M USD."""

    weight: float
    value: float
    """Expected value, without the charge."""
    cvar: float
    """CVaR of the loss."""
    solution: Solution


@dataclass(frozen=True, eq=False)
class TimePoint:
    """The best plan that serves a share of the work from its own capacity in a quarter."""

    quarter: int
    objective: float
    """Minus infinity where no plan does."""
    solution: Solution | None


def risk_frontier(
    instance: Instance,
    weights: Sequence[float] = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0),
    *,
    level: float = 0.95,
    goal: Goal = "value",
    options: Options | None = None,
) -> tuple[RiskPoint, ...]:
    """Return the plans that are best at each weight of the worst futures, in the order of the weights.

    One programme is built; only the price of the tail changes between solves.

    Raises
    ------
    InputError
        If the instance cannot be planned, or a weight lies outside its range.
    InfeasibleError
        If there is no plan at all.
    """
    refuse(instance)
    programme = build(instance, CVaR(level, 1.0), goal)
    session = Session(programme, options)
    tail = np.concatenate([programme.columns["level"].ravel(), programme.columns["shortfall"].ravel()])
    columns = session.at(tail)
    unit = session.costs()[columns]
    probability = instance.tree.probability[instance.tree.leaves]
    points = []
    for weight in weights:
        programme.risk = CVaR(level, weight)
        session.cost(columns, weight * unit)
        outcome = settled(session)
        if outcome.status == "infeasible":
            from offtake.plan._conflict import conflict_error

            raise conflict_error(instance)
        solution = planned(programme, session, outcome)
        loss = conditional_value_at_risk(-solution.path_value, probability, level)
        points.append(RiskPoint(float(weight), solution.expected, loss, solution))
    session.close()
    return tuple(points)


def served_share(solution: Solution) -> FloatArray:
    """Return the expected share of the work of each quarter that contracted capacity serves, [T].

    Work bought on spot does not count. A quarter without work counts as served.
    """
    tree, instance = solution.instance.tree, solution.instance
    probability = tree.probability[tree.step_node]
    quarters = len(instance.quarters)
    served = np.bincount(tree.step_quarter, probability * solution.x.sum(axis=(0, 1)), quarters)
    asked = np.bincount(tree.step_quarter, probability * instance.workloads.demand.sum(axis=0), quarters)
    return np.divide(served, asked, out=np.ones(quarters), where=asked > 0.0)


def first_quarter(solution: Solution, share: float) -> int | None:
    """Return the first quarter in which contracted capacity serves the share of expected work, None if never.

    Served and asked for are expected over the futures, before they are divided: a MW counts alike in all.
    """
    reached = np.flatnonzero(served_share(solution) >= share - 1e-9)
    return int(reached[0]) if len(reached) else None


def time_frontier(
    instance: Instance,
    share: float = 0.9,
    quarters: Sequence[int] | None = None,
    *,
    risk: CVaR | None = None,
    goal: Goal = "value",
    options: Options | None = None,
) -> tuple[TimePoint, ...]:
    """Return the best plan that serves a share of the work in each quarter from its own capacity.

    Time to capacity is reached in quarter t when the expected work placed on contracted capacity in t is at
    least ``share`` of the expected work asked for in t. For each quarter one more row asks for that (an
    epsilon constraint); the same programme is used throughout.

    Raises
    ------
    InputError
        If the share is not in (0, 1], or a quarter does not exist.
    """
    refuse(instance)
    asked_for = range(len(instance.quarters)) if quarters is None else quarters
    if not 0.0 < share <= 1.0 or any(not 0 <= t < len(instance.quarters) for t in asked_for):
        msg = f"time to capacity needs a share in (0, 1] and quarters 0 to {len(instance.quarters) - 1}"
        raise InputError(msg)
    programme = build(instance, risk, goal)
    session = Session(programme, options)
    points = []
    for quarter in asked_for:
        row = _ask(programme, session, int(quarter), share)
        outcome = settled(session)
        best = planned(programme, session, outcome) if outcome.values is not None else None
        points.append(TimePoint(int(quarter), best.objective if best else float("-inf"), best))
        session.highs.changeRowBounds(row, -np.inf, np.inf)
    session.close()
    return tuple(points)


def _ask(programme: Programme, session: Session, quarter: int, share: float) -> int:
    """Add the row that asks for a share of a quarter's work."""
    tree = programme.instance.tree
    probability = programme.frame.probability
    steps = np.flatnonzero(tree.step_quarter == quarter)
    x = programme.columns["x"][:, :, steps]
    keep = x >= 0
    weight = np.broadcast_to(probability[steps], x.shape)[keep]
    least = share * float(probability[steps] @ programme.instance.workloads.demand[:, steps].sum(axis=0))
    return session.add_row(least, np.inf, session.at(x[keep]), weight)
