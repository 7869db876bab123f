"""The seller's side: deals on the table by `quote`, and what the buyer's plan brings it beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.book import ComputeDeal, Delivery, Ramp
from offtake.errors import InputError
from offtake.negotiate._futures import alive
from offtake.negotiate._own_work import OwnWork
from offtake.negotiate._prices import opening_price, pieces_of
from offtake.negotiate._prospect import Prospect
from offtake.negotiate._refusal import refusals
from offtake.negotiate._royalties import royalties
from offtake.negotiate._stakes import holding_of
from offtake.quote import ground, worth
from offtake.quote._course import course, dues
from offtake.quote._sentences import money as in_words
from offtake.quote._terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.negotiate._planner import Planned, Planner
    from offtake.quote import Ground, Terms

    FloatArray = NDArray[np.float64]

__all__ = ["Provider"]

_LONGEST: Final = 40.0
_CLOSE: Final = 1e-9


@dataclass(frozen=True, eq=False)
class _Stream:
    """Money of a deal in each future as present values, [F, H] and [F], and what failure costs."""

    flows: FloatArray
    rest: FloatArray
    loss: FloatArray
    """[H] mean present value lost if the buyer fails in a quarter."""


class Provider:
    """What books are worth to the seller of the deals on the table, above its machines without the buyer.

    Parameters
    ----------
    planner
        The buyer's plans.
    book
        The book with the deals on the table signed.
    seller
        The seller.
    deals
        The deals on the table.

    Notes
    -----
    A deal whose machines `quote` can price counts with what it pays at its take-or-pay floor, as long as
    the buyer lives, and the machines' later rent, less what the same machines bring without the buyer,
    future by future. Machines that would be built for it are not built without it, or are built for the
    spot market if that pays on average. A deal that is in service already counts with its fees less the
    machines' rent on spot. On top comes what the buyer's plan pays the seller beyond those floors: use above
    the floor under all their deals, offers signed, and offers of others matched under a first refusal, less
    what such MW cost; and its share of the buyer's revenue, where a deal gives it one.
    """

    def __init__(self, planner: Planner, book: Book, seller: str, deals: Sequence[str]) -> None:
        self.planner, self.seller, self.deals = planner, seller, tuple(deals)
        self._book = book
        self._grounds: dict[str, Ground] = {}
        self._sizes: dict[tuple[Any, ...], Ground] = {}
        self.assumed: list[str] = []
        for name in self.deals:
            if isinstance(book.deals[name], ComputeDeal):
                self._ground(name)
        self._alive = self._lives(book)
        self._own_work = OwnWork(book, seller, futures=planner.futures, seed=planner.seed)
        self._cost = self._unit_cost()
        if self._cost is not None:
            self.assumed.append(
                f"Machines built for it cost {seller} {4 * self._cost:.1f} M USD a MW and year of their "
                f"life, of which {100 * self._inside():.0f} % lies within the deal."
            )

        self.assumed += self._said_of_rights()

    def _said_of_rights(self) -> list[str]:
        """Return what is assumed of first refusals and stakes between the two, in sentences."""
        said, buyer = [], self.planner.buyer
        if refusals(self._book, self.seller, buyer):
            said.append(
                f"{self.seller} matches offers to {buyer} only where that pays on average; that it then can "
                "is as likely as its first refusal says."
            )
        held = holding_of(self._book, self.seller, buyer)
        if held.share:
            whole = held.whole
            worth = "its plan's worth" if whole is None else f"{in_words(whole)}, as the book values it"
            said.append(
                f"{self.seller} holds {100 * held.share:g} % of {buyer}: of {worth}, and of what its plan is "
                "worth more or less by what is settled."
            )
        return said

    def __call__(self, book: Book) -> Prospect:
        """Return what a book is worth to the seller."""
        planned = self.planner.plan(book)
        futures, quarters = self.planner.futures, len(book.calendar)
        flows, beyond = np.zeros((futures, quarters)), np.zeros(futures)
        loss = np.zeros(quarters)
        for name in self.deals:
            if name not in book.deals or not isinstance(book.deals[name], ComputeDeal):
                continue
            if name in self._grounds:
                stream = self._quoted(book, name)
                flows += stream.flows[:, :quarters]
                beyond += stream.flows[:, quarters:].sum(axis=1) + stream.rest
                loss += stream.loss[:quarters]
            else:
                flows += self._by_future(self._in_service(planned, name))
        flows += self._by_future(self._beside(planned))
        flows += self._by_future(planned.by_leaf(royalties(book, planned, self.seller)))
        own = self._own_work(book)
        flows += 0.0 if own is None else own
        paid, held = self.planner.stakes.of_seller(book, planned.prospect.totals)
        flows += paid * self._alive
        beyond += held[self.planner.nearest] * self._alive[:, -1]
        return Prospect.of(flows, beyond=beyond, same=self.seller, at_risk=float(loss.max(initial=0.0)))

    def _by_future(self, by_leaf: FloatArray) -> FloatArray:
        """Return money by leaf in every future that the leaf stands for, as long as the buyer lives."""
        return np.asarray(by_leaf[self.planner.nearest] * self._alive[:, : by_leaf.shape[1]])

    def _ground(self, name: str) -> None:
        """Take the futures that a deal is priced in, where `quote` can price it."""
        book, deal = self._book, self._book.deals[name]
        ramp = deal.clause(Ramp)
        if ramp is None or max(ramp.levels) < book.calendar.first:
            self.assumed.append(
                f"The machines of {name} stand already; without it they are rented out on spot."
            )
            return
        request: Any = name
        if not deal.sites:
            request = self._request(name)
        try:
            base = ground(
                book,
                request,
                provider=self.seller,
                buyer=self.planner.buyer,
                paths=self.planner.futures,
                seed=self.planner.seed,
                engine="numpy",
                longest=_LONGEST,
            )
        except InputError as error:
            self.assumed.append(
                f"{name} cannot be quoted ({error}); its machines count at their rent on spot."
            )
            return
        # use above the floor comes from the buyer's plan
        self._grounds[name] = replace(base, wanted=np.zeros_like(base.wanted), courses={})

    def _request(self, name: str) -> dict[str, Any]:
        """Return a deal without sites as a request with what would be built for it."""
        book = self._book
        data = book.to_data()["deals"][name]
        request = {key: data[key] for key in ("seller", "buyer", "clauses") if key in data}
        written = book.to_data().get("requests", {})
        for key, each in book.requests.items():
            if each.seller == self.seller and each.build is not None:
                build = {k: v for k, v in written[key]["build"].items() if k not in {"gates", "lead"}}
                self.assumed.append(f"What is built for {name} costs what the request {key} says.")
                return {**request, "build": build}
        like = self._like(name)
        self.assumed.append(f"What is built for {name} costs what {like} cost.")
        return {**request, "build": {"like": like}}

    def _like(self, name: str) -> str:
        """Return the site whose costs stand for machines to be built: the seller's, or of the same chip."""
        book = self._book
        delivery = book.deals[name].clause(Delivery)
        chip = None if delivery is None else delivery.chip
        priced = [
            key for key, site in book.sites.items() if site.capex.chips.value + site.capex.rest.value > 0.0
        ]
        if not priced:
            message = (
                f"nothing says what the machines of `{name}` cost: give a site its capex, or a request its "
                "build"
            )
            raise InputError(message)
        return min(
            priced,
            key=lambda key: (book.sites[key].owner != self.seller, book.sites[key].chip != chip),
        )

    def _quoted(self, book: Book, name: str) -> _Stream:
        """Return what a deal brings by `quote` under the terms of a book, less its machines without it."""
        deal = book.deals[name]
        base, scale = self._sized(book, name)
        price = opening_price(book, name)
        terms = replace(
            terms_of(deal, book.calendar, (price, 0.0) if price else (1.0, 0.0)),  # type: ignore[arg-type]
            scale=scale,
            reserved=_reserved(book, name),
        )
        found = worth(base, terms)
        totals = found.at(price)
        here = (found.low < price) & (price <= found.high)
        stop = np.zeros(base.paths)
        stop[found.future[here]] = found.leaves[here]
        runs = course(base, terms)
        money, _ = dues(base, terms, runs)
        t = np.arange(base.quarters)[:, None]
        during = base.rent(runs.spare) - runs.cost_during
        after = base.rent(runs.freed) - runs.cost_after
        with_buyer = t < stop
        live = base.discount * np.where(with_buyer, price * money + during, after)
        flows = live - base.discount * runs.capex_by_quarter
        scrap = np.where(base.fails >= runs.last, runs.scrap_long, runs.scrap_short)
        # what is paid on leaving belongs to the quarter of leaving
        left_over = totals - flows.sum(axis=0) - scrap
        at = np.minimum(stop, base.quarters - 1).astype(np.int64)
        flows[at, np.arange(base.paths)] += left_over
        idle, idle_rest = self._without(base, terms)
        ahead = base.discount * np.where(with_buyer, price * money + during, 0.0)
        behind = base.discount * np.where(with_buyer, after, 0.0)
        loss = (ahead - behind)[::-1].cumsum(axis=0)[::-1].mean(axis=1)
        return _Stream((flows - idle).T, scrap - idle_rest, np.maximum(loss, 0.0))

    def _sized(self, book: Book, name: str) -> tuple[Ground, float]:
        """Return the futures of a deal with the machines that its ramp asks for, and their scale.

        Raises
        ------
        InputError
            If its ramp has steps in quarters in which it has none in the reference book.
        """
        base = self._grounds[name]
        now, before = _steps(book, name), _steps(self._book, name)
        if set(now) == set(before):
            ratios = [now[t] / before[t] for t in before]
            if max(ratios) - min(ratios) <= _CLOSE * max(ratios):
                return base, ratios[0]
        strange = sorted(set(now) - set(before))
        if strange:
            quarter = book.calendar.first + int(strange[0])
            message = (
                f"the ramp of {name} has a step in {quarter} that the book does not have; contest its "
                "volume, or leave steps out"
            )
            raise InputError(message)
        key = (name, tuple(sorted(now.items())))
        if key not in self._sizes:
            factor = np.array([now.get(float(t), 0.0) / before[float(t)] for t in base.machines.target])
            machines = replace(base.machines, mw=base.machines.mw * factor)
            self._sizes[key] = replace(base, machines=machines, courses={})
        return self._sizes[key], 1.0

    def _without(self, base: Ground, terms: Terms) -> tuple[FloatArray, FloatArray]:
        """Return what the same machines bring without the buyer, by quarter and at the end."""
        runs = course(base, terms, built=True)
        flows = base.discount * (base.rent(runs.freed) - runs.cost_after - runs.capex_by_quarter)
        if base.asked.to_build and float((flows.sum(axis=0) + runs.scrap_short).mean()) <= 0.0:
            return np.zeros_like(flows), np.zeros(base.paths)
        return flows, runs.scrap_short

    def _in_service(self, planned: Planned, name: str) -> FloatArray:
        """Return a deal's fees less the rent of its machines on spot, by leaf and quarter."""
        contracts, instance = planned.instance.contracts, planned.instance
        rows = [c for c in planned.rows(self.seller) if contracts.entry[c] == name and contracts.node[c] < 0]
        money = np.zeros(len(instance.tree.step_node))
        for c in rows:
            mw = planned.v[c] * contracts.delivered[c] / instance.sources.efficiency[contracts.source[c]]
            money += planned.v[c] * contracts.fee[c] - self._rent(planned, mw)
        return planned.by_leaf(money)

    def _beside(self, planned: Planned) -> FloatArray:
        """Return what the plan pays the seller beyond floors and given fees, less what it costs, by leaf."""
        contracts, instance = planned.instance.contracts, planned.instance
        sold = np.array([each == self.seller for each in instance.sources.provider], dtype=bool)
        money = (instance.sources.usage * planned.dispatch.over)[sold].sum(axis=0)
        for c in planned.rows(self.seller):
            if contracts.node[c] >= 0 and planned.v[c]:
                money = money + self._margin(planned, c)
        return planned.by_leaf(money)

    def _margin(self, planned: Planned, c: int) -> FloatArray:
        """Return the fees of a row of the plan less what its MW cost, M USD by step."""
        contracts, instance = planned.instance.contracts, planned.instance
        mw = planned.v[c] * contracts.delivered[c] / instance.sources.efficiency[contracts.source[c]]
        cost = self._rent(planned, mw) if self._cost is None else self._cost * mw
        return np.asarray(planned.v[c] * contracts.fee[c] - cost)

    def by_matching(self, planned: Planned) -> float:
        """Return what the offers of others that the seller matches bring it on average, M USD."""
        rows = planned.matched(self.seller)
        money = np.sum([self._margin(planned, c) for c in rows], axis=0)
        sources = planned.instance.sources
        for s in np.unique(planned.instance.contracts.source[rows]):
            money = money + sources.usage[s] * planned.dispatch.over[s]
        return float(self._by_future(planned.by_leaf(money)).sum(axis=1).mean())

    def _rent(self, planned: Planned, mw: FloatArray) -> FloatArray:
        """Return what MW of the seller bring on spot at each step."""
        book = self._book
        depth = book.parties[self.seller].sell_depth or book.market.sell_depth
        return np.asarray(planned.instance.spot.sell * np.minimum(mw, depth.value))

    def _lives(self, book: Book) -> FloatArray:
        """Return in which quarters the buyer lives, [F, T]."""
        quarters = len(book.calendar)
        for base in self._grounds.values():
            return np.asarray(np.arange(quarters)[None] < base.fails[:, None], dtype=np.float64)
        return alive(book, self.planner.buyer, self.planner.futures, self.planner.seed)

    def _inside(self) -> float:
        """Return the share of the life of machines to be built that lies within their deals."""
        held = alive = 0.0
        for base in self._grounds.values():
            if base.asked.to_build:
                runs = course(base, base.terms, built=True)
                held, alive = held + float(runs.held.sum()), alive + float(runs.freed.sum())
        return held / alive if alive else 0.0

    def _unit_cost(self) -> float | None:
        """Return what a MW-quarter of new machines costs, M USD; None where machines stand already."""
        for base in self._grounds.values():
            if base.asked.to_build:
                runs = course(base, base.terms, built=True)
                cost = (base.discount * (runs.capex_by_quarter + runs.cost_after)).sum(
                    axis=0
                ) - runs.scrap_short
                mw = (base.discount * runs.freed).sum(axis=0)
                return float(cost.mean() / mw.mean()) if mw.mean() > 0.0 else None
        return None


def _steps(book: Book, name: str) -> dict[float, float]:
    """Return the MW that each step of a deal's ramp adds, by its time from the opening."""
    found: dict[float, float] = {}
    for mw, target, _ in pieces_of(book, name):
        if mw > 0.0:
            found[target] = found.get(target, 0.0) + mw
    return found


def _reserved(book: Book, name: str) -> float:
    """Return the share of a deal's price that is paid for capacity, used or not."""
    from offtake.book import Price

    price = book.deals[name].clause(Price)
    if price is None or price.reservation is None:
        return 0.0
    whole = opening_price(book, name)
    return float(price.reservation.value) / whole if whole else 0.0
