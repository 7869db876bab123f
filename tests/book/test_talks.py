"""Negotiations in a book: two parties, what is contested, and what is there without an agreement."""

import re

import pytest

from offtake.book import Book
from offtake.errors import BookError

DATA = {
    "book": "talks",
    "calendar": {"from": "2026-Q1", "to": "2027-Q4"},
    "parties": {"Wren": {}, "Lark": {}},
    "chips": {"Q1": {"vendor": "Wren", "power": "1.4 kW"}},
    "deals": {
        "base": {
            "kind": "compute",
            "seller": "Wren",
            "buyer": "Lark",
            "clauses": {
                "ramp": {"2026-Q1": "10 MW"},
                "price": "8 MUSD/MW/year",
                "term": "2 years",
                "delivery": {"chip": "Q1"},
            },
        }
    },
    "negotiations": {
        "price": {"parties": ["Wren", "Lark"], "deals": "base", "over": {"base.price": "7..9 MUSD/MW/year"}}
    },
}


def with_talks(**changes):
    """Return the book's data with changes to its negotiation."""
    return {**DATA, "negotiations": {"price": {**DATA["negotiations"]["price"], **changes}}}


def test_a_negotiation_is_read_and_written_back():
    """What is written comes back, one deal standing for a list of one."""
    book = Book.from_data(DATA)
    talks = book.negotiations["price"]
    assert talks.parties == ("Wren", "Lark")
    assert talks.deals == ("base",)
    assert talks.no_deal is None
    assert Book.from_data(book.to_data()) == book


def test_a_deal_that_is_taken_out_leaves_the_table():
    """Without its deal the negotiation still stands, and no longer names it."""
    assert Book.from_data(DATA).without("base").negotiations["price"].deals == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"parties": ["Wren", "Wren"]}, "cannot negotiate with itself"),
        ({"parties": ["Wren", "Lrk"]}, "Lark"),
        ({"deals": ["bse"]}, "base"),
        ({"over": {}}, "nothing is contested"),
    ],
)
def test_bad_negotiations_are_refused(changes, says):
    """A negotiation needs two parties of the book, deals of the book, and something contested."""
    with pytest.raises(BookError, match=says):
        Book.from_data(with_talks(**changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"over": {"bse.price": ["9 MUSD/MW/year"]}}, "`bse.price` leads nowhere.*Did you mean `base`"),
        ({"over": {"base.first_refusal": ["keep", "out"]}}, "has no clause `first_refusal` to be taken out"),
        ({"over": {"base.prise": ["9 MUSD/MW/year"]}}, "no clause is called `prise`"),
        ({"over": {"base.price": ["9 MW"]}}, "a price per MW-quarter is needed"),
        ({"over": {"base.price": "-1..9 MUSD/MW/year"}}, "-1 MUSD/MW/year is below 0"),
        ({"over": {"take_or_pay": ["50 %", "160 %"]}}, "160 % is not a share"),
        ({"over": {"base.volume": ["10 MW", "0 MW"]}}, "0 MW is no volume"),
        ({"over": {"base.volume": ["ten MW"]}}, "ten MW"),
        (
            {"over": {"pack": {"as now": {}, "more": {"base.volumes": "12 MW"}}}},
            "no clause is called `volumes`",
        ),
        ({"no_deal": {"bse": "out"}}, "`bse` leads nowhere"),
    ],
)
def test_what_cannot_be_settled_is_found_by_a_check(changes, says):
    """A term that leads nowhere and an option that the book cannot have are warned of once, with a place."""
    (problem,) = Book.from_data(with_talks(**changes)).check()
    assert problem.severity == "warning"
    assert problem.entry.startswith("negotiations.price.")
    assert re.search(says, f"{problem.what}. {problem.mend}")


@pytest.mark.parametrize(
    "over",
    [
        {"base.price": ["keep", "9 MUSD/MW/year"]},
        {"price": "7..9 MUSD/MW/year"},
        {"price": "7 MUSD/MW/year .. 9 MUSD/MW/year"},
        {"take_or_pay": ["60 %", "keep"], "base.term": ["1 years", "3 years"]},
        {"base.volume": ["5 MW", "12 MW"], "base": ["keep", "out"]},
        {
            "pack": {
                "as now": {},
                "more": {"base.volume": "12 MW", "deals.base.clauses.price.usage": "7 MUSD/MW/year"},
            }
        },
        {"parties.Lark.cash": ["5 M USD"]},
    ],
)
def test_what_can_be_settled_is_not_warned_of(over):
    """Lists, boxes, packages, clauses to be added, volumes and paths of other parts pass the check."""
    assert Book.from_data(with_talks(over=over, no_deal={"base": "out"})).check() == ()


def test_an_offer_is_not_negotiated_beyond_its_range():
    """A volume outside what is offered is warned of; one within is not."""
    data = with_talks(deals=[], over={"base.volume": ["5 MW", "12 MW"]})
    clauses = {**DATA["deals"]["base"]["clauses"], "volume": {"from": "4 MW", "to": "10 MW"}}
    data["deals"] = {"base": {**DATA["deals"]["base"], "firmness": "offered", "clauses": clauses}}
    (problem,) = Book.from_data(data).check()
    assert problem.what == "12 MW is out of range: the offer is for 4 MW to 10 MW"


def test_a_price_below_nothing_is_refused():
    """A capacity price, a unit price and a cost of machines cannot be negative."""
    clauses = {**DATA["deals"]["base"]["clauses"], "price": "-8 MUSD/MW/year"}
    data = {**DATA, "deals": {"base": {**DATA["deals"]["base"], "clauses": clauses}}}
    with pytest.raises(BookError, match="-8 MUSD/MW/year is below 0"):
        Book.from_data(data)
