"""The buyer's side: every book planned anew on the same scenarios."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.book import Term
from offtake.errors import InfeasibleError
from offtake.negotiate._prospect import Prospect
from offtake.negotiate._refusal import Matching, unmatched
from offtake.negotiate._stakes import Stakes
from offtake.plan._case import Case
from offtake.plan._check import Dispatch, evaluate
from offtake.plan._contracts import Steps
from offtake.plan._frame import frame
from offtake.plan._futures import matched_normals, normals, watch
from offtake.plan._instance import NEW
from offtake.plan._lay_out import _chair, _features, _laid_out, _opened
from offtake.plan._reduction import standardised
from offtake.plan._risk import CVaR
from offtake.plan._session import Options
from offtake.plan._solve import Solution, solve
from offtake.plan._tree import drawn_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.plan._instance import Instance

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

__all__ = ["Planned", "Planner"]

GAP: Final = 1e-6
_KEPT: Final = 16
_BROKEN: Final = 1e-6
_SIGNED: Final = 1e-3
_FINANCED: Final = "Q10 funding"
_LOOSE: Final = 1e-2
_NEUTRAL: Final = CVaR()


@dataclass(frozen=True, eq=False)
class Planned:
    """A book planned by its buyer: what it brings, and what is decided."""

    instance: Instance
    v: FloatArray
    """[C] MW of each row."""
    y: FloatArray
    dispatch: Dispatch
    prospect: Prospect
    """On the leaves of the tree."""
    objective: float

    def rows(self, provider: str) -> IntArray:
        """Return the contract rows that a provider delivers."""
        source = self.instance.contracts.source
        sold = np.array([each == provider for each in self.instance.sources.provider], dtype=bool)
        return np.flatnonzero((source >= 0) & np.where(source >= 0, sold[np.maximum(source, 0)], False))

    def matched(self, provider: str) -> IntArray:
        """Return the rows that a provider has matched under a first refusal."""
        rows = self.rows(provider)
        what = self.instance.contracts.what
        return np.array([c for c in rows if what[c] == "match" and self.v[c] > 0.0], dtype=np.int64)

    def taken(self, provider: str) -> list[tuple[int, float]]:
        """Return the rows that a provider has matched, and the MW of each at their most."""
        contracts, efficiency = self.instance.contracts, self.instance.sources.efficiency
        return [
            (int(c), float(self.v[c] * contracts.delivered[c].max() / efficiency[contracts.source[c]]))
            for c in self.matched(provider)
        ]

    def by_leaf(self, values: FloatArray) -> FloatArray:
        """Return values by step as present values by leaf and quarter, [L, T]."""
        tree = self.instance.tree
        place = np.full(len(tree.parent), -1)
        place[tree.leaves] = np.arange(len(tree.leaves))
        table = np.zeros((len(tree.leaves), len(self.instance.discount)))
        table[place[tree.step_node], tree.step_quarter] = values * self.instance.discount[tree.step_quarter]
        return table


class Planner:
    """What books are worth to a buyer, planned anew for each on the scenarios of one reference book.

    Parameters
    ----------
    book
        The reference book, whose futures the scenarios are chosen from.
    buyer
        The buyer.
    futures, scenarios, seed
        Futures drawn, how many of them are kept as scenarios, and their seed.

    Notes
    -----
    Each scenario keeps its own luck, number by number, in every book. Decisions are made at the opening,
    before it is known which scenario comes, and for the mean: appetite for risk is the stakeholders'. A
    buyer keeps the plans that it has for the books that it was told to `keep`,
    wherever that still holds and no other is worth more within the solver's gap. Who holds a first refusal
    matches none of the offers that the buyer would sign where matching them would cost it money on average.
    """

    def __init__(self, book: Book, buyer: str, *, futures: int, scenarios: int, seed: int) -> None:
        self.buyer, self.seed, self.futures = buyer, seed, futures
        rules, desk = _opened(_bare(book), buyer, None, None)
        del rules
        drawn = normals(desk.model, 0, futures, seed)
        whole = Case(
            desk.book, None, desk.model, drawn, watch(desk.model, desk.place, drawn), _chair(desk, buyer, [])
        )
        quarters = desk.model.structure.quarters
        found = drawn_tree(
            lambda end: _features(whole, end),
            futures,
            quarters,
            scenarios=min(scenarios, futures),
            stages=[],
            method="forward",
            seed=seed,
        )
        self._tree = found.tree
        kept, place = np.unique(found.future[1:], return_inverse=True)
        self._shown = np.concatenate([[0], place]).astype(np.int64)
        self._z, self._labels = drawn[kept], desk.model.draw_labels
        seen = standardised(_features(whole, quarters), np.full(futures, 1.0 / futures))
        gaps = ((seen[:, None, :] - seen[None, found.future[1:], :]) ** 2).sum(axis=-1)
        self.nearest: IntArray = gaps.argmin(axis=1)
        """[F] scenario that each future is nearest to."""
        self._book = book
        self._plans: dict[str, Planned] = {}
        self._by_content: dict[str, Planned] = {}
        self._references: tuple[Planned, ...] = ()
        self._seller = ""
        self._by_matching: Callable[[Planned], float] | None = None
        self._matchings: dict[str, Matching] = {}

    def sell(self, seller: str, by_matching: Callable[[Planned], float]) -> None:
        """Say who sells at the table, and what it gains by the offers of others that it matches in a plan."""
        self._seller, self._by_matching = seller, by_matching

    @property
    def assumed(self) -> tuple[str, ...]:
        """What its plans rest on, in sentences."""
        kept = f"{len(self._z)} scenarios chosen from {self.futures:,} futures"
        offers = "; other offers stay open to it whatever is agreed here" if self._seller else ""
        return (f"{self.buyer} decides at the opening, for the mean of {kept}{offers}.",)

    @cached_property
    def stakes(self) -> Stakes:
        """What the seller's stake in the buyer moves."""
        first = self.plan(self._book)
        return Stakes(self._book, self._seller, self.buyer, first.prospect.totals, first.instance.discount)

    def __call__(self, book: Book) -> Prospect:
        """Return what a book is worth to the buyer."""
        found = self.plan(book).prospect
        if not self._seller:
            return found
        paid, given_up = self.stakes.of_buyer(book, found.totals)
        if not paid.any() and not given_up.any():
            return found
        return replace(found, flows=found.flows + paid, beyond=found.beyond + given_up)

    def plan(self, book: Book) -> Planned:
        """Return the buyer's plan in a book.

        Raises
        ------
        InfeasibleError
            If no plan satisfies all that its policy asks for.
        """
        key = book.hash
        if key not in self._plans:
            if len(self._plans) >= _KEPT:
                self._plans.pop(next(iter(self._plans)))
            self._plans[key] = self._matched(book)
        return self._plans[key]

    def _matched(self, book: Book) -> Planned:
        """Return the plan in a book whose seller matches offers of others only where that pays."""
        planned = self._planned(self._instance(book))
        if self._by_matching is None or not planned.matched(self._seller).size:
            return planned
        offers = tuple((planned.instance.contracts.entry[c], mw) for c, mw in planned.taken(self._seller))
        self._matchings[book.hash] = Matching(offers, self._by_matching(planned))
        if self._matchings[book.hash].gain >= 0.0:
            return planned
        return self._planned(self._instance(unmatched(book, self._seller, self.buyer)))

    def _instance(self, book: Book) -> Instance:
        """Return a book's programme; what has no end counts as far beyond the calendar as in the first book.

        It counts for as long as the longest contract of its own book (P12): were that one changed, an own
        site would lose years that it still stands, and the loss would be put down to the contract.
        """
        instance = self._laid_out(book)
        if book is self._book:
            return instance
        old, new = self._first.contracts, instance.contracts
        places = np.array(_places(_row_names(instance), _row_names(self._first)), dtype=np.int64)
        kept = (places >= 0) & np.array([_endless(book, entry) for entry in new.entry], dtype=bool)
        tail = np.where(kept[:, None], old.tail[np.maximum(places, 0)], new.tail)
        return replace(instance, contracts=replace(new, tail=tail))

    @cached_property
    def _first(self) -> Instance:
        """The programme of the reference book."""
        return self._laid_out(self._book)

    def _laid_out(self, book: Book) -> Instance:
        rules, desk = _opened(_bare(book), self.buyer, None, None)
        z = matched_normals(self._z, self._labels, desk.model.draw_labels)
        seen = watch(desk.model, desk.place, z)
        case = Case(desk.book, None, desk.model, z, seen, _chair(desk, self.buyer, []))
        return _laid_out(desk, rules, Steps(self._tree, (case,), self._shown), None, {})

    def _planned(self, instance: Instance) -> Planned:
        content = _content(instance)
        if content not in self._by_content:
            try:
                solution = solve(instance, risk=_NEUTRAL, options=Options(gap=GAP, threads=1))
            except InfeasibleError as error:
                message = f"{self.buyer} has no plan under these terms that satisfies its policy: {error}"
                raise InfeasibleError(message) from error
            if len(self._by_content) >= _KEPT:
                self._by_content.pop(next(iter(self._by_content)))
            self._by_content[content] = self._kept(instance, solution) or _told(
                instance, solution.v, solution.y, solution.dispatch, solution.objective
            )
        return self._by_content[content]

    def keep(self, book: Book) -> None:
        """Take the plan of another book, too, as one that the buyer keeps where it is as good."""
        planned = self.plan(book)
        if all(planned is not each for each in self._references):
            self._references = (*self._references, planned)

    def _kept(self, instance: Instance, solution: Solution) -> Planned | None:
        """Return a plan that is kept, if it holds in another instance and nothing is worth more there."""
        for reference in self._references:
            carried = _carried(reference, instance)
            if carried is None:
                continue
            found = evaluate(instance, *carried, _NEUTRAL)
            # when money is raised may differ a little from book to book; that it suffices is in the optimum
            broken = {name: size for name, size in found.broken.items() if name != _FINANCED}
            if max(broken.values(), default=0.0) > _BROKEN or found.broken.get(_FINANCED, 0.0) > _LOOSE:
                continue
            if found.objective >= solution.objective - GAP * max(1.0, abs(solution.objective)):
                return _told(instance, *carried, found.objective)
        return None

    def passed(self, book: Book) -> Matching | None:
        """Return what the seller could match in a book under a first refusal; None where nothing."""
        self.plan(book)
        return self._matchings.get(book.hash)

    def beside(self, book: Book) -> tuple[tuple[str, float], ...]:
        """Return the offers that the buyer signs in a book, and their MW."""
        planned = self.plan(book)
        contracts = planned.instance.contracts
        found: dict[str, float] = {}
        for entry, what, mw in zip(contracts.entry, contracts.what, planned.v, strict=True):
            if what in NEW and mw > _SIGNED:
                found[entry] = found.get(entry, 0.0) + float(mw)
        return tuple(found.items())


def _bare(book: Book) -> Book:
    """Return a book without what no plan reads, and without a tree of its own."""
    changes: dict[str, Any] = {
        name: {} for name in ("negotiations", "requests", "tree", "scenarios") if getattr(book, name)
    }
    # what is left out is read by no other section, so that the rest need not be read again
    return book.model_copy(update=changes) if changes else book


def _told(instance: Instance, v: FloatArray, y: FloatArray, dispatch: Dispatch, objective: float) -> Planned:
    """Return a plan with what it brings by leaf and quarter, and after the calendar."""
    within = evaluate(replace(instance, terminal="nothing"), v, y, replace(dispatch, lots=None), _NEUTRAL)
    whole = evaluate(instance, v, y, dispatch, _NEUTRAL)
    leaves = instance.tree.leaves
    blank = Prospect.of(np.zeros((1, 1)))
    planned = Planned(instance, v, y, dispatch, blank, objective)
    flows = planned.by_leaf(np.sum(list(within.parts.values()), axis=0))
    beyond = whole.path_value[leaves] - flows.sum(axis=1)
    chance = instance.tree.probability[leaves]
    return replace(planned, prospect=Prospect.of(flows, chance / chance.sum(), beyond, same=instance.buyer))


def _carried(plan: Planned, instance: Instance) -> tuple[FloatArray, FloatArray, Dispatch] | None:
    """Return the decisions of a plan in another instance; None where some have no place there."""
    old, new = plan.instance, instance
    if (
        old.workloads.demand.shape != new.workloads.demand.shape
        or old.workloads.defer.tolist() != new.workloads.defer.tolist()
    ):
        return None
    rows = _places(_row_names(old), _row_names(new))
    sources = _places(_source_names(old), _source_names(new))
    lost_rows = [c for c in range(len(plan.v)) if rows[c] < 0 and plan.v[c] > 0.0]
    used = plan.dispatch.x.sum(axis=(0, 2)) + plan.dispatch.sold.sum(axis=1)
    lost_sources = [s for s in range(len(used)) if sources[s] < 0 and used[s] > 0.0]
    given = new.contracts.node < 0
    if lost_rows or lost_sources:
        return None
    v, y = np.where(given, new.contracts.most, 0.0), np.where(given & (new.contracts.most > 0.0), 1.0, 0.0)
    count, steps = len(new.sources.entry), plan.dispatch.sold.shape[1]
    x, sold, over = (
        np.zeros((len(plan.dispatch.x), count, steps)),
        np.zeros((count, steps)),
        np.zeros((count, steps)),
    )
    for c, place in enumerate(rows):
        if place >= 0 and not given[place]:
            v[place], y[place] = plan.v[c], plan.y[c]
    for s, place in enumerate(sources):
        if place >= 0:
            x[:, place], sold[place] = plan.dispatch.x[:, s], plan.dispatch.sold[s]
    floor = np.zeros((count, steps))
    held = np.flatnonzero(new.contracts.source >= 0)
    np.add.at(floor, new.contracts.source[held], v[held, None] * new.contracts.floor[held])
    over = np.maximum((new.workloads.duration[:, None, None] * x).sum(axis=0) - floor, 0.0)
    before, after = _providers(old), _providers(new)
    missing = np.zeros((len(after), steps))
    for place, name in enumerate(after):
        if name in before:
            missing[place] = plan.dispatch.missing[before.index(name)]
    kept = replace(plan.dispatch, x=x, lots=None, sold=sold, over=over, missing=missing)
    lots, fits = _lots(plan, new)
    return (v, y, replace(kept, lots=lots)) if fits else None


def _lots(plan: Planned, new: Instance) -> tuple[FloatArray | None, bool]:
    """Return the work placed by lot in another instance, and whether each lot in use has a place there."""
    before, after = frame(plan.instance), frame(new)
    old_names, new_names = _source_names(plan.instance), _source_names(new)
    placed = plan.dispatch.x if plan.dispatch.lots is None else plan.dispatch.lots
    places = _places([old_names[s] for s in before.source], [new_names[s] for s in after.source])
    table = np.zeros((len(placed), len(after.source), placed.shape[2]))
    for lot, place in enumerate(places):
        if place >= 0:
            table[:, place] = placed[:, lot]
        elif placed[:, lot].any():
            return None, False
    return (None if len(after.source) == len(new.sources.entry) else table), True


def _providers(instance: Instance) -> list[str]:
    """Return the providers whose loss is looked at, in the order of the programme."""
    return [name for name in dict.fromkeys(instance.sources.provider) if name != instance.buyer]


def _endless(book: Book, entry: str) -> bool:
    """Return whether what a row stands for has no end that the book states."""
    deal = book.deals.get(entry)
    return deal is None or deal.clause(Term) is None


def _row_names(instance: Instance) -> list[tuple[Any, ...]]:
    contracts = instance.contracts
    return [
        (entry, what, int(node), int(start), round(float(most), 6) if what in {"offer", "match"} else 0.0)
        for entry, what, node, start, most in zip(
            contracts.entry, contracts.what, contracts.node, contracts.start, contracts.most, strict=True
        )
    ]


def _source_names(instance: Instance) -> list[tuple[Any, ...]]:
    sources = instance.sources
    return list(zip(sources.entry, sources.provider, sources.chip, sources.region, strict=True))


def _places(old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]) -> list[int]:
    """Return where each old name stands among the new ones, -1 where it is gone, equal ones in turn."""
    free: dict[tuple[Any, ...], list[int]] = {}
    for place, name in enumerate(new):
        free.setdefault(name, []).append(place)
    return [free[name].pop(0) if free.get(name) else -1 for name in old]


def _content(instance: Any) -> str:
    """Return a hash of everything that an instance says."""
    digest = hashlib.sha256()

    def add(value: Any) -> None:
        if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                if field.name != "reduction":
                    digest.update(field.name.encode())
                    add(getattr(value, field.name))
        elif isinstance(value, np.ndarray):
            digest.update(str(value.shape).encode() + np.ascontiguousarray(value).tobytes())
        else:
            digest.update(repr(value).encode())

    add(instance)
    return digest.hexdigest()
