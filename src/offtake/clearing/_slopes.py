"""Derivatives of cleared payments, by the implicit function theorem at the fixed point.

The rounds of a clearing cannot be run backwards, and need not be: at the payments p = F(p, θ) that are agreed
on, dp = (I - ∂F/∂p)⁻¹ (∂F/∂θ) dθ, one linear system of the size of the parties. Who is short, and which rank
gives way, is held as it is.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from offtake.clearing._arrays import Array
from offtake.clearing._payout import GRAIN, SLACK, paid_share

__all__ = ["with_slopes"]


def with_slopes(xp: Any, network: Any, payout: Array) -> tuple[Array, Array]:
    """Return the payouts [..., N] and the paid share of each rank [..., K, N], with their derivatives.

    The values are those of the payouts handed in, to the last bit. With numpy nothing else happens; with jax
    both carry the derivatives of the fixed point by all numbers of the network, forwards and backwards. What
    these cost is computed only where derivatives are asked for.

    Parameters
    ----------
    xp
        ``numpy`` or ``jax.numpy``.
    network
        The numbers of the clearing (`LineNetwork`).
    payout
        The payouts on which all parties agree; constant under differentiation.

    Notes
    -----
    A party at the very edge, which has what it owes to within rounding, is taken to pay in full.
    """
    share = paid_share(xp, network.owed, payout)
    if xp is np:
        return payout, share
    from jax import lax, tree_util

    held = tree_util.tree_map(lax.stop_gradient, network)
    payout = lax.stop_gradient(payout)
    share = lax.stop_gradient(share)
    gives = _gives(held.owed, payout)
    received = _received(xp, network, _share(xp, network.owed, payout, gives, share))
    budget, gain = _budget(xp, network, held, received)
    per_money = xp.where(gives, held.owed.inverse, 0.0)
    parties = payout.shape[-1]
    onward = (_by_line(xp, held, per_money) @ network.arcs).reshape(*gain.shape, parties)
    slopes = gain[..., :, None] * xp.swapaxes(onward, -1, -2)
    agreed = xp.linalg.solve(xp.eye(parties) - slopes, budget[..., None])[..., 0]
    moved = _takes_slope()(payout, agreed)
    return moved, _takes_slope()(share, _share(xp, network.owed, moved, gives, share))


def _gives(owed: Any, payout: Array) -> Array:
    """Return in which ranks a party pays a part, so that the last unit of money goes there, [..., K, N]."""
    grain = GRAIN * owed.total[..., None, :]
    unpaid = (owed.total - payout)[..., None, :] - owed.junior
    return (unpaid > grain) & (unpaid < owed.by_rank - grain)


def _share(xp: Any, owed: Any, payout: Array, gives: Array, share: Array) -> Array:
    """Return the paid share of each rank as a smooth function of dues and payouts, [..., K, N]."""
    unpaid = (owed.total - payout)[..., None, :] - owed.junior
    return xp.where(gives, 1.0 - xp.where(gives, unpaid, 0.0) * owed.inverse, share)


def _by_line(xp: Any, network: Any, share: Array) -> Array:
    """Return what is paid on each line [..., M] where these shares [..., K, N] of the dues are paid."""
    return network.due * xp.take(share.reshape(*share.shape[:-2], -1), network.slot, axis=-1)


def _received(xp: Any, network: Any, share: Array) -> Array:
    return _by_line(xp, network, share) @ network.receiver_onehot


def _budget(xp: Any, network: Any, held: Any, received: Array) -> tuple[Array, Array]:
    """Return what each party pays as a smooth function, and what it pays more for a unit received."""
    from jax import lax

    at_hand = lax.stop_gradient(received)
    short = held.means + at_hand < held.owed.total * (1.0 - SLACK)
    part = network.alpha * network.means + network.beta * received
    own = xp.where(short, part, network.means + received)
    below = lax.stop_gradient(own) < held.owed.total * (1.0 - GRAIN)
    gain = xp.where(below, xp.where(short, held.beta, 1.0), 0.0)
    return xp.where(below, own, network.owed.total), gain


@lru_cache(maxsize=1)
def _takes_slope() -> Callable[[Array, Array], Array]:
    """Return the function that gives its first argument, with the derivatives of its second."""
    import jax

    @jax.custom_jvp
    def chosen(value: Array, like: Array) -> Array:  # noqa: ARG001 - only its derivatives count
        return value

    @chosen.defjvp
    def rule(primals: Any, tangents: Any) -> tuple[Array, Array]:
        return primals[0], tangents[1]

    return chosen
