"""Stay or leave, and portfolios of providers, with values that can be written down."""

import math

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InputError
from offtake.negotiate import Prospect, portfolio, stay_or_leave

QUARTERS = 8
DATA = {
    "book": "stay",
    "calendar": {"from": "2026-Q1", "to": "2027-Q4"},
    "market": {"discount_rate": "0 %/year"},
    "parties": {"Wren": {"role": "cloud"}, "Heron": {"role": "cloud"}, "Lark": {"role": "lab"}},
    "chips": {"Q1": {"vendor": "Heron", "power": "1.4 kW", "price": "38000 USD"}},
    "workloads": {"chat": {"buyer": "Lark", "demand": "10 MW", "yield": "12 MUSD/MW/year"}},
    "deals": {
        "base": {
            "kind": "compute",
            "seller": "Wren",
            "buyer": "Lark",
            "clauses": {
                "ramp": {"2026-Q1": "10 MW"},
                "price": "8 MUSD/MW/year",
                "term": "2 years",
                "termination": {"fee": "10 %", "from": "2027-Q1"},
                "delivery": {"chip": "Q1"},
            },
        },
        "other": {
            "kind": "compute",
            "seller": "Heron",
            "buyer": "Lark",
            "firmness": "offered",
            "clauses": {"ramp": {"2026-Q1": "5 MW"}, "price": "9 MUSD/MW/year", "term": "2 years",
                        "delivery": {"chip": "Q1"}},
        },
    },
    "rights": {"parity": {"kind": "most_favoured", "holder": "Lark", "grantor": "Wren", "until": "2027-Q4"}},
}  # fmt: skip
VALUE = np.linspace(30.0, 12.5, QUARTERS)
"""What the base deal's 10 MW bring the buyer in each quarter; it pays 20."""


def running(book):
    """Return in which quarters the base deal runs."""
    deal = book.deals.get("base")
    if deal is None:
        return np.zeros(QUARTERS)
    until = deal.clauses["term"].until
    last = QUARTERS if until is None else book.calendar.index(until) + 1
    return (np.arange(QUARTERS) < last).astype(float)


def buyer(book):
    """Lark: a falling value less the price, in two futures around it."""
    flow = running(book) * (VALUE - 20.0)
    return Prospect.of(np.stack([flow - 1.0 * running(book), flow + 1.0 * running(book)]))


def seller(book):
    """Wren: 2 a quarter above what else it could do."""
    return Prospect.of((2.0 * running(book))[None])


def test_each_side_by_the_quarter_of_parting():
    """Going on is worth what is left of the deal's margins; the buyer's leaving costs its fee on top."""
    found = stay_or_leave(Book.from_data(DATA), "Wren", "Lark", quarters=1, values=(seller, buyer))
    assert found.parties == ("Wren", "Lark")
    assert [each.mean for each in found.values[0]] == pytest.approx([2.0 * (8 - q) for q in range(8)])
    left = [float((VALUE - 20.0)[q:].sum()) for q in range(8)]
    fee = [0.0 if q < 4 else 0.1 * 20.0 * (8 - q) for q in range(8)]
    assert found.fee == pytest.approx(fee)
    assert found.free == (False,) * 4 + (True,) * 4
    assert [each.mean for each in found.values[1]] == pytest.approx(
        [a + b for a, b in zip(left, fee, strict=True)]
    )
    spread = found.values[1][2]
    assert (spread.low, spread.high) == pytest.approx((left[2] - 6.0, left[2] + 6.0))


def test_the_first_quarter_of_regret_and_what_would_keep_it():
    """The buyer would first rather leave where the rest loses; a cut of just that much keeps it."""
    found = stay_or_leave(Book.from_data(DATA), "Wren", "Lark", quarters=1, values=(seller, buyer))
    left = [float((VALUE - 20.0)[q:].sum()) for q in range(8)]
    first = next(q for q in range(8) if found.values[1][q].mean < 0)
    assert found.leaves == ("", found.quarters[first])
    assert found.until == found.quarters[first - 1]
    keep = found.keeps[1]
    assert found.keeps[0] is None
    assert keep.quarter == found.quarters[first]
    missing = found.values[1][first].mean
    assert keep.change == pytest.approx(4 * missing / (10 * (8 - first)))
    assert keep.share == pytest.approx(keep.change / 8.0)
    assert left[first] <= missing < 0


def test_who_gains_nothing_never_minds():
    """A side that is worth the same either way does not leave, and there is a table."""

    def same(book):
        return Prospect.of(np.ones((1, QUARTERS)))

    found = stay_or_leave(Book.from_data(DATA), "Lark", "Wren", quarters=["2026-Q3"], values=(same, same))
    assert found.values[0][0].mean == 0.0
    assert found.leaves == ("", "")
    assert found.until == "2026-Q3"
    assert list(found.to_dataframe().columns)[:2] == ["quarter", "Wren"]


def test_a_shorter_deal_costs_no_more_by_the_mw():
    """A total price is held by the MW when the deal is cut, and rights end with it."""
    data = {**DATA, "deals": {**DATA["deals"], "base": {**DATA["deals"]["base"], "clauses": {
        **DATA["deals"]["base"]["clauses"], "price": {"total": "160 M USD"}}}}}  # fmt: skip
    seen = []

    def note(book):
        deal = book.deals.get("base")
        if deal is not None:
            price = deal.clauses["price"]
            usage = None if price.usage is None else price.usage.value
            seen.append((usage, str(book.rights["parity"].until), book.rights["parity"].ended))
        return Prospect.of([[0.0]])

    def nothing(book):
        return Prospect.of([[0.0]])

    stay_or_leave(
        Book.from_data(data), "Wren", "Lark", quarters=["2026-Q1", "2027-Q1"], values=(note, nothing)
    )
    assert seen == [(None, "2027-Q4", False), (2.0, "2026-Q4", False)]


def test_a_portfolio_is_shared_by_what_each_adds():
    """Two providers that replace each other in part share by Shapley; more providers are worth no less."""
    level = {frozenset(): 0.0, frozenset({"Wren"}): 30.0, frozenset({"Heron"}): 10.0,
             frozenset({"Wren", "Heron"}): 36.0}  # fmt: skip

    def value(book):
        sellers = frozenset(deal.seller for deal in book.deals.values())
        return Prospect.of([[100.0 + level[sellers]]])

    found = portfolio(Book.from_data(DATA), "Lark", value=value)
    assert found.providers == ("Wren", "Heron")
    # the six orders of Lark, Wren and Heron
    shares = {"Lark": (30 + 10 + 36 + 36) / 6, "Wren": (30 + 26 + 26) / 6, "Heron": (6 + 10 + 6) / 6}
    assert dict(found.split.values) == pytest.approx(shares)
    assert found.worth == level
    assert found.last == {"Wren": 26.0, "Heron": 6.0}
    assert found.core.holds
    for small, large in [(s, g) for s in level for g in level if s < g]:
        assert found.worth[small] <= found.worth[large]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda book: stay_or_leave(book, "Lark", "Lark"), "cannot negotiate with itself"),
        (lambda book: stay_or_leave(book, "Heron", "Lark"), "no firm compute deal"),
        (lambda book: stay_or_leave(book, "Wren", "Lark", deals=["other"]), "no compute deal of the two"),
        (lambda book: stay_or_leave(book, "Wren", "Lark", quarters=["2031-Q1"]), "2031-Q1"),
        (lambda book: stay_or_leave(book, "Wren", "Lark", quarters=0), "at least one"),
        (lambda book: portfolio(book, "Nobody"), "no party"),
        (lambda book: portfolio(book, "Wren"), "nobody sells or offers"),
        (lambda book: portfolio(book, "Lark", providers=["Finch"]), "no provider Finch"),
    ],
)
def test_bad_input_is_refused(call, says):
    """What cannot be used is refused with its name."""
    with pytest.raises(InputError, match=says):
        call(Book.from_data(DATA))


def test_nothing_left_to_price():
    """Where the deal is over, no price could keep the side that would leave."""

    def loses(book):
        return Prospect.of(np.full((1, QUARTERS), -1.0) * ("base" in book.deals))

    data = {**DATA, "deals": {"base": {**DATA["deals"]["base"], "clauses": {
        **DATA["deals"]["base"]["clauses"], "term": {"until": "2026-Q1"}}}}}  # fmt: skip
    found = stay_or_leave(Book.from_data(data), "Wren", "Lark", quarters=["2026-Q1"], values=(loses, seller))
    assert found.leaves[0] == "2026-Q1"
    assert found.until == ""
    assert not math.isnan(found.keeps[0].change)
