"""One page on any book: whole, self-contained, and honest about what is missing."""

import dataclasses
import importlib
import re
from html.parser import HTMLParser

import pytest
import yaml

from figures.plans import pretend_plans
from figures.pretend import invented_book, pretend
from figures.probes import pretend_probes
from figures.talks import between, shares
from offtake.book import Book
from offtake.brief import FactLine, brief, compose
from offtake.brief._quotes import Priced, Quotes
from offtake.brief._shared import Shared
from offtake.brief._talks import Talked, Talks
from offtake.brief._words import Part
from offtake.errors import InputError
from offtake.quote import quote
from offtake.stress import stress

VOID = {"meta", "br", "link", "img", "hr", "input"}

SMALL = """
book: two
title: Two parties and one contract (invented)
calendar: {from: 2026-Q1, to: 2027-Q4}
parties:
  Lark Labs: {role: lab, cash: 900 M USD}
  Northgate: {role: cloud, cash: 6 B USD}
chips: {Q1: {vendor: Northgate, power: 1.4 kW}}
workloads:
  assistant: {buyer: Lark Labs, demand: 40 MW, yield: 9 MUSD/MW/year}
deals:
  base:
    kind: compute
    seller: Northgate
    buyer: Lark Labs
    clauses: {ramp: {2026-Q1: 25 MW}, price: 11 MUSD/MW/year, term: 4 years}
"""


class Outline(HTMLParser):
    """Ids, links, headings and the balance of tags of a page."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.targets, self.outside, self.headings, self.open = [], [], [], [], []
        self.in_heading = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a" and given["href"].startswith("#"):
            self.targets.append(given["href"][1:])
        if tag != "a":
            self.outside += [value for name, value in attrs if name in {"src", "href", "srcset", "action"}]
        self.in_heading = tag in {"h1", "h2"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.in_heading = False

    def handle_data(self, data):
        if self.in_heading and data.strip():
            self.headings.append(data.strip())


@pytest.fixture(scope="module")
def book():
    """An invented book with everything a page can show."""
    return invented_book()


@pytest.fixture(scope="module")
def page(book):
    """Its page, with scenarios."""
    others = {name: pretend(book, hardship=1.1 + 0.1 * place) for place, name in enumerate(book.scenarios)}
    return compose(book, pretend(book), scenario_runs=others, **stressed(book))


def stressed(book):
    """Every failure, the most harmful one by channel, on a few futures, and what is asked backwards."""
    given = {"at": "2027-Q2", "paths": 3, "engine": "numpy"}
    each = stress(book, fail="each", **given)
    split = stress(book, fail="Lantern AI", channels=True, **given)
    words = "200 MW for 4 years from 2027-Q1 like Longmoor, take-or-pay 90 %"
    sides = {"provider": "Meridian Cloud", "buyer": "Lantern AI"}
    quoted = quote(book, request=words, **sides, paths=20, engine="numpy")
    talks, stay = between(book, "Meridian Cloud", "Lantern AI", "meridian-base")
    return {
        "failures": each,
        "channels": split,
        "probes": pretend_probes(book),
        "quotes": Quotes((Priced("more", "More of it", *sides.values(), quoted),)),
        "plans": pretend_plans(book),
        "talks": Talks((Talked("invented", "A price", talks.parties, talks, stay, 0),)),
        "shared": Shared("Lantern AI", shares(book, "Lantern AI")),
    }


def small():
    """Return the page of a book without plan, sites, scenarios, sources or facts."""
    two = Book.from_data(yaml.safe_load(SMALL))
    return compose(two, pretend(two))


def texts(page):
    """Return every sentence of a page."""
    found = [*page.context.findings, page.context.made_from]
    for section in page.context.sections:
        found += [*section.says, *section.points]
    return found


def without_scripts(html):
    """Return a page without its scripts and styles."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)


def test_the_page_is_well_formed_and_stands_alone(page):
    """Tags balance, ids are unique, inner links lead somewhere, and nothing is loaded from elsewhere."""
    outline = Outline(page.html)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)
    assert outline.outside == []
    assert "@import" not in page.context.style
    assert "url(" not in page.context.style


def test_the_library_is_embedded_once(page):
    """The plotting library stands in the page a single time, however many figures there are."""
    assert page.html.count(page.context.library[:200]) == 1
    assert len(page.html) < 8e6


def test_every_part_of_the_page_is_there(page):
    """Title, findings, each section, facts, sources and how to run it again stand in this order."""
    headings = Outline(page.html).headings
    assert headings[0] == page.context.title
    assert headings[1] == "Findings"
    assert headings[-3:] == ["What the book reproduces", "Sources", "Run it again"]
    assert len(headings) == 5 + len(page.context.sections)
    assert page.context.disclaimer in page.html
    assert "Figures as of 2026-01-31" in page.html


def test_every_section_of_a_full_book_is_filled(page):
    """Nothing is missing where the book has all: each section has its table and its command."""
    for section in page.context.sections:
        assert section.absent == ""
        assert section.table is not None
        assert section.command.endswith(".table()")
    assert len(page.context.findings) == 14


def test_who_cannot_plan_is_told_why(book):
    """Another party without a plan has the words of the error on the page, beside those that have one."""
    plans = pretend_plans(book)
    reason = "no plan satisfies its policy: short of 3 B USD"
    told = dataclasses.replace(plans, refused={"Prism Labs": reason})
    page = compose(book, pretend(book), plans=told)
    assert page.html.count(f"Prism Labs has no plan: {reason[:-7]}") == 1
    alone = compose(book, pretend(book), plans=dataclasses.replace(told, others=()))
    other = next(each for each in alone.context.sections if each.key == "plan-other")
    assert other.absent == f"Prism Labs has no plan: {reason}"


def test_no_figure_is_written_by_hand(book, page):
    """A digit stands only in parts that were computed or in names that the book gives."""
    given = str(book.to_data())
    for sentence in texts(page):
        for part in sentence:
            assert isinstance(part, Part)
            if part.kind == "words":
                assert not re.search(r"\d", part.text), part.text
            if part.kind == "name" and re.search(r"\d", part.text):
                assert all(token in given for token in part.text.split())


def test_findings_say_what_the_records_say(page):
    """The plan, the burn and the first year in the text are those of the records."""
    first = "".join(part.text for part in page.context.findings[0])
    burn = page.records.burn
    assert f"{burn.cumulative.at('2029')['q50'] / 1_000:.0f} B USD" in first
    assert "its plan of record says 88.0 B USD from the opening on, 94.0 B USD in all" in first


def test_the_page_of_a_small_book_says_what_is_missing():
    """Without plan, sites and scenarios the sections give way to a reason, and the rest stands."""
    page = small()
    absent = {section.key: section.absent for section in page.context.sections if section.absent}
    unstressed = {"stress-losses", "stress-matrix", "stress-rounds", "stress-ripples"}
    unstressed |= {"stress-reverse", "stress-tornado"}
    unpriced = {"quote-chance"}
    unplanned = {f"plan-{name}" for name in ("supply", "signings", "again", "cover", "frontier", "other")}
    untold = {"negotiate-zone", "negotiate-portfolio"}
    asked = {*unstressed, *unpriced, *unplanned, *untold}
    assert set(absent) == {"trace-cycles", "gates", "scenarios", "assumed", *asked}
    assert all(reason in page.html for reason in absent.values())
    titles = [section.title for section in page.context.sections]
    assert "Burn" in titles
    assert "What burn is made of" in titles
    assert "The book names no sources." in page.html
    assert "The book holds no stated figures to compare with." in page.html
    assert Outline(page.html).open == []
    assert "plan of record says" not in without_scripts(page.html)


def test_what_a_book_says_cannot_break_the_page(book):
    """Marks in names and titles are text on the page, not markup, also within the figures."""
    evil = "</script><script>alert(1)</script>"
    party = book.parties["Prism Labs"]
    parties = {(evil if name == "Prism Labs" else name): each for name, each in book.parties.items()}
    deal = book.deals["prism-base"].model_copy(update={"buyer": evil})
    source = book.sources["F1"].model_copy(update={"title": evil, "address": "javascript:alert(1)"})
    changed = book.model_copy(
        update={
            "title": evil,
            "parties": parties | {evil: party},
            "deals": {**book.deals, "prism-base": deal},
            "sources": {**book.sources, "F1": source},
        }
    )
    page = compose(changed, pretend(changed))
    assert evil not in page.html
    assert "javascript:" not in without_scripts(page.html)
    assert Outline(page.html).open == []


def test_stated_figures_are_shown_beside_what_was_found(book):
    """A function of facts fills the table; a difference is marked as such."""
    lines = [
        FactLine("S1", "planned burn", "94 B USD", "94 B USD", True, "", ("F3",)),
        FactLine("S2", "something else", "2 GW", "1 GW", False, "counted otherwise", ()),
    ]
    page = compose(book, pretend(book), facts=lambda *_: lines)
    assert page.context.facts == tuple(lines)
    assert page.html.count("<strong>differs</strong>") == 1
    assert 'href="#source-F3"' in page.html
    assert "counted otherwise" in page.html
    assert "".join(part.text for part in page.context.facts_say).startswith("1 of 2 stated figures")
    assert page.context.facts_say[-2].text == "something else"
    assert "they were not computed" in compose(book, pretend(book)).html


def test_how_to_run_it_again_is_exact(book, page):
    """The commands name the book, the seed, the futures and the scenarios, and the hash stands beside."""
    again = page.context.again
    assert again.command_line == "offtake brief BOOK --paths 400 --seed 3 -o brief.html"
    assert "book = ot.Book.read('BOOK')" in again.python
    assert "for name in book.scenarios" in again.python
    assert "channels = ot.stress(book, fail='Lantern AI', at=\"2027-Q2\", channels=True" in again.python
    compile(again.python, "page", "exec")
    assert book.hash in dict(again.lines).values()
    one = compose(book, pretend(book), scenario_runs={"funding freeze": pretend(book)}).context.again
    assert " --scenario 'funding freeze' " in one.command_line
    assert "for name in ['funding freeze']" in one.python
    assert " --no-failures " in one.command_line
    assert "reverse = reverse_stress(book, 'Lantern AI', '2028-Q4', paths=64, seed=0, starts=" in again.python
    assert "Outcome('cumulative_burn', 'Lantern AI', '2029')" in again.python
    assert " --no-probes " in one.command_line
    assert " --no-portfolio " in one.command_line
    assert "portfolio" not in again.command_line
    assert "shared = portfolio(book, 'Lantern AI', futures=1000, scenarios=12, seed=0)" in again.python
    assert " --no-scenarios " in compose(book, pretend(book)).context.again.command_line


def test_each_command_gives_the_table_beside_it(book, page):
    """What a reader is told to run gives the numbers that the page shows."""
    from offtake import figures

    others = {name: pretend(book, hardship=1.1 + 0.1 * place) for place, name in enumerate(book.scenarios)}
    names = {"figures": figures, "book": book, "runs": pretend(book), "scenario_runs": others} | stressed(
        book
    )
    probes = names["probes"]
    failure = probes.failure
    names |= {"reverse": failure.found, "short": failure.short, "every": failure.every}
    names |= {"slopes": probes.sensitivities}
    plans = names["plans"]
    (talked,), (priced,) = names["talks"].negotiations, names["quotes"].requests
    names |= {"quotes": {"more": priced.quote}, "shared": names["shared"].portfolio}
    names |= {"talks": {"invented": talked.talks}, "stays": {"invented": talked.stay}}
    names |= {"plan": plans.chosen, "again": plans.again, "other": plans.others[0]}
    for section in page.context.sections:
        assert eval(section.command, names) == section.table  # noqa: S307 - the page's own command


def test_the_same_runs_give_the_same_page(book, page):
    """Nothing of the clock, of chance or of this machine is in a page."""
    others = {name: pretend(book, hardship=1.1 + 0.1 * place) for place, name in enumerate(book.scenarios)}
    assert compose(book, pretend(book), scenario_runs=others, **stressed(book)).html == page.html


def test_a_page_is_written_whole(page, tmp_path):
    """The file holds the page, nothing else is left, and a missing folder is named."""
    where = page.write(tmp_path / "brief.html")
    assert where.read_text(encoding="utf-8") == page.html
    assert [path.name for path in tmp_path.iterdir()] == ["brief.html"]
    with pytest.raises(InputError, match="no folder"):
        page.write(tmp_path / "nowhere" / "brief.html")


def test_brief_runs_the_book_and_its_scenarios(book, monkeypatch):
    """The book and the scenarios asked for are run on the same seed, with progress told for each."""
    asked, told = [], []

    def run(book, *, paths, seed, scenario, engine, progress):
        asked.append((scenario, paths, seed, engine))
        if progress is not None:
            progress(paths, paths)
        return pretend(book)

    monkeypatch.setattr(importlib.import_module("offtake.simulate"), "simulate", run)
    brief(
        book,
        paths=64,
        seed=5,
        scenarios=["funding freeze"],
        failures=False,
        probes=False,
        plans=False,
        portfolio=False,
        progress=lambda *each: told.append(each),
    )
    assert asked == [(None, 64, 5, "jax"), ("funding freeze", 64, 5, "jax")]
    assert told == [("", 64, 64), ("funding freeze", 64, 64)]
    asked.clear()
    brief(book, paths=64, scenarios=False, failures=False, plans=False, portfolio=False, engine="numpy")
    assert asked == [(None, 64, 0, "numpy")]
    with pytest.raises(InputError, match=r"no scenario is called `freeze`\. Did you mean"):
        brief(book, scenarios=["freeze"])


@pytest.mark.slow
def test_the_shipped_first_steps_makes_a_page():
    """The smallest shipped book goes from file to page through the engine."""
    book = Book.read("first-steps")
    page = brief(book, paths=64, seed=1, scenarios=["funding freeze"], plans=False, portfolio=False)
    assert Outline(page.html).open == []
    assert page.records.party == "Lark Labs"
    assert page.context.again.command_line.startswith(
        "offtake brief first-steps --paths 64 --seed 1 --scenario"
    )
    assert page.context.findings
