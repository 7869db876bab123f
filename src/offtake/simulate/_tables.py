"""Small helpers on fixed tables."""

from typing import Any

from offtake.model import Structure
from offtake.model._arrays import one_hot

__all__ = ["by_deal", "one_hot", "row"]

Array = Any


def row(xp: Any, table: Array, t: Array) -> Array:
    """Return the row of a fixed table [T, ...] for quarter t, a float."""
    if isinstance(t, float):
        return table[int(t)]
    return xp.asarray(table)[t.astype(int)]


def by_deal(fixed: Structure) -> Array:
    """Return the matrix that sums pieces by capacity deal, [P, C]."""
    return one_hot(fixed.delivery.piece_deal, len(fixed.capacity.deal))
