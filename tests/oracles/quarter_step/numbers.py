"""Small numerical helpers: the normal law, rounding of times, quantiles, numbers of drivers."""

import math
from statistics import NormalDist

from offtake.units import dimension_of, read

NEVER = math.inf


def phi(x):
    """The distribution function of the standard normal."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def floor_of(time):
    """The quarter that a computed time falls in (E21)."""
    return math.floor(time + 1e-9)


def ceil_of(time):
    """Whole quarters, rounded up (E21)."""
    return math.ceil(time - 1e-9)


def quantile(law, x):
    """The value of a distribution at Φ(x)."""
    p, a = phi(x), law.params
    if law.kind == "triangular":
        return triangular(*a, x)
    if law.kind == "discrete":
        return discrete(sorted(zip(a, law.weights, strict=True)), p)
    return {
        "uniform": lambda: a[0] + (a[1] - a[0]) * p,
        "normal": lambda: a[0] + a[1] * x,
        "lognormal": lambda: a[0] * math.exp(math.log(a[1] / a[0]) / NormalDist().inv_cdf(0.9) * x),
    }[law.kind]()


def triangular(low, mode, high, x):
    """The triangular quantile, from the nearer end."""
    if phi(x) * (high - low) <= mode - low:
        return low + math.sqrt(phi(x) * (high - low) * (mode - low))
    return high - math.sqrt(phi(-x) * (high - low) * (high - mode))


def discrete(heights, p):
    """The least value whose cumulative weight reaches p."""
    below = 0.0
    for value, weight in heights:
        below += weight
        if p <= below + 1e-12:
            return value
    return heights[-1][0]


def plain_number(value, dimension=None):
    """A number inside a driver, in its canonical unit, and the dimension it has."""
    if hasattr(value, "dimension"):
        return value.value, "gpu_hour_price" if value.per_gpu_hour else value.dimension
    wanted = dimension or dimension_of(value)
    found = read(value, wanted)
    return found.value, found.dimension
