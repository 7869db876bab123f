"""The course of a block of futures with some parties failed and some channels closed."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from offtake.model import CHANNELS, Model, Structure
from offtake.model.driver_arrays import DriverArrays
from offtake.simulate._engine import prepare, proceed
from offtake.simulate._outside import INFLOWS
from offtake.simulate._rebuild import rebuild
from offtake.stress._wealth import claims, wealth

__all__ = ["Course", "Outcome", "Program", "program"]

Array = Any
_EQUITY = INFLOWS.index("funding equity")
_COMPILER = {"xla_cpu_use_fusion_emitters": False}


class Outcome(NamedTuple):
    """What a block of futures came to."""

    wealth: Array
    """[futures, N] at the end, M USD"""
    default: Array
    """[futures, N] quarter of default, T for never"""
    residual: Array
    """[futures] largest relative residual of D1 and D2"""
    wealth_by_quarter: Array
    """[T, N] this and what follows are sums over the futures that count"""
    received: Array
    paid: Array
    claims: Array
    """[N] received from and paid to other parties; net claims at the end"""
    lines: Array
    """[T, M] paid on each line"""
    loan: Array
    uncredited: Array
    """[T, Q] and [T, C] loans and prepayments that stand at the quarter's end"""
    delivered: Array
    """[T, N] MW"""
    served: Array
    unserved: Array
    """[T, W] MW"""
    confidence: Array
    """[T]"""


class _Seen(NamedTuple):
    """What is kept of a quarter."""

    dead: Array
    wealth: Array
    equity: Array
    residual: Array
    sums: tuple[Array, ...]


class Program(NamedTuple):
    """The two parts of a run; both are compiled where the engine is jax."""

    prepare: Callable[..., Any]
    """(leaves, drivers, uncertain, normals) -> futures and their dates"""
    course: Callable[..., Outcome]
    """(futures, dates, fail_at [N], open [4, N], counts [futures]) -> Outcome"""


class Course:
    """Futures of one block, ready to be run with any party failed.

    Parameters
    ----------
    made
        The program of the model's structure.
    model
        The model.
    z
        Standard normals in the order of the model's labels, [futures, Z].
    counts
        1 for each future that counts, 0 for those that only fill the block, [futures].
    """

    def __init__(self, made: Program, model: Model, z: Array, counts: Array) -> None:
        self._made, self._counts = made, counts
        self._leaves = model.leaves
        self._ready = made.prepare(*_numbers(model), z)

    def run(self, fail_at: Array, closed: Array | None = None) -> Outcome:
        """Return what the futures come to.

        Parameters
        ----------
        fail_at
            Quarter in which each party fails, infinite for never, [N].
        closed
            Which channels of the forced failures are closed, [4, N] of 0 or 1; None closes none.
        """
        opened = np.ones((len(CHANNELS), len(fail_at))) if closed is None else 1.0 - closed
        return self._made.course(
            *self._ready, np.minimum(fail_at, self._leaves["party.fail_at"]), opened, self._counts
        )


def program(fixed: Structure, engine: str) -> Program:
    """Return how futures of a structure are run; a structure is compiled once."""
    return _compiled(fixed) if engine == "jax" else _plain(fixed)


def _plain(fixed: Structure) -> Program:
    return Program(
        prepare=lambda *given: _prepared(np, fixed, *given),
        course=lambda *given: _course(np, fixed, *given),
    )


@lru_cache(maxsize=16)
def _compiled(fixed: Structure) -> Program:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    return Program(
        prepare=jax.jit(lambda *given: _prepared(jnp, fixed, *given), compiler_options=_COMPILER),
        course=jax.jit(lambda *given: _course(jnp, fixed, *given), compiler_options=_COMPILER),
    )


def _numbers(model: Model) -> tuple[Any, ...]:
    uncertain, drivers = model.uncertain, model.drivers
    return (
        model.leaves,
        tuple(getattr(drivers, name) for name in drivers.ARRAYS),
        (uncertain.kind, uncertain.params, uncertain.rho, uncertain.factor, uncertain.shift),
    )


def _prepared(xp: Any, fixed: Structure, leaves: Any, drivers: Any, uncertain: Any, z: Array) -> Any:
    by_name = dict(zip(DriverArrays.ARRAYS, drivers, strict=True))
    arrays = DriverArrays(**by_name, names=fixed.names.drivers, jumping=fixed.jumping)
    return prepare(xp, rebuild(fixed, leaves, arrays, uncertain), z)


def _course(
    xp: Any, fixed: Structure, future: Any, plan: Any, fail_at: Array, opened: Array, counts: Array
) -> Outcome:
    """Return the outcome of a block with failures forced and channels open or closed."""
    switches = {f"party.{channel}_channel": opened[n] for n, channel in enumerate(CHANNELS)}
    future = future._replace(
        leaves={**future.leaves, "party.fail_at": fail_at, **switches},
        fails_at=xp.minimum(future.fails_at, fail_at),
    )
    compute = np.where(fixed.capacity.is_lease, 0.0, 1.0)
    seats = np.arange(len(fixed.names.parties))
    buyer = (fixed.capacity.buyer[:, None] == seats).astype(float)
    owner = (fixed.delivery.site_owner[:, None] == seats).astype(float)

    def keep(xp: Any, fixed: Structure, after: Any, flows: Any) -> _Seen:
        net = claims(xp, fixed, after)
        own_free = (flows.supply.free @ owner) * (1.0 - flows.dead)
        sums = (
            flows.money_in,
            flows.money_out,
            net,
            flows.paid + flows.arrears_paid,
            after.loan,
            xp.maximum(after.prepaid - after.credited, 0.0),
            (flows.deals.delivered * compute) @ buyer + own_free,
            flows.served.served,
            flows.served.unserved,
            (flows.confidence + 0.0 * flows.residual)[..., None],
        )
        return _Seen(
            dead=xp.maximum(flows.dead, after.failing),
            wealth=wealth(after, flows, net),
            equity=flows.inflow[..., _EQUITY, :],
            residual=flows.residual,
            sums=tuple(counts @ each for each in sums),
        )

    seen: _Seen = proceed(xp, fixed, future, plan, keep)
    worth = seen.wealth - xp.cumsum(seen.equity, axis=0)
    received, paid, net, lines, loan, uncredited, delivered, served, unserved, confidence = seen.sums
    return Outcome(
        wealth=worth[-1],
        default=fixed.quarters - seen.dead.sum(axis=0),
        residual=seen.residual.max(axis=0),
        wealth_by_quarter=xp.einsum("b,tbn->tn", counts, worth),
        received=received.sum(axis=0),
        paid=paid.sum(axis=0),
        claims=net[-1],
        lines=lines,
        loan=loan,
        uncredited=uncredited,
        delivered=delivered,
        served=served,
        unserved=unserved,
        confidence=confidence[..., 0],
    )
