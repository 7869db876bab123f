"""Which party, lines and workloads of a model a quote looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from offtake.model import Model
    from offtake.quote._request import Asked

__all__ = ["Seats", "seats_of"]

Array = Any


class Seats(NamedTuple):
    """Weights that pick what a quote looks at."""

    buyer: Array
    seller: Array
    """[N]"""
    lines: Array
    """[M] 1 where the buyer pays"""
    workloads: Array
    own: Array
    """[W] the buyer's that may run on it, and the seller's"""
    deals: Array
    """[C] effective MW of a MW, where the request is a deal of the book already"""


def seats_of(model: Model, asked: Asked) -> Seats:
    """Return the weights that pick a request's parties, workloads and deal."""
    names, lines, capacity = model.names, model.structure.lines, model.structure.capacity
    parties = np.arange(len(names.parties))
    buyer, seller = names.parties.index(asked.buyer), names.parties.index(asked.seller)
    deals = np.zeros(len(capacity.deal))
    if asked.counted:
        deals[capacity.deal == names.deals.index(asked.deal)] = asked.efficiency
    return Seats(
        buyer=(parties == buyer).astype(float),
        seller=(parties == seller).astype(float),
        lines=(lines.payer == buyer).astype(float),
        workloads=np.array([1.0 if name in asked.workloads else 0.0 for name in names.workloads]),
        own=(model.structure.dispatch.workload_buyer == seller).astype(float),
        deals=deals,
    )
