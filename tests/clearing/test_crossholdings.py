"""Values under cross-holdings against the chain of owners."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearing.strategies import holdings_of
from offtake.clearing import dependency_matrix, market_values
from oracles import clearing as oracle


@given(data=st.data())
def test_dependency_is_the_sum_over_owners_of_owners(data):
    """The matrix inverse is the series of direct and indirect ownership."""
    held = data.draw(holdings_of(data.draw(st.integers(2, 5)))).T
    np.testing.assert_allclose(dependency_matrix(held), oracle.dependency(held.tolist()), atol=1e-9)


@given(data=st.data())
def test_cross_holdings_make_no_value(data):
    """Each unit of outside assets ends with outside owners once, whoever holds whom."""
    parties = data.draw(st.integers(2, 5))
    held = data.draw(holdings_of(parties)).T
    assets = np.arange(1.0, parties + 1)
    np.testing.assert_allclose(dependency_matrix(held).sum(axis=0), np.ones(parties))
    np.testing.assert_allclose(market_values(held, assets).sum(), assets.sum())


def test_batches_and_jax_agree():
    """Batches of holdings and assets broadcast, in both array libraries."""
    held = np.array([[0.0, 0.5], [0.5, 0.0]]) * np.array([0.0, 1.0])[:, None, None]
    assets = np.array([3.0, 0.0])
    np.testing.assert_allclose(market_values(held, assets), [[3, 0], [2, 1]])
    np.testing.assert_allclose(market_values(jnp.asarray(held), assets), [[3, 0], [2, 1]])
