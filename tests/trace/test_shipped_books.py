"""What a trace must find in the real case; parties are told by their roles, names come from the data."""

from functools import cache

import pytest

from offtake.book import Book
from offtake.trace import trace


@cache
def traced(*, firm_only):
    """Return the book and its trace."""
    book = Book.read("openai-2025")
    return book, trace(book, firm_only=firm_only)


def roles(book, cycle):
    """Return the roles of a cycle's parties in order of payment, the vendor first."""
    found = [book.parties[party].role for party in cycle.parties]
    first = found.index("vendor") if "vendor" in found else 0
    return tuple(found[first:] + found[:first])


def test_the_money_of_a_vendor_comes_back_by_way_of_a_lab_and_a_provider():
    """A vendor funds a lab, which pays a provider, which buys chips: with deals and years."""
    book, found = traced(firm_only=False)
    rounds = [cycle for cycle in found.cycles if roles(book, cycle) == ("vendor", "lab", "cloud")]
    assert rounds
    widest = rounds[0]
    assert widest.bottleneck > 10_000
    kinds = {
        (book.parties[arc.payer].role, book.deals[deal].kind)
        for arc in widest.arcs
        for deal in arc.deals
        if deal in book.deals
    }
    assert {("vendor", "equity"), ("lab", "compute")} <= kinds
    assert sum(widest.by_year.values()) > 0
    assert set(widest.by_year) == set(book.calendar.years)


def test_that_way_round_hangs_on_letters():
    """Without letters of intent no vendor's money reaches a lab, and less goes round in all."""
    book, firm = traced(firm_only=True)
    _, every = traced(firm_only=False)
    assert not [cycle for cycle in firm.cycles if {"vendor", "lab"} <= set(roles(book, cycle))]
    assert firm.circularity < every.circularity
    assert all(flow.firmness == "firm" for flow in firm.flows)


@pytest.mark.parametrize("firm_only", [True, False])
def test_every_vendor_s_revenue_has_its_origins(firm_only):
    """Each vendor that sells within the book is told which share of that comes from end customers."""
    book, found = traced(firm_only=firm_only)
    vendors = [name for name, party in book.parties.items() if party.role == "vendor"]
    selling = [name for name in vendors if float(found.dataset["receipts"].sel(party=name)) > 0]
    assert selling
    for name in selling:
        shares = found.origin_of(name)
        assert 0 < shares["end customers"] < 1
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-12)


def test_letters_change_what_a_vendor_s_revenue_rests_on():
    """Some vendor's revenue rests more on its own payments once letters of intent count."""
    book, firm = traced(firm_only=True)
    _, every = traced(firm_only=False)
    vendors = [name for name, party in book.parties.items() if party.role == "vendor"]
    own = [(firm.origin_of(name)["own payments"], every.origin_of(name)["own payments"]) for name in vendors]
    assert any(with_letters > without for without, with_letters in own)


def test_headlines_are_not_counted():
    """A programme whose volume stands in other deals moves no money, however large its headline is."""
    book, found = traced(firm_only=False)
    headlines = [
        name
        for name, deal in book.deals.items()
        for clause in deal.clauses.values()
        if clause.kind == "volume" and clause.inside_other_deals.value >= 1
    ]
    assert headlines
    assert not set(headlines) & {flow.deal for flow in found.flows}
    assert {line.partition(":")[0] for line in found.left_out} >= set(headlines)
