"""The one process behind every driver, and its moments in closed form."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError
from offtake.model._arrays import special
from offtake.model.curves import QUARTER_YEARS, DriverArrays
from offtake.model.driver_arrays import MAX_JUMPS

__all__ = ["moments", "poisson_heights", "simulate_drivers"]

FloatArray = NDArray[np.float64]


def simulate_drivers(xp: Any, arrays: DriverArrays, eps: Any, jump_z: Any = None) -> Any:
    """Return the drivers in each future, quarter by quarter.

    Parameters
    ----------
    xp
        ``numpy`` or ``jax.numpy``; JAX scans over the quarters, NumPy loops, with the same step.
    arrays
        The drivers, T quarters by J.
    eps
        Independent standard normals, shape [..., T, J]; those of quarter 0 have no effect.
    jump_z
        Independent standard normals for the drivers of `arrays.jumping`, shape [..., T, 2, len(jumping)]:
        along the axis of length 2 the count of jumps, then their size. Needed only if a driver jumps.

    Returns
    -------
    array
        Values in each driver's own unit, shape [..., T, J].

    Raises
    ------
    InputError
        If drivers jump and `jump_z` is missing.

    Notes
    -----
    The normals are correlated term by term, not by a matrix product, so that NumPy gives the same bits
    however many paths are handed in at once.

    Examples
    --------
    >>> from offtake.model.curves import gbm_curve, stack_drivers
    >>> arrays = stack_drivers({"users": gbm_curve(5, 100.0, 0.7, noise=0.2)})
    >>> simulate_drivers(np, arrays, np.zeros((5, 1))).round(2)[[0, 4], 0].tolist()
    [100.0, 166.63]
    """
    steps = arrays.scale * _correlated(arrays.chol, eps) + arrays.drift + arrays.logshock
    if arrays.jumping:
        if jump_z is None:
            names = ", ".join(arrays.names[j] for j in arrays.jumping)
            msg = f"These drivers jump, so `jump_z` must be given: {names}."
            raise InputError(msg)
        steps = steps + _jumps(xp, arrays, jump_z)
    by_quarter = xp.moveaxis(steps, -2, 0)

    def step(before: Any, inputs: tuple[Any, Any]) -> Any:
        persist, move = inputs
        return persist * before + move

    today = 0.0 * by_quarter[0] + arrays.logshock[0]
    logs = _scan(xp, step, today, (arrays.persist[1:], by_quarter[1:]))
    return arrays.curve * xp.exp(xp.moveaxis(logs, 0, -2))


def moments(arrays: DriverArrays) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of every driver in every quarter, each [T, J], exactly.

    The log deviation is a sum of independent normals and of jumps, each weighted by what persists of it, so
    that both moments are products of moment generating functions. The cut of the jump count at `MAX_JUMPS` a
    quarter is part of the formula.

    Examples
    --------
    >>> from offtake.model.curves import gbm_curve, stack_drivers
    >>> mean, sd = moments(stack_drivers({"users": gbm_curve(5, 100.0, 0.7, noise=0.2)}))
    >>> mean.round(2)[[0, 4], 0].tolist(), sd.round(2)[[0, 4], 0].tolist()
    ([100.0, 170.0], [0.0, 34.34])
    """
    count = arrays.curve.shape[0]
    centre, variance = np.zeros_like(arrays.curve), np.zeros_like(arrays.curve)
    jump_mean, jump_square = np.zeros_like(arrays.curve), np.zeros_like(arrays.curve)
    weight = np.zeros_like(arrays.curve)
    centre[0] = arrays.logshock[0]
    for t in range(1, count):
        keep = arrays.persist[t]
        centre[t] = keep * centre[t - 1] + arrays.drift[t] + arrays.logshock[t]
        variance[t] = keep**2 * variance[t - 1] + arrays.scale[t] ** 2
        weight = weight * keep
        weight[t] = 1.0
        jump_mean[t] = _log_mgf(arrays, weight[1 : t + 1]).sum(axis=0)
        jump_square[t] = _log_mgf(arrays, 2.0 * weight[1 : t + 1]).sum(axis=0)
    mean = arrays.curve * np.exp(centre + variance / 2.0 + jump_mean)
    sd = mean * np.sqrt(np.maximum(np.expm1(variance + jump_square - 2.0 * jump_mean), 0.0))
    return mean, sd


def _correlated(chol: Any, eps: Any) -> Any:
    """Return ``eps @ chol.T``, summed in a fixed order."""
    total = 0.0 * eps
    for j in range(chol.shape[-1]):
        total = total + eps[..., j : j + 1] * chol[:, j]
    return total


def _jumps(xp: Any, arrays: DriverArrays, jump_z: Any) -> Any:
    """Return the jumps of every driver in logs, [..., T, J], by inversion of the Poisson law."""
    which = np.array(arrays.jumping)
    mean, sd = arrays.jump_mean[which], arrays.jump_sd[which]
    level = special(xp).ndtr(jump_z[..., 0, :])
    heights = poisson_heights(xp, arrays.jump_rate[which])
    number = sum(xp.where(level > height, 1.0, 0.0) for height in heights)
    moves = number * mean + xp.sqrt(number) * sd * jump_z[..., 1, :]
    slot = np.full(len(arrays.names), len(which))
    slot[which] = np.arange(len(which))
    return xp.concatenate([moves, 0.0 * moves[..., :1]], axis=-1)[..., slot]


def poisson_heights(xp: Any, rate: Any) -> list[Any]:
    """Return the distribution function of a quarter's jump count at 0 to `MAX_JUMPS` - 1."""
    per_quarter = rate * QUARTER_YEARS
    mass = xp.exp(-per_quarter)
    heights = [mass]
    for k in range(1, MAX_JUMPS):
        mass = mass * per_quarter / k
        heights.append(heights[-1] + mass)
    return heights


def _log_mgf(arrays: DriverArrays, weight: FloatArray) -> FloatArray:
    """Return the log of E[exp(weight * jump)] for one quarter's jump."""
    heights = np.array([*poisson_heights(np, arrays.jump_rate), np.ones_like(arrays.jump_rate)])
    mass = np.diff(heights, axis=0, prepend=0.0)
    one = weight * arrays.jump_mean + 0.5 * (weight * arrays.jump_sd) ** 2
    number = np.arange(MAX_JUMPS + 1.0).reshape(-1, *[1] * weight.ndim)
    excess: FloatArray = np.sum(mass[:, None, :] * np.expm1(number * one), axis=0)
    return np.log1p(excess)


def _scan(xp: Any, step: Callable[[Any, Any], Any], first: Any, inputs: tuple[Any, ...]) -> Any:
    """Return the first state and all that follow, stacked on a new leading axis."""
    if xp is np:
        states = [first]
        for now in zip(*inputs, strict=True):
            states.append(step(states[-1], now))
        return np.stack(states)
    from jax import lax

    def both(state: Any, now: Any) -> tuple[Any, Any]:
        after = step(state, now)
        return after, after

    _, rest = lax.scan(both, first, inputs)
    return xp.concatenate([first[None], rest])
