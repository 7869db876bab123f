"""The evaluator: agrees with the solver, finds what is broken, and refuses what cannot be planned."""

from dataclasses import replace

import numpy as np
import pytest

from offtake.errors import AuditError, InputError
from offtake.plan._check import TOLERANCE, audit, evaluate
from offtake.plan._risk import CVaR
from offtake.plan._session import Options
from offtake.plan._solve import solve
from plan.instances import farmer, instance_of, lands, row, sizable, two_stage, with_limits


@pytest.fixture(scope="module")
def plan():
    """A plan of real shape, with risk."""
    instance = sizable(2, quarters=10, offers=6, workloads=3)
    return solve(instance, risk=CVaR(0.5, weight=0.5), options=Options(gap=1e-7))


def test_the_evaluator_gives_the_solvers_value(plan):
    """Parts, discounts, probabilities and the charge on risk add up to the objective."""
    found = evaluate(plan.instance, plan.v, plan.y, plan.dispatch, plan.risk)
    assert found.objective == pytest.approx(plan.objective, rel=1e-7)
    assert sum(plan.value.values()) == pytest.approx(plan.expected, rel=1e-9)
    assert max(found.broken.values()) < TOLERANCE
    np.testing.assert_allclose(found.cash, plan.cash)


def changed(dispatch, name, factor):
    """Return the operation with one array scaled."""
    return replace(dispatch, **{name: getattr(dispatch, name) * factor})


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("x", "Q2 capacity"),
        ("served", "Q3 work"),
        ("unserved", "Q3 unserved"),
        ("bought", "Q5 spot"),
        ("over", "Q4 usage"),
    ],
)
def test_what_is_changed_breaks_its_rule(plan, name, rule):
    """Each array of the operation is held to its rule."""
    factor = 0.5 if name == "over" else 3.0
    found = evaluate(plan.instance, plan.v, plan.y, changed(plan.dispatch, name, factor), plan.risk)
    assert found.broken[rule] > TOLERANCE


def test_volumes_are_held_to_the_rules_of_signing(plan):
    """A volume out of its range, half a signature or too much in one hand is found."""
    none = replace(plan.dispatch, x=0 * plan.dispatch.x)
    broken = evaluate(plan.instance, plan.v * 2.0, plan.y, none, plan.risk).broken
    assert broken["Q1 volume"] > TOLERANCE
    assert broken["Q13 exposure"] > TOLERANCE
    broken = evaluate(plan.instance, plan.v, plan.y * 0.5, none, plan.risk).broken
    assert broken["Q1 yes or no"] > TOLERANCE
    small = with_limits(
        plan.instance, commitment=1.0, contracted_most=1.0, provider_share=0.01, limits_from=0
    )
    broken = evaluate(small, plan.v, plan.y, plan.dispatch, plan.risk).broken
    assert min(broken[name] for name in ("Q11 commitment", "Q12 contracted", "Q7 provider share")) > TOLERANCE


def test_a_plan_that_is_not_worth_what_the_solver_says_must_not_be_used(plan):
    """A wrong objective or a broken rule is an error, never a result."""
    arguments = plan.instance, plan.v, plan.y
    with pytest.raises(AuditError, match="the solver says"):
        audit(*arguments, plan.dispatch, plan.risk, "value", plan.objective * 1.01)
    with pytest.raises(AuditError, match="Q2 capacity"):
        audit(*arguments, changed(plan.dispatch, "x", 2.0), plan.risk, "value", plan.objective)


def test_holes_are_refused_by_name():
    """A demand or a price without a number, and a misfit, are told with workload, deal and quarter."""
    instance = lands()
    demand = instance.workloads.demand.copy()
    demand[1, 2] = np.nan
    with pytest.raises(InputError, match=r"workloads\.demand of block 2 at future 3 2026-Q1 is nan"):
        solve(replace(instance, workloads=replace(instance.workloads, demand=demand)))
    fee = instance.contracts.fee.copy()
    fee[0, 0] = np.inf
    with pytest.raises(InputError, match=r"contracts\.fee of Lark at future 1"):
        solve(replace(instance, contracts=replace(instance.contracts, fee=fee)))
    with pytest.raises(InputError, match=r"sources.usage has shape \(3, 3\), not \(4, 3\)"):
        solve(replace(instance, sources=replace(instance.sources, usage=instance.sources.usage[:3])))


def test_a_tree_that_does_not_add_up_is_refused():
    """Probabilities of what follows a node must be the node's."""
    instance = farmer()
    tree = replace(instance.tree, probability=np.array([1.0, 0.3, 0.3, 0.3]))
    with pytest.raises(InputError, match=r"what follows 'root' has probability 0\.9"):
        solve(replace(instance, tree=tree))


def test_what_comes_before_its_decision_is_refused():
    """A row may bring nothing at steps that do not follow from its node."""
    instance = instance_of(two_stage([0.5, 0.5]), [row("deal", 1.0, node=1)], {"chat": {"demand": 1.0}})
    early = replace(instance.contracts, delivered=np.ones((1, 2)))
    with pytest.raises(InputError, match="does not follow from 'future 1'"):
        solve(replace(instance, contracts=early))


def test_numbers_out_of_range_are_refused():
    """Levels, weights, gaps and threads have ranges."""
    for wrong in (
        lambda: CVaR(1.0),
        lambda: CVaR(weight=-1.0),
        lambda: Options(gap=-1.0),
        lambda: Options(threads=0),
    ):
        with pytest.raises(InputError):
            wrong()
