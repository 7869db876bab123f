"""Who may serve what: sources of capacity, pools of equal permissions, order of service."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import ComputeDeal, Delivery, Exclusivity
from offtake.calendar import Calendar
from offtake.model._delivery import index_of
from offtake.model._leaves import certain
from offtake.model._prices import (
    deal_chip,
    deal_until,
    marginal_price,
    market_chip,
    per_gpu_hour,
    profile_factor,
)
from offtake.model._records import Dispatch

if TYPE_CHECKING:
    from offtake.book import Book, Deal, Workload

__all__ = [
    "Bond",
    "Source",
    "bonds",
    "bonds_of",
    "compile_dispatch",
    "deal_source",
    "fits",
    "has_duration",
    "in_play",
    "site_source",
]


@dataclass(frozen=True)
class Source:
    """A deal that its buyer may use, or a site that its owner may use."""

    deal: str | None
    site: str | None
    seller: str
    chip: str | None
    sites: tuple[str, ...]
    region: str | None
    price: float


@dataclass(frozen=True)
class Bond:
    """An exclusivity: these workloads run on the holder's capacity only, in [start, end)."""

    holder: str
    grantor: str
    workloads: tuple[str, ...]
    start: float
    end: float
    deal: str | None


def compile_dispatch(
    book: "Book",
    calendar: Calendar,
    capacity: tuple[str, ...],
    excluded: frozenset[str],
    curves: Mapping[str, float],
) -> Dispatch:
    """Return sources, pools and the order of service (rule C5).

    Parameters
    ----------
    book, calendar
        What is compiled.
    capacity
        Names of the capacity deals, in the order of their axis.
    excluded
        Deals that a scenario takes out.
    curves
        Value of each driver's curve at the opening.
    """
    parties, chips, sites = tuple(book.parties), tuple(book.chips), tuple(book.sites)
    names = tuple(book.workloads)
    bound = bonds(book, calendar, excluded)
    table = _Table(book, bound)
    ranked: list[int] = []
    for buyer in parties:
        own = [name for name in names if book.workloads[name].buyer == buyer]
        if own:
            order = sorted(own, key=lambda name: _service_key(book, name, calendar, curves))
            ranked += [names.index(name) for name in order]
            table.add(_sources(book, buyer, calendar, excluded), own, order)
    sources, pools = table.sources, table.pools
    place_of = {member: pool for pool, members in enumerate(pools) for member in members}
    return Dispatch(
        workload_buyer=np.array(
            [parties.index(entry.buyer) for entry in book.workloads.values()], dtype=np.int64
        ),
        workload_order=tuple(ranked),
        has_duration=has_duration(book),
        deferral=tuple(
            math.floor(certain(entry.defer, f"workloads.{name}.defer") + 1e-9)
            for name, entry in book.workloads.items()
        ),
        source_capacity=np.array(
            [-1 if s.deal is None else capacity.index(s.deal) for s in sources], dtype=np.int64
        ),
        source_site=np.array(
            [-1 if s.site is None else sites.index(s.site) for s in sources], dtype=np.int64
        ),
        source_chip=np.array(
            [len(chips) if s.chip is None else chips.index(s.chip) for s in sources], dtype=np.int64
        ),
        source_pool=np.array([place_of[n] for n in range(len(sources))], dtype=np.int64),
        pool_members=np.array(
            [[1.0 if place_of[n] == pool else 0.0 for pool in range(len(pools))] for n in range(len(sources))]
        ).reshape(len(sources), len(pools)),
        pool_before=_before(sources, pools),
        pairs=tuple((names.index(name), pool) for name, pool, _ in table.pairs),
        pair_barred=np.array(
            [[1.0 if b in barred else 0.0 for b in range(len(bound))] for _, _, barred in table.pairs]
        ).reshape(len(table.pairs), len(bound)),
        bond_start=np.array([bond.start for bond in bound], dtype=float),
        bond_end=np.array([bond.end for bond in bound], dtype=float),
        bond_holder=np.array([parties.index(bond.holder) for bond in bound], dtype=np.int64),
        bond_capacity=np.array(
            [-1 if b.deal is None else capacity.index(b.deal) for b in bound], dtype=np.int64
        ),
    )


class _Table:
    """Sources, pools and pairs as buyers are added."""

    def __init__(self, book: "Book", bonds: list[Bond]) -> None:
        self.sources: list[Source] = []
        self.pools: list[list[int]] = []
        self.pairs: list[tuple[str, int, frozenset[int]]] = []
        self._book = book
        self._bonds = bonds

    def add(self, mine: list[Source], own: list[str], order: list[str]) -> None:
        """Add one buyer's sources, grouped by what its workloads may do with them."""
        first = len(self.sources)
        self.sources += mine
        rights = [[self._right(source, name) for name in own] for source in mine]
        groups: dict[tuple[frozenset[int] | None, ...], list[int]] = {}
        for place, row in enumerate(rights):
            groups.setdefault(tuple(row), []).append(first + place)
        numbered = [(len(self.pools) + n, members[0] - first) for n, members in enumerate(groups.values())]
        self.pools += groups.values()
        users = {pool: sum(right is not None for right in rights[member]) for pool, member in numbered}
        for name in order:
            for pool, member in sorted(numbered, key=lambda item: (users[item[0]], item[1])):
                barred = rights[member][own.index(name)]
                if barred is not None:
                    self.pairs.append((name, pool, barred))

    def _right(self, source: Source, name: str) -> frozenset[int] | None:
        """Return the exclusivities that bar a workload from a source; None if placement forbids it."""
        workload = self._book.workloads[name]
        if not fits(workload, source):
            return None
        return frozenset(
            b
            for b, bond in enumerate(self._bonds)
            if bond.grantor == workload.buyer and name in bond.workloads and source.seller != bond.holder
        )


def fits(workload: "Workload", source: Source) -> bool:
    """Return whether a workload's own placement rule lets it run on a source (rule C5)."""
    rule = workload.runs_on
    return (
        (source.deal is None or not rule.sellers or source.seller in rule.sellers)
        and (not rule.chips or source.chip in rule.chips)
        and (not rule.sites or (bool(source.sites) and set(source.sites) <= set(rule.sites)))
        and (not rule.regions or source.region in rule.regions)
    )


def has_duration(book: "Book") -> bool:
    """Return whether any workload runs for a part of the quarter only (rule E31)."""
    loads = book.workloads.values()
    return any(load.duration.distribution is not None or load.duration.value != 1.0 for load in loads)


def _service_key(
    book: "Book", name: str, calendar: Calendar, curves: Mapping[str, float]
) -> tuple[float, float, str]:
    """Return the key of the order of service: priority, then yield plus penalty, then name."""
    workload = book.workloads[name]
    factor = profile_factor(book, workload.yield_, f"workloads.{name}.yield")
    earns = workload.yield_.on(calendar)[0] * factor
    if workload.yield_.driver is not None:
        earns *= curves[workload.yield_.driver]
    penalty = workload.penalty.value
    if workload.penalty.per_gpu_hour:
        penalty *= per_gpu_hour(book, market_chip(book), f"workloads.{name}.penalty")
    return (workload.priority, -(earns + penalty), name)


def _sources(book: "Book", buyer: str, calendar: Calendar, excluded: frozenset[str]) -> list[Source]:
    """Return the deals that a party buys, then its own sites, in book order."""
    found = [
        deal_source(book, name, calendar)
        for name, deal in book.deals.items()
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer and in_play(deal, name, excluded)
    ]
    return found + [site_source(book, name) for name, site in book.sites.items() if site.owner == buyer]


def deal_source(book: "Book", name: str, calendar: Calendar) -> Source:
    """Return a compute deal as its buyer's source of capacity."""
    deal = book.deals[name]
    clause = deal.clause(Delivery)
    region = clause.region if clause is not None and clause.region is not None else None
    if region is None and deal.sites:
        region = book.sites[deal.sites[0]].region
    price = marginal_price(book, name, calendar)
    return Source(name, None, deal.creditor, deal_chip(book, name), deal.sites, region, price)


def site_source(book: "Book", name: str) -> Source:
    """Return a site as its owner's source of capacity."""
    site = book.sites[name]
    return Source(None, name, site.owner, site.chip, (name,), site.region, 0.0)


def bonds(book: "Book", calendar: Calendar, excluded: frozenset[str]) -> list[Bond]:
    """Return the exclusivities of firm deals and of rights that still run."""
    found = []
    for name, deal in book.deals.items():
        if not isinstance(deal, ComputeDeal) or not in_play(deal, name, excluded):
            continue
        found += bonds_of(book, name, calendar)
    for right in book.rights.values():
        if right.kind == "exclusivity" and not right.ended:
            start = index_of(calendar, right.from_, -math.inf)
            end = math.inf if right.until is None else index_of(calendar, right.until, 0.0) + 1.0
            found.append(Bond(right.holder, right.grantor, right.workloads, start, end, None))
    return found


def bonds_of(book: "Book", name: str, calendar: Calendar) -> list[Bond]:
    """Return the exclusivities of a compute deal, as they run if it is in force (rule E15)."""
    deal, found = book.deals[name], []
    if isinstance(deal, ComputeDeal):
        for clause in deal.clauses.values():
            if isinstance(clause, Exclusivity):
                start = index_of(calendar, clause.from_, -math.inf)
                end = deal_until(book, name, calendar)
                if clause.until is not None:
                    end = index_of(calendar, clause.until, 0.0) + 1.0
                found.append(Bond(deal.seller, deal.buyer, clause.workloads, start, end, name))
    return found


def in_play(deal: "Deal", name: str, excluded: frozenset[str]) -> bool:
    """Return whether a deal can be in force at all."""
    return deal.firmness != "offered" and name not in excluded


def _before(sources: list[Source], pools: list[list[int]]) -> np.ndarray:
    """Return which source is used before which within a pool: cheapest first, deals before own sites."""
    before = np.zeros((len(sources), len(sources)))
    for members in pools:
        ordered = sorted(members, key=lambda n: (sources[n].price if sources[n].deal else 0.0, n))
        for place, member in enumerate(ordered):
            before[ordered[:place], member] = 1.0
    return before
