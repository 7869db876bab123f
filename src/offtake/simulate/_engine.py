"""Running all quarters of a block of futures, with numpy or with jax."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from offtake.model import Model, Structure
from offtake.simulate._delivery import Plan, deliver
from offtake.simulate._draws import Future, draw
from offtake.simulate._state import State, opening
from offtake.simulate._step import Flows, Inputs, step

__all__ = ["Block", "run_block"]

Array = Any
Keep = Callable[[Any, Structure, State, Flows], Any]


class Block(NamedTuple):
    """What a block of futures gave."""

    future: Future
    plan: Plan
    kept: Any
    """What `keep` returned for each quarter, stacked on a leading axis."""


def run_block(xp: Any, model: Model, z: Array, keep: Keep) -> Block:
    """Return the course of a block of futures.

    Parameters
    ----------
    xp
        ``numpy`` (a loop over quarters) or ``jax.numpy`` (``lax.scan``); the step is the same function.
    model
        The compiled book.
    z
        Standard normals, [..., Z], in the order of `model.draw_labels`.
    keep
        Called with (xp, structure, state after the quarter, flows); returns a tuple or dict of arrays.
    """
    # never is an infinite date, and what is computed from two of them is masked out
    with np.errstate(invalid="ignore"):
        return _run(xp, model, z, keep)


def _run(xp: Any, model: Model, z: Array, keep: Keep) -> Block:
    fixed = model.structure
    future = draw(xp, model, z)
    plan = deliver(xp, fixed, future)
    state = opening(xp, fixed, future, plan)
    inputs = Inputs(
        t=xp.arange(fixed.quarters) * 1.0,
        drivers=xp.moveaxis(future.drivers, -2, 0),
        base=xp.asarray(fixed.profiles.base),
        spot=xp.moveaxis(plan.spot, -1, 0),
    )

    def quarter(before: State, now: Inputs) -> tuple[State, Any]:
        after, flows = step(xp, fixed, future, plan, before, now)
        return after, keep(xp, fixed, after, flows)

    if xp is np:
        return Block(future, plan, _loop(quarter, state, inputs, fixed.quarters))
    from jax import lax

    _, kept = lax.scan(quarter, state, inputs)
    return Block(future, plan, kept)


def _loop(
    quarter: Callable[[State, Inputs], tuple[State, Any]], state: State, inputs: Inputs, count: int
) -> Any:
    """Return what is kept of each quarter, stacked."""
    kept = []
    for t in range(count):
        state, one = quarter(state, Inputs(float(t), inputs.drivers[t], inputs.base[t], inputs.spot[t]))
        kept.append(one)
    return _stack(kept)


def _stack(items: list[Any]) -> Any:
    first = items[0]
    if isinstance(first, dict):
        return {key: _stack([item[key] for item in items]) for key in first}
    if isinstance(first, tuple):
        columns = [_stack(list(column)) for column in zip(*items, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else tuple(columns)
    return np.stack(items)
