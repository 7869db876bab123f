"""Books written in any form and read again are the same, and a write that is cut short loses nothing."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offtake.book import Book
from offtake.io import _journal as journal

FORMS = ["copy.yaml", "copy", "copy.xlsx"]

MONEY = st.sampled_from(
    ["900 M USD", "6 B USD", {"value": "3 B USD", "sources": ["invented"], "note": "so: it is"}]
)
WAITS = st.sampled_from(
    [
        "12 months",
        {"triangular": [1, 2, 5], "unit": "quarters", "cause": "grid"},
        {"lognormal": {"median": "9 months", "p90": "20 months"}, "note": "slow"},
        {"discrete": {"values": [1, 2], "weights": [0.5, 0.5]}, "unit": "quarters"},
    ]
)
DEMAND = st.sampled_from(
    [
        "20 MW",
        "users",
        {"driver": "users", "times": 0.5, "until": "2027-Q1"},
        {"path": {2026: "20 MW", "2027-05": "30 MW"}, "between": "held", "assumed": "a guess"},
    ]
)
NAMES = st.text("abz .:#[]'\"=-~é1", min_size=1, max_size=6).filter(lambda name: name.strip() == name)


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Draw a book whose names and notes are as awkward as people can make them."""
    first, second = draw(st.lists(NAMES, min_size=2, max_size=2, unique=True))
    prices = ["11 MUSD/MW/year", "2 USD/GPU-hour", {"usage": "9 MUSD/MW/year", "escalator": "2 %"}]
    clauses = {
        "ramp": {"2026-Q1": "25 MW", "2026-Q4": "60 MW"},
        "price": draw(st.sampled_from(prices)),
        **draw(st.fixed_dictionaries({}, optional={"take_or_pay": st.just("80 %"), "resale": st.booleans()})),
        draw(NAMES.filter(lambda name: name not in {"ramp", "price"})): {"kind": "term", "length": "4 years"},
    }
    debts = ["9 B USD at 5.5 %", {"amount": "1 M USD", "rate": "9 %", "maturities": {"2027-Q1": "1 M USD"}}]
    phases = [{"mw": "60 MW", "gates": {"power": draw(WAITS)}}, {"mw": "5 MW"}]
    users = {"logistic": {"now": "35 MW", "ceiling": "180 MW", "growth": "70 %/year"}}
    slump = {"set": {"drivers.users.growth": "10 %/year"}, "shock": {"users": "x0.5"}, "at": "2026-Q2"}
    return Book.from_data(
        {
            "book": draw(NAMES),
            "title": draw(NAMES),
            "calendar": {"from": "2026-Q1", "to": "2028-Q4"},
            "parties": {first: {"cash": draw(MONEY), "note": draw(NAMES)}, second: {"debt": debts}},
            "sites": {"Mere": {"owner": first, "phases": phases}},
            "workloads": {"w": {"buyer": second, "demand": draw(DEMAND)}},
            "drivers": {"users": users, "x": {"constant": 1}},
            "correlations": {
                "users ~ x": draw(st.sampled_from([0.4, {"value": -0.4, "assumed": "a guess"}]))
            },
            "deals": {"base": {"kind": "compute", "seller": first, "buyer": second, "clauses": clauses}},
            "causes": {"grid": {}},
            "scenarios": {"slump": slump},
            "plans_of_record": {second: {"burn": {2026: "8 B USD", 2027: "-1 B USD"}}},
            "market": draw(st.sampled_from([{}, {"haircut": "10 %", "sources": ["invented"]}])),
        }
    )


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(book=books())
def test_a_book_is_the_same_after_writing_and_reading(form: str, book: Book, tmp_path: Path) -> None:
    """A book written as a file, a folder or a workbook and read again is equal, with the same hash."""
    book.write(tmp_path / form)
    again = Book.read(tmp_path / form)
    assert again == book
    assert again.hash == book.hash


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", Book.shipped())
def test_shipped_books_survive_every_form(name: str, form: str, tmp_path: Path) -> None:
    """Every shipped book is the same after writing it in any form."""
    book = Book.read(name)
    book.write(tmp_path / form)
    assert book.diff(Book.read(tmp_path / form)) == ()


@pytest.mark.parametrize("form", FORMS)
def test_writing_twice_writes_the_same(form: str, tmp_path: Path) -> None:
    """Writing over an older book leaves no trace of it, and no other files beside it."""
    first = Book.read("first-steps")
    second = first.without("rights.northgate-parity").replace({"correlations": {}})
    for book in (first, second):
        book.write(tmp_path / form)
    assert Book.read(tmp_path / form) == second
    assert [each.name for each in tmp_path.iterdir()] == [form]
    if form == "copy":
        assert not [each.name for each in (tmp_path / form).iterdir() if each.name.startswith(".")]
        assert not (tmp_path / form / "rights.yaml").exists()


def test_other_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    """Writing a book to a folder touches only the files of the book."""
    (tmp_path / "users.csv").write_text("date,value\n")
    Book.read("first-steps").write(tmp_path)
    assert (tmp_path / "users.csv").read_text() == "date,value\n"


@pytest.mark.parametrize("form", FORMS)
def test_a_write_that_is_cut_short_leaves_a_whole_book(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a write is cut short, the old book or the new one is read, and the next write succeeds."""
    parties = {"Lark": {"cash": "1 M USD"}, "Northgate": {}}
    parity = {"kind": "most_favoured", "holder": "Lark", "grantor": "Northgate"}
    header = {"book": "x", "calendar": {"from": "2026-Q1", "to": "2026-Q4"}}
    old = Book.from_data({**header, "parties": parties, "rights": {"parity": parity}})
    new = Book.from_data({**header, "parties": {**parties, "Tideway": {}}, "chips": {}})
    old.write(tmp_path / form)
    seen = set()
    steps = 0
    finished = False
    while not finished:
        left = steps

        def cut(source: Path, target: Path, real: object = Path.replace) -> Path:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return real(source, target)  # type: ignore[operator]

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", cut)
            try:
                new.write(tmp_path / form)
                finished = True
            except KeyboardInterrupt:
                pass
        found = Book.read(tmp_path / form)
        assert found in (old, new)
        seen.add(found == new)
        if not finished:
            old.write(tmp_path / form)
            assert Book.read(tmp_path / form) == old
        steps += 1
    assert seen == {False, True}
    assert steps >= 2


@pytest.mark.skipif(os.name != "posix", reason="processes are killed as POSIX does it")
@pytest.mark.parametrize("form", FORMS)
def test_a_killed_writer_leaves_a_whole_book(form: str, tmp_path: Path) -> None:
    """A process that is killed while it writes again and again leaves a book that can be read."""
    code = f"""
        from offtake.book import Book
        one = Book.read("first-steps"); two = one.without("rights.northgate-parity")
        while True:
            one.write({str(tmp_path / form)!r}); print("x", flush=True); two.write({str(tmp_path / form)!r})
    """
    one = Book.read("first-steps")
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert Book.read(tmp_path / form) in (one, one.without("rights.northgate-parity"))


def test_a_strange_journal_does_no_harm(tmp_path: Path) -> None:
    """A journal that is not one, or names files elsewhere, moves and removes nothing."""
    keep = tmp_path / "keep.txt"
    keep.write_text("keep")
    folder = tmp_path / "folder"
    folder.mkdir()
    for text in ("[1]", "no json", '{"replace": ["../keep.txt"], "remove": ["../keep.txt", "/etc/x", 3]}'):
        (folder / journal.JOURNAL).write_text(text)
        journal.replace_all(folder, {"a.yaml": b"a"})
    assert keep.read_text() == "keep"
    assert [each.name for each in folder.iterdir()] == ["a.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of files are those of POSIX")
def test_the_permissions_of_a_file_are_kept(tmp_path: Path) -> None:
    """A file that others may read can be read by them after it is replaced."""
    path = tmp_path / "a.txt"
    path.write_text("a")
    path.chmod(0o640)
    journal.replace_one(path, b"b")
    assert path.stat().st_mode & 0o777 == 0o640
