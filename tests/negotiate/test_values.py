"""Books valued by plan and by quote: what must hold of them whatever the numbers."""

import itertools

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InfeasibleError, InputError
from offtake.negotiate import negotiate, portfolio, stay_or_leave
from offtake.negotiate._chairs import default_values, signed
from offtake.negotiate._royalties import royalties, shares_of
from offtake.quote import ground, worth

SMALL = {"futures": 40, "scenarios": 3, "seed": 1}
BASE = "northgate-base"
THIRD = "Quarry Silicon"
SIDES = ("Northgate", "Lark Labs")


@pytest.fixture(scope="module")
def book():
    """The shipped invented book."""
    return Book.read("first-steps")


@pytest.fixture(scope="module")
def values(book):
    """What books are worth to the seller and the buyer of the deal in service."""
    return default_values(book, SIDES, [BASE], **SMALL)


@pytest.mark.parametrize("path", [f"{BASE}.api_exclusivity", f"{BASE}.extension", "rights.northgate-parity"])
def test_a_clause_that_never_binds_is_worth_exactly_nothing(book, values, path):
    """Taking out what is never used changes neither side in any future."""
    for value in values:
        spread = value(book).less(value(book.without(path)))
        assert (spread.mean, spread.low, spread.high) == (0.0, 0.0, 0.0)


def test_a_restriction_is_worth_nothing_good_to_who_bears_it(book, values):
    """Without its take-or-pay the buyer, who plans anew, is better off, and the seller worse."""
    seller, buyer = values
    bare = book.without(f"{BASE}.take_or_pay")
    assert buyer(bare).mean >= buyer(book).mean
    assert seller(bare).mean <= seller(book).mean


def test_a_price_moves_money_across_the_table(book, values):
    """A higher price helps the seller in every future, and costs the buyer no less than nothing."""
    seller, buyer = values
    dear = book.replace({f"deals.{BASE}.price.usage": "11.5 MUSD/MW/year"})
    assert (seller(dear).totals >= seller(book).totals - 1e-6).all()
    assert buyer(dear).mean <= buyer(book).mean


def test_the_seller_is_worth_what_quote_says(book, values):
    """At the floor the deal counts with quote's value less that of its machines without the buyer."""
    seller, _ = values
    base = ground(book, BASE, paths=SMALL["futures"], seed=SMALL["seed"], engine="numpy", longest=40)
    from dataclasses import replace

    floor = replace(base, wanted=np.zeros_like(base.wanted), courses={})
    price = 4 * 10.5 / 16
    expected = worth(floor, base.terms).at(price) - base.idle
    stream = seller._quoted(book, BASE)
    assert stream.flows.sum(axis=1) + stream.rest == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert seller(book).at_risk > 0


def test_the_same_book_gives_the_same_numbers(book, values):
    """Another pair of values with the same seed says the same."""
    again = default_values(book, SIDES, [BASE], **SMALL)
    for one, other in zip(values, again, strict=True):
        assert (one(book).totals == other(book).totals).all()


def test_more_volume_is_more_of_the_same(book, values):
    """Machines that stand double with the ramp, and money with them, as far as the market takes them."""
    seller, _ = values
    small = book.replace({f"deals.{BASE}.ramp": {"2026-Q1": "17.5 MW", "2026-Q4": "22.5 MW"}})
    assert 0 < seller(small).mean < seller(book).mean


def test_a_step_that_the_book_does_not_have_is_refused(book, values):
    """The seller's machines are those of the book's ramp; a new step says so."""
    with pytest.raises(InputError, match="a step in 2027-Q3"):
        values[0](book.replace({f"deals.{BASE}.ramp": {"2026-Q1": "35 MW", "2027-Q3": "45 MW"}}))


def test_an_offer_is_signed_at_the_table(book):
    """What is only offered is on the table as if signed, and gone without a deal."""
    talks = negotiate(
        book, "Tideway Cloud", "Lark Labs", over={"tideway-more.volume": ["20 MW", "40 MW"]}, clauses=False,
        **SMALL,
    )  # fmt: skip
    assert talks.deals == ("tideway-more",)
    assert len(talks.outcomes) == 2
    assert talks.actual.terms == {"tideway-more.volume": "40 MW"}
    assert any("cost" in said for said in talks.assumptions)
    with pytest.raises(InputError, match="out of range"):
        negotiate(book, "Tideway Cloud", "Lark Labs", over={"tideway-more.volume": ["400 MW"]}, **SMALL)


def test_more_providers_are_worth_no_less(book):
    """With offers alone a larger group of providers is never worth less to the buyer."""
    offers = {
        f"offer {name}": {
            "kind": "compute", "seller": seller, "buyer": "Lark Labs", "firmness": "offered",
            "clauses": {"volume": {"from": "0 MW", "to": "30 MW"}, "ramp": {"2026-Q3": "30 MW"},
                        "price": f"{price} MUSD/MW/year", "take_or_pay": "50 %", "term": "4 years",
                        "delivery": {"chip": "Q1"}},
        }
        for name, seller, price in (("a", "Northgate", 9), ("b", "Tideway Cloud", 8), ("c", THIRD, 10))
    }  # fmt: skip
    bare = book.without("tideway-more").replace({f"deals.{name}": deal for name, deal in offers.items()})
    bare = bare.replace({"policies": {}})
    found = portfolio(bare, "Lark Labs", providers=["Northgate", "Tideway Cloud", THIRD], **SMALL)
    given = {"Northgate", "Tideway Cloud"}
    # the deals that they have bind; only what the third adds is all options
    for group in (frozenset(each) for size in range(3) for each in itertools.combinations(given, size)):
        assert found.worth[group | {THIRD}] >= found.worth[group] - 1e-6
    assert sum(found.split.values.values()) == pytest.approx(found.worth[frozenset(found.providers)])


def test_parting_at_once_is_no_deal(book):
    """To part at the opening is to have no deal from the start."""
    stay = stay_or_leave(book, *SIDES, quarters=["2026-Q1", "2029-Q1"], **SMALL)
    talks = negotiate(book, *SIDES, over={f"{BASE}.take_or_pay": ["80 %"]}, clauses=False,
                      no_deal={BASE: None, "rights.northgate-parity.ended": True}, **SMALL)  # fmt: skip
    for place, side in enumerate(talks.actual.sides):
        assert stay.values[place][0].mean == pytest.approx(side.gain.mean, rel=1e-6, abs=1e-3)


def test_a_policy_without_a_plan_is_said(book):
    """Where no plan satisfies the buyer's policy, the error names the buyer."""
    tight = book.replace({"policies": {"Lark Labs": {"service": {"assistant": "100 %"}, "cash": "limited"}}})
    with pytest.raises(InfeasibleError, match="Lark Labs has no plan"):
        default_values(signed(tight, [BASE]), SIDES, [BASE], **SMALL)


def test_a_share_of_revenue_is_the_sellers_money(book, values):
    """What the plan earns gross is split as the deal says: a larger share moves just that to the seller."""
    seller, buyer = values
    planned = buyer.plan(book)
    got = planned.by_leaf(royalties(book, planned, "Northgate"))
    served = planned.dispatch.served[:, 0]
    work, quarter = planned.instance.workloads, planned.instance.tree.step_quarter
    place = work.names.index("assistant")
    until = book.calendar.index(book.deals["assistant-share"].clauses["revenue_share"].until)
    assert planned.instance.workloads.names == ("assistant", "training")
    expected = np.where(quarter <= until, work.earns[place] * served[place] * 0.08 / 0.92, 0.0)
    assert got == pytest.approx(planned.by_leaf(expected), rel=1e-9, abs=1e-9)
    assert shares_of(book, "Lark Labs", work.names, "Tideway Cloud").sum() == 0.0
    none = book.without("assistant-share")
    assert seller(none).mean < seller(book).mean
    assert buyer(none).mean > buyer(book).mean
