"""Fits of growth on the driver's own law: log changes round those of a curve, with variance noise² × years.

A driver's noise accumulates, so that changes and not levels are independent. A fit to levels would count the
same surprise again at every later date and claim far too much precision.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from offtake.drivers.fitted import Fit
from offtake.drivers.history import History, require, require_room
from offtake.drivers.profile import profile_range, refuse_unbounded
from offtake.errors import InputError

__all__ = ["fit_gbm", "fit_logistic"]

FloatArray = NDArray[np.float64]

_GAP = (-8.0, 9.0)
"""Range of log(ceiling / now - 1) that is searched."""


def fit_gbm(history: History) -> Fit:
    """Return the geometric Brownian motion of a history: maximum likelihood, for steps of any length.

    The variance is divided by n - 1. Growth is that of the mean.

    Examples
    --------
    >>> from offtake.drivers.history import to_history
    >>> round(fit_gbm(to_history(([0, 1, 2], [10, 15, 22.5]))).parameters["growth"], 6)
    0.5
    """
    require(history, 3, "gbm")
    years, moves = np.diff(history.times), np.diff(np.log(history.values))
    trend = moves.sum() / years.sum()
    rest = moves - trend * years
    count = len(moves)
    variance = float((rest**2 / years).sum()) / (count - 1)
    growth = float(np.exp(trend + variance / 2.0))
    slope = np.sqrt(variance / years.sum() + variance**2 / (2.0 * count))
    noise = float(np.sqrt(variance))
    return Fit(
        model="gbm",
        parameters={"now": float(history.values[-1]), "growth": growth - 1.0},
        standard_errors={"growth": growth * float(slope), "noise": noise / np.sqrt(2.0 * count)},
        noise=noise,
        residual_sd=float(rest.std(ddof=1)),
        n=count,
        method="maximum likelihood on log changes, steps of any length",
        citation="Campbell, Lo and MacKinlay (1997), The Econometrics of Financial Markets, section 9.3.2",
        interval={},
        source=history.source,
    )


def fit_logistic(history: History, *, ceiling: float | None = None) -> Fit:
    """Return the logistic of a history, by maximum likelihood of its log changes.

    The curve is the one that passes through the last value, which is where the driver goes on from, so the
    ceiling is that of the mean from today on. The variance has n less the number of parameters below it.

    Parameters
    ----------
    history
        At least 5 points above zero.
    ceiling
        The ceiling, where it is known from elsewhere; then only the growth is fitted.

    Raises
    ------
    InputError
        If the history does not identify the ceiling, or has reached it.

    Examples
    --------
    >>> import numpy as np
    >>> from offtake.drivers.history import to_history
    >>> years = np.arange(0, 8, 0.5)
    >>> fit = fit_logistic(to_history((years, 180 / (1 + 9 * np.exp(-0.8 * years)))))
    >>> round(fit.parameters["ceiling"], 3), round(float(np.log1p(fit.parameters["growth"])), 3)
    (180.0, 0.8)
    """
    require(history, 5, "logistic")
    now = float(history.values[-1])
    require_room(history, ceiling)
    search = _LogisticSearch(history)
    held = None if ceiling is None else float(np.log(ceiling / now - 1.0))
    gap, rate, variance = search.run(held)
    if gap <= _GAP[0] + 1e-6:
        msg = "The history has reached its ceiling; fit 'mean_reverting', or write a constant with noise."
        raise InputError(msg)
    top = now * (1.0 + float(np.exp(gap)))
    freedom = search.count - (2 if held is None else 1)
    interval = {}
    if held is None:
        bounds = profile_range(
            lambda k: search.held_squares(float(np.log(k / now - 1.0)), variance),
            top,
            now,
            freedom,
            search.total,
        )
        refuse_unbounded(bounds)
        interval["ceiling"] = bounds
    errors = search.errors(gap, rate, variance, held is None)
    growth = float(np.exp(rate))
    noise = float(np.sqrt(variance))
    known = {"ceiling": (top - now) * errors[0]} if held is None else {}
    return Fit(
        model="logistic",
        parameters={"now": now, "ceiling": top, "growth": growth - 1.0},
        standard_errors={
            **known,
            "growth": growth * errors[-1],
            "noise": noise / np.sqrt(2.0 * search.count),
        },
        noise=noise,
        residual_sd=float(np.sqrt((search.rest(gap, rate) ** 2).sum() / freedom)),
        n=search.count,
        method="maximum likelihood on log changes round a logistic through the last value",
        citation="Meade and Islam (2006), International Journal of Forecasting 22(3), 519-545",
        interval=interval,
        source=history.source,
    )


class _LogisticSearch:
    """Least squares of weighted log changes in gap = log(ceiling / now - 1) and rate = log(1 + growth)."""

    def __init__(self, history: History) -> None:
        self._after = history.times - history.times[-1]
        self._years, self._moves = np.diff(history.times), np.diff(np.log(history.values))
        self.count = len(self._moves)
        self.total = float((self._moves**2 / self._years).sum())
        self._trend = float(self._moves.sum() / self._years.sum())

    def rest(self, gap: float, rate: float) -> FloatArray:
        """Return the log changes less those of the curve."""
        logs = -np.logaddexp(0.0, gap - rate * self._after)
        rest: FloatArray = self._moves - np.diff(logs)
        return rest

    def _weighted(self, gap: float, rate: float, variance: float) -> FloatArray:
        weighted: FloatArray = (self.rest(gap, rate) + variance * self._years / 2.0) / np.sqrt(self._years)
        return weighted

    def held_squares(self, gap: float, variance: float) -> float:
        """Return the least sum of squares with the gap held."""
        return float((self._weighted(gap, self._held_rate(gap, variance), variance) ** 2).sum())

    def _held_rate(self, gap: float, variance: float) -> float:
        from scipy.optimize import least_squares

        first = (self._trend + variance / 2.0) * (1.0 + np.exp(-max(gap, -2.0)))
        fits = [
            least_squares(lambda x: self._weighted(gap, x[0], variance), [start], xtol=1e-14, ftol=1e-14)
            for start in (first, self._trend / 2.0)
        ]
        return float(min(fits, key=lambda fit: fit.cost).x[0])

    def run(self, held: float | None) -> tuple[float, float, float]:
        """Return gap, rate and variance; the drift of a lognormal ties the three together."""
        variance = 0.0
        freedom = self.count - (2 if held is None else 1)
        for _ in range(100):
            if held is None:
                gap, rate = self._both(variance)
            else:
                gap, rate = held, self._held_rate(held, variance)
            before = variance
            variance = float((self._weighted(gap, rate, before) ** 2).sum()) / freedom
            if abs(variance - before) <= 1e-10 * variance + 1e-18:
                break
        return gap, rate, variance

    def _both(self, variance: float) -> tuple[float, float]:
        from scipy.optimize import least_squares

        grid = np.linspace(*_GAP, 18)
        start = min(grid, key=lambda gap: self.held_squares(gap, variance))
        fit = least_squares(
            lambda x: self._weighted(x[0], x[1], variance),
            [np.clip(start, _GAP[0] + 0.1, _GAP[1] - 0.1), self._held_rate(start, variance)],
            bounds=([_GAP[0], -np.inf], [_GAP[1], np.inf]),
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        return float(fit.x[0]), float(fit.x[1])

    def errors(self, gap: float, rate: float, variance: float, both: bool) -> list[float]:
        """Return the standard errors of (gap, rate), or of the rate alone."""
        slopes = self._slopes(gap, rate)[:, 0 if both else 1 :] / np.sqrt(self._years)[:, None]
        covariance: Any = variance * np.linalg.pinv(slopes.T @ slopes)
        return [float(error) for error in np.sqrt(np.diag(covariance))]

    def _slopes(self, gap: float, rate: float) -> FloatArray:
        odds = 1.0 / (1.0 + np.exp(-(gap - rate * self._after)))
        slopes: FloatArray = np.diff(np.column_stack([-odds, self._after * odds]), axis=0)
        return slopes
