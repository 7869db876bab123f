"""Sites of the buyer's own: what they deliver and what they cost, given and to be built (P7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from offtake.book import Start, SupplyDeal
from offtake.plan._chips import bought_for_own_sites
from offtake.simulate._delivery import Plan, deliver, supply
from offtake.simulate._dues import chip_dues, power_share
from offtake.simulate._outside import _rest_of_capex, electricity_bought

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.model import Structure
    from offtake.simulate._draws import Future

__all__ = ["Build", "OwnSites", "builds_for", "own_sites"]

Array = Any


class Build(NamedTuple):
    """An offered supply deal for sites of the buyer's own."""

    deal: str
    sites: dict[str, float]
    """MW that it builds, by site"""
    latest: int
    """last quarter in which it can be signed"""


class OwnSites(NamedTuple):
    """What the sites of a party do, each [F, T, sites]: MW, M USD."""

    free: NDArray[np.float64]
    """energised and not promised to others"""
    cost: NDArray[np.float64]
    """chips, the rest of capex, power and running costs"""
    capital: NDArray[np.float64]
    """chips and the rest of capex, which are in the cost"""


def builds_for(book: Book, buyer: str) -> list[Build]:
    """Return the offered supply deals that build phases on sites of the buyer's own."""
    found = []
    for name, deal in book.deals.items():
        if not isinstance(deal, SupplyDeal) or deal.buyer != buyer or deal.firmness != "offered":
            continue
        own = [site for site in deal.sites if book.sites[site].owner == buyer]
        power = {site: sum(phase.mw.value for phase in book.sites[site].phases) for site in own}
        if not own:
            continue
        starts = [
            0 if phase.start is None else book.calendar.index(phase.start)
            for site in own
            for phase in book.sites[site].phases
        ]
        start = deal.clause(Start)
        latest = max(0, min(starts))
        if start is not None and start.signed_by is not None:
            latest = min(latest, book.calendar.index(start.signed_by))
        found.append(Build(name, power, latest))
    return found


def own_sites(
    fixed: Structure, future: Future, buyer: int, alive: Array, signed: int | None = None
) -> OwnSites:
    """Return what all sites of a buyer do in futures, with one more deal signed if one is given.

    Parameters
    ----------
    fixed, future
        Structure and futures.
    buyer
        The party.
    alive
        1 where a party is not in default, [F, T, N].
    signed
        A deal that comes into force beside what is.
    """
    if signed is not None:
        force = np.array(future.in_force)
        force[..., signed] = 1.0
        future = future._replace(in_force=force, volume=force * future.leaves["deal.fulfilment"])
    owned = np.flatnonzero(fixed.delivery.site_owner == buyer)
    with np.errstate(invalid="ignore"):
        plan = deliver(np, fixed, future)
        found = [_quarter(fixed, future, plan, buyer, alive[:, t], float(t)) for t in range(fixed.quarters)]
    free, running, capital = (np.stack(series, axis=1)[..., owned] for series in zip(*found, strict=True))
    return OwnSites(free, running + capital, capital)


def _quarter(
    fixed: Structure, future: Future, plan: Plan, buyer: int, alive: Array, t: float
) -> tuple[Array, Array, Array]:
    """Return free MW, running costs and capital of every site in a quarter, each [F, sites]."""
    now = supply(np, fixed, future, plan, t)
    power_runs = power_share(np, fixed, future, alive, alive, t)
    electricity = electricity_bought(np, fixed, future, now, power_runs)
    running = electricity + future.leaves["site.opex"] * now.site_on
    rest = _rest_of_capex(np, fixed, future, plan, t)
    return now.free, running, rest + _chips(fixed, future, plan, buyer, t)


def _chips(fixed: Structure, future: Future, plan: Plan, buyer: int, t: float) -> Array:
    """Return what a buyer owes for the chips of its own sites, [F, sites]."""
    first = fixed.lines.span("chips").start
    found = np.zeros((len(future.volume), len(fixed.names.sites)))
    for line, phases in bought_for_own_sites(fixed, buyer).items():
        for site in sorted({int(fixed.delivery.phase_site[phase]) for phase in phases}):
            only = plan._replace(exists=plan.exists * (fixed.delivery.phase_site == site))
            due = chip_dues(np, fixed, future, only, t, future.drivers[:, int(t)])
            found[:, site] += due[..., line - first]
    return found
