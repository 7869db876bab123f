"""A programme in the solver: HiGHS with its options, its progress, and what it found."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InputError, OfftakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.plan._instance import FloatArray, IntArray
    from offtake.plan._programme import Programme

__all__ = ["Options", "Outcome", "Progress", "Session"]

EVERY = 0.5
"""Seconds between two reports of progress."""

NONE_YET = 1e100
"""Size of the value that the solver reports before it has a plan."""


@dataclass(frozen=True)
class Options:
    """How the solver works.

    Parameters
    ----------
    gap
        Relative gap between the plan and the bound at which the solver may stop.
    time_limit
        Seconds for one solve; the best plan so far is returned with its gap. None: no limit.
    threads
        Threads of the solver; None leaves it to the solver.

    Raises
    ------
    InputError
        If a number lies outside its range.
    """

    gap: float = 1e-6
    time_limit: float | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, value, least in (("gap", self.gap, 0.0), ("time_limit", self.time_limit, 0.0)):
            if value is not None and not value >= least:
                msg = f"{name} is {value}; it must be at least {least:g}"
                raise InputError(msg)
        if self.threads is not None and self.threads < 1:
            msg = f"threads is {self.threads}; it must be at least 1"
            raise InputError(msg)


@dataclass(frozen=True)
class Progress:
    """Where the solver stands: seconds, value of the best plan (nan: none yet), bound, relative gap."""

    seconds: float
    value: float
    bound: float
    gap: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one run of the solver found."""

    status: str
    """``optimal``, ``infeasible``, ``unbounded`` or ``stopped`` (a limit was reached)."""
    values: FloatArray | None
    """Values of the columns, or None where the solver has no feasible point."""
    objective: float
    bound: float
    gap: float
    seconds: float


def _handed_over(programme: Programme, options: Options) -> Any:
    """Return HiGHS with the model in it. Silence comes first, which linopy's own way does not allow."""
    import highspy

    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    settings: dict[str, Any] = {"output_flag": False, "mip_rel_gap": options.gap}
    if options.time_limit is not None:
        settings["time_limit"] = float(options.time_limit)
    if options.threads is not None:
        settings["threads"] = options.threads
    for name, value in settings.items():
        highs.setOptionValue(name, value)
    matrices = programme.model.matrices
    columns = np.arange(len(matrices.vlabels), dtype=np.int32)
    highs.addVars(len(columns), matrices.lb, matrices.ub)
    discrete = columns[matrices.vtypes == "B"]
    if len(discrete):
        highs.changeColsIntegrality(len(discrete), discrete, np.ones(len(discrete), dtype=np.uint8))
    highs.changeColsCost(len(columns), columns, matrices.c)
    highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    if matrices.A is not None:
        lower = np.where(matrices.sense == "<", -np.inf, matrices.b)
        upper = np.where(matrices.sense == ">", np.inf, matrices.b)
        A = matrices.A
        highs.addRows(A.shape[0], lower, upper, A.nnz, A.indptr, A.indices, A.data)
    return highs


class Session:
    """A programme handed to HiGHS once; bounds, costs and rows may be changed, and it may be run again.

    Parameters
    ----------
    programme
        The programme; its objective is maximised.
    options
        Gap, time limit and threads.
    progress
        Called with a `Progress` while a mixed-integer solve runs, and at the end of each solve.
    """

    def __init__(
        self,
        programme: Programme,
        options: Options | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        options = options or Options()
        self.programme = programme
        self.highs: Any = _handed_over(programme, options)
        self.position: IntArray = programme.model.variables.label_index.label_to_pos.astype(np.int64)
        self.discrete = bool(programme.binary)
        self.progress = progress
        if progress is not None:
            self._report(progress)

    def _report(self, progress: Callable[[Progress], None]) -> None:
        last = 0.0

        def told(event: Any) -> None:
            nonlocal last
            out = event.data_out
            if out.running_time < last + EVERY and event.data_in is not None:
                return
            last = out.running_time
            best = out.mip_primal_bound if abs(out.mip_primal_bound) < NONE_YET else float("nan")
            progress(Progress(out.running_time, best, out.mip_dual_bound, out.mip_gap))

        # HiGHS asks whether to go on all the time; a better plan is told at once
        self.highs.cbMipInterrupt.subscribe(told)
        self.highs.cbMipImprovingSolution.subscribe(told)

    def at(self, labels: IntArray) -> IntArray:
        """Return the solver's columns of labels, all of which must exist."""
        return self.position[labels].astype(np.int32)

    def bound(self, labels: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Set the bounds of columns."""
        columns = self.at(labels)
        self.highs.changeColsBounds(
            len(columns), columns, np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
        )

    def cost(self, columns: IntArray, values: FloatArray) -> None:
        """Set the objective's coefficients of solver columns."""
        self.highs.changeColsCost(len(columns), columns.astype(np.int32), np.asarray(values, dtype=float))

    def costs(self) -> FloatArray:
        """Return the objective's coefficients of all columns."""
        return np.array(self.highs.getLp().col_cost_)

    def fix(self, values: FloatArray) -> None:
        """Fix every yes or no of a solution, so that what is left is a linear programme with prices."""
        import highspy

        columns = self.yes_or_no
        decided = np.round(values[columns])
        self.highs.changeColsBounds(len(columns), columns, decided, decided)
        for column in columns:
            self.highs.changeColIntegrality(int(column), highspy.HighsVarType.kContinuous)
        self.discrete = False

    def free(self) -> None:
        """Open again what `fix` has closed."""
        import highspy

        columns = self.yes_or_no
        self.highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), np.ones(len(columns)))
        for column in columns:
            self.highs.changeColIntegrality(int(column), highspy.HighsVarType.kInteger)
        self.discrete = True

    @property
    def yes_or_no(self) -> IntArray:
        """Solver columns of every yes or no of the programme; it must have some."""
        grids = [self.programme.columns[name] for name in self.programme.binary]
        return self.at(np.concatenate([grid[grid >= 0] for grid in grids]))

    def add_column(self, cost: float, lower: float, upper: float, *, whole: bool = False) -> int:
        """Add a column without coefficients and return its number."""
        import highspy

        number = int(self.highs.getNumCol())
        self.highs.addCol(cost, lower, upper, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
        if whole:
            self.highs.changeColIntegrality(number, highspy.HighsVarType.kInteger)
            self.discrete = True
        return number

    def add_row(self, lower: float, upper: float, columns: IntArray, values: FloatArray) -> int:
        """Add a row over solver columns and return its number."""
        number = int(self.highs.getNumRow())
        columns = np.asarray(columns, dtype=np.int32)
        self.highs.addRow(lower, upper, len(columns), columns, np.asarray(values, dtype=float))
        return number

    def run(self) -> Outcome:
        """Solve and return what was found.

        Raises
        ------
        OfftakeError
            If the solver fails for a reason of its own.
        """
        import highspy

        begun = time.perf_counter()
        self.highs.run()
        seconds = time.perf_counter() - begun
        state = self.highs.getModelStatus()
        known = {
            highspy.HighsModelStatus.kOptimal: "optimal",
            highspy.HighsModelStatus.kInfeasible: "infeasible",
            highspy.HighsModelStatus.kUnbounded: "unbounded",
            highspy.HighsModelStatus.kTimeLimit: "stopped",
            highspy.HighsModelStatus.kInterrupt: "stopped",
            highspy.HighsModelStatus.kSolutionLimit: "stopped",
            highspy.HighsModelStatus.kIterationLimit: "stopped",
        }
        if state == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            status = self._which()
        elif state in known:
            status = known[state]
        else:
            msg = f"the solver ended with '{self.highs.modelStatusToString(state)}' and has no answer"
            raise OfftakeError(msg)
        return self._outcome(status, seconds)

    def _which(self) -> str:
        """Tell unbounded from infeasible by solving without an objective."""
        kept = self.costs()
        columns = np.arange(len(kept))
        self.cost(columns, np.zeros(len(kept)))
        self.highs.run()
        import highspy

        feasible = self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        self.cost(columns, kept)
        return "unbounded" if feasible else "infeasible"

    def _outcome(self, status: str, seconds: float) -> Outcome:
        import highspy

        info = self.highs.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = None
        if status in {"optimal", "stopped"} and found:
            values = np.array(self.highs.getSolution().col_value)
        value = float(info.objective_function_value) if values is not None else float("nan")
        bound, gap = value, 0.0
        if self.discrete and values is not None:
            bound, gap = float(info.mip_dual_bound), float(info.mip_gap)
        elif status == "stopped":
            bound, gap = float("inf"), float("inf")
        if self.progress is not None:
            self.progress(Progress(seconds, value, bound, gap))
        return Outcome(status, values, value, bound, gap, seconds)

    def duals(self) -> FloatArray:
        """Return the price of each row: what one more unit of its bound adds to the objective."""
        return np.array(self.highs.getSolution().row_dual)

    def close(self) -> None:
        """Hand the solver's memory back."""
        self.highs.clear()
