"""The fit of a mean-reverting driver: exact maximum likelihood of a log Ornstein-Uhlenbeck process."""

import math

import numpy as np
from numpy.typing import NDArray

from offtake.drivers.fitted import Fit
from offtake.drivers.history import History, require, span
from offtake.errors import InputError

__all__ = ["fit_mean_reverting"]

FloatArray = NDArray[np.float64]

_LONGEST = 3.0
"""A half-life above this many times the history's length cannot be told from none."""

_SHORTEST = 0.1
"""A half-life below this share of the shortest step cannot be told from no memory."""

_CHI2_95 = 3.841458820694124


def fit_mean_reverting(history: History) -> Fit:
    """Return the mean-reverting process of a history, by its exact transition, for steps of any length.

    Estimates of the half-life from few half-lives of data are too short on average; the interval is from the
    profile likelihood.

    Raises
    ------
    InputError
        If there are fewer than 6 points, the values do not vary, or the half-life is not identified.

    Examples
    --------
    >>> import numpy as np
    >>> from offtake.drivers.history import to_history
    >>> times = np.arange(60) / 4
    >>> values = 2.0 * np.exp(0.3 * np.sin(2.5 * times))
    >>> round(fit_mean_reverting(to_history((times, values))).parameters["level"], 1)
    2.0
    """
    require(history, 6, "mean_reverting")
    years, logs = np.diff(history.times), np.log(history.values)
    if np.ptp(logs) == 0.0:
        msg = "The history does not vary; write a constant."
        raise InputError(msg)
    speed = _best_speed(years, logs)
    half_life = math.log(2.0) / speed
    if not _SHORTEST * years.min() < half_life < _LONGEST * span(history):
        _refuse(half_life, span(history))
    centre, variance, _ = _profile(speed, years, logs)
    found = np.array([math.log(speed), centre, 0.5 * math.log(variance)])
    errors = np.sqrt(np.diag(np.linalg.inv(_hessian(found, years, logs))))
    level, noise = math.exp(centre), math.sqrt(variance)
    keep = np.exp(-speed * years)
    rest = logs[1:] - centre - keep * (logs[:-1] - centre)
    return Fit(
        model="mean_reverting",
        parameters={"now": float(history.values[-1]), "level": level, "half_life": half_life},
        standard_errors={
            "level": level * float(errors[1]),
            "half_life": half_life * float(errors[0]),
            "noise": noise * float(errors[2]),
        },
        noise=noise,
        residual_sd=float(np.sqrt(np.mean(rest**2))),
        n=len(years),
        method="exact maximum likelihood of a log Ornstein-Uhlenbeck process, steps of any length",
        citation="Brigo, Dalessandro, Neugebauer and Triki (2009), J. Risk Manag. Financ. Inst. 2(4)",
        interval={"half_life": _interval(speed, years, logs)},
        source=history.source,
    )


def _profile(speed: float, years: FloatArray, logs: FloatArray) -> tuple[float, float, float]:
    """Return the best centre and variance at a speed of reversion, and the negative log likelihood there."""
    keep = np.exp(-speed * years)
    spread = -np.expm1(-2.0 * speed * years) / (2.0 * speed)
    pull = -np.expm1(-speed * years)
    moves = logs[1:] - keep * logs[:-1]
    centre = float((pull * moves / spread).sum() / (pull**2 / spread).sum())
    variance = float(((moves - pull * centre) ** 2 / spread).mean())
    return centre, variance, 0.5 * len(years) * math.log(variance) + 0.5 * float(np.log(spread).sum())


def _best_speed(years: FloatArray, logs: FloatArray) -> float:
    from scipy.optimize import minimize_scalar

    def loss(log_speed: float) -> float:
        return _profile(math.exp(log_speed), years, logs)[2]

    ends = _log_speeds(years)
    grid = np.linspace(*ends, 60)
    start = int(np.argmin([loss(x) for x in grid]))
    inner = (grid[max(start - 1, 0)], grid[min(start + 1, len(grid) - 1)])
    best = minimize_scalar(loss, bounds=inner, method="bounded", options={"xatol": 1e-10})
    return math.exp(float(best.x))


def _log_speeds(years: FloatArray) -> tuple[float, float]:
    slowest = math.log(2.0) / (100.0 * float(years.sum()))
    fastest = math.log(2.0) / (0.02 * float(years.min()))
    return math.log(slowest), math.log(fastest)


def _interval(speed: float, years: FloatArray, logs: FloatArray) -> tuple[float, float]:
    """Return the 95 % range of the half-life by the likelihood ratio."""
    from scipy.optimize import brentq

    limit = _profile(speed, years, logs)[2] + _CHI2_95 / 2.0

    def excess(log_speed: float) -> float:
        return _profile(math.exp(log_speed), years, logs)[2] - limit

    slow, fast = _log_speeds(years)
    centre = math.log(speed)
    longest = math.inf if excess(slow) <= 0.0 else math.log(2.0) / math.exp(brentq(excess, slow, centre))
    shortest = 0.0 if excess(fast) <= 0.0 else math.log(2.0) / math.exp(brentq(excess, centre, fast))
    return shortest, longest


def _hessian(at: FloatArray, years: FloatArray, logs: FloatArray) -> FloatArray:
    """Return the observed information in (log speed, centre, log noise), by central differences."""

    def loss(x: FloatArray) -> float:
        speed, variance = math.exp(x[0]), math.exp(2.0 * x[2])
        spread = -np.expm1(-2.0 * speed * years) / (2.0 * speed) * variance
        rest = logs[1:] - x[1] - np.exp(-speed * years) * (logs[:-1] - x[1])
        return 0.5 * float((rest**2 / spread + np.log(spread)).sum())

    steps = 1e-4 * np.eye(3) * [1.0, max(float(np.std(logs)), 1e-6), 1.0]
    sizes = steps.sum(axis=1)
    return np.array(
        [
            [
                (loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b)) / (4.0 * da * db)
                for b, db in zip(steps, sizes, strict=True)
            ]
            for a, da in zip(steps, sizes, strict=True)
        ]
    )


def _refuse(half_life: float, years: float) -> None:
    if half_life > years:
        msg = (
            f"The history does not identify a level: the best half-life is {half_life:.3g} years and the "
            f"history covers {years:.3g}. Fit 'gbm', take a longer history, or write the level yourself."
        )
    else:
        msg = (
            "The history shows no memory from one date to the next, so its half-life cannot be told; take a "
            "history with shorter steps, or write the half-life yourself."
        )
    raise InputError(msg)
