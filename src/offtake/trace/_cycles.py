"""Which ways the money goes round: elementary cycles, the largest bottleneck first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.trace._circulation import strong_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CycleSearch", "find_cycles"]

_STEPS: Final = 3_000_000
"""Arcs looked at before a search gives up: a few seconds."""


@dataclass(frozen=True, slots=True)
class CycleSearch:
    """What a search for cycles found, and what it left out.

    Parameters
    ----------
    cycles
        The parties of each cycle in the order of payment, beginning with the lowest number.
    bottlenecks
        The smallest amount on each, largest first.
    longest
        Most parties of a cycle that was looked for.
    complete
        Whether every cycle of at most so many parties was found.
    reached
        Every cycle (within that length) with a bottleneck above this amount was found.
    """

    cycles: tuple[tuple[int, ...], ...]
    bottlenecks: tuple[float, ...]
    longest: int
    complete: bool
    reached: float

    @property
    def left_out(self) -> str:
        """A sentence on what may be missing."""
        length = f"cycles of more than {self.longest} parties are not looked for"
        if self.complete:
            return f"All cycles of at most {self.longest} parties; {length}."
        return f"Cycles whose smallest payment is {self.reached:.6g} M USD or less may be missing; {length}."


@dataclass(slots=True)
class _Search:
    """A graph that grows by its arcs, largest first."""

    payers_of: dict[int, list[int]] = field(default_factory=dict)
    receivers_of: dict[int, list[int]] = field(default_factory=dict)
    steps: int = 0

    def add(self, payer: int, receiver: int) -> None:
        """Add an arc."""
        self.receivers_of.setdefault(payer, []).append(receiver)
        self.payers_of.setdefault(receiver, []).append(payer)

    def distances(self, goal: int, most: int) -> dict[int, int]:
        """Return the arcs from each party to a goal, for those within `most`."""
        found = {goal: 0}
        layer = [goal]
        for distance in range(1, most + 1):
            following = []
            for party in layer:
                before = self.payers_of.get(party, ())
                self.steps += len(before)
                for each in before:
                    if each not in found:
                        found[each] = distance
                        following.append(each)
            layer = following
            if not layer or self.steps > _STEPS:
                break
        return found

    def ways(self, start: int, goal: int, most: int) -> Iterator[list[int]]:
        """Yield every way from start to goal over at most `most` arcs without passing a party twice."""
        near = self.distances(goal, most)
        if start not in near:
            return
        way = [start]
        stack: list[Iterator[int]] = [iter(sorted(self.receivers_of.get(start, ())))]
        while stack and self.steps <= _STEPS:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                way.pop()
                continue
            self.steps += 1
            if step == goal:
                yield [*way, goal]
            elif near.get(step, most + 1) <= most - len(way) and step not in way:
                way.append(step)
                stack.append(iter(sorted(self.receivers_of.get(step, ()))))


def find_cycles(
    payers: Sequence[int] | Any,
    receivers: Sequence[int] | Any,
    amounts: Sequence[float] | Any,
    size: int,
    *,
    longest: int = 6,
    most: int = 200,
) -> CycleSearch:
    """Return elementary cycles, the largest bottleneck first, and what was left out.

    Arcs join the graph from the largest to the smallest. The cycles that an arc closes have it as their
    bottleneck, so that they come in order, and a search that stops early has missed only smaller ones.

    Parameters
    ----------
    payers, receivers, amounts
        Arcs, each pair of parties at most once; M USD above zero.
    size
        Number of parties.
    longest
        Most parties of a cycle.
    most
        Most cycles. The search also ends after three million steps.

    Examples
    --------
    >>> found = find_cycles([0, 1, 2, 1], [1, 2, 0, 0], [5.0, 3.0, 9.0, 4.0], 3)
    >>> found.cycles, found.bottlenecks, found.complete
    (((0, 1), (0, 1, 2)), (4.0, 3.0), True)
    """
    payers, receivers = np.asarray(payers, dtype=np.int64), np.asarray(receivers, dtype=np.int64)
    amounts = np.asarray(amounts, dtype=np.float64)
    parts = strong_parts(payers, receivers, size)
    inside = np.flatnonzero((parts[payers] == parts[receivers]) & (payers != receivers) & (amounts > 0))
    order = inside[np.lexsort((receivers[inside], payers[inside], -amounts[inside]))]
    search = _Search()
    cycles: list[tuple[int, ...]] = []
    bottlenecks: list[float] = []
    reached = 0.0
    complete = True
    for arc in order:
        payer, receiver, amount = int(payers[arc]), int(receivers[arc]), float(amounts[arc])
        for way in search.ways(receiver, payer, longest - 1):
            cycles.append(_turned(way))
            bottlenecks.append(amount)
            if len(cycles) >= most:
                break
        search.add(payer, receiver)
        if len(cycles) >= most or search.steps > _STEPS:
            reached, complete = amount, False
            break
    return CycleSearch(tuple(cycles), tuple(bottlenecks), longest, complete, reached)


def _turned(way: list[int]) -> tuple[int, ...]:
    """Return a cycle from its first party on."""
    first = way.index(min(way))
    return (*way[first:], *way[:first])
