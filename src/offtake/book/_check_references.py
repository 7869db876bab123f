"""Checks that whatever an entry names exists."""

from collections.abc import Iterator

from offtake.book._amount import Amount
from offtake.book._clauses import (
    Delivery,
    Exclusivity,
    Price,
    RevenueShare,
    Tranches,
    UnitPrice,
    Warrants,
)
from offtake.book._document import Finding
from offtake.book._look import Look, walk
from offtake.book._profile import Profile
from offtake.spelling import nearest

__all__ = ["CHECKS"]

INVENTED = "invented"


def parties_exist(look: Look) -> Iterator[Finding]:
    """Yield vendors, owners, buyers, planners and failing firms that are no party."""
    book = look.book
    for name, chip in book.chips.items():
        yield from look.named(("chips", name, "vendor"), chip.vendor, "parties")
    for name, site in book.sites.items():
        yield from look.named(("sites", name, "owner"), site.owner, "parties")
    for name, workload in book.workloads.items():
        yield from look.named(("workloads", name, "buyer"), workload.buyer, "parties")
        yield from look.all_named(
            ("workloads", name, "runs_on", "sellers"), workload.runs_on.sellers, "parties"
        )
    for name in book.policies:
        yield from look.named(("policies", name), name, "parties")
    for name in book.plans_of_record:
        yield from look.named(("plans_of_record", name), name, "parties")
    for name, scenario in book.scenarios.items():
        yield from look.all_named(("scenarios", name, "fail"), scenario.fail, "parties")


def sides_exist(look: Look) -> Iterator[Finding]:
    """Yield sides of deals, requests, negotiations, rights and warrants that are no party."""
    book = look.book
    for name, deal in book.deals.items():
        for role in (deal.creditor_role, deal.debtor_role):
            yield from look.named(("deals", name, role), getattr(deal, role), "parties")
    for name, request in book.requests.items():
        yield from look.named(("requests", name, "seller"), request.seller, "parties")
        yield from look.named(("requests", name, "buyer"), request.buyer, "parties")
    for name, talks in book.negotiations.items():
        yield from look.all_named(("negotiations", name, "parties"), talks.parties, "parties")
    for name, right in book.rights.items():
        yield from look.named(("rights", name, "holder"), right.holder, "parties")
        yield from look.named(("rights", name, "grantor"), right.grantor, "parties")
    for path, _, clause in look.clauses():
        if isinstance(clause, Warrants):
            yield from look.named((*path, "issuer"), clause.issuer, "parties")
            yield from look.named((*path, "holder"), clause.holder, "parties")


def chips_exist(look: Look) -> Iterator[Finding]:
    """Yield chips that sites, requests, workloads, clauses or the market name and that are no chip."""
    for name, site in look.book.sites.items():
        yield from look.named(("sites", name, "chip"), site.chip, "chips")
    for name, workload in look.book.workloads.items():
        yield from look.all_named(("workloads", name, "runs_on", "chips"), workload.runs_on.chips, "chips")
    for name, request in look.book.requests.items():
        if request.build is not None:
            yield from look.named(("requests", name, "build", "chip"), request.build.chip, "chips")
    for path, _, clause in look.clauses():
        if isinstance(clause, Delivery | Tranches | Warrants):
            yield from look.named((*path, "chip"), clause.chip, "chips")
    yield from look.named(("market", "chip"), look.book.market.chip, "chips")


def sites_exist(look: Look) -> Iterator[Finding]:
    """Yield sites that deals, requests, workloads or clauses name and that are no site."""
    for name, workload in look.book.workloads.items():
        yield from look.all_named(("workloads", name, "runs_on", "sites"), workload.runs_on.sites, "sites")
    for name, deal in look.book.deals.items():
        yield from look.all_named(("deals", name, "sites"), deal.sites, "sites")
    for name, request in look.book.requests.items():
        yield from look.all_named(("requests", name, "sites"), request.sites, "sites")
        if request.build is not None:
            yield from look.named(("requests", name, "build", "like"), request.build.like, "sites")
    for path, _, clause in look.clauses():
        if isinstance(clause, Tranches | Warrants):
            yield from look.all_named((*path, "sites"), clause.sites, "sites")


def workloads_exist(look: Look) -> Iterator[Finding]:
    """Yield workloads that policies, requests, rights or clauses name and that are no workload."""
    for name, policy in look.book.policies.items():
        yield from look.all_named(("policies", name, "service"), policy.service, "workloads")
    for name, right in look.book.rights.items():
        yield from look.all_named(("rights", name, "workloads"), right.workloads, "workloads")
    for name, request in look.book.requests.items():
        yield from look.all_named(("requests", name, "workloads"), request.workloads, "workloads")
    for path, _, clause in look.clauses():
        if isinstance(clause, Exclusivity | RevenueShare):
            yield from look.all_named((*path, "workloads"), clause.workloads, "workloads")


def deals_exist(look: Look) -> Iterator[Finding]:
    """Yield deals that workloads, phases, clauses, scenarios or negotiations name and that are no deal."""
    for name, talks in look.book.negotiations.items():
        yield from look.all_named(("negotiations", name, "deals"), talks.deals, "deals")
    for name, workload in look.book.workloads.items():
        yield from look.all_named(("workloads", name, "models"), workload.models, "deals")
    for name, site in look.book.sites.items():
        for place, phase in enumerate(site.phases):
            yield from look.named(("sites", name, "phases", place, "under"), phase.under, "deals")
    for path, _, clause in look.clauses():
        if isinstance(clause, Tranches | Warrants):
            yield from look.all_named((*path, "deals"), clause.deals, "deals")
    for name, scenario in look.book.scenarios.items():
        yield from look.all_named(("scenarios", name, "without"), scenario.without, "deals")


def drivers_exist(look: Look) -> Iterator[Finding]:
    """Yield drivers that profiles, clauses, correlations, scenarios or nodes name and that are no driver."""
    for path, each in walk(look.book):
        if isinstance(each, Profile):
            yield from look.named(path, each.driver, "drivers")
    for path, _, clause in look.clauses():
        if isinstance(clause, Price | UnitPrice):
            yield from look.named((*path, "index"), clause.index, "drivers")
        if isinstance(clause, Warrants):
            yield from look.named((*path, "price"), clause.price, "drivers")
    for key in ("spot", "confidence"):
        yield from look.named(("market", key), getattr(look.book.market, key), "drivers")
    for pair in look.book.correlations:
        yield from look.all_named(("correlations", pair), pair.split(" ~ "), "drivers")
    for name, scenario in look.book.scenarios.items():
        yield from look.all_named(("scenarios", name, "shock"), scenario.shock, "drivers")
    for name, node in look.book.tree.items():
        yield from look.all_named(("tree", name, "shock"), node.shock, "drivers")


def sources_exist(look: Look) -> Iterator[Finding]:
    """Yield ids of sources that are not among the sources; `invented` says that there is none."""
    for path, each in walk(look.book):
        for cited in getattr(each, "sources", ()) if path else ():
            if cited != INVENTED:
                yield from look.named((*path, "sources"), cited, "sources")


def causes_are_meant(look: Look) -> Iterator[Finding]:
    """Yield causes that are not declared but are spelled almost like one that is."""
    declared = look.known("causes")
    for path, each in walk(look.book):
        cause = getattr(each, "cause", None)
        if isinstance(each, Amount) and each.distribution is not None:
            cause = each.distribution.cause
        if isinstance(cause, str) and cause not in declared:
            meant = nearest(cause, declared)
            if meant is not None:
                mend = f"Did you mean `{meant}`? If not, declare it under `causes`"
                yield Finding((*path, "cause"), f"no cause is called `{cause}`", mend)


CHECKS = (
    parties_exist,
    sides_exist,
    chips_exist,
    sites_exist,
    workloads_exist,
    deals_exist,
    drivers_exist,
    sources_exist,
    causes_are_meant,
)
"""Every check of this module."""
