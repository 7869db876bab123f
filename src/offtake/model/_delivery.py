"""Sites, gates and the pieces into which ramps are cut."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import ComputeDeal, LeaseDeal, PowerDeal, Ramp, SupplyDeal
from offtake.book import Delivery as DeliveryClause
from offtake.calendar import Calendar, Quarter
from offtake.errors import InputError
from offtake.model._leaves import Leaves, certain
from offtake.model._records import Delivery

if TYPE_CHECKING:
    from offtake.book import Book, Phase

__all__ = ["Piece", "compile_delivery", "cut_into_pieces", "index_of", "phase_labels", "ramp_increments"]

_NOT_GIVEN = -1
_SLIVER = 1e-9


@dataclass(frozen=True)
class Piece:
    """Part of a ramp increment that one phase (or none) delivers."""

    deal: str
    mw: float
    target: float
    phase: int


def index_of(calendar: Calendar, quarter: Quarter | None, default: float) -> float:
    """Return a quarter's start in quarters from the opening."""
    return default if quarter is None else float(calendar.index(quarter))


def phase_labels(book: "Book") -> tuple[tuple[str, int], ...]:
    """Return (site, number) of every phase in book order."""
    return tuple((name, k) for name, site in book.sites.items() for k in range(len(site.phases)))


def phase_label(site: str, number: int, phase: "Phase") -> str:
    """Return the name of a phase for people."""
    return f"{site}/{phase.name or number + 1}"


def ramp_increments(book: "Book", deal: str, calendar: Calendar) -> list[tuple[float, float]]:
    """Return (target, MW) of each step of a deal's ramp, by date."""
    ramp = book.deals[deal].clause(Ramp)
    if ramp is None:
        return []
    steps = []
    level = 0.0
    for quarter in sorted(ramp.levels):
        reached = certain(ramp.levels[quarter], f"deals.{deal}.clauses.ramp.levels.{quarter}")
        if reached < level - _SLIVER:
            message = f"deals.{deal}: its ramp falls in {quarter}; end tranches by `term` instead"
            raise InputError(message)
        if reached > level:
            steps.append((float(calendar.index(quarter)), reached - level))
        level = max(level, reached)
    return steps


def cut_into_pieces(book: "Book", deals: Iterable[str], calendar: Calendar) -> list[Piece]:
    """Return the pieces of capacity deals: increments cut over their sites' phases (rule B2)."""
    left = {
        (site, k): certain(phase.mw, f"sites.{site}.phases.{k}.mw")
        for site, entry in book.sites.items()
        for k, phase in enumerate(entry.phases)
    }
    number = {key: k for k, key in enumerate(phase_labels(book))}
    steps = sorted(
        (target, deal, mw) for deal in deals for target, mw in ramp_increments(book, deal, calendar)
    )
    pieces = []
    for target, deal, mw in steps:
        rest = mw
        for site in book.deals[deal].sites:
            for k in range(len(book.sites[site].phases)):
                taken = min(rest, left[site, k])
                if taken > _SLIVER:
                    pieces.append(Piece(deal, taken, target, number[site, k]))
                    left[site, k] -= taken
                    rest -= taken
        if rest > _SLIVER:
            pieces.append(Piece(deal, rest, target, _NOT_GIVEN))
    return pieces


def compile_delivery(book: "Book", calendar: Calendar, leaves: Leaves, capacity: tuple[str, ...]) -> Delivery:
    """Return gates, phases and pieces, with their numbers added to the leaves."""
    parties = tuple(book.parties)
    sites = tuple(book.sites)
    phases = phase_labels(book)
    deals = tuple(book.deals)
    supplied = _supplied_sites(book)
    gates = _Gates(book, calendar, leaves)
    needs = np.zeros((len(phases), len(deals)))
    for k, (site, n) in enumerate(phases):
        under = {book.sites[site].phases[n].under, supplied.get(site)} - {None}
        for name in under:
            needs[k, deals.index(str(name))] = 1.0
    computes = [d for d in capacity if isinstance(book.deals[d], ComputeDeal)]
    leases = [d for d in capacity if isinstance(book.deals[d], LeaseDeal)]
    pieces = cut_into_pieces(book, computes, calendar)
    rented = cut_into_pieces(book, leases, calendar)
    powered = {site for deal in book.deals.values() if isinstance(deal, PowerDeal) for site in deal.sites}
    entries = [book.sites[site].phases[n] for site, n in phases]
    both = [*pieces, *rented]
    return Delivery(
        gate_phase=np.array(gates.phase, dtype=np.int64),
        gate_after=tuple(gates.after),
        gate_not_before=np.array(gates.not_before, dtype=float),
        phase_gates=tuple(tuple(members) for members in gates.of_phase),
        phase_start=np.array([index_of(calendar, entry.start, 0.0) for entry in entries]),
        phase_online=np.array([index_of(calendar, entry.online, math.nan) for entry in entries]),
        phase_mw=np.array(
            [certain(entry.mw, f"sites.{key[0]}") for entry, key in zip(entries, phases, strict=True)]
        ),
        phase_site=np.array([sites.index(site) for site, _ in phases], dtype=np.int64),
        phase_needs=needs,
        chip_gate=np.array(gates.named("chips"), dtype=np.int64),
        construction_gate=np.array(gates.named("construction"), dtype=np.int64),
        site_owner=np.array([parties.index(book.sites[site].owner) for site in sites], dtype=np.int64),
        site_power_outside=np.array([0.0 if site in powered else 1.0 for site in sites]),
        piece_deal=np.array([capacity.index(piece.deal) for piece in both], dtype=np.int64),
        piece_mw=np.array([piece.mw for piece in both], dtype=float),
        piece_target=np.array([piece.target for piece in both], dtype=float),
        piece_phase=np.array([piece.phase for piece in both], dtype=np.int64),
        piece_commits=np.array([1.0] * len(pieces) + [0.0] * len(rented)),
    )


def own_delay(book: "Book", deal: str) -> DeliveryClause | None:
    """Return the delivery clause of a deal."""
    return book.deals[deal].clause(DeliveryClause)


def _supplied_sites(book: "Book") -> dict[str, str]:
    """Return which supply deal provides each site's chips."""
    found: dict[str, str] = {}
    for name, deal in book.deals.items():
        if isinstance(deal, SupplyDeal):
            for site in deal.sites:
                if site in found:
                    both = f"{found[site]} and {name}"
                    message = f"sites.{site}: its chips come under both {both}; name one supply deal"
                    raise InputError(message)
                found[site] = name
    return found


class _Gates:
    """All gates in an order in which each comes after those it waits for."""

    def __init__(self, book: "Book", calendar: Calendar, leaves: Leaves) -> None:
        self.phase: list[int] = []
        self.after: list[tuple[int, ...]] = []
        self.not_before: list[float] = []
        self.labels: list[str] = []
        self.of_phase: list[list[int]] = []
        self._names: list[dict[str, int]] = []
        for k, (site, n) in enumerate(phase_labels(book)):
            entry = book.sites[site].phases[n]
            places: dict[str, int] = {}
            for name in _in_order({g: gate.after for g, gate in entry.gates.items()}, site):
                gate = entry.gates[name]
                places[name] = len(self.phase)
                self.phase.append(k)
                self.after.append(tuple(places[other] for other in gate.after))
                self.not_before.append(index_of(calendar, gate.not_before, -math.inf))
                self.labels.append(f"{phase_label(site, n, entry)}/{name}")
                leaves.add("gate.duration", gate.duration, f"sites.{site}.phases.{n}.gates.{name}.duration")
            self.of_phase.append(list(places.values()))
            self._names.append(places)
        leaves.empty("gate.duration")

    def named(self, name: str) -> list[int]:
        """Return the gate of a name in each phase, or -1."""
        return [places.get(name, _NOT_GIVEN) for places in self._names]


def gate_labels(book: "Book", calendar: Calendar) -> tuple[str, ...]:
    """Return the names of all gates in the order of the model."""
    return tuple(_Gates(book, calendar, Leaves(book, {})).labels)


def _in_order(after: dict[str, tuple[str, ...]], site: str) -> list[str]:
    """Return gates so that each follows those it waits for."""
    done: list[str] = []
    waiting = list(after)
    while waiting:
        ready = [name for name in waiting if set(after[name]) <= set(done)]
        if not ready:
            message = f"sites.{site}: the gates {', '.join(waiting)} wait for each other; remove one `after`"
            raise InputError(message)
        done += ready
        waiting = [name for name in waiting if name not in ready]
    return done
