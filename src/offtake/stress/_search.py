"""The point closest to the origin at which something fails: the search of Hasofer and Lind, made safe."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Found", "Limit", "Rows", "closest", "least_norm", "towards"]

Array = Any
Values = Callable[[Array], Array]
Slopes = Callable[[Array], tuple[Array, Array]]
Rows = tuple[Array, Array]
"""Half-spaces A z >= c."""

_ITERATIONS = 30
_TRIALS = 0.5 ** np.arange(8)
_ARMIJO = 0.1
_ON_LIMIT = 1e-9
_STILL = 1e-6
_ROUNDING = 1e-14
_EMPTY = 1e-12
_PARTS = 8
_NARROWINGS = 14
_PATIENCE = 3
_FARTHEST = 12.0


class Limit(NamedTuple):
    """A function that is not above zero where something fails, for many points at once."""

    values: Values
    """from points [n, Z] to values [n]"""
    slopes: Slopes
    """from points [n, Z] to values [n] and their derivatives [n, Z]"""
    scale: float
    """size against which a value counts as zero"""


class Found(NamedTuple):
    """Where the searches ended, one for each start."""

    points: Array
    """[n, Z]"""
    values: Array
    """[n] of the limit function"""
    stationary: Array
    """[n] whether the point fails and is as near to the origin as it can be near by"""


def closest(limit: Limit, starts: Array, rows: list[Rows]) -> Found:
    """Return, for each start, the failing point near by that is closest to the origin.

    The step goes to the closest point of the half-space in which the limit function, continued in a straight
    line, is not above zero (Hasofer and Lind 1974; Rackwitz and Fiessler 1978), within the given half-spaces.
    No step goes farther than twelve standard deviations out. It is halved until ½|z|² + c·max(g, 0) falls
    enough (a merit function after Zhang and Der Kiureghian 1995). All starts move together; one that finds
    no lower merit three times is given up.

    Parameters
    ----------
    limit
        The limit function.
    starts
        Points to start from, [n, Z].
    rows
        The half-spaces in which each start stays.
    """
    z = np.array(starts, dtype=float)
    value, slope = map(np.array, limit.slopes(z))
    done = np.zeros(len(z), dtype=bool)
    failures = np.zeros(len(z), dtype=np.int64)
    for _ in range(_ITERATIONS):
        target, penalty = _targets(limit, z, value, slope, rows)
        direction = target - z
        far, ahead = np.maximum(np.linalg.norm(z, axis=1), 1.0), np.linalg.norm(direction, axis=1)
        done = (ahead <= _STILL * far) & (value <= _ON_LIMIT * limit.scale)
        still = done | (ahead <= _ROUNDING * far) | (failures >= _PATIENCE)
        if still.all():
            break
        going = np.flatnonzero(~still)
        there = (z[going], value[going], slope[going], direction[going], penalty[going])
        z[going], worse = _advance(limit, *there)
        failures[going] += worse
        value[going], slope[going] = limit.slopes(z[going])
    return Found(z, value, done)


def towards(limit: Limit, points: Array, anchors: Array) -> Array:
    """Return failing points moved straight towards their anchors as far as they still fail."""
    low, width = np.zeros(len(points)), np.ones(len(points))
    parts = np.arange(1, _PARTS) / _PARTS
    for _ in range(_NARROWINGS):
        tried = low[:, None] + width[:, None] * parts
        there = anchors[:, None] + tried[..., None] * (points - anchors)[:, None]
        fails = (limit.values(there.reshape(-1, points.shape[1])) <= 0.0).reshape(tried.shape)
        steps = np.where(fails.any(axis=1), fails.argmax(axis=1), len(parts))
        low, width = low + width * steps / _PARTS, width / _PARTS
    moved: Array = anchors + (low + width)[:, None] * (points - anchors)
    return moved


def least_norm(rows: Rows) -> tuple[Array, Array]:
    """Return the point of A z >= c that is closest to the origin, and the weight of each row in it.

    By non-negative least squares (Lawson and Hanson 1974, chapter 23). If the half-spaces have no point in
    common, the weights are infinite and the point is the origin.

    Examples
    --------
    >>> point, weights = least_norm((np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([2.0, 0.5])))
    >>> point.round(6).tolist(), weights.round(6).tolist()
    ([1.0, 1.0], [1.0, 0.0])
    """
    from scipy.optimize import nnls

    a, c = rows
    if not len(c) or (c <= 0.0).all():
        return np.zeros(a.shape[1]), np.zeros(len(c))
    size = np.maximum(np.linalg.norm(a, axis=1), _EMPTY)
    a, c = a / size[:, None], c / size
    weights, _ = nnls(np.concatenate([a.T, c[None]]), np.append(np.zeros(a.shape[1]), 1.0))
    rest = 1.0 - c @ weights
    if rest <= _EMPTY:
        return np.zeros(a.shape[1]), np.full(len(c), np.inf)
    return a.T @ weights / rest, weights / rest / size


def _targets(limit: Limit, z: Array, value: Array, slope: Array, rows: list[Rows]) -> tuple[Array, Array]:
    """Return where each point should go, and the penalty of its merit function."""
    targets, penalties = z.copy(), np.full(len(z), 1.0 / limit.scale)
    for n, (a, c) in enumerate(rows):
        here = -slope[n]
        touching = (np.concatenate([a, here[None]]), np.append(c, value[n] + here @ z[n]))
        point, weights = least_norm(touching)
        if np.isfinite(weights).all():
            targets[n] = point * min(1.0, _FARTHEST / max(float(np.linalg.norm(point)), 1.0))
            penalties[n] += 2.0 * weights[-1]
    return targets, penalties


def _advance(
    limit: Limit, z: Array, value: Array, slope: Array, direction: Array, penalty: Array
) -> tuple[Array, Array]:
    """Return the points after a step that lowers the merit function enough, or the lowest that was tried.

    The second array says where none of them is lower than before. Shorter steps are only tried where the
    full one is not enough.
    """
    merit = 0.5 * (z * z).sum(axis=1) + penalty * np.maximum(value, 0.0)
    falling = (penalty * (value > 0.0))[:, None] * slope
    fall = np.minimum(((z + falling) * direction).sum(axis=1), 0.0)

    def tried(which: Array, steps: Array) -> tuple[Array, Array]:
        there = z[which] + steps[:, None, None] * direction[which]
        values = limit.values(there.reshape(-1, z.shape[1])).reshape(there.shape[:2])
        return there, 0.5 * (there * there).sum(axis=-1) + penalty[which] * np.maximum(values, 0.0)

    (moved,), (reached,) = tried(np.arange(len(z)), _TRIALS[:1])
    short = np.flatnonzero(reached > merit + _ARMIJO * fall)
    if short.size:
        there, merits = tried(short, _TRIALS[1:])
        enough = merits <= merit[short] + _ARMIJO * _TRIALS[1:, None] * fall[short]
        there = np.append(moved[None, short], there, axis=0)
        merits = np.append(reached[None, short], merits, axis=0)
        pick = np.where(enough.any(axis=0), enough.argmax(axis=0) + 1, merits.argmin(axis=0))
        moved[short], reached[short] = there[pick, np.arange(len(short))], merits[pick, np.arange(len(short))]
    return moved, reached >= merit
