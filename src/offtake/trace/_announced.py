"""What a book announces by quarter: power energised and owed, prices, demand, all at medians and on time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.cashflow import escalation

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.model import Model

__all__ = ["Announced", "chances", "is_headline"]

FloatArray = Any

_SLACK: Final = 1e-9
_DRAWN: Final = 2


def chances(book: Book, model: Model, *, firm_only: bool) -> FloatArray:
    """Return how much of each deal counts, ``[D]``: 1 if firm, else its likelihood (0 if `firm_only`).

    Offers count for nothing, and so do headlines whose whole volume stands in other deals.
    """
    firm = model.structure.deal_firm
    likely = 0.0 if firm_only else model.leaves["deal.likelihood"]
    found = np.where(firm == 1, 1.0, np.where(firm == _DRAWN, likely, 0.0))
    headline = [is_headline(deal) for deal in book.deals.values()]
    return np.where(headline, 0.0, found)


def is_headline(deal: Any) -> bool:
    """Return whether all of a deal's volume is inside other deals."""
    volume = next((each for each in deal.clauses.values() if each.kind == "volume"), None)
    return volume is not None and float(volume.inside_other_deals.value) >= 1.0 - _SLACK


@dataclass(frozen=True)
class Announced:
    """A book at its medians, delivered when announced.

    Parameters
    ----------
    book
        The book.
    model
        The same, compiled.
    chance
        How much of each deal counts, ``[D]``.
    """

    book: Book
    model: Model
    chance: FloatArray

    @property
    def quarters(self) -> int:
        """Number of quarters T."""
        return self.model.structure.quarters

    @cached_property
    def volume(self) -> FloatArray:
        """Volume that comes about of each deal, ``[D]``."""
        return self.chance * self.model.leaves["deal.fulfilment"]

    @cached_property
    def drivers(self) -> FloatArray:
        """Median of each driver, and a 1 for none, ``[T, J + 1]``."""
        curve = np.asarray(self.model.drivers.curve, dtype=float)
        return np.concatenate([curve, np.ones((self.quarters, 1))], axis=1)

    @cached_property
    def profiles(self) -> FloatArray:
        """Quantities by quarter, ``[T, F]``."""
        profiles = self.model.structure.profiles
        return profiles.base * self.model.leaves["profile.scale"] * self.drivers[:, profiles.driver]

    def exists(self, *, besides: int | None = None) -> FloatArray:
        """Return the chance that each phase is built, ``[K]``, given one deal if it is named."""
        needs = self.model.structure.delivery.phase_needs > 0
        chance = self.chance.copy()
        if besides is not None:
            chance[besides] = 1.0
        return np.where(needs, chance, 1.0).prod(axis=1) if needs.size else np.ones(len(needs))

    @cached_property
    def _median_times(self) -> tuple[FloatArray, FloatArray]:
        """Ends of gates, ``[G]``, and of phases, ``[K]``, with median durations."""
        delivery = self.model.structure.delivery
        duration = self.model.leaves["gate.duration"]
        ends = np.zeros(len(delivery.gate_phase))
        for g, after in enumerate(delivery.gate_after):
            starts = [delivery.phase_start[delivery.gate_phase[g]], delivery.gate_not_before[g]]
            ends[g] = max([*starts, *ends[list(after)]]) + duration[g]
        times = [
            delivery.phase_online[k]
            if not math.isnan(delivery.phase_online[k])
            else max(ends[list(gates)], default=delivery.phase_start[k])
            for k, gates in enumerate(delivery.phase_gates)
        ]
        return ends, np.array(times, dtype=float)

    @cached_property
    def energised(self) -> FloatArray:
        """When each phase is energised: as announced, else by its median gates, ``[K]``."""
        _, median = self._median_times
        phases = [phase for site in self.book.sites.values() for phase in site.phases]
        calendar = self.book.calendar
        return np.array(
            [
                median[k] if phase.planned is None or phase.online is not None
                else float(calendar.index(phase.planned))
                for k, phase in enumerate(phases)
            ],
            dtype=float,
        )  # fmt: skip

    def gate_done(self, gates: Any) -> FloatArray:
        """Return when one gate of each phase is done, as long before energising as in the median, ``[K]``."""
        ends, median = self._median_times
        if not ends.size:
            return self.energised
        lead = np.where(gates >= 0, median - ends[np.maximum(gates, 0)], 0.0)
        return self.energised - lead

    def on(self, t: float) -> FloatArray:
        """Return the energised MW of each phase in a quarter, if it is built, ``[K]``."""
        return self.model.structure.delivery.phase_mw * np.clip(t + 1.0 - self.energised, 0.0, 1.0)

    @cached_property
    def piece_chance(self) -> FloatArray:
        """Chance that each piece of capacity is built, given its deal, ``[P]``."""
        delivery, capacity = self.model.structure.delivery, self.model.structure.capacity
        of = {int(c): self.exists(besides=int(capacity.deal[c])) for c in np.unique(delivery.piece_deal)}
        return np.array(
            [
                1.0 if phase < 0 else of[int(c)][phase]
                for c, phase in zip(delivery.piece_deal, delivery.piece_phase, strict=True)
            ],
            dtype=float,
        )

    @cached_property
    def piece_end(self) -> FloatArray:
        """Nominal end of each piece, ``[P]``."""
        delivery, capacity = self.model.structure.delivery, self.model.structure.capacity
        of = delivery.piece_deal
        return np.minimum(delivery.piece_target + self.model.leaves["deal.length"][of], capacity.until[of])

    @cached_property
    def owed(self) -> FloatArray:
        """MW expected to be owed and built under each capacity deal, ``[T, C]``."""
        delivery, capacity = self.model.structure.delivery, self.model.structure.capacity
        volume = self.volume[capacity.deal] * self.model.leaves["deal.availability"]
        found = np.zeros((self.quarters, len(capacity.deal)))
        weight = delivery.piece_mw * self.piece_chance
        for t in range(self.quarters):
            share = np.clip(np.minimum(t + 1.0, self.piece_end) - np.maximum(t, delivery.piece_target), 0, 1)
            found[t] = np.bincount(delivery.piece_deal, weight * share, len(capacity.deal))
        return found * volume

    @cached_property
    def opening_prices(self) -> tuple[FloatArray, FloatArray]:
        """Usage and reservation price of each capacity deal, ``[C]``; a total is spread over what is owed."""
        delivery, capacity = self.model.structure.delivery, self.model.structure.capacity
        leaves = self.model.leaves
        endless = np.isinf(self.piece_end)
        span = np.where(endless, 0.0, np.maximum(self.piece_end - delivery.piece_target, 0.0))
        owed = np.bincount(delivery.piece_deal, span * delivery.piece_mw, len(capacity.deal))
        reservation = leaves["deal.reservation"]
        spread = leaves["deal.total"] / np.where(owed > 0, owed, 1.0) - reservation
        return np.where(capacity.has_total & (owed > 0), spread, leaves["deal.usage"]), reservation

    @cached_property
    def price(self) -> FloatArray:
        """Usage and reservation price together, ``[T, C]``."""
        capacity = self.model.structure.capacity
        index = self.drivers[:, capacity.index] / self.drivers[0, capacity.index]
        rise = [
            escalation(np, float(t), capacity.first_target, self.model.leaves["deal.escalator"])
            for t in range(self.quarters)
        ]
        return sum(self.opening_prices) * index * np.array(rise).reshape(index.shape)

    @cached_property
    def site_on(self) -> FloatArray:
        """MW expected to be energised on each site, ``[T, sites]``."""
        delivery, sites = self.model.structure.delivery, len(self.model.names.sites)
        exists = self.exists()
        rows = [np.bincount(delivery.phase_site, self.on(t) * exists, sites) for t in range(self.quarters)]
        return np.array(rows).reshape(self.quarters, sites)

    @cached_property
    def revenue(self) -> FloatArray:
        """Revenue of each workload: demand up to its buyer's capacity in order of service, ``[T, W]``."""
        fixed = self.model.structure
        left = self._capacity_of_buyers()
        demand = self.profiles[:, fixed.profiles.demand]
        served = np.zeros_like(demand)
        for w in fixed.dispatch.workload_order:
            buyer = fixed.dispatch.workload_buyer[w]
            served[:, w] = np.minimum(np.maximum(demand[:, w], 0.0), left[:, buyer])
            left[:, buyer] -= served[:, w]
        runs = self.model.leaves["workload.duration"] if fixed.dispatch.has_duration else 1.0
        return served * self.profiles[:, fixed.profiles.yields] * runs

    def _capacity_of_buyers(self) -> FloatArray:
        """Return the effective MW that each party has as a buyer or on its own sites, ``[T, N]``."""
        fixed, efficiency = self.model.structure, self.model.leaves["chip.efficiency"]
        delivery, table = fixed.delivery, fixed.dispatch
        taken = self._taken()
        found = np.zeros((self.quarters, len(fixed.names.parties)))
        for source, chip in enumerate(table.source_chip):
            deal, site = table.source_capacity[source], table.source_site[source]
            if deal >= 0:
                found[:, fixed.capacity.buyer[deal]] += self.owed[:, deal] * efficiency[chip]
            else:
                free = np.maximum(self.site_on[:, site] - taken[:, site], 0.0)
                found[:, delivery.site_owner[site]] += free * efficiency[chip]
        return found

    def _taken(self) -> FloatArray:
        """Return the MW of each site that compute deals take, ``[T, sites]``."""
        fixed = self.model.structure
        delivery = fixed.delivery
        sites = len(fixed.names.sites)
        has = np.flatnonzero((delivery.piece_phase >= 0) & (delivery.piece_commits > 0))
        site = delivery.phase_site[delivery.piece_phase[has]] if has.size else np.zeros(0, dtype=np.int64)
        volume = self.volume[fixed.capacity.deal[delivery.piece_deal[has]]]
        weight = delivery.piece_mw[has] * self.piece_chance[has] * volume
        rows = []
        for t in range(self.quarters):
            begun = np.maximum(t, delivery.piece_target[has])
            share = np.clip(np.minimum(t + 1.0, self.piece_end[has]) - begun, 0, 1)
            rows.append(np.bincount(site, weight * share, sites))
        return np.array(rows).reshape(self.quarters, sites)
