"""`solve` against the slow oracle and against every signing pattern, on random small problems."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from offtake.errors import InfeasibleError
from offtake.plan._risk import CVaR
from offtake.plan._session import Options
from offtake.plan._solve import solve
from oracles import programme as oracle
from strategies.plan_instances import instances

CLOSE = 1e-6
EXACT = Options(gap=1e-9, threads=1)
RISKS = st.sampled_from([(0.0, 0.0), (0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (0.8, 0.25), (0.95, 2.0)])
GOALS = st.sampled_from(["value", "value", "cost"])


def quick(examples):
    """A failing problem is told as it was found: shrinking one takes minutes."""
    return settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def planned(instance, risk=(0.0, 0.0), goal="value"):
    """The plan, or None if there is none."""
    try:
        return solve(instance, risk=CVaR(risk[0], weight=risk[1]), goal=goal, options=EXACT)
    except InfeasibleError:
        return None


def same(left, right):
    """Equal to 1e-6, relative."""
    return left == pytest.approx(right, rel=CLOSE, abs=CLOSE)


@quick(150)
@given(instances(), RISKS, GOALS)
def test_same_optimum_and_same_infeasibility(instance, risk, goal):
    """The plan is worth what the oracle's is, to 1e-6, and there is none where the oracle finds none."""
    expected = oracle.solve(instance, *risk, goal)
    found = planned(instance, risk, goal)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert same(found.objective, expected.objective)
        assert found.bound >= found.objective - CLOSE * max(1.0, abs(found.objective))


@quick(25)
@given(instances(), RISKS, GOALS)
def test_no_pattern_beats_the_plan(instance, risk, goal):
    """Whatever is signed or left, the linear rest brings no more than the plan; the best brings as much."""
    best, tried = oracle.best_pattern(instance, *risk, goal)
    found = planned(instance, risk, goal)
    assert tried >= 1
    assert (found is None) == (best is None)
    if best is not None:
        assert same(found.objective, best.objective)


@quick(50)
@given(instances(), RISKS)
def test_cvar_is_the_mean_of_the_worst_leaves(instance, risk):
    """The charge is the plain definition on the plan's leaf values, and the objective is made of both."""
    found = planned(instance, risk)
    assume(found is not None)
    weights = instance.tree.probability[instance.tree.leaves]
    charge = oracle.conditional_value_at_risk((-found.path_value).tolist(), weights.tolist(), risk[0])
    assert same(found.objective, float(weights @ found.path_value) - risk[1] * charge)


@quick(30)
@given(instances(), RISKS)
def test_more_weight_on_risk_is_worth_less_in_the_mean(instance, risk):
    """A heavier charge brings neither a higher mean nor a worse tail."""
    light, heavy = planned(instance, (risk[0], 0.25)), planned(instance, (risk[0], 4.0))
    assume(light is not None)
    assert heavy is not None
    weights = instance.tree.probability[instance.tree.leaves]

    def tail(plan):
        return oracle.conditional_value_at_risk((-plan.path_value).tolist(), weights.tolist(), risk[0])

    size = CLOSE * max(1.0, abs(light.expected), abs(tail(light)))
    assert heavy.expected <= light.expected + size
    assert tail(heavy) <= tail(light) + size


@quick(30)
@given(instances(), RISKS, st.randoms(use_true_random=False))
def test_the_order_of_labels_is_irrelevant(instance, risk, order):
    """Rows, sources and workloads in another order give the same optimum."""
    found, turned = planned(instance, risk), planned(reordered(instance, order), risk)
    assert (found is None) == (turned is None)
    if found is not None:
        assert same(found.objective, turned.objective)


@quick(50)
@given(instances(), RISKS, GOALS, st.data())
def test_relaxing_a_limit_never_worsens_the_optimum(instance, risk, goal, data):
    """Without one of its limits, or with one offer or one freedom more, a plan is worth at least as much."""
    strict = planned(instance, risk, goal)
    assume(strict is not None)
    freer = planned(data.draw(st.sampled_from(relaxations(instance))), risk, goal)
    assert freer is not None
    assert freer.objective >= strict.objective - CLOSE * max(1.0, abs(strict.objective))


def relaxations(instance):
    """The same problem with one thing allowed that was not, in each way that applies."""
    limits, work, rows = instance.limits, instance.workloads, instance.contracts
    found = [
        replace(instance, limits=replace(limits, **{rule.name: rule.default}))
        for rule in fields(limits)
        if rule.name not in {"limits_from", "cover_price"} and getattr(limits, rule.name) != rule.default
    ]
    if work.holders:
        found.append(replace(instance, workloads=replace(work, bound=np.zeros_like(work.bound))))
    if instance.exclusivities is not None:
        found.append(replace(instance, exclusivities=None))
    if instance.cash.limited:
        found.append(replace(instance, cash=replace(instance.cash, limited=False)))
        price = 0.25 if instance.cash.shortfall is None else instance.cash.shortfall / 2
        found.append(replace(instance, cash=replace(instance.cash, shortfall=price)))
    if work.service.any():
        found.append(replace(instance, workloads=replace(work, service=np.zeros_like(work.service))))
    found.append(replace(instance, workloads=replace(work, placement=np.ones_like(work.placement))))
    deep = replace(instance.spot, buy_depth=instance.spot.buy_depth + 1.0)
    found.append(replace(instance, spot=deep))
    found.append(replace(instance, contracts=with_one_more(rows)))
    return found


def with_one_more(rows):
    """The rows with the last one that may be signed on its own terms offered twice."""
    free = [c for c in range(len(rows.entry)) if rows.what[c] in {"offer", "build"}]
    again = [*range(len(rows.entry)), free[-1]]
    once = rows.once[again].copy()
    once[-1] = -1
    return replace(taken(rows, again), once=once)


def taken(rows, which):
    """Rows of contracts by number, in this order; parents are found again by their new numbers."""
    which = np.array(which)
    values = {}
    for column in fields(rows):
        value = getattr(rows, column.name)
        values[column.name] = tuple(value[k] for k in which) if isinstance(value, tuple) else value[which]
    place = {int(old): new for new, old in reversed(list(enumerate(which)))}
    values["parent"] = np.array([place[int(p)] if p >= 0 else -1 for p in values["parent"]])
    return type(rows)(**values)


def reordered(instance, order):
    """The same problem with rows, sources and workloads in a drawn order."""
    rows, sources, work = instance.contracts, instance.sources, instance.workloads

    def mixed(count):
        numbers = list(range(count))
        order.shuffle(numbers)
        return np.array(numbers)

    by_row, by_source, by_work = mixed(len(rows.entry)), mixed(len(sources.entry)), mixed(len(work.names))
    place = np.argsort(by_source)
    rows = replace(rows, source=np.where(rows.source >= 0, place[rows.source], -1))

    def along(record, which, skip=()):
        return {
            column.name: tuple(value[k] for k in which) if isinstance(value, tuple) else value[which]
            for column in fields(record)
            if column.name not in skip
            for value in [getattr(record, column.name)]
        }

    work = replace(work, **along(work, by_work, ("placement", "holders", "bound")))
    work = replace(
        work,
        placement=instance.workloads.placement[by_work][:, by_source],
        bound=instance.workloads.bound[:, by_work],
    )
    sources = type(sources)(**along(sources, by_source))
    bonds = instance.exclusivities
    if bonds is not None:
        bonds = replace(
            bonds, row=np.argsort(by_row)[bonds.row], workload=np.argsort(by_work)[bonds.workload]
        )
    return replace(
        instance, contracts=taken(rows, by_row), sources=sources, workloads=work, exclusivities=bonds
    )
