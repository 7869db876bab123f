"""How much of a request a provider can accept within its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.quote._outcome import loss_if_gone
from offtake.quote._worth import worth

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.quote._ground import Ground
    from offtake.quote._terms import Terms

__all__ = ["LIKELY", "Volume", "largest_volume", "peak_loss"]

Array = Any
LIKELY: Final = 0.95
"""Quantile of the loss that is held against the limit."""

_MOST: Final = 64.0
_FINE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Volume:
    """The most MW that each limit lets through; infinite where it does not bind up to 64 times the request.

    Parameters
    ----------
    by_room
        What the sites have left.
    by_loss
        What keeps the loss, should the buyer go at the worst moment, within the exposure limit in 95 of 100
        futures.
    by_tail
        What keeps the mean loss of the worst futures within it.
    """

    by_room: float
    by_loss: float
    by_tail: float

    @property
    def most(self) -> float:
        """What all limits let through."""
        return min(self.by_room, self.by_loss, self.by_tail)


def peak_loss(base: Ground, terms: Terms, price: float) -> tuple[int, float]:
    """Return the quarter in which the buyer's going costs most, and that loss in 95 of 100 futures, M USD."""
    by_quarter = np.quantile(loss_if_gone(base, terms, price), LIKELY, axis=1)
    worst = int(np.argmax(by_quarter))
    return worst, float(by_quarter[worst])


def largest_volume(base: Ground, terms: Terms, price: float, *, limit: float | None, tail: float) -> Volume:
    """Return the most MW to accept at a price within the provider's exposure limit and its sites.

    Both losses grow with the volume, faster than in proportion where the market for idle machines is shallow;
    the largest volume is bisected to a thousandth of the request.
    """
    mw = base.asked.mw

    def by(too_much: Callable[[Terms], bool]) -> float:
        if limit is None:
            return math.inf
        return mw * _largest(lambda scale: too_much(replace(terms, scale=scale)))

    return Volume(
        by_room=base.asked.room,
        by_loss=by(lambda some: peak_loss(base, some, price)[1] > (limit or 0.0)),
        by_tail=by(lambda some: -worth(base, some).tail_mean(price, tail) > (limit or 0.0)),
    )


def _largest(too_much: Callable[[float], bool]) -> float:
    """Return the largest scale that is not too much, infinite if none is."""
    low, high = 0.0, 1.0
    while not too_much(high):
        low, high = high, 2.0 * high
        if low >= _MOST:
            return math.inf
    while high - low > _FINE * max(1.0, low):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if too_much(middle) else (middle, high)
    return low
