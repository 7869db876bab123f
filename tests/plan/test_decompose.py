"""Decomposition against the extensive form, however it is split."""

import importlib
import importlib.util
import pickle
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from offtake.errors import InfeasibleError, InputError
from offtake.plan._decompose import solve_by_decomposition
from offtake.plan._recourse import Basis
from offtake.plan._risk import CVaR
from oracles import programme as oracle
from strategies.plan_instances import instances

CLOSE = 1e-6


def quick(examples):
    """A failing problem is told as it was found: shrinking one takes minutes."""
    return settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


TWO_STAGES = instances(stages=(1,))
RISKS = st.sampled_from([(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (0.8, 0.25), (0.95, 2.0)])


@quick(50)
@given(TWO_STAGES, RISKS, st.sampled_from(["value", "value", "cost"]), st.sampled_from([1, 3, 20]))
def test_same_optimum_as_the_extensive_form(instance, risk, goal, groups):
    """Cut by cut, with any grouping, the optimum is that of the oracle's whole programme."""
    expected = oracle.solve(instance, *risk, goal)
    charge = CVaR(risk[0], weight=risk[1])
    if expected is None:
        with pytest.raises(InfeasibleError):
            solve_by_decomposition(instance, risk=charge, goal=goal, groups=groups)
        return
    found = solve_by_decomposition(instance, risk=charge, goal=goal, gap=CLOSE / 2, groups=groups)
    assert found.objective == pytest.approx(expected.objective, rel=CLOSE, abs=CLOSE)
    assert found.bound >= expected.objective - CLOSE * max(1.0, abs(expected.objective))
    assert found.status == "optimal"


@quick(12)
@given(TWO_STAGES, RISKS)
def test_bounds_close_in_from_both_sides(instance, risk):
    """Round by round the best plan only rises, the bound only falls, and they never cross."""
    told = []
    try:
        solve_by_decomposition(instance, risk=CVaR(risk[0], weight=risk[1]), gap=CLOSE, progress=told.append)
    except InfeasibleError:
        return
    best, bound = np.array([each.value for each in told]), np.array([each.bound for each in told])
    assert np.all(np.diff(best) >= 0.0)
    assert np.all(bound[1:] <= bound[:-1])
    assert np.all(best <= bound + CLOSE * (1.0 + np.abs(best)))


@quick(3)
@given(instances(stages=(2,)))
def test_more_than_two_stages_are_refused(instance):
    """Decomposition is for problems in which the root alone decides, and says so."""
    with pytest.raises(InputError, match="only the root may decide"):
        solve_by_decomposition(instance)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_same_answer_however_it_is_split(fan):
    """With two workers, with one, and in this process, every bit of the plan is the same."""
    from distributed import Client

    alone = solve_by_decomposition(fan, risk=CVaR(0.9, weight=0.5))
    for workers in (1, 2):
        with Client(
            n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as client:
            spread = solve_by_decomposition(fan, risk=CVaR(0.9, weight=0.5), client=client)
        assert spread.objective == alone.objective
        assert spread.bound == alone.bound
        assert np.array_equal(spread.v, alone.v)
        assert np.array_equal(spread.path_value, alone.path_value)


def test_the_size_of_a_part_does_not_matter(fan, monkeypatch):
    """Leaves are solved one by one, a few at a time or all at once with the same answer."""
    module = importlib.import_module("offtake.plan._leaf_solvers")
    plans = []
    for part in (1, 7, 1000):
        monkeypatch.setattr(module, "PART", part)
        plans.append(solve_by_decomposition(fan))
    assert all(np.array_equal(plan.v, plans[0].v) for plan in plans)
    assert all(plan.bound == plans[0].bound for plan in plans)


@pytest.fixture(scope="module")
def fan():
    """The benchmark's problem with forty leaves: six offers for three workloads."""
    script = Path(__file__).parents[2] / "benchmarks" / "plan.py"
    spec = importlib.util.spec_from_file_location("plan_benchmark", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.case(40)


def test_a_basis_can_be_sent_elsewhere():
    """A basis is the same after it was pickled."""
    native = highspy.HighsBasis()
    native.col_status = [highspy.HighsBasisStatus.kBasic, highspy.HighsBasisStatus.kUpper]
    native.row_status = [highspy.HighsBasisStatus.kNonbasic]
    sent = pickle.loads(pickle.dumps(Basis(native))).native  # noqa: S301 - it was pickled here
    assert sent.valid
    assert [list(sent.col_status), list(sent.row_status)] == [
        list(native.col_status),
        list(native.row_status),
    ]
