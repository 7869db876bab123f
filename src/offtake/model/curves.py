"""Curves and noise of the drivers, as arrays over quarters.

A driver is a first-order autoregression in logs round a deterministic curve::

    X[t] = curve[t] * exp(m[t]),   m[0] = logshock[0],
    m[t] = persist[t] * m[t-1] + scale[t] * eps[t] + drift[t] + logshock[t] + jump[t]

with a step of one quarter; quarter 0 is today. Each builder returns the arrays of one driver, a
`DriverCurve`; `with_jumps`, `with_shock` and `with_overlay` change one, and `stack_drivers` joins them
and their correlations to the `DriverArrays` that the processes read.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError
from offtake.model.driver_arrays import (
    QUARTER_YEARS,
    DriverArrays,
    DriverCurve,
    Jumps,
    above_zero,
    not_below_zero,
    stack_drivers,
    with_jumps,
    with_overlay,
    with_shock,
)

__all__ = [
    "QUARTER_YEARS",
    "Changes",
    "DriverArrays",
    "DriverCurve",
    "Interpolation",
    "Jumps",
    "bass_curve",
    "constant_curve",
    "gbm_curve",
    "logistic_curve",
    "mean_reverting_curve",
    "path_curve",
    "stack_drivers",
    "with_jumps",
    "with_overlay",
    "with_shock",
]

FloatArray = NDArray[np.float64]
Changes = Sequence[tuple[int, Mapping[str, Any]]]
"""Pairs (quarter, new parameters), in order of quarter."""

Interpolation = Literal["linear", "steps"]
"""What a path does between its points."""


def constant_curve(quarters: int, value: float, *, noise: float = 0.0, changes: Changes = ()) -> DriverCurve:
    """Return a driver that keeps its value, up to noise.

    Parameters
    ----------
    quarters
        The number of quarters T, today included.
    value
        The value, not below zero.
    noise
        Volatility of the log value a year; the mean stays on the curve.
    changes
        Pairs (quarter, new parameters): from that quarter on the curve goes on with them. A new `value` holds
        from the quarter itself; a new `noise` acts on the steps after it. The same in every builder.

    Raises
    ------
    InputError
        If a number is out of its range or a changed parameter is not one of this curve's.

    Examples
    --------
    >>> constant_curve(4, 5.0, changes=[(2, {"value": 6.0})]).curve.tolist()
    [5.0, 5.0, 6.0, 6.0]
    """

    def advance(_now: float, steps: FloatArray, params: Mapping[str, Any]) -> FloatArray:
        return np.full(steps.shape, not_below_zero("value", params["value"]))

    return _assemble(quarters, value, {"value": value, "noise": noise}, changes, advance)


def path_curve(
    quarters: int,
    points: Mapping[int, float],
    *,
    interpolation: Interpolation = "linear",
    noise: float = 0.0,
    changes: Changes = (),
) -> DriverCurve:
    """Return a driver along given levels by quarter.

    Parameters
    ----------
    quarters, noise, changes
        As in `constant_curve`; the parameters that may change are `points` and `noise`. New points join on
        to the value at the quarter of the change; those before it are left out.
    points
        Level by quarter, not below zero; quarter 0 or an earlier one must be among them. The last is held.
    interpolation
        ``"linear"`` between points, or ``"steps"``, where each level is held until the next.

    Examples
    --------
    >>> path_curve(5, {0: 10.0, 4: 30.0}).curve.tolist()
    [10.0, 15.0, 20.0, 25.0, 30.0]
    >>> path_curve(5, {0: 10.0, 4: 30.0}, interpolation="steps").curve.tolist()
    [10.0, 10.0, 10.0, 10.0, 30.0]
    """
    if not points or min(points) > 0:
        msg = "A path needs a level for today (quarter 0) or before; add one, which may be 0."
        raise InputError(msg)
    if interpolation not in ("linear", "steps"):
        msg = f"A path is interpolated by 'linear' or 'steps', not {interpolation!r}."
        raise InputError(msg)
    level = _read_path(points, np.zeros(1), interpolation)[0]

    def advance(now: float, steps: FloatArray, params: Mapping[str, Any]) -> FloatArray:
        start = params["start"]
        joined = {q: v for q, v in params["points"].items() if q > start or params["first"]}
        return _read_path(joined if params["first"] else {start: now, **joined}, start + steps, interpolation)

    return _assemble(quarters, level, {"points": points, "noise": noise}, changes, advance)


def gbm_curve(
    quarters: int,
    now: float,
    growth: float,
    *,
    noise: float = 0.0,
    changes: Changes = (),
) -> DriverCurve:
    """Return a driver that grows geometrically: ``now * (1 + growth) ** years``.

    Parameters
    ----------
    quarters, noise, changes
        As in `constant_curve`; `growth` and `noise` may change.
    now
        Today's value, above zero.
    growth
        Growth a year as a share of the level, above -1: 0.7 for 70 %/year.

    Examples
    --------
    >>> gbm_curve(5, 100.0, 0.7).curve.round(6).tolist()[-1]
    170.0
    """
    above_zero("now", now)

    def advance(now: float, steps: FloatArray, params: Mapping[str, Any]) -> FloatArray:
        return now * np.exp(_log_growth(params) * QUARTER_YEARS * steps)

    return _assemble(quarters, now, {"growth": growth, "noise": noise}, changes, advance)


def logistic_curve(
    quarters: int,
    now: float,
    ceiling: float,
    growth: float,
    *,
    noise: float = 0.0,
    changes: Changes = (),
) -> DriverCurve:
    """Return a driver on the continuous logistic of Verhulst (1838).

    Its log odds against the ceiling grow by ``log(1 + growth)`` a year, which is the growth of the level
    itself while that is far below the ceiling.

    Parameters
    ----------
    quarters, noise, changes
        As in `constant_curve`; `ceiling`, `growth` and `noise` may change. A ceiling changed to below the
        value of its quarter is approached from above.
    now, ceiling
        Today's value and the level of saturation, ``0 < now < ceiling``.
    growth
        As in `gbm_curve`.

    Examples
    --------
    >>> logistic_curve(41, 35.0, 180.0, 0.7).curve.round(1).tolist()[::20]
    [35.0, 139.3, 176.4]
    """
    above_zero("now", now)
    if not now < ceiling:
        msg = f"The logistic starts at {now:g}, not below its ceiling {ceiling:g}; give a higher ceiling."
        raise InputError(msg)

    def advance(now: float, steps: FloatArray, params: Mapping[str, Any]) -> FloatArray:
        share = now / above_zero("ceiling", params["ceiling"])
        return now / (share + (1.0 - share) * np.exp(-_log_growth(params) * QUARTER_YEARS * steps))

    first = {"ceiling": ceiling, "growth": growth, "noise": noise}
    return _assemble(quarters, now, first, changes, advance)


def bass_curve(
    quarters: int,
    ceiling: float,
    p: float,
    q: float,
    *,
    now: float | None = None,
    elapsed: float | None = None,
    noise: float = 0.0,
    changes: Changes = (),
) -> DriverCurve:
    """Return a driver that counts adopters by the model of Bass (1969).

    Parameters
    ----------
    quarters, noise, changes
        As in `constant_curve`; `ceiling`, `p`, `q` and `noise` may change.
    ceiling
        The market: adopters in the end.
    p, q
        Coefficients of innovation and of imitation, a year; p above zero, q not below.
    now, elapsed
        One of the two: today's adopters, ``0 <= now < ceiling``, or years since the launch.

    Examples
    --------
    >>> bass_curve(41, 100.0, 0.02, 0.4, elapsed=0.0).curve.round(2).tolist()[::20]
    [0.0, 25.44, 75.77]
    """
    if (now is None) == (elapsed is None):
        msg = "A Bass diffusion starts from `now` (adopters) or `elapsed` (years since launch): give one."
        raise InputError(msg)
    first = {"ceiling": ceiling, "p": p, "q": q, "noise": noise}
    if now is None:
        now = float(ceiling * _bass_share(not_below_zero("elapsed", elapsed), first))
    not_below_zero("now", now)

    def advance(now: float, steps: FloatArray, params: Mapping[str, Any]) -> FloatArray:
        ceiling = above_zero("ceiling", params["ceiling"])
        years = _bass_elapsed(now, ceiling, params) + QUARTER_YEARS * steps
        return np.where(steps == 0, now, ceiling * _bass_share(years, params))

    return _assemble(quarters, now, first, changes, advance)


def mean_reverting_curve(
    quarters: int,
    now: float,
    level: float,
    half_life: float,
    *,
    noise: float = 0.0,
    changes: Changes = (),
) -> DriverCurve:
    """Return a driver whose log is an Ornstein-Uhlenbeck process, by its exact quarterly transition.

    The curve is the median path; without noise it is the path itself.

    Parameters
    ----------
    quarters, noise, changes
        As in `constant_curve`; `level`, `half_life` and `noise` may change.
    now, level
        Today's value and the long-run median, both above zero.
    half_life
        Years until half of a deviation in logs is gone, above zero.

    Examples
    --------
    >>> mean_reverting_curve(5, 4.0, 1.0, 1.0).curve.round(3).tolist()[::4]
    [4.0, 2.0]
    """
    above_zero("now", now)

    def advance(now: float, steps: FloatArray, params: Mapping[str, Any]) -> FloatArray:
        level = above_zero("level", params["level"])
        gone = -np.expm1(-_reversion(params) * QUARTER_YEARS * steps)
        return now * (level / now) ** gone

    first = {"level": level, "half_life": half_life, "noise": noise}
    return _assemble(quarters, now, first, changes, advance)


def _assemble(
    quarters: int,
    now: float,
    first: Mapping[str, Any],
    changes: Changes,
    advance: Callable[[float, FloatArray, Mapping[str, Any]], FloatArray],
) -> DriverCurve:
    """Lay the pieces of a curve end to end, each from the value the one before has reached."""
    if quarters < 1:
        msg = f"A driver needs at least one quarter, not {quarters}."
        raise InputError(msg)
    curve = np.full(quarters, float(now))
    persist, scale, drift = np.ones(quarters), np.zeros(quarters), np.zeros(quarters)
    for start, stop, params in _pieces(quarters, first, changes):
        steps = np.arange(stop - start + 1, dtype=float)
        curve[start : stop + 1] = advance(float(curve[start]), steps, params)
        after = slice(start + 1, stop + 1)
        persist[after], scale[after], drift[after] = _noise_law(params)
    return DriverCurve(curve, persist, scale, drift, np.zeros(quarters))


def _pieces(
    quarters: int, first: Mapping[str, Any], changes: Changes
) -> list[tuple[int, int, Mapping[str, Any]]]:
    """Return (first quarter, last quarter, parameters) of each piece; a piece ends where the next begins."""
    starts = [0, *(quarter for quarter, _ in changes)]
    given = starts[1:]
    if sorted(set(given)) != given or min(starts) < 0:
        msg = f"Changes of a driver must name increasing quarters from 0 on, not {given}."
        raise InputError(msg)
    pieces: list[tuple[int, int, Mapping[str, Any]]] = []
    params = dict(first)
    for position, start in enumerate(starts):
        if position:
            new = changes[position - 1][1]
            if unknown := sorted(set(new) - set(first)):
                msg = f"A change names {', '.join(unknown)}; this driver has {', '.join(sorted(first))}."
                raise InputError(msg)
            params = {**params, **new}
        if start < quarters:
            stop = min([*starts[position + 1 : position + 2], quarters - 1])
            pieces.append((start, stop, {**params, "start": start, "first": not position}))
    return pieces


def _noise_law(params: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return persist, scale and drift of one quarter."""
    sigma = not_below_zero("noise", params["noise"])
    if "half_life" not in params:
        return 1.0, sigma * math.sqrt(QUARTER_YEARS), -0.5 * sigma**2 * QUARTER_YEARS
    kappa = _reversion(params)
    variance = -math.expm1(-2.0 * kappa * QUARTER_YEARS) / (2.0 * kappa)
    return math.exp(-kappa * QUARTER_YEARS), sigma * math.sqrt(variance), 0.0


def _read_path(points: Mapping[int, float], at: FloatArray, interpolation: Interpolation) -> FloatArray:
    quarters = np.array(sorted(points), dtype=float)
    levels = np.array([not_below_zero("level", points[quarter]) for quarter in sorted(points)])
    if interpolation == "linear":
        between: FloatArray = np.interp(at, quarters, levels)
        return between
    held: FloatArray = levels[np.searchsorted(quarters, at, side="right") - 1]
    return held


def _bass_share(years: FloatArray | float, params: Mapping[str, Any]) -> FloatArray:
    p, q = above_zero("p", params["p"]), not_below_zero("q", params["q"])
    left = np.exp(-(p + q) * np.asarray(years, dtype=float))
    share: FloatArray = (1.0 - left) / (1.0 + q / p * left)
    return share


def _bass_elapsed(now: float, ceiling: float, params: Mapping[str, Any]) -> float:
    p, q = above_zero("p", params["p"]), not_below_zero("q", params["q"])
    if not now < ceiling:
        msg = f"A Bass diffusion at {now:g} is not below its ceiling {ceiling:g}; give a higher ceiling."
        raise InputError(msg)
    share = now / ceiling
    return -math.log((1.0 - share) / (1.0 + q / p * share)) / (p + q)


def _log_growth(params: Mapping[str, Any]) -> float:
    growth = params["growth"]
    if not -1.0 < growth < math.inf:
        msg = f"A growth of {growth:g} a year is not above -100 %; write 0.7 for 70 %/year."
        raise InputError(msg)
    return math.log1p(growth)


def _reversion(params: Mapping[str, Any]) -> float:
    return math.log(2.0) / above_zero("half_life", params["half_life"])
