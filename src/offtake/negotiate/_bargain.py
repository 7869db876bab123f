"""Nash's and Kalai and Smorodinsky's bargains, on finitely many outcomes, their lotteries, or a curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.errors import InfeasibleError, InputError
from offtake.negotiate._curve import Curve
from offtake.negotiate._frontier import outcomes_of, pareto
from offtake.negotiate._lotteries import fairest_lottery, ideal_of_lotteries, nash_lottery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

__all__ = ["Bargain", "kalai_smorodinsky", "nash"]

_TIE: Final = 1e-12
_NONE = "no outcome leaves every party at least where it stands without an agreement"


@dataclass(frozen=True, slots=True)
class Bargain:
    """The outcome that a bargaining solution picks.

    Parameters
    ----------
    utilities
        Each party's utility.
    gains
        Each party's utility above its disagreement.
    index
        Place of the outcome where one of finitely many was picked, else None.
    at
        Place on the curve where a curve was given, else None.
    lottery
        Outcomes and their chances where lotteries are allowed, else empty.
    """

    utilities: tuple[float, ...]
    gains: tuple[float, ...]
    index: int | None = None
    at: float | None = None
    lottery: tuple[tuple[int, float], ...] = ()


def nash(
    outcomes: ArrayLike | Callable[[float], Sequence[float]],
    disagreement: Sequence[float] = (0.0, 0.0),
    *,
    between: tuple[float, float] | None = None,
    lotteries: bool = False,
    power: Sequence[float] | None = None,
) -> Bargain:
    """Return Nash's bargain: the outcome with the largest product of gains over disagreement.

    Parameters
    ----------
    outcomes
        Utilities, [outcomes, parties]; or a curve: a function from a number to each party's utility.
    disagreement
        Each party's utility without an agreement.
    between
        The curve's first and last number; needed with a curve.
    lotteries
        Whether the parties may draw lots among the outcomes: then any point of their convex hull is open.
    power
        Each party's bargaining power, the exponent of its gain; equal by default.

    Raises
    ------
    InputError
        If the sizes do not fit.
    InfeasibleError
        If no outcome leaves every party at least at its disagreement.

    Notes
    -----
    Nash (1950), Econometrica 18(2). Without lotteries the set is not convex; the rule is then that of
    Mariotti (1998), Social Choice and Welfare 15. Among products that are equal the one whose relative gains
    are the most equal is taken, then the first. A curve is searched on 2,001 places and refined between.

    Examples
    --------
    >>> import math
    >>> round(nash(lambda x: (x, math.sqrt(1 - x)), between=(0, 1)).at, 6)
    0.666667
    >>> nash([(4, 0), (0, 4), (1, 1)]).index
    2
    >>> nash([(4, 0), (0, 4), (1, 1)], lotteries=True).utilities
    (2.0, 2.0)
    """
    base = _disagreement(disagreement)
    weight = _power(power, base)

    def product(gain: FloatArray) -> FloatArray:
        # the logarithm, so that it neither over- nor underflows; minus infinity where somebody gains nothing
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(gain, 0.0)) @ weight)

    if callable(outcomes):
        curve = Curve(outcomes, base, between)
        return _on_curve(curve, curve.largest(product))
    table = _table(outcomes, base)
    if lotteries:
        return _lottery(table, base, nash_lottery(table - base, weight))
    rational = _rational(table, base)
    gain = table[rational] - base
    if not (gain > 0).all(axis=1).any():
        # nobody can be made better off without another staying where it is: compare the gains that there are
        return _picked(table, base, int(rational[np.lexsort((-gain.sum(axis=1),))[0]]))
    value = product(gain)
    tied = np.flatnonzero(value >= value.max() - _TIE)
    least = (gain[tied] / _ideal(gain)).min(axis=1)
    return _picked(table, base, int(rational[tied[int(np.argmax(least))]]))


def kalai_smorodinsky(
    outcomes: ArrayLike | Callable[[float], Sequence[float]],
    disagreement: Sequence[float] = (0.0, 0.0),
    *,
    between: tuple[float, float] | None = None,
    lotteries: bool = False,
) -> Bargain:
    """Return Kalai and Smorodinsky's bargain: each gains the same share of the most that it could gain.

    Parameters
    ----------
    outcomes, disagreement, between, lotteries
        As in `nash`.

    Raises
    ------
    InputError
        If the sizes do not fit.
    InfeasibleError
        If no outcome leaves every party at least at its disagreement.

    Notes
    -----
    Kalai and Smorodinsky (1975), Econometrica 43(3). What a party could gain is its largest gain among
    outcomes that leave nobody below disagreement. Where equal shares cannot be had (finitely many outcomes)
    the smallest share is made as large as it can be, then the next smallest: Nagahisa and Tanaka (2002),
    Social Choice and Welfare 19.

    Examples
    --------
    >>> import math
    >>> round(kalai_smorodinsky(lambda x: (x, math.sqrt(1 - x)), between=(0, 1)).at, 9)
    0.618033989
    >>> kalai_smorodinsky([(4, 0), (0, 2), (2, 1)]).utilities
    (2.0, 1.0)
    """
    base = _disagreement(disagreement)
    if callable(outcomes):
        curve = Curve(outcomes, base, between)
        return _on_curve(curve, curve.fairest())
    table = _table(outcomes, base)
    if lotteries:
        gain = table - base
        return _lottery(table, base, fairest_lottery(gain, ideal_of_lotteries(gain)))
    rational = _rational(table, base)
    gain = table[rational] - base
    shares = np.sort(gain / _ideal(gain), axis=1)
    best = rational[np.lexsort((rational, *(-shares.T[::-1])))[0]]
    return _picked(table, base, int(best))


def _disagreement(disagreement: Sequence[float]) -> FloatArray:
    base = np.asarray(disagreement, dtype=np.float64)
    if base.ndim != 1 or base.size == 0 or not np.isfinite(base).all():
        message = "the disagreement is a finite number for each party"
        raise InputError(message)
    return base


def _power(power: Sequence[float] | None, base: FloatArray) -> FloatArray:
    weight = np.ones(base.size) if power is None else np.asarray(power, dtype=np.float64)
    if weight.shape != base.shape or not (weight > 0).all() or not np.isfinite(weight).all():
        message = f"`power` is a positive number for each of the {base.size} parties"
        raise InputError(message)
    return np.asarray(weight / weight.mean())


def _table(outcomes: Any, base: FloatArray) -> FloatArray:
    table = outcomes_of(outcomes)
    if table.shape[1] != base.size:
        message = f"outcomes have {table.shape[1]} parties, the disagreement has {base.size}"
        raise InputError(message)
    return table


def _rational(table: FloatArray, base: FloatArray) -> NDArray[np.int64]:
    """Return the undominated outcomes that leave nobody below disagreement, in order."""
    places = np.flatnonzero((table >= base).all(axis=1))
    if not places.size:
        raise InfeasibleError(_NONE)
    return np.sort(places[list(pareto(table[places]))])


def _ideal(gain: FloatArray) -> FloatArray:
    """Return the most that each party could gain; 1 for one that cannot gain, whose share is then 0."""
    most = gain.max(axis=0)
    return np.where(most > 0, most, 1.0)


def _picked(table: FloatArray, base: FloatArray, place: int) -> Bargain:
    return Bargain(_tuple(table[place]), _tuple(table[place] - base), index=place)


def _lottery(table: FloatArray, base: FloatArray, chances: FloatArray | None) -> Bargain:
    if chances is None:
        raise InfeasibleError(_NONE)
    utilities = chances @ table
    drawn = tuple((int(k), float(chances[k])) for k in np.flatnonzero(chances > _TIE))
    return Bargain(_tuple(utilities), _tuple(utilities - base), lottery=drawn)


def _on_curve(curve: Curve, at: float | None) -> Bargain:
    if at is None:
        raise InfeasibleError(_NONE)
    gain = curve.gain(at)
    return Bargain(_tuple(gain + curve.base), _tuple(gain), at=at)


def _tuple(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
