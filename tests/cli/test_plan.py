"""`offtake plan`: what it prints and writes, and what it refuses."""

import json

import pytest

from offtake import Book
from offtake.plan import Plan

FEW = ("first-steps", "--scenarios", 2, "--futures", 8)


@pytest.fixture
def small(run):
    """Return a function that plans the small book on few futures."""

    def planned(*more):
        return run("plan", *FEW, *more)

    return planned


def test_a_published_problem_as_a_table(run):
    """The optimum and the capacities that are published stand in the first line and the first table."""
    printed = run("plan", "lands", "--cost")
    assert printed.exit_code == 0, printed.output
    first, *lines = printed.stdout.splitlines()
    assert first.startswith("Planner in lands: least cost, present value 381.853 M USD, within ")
    assert first.endswith(" % of the best.")
    assert lines[0].startswith(
        "In nine of ten futures of the tree it lies between 295.4 and 470.333 M USD; --fresh"
    )
    told = [line.split() for line in lines if line.strip().startswith("technology")]
    assert [(words[1], words[-2]) for words in told] == [
        ("2", "4"), ("3", "3.33333"), ("1", "2.66667"), ("4", "2"),
    ]  # fmt: skip
    assert "futures in the tree" in printed.stderr


def test_json_holds_the_plan_that_is_saved(small, folder):
    """What is printed for machines is what the saved plan says, with its settings, parts and service."""
    printed = small("--json", "--save", "plan.nc", "--risk", "0.8:0.5", "--stage", "2027-Q3")
    assert printed.exit_code == 0, printed.output
    data, saved = json.loads(printed.stdout), Plan.load(folder / "plan.nc")
    assert (data["buyer"], data["book"]) == ("Lark Labs", "first-steps")
    assert data["value_musd"] == pytest.approx(saved.value)
    assert data["cvar_musd"] == pytest.approx(saved.cvar)
    assert data["objective_musd"] == pytest.approx(saved.value - 0.5 * saved.cvar)
    assert sum(data["value_by_part_musd"].values()) == pytest.approx(saved.value)
    assert (data["settings"]["level"], data["settings"]["weight"]) == (0.8, 0.5)
    assert data["settings"]["stages"] == ["2027-Q3"]
    assert {row["workload"] for row in data["service"]} == {"assistant", "training"}


def test_what_is_signed_is_written_as_a_book(small, run, folder):
    """Deals asked again are written as the plan signs them, in a book that checks out."""
    printed = small("--reopen", "all", "--signed", "signed.yaml", "--json")
    assert printed.exit_code == 0, printed.output
    assert run("book", "check", "signed.yaml").exit_code == 0
    data, signed = json.loads(printed.stdout), Book.read(folder / "signed.yaml")
    signings = [each for each in data["signings"] if each["node"] == "opening"]
    assert signings
    for each in signings:
        deal = signed.deals[each["entry"]]
        levels = [
            level.value
            for clause in deal.clauses.values()
            if clause.kind == "ramp"
            for level in clause.levels.values()
        ]
        assert deal.firmness == "firm"
        assert max(levels) == pytest.approx(each["mw"])
    assert all(signed.deals[name].firmness == "offered" for name in data["passed_over"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--risk", "much"), "LEVEL:WEIGHT, such as 0.95:0.3, not `much`"),
        (("--risk", "1.5:0.2"), "level"),
        (("--buyer", "Lork Labs"), "no party is called `Lork Labs`"),
        (("--stage", "2040-Q1"), "the stage 2040-Q1 does not lie in the calendar"),
        (("--stage", "2026-Q1"), "after its first quarter"),
        (("--reopen", "no-such-deal"), "`no-such-deal` is no firm compute deal that Lark Labs buys"),
        (("--set", "market.buy_depth=much"), "market.buy_depth"),
        (("--frontier", "-1"), "--frontier"),
    ],
)
def test_what_is_refused(small, options, words):
    """A wrong option ends with exit code 2 and one error that says what is wrong."""
    printed = small(*options)
    assert printed.exit_code == 2, printed.output
    assert words in printed.stderr
    assert "Traceback" not in printed.output
    assert not printed.stdout


def test_no_plan_is_told_in_contract_words(small):
    """Service that nothing can give ends with exit code 3: the rules, what is missing, and where."""
    full = "policies.Lark Labs.service.assistant=100 %"
    printed = small("--set", full, "--set", "market.buy_depth=0 MW")
    assert printed.exit_code == 3, printed.output
    assert "There is no plan: 100 % service of assistant cannot hold" in printed.stderr
    assert "MW are missing in 20" in printed.stderr
    assert "Take back or loosen one of them." in printed.stderr
    assert not printed.stdout
