"""Shadow prices against finite differences."""

from dataclasses import replace

import numpy as np
import pytest

from offtake.plan._instance import Limits
from offtake.plan._risk import CVaR
from offtake.plan._shadow import difference, shadow_prices
from offtake.plan._solve import solve
from plan.instances import farmer, instance_of, lands, newsvendor, row, two_stage, with_limits

STEP = 1e-3


def rich():
    """Return a linear problem in which waiting, cash, cover, shares and spot all play a part."""
    random = np.random.default_rng(5)
    tree = two_stage([0.4, 0.6], 3)
    sources = [
        {"provider": name, "usage": 2.0, "resale": name == "Wren"} for name in ("Tern", "Wren", "Ibis")
    ]
    rows = [
        row(
            f"deal {k}",
            random.uniform(0.5, 1.0, 6),
            fee=random.uniform(1, 2, 6),
            floor=0.3,
            most=60.0,
            commitment=1.0,
            source=k,
        )
        for k in range(3)
    ]
    work = {
        "chat": {
            "demand": random.uniform(30, 70, 6),
            "earns": 7.0,
            "penalty": 1.0,
            "critical": 0.6,
            "service": 0.5,
        },
        "batch": {
            "demand": random.uniform(20, 50, 6),
            "earns": 5.0,
            "defer": 1,
            "waiting_loss": 0.1,
            "critical": 0.2,
        },
    }
    return instance_of(
        tree,
        rows,
        work,
        sources=sources,
        spot={"buy": 5.5, "sell": 1.0, "buy_depth": 10.0, "sell_depth": 5.0},
        cash={"limited": True, "opening": 20.0, "funding": 10.0, "debt_share": 0.5, "rate": 0.05},
        limits=Limits(
            provider_share=0.45, cover_from=1, cover_price=4.0, contracted_most=150.0, commitment=145.0
        ),
        discount=0.95 ** np.arange(3),
    )


def with_demand(instance, w, step, change):
    """Return the instance with demand moved at one step."""
    demand = instance.workloads.demand.copy()
    demand[w, step] += change
    return replace(instance, workloads=replace(instance.workloads, demand=demand))


def between(price, instance, risk, changed):
    """A price lies between what a little more brings and what a little less costs: the value is concave."""
    base = solve(instance, risk=risk)
    more = difference(base, changed(STEP)) / STEP
    less = -difference(base, changed(-STEP)) / STEP
    assert more - 1e-3 <= price <= less + 1e-3


@pytest.mark.parametrize("risk", [CVaR(), CVaR(0.5, weight=0.7)])
def test_demand(risk):
    """What one more MW asked for is worth, of work that waits and of work that cannot."""
    instance = rich()
    prices = shadow_prices(solve(instance, risk=risk))
    for w in range(2):
        for step in range(6):
            between(
                prices.demand_step[w, step],
                instance,
                risk,
                lambda d, w=w, step=step: with_demand(instance, w, step, d),
            )
    np.testing.assert_allclose(prices.demand.sum(), prices.demand_step.sum())


@pytest.mark.parametrize("risk", [CVaR(), CVaR(0.5, weight=0.7)])
def test_cash_and_limits(risk):
    """What a M USD at the opening and a MW under contract are worth."""
    instance = rich()
    prices = shadow_prices(solve(instance, risk=risk))
    assert prices.cash >= -1e-9
    between(
        prices.cash,
        instance,
        risk,
        lambda d: replace(instance, cash=replace(instance.cash, opening=instance.cash.opening + d)),
    )
    for name in ("contracted_most", "commitment"):
        value = getattr(instance.limits, name)
        between(
            prices.limits[name],
            instance,
            risk,
            lambda d, n=name, v=value: with_limits(instance, **{n: v + d}),
        )
    minimum = prices.limits["minimum cash"]
    between(minimum, instance, risk, lambda d: replace(instance, cash=replace(instance.cash, minimum=d)))


def test_shares():
    """A share is worth what a little more of it brings; the value is not concave in it."""
    instance = rich()
    plan = solve(instance)
    price = shadow_prices(plan).limits["provider_share"]
    more = with_limits(instance, provider_share=instance.limits.provider_share + 1e-6)
    assert difference(plan, more) / 1e-6 == pytest.approx(price, rel=0.01, abs=1e-3)


def test_capacity():
    """One more MW that all may use is worth what adding a free source brings."""
    instance = farmer()
    prices = shadow_prices(solve(instance))
    assert prices.capacity_step.max() > 0
    random = instance_of(
        two_stage([0.5, 0.5]),
        [row("deal", 1.0, fee=3.0, most=40.0), row("gift", 1.0, what="given", node=-1, most=0.0)],
        {"chat": {"demand": np.array([50.0, 60.0]), "earns": 4.0}, "batch": {"demand": 10.0, "earns": 1.0}},
    )
    price = shadow_prices(solve(random)).capacity[0]
    gift = random.contracts.most.copy()
    gift[1] = STEP
    given = replace(random, contracts=replace(random.contracts, most=gift, least=gift))
    assert difference(solve(random), given) / STEP == pytest.approx(price, abs=1e-6)
    assert price == pytest.approx(4.0)


def test_farmer_land():
    """An acre more is worth 275; a MW of base load in the first future costs LandS 11.86."""
    assert shadow_prices(solve(farmer())).limits["contracted_most"] == pytest.approx(275.0)
    assert shadow_prices(solve(lands())).demand_step[0, 0] == pytest.approx(-11.86)


def test_a_changed_problem():
    """A second solve says what a change is worth; a problem without a plan is worth minus infinity."""
    instance = newsvendor([50.0, 60.0, 100.0])
    plan = solve(instance)
    cheaper = replace(instance, contracts=replace(instance.contracts, fee=instance.contracts.fee - 1.0))
    assert difference(plan, cheaper) == pytest.approx(solve(cheaper).objective - plan.objective)
    impossible = with_limits(instance, contracted_least=1e6)
    assert difference(plan, impossible) == float("-inf")
