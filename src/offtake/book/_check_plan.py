"""Checks of what `plan` reads: starts of offers, models, policies."""

from collections.abc import Iterator

from offtake.book._amount import Amount
from offtake.book._clauses import Ramp, Start
from offtake.book._deal import ComputeDeal, LicenceDeal
from offtake.book._document import Finding, Path
from offtake.book._look import Look, walk
from offtake.book._policy import Policy
from offtake.calendar import Quarter

__all__ = ["CHECKS"]


def starts_are_possible(look: Look) -> Iterator[Finding]:
    """Yield starts that say nothing, that no ramp can follow, or that come too early to be signed."""
    for path, deal, clause in look.clauses():
        if not isinstance(clause, Start):
            continue
        ramp = deal.clause(Ramp)
        shifts = clause.from_ is not None or clause.until is not None
        if not shifts and clause.signed_by is None:
            yield Finding(path, "the start says nothing", "Give `from`, `until` or `signed_by`")
        elif shifts and ramp is None and not isinstance(deal, ComputeDeal):
            what = "what is built has no ramp that could shift: its phases say when"
            yield Finding(path, what, "Leave `signed_by` only, or add a clause `ramp`")
        else:
            first = min(ramp.levels) if ramp is not None and ramp.levels else None
            yield from _window(look.book.calendar.first, path, clause, first)


def _window(opening: Quarter, path: Path, clause: Start, first: Quarter | None) -> Iterator[Finding]:
    """Yield what is wrong with the window of a start, given the ramp's first step if there is one."""
    if clause.until is not None and clause.from_ is None and first is not None and clause.until < first:
        what = f"it may start until {clause.until}, before the ramp's first step in {first}"
        yield Finding((*path, "until"), what, "Add `from`, or a later `until`")
    last = clause.until or max((each for each in (clause.from_, first) if each is not None), default=None)
    if last is not None and last < opening:
        what = f"it may start until {last}, before the calendar begins in {opening}"
        yield Finding(path, what, "Choose a later `until`")
    signed = clause.signed_by
    if signed is not None and last is not None and signed > last:
        what = f"it may be signed until {signed}, after its last start in {last}"
        yield Finding((*path, "signed_by"), what, f"Choose {last} or earlier, or a later `until`")
    if signed is not None and signed < opening:
        what = f"nobody can sign by {signed}: the calendar begins in {opening}"
        yield Finding((*path, "signed_by"), what, "Choose a later quarter, or take the offer out")


def starts_are_open(look: Look) -> Iterator[Finding]:
    """Yield starts of deals that are not offered, whose dates are settled; a warning."""
    for path, deal, clause in look.clauses():
        if isinstance(clause, Start) and deal.firmness != "offered":
            what = f"the deal is {deal.firmness}, so that nobody chooses its start"
            mend = "Take `start` out, or write `firmness: offered`"
            yield Finding(path, what, mend, "warning")


def models_are_licensed(look: Look) -> Iterator[Finding]:
    """Yield models of workloads that are no licence, or the licence of somebody else."""
    for name, workload in look.book.workloads.items():
        path = ("workloads", name, "models")
        for model in workload.models:
            deal = look.book.deals.get(model)
            if deal is not None and not isinstance(deal, LicenceDeal):
                what = f"`{model}` is a {deal.kind} deal, not a licence"
                yield Finding(path, what, "Name deals of `kind: licence`")
            elif isinstance(deal, LicenceDeal) and deal.licensee != workload.buyer:
                what = f"`{model}` licenses models to `{deal.licensee}`, but `{workload.buyer}` needs them"
                yield Finding(path, what, f"Name licences of `{workload.buyer}`")


def own_models_are_offered(look: Look) -> Iterator[Finding]:
    """Yield licences of a party's own models that are not offered: what they cost then is no deal."""
    for name, deal in look.book.deals.items():
        if isinstance(deal, LicenceDeal) and deal.licensor == deal.licensee and deal.firmness != "offered":
            what = f"`{deal.licensee}` owes itself a fee: own models are an option that `plan` weighs"
            mend = "Write `firmness: offered`, or move the outlay to the party's `costs`"
            yield Finding(("deals", name, "firmness"), what, mend)


def durations_are_positive(look: Look) -> Iterator[Finding]:
    """Yield workloads that never run."""
    for name, workload in look.book.workloads.items():
        law = workload.duration.distribution
        if (workload.duration.value if law is None else law.low) <= 0:
            what = "the workload runs for no part of a quarter"
            yield Finding(("workloads", name, "duration"), what, "Give a share above 0 %")


def policies_are_numbers(look: Look) -> Iterator[Finding]:
    """Yield figures of policies that are a distribution: what is asked of a plan is known."""
    for name, policy in look.book.policies.items():
        for path, each in walk(policy, ("policies", name)):
            if isinstance(each, Amount) and each.distribution is not None:
                yield Finding(path, "a policy cannot be a distribution", "Give one number")


def policies_can_be_met(look: Look) -> Iterator[Finding]:
    """Yield limits that exclude each other or cannot be limits, and shares that no quarter has."""
    for name, policy in look.book.policies.items():
        yield from _limits(policy, ("policies", name))


def _limits(policy: Policy, path: Path) -> Iterator[Finding]:
    least, most = policy.contracted.at_least, policy.contracted.at_most
    if least is not None and most is not None and most.value < least.value:
        what = f"the most under contract, {most}, is below the least, {least}"
        yield Finding((*path, "contracted"), what, "Exchange `at_least` and `at_most`")
    for key in ("commitment_limit", "provider_cost", "chip_family_cost"):
        amount = getattr(policy, key)
        if amount is not None and amount.value < 0:
            yield Finding((*path, key), f"{amount} is below zero", "Give an amount of money above zero")
    if policy.cover is not None and policy.cover.price is not None and policy.cover.price.value < 0:
        what = f"missing cover would earn {policy.cover.price}"
        yield Finding((*path, "cover", "price"), what, "Give a price above zero")
    if policy.risk is not None and not policy.risk.level.value < 1:
        yield Finding((*path, "risk", "level"), "no future is worse than all", "Give a level below 100 %")
    if policy.risk is not None and policy.risk.weight.value < 0:
        yield Finding((*path, "risk", "weight"), "a tail cannot count against caution", "Give 0 or more")


def policies_fit_the_calendar(look: Look) -> Iterator[Finding]:
    """Yield dates of policies outside the calendar, and stages that do not follow each other."""
    calendar = look.book.calendar
    for name, policy in look.book.policies.items():
        path: Path = ("policies", name)
        dates = [((*path, "limits_from"), policy.limits_from)]
        if policy.cover is not None:
            dates.append(((*path, "cover", "from"), policy.cover.from_))
        for where, date in dates:
            yield from look.dated(where, date)
        before = calendar.first
        for place, stage in enumerate(policy.stages):
            where = (*path, "stages", place)
            yield from look.dated(where, stage)
            if stage in calendar and stage <= before:
                what = f"the stage {stage} does not come after {before}"
                mend = "The opening is a stage already: name later quarters, each once and in order"
                yield Finding(where, what, mend)
            before = max(before, stage)


def service_is_for_own_workloads(look: Look) -> Iterator[Finding]:
    """Yield service levels of workloads that are somebody else's."""
    for name, policy in look.book.policies.items():
        for label in policy.service:
            workload = look.book.workloads.get(label)
            if workload is not None and workload.buyer != name:
                what = f"`{label}` is a workload of `{workload.buyer}`"
                yield Finding(("policies", name, "service", label), what, f"Name workloads of `{name}`")


CHECKS = (
    starts_are_possible,
    starts_are_open,
    models_are_licensed,
    own_models_are_offered,
    durations_are_positive,
    policies_are_numbers,
    policies_can_be_met,
    policies_fit_the_calendar,
    service_is_for_own_workloads,
)
"""Every check of this module."""
