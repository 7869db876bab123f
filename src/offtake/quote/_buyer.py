"""What the book's own futures say of a buyer and of the market: the base run of a quote."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from offtake.drivers import standard_normals
from offtake.quote._seats import Seats
from offtake.simulate import BLOCK
from offtake.simulate._engine import QUICK, run_block
from offtake.simulate._rebuild import numbers, rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.model import Model, Structure

__all__ = ["Seen", "watch"]

Array = Any


class Seen(NamedTuple):
    """What is seen of each future, quarter by quarter, [T, futures]."""

    dead: Array
    """1 where the buyer's default has taken effect"""
    paid: Array
    """share of what fell due from the buyer in the quarter that it paid"""
    wanted: Array
    """effective MW of the buyer's workloads that found no place but spot, or that the deal itself served"""
    own: Array
    """effective MW of the provider's own workloads that found no place but spot"""
    idle: Array
    """MW that the provider rents out on spot, or that stand idle, already"""


def watch(
    model: Model,
    seats: Seats,
    *,
    paths: int,
    seed: int,
    engine: str,
    progress: Callable[[int, int], None] | None,
    columns: Array | None = None,
) -> Seen:
    """Return what the futures of a book as it stands say of a buyer and a provider.

    The futures are those of `simulate` with the same seed, number by number; or take their numbers from
    other `columns`, one for each label.
    """
    order = np.arange(len(model.draw_labels)) if columns is None else columns
    width = int(order.max(initial=-1)) + 1
    run = _compiled(model.structure) if engine == "jax" else None
    parts = []
    for first in range(0, paths, BLOCK):
        count = min(BLOCK, paths - first)
        z = standard_normals(seed, first, BLOCK if run else count, width)[:, order]
        seen = _seen(np, model, z, seats) if run is None else run(*numbers(model), z, tuple(seats))
        parts.append([np.asarray(each)[:, :count] for each in seen])
        if progress is not None:
            progress(first + count, paths)
    return Seen(*(np.concatenate(each, axis=1) for each in zip(*parts, strict=True)))


def _seen(xp: Any, model: Model, z: Array, seats: Seats) -> Seen:
    def keep(xp: Any, _fixed: Structure, _after: Any, flows: Any) -> tuple[Array, ...]:
        due, paid = flows.due @ seats.lines, flows.paid @ seats.lines
        missing = flows.served.unserved + flows.served.bought
        return (
            flows.dead @ seats.buyer,
            xp.where(due > 0.0, paid / xp.where(due > 0.0, due, 1.0), 1.0),
            missing @ seats.workloads + flows.served.used_deal @ seats.deals,
            missing @ seats.own,
            (flows.idle.redeployed + flows.idle.stranded) @ seats.seller,
        )

    return Seen(*run_block(xp, model, z, keep).kept)


@lru_cache(maxsize=8)
def _compiled(fixed: Structure) -> Callable[..., Seen]:
    """Return the compiled program of a structure; all numbers are its arguments."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

    def program(leaves: Any, drivers: Any, uncertain: Any, z: Array, seats: Any) -> Seen:
        return _seen(jnp, rebuild(fixed, leaves, drivers, uncertain), z, Seats(*seats))

    return jax.jit(program, compiler_options=QUICK)
