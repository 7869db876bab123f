"""YAML files: what is read, where it stood, and what is refused."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.book import Book
from offtake.errors import BookError, InputError
from offtake.io import _yaml_events as events
from offtake.io import parse_yaml, read_yaml, to_yaml

HEAD = "book: small\ncalendar: {from: 2026-Q1, to: 2026-Q4}\n"


def test_entries_have_the_line_on_which_they_stand() -> None:
    """Every entry knows its line, in block and in flow style, under an alias too."""
    text = b"a:\n  b: &x\n    c: 1\n  d: [1,\n    {e: 2}]\nf: *x\n"
    document = parse_yaml(text, "x.yaml")
    assert document.data == {"a": {"b": {"c": 1}, "d": [1, {"e": 2}]}, "f": {"c": 1}}
    lines = {path: document.place(path).line for path in [("a", "b", "c"), ("a", "d", 1, "e"), ("f", "c")]}
    assert lines == {("a", "b", "c"): 3, ("a", "d", 1, "e"): 5, ("f", "c"): 6}


def test_only_core_words_are_special() -> None:
    """Words and dates that older YAML turns into something else stay text."""
    text = b"{a: no, b: on, c: 2026-06-15, d: 12:30, e: 0x1F, f: 1_000, g: ~, h: 1e3, i: .5, j: '5', k: True"
    text += b", l: 010}"
    assert parse_yaml(text, "x").data == {
        "a": "no",
        "b": "on",
        "c": "2026-06-15",
        "d": "12:30",
        "e": "0x1F",
        "f": "1_000",
        "g": None,
        "h": 1000.0,
        "i": 0.5,
        "j": "5",
        "k": True,
        "l": 10,
    }


def test_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit is refused before it is parsed."""
    monkeypatch.setattr(events, "LONGEST_FILE", 20)
    (problem,) = parse_yaml(b"x" * 21, "x.yaml").problems
    assert "more than 20" in problem.what


def test_control_characters_are_refused() -> None:
    """A character that YAML does not allow is refused with its file."""
    (problem,) = parse_yaml(b"book: a\x01b\n", "x.yaml").problems
    assert problem.file == "x.yaml"
    assert "not YAML" in problem.what


def test_deep_files_do_not_exhaust_the_stack() -> None:
    """A file that nests without end is refused, however deep it goes."""
    (problem,) = parse_yaml(b"a: " + b"[" * 50_000, "x.yaml").problems
    assert problem.line == 1


def test_the_python_parser_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the fast parser is missing, the slow one reads the same."""
    import yaml

    monkeypatch.setattr(events, "_LOADER", yaml.SafeLoader)
    assert parse_yaml(b"a: {b: [1, x y]}\n", "x").data == {"a": {"b": [1, "x y"]}}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12) | st.just("two\nlines"),
    lambda inside: st.lists(inside, max_size=3)
    | st.dictionaries(st.text("ab .:#{}[]'\"~-*&!?0", min_size=1, max_size=5), inside, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(data=st.dictionaries(st.sampled_from(["title", "parties", "deals", "x y"]), PLAIN))
def test_what_is_written_reads_back(data: dict[str, object]) -> None:
    """Any plain data are written so that exactly the same data are read back."""
    document = parse_yaml(to_yaml(data).encode() or b"{}", "x.yaml")
    assert document.problems == []
    assert document.data == data


def test_includes_and_tables_are_joined(tmp_path: Path) -> None:
    """A book may be spread over files and tables of its folder, and each entry knows its file."""
    (tmp_path / "more").mkdir()
    (tmp_path / "book.yaml").write_text(HEAD + "include: more/parties.yaml\ntables: {sources: sources.csv}\n")
    (tmp_path / "more" / "parties.yaml").write_text("parties:\n  Lark: {cash: 3 M USD, sources: [F1]}\n")
    (tmp_path / "sources.csv").write_text("id,title\nF1,Annual report\n")
    document = read_yaml(tmp_path / "book.yaml")
    assert document.problems == []
    assert document.place(("parties", "Lark", "cash")) == ("more/parties.yaml", 2)
    assert document.place(("sources", "F1", "title")) == ("sources.csv", 2)
    book = Book.read(tmp_path)
    assert book.sources["F1"].title == "Annual report"
    assert book.folder == tmp_path
    assert Book.read(tmp_path / "book.yaml") == book


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A file outside the folder is not read, neither by its path nor through a link on the way to it."""
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.yaml").write_text("parties: {Lark: {}}\n")
    (inside / "linked.yaml").symlink_to(outside / "secret.yaml")
    (inside / "folder").symlink_to(outside)
    names = [
        "linked.yaml",
        "folder/secret.yaml",
        "../outside/secret.yaml",
        str(outside / "secret.yaml"),
        "folder/../x",
    ]
    for name in names:
        (inside / "book.yaml").write_text(f"{HEAD}include: ['{name}']\n")
        with pytest.raises(BookError, match="does not lie in the folder"):
            Book.read(inside)


def test_a_broken_part_raises_no_false_alarms(tmp_path: Path) -> None:
    """Names that a file which cannot be read may hold are not said to be missing."""
    (tmp_path / "book.yaml").write_text(
        HEAD + "include: [parties.yaml]\nchips: {Q1: {vendor: Lark, power: 1 kW}}\n"
    )
    (tmp_path / "parties.yaml").write_text("parties: {Lark: [}\n")
    with pytest.raises(BookError) as refused:
        Book.read(tmp_path)
    assert [problem.file for problem in refused.value.problems] == ["parties.yaml"]


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """A folder without a book, a file of another kind and an unreadable file are refused with advice."""
    with pytest.raises(InputError, match=r"has no `book\.yaml`"):
        Book.read(tmp_path)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match="no kind of file"):
        Book.read(tmp_path / "x.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml(tmp_path / "nothing.yaml")


@pytest.mark.skipif(os.name != "posix", reason="permissions of files are those of POSIX")
def test_a_place_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    """Writing to where nothing can be written is refused, in words."""
    book = Book.from_data({"book": "x", "calendar": {"from": "2026-Q1", "to": "2026-Q4"}})
    with pytest.raises(InputError, match="cannot be written"):
        book.write(tmp_path / "no" / "such" / "book.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        book.write(tmp_path / "folder.yaml")
