"""Scenario trees from drawn futures: which future each node shows, and how likely it is (P3, P4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offtake.errors import InputError
from offtake.plan._instance import OPENING, Tree
from offtake.plan._reduction import Kept, Method, lost, reduced, standardised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

__all__ = ["Shown", "drawn_tree", "fresh_tree", "tree_of"]


class Shown(NamedTuple):
    """A tree, and the future that each node shows."""

    tree: Tree
    future: NDArray[np.int64]
    """[N] future of each node; that of the root is not read"""
    reduction: dict[str, float]


def tree_of(
    names: Sequence[str], parent: Sequence[int], probability: Sequence[float], last: Sequence[int]
) -> Tree:
    """Return the tree of these nodes with its steps; the root stands first, parents before their children.

    Examples
    --------
    >>> tree_of(["opening", "up", "down"], [-1, 0, 0], [1.0, 0.4, 0.6], [0, 2, 2]).step_before.tolist()
    [-1, 0, -1, 2]
    """
    first = [0 if up < 0 else last[up] for up in parent]
    node: list[int] = []
    quarter: list[int] = []
    before: list[int] = []
    end = [-1] * len(names)
    for n, up in enumerate(parent):
        previous = -1 if up < 0 else end[up]
        for t in range(first[n], last[n]):
            node.append(n)
            quarter.append(t)
            before.append(previous)
            previous = len(node) - 1
        end[n] = previous
    series = (parent, first, last, node, quarter, before)
    above, begins, ends, at, when, prior = (np.array(each, dtype=np.int64) for each in series)
    return Tree(tuple(names), above, np.array(probability, dtype=float), begins, ends, at, when, prior)


def fresh_tree(futures: int, quarters: int) -> Shown:
    """Return the tree in which every future is a scenario of its own, all equally likely."""
    names = [OPENING, *(f"future {n + 1}" for n in range(futures))]
    parent = [-1] + [0] * futures
    tree = tree_of(names, parent, [1.0] + [1.0 / futures] * futures, [0] + [quarters] * futures)
    return Shown(tree, np.array([0, *range(futures)], dtype=np.int64), {})


def drawn_tree(
    features: Callable[[int], FloatArray],
    futures: int,
    quarters: int,
    *,
    scenarios: int,
    stages: Sequence[int],
    method: Method,
    seed: int,
) -> Shown:
    """Return a tree of drawn futures by nested clusters, and what it loses.

    Parameters
    ----------
    features
        Gives what is seen of every future before a quarter, [futures, features].
    futures, quarters
        How many there are.
    scenarios
        Leaves.
    stages
        Quarters at whose start is decided again, in order.
    method, seed
        How clusters are found.

    Notes
    -----
    With s stages, level l of s + 1 has about scenarios^(l / (s + 1)) nodes; a node's children share its
    futures among them, each cluster getting at least one child and more the likelier it is.
    """
    _check(futures, quarters, scenarios, stages)
    weight = np.full(futures, 1.0 / futures)
    names, parent, probability, last, shown = [OPENING], [-1], [1.0], [0], [0]
    clusters = {0: np.arange(futures)}
    ends = [*stages, quarters]
    seen = np.zeros((futures, 0))
    for level, end in enumerate(ends):
        seen = standardised(features(end), weight)
        target = scenarios if level == len(ends) - 1 else _nodes(scenarios, level + 1, len(ends))
        below: dict[int, NDArray[np.int64]] = {}
        for (node, inside), count in zip(clusters.items(), _shares(clusters, target), strict=True):
            share = weight[inside] / weight[inside].sum()
            kept = reduced(seen[inside], share, count, method=method, seed=seed)
            for k, chosen in enumerate(kept.chosen):
                members = inside[kept.nearest == k]
                if not members.size:
                    # of futures that are alike in everything one is enough
                    continue
                below[len(names)] = members
                names.append(_name(names[node], k))
                parent.append(node)
                probability.append(float(weight[members].sum()))
                last.append(end)
                shown.append(int(inside[chosen]))
        clusters = below
    tree = tree_of(names, parent, probability, last)
    chosen = np.array([shown[node] for node in clusters], dtype=np.int64)
    nearest = np.zeros(futures, dtype=np.int64)
    for k, members in enumerate(clusters.values()):
        nearest[members] = k
    loss = lost(seen, weight, Kept(chosen, nearest))
    return Shown(tree, np.array(shown, dtype=np.int64), loss)


def _check(futures: int, quarters: int, scenarios: int, stages: Sequence[int]) -> None:
    if futures < scenarios:
        message = (
            f"{scenarios} scenarios cannot be chosen from {futures} futures; draw more futures or keep fewer"
        )
        raise InputError(message)
    if scenarios < 1:
        message = f"at least one scenario is needed, not {scenarios}"
        raise InputError(message)
    for before, stage in zip([0, *stages], stages, strict=False):
        if not before < stage < quarters:
            message = (
                f"the stage in quarter {stage} does not lie after {before} and before {quarters}, where the "
                "calendar ends; give stages within the calendar, in order, each once"
            )
            raise InputError(message)


def _nodes(scenarios: int, level: int, levels: int) -> int:
    nodes: float = float(scenarios) ** (level / levels)
    return max(1, round(nodes))


def _shares(clusters: dict[int, NDArray[np.int64]], total: int) -> list[int]:
    """Return how many children each node gets: at least one, at most its futures, by its size."""
    sizes = [len(members) for members in clusters.values()]
    counts = [1] * len(sizes)
    total = min(max(total, len(sizes)), sum(sizes))
    while sum(counts) < total:
        # the node whose children stand for most futures each is divided further (D'Hondt)
        rooms = [
            size / (count + 1) if count < size else 0.0 for size, count in zip(sizes, counts, strict=True)
        ]
        counts[int(np.argmax(rooms))] += 1
    return counts


def _name(parent: str, place: int) -> str:
    return f"{place + 1}" if parent == OPENING else f"{parent}.{place + 1}"
