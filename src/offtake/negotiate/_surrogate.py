"""Both sides' gains between the places of a box that were looked at, and how far to trust what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["left_out_error", "promise", "reachable"]

Array = Any
_FLOOR: Final = 1e-9
_NEAR: Final = 1e-3
_CLOSE: Final = 1e-7
_AT_ONCE: Final = 4096
_MOST_PARTS: Final = 200_000


def promise(places: Array, gains: Array, seed: int) -> tuple[tuple[float, ...], float]:
    """Return where the surrogate's score is largest, in shares of each box, and that score.

    Parameters
    ----------
    places
        Places looked at, in shares of each box, [N, D].
    gains
        Gain of each side there, M USD, [N, 2].
    seed
        Seed of the optimiser.
    """
    from scipy.interpolate import RBFInterpolator

    unique, first = np.unique(np.round(places, 12), axis=0, return_index=True)
    scale = np.maximum(np.abs(gains).max(axis=0), _FLOOR)
    surrogate = RBFInterpolator(unique, gains[first] / scale, kernel="linear", degree=0)
    place, score = _largest(lambda chosen: _scores(surrogate(chosen)), places.shape[1], seed)
    return place, score * float(np.sqrt(scale.prod()))


def left_out_error(places: Array, gains: Array) -> float | None:
    """Return the most by which the surrogate misses the score at a place that it does not know, M USD.

    Each place is left out in turn and its gains are interpolated through the others, in closed form: the
    weight of the place over its entry on the diagonal of the inverse of the system (Rippa 1999). Losses count
    as a score of 0. Corners are not left out, as the surrogate would have to reach beyond what it knows,
    which the search never asks of it; places within a thousandth of the box of one another count once.

    Parameters
    ----------
    places, gains
        As for `promise`.

    Returns
    -------
    float or None
        None where nothing but corners was looked at.

    Examples
    --------
    >>> line = np.linspace(0.0, 1.0, 5)
    >>> left_out_error(line[:, None], np.stack([line, 1.0 - line], axis=1)) < 1e-12
    True
    """
    kept = _apart(places)
    places, gains = places[kept], gains[kept]
    inner = ~np.isin(places, (0.0, 1.0)).all(axis=1)
    if not inner.any():
        return None
    count = len(places)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = -np.linalg.norm(places[:, None] - places, axis=-1)
    system[count, count] = 0.0
    inverse = np.linalg.inv(system)[:count, :count]
    missed = (inverse @ gains) / np.diag(inverse)[:, None]
    scores, told = (np.maximum(_scores(each), 0.0) for each in (gains, gains - missed))
    return float(np.abs(scores - told)[inner].max())


def reachable(places: Array, gains: Array) -> float | None:
    """Return the largest score if gains change no faster anywhere than between the places looked at, M USD.

    For each side, a rate of change along each box is the largest between places that differ in that box
    alone; where other places differ by more than that allows, all rates are raised until none does. A gain
    is then at most what each place looked at allows (a Lipschitz bound, Shubert 1972). The largest score
    under that is found by halving the box and never told too low. It is an estimate all the same: nothing
    proves that gains change no faster elsewhere.

    Parameters
    ----------
    places, gains
        As for `promise`.

    Returns
    -------
    float or None
        None where no rate can be told: no two places differ in one of the boxes alone.

    Examples
    --------
    >>> line = np.linspace(0.0, 1.0, 4)
    >>> round(reachable(line[:, None], np.stack([line, 1.0 - line], axis=1)), 6)
    0.5
    """
    kept = _apart(places)
    places, gains = places[kept], gains[kept]
    found = [_rates(places, gains[:, side]) for side in range(gains.shape[1])]
    rates = np.array([each for each in found if each is not None])
    return _by_halving(places, gains, rates) if len(rates) == len(found) else None


def _by_halving(places: Array, gains: Array, rates: Array) -> float:
    """Return what no score in the unit box exceeds if gains change by no more than rates [side, D] allow.

    The parts that could hold more than the best place known are halved, the most promising first, until none
    could by more than a ten-millionth, or there were too many; then the most that is left open counts.
    """

    def most(middle: Array, half: Array) -> Array:
        away = np.abs(middle[:, None] - places) + half[:, None]
        return _scores((away @ rates.T + gains).min(axis=1))

    boxes = places.shape[1]
    middle, half = np.full((1, boxes), 0.5), np.full((1, boxes), 0.5)
    bound, best, looked_at = most(middle, half), float(most(middle, 0.0 * half)[0]), 0
    while looked_at < _MOST_PARTS:
        enough = best + _CLOSE * abs(best)
        open_ = np.flatnonzero(bound > enough)
        if not len(open_):
            return enough
        middle, half, bound = middle[open_], half[open_], bound[open_]
        order = np.argsort(-bound, kind="stable")
        first, later = order[:_AT_ONCE], order[_AT_ONCE:]
        longest = np.eye(boxes)[(half[first] * rates.max(axis=0)).argmax(axis=1)]
        halved = half[first] * (1.0 - 0.5 * longest)
        step = halved * longest
        parts, sizes = np.concatenate([middle[first] - step, middle[first] + step]), np.tile(halved, (2, 1))
        best, looked_at = max(best, float(most(parts, 0.0 * sizes).max())), looked_at + len(parts)
        middle, half = np.concatenate([parts, middle[later]]), np.concatenate([sizes, half[later]])
        bound = np.concatenate([most(parts, sizes), bound[later]])
    return float(bound.max())


def _rates(places: Array, gain: Array) -> Array | None:
    """Return how fast a gain changes along each box, [D]."""
    first, second = np.triu_indices(len(places), 1)
    away, apart = np.abs(places[first] - places[second]), np.abs(gain[first] - gain[second])
    rates = np.zeros(places.shape[1])
    for axis in range(places.shape[1]):
        alone = (away[:, axis] > 0.0) & (np.delete(away, axis, axis=1) <= _FLOOR).all(axis=1)
        if not alone.any():
            return None
        rates[axis] = (apart[alone] / away[alone, axis]).max()
    allowed = away @ rates
    if (apart[allowed <= 0.0] > 0.0).any():
        return None
    within = allowed > 0.0
    return rates * max(1.0, float((apart[within] / allowed[within]).max(initial=0.0)))


def _apart(places: Array) -> Array:
    """Return which places to keep so that none is near one that was looked at before it."""
    kept: list[int] = []
    for n, place in enumerate(places):
        if all(np.abs(place - places[other]).max() > _NEAR for other in kept):
            kept.append(n)
    return np.array(kept)


def _scores(gains: Array) -> Array:
    """Return the square root of the product of both gains; the lower one where it is below 0."""
    least = gains.min(axis=-1)
    return np.where(least < 0.0, least, np.sqrt(np.maximum(gains[..., 0] * gains[..., 1], 0.0)))


def _largest(score: Callable[[Array], Array], boxes: int, seed: int) -> tuple[tuple[float, ...], float]:
    """Return where a score [n] of places [n, D] in the unit box is largest, and that score."""
    from scipy.optimize import differential_evolution

    def against(columns: Array) -> Any:
        found = -score(np.atleast_2d(columns.T))
        return found if columns.ndim > 1 else float(found[0])

    found = differential_evolution(
        against,
        [(0.0, 1.0)] * boxes,
        rng=seed,
        tol=1e-10,
        popsize=30,
        vectorized=True,
        updating="deferred",
        polish=False,
    )
    return tuple(float(each) for each in found.x), -float(found.fun)
