"""The sections on where money comes from: ways round, origins of receipts, exposures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._making import nothing, section
from offtake.brief._words import count, money, name, plain, say, share

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records
    from offtake.brief._words import Sentence

__all__ = ["cycles_section", "exposures_section", "origins_section"]

_VENDOR = "vendor"
_CUSTOMERS = "end customers"
_OWN = "own payments"
_POINTS = 4


def cycles_section(records: Records) -> Section:
    """Return the section on the ways on which money goes round."""
    cycles, title = records.trace_cycles, "On which ways money comes back"
    if not cycles.lines:
        return nothing("trace-cycles", title, "No money comes back to where it was paid.")
    widest = cycles.lines[0]
    says = [
        say(
            "{} ways lead round. The widest, {}, carries at most {}: no more is paid from {} to {}.",
            count(len(cycles.lines)),
            name(widest.way),
            money(widest.smallest),
            name(widest.narrows[0]),
            name(widest.narrows[1]),
        ),
        say("Ways share their steps, so that these amounts must not be added up."),
    ]
    return section(
        "trace_cycles",
        title,
        cycles,
        says=says,
        caption="The widest ways round, each with the smallest payment on it over the calendar, on average.",
    )


def origins_section(records: Records) -> Section:
    """Return the section on the origin of receipts."""
    origins, title = records.trace_origins, "Where receipts come from in the end"
    if not origins.lines:
        return nothing("trace-origins", title, "No party receives money from another within the calendar.")
    says = []
    own = max(origins.lines, key=lambda line: line.shares[_OWN] * line.receipts)
    if own.shares[_OWN] > 0:
        says.append(
            say(
                "The most comes back to {}: {} of what others pay it, {}, is money that it had paid out "
                "itself.",
                name(own.party),
                share(own.shares[_OWN]),
                money(own.shares[_OWN] * own.receipts),
            )
        )
    points = [
        _vendor_point(line.party, line.receipts, line.shares[_CUSTOMERS], line.contracted)
        for line in origins.lines
        if line.role == _VENDOR
    ][:_POINTS]
    return section(
        "trace_origins",
        title,
        origins,
        says=says,
        points=points,
        caption="Mean receipts from other parties, followed back until they reach money from outside, cash "
        "that somebody drew down, or the party itself.",
    )


def _vendor_point(
    party: str, receipts: float, customers: float, contracted: tuple[float | None, float | None]
) -> Sentence:
    """Return how much of a vendor's receipts traces to end customers, simulated and by contract."""
    found = say(
        "Of {} paid to {}, {} traces to end customers", money(receipts), name(party), share(customers)
    )
    firm, letters = contracted
    if firm is not None and letters is not None:
        found += say(
            "; by contract {} without letters of intent and {} with them", share(firm), share(letters)
        )
    elif letters is not None:
        found += say("; by contract {}, all of it under options and letters of intent", share(letters))
    return found + say(".")


def exposures_section(records: Records) -> Section:
    """Return the section on who is exposed to whom."""
    exposures, title = records.trace_exposures, "Who is exposed to whom"
    if not exposures.lines:
        return nothing("trace-exposures", title, "No party has money to come from another.")
    largest = exposures.lines[0]
    before = sum(line.before for line in exposures.lines)
    after = sum(line.after for line in exposures.lines)
    says = [
        say(
            "The largest exposure is that of {} to {}: {}, and {} once what the two owe each other is "
            "set off.",
            name(largest.party),
            name(largest.to),
            money(largest.before),
            money(largest.after),
        ),
        say("Set-off lowers all exposures together by {}.", share(1.0 - after / before)),
    ]
    points = [
        say(
            "{} buys capacity from {} providers, {} of it by value from {}; its Herfindahl index is {}.",
            name(line.party),
            count(line.count),
            share(line.share),
            name(line.largest),
            plain(line.herfindahl),
        )
        for line in exposures.providers
        if line.count > 1
    ][:_POINTS]
    return section(
        "trace_exposures",
        title,
        exposures,
        says=says,
        points=points,
        caption=f"In {exposures.scale.unit}: what those at the left lose if those above pay nothing from "
        f"{exposures.start} on, before netting.",
        least_width=24 * len({line.to for line in exposures.lines}) + 150,
    )
