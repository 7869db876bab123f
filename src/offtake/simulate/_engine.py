"""Running all quarters of a block of futures, with numpy or with jax."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from offtake.model import Model, Structure
from offtake.simulate._delivery import Plan, deliver
from offtake.simulate._draws import Future, draw
from offtake.simulate._state import State, opening
from offtake.simulate._step import Flows, Inputs, step

__all__ = ["COMPILER", "QUICK", "Block", "Keep", "prepare", "proceed", "run_block"]

Array = Any

QUICK = {"xla_cpu_use_fusion_emitters": False}
"""Options of programs that run one block at a time: compiled several times faster."""

COMPILER = {**QUICK, "xla_disable_hlo_passes": "cpu-parallel-task-assigner"}
"""Options of programs that run block beside block: one core to a block."""

Keep = Callable[[Any, Structure, State, Flows], Any]


class Block(NamedTuple):
    """What a block of futures gave."""

    future: Future
    plan: Plan
    kept: Any
    """What `keep` returned for each quarter, stacked on a leading axis."""


def run_block(xp: Any, model: Model, z: Array, keep: Keep, *, reverse: bool = False) -> Block:
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
    reverse
        Whether derivatives will be taken backwards: each quarter is then run again on the way back in place
        of being kept, so that memory grows with the state only.
    """
    future, plan = prepare(xp, model, z)
    return Block(future, plan, proceed(xp, model.structure, future, plan, keep, reverse=reverse))


def prepare(xp: Any, model: Model, z: Array) -> tuple[Future, Plan]:
    """Return what standard normals deal to a block of futures, and the dates and prices that follow."""
    # never is an infinite date, and what is computed from two of them is masked out
    with np.errstate(invalid="ignore"):
        future = draw(xp, model, z)
        return future, deliver(xp, model.structure, future)


def proceed(
    xp: Any, fixed: Structure, future: Future, plan: Plan, keep: Keep, *, reverse: bool = False
) -> Any:
    """Return what `keep` gives for each quarter of prepared futures, stacked on a leading axis."""
    with np.errstate(invalid="ignore"):
        return _proceed(xp, fixed, future, plan, keep, reverse)


def _proceed(xp: Any, fixed: Structure, future: Future, plan: Plan, keep: Keep, reverse: bool) -> Any:
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
        return _loop(quarter, state, inputs, fixed.quarters)
    import jax

    _, kept = jax.lax.scan(jax.checkpoint(quarter) if reverse else quarter, state, inputs)
    return kept


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
