"""The page's sections on what to charge: every request, with the reason where there is no price."""

import dataclasses
import importlib

import pytest

from figures.pretend import invented_book, pretend
from offtake.brief import _quotes
from offtake.brief._page import compose
from offtake.brief._quotes import Priced, Quotes, quotes_of
from offtake.errors import InfeasibleError, InputError
from offtake.quote import quote

SIDES = ("Meridian Cloud", "Lantern AI")
KEYS = ("quote-chance", "quote-prices", "quote-payback")
WORDS = "200 MW for 4 years from 2027-Q1 like Longmoor, take-or-pay 90 %"


@pytest.fixture(scope="module")
def priced():
    """A request with its price."""
    found = quote(invented_book(), request=WORDS, provider=SIDES[0], buyer=SIDES[1], paths=20, engine="numpy")
    return Priced("more", "Two hundred more", *SIDES, found)


def sections(*requests, left_out=()):
    """Return a page with requests, and its sections on them by key."""
    book = invented_book()
    page = compose(book, pretend(book), quotes=Quotes(requests, left_out) if requests else None)
    found = {each.key: each for each in page.context.sections}
    return page, {key: each for key, each in found.items() if key.startswith(KEYS) or key == "quotes"}


def said(sentences):
    """Return sentences as one text."""
    return " ".join("".join(part.text for part in sentence) for sentence in sentences)


def test_one_request_has_three_sections(priced):
    """A single request stands on the page without a section above it."""
    page, found = sections(priced)
    assert tuple(found) == KEYS
    assert [each.level for each in found.values()] == [2, 2, 2]
    assert found["quote-chance"].title == "What to charge"
    assert found["quote-chance"].command == "figures.collect_quote_chance(quotes['more']).table()"
    assert "quotes['more'] = ot.quote(book, request=" in page.context.again.python
    assert priced.quote.sentences[0] in said(page.context.findings)
    compile(page.context.again.python, "page", "exec")


def test_page_and_command_say_the_same(priced):
    """What the quote says stands on the page word for word, wrong-way risk with its doubt included."""
    _, found = sections(priced)
    on_page = [said([each]) for each in (*found["quote-chance"].says, *found["quote-chance"].points)]
    assert on_page == [f"{priced.quote.title}.", *priced.quote.sentences]
    assert "tell from nothing" in on_page[2] or "nineteen of twenty" in on_page[2]


def test_every_request_stands_on_the_page(priced):
    """Two requests have three sections each below one with a table of both; no id is used twice."""
    other = dataclasses.replace(priced, name="again", title="As much again")
    page, found = sections(priced, other)
    assert tuple(found) == ("quotes", *KEYS, *(f"{key}-2" for key in KEYS))
    assert [each.level for each in found.values()] == [2, 3, 4, 4, 3, 4, 4]
    assert [each.title for each in found.values()][1::3] == ["Two hundred more", "As much again"]
    assert found["quote-payback-2"].command == "figures.collect_quote_payback(quotes['again']).table()"
    rows = found["quotes"].table.rows
    assert [row[0] for row in rows] == ["Two hundred more", "As much again"]
    assert rows[0][4] in said(found["quote-chance"].says)
    assert found["quotes"].open
    assert "<h3>As much again</h3>" in page.html
    assert "<h4>When the money is back</h4>" in page.html
    ids = [part.partition('"')[0] for part in page.html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_a_request_without_a_price_says_why(priced):
    """The words of the error stand on the page, beside the requests that have a price."""
    reason = "no price makes the machines pay back in 99 % of futures; 71.2 % is the most, at 14 M USD"
    none = Priced("bold", "At any price", *SIDES, None, reason)
    page, found = sections(priced, none)
    assert found["quote-chance-2"].absent == reason
    assert found["quote-chance-2"].level == 3
    assert tuple(found) == ("quotes", *KEYS, "quote-chance-2")
    assert reason in page.html
    assert "None is found for At any price" in said(found["quotes"].says)
    assert found["quotes"].table.rows[1][4] == "none"
    assert "quotes['bold']" not in page.context.again.python
    page, found = sections(none)
    assert found["quote-chance"].absent == f"At any price: {reason}"
    assert f"No price is found for At any price: {reason}." in said(page.context.findings)
    assert "--no-requests" not in page.context.again.command_line


def test_what_is_left_out_is_named_with_its_command(priced):
    """A request that the page has no room for is named, with the command that shows it."""
    page, found = sections(priced, left_out=("one more", "x9"))
    assert "<code>offtake quote BOOK --request x9</code>" in page.html
    points = said(found["quotes"].points)
    assert (
        "Left out of this page: one more. It is shown by offtake quote BOOK --request 'one more'." in points
    )
    assert "It is shown by offtake quote BOOK --request x9." in points
    assert "The book has 3 requests. A price is found for 1." in said(found["quotes"].says)


def test_without_a_request_the_page_says_so():
    """A page on a book without requests says why its section is empty."""
    _, found = sections()
    assert [each.key for each in found.values()] == ["quote-chance"]
    assert "no request to price" in found["quote-chance"].absent
    assert quotes_of(invented_book(), 10, 0, "numpy") is None


def test_requests_are_priced_in_turn(monkeypatch, priced):
    """Each is priced, up to what the page has room for, and an error is kept in its words."""
    entry = {"seller": SIDES[0], "buyer": SIDES[1], "build": {"like": "Longmoor"},
             "clauses": {"ramp": {"2027-Q1": "50 MW"}, "term": "4 years"}}  # fmt: skip
    book = invented_book().replace({"requests": dict.fromkeys(("a", "b", "c", "d"), entry)})
    asked, told = [], []

    def price(book, *, request, paths, seed, engine, progress):
        asked.append((request, paths, seed, engine))
        progress(paths, paths)
        if request == "b":
            message = "no price reaches 90 %"
            raise InfeasibleError(message)
        if request == "c":
            message = "nothing says what its machines cost"
            raise InputError(message)
        return priced.quote

    monkeypatch.setattr(importlib.import_module("offtake.quote"), "quote", price)
    monkeypatch.setattr(_quotes, "_MOST", 3)
    found = quotes_of(book, 20, 4, "numpy", lambda *each: told.append(each))
    assert asked == [(name, 20, 4, "numpy") for name in "abc"]
    assert [each.why for each in found.requests] == [
        "",
        "no price reaches 90 %",
        "nothing says what its machines cost",
    ]
    assert found.left_out == ("d",)
    assert told[0] == ("price of a", 20, 20)
