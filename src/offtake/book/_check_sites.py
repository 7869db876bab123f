"""Checks of sites: their phases, their gates, and what is sold of them."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from offtake.book._clauses import Ramp
from offtake.book._deal import ComputeDeal, Deal, LeaseDeal, SupplyDeal
from offtake.book._document import Finding
from offtake.book._look import Look
from offtake.book._site import Gate
from offtake.spelling import suggest
from offtake.units import format  # noqa: A004 - units names its two directions so

__all__ = ["CHECKS"]

_LEAST = 1e-9


def phases_have_power(look: Look) -> Iterator[Finding]:
    """Yield phases without power, and phases whose power is not one number."""
    for name, site in look.book.sites.items():
        for place, phase in enumerate(site.phases):
            path = ("sites", name, "phases", place, "mw")
            if phase.mw.distribution is not None:
                yield Finding(path, "the power of a phase cannot be a distribution", "Give one number")
            elif phase.mw.value <= 0:
                yield Finding(
                    path, "the phase has no power", "Give its IT power, such as `mw: 60 MW`, or take it out"
                )


def phases_wait_or_run(look: Look) -> Iterator[Finding]:
    """Yield phases that are energised at a date and yet wait for gates."""
    for name, site in look.book.sites.items():
        for place, phase in enumerate(site.phases):
            if phase.online is not None and phase.gates:
                what = f"the phase is energised in {phase.online} and yet waits for gates"
                yield Finding(("sites", name, "phases", place), what, "Take out `online` or `gates`")


def gates_follow_gates(look: Look) -> Iterator[Finding]:
    """Yield gates that come after a gate that their phase does not have."""
    for name, site in look.book.sites.items():
        for place, phase in enumerate(site.phases):
            for label, gate in phase.gates.items():
                for before in gate.after:
                    if before not in phase.gates:
                        path = ("sites", name, "phases", place, "gates", label, "after")
                        mend = suggest(before, tuple(phase.gates), "gate")
                        yield Finding(path, f"the phase has no gate `{before}`", mend)


def gates_have_an_order(look: Look) -> Iterator[Finding]:
    """Yield phases whose gates wait for each other in a circle."""
    for name, site in look.book.sites.items():
        for place, phase in enumerate(site.phases):
            circle = _circle(phase.gates)
            if circle:
                what = f"gates wait for each other: {' after '.join(f'`{gate}`' for gate in circle)}"
                path = ("sites", name, "phases", place, "gates", circle[0], "after")
                yield Finding(path, what, "Take one of them out of `after`")


def _circle(gates: Mapping[str, Gate]) -> list[str]:
    """Return gates each of which waits for the next, the last one being the first again; empty if none do."""
    try:
        TopologicalSorter({name: gate.after for name, gate in gates.items()}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def chips_can_be_paid(look: Look) -> Iterator[Finding]:
    """Yield sites that pay for chips but say not which, so that nobody could be paid."""
    for name, site in look.book.sites.items():
        if site.chip is None and site.capex.chips.value > 0:
            what = "the site pays for chips, but has no `chip` that says who is paid"
            yield Finding(("sites", name), what, "Add `chip`, or move the cost to `capex.rest`")


def sites_have_one_supply(look: Look) -> Iterator[Finding]:
    """Yield sites whose chips come under two supply deals."""
    supplied: dict[str, str] = {}
    for name, deal in look.book.deals.items():
        for site in deal.sites if isinstance(deal, SupplyDeal) else ():
            if site in supplied:
                what = f"the chips of `{site}` come under `{supplied[site]}` already"
                yield Finding(("deals", name, "sites"), what, "Take the site out of one of the two deals")
            supplied.setdefault(site, name)


def sites_are_not_oversold(look: Look) -> Iterator[Finding]:
    """Yield ramps that owe more than is left of their sites, in the order in which capacity is cut."""
    for kind in (ComputeDeal, LeaseDeal):
        left = {name: sum(phase.mw.value for phase in site.phases) for name, site in look.book.sites.items()}
        firm = [(name, deal) for name, deal in look.book.deals.items() if isinstance(deal, kind)]
        steps = sorted(
            (quarter, name, added)
            for name, deal in firm
            if _binds(deal, left)
            for quarter, added in _steps(deal)
        )
        for quarter, name, added in steps:
            lacking = added
            for site in look.book.deals[name].sites:
                taken = min(lacking, left[site])
                left[site] -= taken
                lacking -= taken
            if lacking > _LEAST:
                yield _oversold(look, name, str(quarter), lacking)


def _binds(deal: Deal, sites: Mapping[str, float]) -> bool:
    return deal.firmness == "firm" and bool(deal.sites) and all(site in sites for site in deal.sites)


def _steps(deal: Deal) -> list[tuple[object, float]]:
    """Return the increments of a deal's ramp by date."""
    ramp = deal.clause(Ramp)
    levels = [] if ramp is None else sorted(ramp.levels.items())
    values = [0.0, *(level.value for _, level in levels)]
    return [(quarter, values[place + 1] - values[place]) for place, (quarter, _) in enumerate(levels)]


def _oversold(look: Look, name: str, quarter: str, lacking: float) -> Finding:
    sites = look.book.deals[name].sites
    total = sum(phase.mw.value for site in sites for phase in look.book.sites[site].phases)
    shown = ", ".join(f"`{site}`" for site in sites)
    what = (
        f"{format(lacking, 'power')} of what is owed in {quarter} cannot come from {shown}, "
        f"whose phases have {format(total, 'power')} for all deals"
    )
    return Finding(("deals", name, "clauses", "ramp"), what, "Lower a ramp, add a phase, or name no site")


def sellers_run_their_sites(look: Look) -> Iterator[Finding]:
    """Yield compute deals whose seller does not run the sites that deliver it; a warning."""
    for name, deal in look.book.deals.items():
        if not isinstance(deal, ComputeDeal):
            continue
        for site in deal.sites:
            entry = look.book.sites.get(site)
            if entry is not None and entry.owner != deal.seller:
                what = f"`{deal.seller}` sells capacity of `{site}`, which `{entry.owner}` runs"
                mend = "Name the seller as the site's owner, or check the two"
                yield Finding(("deals", name, "sites"), what, mend, "warning")


CHECKS = (
    phases_have_power,
    phases_wait_or_run,
    gates_follow_gates,
    gates_have_an_order,
    chips_can_be_paid,
    sites_have_one_supply,
    sites_are_not_oversold,
    sellers_run_their_sites,
)
"""Every check of this module."""
