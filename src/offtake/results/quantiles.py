"""Means and quantiles of many series over many futures, in bounded memory.

Up to a stated number of futures every value is kept and quantiles are exact. Beyond it each series is a row
of counts on logarithmic bins (DDSketch). Its size does not grow with the number of futures, it merges in any
order, and its quantiles are within `RELATIVE_ERROR` of the true ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["RELATIVE_ERROR", "SMALLEST", "LARGEST", "Quantiles"]  # noqa: RUF022 - in reading order

RELATIVE_ERROR: Final = 0.005
"""Largest relative error of a quantile that comes from counts."""

SMALLEST: Final = 1e-6
"""Magnitude below which a counted value is taken for zero."""

LARGEST: Final = 1e9
"""Magnitude above which counted values share one bin; a quantile that falls there is the series' extreme."""

# Logs are taken in float32, so the bins are a little narrower than the promised error asks for.
_WIDTH: Final = float(np.log((1 + 0.996 * RELATIVE_ERROR) / (1 - 0.996 * RELATIVE_ERROR)))
_PER_SIGN: Final = int(np.ceil(np.log(LARGEST / SMALLEST) / _WIDTH))
_ZERO: Final = _PER_SIGN + 1
_BINS: Final = 2 * _ZERO + 1
# Series handled at a time: their counts and the transposed block stay within a core's cache.
_CHUNK: Final = 64


class Quantiles:
    """Running mean and quantiles of each of many series.

    Parameters
    ----------
    shape : tuple of int
        Shape of one future's values; each of its elements is a series.
    exact_up_to : int
        Number of futures up to which quantiles are exact. Until then the values are held in float32, which
        rounds each by at most 6e-8 of itself; they take at most ``exact_up_to * size * 4`` bytes.

    Notes
    -----
    Beyond `exact_up_to` a value x falls in bin ``ceil(log(|x| / SMALLEST) / log(gamma))`` of its sign, with
    ``gamma = (1 + e) / (1 - e)``, and stands for ``2 gamma^i / (gamma + 1)``, which is within a share e of
    every value of the bin. That takes 28 kB for a series, 222 MB for 8,000 of them, however many futures
    there are. Values nearer to zero than `SMALLEST` count as zero. Values beyond `LARGEST` share a bin at
    each end; a quantile there is the series' maximum (minimum), infinite if one was infinite. Counts do not
    depend on the order in which blocks are added or merged; means do in their last digits only.
    A series that has had the same value in every future so far costs one number.

    Source: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
    relative-error guarantees", Proc. VLDB Endowment 12 (12), 2019.

    Examples
    --------
    >>> futures = Quantiles((2,), exact_up_to=10_000)
    >>> futures.add(np.array([[1.0, -5.0], [3.0, -7.0], [2.0, -9.0]]))
    >>> futures.mean
    array([ 2., -7.])
    >>> futures.quantile(0.5)
    array([ 2., -7.])
    >>> futures.error
    0.0
    """

    def __init__(self, shape: tuple[int, ...], exact_up_to: int = 10_000) -> None:
        self.shape = tuple(shape)
        self.exact_up_to = exact_up_to
        self.count = 0
        size = int(np.prod(self.shape, dtype=np.int64))
        self._sum: NDArray[np.float64] = np.zeros(size)
        self._least: NDArray[np.float64] = np.full(size, np.inf)
        self._most: NDArray[np.float64] = np.full(size, -np.inf)
        self._level: NDArray[np.float32] | None = None
        # place of each series in what is kept or counted; -1 while it has had one value only
        self._place: NDArray[np.intp] = np.full(size, -1, dtype=np.intp)
        self._moving: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._kept: list[NDArray[np.float32]] = []
        self._counts: NDArray[np.int32] | None = None

    @property
    def error(self) -> float:
        """The largest relative error of a quantile: 0.0 while all values are kept."""
        return 0.0 if self._counts is None else RELATIVE_ERROR

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean over all futures added, computed from the values themselves, never from counts.

        Raises
        ------
        InputError
            If nothing has been added.
        """
        self._refuse_if_empty()
        return (self._sum / self.count).reshape(self.shape)

    def add(self, block: ArrayLike, *, total: ArrayLike | None = None) -> None:
        """Add a block of futures.

        Parameters
        ----------
        block : array, shape ``[paths, *shape]``
            Values of some more futures. A float32 block is kept as it is, not copied.
        total : array, shape ``shape``, optional
            Sum of the block's values over its futures, where it is known more precisely than the block holds
            them; default: summed here.

        Raises
        ------
        InputError
            If its trailing shape is another one, or if it holds a value that is not a number.
        """
        values = np.asarray(block)
        if values.shape[1:] != self.shape or values.ndim != len(self.shape) + 1:
            msg = f"a block has shape {values.shape}; needed is (paths, {', '.join(map(str, self.shape))})"
            raise InputError(msg)
        values = values.reshape(values.shape[0], self._sum.size)
        if not values.size:
            self.count += len(values)
            return
        least = values.min(axis=0)
        if np.isnan(least).any():
            msg = f"{int(np.isnan(least).sum())} series hold what is no number; mend what computes them"
            raise InputError(msg)
        known = values.sum(axis=0, dtype=np.float64) if total is None else np.asarray(total, dtype=np.float64)
        self._sum += known.reshape(-1)
        np.minimum(self._least, least, out=self._least)
        np.maximum(self._most, values.max(axis=0), out=self._most)
        with np.errstate(over="ignore"):
            kept = values.astype(np.float32, copy=False)
        self._admit(kept[0])
        self.count += len(values)
        moving = kept[:, self._moving]
        if self._counts is None and self.count <= self.exact_up_to:
            self._kept.append(moving)
        else:
            self._tally(moving)

    def _admit(self, level: NDArray[np.float32]) -> None:
        """Start to keep the series that have moved; until then a series costs one number."""
        if self._level is None:
            self._level = level.copy()
        with np.errstate(over="ignore"):
            steady = (self._least.astype(np.float32) == self._level) & (
                self._most.astype(np.float32) == self._level
            )
        fresh = np.flatnonzero(~steady & (self._place < 0))
        if not fresh.size:
            return
        self._place[fresh] = len(self._moving) + np.arange(fresh.size)
        self._moving = np.concatenate([self._moving, fresh])
        if self._counts is not None:
            rows = np.zeros((fresh.size, _BINS), dtype=np.int32)
            bins = _places(self._level[fresh]).astype(np.intp)
            rows[np.arange(fresh.size), bins] = self.count
            self._counts = np.concatenate([self._counts, rows])

    def merge(self, other: Quantiles) -> None:
        """Add all that another one has seen; the other is left as it is.

        Raises
        ------
        InputError
            If the two differ in shape or in `exact_up_to`.
        """
        if (self.shape, self.exact_up_to) != (other.shape, other.exact_up_to):
            msg = "only quantiles of the same shape and the same exact_up_to can be merged"
            raise InputError(msg)
        if not other.count or other._level is None:
            self.count += other.count
            return
        self._sum += other._sum
        np.minimum(self._least, other._least, out=self._least)
        np.maximum(self._most, other._most, out=self._most)
        self._admit(other._level)
        self.count += other.count
        exact = self._counts is None and other._counts is None and self.count <= self.exact_up_to
        if other._counts is None:
            for block in other._kept:
                wide = np.broadcast_to(other._level, (len(block), other._level.size)).copy()
                wide[:, other._moving[: block.shape[1]]] = block
                moving = wide[:, self._moving]
                if exact:
                    self._kept.append(moving)
                else:
                    self._tally(moving)
            return
        table = self._table()
        table[self._place[other._moving]] += other._counts
        still = np.setdiff1d(self._moving, other._moving)
        table[self._place[still], _places(other._level[still]).astype(np.intp)] += other.count

    def quantile(self, q: float | Sequence[float]) -> NDArray[np.float64]:
        """Return quantiles, linear between neighbouring values as in `numpy.quantile`.

        Parameters
        ----------
        q : float or sequence of float
            Shares from 0 to 1.

        Returns
        -------
        array, shape `shape`, or ``[len(q), *shape]`` for a sequence
            Each is exact, or within `error` of the two neighbouring values that it lies between.

        Raises
        ------
        InputError
            If nothing has been added, or if a share is outside 0 to 1.
        """
        self._refuse_if_empty()
        shares = np.atleast_1d(np.asarray(q, dtype=np.float64))
        if not ((shares >= 0) & (shares <= 1)).all():
            msg = f"a quantile is a share from 0 to 1, not {q}"
            raise InputError(msg)
        answer = np.empty((len(shares), self._sum.size))
        answer[...] = self._least if self._level is None else self._level
        part = self._exact() if self._counts is None else self._counted(shares)
        for start in range(0, len(self._moving), _CHUNK):
            rows = slice(start, start + _CHUNK)
            answer[:, self._moving[rows]] = part(rows, shares)
        return answer.reshape(np.shape(q) + self.shape)

    def _exact(self) -> Callable[[slice, NDArray[np.float64]], NDArray[np.float64]]:
        def part(rows: slice, shares: NDArray[np.float64]) -> NDArray[np.float64]:
            values = np.concatenate([self._columns(block, rows).T for block in self._kept], axis=1)
            values.sort(axis=1)
            below, above, weight = _neighbours(shares, self.count)
            return _between(values[:, below].T, values[:, above].T, weight)

        return part

    def _columns(self, block: NDArray[np.float32], rows: slice) -> NDArray[np.float32]:
        """Return some moving series of a kept block, with the level of those that had not moved by then."""
        have = block[:, rows]
        wanted = self._moving[rows]
        if have.shape[1] == len(wanted) or self._level is None:
            return have
        late = self._level[wanted[have.shape[1] :]]
        return np.concatenate([have, np.broadcast_to(late, (len(block), late.size))], axis=1)

    def _counted(
        self, shares: NDArray[np.float64]
    ) -> Callable[[slice, NDArray[np.float64]], NDArray[np.float64]]:
        below, above, weight = _neighbours(shares, self.count)

        def part(rows: slice, _: NDArray[np.float64]) -> NDArray[np.float64]:
            upto = np.cumsum(self._table()[rows], axis=1, dtype=np.int64)
            low, high = (
                np.stack([self._at_rank(upto, rows, int(rank)) for rank in ranks]) for ranks in (below, above)
            )
            return _between(low, high, weight)

        return part

    def _at_rank(self, upto: NDArray[np.int64], rows: slice, rank: int) -> NDArray[np.float64]:
        """Return the value of rank `rank` (0 the least) of each series, from its cumulated counts."""
        place = (upto <= rank).sum(axis=1)
        least, most = self._least[self._moving[rows]], self._most[self._moving[rows]]
        value = _VALUES[place]
        value = np.where(place == _BINS - 1, most, value)
        value = np.where(place == 0, least, value)
        return np.clip(value, least, most)

    def _table(self) -> NDArray[np.int32]:
        """Return the counts of the moving series, moving what was kept into them at first."""
        if self._counts is None:
            self._counts = np.zeros((len(self._moving), _BINS), dtype=np.int32)
            while self._kept:
                self._tally(self._columns(self._kept.pop(), slice(None)))
        return self._counts

    def _tally(self, values: NDArray[np.float32]) -> None:
        table = self._table()
        for start in range(0, values.shape[1], _CHUNK):
            part = np.ascontiguousarray(values[:, start : start + _CHUNK].T)
            places = _places(part).astype(np.intp)
            places += (np.arange(len(part)) * _BINS)[:, None]
            np.add.at(table[start : start + _CHUNK].reshape(-1), places.reshape(-1), np.int32(1))

    def _refuse_if_empty(self) -> None:
        if not self.count:
            msg = "no future has been added yet, so there is no mean and no quantile"
            raise InputError(msg)


def _places(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the bin of each value: 0 below -LARGEST, `_ZERO` round zero, the last above LARGEST."""
    size = np.abs(values)
    np.maximum(size, np.float32(1e-30), out=size)
    np.log(size, out=size)
    size -= np.float32(np.log(SMALLEST))
    size *= np.float32(1 / _WIDTH)
    np.ceil(size, out=size)
    np.clip(size, 0, _ZERO, out=size)
    np.copysign(size, values, out=size)
    size += _ZERO
    return size


def _values() -> NDArray[np.float64]:
    """Return what each bin stands for; its two ends are replaced by a series' extremes."""
    gamma = np.exp(_WIDTH)
    sizes = SMALLEST * 2 * gamma ** np.arange(1, _ZERO + 1) / (gamma + 1)
    return np.concatenate([-sizes[::-1], [0.0], sizes])


_VALUES: Final = _values()


def _neighbours(
    shares: NDArray[np.float64], count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return the ranks below and above each quantile, and the weight of the one above."""
    rank = shares * (count - 1)
    below = np.floor(rank).astype(np.intp)
    return below, np.minimum(below + 1, count - 1), rank - below


def _between(
    low: NDArray[np.floating], high: NDArray[np.floating], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the point between two values; an infinite neighbour counts only if it has weight."""
    share = weight[:, None]
    one, other = low.astype(np.float64), high.astype(np.float64)
    with np.errstate(invalid="ignore"):
        mixed = one + share * (other - one)
    return np.where((share == 0) | (one == other), one, mixed)
