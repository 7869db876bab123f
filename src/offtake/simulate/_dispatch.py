"""Placing workloads on capacity in merit order, in closed form (rules C5 and C6)."""

from typing import Any, NamedTuple

from offtake.model import Structure
from offtake.simulate._tables import one_hot

__all__ = ["Served", "dispatch"]

Array = Any


class Served(NamedTuple):
    """What a quarter's workloads got."""

    queue: Array
    """[..., W, H] work that waits, by age from 1."""
    used_deal: Array
    """[..., C] MW"""
    used_site: Array
    """[..., sites] MW"""
    metered_deal: Array
    """[..., C] MW that a usage price counts: those used, times the mean duration of what runs there (E31)"""
    demand: Array
    served: Array
    unserved: Array
    bought: Array
    metered_spot: Array
    """[..., W] effective MW; metered: those bought, times the duration (E31)"""
    revenue: Array
    penalty: Array
    """[..., W] M USD"""


def dispatch(  # noqa: PLR0913
    xp: Any,
    fixed: Structure,
    *,
    queue: Array,
    demand: Array,
    earns: Array,
    leaves: dict[str, Array],
    delivered: Array,
    free: Array,
    binds: Array,
    alive: Array,
    spot: Array,
) -> Served:
    """Return what each workload got, oldest work first.

    Parameters
    ----------
    xp, fixed
        Array library and model structure.
    queue
        Work that waits, [..., W, H].
    demand, earns
        New demand in effective MW and yield in M USD per MW-quarter, [..., W].
    leaves
        Numbers of the book.
    delivered, free
        MW of deals [..., C] and of own sites [..., sites].
    binds
        Which exclusivities bind in the quarter, [..., exclusivities].
    alive
        [..., N]
    spot
        Spot price of a MW-quarter, [...]; ignored where the book has no spot driver.
    """
    table = fixed.dispatch
    live = alive[..., table.workload_buyer]
    demand = demand * live
    queue = queue * live[..., None]
    capacity, efficiency = _capacity(table, leaves, delivered, free)
    pool_power = (capacity * efficiency) @ table.pool_members
    barred = binds @ table.pair_barred.T
    left = [pool_power[..., p] for p in range(table.pool_members.shape[1])]
    need = [demand[..., w] + queue[..., w, :].sum(axis=-1) for w in range(len(table.workload_buyer))]
    taken = [0.0 * need[w] for w in range(len(need))]
    lasting = _Lasting(fixed, leaves, left)
    for pair, (w, pool) in enumerate(table.pairs):
        part = xp.minimum(need[w] - taken[w], left[pool]) * xp.where(barred[..., pair] > 0.0, 0.0, 1.0)
        taken[w] = taken[w] + part
        left[pool] = left[pool] - part
        lasting.add(w, pool, part)
    used = _fill(xp, table, pool_power, left, capacity * efficiency) / efficiency
    settled = _settle(xp, fixed, queue, demand, earns, taken, leaves, spot)
    deals = one_hot(table.source_capacity, len(fixed.capacity.deal))
    used_deal = used @ deals
    return Served(
        queue=settled[0],
        used_deal=used_deal,
        used_site=used @ one_hot(table.source_site, len(fixed.names.sites)),
        metered_deal=lasting.metered(xp, used, deals, used_deal),
        demand=demand,
        served=settled[1],
        unserved=settled[2],
        bought=settled[3],
        metered_spot=lasting.times(settled[3]),
        revenue=lasting.times(settled[4]),
        penalty=lasting.times(settled[2] * leaves["workload.penalty"]),
    )


class _Lasting:
    """How long what is served runs in the quarter (E31); a book without durations adds nothing to compute."""

    def __init__(self, fixed: Structure, leaves: dict[str, Array], pools: list[Array]) -> None:
        self._table = fixed.dispatch
        self._duration = leaves["workload.duration"] if fixed.dispatch.has_duration else None
        counted = pools if fixed.dispatch.has_duration else []
        self._work = [0.0 * pool for pool in counted]
        self._time = [0.0 * pool for pool in counted]

    def add(self, w: int, pool: int, part: Array) -> None:
        """Count effective MW that a workload takes from a pool."""
        if self._duration is not None:
            self._work[pool] = self._work[pool] + part
            self._time[pool] = self._time[pool] + part * self._duration[..., w]

    def times(self, amount: Array) -> Array:
        """Return an amount of each workload, [..., W], for the time for which it runs."""
        return amount if self._duration is None else amount * self._duration

    def metered(self, xp: Any, used: Array, deals: Array, used_deal: Array) -> Array:
        """Return the MW of each deal that a usage price counts, [..., C], given those used of each source."""
        if not self._work:
            return used_deal
        work = xp.stack(self._work, axis=-1)
        mean = xp.stack(self._time, axis=-1) / xp.where(work > 0.0, work, 1.0)
        return (used * mean[..., self._table.source_pool]) @ deals


def _capacity(table: Any, leaves: dict[str, Array], delivered: Array, free: Array) -> tuple[Array, Array]:
    """Return MW and efficiency of every source, [..., sources]."""
    of_deal = delivered @ one_hot(table.source_capacity, delivered.shape[-1]).T
    of_site = free @ one_hot(table.source_site, free.shape[-1]).T
    return of_deal + of_site, leaves["chip.efficiency"][..., table.source_chip]


def _fill(xp: Any, table: Any, pool_power: Array, left: list[Array], power: Array) -> Array:
    """Return effective MW used of every source: each pool's use fills its sources in order."""
    if not left:
        return power
    use = pool_power - xp.stack(left, axis=-1)
    return xp.clip(use[..., table.source_pool] - power @ table.pool_before, 0.0, power)


def _settle(
    xp: Any,
    fixed: Structure,
    queue: Array,
    demand: Array,
    earns: Array,
    taken: list[Array],
    leaves: dict[str, Array],
    spot: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the new queue, then served, unserved, bought on spot and revenue, each [..., W]."""
    table = fixed.dispatch
    count, ages = len(table.workload_buyer), queue.shape[-1]
    queues: list[Array] = [None] * count
    served: list[Array] = [None] * count
    unserved: list[Array] = [None] * count
    bought: list[Array] = [None] * count
    revenue: list[Array] = [None] * count
    depth = leaves["market.buy_depth"][..., 0]
    room: dict[int, Array] = {}
    for w in table.workload_order:
        wait = table.deferral[w]
        keeps = 1.0 - leaves["workload.waiting_loss"][..., w] / 4.0
        rest, money, waiting = taken[w], 0.0 * taken[w], []
        for age in range(wait, -1, -1):
            asked = demand[..., w] if age == 0 else queue[..., w, age - 1]
            part = xp.minimum(rest, asked)
            rest = rest - part
            money = money + earns[..., w] * keeps**age * part
            waiting.append(asked - part)
        expired, waiting = waiting[0], waiting[1:][::-1]
        price = earns[..., w] * keeps**wait
        buyer = int(table.workload_buyer[w])
        left = room.get(buyer, depth)
        if fixed.spot >= 0:
            pays = spot < price + leaves["workload.penalty"][..., w]
            amount = xp.where(pays, xp.minimum(expired, left), 0.0)
        else:
            amount = 0.0 * expired
        room[buyer] = left - amount
        bought[w], unserved[w] = amount, expired - amount
        revenue[w], served[w] = money + price * amount, taken[w] - rest + amount
        blank = 0.0 * expired
        queues[w] = xp.stack([*waiting, *([blank] * (ages - wait))], axis=-1) if ages else queue[..., w, :]
    if not count:
        return queue, demand, demand, demand, demand
    return (
        xp.stack(queues, axis=-2),
        xp.stack(served, axis=-1),
        xp.stack(unserved, axis=-1),
        xp.stack(bought, axis=-1),
        xp.stack(revenue, axis=-1),
    )
