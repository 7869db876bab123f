"""`offtake trace`: tables for people, JSON for machines, and what it refuses."""

import json

import pytest

from offtake.book import Book
from offtake.trace import trace


def test_contracts_are_traced(run):
    """The first line has the share that goes round; tables have cycles, origins and exposures."""
    printed = run("trace", "first-steps")
    assert printed.exit_code == 0, printed.output
    found = trace(Book.read("first-steps"))
    assert f"{100 * found.circularity:.1f} % of it goes round" in printed.stdout
    assert "Lark Labs → Northgate → Lark Labs" in printed.stdout
    assert "own payments" in printed.stdout
    assert "after netting" in printed.stdout
    assert "Not counted: tideway-more: an offer that nobody has signed" in printed.stderr


def test_letters_and_windows_are_options(run):
    """JSON has the window, the letters and the same numbers as the trace from Python."""
    printed = run(
        "trace", "first-steps", "--intended", "--from", "2026-Q3", "--to", "2028-Q2", "--json", "--quiet"
    )
    assert (printed.exit_code, printed.stderr) == (0, "")
    data = json.loads(printed.stdout)
    found = trace(Book.read("first-steps"), window=("2026-Q3", "2028-Q2"), firm_only=False)
    assert (data["from"], data["to"], data["firm_only"]) == ("2026-Q3", "2028-Q2", False)
    assert data["circularity"] == pytest.approx(found.circularity)
    assert [cycle["bottleneck_musd"] for cycle in data["cycles"]] == [
        pytest.approx(cycle.bottleneck) for cycle in found.cycles
    ]
    assert {row["party"] for row in data["origins"]} == set(found.to_dataframe("origins").index)
    assert data["cycles"][0]["arcs"][0]["deals"]


def test_one_party_can_be_told_of(run):
    """With a party named, tables hold only what touches it."""
    data = json.loads(run("trace", "first-steps", "--party", "Fell Power", "--json").stdout)
    assert [row["party"] for row in data["origins"]] == ["Fell Power"]
    assert {row["payer"] for row in data["flows"]} == {"Tideway Cloud"}
    assert data["cycles"] == []
    printed = run("trace", "first-steps", "--party", "Fell Power")
    assert printed.exit_code == 0
    assert "Ways round" not in printed.stdout


@pytest.mark.slow
def test_futures_are_traced(run, book):
    """With --simulated a run is traced, and --spread adds quantiles over single futures."""
    text = book.read_text(encoding="utf-8")
    assert text
    printed = run("trace", book, "--simulated", "--paths", 20, "--spread", 5)
    assert printed.exit_code == 0, printed.output
    assert "simulated, firm deals, options and letters" in printed.stdout
    assert "In single futures the share that goes round is" in printed.stdout
    data = json.loads(run("trace", book, "--simulated", "--paths", 20, "--spread", 5, "--json").stdout)
    assert set(data["circularity_spread"]) == {"mean", "q05", "q25", "q50", "q75", "q95"}
    assert data["settings"]["futures"] == 20


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--party", "Lork"), "no party is called `Lork`"),
        (("--from", "1999-Q1"), "`from` is 1999-Q1, outside the calendar"),
        (("--simulated", "--to", "2099-Q1"), "`to` is 2099-Q1, outside the calendar"),
        (("--from", "2028-Q1", "--to", "2026-Q1"), "before it begins"),
        (("--from", "soon"), "`soon` is not a quarter"),
        (("--paths", "20"), "only with --simulated"),
        (("--spread", "2"), "only with --simulated"),
    ],
)
def test_what_cannot_be_traced_is_refused(run, arguments, what):
    """Mistakes in the options are exit code 2 and named, before anything is run."""
    refused = run("trace", "first-steps", *arguments)
    assert refused.exit_code == 2
    assert what in refused.stderr
    assert "Traceback" not in refused.output
