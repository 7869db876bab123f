"""Derivatives through the simulator, backwards: one pass for every number of a book and every normal.

One compiled program serves all questions about a structure: what is asked for (`Aim`) is a set of numbers.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from offtake.errors import InputError
from offtake.model import Model, Structure
from offtake.model.driver_arrays import DriverArrays
from offtake.simulate._engine import QUICK, Block, run_block
from offtake.simulate._observe import FANS, Seen, observe, summarise
from offtake.simulate._rebuild import rebuild
from offtake.simulate._state import State
from offtake.simulate._step import Flows
from offtake.simulate._tables import one_hot
from offtake.spelling import refuse_unknown

__all__ = [
    "BACKWARD",
    "FORWARD",
    "Aim",
    "Looked",
    "Numbers",
    "backward",
    "default_aim",
    "look",
    "numbers_of",
    "quarter_place",
]

Array = Any

BACKWARD = 64
"""Futures in a block that is differentiated."""

FORWARD = 64
"""Futures in a block that is only run: searches ask for a few at a time."""

_AHEAD = 2

_FAR = 1e15
_SHARP = 1e-9


class Numbers(NamedTuple):
    """Every number of a model by which derivatives are taken."""

    leaves: dict[str, Array]
    drivers: tuple[Array, ...]
    """in the order of `DriverArrays.ARRAYS`"""
    params: Array
    rho: Array
    factor: Array
    shift: Array
    """those of what is drawn, as in `Uncertain`"""
    base: Array
    """[T, F] bases of the profiles"""


class Aim(NamedTuple):
    """What is asked of each future, as numbers."""

    series: dict[str, Array]
    """weights on the variables of the results, by name"""
    party: Array
    """[N] 1 for the party whose default is asked about"""
    quarters: Array
    """[T] 1 for the quarters in which it may default"""
    default: Array
    """weight on its default, a step smoothed over `width`"""
    width: Array
    """M USD of liquidity over which a default counts partly"""
    distance: Array
    """weight on its distance to default"""
    blur: Array
    """M USD over which the least headroom of several quarters is averaged"""


class Looked(NamedTuple):
    """What a block of futures shows, each [futures] where nothing else is said."""

    value: Array
    distance: Array
    """M USD of liquidity left at the tightest time; below zero in default"""
    failed: Array
    """1 where the party is in default by the last quarter asked about"""
    pattern: Array
    """a number that differs where anything that happens or not differs"""
    left: Array
    """[futures, T] M USD of liquidity left by quarter, the best within the grace"""


class _Kept(NamedTuple):
    """What a quarter leaves for the outcomes."""

    seen: Seen
    headroom: Array
    drawn: Array
    alive: Array
    failed: Array
    """[..., N]"""
    confidence: Array
    pattern: tuple[Array, ...]


def numbers_of(model: Model) -> Numbers:
    """Return the numbers of a model."""
    drawn = model.uncertain
    return Numbers(
        leaves=dict(model.leaves),
        drivers=tuple(getattr(model.drivers, name) for name in DriverArrays.ARRAYS),
        params=drawn.params,
        rho=drawn.rho,
        factor=drawn.factor,
        shift=drawn.shift,
        base=model.structure.profiles.base,
    )


def default_aim(fixed: Structure, party: str, last: int, *, blur: float = 0.0) -> Aim:
    """Return the question how far a party is from default up to and including a quarter.

    Raises
    ------
    InputError
        If there is no such party.
    """
    names = fixed.names.parties
    refuse_unknown(party, names, "party")
    return Aim(
        series={},
        party=one_hot([names.index(party)], len(names))[0],
        quarters=np.where(np.arange(fixed.quarters) <= last, 1.0, 0.0),
        default=np.float64(0.0),
        width=np.float64(1.0),
        distance=np.float64(1.0),
        blur=np.float64(max(blur, _SHARP)),
    )


def quarter_place(fixed: Structure, quarter: object) -> int:
    """Return the place of a quarter, as text or as a date, in the calendar.

    Raises
    ------
    InputError
        If it is not in the calendar.
    """
    quarters = [str(one) for one in fixed.calendar]
    if str(quarter) not in quarters:
        message = f"{quarter} is not a quarter of the calendar, {quarters[0]} to {quarters[-1]}"
        raise InputError(message)
    return quarters.index(str(quarter))


def backward(
    model: Model, numbers: Numbers, z: Array, weight: Array, aim: Aim
) -> tuple[Array, Numbers, Array]:
    """Return the values of a block of futures and the derivatives of their weighted sum.

    Parameters
    ----------
    model
        The compiled book; only its structure and its kinds of distributions are read.
    numbers
        The numbers of the book.
    z
        Standard normals, [futures, Z].
    weight
        Weight of each future, [futures].
    aim
        What is asked.

    Returns
    -------
    values
        Value of each future, [futures].
    by_number
        Derivatives by every number of the book, in the form of `Numbers`.
    by_normal
        Derivatives by every standard normal, [futures, Z].
    """
    program = _compiled(model.structure, True)
    filled = aim._replace(series=_all_series(model.structure, aim.series))
    (_, values), (by_number, by_normal) = program(numbers, z, model.uncertain.kind, weight, filled)
    return np.asarray(values), by_number, np.asarray(by_normal)


def look(model: Model, numbers: Numbers, z: Array, aim: Aim) -> Looked:
    """Return what futures show, [futures, Z] in, without derivatives; blocks are filled up and cut again."""
    program = _compiled(model.structure, False)
    filled = aim._replace(series=_all_series(model.structure, aim.series))

    def one(first: int) -> list[Array]:
        block = z[first : first + FORWARD]
        spare = np.zeros((FORWARD - len(block), z.shape[1]))
        found = program(numbers, np.concatenate([block, spare]), model.uncertain.kind, filled)
        return [np.asarray(column)[: len(block)] for column in found]

    starts = range(0, len(z), FORWARD)
    if len(starts) == 1:
        parts = [one(0)]
    else:
        with ThreadPoolExecutor(max_workers=_AHEAD) as pool:
            parts = list(pool.map(one, starts))
    return Looked(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@lru_cache(maxsize=16)
def _compiled(fixed: Structure, differentiated: bool) -> Callable[..., Any]:
    """Return the compiled program of a structure; all numbers are its arguments."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

    def forward(numbers: Numbers, z: Array, kind: Array, aim: Aim) -> Looked:
        return _looked(jnp, _model(fixed, numbers, kind), z, aim, reverse=False)

    def total(numbers: Numbers, z: Array, kind: Array, weight: Array, aim: Aim) -> tuple[Array, Array]:
        value = _looked(jnp, _model(fixed, numbers, kind), z, aim, reverse=True).value
        return weight @ value, value

    if differentiated:
        return jax.jit(jax.value_and_grad(total, argnums=(0, 1), has_aux=True), compiler_options=QUICK)
    return jax.jit(forward, compiler_options=QUICK)


def _model(fixed: Structure, numbers: Numbers, kind: Array) -> Model:
    """Return the model with these numbers, which may be traced."""
    structure = replace(fixed, profiles=replace(fixed.profiles, base=numbers.base))
    drawn = (kind, numbers.params, numbers.rho, numbers.factor, numbers.shift)
    return rebuild(structure, numbers.leaves, numbers.drivers, drawn)


def _looked(xp: Any, model: Model, z: Array, aim: Aim, *, reverse: bool) -> Looked:
    fixed = model.structure
    block = run_block(xp, model, z, _keep, reverse=reverse)
    values = summarise(xp, fixed, block.future, block.plan, block.kept.seen)
    futures = z.shape[0]
    value = xp.zeros(futures)
    for name, weight in aim.series.items():
        value = value + values[name].reshape(futures, -1) @ weight.reshape(-1)
    apart = _distances(xp, fixed, block) @ aim.party
    distance = _least(xp, apart, aim)
    soft = _logistic(xp, -_least(xp, apart, aim._replace(blur=_SHARP)) / aim.width)
    last = aim.quarters.sum() - 1.0
    fails_at = xp.where(aim.party > 0.0, block.future.fails_at, _FAR).min(axis=-1)
    outside = xp.where(fails_at <= last, 1.0, 0.0)
    value = value + aim.distance * distance + aim.default * xp.maximum(outside, soft)
    asked = xp.where(aim.quarters > 0.0, 1.0, 0.0)
    failed = xp.max((block.kept.failed @ aim.party) * asked[:, None], axis=0)
    return Looked(value, distance, failed, _pattern(xp, block), apart)


def _keep(xp: Any, fixed: Structure, after: State, flows: Flows) -> _Kept:
    """Return what a quarter leaves: liquidity beyond what was owed, and what happened or not."""
    payer = one_hot(fixed.lines.payer, len(fixed.names.parties))
    unpaid = (flows.due - flows.paid + flows.arrears - flows.arrears_paid) @ payer
    unpaid = unpaid + (flows.outside_due - flows.outside_paid).sum(axis=-2)
    return _Kept(
        seen=observe(xp, fixed, after, flows),
        headroom=flows.cash + flows.default_cost - unpaid,
        drawn=flows.inflow[..., 4, :] + flows.inflow[..., 5, :],
        alive=1.0 - flows.dead,
        failed=xp.maximum(flows.dead, after.failing),
        confidence=flows.confidence + 0.0 * flows.residual,
        pattern=(
            flows.dead,
            after.failing,
            after.ended,
            after.vested.reshape(*after.vested.shape[:-2], -1),
            xp.where(flows.due[..., _step_lines(fixed)] > 0.0, 1.0, 0.0),
            xp.where((flows.served.unserved > 0.0) & (flows.served.bought <= 0.0), 1.0, 0.0),
        ),
    )


def _step_lines(fixed: Structure) -> Array:
    """Return the lines that fall due at once, in a quarter that something decides."""
    groups = [fixed.lines.span(name) for name in ("chips", "tranche", "termination fee")]
    return np.concatenate([np.arange(group.start, group.stop) for group in groups])


def _distances(xp: Any, fixed: Structure, block: Block) -> Array:
    """Return how much liquidity is left of each party by quarter, [futures, T, N].

    It is what a party has beyond all that it owes, and the funding that it did not draw; over the quarters
    that its grace allows, the best of them counts.
    """
    future, kept = block.future, block.kept
    limit = (
        xp.asarray(fixed.profiles.base)
        * (future.leaves["profile.scale"] + xp.zeros((*future.drivers.shape[:-2], 1)))[..., None, :]
        * future.drivers[..., fixed.profiles.driver]
    )[..., fixed.profiles.limit]
    confidence = xp.moveaxis(kept.confidence, 0, -1)[..., None]
    room = xp.maximum(limit * confidence, 0.0) - xp.moveaxis(kept.drawn, 0, -2)
    left = xp.moveaxis(kept.headroom, 0, -2) + xp.maximum(room, 0.0) * xp.moveaxis(kept.alive, 0, -2)
    best = left
    for back in range(1, int(max(fixed.grace, default=0)) + 1):
        start = xp.zeros((*left.shape[:-2], min(back, fixed.quarters), left.shape[-1])) + _FAR
        before = xp.concatenate([start, left[..., : fixed.quarters - start.shape[-2], :]], axis=-2)
        best = xp.where(back <= fixed.grace, xp.maximum(best, before), best)
    return best


def _least(xp: Any, apart: Array, aim: Aim) -> Array:
    """Return the least distance over the quarters asked about, blurred over `aim.blur`, [futures]."""
    counted = xp.where(aim.quarters > 0.0, apart, _FAR)
    least = counted.min(axis=-1, keepdims=True)
    if xp is not np:
        from jax import lax

        least = lax.stop_gradient(least)
    share = xp.exp(-(counted - least) / aim.blur).sum(axis=-1)
    return least[..., 0] - aim.blur * xp.log(share)


def _logistic(xp: Any, x: Array) -> Array:
    return 0.5 * (1.0 + xp.tanh(0.5 * x))


def _pattern(xp: Any, block: Block) -> Array:
    """Return a number for each future that stands for everything that happened or not."""
    weights = np.random.default_rng(0)
    futures = block.future.in_force.shape[0]
    fixed_before = (block.future.in_force, xp.where(xp.isfinite(block.plan.cancelled), 1.0, 0.0))
    parts = [part.reshape(futures, -1) for part in fixed_before]
    parts += [xp.moveaxis(part, 0, 1).reshape(futures, -1) for part in block.kept.pattern]
    flat = xp.concatenate([part + xp.zeros((futures, 1)) for part in parts], axis=1)
    return flat @ weights.random(flat.shape[1])


def _all_series(fixed: Structure, given: dict[str, Array]) -> dict[str, Array]:
    """Return weights on all variables, zero where none are given."""
    if unknown := set(given) - set(FANS):
        message = f"{', '.join(sorted(unknown))}: not a variable of the results with quantiles"
        raise InputError(message)
    shapes = _series_shapes(fixed)
    return {name: given.get(name, np.zeros(shape)) for name, shape in shapes.items()}


@lru_cache(maxsize=16)
def _series_shapes(fixed: Structure) -> dict[str, tuple[int, ...]]:
    """Return the shape of one future's values of each variable."""
    from offtake.simulate._observe import sizes, years_of

    names = fixed.names
    return sizes(
        {
            "party": len(names.parties),
            "quarter": fixed.quarters,
            "year": len(years_of(fixed)[0]),
            "workload": len(names.workloads),
            "site": len(names.sites),
            "deal": len(names.deals),
            "driver": len(names.drivers),
            "phase": len(names.phases),
        }
    )
