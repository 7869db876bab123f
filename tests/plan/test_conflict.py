"""Where there is no plan, the reason is a smallest set of rules in contract words."""

from dataclasses import replace

import numpy as np
import pytest

from offtake.errors import InfeasibleError
from offtake.plan._conflict import conflict, rules
from offtake.plan._instance import Limits
from offtake.plan._rules import rule_groups
from offtake.plan._solve import solve
from plan.instances import exclusive, instance_of, lands, row, two_stage, with_limits


def feasible(instance):
    """Whether there is a plan."""
    try:
        solve(instance)
    except InfeasibleError:
        return False
    return True


def irreducible(instance, found):
    """Without any one of the rules there is a plan."""
    groups = {group.rule.words: group for group in rule_groups(instance)}
    # only the conflict's own rules hold, so that a second conflict elsewhere does not hide this one
    alone = instance
    for words, group in groups.items():
        if words not in {rule.words for rule in found.rules}:
            alone = group.without(alone)
    return not feasible(alone) and all(feasible(groups[rule.words].without(alone)) for rule in found.rules)


def test_exclusivity_against_service():
    """The holder has 50 MW of the 99 that its workload is promised: both rules are named, and the rest."""
    instance = exclusive()
    with pytest.raises(InfeasibleError) as caught:
        solve(instance)
    assert caught.value.exit_code == 3
    found = caught.value.args[0]
    assert [rule.kind for rule in found.rules] == ["exclusivity", "service"]
    assert [rule.entry for rule in found.rules] == ["Northgate", "chat"]
    assert found.rules[1].missing == pytest.approx(49.0)
    assert found.rules[0].missing == pytest.approx(49.0)
    assert "exclusivity of Northgate on chat (2026-Q1 to 2026-Q2) and 99 % service of chat" in found.sentence
    assert "49 MW are missing in 2026-Q1 of 'future 1'" in str(caught.value)
    assert irreducible(instance, found)


CASES = {
    "commitment": {"commitment": 60.0, "contracted_least": None},
    "contracted_least": {"commitment": 60.0},
    "contracted_most": {"contracted_most": 11.0},
    "provider_share": {"provider_share": 0.2},
}


@pytest.mark.parametrize("kind", CASES)
def test_limits_of_the_policy(kind):
    """A limit that cannot hold with the rest is named, and the set is irreducible."""
    limits = CASES[kind]
    instance = with_limits(lands(), **limits)
    found = conflict(instance)
    assert found.rules
    assert set(limits) & {rule.kind for rule in found.rules}
    assert irreducible(instance, found)
    assert all(rule.missing > 0 and rule.where for rule in found.rules)


def single(work, rows=None, **more):
    """Return a problem of one certain future."""
    rows = rows or [
        row("north base", 1.0, fee=1.0, most=50.0, source=0),
        row("south base", 1.0, fee=1.0, most=50.0, source=1),
    ]
    sources = [{"provider": "Northgate"}, {"provider": "Southgate"}]
    return instance_of(two_stage([1.0], 2), rows, work, sources=sources, **more)


def test_placement():
    """Where work may run is a rule like any other."""
    instance = single({"chat": {"demand": 80.0, "service": 1.0, "placement": np.array([True, False])}})
    found = conflict(instance)
    assert [rule.kind for rule in found.rules] == ["placement", "service"]
    assert irreducible(instance, found)


def test_cash():
    """Cash that does not suffice for what is promised is named with the M USD that are missing."""
    instance = single(
        {"chat": {"demand": 80.0, "service": 1.0}}, cash={"limited": True, "opening": 100.0, "funding": 10.0}
    )
    found = conflict(instance)
    assert [rule.kind for rule in found.rules] == ["service", "cash"]
    cash = found.rules[1]
    # 160 fall due over two quarters; 120 are there, 110 of them in the first
    assert cash.missing == pytest.approx(40.0)
    assert cash.where == "2026-Q2 of 'future 1'"
    assert irreducible(instance, found)


def test_cash_with_a_price():
    """Where cash may be missing at a price, it is never why there is no plan."""
    cash = {"limited": True, "opening": 100.0, "funding": 10.0, "shortfall": 0.25}
    work = {"chat": {"demand": 80.0, "service": 1.0}}
    assert "cash" not in [rule.kind for rule in rules(single(work, cash=cash))]
    assert solve(single(work, cash=cash)).short.max() == pytest.approx(40.0)


def test_cover():
    """Cover that cannot be had says without whom."""
    instance = single({"chat": {"demand": 80.0, "critical": 0.75}}, limits=Limits(cover_from=0))
    found = conflict(instance)
    assert [rule.kind for rule in found.rules] == ["cover"]
    assert found.rules[0].missing == pytest.approx(10.0)
    assert "without" in found.rules[0].where
    assert "cannot hold; 10 MW" in found.sentence


def test_all_or_nothing_and_once():
    """Integer rules conflict too: an offer too large for its limit, and two starts of one offer."""
    large = [row("north base", 1.0, least=50.0, most=50.0, whole=True, source=0)]
    instance = single({"chat": {"demand": 30.0, "service": 1.0}}, large, limits=Limits(contracted_most=40.0))
    found = conflict(instance)
    assert {rule.kind for rule in found.rules} == {"service", "contracted_most", "whole"}
    assert irreducible(instance, found)
    twice = [
        row("north base", 1.0, most=20.0, once=0, source=0),
        row("north base", 1.0, most=20.0, once=0, source=0),
    ]
    instance = single({"chat": {"demand": 30.0, "service": 1.0}}, twice)
    found = conflict(instance)
    assert {rule.kind for rule in found.rules} == {"service", "once"}
    assert irreducible(instance, found)


def test_a_problem_with_a_plan_has_no_conflict():
    """Nothing is named where nothing conflicts, and all rules of a problem can be listed."""
    assert conflict(lands()).rules == ()
    assert {rule.kind for rule in rules(lands())} == {"service", "commitment", "contracted_least"}
    bound = replace(exclusive(), limits=Limits(exposure=1.0, vendor_share=0.5, region_share=0.5))
    assert {"exposure", "vendor_share", "region_share", "exclusivity"} <= {rule.kind for rule in rules(bound)}
