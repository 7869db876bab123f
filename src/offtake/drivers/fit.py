"""Drivers from histories: one call for all models."""

from typing import Any, get_args

from offtake.drivers.diffusion import BassMethod, fit_bass
from offtake.drivers.fitted import Fit, Model
from offtake.drivers.growth import fit_gbm, fit_logistic
from offtake.drivers.history import to_history
from offtake.drivers.reversion import fit_mean_reverting
from offtake.errors import InputError

__all__ = ["fit"]


def fit(
    history: Any,
    model: Model = "logistic",
    *,
    ceiling: float | None = None,
    method: BassMethod = "srinivasan_mason",
) -> Fit:
    """Return the driver that a history supports, with standard errors and the noise that it implies.

    Parameters
    ----------
    history
        A `History`, a table with the columns `date` (or `time`, in years) and `value`, or a pair of times in
        years and values. For ``"bass"`` the values are cumulative adopters.
    model
        ``"gbm"``, ``"mean_reverting"``, ``"logistic"`` or ``"bass"``.
    ceiling
        For ``"logistic"`` and ``"bass"``: the ceiling, where it is known from elsewhere.
    method
        For ``"bass"``: the estimator, ``"srinivasan_mason"``, ``"density"`` or ``"ols"``.

    Raises
    ------
    InputError
        If the history is too short, has values not above zero or dates out of order, or does not identify a
        parameter; in the last case the error gives the range that the history leaves plausible.

    Examples
    --------
    >>> found = fit(([2022, 2023, 2024, 2025], [10.0, 16.0, 27.0, 43.0]), model="gbm")
    >>> found.entry("users", unit="MW")
    {'gbm': {'now': '43 MW', 'growth': '62.7 %/year'}, 'noise': '3.216 %/year', 'history': 'users.csv'}
    """
    if model not in get_args(Model):
        msg = f"There is no model {model!r} to fit; use {', '.join(get_args(Model))}."
        raise InputError(msg)
    if ceiling is not None and model not in ("logistic", "bass"):
        msg = f"The model {model!r} has no ceiling; leave it out, or fit 'logistic' or 'bass'."
        raise InputError(msg)
    data = to_history(history)
    if model == "gbm":
        return fit_gbm(data)
    if model == "mean_reverting":
        return fit_mean_reverting(data)
    if model == "bass":
        return fit_bass(data, ceiling=ceiling, method=method)
    return fit_logistic(data, ceiling=ceiling)
