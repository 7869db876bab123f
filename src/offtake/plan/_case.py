"""A set of futures of one book, and what each contract brings and costs in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from offtake.errors import InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.plan._futures import Seen, dealt, matched_normals
from offtake.plan._offers import Offer, at_most, with_deals
from offtake.plan._own_sites import OwnSites, own_sites
from offtake.plan._terms import HISTORY, Terms, terms
from offtake.simulate._delivery import Plan, deliver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.model import Model, Structure
    from offtake.plan._expansions import Expansion
    from offtake.simulate._draws import Future

__all__ = ["Case", "Chair", "Flow", "Variant"]

Array = Any


@dataclass(frozen=True)
class Chair:
    """The buyer, what it has and what it may sign; the same at every node."""

    buyer: str
    given: Mapping[str, float]
    """compute deals that it has, with their volumes in MW"""
    offers: Mapping[str, Offer]
    expansions: Mapping[str, Expansion]
    """options to expand, by the name under which the added capacity is computed"""


@dataclass(frozen=True)
class Variant:
    """Which of the cases of one deal is meant."""

    start: int = 0
    """quarters by which offers are shifted"""
    signed: float = HISTORY
    """quarter in which offers are signed"""
    extended: bool = False
    holder: str | None = None
    """party that delivers in place of the seller"""


class Flow(NamedTuple):
    """What a row brings by quarter for all of its volume, each [F, T]: MW, M USD."""

    delivered: NDArray[np.float64]
    fee: NDArray[np.float64]
    floor: NDArray[np.float64]
    advance: NDArray[np.float64]
    end: NDArray[np.float64]
    """[F] when its last part ends; infinite where nothing says so, 0 where it never begins"""

    def less(self, other: Flow) -> Flow:
        """Return the differences; the end is this one's."""
        return Flow(
            self.delivered - other.delivered,
            self.fee - other.fee,
            self.floor - other.floor,
            self.advance - other.advance,
            self.end,
        )

    def times(self, factor: float) -> Flow:
        """Return all of it scaled."""
        return Flow(
            self.delivered * factor, self.fee * factor, self.floor * factor, self.advance * factor, self.end
        )


class _Ready(NamedTuple):
    """A variant of the book, dealt out."""

    model: Model
    future: Future
    plan: Plan
    drawn: Future


class Case:
    """Futures of one book.

    Parameters
    ----------
    book, scenario
        The book, and the scenario in force or None.
    model
        What they compile to.
    z
        Standard normals in the order of the model's labels, [F, Z].
    seen
        What these futures showed.
    chair
        Who plans.
    like
        A case of the same book and chair, whose compiled variants are used.
    """

    def __init__(
        self,
        book: Book,
        scenario: str | None,
        model: Model,
        z: Array,
        seen: Seen,
        chair: Chair,
        like: Case | None = None,
    ) -> None:
        self.book, self.model, self.z, self.seen, self.chair = book, model, z, seen, chair
        self._models: dict[int, Model] = {} if like is None or like.chair != chair else like._models
        self.place = model.names.parties.index(chair.buyer)
        self._scenario = scenario
        self._ready: dict[int, _Ready] = {}
        self._terms: dict[tuple[Variant, str | None], Terms] = {}
        self._sites: dict[str | None, OwnSites] = {}

    @property
    def count(self) -> int:
        """Number of futures."""
        return len(self.z)

    @cached_property
    def base(self) -> _Ready:
        """The book itself, dealt out."""
        return _Ready(self.model, *self._dealt(self.model, self.z))

    @property
    def names(self) -> tuple[str, ...]:
        """Compute deals that are computed: given, offered, and added capacity of expansions."""
        return (*self.chair.given, *self.chair.offers, *self.chair.expansions)

    def column(self, name: str) -> int:
        """Return the place of a compute deal among those that are computed."""
        return self.names.index(name)

    def terms(self, variant: Variant, name: str) -> Terms:
        """Return the terms of all computed deals in a variant of the book, as they concern one deal."""
        alone = self._alone(name)
        key = (variant, alone if variant.holder is None else name)
        if key not in self._terms:
            self._terms[key] = self._compute(variant, alone, name)
        return self._terms[key]

    def flow(self, variant: Variant, name: str) -> Flow:
        """Return what a compute deal brings and costs at its full volume, MW as delivered."""
        found, column = self.terms(variant, name), self.column(name)
        ready = self._variant(variant.start)
        future, plan = self._signed(ready, self._alone(name))
        plan = self._adjusted(ready, future, plan, variant, name)[1]
        return Flow(
            found.delivered[..., column],
            found.fee[..., column],
            found.floor[..., column],
            found.advance[..., column],
            end=_last_end(ready.model.structure, plan, self._capacity_place(ready.model, name)),
        )

    def sites(self, signed: str | None = None) -> OwnSites:
        """Return what the buyer's own sites do, with one more deal signed if one is named."""
        if signed not in self._sites:
            place = None if signed is None else self.model.names.deals.index(signed)
            self._sites[signed] = own_sites(
                self.model.structure, self.base.future, self.place, self.seen.alive, place
            )
        return self._sites[signed]

    def efficiency(self, chip: str | None) -> NDArray[np.float64]:
        """Return effective MW for each MW of a chip, [F]."""
        chips = tuple(self.book.chips)
        leaf = self.base.future.leaves["chip.efficiency"]
        found = leaf[..., len(chips) if chip is None else chips.index(chip)]
        return np.broadcast_to(found, (self.count,))

    def pieces(self, start: int, name: str) -> tuple[Array, Array, Array]:
        """Return MW, date owed and nominal end of a deal's pieces, as they are in the first future."""
        ready = self._variant(start)
        delivery = ready.model.structure.delivery
        mine = np.flatnonzero(delivery.piece_deal == self._capacity_place(ready.model, name))
        nominal = np.broadcast_to(ready.plan.nominal_end, (self.count, len(delivery.piece_deal)))
        return delivery.piece_mw[mine], delivery.piece_target[mine], nominal[0, mine]

    def leaf(self, name: str, deal: str) -> NDArray[np.float64]:
        """Return a drawn figure of a compute deal, [F]."""
        ready = self._variant(0)
        figure = ready.drawn.leaves[name][..., self._capacity_place(ready.model, deal)]
        return np.broadcast_to(figure, (self.count,))

    def _dealt(self, model: Model, z: Array) -> tuple[Future, Plan, Future]:
        return dealt(model, z, self.place)

    @cached_property
    def _phases_hang_on_offers(self) -> bool:
        names = self.model.names.deals
        offered = [names.index(name) for name in self.chair.offers]
        return bool((self.model.structure.delivery.phase_needs[:, offered] > 0).any())

    def _alone(self, name: str) -> str | None:
        """Return the one deal that is signed beside what is given; None where all offers may be at once.

        Where phases are built under an offer, what other deals deliver from them hangs on it being signed.
        """
        if not self._phases_hang_on_offers:
            return None
        expansion = self.chair.expansions.get(name)
        return name if expansion is None else expansion.parent

    def _variant(self, start: int) -> _Ready:
        """Return the book with offers at their most and shifted, dealt the same luck."""
        if start not in self._ready:
            model = self._compiled(start)
            z = matched_normals(self.z, self.model.draw_labels, model.draw_labels)
            self._ready[start] = _Ready(model, *self._dealt(model, z))
        return self._ready[start]

    def _compiled(self, start: int) -> Model:
        """Return the arrays of the book with offers at their most and shifted."""
        if start not in self._models:
            book = at_most(self.book, self.chair.offers, start)
            book = with_deals(book, {name: each.deal for name, each in self.chair.expansions.items()})
            self._models[start] = compile(book, self._scenario)
            _aligned(self.model, self._models[start])
        return self._models[start]

    def _signed(self, ready: _Ready, alone: str | None) -> tuple[Future, Plan]:
        """Return futures in which offers are in force, or only one of them, and their dates."""
        names, future = ready.model.names.deals, ready.future
        force = np.array(future.in_force)
        for name in self.chair.offers:
            force[..., names.index(name)] = 1.0 if alone in (None, name) else 0.0
        for name, each in self.chair.expansions.items():
            force[..., names.index(name)] = force[..., names.index(each.parent)]
        future = future._replace(in_force=force, volume=force * future.leaves["deal.fulfilment"])
        with np.errstate(invalid="ignore"):
            return future, deliver(np, ready.model.structure, future)

    def _compute(self, variant: Variant, alone: str | None, name: str) -> Terms:
        ready = self._variant(variant.start)
        future, plan = self._signed(ready, alone)
        fixed, plan = self._adjusted(ready, future, plan, variant, name)
        places = [self._capacity_place(ready.model, each) for each in self.names]
        signed = np.full(len(fixed.capacity.deal), HISTORY)
        for each, place in zip(self.names, places, strict=True):
            if each not in self.chair.given:
                signed[place] = max(variant.signed, 0.0)
        with np.errstate(invalid="ignore"):
            return terms(fixed, future, plan, self.seen.alive, signed, np.array(places, dtype=np.int64))

    def _adjusted(
        self, ready: _Ready, future: Future, plan: Plan, variant: Variant, name: str
    ) -> tuple[Structure, Plan]:
        """Return structure and dates with options used and another deliverer in place."""
        fixed = ready.model.structure
        fixed, plan = self._priced(ready, fixed, plan)
        if variant.extended:
            added = ready.drawn.leaves["deal.extension"][..., fixed.delivery.piece_deal]
            plan = plan._replace(end=plan.end + added)
        if variant.holder is not None:
            place = self._capacity_place(ready.model, name)
            fixed, plan = self._delivered_by(ready, fixed, future, plan, place, variant.holder)
        return fixed, plan

    def _priced(self, ready: _Ready, fixed: Structure, plan: Plan) -> tuple[Structure, Plan]:
        """Return expansions at their prices: where they have none, at those of their deals as they rise."""
        first = np.array(fixed.capacity.first_target)
        usage, reservation = np.array(plan.usage), np.array(plan.reservation)
        for name, each in self.chair.expansions.items():
            mine, parent = (self._capacity_place(ready.model, deal) for deal in (name, each.parent))
            first[mine] = first[parent]
            reservation[..., mine] = reservation[..., parent]
            if not each.priced:
                usage[..., mine] = usage[..., parent]
        capacity = replace(fixed.capacity, first_target=first)
        return replace(fixed, capacity=capacity), plan._replace(usage=usage, reservation=reservation)

    def _delivered_by(
        self, ready: _Ready, fixed: Structure, future: Future, plan: Plan, place: int, holder: str
    ) -> tuple[Structure, Plan]:
        """Return a deal as another would deliver it: as late as its latest given deal (P9)."""
        delivery, parties = fixed.delivery, ready.model.names.parties
        sellers = np.array(fixed.capacity.seller)
        sellers[place] = parties.index(holder)
        fixed = replace(fixed, capacity=replace(fixed.capacity, seller=sellers))
        pieces = delivery.piece_deal == place
        late = self._lateness_of(ready.model, plan, holder)
        begun = np.where(pieces, delivery.piece_target + late[:, None], plan.begun)
        length = future.leaves["deal.length"][..., delivery.piece_deal]
        end = np.minimum(begun + length, fixed.capacity.until[delivery.piece_deal])
        start = np.where(pieces, begun, plan.start)
        with np.errstate(invalid="ignore"):
            shift = np.where(pieces & np.isfinite(plan.start), start - plan.start, 0.0)
        return fixed, plan._replace(
            begun=begun,
            start=start,
            end=np.where(pieces, end, plan.end),
            cancelled=np.where(pieces, np.inf, plan.cancelled),
            credit_start=plan.credit_start + shift,
            credit_end=plan.credit_end + shift,
        )

    def _lateness_of(self, model: Model, plan: Plan, holder: str) -> Array:
        """Return how late the latest given deal of a seller is, [F]; 0 where it has none that begins."""
        fixed, parties = model.structure, model.names.parties
        seller, target = parties.index(holder), fixed.delivery.piece_target
        given = [self._capacity_place(model, name) for name in self.chair.given]
        mine = [place for place in given if fixed.capacity.seller[place] == seller]
        pieces = np.flatnonzero(np.isin(fixed.delivery.piece_deal, mine))
        if not pieces.size:
            return np.zeros(self.count)
        last = pieces[np.argmax(target[pieces])]
        begun = np.broadcast_to(plan.begun, (self.count, plan.begun.shape[-1]))[:, last]
        return np.maximum(begun - target[last], 0.0)

    def _capacity_place(self, model: Model, name: str) -> int:
        deal = model.names.deals.index(name)
        return int(np.flatnonzero(model.structure.capacity.deal == deal)[0])


def _last_end(fixed: Structure, plan: Plan, place: int) -> NDArray[np.float64]:
    """Return when a deal's last piece ends in each future, [F]."""
    pieces = np.flatnonzero(fixed.delivery.piece_deal == place)
    ends = np.where(np.isfinite(plan.start[..., pieces]), plan.end[..., pieces], 0.0)
    found: NDArray[np.float64] = ends.max(axis=-1, initial=0.0)
    return found


def _aligned(base: Model, changed: Model) -> None:
    """Refuse to read one model's numbers by another's labels."""
    for axis in ("parties", "sites", "phases", "workloads", "drivers", "causes"):
        if getattr(base.names, axis) != getattr(changed.names, axis):
            message = f"the offers change the {axis} of the book, and the same futures no longer fit it"
            raise InputError(message)
    lost = set(base.draw_labels) - set(changed.draw_labels)
    if lost:
        message = f"the offers change what is drawn: {', '.join(sorted(lost)[:3])} is no longer there"
        raise InputError(message)
