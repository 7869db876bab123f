"""The page's section on what each provider brings, from values that are made up."""

import importlib

import pytest

from figures.pretend import invented_book, pretend
from figures.talks import shares
from offtake.book import Book
from offtake.brief._page import compose
from offtake.brief._shared import Shared, shared_of
from offtake.errors import InfeasibleError

LAB = "Lantern AI"


def section(shared):
    """Return a page with shares of providers, and its section on them."""
    book = invented_book()
    page = compose(book, pretend(book), shared=shared)
    return page, next(each for each in page.context.sections if each.key == "negotiate-portfolio")


def said(sentences):
    """Return sentences as one text."""
    return " ".join("".join(part.text for part in sentence) for sentence in sentences)


def test_the_page_says_who_brings_what():
    """Sentences, figure, table, finding and the Python that gives the same stand on the page."""
    found = shares(invented_book(), LAB)
    page, told = section(Shared(LAB, found))
    assert said(told.says) == " ".join(found.sentences[:3])
    assert "keeps" in said(told.says)
    assert "The split does not hold: Lantern AI with" in said(told.says)
    assert "To lose " in said(told.points)
    assert told.chart is not None
    assert told.table.rows[-1][0] == LAB
    assert told.absent == ""
    assert "shared = portfolio(book, 'Lantern AI'" in page.context.again.python
    assert any("Shapley" in each for each in page.context.methods)
    assert "that split does not hold." in said(page.context.findings)
    assert " --no-portfolio" not in page.context.again.command_line
    assert "more closely" not in said(told.points)


def test_what_no_split_shares_is_said_among_the_findings():
    """Where a provider costs more than it brings the finding says that no split holds."""
    page, _ = section(Shared(LAB, shares(invented_book(), LAB, costly="Tideway Cloud")))
    assert "no split of it holds." in said(page.context.findings)


def test_drawn_orders_are_told_with_their_errors():
    """Where orders were drawn the page says how many, how far they may be off, and asks for as many again."""
    page, told = section(Shared(LAB, shares(invented_book(), LAB, orders=2)))
    assert "2 drawn orders of arrival" in said(told.points)
    assert "standard errors" in told.chart.caption
    assert "orders=2, " in page.context.again.python
    assert "more closely by offtake negotiate BOOK --portfolio 'Lantern AI'." in said(told.points)


def test_why_there_is_none_stands_on_the_page():
    """A book in which the question has no answer says why, in the words of the error."""
    page, told = section(Shared(LAB, None, "with none of its providers, Lantern AI has no plan"))
    assert told.absent == "with none of its providers, Lantern AI has no plan"
    assert told.absent in page.html
    assert "portfolio" not in page.context.again.python
    _, told = section(None)
    assert told.absent == "The providers were not looked at for this page."


@pytest.mark.parametrize(
    ("sellers", "orders", "scenarios"), [(1, None, 12), (4, None, 12), (5, None, 8), (6, None, 4), (9, 6, 4)]
)
def test_the_more_groups_the_fewer_scenarios(monkeypatch, sellers, orders, scenarios):
    """The work for a page stays about the same: many groups are planned over few scenarios."""
    deal = {"kind": "compute", "buyer": "Lark", "clauses": {
        "ramp": {"2026-Q1": "10 MW"}, "price": "8 MUSD/MW/year", "term": "2 years"}}  # fmt: skip
    names = [f"Cloud {n}" for n in range(sellers)]
    book = Book.from_data({
        "book": "many",
        "calendar": {"from": "2026-Q1", "to": "2027-Q4"},
        "parties": {**{name: {"role": "cloud"} for name in names}, "Lark": {"role": "lab"}},
        "chips": {"Q1": {"vendor": names[0], "power": "1.4 kW"}},
        "deals": {name.lower(): deal | {"seller": name} for name in names},
    })  # fmt: skip
    asked = {}

    def portfolio(book, buyer, *, progress, **settings):
        asked.update(settings, buyer=buyer)
        progress(0, 7)
        message = "no plan"
        raise InfeasibleError(message)

    told = []
    monkeypatch.setattr(importlib.import_module("offtake.negotiate"), "portfolio", portfolio)
    client = object()
    found = shared_of(book, "Lark", 3, lambda *each: told.append(each), client)
    assert found == Shared("Lark", None, "no plan")
    assert asked.pop("client") is client
    assert asked == {"buyer": "Lark", "orders": orders, "futures": 500, "scenarios": scenarios, "seed": 3}
    assert told == [("providers of Lark", 0, 7)]
