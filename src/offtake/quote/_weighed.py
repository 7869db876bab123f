"""How far sampling may move what wrong-way risk costs: both prices found anew under the same weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.quote._worth import shifts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from offtake.quote._worth import Worth

__all__ = ["PaybackPrices", "TailPrices", "pair_weights", "wrong_way_error"]

Array = Any
_REPLICATES: Final = 200
_TOGETHER: Final = 10
_FEWEST: Final = 5
_ROUNDS: Final = 2
_SHAPE: Final = 2.0
_NODES: Final = 13
_REACH: Final = 4.5
_BAND: Final = 8.0
_CLOSE: Final = 1e-9
_LOST: Final = 0.05


def wrong_way_error(
    value: Worth,
    apart: Worth,
    prices: tuple[float, float],
    *,
    payback: float,
    tail: float = 0.05,
    floor: float | None = None,
    seed: int = 0,
    replicates: int = _REPLICATES,
) -> float | None:
    """Return the standard error of the price with buyers in their own markets less the price without.

    Both prices come from the same futures, so that most of what sampling does to one it does to the other.
    In each replicate every future gets a random weight of mean 1, the pairs of the price without wrong-way
    risk get weights that leave each buyer and each market its own (see `pair_weights`), and both prices are
    found anew: a weighted bootstrap (Præstgaard and Wellner 1993). Weights are gamma with a variance of 1/2
    and deviations count √2 times: with more variance one future of nine at times outweighs the eight that it
    is paired with, and no weights of pairs would do.

    Parameters
    ----------
    value, apart
        What the terms are worth with buyers in their own markets, and in those of other futures.
    prices
        The price of either.
    payback, tail, floor
        What the price is to do, as in `quote`.
    seed
        Seed of the weights: the same seed gives the same error.
    replicates
        How often both prices are found anew; the error itself is then known to about 1/√(2·replicates).

    Returns
    -------
    float or None
        M USD per MW-quarter. None where it cannot be told: one of the prices does not exist, or does not in
        one replicate of twenty; or fewer than five futures lie on one side of it.
    """
    paths = value.count
    beyond = paths * (min(payback, 1.0 - payback) if floor is None else tail)
    if beyond < _FEWEST - _CLOSE or apart.count == paths or not all(map(math.isfinite, prices)):
        return None
    joint, independent = (
        PaybackPrices(each, payback, paths) if floor is None else TailPrices(each, tail, floor, price, paths)
        for each, price in zip((value, apart), prices, strict=True)
    )
    found = []
    for own, pairs in _weights(paths, seed, replicates):
        together, separate = joint.under(own), independent.under(pairs)
        there = np.isfinite(together) & np.isfinite(separate)
        found.append(together[there] - separate[there])
    differences = np.concatenate(found)
    if len(differences) < (1.0 - _LOST) * replicates:
        return None
    return math.sqrt(_SHAPE) * float(differences.std(ddof=1))


def _weights(paths: int, seed: int, replicates: int) -> Iterator[tuple[Array, Array]]:
    """Yield weights of futures and of pairs, a few replicates at a time."""
    shifts = shifts_of(paths)
    rng = np.random.default_rng(seed)
    for first in range(0, replicates, _TOGETHER):
        own = rng.standard_gamma(_SHAPE, (min(_TOGETHER, replicates - first), paths)) / _SHAPE
        yield own, pair_weights(own, shifts)


def pair_weights(own: Array, shifts: Sequence[int]) -> Array:
    """Return weights of pairs of buyer and market under which each of both keeps its own weight on average.

    Products of both weights would overstate what only the buyer, or only the market, does to the price: a
    buyer would count for more where its partners happen to (Owen 2007). That cancels in the difference. So
    buyers and markets get factors in turn until both keep their weights (iterative proportional fitting,
    Deming and Stephan 1940): markets exactly, buyers to about a hundredth.

    Parameters
    ----------
    own
        Weight of each future, [..., S], above 0.
    shifts
        How far each buyer is moved on, as in `worth`; from 1 to S - 1, and with each its reverse.

    Returns
    -------
    array
        [..., len(shifts) * S] in the order of the futures of ``worth(base, paired=False)``. Weights of 1 give
        weights of 1.

    Examples
    --------
    >>> pair_weights(np.ones(4), [1, 3]).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    buyer = np.sqrt(own)
    market = own / _met(buyer, shifts, -1)
    for _ in range(_ROUNDS):
        buyer = own / _met(market, shifts, 1)
        market = own / _met(buyer, shifts, -1)
    return np.concatenate([market * np.roll(buyer, shift, axis=-1) for shift in shifts], axis=-1)


def _met(factors: Array, shifts: Sequence[int], way: int) -> Array:
    """Return the mean factor of those that each meets: what stands `shift` further on, or back."""
    size = factors.shape[-1]
    twice = np.concatenate([factors, factors], axis=-1)
    first, *rest = [way * shift % size for shift in shifts]
    total = twice[..., first : first + size].copy()
    for start in rest:
        total += twice[..., start : start + size]
    total /= len(shifts)
    return total


class PaybackPrices:
    """The lowest prices at which a share of the weight of futures pays back; sorted once for all weights.

    With weights of 1 they are those of `Worth.lowest`, bit by bit; with whole numbers, those of futures that
    are there so many times. Only a band of prices is swept for each: that in which what pays back with
    weights of 1 is within eight standard errors of the share. Where that does not do, all are.

    Parameters
    ----------
    value
        What the terms are worth.
    payback
        The share.
    paths
        Number of futures, of which those of `value` are made.
    """

    def __init__(self, value: Worth, payback: float, paths: int) -> None:
        starts, ends, who = value.ranges()
        up = np.argsort(starts, kind="stable")
        over = np.flatnonzero(np.isfinite(ends))
        down = over[np.argsort(ends[over], kind="stable")]
        self._payback, self._count = payback, value.count
        self._starts, self._begins = starts[up], who[up]
        self._ends, self._stops = ends[down], who[down]
        wanted = payback * value.count
        band = _BAND * _spread(value.count, paths, payback)
        plain = np.arange(1, len(up) + 1) - np.searchsorted(self._ends, self._starts, side="left")
        near, past = np.flatnonzero(plain >= wanted - band), np.flatnonzero(plain >= wanted + band)
        self._near = (
            self._between(int(near[0]), int(past[0]) + 1 if len(past) else len(up)) if len(near) else None
        )

    def _between(self, first: int, stop: int) -> tuple[Array, Array, Array, Array, Array]:
        """Return what a sweep over some starts needs: what stands before, and who begins and stops there."""
        starts = self._starts[first:stop]
        low, high = np.searchsorted(self._ends, starts[[0, -1]], side="left")
        before = np.bincount(self._begins[:first], minlength=self._count) - np.bincount(
            self._stops[:low], minlength=self._count
        )
        gone = np.searchsorted(self._ends[low:high], starts, side="left")
        return before.astype(float), starts, self._begins[first:stop], self._stops[low:high], gone

    def under(self, weights: Array) -> Array:
        """Return the lowest prices under weights of futures, [R, count]; infinite where there is none."""
        if not len(self._starts):
            return np.full(len(weights), math.inf)
        wanted = self._payback * weights.sum(axis=-1) - _CLOSE
        found = np.full(len(weights), math.inf)
        if self._near is not None:
            found = _swept(weights, wanted, *self._near)
        if self._near is None or not np.isfinite(found).all():
            found = _swept(weights, wanted, *self._between(0, len(self._starts)))
        return found


def _swept(
    weights: Array, wanted: Array, before: Array, starts: Array, begins: Array, stops: Array, gone: Array
) -> Array:
    """Return the first start at which the weight that stands is what is wanted, [R]; infinite for none."""
    standing = np.cumsum(weights[:, begins], axis=-1) + (weights @ before)[:, None]
    if len(stops):
        left = np.cumsum(weights[:, stops], axis=-1)
        standing -= np.concatenate([np.zeros((len(weights), 1)), left], axis=-1)[:, gone]
    enough = standing >= wanted[:, None]
    return np.where(enough.any(axis=-1), starts[enough.argmax(axis=-1)], math.inf)


def _spread(count: int, paths: int, share: float) -> float:
    """Return the standard error of how many of the counted futures lie below a quantile."""
    return count * math.sqrt(share * (1.0 - share) / paths)


class TailPrices:
    """The lowest prices at which the mean of the worst weight is at a floor, near that of weights of 1.

    The means are exact at thirteen prices around it, up to four and a half standard errors away, and linear
    between them and beyond.

    Parameters
    ----------
    value
        What the terms are worth.
    tail, floor
        As in `Worth.lowest_tail`.
    price
        What that gives.
    paths
        Number of futures, of which those of `value` are made.
    """

    def __init__(self, value: Worth, tail: float, floor: float, price: float, paths: int) -> None:
        worst = value.worst(tail)
        self._floor, self._share = floor, worst / value.count
        self._prices = self._around(value, worst, price, paths)
        band = math.ceil(_BAND * _spread(value.count, paths, self._share))
        low, high = max(worst - band, 0), min(worst + band, value.count)
        self._sure = np.zeros((value.count, 2 * len(self._prices)))
        self._rows = []
        for row, each in enumerate(self._prices):
            chosen, values = _worst(value.at(float(each)), high)
            self._sure[chosen[:low], 2 * row] = 1.0
            self._sure[chosen[:low], 2 * row + 1] = values[:low]
            self._rows.append((chosen[low:], values[low:]))

    def _around(self, value: Worth, worst: int, price: float, paths: int) -> Array:
        """Return the prices at which means are taken."""
        at = value.at(price)
        chosen, values = _worst(at, worst)
        slope = float(value.paid(price)[chosen].mean()) / price if price > 0.0 else 0.0
        if slope <= 0.0:
            return np.array([price])
        error = float(np.minimum(at, values[-1]).std()) / (self._share * math.sqrt(paths) * slope)
        half = _NODES // 2
        return np.unique(np.maximum(price + _REACH * error * np.arange(-half, half + 1) / half, 0.0))

    def under(self, weights: Array) -> Array:
        """Return the lowest prices under weights of futures, [R, count]; infinite for none."""
        wanted = self._share * weights.sum(axis=-1)
        sure = weights @ self._sure
        gaps = np.empty((len(self._prices), len(weights)))
        for row, (chosen, values) in enumerate(self._rows):
            weight, summed = sure[:, 2 * row], sure[:, 2 * row + 1]
            mine = weights[:, chosen]
            open_still = (wanted - weight)[:, None] - (np.cumsum(mine, axis=-1) - mine)
            taken = np.clip(open_still, 0.0, mine)
            gaps[row] = (summed + taken @ values) / (weight + taken.sum(axis=-1)) - self._floor
        return _crossings(self._prices, gaps, _CLOSE * max(1.0, abs(self._floor)))


def _worst(values: Array, many: int) -> tuple[Array, Array]:
    """Return which futures are the worst, and their values, the worst first."""
    some = np.argpartition(values, many - 1)[:many]
    some = some[np.argsort(values[some], kind="stable")]
    return some, values[some]


def _crossings(prices: Array, gaps: Array, close: float) -> Array:
    """Return where gaps [prices, R] first reach 0, linear between prices and beyond; not below 0."""
    if len(prices) == 1:
        return np.full(gaps.shape[1], prices[0])
    reached = gaps >= -close
    place = np.where(reached.any(axis=0), reached.argmax(axis=0), len(prices) - 1)
    before = np.maximum(place, 1) - 1
    column = np.arange(gaps.shape[1])
    low, high = gaps[before, column], gaps[before + 1, column]
    rises = high > low
    share = np.where(rises, -low / np.where(rises, high - low, 1.0), np.where(low >= -close, 0.0, math.inf))
    step = np.where(np.isfinite(share), share, 0.0) * (prices[before + 1] - prices[before])
    return np.where(np.isfinite(share), np.maximum(prices[before] + step, 0.0), math.inf)
