"""The value of terms: against a slow walk through each future, and as a function of the price."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.quote import Worth, ground, worth
from oracles.quote import lowest_price, present_value
from quote.yard import REQUEST, yard

PATHS = 12
BUILT = {
    **{key: REQUEST[key] for key in ("seller", "buyer", "clauses")},
    "build": {
        "like": "Yard",
        "lead": "3 quarters",
        "gates": {
            "construction": {"triangular": [1, 2, 5], "unit": "quarters"},
            "chips": {"after": "construction", "duration": "1 quarter"},
        },
    },
}


@pytest.fixture(scope="module", params=["sites", "build"])
def base(request):
    """The futures of a request for free machines, and of one for which they are built."""
    asked = REQUEST if request.param == "sites" else BUILT
    return ground(yard(), asked, paths=PATHS, seed=9, engine="numpy", longest=40.0)


TERMS = st.fixed_dictionaries(
    {
        "length": st.sampled_from([4.0, 9.5, 12.0, 36.0]),
        "take_or_pay": st.sampled_from([0.0, 0.6, 1.0]),
        "prepayment": st.sampled_from([0.0, 0.2, 0.5]),
        "lead": st.sampled_from([0.0, 1.0, 6.0]),
        "credited_from": st.sampled_from([0.0, 4.0, 20.0]),
        "termination": st.sampled_from([None, 0.0, 0.2, 1.0]),
        "termination_from": st.sampled_from([0.0, 8.0]),
        "late_per_day": st.sampled_from([0.0, 0.004]),
        "late_cap": st.sampled_from([0.02, 1.0]),
        "escalator": st.sampled_from([0.0, 0.05]),
        "reserved": st.sampled_from([0.0, 0.4]),
        "scale": st.sampled_from([0.5, 1.0, 3.0]),
    }
)
PRICES = st.floats(0.0, 12.0)


@settings(max_examples=30, deadline=None)
@given(terms=TERMS, price=PRICES)
def test_value_is_that_of_a_walk_through_the_quarters(base, terms, price):
    """Every future's value at any price is what a slow walk through its quarters adds up to."""
    chosen = dataclasses.replace(base.terms, **terms)
    slow = [present_value(base, chosen, s, price) for s in range(PATHS)]
    np.testing.assert_allclose(worth(base, chosen).at(price), slow, rtol=1e-9, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(terms=TERMS, prices=st.tuples(PRICES, PRICES))
def test_a_higher_price_is_worth_more(base, terms, prices):
    """Without a right to leave and without credits for lateness, a higher price is worth more."""
    chosen = dataclasses.replace(base.terms, **{**terms, "termination": None, "late_per_day": 0.0})
    value, (low, high) = worth(base, chosen), sorted(prices)
    assert (value.at(high) >= value.at(low) - 1e-9).all()
    assert value.lowest(0.5) <= value.lowest(0.9)
    assert value.lowest_tail(0.5) <= value.lowest_tail(0.1)


@settings(max_examples=20, deadline=None)
@given(terms=TERMS, share=st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_the_lowest_price_is_where_the_share_is_first_reached(base, terms, share):
    """At the price the share of futures pays back, and at no lower price of a fine scan does it."""
    value = worth(base, dataclasses.replace(base.terms, **terms))
    price = value.lowest(share)
    scanned = np.linspace(0.0, 30.0, 400)
    slack = 1e-7
    if math.isfinite(price):
        paid = (value.at(price * (1 + 1e-12)) >= -slack).mean()
        assert paid >= share - 1e-9 or (value.at(price) >= -slack).mean() >= share - 1e-9
    found = lowest_price(value.at, share, scanned)
    assert found is None or price <= found + 1e-9
    below = scanned[scanned < price * (1 - 1e-9) - 1e-12]
    assert all((value.at(each) >= 0.0).mean() < share - 1e-9 for each in below)
    at = value.chance(scanned)
    np.testing.assert_allclose(at, [(value.at(each) >= 0.0).mean() for each in scanned], atol=1.01 / PATHS)


@settings(max_examples=30, deadline=None)
@given(terms=TERMS, tail=st.sampled_from([0.05, 0.3, 1.0]), floor=st.sampled_from([-200.0, 0.0, 50.0]))
def test_the_tail_price_puts_the_worst_on_the_floor(base, terms, tail, floor):
    """At the price the mean of the worst futures is on the floor, or above it already at a price of 0."""
    value = worth(base, dataclasses.replace(base.terms, **terms))
    price = value.lowest_tail(tail, floor)
    if not math.isfinite(price):
        return
    reached = value.tail_mean(price, tail)
    assert reached >= floor - 1e-6
    if price > 0.0 and value.affine:
        assert reached == pytest.approx(floor, abs=1e-6)


def test_longer_lives_of_buyer_and_machines_are_worth_more(base):
    """A buyer that never fails, at a price above spot, and machines that live longer, are worth more."""
    value, sure = worth(base), worth(base.sure())
    assert (sure.at(8.0) >= value.at(8.0) - 1e-9).all()
    book = yard().replace({"chips.Q1.life": "9 years", "chips.Q1.residual_value": "10 %"})
    cheap = {"sites.Yard.opex": "0 MUSD/MW/year", "sites.Yard.power_price": "0 USD/MWh"}
    both = [
        ground(each.replace(cheap), REQUEST, paths=PATHS, seed=9, engine="numpy") for each in (yard(), book)
    ]
    assert worth(both[1]).at(1.0).mean() > worth(both[0]).at(1.0).mean()


def test_a_share_of_futures_is_confirmed_by_other_futures():
    """At the 90 % price of one set of futures, about 90 % of another set pays back: within sampling error."""
    asked = {**REQUEST, "clauses": {**REQUEST["clauses"], "take_or_pay": "100 %"}}
    price = worth(ground(yard(), asked, paths=4000, seed=1, engine="numpy")).lowest(0.8)
    other = worth(ground(yard(), asked, paths=4000, seed=2, engine="numpy")).at(price)
    assert abs((other >= 0.0).mean() - 0.8) < 4 * math.sqrt(2 * 0.8 * 0.2 / 4000)


def test_apart_each_buyer_meets_every_other_market_equally():
    """Taking buyers and markets apart keeps each side as it is: the value of what depends on one stays."""
    base = ground(yard(), REQUEST, paths=90, seed=3, engine="numpy")
    joint, apart = worth(base), worth(base, paired=False)
    assert apart.count == 8 * 90
    assert joint.slope.mean() != 0.0
    free = dataclasses.replace(base.terms, take_or_pay=1.0)
    on_time = dataclasses.replace(base, machines=dataclasses.replace(
        base.machines, service=base.machines.service[:, :1].repeat(90, axis=1)), courses={})  # fmt: skip
    a, b = worth(on_time, free), worth(on_time, free, paired=False)
    assert a.slope.mean() == pytest.approx(b.slope.mean(), rel=1e-12)


def test_pieces_of_a_price_cover_it_once():
    """With a right to leave, each future has exactly one piece at any price."""
    base = ground(yard(), REQUEST, paths=PATHS, seed=9, engine="numpy")
    value = worth(base, dataclasses.replace(base.terms, termination=0.1))
    for price in (0.0, 0.7, 1.9, 50.0):
        here = (value.low < price) & (price <= value.high)
        assert sorted(value.future[here]) == list(range(PATHS))


def test_a_share_that_is_lost_again_is_swept_exactly():
    """Where a higher price drives buyers away, the sweep finds the first price that does it, or none."""
    value = Worth(
        future=np.array([0, 0, 1]),
        low=np.array([-math.inf, 2.0, -math.inf]),
        high=np.array([2.0, math.inf, math.inf]),
        fixed=np.array([-1.0, -9.0, -3.0]),
        per_price=np.array([1.0, 1.0, 1.0]),
        leaves=np.zeros(3),
        count=2,
    )
    assert value.lowest(0.5) == 1.0
    assert value.lowest(1.0) == 9.0
    assert value.chance(np.array([0.5, 1.5, 2.5, 3.0, 9.0])).tolist() == [0.0, 0.5, 0.0, 0.5, 1.0]
    assert value.best == 1.0
