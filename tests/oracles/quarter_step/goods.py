"""Chips and shares: supply and equity deals (rule C8)."""

import math

from oracles.quarter_step.lines import Line
from oracles.quarter_step.numbers import floor_of
from oracles.quarter_step.phases import clause_name, clause_of


def chip_price(world, name, deal, t):
    """Price of a MW of systems in t."""
    clause = clause_of(deal, "unit_price")
    path = f"deals.{name}.clauses.{clause_name(deal, 'unit_price')}.amount"
    index = world.drawn.X[clause.index][t] / world.drawn.X[clause.index][0] if clause.index else 1.0
    return world.drawn.amount(clause.amount, path) * index


def chip_mw(world, site, t):
    """MW of a site whose chips fall due in t."""
    return sum(
        phase.mw * phase.exists
        for phase in world.delivery.phases[site]
        if not phase.online and floor_of(phase.end_of("chips")) == t
    )


def supply_lines(world, state, t, name, deal, facts):
    """Chips under a supply deal."""
    if deal.sites:
        mw = sum(chip_mw(world, site, t) for site in deal.sites)
    else:
        delay = world.delivery.clause_amount(name, "delivery", "delay")
        steps = world.delivery.increments(name)
        mw = sum(step for target, step in steps if floor_of(target + delay) == t)
    due = chip_price(world, name, deal, t) * mw * world.drawn.g[name]
    return [Line(name, "chips", deal.buyer, deal.seller, due)]


def chips_without_deal(world, t):
    """Chips of sites in no supply deal, from the chip's vendor."""
    lines = []
    for name, site in world.book.sites.items():
        vendor = world.book.chips[site.chip].vendor if site.chip is not None else site.owner
        if name in world.delivery.supplied_by or vendor == site.owner:
            continue
        price = world.drawn.amount(site.capex.chips, f"sites.{name}.capex.chips")
        lines.append(Line(f"site/{name}", "chips", site.owner, vendor, price * chip_mw(world, name, t)))
    return lines


def equity_lines(world, state, t, name, deal, facts):
    """Dated payments and tranches."""
    drawn, g = world.drawn, world.drawn.g[name]
    lines = []
    payments, tranches = clause_of(deal, "payments"), clause_of(deal, "tranches")
    if payments is not None:
        label = clause_name(deal, "payments")
        due = sum(
            drawn.amount(amount, f"deals.{name}.clauses.{label}.dated.{quarter}")
            for quarter, amount in payments.dated.items()
            if drawn.calendar.index(quarter) == t
        )
        lines.append(Line(name, "payment", deal.investor, deal.issuer, g * due))
    if tranches is not None:
        path = f"deals.{name}.clauses.{clause_name(deal, 'tranches')}"
        each = drawn.amount(tranches.each, f"{path}.each")
        one, most = (
            drawn.amount(tranches.amount, f"{path}.amount"),
            drawn.amount(tranches.up_to, f"{path}.up to"),
        )

        def released(quarter):
            number = math.floor(world.delivery.measured(tranches, deal.issuer, quarter) / each + 1e-9)
            return min(most, one * number)

        lines.append(Line(name, "tranche", deal.investor, deal.issuer, g * (released(t) - released(t - 1))))
    return lines
