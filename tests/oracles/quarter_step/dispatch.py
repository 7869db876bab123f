"""Placing capacity on workloads, and what becomes of the rest (rules C6 and C7)."""

from dataclasses import dataclass, field

from oracles.quarter_step.numbers import floor_of
from oracles.quarter_step.phases import clause_name, clause_of


@dataclass
class Dispatched:
    """What one quarter's dispatch gives."""

    served: dict = field(default_factory=dict)
    unserved: dict = field(default_factory=dict)
    revenue: dict = field(default_factory=dict)
    bought: dict = field(default_factory=dict)
    queue: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    """MW used of each deal; own sites under (site,)."""
    metered: dict = field(default_factory=dict)
    """MW of each deal that a usage price counts (E31)."""


def dispatch(world, state, t, delivered):
    """Serve the workloads of every buyer in turn (C6)."""
    result = Dispatched()
    for party in world.book.parties:
        left = {}
        for pool in world.capacity.pools[party]:
            left[pool] = sum(
                mw_of(world, state, source, t, delivered) * source.efficiency for source in pool.sources
            )
        size = dict(left)
        loads = {pool: [] for pool in left}
        depth = world.drawn.amount(world.book.market.buy_depth, "market.buy_depth")
        for name in world.capacity.workloads[party]:
            if state.dead(party):
                result.served[name] = result.unserved[name] = result.revenue[name] = result.bought[name] = 0.0
                result.queue[name] = [0.0] * len(state.queue[name])
                continue
            depth -= serve(world, state, t, name, left, depth, result, loads)
        for pool in world.capacity.pools[party]:
            taken = size[pool] - left[pool]
            lasts = mean_duration(loads[pool])
            for source in pool.sources:
                mw = mw_of(world, state, source, t, delivered)
                effective = min(taken, mw * source.efficiency)
                taken -= effective
                key = source.deal if source.deal is not None else (source.site,)
                result.used[key] = effective / source.efficiency
                result.metered[key] = result.used[key] * lasts
    return result


def mean_duration(loads):
    """The mean duration of what a pool serves: pairs of effective MW and duration (E31)."""
    total = sum(mw for mw, _ in loads)
    return sum(mw * duration for mw, duration in loads) / total if total > 0 else 1.0


def mw_of(world, state, source, t, delivered):
    """MW that a source offers in t."""
    if source.deal is not None:
        return delivered[source.deal]
    alive = not state.dead(world.book.sites[source.site].owner)
    return world.delivery.free(source.site, t) if alive else 0.0


def allowed(world, state, t, workload, source):
    """Whether a workload may run on a source in t (C5, E15)."""
    for each in world.capacity.exclusivities:
        in_force = each.deal is None or (world.drawn.in_force[each.deal] and each.deal not in state.ended)
        binds = in_force and each.first <= t < each.end and not state.dead(each.holder)
        if binds and world.capacity.bars(each, workload, source):
            return False
    return world.capacity.placed(workload, source)


def serve(world, state, t, name, left, depth, result, loads):
    """Serve one workload; return what it buys on spot."""
    drawn, workload = world.drawn, world.book.workloads[name]
    longest = floor_of(workload.defer.value)
    ages = [world.demand[name][t], *state.queue[name]]
    kept = 1.0 - drawn.amount(workload.waiting_loss, f"workloads.{name}.waiting_loss") / 4.0
    value = world.yields[name][t]
    need = sum(ages)
    taken = 0.0
    for pool in world.capacity.pools[workload.buyer]:
        if allowed(world, state, t, name, pool.sources[0]):
            part = min(need - taken, left[pool])
            left[pool] -= part
            taken += part
            loads[pool].append((part, world.duration[name]))
    revenue, rest = 0.0, taken
    for age in range(longest, -1, -1):
        part = min(ages[age], rest)
        ages[age] -= part
        rest -= part
        revenue += value * kept**age * part
    due = ages[longest]
    penalty = world.penalty[name]
    bought = 0.0
    if drawn.spot_driver is not None and world.spot[t] < value * kept**longest + penalty:
        bought = min(due, max(0.0, depth))
    result.served[name] = taken + bought
    result.unserved[name] = due - bought
    result.revenue[name] = world.duration[name] * (revenue + value * kept**longest * bought)
    result.bought[name] = bought
    result.queue[name] = ages[:longest]
    return bought


def idle(world, state, t, delivered, released, used):
    """Backstops, spot rent and stranded MW of every party (C7): taken by deal, redeployed, stranded."""
    drawn, book = world.drawn, world.book
    unsold, surplus, lost = {}, {}, {}
    for party in book.parties:
        own = [site for site, entry in book.sites.items() if entry.owner == party]
        if state.dead(party):
            unsold[party] = surplus[party] = 0.0
            lost[party] = sum(world.delivery.free(site, t) for site in own)
            continue
        unsold[party] = sum(world.delivery.free(site, t) - used.get((site,), 0.0) for site in own)
        unsold[party] += released["free"].get(party, 0.0)
        surplus[party], lost[party] = 0.0, released["stuck"].get(party, 0.0)
        for name, deal in book.deals.items():
            if deal.kind == "compute" and deal.buyer == party:
                resale = clause_of(deal, "resale")
                idle_mw = delivered[name] - used[name]
                if resale is None or resale.allowed:
                    surplus[party] += idle_mw
                else:
                    lost[party] += idle_mw
    paid = {}
    for name, deal in book.deals.items():
        if deal.kind == "backstop":
            paid[name] = backstop(world, state, t, name, deal, unsold)
    redeployed, stranded = {}, {}
    for party, entry in book.parties.items():
        if entry.sell_depth is None:
            depth = drawn.amount(book.market.sell_depth, "market.sell_depth")
        else:
            depth = drawn.amount(entry.sell_depth, f"parties.{party}.sell_depth")
        # what is all used can come out a rounding below zero
        out = max(0.0, unsold[party] + surplus[party])
        redeployed[party] = min(out, depth) if drawn.spot_driver is not None else 0.0
        stranded[party] = out - redeployed[party] + lost[party]
    return paid, redeployed, stranded


def backstop(world, state, t, name, deal, unsold):
    """What a backer owes in t; the MW that it takes are taken off what is unsold."""
    drawn, cover = world.drawn, clause_of(deal, "cover")
    path = f"deals.{name}.clauses.{clause_name(deal, 'cover')}"
    runs = drawn.index(cover.from_, 0.0) <= t < drawn.end_of(cover.until)
    if state.dead(deal.backer) or state.dead(deal.provider) or not runs or not drawn.in_force[name]:
        return 0.0
    price = drawn.price(cover.price, f"{path}.price", drawn.chip_of_deal(name))
    taken = unsold[deal.provider]
    if cover.power is not None:
        taken = min(taken, drawn.g[name] * drawn.amount(cover.power, f"{path}.power"))
    if cover.up_to is not None and price > 0:
        left = max(0.0, drawn.g[name] * drawn.amount(cover.up_to, f"{path}.up to") - state.backed[name])
        taken = min(taken, left / price)
    unsold[deal.provider] -= taken
    return price * taken
