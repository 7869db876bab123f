"""Rows of volume: what is given, offered and built (P5 to P7)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from offtake.model._dispatch import Source, deal_source, site_source
from offtake.plan._case import Case, Flow, Variant
from offtake.plan._refusals import cuts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from offtake.plan._instance import Relation, What
    from offtake.plan._offers import Offer
    from offtake.plan._own_sites import Build
    from offtake.plan._refusals import Refusal

    FloatArray = NDArray[np.float64]

__all__ = ["Decision", "Row", "RowSource", "Rows", "Stands", "deal_flow"]

Array = Any


class Decision(NamedTuple):
    """A node that decides, and the quarter at whose start it does."""

    node: int
    quarter: int


@dataclass(frozen=True)
class RowSource:
    """Where a row's capacity comes from; rows with equal keys share it."""

    key: tuple[str, ...]
    entry: str
    provider: str
    source: Source
    resale: bool
    usage: Callable[[Case], FloatArray]
    """price of a MW-quarter used above the floor, [F, T]"""


class Stands(NamedTuple):
    """What a row binds to, for each MW of it."""

    contracted: FloatArray
    """[T] MW under contract"""
    committed: FloatArray
    beyond: FloatArray
    """[T], [quarters after it] MW that must be paid for in any case, as far as they run"""
    price: Callable[[Case], FloatArray]
    """[F, T] what a MW-quarter under contract costs in any case"""
    rise: Callable[[int], float]
    """factor from the last quarter's price to that of a quarter after the calendar"""
    once: float = 0.0
    """M USD besides"""


@dataclass(frozen=True)
class Row:
    """One row of volume; see `Contracts` for what its fields mean."""

    entry: str
    what: What
    decision: Decision | None
    start: int
    least: float
    most: float
    whole: bool
    parent: int
    relation: Relation
    ratio: float
    source: RowSource | None
    group: tuple[str, str] | None
    """what at most one row of may be signed"""
    flow: Callable[[Case], Flow]
    """for each MW of the row; delivered MW, not yet effective"""
    stands: Stands
    share: float = 1.0
    """part of the deal's coefficients that the row keeps"""


class Rows:
    """The rows of a problem, in the order in which they are added.

    Parameters
    ----------
    median
        The book with everything uncertain at its median.
    decisions
        Nodes that decide.
    """

    def __init__(self, median: Case, decisions: Sequence[Decision]) -> None:
        self.median, self.decisions = median, tuple(decisions)
        self.book, self.chair = median.book, median.chair
        self.quarters = median.model.structure.quarters
        self.found: list[Row] = []

    def add(self, row: Row) -> int:
        """Add a row and return its place."""
        self.found.append(row)
        return len(self.found) - 1

    def given(self) -> list[int]:
        """Add the compute deals that the buyer has, and return their places."""
        return [self._given(name, volume) for name, volume in self.chair.given.items()]

    def _given(self, name: str, volume: float) -> int:
        firm = 1.0 if self.book.deals[name].firmness == "firm" else 0.0
        return self.add(
            Row(
                entry=name, what="given", decision=None, start=0, least=volume, most=volume, whole=False,
                parent=-1, relation="none", ratio=1.0, source=self.deal_source(name, 0), group=None,
                flow=lambda case: case.flow(Variant(), name).times(1.0 / volume),
                stands=self.stands(name, Variant(), firm / volume),
            )
        )  # fmt: skip

    def own_sites(self) -> None:
        """Add the phases of own sites that need nothing unsigned, and what they are given to."""
        delivery, names = self.median.model.structure.delivery, self.median.model.names
        owned = np.flatnonzero(delivery.site_owner == self.median.place)
        unsigned = self.median.model.structure.deal_firm == 0
        needs = (delivery.phase_needs[:, unsigned] > 0).any(axis=1)
        free = self.median.sites().free[0]
        for column, site in enumerate(owned):
            power = float(delivery.phase_mw[(delivery.phase_site == site) & ~needs].sum())
            if power > 0.0:
                name = names.sites[site]
                row = self.site_row(name, power, _site(column, None))
                self.add(_replace(row, stands=self.stands_as(free[:, column] / power)))

    def builds(self, builds: Sequence[Build]) -> None:
        """Add offered supply deals: what they build on each site, all or nothing."""
        delivery = self.median.model.structure.delivery
        names = self.median.model.names.sites
        owned = [names[site] for site in np.flatnonzero(delivery.site_owner == self.median.place)]
        for build in builds:
            for decision in self.decisions:
                if decision.quarter <= build.latest:
                    self._build(build, decision, owned)

    def _build(self, build: Build, decision: Decision, owned: list[str]) -> None:
        lead = -1
        base, signed = self.median.sites(), self.median.sites(build.deal)
        for site, power in build.sites.items():
            n = owned.index(site)
            row = self.site_row(site, power, _site(n, build.deal))
            contracted = (signed.free - base.free)[0, :, n] / power
            spent = float((signed.capital - base.capital)[0, :, n].sum()) / power
            first = lead < 0
            place = self.add(
                _replace(
                    row, entry=build.deal, what="build", decision=decision, least=0.0 if not first else power,
                    whole=first, parent=lead, relation="none" if first else "equal",
                    ratio=1.0 if first else power / self.found[lead].most,
                    group=("build", build.deal) if first else None,
                    stands=self.stands_as(contracted, spent),
                )
            )  # fmt: skip
            lead = place if first else lead

    def site_row(self, site: str, power: float, flow: Callable[[Case], Flow]) -> Row:
        """Return the row of an own site."""
        source = site_source(self.book, site)
        quarters = self.quarters
        own = RowSource(
            ("site", site), site, self.chair.buyer, source, True,
            lambda case: np.zeros((case.count, quarters)),
        )  # fmt: skip
        return Row(
            entry=site, what="given", decision=None, start=0, least=power, most=power, whole=False, parent=-1,
            relation="none", ratio=1.0, source=own, group=None,
            flow=lambda case: flow(case).times(1.0 / power), stands=self.stands_as(np.zeros(quarters)),
        )  # fmt: skip

    def offers(self, refusals: Sequence[Refusal]) -> list[int]:
        """Add what may be signed at each decision, with matches by holders of first refusals."""
        places = []
        for offer in self.chair.offers.values():
            for decision in self.decisions:
                for start in offer.starts:
                    if offer.open_at(decision.quarter, start):
                        places += self._offer(offer, decision, start, refusals)
        return places

    def _offer(self, offer: Offer, decision: Decision, start: int, refusals: Sequence[Refusal]) -> list[int]:
        variant = Variant(start=start, signed=float(decision.quarter))
        places = []
        for part in cuts(offer, decision.quarter, refusals):
            flow = deal_flow(offer.name, variant, part.kept / offer.most)
            row = Row(
                entry=offer.name, what="offer", decision=decision, start=start, least=part.least,
                most=part.most, whole=part.whole, parent=-1, relation="none", ratio=1.0,
                source=self.deal_source(offer.name, start), group=("offer", offer.name), flow=flow,
                stands=self.stands(offer.name, variant, 1.0 / offer.most, kept=part.kept), share=part.kept,
            )  # fmt: skip
            places.append(self.add(row))
            for holder, chance in part.matched:
                self._match(places[-1], row, holder, chance)
        return places

    def _match(self, parent: int, row: Row, holder: str, chance: float) -> None:
        """Add what the holder of a first refusal brings in the seller's place."""
        offer = self.chair.offers[row.entry]
        quarter = 0.0 if row.decision is None else float(row.decision.quarter)
        variant = Variant(start=row.start, signed=quarter, holder=holder)
        stands = self.stands(row.entry, variant, 1.0 / offer.most, kept=chance)
        self.add(
            _replace(
                row, what="match", least=0.0, whole=False, parent=parent, relation="equal", ratio=1.0,
                source=self.deal_source(row.entry, row.start, holder), group=None,
                flow=deal_flow(row.entry, variant, chance / offer.most),
                stands=stands._replace(committed=0.0 * stands.committed, beyond=np.zeros(0)),
                share=chance,
            )
        )  # fmt: skip

    def deal_source(self, name: str, start: int, holder: str | None = None) -> RowSource:
        """Return the source of a compute deal; where the price depends on its start, one for each start."""
        deal = self.book.deals[name]
        source = deal_source(self.book, name, self.book.calendar)
        if holder is not None:
            source = Source(name, None, holder, source.chip, (), source.region, source.price)
        place = self.median.column(name)
        escalates = bool((self.median.leaf("deal.escalator", name) != 0.0).any())
        shifted = start if escalates else 0
        key = ("deal", name, holder or deal.creditor, str(shifted))
        variant = Variant(start=start, signed=0.0) if name in self.chair.offers else Variant()
        return RowSource(
            key, name, source.seller, source, _resold(self.median, name),
            lambda case: case.terms(variant, name).usage[..., place],
        )  # fmt: skip

    def stands(self, name: str, variant: Variant, scale: float, *, kept: float = 1.0) -> Stands:
        """Return what a compute deal binds to, for each MW of a row.

        Parameters
        ----------
        name, variant
            The deal, and which of its cases.
        scale
            One over the MW at which it was computed.
        kept
            Part of what is contracted that the row keeps.
        """
        place = self.median.column(name)
        mw, target, end = self.median.pieces(variant.start, name)
        power, beyond = owed(mw * scale, target, end, self.quarters)
        first, rate = float(target.min(initial=0.0)), float(self.median.leaf("deal.escalator", name)[0])
        last = self.quarters - 1

        def rise(t: int) -> float:
            steps = math.floor(max(0.0, t - first) / 4) - math.floor(max(0.0, last - first) / 4)
            return (1.0 + rate) ** steps

        plain = Variant(start=variant.start, signed=variant.signed)
        return Stands(
            power * kept, power, beyond, lambda case: case.terms(plain, name).bound[..., place], rise
        )

    def stands_as(self, contracted: FloatArray, once: float = 0.0) -> Stands:
        """Return what a row binds to that owes no capacity price."""
        quarters = self.quarters

        def nothing(case: Case) -> FloatArray:
            return np.zeros((case.count, quarters))

        return Stands(contracted, np.zeros(quarters), np.zeros(0), nothing, lambda _t: 1.0, once)


def owed(mw: Array, target: Array, end: Array, quarters: int) -> tuple[FloatArray, FloatArray]:
    """Return MW under contract in each quarter of the calendar, and after it as far as it runs."""
    finite = end[np.isfinite(end)]
    last = max(quarters, math.ceil(finite.max(initial=0.0) - 1e-9))
    t = np.arange(last, dtype=float)[:, None]
    whole = (np.clip(np.minimum(t + 1.0, end) - np.maximum(t, target), 0.0, 1.0) * mw).sum(axis=1)
    if not np.isfinite(end).all():
        # what has no end binds for ever; it is counted to the end of the calendar
        last = quarters
    return whole[:quarters], whole[quarters:last]


def deal_flow(name: str, variant: Variant, scale: float) -> Callable[[Case], Flow]:
    """Return what gives the flow of a deal in a case, scaled."""
    return lambda case: case.flow(variant, name).times(scale)


def _site(column: int, signed: str | None) -> Callable[[Case], Flow]:
    return lambda case: _site_flow(case, column, signed)


def _site_flow(case: Case, column: int, signed: str | None) -> Flow:
    """Return what a site does, or what a deal adds to it if it is signed."""
    found = case.sites(signed)
    free, cost = found.free[..., column], found.cost[..., column]
    if signed is not None:
        before = case.sites()
        free, cost = free - before.free[..., column], cost - before.cost[..., column]
    blank = np.zeros(free.shape)
    return Flow(free, cost, blank, blank, end=np.full(case.count, np.inf))


def _resold(case: Case, name: str) -> bool:
    fixed = case.model.structure
    deal = case.model.names.deals.index(name)
    return bool(fixed.capacity.resale[np.flatnonzero(fixed.capacity.deal == deal)[0]] > 0)


def _replace(row: Row, **changes: Any) -> Row:
    from dataclasses import replace

    return replace(row, **changes)
