"""What a page finds, in plain sentences: each is computed from a record, or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    told,
    when,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.brief._records import Records

__all__ = ["findings"]

_OFTEN: Final = 0.05


def findings(records: Records) -> tuple[Sentence, ...]:
    """Return every finding that the records allow, the most telling first."""
    return tuple(found for find in _FINDERS if (found := find(records)))


def _outside_money(records: Records) -> Sentence:
    burn = records.burn.cumulative.at(records.horizon)
    ends = (when(records.horizon), name(records.party))
    if burn["q50"] > 0:
        needs = say(
            "Up to the end of {}, {} needs {} of money from outside in the median", *ends, money(burn["q50"])
        )
    else:
        needs = say("Up to the end of {}, {} burns no money in the median", *ends)
    spent = say(" ({} in nine of ten futures)", spread(burn["q05"], burn["q95"], "M USD"))
    return needs + spent + _by_plan(records) + say(".")


def _by_plan(records: Records) -> Sentence:
    """Return what the plan of record says of burn up to the horizon, and in all where it began earlier."""
    if not records.burn.plan:
        return ()
    planned, full = records.burn.plan[records.horizon], records.burn.planned_in_full
    said = say("; its plan of record says {}", money(planned))
    if full is not None and abs(full - planned) > _OFTEN * abs(full):
        said += say(" from the opening on, {} in all", money(full))
    return said


def _first_year(records: Records) -> Sentence:
    first = records.first_profit
    last = [year for year in first.shares if year != "never"][-1]
    never = first.shares.get("never", 0.0)
    if never > 0:
        found = say(
            "In {} of futures {} has no year free of burn up to {}",
            share(never),
            name(first.party),
            when(last),
        )
    else:
        found = say("{} has a year free of burn by {} in every future", name(first.party), when(last))
    if first.planned is not None:
        found += say(
            "; its plan says {}, which {} of futures meet", when(first.planned), share(first.by_plan)
        )
    return found + say(".")


def _energised(records: Records) -> Sentence:
    energised = records.energised
    if energised.announced is None:
        return ()
    labels, announced = energised.fan.labels, energised.announced
    gaps = [promise - middle for promise, middle in zip(announced, energised.fan.q50, strict=True)]
    place = max(range(len(labels)), key=lambda each: gaps[each])
    stats = energised.fan.at(labels[place])
    return say(
        "At the end of {}, {} is energised in the median ({} in nine of ten futures), against {} announced.",
        when(labels[place]),
        power(stats["q50"]),
        spread(stats["q05"], stats["q95"], "MW"),
        power(announced[place]),
    )


def _gate(records: Records) -> Sentence:
    kinds = records.gates.by_name()
    if not kinds or kinds[0].saved <= 0:
        return ()
    worst, most = kinds[0], records.gates.gates[0]
    return say(
        "The gate that costs the most is {}: over all {} that wait for it, it decides in {} of futures and "
        "costs {}. The single gate that holds up the most is {} at {}.",
        name(worst.gate),
        power(worst.mw),
        share(worst.criticality),
        months(worst.saved),
        name(most.gate),
        name(f"{most.site} {most.phase}".strip()),
    )


def _capacity(records: Records) -> Sentence:
    capacity = records.capacity
    if not capacity.layers:
        return ()
    last = capacity.quarters[-1]
    supply, demand = capacity.supply[-1], capacity.demand.at(last)
    firm = sum(layer.mw[-1] for layer in capacity.layers if layer.firmness == "firm")
    return say(
        "In {}, {} of effective capacity serves {} on average, {} of it under firm deals or on own sites; "
        "it asks for {} in the median ({} in nine of ten futures).",
        when(last),
        power(supply),
        name(capacity.party),
        share(firm / supply) if supply else share(0.0),
        power(demand["q50"]),
        spread(demand["q05"], demand["q95"], "MW"),
    )


def _dependence(records: Records) -> Sentence:
    dependence = records.dependence
    largest = {
        receiver: dependence.largest_payer(receiver)
        for place, receiver in enumerate(dependence.parties)
        if any(row[place] for row in dependence.amounts)
    }
    parts = {receiver: part for receiver, (payer, part) in largest.items() if payer == records.party}
    if not parts:
        return ()
    receiver = max(parts, key=lambda each: parts[each])
    return say(
        "{} is the largest payer of {} of the {} parties that are paid. {} depends on it the most, for {} "
        "of its income.",
        name(records.party),
        count(len(parts)),
        count(len(largest)),
        name(receiver),
        share(min(parts[receiver], 1.0)),
    )


def _circular(records: Records) -> Sentence:
    money_map = records.money_map
    if money_map.gross <= 0:
        return ()
    part = money_map.circular / money_map.gross
    found = say(
        "Parties pay each other {} over the calendar on average; {} of it goes round and comes back to "
        "where it started",
        money(money_map.gross),
        share(part),
    )
    if records.trace_cycles.lines:
        widest = records.trace_cycles.lines[0]
        found += say(
            ". The widest way round is {}, with {} on its smallest step",
            name(widest.way),
            money(widest.smallest),
        )
    return found + say(".")


def _firmness(records: Records) -> Sentence:
    groups = records.deals.groups()
    total = sum(paid for _, paid, _ in groups.values())
    if total <= 0 or "firm" not in groups:
        return ()
    found = say(
        "Of {} expected to be paid under deals, {} stands under the {} that are firm",
        money(total),
        share(groups["firm"][1] / total),
        count(groups["firm"][0]),
    )
    if records.deals.chips > 0:
        found += say("; {} more is paid for chips bought without a deal", money(records.deals.chips))
    return found + say(".")


def _defaults(records: Records) -> Sentence:
    lines = records.defaults.lines
    often = [each for each in lines if each.share > _OFTEN]
    head = say(
        "{} of {} parties are in default at the end in more than {} of futures",
        count(len(often)),
        count(len(lines)),
        share(_OFTEN),
    )
    if often:
        head += say(
            ": {}. The highest share is {}, for {}",
            listed(each.party for each in often),
            share(often[0].share),
            name(often[0].party),
        )
    return _capital((*head, *say(".")))


def _worst_scenario(records: Records) -> Sentence:
    scenarios = records.scenarios
    if scenarios is None:
        return ()
    worst, base = scenarios.worst, scenarios.lines[0]
    if worst.burn <= base.burn:
        return ()
    return say(
        "Of {} scenarios, {} costs {} the most: {} more by {} than the book as it stands.",
        count(len(scenarios.lines) - 1),
        name(worst.name),
        name(scenarios.party),
        money(worst.burn - base.burn),
        when(scenarios.horizon),
    )


def _capital(sentence: Sentence) -> Sentence:
    """Return the sentence with its first letter large."""
    first, *rest = sentence
    return (type(first)(first.text[:1].upper() + first.text[1:], first.kind), *rest)


def _to_sign(records: Records) -> Sentence:
    plan = records.plans.chosen if records.plans is not None else None
    if plan is None:
        return ()
    signed = plan.mw()
    if not signed:
        return say("Of what is open to it {} would sign nothing now.", name(plan.buyer))
    return say("Of what is open to it {} would sign {} now.", name(plan.buyer), power(signed))


def _to_charge(records: Records) -> Sentence:
    """Return what to charge for the first request that has a price; why there is none where none has."""
    if records.quotes is None:
        return ()
    asked = records.quotes.requests
    found = [each.quote for each in asked if each.quote is not None]
    if found:
        return told(found[0].sentences[0])
    return say("No price is found for {}: {}", told(asked[0].title), told(_stopped(asked[0].why)))


def _brought(records: Records) -> Sentence:
    """Return how much of what its providers bring the party in focus keeps, and whether that split holds."""
    found = records.shared.portfolio if records.shared is not None else None
    if found is None or found.together <= found.noise:
        return ()
    last = found.last
    most = max(last, key=lambda each: last[each])
    said = say(
        "Of {} that {} providers are worth to {} it keeps {} if each has what it adds on average. To lose {} "
        "would cost the most, {}",
        money(found.together),
        count(len(found.providers)),
        name(found.buyer),
        money(found.split[found.buyer]),
        name(most),
        money(last[most]),
    )
    if found.holds is None:
        return said + say(".")
    fails = say("no split of it holds") if found.could_hold is False else say("that split does not hold")
    return said + say("; {}.", say("that split holds") if found.holds else fails)


def _agreed(records: Records) -> Sentence:
    """Return whether there is a deal in the first negotiation that could be looked at."""
    tables = records.talks.negotiations if records.talks is not None else ()
    found = next((each for each in tables if each.talks is not None), None)
    if found is None or found.talks is None:
        return ()
    return told(f"{found.title}. {found.talks.sentences[0]}")


def _stopped(text: str) -> str:
    """Return a text that ends with a full stop."""
    return text if text.endswith(".") else f"{text}."


_FINDERS: Final[tuple[Callable[[Records], Sentence], ...]] = (
    _outside_money,
    _first_year,
    _capacity,
    _energised,
    _gate,
    _dependence,
    _circular,
    _firmness,
    _defaults,
    _worst_scenario,
    _to_sign,
    _to_charge,
    _brought,
    _agreed,
)
