"""Facts: agreement, problems with their place, and rows of a simulation."""

import pytest

from facts.invented_facts import fact, lantern, run
from offtake.book import Book
from offtake.errors import BookError, InputError
from offtake.facts import check, evaluate, needs_simulation


def only(measure, stated, runs=None, **more):
    """Return the row of a book with one fact."""
    book = lantern({"it": fact(measure, stated, **more)})
    (row,) = evaluate(book, None if runs is None else run(book)).rows
    return row


@pytest.mark.parametrize(
    ("measure", "stated", "more", "agrees"),
    [
        ({"volume": "steps"}, "80 MW", {}, True),
        ({"volume": "steps"}, "0.08 GW", {}, True),
        ({"volume": "steps"}, "80.3 MW", {}, True),
        ({"volume": "steps"}, "80.5 MW", {}, False),
        ({"volume": "steps"}, "100 MW", {"tolerance": "20 %"}, True),
        ({"volume": "steps"}, "60 MW", {}, False),
        ({"volume": "steps"}, "60 MW", {"at_least": True}, True),
        ({"volume": "steps"}, "90 MW", {"at_least": True}, False),
        ({"plan_profitable_year": "Wick"}, 2028, {}, True),
        ({"plan_profitable_year": "Wick"}, 2029, {}, False),
        ({"plan_profitable_year": "Wick"}, 2027, {"at_least": True}, True),
        ({"right_until": "parity"}, "2028-Q4", {}, True),
        ({"right_until": "parity"}, 2028, {}, True),
        ({"right_until": "parity"}, "2028-Q3", {}, False),
        ({"right_until": "parity"}, "2028-Q3", {"at_least": True}, True),
        ({"field": "deals.steps.seller"}, "Tallow", {}, True),
        ({"field": "deals.steps.seller"}, "Wick", {}, False),
        ({"field": "parties.Wick.debt.1.rate"}, "500 bp", {}, True),
        ({"count": "deals"}, 9, {}, True),
        ({"field": "parties.Wick.minimum_cash"}, "0 M USD", {}, True),
        ({"field": "parties.Wick.cash"}, "0 M USD", {}, False),
    ],
    ids=str,
)
def test_figures_agree_within_their_tolerance(measure, stated, more, agrees):
    """Quantities agree within a relative tolerance; dates, years and text only if they are equal."""
    assert only(measure, stated, **more).agrees is agrees


def test_a_row_says_what_is_apart():
    """A row holds both figures in one unit, their difference and where the stated one is from."""
    row = only({"volume": "steps"}, "0.1 GW", why="It was rounded", at_least=True)
    assert (row.stated, row.computed, row.unit) == ("at least 0.1 GW", "0.08 GW", "MW")
    assert (row.stated_value, row.computed_value, row.difference) == (100.0, 80.0, pytest.approx(-0.2))
    assert (row.row, row.why, row.agrees) == ("S1", "It was rounded", False)


def test_a_flow_may_be_stated_for_money_of_one_quarter():
    """What a party earns in a quarter may be stated as an amount or as a flow; a sum only as an amount."""
    one = {"result": {"variable": "revenue", "party": "Wick", "quarters": "2026-Q1"}}
    assert only(one, "101 M USD", runs=True).agrees
    assert only(one, "404 M USD/year", runs=True).agrees
    year = {"result": {"variable": "revenue", "party": "Wick", "years": 2026, "reduce": "sum"}}
    assert only(year, "410 M USD", runs=True).agrees
    with pytest.raises(BookError, match="an amount of money is needed"):
        only(year, "410 M USD/year", runs=True)


def test_without_a_run_its_facts_are_left_out():
    """A book alone answers for its own figures; those of a simulation are named as left out."""
    of_run = fact(
        {"result": {"variable": "cash", "party": "Wick", "quarters": "2026-Q1"}}, "101 M USD", row="opening"
    )
    book = lantern({"a": fact({"count": "deals"}, 9), "b": of_run})
    assert needs_simulation(book)
    assert evaluate(book).left_out == ("b",)
    table = evaluate(book, run(book))
    assert [row.name for row in table.of_row(opening=True)] == ["b"]
    assert [row.name for row in table.of_row(opening=False)] == ["a"]
    assert table.disagreeing == ()
    assert list(table.to_dataframe().index) == ["a", "b"]
    assert table.to_dataframe().loc["b", "computed_value"] == 101.0


def test_a_run_of_another_book_is_refused():
    """Facts are never compared with a run of another book, of another version or of a scenario."""
    book = lantern({"a": fact({"count": "deals"}, 9)})
    with pytest.raises(InputError, match="another book"):
        evaluate(book, run(lantern()))
    with pytest.raises(InputError, match="scenario `storm`"):
        evaluate(book, run(book, settings={"scenario": "storm"}))


def test_every_problem_is_collected_with_its_line(tmp_path):
    """All facts that cannot be computed are named at once, each with its file and line."""
    facts = {
        "one": fact({"volumes": "steps"}, "80 MW"),
        "two": fact({"volume": "steps"}, "80 M USD"),
        "three": fact({"volume": "steps"}, True),
        "four": fact({"plan_profitable_year": "Wick"}, "soon"),
        "five": fact({"right_until": "parity"}, "soon"),
        "fine": fact({"count": "deals"}, 9),
    }
    lantern(facts).write(tmp_path / "lantern.yaml")
    book = Book.read(tmp_path / "lantern.yaml")
    problems = check(book)
    assert [each.entry for each in problems] == [
        "facts.one.measure",
        "facts.two.stated",
        "facts.three.stated",
        "facts.four.stated",
        "facts.five.stated",
    ]
    lines = (tmp_path / "lantern.yaml").read_text(encoding="utf-8").splitlines()
    for problem in problems:
        assert problem.file == "lantern.yaml"
        assert problem.line is not None
        assert any(word in lines[problem.line - 1] for word in problem.entry.split("."))
        assert problem.mend
    with pytest.raises(BookError) as refusal:
        evaluate(book)
    assert len(refusal.value.problems) == 5


def test_the_shipped_books_can_be_evaluated():
    """No fact of a shipped book is wrongly written, and what needs no simulation agrees or says why."""
    for name in Book.shipped():
        book = Book.read(name)
        assert check(book) == ()
        assert [row.name for row in evaluate(book).disagreeing if row.why is None] == []
