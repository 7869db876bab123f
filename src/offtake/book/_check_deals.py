"""Checks of deals, rights and parties: what must hold within each."""

from collections.abc import Iterator
from typing import Any

from offtake.book._amount import Amount
from offtake.book._clauses import (
    Clause,
    Exclusivity,
    Price,
    Principal,
    Ramp,
    Repayment,
    Term,
    Tranches,
    Volume,
    Warrants,
)
from offtake.book._deal import LicenceDeal
from offtake.book._document import Finding, Path
from offtake.book._look import Look, walk
from offtake.units import format  # noqa: A004 - units names its two directions so

__all__ = ["CHECKS"]

_LEAST = 1e-9
_NOT_NEGATIVE = {"capacity_price", "capacity_cost", "chip_price", "chip_power", "share_price"}


def shares_are_shares(look: Look) -> Iterator[Finding]:
    """Yield shares that are not between 0 and 100 %."""
    for path, each in walk(look.book):
        if isinstance(each, Amount) and each.dimension == "share" and path[0] != "contagion":
            law = each.distribution
            low, high = (each.value, each.value) if law is None else (law.low, law.high)
            if low < 0 or high > 1:
                given = each if law is None else f"{format(low, 'share')} to {format(high, 'share')}"
                yield Finding(path, f"{given} is not a share between 0 % and 100 %", "Correct it")


def prices_are_not_negative(look: Look) -> Iterator[Finding]:
    """Yield prices and costs of capacity, chips and shares that are below 0, outside policies."""
    for path, each in walk(look.book):
        if isinstance(each, Amount) and each.dimension in _NOT_NEGATIVE and path[0] != "policies":
            law = each.distribution
            low = each.value if law is None else law.low
            if low < 0:
                given = str(each) if law is None else format(low, each.dimension)
                yield Finding(path, f"{given} is below 0", "Correct it; who pays whom is said by the sides")


def likelihoods_are_given(look: Look) -> Iterator[Finding]:
    """Yield uncertain deals without a likelihood, and certain ones with one."""
    for name, deal in look.book.deals.items():
        uncertain = deal.firmness in {"optional", "intended"}
        path: Path = ("deals", name, "likelihood")
        if uncertain and deal.likelihood is None:
            what = f"an {deal.firmness} deal needs the likelihood that it comes into force"
            yield Finding(path, what, "Add one, such as `likelihood: 60 %`")
        if not uncertain and deal.likelihood is not None:
            mend = "Take the likelihood out, or write `firmness: intended` or `firmness: optional`"
            is_so = "binds in any case" if deal.firmness == "firm" else "is not signed"
            yield Finding(path, f"a deal that {is_so} has no likelihood", mend)


def sides_differ(look: Look) -> Iterator[Finding]:
    """Yield deals, requests and rights of a party with itself; its own models may be a licence."""
    for name, deal in look.book.deals.items():
        if deal.debtor == deal.creditor and not isinstance(deal, LicenceDeal):
            what = f"`{deal.debtor}` is both {deal.creditor_role} and {deal.debtor_role}"
            yield Finding(("deals", name), what, "A deal needs two parties: change one of the two")
    for name, request in look.book.requests.items():
        if request.seller == request.buyer:
            what = f"`{request.seller}` asks itself"
            yield Finding(("requests", name), what, "A request needs two parties: change one of the two")
    for name, right in look.book.rights.items():
        if right.holder == right.grantor:
            what = f"`{right.holder}` is both holder and grantor"
            yield Finding(("rights", name), what, "A right binds another party: change one of the two")


def ramps_rise(look: Look) -> Iterator[Finding]:
    """Yield ramps that are empty, fall, or are not plain numbers."""
    for path, _, clause in look.clauses():
        if not isinstance(clause, Ramp):
            continue
        if not clause.levels:
            yield Finding(path, "the ramp owes nothing", "Give levels by quarter, such as `{2026-Q1: 25 MW}`")
        before = 0.0
        for quarter in sorted(clause.levels):
            level = clause.levels[quarter]
            if level.distribution is not None:
                mend = "Give one number; lateness goes into `delivery` or into the gates of a site"
                yield Finding((*path, str(quarter)), "a level of a ramp cannot be a distribution", mend)
            elif level.value < before - _LEAST:
                what = f"the ramp falls to {level} in {quarter}"
                yield Finding((*path, str(quarter)), what, "Levels only rise: end tranches by `term` instead")
            before = max(before, level.value)


def ramps_meet_the_calendar(look: Look) -> Iterator[Finding]:
    """Yield ramps that begin after the calendar has ended; a warning."""
    last = look.book.calendar.last
    for path, _, clause in look.clauses():
        if isinstance(clause, Ramp) and clause.levels and min(clause.levels) > last:
            what = f"the ramp begins in {min(clause.levels)}, after the calendar ends in {last}"
            yield Finding(path, what, "Extend the calendar, or check the dates", "warning")


def prices_are_complete(look: Look) -> Iterator[Finding]:
    """Yield prices that say nothing, say it twice, or spread a total over a term that has no end."""
    for path, deal, clause in look.clauses():
        if not isinstance(clause, Price):
            continue
        if clause.usage is None and clause.reservation is None and clause.total is None:
            yield Finding(path, "the price says nothing", "Give `usage`, `reservation` or `total`")
        if clause.usage is not None and clause.total is not None:
            what = "the price has both `usage` and `total`, which sets the usage price"
            yield Finding(path, what, "Take one of the two out")
        term = deal.clause(Term)
        endless = term is None or (term.length is None and term.until is None)
        if clause.total is not None and endless:
            what = "a total cannot be spread over a deal without an end"
            yield Finding((*path, "total"), what, "Add a clause `term`, such as `term: 5 years`")
        if clause.total is not None and deal.clause(Ramp) is None:
            what = "a total cannot be spread over capacity without dates"
            yield Finding((*path, "total"), what, "Add a clause `ramp`, such as `ramp: {2026-Q1: 25 MW}`")


def volumes_have_a_range(look: Look) -> Iterator[Finding]:
    """Yield volumes that are empty or whose least is above their most."""
    for path, _, clause in look.clauses():
        if isinstance(clause, Volume):
            if clause.amount is None and clause.from_ is None and clause.to is None:
                yield Finding(path, "the volume says nothing", "Give an amount, or `from` and `to`")
            if clause.from_ is not None and clause.to is not None and clause.to.value < clause.from_.value:
                what = f"the most that may be signed, {clause.to}, is below the least, {clause.from_}"
                yield Finding(path, what, "Exchange `from` and `to`")


def windows_have_a_length(look: Look) -> Iterator[Finding]:
    """Yield whatever ends before it begins."""
    for path, each in walk(look.book):
        first, last = getattr(each, "from_", None), getattr(each, "until", None)
        if path[:1] in {("deals",), ("rights",)} and _is_late(first, last):
            what = f"it ends in {last}, before it begins in {first}"
            yield Finding((*path, "until"), what, "Exchange `from` and `until`, or correct one of them")


def _is_late(first: Any, last: Any) -> bool:
    # a volume's `from` is a power
    return first is not None and last is not None and not isinstance(first, Amount) and last < first


def loans_lend(look: Look) -> Iterator[Finding]:
    """Yield loans of nothing, and loans due before they are drawn."""
    for path, deal, clause in look.clauses():
        if not isinstance(clause, Principal):
            continue
        if clause.outstanding.value == 0 and not clause.drawn:
            yield Finding(path, "nothing is lent", "Give `outstanding` or `drawn`")
        repayment = deal.clause(Repayment)
        if repayment is not None and clause.drawn and repayment.maturity < max(clause.drawn):
            what = f"the loan is due in {repayment.maturity}, before its last draw in {max(clause.drawn)}"
            yield Finding((*path, "drawn"), what, "Draw earlier, or let it mature later")


def tranches_fit(look: Look) -> Iterator[Finding]:
    """Yield tranches above their limit or released by nothing, and more hurdles than tranches."""
    for path, _, clause in look.clauses():
        if isinstance(clause, Tranches) and clause.amount.value > clause.up_to.value + _LEAST:
            what = f"one tranche of {clause.amount} is above the most in all, {clause.up_to}"
            yield Finding((*path, "amount"), what, "Lower the tranche or raise `up to`")
        if isinstance(clause, Tranches | Warrants) and clause.each.value <= 0:
            yield Finding(
                (*path, "each"), "a tranche of no power is never released", "Give one such as `each: 1 GW`"
            )
        if isinstance(clause, Warrants) and len(clause.hurdles) > clause.tranches:
            what = f"there are more hurdles, {len(clause.hurdles)}, than tranches, {clause.tranches}"
            yield Finding((*path, "hurdles"), what, "Give at most one hurdle for each tranche")


def exclusivity_binds(look: Look) -> Iterator[Finding]:
    """Yield exclusivity that binds no workload, or one of a party that has not agreed to it."""
    bonds: list[tuple[Path, str, tuple[str, ...]]] = [
        (path, deal.debtor, clause.workloads)
        for path, deal, clause in look.clauses()
        if isinstance(clause, Exclusivity)
    ]
    rights = look.book.rights.items()
    bonds += [
        (("rights", name), each.grantor, each.workloads)
        for name, each in rights
        if each.kind == "exclusivity"
    ]
    for path, bound, workloads in bonds:
        if not workloads:
            what = "the exclusivity binds no workload"
            yield Finding(path, what, "Name them, as in `workloads: [assistant]`")
        for name in workloads:
            workload = look.book.workloads.get(name)
            if workload is not None and workload.buyer != bound:
                what = f"`{name}` is a workload of `{workload.buyer}`, whom this exclusivity does not bind"
                yield Finding((*path, "workloads"), what, f"Name workloads of `{bound}` only")


def debts_are_covered(look: Look) -> Iterator[Finding]:
    """Yield debts of which more falls due than is owed."""
    for name, party in look.book.parties.items():
        for place, debt in enumerate(party.debt):
            due = sum(amount.value for amount in debt.maturities.values())
            if due > debt.amount.value * (1 + _LEAST):
                what = f"{format(due, 'money')} falls due, more than the {debt.amount} owed"
                yield Finding(("parties", name, "debt", place, "maturities"), what, "Correct one of the two")


def decisions_add_up(look: Look) -> Iterator[Finding]:
    """Yield parties whose stakeholders' weights do not sum to 100 %; a warning."""
    for name, party in look.book.parties.items():
        total = sum(each.weight.value for each in party.stakeholders.values())
        if party.stakeholders and abs(total - 1) > 1e-6:  # noqa: PLR2004 - rounding of written weights
            what = f"the weights of the stakeholders sum to {format(total, 'share', digits=4)}"
            yield Finding(("parties", name, "stakeholders"), what, "Let them sum to 100 %", "warning")


def firm_capacity_has_dates(look: Look) -> Iterator[Finding]:
    """Yield firm deals for a volume without dates, of which nothing can be delivered; a warning."""
    for name, deal in look.book.deals.items():
        has_volume = any(isinstance(clause, Volume) for clause in deal.clauses.values())
        if deal.firmness == "firm" and has_volume and deal.clause(Ramp) is None and not deal.sites:
            what = "the deal is firm, but without a ramp nothing of its volume is delivered"
            yield Finding(("deals", name), what, "Add a clause `ramp`", "warning")


def priorities_count_from_one(look: Look) -> Iterator[Finding]:
    """Yield priorities below 1, and warrants of no tranche."""
    for name, workload in look.book.workloads.items():
        if workload.priority < 1:
            path = ("workloads", name, "priority")
            yield Finding(path, f"a priority of {workload.priority} comes before the first", "Count from 1")
    for place, _, clause in look.clauses():
        if _tranches(clause) < 1:
            yield Finding((*place, "tranches"), "there must be at least one tranche", "Count from 1")


def _tranches(clause: Clause) -> int:
    return clause.tranches if isinstance(clause, Warrants) else 1


CHECKS = (
    shares_are_shares,
    prices_are_not_negative,
    likelihoods_are_given,
    sides_differ,
    ramps_rise,
    ramps_meet_the_calendar,
    prices_are_complete,
    volumes_have_a_range,
    windows_have_a_length,
    loans_lend,
    tranches_fit,
    exclusivity_binds,
    debts_are_covered,
    decisions_add_up,
    firm_capacity_has_dates,
    priorities_count_from_one,
)
"""Every check of this module."""
