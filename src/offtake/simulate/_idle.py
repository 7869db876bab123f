"""Machines that nobody uses: backstops, spot, stranding (rule C7)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from offtake.model import Structure
from offtake.simulate._delivery import QuarterSupply
from offtake.simulate._dispatch import Served
from offtake.simulate._draws import Future
from offtake.simulate._life import Delivered, Life
from offtake.simulate._state import State
from offtake.simulate._tables import one_hot

__all__ = ["Idle", "idle_capacity", "sell_depth"]

Array = Any


class Idle(NamedTuple):
    """What becomes of idle machines."""

    backstop_due: Array
    """[..., backstops] M USD"""
    redeployed: Array
    stranded: Array
    """[..., N] MW"""
    rent: Array
    """[..., N] M USD from the world"""


def idle_capacity(
    xp: Any,
    fixed: Structure,
    future: Future,
    state: State,
    life: Life,
    now: QuarterSupply,
    deals: Delivered,
    served: Served,
    spot: Array,
    t: Array,
) -> Idle:
    """Return what backers buy, what is rented out on spot and what is stranded."""
    capacity, leaves, parties = fixed.capacity, future.leaves, len(fixed.names.parties)
    owner = one_hot(fixed.delivery.site_owner, parties)
    own = (now.free - served.used_site) @ owner
    unsold = own + deals.released @ one_hot(capacity.seller, parties)
    bought = xp.where(capacity.is_lease, 0.0, deals.delivered - served.used_deal)
    buyer = one_hot(capacity.buyer, parties)
    surplus, locked = (bought * capacity.resale) @ buyer, (bought * (1.0 - capacity.resale)) @ buyer
    unsold, due = _backstops(xp, fixed, future, state, life, unsold * life.sells, t)
    offered = xp.maximum(unsold + surplus, 0.0)
    if fixed.spot >= 0:
        redeployed = xp.minimum(offered, sell_depth(xp, leaves)) * life.alive
    else:
        redeployed = 0.0 * offered
    waiting = deals.idle @ one_hot(capacity.seller, parties)
    stranded = (offered - redeployed + locked + waiting) * life.alive + (now.free @ owner) * (
        1.0 - life.alive
    )
    rent = redeployed * spot[..., None] * (1.0 - leaves["market.haircut"][..., :1])
    return Idle(backstop_due=due, redeployed=redeployed, stranded=stranded, rent=rent)


def sell_depth(xp: Any, leaves: Mapping[str, Array]) -> Array:
    """Return the most MW that each party can rent out on spot in a quarter, [..., N]."""
    own, market = leaves["party.sell_depth"], leaves["market.sell_depth"][..., :1]
    return xp.where(xp.isfinite(own), own, market)


def _backstops(
    xp: Any, fixed: Structure, future: Future, state: State, life: Life, unsold: Array, t: Array
) -> tuple[Array, Array]:
    """Return what stays unsold after the backers have bought, and what they owe, in book order."""
    others, leaves = fixed.others, future.leaves
    left_unsold = {int(n): xp.maximum(unsold[..., int(n)], 0.0) for n in others.provider}
    powers, columns = [], []
    for n, deal in enumerate(others.deal):
        provider, backer = int(others.provider[n]), int(others.backer[n])
        volume = future.volume[..., deal]
        runs = xp.where((t >= others.start[n]) & (t < others.end[n]), 1.0, 0.0)
        open_ = runs * future.in_force[..., deal] * life.sells[..., provider] * life.pays[..., backer]
        most = xp.where(volume > 0, _times(xp, volume, leaves["backstop.power"][..., n]), 0.0)
        power = xp.minimum(left_unsold[provider], most) * open_
        price = leaves["backstop.price"][..., n]
        cap = xp.where(volume > 0, _times(xp, volume, leaves["backstop.cap"][..., n]), 0.0)
        left = xp.maximum(cap - state.backstop[..., n], 0.0)
        allowed = xp.where(price > 0, left / xp.where(price > 0, price, 1.0), power)
        power = xp.minimum(power, allowed)
        left_unsold[provider] = left_unsold[provider] - power
        powers.append(power)
        columns.append(power * price)
    if not columns:
        return unsold, xp.zeros((*unsold.shape[:-1], 0))
    taken = xp.stack(powers, axis=-1) @ one_hot(others.provider, unsold.shape[-1])
    return unsold - taken, xp.stack(columns, axis=-1)


def _times(xp: Any, volume: Array, limit: Array) -> Array:
    """Return a limit scaled by volume; no limit stays none."""
    return xp.where(xp.isfinite(limit), xp.where(xp.isfinite(limit), limit, 0.0) * volume, limit)
