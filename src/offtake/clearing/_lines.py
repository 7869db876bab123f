"""Clearing of obligations that are held as separate lines, as the simulation step holds them."""

from typing import Any, NamedTuple

import numpy as np

from offtake.clearing._arrays import Array, require_float64
from offtake.clearing._payout import (
    SLACK,
    Dues,
    budget,
    dues,
    iterate,
    marginal_share,
    paid_share,
    solve_step,
)
from offtake.clearing._slopes import with_slopes
from offtake.errors import InputError


class LineClearing(NamedTuple):
    """What was paid on each line and what each party kept; money in the unit of the means."""

    paid: Array
    """Paid on each line [..., M]."""
    outside_paid: Array
    """Paid to the outside world by rank and party [..., K, N]."""
    received: Array
    """Received on lines [..., N]."""
    payout: Array
    """Paid on lines and to the outside world together [..., N]."""
    cost: Array
    """Destroyed by falling short [..., N]; it leaves the network."""
    short: Array
    """Whether the party does not pay in full [..., N], bool."""
    rounds: Array
    """Rounds until this network converged [...]."""
    converged: Array
    """Whether this network converged within ``max_rounds`` [...], bool."""


class LineNetwork(NamedTuple):
    """The data of one clearing in the form the rounds read."""

    means: Array
    due: Array
    owed: Dues
    slot: Array
    """Of each line, its place in a flattened [K, N] array [M]."""
    receiver_onehot: Array
    arcs: Array
    """Of each line, the place of its payer and receiver in a flattened [N, N] array, one-hot [M, N * N]."""
    outside_due: Array
    alpha: Array
    beta: Array


def clear_lines(  # noqa: PLR0913
    xp: Any,
    means: Array,
    due: Array,
    payer_onehot: Array,
    receiver_onehot: Array,
    rank: Array,
    outside_due: Array,
    alpha: Array,
    beta: Array,
    *,
    tol: float = 1e-12,
    max_rounds: int = 1000,
) -> LineClearing:
    """The greatest payments on which all parties agree, with obligations as M lines paid by rank.

    Each party pays its first rank before its second and so on, and within a rank in proportion to what is
    due on its lines and to the outside world. A party that cannot pay in full pays α of its own means and β
    of what it receives. Payments start at the full amounts and only fall, so the result is the greatest
    fixed point.

    Parameters
    ----------
    xp
        ``numpy`` or ``jax.numpy``; with jax the rounds run in ``lax.while_loop`` and the function can be
        compiled.
    means
        Liquid means of each party before any payment [..., N], not negative.
    due
        Amount due on each line [..., M], not negative.
    payer_onehot, receiver_onehot
        Which party pays and which receives each line, one 1 per row [M, N].
    rank
        Rank of each line [M], integers from 0 (paid first) to K - 1.
    outside_due
        Owed to the outside world by rank and party [..., K, N], not negative.
    alpha, beta
        Shares of own means and of receipts that a short party can pay out, within [0, 1] [..., N].
    tol
        Distance to the limit, as a share of what a party owes, at which a network counts as converged.
    max_rounds
        Rounds after which the loop gives up; ``converged`` tells.

    Returns
    -------
    LineClearing
        Payments, receipts, cost and flags. ``means + received - payout - cost`` is what a party is left
        with: nothing for a short one, up to ``tol``. A party that has all but 1e-9 of what it owes is not
        called short; it pays what it has.

    Raises
    ------
    InputError
        If the shapes do not fit each other, or jax is used without 64-bit floats.

    Notes
    -----
    Values are not checked, because this is the inner step of a simulation. When nobody is short
    it takes one round. With jax the result can be differentiated, forwards and backwards: by the implicit
    function theorem at the fixed point, with who is short held as it is. Sources: Eisenberg and Noe (2001);
    Rogers and Veraart (2013); ranks after Elsinger (2009).

    Examples
    --------
    Two parties owe each other 2 and 3; the first has nothing of its own and the second has 0.5.

    >>> import numpy as np
    >>> first, second = np.eye(2)
    >>> cleared = clear_lines(
    ...     np, np.array([0.0, 0.5]), np.array([3.0, 2.0]), np.array([first, second]),
    ...     np.array([second, first]), np.array([0, 0]), np.zeros((1, 2)), 1.0, 1.0,
    ... )
    >>> cleared.paid
    array([2., 2.])
    >>> cleared.short
    array([ True, False])
    """
    network = _network(xp, means, due, payer_onehot, receiver_onehot, rank, outside_due, alpha, beta)
    held = _constant(xp, network)
    loop = iterate(
        xp,
        lambda payout: payout_step(xp, held, payout),
        held.owed.total,
        held.owed.total,
        tol=tol,
        max_rounds=max_rounds,
        solve=lambda payout: _solve(xp, held, payout),
        first=_after_full_payment(xp, held),
    )
    return _settle(xp, network, loop.value, loop.rounds, loop.done)


def payout_step(xp: Any, network: LineNetwork, payout: Array) -> Array:
    """The payouts [..., N] that follow if everyone receives what these payouts give: one round's body."""
    return _payout(xp, network, _received(xp, network, payout))


def _after_full_payment(xp: Any, network: LineNetwork) -> Array:
    """The payouts [..., N] that follow if everyone pays in full, when all lines are paid as they are due."""
    return _payout(xp, network, network.due @ network.receiver_onehot)


def _payout(xp: Any, network: LineNetwork, received: Array) -> Array:
    means, _ = budget(xp, network.means, received, network.owed.total, network.alpha, network.beta)
    return xp.minimum(means, network.owed.total)


def _solve(xp: Any, network: LineNetwork, payout: Array) -> tuple[Array, Array]:
    """The payouts after one linear solve, and whether it reached its solution."""
    parties = payout.shape[-1]
    received = _received(xp, network, payout)
    means, short = budget(xp, network.means, received, network.owed.total, network.alpha, network.beta)
    per_money, room = marginal_share(xp, network.owed, payout)
    onward = (_line_payments(xp, network, per_money) @ network.arcs).reshape(*payout.shape, parties)
    gain = xp.where(short & (means < network.owed.total), network.beta, 0.0)
    proposed = xp.minimum(means, network.owed.total)
    return solve_step(xp, payout, proposed, onward, gain, room, network.owed.total)


def _network(
    xp: Any,
    means: Array,
    due: Array,
    payer_onehot: Array,
    receiver_onehot: Array,
    rank: Array,
    outside_due: Array,
    alpha: Array,
    beta: Array,
) -> LineNetwork:
    """The arrays with their sums by rank, all broadcast to one batch shape."""
    require_float64(xp)
    means, due, outside_due = xp.asarray(means), xp.asarray(due), xp.asarray(outside_due)
    alpha, beta = xp.asarray(alpha), xp.asarray(beta)
    ranks, parties = _check_shapes(means, due, payer_onehot, receiver_onehot, rank, outside_due)
    batch = np.broadcast_shapes(
        means.shape[:-1], due.shape[:-1], outside_due.shape[:-2], alpha.shape[:-1], beta.shape[:-1]
    )
    slot = xp.asarray(rank) * parties + xp.argmax(xp.asarray(payer_onehot), axis=-1)
    by_rank = _sum_by_rank(xp, due, payer_onehot, rank, ranks) + outside_due
    owed = dues(xp, xp.broadcast_to(by_rank, (*batch, ranks, parties)))
    payer, receiver = (xp.asarray(onehot, dtype=xp.float64) for onehot in (payer_onehot, receiver_onehot))
    arcs = (payer[:, :, None] * receiver[:, None, :]).reshape(-1, parties * parties)
    return LineNetwork(means, due, owed, slot, receiver, arcs, outside_due, alpha, beta)


def _sum_by_rank(xp: Any, due: Array, payer_onehot: Array, rank: Array, ranks: int) -> Array:
    """Owed on lines by rank and party [..., K, N]; a rank known in advance needs only its own lines."""
    payer = xp.asarray(payer_onehot, dtype=xp.float64)
    if isinstance(rank, np.ndarray):
        members = [np.flatnonzero(rank == k) for k in range(ranks)]
        return xp.stack([due[..., lines] @ payer[lines] for lines in members], axis=-2)
    weights = xp.asarray(xp.asarray(rank)[:, None] == xp.arange(ranks), dtype=xp.float64)
    return xp.stack([(due * weights[:, k]) @ payer for k in range(ranks)], axis=-2)


def _check_shapes(
    means: Array, due: Array, payer_onehot: Array, receiver_onehot: Array, rank: Array, outside_due: Array
) -> tuple[int, int]:
    """The numbers of ranks and parties, after the trailing axes have been compared."""
    if means.ndim < 1 or due.ndim < 1 or outside_due.ndim < 2:  # noqa: PLR2004
        msg = "means and due need at least one axis and outside_due at least two, rank and party"
        raise InputError(msg)
    parties, lines = means.shape[-1], due.shape[-1]
    ranks = outside_due.shape[-2]
    wanted = {
        "payer_onehot": (np.shape(payer_onehot), (lines, parties)),
        "receiver_onehot": (np.shape(receiver_onehot), (lines, parties)),
        "rank": (np.shape(rank), (lines,)),
        "outside_due": (tuple(outside_due.shape[-2:]), (ranks, parties)),
    }
    for name, (shape, fit) in wanted.items():
        if tuple(shape) != fit:
            msg = (
                f"{name} has the axes {tuple(shape)}; "
                f"with {lines} lines and {parties} parties they must be {fit}"
            )
            raise InputError(msg)
    return ranks, parties


def _line_payments(xp: Any, network: LineNetwork, share: Array) -> Array:
    """Paid on each line [..., M] where ``share`` [..., K, N] of each rank's dues is paid."""
    flat = share.reshape(*share.shape[:-2], -1)
    return network.due * xp.take(flat, network.slot, axis=-1)


def _received(xp: Any, network: LineNetwork, payout: Array) -> Array:
    """Received by each party [..., N] at these payouts."""
    return _line_payments(xp, network, paid_share(xp, network.owed, payout)) @ network.receiver_onehot


def _constant(xp: Any, network: LineNetwork) -> LineNetwork:
    """The same numbers, held constant under differentiation."""
    if xp is np:
        return network
    from jax import lax, tree_util

    held: LineNetwork = tree_util.tree_map(lax.stop_gradient, network)
    return held


def _settle(xp: Any, network: LineNetwork, payout: Array, rounds: Array, converged: Array) -> LineClearing:
    """The record that follows from the final payouts."""
    payout, share = with_slopes(xp, network, payout)
    paid = _line_payments(xp, network, share)
    received = paid @ network.receiver_onehot
    assets = network.means + received
    short = assets < network.owed.total * (1.0 - SLACK)
    cost = xp.where(short & (assets > payout), assets - payout, 0.0)
    outside_paid = share * network.outside_due
    return LineClearing(paid, outside_paid, received, payout, cost, short, rounds, converged)
