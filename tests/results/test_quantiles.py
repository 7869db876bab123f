"""Quantiles of many series: exact where promised, within the promised error beyond."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from offtake.errors import InputError
from offtake.results.quantiles import LARGEST, RELATIVE_ERROR, SMALLEST, Quantiles

SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SIZES = st.floats(SMALLEST * 2, LARGEST / 2)
SIGNED = st.one_of(SIZES, SIZES.map(lambda size: -size), st.just(0.0))
BLOCKS = hnp.arrays(np.float64, st.tuples(st.integers(1, 40), st.just(3)), elements=SIGNED)


def fed(blocks, exact_up_to, shape=(3,)):
    """Return quantiles that have seen the blocks."""
    seen = Quantiles(shape, exact_up_to)
    for block in blocks:
        seen.add(block)
    return seen


@given(BLOCKS, BLOCKS)
def test_exact_quantiles_are_those_of_numpy(first, second):
    """While all values are kept, mean and quantiles agree with numpy to float32."""
    seen = fed([first, second], exact_up_to=100)
    every = np.concatenate([first, second])
    assert seen.error == 0.0
    np.testing.assert_allclose(seen.mean, every.mean(axis=0), rtol=1e-12, atol=1e-6)
    spread = np.abs(every).max()
    np.testing.assert_allclose(
        seen.quantile(SHARES), np.quantile(every, SHARES, axis=0), rtol=1e-6, atol=1e-7 * spread
    )


@given(BLOCKS)
def test_counted_quantiles_keep_their_error(block):
    """Beyond the exact number each quantile is as near to its neighbouring values as promised."""
    seen = fed([block], exact_up_to=0)
    assert seen.error == RELATIVE_ERROR
    low, high = (np.quantile(block, SHARES, axis=0, method=method) for method in ("lower", "higher"))
    slack = RELATIVE_ERROR * np.maximum(np.abs(low), np.abs(high)) + SMALLEST
    found = seen.quantile(SHARES)
    assert (np.abs(found - np.quantile(block, SHARES, axis=0)) <= slack * (1 + 1e-9)).all()
    assert (found >= low - RELATIVE_ERROR * np.abs(low) - SMALLEST).all()
    assert (found <= high + RELATIVE_ERROR * np.abs(high) + SMALLEST).all()


@given(st.lists(BLOCKS, min_size=2, max_size=5), st.integers(0, 120), st.randoms(use_true_random=False))
def test_the_order_of_merging_does_not_matter(blocks, exact_up_to, random):
    """One run over all blocks and merges of parts in any order give the same quantiles."""
    whole = fed(blocks, exact_up_to)
    parts = [fed([block], exact_up_to) for block in blocks]
    random.shuffle(parts)
    total = parts[0]
    for part in parts[1:]:
        total.merge(part)
    assert (total.count, total.error) == (whole.count, whole.error)
    np.testing.assert_array_equal(total.quantile(SHARES), whole.quantile(SHARES))
    np.testing.assert_allclose(total.mean, whole.mean, rtol=1e-9, atol=1e-3)


def test_the_switch_from_kept_to_counted_loses_nothing():
    """What was kept is counted too once there is more than may be kept."""
    block = np.linspace(1.0, 100.0, 50).reshape(50, 1)
    seen = fed([block], exact_up_to=60, shape=(1,))
    assert seen.error == 0.0
    seen.add(block + 1.0)
    every = np.concatenate([block, block + 1.0])
    assert seen.count == 100
    assert seen.error == RELATIVE_ERROR
    np.testing.assert_allclose(
        seen.quantile([0.1, 0.9])[:, 0], np.quantile(every, [0.1, 0.9]), rtol=RELATIVE_ERROR
    )


def test_what_lies_outside_the_bins_is_the_extreme():
    """A quantile beyond the largest magnitude is the maximum, be it infinite; tiny values are zero."""
    block = np.array([[1e12, np.inf, 1e-9], [-3e11, 5.0, -1e-9], [1.0, 2.0, 0.0]])
    seen = fed([block], exact_up_to=0)
    np.testing.assert_array_equal(seen.quantile(1.0), [1e12, np.inf, 0.0])
    np.testing.assert_allclose(seen.quantile(0.0), [-3e11, 2.0, 0.0], rtol=RELATIVE_ERROR)
    assert seen.quantile(0.5)[1] == pytest.approx(5.0, rel=RELATIVE_ERROR)


def test_exact_quantiles_stand_infinite_values():
    """Times that never come stay infinite where the quantile reaches them and finite elsewhere."""
    seen = fed([np.array([[1.0], [2.0], [3.0], [np.inf], [np.inf]])], exact_up_to=9, shape=(1,))
    np.testing.assert_array_equal(seen.quantile([0.5, 1.0])[:, 0], [3.0, np.inf])


def test_any_shape_of_series():
    """Quantiles come back in the shape of one future, with the shares first where several are asked for."""
    block = np.arange(24.0).reshape(4, 2, 3)
    for exact_up_to in (0, 10):
        seen = fed([block], exact_up_to, shape=(2, 3))
        assert seen.mean.shape == seen.quantile(0.5).shape == (2, 3)
        assert seen.quantile([0.5, 0.9]).shape == (2, 2, 3)
    assert fed([np.ones((3,))], 10, shape=()).quantile(0.5) == 1.0


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda seen: seen.add(np.zeros((4, 2))), r"needed is \(paths, 3\)"),
        (lambda seen: seen.add(np.array([[0.0, np.nan, 1.0]])), "1 series hold what is no number"),
        (lambda seen: seen.merge(Quantiles((2,), 5)), "same shape"),
        (lambda seen: seen.quantile(1.5), "share from 0 to 1"),
        (lambda _: Quantiles((2,)).quantile(0.5), "no future has been added"),
        (lambda _: Quantiles((2,)).mean, "no future has been added"),
    ],
)
def test_what_cannot_be_is_refused(do, says):
    """Wrong shapes, values that are not numbers and empty sets raise an error that says what is wrong."""
    seen = fed([np.ones((2, 3))], exact_up_to=5)
    with pytest.raises(InputError, match=says):
        do(seen)


def test_memory_stays_bounded():
    """8,000 counted series take under 250 MB however many futures are added."""
    random = np.random.default_rng(3)
    seen = Quantiles((8_000,), exact_up_to=0)
    block = random.standard_normal((1_024, 8_000)) * 10.0 ** random.uniform(-2, 5, 8_000)
    seen.add(block)
    before = seen._counts.nbytes
    seen.add(block)
    assert seen._counts.nbytes == before
    assert seen._counts.nbytes < 250e6
    assert seen._counts.sum() == 2 * block.size


@pytest.mark.parametrize("exact_up_to", [10_000, 250, 0])
@pytest.mark.parametrize("split", [1, 3])
def test_series_that_start_to_move_late(exact_up_to, split):
    """A series that was steady for some blocks has the quantiles of all its values once it moves."""
    rng = np.random.default_rng(5)
    blocks = [np.tile(np.array([3.0, -2.0, 0.0, 7.0]), (100, 1)) for _ in range(5)]
    blocks[1][:, 0] = rng.normal(3.0, 1.0, 100)
    blocks[3][:, 1] = rng.normal(-2.0, 1.0, 100)
    blocks[4][:, 0] = rng.normal(30.0, 1.0, 100)
    seen, other = Quantiles((4,), exact_up_to), Quantiles((4,), exact_up_to)
    for place, block in enumerate(blocks):
        (seen if place < split else other).add(block)
    seen.merge(other)
    whole = np.concatenate(blocks)
    shares = (0.05, 0.25, 0.5, 0.75, 0.95)
    assert np.allclose(seen.quantile(shares), np.quantile(whole, shares, axis=0), rtol=0.011, atol=1e-6)
    assert np.allclose(seen.mean, whole.mean(axis=0))
