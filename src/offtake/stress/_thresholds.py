"""What figures do that a derivative does not see: they are moved for real, with the same random numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from offtake.model import Model
from offtake.stress._figures import Figure
from offtake.stress._gradient import FORWARD, Aim, Looked, Numbers, look

__all__ = ["Difference", "Mover", "acting", "difference"]

Array = Any

_STEP = 0.25
_BEND = 0.2
_GROUP = 16
_NOTHING = 1e-9


class Difference(NamedTuple):
    """What really moving a figure did."""

    slope: float
    flipped: float
    bends: bool


class Mover(NamedTuple):
    """The futures in which figures are moved, and what is asked of them."""

    model: Model
    numbers: Numbers
    z: Array
    aim: Aim

    def look(self, numbers: Numbers) -> Looked:
        """Return what the futures show with other numbers."""
        return look(self.model, numbers, self.z, self.aim)


def difference(mover: Mover, figure: Figure, here: float, *, blind: bool) -> Difference:
    """Return what moving a figure up and down did to the mean, which is `here` where it stands.

    A figure without a derivative is moved by its whole span, another by a quarter of it.
    """
    low, high = _steps(figure, 1.0 if blind else _STEP)
    up, down = (mover.look(figure.moved(mover.numbers, change)) for change in (high, low))
    above, below = float(up.value.mean()), float(down.value.mean())
    slope = (above - below) / (high - low)
    rise, fall = _rate(above - here, high), _rate(here - below, -low)
    flipped = float((up.pattern != down.pattern).mean())
    apart = abs(rise - fall) > _BEND * max(abs(rise), abs(fall))
    return Difference(slope, flipped, bool(apart and flipped == 0.0))


def acting(
    mover: Mover, blind: Sequence[Figure], progress: Callable[[int, int], None] | None = None
) -> Mapping[str, float]:
    """Return which figures without a derivative act all the same, and by how much over their span.

    All are moved by their span, up and down, in the first futures. Sixteen are moved together; where that
    changes nothing in any future, none of them acts, else the group is halved until single figures are left.

    Returns
    -------
    Mapping
        By dotted path: the change of the mean over those futures, per span.
    """
    few = mover._replace(z=mover.z[:FORWARD])
    base = few.look(few.numbers).value
    waiting = [list(blind[first : first + _GROUP]) for first in range(0, len(blind), _GROUP)]
    found: dict[str, float] = {}
    settled = 0
    while waiting:
        group = waiting.pop()
        changes = [_together(few, group, base, end) for end in (0, 1)]
        moved = any(np.abs(change).max() > _NOTHING * max(np.abs(base).max(), 1.0) for change in changes)
        if moved and len(group) > 1:
            middle = len(group) // 2
            waiting += [group[:middle], group[middle:]]
            continue
        if moved:
            low, high = _steps(group[0], 1.0)
            slope = float((changes[1] - changes[0]).mean()) / (high - low)
            found[group[0].label] = slope * group[0].span
        settled += len(group)
        if progress is not None:
            progress(settled, len(blind))
    return found


def _together(mover: Mover, group: Sequence[Figure], base: Array, end: int) -> Array:
    """Return what moving figures together, down or up, does in each future."""
    numbers = mover.numbers
    for figure in group:
        numbers = figure.moved(numbers, _steps(figure, 1.0)[end])
    return mover.look(numbers).value - base


def _steps(figure: Figure, part: float) -> tuple[float, float]:
    """Return how far a figure is moved down and up: none below zero that is not, no share above one."""
    step = part * figure.span
    below_zero = figure.value >= 0.0 and figure.value < step and not figure.drawn
    above_one = figure.is_share and figure.value <= 1.0 and figure.value + step > 1.0 and not figure.drawn
    low, high = (-figure.value if below_zero else -step), (1.0 - figure.value if above_one else step)
    return (low, high) if high > low else (-step, step)


def _rate(change: float, step: float) -> float:
    return change / step if step > 0.0 else float("nan")
