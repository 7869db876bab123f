"""Plans that are nearly as good and differ as much as they can."""

import numpy as np
import pytest

from offtake.errors import InputError
from offtake.plan._alternatives import alternatives
from offtake.plan._session import Options
from offtake.plan._solve import solve
from plan.instances import instance_of, newsvendor, row, sizable, two_stage


def rivals(fees):
    """Return offers of one size of which one is enough."""
    rows = [row(f"deal {k}", 1.0, fee=fee, least=10.0, most=10.0, whole=True) for k, fee in enumerate(fees)]
    return instance_of(two_stage([1.0]), rows, {"chat": {"demand": 10.0, "earns": 100.0}})


def test_rivals_take_turns():
    """Offers that cost nearly the same are each other's alternatives; one that costs too much is none."""
    plan = solve(rivals([1.0, 1.2, 1.4, 50.0]))
    found = alternatives(plan, 5)
    patterns = [tuple(other.y.astype(int)) for other in [plan, *found]]
    assert patterns[0] == (1, 0, 0, 0)
    assert len(set(patterns)) == len(patterns)
    assert patterns[1] in {(0, 1, 0, 0), (0, 0, 1, 0), (0, 1, 1, 0)}
    assert all(pattern[3] == 0 for pattern in patterns)
    floor = plan.objective * 0.98
    assert all(other.objective >= floor - 1e-6 for other in found)


def test_the_first_differs_most():
    """No pattern within the share differs in more decisions than the first alternative, by enumeration."""
    instance = rivals([1.0, 1.05, 1.1])
    plan = solve(instance)
    found = alternatives(plan, 1)[0]
    best = 0
    for bits in range(8):
        y = np.array([bits >> k & 1 for k in range(3)])
        value = 1000.0 * min(y.sum(), 1) - 10 * (y @ [1.0, 1.05, 1.1])
        if value >= 0.98 * plan.objective:
            best = max(best, int(np.abs(y - plan.y).sum()))
    assert np.abs(found.y - plan.y).sum() == best


def test_volumes_differ_where_nothing_is_yes_or_no():
    """A volume moves to the end of what the share leaves open."""
    plan = solve(newsvendor([90.0, 100.0, 110.0]))
    found = alternatives(plan, 2, within=0.05)
    volumes = [other.v[0] for other in found]
    assert abs(volumes[0] - plan.v[0]) > 1.0
    assert all(other.objective >= 0.95 * plan.objective - 1e-6 for other in found)


def test_nothing_else_is_said_to_be_nothing_else():
    """Where only one plan is good enough there is no alternative."""
    assert alternatives(solve(rivals([1.0, 90.0])), 2, within=1e-4) == ()
    with pytest.raises(InputError, match="above 0"):
        alternatives(solve(rivals([1.0])), 1, within=0.0)


def test_alternatives_of_a_problem_of_real_shape():
    """Each keeps every rule (it is audited), stays within the share and differs from all before."""
    plan = solve(sizable(2, quarters=6, offers=6), options=Options(gap=1e-4))
    found = alternatives(plan, 2, options=Options(gap=1e-3))
    assert found
    assert all(other.objective >= plan.objective - 0.021 * abs(plan.objective) for other in found)
