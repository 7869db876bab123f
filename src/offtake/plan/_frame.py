"""What the programme needs to know of an instance before it is written down: bounds, lots, pools, paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.plan._exclusive import holders

if TYPE_CHECKING:
    from offtake.plan._instance import BoolArray, Contracts, FloatArray, Instance, IntArray, Tree

__all__ = ["Entries", "Frame", "ancestors", "frame"]


@dataclass(frozen=True, eq=False)
class Entries:
    """Coefficients of rows that are still to be decided, one for each row and step where it is not 0."""

    row: IntArray
    step: IntArray
    value: FloatArray


@dataclass(frozen=True, eq=False)
class Frame:
    """An instance's derived arrays. A lot is a source's rows that continue alike past the horizon at a step.

    Nearly every source is one lot; lots of one pool may carry the same work at every step.
    """

    given: BoolArray
    """[C]"""
    volume: FloatArray
    """[C] v of what is given, 0 for what is to be decided."""
    most: FloatArray
    """[C] least upper bound on v."""
    probability: FloatArray
    discount: FloatArray
    """[M]"""
    above: BoolArray
    """[N, N] whether the second node is the first or stands on its path from the root."""
    lot: IntArray
    """[C, M] lot of each row, or -1."""
    source: IntArray
    """[L] source of each lot."""
    tail: FloatArray
    """[L, M]"""
    capacity: FloatArray
    floor: FloatArray
    """[L, M] what given rows bring."""
    capable: BoolArray
    """[L, M] whether the lot can have capacity at all."""
    allowed: BoolArray
    """[W, L, M] where each workload may run, the workload has work and the lot may have capacity."""
    pool: IntArray
    """[L]"""
    shared: BoolArray
    """[P] whether the pool has several lots, whose use is then a variable."""

    @property
    def weight(self) -> FloatArray:
        """[M] probability times discount."""
        return self.probability * self.discount


def ancestors(tree: Tree) -> BoolArray:
    """Return for each node which nodes stand on its path from the root, itself included, [N, N]."""
    above = np.eye(len(tree.parent), dtype=bool)
    for node, parent in enumerate(tree.parent):
        if parent >= 0:
            above[node] |= above[parent]
    return above


def entries(frame: Frame, coefficients: FloatArray) -> Entries:
    """Return the coefficients of the rows that are still to be decided and can be more than 0."""
    open_rows = np.flatnonzero(~frame.given & (frame.most > 0.0))
    row, step = np.nonzero(coefficients[open_rows])
    return Entries(open_rows[row], step, coefficients[open_rows[row], step])


def frame(instance: Instance, *, pooled: bool = True) -> Frame:
    """Return the derived arrays of an instance; without pools every lot carries work of its own."""
    contracts, tree = instance.contracts, instance.tree
    given = contracts.node < 0
    volume = np.where(given, contracts.most, 0.0)
    most = _bounds(contracts)
    lot, source, tail = _lots(instance, most)
    steps = len(tree.step_node)
    every = np.arange(steps)
    capacity, floor = np.zeros((len(source), steps)), np.zeros((len(source), steps))
    fixed = np.flatnonzero(given & (lot >= 0).any(axis=1))
    np.add.at(capacity, (lot[fixed], every), volume[fixed, None] * contracts.delivered[fixed])
    np.add.at(floor, (lot[fixed], every), volume[fixed, None] * contracts.floor[fixed])
    capable = capacity > 0.0
    for row in np.flatnonzero(~given & (lot >= 0).any(axis=1)):
        capable[lot[row], every] |= contracts.delivered[row] > 0.0
    allowed = instance.workloads.allowed(instance.sources)[:, source, :]
    allowed &= _asked(instance)[:, None, :] & capable[None]
    pool, shared = np.arange(len(source)), np.zeros(len(source), dtype=bool)
    if pooled:
        pool, shared = _pools(instance, source, tail)
    return Frame(
        given=given,
        volume=volume,
        most=most,
        probability=tree.probability[tree.step_node],
        discount=instance.discount[tree.step_quarter],
        above=ancestors(tree),
        lot=lot,
        source=source,
        tail=tail,
        capacity=capacity,
        floor=floor,
        capable=capable,
        allowed=allowed,
        pool=pool,
        shared=shared,
    )


def _bounds(contracts: Contracts) -> FloatArray:
    most = contracts.most.astype(float).copy()
    related = [row for row, relation in enumerate(contracts.relation) if relation != "none"]
    for _ in range(len(related)):
        before = most.copy()
        for row in related:
            most[row] = min(most[row], contracts.ratio[row] * most[contracts.parent[row]])
        if np.array_equal(before, most):
            break
    return most


def _lots(instance: Instance, most: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the lot of each row at each step, the source of each lot, and how it continues at each step.

    The first lot of each source has its number. Where its rows continue differently at a step, the others
    are further lots there, in order of how much continues.
    """
    contracts, steps = instance.contracts, len(instance.tree.step_node)
    lot = np.full((len(contracts.entry), steps), -1)
    sources = len(instance.sources.entry)
    source, tail = list(range(sources)), [np.zeros(steps) for _ in range(sources)]
    for s in range(sources):
        rows = np.flatnonzero((contracts.source == s) & (most > 0.0))
        here = (contracts.delivered[rows] != 0.0) | (contracts.floor[rows] != 0.0)
        goes = contracts.tail[rows] if instance.terminal == "continue" else np.zeros(here.shape)
        lot[rows] = s
        tail[s] = np.where(here, goes, 0.0).max(axis=0, initial=0.0)
        further: list[int] = []
        for step in np.flatnonzero((here & (goes != tail[s])).any(axis=0)):
            which, place = np.unique(goes[here[:, step], step], return_inverse=True)
            while len(further) < len(which) - 1:
                further.append(len(source))
                source.append(s)
                tail.append(np.zeros(steps))
            lots = np.array([s, *further])
            lot[rows[here[:, step]], step] = lots[place]
            for each, value in zip(lots, which, strict=False):
                tail[each][step] = value
    return lot, np.array(source, dtype=np.int64), np.array(tail).reshape(len(source), steps)


def _asked(instance: Instance) -> BoolArray:
    """[W, M] where a workload may have work: asked for now, or carried over."""
    workloads, tree = instance.workloads, instance.tree
    asked: BoolArray = workloads.demand > 0.0
    late = asked
    for _ in range(int(workloads.defer.max(initial=0))):
        late = late[:, tree.step_before] & (tree.step_before >= 0)
        asked = asked | (late & (workloads.defer > 0)[:, None])
    return asked


def _pools(instance: Instance, source: IntArray, tail: FloatArray) -> tuple[IntArray, BoolArray]:
    """Lots that may carry the same work, where a MW of any work weighs the same on the take-or-pay floor."""
    if not np.all(instance.workloads.duration == 1.0):
        return np.arange(len(source)), np.zeros(len(source), dtype=bool)
    permitted = instance.workloads.allowed(instance.sources) & _asked(instance)[:, None, :]
    inside = holders(instance)
    numbers: dict[tuple[bytes, bytes, bytes], int] = {}
    pool = np.zeros(len(source), dtype=np.int64)
    for lot in range(len(source)):
        may = np.packbits(permitted[:, source[lot]]).tobytes()
        key = may, tail[lot].tobytes(), inside[:, source[lot]].tobytes()
        pool[lot] = numbers.setdefault(key, len(numbers))
    return pool, np.bincount(pool, minlength=len(numbers)) > 1
