"""What a party pays out of what it has, and the loop that finds payments which agree with each other.

Both forms of a network, lines and matrices, share this. The body of the loop is a pure function of the
payouts and of its data, so it can be applied once more, differentiated, or linearised for implicit
differentiation.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from offtake.clearing._arrays import Array

SLACK = 1e-9
"""A party that has all but this share of what it owes is not called short: the rest is rounding."""

ROUNDS_BEFORE_SOLVES = 30
"""Plain rounds before linear solves take over; a solve costs as much as some fifteen rounds of 25 parties."""

GRAIN = 1e-13
_SETTLED = 2e-14
_TRACE = 4e-15
_NOISE = 64 * float(np.finfo(np.float64).eps)
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


class Dues(NamedTuple):
    """What each party owes, by rank; [..., K, N] unless said otherwise."""

    by_rank: Array
    """Owed in each rank, in money."""
    junior: Array
    """Owed in all ranks below, in money."""
    inverse: Array
    """One over what is owed in the rank, or 0 where nothing is."""
    total: Array
    """Owed in all ranks [..., N], in money."""


class Loop(NamedTuple):
    """What is carried from round to round."""

    value: Array
    """The payouts, or budgets, of this round [..., N], in money."""
    change: Array
    """The largest change of the last round as a share of the scale [...]."""
    done: Array
    """Whether this network has converged [...]; it is not touched any more."""
    rounds: Array
    """How many rounds this network took [...]."""
    count: Array
    """How many rounds the loop has run."""


def dues(xp: Any, by_rank: Array) -> Dues:
    """What each party owes, with the sums the waterfall needs; ``by_rank`` is [..., K, N]."""
    sums = [xp.zeros_like(by_rank[..., 0, :])]
    for rank in reversed(range(by_rank.shape[-2])):
        sums.append(sums[-1] + by_rank[..., rank, :])
    junior = xp.stack(sums[-2::-1], axis=-2)
    owed = by_rank > 0
    inverse = xp.where(owed, 1.0 / xp.where(owed, by_rank, 1.0), 0.0)
    return Dues(by_rank, junior, inverse, sums[-1])


def paid_share(xp: Any, owed: Dues, payout: Array) -> Array:
    """The share of each rank's dues that is paid [..., K, N], the first rank before the next.

    It is found from what is missing, not from what is paid, so that a payout in full gives exactly 1 in
    every rank, however small the last one is.
    """
    missing = (owed.total - payout)[..., None, :]
    return 1.0 - xp.clip((missing - owed.junior) * owed.inverse, 0.0, 1.0)


def budget(
    xp: Any, external: Array, inflow: Array, total: Array, alpha: Array, beta: Array
) -> tuple[Array, Array]:
    """What each party can pay out, and whether it is short of its dues; all [..., N].

    A party that is not short has its external means and its inflow; a short one has α·max(external, 0) +
    β·inflow, and never more than it owes (Rogers and Veraart, 2013, with a floor for negative external
    means).
    """
    assets = external + inflow
    short = assets < total * (1.0 - SLACK)
    recovered = xp.minimum(alpha * xp.maximum(external, 0.0) + beta * inflow, total)
    return xp.where(short, recovered, assets), short


def marginal_share(xp: Any, owed: Dues, payout: Array) -> tuple[Array, Array]:
    """How each rank's paid share falls as the payout falls, and how far it can fall before that changes.

    Returns
    -------
    per_money
        Share of a rank's dues per unit of money [..., K, N]: nonzero in the one rank that gives way.
    room
        Money between the payout and the foot of that rank [..., N].
    """
    grain = GRAIN * owed.total[..., None, :]
    unpaid = (owed.total - payout)[..., None, :] - owed.junior
    gives = (unpaid >= -grain) & (unpaid < owed.by_rank - grain)
    room = xp.sum(xp.where(gives, owed.by_rank - unpaid, 0.0), axis=-2)
    return xp.where(gives, owed.inverse, 0.0), room


def solve_step(
    xp: Any, value: Array, proposed: Array, onward: Array, gain: Array, room: Array, scale: Array
) -> tuple[Array, Array]:
    """The values [..., N] after a step of Newton's method from above that stops where the slopes change.

    Parameters
    ----------
    value, proposed
        Values at hand, and what one round makes of them, not larger [..., N].
    onward
        What each party receives (last axis) of the last unit of money of each payer [..., N, N].
    gain
        What each party's value gains from a unit received [..., N]: 0 where it pays in full anyway.
    room
        How far each value can fall before its slopes change [..., N].
    scale
        Money against which rounding is judged [..., N].

    Returns
    -------
    value
        Values after the step, not larger [..., N].
    whole
        Whether the step reached the solution of the linear equations [...].

    Notes
    -----
    On a piece where the round is affine with slopes B >= 0, the values stay at or above the
    greatest fixed point along the whole way to (I - B)⁻¹ a, as long as the piece is not left. So every step
    is safe, and each one ends in the solution, in a new defaulter or at the foot of a rank, of which there
    are finitely many: the fictitious default algorithm of Eisenberg and Noe (2001), with costs as in Rogers
    and Veraart (2013) and ranks as in Elsinger (2009). B is shrunk by a trace, so that a closed circle that
    passes everything on has a solution as well.
    """
    slopes = (1.0 - _TRACE) * gain[..., :, None] * xp.swapaxes(onward, -1, -2)
    excess = value - proposed
    # In a closed circle the equations are singular and would make a fall out of mere rounding.
    excess = xp.where(excess > _NOISE * xp.sum(scale, axis=-1, keepdims=True), excess, 0.0)
    fall = xp.linalg.solve(xp.eye(value.shape[-1]) - slopes, excess[..., None])[..., 0]
    fall = xp.where(xp.isfinite(fall), xp.maximum(fall, 0.0), 0.0)
    falls = fall > 0
    reach = xp.where(falls & (room > 0), room / xp.where(falls, fall, 1.0), xp.inf)
    part = xp.minimum(xp.min(reach, axis=-1), 1.0)
    return value - part[..., None] * fall, part == 1.0


def iterate(
    xp: Any,
    step: Callable[[Array], Array],
    start: Array,
    scale: Array,
    *,
    tol: float,
    max_rounds: int,
    falling: bool = True,
    solve: Callable[[Array], tuple[Array, Array]] | None = None,
    first: Array | None = None,
    rounds_before_solves: int = ROUNDS_BEFORE_SOLVES,
) -> Loop:
    """The limit of repeated steps, monotone from above (``falling``) or from below.

    Plain rounds come first. Networks that have not converged after ``rounds_before_solves`` of them,
    because money goes round a circle of short parties, go on with ``solve``, a linear solve each round,
    where one is given. ``first`` is what the first step gives, where that is known already. Each network of
    a batch stops on its own, so its result does not depend on its neighbours. Plain rounds stop when the
    last change, divided by one less the rate at which changes shrink, is within ``tol`` of the scale: for a
    linear tail that quotient is the distance to the limit. Solves stop when one of them reaches its solution
    and the round after it confirms it.
    """
    size = xp.where(scale > 0, scale, 1.0)
    bound = xp.minimum if falling else xp.maximum

    def advance(state: Loop, before: Array, proposed: Array) -> tuple[Loop, Array]:
        value = xp.where(state.done[..., None], state.value, bound(proposed, before))
        change = xp.max(xp.abs(value - before) / size, axis=-1)
        rounds = xp.where(state.done, state.rounds, state.rounds + 1)
        return Loop(value, change, state.done, rounds, state.count + 1), change

    def plain(state: Loop) -> Loop:
        return judged(state, step(state.value))

    def judged(state: Loop, proposed: Array) -> Loop:
        after, change = advance(state, state.value, proposed)
        rate = xp.where(state.change > 0, change / xp.where(state.change > 0, state.change, 1.0), 0.0)
        close = (change <= tol * (1.0 - rate)) | (change <= _ROUNDING)
        return after._replace(done=state.done | close)

    def solved(state: Loop) -> Loop:
        ahead, whole = solve(state.value) if solve else (state.value, state.done)
        before = xp.minimum(ahead, state.value)
        after, change = advance(state, before, step(before))
        moved = xp.max(xp.abs(after.value - state.value) / size, axis=-1)
        close = whole & ((change <= _SETTLED) | (moved <= tol))
        return after._replace(done=state.done | close)

    batch = start.shape[:-1]
    state = Loop(
        start,
        xp.full(batch, xp.inf),
        xp.zeros(batch, dtype=bool),
        xp.zeros(batch, dtype=xp.int64),
        xp.asarray(0, dtype=xp.int64),
    )
    if first is not None:
        state = judged(state, first)
    if solve is None:
        return _repeat(xp, plain, state, max_rounds)
    state = _repeat(xp, plain, state, min(rounds_before_solves, max_rounds))
    return _repeat(xp, solved, state, max_rounds)


def _repeat(xp: Any, advance: Callable[[Loop], Loop], state: Loop, max_rounds: int) -> Loop:
    """The state after advancing until every network is done or ``max_rounds`` have been run in all."""

    def unfinished(state: Loop) -> Array:
        return xp.any(~state.done) & (state.count < max_rounds)

    if xp is np:
        while unfinished(state):
            state = advance(state)
        return state
    from jax import lax

    return lax.while_loop(unfinished, advance, state)
