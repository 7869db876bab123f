"""Splitting what a failure does over the channels by which it reaches others."""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from offtake.model import CHANNELS, Model

__all__ = ["closings", "shapley", "silent"]

Array = Any
_COUNT = len(CHANNELS)


def shapley(value: dict[frozenset[int], Array], players: int = _COUNT) -> list[Array]:
    """Return each player's Shapley value; they add up to what all do together less what none does.

    Parameters
    ----------
    value
        What each set of players achieves, by set; all sets are needed, the empty one too.
    players
        Number of players.

    Notes
    -----
    Shapley (1953): the mean, over all orders in which the players may come, of what each adds. Every order
    starts with nobody and ends with all, so the values add up exactly.

    Examples
    --------
    >>> sets = {frozenset(): 0.0, frozenset({0}): 1.0, frozenset({1}): 2.0, frozenset({0, 1}): 5.0}
    >>> shapley(sets, 2)
    [2.0, 3.0]
    """
    split = []
    for player in range(players):
        others = [each for each in range(players) if each != player]
        total: Any = 0.0
        for size in range(players):
            weight = factorial(size) * factorial(players - 1 - size) / factorial(players)
            for chosen in combinations(others, size):
                before = frozenset(chosen)
                total = total + weight * (value[before | {player}] - value[before])
        split.append(total)
    return split


def closings() -> list[frozenset[int]]:
    """Return every set of open channels, smallest first."""
    return [frozenset(chosen) for size in range(_COUNT + 1) for chosen in combinations(range(_COUNT), size)]


def silent(model: Model, failed: Array) -> frozenset[int]:
    """Return the channels that cannot carry anything of these failures, so that closing them is no change.

    Parameters
    ----------
    model
        The model.
    failed
        Whether each party fails, [N].
    """
    fixed = model.structure
    lines, capacity = fixed.lines, fixed.capacity
    pays, takes = failed[lines.payer], failed[lines.receiver]
    sells = failed[capacity.seller].any()
    buys = failed[capacity.buyer].any() or failed[fixed.dispatch.workload_buyer].any()
    drawn = "contagion.sensitivity" in fixed.drawn_leaves[0]
    carries = (
        bool(pays.any() or (takes & lines.to_debtor).any() or buys or sells),
        bool((takes & ~lines.to_debtor).any() or sells or failed[fixed.dispatch.bond_holder].any()),
        bool((pays & lines.gives_money).any()),
        bool(drawn or np.any(model.leaves["contagion.sensitivity"] != 0.0)),
    )
    return frozenset(n for n, carried in enumerate(carries) if not carried)
