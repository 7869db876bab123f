"""The programme of a planning problem: linopy variables, sparse rows, and the formula of each as built.

Each ``define_<family>`` function writes one family of rows. It hands over every sum of a row together with
its LaTeX, so that the printed programme and the one that is solved are the same lines of code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from offtake.plan._frame import Frame, frame
from offtake.plan._risk import CVaR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import linopy

    from offtake.plan._instance import BoolArray, FloatArray, Instance, IntArray

__all__ = ["Formula", "Goal", "Money", "Programme", "Rows", "Term", "build", "numbered", "spread", "summed"]

Goal = Literal["value", "cost"]
"""What is maximised: value, or (less) cost, which leaves out what serving earns and is worth."""

Sense = Literal["<=", ">=", "="]


@dataclass(frozen=True, eq=False)
class Term:
    """One sum of a family of rows: its LaTeX with its sign, and where its coefficients stand."""

    tex: str
    row: IntArray
    column: IntArray
    value: FloatArray


def spread(tex: str, columns: IntArray, rows: IntArray, value: float | FloatArray = 1.0) -> Term:
    """Return the sum that takes each variable of a grid into the row beside it; -1 in either means none."""
    columns, rows, values = np.broadcast_arrays(columns, rows, np.asarray(value, dtype=float))
    keep = (columns >= 0) & (rows >= 0) & (values != 0.0)
    return Term(tex, rows[keep], columns[keep], values[keep])


def summed(tex: str, terms: Sequence[Term]) -> Term:
    """Return terms as one sum."""
    return Term(
        tex,
        np.concatenate([np.zeros(0, dtype=int), *(term.row for term in terms)]),
        np.concatenate([np.zeros(0, dtype=int), *(term.column for term in terms)]),
        np.concatenate([np.zeros(0), *(term.value for term in terms)]),
    )


def numbered(where: BoolArray) -> IntArray:
    """Return running numbers where wanted, -1 elsewhere."""
    return np.where(where, np.cumsum(where).reshape(where.shape) - 1, -1)


@dataclass(frozen=True)
class Formula:
    """The LaTeX of a family of rows, of a variable or of the objective."""

    rule: str
    name: str
    tex: str


@dataclass(frozen=True, eq=False)
class Rows:
    """A family of rows as built: what each row is about, and where the rows stand in the solver."""

    rule: str
    first: int
    count: int
    about: dict[str, IntArray]
    sense: Sense
    bound: FloatArray

    @property
    def positions(self) -> IntArray:
        """Rows of the solver."""
        return np.arange(self.first, self.first + self.count)


@dataclass(frozen=True, eq=False)
class Money:
    """A part of the value: M USD for each unit of a column at a step, and what no decision changes."""

    name: str
    tex: str
    column: IntArray
    step: IntArray
    value: FloatArray
    cash: FloatArray
    fixed_value: FloatArray
    fixed_cash: FloatArray
    """[M]"""


@dataclass(eq=False)
class Programme:
    """A planning problem as a mixed-integer linear programme.

    ``model`` is the linopy model; ``columns`` holds the labels of each variable on its axes, -1 where there
    is none; ``rows`` describes each family of rows.
    """

    instance: Instance
    risk: CVaR
    goal: Goal
    frame: Frame
    model: linopy.Model
    columns: dict[str, IntArray] = field(default_factory=dict)
    binary: list[str] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)
    money: list[Money] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    fixed: float = 0.0
    """Part of the objective that no decision changes."""
    count: int = 0

    def variables(
        self,
        name: str,
        axes: Mapping[str, int],
        tex: str,
        *,
        lower: float | FloatArray = 0.0,
        upper: float | FloatArray = np.inf,
        where: BoolArray | None = None,
        binary: bool = False,
    ) -> IntArray:
        """Add a variable on the axes, where it is wanted, and return its labels (-1 where there is none)."""
        import pandas as pd
        import xarray as xr

        shape = tuple(axes.values())
        if where is None:
            where = np.ones(shape, dtype=bool)
        if not where.any():
            self.columns[name] = np.full(shape, -1)
            return self.columns[name]
        coords = [pd.RangeIndex(size, name=axis) for axis, size in axes.items()]

        def on_axes(values: float | FloatArray | BoolArray) -> xr.DataArray:
            return xr.DataArray(np.broadcast_to(values, shape), dims=list(axes), coords=coords)

        limits: dict[str, Any] = {"binary": True}
        if not binary:
            limits = {"lower": on_axes(lower), "upper": on_axes(upper)}
        variable = self.model.add_variables(**limits, coords=coords, name=name, mask=on_axes(where))
        self.columns[name] = variable.labels.to_numpy().astype(np.int64)
        self.formulas.append(Formula("", name, tex))
        if binary:
            self.binary.append(name)
        return self.columns[name]

    def constrain(
        self,
        name: str,
        rule: str,
        about: dict[str, IntArray],
        terms: list[Term],
        sense: Sense,
        bound: tuple[str, FloatArray],
        *,
        over: str = "",
    ) -> None:
        """Add a family of rows: the sum of the terms against a bound, with what each row is about."""
        import linopy
        import pandas as pd
        from linopy.csr import Grid
        from scipy.sparse import coo_array, csr_array

        limit = np.asarray(bound[1], dtype=float)
        if limit.size == 0:
            return
        row = np.concatenate([term.row for term in terms])
        column = np.concatenate([term.column for term in terms])
        value = np.concatenate([term.value for term in terms])
        # a row that no decision can change is kept, so that it is found when it does not hold
        empty = np.setdiff1d(np.arange(limit.size), row)
        row, column = np.append(row, empty), np.append(column, np.full(len(empty), self.columns["unit"]))
        value = np.append(value, np.zeros(len(empty)))
        shape = limit.size, 1 + max(int(labels.max(initial=0)) for labels in self.columns.values())
        matrix = csr_array(coo_array((value, (row.astype(np.int32), column.astype(np.int32))), shape=shape))
        grid = Grid.from_coords([pd.RangeIndex(limit.size, name=f"{name}_row")])
        built = linopy.CSRConstraint(matrix, np.arange(limit.size), limit, sense, grid, self.model)
        self.model.add_constraints(built, name=name, freeze=True)
        self.rows[name] = Rows(rule, self.count, limit.size, about, sense, limit)
        self.count += limit.size
        used = "".join(term.tex for term in terms if term.row.size).strip().removeprefix("+").strip() or "0"
        sign = {"<=": r"\le", ">=": r"\ge", "=": "="}[sense]
        self.formulas.append(
            Formula(rule, name, f"{used} {sign} {bound[0]}" + (f" \\qquad {over}" if over else ""))
        )

    def pay(
        self,
        name: str,
        tex: str,
        column: IntArray,
        step: IntArray,
        value: FloatArray,
        *,
        cash: FloatArray | None = None,
        fixed: tuple[FloatArray, FloatArray] | None = None,
    ) -> None:
        """Add a part of the value; ``cash`` is what of it is money of the quarter, by default all of it."""
        nothing = np.zeros(len(self.instance.tree.step_node))
        self.money.append(
            Money(
                name,
                tex,
                column,
                step,
                value,
                value if cash is None else cash,
                *(fixed or (nothing, nothing)),
            )
        )


def build(
    instance: Instance, risk: CVaR | None = None, goal: Goal = "value", *, pooled: bool = True
) -> Programme:
    """Return the programme of an instance, ready to be solved.

    Parameters
    ----------
    instance
        A planning problem whose arrays have been checked.
    risk
        The charge on bad futures; by default none.
    goal
        ``"value"``, or ``"cost"`` to leave earnings and worth out of the objective.
    pooled
        Whether sources that may carry the same work share its placement, which makes the programme smaller.
    """
    import linopy

    from offtake.plan._define_cash import define_cash
    from offtake.plan._define_exclusivity import define_exclusivity
    from offtake.plan._define_limits import define_cover, define_shares
    from offtake.plan._define_service import (
        define_capacity,
        define_deferral,
        define_demand,
        define_service,
        define_usage,
    )
    from offtake.plan._define_signing import (
        define_commitment,
        define_contracted,
        define_exposure,
        define_fixed_costs,
        define_once,
        define_options,
        define_signing,
    )
    from offtake.plan._define_value import define_fees, define_objective

    programme = Programme(instance, risk or CVaR(), goal, frame(instance, pooled=pooled), linopy.Model())
    # carries what no decision changes, and rows without a decision
    unit = programme.model.add_variables(lower=1.0, upper=1.0, name="unit")
    programme.columns["unit"] = np.asarray(unit.labels, dtype=np.int64)
    for define in (
        define_signing,
        define_options,
        define_once,
        define_capacity,
        define_demand,
        define_deferral,
        define_usage,
        define_service,
        define_exclusivity,
        define_shares,
        define_fixed_costs,
        define_cover,
        define_fees,
        define_cash,
        define_commitment,
        define_contracted,
        define_exposure,
        define_objective,
    ):
        define(programme)
    return programme
