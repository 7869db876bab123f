"""The page's sections on whether there is a deal, from values that are made up."""

import dataclasses

import pytest

from figures.pretend import invented_book, pretend
from figures.talks import between
from offtake.book import Book
from offtake.brief._page import compose
from offtake.brief._talks import Talked, talked_of

KEYS = ("negotiate-zone", "negotiate-stakeholders", "negotiate-clauses", "negotiate-stay")


@pytest.fixture(scope="module")
def talked():
    """A negotiation of the invented book."""
    talks, stay = between(invented_book(), "Meridian Cloud", "Lantern AI", "meridian-base")
    return Talked("base", "Meridian and Lantern on the price", talks, stay, 3)


def sections(talked):
    """Return the four sections of a page with a negotiation, by key."""
    book = invented_book()
    page = compose(book, pretend(book), talked=talked)
    return page, {each.key: each for each in page.context.sections if each.key in KEYS}


def said(sentences):
    """Return sentences as one text."""
    return " ".join("".join(part.text for part in sentence) for sentence in sentences)


def test_the_page_says_whether_there_is_a_deal(talked):
    """Each section has its sentences, its figure, its table, and the Python that gives the same."""
    page, found = sections(talked)
    assert tuple(found) == KEYS
    for each in found.values():
        assert each.chart is not None
        assert each.table.rows
        assert each.absent == ""
    zone = said(found["negotiate-zone"].says)
    assert "Meridian and Lantern on the price." in zone
    assert "There is a deal" in zone
    assert said(found["negotiate-clauses"].says) in " ".join(talked.talks.sentences)
    assert talked.stay.sentences[0] in said(found["negotiate-stay"].says)
    assert "ot.negotiate(book, 'base'" in page.context.again.python
    assert "stay_or_leave" in page.context.again.python
    assert talked.talks.citations[0] in page.context.methods


def test_without_a_negotiation_the_page_says_so():
    """A page on a book that names no table says why its sections are empty."""
    _, found = sections(None)
    assert all(each.chart is None and "names no negotiation" in each.absent for each in found.values())


def test_parties_that_cannot_part_have_no_curve(talked):
    """Where nothing could end, the section on staying gives way."""
    _, found = sections(dataclasses.replace(talked, stay=None))
    assert found["negotiate-stay"].chart is None
    assert found["negotiate-zone"].chart is not None


def test_a_book_without_a_table_is_not_talked_about():
    """Nothing is looked at where the book names no negotiation."""
    assert talked_of(invented_book(), 0) is None


@pytest.mark.slow
def test_the_shipped_first_steps_has_a_table():
    """The first negotiation of a book is looked at, with its stay-or-leave curve."""
    told = []
    found = talked_of(Book.read("first-steps"), 0, lambda what, done, total: told.append((what, done, total)))
    assert found.name == "northgate-renewal"
    assert found.talks.deals == ("northgate-base",)
    assert found.stay.parties == ("Northgate", "Lark Labs")
    assert told[0][0] == found.title
