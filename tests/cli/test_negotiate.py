"""`offtake negotiate`: what each side makes of what is contested, and until when both would stay."""

import json

import pytest

import offtake
from offtake import Book

BETWEEN = ("--between", "Northgate", "--and", "Lark Labs")
SMALL = ("--futures", 20, "--scenarios", 2)


def test_settlements_are_printed(run):
    """Sentences come first, then a table of settlements; JSON has the same outcomes."""
    terms = ("--over", "northgate-base.take_or_pay=60 %,80 %")
    printed = run("negotiate", "first-steps", *BETWEEN, *terms, *SMALL, "--no-clauses")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.startswith("- ")
    assert "gains over no deal in" in printed.stdout
    assert "as the book has it" in printed.stdout
    assert "books valued" in printed.stderr
    told = run("negotiate", "first-steps", *BETWEEN, *terms, *SMALL, "--no-clauses", "--json", "--quiet")
    data = json.loads(told.stdout)
    assert [each["terms"] for each in data["outcomes"]] == [
        {"northgate-base.take_or_pay": "60 %"},
        {"northgate-base.take_or_pay": "80 %"},
    ]
    assert [each["actual"] for each in data["outcomes"]] == [False, True]
    assert (data["seller"], data["buyer"]) == ("Northgate", "Lark Labs")
    assert data["sentences"][0] in printed.stdout


def test_clauses_boxes_and_no_deal_are_options(run):
    """A box is cut into points, clauses are valued, and no deal may be said in words of the book."""
    printed = run(
        "negotiate", "first-steps", *BETWEEN, "--over", "northgate-base.price=9..11 MUSD/MW/year",
        "--points", 2, "--no-deal", "northgate-base=out", *SMALL,
    )  # fmt: skip
    assert printed.exit_code == 0, printed.output
    assert "What each clause is worth" in printed.stdout
    assert "Within the boxes" in printed.stdout, printed.stdout


def test_staying_is_told(run):
    """With --stay the quarters of parting are printed with what going on is worth."""
    printed = run("negotiate", "first-steps", *BETWEEN, "--stay", "--every", 10, *SMALL)
    assert printed.exit_code == 0, printed.output
    assert "less parting" in printed.stdout
    data = json.loads(
        run("negotiate", "first-steps", *BETWEEN, "--stay", "--every", 10, *SMALL, "--json", "--quiet").stdout
    )
    assert [row["quarter"] for row in data["quarters"]] == ["2026-Q1", "2028-Q3"]
    assert set(data["leaves"]) == {"Northgate", "Lark Labs"}
    assert data["hash"] == Book.read("first-steps").hash
    assert data["version"] == offtake.__version__
    assert data["settings"] == {
        "futures": 20, "scenarios": 2, "seed": 0, "books": 3, "values": "by plan and quote"
    }  # fmt: skip


def test_who_is_not_at_the_table_is_named(run):
    """A deal with a third party may change where it would agree, which is said; a deal of others may not."""
    asked = ("negotiate", "first-steps", *BETWEEN, *SMALL, "--no-clauses", "--over")
    printed = run(*asked, "deals.tideway-more.clauses.price.usage=10 MUSD/MW/year", "--json")
    assert (
        "Tideway Cloud is not at the table and agrees to what changes in `tideway-more`."
        in (json.loads(printed.stdout)["assumptions"])
    )
    refused = run(*asked, "deals.heath-shell.clauses.term.length=9 years")
    assert refused.exit_code == 2
    says = "changes a deal of Heath Estates and Tideway Cloud; Northgate and Lark Labs cannot settle it"
    assert says in " ".join(refused.output.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((*BETWEEN, "--over", "northgate-base.price="), "Invalid value for --over"),
        (
            (*BETWEEN, "--over", "northgate-base.price=9..11 MUSD/MW/year", "--no-deal", "x"),
            "value for --no-deal",
        ),
        (
            ("--between", "Lark Labs", "--and", "Lark Labs", "--over", "price=1"),
            "cannot negotiate with itself",
        ),
        (("--between", "Lark Labs", "--and", "Nrthgate", "--over", "price=1"), "Did you mean `Northgate`"),
        (BETWEEN, "nothing is contested"),
        ((*BETWEEN, "--over", "northgate-base.prise=1"), "no clause is called"),
        ((*BETWEEN, "--over", "northgate-base.take_or_pay=140 %"), "take_or_pay"),
        ((*BETWEEN, "--over", "northgate-base.price"), "write PATH=VALUE"),
        (("--table", "no such table"), "no negotiation is called"),
        (("--between", "Lark Labs"), "name two parties"),
    ],
)
def test_what_cannot_be_used_is_refused(run, arguments, says):
    """Bad input is one clear error with exit code 2."""
    refused = run("negotiate", "first-steps", *arguments, *SMALL)
    assert refused.exit_code == 2
    assert says in " ".join(refused.output.split())


def test_a_portfolio_of_providers_is_told(run):
    """With --portfolio each provider's share is printed beside the buyer's own; JSON has the groups too."""
    asked = ("negotiate", "first-steps", "--portfolio", "Lark Labs", *SMALL)
    printed = run(*asked)
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.startswith("- To Lark Labs its 2 providers together are worth")
    assert "what each provider brings to Lark Labs" in printed.stdout
    assert "Lark Labs keeps" in printed.stdout
    assert "4 groups valued" in printed.stderr
    data = json.loads(run(*asked, "--json", "--quiet").stdout)
    assert [each["party"] for each in data["providers"]] == ["Northgate", "Tideway Cloud"]
    shares = [each["shapley_musd"] for each in (*data["providers"], data["keeps"])]
    assert sum(shares) == pytest.approx(data["together_musd"])
    assert len(data["groups"]) == 4
    assert data["holds"] is (not data["blocking"])
    assert data["sentences"][0] in printed.stdout


def test_a_portfolio_may_be_valued_by_workers(run):
    """Two processes find what one does."""
    asked = ("negotiate", "first-steps", "--portfolio", "Lark Labs", *SMALL, "--json", "--quiet")
    one, two = (json.loads(run(*asked, "--workers", count).stdout) for count in (1, 2))
    assert one == two


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--portfolio", "Lark Labs", *BETWEEN), "leave out --between, --and"),
        (("--portfolio", "Lark Labs", "--stay"), "leave out --stay"),
        (("--portfolio", "Lark"), "no party is called `Lark`"),
        (("--portfolio", "Northgate"), "nobody sells or offers Northgate compute"),
    ],
)
def test_a_portfolio_that_cannot_be_asked_for_is_refused(run, arguments, says):
    """Options of other questions, and parties without providers, are one clear error with exit code 2."""
    refused = run("negotiate", "first-steps", *arguments, *SMALL)
    assert refused.exit_code == 2
    assert says in " ".join(refused.output.split())
