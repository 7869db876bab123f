"""The arrays of the drivers: one driver, all of them, and what a scenario does to one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError
from offtake.model.correlation import correlation_cholesky

__all__ = [
    "MAX_JUMPS",
    "MAX_JUMP_RATE",
    "QUARTER_YEARS",
    "DriverArrays",
    "DriverCurve",
    "Jumps",
    "above_zero",
    "not_below_zero",
    "stack_drivers",
    "with_jumps",
    "with_overlay",
    "with_shock",
]

FloatArray = NDArray[np.float64]

QUARTER_YEARS = 0.25
"""The step, in years."""

MAX_JUMPS = 8
"""The most jumps that a quarter can have; the probability of more is put on this number."""

MAX_JUMP_RATE = 8.0
"""The most jumps a year that a driver may have; above it the cut at `MAX_JUMPS` a quarter would be felt."""


class Jumps(NamedTuple):
    """A compound Poisson process in logs.

    Parameters
    ----------
    rate
        Jumps a year, from 0 to `MAX_JUMP_RATE`.
    mean, sd
        Mean and standard deviation of the log size of one jump.
    """

    rate: float = 0.0
    mean: float = 0.0
    sd: float = 0.0


NO_JUMPS = Jumps()


@dataclass(frozen=True, eq=False)
class DriverCurve:
    """One driver over T quarters.

    Parameters
    ----------
    curve
        The deterministic level by quarter, in the driver's own unit, shape [T].
    persist, scale, drift
        What the log deviation keeps of the quarter before, the size of its innovation and its drift,
        each [T]; element 0 has no effect, for quarter 0 is today.
    logshock
        Sudden moves of the log deviation, shape [T].
    jumps
        The jump process; a rate of zero is none.
    """

    curve: FloatArray
    persist: FloatArray
    scale: FloatArray
    drift: FloatArray
    logshock: FloatArray
    jumps: Jumps = NO_JUMPS


@dataclass(frozen=True, eq=False)
class DriverArrays:
    """All drivers of a model: arrays for the engines, and what of them is static.

    Parameters
    ----------
    curve, persist, scale, drift, logshock
        As in `DriverCurve`, shape [T, J].
    jump_rate, jump_mean, jump_sd
        Jumps a year, mean and standard deviation of a jump's log size, shape [J].
    chol
        Lower Cholesky factor of the innovations' correlations, shape [J, J].
    names
        The drivers in the order of the last axis.
    jumping
        The positions of the drivers that can jump; the last axis of `jump_z` follows it.

    Notes
    -----
    For JAX: ``jax.tree_util.register_dataclass(DriverArrays, DriverArrays.ARRAYS, DriverArrays.STATIC)``.
    """

    ARRAYS: ClassVar[tuple[str, ...]] = (
        "curve",
        "persist",
        "scale",
        "drift",
        "logshock",
        "jump_rate",
        "jump_mean",
        "jump_sd",
        "chol",
    )
    STATIC: ClassVar[tuple[str, ...]] = ("names", "jumping")

    curve: FloatArray
    persist: FloatArray
    scale: FloatArray
    drift: FloatArray
    logshock: FloatArray
    jump_rate: FloatArray
    jump_mean: FloatArray
    jump_sd: FloatArray
    chol: FloatArray
    names: tuple[str, ...]
    jumping: tuple[int, ...] = ()


def with_jumps(driver: DriverCurve, jumps: Jumps) -> DriverCurve:
    """Return the driver with jumps on top; its mean is not compensated for them.

    Raises
    ------
    InputError
        If the rate is below zero or above `MAX_JUMP_RATE`, the mean not finite or the deviation below zero.

    Examples
    --------
    >>> flat = DriverCurve(np.ones(3), np.ones(3), np.zeros(3), np.zeros(3), np.zeros(3))
    >>> with_jumps(flat, Jumps(rate=0.5, mean=-0.7, sd=0.2)).jumps
    Jumps(rate=0.5, mean=-0.7, sd=0.2)
    """
    if not 0.0 <= jumps.rate <= MAX_JUMP_RATE:
        limit = f"0 to {MAX_JUMP_RATE:g}"
        msg = f"A jump rate of {jumps.rate:g} a year is outside {limit}; use noise for frequent moves."
        raise InputError(msg)
    if not math.isfinite(jumps.mean):
        msg = f"The mean log size of a jump is {jumps.mean:g}; it must be finite."
        raise InputError(msg)
    not_below_zero("sd of a jump", jumps.sd)
    return replace(driver, jumps=jumps)


def with_shock(driver: DriverCurve, quarter: int, factor: float) -> DriverCurve:
    """Return the driver multiplied by a factor at a quarter.

    The move stays where deviations persist and fades where they revert.

    Raises
    ------
    InputError
        If the quarter lies outside the horizon or the factor is not above zero.

    Examples
    --------
    >>> flat = DriverCurve(np.ones(3), np.ones(3), np.zeros(3), np.zeros(3), np.zeros(3))
    >>> with_shock(flat, 1, 0.2).logshock.round(3).tolist()
    [0.0, -1.609, 0.0]
    """
    quarters = driver.logshock.shape[0]
    if not 0 <= quarter < quarters:
        msg = f"A shock in quarter {quarter} lies outside the horizon, quarters 0 to {quarters - 1}."
        raise InputError(msg)
    step = np.arange(quarters) == quarter
    return replace(driver, logshock=driver.logshock + step * math.log(above_zero("shock", factor)))


def with_overlay(driver: DriverCurve, quarter: int, lasting: int, factor: float) -> DriverCurve:
    """Return the driver multiplied by a factor in `lasting` quarters from `quarter` on, and untouched after.

    Raises
    ------
    InputError
        If the window begins outside the horizon, is empty, or the factor is below zero.

    Examples
    --------
    >>> flat = DriverCurve(np.ones(4), np.ones(4), np.zeros(4), np.zeros(4), np.zeros(4))
    >>> with_overlay(flat, 1, 2, 0.5).curve.tolist()
    [1.0, 0.5, 0.5, 1.0]
    """
    index = np.arange(driver.curve.shape[0])
    if not (0 <= quarter < index.size and lasting > 0):
        window = f"of {lasting} quarters from {quarter}"
        msg = f"A window {window} does not begin in quarters 0 to {index.size - 1} or is empty."
        raise InputError(msg)
    inside = (index >= quarter) & (index < quarter + lasting)
    over = np.where(inside, not_below_zero("overlay", factor), 1.0)
    return replace(driver, curve=driver.curve * over)


def stack_drivers(
    drivers: Mapping[str, DriverCurve],
    correlations: Mapping[tuple[str, str], float] | None = None,
    *,
    quarters: int | None = None,
) -> DriverArrays:
    """Return the arrays of all drivers, with the Cholesky factor of their correlations.

    Parameters
    ----------
    drivers
        The drivers by name, all of one horizon; their order is that of the last axis.
    correlations
        Correlation of the innovations by pair of names; a pair that is not named has none.
    quarters
        The horizon, needed where there is no driver.

    Raises
    ------
    InputError
        If horizons differ, or the table of correlations is not one (see `correlation_cholesky`).

    Examples
    --------
    >>> flat = DriverCurve(np.ones(8), np.ones(8), np.zeros(8), np.zeros(8), np.zeros(8))
    >>> arrays = stack_drivers({"users": flat, "spot": flat}, {("users", "spot"): 0.4})
    >>> arrays.names, arrays.curve.shape
    (('users', 'spot'), (8, 2))
    """
    horizons = {name: driver.curve.shape[0] for name, driver in drivers.items()}
    lengths = set(horizons.values()) | ({quarters} if quarters is not None else set())
    if len(lengths) != 1:
        given = horizons or "no driver and no horizon"
        msg = f"The drivers must share one horizon in quarters; given were {given}."
        raise InputError(msg)
    empty = np.zeros((lengths.pop(), 0))
    columns = {
        field: np.column_stack([empty, *(getattr(driver, field) for driver in drivers.values())])
        for field in ("curve", "persist", "scale", "drift", "logshock")
    }
    jumps = np.array([driver.jumps for driver in drivers.values()], dtype=float).reshape(-1, 3)
    names = tuple(drivers)
    return DriverArrays(
        **columns,
        jump_rate=jumps[:, 0],
        jump_mean=jumps[:, 1],
        jump_sd=jumps[:, 2],
        chol=correlation_cholesky(names, correlations or {}),
        names=names,
        jumping=tuple(int(j) for j in np.flatnonzero(jumps[:, 0] > 0)),
    )


def above_zero(name: str, value: float) -> float:
    """Return the number as a float, or refuse it unless it is finite and above zero."""
    if not 0.0 < value < math.inf:
        msg = f"The {name} of a driver is {value:g}; it must be finite and above zero."
        raise InputError(msg)
    return float(value)


def not_below_zero(name: str, value: float | None) -> float:
    """Return the number as a float, or refuse it unless it is finite and not below zero."""
    if value is None or not 0.0 <= value < math.inf:
        msg = f"The {name} of a driver is {value}; it must be finite and not below zero."
        raise InputError(msg)
    return float(value)
