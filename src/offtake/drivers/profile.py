"""The range of one parameter that a history leaves plausible."""

import math
from collections.abc import Callable

from offtake.errors import InputError

__all__ = ["profile_range", "refuse_unbounded"]

_LEVEL = 0.95
_ROUNDING = 1e-16
_REACH = 1e4
"""A ceiling this many times the last value is as good as none."""


def profile_range(
    squares: Callable[[float], float], best: float, lowest: float, freedom: int, scale: float
) -> tuple[float, float]:
    """Return the 95 % range of a parameter, by the F test on the profile of the sum of squares.

    Parameters
    ----------
    squares
        The least sum of squares with the parameter held at a value.
    best
        The estimate.
    lowest
        The least value that the parameter can have.
    freedom
        Residual degrees of freedom.
    scale
        The sum of squares of the data, which sets what is rounding.

    Returns
    -------
    tuple
        Lower and upper end; the upper is infinite where `_REACH` times the lowest value still fits.

    Notes
    -----
    Bates and Watts (1988), Nonlinear Regression Analysis and Its Applications, section 6.1.
    """
    from scipy.stats import f

    limit = squares(best) * (1.0 + f.ppf(_LEVEL, 1, freedom) / freedom) + _ROUNDING * scale

    def excess(log_gap: float) -> float:
        return float(squares(lowest + math.exp(log_gap)) - limit)

    centre = math.log(best - lowest)
    low, high = math.log(lowest * 1e-6), math.log(lowest * _REACH)
    lower = lowest if excess(low) <= 0.0 else lowest + math.exp(_crossing(excess, centre, low))
    upper = math.inf if excess(high) <= 0.0 else lowest + math.exp(_crossing(excess, centre, high))
    return lower, upper


def refuse_unbounded(ceiling: tuple[float, float]) -> None:
    """Raise unless the range of a ceiling is bounded above."""
    if math.isinf(ceiling[1]):
        msg = (
            f"The history does not identify the ceiling: every one from {ceiling[0]:.4g} upwards, without "
            "limit, fits it within 95 % (profile F test). Give `ceiling` from another source, take a longer "
            "history, or fit the model 'gbm', which has no ceiling."
        )
        raise InputError(msg)


def _crossing(excess: Callable[[float], float], inside: float, outside: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(excess, inside, outside, xtol=1e-4)) if excess(inside) < 0.0 else inside
