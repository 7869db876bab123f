"""The sections on supply, gates, scenarios, defaults and assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._making import after_default, nothing, section
from offtake.brief._words import count, months, name, power, say, share, spread, times, when

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records

__all__ = [
    "assumed_section",
    "capacity_section",
    "defaults_section",
    "energised_section",
    "gates_section",
    "scenarios_section",
]

_RANGES = (
    "Ranges relative to the value that was taken (the upright mark), those first that have the most money "
    "behind them."
)


def capacity_section(records: Records) -> Section:
    """Return the section on what the focal party gets and asks for."""
    capacity, title = records.capacity, "Capacity against demand"
    if not capacity.layers:
        return nothing("capacity", title, "No deal of the book delivers compute to a buyer with demand.")
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
    apart = "deal" if capacity.drawn == capacity.layers else "supplier"
    added = (
        " The band adds those of its workloads, as if they moved together." if capacity.bands_added else ""
    )
    return section(
        "capacity",
        title,
        capacity,
        says=(covered, used, *after_default(records)),
        caption=f"Mean effective capacity by {apart}, and what {capacity.party} asks for: the median, and "
        f"the band that holds nine of ten futures.{added} Dotted: what is owed, were it on time. Pale and "
        f"hatched areas are "
        "less binding.",
        arguments=f"book, runs, {records.party!r}",
    )


def energised_section(records: Records) -> Section:
    """Return the section on when how much is energised."""
    energised, title = records.energised, "When how much is energised"
    if max(energised.fan.q95, default=0.0) <= 0:
        return nothing("energised", title, "Nothing is energised within the calendar.")
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
    return section(
        "energised",
        title,
        energised,
        says=says,
        caption=f"All sites, and deals without a site: median, half and nine tenths of futures.{diamonds}",
    )


def gates_section(records: Records) -> Section:
    """Return the section on the gates that bind."""
    gates, title = records.gates, "Gates that bind"
    if not gates.gates:
        return nothing("gates", title, "No phase of the book waits for a gate.")
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
    return section(
        "gates",
        title,
        gates,
        points=points,
        caption="How often each gate lies on the longest path to energising; beside it, what would be saved "
        "if it took no time. Ordered by time saved times power behind it.",
    )


def scenarios_section(records: Records) -> Section:
    """Return the section on the scenarios side by side."""
    scenarios, title = records.scenarios, "Scenarios side by side"
    if scenarios is None:
        return nothing("scenarios", title, "No scenario was run beside the book.")
    points = [
        say("{}: {}.", name(line.name[:1].upper() + line.name[1:]), name(line.title.rstrip(".")))
        for line in scenarios.lines
        if line.title
    ]
    return section(
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


def defaults_section(records: Records) -> Section:
    """Return the section on default frequencies beside base rates."""
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
    return section(
        "defaults",
        "Default frequency beside rating base rates",
        defaults,
        says=says,
        points=points,
        caption="Share of futures in default by the end, and how many firms with the same rating defaulted "
        "within as long in the past. Logarithmic axis; an open mark at the left: never in the model.",
    )


def assumed_section(records: Records) -> Section:
    """Return the section on what is assumed."""
    assumed, title = records.assumed, "What is assumed"
    if not assumed.figures:
        return nothing("assumed", title, "Every figure of the book has a source.")
    ranged = assumed.ranged
    says = say(
        "{} entries of the book are assumed or have a range; {} have a range that can be drawn.",
        count(len(assumed.figures)),
        count(len(ranged)),
    )
    caption = _RANGES if ranged else ""
    return section("assumed", title, assumed, says=(says,), caption=caption)
