"""What exclusivities of rows that may be signed, or ended, come to (rule Q16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offtake.plan._instance import BoolArray, FloatArray, Instance, IntArray

__all__ = ["barred", "binding", "endings", "holders", "lapsing", "numbers"]


def holders(instance: Instance) -> BoolArray:
    """Return on which sources each exclusivity leaves its workload, [E, S].

    They are those of the row's own provider, and of the holders of first refusals who match the row: what
    they match is theirs by the same terms.
    """
    contracts, provider = instance.contracts, np.array(instance.sources.provider, dtype=object)
    if instance.exclusivities is None:
        return np.zeros((0, len(provider)), dtype=bool)
    inside = np.zeros((len(instance.exclusivities.row), len(provider)), dtype=bool)
    matches = np.flatnonzero([what == "match" for what in contracts.what])
    for e, row in enumerate(instance.exclusivities.row):
        for each in [row, *matches[contracts.parent[matches] == row]]:
            inside[e] |= provider == provider[contracts.source[each]]
    return inside


def lapsing(instance: Instance, gone: str) -> BoolArray:
    """Return which exclusivities lapse with a provider: those of the rows that it sells, [E]."""
    found = instance.exclusivities
    if found is None:
        return np.zeros(0, dtype=bool)
    sellers = [instance.sources.provider[instance.contracts.source[row]] for row in found.row]
    return np.array([seller == gone for seller in sellers], dtype=bool)


def endings(instance: Instance) -> Iterator[tuple[int, int, BoolArray]]:
    """Yield each exclusivity with each termination of its row, and the steps after that is decided, [M]."""
    contracts, found = instance.contracts, instance.exclusivities
    if found is None:
        return
    ends = np.flatnonzero([what == "termination" for what in contracts.what])
    for e, row in enumerate(found.row):
        for end in ends[contracts.parent[ends] == row]:
            yield e, int(end), found.steps[e] & instance.tree.below(int(contracts.node[end]))


def binding(instance: Instance, y: FloatArray) -> BoolArray:
    """Return at which steps each exclusivity binds, given which rows are signed, [E, M]."""
    found = instance.exclusivities
    if found is None:
        return np.zeros((0, len(instance.tree.step_node)), dtype=bool)
    said = np.where(instance.contracts.node < 0, 1.0, y)
    binds = said[found.row][:, None] * found.steps
    for e, end, after in endings(instance):
        binds[e] -= said[end] * after
    signed: BoolArray = binds > 0.5  # noqa: PLR2004 - between yes and no
    return signed


def barred(instance: Instance, y: FloatArray, gone: str | None = None) -> BoolArray:
    """Return where signed exclusivities bar each workload from running, [W, S, M].

    Those of a provider that is gone bar nothing.
    """
    size = len(instance.workloads.names), len(instance.sources.entry), len(instance.tree.step_node)
    bars = np.zeros(size, dtype=bool)
    found = instance.exclusivities
    if found is None:
        return bars
    binds, inside = binding(instance, y), holders(instance)
    lapsed = lapsing(instance, gone) if gone is not None else np.zeros(len(binds), dtype=bool)
    for e in np.flatnonzero(~lapsed):
        bars[found.workload[e]] |= ~inside[e][:, None] & binds[e][None]
    return bars


def numbers(instance: Instance) -> IntArray:
    """Return a number for each exclusivity, the same for all rows of an entry that bind one workload, [E]."""
    found = instance.exclusivities
    if found is None:
        return np.zeros(0, dtype=np.int64)
    keys = [(instance.contracts.entry[row], int(w)) for row, w in zip(found.row, found.workload, strict=True)]
    return np.array([keys.index(key) for key in keys], dtype=np.int64)
