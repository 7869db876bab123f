"""What a deal's terms are worth to its seller in each future, piece by piece affine in the price."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.cashflow import termination_due
from offtake.errors import InputError
from offtake.quote._course import course, dues

if TYPE_CHECKING:
    from offtake.quote._course import Course
    from offtake.quote._ground import Ground
    from offtake.quote._terms import Terms

__all__ = ["SHIFTS", "Worth", "shifts_of", "worth"]

Array = Any
SHIFTS: Final = 8
"""How many pairings of buyers with markets are averaged where the two are taken apart."""

_CLOSE: Final = 1e-12
_ROUNDS: Final = 200
_STEPS: Final = 400


@dataclass(frozen=True, eq=False)
class Worth:
    """Value to the seller, future by future, as pieces over ranges of the price.

    A future's pieces cover all prices once: on ``low < price <= high`` its value is
    ``fixed + per_price * price`` in M USD.

    Parameters
    ----------
    future
        Which future each piece belongs to, [K].
    low, high
        Range of the price, M USD per MW-quarter, [K].
    fixed, per_price
        The value there, [K].
    leaves
        Quarter from which the buyer is gone there; the number of quarters for never, [K].
    count
        Number of futures.
    """

    future: Array
    low: Array
    high: Array
    fixed: Array
    per_price: Array
    leaves: Array
    count: int

    @property
    def affine(self) -> bool:
        """Whether no future has more than one piece: nobody has a right whose use depends on the price."""
        return len(self.future) == self.count

    @property
    def intercept(self) -> Array:
        """Value at a price of 0, [futures]; for affine values only."""
        return self._only(self.fixed)

    @property
    def slope(self) -> Array:
        """Value for each M USD per MW-quarter, [futures]; for affine values only."""
        return self._only(self.per_price)

    def _only(self, values: Array) -> Array:
        if not self.affine:
            message = "with a right to leave, the value is affine piece by piece only; ask `at(price)`"
            raise InputError(message)
        return values

    def at(self, price: float) -> Array:
        """Return the present value to the seller at a price, M USD, [futures]."""
        here = self._here(price)
        return self._spread(here, self.fixed[here] + self.per_price[here] * price)

    def paid(self, price: float) -> Array:
        """Return the present value of what the buyer pays under the deal, M USD, [futures]."""
        here = self._here(price)
        return self._spread(here, self.per_price[here] * price)

    def leaving(self, price: float) -> Array:
        """Return the quarter from which the buyer is gone, the number of quarters for never, [futures]."""
        here = self._here(price)
        return self._spread(here, self.leaves[here])

    def _here(self, price: float) -> Array:
        if not (math.isfinite(price) and price >= 0.0):
            message = f"a price of {price} M USD per MW-quarter cannot be used; give a number from 0 up"
            raise InputError(message)
        return slice(None) if self.affine else (self.low < price) & (price <= self.high)

    def _spread(self, here: Array, values: Array) -> Array:
        if self.affine:
            return values
        found = np.empty(self.count)
        found[self.future[here]] = values
        return found

    def lowest(self, payback: float = 0.9) -> float:
        """Return the lowest price at which a share of futures pays back, infinite if there is none.

        Each piece pays back on a range of prices; the share is the number of ranges that hold a price. The
        answer is exact: an order statistic where values are affine, a sweep over the ends of the ranges else.
        Where the buyer may leave, the share need not rise with the price, and it may be lost again above.

        Raises
        ------
        InputError
            If the share is not above 0 and at most 1.
        """
        if not 0.0 < payback <= 1.0:
            message = f"a payback of {payback:g} is no share of futures above 0 and at most 1"
            raise InputError(message)
        wanted = math.ceil(payback * self.count - 1e-9)
        starts, ends, _ = self.ranges()
        if len(starts) < wanted:
            return math.inf
        if self.affine and np.isinf(ends).all():
            return float(np.partition(starts, wanted - 1)[wanted - 1])
        starts, ends = np.sort(starts), np.sort(ends)
        standing = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="left")
        enough = np.flatnonzero(standing >= wanted)
        return float(starts[enough[0]]) if len(enough) else math.inf

    def chance(self, prices: Array) -> Array:
        """Return the share of futures that pay back at each of several prices."""
        starts, ends = (np.sort(each) for each in self.ranges()[:2])
        at = np.asarray(prices, dtype=float)
        inside = np.searchsorted(starts, at, side="right") - np.searchsorted(ends, at, side="left")
        return inside / self.count

    @property
    def best(self) -> float:
        """The largest share of futures that pay back at any one price."""
        starts, _, _ = self.ranges()
        return float(self.chance(np.unique(starts)).max()) if len(starts) else 0.0

    def ranges(self) -> tuple[Array, Array, Array]:
        """Return first and last price of every range of prices at which a piece pays back, and its future."""
        rises, falls = self.per_price > 0.0, self.per_price < 0.0
        safe = np.where(rises | falls, self.per_price, 1.0)
        even = -self.fixed / safe
        pays = self.fixed >= 0.0
        start = np.where(rises, even, np.where(falls | pays, 0.0, math.inf))
        end = np.where(falls, even, math.inf)
        start = np.maximum(
            np.maximum(start, 0.0), np.where(self.low >= 0.0, np.nextafter(self.low, math.inf), 0.0)
        )
        end = np.minimum(end, self.high)
        real = (start <= end) & np.isfinite(start)
        return start[real], end[real], self.future[real]

    def tail_mean(self, price: float, tail: float = 0.05) -> float:
        """Return the mean value over the worst share of futures at a price, M USD (CVaR as a value)."""
        return float(np.mean(np.sort(self.at(price))[: self.worst(tail)]))

    def worst(self, tail: float) -> int:
        """Return how many futures the worst share of them is.

        Raises
        ------
        InputError
            If the share is not above 0 and at most 1.
        """
        if not 0.0 < tail <= 1.0:
            message = f"a tail of {tail:g} is no share of futures above 0 and at most 1"
            raise InputError(message)
        return max(1, math.ceil(tail * self.count - 1e-9))

    def lowest_tail(self, tail: float = 0.05, floor: float = 0.0) -> float:
        """Return the lowest price at which the mean of the worst futures is at a floor, infinite for none.

        Where values are affine with slopes that are not negative, the mean of the worst is concave and rises
        with the price: Newton's steps from the left end at the root after finitely many, exactly. Else the
        prices up to four times that of the mean are searched in 400 steps, and the first change is bisected
        to 1e-12 of it.
        """
        worst = self.worst(tail)
        if self.affine and bool((self.per_price >= 0.0).all()):
            return self._newton(worst, floor)
        return self._search(worst, floor)

    def _newton(self, worst: int, floor: float) -> float:
        price = 0.0
        for _ in range(_ROUNDS):
            value = self.fixed + self.per_price * price
            chosen = np.argpartition(value, worst - 1)[:worst]
            gap = floor - float(value[chosen].mean())
            slope = float(self.per_price[chosen].mean())
            if gap <= _CLOSE * max(1.0, abs(floor), slope * price):
                return price
            if slope <= 0.0:
                return math.inf
            price += gap / slope
        return price

    def _search(self, worst: int, floor: float) -> float:
        def gap(price: float) -> float:
            return float(np.partition(self.at(price), worst - 1)[:worst].mean()) - floor

        if gap(0.0) >= 0.0:
            return 0.0
        rising = self.per_price > 0.0
        mean = -self.fixed[rising].sum() / max(float(self.per_price[rising].sum()), 1e-300)
        prices = np.linspace(0.0, 4.0 * max(float(mean), 1e-9), _STEPS + 1)
        found = next((n for n in range(1, len(prices)) if gap(float(prices[n])) >= 0.0), None)
        if found is None:
            return math.inf
        low, high = float(prices[found - 1]), float(prices[found])
        while high - low > _CLOSE * max(1.0, high):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if gap(middle) >= 0.0 else (middle, high)
        return high


def worth(base: Ground, terms: Terms | None = None, *, paired: bool = True) -> Worth:
    """Return what terms are worth to the seller of a request in each future.

    Parameters
    ----------
    base
        The futures that the request is priced in.
    terms
        The terms; None takes the request's own.
    paired
        Whether each buyer stays in its own market. Otherwise buyers are put into the markets of other
        futures, by eight shifts, so that the two are independent: what remains has no wrong-way risk.

    Examples
    --------
    >>> from offtake.book import Book
    >>> from offtake.quote import ground
    >>> base = ground(
    ...     Book.read("first-steps"), "10 MW for 4 years from 2027-Q1 on Northgate Mere, take-or-pay 90 %",
    ...     provider="Northgate", buyer="Lark Labs", paths=50, engine="numpy",
    ... )
    >>> value = worth(base)
    >>> bool((value.at(2.0) >= value.at(1.0)).all())
    True
    """
    terms = base.terms if terms is None else terms
    if paired:
        return _worth(base, terms)
    shifts = shifts_of(base.paths)
    if not shifts:
        message = "buyers and markets of one future cannot be taken apart; ask for more futures"
        raise InputError(message)
    parts = [_worth(base.apart(shift), terms) for shift in shifts]
    return Worth(
        future=np.concatenate([part.future + n * base.paths for n, part in enumerate(parts)]),
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("low", "high", "fixed", "per_price", "leaves")
        },
        count=base.paths * len(parts),
    )


def shifts_of(paths: int) -> list[int]:
    """Return different shifts of the futures, none of them by a whole round."""
    spread = {round(paths * n / (SHIFTS + 1)) for n in range(1, SHIFTS + 1)}
    return sorted(shift for shift in spread if 0 < shift < paths)


def _worth(base: Ground, terms: Terms) -> Worth:
    runs = course(base, terms)
    key = ("money", replace(terms, termination=None, termination_from=0.0))
    _, rise, summed = base.remembered(key, lambda: _money(base, terms, runs))
    horizon, paths = base.quarters, base.paths
    alive = np.minimum(base.fails, float(horizon)).astype(np.int64)
    everyone = np.arange(paths)
    stays = alive >= runs.last
    scrap = np.where(stays, runs.scrap_long, runs.scrap_short)
    fixed = runs.before[alive, everyone] + runs.onward[alive, everyone] + scrap - runs.capex
    if terms.termination is None:
        return Worth(
            future=everyone,
            low=np.full(paths, -math.inf),
            high=np.full(paths, math.inf),
            fixed=fixed,
            per_price=summed[alive, everyone],
            leaves=alive,
            count=paths,
        )
    rights = _rights(base, terms, runs, rise)
    t, s = rights.quarter, rights.future
    leaving = summed[t, s] + rights.fee
    return Worth(
        future=np.concatenate([everyone, s]),
        low=np.concatenate([np.full(paths, -math.inf), rights.low]),
        high=np.concatenate([rights.never, rights.high]),
        fixed=np.concatenate([fixed, rights.fixed]),
        per_price=np.concatenate([summed[alive, everyone], leaving]),
        leaves=np.concatenate([alive, t]),
        count=paths,
    )


def _money(base: Ground, terms: Terms, runs: Course) -> tuple[Array, Array, Array]:
    """Return what the buyer pays, discounted, at a price of 1; the price then; sums before each quarter."""
    money, rise = dues(base, terms, runs)
    money = base.discount * money
    return money, rise, np.concatenate([np.zeros((1, base.paths)), np.cumsum(money, axis=0)])


@dataclass(frozen=True, eq=False)
class _Rights:
    """When the buyer would leave at which price: K pieces over all futures."""

    quarter: Array
    future: Array
    low: Array
    high: Array
    fee: Array
    """[K] present value of the termination fee at a price of 1"""
    fixed: Array
    """[K]"""
    never: Array
    """[S] highest price at which the buyer never leaves"""


def _rights(base: Ground, terms: Terms, runs: Course, rise: Array) -> _Rights:
    """Return when the buyer leaves (rule C3): first where spot is below the price less the fee."""
    fee = terms.termination or 0.0
    key = ("rights", terms.length, terms.until, terms.may_end_after, terms.scale, fee, terms.termination_from,
           terms.escalator)  # fmt: skip
    rights: _Rights = base.remembered(key, lambda: _find_rights(base, terms, runs, rise))
    return rights


def _find_rights(base: Ground, terms: Terms, runs: Course, rise: Array) -> _Rights:
    fee = terms.termination or 0.0
    horizon, paths = base.quarters, base.paths
    t = np.arange(horizon)[:, None]
    may = (t >= terms.termination_from) & (runs.held > 0.0) & (t < base.fails)
    net = (1.0 - fee) * np.broadcast_to(rise, (horizon, paths))
    spot_known = bool((base.spot > 0.0).any())
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(may & (net > 0.0) & spot_known, base.spot / np.where(net > 0.0, net, 1.0), math.inf)
    least = np.minimum.accumulate(level, axis=0)
    above = np.concatenate([np.full((1, paths), math.inf), least[:-1]])
    quarter, future = np.nonzero(least < above)
    due = termination_due(
        np, fee, np.broadcast_to(rise, (horizon, paths))[quarter, future], runs.left[quarter, future]
    )
    return _Rights(
        quarter=quarter,
        future=future,
        low=least[quarter, future],
        high=above[quarter, future],
        fee=base.discount[quarter, 0] * base.paid[quarter, future] * due,
        fixed=runs.before[quarter, future]
        + runs.onward[quarter, future]
        + runs.scrap_short[future]
        - runs.capex[future],
        never=least[-1],
    )
