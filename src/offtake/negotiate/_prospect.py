"""What a side has to look forward to: its money in each future, and how that is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from offtake.book import Book

    FloatArray = NDArray[np.float64]

__all__ = ["Prospect", "Spread", "Value", "spread_of", "worst"]

_CLOSED: Final = 1e-9
_LOW, _HIGH = 0.05, 0.95


class Value(Protocol):
    """Anything that says what a book is worth to one side, future by future."""

    def __call__(self, book: Book, /) -> Prospect:
        """Return the side's prospect under a book."""


@dataclass(frozen=True, eq=False)
class Prospect:
    """A side's money in each future, as present values in M USD.

    Parameters
    ----------
    flows
        What each quarter brings, [futures, quarters].
    chance
        Chance of each future, [futures]; they add up to 1.
    beyond
        What comes after the calendar, [futures].
    same
        Name of the futures. Prospects on the same futures are told apart future by future.
    at_risk
        Most that the side stands to lose if the other fails, M USD, where it is known.

    Raises
    ------
    InputError
        If the sizes do not fit, a number is not finite, or the chances do not add up.

    Examples
    --------
    >>> sure = Prospect.of([[1.0, 2.0]])
    >>> sure.mean
    3.0
    """

    flows: FloatArray
    chance: FloatArray
    beyond: FloatArray
    same: str = ""
    at_risk: float | None = None

    def __post_init__(self) -> None:
        futures = self.flows.shape[0] if self.flows.ndim == 2 else -1  # noqa: PLR2004 - futures by quarters
        if self.chance.shape != (futures,) or self.beyond.shape != (futures,):
            message = "a prospect has flows by future and quarter, and a chance and a rest for each future"
            raise InputError(message)
        if not all(np.isfinite(each).all() for each in (self.flows, self.chance, self.beyond)):
            message = "every flow of a prospect must be a finite number"
            raise InputError(message)
        if (self.chance < 0).any() or abs(self.chance.sum() - 1.0) > _CLOSED:
            message = f"the chances of the futures add up to {self.chance.sum():g}; they must add up to 1"
            raise InputError(message)

    @classmethod
    def of(
        cls,
        flows: ArrayLike,
        chance: ArrayLike | None = None,
        beyond: ArrayLike | None = None,
        *,
        same: str = "",
        at_risk: float | None = None,
    ) -> Prospect:
        """Return a prospect; futures are equally likely and nothing comes after, unless told otherwise."""
        table = np.atleast_2d(np.asarray(flows, dtype=np.float64))
        count = table.shape[0]
        return cls(
            table,
            np.full(count, 1.0 / count) if chance is None else np.asarray(chance, dtype=np.float64),
            np.zeros(count) if beyond is None else np.asarray(beyond, dtype=np.float64),
            same,
            at_risk,
        )

    @property
    def totals(self) -> FloatArray:
        """What each future brings in all, [futures]."""
        return np.asarray(self.flows.sum(axis=1) + self.beyond)

    @property
    def mean(self) -> float:
        """What it brings on average."""
        return float(self.chance @ self.totals)

    def until(self, quarters: float | None) -> FloatArray:
        """Return what each future brings within so many quarters; None for all there is."""
        if quarters is None:
            return self.totals
        weight = np.clip(quarters - np.arange(self.flows.shape[1]), 0.0, 1.0)
        return np.asarray(self.flows @ weight)

    def less(self, other: Prospect) -> Spread:
        """Return how much more it brings than another.

        Where both are on the same futures the spread is that of the difference in each; where not, only
        the means are told apart and the ends of the spread are those of each, crossed. Less than a billionth
        of what is compared is nothing.
        """
        if self.same == other.same and self.totals.shape == other.totals.shape:
            apart = self.totals - other.totals
            scale = max(float(np.abs(self.totals).max()), float(np.abs(other.totals).max()))
            same = float(np.abs(apart).max()) <= _CLOSED * scale
            return spread_of(0.0 * apart if same else apart, self.chance)
        mine, theirs = spread_of(self.totals, self.chance), spread_of(other.totals, other.chance)
        return Spread(mine.mean - theirs.mean, mine.low - theirs.high, mine.high - theirs.low)


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean and the range in which nine of ten futures lie, M USD.

    Parameters
    ----------
    mean
        The mean.
    low, high
        The 5 % and 95 % quantiles.
    """

    mean: float
    low: float
    high: float


def spread_of(values: FloatArray, chance: FloatArray) -> Spread:
    """Return the mean and the 5 % and 95 % quantiles of values with chances.

    Examples
    --------
    >>> spread_of(np.array([3.0, 1.0]), np.array([0.5, 0.5]))
    Spread(mean=2.0, low=1.0, high=3.0)
    """
    order = np.argsort(values)
    so_far = np.cumsum(chance[order])
    low, high = (
        float(values[order[min(int(np.searchsorted(so_far, level - _CLOSED)), values.size - 1)]])
        for level in (_LOW, _HIGH)
    )
    return Spread(float(chance @ values), low, high)


def worst(values: Any, chance: Any, share: float) -> float:
    """Return the mean of the worst share of futures (CVaR of the value, not of the loss).

    Examples
    --------
    >>> worst(np.array([4.0, 0.0, 8.0, 2.0]), np.full(4, 0.25), 0.5)
    1.0
    """
    if share <= 0.0:
        return float(np.min(values))
    order = np.argsort(values)
    before = np.concatenate([[0.0], np.cumsum(chance[order])[:-1]])
    taken = np.clip(share - before, 0.0, chance[order])
    return float(taken @ values[order] / taken.sum())
