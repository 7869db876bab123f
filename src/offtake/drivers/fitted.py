"""The record that a fit returns, and how a book writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Fit", "Model"]

Model = Literal["gbm", "mean_reverting", "logistic", "bass"]

_RATES = frozenset({"growth", "p", "q"})
_MONTHS = 12
_DIGITS = 4


@dataclass(frozen=True)
class Fit:
    """A driver fitted to a history.

    Parameters
    ----------
    model
        The process, by its name in a book.
    parameters
        Estimates by name; rates a year, `half_life` in years, levels in the history's unit. `now` is the last
        value of the history.
    standard_errors
        Of the estimated parameters, by name; a parameter that was given has none.
    noise
        Implied volatility of the log value a year.
    residual_sd
        Standard deviation of the residuals: of sales a period for a Bass fit, of log changes for the others.
    n
        The number of residuals.
    interval
        95 % range of the parameter that is hardest to identify (`ceiling`, `half_life`), from its profile.
    method
        What was minimised or maximised, in words.
    citation
        Where the method is from.
    source
        The file of the history, if it was read from one.
    """

    model: Model
    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float]
    noise: float
    residual_sd: float
    n: int
    method: str
    citation: str
    interval: Mapping[str, tuple[float, float]]
    source: str | None = None

    def entry(self, name: str, *, unit: str = "", history: str | None = None) -> dict[str, object]:
        """Return the driver's entry as a book writes it, in four digits.

        Parameters
        ----------
        name
            The driver's name, which the history file is called after where it has no name yet.
        unit
            Unit of the values, such as ``MW``.
        history
            The history file, if another than the one that was read.

        Examples
        --------
        >>> parameters = {"now": 35.0, "ceiling": 180.0, "growth": 0.7}
        >>> fit = Fit("logistic", parameters, {}, 0.18, 0.09, 12, "", "", {}, "users.csv")
        >>> fit.entry("users", unit="MW")["logistic"]
        {'now': '35 MW', 'ceiling': '180 MW', 'growth': '70 %/year'}
        """
        process = {key: _written(key, value, unit) for key, value in self.parameters.items()}
        return {
            self.model: process,
            "noise": f"{_digits(100.0 * self.noise)} %/year",
            "history": history or self.source or f"{name}.csv",
        }


def _written(key: str, value: float, unit: str) -> str | float:
    if key in _RATES:
        return f"{_digits(100.0 * value)} %/year"
    if key == "half_life":
        return f"{_digits(_MONTHS * value)} months"
    return f"{_digits(value)} {unit}" if unit else float(_digits(value))


def _digits(value: float) -> str:
    """Return the number in four significant digits, without an exponent."""
    rounded = float(f"{value:.{_DIGITS}g}")
    text = f"{rounded:.12f}".rstrip("0").rstrip(".")
    return text or "0"
