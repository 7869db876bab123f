"""From rows to arrays over the steps of a tree (P10, P12)."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offtake.plan._instance import Contracts, Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.plan._case import Case, Flow
    from offtake.plan._instance import Tree
    from offtake.plan._rows import Row, RowSource

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

__all__ = ["Steps", "contracts", "sources"]

_LAST_YEAR = 4


class Steps(NamedTuple):
    """The cases of a problem and which of their futures each step shows."""

    tree: Tree
    cases: tuple[Case, ...]
    future: IntArray
    """[N] future of each node, counted through all cases; that of the root is not read"""

    def over(self, series: Sequence[FloatArray]) -> FloatArray:
        """Return series [F, T, ...] of the cases by step, [M, ...]."""
        whole = np.concatenate([np.asarray(each) for each in series])
        picked: FloatArray = whole[self.future[self.tree.step_node], self.tree.step_quarter]
        return picked

    def of_node(self, values: Sequence[FloatArray]) -> FloatArray:
        """Return values [F, ...] of the cases by step, [M, ...]."""
        picked: FloatArray = np.concatenate(list(values))[self.future[self.tree.step_node]]
        return picked

    def mean(self, series: FloatArray, quarters: int) -> FloatArray:
        """Return the mean of a series by step, [M], in each quarter, weighted by probability, [T]."""
        weight = self.tree.probability[self.tree.step_node]
        total = np.bincount(self.tree.step_quarter, weights=weight * series, minlength=quarters)
        return total / np.bincount(self.tree.step_quarter, weights=weight, minlength=quarters)


def sources(book: Book, found: Sequence[RowSource], steps: Steps) -> Sources:
    """Return the sources with their usage prices by step."""
    efficiency = [
        np.concatenate([case.efficiency(each.source.chip) for case in steps.cases]) for each in found
    ]
    usage = [
        steps.over([each.usage(case) / case.efficiency(each.source.chip)[:, None] for case in steps.cases])
        for each in found
    ]
    chips = [each.source.chip or "" for each in found]
    return Sources(
        entry=tuple(each.entry for each in found),
        provider=tuple(each.provider for each in found),
        chip=tuple(chips),
        region=tuple(each.source.region or "" for each in found),
        vendor=tuple((book.chips[chip].vendor or "") if chip else "" for chip in chips),
        usage=np.array(usage).reshape(len(found), len(steps.tree.step_node)),
        resale=np.array([each.resale for each in found], dtype=bool),
        efficiency=np.array([float(np.mean(each)) for each in efficiency]),
    )


def contracts(
    rows: Sequence[Row],
    places: Sequence[int],
    steps: Steps,
    discount: FloatArray,
    rate: float,
    *,
    goes_on: bool,
) -> Contracts:
    """Return the rows' coefficients at every step that follows from the node that decides.

    Parameters
    ----------
    rows
        The rows.
    places
        Source of each row, or -1.
    steps
        The steps.
    discount, rate
        Present value of each quarter's money, [T], and the yearly rate behind it.
    goes_on
        Whether what outlasts the calendar counts (P12).
    """
    tree, quarters = steps.tree, len(discount)
    count = len(tree.step_node)
    shape = (len(rows), count)
    arrays = {name: np.zeros(shape) for name in ("delivered", "fee", "floor", "advance", "tail")}
    below = {n: tree.below(n) for n in {row.decision.node for row in rows if row.decision is not None}}
    commitment = np.zeros(len(rows))
    last_year = tree.step_quarter >= quarters - _LAST_YEAR
    ends = np.zeros(shape)
    for c, row in enumerate(rows):
        mask = 1.0 if row.decision is None else below[row.decision.node]
        flows = [row.flow(case) for case in steps.cases]
        for name, series in _effective(row, flows, steps).items():
            arrays[name][c] = steps.over(series) * mask
        ends[c] = steps.of_node([flow.end for flow in flows])
        commitment[c] = _commitment(row, steps, quarters)
    if goes_on:
        known = np.isfinite(ends)
        latest = np.where(known, ends, 0.0).max(axis=0, initial=0.0)
        for c, row in enumerate(rows):
            mask = 1.0 if row.decision is None else below[row.decision.node]
            end = np.where(known[c], ends[c], latest)
            arrays["tail"][c] = _tail(end, discount, rate) * last_year * mask
    groups = _groups(rows)
    return Contracts(
        entry=tuple(row.entry for row in rows),
        what=tuple(row.what for row in rows),
        node=np.array([-1 if row.decision is None else row.decision.node for row in rows], dtype=np.int64),
        start=np.array([row.start for row in rows], dtype=np.int64),
        least=np.array([row.least for row in rows], dtype=float),
        most=np.array([row.most for row in rows], dtype=float),
        whole=np.array([row.whole for row in rows], dtype=bool),
        parent=np.array([row.parent for row in rows], dtype=np.int64),
        relation=tuple(row.relation for row in rows),
        ratio=np.array([row.ratio for row in rows], dtype=float),
        source=np.array(places, dtype=np.int64),
        once=np.array([groups.get(row.group, -1) for row in rows], dtype=np.int64),
        commitment=commitment,
        contracted=np.array([row.stands.contracted for row in rows]).reshape(len(rows), quarters),
        **arrays,
    )


def _groups(rows: Sequence[Row]) -> dict[tuple[str, str] | None, int]:
    """Return a number for each group of rows that exclude each other; a row alone excludes nothing."""
    sizes = Counter(row.group for row in rows if row.group is not None)
    return {key: n for n, key in enumerate(key for key, size in sizes.items() if size > 1)}


def _effective(row: Row, flows: list[Flow], steps: Steps) -> dict[str, list[FloatArray]]:
    """Return a row's series with capacity in effective MW."""
    chip = row.source.source.chip if row.source is not None else None
    worth = [case.efficiency(chip)[:, None] for case in steps.cases]
    return {
        "delivered": [flow.delivered * each for flow, each in zip(flows, worth, strict=True)],
        "floor": [flow.floor * each for flow, each in zip(flows, worth, strict=True)],
        "fee": [flow.fee for flow in flows],
        "advance": [flow.advance for flow in flows],
    }


def _tail(ends: FloatArray, discount: FloatArray, rate: float) -> FloatArray:
    """Return how many times the last year's margins go on after the calendar, by step (P12)."""
    quarters = len(discount)
    last = max(quarters, math.ceil(ends.max(initial=0.0)))
    t = np.arange(quarters, last, dtype=float)
    worth = (1.0 + rate) ** (-t / 4.0)
    runs = np.clip(ends[:, None] - t, 0.0, 1.0)
    tail: FloatArray = (runs @ worth) / discount[-_LAST_YEAR:].sum()
    return tail


def _commitment(row: Row, steps: Steps, quarters: int) -> float:
    """Return what a MW of a row binds the buyer to, at expected prices."""
    stands = row.stands
    if not stands.committed.any() and not stands.beyond.any():
        return stands.once
    price = steps.mean(steps.over([stands.price(case) for case in steps.cases]), quarters)
    inside = float(stands.committed @ price)
    later = [stands.rise(quarters + n) for n in range(len(stands.beyond))]
    return stands.once + inside + float(stands.beyond @ np.array(later)) * float(price[-1])
