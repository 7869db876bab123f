"""A two-stage programme taken apart: what is signed, and for each leaf the linear programme that it leaves.

A leaf's programme is ``max g·x`` with ``low <= W x + T f <= high``: f is what is signed (the first stage), x
how the leaf is operated. From plan to plan only its right-hand sides change, so each solve starts from the
basis that the leaf ended with before. A leaf's answer depends on its own history alone: it is the same
wherever it is solved, and beside whatever other leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import OfftakeError

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

    from offtake.plan._instance import FloatArray, IntArray
    from offtake.plan._programme import Programme

__all__ = ["Answers", "First", "Leaf", "answer", "split"]

FIRST = ("unit", "v", "y", "z")
"""Variables of the first stage; all others belong to a step, and so to a leaf."""

_COLUMN_WISE, _MAXIMISE, _MINIMISE = 1, -1, 1
"""How HiGHS counts formats and senses."""


class Basis:
    """A basis of the solver that can be sent elsewhere."""

    __slots__ = ("native",)

    def __init__(self, native: Any) -> None:
        self.native = native

    def __reduce__(self) -> tuple[Any, ...]:
        columns, rows = self.native.col_status, self.native.row_status
        return _restored, (bytes(int(each) for each in columns), bytes(int(each) for each in rows))


def _restored(columns: bytes, rows: bytes) -> Basis:
    import highspy

    native = highspy.HighsBasis()
    native.col_status = [highspy.HighsBasisStatus(each) for each in columns]
    native.row_status = [highspy.HighsBasisStatus(each) for each in rows]
    native.valid = True
    return Basis(native)


@dataclass(frozen=True, eq=False)
class First:
    """The first stage: its columns, and the rows that hold among them alone."""

    labels: IntArray
    """[F] labels of the programme."""
    lower: FloatArray
    upper: FloatArray
    whole: IntArray
    """[F] 1 where a column is a yes or no."""
    volume: IntArray
    """[F] 1 where a column is a volume, in MW."""
    matrix: csr_array
    low: FloatArray
    high: FloatArray
    """[R]"""


@dataclass(frozen=True, eq=False)
class Leaf:
    """One leaf's programme."""

    gain: FloatArray
    lower: FloatArray
    upper: FloatArray
    """[X] of each column."""
    columns: IntArray
    """[X] positions in the solver of the whole programme."""
    matrix: csc_array
    link: csr_array
    """[R, F] T."""
    low: FloatArray
    high: FloatArray
    first: FloatArray
    """[F] what a unit of a first-stage column brings at the leaf directly."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What some leaves make of a plan.

    Where a leaf can be operated, its value and by how much a unit of each first-stage column would change it;
    else how much its rows lack in total, and how that would change.
    """

    feasible: IntArray
    value: FloatArray
    """[L]"""
    slope: FloatArray
    """[L, F]"""
    bases: list[Basis | None]
    operation: list[FloatArray]
    """Values of each leaf's columns; empty unless asked for."""


def split(programme: Programme, position: IntArray) -> tuple[First, list[Leaf]]:
    """Return the first stage and the leaves of a programme with one decision node."""
    from scipy.sparse import coo_array, csr_array

    tree, matrices = programme.instance.tree, programme.model.matrices
    matrix = csr_array(matrices.A)
    sense, bound = np.asarray(matrices.sense), np.asarray(matrices.b, dtype=float)
    low, high = np.where(sense == "<", -np.inf, bound), np.where(sense == ">", np.inf, bound)
    leaf_of = _leaf_of_columns(programme, position, matrix.shape[1])
    matrix, low, high = _without_totals(programme, position, matrix, low, high)
    first = np.concatenate([programme.columns[name].ravel() for name in FIRST])
    labels = first[first >= 0]
    at = position[labels]
    entries = coo_array(matrix)
    leaf_of_row = np.full(matrix.shape[0], -1)
    np.maximum.at(leaf_of_row, entries.coords[0], leaf_of[entries.coords[1]])
    policy = np.flatnonzero(leaf_of_row < 0)
    volume = np.isin(labels, programme.columns["v"])
    lower, upper = np.asarray(matrices.lb, dtype=float), np.asarray(matrices.ub, dtype=float)
    stage = First(
        labels, lower[at], upper[at], np.isin(labels, _binaries(programme)).astype(int), volume.astype(int),
        *_distinct(matrix[policy][:, at], low[policy], high[policy]),
    )  # fmt: skip
    gain, direct = _gains(programme, position, leaf_of, at, len(leaf_of))
    leaves = []
    columns, rows = np.argsort(leaf_of, kind="stable"), np.argsort(leaf_of_row, kind="stable")
    links = matrix[:, at].tocsr()
    for leaf in tree.leaves:
        mine = columns[slice(*np.searchsorted(leaf_of[columns], [leaf, leaf + 1]))]
        own = rows[slice(*np.searchsorted(leaf_of_row[rows], [leaf, leaf + 1]))]
        leaves.append(
            Leaf(
                gain[mine],
                lower[mine],
                upper[mine],
                mine,
                matrix[own][:, mine].tocsc(),
                links[own],
                low[own],
                high[own],
                direct[leaf],
            )
        )
    return stage, leaves


def _binaries(programme: Programme) -> IntArray:
    labels = [programme.columns[name].ravel() for name in programme.binary]
    return np.concatenate([np.zeros(0, dtype=np.int64), *labels])


def _leaf_of_columns(programme: Programme, position: IntArray, count: int) -> IntArray:
    """Return the leaf at which each solver column is decided; -1 for the first stage."""
    leaf_of = np.full(count, -1)
    for name, labels in programme.columns.items():
        if name not in FIRST:
            leaf = np.broadcast_to(programme.instance.tree.step_node, labels.shape)
            leaf_of[position[labels[labels >= 0]]] = leaf[labels >= 0]
    return leaf_of


def _without_totals(
    programme: Programme, position: IntArray, matrix: csr_array, low: FloatArray, high: FloatArray
) -> tuple[csr_array, FloatArray, FloatArray]:
    """Write the sums of capacity out, so that rows on shares hold among what is signed alone."""
    labels = programme.columns.get("all_capacity")
    if labels is None or not (labels >= 0).any():
        return matrix, low, high
    rows = programme.rows["all_capacity"].positions
    total = position[labels[labels >= 0]]
    # row k reads total_k - (the rest) = bound_k
    used = matrix[:, total]
    rest = matrix[rows].tolil()
    rest[:, total] = 0.0
    keep = np.setdiff1d(np.arange(matrix.shape[0]), rows)
    shift = used @ low[rows]
    swapped = matrix.tolil()
    swapped[:, total] = 0.0
    whole = (swapped.tocsr() - used @ rest.tocsr()).tocsr()[keep]
    whole.eliminate_zeros()
    return whole, (low - shift)[keep], (high - shift)[keep]


def _distinct(
    matrix: csr_array, low: FloatArray, high: FloatArray
) -> tuple[csr_array, FloatArray, FloatArray]:
    """Return each row once."""
    import pandas as pd

    table = np.column_stack([matrix.toarray(), low, high]).round(12)
    kept = np.flatnonzero(~pd.DataFrame(table).duplicated().to_numpy())
    return matrix[kept], low[kept], high[kept]


def _gains(
    programme: Programme, position: IntArray, leaf_of: IntArray, at: IntArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return what each leaf's columns bring, and [N, F] what the first stage brings at each leaf."""
    instance = programme.instance
    discount, node = programme.frame.discount, instance.tree.step_node
    place = np.full(count, -1)
    place[at] = np.arange(len(at))
    gain, direct = np.zeros(count), np.zeros((len(instance.tree.parent), len(at)))
    unit = place[position[int(programme.columns["unit"])]]
    for part in programme.money:
        column, value = position[part.column], discount[part.step] * part.value
        own = leaf_of[column] >= 0
        np.add.at(gain, column[own], value[own])
        np.add.at(direct, (node[part.step[~own]], place[column[~own]]), value[~own])
        np.add.at(direct, (node, unit), discount * part.fixed_value)
    return gain, direct


def answer(
    leaves: list[Leaf], plan: FloatArray, bases: list[Basis | None], *, operation: bool = False
) -> Answers:
    """Return what leaves make of a plan, each solved from the basis that it ended with before."""
    solver = _solver()
    count = len(leaves)
    feasible, value = np.ones(count, dtype=np.int64), np.zeros(count)
    slope = np.zeros((count, len(plan)))
    found: list[Basis | None] = list(bases)
    columns = [np.zeros(0)] * count
    for k, leaf in enumerate(leaves):
        shift = leaf.link @ plan
        bounds = leaf.low - shift, leaf.high - shift
        _pass(solver, _MAXIMISE, leaf.gain, (leaf.lower, leaf.upper), leaf.matrix, bounds)
        before = bases[k]
        if before is not None:
            solver.setBasis(before.native)
        solver.run()
        ended = solver.modelStatusToString(solver.getModelStatus())
        if ended in {"Optimal", "Empty"}:
            value[k] = solver.getInfo().objective_function_value + float(leaf.first @ plan)
            solution = solver.getSolution()
            slope[k] = leaf.first - leaf.link.T @ np.array(solution.row_dual)
            found[k] = Basis(solver.getBasis())
            if operation:
                columns[k] = np.array(solution.col_value)
        elif "nfeasible" in ended:
            feasible[k] = 0
            value[k], slope[k] = _lacking(leaf, shift)
        else:
            msg = f"the solver ended with '{ended}' at a leaf and has no answer"
            raise OfftakeError(msg)
    return Answers(feasible, value, slope, found, columns)


def _solver() -> Any:
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def _pass(
    solver: Any,
    sense: int,
    cost: FloatArray,
    columns: tuple[FloatArray, FloatArray],
    matrix: csc_array,
    rows: tuple[FloatArray, FloatArray],
) -> None:
    """Hand a linear programme to the solver."""
    height, width = matrix.shape
    start, index = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    solver.passModel(
        width, height, matrix.nnz, _COLUMN_WISE, sense, 0.0, cost, *columns, *rows, start, index, matrix.data,
        np.zeros(width, dtype=np.int32),
    )  # fmt: skip


def _lacking(leaf: Leaf, shift: FloatArray) -> tuple[float, FloatArray]:
    """Return by how much the rows of a leaf must be bent in total, and its slope in what is signed."""
    from scipy.sparse import eye_array, hstack

    rows = len(leaf.low)
    bent = hstack([leaf.matrix, eye_array(rows), -eye_array(rows)]).tocsc()
    cost = np.r_[np.zeros(len(leaf.gain)), np.ones(2 * rows)]
    lower, upper = np.r_[leaf.lower, np.zeros(2 * rows)], np.r_[leaf.upper, np.full(2 * rows, np.inf)]
    solver = _solver()
    _pass(solver, _MINIMISE, cost, (lower, upper), bent, (leaf.low - shift, leaf.high - shift))
    solver.run()
    duals = np.array(solver.getSolution().row_dual)
    return float(solver.getInfo().objective_function_value), -(leaf.link.T @ duals)
