"""Standard normals by path number: reproducible, splittable, symmetric, even."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from offtake.drivers import standard_normals
from offtake.errors import InputError

METHODS = ["random", "antithetic", "sobol"]
BRIDGE = (5, 2)
PINNED = [[1.1140473084198304, -0.5224541929708816], [0.4541335813949451, -0.2689429750212782]]


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 40), max_size=4))
def test_chunks_are_the_whole_bit_for_bit(method, cuts):
    """However the paths are split, each has the same normals to the last bit."""
    whole = standard_normals(7, 3, 40, 12, method=method, bridge=BRIDGE)
    edges = [0, *sorted(cuts), 40]
    parts = [
        standard_normals(7, 3 + low, high - low, 12, method=method, bridge=BRIDGE)
        for low, high in pairwise(edges)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_stream_is_fixed():
    """These numbers stand in published results: a change of the generator must be seen."""
    expected = standard_normals(7, 0, 2, 2)
    np.testing.assert_allclose(expected, PINNED, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_shape_and_type(method):
    """The result is float64 of shape [count, dims] and finite, and empty where nothing is asked for."""
    found = standard_normals(2**63 + 5, 10, 6, 9, method=method)
    assert found.shape == (6, 9)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert standard_normals(1, 4, 0, 9, method=method).shape == (0, 9)
    assert standard_normals(1, 4, 3, 0, method=method).shape == (3, 0)


@pytest.mark.parametrize("method", METHODS)
def test_seeds_differ(method):
    """Another seed gives other futures, also where it differs only in its upper half."""
    first, second, third = (standard_normals(seed, 0, 4, 3, method=method) for seed in (1, 2, 2**32 + 1))
    assert not (first == second).any()
    assert not (first == third).any()


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_marginals_are_standard_normal(method):
    """Pooled draws pass a Kolmogorov-Smirnov test; columns do not correlate."""
    draws = standard_normals(3, 0, 8192, 10, method=method, bridge=BRIDGE)
    assert stats.kstest(draws[:, 3], "norm").pvalue > 1e-3
    np.testing.assert_allclose(np.cov(draws.T), np.eye(10), atol=4.5 * math.sqrt(2 / 8192))


def test_antithetic_pairs_mirror_each_other():
    """Path 2k + 1 is minus path 2k, and path 2k is that of plain draws, from an odd start too."""
    found = standard_normals(9, 5, 8, 7, method="antithetic")
    np.testing.assert_array_equal(found[2::2], -found[1:-1:2])
    np.testing.assert_array_equal(found[1::2], standard_normals(9, 5, 8, 7)[1::2])


def test_sobol_beats_random_on_a_smooth_integral():
    """The mean of exp of a scaled Brownian path's average has a tenth of the error of plain draws."""
    quarters, count = 17, 1024
    weights = 0.5 * np.arange(quarters, 0, -1) / quarters / math.sqrt(quarters)
    weights[0] = 0.0
    exact = math.exp(weights @ weights / 2)

    def error(method):
        misses = []
        for seed in range(20):
            draws = standard_normals(seed, 0, count, quarters, method=method, bridge=(quarters, 1))
            misses.append(np.exp(draws @ weights).mean() - exact)
        return math.sqrt(np.mean(np.square(misses)))

    assert error("sobol") < error("random") / 10


@pytest.mark.parametrize("quarters", [1, 2, 3, 8, 13])
def test_the_bridge_is_a_rotation(quarters):
    """Building increments by a bridge keeps lengths, so that they stay independent standard normals."""
    plain = standard_normals(4, 0, 256, quarters * 3 + 2, method="sobol")
    built = standard_normals(4, 0, 256, quarters * 3 + 2, method="sobol", bridge=(quarters, 3))
    np.testing.assert_allclose((built**2).sum(1), (plain**2).sum(1), rtol=1e-12)
    np.testing.assert_array_equal(built[:, -2:], plain[:, -2:])


def test_the_bridge_gives_the_first_dimensions_to_the_ends():
    """The sum of a driver's innovations after today is set by its first dimension alone."""
    plain = standard_normals(4, 0, 64, 27, method="sobol")
    built = standard_normals(4, 0, 64, 27, method="sobol", bridge=(9, 3)).reshape(64, 9, 3)
    np.testing.assert_allclose(built[:, 1:].sum(1), math.sqrt(8) * plain[:, :3], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"start": -1}, "start"),
        ({"dims": 30_000, "method": "sobol"}, "21201"),
        ({"start": 2**30, "method": "sobol"}, "2\\*\\*30"),
        ({"bridge": (5, 3)}, "bridge"),
        ({"method": "halton"}, "halton"),
    ],
)
def test_impossible_requests_are_refused(arguments, words):
    """A request out of range raises an error that says which limit was met."""
    given = {"seed": 1, "start": 0, "count": 2, "dims": 12, **arguments}
    with pytest.raises(InputError, match=words):
        standard_normals(**given)
