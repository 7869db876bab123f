"""What a settlement moves beside the deal itself: stakes, first refusals, and the seller's own work."""

import numpy as np
import pytest

from offtake.book import Book
from offtake.negotiate import negotiate
from offtake.negotiate._chairs import default_values
from offtake.negotiate._refusal import unmatched
from offtake.negotiate._stakes import Stakes, holding_of

SMALL = {"futures": 40, "scenarios": 3, "seed": 1}
BASE = "northgate-base"
SIDES = ("Northgate", "Lark Labs")
STAKE = {
    "kind": "equity",
    "investor": "Northgate",
    "issuer": "Lark Labs",
    "clauses": {
        "payments": {"2025-Q1": "70 M USD", "2026-Q1": "100 M USD", "2027-Q1": "50 M USD"},
        "stake": {"share": "20 %", "value": "400 M USD"},
    },
}


@pytest.fixture(scope="module")
def book():
    """The shipped invented book, in which the seller holds a fifth of the buyer."""
    return Book.read("first-steps").replace({"deals.stake": STAKE})


@pytest.fixture(scope="module")
def values(book):
    """What books are worth to the seller and the buyer of the deal in service."""
    return default_values(book, SIDES, [BASE, "stake"], **SMALL)


def test_a_holding_is_what_the_deals_say(book):
    """Shares add up, payments before the opening are history, and the stated value says what the whole is."""
    held = holding_of(book, *SIDES)
    assert (held.share, held.whole) == (0.2, 2000.0)
    assert {t: value for t, value in enumerate(held.payments) if value} == {0: 100.0, 4: 50.0}
    assert holding_of(book, "Lark Labs", "Northgate").share == 0.0
    offered = book.replace({"deals.stake.firmness": "offered"})
    assert holding_of(offered, *SIDES).share == 0.0


def test_a_larger_stake_is_the_sellers_gain_and_the_others_loss(book):
    """What moves across the table is the share of the firm: 2,000 M at first, and what its plan adds."""
    stakes = Stakes(book, *SIDES, np.array([700.0, 900.0]), np.ones(len(book.calendar)))
    more = book.replace({"deals.stake.stake.share": "30 %", "deals.stake.payments.2027-Q1": "80 M USD"})
    worth = np.array([750.0, 800.0])
    paid, held = stakes.of_seller(more, worth)
    got, given_up = stakes.of_buyer(more, worth)
    assert held == pytest.approx(0.3 * np.array([2050.0, 1900.0]))
    assert given_up == pytest.approx(-0.1 * np.array([2050.0, 1900.0]))
    # the buyer counts what comes on top of what the reference book pays it anyway
    assert (paid[0], paid[4]) == (-100.0, -80.0)
    assert (got[0], got[4]) == (0.0, 30.0)


def test_the_seller_has_its_share_of_what_helps_the_buyer(book, values):
    """A change that the buyer alone feels reaches the seller by its stake, in futures in which it lives."""
    seller, buyer = values
    richer = book.replace({"workloads.training.yield": "4 MUSD/MW/year"})
    gain = buyer(richer).totals - buyer(book).totals
    bare = book.without("stake")
    alone = default_values(bare, SIDES, [BASE], **SMALL)[0]
    directly = alone(bare.replace({"workloads.training.yield": "4 MUSD/MW/year"})).totals - alone(bare).totals
    by_stake = seller(richer).totals - seller(book).totals - directly
    living = seller._alive[:, -1]
    assert gain.mean() > 1.0
    assert 0 < living.sum() < len(living) + 1
    assert by_stake == pytest.approx(0.2 * gain[buyer.nearest] * living, rel=1e-6, abs=1e-3)


def test_a_stake_can_be_contested():
    """On the table more shares for the same money help the seller as much as they cost the other holders."""
    over = {"stake.stake.share": ["10 %", "20 %", "30 %"]}
    held = Book.read("first-steps").replace({"deals.stake": STAKE})
    talks = negotiate(held, *SIDES, over=over, deals=["stake"], clauses=False, **SMALL)
    sellers, buyers = ([each.sides[k].gain.mean for each in talks.outcomes] for k in (0, 1))
    assert sellers == sorted(sellers)
    assert buyers == sorted(buyers, reverse=True)
    assert np.diff(buyers) == pytest.approx([-200.0, -200.0])


def test_a_holder_matches_only_what_pays(book, values):
    """An offer far below what machines bring on spot is let pass, as if there were no first refusal."""
    _, buyer = values
    offer = "deals.tideway-more.clauses"
    wanted = {f"{offer}.price.usage": "9.6 MUSD/MW/year", f"{offer}.volume": {"from": "40 MW", "to": "40 MW"},
              "workloads.training.yield": "30 MUSD/MW/year", "policies": {}}  # fmt: skip
    dear = book.replace(wanted)
    cheap = dear.replace({f"{offer}.price.usage": "0.5 MUSD/MW/year"})
    assert buyer.plan(dear).matched("Northgate").size == 1
    assert buyer.plan(cheap).matched("Northgate").size == 0
    assert buyer.passed(dear).gain > 0 > buyer.passed(cheap).gain
    assert [entry for entry, _ in buyer.passed(cheap).offers] == ["tideway-more"]
    assert buyer.passed(cheap).offers[0][1] == pytest.approx(0.5 * 40)
    without = default_values(book, SIDES, [BASE], **SMALL)[1]
    assert without(cheap).mean == pytest.approx(without(unmatched(cheap, *SIDES)).mean, rel=1e-9)


def test_without_a_right_nothing_is_matched(book):
    """What is let pass is a clause of the deal, or a right beside it."""
    right = {"kind": "first_refusal", "holder": "Northgate", "grantor": "Lark Labs"}
    found = unmatched(book.replace({"rights.refusal": right}), *SIDES)
    assert found.rights["refusal"].ended
    assert found.deals[BASE].clauses["first_refusal"].matched.value == 0.0
    other = unmatched(book, "Tideway Cloud", "Lark Labs")
    assert other.hash == book.hash


def test_the_sellers_own_work_counts_where_it_changes(book, values):
    """A package that takes work from the seller costs it just what the work earns less its machines' rent."""
    seller, buyer = values
    fewer = book.replace({"workloads.search.demand": "15 MW"})
    lost = seller(book).flows - seller(fewer).flows
    # 5 MW at 10 M a year are 12.5 M a quarter; at first as much stands idle as the market takes
    assert lost[:, 0] == pytest.approx(12.5)
    # from the fourth quarter on the deal takes ten more, and what is freed finds a tenant
    assert 0.0 < lost[:, 3].mean() < 10.0
    assert buyer(fewer).mean == buyer(book).mean


def test_a_right_is_worth_what_its_end_brings(book):
    """Where an option takes a right out with what follows, the right's value is that of the option."""
    over = {
        "parity": {"kept": {}, "gone": {"rights.northgate-parity": "out", "workloads.search.demand": "15 MW"}}
    }
    talks = negotiate(book, *SIDES, over=over, deals=[BASE], reservation=False, pairs=0, **SMALL)
    value = next(each for each in talks.clauses if each.path == "rights.northgate-parity")
    move = next(each for each in talks.moves if each.start == "actual")
    assert value.values[0].mean == pytest.approx(-move.values[0].mean)
    assert value.values[0].mean > 1.0
