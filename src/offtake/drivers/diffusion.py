"""Fits of the Bass diffusion to cumulative adopters, by the three estimators of the literature."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from offtake.drivers.fitted import Fit
from offtake.drivers.history import History, require, require_room
from offtake.drivers.profile import profile_range, refuse_unbounded
from offtake.errors import InputError

__all__ = ["BassMethod", "fit_bass"]

FloatArray = NDArray[np.float64]
BassMethod = Literal["srinivasan_mason", "density", "ols"]

_TIGHT = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
_LEAST_GAP = 1e-6

_SOURCES = {
    "srinivasan_mason": (
        "non-linear least squares on the adopters of each period",
        "Srinivasan and Mason (1986), Marketing Science 5(2), 169-178",
    ),
    "density": (
        "non-linear least squares on the density at the end of each period",
        "Bass (1969), Management Science 15(5), 215-227, equation of S(T); fitted as in nls",
    ),
    "ols": (
        "ordinary least squares of each period's adopters on those before and their square",
        "Bass (1969), Management Science 15(5), 215-227, discrete analogue",
    ),
}


def fit_bass(
    history: History, *, ceiling: float | None = None, method: BassMethod = "srinivasan_mason"
) -> Fit:
    """Return the Bass diffusion of a history of cumulative adopters.

    Parameters
    ----------
    history
        Cumulative adopters, not falling, at least 6 points. A first value of zero marks the launch; otherwise
        the time since the launch follows from the first value.
    ceiling
        The market, where it is known from elsewhere; then only p and q are fitted, not by ``"ols"``.
    method
        ``"srinivasan_mason"``, ``"density"`` or ``"ols"``, which needs equal steps.

    Raises
    ------
    InputError
        If the history falls, is too short, or does not identify the market.

    Examples
    --------
    >>> import numpy as np
    >>> from offtake.drivers.history import to_history
    >>> left = np.exp(-0.5 * np.arange(13))
    >>> fit = fit_bass(to_history((range(13), 100 * (1 - left) / (1 + 24 * left))))
    >>> [round(fit.parameters[key], 4) for key in ("ceiling", "p", "q")]
    [100.0, 0.02, 0.48]
    """
    require(history, 6, "bass", zero_start=True)
    if (np.diff(history.values) < 0.0).any():
        msg = "A Bass fit needs cumulative adopters, and the history falls; sum the adopters of each period."
        raise InputError(msg)
    if method not in _SOURCES:
        msg = f"There is no Bass estimator {method!r}; use {', '.join(_SOURCES)}."
        raise InputError(msg)
    require_room(history, ceiling)
    if method == "ols":
        return _fit_ols(history, ceiling)
    return _fit_least_squares(history, ceiling, method)


def _fit_least_squares(history: History, ceiling: float | None, method: BassMethod) -> Fit:
    last = float(history.values[-1])
    held = None if ceiling is None else float(np.log(ceiling - last))
    best = _search(history, method, held)
    gap, p, q = (float(x) for x in np.exp(best))
    if held is None and gap <= 2.0 * _LEAST_GAP * last:
        msg = "The history has reached its market; fit 'mean_reverting', or write a constant with noise."
        raise InputError(msg)
    rest = _rest(history, method, best)
    count = len(rest)
    freedom = count - (3 if held is None else 2)
    interval = {}
    if held is None:
        sales = float((np.diff(history.values) ** 2).sum())
        interval["ceiling"] = profile_range(
            lambda m: _held_squares(history, method, m, best), last + gap, last, freedom, sales
        )
        refuse_unbounded(interval["ceiling"])
    slopes = _differences(lambda x: _rest(history, method, x), best)[:, 0 if held is None else 1 :]
    variance = float(rest @ rest) / freedom
    errors = np.sqrt(np.diag(variance * np.linalg.pinv(slopes.T @ slopes)))
    names = ("ceiling", "p", "q") if held is None else ("p", "q")
    sizes = {"ceiling": gap, "p": p, "q": q}
    return _record(
        history,
        method,
        (last + gap, p, q),
        {name: float(sizes[name] * error) for name, error in zip(names, errors, strict=True)},
        float(np.sqrt(variance)),
        interval,
    )


def _search(history: History, method: BassMethod, held: float | None) -> FloatArray:
    """Return log(market - last), log p and log q of the least sum of squares, from several starts."""
    from scipy.optimize import least_squares

    last = float(history.values[-1])
    years = float(history.times[-1] - history.times[0])
    gaps = [held] if held is not None else [float(np.log(last * times)) for times in (0.1, 1.0, 10.0)]
    least = float(np.log(_LEAST_GAP * last))
    low, high = ([least, -40.0, -40.0], [np.log(1e8 * last), 10.0, 10.0])
    free = slice(0 if held is None else 1, 3)

    def full(x: FloatArray) -> FloatArray:
        return x if held is None else np.array([held, *x])

    fits = []
    for gap in gaps:
        for speed in (2.0, 5.0, 12.0):
            for ratio in (10.0, 200.0):
                start = np.array([gap, np.log(speed / years / ratio), np.log(speed / years)])[free]
                fits.append(
                    least_squares(
                        lambda x: _rest(history, method, full(x)),
                        start,
                        bounds=(low[free], high[free]),
                        **_TIGHT,
                    )
                )
    return full(np.asarray(min(fits, key=lambda fit: fit.cost).x, dtype=float))


def _held_squares(history: History, method: BassMethod, market: float, near: FloatArray) -> float:
    """Return the least sum of squares with the market held, from p and q that sell as much today."""
    from scipy.optimize import least_squares

    last = float(history.values[-1])
    gap = np.log(market - last)
    shift = np.log((last + np.exp(near[0])) / market)
    fits = [
        least_squares(
            lambda x: _rest(history, method, np.array([gap, *x])), start, bounds=(-60.0, 10.0), **_TIGHT
        )
        for start in (near[1:] + np.array([shift, 0.0]), near[1:])
    ]
    return float(2.0 * min(fit.cost for fit in fits))


def _rest(history: History, method: BassMethod, logs: FloatArray) -> FloatArray:
    """Return the adopters of each period less those of the model."""
    gap, p, q = np.exp(logs)
    market = history.values[-1] + gap
    steps = np.diff(history.times)
    if method == "density":
        left = np.exp(-(p + q) * _since_launch(history, market, p, q)[1:])
        sales = market * steps * (p + q) ** 2 / p * left / (1.0 + q / p * left) ** 2
    else:
        sales = np.diff(_adopters(history, market, p, q))
    rest: FloatArray = sales - np.diff(history.values)
    return rest


def _since_launch(history: History, market: float, p: float, q: float) -> FloatArray:
    share = history.values[0] / market
    elapsed = -np.log((1.0 - share) / (1.0 + q / p * share)) / (p + q)
    since: FloatArray = elapsed + history.times - history.times[0]
    return since


def _adopters(history: History, market: float, p: float, q: float) -> FloatArray:
    left = np.exp(-(p + q) * _since_launch(history, market, p, q))
    adopters: FloatArray = market * (1.0 - left) / (1.0 + q / p * left)
    return adopters


def _fit_ols(history: History, ceiling: float | None) -> Fit:
    steps = np.diff(history.times)
    if ceiling is not None or not np.allclose(steps, steps[0], rtol=1e-6):
        msg = "Ordinary least squares needs equal steps and fits the ceiling itself; use 'srinivasan_mason'."
        raise InputError(msg)
    sales, before = np.diff(history.values), history.values[:-1]
    scale = float(history.values[-1])
    table = np.column_stack([np.ones_like(before), before / scale, (before / scale) ** 2])
    weights: FloatArray = np.asarray(np.linalg.lstsq(table, sales, rcond=None)[0], dtype=np.float64)
    rest = sales - table @ weights
    a, b, c = weights
    if not (c < 0.0 < a and b * b > 4.0 * a * c):
        msg = (
            "The history does not identify the market by ordinary least squares: its sales do not bend down "
            "with cumulative adopters. Use 'srinivasan_mason', which also gives the plausible range."
        )
        raise InputError(msg)
    variance = float(rest @ rest) / (len(sales) - 3)
    slopes = _differences(lambda x: np.array(_from_regression(x, scale, steps[0])), weights)
    errors = np.sqrt(np.diag(slopes @ (variance * np.linalg.inv(table.T @ table)) @ slopes.T))
    values = _from_regression(weights, scale, steps[0])
    known = dict(zip(("ceiling", "p", "q"), map(float, errors), strict=True))
    return _record(history, "ols", values, known, float(np.sqrt(variance)), {})


def _from_regression(weights: FloatArray, scale: float, step: float) -> tuple[float, float, float]:
    """Return market, p and q a year from the three coefficients of the regression."""
    a, b, c = weights
    market = (-b - np.sqrt(b * b - 4.0 * a * c)) / (2.0 * c)
    return float(market * scale), float(a / (market * scale) / step), float(-c * market / scale / step)


def _differences(function: Callable[[FloatArray], FloatArray], at: FloatArray) -> FloatArray:
    """Return the Jacobian by central differences, [outputs, inputs]."""
    columns = []
    for k, value in enumerate(at):
        step = np.zeros_like(at)
        step[k] = 1e-6 * max(abs(float(value)), 1.0)
        columns.append((function(at + step) - function(at - step)) / (2.0 * step[k]))
    return np.column_stack(columns)


def _record(
    history: History,
    method: BassMethod,
    values: tuple[float, float, float],
    errors: dict[str, float],
    residual_sd: float,
    interval: dict[str, tuple[float, float]],
) -> Fit:
    """Return the record, with the noise that the log adopters show round the fitted curve."""
    market, p, q = values
    fitted = _adopters(history, market, p, q)
    seen = (history.values > 0.0) & (fitted > 0.0)
    moves: Any = np.diff(np.log(history.values[seen] / fitted[seen]))
    noise = float(np.sqrt(np.mean(moves**2 / np.diff(history.times[seen]))))
    words, citation = _SOURCES[method]
    return Fit(
        model="bass",
        parameters={"now": float(history.values[-1]), "ceiling": market, "p": p, "q": q},
        standard_errors=errors,
        noise=noise,
        residual_sd=residual_sd,
        n=len(history.values) - 1,
        method=words,
        citation=citation,
        interval=interval,
        source=history.source,
    )
