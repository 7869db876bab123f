"""Broken books: each is refused with the message that stands beside it."""

from pathlib import Path

import pytest

from offtake.book import Book
from offtake.errors import BookError

BROKEN = Path(__file__).parent.parent / "data" / "broken"
CASES = sorted([*BROKEN.glob("*.yaml"), *BROKEN.glob("*/book.yaml")])


def _golden(case: Path) -> Path:
    return (case.parent if case.name == "book.yaml" else case).with_suffix(".txt")


def _source(case: Path) -> Path:
    return case.parent if case.name == "book.yaml" else case


def test_there_are_many_broken_books() -> None:
    """At least thirty ways of breaking a book are held here."""
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(BROKEN)))
def test_broken_book_is_refused_with_its_message(case: Path) -> None:
    """A broken book is refused, and the message is exactly the one that stands beside it."""
    with pytest.raises(BookError) as refused:
        Book.read(_source(case))
    assert str(refused.value) + "\n" == _golden(case).read_text("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(BROKEN)))
def test_every_problem_has_a_place_and_a_way_to_mend_it(case: Path) -> None:
    """Every problem of a broken file names its file and its line, what is wrong, and most what mends it."""
    with pytest.raises(BookError) as refused:
        Book.read(_source(case))
    for problem in refused.value.problems:
        assert problem.file
        assert problem.line is not None
        assert problem.line >= 1
        assert problem.entry
        assert problem.what
