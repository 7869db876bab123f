"""Few scenarios in place of many: against brute force, closed forms and what must not matter."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.errors import InputError
from offtake.plan._reduction import Kept, distances, lost, reduced, standardised
from offtake.plan._tree import drawn_tree, tree_of


def _points(seed, count, width):
    rng = np.random.default_rng(seed)
    weight = rng.random(count) + 0.1
    return rng.normal(size=(count, width)), weight / weight.sum()


def _cost(points, weight, chosen):
    return float(weight @ distances(points)[:, list(chosen)].min(axis=1))


@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(1, 3))
def test_one_scenario_is_the_best_one(seed, count, width):
    """Forward selection of a single scenario finds the least distance that any single one has."""
    points, weight = _points(seed, count, width)
    kept = reduced(points, weight, 1)
    best = min(_cost(points, weight, [k]) for k in range(count))
    assert _cost(points, weight, kept.chosen) == pytest.approx(best, rel=1e-12)


@given(st.integers(0, 10_000), st.integers(3, 8), st.integers(1, 3))
def test_forward_selection_is_greedy(seed, count, width):
    """Each further scenario is the one that lowers the distance most, given those before it."""
    points, weight = _points(seed, count, width)
    chosen = reduced(points, weight, count - 1).chosen.tolist()
    for size in range(1, count):
        options = [_cost(points, weight, [*chosen[: size - 1], k]) for k in range(count)]
        assert _cost(points, weight, chosen[:size]) == pytest.approx(min(options), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(4, 8))
def test_the_distance_falls_with_more_scenarios(seed, count):
    """More scenarios never lose more; all of them lose nothing; one loses all."""
    points, weight = _points(seed, count, 2)
    found = [lost(points, weight, reduced(points, weight, k))["distance"] for k in range(1, count + 1)]
    assert found[0] == pytest.approx(1.0)
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(found))
    assert lost(points, weight, reduced(points, weight, count)) == pytest.approx(
        {"distance": 0.0, "mean": 0.0, "deviation": 0.0}, abs=1e-12
    )


@pytest.mark.parametrize("method", ["forward", "kmeans"])
@given(st.integers(0, 10_000), st.permutations(range(4)))
def test_the_order_of_features_does_not_matter(method, seed, order):
    """Labels in another order give the same scenarios, for the same seed."""
    points, weight = _points(seed, 12, 4)
    first = reduced(points, weight, 3, method=method, seed=5)
    second = reduced(points[:, order], weight, 3, method=method, seed=5)
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.nearest.tolist() == second.nearest.tolist()


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_clusters_are_stood_for_by_one_of_their_own(seed, count):
    """A scenario kept by k-means stands for itself, and every scenario for the nearest one kept."""
    points, weight = _points(seed, 10, 2)
    kept = reduced(points, weight, count, method="kmeans", seed=1)
    assert len(set(kept.chosen.tolist())) == count
    assert kept.nearest[kept.chosen].tolist() == list(range(count))
    gaps = distances(points)[:, kept.chosen]
    assert gaps[np.arange(10), kept.nearest] == pytest.approx(gaps.min(axis=1), abs=1e-9)


def test_three_clear_clusters_are_found():
    """k-means and forward selection find what anybody sees, with the right probabilities."""
    points = np.concatenate([np.full((5, 1), at) + np.arange(5)[:, None] / 100 for at in (0.0, 10.0, 30.0)])
    weight = np.full(15, 1 / 15)
    for method in ("forward", "kmeans"):
        kept = reduced(points, weight, 3, method=method, seed=3)
        assert sorted(k // 5 for k in kept.chosen.tolist()) == [0, 1, 2]
        assert np.bincount(kept.nearest, weights=weight).tolist() == pytest.approx([1 / 3] * 3)


def test_moments_are_compared_in_standard_deviations():
    """Of 0 and 2 alike, keeping 0 loses one standard deviation of mean and all of the deviation."""
    points = standardised(np.array([[0.0], [2.0]]), np.array([0.5, 0.5]))
    assert lost(points, np.array([0.5, 0.5]), Kept(np.array([0]), np.array([0, 0]))) == pytest.approx(
        {"distance": 1.0, "mean": 1.0, "deviation": 1.0}
    )


def test_features_that_do_not_vary_are_left_out():
    """A constant says nothing about which futures are alike."""
    points = np.array([[1.0, 7.0], [3.0, 7.0]])
    assert standardised(points, np.array([0.5, 0.5])).tolist() == [[-1.0], [1.0]]


def test_more_scenarios_than_futures_are_refused():
    """What cannot be chosen is refused with both numbers."""
    with pytest.raises(InputError, match="5 scenarios are asked for, and there are 3 futures"):
        reduced(np.zeros((3, 1)), np.full(3, 1 / 3), 5)
    with pytest.raises(InputError, match="no reduction 'best'"):
        reduced(np.zeros((3, 1)), np.full(3, 1 / 3), 1, method="best")


def _drawn(stages=(), scenarios=6, futures=40, quarters=8, method="forward"):
    series = np.random.default_rng(4).normal(size=(futures, quarters)).cumsum(axis=1)
    return drawn_tree(
        lambda end: series[:, :end], futures, quarters,
        scenarios=scenarios, stages=stages, method=method, seed=0,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["forward", "kmeans"])
@pytest.mark.parametrize("stages", [(), (4,), (2, 5)])
def test_probabilities_add_up(stages, method):
    """Those of children add up to their parent's, and those of leaves to 1; every quarter is covered."""
    tree, future, _ = _drawn(stages, method=method)
    assert tree.probability[tree.leaves].sum() == pytest.approx(1.0, abs=1e-12)
    assert len(tree.leaves) == 6
    for node in set(tree.parent.tolist()) - {-1}:
        below = tree.parent == node
        assert tree.probability[below].sum() == pytest.approx(tree.probability[node], abs=1e-12)
    for leaf in tree.leaves:
        shown = [t for node in tree.path(leaf) for t in range(tree.first[node], tree.last[node])]
        assert shown == list(range(8))
    assert len(future) == len(tree.names)


def test_a_tree_is_the_same_for_a_seed():
    """Nothing but seed, futures and settings decides."""
    for method in ("forward", "kmeans"):
        first, second = (_drawn((3,), method=method) for _ in range(2))
        assert first.future.tolist() == second.future.tolist()
        assert first.tree.probability.tolist() == second.tree.probability.tolist()


def test_futures_that_are_alike_become_one_scenario():
    """A book without chance has one scenario, however many are asked for."""
    found = drawn_tree(lambda end: np.ones((9, end)), 9, 4, scenarios=3, stages=(), method="forward", seed=0)
    assert found.tree.names == ("opening", "1")
    assert found.tree.probability.tolist() == [1.0, 1.0]


def test_steps_follow_each_other_along_paths():
    """A step's predecessor is the one before it in its node, or the last of its parent."""
    tree = tree_of(["opening", "a", "b", "c"], [-1, 0, 1, 1], [1.0, 1.0, 0.5, 0.5], [0, 2, 3, 3])
    assert tree.step_node.tolist() == [1, 1, 2, 3]
    assert tree.step_quarter.tolist() == [0, 1, 2, 2]
    assert tree.step_before.tolist() == [-1, 0, 1, 1]


@pytest.mark.parametrize(
    ("stages", "said"), [((0,), "stage in quarter 0"), ((8,), "stage in quarter 8"), ((5, 3), "3 does")]
)
def test_stages_outside_the_calendar_are_refused(stages, said):
    """A stage lies within the calendar, after the opening and after the stage before it."""
    with pytest.raises(InputError, match=said):
        _drawn(stages)


def test_fewer_futures_than_scenarios_are_refused():
    """There is nothing to choose from."""
    with pytest.raises(InputError, match="50 scenarios cannot be chosen from 40 futures"):
        _drawn(scenarios=50)
