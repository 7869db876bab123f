"""The sections of a page: words, figure and table of each, or why it has nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offtake import figures
from offtake.brief._context import Chart, Section
from offtake.brief._words import (
    Sentence,
    count,
    listed,
    money,
    months,
    name,
    power,
    say,
    share,
    spread,
    times,
    when,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from offtake.brief._records import Records

__all__ = ["sections"]

_RANGES = (
    "Ranges relative to the value that was taken (the upright mark), those first that have the most money "
    "behind them."
)


def sections(records: Records) -> tuple[Section, ...]:
    """Return every section of a page in reading order."""
    makers = (
        _capacity, _cash, _burn, _bridge, _first_profit, _dependence, _money_map, _energised, _gates, _deals,
        _scenarios, _defaults, _assumed,
    )  # fmt: skip
    return tuple(make(records) for make in makers)


def _section(
    key: str,
    title: str,
    record: Any,
    *,
    says: Iterable[Sentence] = (),
    points: Iterable[Sentence] = (),
    caption: str = "",
    arguments: str = "book, runs",
    least_width: int = 0,
    shown: bool = False,
) -> Section:
    """Return a section with its table, and with its figure where it has a caption."""
    return Section(
        key=key.replace("_", "-"),
        title=title,
        says=tuple(says),
        points=tuple(points),
        chart=_chart(key, caption, record, least_width) if caption else None,
        table=record.table(),
        open=shown,
        command=f"figures.collect_{key}({arguments}).table()",
        absent="",
    )


def _chart(key: str, caption: str, record: Any, least_width: int) -> Chart:
    draw: Callable[..., Any] = getattr(figures, f"draw_{key}")
    wide, narrow = draw(record), draw(record, narrow=True)
    return Chart(
        key=key.replace("_", "-"),
        caption=caption,
        wide=_json(wide),
        narrow=_json(narrow),
        height=int(wide.layout.height),
        narrow_height=int(narrow.layout.height),
        least_width=least_width,
    )


def _json(chart: Any) -> str:
    """Return a figure as JSON that cannot end the script element that holds it."""
    return str(chart.to_json(remove_uids=True)).replace("</", "<\\/")


def _nothing(key: str, title: str, why: str) -> Section:
    return Section(key, title, (), (), None, None, open=False, command="", absent=why)


def _capacity(records: Records) -> Section:
    capacity, title = records.capacity, "Capacity against demand"
    if not capacity.layers:
        return _nothing("capacity", title, "No deal of the book delivers compute to a buyer with demand.")
    supply, demand = capacity.supply, capacity.demand
    short = [supplied < asked for supplied, asked in zip(supply, demand.q50, strict=True)]
    if any(short):
        covered = say(
            "Mean supply is below the median demand of {} in {} of {} quarters, first in {}.",
            name(capacity.party),
            count(sum(short)),
            count(len(short)),
            when(capacity.quarters[short.index(True)]),
        )
    else:
        covered = say("Mean supply covers the median demand of {} in every quarter.", name(capacity.party))
    used = say(
        "In {} it uses {} of what is delivered to it on average.",
        when(capacity.quarters[-1]),
        share(capacity.used[-1]),
    )
    added = (
        " The band adds those of its workloads, as if they moved together." if capacity.bands_added else ""
    )
    return _section(
        "capacity",
        title,
        capacity,
        says=(covered, used, *_after_default(records)),
        caption=f"Mean effective capacity by {apart}, and what {capacity.party} asks for: the median, and the "
        f"band that holds nine of ten futures.{added} Dotted: what is owed, were it on time. Pale and "
        f"hatched areas are less "
        "binding.",
        arguments=f"book, runs, {records.party!r}",
    )


def _after_default(records: Records) -> tuple[Sentence, ...]:
    """Return what default does to the focal party's own figures, if it ever defaults."""
    own = next(each.share for each in records.defaults.lines if each.party == records.party)
    if not own:
        return ()
    after = (
        "In {} of futures it is in default by the end, and from then on neither earns nor asks for anything."
    )
    return (say(after, share(own)),)


def _cash(records: Records) -> Section:
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
    return _section(
        "cash",
        "Cash",
        cash,
        says=says,
        caption="Cash at each quarter’s end: median, half and nine tenths of futures. Dotted: cash below "
        "which a party draws funding. Each panel has a scale of its own.",
        arguments=f"book, runs, {records.party!r}",
    )


def _burn(records: Records) -> Section:
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
    says += _after_default(records)
    return _section(
        "burn",
        "Burn against the plan of record" if burn.plan else "Burn",
        burn,
        says=says,
        caption="Cash burnt since the opening by the end of each year, before funding: median, half and "
        "nine tenths of futures.",
        arguments=f"book, runs, {records.party!r}",
    )


def _bridge(records: Records) -> Section:
    bridge, arguments = records.bridge, f"book, runs, {records.party!r}"
    compared = bridge.compared
    if not compared:
        why = say("Without a plan of record that gives revenue and burn there is no difference to explain.")
        return _section(
            "bridge", "What burn is made of", bridge, says=(why,), arguments=arguments, shown=True
        )
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
    return _section(
        "bridge",
        "Why the two differ",
        bridge,
        says=says,
        caption="From the plan’s burn to the book’s mean burn. The plan’s outlays are its revenue and burn "
        "added up.",
        arguments=arguments,
        shown=True,
    )


def _first_profit(records: Records) -> Section:
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
    return _section(
        "first_profit",
        "First year free of burn",
        first,
        says=says,
        caption="Share of futures in which each calendar year is the first whose receipts cover its "
        "outlays, before funding.",
        arguments=f"book, runs, {records.party!r}",
    )


def _dependence(records: Records) -> Section:
    dependence, title = records.dependence, "Who depends on whom"
    if not dependence.parties:
        return _nothing("dependence", title, "No party pays another within the calendar.")
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
    return _section(
        "dependence",
        title,
        dependence,
        points=points,
        caption=f"Mean payments in {dependence.scale.unit}, {dependence.window}: payers down, receivers "
        f"across.",
        least_width=24 * len(dependence.parties) + 150,
    )


def _money_map(records: Records) -> Section:
    money_map, title = records.money_map, "Where the money goes"
    if not money_map.arcs:
        return _nothing("money-map", title, "No party pays another within the calendar.")
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
    return _section(
        "money_map",
        title,
        money_map,
        says=says,
        caption=f"Mean payments, {money_map.window}; width grows with the root of the amount. In colour: "
        f"what goes "
        "round.",
    )


def _energised(records: Records) -> Section:
    energised, title = records.energised, "When how much is energised"
    if max(energised.fan.q95, default=0.0) <= 0:
        return _nothing("energised", title, "Nothing is energised within the calendar.")
    last = energised.fan.labels[-1]
    stats = energised.fan.at(last)
    says = [
        say(
            "At the end of {}: {} in the median ({} in nine of ten futures).",
            when(last),
            power(stats["q50"]),
            spread(stats["q05"], stats["q95"], "MW"),
        )
    ]
    diamonds = " Diamonds: what was announced."
    if energised.announced is None:
        says.append(say("No phase of the book has an announced date to compare with."))
        diamonds = ""
    elif energised.undated > 0:
        undated = "Phases of {} have no announced date: they count in the model and not in the diamonds."
        says.append(say(undated, power(energised.undated)))
    return _section(
        "energised",
        title,
        energised,
        says=says,
        caption=f"All sites, and deals without a site: median, half and nine tenths of futures.{diamonds}",
    )


def _gates(records: Records) -> Section:
    gates, title = records.gates, "Gates that bind"
    if not gates.gates:
        return _nothing("gates", title, "No phase of the book waits for a gate.")
    points = [
        say(
            "{} decides in {} of futures and costs {}: means of {} phases with {} in all, weighted by power.",
            name(each.gate.capitalize()),
            share(each.criticality),
            months(each.saved),
            count(each.number),
            power(each.mw),
        )
        for each in gates.by_name()
    ]
    return _section(
        "gates",
        title,
        gates,
        points=points,
        caption="How often each gate lies on the longest path to energising; beside it, what would be saved "
        "if it took no time. Ordered by time saved times power behind it.",
    )


def _deals(records: Records) -> Section:
    deals, title = records.deals, "How binding the deals are"
    groups = deals.groups()
    if not groups:
        return _nothing("deals", title, "The book holds no deals.")
    points = [
        say("{}: {} deals, {} expected to be paid.", word(firmness.capitalize()), count(number), money(paid))
        for firmness, (number, paid, _) in groups.items()
    ]
    return _section(
        "deals",
        title,
        deals,
        points=points,
        caption="Money expected to be paid over the calendar, and headline power of compute deals, by "
        "firmness. Firm binds; optional one side may call; intended is a letter of intent; offered is "
        "unsigned.",
    )


def _scenarios(records: Records) -> Section:
    scenarios, title = records.scenarios, "Scenarios side by side"
    if scenarios is None:
        return _nothing("scenarios", title, "No scenario was run beside the book.")
    points = [
        say("{}: {}.", name(line.name[:1].upper() + line.name[1:]), name(line.title.rstrip(".")))
        for line in scenarios.lines
        if line.title
    ]
    return _section(
        "scenarios",
        title,
        scenarios,
        points=points,
        caption=f"Cumulative burn of {scenarios.party} to the end of {scenarios.horizon}: the median, and "
        f"the range "
        "that holds nine of ten futures. The same draws in every scenario.",
        arguments=f"book, runs, scenario_runs, {records.party!r}, {scenarios.horizon!r}",
        shown=True,
    )


def _defaults(records: Records) -> Section:
    defaults = records.defaults
    far = [each for each in defaults.lines if each.far]
    says = [
        say(
            "In {} futures a share below {} cannot be seen. The model knows the deals of this book and not "
            "the other business of large firms, so neither figure corrects the other.",
            count(defaults.paths),
            share(1 / defaults.paths),
        )
    ]
    if far:
        says.append(
            say("Model and past differ by more than a factor of five for {} parties:", count(len(far)))
        )
    else:
        says.append(
            say("Where a rated party defaults at all, it is within a factor of five of its rating’s past.")
        )
    points = [
        say(
            "{}: {} in the model, {} in the past of its rating, a factor of {}.",
            name(each.party),
            share(each.share),
            share(each.base_rate or 0.0),
            times(each.factor or 0.0),
        )
        for each in far
    ]
    return _section(
        "defaults",
        "Default frequency beside rating base rates",
        defaults,
        says=says,
        points=points,
        caption="Share of futures in default by the end, and how many firms with the same rating defaulted "
        "within as long in the past. Logarithmic axis; an open mark at the left: never in the model.",
    )


def _assumed(records: Records) -> Section:
    assumed, title = records.assumed, "What is assumed"
    if not assumed.figures:
        return _nothing("assumed", title, "Every figure of the book has a source.")
    ranged = assumed.ranged
    says = say(
        "{} entries of the book are assumed or have a range; {} have a range that can be drawn.",
        count(len(assumed.figures)),
        count(len(ranged)),
    )
    caption = _RANGES if ranged else ""
    return _section("assumed", title, assumed, says=(says,), caption=caption)
