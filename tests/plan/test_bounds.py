"""Perfect information and the value of the stochastic solution, against published numbers."""

import numpy as np
import pytest

from offtake.errors import InputError
from offtake.plan._bounds import mean_instance, path_instance, perfect_information, stochastic_value
from offtake.plan._risk import CVaR
from offtake.plan._solve import solve
from plan.instances import farmer, instance_of, lands, newsvendor, row, sizable, tree_of


def test_farmer():
    """EVPI 7015.5556, the mean plan brings 107240, so that the stochastic solution is worth 1150."""
    plan = solve(farmer())
    known = perfect_information(plan)
    assert known.evpi == pytest.approx(7015.5556, abs=0.01)
    np.testing.assert_allclose(known.by_leaf, [167666.6667, 118600.0, 59950.0], atol=0.01)
    mean = stochastic_value(plan)
    assert mean.mean_value == pytest.approx(118600.0, abs=0.01)
    np.testing.assert_allclose(mean.signed, [120, 80, 300], atol=1e-4)
    assert mean.mean_plan == pytest.approx(107240.0, abs=0.01)
    assert mean.vss == pytest.approx(1150.0, abs=0.01)


def test_lands():
    """Wait and see costs 380.1667 and the mean future 378.6667."""
    plan = solve(lands())
    assert perfect_information(plan).wait_and_see == pytest.approx(-380.1666667, abs=1e-6)
    mean = stochastic_value(plan)
    assert mean.mean_value == pytest.approx(-378.6666667, abs=1e-6)
    assert mean.vss >= -1e-9


def test_newsvendor():
    """With perfect information every paper asked for is sold; the mean plan stocks the mean."""
    demand = np.array([50.0, 100.0, 150.0])
    plan = solve(newsvendor(demand))
    assert perfect_information(plan).wait_and_see == pytest.approx(6.0 * 100.0)
    mean = stochastic_value(plan)
    assert mean.signed[0] == pytest.approx(100.0)
    assert mean.mean_plan == pytest.approx(10 * np.minimum(demand, 100).mean() - 400)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_bounds(seed):
    """Mean plan <= plan <= wait and see, on problems with binaries and limits."""
    plan = solve(sizable(3, quarters=8, offers=5, seed=seed))
    assert perfect_information(plan).evpi >= -1e-4 * abs(plan.objective)
    assert stochastic_value(plan).vss >= -1e-4 * abs(plan.objective)


def test_a_mean_plan_that_breaks_a_rule_is_worth_minus_infinity():
    """Where the mean future's plan cannot serve the worst one, the stochastic solution is priceless."""
    plan = solve(
        instance_of(
            newsvendor([50.0, 150.0]).tree,
            [row("stock", 1.0, fee=1.0, most=200.0)],
            {"papers": {"demand": np.array([50.0, 150.0]), "service": 1.0}},
        )
    )
    assert stochastic_value(plan).mean_plan == float("-inf")
    assert stochastic_value(plan).vss == float("inf")


def test_risk_has_no_perfect_information():
    """With a charge on risk the value of information is refused."""
    with pytest.raises(InputError, match="perfect information"):
        perfect_information(solve(farmer(), risk=CVaR(0.5, weight=1.0)))


def test_paths_and_means_of_a_tree():
    """A leaf's path keeps its rows and certain nodes; later rows of one choice become one row of the mean."""
    tree = tree_of(
        ("root", "up", "down", "up end", "down end"),
        [-1, 0, 0, 1, 2],
        [1, 0.25, 0.75, 0.25, 0.75],
        [0, 0, 0, 1, 1],
        [0, 1, 1, 2, 2],
    )
    late = np.isin(tree.step_node, [3, 4]).astype(float)
    rows = [
        row("base", 1.0, fee=1.0, source=0),
        row("later", late, fee=late, node=1, source=0),
        row("later", 2 * late, fee=late, node=2, source=0),
    ]
    demand = np.where(np.isin(tree.step_node, [1, 3]), 8.0, 4.0)
    instance = instance_of(
        tree, rows, {"chat": {"demand": demand, "earns": 3.0}}, sources=[{"provider": "Tern"}]
    )
    alone = path_instance(instance, 4)
    assert alone.tree.names == ("root", "down", "down end")
    assert alone.contracts.entry == ("base", "later")
    np.testing.assert_array_equal(alone.contracts.node, [0, 1])
    np.testing.assert_array_equal(alone.workloads.demand, [[4.0, 4.0]])
    mean, row_of = mean_instance(instance)
    np.testing.assert_array_equal(row_of, [0, 1, 1])
    np.testing.assert_allclose(mean.contracts.delivered[1], [0.0, 0.25 + 1.5])
    np.testing.assert_allclose(mean.workloads.demand, [[5.0, 5.0]])
    np.testing.assert_array_equal(mean.contracts.node, [0, 1])
