"""Commands that run a book: simulate, book facts and brief."""

import json
import os
import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import get_args

import pytest

from offtake import Simulation
from offtake.book import Book
from offtake.brief import FactLine
from offtake.cli._settings import default_book
from offtake.cli._simulate import simulate as command
from offtake.simulate._simulate import Engine, Method

FEW = ("--paths", 20, "--engine", "numpy")


def test_a_run_is_printed_by_year_and_kept(run, book, folder):
    """The table has a row for each year; JSON has the numbers of the run that is kept beside it."""
    printed = run("simulate", book, *FEW)
    assert printed.exit_code == 0, printed.output
    assert "2026" in printed.stdout
    assert "cash, burn and default of Lark Labs" in printed.stdout
    assert "First year without burn" in printed.stdout
    kept = run("simulate", book, *FEW, "--seed", 3, "--save", "runs.nc", "--json", "--audit", "--quiet")
    assert (kept.exit_code, kept.stderr) == (0, "")
    data, runs = json.loads(kept.stdout), Simulation.load(folder / "runs.nc")
    assert (data["paths"], data["seed"], data["party"], data["hash"]) == (20, 3, "Lark Labs", runs.book_hash)
    (year,) = data["years"]
    at_end = {"party": "Lark Labs", "quarter": "2026-Q4"}
    assert year["cash_musd"]["q50"] == pytest.approx(float(runs.values("cash", stat="q50", **at_end)))
    assert year["burn_musd"]["mean"] == pytest.approx(
        float(runs.values("burn", stat="mean", party="Lark Labs", year=2026))
    )
    dead = runs.values("default", quarter="2026-Q4")
    assert year["parties_in_default"] == pytest.approx(float(dead.sum()))
    assert data["in_default_at_the_end"]["Northgate"] == float(dead.sel(party="Northgate"))
    assert sum(data["first_year_without_burn"].values()) == pytest.approx(1.0)


def test_another_party_and_a_scenario_can_be_looked_at(run, book):
    """The party that is shown and the scenario that is run are named in the title."""
    text = book.read_text(encoding="utf-8").replace("from: 2027-Q1}", "from: 2026-Q2}")
    book.write_text(text, encoding="utf-8")
    printed = run("simulate", book, *FEW, "--party", "Northgate", "--scenario", "demand stalls")
    assert printed.exit_code == 0, printed.output
    assert "mine, demand stalls: 20 futures; cash, burn and default of Northgate" in printed.stdout


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--party", "Lork"), "no party is called `Lork`"),
        (("--scenario", "flood"), "flood"),
        (("--save", "nowhere/runs.nc"), "no folder `nowhere`"),
        (("--paths", "0"), "--paths"),
        (("--engine", "steam"), "--engine"),
    ],
)
def test_what_cannot_be_run_is_refused(run, book, arguments, what):
    """Mistakes in the options are exit code 2 and named, before anything is run."""
    refused = run("simulate", book, "--engine", "numpy", *arguments)
    assert refused.exit_code == 2
    assert what in refused.stderr
    assert "Traceback" not in refused.output


def test_the_choices_are_those_of_the_engine():
    """The command line offers every engine and every way of drawing, and no other."""
    offered = {
        name: get_args(each.__origin__)
        for name, each in command.__annotations__.items()
        if name in ("engine", "method")
    }
    assert offered == {"engine": get_args(Engine), "method": get_args(Method)}


def test_facts_are_compared_in_three_tables(run, book):
    """Figures of the book, the opening and default frequencies are shown; all agreeing is exit code 0."""
    text = book.read_text(encoding="utf-8")
    opening = (
        "  opening-cash: {row: opening, says: cash at the year's end, stated: 820 M USD, tolerance: 50 %,\n"
        "    measure: {result: {variable: cash, party: Lark Labs, quarters: 2026-Q4}}, sources: [invented]}\n"
    )
    book.write_text(text + opening, encoding="utf-8")
    agreed = run("book", "facts", book, "--paths", 20)
    assert agreed.exit_code == 0, agreed.output
    for title in (
        "mine: stated figures",
        "mine: opening position",
        "Default within the first year, to 2026-Q4",
    ):
        assert title in agreed.stdout
    assert "2 of 2 figures agree" in agreed.stderr
    book.write_text((text + opening).replace("stated: 820 M USD", "stated: 8 B USD"), encoding="utf-8")
    apart = run("book", "facts", book, "--paths", 20, "--json")
    assert apart.exit_code == 1
    data = json.loads(apart.stdout)
    assert [row["agrees"] for row in data["facts"]] == [True, False]
    assert [row["party"] for row in data["defaults"]["rows"]] == ["Lark Labs", "Northgate"]
    book.write_text(text.replace("stated: 3.08 B USD", "stated: 4 B USD"), encoding="utf-8")
    assert "S" not in run("book", "facts", book, "--paths", 20).stderr.split("figures")[0]
    assert "contract disagrees: no reason is given." in run("book", "facts", book, "--paths", 20).stdout


def test_first_steps_runs(run):
    """The shipped example simulates and its facts are evaluated."""
    assert json.loads(run("simulate", "first-steps", *FEW, "--json").stdout)["book"] == "first-steps"
    assert run("book", "facts", "first-steps", "--paths", 20).exit_code == 0


@pytest.fixture
def asked(monkeypatch):
    """Put stand-ins in the place of `brief` and of its workers, and return what they are asked for."""
    seen = {}

    @contextmanager
    def processes(workers):
        seen["workers"] = workers
        yield None

    def brief(book, **options):
        seen.update(book=book, **options)
        options["progress"]("", 1, 2)
        return SimpleNamespace(write=lambda path: (path.write_text("<html>", encoding="utf-8"), path)[1])

    monkeypatch.setattr(sys.modules[FactLine.__module__.rpartition(".")[0]], "brief", brief)
    monkeypatch.setattr("offtake.cli._brief.processes", processes)
    return seen


def test_a_brief_passes_on_what_it_is_told(run, book, folder, asked):
    """Book, futures, seed and scenarios reach the verb, and the page is where it was asked for."""
    done = run("brief", book, "-o", "page.html", "--paths", 30, "--seed", 5, "--scenario", "demand stalls")
    assert done.exit_code == 0, done.output
    assert (folder / "page.html").exists()
    assert "wrote page.html" in done.stderr
    assert (asked["book"].book, asked["paths"], asked["seed"]) == ("mine", 30, 5)
    assert asked["scenarios"] == ["demand stalls"]
    assert asked["failures"] is asked["portfolio"] is asked["negotiations"] is True
    assert run("brief", book, "--no-portfolio", "--no-requests").exit_code == 0
    assert (asked["portfolio"], asked["requests"], asked["negotiations"]) == (False, False, True)
    assert run("brief", book, "--no-scenarios", "--quiet").stderr == ""
    assert asked["scenarios"] is False
    assert run("brief", book, "--no-scenarios", "--scenario", "x").exit_code == 2


def test_a_brief_works_side_by_side(run, book, asked):
    """Where much is planned or negotiated there is a worker for each core, or as many as are asked for."""
    assert run("brief", book).exit_code == 0
    assert asked["workers"] == min(4, os.cpu_count())
    assert run("brief", book, "--workers", 3).exit_code == 0
    assert asked["workers"] == 3
    assert run("brief", book, "--no-plans", "--no-negotiations", "--no-portfolio").exit_code == 0
    assert asked["workers"] == 1


def test_a_brief_without_a_book_takes_the_shipped_one(run, asked):
    """The default book is data, is shipped, and its page is brief.html in the current folder."""
    assert default_book() in Book.shipped()
    assert run("brief").exit_code == 0
    assert asked["book"].book == default_book()


def test_a_page_that_cannot_be_written_is_refused_at_once(run, book, folder, asked):
    """No work is done for a page whose folder is not there, or which is a folder."""
    assert "no folder" in run("brief", book, "-o", "nowhere/page.html").stderr
    assert "is a folder" in run("brief", book, "-o", ".").stderr
    assert asked == {}


@pytest.mark.slow
def test_a_brief_is_written_for_a_new_book(run, book, folder):
    """The whole way from a new book to its page, with the facts of the book on it."""
    done = run("brief", book, "-o", "page.html", "--paths", 20, "--no-scenarios", "--no-failures")
    assert done.exit_code == 0, done.output
    assert "the contract is worth about three billion" in (folder / "page.html").read_text(encoding="utf-8")


def test_facts_become_lines_of_the_page(asked, run, book):
    """What the page shows of a fact is what `book facts` computes."""
    run("brief", book, "--no-scenarios")
    mine = asked["book"]
    empty = SimpleNamespace(book_hash="", settings={})
    (line,) = asked["facts"](mine, empty)
    assert line == FactLine(
        "first",
        "the contract is worth about three billion",
        "3.08 B USD",
        "3.08 B USD",
        True,
        "",
        ("invented",),
    )
