"""`offtake fit`: the entry, its precision, and putting it into a book."""

import json

import pytest
import yaml

from offtake.book import Book
from offtake.cli._into import with_entry

HISTORY = "date,value\n" + "\n".join(
    f"{2022 + k // 4}-Q{k % 4 + 1},{20 * 1.1**k * (1.02 if k % 2 else 1):.4f}" for k in range(14)
)


@pytest.fixture
def history(folder):
    """Return a history that grows by a tenth each quarter."""
    path = folder / "calls.csv"
    path.write_text(HISTORY, encoding="utf-8")
    return path


def test_an_entry_is_printed_that_a_book_can_hold(run, history):
    """What is printed is YAML of the drivers, with standard errors in comments."""
    printed = run("fit", history, "--model", "gbm", "--unit", "MW")
    assert printed.exit_code == 0, printed.output
    entry = yaml.safe_load(printed.stdout)["drivers"]["calls"]
    assert set(entry) == {"gbm", "noise", "history"}
    assert entry["history"] == "calls.csv"
    assert "± " in printed.stdout
    data = json.loads(run("fit", history, "--model", "gbm", "--name", "demand", "--json").stdout)
    assert (data["name"], data["model"], data["residuals"]) == ("demand", "gbm", 13)
    assert data["parameters"]["growth"] == pytest.approx(1.1**4 - 1, rel=0.05)
    assert set(data["standard_errors"]) == {"growth", "noise"}


def test_a_driver_is_replaced_in_a_book_and_the_rest_stays(run, book, history):
    """Only the lines of the driver change; its own sources stay, and the book still has nothing to mend."""
    before = book.read_text(encoding="utf-8").splitlines()
    done = run("fit", history, "--model", "gbm", "--name", "users", "--unit", "MW", "--into", book)
    assert done.exit_code == 0, done.output
    assert "replaced driver `users`" in done.stderr
    after = book.read_text(encoding="utf-8").splitlines()
    gone = [line for line in before if line not in after]
    assert len(gone) == 1
    assert "logistic" in gone[0]
    driver = Book.read(book).drivers["users"]
    assert (driver.process, driver.history, driver.sources) == ("gbm", "calls.csv", ("invented",))
    assert run("book", "check", book).exit_code == 0


def test_a_new_driver_is_added_to_a_book(run, book, history):
    """A driver that the book does not have yet is added and nothing is taken away."""
    before = book.read_text(encoding="utf-8").splitlines()
    done = run("fit", history, "--model", "gbm", "--unit", "MW", "--into", book)
    assert "added driver `calls`" in done.stderr
    assert [line for line in before if line not in book.read_text(encoding="utf-8").splitlines()] == []
    assert set(Book.read(book).drivers) == {"users", "calls"}


def test_a_book_is_left_alone_when_the_driver_does_not_fit(run, book, history):
    """A driver that would break the book is refused, and the file stays as it was."""
    before = book.read_text(encoding="utf-8")
    done = run("fit", history, "--model", "gbm", "--name", "users", "--unit", "M USD", "--into", book)
    assert done.exit_code == 2
    assert book.read_text(encoding="utf-8") == before
    assert run("fit", history, "--model", "gbm", "--into", "none.yaml").exit_code == 2


def test_a_driver_in_another_file_is_left_alone(run, folder, history):
    """A book that keeps its drivers in a file of their own is not edited, and says so."""
    run("book", "new", "mine.yaml")
    run("book", "convert", "mine.yaml", "parts")
    before = (folder / "parts" / "book.yaml").read_text(encoding="utf-8")
    done = run(
        "fit", history, "--model", "gbm", "--name", "users", "--unit", "MW", "--into", "parts/book.yaml"
    )
    assert done.exit_code == 2
    assert "cannot be edited safely" in done.stderr
    assert (folder / "parts" / "book.yaml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("none.csv",), "no file `none.csv`"),
        (("calls.csv", "--model", "tealeaves"), "--model"),
        (("calls.csv", "--model", "gbm", "--ceiling", "9"), "has no ceiling"),
    ],
)
def test_what_cannot_be_fitted_is_refused(run, history, arguments, what):
    """A missing file, an unknown process and a setting that it does not have are exit code 2."""
    refused = run("fit", *arguments)
    assert refused.exit_code == 2
    assert what in refused.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("book: x\n", "book: x\n\ndrivers:\n  new:\n    constant: 1\n"),
        (
            "drivers:\n    a: {constant: 2}\n\n# end\n",
            "drivers:\n    a: {constant: 2}\n    new:\n      constant: 1\n\n# end\n",
        ),
        (
            "drivers:\n  new:\n    constant: 3   # old\n  # about b\n  b: {constant: 2}\n",
            "drivers:\n  new:\n    constant: 1\n  # about b\n  b: {constant: 2}\n",
        ),
        ("drivers:\n  new: {constant: 3}", "drivers:\n  new:\n    constant: 1\n"),
        ("drivers:\n  new:\n    constant: 3", "drivers:\n  new:\n    constant: 1\n"),
        (
            "drivers:\n  new:\n    note: >-\n      one\n      two\nparties: {}\n",
            "drivers:\n  new:\n    constant: 1\nparties: {}\n",
        ),
        (
            "drivers:\n  b: {constant: 2}\n  new: {constant: 3,\n    noise: 1 %}\nparties: {}\n",
            "drivers:\n  b: {constant: 2}\n  new:\n    constant: 1\nparties: {}\n",
        ),
    ],
    ids=[
        "no drivers yet",
        "another indent",
        "replaced before a comment",
        "without an end of line",
        "a block at the end",
        "folded text",
        "a flow of two lines",
    ],
)
def test_lines_of_an_entry_are_exchanged(text, expected):
    """An entry is replaced or added in place; comments and blank lines round it stay."""
    assert with_entry(text, "drivers", "new", "new:\n  constant: 1\n") == expected
