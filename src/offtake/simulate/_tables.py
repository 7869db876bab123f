"""Small helpers on fixed tables."""

from typing import Any

import numpy as np

from offtake.model import Structure
from offtake.model._arrays import one_hot

__all__ = ["by_deal", "net_by_deal", "one_hot", "row"]

Array = Any


def row(xp: Any, table: Array, t: Array) -> Array:
    """Return the row of a fixed table [T, ...] for quarter t, a float."""
    if isinstance(t, float):
        return table[int(t)]
    return xp.asarray(table)[t.astype(int)]


def by_deal(fixed: Structure) -> Array:
    """Return the matrix that sums pieces by capacity deal, [P, C]."""
    return one_hot(fixed.delivery.piece_deal, len(fixed.capacity.deal))


def net_by_deal(fixed: Structure) -> Array:
    """Return the matrix [M, D] that nets a deal's lines: its debtor's payments less what comes back."""
    lines = fixed.lines
    table = np.zeros((len(lines.kind), len(fixed.names.deals)))
    for m, deal in enumerate(lines.deal):
        if deal >= 0:
            table[m, deal] = 1.0 if lines.payer[m] == fixed.deal_debtor[deal] else -1.0
    return table
