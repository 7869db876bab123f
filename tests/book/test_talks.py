"""Negotiations in a book: two parties, what is contested, and what is there without an agreement."""

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
