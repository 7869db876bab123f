"""What cannot be planned: arrays that do not fit each other, or that lack a number, named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from offtake.plan._instance import Instance

__all__ = ["refuse"]

TOLERANCE = 1e-9
"""How far probabilities may be from adding up."""


def refuse(instance: Instance) -> None:
    """Raise if an instance cannot be planned as it stands; every finding is named.

    Raises
    ------
    InputError
        If an array has the wrong shape, a number is missing or infinite, the tree's probabilities do not add
        up, or a row brings something at a step that does not follow from its decision.
    """
    found = _misfits(instance)
    if not found:
        found = [*_gaps(instance), *_tree(instance), *_rows(instance), *_exclusivities(instance)]
    if found:
        msg = "this problem cannot be planned:\n" + "\n".join(f"  {line}" for line in found)
        raise InputError(msg)


def _arrays(instance: Instance) -> list[tuple[str, NDArray[np.float64], tuple[int, ...], Sequence[str]]]:
    """Name, values, wanted shape, and names along the first axis of every array of numbers."""
    contracts, sources, work = instance.contracts, instance.sources, instance.workloads
    c, s, w, m, t = (
        len(contracts.entry),
        len(sources.entry),
        len(work.names),
        len(instance.tree.step_node),
        len(instance.quarters),
    )
    steps = [_step(instance, k) for k in range(m)]
    return [
        *(
            (f"contracts.{n}", getattr(contracts, n), (c,), contracts.entry)
            for n in ("least", "most", "ratio", "commitment")
        ),
        *(
            (f"contracts.{n}", getattr(contracts, n), (c, m), contracts.entry)
            for n in ("delivered", "fee", "floor", "advance", "tail")
        ),
        ("contracts.contracted", contracts.contracted, (c, t), contracts.entry),
        ("sources.usage", sources.usage, (s, m), sources.entry),
        ("sources.efficiency", sources.efficiency, (s,), sources.entry),
        *((f"workloads.{n}", getattr(work, n), (w, m), work.names) for n in ("demand", "earns", "worth")),
        *(
            (f"workloads.{n}", getattr(work, n), (w,), work.names)
            for n in ("penalty", "duration", "critical", "service", "waiting_loss")
        ),
        *(
            (f"spot.{n}", getattr(instance.spot, n), (m,), steps)
            for n in ("buy", "sell", "buy_depth", "sell_depth")
        ),
        *((f"cash.{n}", getattr(instance.cash, n), (m,), steps) for n in ("other", "funding", "rate")),
        ("discount", instance.discount, (t,), instance.quarters),
    ]


def _step(instance: Instance, step: int) -> str:
    tree = instance.tree
    return f"{tree.names[tree.step_node[step]]} {instance.quarters[tree.step_quarter[step]]}"


def _misfits(instance: Instance) -> list[str]:
    work, tree = instance.workloads, instance.tree
    w, s, m = len(work.names), len(instance.sources.entry), len(tree.step_node)
    wanted: list[tuple[str, Any, tuple[int, ...]]] = [
        (name, values, shape) for name, values, shape, _ in _arrays(instance)
    ]
    wanted += [
        ("workloads.placement", work.placement, (w, s)),
        ("workloads.bound", work.bound, (len(work.holders), w, m)),
        ("sources.resale", instance.sources.resale, (s,)),
        ("contracts.whole", instance.contracts.whole, (len(instance.contracts.entry),)),
    ]
    if instance.exclusivities is not None:
        count = len(instance.exclusivities.row)
        wanted += [
            ("exclusivities.workload", instance.exclusivities.workload, (count,)),
            ("exclusivities.steps", instance.exclusivities.steps, (count, m)),
        ]
    return [
        f"{name} has shape {np.shape(values)}, not {shape}"
        for name, values, shape in wanted
        if np.shape(values) != shape
    ]


def _gaps(instance: Instance) -> list[str]:
    found = []
    for name, values, _, names in _arrays(instance):
        bad = ~np.isfinite(values)
        if name in {"spot.buy_depth", "spot.sell_depth", "cash.funding"}:
            bad = np.isnan(values)
        if bad.any():
            where = tuple(np.argwhere(bad)[0])
            place = names[where[0]]
            if len(where) > 1:
                quarterly = name == "contracts.contracted"
                place += f" at {instance.quarters[where[1]] if quarterly else _step(instance, where[1])}"
            found.append(f"{name} of {place} is {values[where]}; every number must be known")
    for name, values in (
        ("workloads.demand", instance.workloads.demand),
        ("spot.buy_depth", instance.spot.buy_depth),
        ("spot.sell_depth", instance.spot.sell_depth),
        ("contracts.most", instance.contracts.most),
        ("sources.usage", instance.sources.usage),
        ("workloads.penalty", instance.workloads.penalty),
        ("workloads.duration", instance.workloads.duration),
    ):
        if np.size(values) and np.min(values) < 0.0:
            found.append(f"{name} is {np.min(values):g} somewhere; it must be at least 0")
    shortfall = instance.cash.shortfall
    if shortfall is not None and not 0.0 <= shortfall < np.inf:
        found.append(f"cash.shortfall is {shortfall:g}; it must be at least 0 and finite, or None")
    return found


def _tree(instance: Instance) -> list[str]:
    tree, found = instance.tree, []
    for node in range(len(tree.parent)):
        children = np.flatnonzero(tree.parent == node)
        total = tree.probability[children].sum()
        if len(children) and abs(total - tree.probability[node]) > TOLERANCE:
            wanted = f"{total:g} in all, not {tree.probability[node]:g}"
            found.append(f"what follows '{tree.names[node]}' has probability {wanted}")
    if abs(tree.probability[0] - 1.0) > TOLERANCE:
        found.append(f"the root has probability {tree.probability[0]:g}, not 1")
    return found


def _rows(instance: Instance) -> list[str]:
    contracts, tree, found = instance.contracts, instance.tree, []
    for node in np.unique(contracts.node[contracts.node >= 0]):
        stray = ~tree.below(int(node))
        for row in np.flatnonzero(contracts.node == node).tolist():
            for name in ("delivered", "fee", "floor", "advance"):
                if np.any(getattr(contracts, name)[row, stray]):
                    step = int(np.flatnonzero(stray & (getattr(contracts, name)[row] != 0.0))[0])
                    found.append(
                        f"contracts.{name} of {contracts.entry[row]} is not 0 at {_step(instance, step)},"
                        f" which does not follow from '{tree.names[node]}', where it is decided"
                    )
    for option, relation in enumerate(contracts.relation):
        if relation != "none" and contracts.parent[option] < 0:
            found.append(f"row {option} ({contracts.entry[option]}) is a {relation} of no row")
    outside = np.flatnonzero(contracts.source >= len(instance.sources.entry))
    found += [f"row {row} ({contracts.entry[row]}) brings capacity to no source" for row in outside]
    return found


def _exclusivities(instance: Instance) -> list[str]:
    contracts, tree, bonds, found = instance.contracts, instance.tree, instance.exclusivities, []
    if bonds is None:
        return []
    pairs = list(zip(bonds.row.tolist(), bonds.workload.tolist(), strict=True))
    for e, (row, workload) in enumerate(pairs):
        name = f"exclusivities: that of {contracts.entry[row]} on {instance.workloads.names[workload]}"
        if contracts.source[row] < 0:
            found.append(f"{name} leaves no source, as its row brings capacity to none")
        if (row, workload) in pairs[:e]:
            found.append(f"{name} stands there twice for one row; join their steps")
        node = int(contracts.node[row])
        stray = bonds.steps[e] & ~tree.below(node) if node >= 0 else np.zeros(1, dtype=bool)
        if stray.any():
            step = _step(instance, int(np.flatnonzero(stray)[0]))
            found.append(f"{name} binds at {step}, which does not follow from '{tree.names[node]}'")
    return found
