"""Which workload may use which capacity, and in which order (rule C5)."""

import math
from dataclasses import dataclass

from oracles.quarter_step.phases import clause_of


@dataclass(frozen=True)
class Source:
    """Capacity that a buyer can use: a compute deal that it buys, or a site of its own."""

    deal: str | None
    site: str | None
    efficiency: float
    order: tuple


@dataclass(frozen=True)
class Exclusivity:
    """A promise to run workloads on one seller's capacity only, in quarters first <= t < end."""

    deal: str | None
    holder: str
    grantor: str
    workloads: tuple
    first: float
    end: float


@dataclass(frozen=True)
class Pool:
    """Sources with equal permissions, in order of use."""

    sources: tuple


class Capacity:
    """Sources, pools and orders of every buyer: nothing here changes from quarter to quarter."""

    def __init__(self, drawn, delivery):
        self.drawn, self.delivery, self.book = drawn, delivery, drawn.book
        self.exclusivities = self._exclusivities()
        self.workloads, self.sources, self.pools = {}, {}, {}
        for party in self.book.parties:
            self.workloads[party] = self._workloads(party)
            self.sources[party] = self._sources(party)
            self.pools[party] = self._pools(party)

    def _exclusivities(self):
        drawn, found = self.drawn, []
        for name, deal in self.book.deals.items():
            out = drawn.scenario is not None and name in drawn.scenario.without
            if deal.kind != "compute" or deal.firmness == "offered" or out:
                continue
            term = clause_of(deal, "term")
            for clause in deal.clauses.values():
                if clause.kind == "exclusivity":
                    until = clause.until or (term.until if term else None)
                    window = drawn.index(clause.from_, 0.0), drawn.end_of(until)
                    found.append(Exclusivity(name, deal.seller, deal.buyer, tuple(clause.workloads), *window))
        for right in self.book.rights.values():
            if right.kind == "exclusivity" and not right.ended:
                window = drawn.index(right.from_, 0.0), drawn.end_of(right.until)
                found.append(Exclusivity(None, right.holder, right.grantor, tuple(right.workloads), *window))
        return found

    def _workloads(self, party):
        """A buyer's workloads in the order in which they are served."""

        def rank(name):
            workload = self.book.workloads[name]
            chip = self.drawn.market_chip
            worth = self.drawn.opening_median(workload.yield_, chip) + self._median(workload.penalty, chip)
            return (workload.priority, -worth, name)

        return sorted((name for name, w in self.book.workloads.items() if w.buyer == party), key=rank)

    def _median(self, amount, chip):
        if amount is None:
            return 0.0
        factor = 2190.0 * (1000.0 / self.book.chips[chip].power.value) / 1e6 if amount.per_gpu_hour else 1.0
        return amount.value * factor

    def _sources(self, party):
        """A buyer's sources in book order, deals before own sites."""
        found = []
        for place, (name, deal) in enumerate(self.book.deals.items()):
            if deal.kind == "compute" and deal.buyer == party:
                chip = self.drawn.chip_of_deal(name)
                order = (self._marginal_price(name), 0, place)
                found.append(Source(name, None, self._efficiency(chip), order))
        for place, (name, site) in enumerate(self.book.sites.items()):
            if site.owner == party:
                found.append(Source(None, name, self._efficiency(site.chip), (0.0, 1, place)))
        return found

    def _efficiency(self, chip):
        if chip is None:
            return 1.0
        return self.drawn.amount(self.book.chips[chip].efficiency, f"chips.{chip}.efficiency")

    def _marginal_price(self, name):
        """The median usage price at the opening, or 0 where all is paid for anyway (E14)."""
        deal = self.book.deals[name]
        top, price, term = clause_of(deal, "take_or_pay"), clause_of(deal, "price"), clause_of(deal, "term")
        if top is not None and top.share.value >= 1.0:
            return 0.0
        chip = self.drawn.chip_of_deal(name)
        if price.total is None:
            return self._median(price.usage, chip)
        length = math.inf if term is None or term.length is None else term.length.value
        until = self.drawn.end_of(term.until if term else None)
        mw_quarters = sum(
            mw * max(0.0, min(target + length, until) - target)
            for target, mw in self.delivery.increments(name)
        )
        if not mw_quarters:
            return self._median(price.usage, chip)
        return price.total.value / mw_quarters - self._median(price.reservation, chip)

    def placed(self, workload, source):
        """Whether a workload's placement allows a source."""
        where, drawn, book = self.book.workloads[workload].runs_on, self.drawn, self.book
        if source.deal is not None:
            deal, delivery = book.deals[source.deal], clause_of(book.deals[source.deal], "delivery")
            seller, chip, sites = deal.seller, drawn.chip_of_deal(source.deal), tuple(deal.sites)
            region = delivery.region if delivery is not None else None
            if region is None and sites:
                region = book.sites[sites[0]].region
        else:
            seller, sites = None, (source.site,)
            chip, region = book.sites[source.site].chip, book.sites[source.site].region
        return (
            (not where.sellers or seller is None or seller in where.sellers)
            and (not where.chips or chip in where.chips)
            and (not where.sites or (bool(sites) and all(site in where.sites for site in sites)))
            and (not where.regions or region in where.regions)
        )

    def bars(self, exclusivity, workload, source):
        """Whether an exclusivity, while it binds, keeps a workload off a source."""
        buyer = self.book.workloads[workload].buyer
        seller = self.book.deals[source.deal].seller if source.deal is not None else buyer
        return (
            exclusivity.grantor == buyer
            and workload in exclusivity.workloads
            and seller != exclusivity.holder
        )

    def _permissions(self, workload, source):
        """The places of the exclusivities that bar a workload, or None where placement does (E14)."""
        if not self.placed(workload, source):
            return None
        return frozenset(k for k, each in enumerate(self.exclusivities) if self.bars(each, workload, source))

    def _pools(self, party):
        """Pools in the order in which any workload takes from them."""
        groups = {}
        for place, source in enumerate(self.sources[party]):
            key = tuple(self._permissions(name, source) for name in self.workloads[party])
            groups.setdefault(key, []).append((place, source))
        ranked = []
        for key, members in groups.items():
            users = sum(barred is not None for barred in key)
            sources = tuple(sorted((source for _, source in members), key=lambda source: source.order))
            ranked.append(((users, members[0][0]), Pool(sources)))
        return [pool for _, pool in sorted(ranked, key=lambda pair: pair[0])]
