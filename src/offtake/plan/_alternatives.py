"""Other plans that are nearly as good as the best one, and differ from it as much as they can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import InputError
from offtake.plan._programme import build
from offtake.plan._session import Options, Session
from offtake.plan._solve import planned

if TYPE_CHECKING:
    from offtake.plan._instance import FloatArray, IntArray
    from offtake.plan._programme import Programme
    from offtake.plan._solve import Solution

__all__ = ["alternatives"]

SAME = 1e-6
"""Difference below which two plans are one."""


def alternatives(
    solution: Solution, count: int = 3, within: float = 0.02, options: Options | None = None
) -> tuple[Solution, ...]:
    """Return up to ``count`` plans within a share of the best plan's objective, each as different as can be.

    The first differs most from the best plan in what is signed, then in volume; each further one differs most
    from all before it together (modelling to generate alternatives; DeCarolis 2011). Fewer are returned where
    there is nothing further that differs. Each is operated at its best.

    Parameters
    ----------
    solution
        The best plan.
    count
        How many to look for.
    within
        Share of the best objective's size that may be given up.

    Raises
    ------
    InputError
        If ``within`` is not above 0, or ``count`` is negative.
    """
    if not within > 0.0 or count < 0:
        msg = f"alternatives need a share above 0 and a count of at least 0, not {within} and {count}"
        raise InputError(msg)
    known, found = [solution], []
    floor = solution.objective - within * abs(solution.objective)
    for _ in range(count):
        other = _furthest(solution, known, floor, options)
        if other is None:
            break
        known.append(other)
        found.append(other)
    return tuple(found)


def _furthest(
    solution: Solution, known: list[Solution], floor: float, options: Options | None
) -> Solution | None:
    programme = build(solution.instance, solution.risk, solution.goal)
    session = Session(programme, options)
    costs = session.costs()
    used = np.flatnonzero(costs)
    session.add_row(floor, np.inf, used, costs[used])
    session.cost(np.arange(len(costs)), np.zeros(len(costs)))
    _reward(programme, session, known)
    outcome = session.run()
    session.close()
    if outcome.values is None:
        return None
    free = np.flatnonzero(~programme.frame.given)
    v = outcome.values[session.at(programme.columns["v"][free])]
    scale = np.maximum(programme.frame.most[free], 1.0)
    if min(float(np.max(np.abs(v - other.v[free]) / scale, initial=0.0)) for other in known) < SAME:
        return None
    return _operated(programme, outcome.values, session, options)


def _reward(programme: Programme, session: Session, known: list[Solution]) -> None:
    """Make the objective the distance from all known plans: decisions first, volumes to break ties."""
    frame, v, y = programme.frame, programme.columns["v"], programme.columns["y"]
    free = np.flatnonzero(~frame.given & (frame.most > 0.0))
    price = np.zeros(int(session.highs.getNumCol()))
    small = 1.0 / (1.0 + 2.0 * len(free) * len(known))
    decided = free[y[free] >= 0]
    for other in known:
        price[session.at(y[decided])] += 1.0 - 2.0 * np.round(other.y[decided])
    session.cost(np.arange(len(price)), price)
    for row in free:
        column = int(session.at(v[[row]])[0])
        for other in known:
            _apart(session, column, float(frame.most[row]), float(other.v[row]), small)


def _apart(session: Session, column: int, most: float, at: float, price: float) -> None:
    """Add a reward of price·|v - at| / most; up and down exclude each other."""
    up = session.add_column(price / most, 0.0, max(most - at, 0.0))
    down = session.add_column(price / most, 0.0, at)
    one = np.array([column, up, down])
    session.add_row(at, at, one, np.array([1.0, -1.0, 1.0]))
    if 0.0 < at < most:
        rises = session.add_column(0.0, 0.0, 1.0, whole=True)
        session.add_row(-np.inf, 0.0, np.array([up, rises]), np.array([1.0, -(most - at)]))
        session.add_row(-np.inf, at, np.array([down, rises]), np.array([1.0, at]))


def _operated(
    programme: Programme, values: FloatArray, found: Session, options: Options | None
) -> Solution | None:
    """Return the plan with these signings, operated at its best."""
    session = Session(programme, options)
    frame = programme.frame
    free = np.flatnonzero(~frame.given)
    labels: IntArray = programme.columns["v"][free]
    v = np.clip(values[found.at(labels)], 0.0, frame.most[free])
    decided = programme.columns["y"][programme.columns["y"] >= 0]
    y = np.round(values[found.at(decided)])
    session.bound(decided, y, y)
    # a volume may move by what the solver's tolerance leaves open
    loose = 1e-7 * np.maximum(1.0, frame.most[free])
    session.bound(labels, np.maximum(v - loose, 0.0), np.minimum(v + loose, frame.most[free]))
    outcome = session.run()
    return planned(programme, session, outcome) if outcome.values is not None else None
