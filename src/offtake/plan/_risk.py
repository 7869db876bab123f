"""How a planner weighs bad outcomes: conditional value at risk of a discrete loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CVaR", "conditional_value_at_risk"]

_TOLD = 0.95


@dataclass(frozen=True)
class CVaR:
    """A charge on the worst futures: ``weight`` times the mean loss in the worst ``1 - level`` of them.

    Parameters
    ----------
    level
        Share of futures that are left out of the tail, in [0, 1); 0 makes the charge the mean loss.
    weight
        What a M USD of that mean loss costs the plan, at least 0; 0 plans for the expected value alone.

    Raises
    ------
    InputError
        If a number lies outside its range.

    Examples
    --------
    >>> CVaR(0.95, weight=0.3)
    CVaR(level=0.95, weight=0.3)
    """

    level: float = 0.95
    weight: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.level < 1.0:
            msg = f"the level of CVaR is {self.level}; it must be at least 0 and below 1"
            raise InputError(msg)
        if not 0.0 <= self.weight < float("inf"):
            msg = f"the weight of CVaR is {self.weight}; it must be a number of at least 0"
            raise InputError(msg)

    @property
    def told_at(self) -> float:
        """The level at which the tail of a plan is told: its own where it is charged, else 95 %."""
        return self.level if self.weight > 0 else _TOLD


def conditional_value_at_risk(loss: ArrayLike, probability: ArrayLike, level: float) -> float:
    """Return the mean loss in the worst ``1 - level`` of the outcomes (Rockafellar and Uryasev 2000).

    An outcome that straddles the level counts with the part that lies in the tail.

    Parameters
    ----------
    loss
        The loss of each outcome.
    probability
        The probability of each outcome; they add up to 1.
    level
        In [0, 1).

    Examples
    --------
    >>> conditional_value_at_risk([10, 20, 30, 40], [0.25, 0.25, 0.25, 0.25], 0.6)
    36.25
    """
    losses, weights = np.asarray(loss, dtype=float), np.asarray(probability, dtype=float)
    order = np.argsort(-losses, kind="stable")
    tail = 1.0 - level
    taken = np.clip(tail - (np.cumsum(weights[order]) - weights[order]), 0.0, weights[order])
    return float(taken @ losses[order] / tail)
