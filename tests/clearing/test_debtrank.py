"""Contagion of distress against the equations and its own laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from offtake.clearing import debtrank, impact_diffusion, impact_fluidity, impact_susceptibility
from oracles import clearing as oracle

KINDS = ["linear", "single-hit", "threshold"]


@st.composite
def exposures(draw):
    """Claims, buffers and a shock for two to five parties."""
    parties = draw(st.integers(2, 5))
    amounts = st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 5.0])
    claims = draw(hnp.arrays(float, (parties, parties), elements=amounts)) * (1 - np.eye(parties))
    buffer = draw(hnp.arrays(float, parties, elements=st.sampled_from([1.0, 2.0, 4.0, 11.0])))
    shock = draw(hnp.arrays(float, parties, elements=st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0])))
    return claims, buffer, shock


@pytest.mark.parametrize("kind", KINDS)
@given(given_=exposures())
def test_final_distress_is_the_oracle_s(kind, given_):
    """Distress and losses are those of the equations in plain Python."""
    claims, buffer, shock = given_
    result = debtrank(claims, buffer, shock, kind=kind)
    final, lost = oracle.debtrank(claims.tolist(), buffer.tolist(), shock.tolist(), kind)
    assert result.converged
    np.testing.assert_allclose(result.final, final, atol=1e-9)
    np.testing.assert_allclose(result.additional_losses, lost, atol=1e-7)
    np.testing.assert_allclose(result.additional_stress, np.mean(np.array(final) - shock), atol=1e-9)
    assert result.additional_defaults == sum(
        end >= 1 - 1e-12 > start for end, start in zip(result.final, shock, strict=True)
    )


@given(given_=exposures())
def test_the_kinds_are_ordered(given_):
    """Passing on every rise hurts at least as much as one hit, and as passing on at default only."""
    claims, buffer, shock = given_
    linear, single, threshold = (debtrank(claims, buffer, shock, kind=kind).final for kind in KINDS)
    assert (linear >= single - 1e-9).all()
    assert (linear >= threshold - 1e-9).all()
    assert (single >= shock).all()


@pytest.mark.parametrize("kind", KINDS)
@given(given_=exposures(), data=st.data())
def test_the_order_of_parties_does_not_matter(kind, given_, data):
    """Parties in another order get the same distress in that order."""
    claims, buffer, shock = given_
    order = np.array(data.draw(st.permutations(range(buffer.size))))
    result = debtrank(claims, buffer, shock, kind=kind)
    again = debtrank(claims[order][:, order], buffer[order], shock[order], kind=kind)
    np.testing.assert_allclose(again.final, result.final[order], atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_jax_and_batches_give_what_numpy_gives_one_by_one(kind):
    """A compiled batch of failures equals single runs in numpy."""
    rng = np.random.default_rng(2)
    claims = rng.exponential(1.0, (6, 6)) * (rng.random((6, 6)) < 0.5) * (1 - np.eye(6))
    buffer, weights = rng.uniform(1, 6, 6), rng.uniform(1, 5, 6)
    run = jax.jit(lambda shock: debtrank(jnp.asarray(claims), buffer, shock, kind=kind, weights=weights))
    batch = run(jnp.eye(6))
    for party in range(6):
        alone = debtrank(claims, buffer, np.eye(6)[party], kind=kind, weights=weights)
        np.testing.assert_allclose(batch.final[party], alone.final, atol=1e-10)
        np.testing.assert_allclose(batch.additional_stress[party], alone.additional_stress, atol=1e-10)
        np.testing.assert_allclose(batch.additional_losses[party], alone.additional_losses, atol=1e-9)
        assert batch.additional_defaults[party] == alone.additional_defaults


def test_a_lower_threshold_lets_more_through():
    """A party half lost passes its failure on if half is the threshold, and nothing otherwise."""
    claims = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    half = debtrank(claims, [1, 2, 4], [1, 0, 0], kind="threshold", threshold=0.5)
    whole = debtrank(claims, [1, 2, 4], [1, 0, 0], kind="threshold")
    np.testing.assert_allclose(half.final, [1, 0.5, 0.25])
    np.testing.assert_allclose(whole.final, [1, 0.5, 0])


def test_too_few_rounds_are_reported():
    """Distress that is still rising when the rounds end is flagged."""
    claims, buffer = [[0, 0.9], [0.9, 0]], [1.0, 1.0]
    assert not debtrank(claims, buffer, [0.01, 0], max_rounds=3).converged
    assert debtrank(claims, buffer, [0.01, 0]).converged


@given(given_=exposures())
def test_susceptibility_is_the_oracle_s(given_):
    """Reach over direct failures is that of the exponential series in plain Python."""
    claims, buffer, _ = given_
    result = impact_susceptibility(claims, buffer)
    np.testing.assert_allclose(result, oracle.susceptibility(claims.tolist(), buffer.tolist()), rtol=1e-9)
    np.testing.assert_allclose(impact_fluidity(claims, buffer), result.mean(), rtol=1e-12)


def test_impact_measures_take_batches():
    """A batch of networks gives what its networks give one by one."""
    rng = np.random.default_rng(8)
    claims = rng.exponential(1.0, (4, 5, 5)) * (1 - np.eye(5))
    buffer = rng.uniform(0.5, 2, (4, 5))
    batch, fluid = impact_diffusion(claims, buffer), impact_fluidity(claims, buffer)
    for row in range(4):
        alone = impact_diffusion(claims[row], buffer[row])
        np.testing.assert_allclose(batch.start[row], alone.start, rtol=1e-10)
        np.testing.assert_allclose(batch.intermediate[row], alone.intermediate, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(fluid[row], impact_fluidity(claims[row], buffer[row]), rtol=1e-12)


def test_a_party_that_wipes_out_nobody_diffuses_nothing():
    """Diffusion is 0 where no failure is passed on directly."""
    diffusion = impact_diffusion([[0, 5], [0, 0]], [2, 2])
    np.testing.assert_allclose(diffusion.total, [0, 1])
