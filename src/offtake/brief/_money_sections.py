"""The sections on money: cash, burn, who pays whom, how binding the deals are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._making import after_default, nothing, section
from offtake.brief._words import count, listed, money, name, say, share, spread, when, word

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records

__all__ = [
    "bridge_section",
    "burn_section",
    "cash_section",
    "deals_section",
    "dependence_section",
    "first_profit_section",
    "money_map_section",
]


def cash_section(records: Records) -> Section:
    """Return the section on cash."""
    cash = records.cash
    own = cash.panels[0]
    lowest = min(range(len(own.fan.labels)), key=lambda place: own.fan.q50[place])
    says = [
        say(
            "The median cash of {} is lowest in {}, at {} ({}). It draws {} of funding over the calendar on "
            "average.",
            name(own.party),
            when(own.fan.labels[lowest]),
            money(own.fan.q50[lowest]),
            spread(own.fan.q05[lowest], own.fan.q95[lowest], "M USD"),
            money(own.funded),
        )
    ]
    if cash.left_out:
        says.append(say("Not drawn: {}.", listed(cash.left_out, len(cash.left_out))))
    return section(
        "cash",
        "Cash",
        cash,
        says=says,
        caption="Cash at each quarter’s end: median, half and nine tenths of futures. Dotted: cash below "
        "which a party draws funding. Each panel has a scale of its own.",
        arguments=f"book, runs, {records.party!r}",
    )


def burn_section(records: Records) -> Section:
    """Return the section on burn beside the plan of record."""
    burn = records.burn
    stats = burn.cumulative.at(records.horizon)
    says = [
        say(
            "By the end of {}, cumulative burn is {} in the median ({} in nine of ten futures) and {} on "
            "average.",
            when(records.horizon),
            money(stats["q50"]),
            spread(stats["q05"], stats["q95"], "M USD"),
            money(stats["mean"]),
        )
    ]
    if burn.plan:
        above = stats["q50"] - burn.plan[records.horizon]
        says.append(
            say(
                "The median is {} {} than the plan of record, {}.",
                money(abs(above)),
                word("more" if above >= 0 else "less"),
                money(burn.plan[records.horizon]),
            )
        )
    else:
        says.append(say("The book holds no plan of record of {} to compare with.", name(burn.party)))
    for year, part in burn.part_years.items():
        covered = say("Of {}, the calendar covers {}", when(year), share(part))
        says.append(covered + say("; the plan of that year is taken in this share." if burn.plan else "."))
    says += after_default(records)
    return section(
        "burn",
        "Burn against the plan of record" if burn.plan else "Burn",
        burn,
        says=says,
        caption="Cash burnt since the opening by the end of each year, before funding: median, half and "
        "nine tenths of futures.",
        arguments=f"book, runs, {records.party!r}",
    )


def bridge_section(records: Records) -> Section:
    """Return the section on why burn differs from the plan."""
    bridge, arguments = records.bridge, f"book, runs, {records.party!r}"
    compared = bridge.compared
    if not compared:
        why = say("Without a plan of record that gives revenue and burn there is no difference to explain.")
        return section("bridge", "What burn is made of", bridge, says=(why,), arguments=arguments, shown=True)
    gap = bridge.revenue_gap + bridge.outlay_gap
    parts = {
        "compute and leases": sum(each.compute for each in compared),
        "chips and systems": sum(each.chips for each in compared),
        "other deals": sum(each.other_deals for each in compared),
        "costs outside the book": sum(each.outside for each in compared),
    }
    largest = max(parts, key=lambda each: parts[each])
    says = (
        say(
            "From {} to {} mean burn is {} {} than planned: {} because revenue is {}, {} because outlays "
            "are {}.",
            when(compared[0].year),
            when(compared[-1].year),
            money(abs(gap)),
            word("more" if gap >= 0 else "less"),
            money(bridge.revenue_gap),
            word("lower" if bridge.revenue_gap >= 0 else "higher"),
            money(bridge.outlay_gap),
            word("higher" if bridge.outlay_gap >= 0 else "lower"),
        ),
        say(
            "The largest outlay is {}, {} of {} in all; the plan’s revenue and burn leave room for {}.",
            word(largest),
            money(parts[largest]),
            money(sum(each.outlays for each in compared)),
            money(sum(each.planned_outlays or 0.0 for each in compared)),
        ),
    )
    return section(
        "bridge",
        "Why the two differ",
        bridge,
        says=says,
        caption="From the plan’s burn to the book’s mean burn. The plan’s outlays are its revenue and burn "
        "added up.",
        arguments=arguments,
        shown=True,
    )


def first_profit_section(records: Records) -> Section:
    """Return the section on the first year free of burn."""
    first = records.first_profit
    says = []
    if first.planned is not None:
        says.append(
            say(
                "The plan of record names {}; {} of futures have a year free of burn by then.",
                when(first.planned),
                share(first.by_plan),
            )
        )
    return section(
        "first_profit",
        "First year free of burn",
        first,
        says=says,
        caption="Share of futures in which each calendar year is the first whose receipts cover its "
        "outlays, before funding.",
        arguments=f"book, runs, {records.party!r}",
    )


def dependence_section(records: Records) -> Section:
    """Return the section on who depends on whom."""
    dependence, title = records.dependence, "Who depends on whom"
    if not dependence.parties:
        return nothing("dependence", title, "No party pays another within the calendar.")
    points = [
        say(
            "{} has {} of its income, {}, from {}.",
            name(receiver),
            share(min(part, 1.0)),
            money(amount),
            name(payer),
        )
        for receiver, payer, part, amount in dependence.leaning()[:5]
    ]
    return section(
        "dependence",
        title,
        dependence,
        points=points,
        caption=f"Mean payments in {dependence.scale.unit}, {dependence.window}: payers down, receivers "
        f"across.",
        least_width=24 * len(dependence.parties) + 150,
    )


def money_map_section(records: Records) -> Section:
    """Return the section on where the money goes."""
    money_map, title = records.money_map, "Where the money goes"
    if not money_map.arcs:
        return nothing("money-map", title, "No party pays another within the calendar.")
    largest = max(money_map.arcs, key=lambda arc: arc.circular)
    says = [
        say(
            "Of {} paid between parties, {} goes round: it could be netted away and every party’s position "
            "would stay what it is.",
            money(money_map.gross),
            money(money_map.circular),
        )
    ]
    if largest.circular > 0:
        says.append(
            say(
                "The largest piece on the way round is {} from {} to {}.",
                money(largest.circular),
                name(largest.payer),
                name(largest.receiver),
            )
        )
    return section(
        "money_map",
        title,
        money_map,
        says=says,
        caption=f"Mean payments, {money_map.window}; width grows with the root of the amount. In colour: "
        f"what goes "
        "round.",
    )


def deals_section(records: Records) -> Section:
    """Return the section on how binding the deals are."""
    deals, title = records.deals, "How binding the deals are"
    groups = deals.groups()
    if not groups:
        return nothing("deals", title, "The book holds no deals.")
    points = [
        say("{}: {} deals, {} expected to be paid.", word(firmness.capitalize()), count(number), money(paid))
        for firmness, (number, paid, _) in groups.items()
    ]
    return section(
        "deals",
        title,
        deals,
        points=points,
        caption="Money expected to be paid over the calendar, and headline power of compute deals, by "
        "firmness. Firm binds; optional one side may call; intended is a letter of intent; offered is "
        "unsigned.",
    )
