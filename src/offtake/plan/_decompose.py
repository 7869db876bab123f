"""The plan of many futures by decomposition: a master signs, every leaf answers with a cut.

Benders 1962, Van Slyke and Wets 1969. Cuts are added up over groups of leaves (Birge and Louveaux 1988). CVaR
stands in the master as Rockafellar and Uryasev write it: with η in the master, the cut of a group is

    θ_g <= Σ_{l∈g} p_l ((1 + ω_l) V_l(f) + ω_l η),    0 <= ω_l <= weight / (1 - level),

whatever the ω; it is tight where ω is weight times the leaf's share in the tail. While the master is linear,
its next plan is the one nearest to the best so far whose bound reaches a level between the two (Lemaréchal,
Nemirovskii and Nesterov 1995, in the 1-norm). Leaves that cannot be operated give cuts on what they lack.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from offtake.errors import InfeasibleError, InputError, OfftakeError
from offtake.plan._check import audit, refuse
from offtake.plan._leaf_solvers import LeafSolvers
from offtake.plan._programme import Goal, build
from offtake.plan._recourse import Answers, First, Leaf, split
from offtake.plan._risk import CVaR, conditional_value_at_risk
from offtake.plan._session import Progress
from offtake.plan._solve import Solution, dispatch_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import csr_array

    from offtake.plan._instance import FloatArray, Instance, IntArray
    from offtake.plan._programme import Programme
    from offtake.plan._session import Session

__all__ = ["solve_by_decomposition"]

Bounded = tuple["FloatArray", float]
"""A plan, and what it is worth at most (or is worth)."""

LEVEL = 0.3
"""Where between the best plan and the bound the next plan's bound must lie."""
ROUGH = 1e-3
"""Gap of the relaxation at which yes or no is asked for."""
ROWS = 500
"""Rows of the first stage up to which the master knows all from the start, and how many it learns at once."""
HOLDS = 1e-7
"""Violation of a row, relative to the size of its terms, that is left to stand."""


def solve_by_decomposition(
    instance: Instance,
    *,
    risk: CVaR | None = None,
    goal: Goal = "value",
    gap: float = 1e-4,
    groups: int = 20,
    rounds: int = 500,
    client: Any = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Return the plan of a two-stage instance as `solve` does, to a gap, leaf by leaf.

    The same instance gives the same plan whatever the client, and without one.

    Parameters
    ----------
    instance
        A planning problem whose root alone decides.
    risk, goal
        As for `solve`.
    gap
        Relative gap between the plan and the bound at which to stop.
    groups
        Into how many cuts a round's leaves are added up.
    rounds
        Plans after which to stop with the gap there is.
    client
        A ``dask.distributed`` client; without one the threads of this process share the leaves.
    progress
        Called after each round with seconds, the best plan's objective, the bound and the gap.

    Raises
    ------
    InputError
        If more than the root decides.
    InfeasibleError
        If no plan satisfies all rules.
    """
    refuse(instance)
    tree = instance.tree
    if np.any(tree.parent[1:] != 0):
        msg = "decomposition is for two stages: only the root may decide; use `solve` for more"
        raise InputError(msg)
    begun = time.perf_counter()
    programme = build(instance, None, goal)
    position = programme.model.variables.label_index.label_to_pos.astype(np.int64)
    parts = split(programme, position)
    built = time.perf_counter() - begun
    search = _Search(parts[0], tree.probability[tree.leaves], risk or CVaR(), groups, gap)

    def tell(value: float, bound: float, apart: float) -> None:
        if progress is not None:
            progress(Progress(time.perf_counter() - begun, value, bound, apart))

    solvers = LeafSolvers(parts[1], client)
    try:
        found = search.run(solvers, rounds, tell)
        answers = None if found is None else solvers.ask(found.plan, operation=True)
    finally:
        solvers.close()
    if found is None or answers is None:
        msg = "no plan satisfies all that is asked for"
        raise InfeasibleError(msg)
    values = _columns(programme, position, parts, found.plan, answers)
    seconds = {"build": built, "solve": time.perf_counter() - begun - built}
    return _solution(programme, position, risk or CVaR(), found, values, seconds, gap)


@dataclass(frozen=True, eq=False)
class _Found:
    plan: FloatArray
    objective: float
    bound: float
    gap: float
    rounds: int


@dataclass
class _Master:
    """The master's columns are the first stage, a θ for each group, and η."""

    first: First
    groups: int
    weight: float
    held: list[int]
    """Rows of the first stage that the master knows of; the others are added when a plan breaks them."""
    cuts: list[FloatArray] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    """Coefficients of each cut, and the most that they may add up to."""
    whole: bool = False
    """Whether yes or no is asked for."""

    @property
    def worth(self) -> FloatArray:
        """What each column adds to the objective."""
        worth: FloatArray = np.r_[np.zeros(len(self.first.labels)), np.ones(self.groups), -self.weight]
        return worth

    def best(self, gap: float, *, any_will_do: bool = False) -> Bounded | None:
        """Return the plan whose bound is largest, and that bound; None if no plan is left."""
        worth = self.worth * (0.0 if any_will_do else 1.0)
        matrix, low, high = self._rows()
        ends = np.full(self.groups + 1, np.inf)
        lower, upper = np.r_[self.first.lower, -ends], np.r_[self.first.upper, ends]
        whole = np.r_[self.first.whole, np.zeros(self.groups + 1, dtype=np.int64)] * self.whole
        return _optimum(matrix, (low, high), (lower, upper), worth, whole, gap)

    def nearest(self, plan: FloatArray, level: float) -> Bounded | None:
        """Return the plan nearest to another, by shares of columns' ranges, whose bound reaches a level."""
        from scipy.sparse import csr_array, eye_array, hstack, vstack

        moves = np.flatnonzero(self.first.upper > self.first.lower)
        count, total = len(moves), len(self.worth)
        span = (self.first.upper - self.first.lower)[moves]
        shares = csr_array((1.0 / span, (np.arange(count), moves)), shape=(count, total))
        matrix, low, high = self._rows()
        apart = hstack([vstack([shares, shares]), vstack([-eye_array(count), eye_array(count)])])
        known = vstack([matrix, csr_array(self.worth[None, :])])
        rows = vstack([hstack([known, csr_array((known.shape[0], count))]), apart])
        middle, none = plan[moves] / span, np.full(count, np.inf)
        bounds = np.r_[low, level, -none, middle], np.r_[high, np.inf, middle, none]
        ends = np.full(self.groups + 1, np.inf)
        lower, upper = np.r_[self.first.lower, -ends, np.zeros(count)], np.r_[self.first.upper, ends, none]
        worth = np.r_[np.zeros(total), -np.ones(count)]
        found = _optimum(
            rows.tocsr(), bounds, (lower, upper), worth, np.zeros(len(worth), dtype=np.int64), 0.0
        )
        return None if found is None else (found[0], level)

    def _rows(self) -> tuple[csr_array, FloatArray, FloatArray]:
        from scipy.sparse import csr_array, hstack, vstack

        kept = self.first.matrix[self.held]
        rows = hstack([kept, csr_array((len(self.held), self.groups + 1))])
        cuts = csr_array(np.array(self.cuts).reshape(len(self.cuts), len(self.worth)))
        low = np.r_[self.first.low[self.held], np.full(len(self.cuts), -np.inf)]
        return vstack([rows, cuts]).tocsr(), low, np.r_[self.first.high[self.held], self.most]

    def broken(self, plan: FloatArray) -> list[int]:
        """Return the rows, not yet known to the master, that a plan breaks most."""
        used = self.first.matrix @ plan
        size = 1.0 + abs(self.first.matrix) @ np.abs(plan)
        short = np.maximum(self.first.low - used, used - self.first.high) / size
        short[self.held] = 0.0
        worst = np.argsort(-short, kind="stable")[:ROWS]
        return [int(row) for row in worst if short[row] > HOLDS]


def _optimum(
    matrix: csr_array,
    rows: tuple[FloatArray, FloatArray],
    columns: tuple[FloatArray, FloatArray],
    worth: FloatArray,
    whole: IntArray,
    gap: float,
) -> Bounded | None:
    """Return the best columns and the bound on what they are worth, or None if nothing satisfies the rows."""
    import highspy

    by_column = matrix.tocsc()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = by_column.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, (lp.col_lower_, lp.col_upper_) = worth, columns
    lp.row_lower_, lp.row_upper_ = rows
    lp.a_matrix_.start_, lp.a_matrix_.index_ = by_column.indptr, by_column.indices
    lp.a_matrix_.value_ = by_column.data
    discrete = bool(whole.any())
    if discrete:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[k] for k in whole]
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", gap)):
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    solver.run()
    ended = solver.modelStatusToString(solver.getModelStatus())
    if ended == "Infeasible":
        return None
    if ended != "Optimal":
        msg = f"the solver ended with '{ended}' in the master programme and has no answer"
        raise OfftakeError(msg)
    info = solver.getInfo()
    found = np.array(solver.getSolution().col_value)
    found[whole > 0] = np.round(found[whole > 0])
    return found, float(info.mip_dual_bound if discrete else info.objective_function_value)


class _Search:
    """Rounds of a plan, the leaves' answers, and the cuts that these give."""

    def __init__(self, first: First, weights: FloatArray, risk: CVaR, groups: int, gap: float) -> None:
        count = len(weights)
        self.first, self.weights, self.risk, self.gap = first, weights, risk, gap
        self.group = np.arange(count) * min(groups, count) // count
        rows = np.arange(first.matrix.shape[0])
        yes_or_no = np.flatnonzero(abs(first.matrix) @ first.whole)
        held = rows if len(rows) <= ROWS else yes_or_no
        self.master = _Master(first, int(self.group[-1]) + 1, risk.weight, [int(row) for row in held])
        self.cut: set[int] = set()
        self.bound = np.inf
        self.centre: Bounded | None = None
        self.best: Bounded | None = None

    def run(
        self, solvers: LeafSolvers, rounds: int, tell: Callable[[float, float, float], None]
    ) -> _Found | None:
        """Return the best plan, or None if there is none."""
        count = 0
        for count in range(1, rounds + 1):  # noqa: B007
            plan = self.next()
            if plan is None:
                return None
            if self.best is not None and self.open <= self.gap:
                break
            answers = solvers.ask(plan)
            self.learn(plan, answers)
            if answers.feasible.all():
                self.weigh(plan, answers.value)
            if self.best is not None:
                tell(self.best[1], self.bound, self.open)
        if self.best is None:
            msg = f"no plan that satisfies all rules was found in {rounds} rounds; allow more of them"
            raise OfftakeError(msg)
        return _Found(*self.best, self.bound, self.open, count)

    @property
    def open(self) -> float:
        """Relative gap of the best plan."""
        return self._apart(self.best)

    def _apart(self, found: Bounded | None) -> float:
        if found is None:
            return np.inf
        return max(0.0, self.bound - found[1]) / max(1.0, abs(found[1]))

    def next(self) -> FloatArray | None:
        """Return the next plan to ask about; None if no plan is left."""
        ready = len(self.cut) == self.master.groups
        while True:
            top = self._kept(partial(self.master.best, self.gap / 10.0, any_will_do=not ready))
            if top is None or not ready:
                return None if top is None else top[0]
            self.bound = min(self.bound, top[1])
            if self.master.whole or self.centre is None:
                return top[0]
            choices = bool(self.first.whole.any())
            if self._apart(self.centre) > (max(ROUGH, self.gap) if choices else self.gap):
                level = self.centre[1] + LEVEL * (self.bound - self.centre[1])
                near = self._kept(partial(self.master.nearest, self.centre[0], level))
                return top[0] if near is None else near[0]
            if not choices:
                return top[0]
            self.master.whole = True

    def _kept(self, solve: Callable[[], Bounded | None]) -> Bounded | None:
        """Solve again until the plan breaks no row of the first stage."""
        while True:
            found = solve()
            if found is None:
                return None
            plan = np.clip(found[0][: len(self.first.labels)], self.first.lower, self.first.upper)
            broken = self.master.broken(plan)
            if not broken:
                return plan, found[1]
            self.master.held.extend(broken)

    def weigh(self, plan: FloatArray, value: FloatArray) -> None:
        """Keep a plan if it is the best so far."""
        charge = conditional_value_at_risk(-value, self.weights, self.risk.level) if self.risk.weight else 0.0
        objective = float(self.weights @ value) - self.risk.weight * charge
        if self.centre is None or objective > self.centre[1]:
            self.centre = plan, objective
        yes = plan[self.first.whole > 0]
        if np.all(yes == np.round(yes)) and (self.best is None or objective > self.best[1]):
            self.best = plan, objective

    def learn(self, plan: FloatArray, answers: Answers) -> None:
        """Add the cuts of the leaves' answers, group by group."""
        groups = self.master.groups
        omega = self._omega(answers)
        for group in range(groups):
            mine = self.group == group
            short = mine & (answers.feasible == 0)
            if short.any():
                slope = answers.slope[short].sum(axis=0)
                self.master.cuts.append(np.r_[slope, np.zeros(groups + 1)])
                self.master.most.append(float(slope @ plan - answers.value[short].sum()))
                continue
            share = self.weights[mine] * (1.0 + omega[mine])
            slope = share @ answers.slope[mine]
            theta = np.zeros(groups + 1)
            theta[group], theta[-1] = 1.0, -float(self.weights[mine] @ omega[mine])
            self.master.cuts.append(np.r_[-slope, theta])
            self.master.most.append(float(share @ answers.value[mine] - slope @ plan))
            self.cut.add(group)

    def _omega(self, answers: Answers) -> FloatArray:
        """Return the weight of each leaf's loss in the charge on risk, over its probability."""
        weights, tail = self.weights, 1.0 - self.risk.level
        if not answers.feasible.all():
            return np.full(len(weights), self.risk.weight)
        order = np.argsort(answers.value, kind="stable")
        before = np.cumsum(weights[order]) - weights[order]
        omega = np.zeros(len(weights))
        omega[order] = np.clip(tail - before, 0.0, weights[order]) / weights[order]
        return self.risk.weight * omega / tail


def _columns(
    programme: Programme,
    position: IntArray,
    parts: tuple[First, list[Leaf]],
    plan: FloatArray,
    answers: Answers,
) -> FloatArray:
    """Return the value of each solver column of the whole programme."""
    first, leaves = parts
    values = np.zeros(len(programme.model.matrices.vlabels))
    values[position[first.labels]] = plan
    for leaf, operation in zip(leaves, answers.operation, strict=True):
        values[leaf.columns] = operation
    return values


def _solution(
    programme: Programme,
    position: IntArray,
    risk: CVaR,
    found: _Found,
    values: FloatArray,
    seconds: dict[str, float],
    gap: float,
) -> Solution:
    instance, matrix = programme.instance, programme.model.matrices.A
    placed = cast("Session", SimpleNamespace(position=position))
    v, y, dispatch = dispatch_of(programme, placed, values)
    checked = audit(instance, v, y, dispatch, risk, programme.goal, found.objective)
    return Solution(
        instance=instance,
        risk=risk,
        goal=programme.goal,
        status="optimal" if found.gap <= gap else "stopped",
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        seconds=seconds,
        size={
            "columns": len(values),
            "binaries": sum(int((programme.columns[name] >= 0).sum()) for name in programme.binary),
            "rows": programme.count,
            "coefficients": 0 if matrix is None else matrix.nnz,
            "rounds": found.rounds,
        },
        signed=v > HOLDS * np.maximum(1.0, programme.frame.most),
        v=v,
        y=y,
        dispatch=dispatch,
        parts=checked.parts,
        cash=checked.cash,
        path_value=checked.path_value[instance.tree.leaves],
    )
