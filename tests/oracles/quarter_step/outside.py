"""Money from and to the world outside the book (rule C9)."""

from oracles.quarter_step.drawing import HOURS
from oracles.quarter_step.numbers import floor_of
from oracles.quarter_step.phases import clause_name
from oracles.quarter_step.services import energy_mw, in_supply

ORDINARY = ("interest", "maturities", "interest on drawn debt")


def outside_in(world, state, t, party, facts):
    """What a party receives from the world, by kind."""
    if state.dead(party):
        return {}
    haircut = world.drawn.amount(world.book.market.haircut, "market.haircut")
    return {
        "income": world.income[party][t],
        "revenue": sum(
            facts.revenue[name] for name, entry in world.book.workloads.items() if entry.buyer == party
        ),
        "redeployed": facts.redeployed[party] * world.spot[t] * (1.0 - haircut),
        "warrants sold": sum(
            warrants_sold(world, t, name, deal, clause)
            for name, deal in world.book.deals.items()
            for clause in deal.clauses.values()
            if clause.kind == "warrants" and clause.holder == party
        ),
    }


def warrants_sold(world, t, name, deal, clause):
    """Money from the warrants that vest in t and are sold at once."""
    drawn = world.drawn
    path = f"deals.{name}.clauses.{clause_name(deal, 'warrants')}"
    each = drawn.amount(clause.each, f"{path}.each")
    unit = 1e6 if drawn.unit_of_driver[clause.price] == "money" else 1.0
    price = [x * unit for x in drawn.X[clause.price]]

    def measured(quarter):
        return world.delivery.measured(clause, None, quarter)

    def vested(k, until):
        if measured(-1) >= k * each - 1e-9:
            return True
        hurdle = 0.0
        if k <= len(clause.hurdles):
            hurdle = drawn.amount(clause.hurdles[k - 1], f"{path}.hurdles.{k - 1}")
        return any(
            measured(quarter) >= k * each - 1e-9 and price[quarter] >= hurdle for quarter in range(until + 1)
        )

    numbers = range(1, clause.tranches + 1)
    new = sum(vested(k, t) for k in numbers) - sum(vested(k, t - 1) for k in numbers)
    shares = drawn.amount(clause.shares, f"{path}.shares") * drawn.g[name] * new / clause.tranches
    gain = max(price[t] - drawn.amount(clause.strike, f"{path}.strike"), 0.0)
    return drawn.amount(clause.sold, f"{path}.sold") * shares * gain / 1e6


def owed_outside(world, state, t, party, facts):
    """What a party owes to the world, by kind, without arrears."""
    if state.dead(party):
        return {}
    mine = [name for name, entry in world.book.workloads.items() if entry.buyer == party]
    sites = [name for name, entry in world.book.sites.items() if entry.owner == party]
    return {
        "costs": world.costs[party][t],
        "capital": world.capital[party][t],
        "spot": sum(facts.bought[name] * world.spot[t] * world.duration[name] for name in mine),
        "penalty": sum(facts.unserved[name] * world.penalty[name] * world.duration[name] for name in mine),
        "power": sum(power(world, state, t, site) for site in sites),
        "opex": sum(world.opex[site] * world.delivery.on(site, t) for site in sites),
        "capex": sum(capex(world, t, site) for site in sites),
        **debt_service(world, state, t, party),
    }


def power(world, state, t, site):
    """Electricity bought outside the book."""
    price = world.drawn.amount(world.book.sites[site].power_price, f"sites.{site}.power_price")
    inside = sum(
        in_supply(world, state, t, name)
        for name, deal in world.book.deals.items()
        if deal.kind == "power" and site in deal.sites
    )
    return energy_mw(world, site, t) * HOURS * price / 1e6 * (1.0 - min(1.0, inside))


def capex(world, t, site):
    """The part of the cost to build that is paid outside."""
    rest = world.drawn.amount(world.book.sites[site].capex.rest, f"sites.{site}.capex.rest")
    share = 0.0
    for phase in world.delivery.phases[site]:
        if phase.online:
            continue
        start, end = phase.starts.get("construction", 0.0), phase.ends.get("construction", 0.0)
        if end - start > 0:
            part = max(0.0, min(t + 1, end) - max(t, start)) / (end - start)
        else:
            part = 1.0 if floor_of(phase.energised) == t else 0.0
        share += phase.mw * phase.exists * part
    return rest * share


def scheduled_debt(world, party, t):
    """(scheduled debt at the start of t, interest on it in t, principal that matures in t)."""
    drawn, total, interest, maturing = world.drawn, 0.0, 0.0, 0.0
    for k, debt in enumerate(world.book.parties[party].debt):
        path = f"parties.{party}.debt.{k}"
        balance = drawn.amount(debt.amount, f"{path}.amount")
        for quarter, amount in debt.maturities.items():
            when = drawn.calendar.index(quarter)
            value = drawn.amount(amount, f"{path}.maturities.{quarter}")
            balance -= value if 0 <= when < t else 0.0
            maturing += value if when == t else 0.0
        total += balance
        interest += drawn.amount(debt.rate, f"{path}.rate") / 4.0 * balance
    return total, interest, maturing


def debt_service(world, state, t, party):
    """Interest and maturities of debt to lenders outside."""
    drawn, funding = world.drawn, world.book.parties[party].funding
    _, interest, maturing = scheduled_debt(world, party, t)
    rate = 0.0
    if funding is not None and funding.rate is not None:
        rate = drawn.amount(funding.rate, f"parties.{party}.funding.rate")
    elif funding is not None:
        rate = drawn.amount(world.book.market.base_rate, "market.base_rate")
        rate += drawn.amount(funding.spread, f"parties.{party}.funding.spread")
    return {
        "interest": interest,
        "maturities": maturing,
        "interest on drawn debt": rate / 4.0 * state.drawn_debt[party],
    }


def rank_of(kind):
    """The rank of a kind of outside due."""
    return 0 if kind == "arrears" else 2 if kind in ORDINARY else 1


def funding_drawn(world, state, t, party, need, confidence):
    """External funding drawn to stay above minimum cash (C10)."""
    if state.dead(party) or world.book.parties[party].funding is None:
        return 0.0
    return max(0.0, min(need, world.limit[party][t] * confidence))
