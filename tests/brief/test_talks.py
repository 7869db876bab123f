"""The page's sections on whether there is a deal, from values that are made up."""

import dataclasses
import importlib

import pytest

from figures.pretend import invented_book, pretend
from figures.talks import between
from offtake.book import Book
from offtake.brief import _talks
from offtake.brief._page import compose
from offtake.brief._talks import Talked, Talks, talks_of
from offtake.errors import InfeasibleError, InputError

PARTIES = ("Meridian Cloud", "Lantern AI")
KEYS = ("negotiate-zone", "negotiate-prices", "negotiate-stakeholders", "negotiate-clauses", "negotiate-stay")
HOLDERS = {
    "parties.Lantern AI.stakeholders": {
        "founders": {"weight": 0.8, "caution": 0.0, "horizon": "1 year"},
        "the board": {"weight": 0.2, "caution": 0.0, "veto": True},
    }
}


@pytest.fixture(scope="module")
def talked():
    """A negotiation of the invented book."""
    talks, stay = between(invented_book(), *PARTIES, "meridian-base")
    return Talked("base", "Meridian and Lantern on the price", PARTIES, talks, stay, 3)


def sections(*talked, left_out=()):
    """Return a page with negotiations, and its sections on them by key."""
    book = invented_book()
    talks = Talks(talked, left_out) if talked else None
    page = compose(book, pretend(book), talks=talks)
    found = {each.key: each for each in page.context.sections}
    ours = {key: each for key, each in found.items() if key.startswith(KEYS) or key == "negotiations"}
    return page, ours


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
        assert each.level == 2
    zone = said(found["negotiate-zone"].says)
    assert "Meridian and Lantern on the price." in zone
    assert "There is a deal" in zone
    assert said(found["negotiate-clauses"].says) in " ".join(talked.talks.sentences)
    assert talked.stay.sentences[0] in said(found["negotiate-stay"].says)
    assert "talks['base'] = ot.negotiate(book, 'base'" in page.context.again.python
    assert "stays['base'] = stay_or_leave(" in page.context.again.python
    assert talked.talks.citations[0] in page.context.methods
    assert "Meridian and Lantern on the price. There is a deal" in said(page.context.findings)


def test_without_a_negotiation_the_page_says_so():
    """A page on a book that names no table says why its section is empty."""
    _, found = sections()
    assert [(each.key, each.chart) for each in found.values()] == [("negotiate-zone", None)]
    assert "names no negotiation" in found["negotiate-zone"].absent


def test_parties_that_cannot_part_have_no_curve(talked):
    """Where nothing could end, the section on staying gives way to the words of the error."""
    reason = "Meridian Cloud and Lantern AI have no firm compute deal"
    _, found = sections(dataclasses.replace(talked, stay=None, why_not_stay=reason))
    assert found["negotiate-stay"].chart is None
    assert found["negotiate-stay"].absent == reason
    assert found["negotiate-zone"].chart is not None


def test_every_negotiation_stands_on_the_page(talked):
    """Two negotiations have five sections each below one on both; no id is used twice."""
    other = dataclasses.replace(talked, name="again", title="The same once more")
    page, found = sections(talked, other)
    assert tuple(found) == ("negotiations", *KEYS, *(f"{key}-2" for key in KEYS))
    assert [found[key].title for key in ("negotiate-zone", "negotiate-zone-2")] == [talked.title, other.title]
    assert [each.level for each in found.values()] == [2, *([3, 4, 4, 4, 4] * 2)]
    assert found["negotiate-zone-2"].command == (
        "figures.collect_negotiate_zone(book, talks['again']).table()"
    )
    assert [row[0] for row in found["negotiations"].table.rows] == [talked.title, other.title]
    assert "2 negotiations. In 2 of the 2 looked at" in said(found["negotiations"].says)
    assert "<h3>The same once more</h3>" in page.html
    assert '<li class="level-3"><a href="#negotiate-zone-2">The same once more</a></li>' in page.html
    assert page.html.count('id="negotiate-zone-2"') == 1


def test_a_negotiation_without_a_plan_says_why(talked):
    """The words of the error stand on the page, beside the negotiations in which something was found."""
    reason = "Lantern AI has no plan under these terms that satisfies its policy: short of 3 B USD"
    none = Talked("dry", "On credit", PARTIES, None, None, 3, reason, reason)
    page, found = sections(talked, none)
    assert found["negotiate-zone-2"].absent == reason
    assert reason in page.html
    assert "Nothing is found for On credit" in said(found["negotiations"].says)
    assert found["negotiations"].table.rows[1][4] == "none"
    page, found = sections(none)
    assert found["negotiate-zone"].absent == f"On credit: {reason}"
    assert "talks =" not in page.context.again.python
    assert "--no-negotiations" not in page.context.again.command_line


def test_what_is_left_out_is_named_with_its_command(talked):
    """A negotiation that the page has no room for is named, with the command that shows it."""
    _, found = sections(talked, left_out=("a third", "fourth"))
    points = said(found["negotiations"].points)
    assert (
        "Left out of this page: a third. It is shown by offtake negotiate BOOK --table 'a third'." in points
    )
    assert "offtake negotiate BOOK --table fourth" in points
    assert "3 negotiations" in said(found["negotiations"].says)


def test_stakeholders_of_both_settlements_are_told():
    """Who refuses what the book has and Nash's bargain is said, with vetoes, beside a table of both."""
    book = invented_book().replace(HOLDERS)
    talks, stay = between(book, *PARTIES, "meridian-base")
    _, found = sections(Talked("base", "The price", PARTIES, talks, stay, 3))
    told, table = found["negotiate-stakeholders"], found["negotiate-stakeholders"].table
    assert talks.nash is not None
    assert talks.nash is not talks.actual
    assert [head.partition(",")[0] for head in table.columns] == [
        "party", "stakeholder", "weight", "veto", "as the book has it", "Nash"]  # fmt: skip
    assert ("Lantern AI", "the board", "20 %", "yes") in [row[:4] for row in table.rows]
    assert told.open
    for outcome, what in ((talks.actual, "what the book has"), (talks.nash, "Nash's bargain")):
        votes = [vote for side in outcome.sides for vote in side.verdict.votes]
        refusing = sum(not vote.accepts for vote in votes)
        refused = f"{refusing} of {len(votes)} stakeholders would refuse {what}: the board of Lantern AI"
        accepted = f"All {len(votes)} stakeholders would accept {what}."
        assert (refused if refusing else accepted) in said(told.says)
    stopped = sum(talks.vetoes.values())
    assert stopped > 0
    assert f"The veto of the board of Lantern AI alone stops {stopped} settlements" in said(told.points)


def test_nobody_agrees_to_anything():
    """Where no settlement is agreed to, it is said that Nash picks none."""
    book = invented_book().replace(HOLDERS | {"deals.meridian-base.price": "14 MUSD/MW/year"})
    talks, stay = between(book, *PARTIES, "meridian-base")
    lost = dataclasses.replace(talks, outcomes=tuple(each for each in talks.outcomes if each.actual))
    assert not lost.zone
    _, found = sections(Talked("base", "The price", PARTIES, lost, stay, 3))
    assert "so that Nash picks none" in said(found["negotiate-stakeholders"].says)
    assert "would use a veto" in said(found["negotiate-stakeholders"].says)


def test_a_book_without_a_table_is_not_talked_about():
    """Nothing is looked at where the book names no negotiation."""
    assert talks_of(invented_book(), 0) is None


def test_negotiations_are_looked_at_in_turn(monkeypatch):
    """Each is looked at, up to what the page has room for; errors are kept; a pair's curve is found once."""
    book = invented_book()
    entry = {"parties": list(PARTIES), "over": {"meridian-base.take_or_pay": ["60 %", "80 %"]}}
    other = {
        "parties": ["Harrow Compute", "Lantern AI"],
        "over": {"harrow-longmoor.price": ["11 MUSD/MW/year"]},
    }
    book = book.replace(
        {"negotiations": {"one": entry, "two": other, "three": entry, "four": entry, "five": entry}}
    )
    found, _ = between(book, *PARTIES, "meridian-base")
    asked, curves = [], []

    def negotiate(book, name, **settings):
        asked.append(name)
        if name == "two":
            message = "Lantern AI has no plan"
            raise InfeasibleError(message)
        return found

    def stay_or_leave(book, seller, buyer, **settings):
        curves.append((seller, buyer))
        message = "no firm deal"
        raise InputError(message)

    engine = importlib.import_module("offtake.negotiate")
    monkeypatch.setattr(engine, "negotiate", negotiate)
    monkeypatch.setattr(engine, "stay_or_leave", stay_or_leave)
    monkeypatch.setattr(_talks, "_MOST", 3)
    talks = talks_of(book, 0)
    assert asked == ["one", "two", "three"]
    assert talks.left_out == ("four", "five")
    assert curves == [PARTIES]
    assert [each.why for each in talks.negotiations] == ["", "Lantern AI has no plan", ""]
    assert [each.why_not_stay for each in talks.negotiations] == [
        "no firm deal",
        "Lantern AI has no plan",
        "no firm deal",
    ]


@pytest.mark.slow
def test_the_shipped_first_steps_has_a_table():
    """The negotiation of a book is looked at, with its stay-or-leave curve."""
    told = []
    found = talks_of(Book.read("first-steps"), 0, lambda what, done, total: told.append((what, done, total)))
    (only,) = found.negotiations
    assert only.name == "northgate-renewal"
    assert only.talks.deals == ("northgate-base",)
    assert only.stay.parties == ("Northgate", "Lark Labs")
    assert told[0][0] == only.title
