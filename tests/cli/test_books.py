"""`offtake book`: new, check, show, schema, convert and diff."""

import json

import pytest

from offtake.book import SECTIONS, Book

BROKEN = (
    "book: broken\ncalendar: {from: 2026-Q1, to: 2026-Q4}\nparties:\n  Lark: {cash: 12}\n  Tern: {hue: red}\n"
)


def test_a_new_book_is_commented_and_has_nothing_to_mend(run, folder):
    """What `new` writes passes `check`, explains itself and has the name of its file."""
    assert run("book", "new", "lab.yaml").exit_code == 0
    checked = run("book", "check", "lab.yaml")
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert "nothing to mend" in checked.stderr
    assert Book.read("lab.yaml").book == "lab"
    assert (folder / "lab.yaml").read_text(encoding="utf-8").count("#") > 8


def test_a_new_book_never_replaces_one_unasked(run, folder):
    """A file that is there stays, unless --force is given; a folder that is not there is named."""
    (folder / "lab.yaml").write_text("precious", encoding="utf-8")
    refused = run("book", "new", "lab.yaml")
    assert (refused.exit_code, (folder / "lab.yaml").read_text(encoding="utf-8")) == (2, "precious")
    assert "--force" in refused.stderr
    assert run("book", "new", "lab.yaml", "--force").exit_code == 0
    assert run("book", "new", "lab.xlsx").exit_code == 2
    assert "no folder `nowhere`" in run("book", "new", "nowhere/lab.yaml").stderr
    (folder / "site").mkdir()
    assert run("book", "new", "site/book.yaml").exit_code == 0
    assert Book.read("site").book == "site"


def test_a_broken_book_shows_every_problem_with_its_line(run, folder):
    """Problems are printed one a line with file, line and what mends them; there is no traceback."""
    (folder / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    checked = run("book", "check", "broken.yaml")
    assert checked.exit_code == 2
    first, second = checked.stdout.splitlines()
    assert first.startswith("broken.yaml:4: parties.Lark.cash: ")
    assert second.startswith("broken.yaml:5: parties.Tern.hue: ")
    assert "2 errors" in checked.stderr
    data = json.loads(run("book", "check", "broken.yaml", "--json").stdout)
    assert [(each["line"], each["severity"]) for each in data] == [(4, "error"), (5, "error")]
    for command in (("simulate",), ("brief",), ("book", "show"), ("book", "facts")):
        failed = run(*command, "broken.yaml")
        assert failed.exit_code == 2
        assert "2 errors in the book" in failed.stderr
        assert "Traceback" not in failed.output


def test_warnings_and_wrong_facts_are_findings(run, book):
    """Exit code 1 tells warnings from errors; a fact that is not reproduced is a warning."""
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("stated: 3.08 B USD", "stated: 4 B USD"), encoding="utf-8")
    checked = run("book", "check", book)
    assert checked.exit_code == 1
    assert "mine.yaml:" in checked.stdout
    assert "warning: facts.contract: stated is 4 B USD, the book gives 3.08 B USD." in checked.stdout
    book.write_text(
        text.replace("{total_value: northgate-base}", "{total_valeu: northgate-base}"), encoding="utf-8"
    )
    checked = run("book", "check", book)
    assert checked.exit_code == 2
    assert "Did you mean `total_value`?" in checked.stdout


@pytest.mark.parametrize("section", SECTIONS)
def test_every_part_of_a_book_is_shown(run, section):
    """Each part is a table with a row for each entry, and JSON with all of it."""
    entries = getattr(Book.read("first-steps"), section)
    shown = run("book", "show", "first-steps", section)
    assert shown.exit_code == 0, shown.output
    assert [name for name in entries if str(name) not in shown.stdout] == []
    assert set(json.loads(run("book", "show", "first-steps", section, "--json").stdout)) == set(
        map(str, entries)
    )


@pytest.mark.parametrize(
    ("section", "row"),
    [
        ("requests", ["lark-more", "Northgate", "Lark Labs", "20 MW", "85 %", "ramp, take_or_pay"]),
        ("negotiations", ["Northgate and Lark Labs", "northgate-base.take_or_pay (2 ways)"]),
    ],
)
def test_requests_and_negotiations_are_tables(run, section, row):
    """What is asked and what is contested is told in columns, not as records of the program."""
    shown = run("book", "show", "first-steps", section).stdout
    assert [each for each in row if each not in shown] == []
    assert "sources=" not in shown


def test_a_book_is_shown_as_a_whole_and_by_entry(run):
    """The overview counts the parts; one entry is shown as YAML that reads back."""
    overview = json.loads(run("book", "show", "first-steps", "--json").stdout)
    book = Book.read("first-steps")
    assert overview["parts"]["deals"] == len(book.deals)
    assert overview["hash"] == book.hash
    assert "calendar" in run("book", "show", "first-steps").stdout
    entry = run("book", "show", "first-steps", "deals.northgate-base").stdout
    assert "seller: Northgate" in entry
    assert (
        json.loads(run("book", "show", "first-steps", "deals.northgate-base", "--json").stdout)["kind"]
        == "compute"
    )


@pytest.mark.parametrize(
    ("what", "advice"),
    [("dials", "Did you mean `deals`?"), ("deals.northgate-bse", "Did you mean `northgate-base`?")],
)
def test_a_mistyped_part_is_guessed(run, what, advice):
    """A part or an entry that is not there is refused with the nearest name."""
    shown = run("book", "show", "first-steps", what)
    assert shown.exit_code == 2
    assert advice in shown.stderr


def test_the_schema_is_json(run, folder):
    """The schema is printed, or written to a file, and is that of the book."""
    assert json.loads(run("book", "schema").stdout) == Book.json_schema()
    assert run("book", "schema", "-o", "s.json").exit_code == 0
    assert json.loads((folder / "s.json").read_text(encoding="utf-8")) == Book.json_schema()


@pytest.mark.parametrize("target", ["copy.yaml", "copy.xlsx", "copy"])
def test_a_converted_book_says_the_same(run, folder, target):
    """A book in another form has no difference to the first; what is there is not replaced unasked."""
    assert run("book", "convert", "first-steps", target).exit_code == 0
    same = run("book", "diff", "first-steps", target)
    assert (same.exit_code, same.stdout) == (0, "")
    assert run("book", "convert", "first-steps", target).exit_code == 2
    assert run("book", "convert", "first-steps", target, "--force").exit_code == 0


def test_differences_are_named_by_path(run, book, folder):
    """Two books that differ give exit code 1 and each path with both values."""
    text = book.read_text(encoding="utf-8")
    (folder / "other.yaml").write_text(text.replace("cash: 900 M USD", "cash: 0.8 B USD"), encoding="utf-8")
    different = run("book", "diff", book, "other.yaml")
    assert different.exit_code == 1
    assert "parties.Lark Labs.cash: 900 M USD → 0.8 B USD" in different.stdout
    (change,) = json.loads(run("book", "diff", book, "other.yaml", "--json").stdout)
    assert change == {"path": "parties.Lark Labs.cash", "before": "900 M USD", "after": "0.8 B USD"}
