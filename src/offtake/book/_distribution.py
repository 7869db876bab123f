"""Distributions: what a person writes in place of a number that is not known."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Final, Literal, get_args

from offtake.units import QuantityError, format, read  # noqa: A004 - units names its two directions so

__all__ = ["DISTRIBUTION_KEYS", "KINDS", "Distribution", "Kind", "number_or_text", "read_distribution"]

Kind = Literal["triangular", "uniform", "normal", "lognormal", "discrete"]
"""Every kind of distribution."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DISTRIBUTION_KEYS: Final = frozenset({*KINDS, "unit", "cause", "correlation"})
"""Keys that a mapping of a distribution may have."""

_ROUNDING: Final = 1e-9
_LARGEST_WHOLE: Final = 1e15
_NORMAL: Final = NormalDist()
_P90: Final = _NORMAL.inv_cdf(0.9)
_NAMED: Final[Mapping[str, tuple[str, str]]] = {"normal": ("mean", "sd"), "lognormal": ("median", "p90")}
_LISTED: Final[Mapping[str, tuple[str, ...]]] = {
    "triangular": ("low", "mode", "high"),
    "uniform": ("low", "high"),
}
_FORMS: Final[Mapping[str, str]] = {
    "triangular": "{triangular: [2, 3, 6], unit: quarters}",
    "uniform": "{uniform: [2, 6], unit: quarters}",
    "normal": "{normal: {mean: 9 months, sd: 2 months}}",
    "lognormal": "{lognormal: {median: 9 months, p90: 20 months}}",
    "discrete": "{discrete: {values: [2, 4], weights: [0.7, 0.3]}, unit: quarters}",
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """A one-dimensional distribution with its parameters in a canonical unit.

    Parameters
    ----------
    kind
        Which distribution it is.
    params
        The parameters: low, mode and high (triangular); low and high (uniform); mean and standard deviation
        (normal); median and 90 % quantile (lognormal); the values (discrete).
    weights
        The probabilities of a discrete distribution's values, summing to 1; empty otherwise.
    cause
        The common cause that moves it together with others, or None.
    correlation
        The correlation with that cause's other members, or None for the cause's own.
    unit
        The unit in which it was written; it does not take part in comparisons.

    Raises
    ------
    UnitError
        If the parameters are not those of a distribution.

    Examples
    --------
    >>> delay = Distribution("triangular", (2.0, 3.0, 6.0))
    >>> round(delay.median, 3), round(delay.low, 3), round(delay.high, 3)
    (3.551, 2.447, 5.225)
    """

    kind: Kind
    params: tuple[float, ...]
    weights: tuple[float, ...] = ()
    cause: str | None = None
    correlation: float | None = None
    unit: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not all(math.isfinite(each) for each in (*self.params, *self.weights)):
            raise _misformed(self.kind, "its numbers must be finite")
        if self.kind == "discrete":
            self._check_discrete()
        else:
            self._check_continuous()
        if self.correlation is not None and not 0 <= self.correlation <= 1:
            what = f"a correlation of {self.correlation:g} with a cause is not between 0 and 1"
            raise QuantityError(what, "Write one such as 50 %")

    def _check_discrete(self) -> None:
        if not self.params or len(self.params) != len(self.weights):
            raise _misformed(self.kind, "it needs as many weights as values, and at least one of each")
        if min(self.weights) < 0 or abs(math.fsum(self.weights) - 1) > _ROUNDING:
            raise _misformed(self.kind, "its weights must be positive and sum to 1")

    def _check_continuous(self) -> None:
        names = _LISTED.get(self.kind) or _NAMED[self.kind]
        if len(self.params) != len(names) or self.weights:
            raise _misformed(self.kind, f"it needs {len(names)} numbers: {', '.join(names)}")
        low, high = self.params[0], self.params[-1]
        if self.kind == "normal" and high <= 0:
            raise _misformed(self.kind, "its standard deviation must be above zero")
        if self.kind == "lognormal" and not 0 < low < high:
            raise _misformed(
                self.kind, "its median must be above zero and its 90 % quantile above the median"
            )
        if self.kind in _LISTED and (list(self.params) != sorted(self.params) or low == high):
            raise _misformed(self.kind, f"its numbers must rise: {', '.join(names)}")

    def quantile(self, probability: float) -> float:
        """Return the value that is not exceeded with a probability.

        Examples
        --------
        >>> Distribution("uniform", (10.0, 20.0)).quantile(0.25)
        12.5
        """
        first, last = self.params[0], self.params[-1]
        match self.kind:
            case "uniform":
                return first + probability * (last - first)
            case "normal":
                return first + last * _NORMAL.inv_cdf(probability)
            case "lognormal":
                return first * math.exp(self.log_sd * _NORMAL.inv_cdf(probability))
            case "triangular":
                return self._triangular_quantile(probability)
            case "discrete":
                return self._discrete_quantile(probability)

    def _triangular_quantile(self, probability: float) -> float:
        low, mode, high = self.params
        if probability * (high - low) <= mode - low:
            return low + math.sqrt(probability * (high - low) * (mode - low))
        return high - math.sqrt((1 - probability) * (high - low) * (high - mode))

    def _discrete_quantile(self, probability: float) -> float:
        below = 0.0
        ordered = sorted(zip(self.params, self.weights, strict=True))
        for value, weight in ordered:
            below += weight
            if below >= probability - 1e-12:
                return value
        return ordered[-1][0]

    @property
    def log_sd(self) -> float:
        """The standard deviation of the logarithm; of a lognormal distribution only."""
        return math.log(self.params[1] / self.params[0]) / _P90

    @property
    def median(self) -> float:
        """The value that is exceeded as often as not; the smaller one where a discrete one has two."""
        return self.params[0] if self.kind in _NAMED else self.quantile(0.5)

    @property
    def mean(self) -> float:
        """The expected value."""
        if self.kind == "discrete":
            return math.fsum(value * weight for value, weight in zip(self.params, self.weights, strict=True))
        if self.kind == "normal":
            return self.params[0]
        if self.kind == "lognormal":
            return self.params[0] * math.exp(self.log_sd**2 / 2)
        return math.fsum(self.params) / len(self.params)

    @property
    def low(self) -> float:
        """The 5 % quantile."""
        return self.quantile(0.05)

    @property
    def high(self) -> float:
        """The 95 % quantile."""
        return self.quantile(0.95)

    @property
    def least(self) -> float:
        """The least value that can occur; minus infinity for a normal distribution."""
        if self.kind == "normal":
            return -math.inf
        return 0.0 if self.kind == "lognormal" else min(self.params)

    def written(self, dimension: str) -> dict[str, Any]:
        """Return the mapping that a person would write, which reads back as the same distribution.

        Examples
        --------
        >>> Distribution("triangular", (2.0, 3.0, 6.0), unit="quarters").written("duration")
        {'triangular': [2, 3, 6], 'unit': 'quarters'}
        """
        numbers = [number_or_text(each, dimension, self.unit) for each in self.params]
        data: dict[str, Any] = {}
        if self.kind == "discrete":
            data[self.kind] = {"values": numbers, "weights": [_plain(each) for each in self.weights]}
        elif self.kind in _NAMED:
            data[self.kind] = dict(zip(_NAMED[self.kind], numbers, strict=True))
        else:
            data[self.kind] = numbers
        data = _with_common_unit(data, self.kind, numbers, self.unit)
        if self.cause is not None:
            data["cause"] = self.cause
        if self.correlation is not None:
            data["correlation"] = number_or_text(self.correlation, "share", None)
        return data


def read_distribution(data: Mapping[str, Any], dimension: str) -> tuple[Distribution, str]:
    """Return the distribution that a mapping describes, and the dimension that its numbers have.

    Parameters
    ----------
    data : mapping
        One of the kinds as key, and `unit`, `cause`, `correlation` beside it where wanted.
    dimension : str
        The dimension that is asked for.

    Raises
    ------
    UnitError
        If it is not a distribution of this dimension.

    Examples
    --------
    >>> delay, _ = read_distribution({"lognormal": {"median": "9 months", "p90": "20 months"}}, "duration")
    >>> delay.params
    (3.0, 6.666666666666667)
    """
    kinds = [kind for kind in KINDS if kind in data]
    if len(kinds) != 1:
        what = f"one distribution is needed, got {' and '.join(kinds) or 'none'}"
        raise QuantityError(what, f"Write one such as {_FORMS['triangular']}")
    kind = kinds[0]
    texts, weights = _numbers_of(kind, data[kind])
    unit = data.get("unit")
    read_all = [read(_with_unit(each, unit), dimension) for each in texts]
    found = {each.dimension for each in read_all}
    if len(found) != 1:
        raise _misformed(kind, "its numbers are in different kinds of units")
    units = {each.unit for each in read_all}
    correlation = data.get("correlation")
    distribution = Distribution(
        kind,
        tuple(each.value for each in read_all),
        weights,
        _cause(data.get("cause")),
        None if correlation is None else read(correlation, "share").value,
        units.pop() if len(units) == 1 else None,
    )
    return distribution, found.pop()


def number_or_text(value: float, dimension: str, unit: str | None) -> float | int | str:
    """Return a plain number where the dimension goes without a unit, and text with its unit otherwise.

    Examples
    --------
    >>> number_or_text(1.0, "ratio", None), number_or_text(0.8, "share", None)
    (1, '80 %')
    """
    if unit == "" or (unit is None and dimension in {"ratio", "index"}):
        return _plain(value)
    return format(value, dimension, unit=unit)


def _numbers_of(kind: Kind, given: Any) -> tuple[list[Any], tuple[float, ...]]:
    """Return the parameters as written, and the weights of a discrete distribution."""
    if kind in _LISTED:
        if not isinstance(given, list | tuple):
            raise _misformed(kind, f"it needs a list of numbers: {', '.join(_LISTED[kind])}")
        return list(given), ()
    names = _NAMED.get(kind, ("values", "weights"))
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise _misformed(kind, f"it needs {names[0]} and {names[1]}, and nothing else")
    if kind != "discrete":
        return [given[name] for name in names], ()
    values, weights = given["values"], given["weights"]
    if not isinstance(values, list | tuple) or not isinstance(weights, list | tuple):
        raise _misformed(kind, "its values and its weights must be lists")
    return list(values), tuple(read(each, "share").value for each in weights)


def _with_unit(number: Any, unit: Any) -> Any:
    """Put the common unit after a number that has none."""
    if unit is None or (isinstance(number, str) and any(sign.isalpha() or sign in "%$" for sign in number)):
        return number
    if not isinstance(unit, str) or isinstance(number, bool) or not isinstance(number, str | int | float):
        return number
    return f"{number} {unit}"


def _with_common_unit(
    data: dict[str, Any], kind: Kind, numbers: list[float | int | str], unit: str | None
) -> dict[str, Any]:
    """Write ``[2, 3, 6], unit: quarters`` in place of three texts in the same unit."""
    texts = [str(each).split(" ", 1) for each in numbers]
    tails = {text[1].removesuffix("s") for text in texts if len(text) > 1}
    if (
        kind in {"normal", "lognormal"}
        or not unit
        or len(tails) != 1
        or any(len(text) == 1 for text in texts)
    ):
        return data
    short = [_plain(float(text[0])) for text in texts]
    body: Any = {**data[kind], "values": short} if kind == "discrete" else short
    return {kind: body, "unit": unit}


def _cause(data: Any) -> str | None:
    if data is None:
        return None
    if not isinstance(data, str) or not data.strip():
        what = "a cause is the name of what delays several things together"
        raise QuantityError(what, "Write one such as `cause: north grid`")
    return data.strip()


def _misformed(kind: str, what: str) -> QuantityError:
    return QuantityError(
        f"the {kind} distribution cannot be used: {what}", f"Write it as in `{_FORMS[kind]}`"
    )


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < _LARGEST_WHOLE else value
