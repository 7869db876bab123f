"""The best plan of an instance.

::

    solve(instance, *, risk=CVaR(), goal="value", options=Options(), progress=None) -> Solution
    planned(programme, session, outcome) -> Solution

`solve` raises `offtake.errors.InfeasibleError` with the conflict where there is no plan, and
`offtake.errors.AuditError` where the solver's answer breaks a rule or is not worth what the solver says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import OfftakeError
from offtake.plan._check import Dispatch, audit, refuse
from offtake.plan._programme import Goal, Programme, build
from offtake.plan._session import Options, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.plan._instance import BoolArray, FloatArray, Instance, IntArray
    from offtake.plan._risk import CVaR
    from offtake.plan._session import Outcome, Progress

__all__ = ["Solution", "dispatch_of", "planned", "settled", "solve"]


@dataclass(frozen=True, eq=False)
class Solution:
    """A plan: what is signed, how work is served, and what it is worth.

    Axes: contracts C, sources S, workloads W, steps M, leaves of the tree; money in M USD, capacity in
    effective MW (rented out: MW).
    """

    instance: Instance = field(repr=False)
    risk: CVaR
    goal: Goal
    status: str
    """``optimal`` within the gap asked for, or ``stopped`` at a limit."""
    objective: float
    """Expected value less the charge on risk."""
    bound: float
    gap: float
    seconds: dict[str, float]
    size: dict[str, int]
    """Columns, binaries, rows and coefficients of the programme."""
    signed: BoolArray
    """[C] whether the row's volume is more than 0."""
    v: FloatArray
    """[C] MW."""
    y: FloatArray
    """[C] 1 where a row is signed; of given rows 1."""
    dispatch: Dispatch = field(repr=False)
    parts: dict[str, FloatArray] = field(repr=False)
    """[M] each part of the value, M USD of the quarter, before discounting."""
    cash: FloatArray = field(repr=False)
    """[M]"""
    path_value: FloatArray = field(repr=False)
    """Discounted value along the path to each leaf, in the order of `Tree.leaves`."""

    @property
    def x(self) -> FloatArray:
        """Work placed on each source, [W, S, M]."""
        return self.dispatch.x

    @property
    def served(self) -> FloatArray:
        """Work served, whatever its age, [W, M]."""
        total: FloatArray = self.dispatch.served.sum(axis=1)
        return total

    @property
    def bought(self) -> FloatArray:
        """Work bought on spot, [W, M]."""
        return self.dispatch.bought

    @property
    def unserved(self) -> FloatArray:
        """Work lost, [W, M]."""
        return self.dispatch.unserved

    @property
    def sold(self) -> FloatArray:
        """MW rented out, [S, M]."""
        return self.dispatch.sold

    @property
    def over(self) -> FloatArray:
        """Use above the take-or-pay floor, [S, M]."""
        return self.dispatch.over

    @property
    def raised(self) -> FloatArray:
        """Funding drawn, M USD, [M]."""
        return self.dispatch.raised

    @property
    def short(self) -> FloatArray:
        """Cash missing to the minimum at the quarter's end, M USD, [M]."""
        return self.dispatch.short

    @property
    def expected(self) -> float:
        """Expected discounted value, without the charge on risk."""
        leaves = self.instance.tree.leaves
        return float(self.path_value @ self.instance.tree.probability[leaves])

    @property
    def value(self) -> dict[str, float]:
        """Expected discounted value by part."""
        tree = self.instance.tree
        weight = tree.probability[tree.step_node] * self.instance.discount[tree.step_quarter]
        return {name: float(weight @ part) for name, part in self.parts.items()}


def solve(
    instance: Instance,
    *,
    risk: CVaR | None = None,
    goal: Goal = "value",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Return the plan that is worth most, checked against every rule by arithmetic of its own.

    Parameters
    ----------
    instance
        The planning problem.
    risk
        The charge on bad futures; none by default.
    goal
        ``"value"``, or ``"cost"`` for least cost of the service asked for.
    options
        Gap, time limit and threads of the solver.
    progress
        Called with the solver's time, best value, bound and gap while it runs.

    Raises
    ------
    InputError
        If the instance's arrays do not fit each other or lack a number.
    InfeasibleError
        If no plan satisfies all rules; it names a smallest set of rules that cannot hold together.
    AuditError
        If the solver's answer breaks a rule.
    """
    import time

    refuse(instance)
    begun = time.perf_counter()
    programme = build(instance, risk, goal)
    session = Session(programme, options, progress)
    built = time.perf_counter() - begun
    outcome = settled(session)
    if outcome.status == "infeasible":
        from offtake.plan._conflict import conflict_error

        raise conflict_error(instance)
    solution = planned(programme, session, outcome, {"build": built, "solve": outcome.seconds})
    session.close()
    return solution


def settled(session: Session) -> Outcome:
    """Solve; where a yes or no came out not quite whole, settle it and solve what is left once more."""
    outcome = session.run()
    programme = session.programme
    if outcome.values is None or not programme.binary:
        return outcome
    decided = outcome.values[session.yes_or_no]
    if np.array_equal(decided, np.round(decided)):
        return outcome
    session.fix(outcome.values)
    polished = session.run()
    session.free()
    if polished.values is None:
        return outcome
    bound = max(outcome.bound, polished.objective)
    gap = (bound - polished.objective) / max(abs(polished.objective), 1e-10)
    return replace(
        outcome,
        values=polished.values,
        objective=polished.objective,
        bound=bound,
        gap=gap,
        seconds=outcome.seconds + polished.seconds,
    )


def planned(
    programme: Programme, session: Session, outcome: Outcome, seconds: dict[str, float] | None = None
) -> Solution:
    """Return what the solver found as a plan, after checking it.

    Raises
    ------
    OfftakeError
        If the solver found no plan within its limits, or the problem has no best one.
    AuditError
        If the plan breaks a rule, or is not worth what the solver says.
    """
    if outcome.status == "unbounded":
        msg = (
            "the value has no upper limit: something earns without end; bound demand, volumes and spot depth"
        )
        raise OfftakeError(msg)
    if outcome.values is None:
        msg = "the solver found no plan within its limits; allow it more time, or a wider gap"
        raise OfftakeError(msg)
    v, y, dispatch = dispatch_of(programme, session, outcome.values)
    checked = audit(
        programme.instance, v, y, dispatch, programme.risk, programme.goal, outcome.objective, outcome.bound
    )
    leaves = programme.instance.tree.leaves
    return Solution(
        instance=programme.instance,
        risk=programme.risk,
        goal=programme.goal,
        status=outcome.status,
        objective=outcome.objective,
        bound=outcome.bound,
        gap=outcome.gap,
        seconds=seconds or {"solve": outcome.seconds},
        size={
            "columns": int(session.highs.getNumCol()),
            "binaries": sum(int((programme.columns[name] >= 0).sum()) for name in programme.binary),
            "rows": int(session.highs.getNumRow()),
            "coefficients": int(session.highs.getNumNz()),
        },
        signed=v > 1e-7 * np.maximum(1.0, programme.frame.most),
        v=v,
        y=y,
        dispatch=dispatch,
        parts=checked.parts,
        cash=checked.cash,
        path_value=checked.path_value[leaves],
    )


def dispatch_of(
    programme: Programme, session: Session, values: FloatArray
) -> tuple[FloatArray, FloatArray, Dispatch]:
    """Return volumes, signings and operation from the solver's columns; pools are shared out by use."""
    frame, instance = programme.frame, programme.instance

    def read(name: str, shape: tuple[int, ...]) -> FloatArray:
        labels = programme.columns.get(name)
        if labels is None:
            return np.zeros(shape)
        return np.where(labels >= 0, values[session.position[np.maximum(labels, 0)]], 0.0)

    contracts, steps, lots = len(frame.most), len(frame.discount), len(frame.source)
    v = np.where(frame.given, frame.volume, np.clip(read("v", (contracts,)), 0.0, frame.most))
    y = np.where(frame.given, frame.volume > 0.0, np.round(read("y", (contracts,))))
    y = np.where((programme.columns["y"] < 0) & ~frame.given, v > 1e-7 * np.maximum(1.0, frame.most), y)
    placed = np.maximum(read("x", ()), 0.0)
    use = np.maximum(read("use", (lots, steps)), 0.0)
    x = _shared_out(frame.pool, frame.shared, placed, use)
    sources = len(instance.sources.entry)
    sold = _by_source(np.maximum(read("sold", (lots, steps)), 0.0), frame.source, sources)
    work = instance.workloads
    bought, unserved = np.maximum(read("spot", ()), 0.0), np.maximum(read("unserved", ()), 0.0)
    served = np.maximum(read("served", ()), 0.0)
    served[:, 0] += np.where((work.defer > 0)[:, None], 0.0, x.sum(axis=1) + bought)
    floor = frame.floor.copy()
    free = np.flatnonzero(~frame.given & (frame.lot >= 0).any(axis=1))
    at = frame.lot[free], np.arange(steps)
    np.add.at(floor, at, v[free, None] * instance.contracts.floor[free])
    used = (work.duration[:, None, None] * x).sum(axis=0)
    over = np.maximum(used - floor, 0.0)
    dispatch = Dispatch(
        x=_by_source(x.transpose(1, 0, 2), frame.source, sources).transpose(1, 0, 2),
        lots=None if lots == sources else x,
        served=served,
        bought=bought,
        unserved=unserved,
        sold=sold,
        over=_by_source(over, frame.source, sources),
        missing=np.maximum(read("missing", (len(instance.providers), steps)), 0.0),
        raised=np.maximum(read("raised", (steps,)), 0.0),
        short=np.maximum(read("short", (steps,)), 0.0),
    )
    return v, y, dispatch


def _shared_out(pool: IntArray, shared: BoolArray, placed: FloatArray, use: FloatArray) -> FloatArray:
    """Share the work of each pool among its lots in proportion to what each carries, [W, L, M]."""
    total = np.zeros((len(shared), use.shape[1]))
    np.add.at(total, pool, use)
    mine = total[pool]
    share = np.where(
        shared[pool][:, None], np.divide(use, mine, out=np.zeros_like(use), where=mine > 0.0), 1.0
    )
    return placed[:, pool] * share[None]


def _by_source(lots: FloatArray, source: IntArray, sources: int) -> FloatArray:
    """Add up lots by source, along the first axis."""
    if len(source) == sources:
        return lots
    total = np.zeros((sources, *lots.shape[1:]))
    np.add.at(total, source, lots)
    return total
