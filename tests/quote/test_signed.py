"""What changes once the buyer's futures feel what it pays under the request, and what it earns with it."""

import numpy as np
import pytest

import offtake as ot
from offtake.negotiate._futures import alive
from offtake.quote import ground
from offtake.quote._signed import signed, signed_book
from quote.yard import REQUEST, yard

PATHS = 120
POOR = {
    "parties__Reed": {"cash": "20 M USD", "hazard": "3 %/year", "rating": "BB"},
    "workloads__chat__yield": "6 MUSD/MW/year",
}
BUILD = {
    "seller": "Ash",
    "buyer": "Reed",
    "build": {"like": "Yard", "lead": "4 quarters"},
    "clauses": REQUEST["clauses"],
}


@pytest.mark.parametrize("price", [0.5, 2.5])
def test_the_buyer_fails_as_in_the_book_with_the_deal_signed(price):
    """Future by future the default takes effect when the run of the signed book says."""
    base = ground(yard(**POOR), REQUEST, paths=PATHS, seed=4, engine="numpy")
    felt = signed(base, price)
    lives = alive(signed_book(base.asked, price), "Reed", PATHS, 4)
    np.testing.assert_array_equal(np.minimum(felt.fails, base.known), lives.sum(axis=1))
    assert (felt.fails != base.fails).any() == (price > 1.0)


def test_a_dearer_deal_breaks_a_poor_buyer_more_often():
    """Who can hardly pay fails in more futures the more it has to pay; what else is drawn stays."""
    base = ground(yard(**POOR), REQUEST, paths=PATHS, seed=4, engine="numpy")
    shares = [(signed(base, price).fails < base.known).mean() for price in (0.2, 1.5, 4.0)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
    assert signed(base, 4.0).spot is base.spot


@pytest.mark.parametrize("request_", [REQUEST, BUILD], ids=["sites", "build"])
def test_a_rich_buyer_feels_nothing(request_):
    """Where money is no matter the buyer fails in the same futures and quarters, also beyond the calendar."""
    base = ground(yard(), request_, paths=PATHS, seed=4, engine="numpy")
    felt = signed(base, 3.0)
    assert (base.fails < base.quarters).any()
    np.testing.assert_array_equal(felt.fails, base.fails)
    np.testing.assert_array_equal(felt.paid, base.paid)


def test_the_answer_says_what_comes_of_it():
    """The price is found once more, the sentence tells it, and without being asked nothing is said."""
    asked = {"request": BUILD, "payback": 0.6, "paths": PATHS, "seed": 4, "engine": "numpy"}
    found = ot.quote(yard(**POOR), signed=True, **asked)
    plain = ot.quote(yard(**POOR), **asked)
    assert found.answer.price == plain.answer.price
    assert found.answer.signed_fails > found.answer.fails
    assert found.answer.signed_chance < found.answer.chance
    assert found.answer.signed_price > found.answer.price
    assert any(each.startswith("Once Reed has signed at that price") for each in found.sentences)
    assert plain.answer.signed_price is None
    assert not any("has signed" in each for each in plain.sentences)
    rich = ot.quote(yard(), signed=True, **asked)
    assert rich.answer.signed_price == rich.answer.price
    assert any("fails before the deal's end as often" in each for each in rich.sentences)
