"""Uncertain scalars: quantiles against closed forms, moments against quadrature, both namespaces."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from offtake.errors import InputError
from offtake.model.distributions import (
    discrete,
    encode,
    fixed,
    latent,
    lognormal,
    lognormal_mean,
    normal,
    quantile,
    triangular,
    uniform,
)

EVERY = {
    "fixed": (fixed(3.0), None),
    "uniform": (uniform(-2.0, 5.0), stats.uniform(-2.0, 7.0)),
    "triangular": (triangular(2.0, 3.0, 6.0), stats.triang(0.25, 2.0, 4.0)),
    "falling": (triangular(2.0, 2.0, 6.0), stats.triang(0.0, 2.0, 4.0)),
    "rising": (triangular(2.0, 6.0, 6.0), stats.triang(1.0, 2.0, 4.0)),
    "normal": (normal(10.0, 2.0), stats.norm(10.0, 2.0)),
    "cut": (normal(10.0, 2.0, 9.0, 15.0), stats.truncnorm(-0.5, 2.5, 10.0, 2.0)),
    "floor": (normal(1.0, 2.0, low=0.0), stats.truncnorm(-0.5, np.inf, 1.0, 2.0)),
    "upper tail": (normal(0.0, 1.0, low=4.0), stats.truncnorm(4.0, np.inf)),
    "lognormal": (lognormal(9.0, 20.0), stats.lognorm(math.log(20 / 9) / stats.norm.ppf(0.9), scale=9.0)),
    "mean": (lognormal_mean(12.0, 0.5), stats.lognorm(math.sqrt(math.log(1.25)), scale=12 / math.sqrt(1.25))),
    "discrete": (
        discrete([5.0, 1.0, 2.0], [0.25, 0.25, 0.5]),
        stats.rv_discrete(values=([1, 2, 5], [0.25, 0.5, 0.25])),
    ),
}
CONTINUOUS = [
    name for name, (_, peer) in EVERY.items() if isinstance(peer, stats._distn_infrastructure.rv_frozen)
]


def one(distribution, z):
    """Return the quantiles of one distribution at several z."""
    kind, params = encode([distribution])
    return quantile(np, kind, params, np.asarray(z, dtype=float)[..., None])[..., 0]


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_agree_with_scipy(name):
    """At probabilities from 1e-6 to 1 - 1e-6 the value is SciPy's."""
    distribution, peer = EVERY[name]
    z = np.linspace(-4.75, 4.75, 39)
    np.testing.assert_allclose(one(distribution, z), peer.ppf(stats.norm.cdf(z)), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "fixed"])
def test_moments_agree_with_scipy(name):
    """Mean, median and standard deviation are SciPy's."""
    distribution, peer = EVERY[name]
    found = (distribution.mean, distribution.median, distribution.sd)
    np.testing.assert_allclose(found, (peer.mean(), peer.median(), peer.std()), rtol=1e-8)


def test_a_certain_number_is_itself():
    """A fixed number has no spread and ignores z."""
    assert (fixed(3.0).mean, fixed(3.0).median, fixed(3.0).sd) == (3.0, 3.0, 0.0)
    assert one(fixed(3.0), [-9.0, 0.0, 9.0]).tolist() == [3.0, 3.0, 3.0]


numbers = st.floats(-1e3, 1e3)
widths = st.floats(1e-3, 1e3)
anything = st.one_of(
    st.builds(lambda a, w: (uniform(a, a + w), a, a + w), numbers, widths),
    st.builds(lambda a, v, w: (triangular(a, a + v, a + v + w), a, a + v + w), numbers, widths, widths),
    st.builds(lambda m, s: (normal(m, s), -math.inf, math.inf), numbers, widths),
    st.builds(lambda m, s, u, v: (normal(m, s, m - u * s, m + v * s), m - u * s, m + v * s), numbers, widths,
              st.floats(0.1, 5), st.floats(0.1, 5)),
    st.builds(lambda m, f: (lognormal(m, m * f), 0.0, math.inf), widths, st.floats(1.01, 20)),
    st.builds(lambda v: (discrete(v, [1 / len(v)] * len(v)), min(v), max(v)),
              st.lists(numbers, min_size=1, max_size=6, unique=True)),
)  # fmt: skip


@given(anything, st.floats(-9, 9), st.floats(-9, 9))
def test_quantiles_rise_within_the_support(case, left, right):
    """A larger z never gives a smaller value, and no value leaves the support."""
    distribution, low, high = case
    below, above = one(distribution, sorted([left, right]))
    room = 1e-9 * max(1.0, abs(below), abs(above))
    assert below <= above + room
    assert low - room <= below
    assert above <= high + room


@given(st.lists(anything, min_size=1, max_size=5), st.floats(-6, 6))
def test_many_at_once_equal_one_by_one(cases, z):
    """A row of the encoding does not depend on the rows beside it."""
    kind, params = encode([distribution for distribution, _, _ in cases])
    together = quantile(np, kind, params, np.full(len(cases), z))
    assert together.tolist() == [one(distribution, z) for distribution, _, _ in cases]


@given(anything)
def test_the_median_splits_the_probability(case):
    """Half of the probability lies at or below the median, and no less at or above."""
    distribution, _, _ = case
    values = one(distribution, stats.norm.ppf((np.arange(999) + 0.5) / 999))
    room = 1e-9 * max(1.0, abs(distribution.median))
    assert (values <= distribution.median + room).mean() >= 0.5
    assert (values >= distribution.median - room).mean() >= 0.5


def test_jax_gives_the_same_values_and_finite_gradients():
    """Both namespaces agree, and no parameter or z of a mixed batch has a gradient that is not a number."""
    import jax

    distributions = [distribution for distribution, _ in EVERY.values()]
    kind, params = encode(distributions)
    z = np.random.default_rng(3).standard_normal((50, len(distributions)))
    with jax.enable_x64(True):
        found = jax.jit(lambda p, z: quantile(jax.numpy, kind, p, z))(params, z)
        slopes = jax.grad(lambda p, z: quantile(jax.numpy, kind, p, z).sum(), argnums=(0, 1))(params, z)
        np.testing.assert_allclose(found, quantile(np, kind, params, z), rtol=1e-10, atol=1e-10)
        assert all(np.isfinite(slope).all() for slope in slopes)


def test_common_cause_correlates_and_keeps_standard_normals():
    """Two of one cause have correlation sqrt(rho1 rho2), one without a cause none; variances stay one."""
    generator = np.random.default_rng(11)
    count = 40_000
    common, own = generator.standard_normal((count, 2)), generator.standard_normal((count, 4))
    z = latent(np, np.array([0.5, 0.32, 0.5, 0.9]), np.array([1, 1, 0, -1]), common, own)
    expected = np.eye(4)
    expected[0, 1] = expected[1, 0] = 0.4
    np.testing.assert_allclose(np.cov(z.T), expected, atol=4.0 * math.sqrt(2 / count))


def test_no_cause_at_all_leaves_the_normals():
    """A model without causes uses each scalar's own normal."""
    own = np.array([0.3, -0.2])
    assert latent(np, np.zeros(2), np.array([-1, -1]), np.zeros(0), own).tolist() == own.tolist()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: fixed(math.inf), "finite"),
        (lambda: uniform(2.0, 2.0), "rising order"),
        (lambda: triangular(2.0, 1.0, 3.0), "rising order"),
        (lambda: normal(0.0, 0.0), "sd"),
        (lambda: normal(0.0, 1.0, 3.0, 2.0), "lower bound"),
        (lambda: normal(0.0, 1.0, 9.0, 10.0), "no probability"),
        (lambda: lognormal(9.0, 8.0), "p90"),
        (lambda: lognormal_mean(9.0, 0.0), "cv"),
        (lambda: discrete([1.0], [0.9]), "sum to 1"),
        (lambda: discrete([1.0, 1.0], [0.5, 0.5]), "distinct"),
        (lambda: discrete([1.0, 2.0], [1.0]), "as many"),
    ],
)
def test_impossible_distributions_are_refused(build, words):
    """A distribution that cannot be raises an error that says why."""
    with pytest.raises(InputError, match=words):
        build()
