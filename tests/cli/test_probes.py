"""`offtake stress --reverse` and `--sensitivities`: what they print, and what they refuse."""

import json

import pytest

from offtake import Book
from offtake.stress import Outcome, reverse_stress, sensitivities

LARK = ("first-steps", "--reverse", "Lark Labs")
CASH = ("first-steps", "--sensitivities", "cash:Lark Labs", "--by", "2028-Q4")


def test_the_most_probable_failure_in_words(run):
    """The move is told in words, with its parts, what the blur did, and the sampled probability."""
    printed = run("stress", *LARK, "--by", "2028-Q4", "--paths", 256)
    assert printed.exit_code == 0, printed.output
    for words in (
        "Lark Labs fails in 2028-Q4 most probably by this: quarry-stake does not come about",
        "once in",
        "first blurred the tightest quarter over",
        "Sampled around it, Lark Labs runs out of money by 2028-Q4",
        "standard error",
        "plain sampling",
        "With failures from outside causes",
    ):
        assert words in printed.stdout
    assert "searches" in printed.stderr


def test_reverse_json_has_the_numbers_of_the_python_call(run):
    """Without a quarter the last rare one is taken; distance and moves are those of the Python call."""
    printed = run("stress", *LARK, "--paths", 256, "--seed", 2, "--json")
    data = json.loads(printed.stdout)
    found = reverse_stress(Book.read("first-steps"), "Lark Labs", data["by"], paths=256, seed=2)
    assert data["beta"] == pytest.approx(found.beta)
    assert [move["name"] for move in data["moves"]] == [move.name for move in found.moves]
    short, every = data["sampled"], data["sampled_with_outside_causes"]
    assert 0.0 < short["probability"] < every["probability"]
    assert short["error"] > 0.0
    assert short["variance_ratio"] > 0.0


def test_the_figures_that_matter_most(run):
    """Each of the twenty stands with its change, and those that act through a threshold are said."""
    printed = run("stress", *CASH, "--paths", 256)
    assert printed.exit_code == 0, printed.output
    assert "cash of Lark Labs in 2028-Q4 is" in printed.stdout
    assert "drivers.users.logistic.now" in printed.stdout
    lines = printed.stdout.splitlines()
    assert any(".likelihood" in line and "only, in" in line for line in lines)
    assert "acting through a threshold" in printed.stderr


def test_sensitivities_json_has_the_numbers_of_the_python_call(run):
    """What is printed for machines is what the function returns, with every derivative."""
    data = json.loads(run("stress", *CASH, "--paths", 128, "--json").stdout)
    asked = Outcome("cash", "Lark Labs", "2028-Q4")
    found = sensitivities(Book.read("first-steps"), asked, paths=128)
    assert data["value"] == pytest.approx(found.value)
    assert data["derivatives"] == pytest.approx(dict(found.derivatives))
    assert [one["label"] for one in data["top"]] == [one.label for one in found.top]
    assert data["thresholds"].keys() == found.thresholds.keys()


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (("--reverse", "Lork"), 2, "no party is called `Lork`"),
        (("--reverse", "Northgate", "--by", "2040-Q1"), 2, "not a quarter of the calendar"),
        (("--reverse", "Northgate", "--scenario", "flood"), 2, "flood"),
        (("--reverse", "Northgate", "--fail", "Northgate"), 2, "--fail cannot be given with --reverse"),
        (("--reverse", "Northgate", "--sensitivities", "cash"), 2, "either --reverse or --sensitivities"),
        (("--by", "2026-Q4"), 2, "go with --reverse or --sensitivities"),
        (("--sensitivities", "cash:Lork", "--by", "2026-Q4"), 2, "no party is called `Lork`"),
        (("--sensitivities", "cash:Northgate", "--by", "2040-Q1"), 2, "no quarter is called `2040-Q1`"),
        (("--sensitivities", "wealth:Northgate", "--by", "2026-Q4"), 2, "no mean that moves smoothly"),
        (("--sensitivities", "default:Northgate", "--by", "2026-Q4"), 2, "a default is a step"),
        (
            ("--sensitivities", "default:Northgate", "--by", "2026-Q4", "--smooth", "3 MW"),
            2,
            "an amount of money is needed",
        ),
        (("--reverse", "Northgate", "--set", "parties.Northgate.cash=3 MW"), 2, "amount of money is needed"),
    ],
)
def test_what_probes_refuse(run, book, arguments, code, what):
    """What cannot be asked is one clear block and exit code 2."""
    printed = run("stress", book, *arguments)
    assert printed.exit_code == code
    assert what in printed.output
    assert "Traceback" not in printed.output


def test_a_target_out_of_reach_is_no_answer(run, book):
    """A party that nothing within reach can fail ends with the exit code for no answer."""
    rich = ("--set", "parties.Northgate.cash=900 B USD")
    printed = run("stress", book, "--reverse", "Northgate", "--by", "2026-Q2", *rich, "--paths", 64)
    assert printed.exit_code == 3
    assert "nothing within 6 standard deviations" in printed.output
