"""What happens to one party in the futures of `simulate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from offtake.book import Book

    FloatArray = NDArray[np.float64]

__all__ = ["alive", "earned"]

_BLOCK = 256
_EARNED = ("revenue", "redeployed")


def alive(book: Book, party: str, futures: int, seed: int) -> FloatArray:
    """Return in which quarters of which futures a party is alive, [F, T]."""
    return 1.0 - _seen(book, party, futures, seed, lambda flows, place: flows.dead[..., place])


def earned(book: Book, party: str, futures: int, seed: int) -> FloatArray:
    """Return what a party's workloads and idle machines bring, less penalties, [F, T] M USD."""
    from offtake.simulate._outside import INFLOWS, OUTFLOWS

    inward, lost = [INFLOWS.index(kind) for kind in _EARNED], OUTFLOWS.index("penalty")

    def brings(flows: Any, place: int) -> Any:
        return sum(flows.inflow[..., kind, place] for kind in inward) - flows.outside_paid[..., lost, place]

    return _seen(book, party, futures, seed, brings)


def _seen(book: Book, party: str, futures: int, seed: int, what: Callable[[Any, int], Any]) -> FloatArray:
    from offtake.drivers import standard_normals
    from offtake.model import compile as compile_model
    from offtake.simulate._engine import run_block

    model = compile_model(book)
    place = model.names.parties.index(party)
    parts = []
    for first in range(0, futures, _BLOCK):
        z = standard_normals(seed, first, min(_BLOCK, futures - first), len(model.draw_labels))
        parts.append(run_block(np, model, z, lambda _xp, _fixed, _after, flows: what(flows, place)).kept)
    return np.asarray(np.concatenate(parts, axis=-1).T, dtype=np.float64)
