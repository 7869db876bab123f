"""Backstops, revenue shares, licences and power (rule C8)."""

from oracles.quarter_step.drawing import HOURS
from oracles.quarter_step.lines import Line
from oracles.quarter_step.numbers import NEVER
from oracles.quarter_step.phases import clause_name, clause_of, clip


def backstop_lines(world, state, t, name, deal, facts):
    """What C7 found."""
    return [Line(name, "backstop", deal.backer, deal.provider, facts.backstops[name])]


def revenue_share_lines(world, state, t, name, deal, facts):
    """A share of the revenue of the payer's workloads."""
    clause = clause_of(deal, "revenue_share")
    path = f"deals.{name}.clauses.{clause_name(deal, 'revenue_share')}.share"
    runs = world.drawn.index(clause.from_, 0.0) <= t < world.drawn.end_of(clause.until)
    revenue = sum(
        facts.revenue[workload]
        for workload, entry in world.book.workloads.items()
        if entry.buyer == deal.payer and (not clause.workloads or workload in clause.workloads)
    )
    due = world.drawn.amount(clause.share, path) * world.drawn.g[name] * revenue if runs else 0.0
    return [Line(name, "revenue share", deal.payer, deal.recipient, due)]


def term_of(world, name, deal, begins):
    """The time at which a licence or power deal ends."""
    term = clause_of(deal, "term")
    if term is None:
        return NEVER
    length = NEVER if term.length is None else world.delivery.clause_amount(name, "term", "length")
    return min(begins + length, world.drawn.end_of(term.until))


def licence_lines(world, state, t, name, deal, facts):
    """A fee within the term."""
    fee = world.fees[name][t] * world.drawn.g[name] * clip(term_of(world, name, deal, 0.0) - t)
    return [Line(name, "licence", deal.licensee, deal.licensor, fee)]


def in_supply(world, state, t, name):
    """C of E23: the share of t in which a power deal supplies its sites."""
    deal = world.book.deals[name]
    if name in state.ended or state.dead(deal.buyer) or state.dead(deal.seller):
        return 0.0
    end = NEVER
    if clause_of(deal, "term") is not None:
        begins = min(world.drawn.index(quarter, 0.0) for quarter in clause_of(deal, "ramp").levels)
        end = term_of(world, name, deal, begins)
    return world.drawn.in_force[name] * clip(min(t + 1, end) - t)


def energy_mw(world, site, t):
    """MW that a site draws on average, losses included."""
    entry, amount = world.book.sites[site], world.drawn.amount
    pue, load = amount(entry.pue, f"sites.{site}.pue"), amount(entry.load_factor, f"sites.{site}.load_factor")
    return world.delivery.on(site, t) * pue * load


def power_lines(world, state, t, name, deal, facts):
    """Electricity, with the minimum bill."""
    tariff = world.delivery.clause_amount(name, "tariff", "price")
    minimum = world.delivery.clause_amount(name, "tariff", "minimum")
    level = sum(mw for target, mw in world.delivery.increments(name) if target <= t)
    energy = sum(energy_mw(world, site, t) for site in deal.sites)
    billed = max(minimum * level * world.drawn.g[name], energy)
    due = in_supply(world, state, t, name) * tariff * HOURS / 1e6 * billed
    return [Line(name, "power", deal.buyer, deal.seller, due)]
