"""Frontiers of value against risk and against time."""

import numpy as np
import pytest

from offtake.errors import InputError
from offtake.plan._frontier import first_quarter, risk_frontier, served_share, time_frontier
from offtake.plan._risk import CVaR
from offtake.plan._solve import solve
from plan.instances import farmer, instance_of, newsvendor, row, two_stage


def test_more_weight_never_brings_more_value_or_more_risk():
    """Along the frontier expected value and CVaR both fall; each point is what a solve of its own finds."""
    weights = (0.0, 0.2, 1.0, 5.0)
    points = risk_frontier(farmer(), weights, level=0.5)
    values, tails = [p.value for p in points], [p.cvar for p in points]
    assert all(np.diff(values) <= 1e-6)
    assert all(np.diff(tails) <= 1e-6)
    assert values[0] == pytest.approx(108390.0)
    for point in points:
        alone = solve(farmer(), risk=CVaR(0.5, weight=point.weight))
        assert point.value - point.weight * point.cvar == pytest.approx(alone.objective)


def test_weight_without_end_plans_for_the_worst():
    """The far end of the frontier is the best plan for the least demand."""
    points = risk_frontier(newsvendor([60.0, 90.0, 100.0, 120.0]), (0.0, 1e3), level=0.75)
    assert points[0].solution.v[0] == pytest.approx(100.0)
    assert points[1].solution.v[0] == pytest.approx(60.0)
    assert points[1].cvar == pytest.approx(-360.0)


def sooner():
    """Return a cheap deal that comes late and a dear one that comes at once."""
    tree = two_stage([0.5, 0.5], 3)
    quarter = tree.step_quarter
    rows = [
        row("late", (quarter >= 2).astype(float), fee=(quarter >= 2) * 1.0, most=100.0),
        row("dear", 1.0, fee=5.0, most=100.0),
    ]
    demand = np.where(tree.step_node == 1, 80.0, 120.0)
    return instance_of(tree, rows, {"chat": {"demand": demand, "earns": 4.0}})


def test_capacity_sooner_costs_more():
    """Waiting for the cheap deal is best; capacity earlier is worth less, and too much is impossible."""
    plan = solve(sooner())
    assert first_quarter(plan, 0.9) == 2
    np.testing.assert_allclose(served_share(plan), [0, 0, 0.9])
    points = time_frontier(sooner(), 0.9)
    assert [p.quarter for p in points] == [0, 1, 2]
    assert points[0].objective == pytest.approx(points[1].objective)
    assert points[0].objective < points[2].objective == pytest.approx(plan.objective)
    assert all(served_share(p.solution)[p.quarter] >= 0.9 - 1e-9 for p in points)
    assert time_frontier(sooner(), 1.0, [0])[0].solution is None
    assert first_quarter(plan, 1.0) is None


def test_shares_and_quarters_out_of_range_are_refused():
    """A share above 1 and a quarter after the last are refused."""
    with pytest.raises(InputError, match="share in"):
        time_frontier(sooner(), 1.2)
    with pytest.raises(InputError, match="quarters 0 to 2"):
        time_frontier(sooner(), 0.5, [3])
