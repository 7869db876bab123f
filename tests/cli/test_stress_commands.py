"""`offtake stress` and `offtake story`: what they print, and what they refuse."""

import json

import pytest

from offtake import Book
from offtake import stress as run_stress

FEW = ("--paths", 10, "--engine", "numpy")
FAIL = ("--fail", "Northgate", "--at", "2026-Q3")


def test_one_failure_by_channel(run, book):
    """The table has a column for each channel and tells how much likelier default is."""
    printed = run("stress", book, *FAIL, "--channels", *FEW)
    assert printed.exit_code == 0, printed.output
    assert "Northgate in 2026-Q3: mean loss in" in printed.stdout
    for word in ("contract", "supply", "funding", "confidence", "other", "points", "Ranking", "DebtRank"):
        assert word in printed.stdout
    assert "money closes to" in printed.stderr


def test_every_party_in_turn(run, book):
    """There is a line for each party, and the ranking."""
    printed = run("stress", book, "--fail", "each", "--at", "2026-Q3", *FEW)
    assert printed.exit_code == 0, printed.output
    assert "Lark Labs in 2026-Q3" in printed.stdout
    assert "all others lose" in printed.stdout
    assert "somebody follows" in printed.stdout


def test_scenarios_and_changes(run, book):
    """A change and every scenario are run without anybody being made to fail."""
    printed = run("stress", book, "--scenario", "each", *FEW)
    assert printed.exit_code == 0, printed.output
    assert "demand stalls: mean loss" in printed.stdout
    changed = run("stress", book, "--set", "parties.Lark Labs.cash=1 M USD", *FEW, "--quiet")
    assert changed.exit_code == 0, changed.output
    assert "parties.Lark Labs.cash = 1 M USD" in changed.stdout
    assert changed.stderr == ""


def test_json_has_the_numbers_of_the_python_call(run, book):
    """What is printed for machines is what the verb returns."""
    printed = run("stress", book, *FAIL, *FEW, "--seed", 4, "--json")
    data = json.loads(printed.stdout)
    found = run_stress(Book.read(book), fail="Northgate", at="2026-Q3", paths=10, seed=4, engine="numpy")
    (shock,) = data["shocks"]
    assert (shock["failed"], shock["at"], data["hash"]) == (["Northgate"], "2026-Q3", found.book_hash)
    assert shock["losses_musd"]["Lark Labs"]["mean"] == pytest.approx(found.losses().loc["Lark Labs", "mean"])
    assert shock["falls"].keys() >= {"Northgate"} - set(shock["failed"])
    assert {each["party"] for each in data["ranking"]} == set(Book.read(book).parties)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "nothing is changed"),
        (("--fail", "Northgat", "--at", "2026-Q3"), "Did you mean `Northgate`"),
        (("--fail", "Northgate"), "in which quarter"),
        (("--fail", "Northgate", "--at", "2040-Q1"), "outside the book's calendar"),
        (("--set", "parties.Northgate.cash=3 MW"), "an amount of money is needed"),
        (("--set", "parties"), "is no change"),
        (("--scenario", "flood"), "flood"),
    ],
)
def test_what_stress_refuses(run, book, arguments, what):
    """What cannot be done is one clear block and exit code 2."""
    printed = run("stress", book, *arguments, *FEW)
    assert printed.exit_code == 2
    assert what in printed.output
    assert "Traceback" not in printed.output


def test_a_story_with_its_lines(run, book):
    """Events stand under their quarters, each with what was due and paid."""
    printed = run("story", book, "--path", "worst:Lark Labs", "--paths", 20, "--lines")
    assert printed.exit_code == 0, printed.output
    assert "the worst of 20 for Lark Labs" in printed.stdout
    assert "quarter" in printed.stdout


def test_a_story_for_machines_and_about_one_party(run, book):
    """The events of JSON are those of the party and those that are about nobody."""
    printed = run("story", book, "--path", 3, "--about", "Northgate", "--json")
    data = json.loads(printed.stdout)
    assert (data["path"], data["seed"]) == (3, 0)
    assert all("Northgate" in event["parties"] or not event["parties"] for event in data["events"])


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--path", "worst:Lork"), "no party is called `Lork`"),
        (("--path", "soon"), "is no future"),
        (("--about", "Lork"), "no party is called `Lork`"),
    ],
)
def test_what_a_story_refuses(run, book, arguments, what):
    """A future or a party that is not there is named."""
    printed = run("story", book, *arguments)
    assert printed.exit_code == 2
    assert what in printed.output
