"""Few scenarios in place of many: forward selection, k-means, and what is lost (P3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

__all__ = ["Kept", "Method", "distances", "lost", "reduced", "standardised"]

Method = Literal["forward", "kmeans"]

_FLAT = 1e-12
_ROUNDS = 100
_TIE = 1e-12


class Kept(NamedTuple):
    """Which scenarios stand for the others."""

    chosen: IntArray
    """[K] scenarios kept"""
    nearest: IntArray
    """[F] place among those kept that stands for each scenario"""


def standardised(features: FloatArray, weight: FloatArray) -> FloatArray:
    """Return features with mean 0 and standard deviation 1; those that do not vary are left out.

    Parameters
    ----------
    features
        [F, features].
    weight
        Probability of each scenario, [F].
    """
    mean = weight @ features
    spread = np.sqrt(weight @ (features - mean) ** 2)
    varies = spread > _FLAT * np.maximum(np.abs(mean), 1.0)
    scaled: FloatArray = (features[:, varies] - mean[varies]) / spread[varies]
    return scaled


def distances(features: FloatArray) -> FloatArray:
    """Return the Euclidean distance of each scenario from each other one, [F, F].

    Examples
    --------
    >>> distances(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    squares = (features**2).sum(axis=1)
    gaps = squares[:, None] + squares[None, :] - 2.0 * features @ features.T
    np.fill_diagonal(gaps, 0.0)
    found: FloatArray = np.sqrt(np.maximum(gaps, 0.0))
    return found


def reduced(
    features: FloatArray, weight: FloatArray, count: int, *, method: Method = "forward", seed: int = 0
) -> Kept:
    """Return `count` scenarios that stand for all, each for those that are nearest to it.

    Parameters
    ----------
    features
        Standardised features, [F, features].
    weight
        Probability of each scenario, [F].
    count
        How many are kept.
    method
        ``forward``: fast forward selection, which adds the scenario that lowers the Kantorovich distance
        most (Heitsch and Römisch 2003, Computational Optimization and Applications 24). ``kmeans``:
        clusters of least squares from starts of k-means++ (Arthur and Vassilvitskii 2007); the scenario next
        to a cluster's centre stands for it.
    seed
        Seed of the starts of k-means.

    Raises
    ------
    InputError
        If more scenarios are asked for than there are, or the method is not known.

    Examples
    --------
    >>> kept = reduced(np.array([[0.0], [1.0], [9.0]]), np.array([0.4, 0.3, 0.3]), 2)
    >>> kept.chosen.tolist(), kept.nearest.tolist()
    ([1, 2], [0, 0, 1])
    """
    if method not in get_args(Method):
        message = f"there is no reduction {method!r}; use 'forward' or 'kmeans'"
        raise InputError(message)
    if not 1 <= count <= len(features):
        message = (
            f"{count} scenarios are asked for, and there are {len(features)} futures to choose from; "
            "draw more futures or keep fewer scenarios"
        )
        raise InputError(message)
    if count == len(features):
        return Kept(np.arange(count), np.arange(count))
    if method == "forward":
        gaps = distances(features)
        chosen = _forward(gaps, weight, count)
        return Kept(chosen, np.argmin(gaps[:, chosen], axis=1))
    return _kmeans(features, weight, count, seed)


def lost(features: FloatArray, weight: FloatArray, kept: Kept) -> dict[str, float]:
    """Return what a reduction loses.

    Returns
    -------
    dict
        ``distance``: the Kantorovich distance of the kept scenarios from all, as a share of that of the best
        single one; ``mean`` and ``deviation``: the largest differences of a feature's mean and standard
        deviation, in standard deviations of all scenarios.
    """
    stand_in = features[kept.chosen][kept.nearest]
    apart = np.sqrt(((features - stand_in) ** 2).sum(axis=1))
    alone = (weight @ distances(features)).min() if len(features) > 1 else 0.0
    mean, mean_kept = weight @ features, weight @ stand_in
    deviation = np.sqrt(weight @ (features - mean) ** 2)
    deviation_kept = np.sqrt(weight @ (stand_in - mean_kept) ** 2)
    return {
        "distance": float(weight @ apart / alone) if alone > 0 else 0.0,
        "mean": float(np.abs(mean - mean_kept).max(initial=0.0)),
        "deviation": float(np.abs(deviation - deviation_kept).max(initial=0.0)),
    }


def _forward(gaps: FloatArray, weight: FloatArray, count: int) -> IntArray:
    """Return the scenarios that forward selection keeps, in order of choice; ties go to the first."""
    nearest = np.full(len(gaps), np.inf)
    chosen: list[int] = []
    for _ in range(count):
        cost = weight @ np.minimum(nearest[:, None], gaps)
        cost[chosen] = np.inf
        best = int(np.flatnonzero(cost <= cost.min() * (1.0 + _TIE))[0])
        chosen.append(best)
        nearest = np.minimum(nearest, gaps[:, best])
    return np.array(chosen, dtype=np.int64)


def _kmeans(features: FloatArray, weight: FloatArray, count: int, seed: int) -> Kept:
    """Return one scenario for each cluster of least squares."""
    rng = np.random.default_rng(seed)
    centres = _starts(features, weight, count, rng)
    member = _closest(features, centres)
    for _ in range(_ROUNDS):
        for k in range(count):
            inside = member == k
            if weight[inside].sum() > 0:
                centres[k] = weight[inside] @ features[inside] / weight[inside].sum()
        moved = _closest(features, centres)
        if (moved == member).all():
            break
        member = moved
    chosen: list[int] = []
    for k in range(count):
        apart = ((features - centres[k]) ** 2).sum(axis=1)
        apart[chosen] = np.inf
        inside = (member == k) & np.isfinite(apart)
        chosen.append(int(np.argmin(np.where(inside, apart, np.inf) if inside.any() else apart)))
    picked = np.array(chosen, dtype=np.int64)
    return Kept(picked, _closest(features, features[picked]))


def _starts(features: FloatArray, weight: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Return first centres, each drawn with the squared distance from those before it."""
    first = int(rng.choice(len(features), p=weight / weight.sum()))
    places = [first]
    apart = ((features - features[first]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        share = weight * apart
        total = share.sum()
        free = np.setdiff1d(np.arange(len(features)), places)
        place = int(rng.choice(len(features), p=share / total)) if total > 0 else int(free[0])
        places.append(place)
        apart = np.minimum(apart, ((features - features[place]) ** 2).sum(axis=1))
    return features[places].copy()


def _closest(features: FloatArray, centres: FloatArray) -> IntArray:
    """Return the nearest centre of each scenario."""
    gaps = (centres**2).sum(axis=1)[None, :] - 2.0 * features @ centres.T
    nearest: IntArray = np.argmin(gaps, axis=1)
    return nearest
