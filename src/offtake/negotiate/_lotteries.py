"""Bargaining over lotteries: the convex hull of finitely many outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

__all__ = ["fairest_lottery", "ideal_of_lotteries", "nash_lottery"]

_ENOUGH: Final = 1e-12
_TWO: Final = 2


def ideal_of_lotteries(gain: FloatArray) -> FloatArray:
    """Return the most that each party can gain, on average, in lotteries in which nobody loses on average.

    Parameters
    ----------
    gain
        Gains over disagreement, [outcomes, parties].
    """
    from scipy.optimize import linprog

    count, parties = gain.shape
    most = np.ones(parties)
    for party in range(parties):
        found = linprog(
            -gain[:, party], A_ub=-gain.T, b_ub=np.zeros(parties), A_eq=np.ones((1, count)), b_eq=[1.0]
        )
        if found.success and -found.fun > 0:
            most[party] = -found.fun
    return most


def fairest_lottery(gain: FloatArray, ideal: FloatArray) -> FloatArray | None:
    """Return the chances that make the smallest share of an ideal gain largest, or None if somebody loses.

    Of such lotteries the one with the largest sum of shares is taken, so that it is undominated.

    Parameters
    ----------
    gain
        Gains over disagreement, [outcomes, parties].
    ideal
        What shares are measured in, [parties].
    """
    from scipy.optimize import linprog

    count, parties = gain.shape
    share = gain / ideal
    rows = np.hstack([-share.T, np.ones((parties, 1))])
    sums = np.append(np.ones(count), 0.0)[None, :]
    cost = np.append(np.zeros(count), -1.0)
    bounds = [(0.0, 1.0)] * count + [(None, None)]
    first = linprog(cost, A_ub=rows, b_ub=np.zeros(parties), A_eq=sums, b_eq=[1.0], bounds=bounds)
    if not first.success or first.x[-1] < -_ENOUGH:
        return None
    least = first.x[-1] - _ENOUGH
    second = linprog(
        -share.sum(axis=1),
        A_ub=-share.T,
        b_ub=np.full(parties, -least),
        A_eq=np.ones((1, count)),
        b_eq=[1.0],
    )
    chances = second.x if second.success else first.x[:-1]
    return np.asarray(chances / chances.sum())


def nash_lottery(gain: FloatArray, power: FloatArray) -> FloatArray | None:
    """Return the chances with the largest product of mean gains, or None if somebody loses in all of them.

    Parameters
    ----------
    gain
        Gains over disagreement, [outcomes, parties].
    power
        Exponent of each party's gain, [parties].
    """
    start = fairest_lottery(gain, ideal_of_lotteries(gain))
    if start is None or (start @ gain <= _ENOUGH).any():
        return start
    return _two(gain, power, start) if gain.shape[1] == _TWO else _many(gain, power, start)


def _two(gain: FloatArray, power: FloatArray, start: FloatArray) -> FloatArray:
    """Return the best lottery for two parties: it draws among two outcomes at most."""
    best, value = start, -np.inf
    places = _hull(gain)
    for k, first in enumerate(places):
        for second in places[k:]:
            chances = np.zeros(len(gain))
            chances[first] += 1.0 - (at := _along(gain[first], gain[second], power))
            chances[second] += at
            mean = chances @ gain
            if (mean > 0).all() and (found := float(power @ np.log(mean))) > value + _ENOUGH:
                best, value = chances, found
    return best


def _along(first: FloatArray, second: FloatArray, power: FloatArray) -> float:
    """Return how far from one outcome to another the product is largest, from 0 to 1.

    The derivative of its logarithm, Σ power·step/(first + at·step), is nought where a linear equation holds.
    """
    step = second - first
    slope = power.sum() * step[0] * step[1]
    if abs(slope) < _ENOUGH:
        return 1.0 if power @ step > 0 else 0.0
    at = -(power[0] * step[0] * first[1] + power[1] * step[1] * first[0]) / slope
    return float(np.clip(at, 0.0, 1.0))


def _hull(gain: FloatArray) -> list[int]:
    """Return the outcomes at the corners of the upper right of the hull, from left to right."""
    order = np.lexsort((-gain[:, 1], gain[:, 0]))
    chain: list[int] = []
    for place in order:
        while len(chain) >= _TWO and _turn(gain[chain[-2]], gain[chain[-1]], gain[place]) >= 0:
            chain.pop()
        chain.append(int(place))
    return chain


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _many(gain: FloatArray, power: FloatArray, start: FloatArray) -> FloatArray:
    """Return the best lottery for any number of parties, by a concave programme."""
    from scipy.optimize import minimize

    scale = gain.max(axis=0)
    share = gain / np.where(scale > 0, scale, 1.0)

    def against(chances: FloatArray) -> float:
        return -float(power @ np.log(np.maximum(chances @ share, _ENOUGH)))

    def slope(chances: FloatArray) -> FloatArray:
        return -np.asarray(share @ (power / np.maximum(chances @ share, _ENOUGH)))

    found = minimize(
        against,
        start,
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * len(gain),
        constraints=[
            {"type": "eq", "fun": lambda chances: chances.sum() - 1.0, "jac": np.ones_like},
            {"type": "ineq", "fun": lambda chances: chances @ share, "jac": lambda _: share.T},
        ],
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    chances = np.clip(found.x, 0.0, None)
    chances = chances / chances.sum()
    return chances if against(chances) < against(start) else start
