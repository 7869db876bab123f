"""The sections on what to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._making import nothing, section
from offtake.brief._words import count, listed, money, name, power, say, share, told, when

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records
    from offtake.brief._words import Sentence
    from offtake.figures import PlanFrontier
    from offtake.plan import Plan

__all__ = ["again_section", "cover_section", "frontier_section", "make_or_buy_section", "sign_section",
           "supply_section"]  # fmt: skip

_ABSENT = "Nothing was planned for this page."
_POINTS = 6
_WORTH_SAYING = 0.005
_NOISE = 1e-6


def supply_section(records: Records) -> Section:
    """Return the section on the supply that a plan lives on."""
    supply, title = records.plan_supply, "Which offers to sign"
    if records.plans is None or (supply is None and records.plans.chosen is not None):
        return nothing("plan-supply", title, _ABSENT)
    plan = records.plans.chosen
    if plan is None:
        return nothing("plan-supply", title, records.plans.why)
    now = plan.signed
    says = [
        say(
            "Of {} offers open to it {} signs {} at the opening, {} in all; {}.",
            count(len({*(each.entry for each in plan.signings), *plan.passed_over})),
            name(plan.buyer),
            count(len(now)),
            power(plan.mw()),
            say("the most is {}", name(max(now, key=lambda each: each.mw).entry))
            if now
            else say("none is worth it"),
        ),
        _how(plan),
    ]
    says += _worth(plan) + _fresh(plan)
    says += _information(plan)
    return section(
        "plan_supply",
        title,
        supply,
        says=says,
        points=_uses(plan),
        caption="Mean effective capacity over the futures of the tree: given contracts in full colour, what "
        "the plan signs hatched above them; demand with the band of nine tenths.",
        arguments="book, plan",
    )  # fmt: skip


def _how(plan: Plan) -> Sentence:
    """Return what the plan is a plan for."""
    settings = plan.settings
    tail = "continued to each contract's end" if settings["terminal"] == "continue" else "left out"
    return say(
        "It is the best of all plans for {} futures of a tree within {}, {}; what lasts beyond the calendar "
        "is {}.",
        count(int(settings["leaves"])),
        share(plan.gap if plan.gap > _NOISE else 0.0),
        say("weighing the mean only")
        if not settings.get("weight")
        else say(
            "weighing the worst {} of them with {}", share(1 - settings["level"]), share(settings["weight"])
        ),
        say(tail),
    )  # fmt: skip


def _worth(plan: Plan) -> list[Sentence]:
    """Return what a plan is worth over the futures of its tree; nothing where they are all alike."""
    low, high = plan.spread
    if high <= low:
        return []
    return [
        say(
            "Over the futures of the tree all its work and contracts are worth {} on average, {} to {} in "
            "nine of ten.",
            money(plan.value),
            money(low),
            money(high),
        )
    ]


def _fresh(plan: Plan) -> list[Sentence]:
    """Return how the plan does in futures that it has not seen."""
    fresh = plan.fresh
    if fresh is None:
        return []
    return [
        say(
            "The programme expects its signings to bring {} by the end of the calendar; in {} fresh futures, "
            "run with defaults and by the plain rule of dispatch, they bring {} (standard error {}).",
            money(fresh.expected),
            count(fresh.paths),
            money(fresh.simulated),
            money(fresh.error),
        ),
        say(
            "Beside that it counts {} for what serving is worth to the buyer beyond money, and {} after the "
            "calendar.",
            money(fresh.worth),
            money(fresh.beyond),
        ),
    ]


def _information(plan: Plan) -> list[Sentence]:
    """Return what knowing more, and what planning for the mean alone, would be worth."""
    bounds = plan.bounds
    if bounds is None:
        return []
    said = [say("To know the future before signing would be worth {}.", money(max(bounds.evpi, 0.0)))]
    if bounds.vss == float("inf"):
        said.append(say("A plan made for the mean future alone would break a limit in some future."))
    else:
        lost = max(bounds.vss, 0.0) if bounds.vss > _NOISE * abs(plan.objective) else 0.0
        said.append(say("A plan made for the mean future alone would give up {}.", money(lost)))
    return said


def _uses(plan: Plan) -> list[Sentence]:
    """Return the options that the plan uses and what it leaves to later."""
    said = []
    for each in plan.signings[: 4 * _POINTS]:
        if each.what in {"extension", "expansion", "termination"} and each.now:
            verb = {"extension": "extends", "expansion": "expands", "termination": "ends"}[each.what]
            said.append(say("It {} {} ({}).", name(verb), name(each.entry), power(each.mw)))
    return said[:_POINTS]


def sign_section(records: Records) -> Section:
    """Return the section on what is signed of each offer."""
    signings, title = records.plan_signings, "What to sign of each offer"
    if signings is None or not signings.lines:
        return nothing(
            "plan-signings", title, _ABSENT if signings is None else "There is nothing to choose from."
        )
    passed = [line.entry for line in signings.lines if not line.now and not line.later]
    says = (
        [say("Left unsigned: {}.", listed(passed))] if passed else [say("Every offer is taken up in part.")]
    )
    return section(
        "plan_signings",
        title,
        signings,
        says=says,
        caption="Each bar is the most that could be had; the filled part is signed at the opening.",
        arguments="book, plan",
        shown=True,
    )  # fmt: skip


def again_section(records: Records) -> Section:
    """Return the section on what the buyer would sign if it could choose again."""
    again, title = records.plan_again, "What it would sign if it could choose again"
    if again is None or records.plans is None or records.plans.again is None:
        return nothing("plan-again", title, "The buyer has no contracts that have yet to begin.")
    plan = records.plans.again
    had = [line for line in again.lines if line.signed is not None]
    did = sum(line.signed or 0.0 for line in had)
    would = sum(line.now for line in had)
    says = [
        say(
            "The contracts that {} has signed and that have yet to begin come to {}. With the same terms on "
            "offer again, any part of them to be had, it would sign {} of that at the opening, within its "
            "cash and limits.",
            name(plan.buyer),
            power(did),
            power(would),
        )
    ]
    if records.plans.chosen is not None:
        gain = plan.objective - records.plans.chosen.objective
        says.append(say("To be free to choose would have been worth {} to it.", money(max(gain, 0.0))))
    says += [
        say(
            "Without {} that plan would be worth {} more: what the right costs the buyer.",
            name(right.rpartition(".")[2]),
            money(max(freed.objective - plan.objective, 0.0)),
        )
        for right, freed in records.plans.freed.items()
    ]
    points = [
        say("{}: {} of {} signed.", name(line.entry), power(line.now), power(line.most))
        for line in sorted(had, key=lambda each: each.now - each.most)[:_POINTS]
        if line.most - line.now > _WORTH_SAYING * line.most
    ]
    return section(
        "plan_signings",
        title,
        again,
        says=says,
        points=points,
        caption="Contracts that were signed and have yet to begin, asked again beside the open offers.",
        arguments="book, again",
        key_on_page="plan-again",
    )  # fmt: skip


def frontier_section(records: Records) -> Section:
    """Return the section on what caution costs."""
    frontier, title = records.plan_frontier, "What caution costs"
    if frontier is None or not frontier.points:
        return nothing("plan-frontier", title, _ABSENT)
    first, last = frontier.points[0], frontier.points[-1]
    flat = first.value - last.value <= _NOISE * abs(first.value)
    if flat:
        says = [
            say("Caution changes nothing here: the same is signed whatever weight the worst futures have.")
        ]
    else:
        says = [_caution(frontier)]
    if first.by:
        says.append(say("Capacity first keeps step with demand in {}.", when(first.by)))
    return section(
        "plan_frontier",
        title,
        frontier,
        says=says,
        caption=""
        if flat
        else "Each dot is the best plan for its weight on the tail; no plan lies above the line.",
        arguments="book, plan",
    )


def _caution(frontier: PlanFrontier) -> Sentence:
    """Return what the heaviest weight on the tail costs and brings."""
    first, last = frontier.points[0], frontier.points[-1]
    return say(
        "From no weight on the tail to the heaviest, expected value falls by {} and the mean of the worst {} "
        "of futures rises by {}; what is signed now goes from {} to {}.",
        money(max(first.value - last.value, 0.0)),
        share(1 - frontier.level),
        money(max(first.cvar - last.cvar, 0.0)),
        power(first.mw),
        power(last.mw),
    )


def cover_section(records: Records) -> Section:
    """Return the section on the loss of any one provider."""
    cover, title = records.plan_cover, "If any one provider is gone"
    if cover is None or cover.worst is None:
        return nothing("plan-cover", title, _ABSENT if cover is None else "No work is marked as critical.")
    worst = cover.worst
    says = [
        say(
            "Without {} at the end of {}, {} of critical work would still run under the plan; no other loss "
            "leaves less.",
            name(worst.provider),
            when(worst.year),
            share(worst.held),
        )
    ]
    return section(
        "plan_cover",
        title,
        cover,
        says=says,
        caption="Each row: that provider is gone, and the exclusivities that it holds with it. Each column: "
        "the share of critical work that what is left can carry, on average.",
        arguments="book, plan",
        least_width=420,
    )  # fmt: skip


def _gain(plan: Plan) -> float:
    """Return what a plan's signings add to its objective."""
    return max(plan.objective - plan.bounds.unsigned, 0.0) if plan.bounds is not None else 0.0


def make_or_buy_section(records: Records) -> Section:
    """Return the section on what the other planning parties build and buy."""
    title = "Make or buy, from the other chairs"
    plans = records.plans
    refused = () if plans is None else [f"{name} has no plan: {why}" for name, why in plans.refused.items()]
    if plans is None or not plans.others or records.plan_other is None:
        why = " ".join(refused) or "No other party of the book has a policy to plan by."
        return nothing("plan-other", title, why)
    says = []
    for plan in plans.others:
        built = [each for each in plan.now if each.what == "build"]
        bought = [each for each in plan.now if each.what == "offer"]
        if not built and not bought:
            says.append(say("{} neither builds nor buys: what it has serves it better.", name(plan.buyer)))
            continue
        says.append(
            say(
                "{} builds {} of its own ({}) and buys {} ({}), worth {} against doing neither.",
                name(plan.buyer),
                power(sum(each.mw for each in built)),
                listed([each.entry for each in built]) if built else say("nothing"),
                power(sum(each.mw for each in bought)),
                listed([each.entry for each in bought]) if bought else say("nothing"),
                money(_gain(plan)),
            )
        )
    return section(
        "plan_signings",
        title,
        records.plan_other,
        says=says,
        points=[told(each) for each in refused],
        caption="What could be built or bought, and what is.",
        arguments="book, other",
        key_on_page="plan-other",
    )
