"""The error tree, its exit codes and the wording of a book's problems."""

import inspect
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake import errors
from offtake.errors import (
    AuditError,
    BookError,
    InfeasibleError,
    InputError,
    OfftakeError,
    Problem,
    UnitError,
)

PRICE = Problem("lark.yaml", 12, "deals.base.price", "11 has no unit", "Write 11 MUSD/MW/year")
GRACE = Problem("lark.yaml", 7, "parties.Tideway.grace", "it is unusually long", "Check it", "warning")
WHOLE = Problem("lark.yaml", None, "book", "it has no calendar", "Add one")

PROBLEMS = st.builds(
    Problem,
    file=st.sampled_from(["a.yaml", "b.yaml"]),
    line=st.none() | st.integers(1, 99),
    entry=st.sampled_from(["parties.Lark", "deals.base"]),
    what=st.sampled_from(["it is missing", "it is negative"]),
    mend=st.just("Write it again"),
    severity=st.sampled_from(["error", "warning"]),
)


@pytest.mark.parametrize(
    ("error", "parent", "exit_code"),
    [
        (OfftakeError, Exception, 1),
        (InputError, OfftakeError, 2),
        (BookError, InputError, 2),
        (UnitError, InputError, 2),
        (InfeasibleError, OfftakeError, 3),
        (AuditError, OfftakeError, 1),
    ],
)
def test_each_error_has_its_place_and_exit_code(error, parent, exit_code):
    """Every error stands under its parent in the tree and ends a command with its own code."""
    assert error.__base__ is parent
    assert error.exit_code == exit_code


def test_the_drawn_tree_is_the_real_one():
    """The tree at the head of the module names each error with its exit code, and no other."""
    drawn = {
        words[0]: int(words[3])
        for line in errors.__doc__.splitlines()
        if "exit code" in line and (words := line.strip(" │├└─").split()) and words[0].endswith("Error")
    }
    real = {
        name: error.exit_code
        for name, error in vars(errors).items()
        if inspect.isclass(error) and issubclass(error, OfftakeError)
    }
    assert drawn == real


def test_a_problem_says_where_what_and_how_to_mend_it():
    """One problem is one line: place, entry, what is wrong, what mends it."""
    assert str(PRICE) == "lark.yaml:12: deals.base.price: 11 has no unit. Write 11 MUSD/MW/year."


def test_a_problem_without_a_line_names_the_file_alone():
    """Where a format has no lines, the place is the file."""
    assert str(WHOLE) == "lark.yaml: book: it has no calendar. Add one."


def test_a_warning_is_marked():
    """A warning says that it is one, ahead of the entry."""
    assert str(GRACE) == "lark.yaml:7: warning: parties.Tideway.grace: it is unusually long. Check it."


@pytest.mark.parametrize("end", [".", "!", "?", "", " ", ". "])
def test_a_sentence_ends_once(end):
    """A full stop is added where there is none, and never doubled."""
    text = str(replace(PRICE, what=f"Is that a price{end}", mend="Write one"))
    mark = end.strip() or "."
    assert text == f"lark.yaml:12: deals.base.price: Is that a price{mark} Write one."


def test_a_problem_with_nothing_to_mend_ends_cleanly():
    """An empty mend leaves no blank or stray full stop behind."""
    assert str(replace(PRICE, mend="")) == "lark.yaml:12: deals.base.price: 11 has no unit."


def test_a_problem_cannot_be_changed():
    """Problems are frozen records."""
    with pytest.raises(FrozenInstanceError):
        PRICE.line = 13  # type: ignore[misc]


def test_a_book_error_lists_every_problem_in_order():
    """All problems are listed by file and line under a head that counts them."""
    other = replace(PRICE, file="kestrel.yaml", line=30)
    assert str(BookError([PRICE, GRACE, other, WHOLE])).splitlines() == [
        "3 errors and 1 warning in the book:",
        f"  {other}",
        f"  {WHOLE}",
        f"  {GRACE}",
        f"  {PRICE}",
    ]


@pytest.mark.parametrize(
    ("problems", "head"),
    [
        ([PRICE], "1 error in the book:"),
        ([PRICE, WHOLE], "2 errors in the book:"),
        ([GRACE], "1 warning in the book:"),
        ([GRACE, GRACE, PRICE], "1 error and 2 warnings in the book:"),
    ],
)
def test_the_head_counts_errors_and_warnings(problems, head):
    """The head counts each severity, in words that fit the number, and leaves out what is absent."""
    assert str(BookError(problems)).splitlines()[0] == head


def test_line_numbers_sort_as_numbers():
    """Line 9 comes before line 10."""
    error = BookError([replace(PRICE, line=10), replace(PRICE, line=9)])
    assert [problem.line for problem in error.problems] == [9, 10]


def test_a_book_error_needs_a_problem():
    """An empty book error is a mistake of the caller and is refused."""
    with pytest.raises(ValueError, match="at least one problem"):
        BookError([])


def test_a_book_error_takes_any_iterable():
    """A generator of problems is read once and kept as a tuple."""
    assert BookError(problem for problem in (PRICE, WHOLE)).problems == (WHOLE, PRICE)


def test_a_book_error_survives_a_process_boundary():
    """A worker's error arrives with its problems and its text."""
    error = BookError([PRICE, GRACE])
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - the bytes are our own
    assert type(copy) is BookError
    assert copy.problems == error.problems
    assert str(copy) == str(error)


@given(st.lists(PROBLEMS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_finding_does_not_matter(problems, random):
    """Whatever order problems are found in, the same text is shown, and none is lost."""
    shuffled = list(problems)
    random.shuffle(shuffled)
    first, second = BookError(problems), BookError(shuffled)
    assert len(first.problems) == len(problems)
    assert str(first) == str(second)
