"""Correlation tables: their factor, and what is said of an impossible one."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.errors import InputError
from offtake.model.correlation import correlation_cholesky, correlation_matrix, nearest_correlation
from oracles import drivers as oracle

TRIANGLE = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}


@given(st.lists(st.floats(-0.45, 0.45), min_size=3, max_size=3))
def test_factor_equals_the_textbook_factor(values):
    """For a definite table the factor is the one of Cholesky's recursion."""
    pairs = dict(zip([("a", "b"), ("a", "c"), ("b", "c")], values, strict=True))
    expected = oracle.cholesky(correlation_matrix("abc", pairs).tolist())
    np.testing.assert_allclose(correlation_cholesky("abc", pairs), expected, atol=1e-12)


def test_perfect_correlation_is_accepted():
    """A singular table has a factor that reproduces it."""
    pairs = {("a", "b"): 1.0, ("a", "c"): -1.0, ("b", "c"): -1.0}
    lower = correlation_cholesky("abc", pairs)
    np.testing.assert_allclose(lower @ lower.T, correlation_matrix("abc", pairs), atol=1e-12)


def test_an_impossible_table_names_its_pairs_and_a_cure_that_works():
    """The error lists the pairs that collide, not the innocent one, and its values are accepted."""
    with pytest.raises(InputError, match="cannot hold together") as caught:
        correlation_cholesky("abcd", {**TRIANGLE, ("a", "d"): 0.0})
    found = re.findall(r"(\w) ~ (\w): (-?[\d.]+) instead of", str(caught.value))
    assert {(left, right) for left, right, _ in found} == {("a", "b"), ("b", "c"), ("a", "c")}
    cured = {(left, right): float(value.rstrip(".")) for left, right, value in found}
    assert correlation_cholesky("abcd", cured).shape == (4, 4)
    assert cured["a", "b"] == pytest.approx(0.5, abs=0.01)


def test_nearest_correlation_is_highams_example():
    """The tridiagonal example of Higham (2002), section 4, has the published solution."""
    matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    expected = [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    np.testing.assert_allclose(nearest_correlation(matrix), expected, atol=5e-5)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ({("a", "z"): 0.1}, "names z"),
        ({("a", "a"): 0.1}, "one driver twice"),
        ({("a", "b"): 0.1, ("b", "a"): 0.1}, "stands twice"),
        ({("a", "b"): 1.1}, "between -1 and 1"),
        ({("a", "b"): float("nan")}, "between -1 and 1"),
    ],
)
def test_malformed_tables_are_refused(pairs, words):
    """A pair that cannot be read raises an error that names it."""
    with pytest.raises(InputError, match=words):
        correlation_matrix("ab", pairs)
