"""Which gates hold a phase up, and what each costs (rule B1)."""

from typing import Any

import numpy as np

from offtake.model import Structure

__all__ = ["gate_criticality", "gate_saving"]

Array = Any
_EARLY = 1e-9


def gate_criticality(fixed: Structure, durations: Array) -> Array:
    """Return which gates lie on their phase's longest path, [futures, G] of 0 or 1."""
    delivery = fixed.delivery
    critical = np.zeros(durations.shape, dtype=bool)
    for gates in delivery.phase_gates:
        if not gates:
            continue
        ends = _ends(fixed, gates, durations)
        latest = _latest(ends)
        for g in reversed(gates):
            last = np.abs(ends[g] - latest) < _EARLY
            for follower in gates:
                if g in delivery.gate_after[follower]:
                    begins = ends[follower] - durations[:, follower]
                    last |= critical[:, follower] & (np.abs(begins - ends[g]) < _EARLY)
            critical[:, g] = last
    return critical.astype(float)


def gate_saving(fixed: Structure, durations: Array) -> Array:
    """Return how many quarters earlier each gate's phase would be energised without it, [futures, G]."""
    saved = np.zeros(durations.shape)
    for k, gates in enumerate(fixed.delivery.phase_gates):
        if not gates or not np.isnan(fixed.delivery.phase_online[k]):
            continue
        usual = _latest(_ends(fixed, gates, durations))
        for g in gates:
            saved[:, g] = usual - _latest(_ends(fixed, gates, durations, skipped=g))
    return saved


def _ends(fixed: Structure, gates: tuple[int, ...], durations: Array, skipped: int = -1) -> dict[int, Array]:
    """Return when each gate of a phase is done, [futures]; a skipped gate takes no time."""
    delivery = fixed.delivery
    ends: dict[int, Array] = {}
    for g in gates:
        earliest = max(delivery.phase_start[delivery.gate_phase[g]], delivery.gate_not_before[g])
        start = np.full(len(durations), earliest)
        for before in delivery.gate_after[g]:
            start = np.maximum(start, ends[before])
        ends[g] = start if g == skipped else start + durations[:, g]
    return ends


def _latest(ends: dict[int, Array]) -> Array:
    return np.max(list(ends.values()), axis=0)
