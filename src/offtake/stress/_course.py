"""The course of a block of futures with some parties failed and some channels closed."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from offtake.model import CHANNELS, Model, Structure
from offtake.simulate._engine import COMPILER, prepare, proceed
from offtake.simulate._outside import INFLOWS
from offtake.simulate._rebuild import numbers, rebuild
from offtake.simulate._state import opening
from offtake.simulate._step import Inputs, step
from offtake.stress._wealth import claims, wealth

__all__ = ["Course", "Outcome", "Program", "program"]

Array = Any
_EQUITY = INFLOWS.index("funding equity")


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


class Begun(NamedTuple):
    """A course up to some quarter, to be gone on from."""

    state: Any
    """State before that quarter"""
    seen: _Seen
    """What was kept of each quarter, [T, ...]; from that quarter on it is not read"""


class Program(NamedTuple):
    """The two parts of a run; both are compiled where the engine is jax."""

    prepare: Callable[..., Any]
    """(leaves, drivers, uncertain, normals) -> futures and their dates"""
    course: Callable[..., tuple[Outcome, Any]]
    """(futures, dates, fail_at [N], open [4, N], counts [futures], start, begun, stop) -> outcome, and the
    course up to the quarter `stop`"""
    goes_on: bool
    """Whether a course can be gone on from a later quarter."""


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
        self._fixed = model.structure
        self._ready = made.prepare(*numbers(model), z)
        self._begun: Begun | None = None
        self._start = 0

    def run(self, fail_at: Array, closed: Array | None = None) -> Outcome:
        """Return what the futures come to.

        Parameters
        ----------
        fail_at
            Quarter in which each party fails, infinite for never, [N].
        closed
            Which channels of the forced failures are closed, [4, N] of 0 or 1; None closes none.
        """
        when = np.minimum(fail_at, self._leaves["party.fail_at"])
        late = self._begun is not None and float(np.min(when)) >= self._start
        begun, start = (self._begun, self._start) if late else (self._nothing(), 0)
        return self._run(when, closed, start, begun, 0)[0]

    def run_once(self, stop: int) -> Outcome:
        """Return what the futures come to if nobody is made to fail, and remember them up to a quarter.

        Later runs in which nobody fails before that quarter go on from there.
        """
        never = np.array(self._leaves["party.fail_at"])
        outcome, begun = self._run(never, None, 0, self._nothing(), stop)
        if float(np.min(never)) >= stop:
            self._begun, self._start = begun, stop
        return outcome

    def _run(
        self, when: Array, closed: Array | None, start: int, begun: Begun | None, stop: int
    ) -> tuple[Outcome, Begun | None]:
        opened = np.ones((len(CHANNELS), len(when))) if closed is None else 1.0 - closed
        ends = (float(start), begun, float(stop))
        return self._made.course(*self._ready, when, opened, self._counts, *ends)

    def _nothing(self) -> Begun | None:
        """Return a course that has not begun, in the shapes of one that has; the plain engine needs none."""
        if not self._made.goes_on:
            return None
        fixed, names = self._fixed, self._fixed.names
        parties, quarters = len(names.parties), fixed.quarters
        lines = (len(fixed.lines.kind), len(fixed.loans.deal), len(fixed.capacity.deal))
        sizes = (parties, parties, parties, *lines, parties, len(names.workloads), len(names.workloads), 1)
        each = np.zeros((quarters, len(self._counts), parties))
        sums = tuple(np.zeros((quarters, size)) for size in sizes)
        future, plan = map(_as_numpy, self._ready)
        # never is an infinite date, and what is computed from two of them is masked out
        with np.errstate(invalid="ignore"):
            state = opening(np, fixed, future, plan)
        return Begun(state, _Seen(each, each, each, each[..., 0], sums))


def program(fixed: Structure, engine: str) -> Program:
    """Return how futures of a structure are run; a structure is compiled once."""
    return _compiled(fixed) if engine == "jax" else _plain(fixed)


def _plain(fixed: Structure) -> Program:
    return Program(
        prepare=lambda *given: _prepared(np, fixed, *given),
        course=lambda *given: _course(np, fixed, *given),
        goes_on=False,
    )


@lru_cache(maxsize=16)
def _compiled(fixed: Structure) -> Program:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    return Program(
        prepare=jax.jit(lambda *given: _prepared(jnp, fixed, *given), compiler_options=COMPILER),
        course=jax.jit(lambda *given: _course(jnp, fixed, *given), compiler_options=COMPILER),
        goes_on=True,
    )


def _prepared(xp: Any, fixed: Structure, leaves: Any, drivers: Any, uncertain: Any, z: Array) -> Any:
    return prepare(xp, rebuild(fixed, leaves, drivers, uncertain), z)


def _as_numpy(record: Any) -> Any:
    """Return a record with its arrays in numpy."""
    import jax

    return jax.tree_util.tree_map(np.asarray, record)


def _go_on(
    fixed: Structure, future: Any, plan: Any, keep: Any, start: Array, begun: Begun, stop: Array
) -> tuple[_Seen, Begun]:
    """Return what is kept of each quarter, run from `start` on, and the course up to `stop`."""
    import jax
    import jax.numpy as jnp

    inputs = Inputs(
        t=jnp.arange(fixed.quarters) * 1.0,
        drivers=jnp.moveaxis(future.drivers, -2, 0),
        base=jnp.asarray(fixed.profiles.base),
        spot=jnp.moveaxis(plan.spot, -1, 0),
    )

    def quarter(carried: Any, given: Any) -> Any:
        (state, saved), (now, old) = carried, given
        saved = jax.tree_util.tree_map(lambda a, b: jnp.where(now.t == stop, b, a), saved, state)

        def live(before: Any) -> Any:
            after, flows = step(jnp, fixed, future, plan, before, now)
            return after, keep(jnp, fixed, after, flows)

        state, kept = jax.lax.cond(now.t >= start, live, lambda before: (before, old), state)
        return (state, saved), kept

    (_, saved), seen = jax.lax.scan(quarter, (begun.state, begun.state), (inputs, begun.seen))
    return seen, Begun(saved, seen)


def _course(
    xp: Any,
    fixed: Structure,
    future: Any,
    plan: Any,
    fail_at: Array,
    opened: Array,
    counts: Array,
    start: Array,
    begun: Begun | None,
    stop: Array,
) -> tuple[Outcome, Begun | None]:
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

    if begun is None:
        seen: _Seen = proceed(xp, fixed, future, plan, keep)
        remembered = None
    else:
        seen, remembered = _go_on(fixed, future, plan, keep, start, begun, stop)
    worth = seen.wealth - xp.cumsum(seen.equity, axis=0)
    received, paid, net, lines, loan, uncredited, delivered, served, unserved, confidence = seen.sums
    outcome = Outcome(
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
    return outcome, remembered
