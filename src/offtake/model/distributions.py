"""Uncertain scalars as numbers: quantile functions that are evaluated for many of them in one call.

An uncertain scalar is a kind and a few parameters (`Distribution`); `encode` lays many of them out as the
arrays `kind[U]` and `params[U, P]`, which `quantile` turns, with standard normals z, into values.
P is 4 unless a discrete distribution has more than two values.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError
from offtake.model._arrays import special

__all__ = [
    "Distribution",
    "Kind",
    "discrete",
    "encode",
    "fixed",
    "latent",
    "lognormal",
    "lognormal_mean",
    "normal",
    "quantile",
    "triangular",
    "uniform",
]

FloatArray = NDArray[np.float64]

_WIDTH = 4
_FAR = 40.0
"""Standard deviations beyond which the normal has no probability in double precision."""

_LEAST_MASS = 1e-9
"""The least probability that the bounds of a truncated normal must hold."""

_Z90 = 1.2815515655446004
"""The 90 % quantile of the standard normal."""


class Kind(IntEnum):
    """The families, by the code that stands in the array `kind`."""

    FIXED = 0
    UNIFORM = 1
    TRIANGULAR = 2
    NORMAL = 3
    LOGNORMAL = 4
    DISCRETE = 5


@dataclass(frozen=True)
class Distribution:
    """One uncertain scalar, with its mean, median and standard deviation in closed form.

    Parameters
    ----------
    kind
        The family.
    params
        FIXED value; UNIFORM low, high; TRIANGULAR low, mode, high; NORMAL mean, sd, lower and upper bound;
        LOGNORMAL mean and sd of the log; DISCRETE the values in rising order, then their cumulative
        probabilities.
    """

    kind: Kind
    params: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean."""
        return _moments(self)[0]

    @property
    def sd(self) -> float:
        """The standard deviation."""
        return _moments(self)[1]

    @property
    def median(self) -> float:
        """The median; of a discrete distribution the least value with at least half of the probability."""
        kind, params = encode([self])
        return float(quantile(np, kind, params, np.zeros(1))[0])


def fixed(value: float) -> Distribution:
    """Return the distribution of a number that is certain.

    Examples
    --------
    >>> fixed(3.0).mean, fixed(3.0).sd
    (3.0, 0.0)
    """
    return Distribution(Kind.FIXED, (_finite("value", value),))


def uniform(low: float, high: float) -> Distribution:
    """Return the uniform distribution on [low, high].

    Raises
    ------
    InputError
        If the bounds are not finite and in order.

    Examples
    --------
    >>> uniform(2.0, 6.0).median
    4.0
    """
    _in_order("uniform", low, high)
    return Distribution(Kind.UNIFORM, (float(low), float(high)))


def triangular(low: float, mode: float, high: float) -> Distribution:
    """Return the triangular distribution on [low, high] with the given mode.

    Raises
    ------
    InputError
        If the three are not finite and in order.

    Examples
    --------
    >>> round(triangular(2.0, 3.0, 6.0).mean, 4)
    3.6667
    """
    _in_order("triangular", low, mode, high)
    return Distribution(Kind.TRIANGULAR, (float(low), float(mode), float(high)))


def normal(mean: float, sd: float, low: float = -math.inf, high: float = math.inf) -> Distribution:
    """Return the normal distribution, cut to [low, high] where bounds are given.

    `mean` and `sd` are those before the cut.

    Raises
    ------
    InputError
        If `sd` is not above zero, the bounds are not in order, or they leave next to no probability.

    Examples
    --------
    >>> normal(10.0, 2.0).mean
    10.0
    >>> round(normal(0.0, 1.0, low=0.0).mean, 4)
    0.7979
    """
    _finite("mean", mean)
    _positive("sd", sd)
    if not low < high:
        msg = f"A normal is cut to [{low:g}, {high:g}]; the lower bound must be below the upper."
        raise InputError(msg)
    if _normal_mass((low - mean) / sd, (high - mean) / sd) < _LEAST_MASS:
        msg = f"The bounds [{low:g}, {high:g}] leave no probability to a normal of {mean:g} and sd {sd:g}."
        raise InputError(msg)
    return Distribution(Kind.NORMAL, (float(mean), float(sd), float(low), float(high)))


def lognormal(median: float, p90: float) -> Distribution:
    """Return the lognormal distribution with the given median and 90 % quantile.

    Raises
    ------
    InputError
        If not ``0 < median < p90``.

    Examples
    --------
    >>> round(lognormal(9.0, 20.0).median, 12)
    9.0
    """
    _positive("median", median)
    if not median < p90 < math.inf:
        msg = (
            f"A lognormal has its 90 % quantile above its median; given were p90 {p90:g}, median {median:g}."
        )
        raise InputError(msg)
    return Distribution(Kind.LOGNORMAL, (math.log(median), math.log(p90 / median) / _Z90))


def lognormal_mean(mean: float, cv: float) -> Distribution:
    """Return the lognormal distribution with the given mean and coefficient of variation (sd / mean).

    Raises
    ------
    InputError
        If one of the two is not above zero.

    Examples
    --------
    >>> round(lognormal_mean(12.0, 0.5).sd, 12)
    6.0
    """
    variance = math.log1p(_positive("cv", cv) ** 2)
    return Distribution(
        Kind.LOGNORMAL, (math.log(_positive("mean", mean)) - variance / 2, math.sqrt(variance))
    )


def discrete(values: Sequence[float], probabilities: Sequence[float]) -> Distribution:
    """Return the distribution on a few values.

    Raises
    ------
    InputError
        If the two differ in length, a value stands twice, or the probabilities are not above zero with sum 1.

    Examples
    --------
    >>> discrete([0.0, 10.0], [0.4, 0.6]).mean
    6.0
    """
    if not values or len(values) != len(probabilities) or len(set(values)) != len(values):
        msg = f"A discrete distribution needs as many probabilities as distinct values, not {probabilities}."
        raise InputError(msg)
    if min(probabilities) <= 0.0 or not math.isclose(math.fsum(probabilities), 1.0, abs_tol=1e-9):
        msg = f"The probabilities {list(probabilities)} must be above zero and sum to 1."
        raise InputError(msg)
    pairs = sorted(zip((_finite("value", value) for value in values), probabilities, strict=True))
    heights = [math.fsum(p for _, p in pairs[: k + 1]) for k in range(len(pairs) - 1)]
    return Distribution(Kind.DISCRETE, (*(value for value, _ in pairs), *heights, 1.0))


def encode(distributions: Sequence[Distribution]) -> tuple[NDArray[np.int64], FloatArray]:
    """Return `kind`, shape [U], and `params`, shape [U, P], of many distributions.

    P is 4, or twice the most values that a discrete one has.

    Examples
    --------
    >>> kind, params = encode([uniform(0.0, 1.0), triangular(2.0, 3.0, 6.0)])
    >>> kind.tolist(), params.shape
    ([1, 2], (2, 4))
    """
    width = max([_WIDTH, *(len(one.params) for one in distributions)])
    params = np.zeros((len(distributions), width))
    for row, one in zip(params, distributions, strict=True):
        if one.kind == Kind.DISCRETE:
            count = len(one.params) // 2
            row[:] = one.params[-1]
            row[: width // 2] = one.params[count - 1]
            row[:count] = one.params[:count]
            row[width // 2 : width // 2 + count] = one.params[count:]
        else:
            row[: len(one.params)] = one.params
    return np.array([one.kind for one in distributions], dtype=np.int64), params


def quantile(xp: Any, kind: Any, params: Any, z: Any) -> Any:
    """Return the value of each uncertain scalar at the probability of its standard normal z.

    Parameters
    ----------
    xp
        ``numpy`` or ``jax.numpy``.
    kind, params
        What `encode` returns, [U] and [U, P].
    z
        Standard normals, shape [..., U].

    Returns
    -------
    array
        Values, shape [..., U]: rising in z, inside the support, differentiable in `params` for the continuous
        families.

    Examples
    --------
    >>> kind, params = encode([normal(10.0, 2.0), discrete([0.0, 1.0], [0.3, 0.7])])
    >>> quantile(np, kind, params, np.array([[0.0, 0.0], [1.0, -2.0]])).tolist()
    [[10.0, 1.0], [12.0, 0.0]]
    """
    ndtr = special(xp).ndtr
    below, above = ndtr(z), ndtr(-z)
    first, second = params[..., 0], params[..., 1]
    value = first + 0.0 * z
    value = xp.where(kind == Kind.UNIFORM, _uniform(xp, first, second, below, above), value)
    value = xp.where(kind == Kind.TRIANGULAR, _triangular(xp, kind, params, below, above), value)
    value = xp.where(kind == Kind.NORMAL, _normal(xp, kind, params, z), value)
    logs = xp.where(kind == Kind.LOGNORMAL, first + second * z, 0.0)
    value = xp.where(kind == Kind.LOGNORMAL, xp.exp(logs), value)
    return xp.where(kind == Kind.DISCRETE, _discrete(xp, params, below), value)


def latent(xp: Any, rho: Any, cause: Any, common: Any, own: Any) -> Any:
    """Return standard normals that share a part with the others of their cause (one-factor Gaussian copula).

    Parameters
    ----------
    xp
        ``numpy`` or ``jax.numpy``.
    rho
        Correlation with others of the cause, in [0, 1], shape [U].
    cause
        Position of the cause on the last axis of `common`, or -1 for none, shape [U].
    common, own
        Independent standard normals, shapes [..., C] and [..., U].

    Returns
    -------
    array
        ``sqrt(rho) * common[cause] + sqrt(1 - rho) * own``, shape [..., U].

    Examples
    --------
    >>> rho, cause = np.array([0.36, 0.36]), np.array([0, -1])
    >>> latent(np, rho, cause, np.array([1.0]), np.array([0.5, 0.5])).tolist()
    [1.0, 0.5]
    """
    if common.shape[-1] == 0:
        return own
    has = cause >= 0
    share = xp.where(has, rho, 0.25)
    joined = xp.sqrt(share) * xp.take(common, xp.maximum(cause, 0), axis=-1) + xp.sqrt(1.0 - share) * own
    return xp.where(has, joined, own)


def _uniform(xp: Any, low: Any, high: Any, below: Any, above: Any) -> Any:
    return xp.where(below < above, low + (high - low) * below, high - (high - low) * above)


def _triangular(xp: Any, kind: Any, params: Any, below: Any, above: Any) -> Any:
    """Measure from the nearer end; other kinds are given a triangle of their own to keep gradients finite."""
    mine = kind == Kind.TRIANGULAR
    low = xp.where(mine, params[..., 0], 0.0)
    mode = xp.where(mine, params[..., 1], 0.5)
    high = xp.where(mine, params[..., 2], 1.0)
    rising = below * (high - low) <= mode - low
    left = xp.where(rising, below * (high - low) * (mode - low), 0.25)
    right = xp.where(rising, 0.25, above * (high - low) * (high - mode))
    return xp.where(rising, low + xp.sqrt(left), high - xp.sqrt(right))


def _normal(xp: Any, kind: Any, params: Any, z: Any) -> Any:
    """Invert in the lower tail, by reflection where the bounds lie in the upper, to keep precision."""
    functions = special(xp)
    mine = kind == Kind.NORMAL
    mean = xp.where(mine, params[..., 0], 0.0)
    sd = xp.where(mine, params[..., 1], 1.0)
    free_low, free_high = xp.isinf(params[..., 2]) | ~mine, xp.isinf(params[..., 3]) | ~mine
    low = xp.where(free_low, -_FAR, (xp.where(free_low, 0.0, params[..., 2]) - mean) / sd)
    high = xp.where(free_high, _FAR, (xp.where(free_high, 0.0, params[..., 3]) - mean) / sd)
    side = xp.where(low + high > 0.0, -1.0, 1.0)
    near, far = xp.where(side > 0.0, low, -high), xp.where(side > 0.0, high, -low)
    floor = functions.ndtr(near)
    inner = functions.ndtri(floor + functions.ndtr(side * z) * (functions.ndtr(far) - floor))
    cut = xp.clip(side * inner, low, high)
    return mean + sd * xp.where(free_low & free_high, z + 0.0 * mean, cut)


def _discrete(xp: Any, params: Any, below: Any) -> Any:
    count = params.shape[-1] // 2
    value = params[..., 0] + 0.0 * below
    for k in range(count - 1):
        value = xp.where(below > params[..., count + k], params[..., k + 1], value)
    return value


def _moments(one: Distribution) -> tuple[float, float]:
    """Return mean and standard deviation."""
    values = one.params
    if one.kind == Kind.UNIFORM:
        return (values[0] + values[1]) / 2, (values[1] - values[0]) / math.sqrt(12.0)
    if one.kind == Kind.TRIANGULAR:
        low, mode, high = values
        spread = ((mode - low) ** 2 + (high - mode) ** 2 + (high - low) ** 2) / 36
        return (low + mode + high) / 3, math.sqrt(spread)
    if one.kind == Kind.NORMAL:
        return _truncated_moments(*values)
    if one.kind == Kind.LOGNORMAL:
        mean = math.exp(values[0] + values[1] ** 2 / 2)
        return mean, mean * math.sqrt(math.expm1(values[1] ** 2))
    if one.kind == Kind.DISCRETE:
        points, heights = np.split(np.array(values), 2)
        weights = np.diff(heights, prepend=0.0)
        mean = float(weights @ points)
        return mean, math.sqrt(float(weights @ (points - mean) ** 2))
    return values[0], 0.0


def _truncated_moments(mean: float, sd: float, low: float, high: float) -> tuple[float, float]:
    """Return mean and sd of a truncated normal (Johnson, Kotz and Balakrishnan 1994, section 13.10.1)."""
    a, b = (low - mean) / sd, (high - mean) / sd
    mass = _normal_mass(a, b)
    at_a, at_b = (math.exp(-x * x / 2) / math.sqrt(2 * math.pi) / mass for x in (a, b))
    tilt = at_a - at_b
    weighted = (a * at_a if math.isfinite(a) else 0.0) - (b * at_b if math.isfinite(b) else 0.0)
    return mean + sd * tilt, sd * math.sqrt(1.0 + weighted - tilt**2)


def _normal_mass(low: float, high: float) -> float:
    """Return the probability between two bounds, from the tail that they share."""
    if low > 0.0:
        low, high = -high, -low
    return (math.erfc(-high / math.sqrt(2.0)) - math.erfc(-low / math.sqrt(2.0))) / 2


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        msg = f"The {name} of a distribution is {value:g}; it must be finite."
        raise InputError(msg)
    return float(value)


def _positive(name: str, value: float) -> float:
    if not 0.0 < value < math.inf:
        msg = f"The {name} of a distribution is {value:g}; it must be finite and above zero."
        raise InputError(msg)
    return float(value)


def _in_order(family: str, *numbers: float) -> None:
    if not (
        all(map(math.isfinite, numbers)) and list(numbers) == sorted(numbers) and numbers[0] < numbers[-1]
    ):
        given = ", ".join(f"{number:g}" for number in numbers)
        msg = f"A {family} distribution needs finite numbers in rising order, not {given}."
        raise InputError(msg)
