"""The point closest to the origin at which something fails: the search of Hasofer and Lind, made safe."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Found", "Limit", "closest", "towards_zero"]

Array = Any
Values = Callable[[Array], Array]
Slopes = Callable[[Array], tuple[Array, Array]]

_ITERATIONS = 60
_TRIALS = 0.5 ** np.arange(8)
_ARMIJO = 0.1
_ON_LIMIT = 1e-9
_ALONG = 1e-5
_FLAT = 1e-300
_HALVINGS = 60


class Limit(NamedTuple):
    """A function that is below zero where something fails, for many points at once."""

    values: Values
    """from points [n, Z] to values [n]"""
    slopes: Slopes
    """from points [n, Z] to values [n] and their derivatives [n, Z]"""
    free: Array
    """[Z] 1 where a coordinate may be moved, 0 where it is held"""
    scale: float
    """size against which a value counts as zero"""


class Found(NamedTuple):
    """Where the searches ended, one for each start."""

    points: Array
    """[n, Z]"""
    values: Array
    """[n] of the limit function"""
    stationary: Array
    """[n] whether the point is on the limit and as near to the origin as it can be near by"""


def closest(limit: Limit, starts: Array) -> Found:
    """Return, for each start, the point near by at which the limit function is zero, closest to the origin.

    The step goes to the closest point of the plane that touches the limit function (Hasofer and Lind 1974;
    Rackwitz and Fiessler 1978); it is halved until ½|z|² + c|g| falls enough (the merit function of Zhang
    and Der Kiureghian 1995). All starts move together.

    Parameters
    ----------
    limit
        The limit function.
    starts
        Points to start from, [n, Z]; held coordinates stay as they are.
    """
    z = np.array(starts, dtype=float)
    value, slope = limit.slopes(z)
    for _ in range(_ITERATIONS):
        slope = slope * limit.free
        direction, penalty = _direction(limit, z, value, slope)
        done = _stationary(limit, z, value, slope)
        if done.all():
            break
        z = np.where(done[:, None], z, _advance(limit, z, value, slope, direction, penalty))
        value, slope = limit.slopes(z)
    slope = slope * limit.free
    done = _stationary(limit, z, value, slope)
    return Found(z, value, done)


def towards_zero(limit: Limit, points: Array) -> Array:
    """Return failing points moved straight towards the origin, in what is free, as far as they still fail."""
    low, high = np.zeros(len(points)), np.ones(len(points))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        fails = limit.values(_scaled(limit, points, middle)) < 0.0
        low, high = np.where(fails, low, middle), np.where(fails, middle, high)
    return _scaled(limit, points, high)


def _scaled(limit: Limit, points: Array, factor: Array) -> Array:
    return np.where(limit.free > 0.0, points * factor[:, None], points)


def _direction(limit: Limit, z: Array, value: Array, slope: Array) -> tuple[Array, Array]:
    """Return the step to the closest point of the touching plane, and the penalty of the merit function."""
    square = np.maximum((slope * slope).sum(axis=1), _FLAT)
    own = z * limit.free
    target = (((slope * own).sum(axis=1) - value) / square)[:, None] * slope
    direction = np.where(square[:, None] > _FLAT, target - own, 0.0)
    longest = np.maximum(np.linalg.norm(own, axis=1), np.linalg.norm(target, axis=1))
    return direction, 2.0 * longest / np.sqrt(square) + 1.0 / limit.scale


def _stationary(limit: Limit, z: Array, value: Array, slope: Array) -> Array:
    """Return which points are on the limit with the slope in line with the way to the origin."""
    square = np.maximum((slope * slope).sum(axis=1), _FLAT)
    own = z * limit.free
    along = ((slope * own).sum(axis=1) / square)[:, None] * slope
    aside = np.linalg.norm(own - along, axis=1)
    near: Array = np.abs(value) <= _ON_LIMIT * limit.scale
    return near & (aside <= _ALONG * np.maximum(np.linalg.norm(own, axis=1), 1.0)) & (square > _FLAT)


def _advance(limit: Limit, z: Array, value: Array, slope: Array, direction: Array, penalty: Array) -> Array:
    """Return the points after a step that lowers the merit function enough, or the lowest that was tried."""
    own = z * limit.free
    merit = 0.5 * (own * own).sum(axis=1) + penalty * np.abs(value)
    fall = ((own + (penalty * np.sign(value))[:, None] * slope) * direction).sum(axis=1)
    trials = z[None] + _TRIALS[:, None, None] * direction[None]
    tried = limit.values(trials.reshape(-1, z.shape[1])).reshape(len(_TRIALS), len(z))
    inside = trials * limit.free
    merits = 0.5 * (inside * inside).sum(axis=-1) + penalty * np.abs(tried)
    enough = merits <= merit + _ARMIJO * _TRIALS[:, None] * np.minimum(fall, 0.0)
    pick = np.where(enough.any(axis=0), enough.argmax(axis=0), merits.argmin(axis=0))
    chosen: Array = trials[pick, np.arange(len(z))]
    return chosen
