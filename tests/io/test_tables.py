"""Entries as rows: cells, dotted columns, CSV files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.io import read_csv, write_csv
from offtake.io._tables import cell_of, flattened, nested, value_of

KEYS = st.text("ab .[]1\\~", min_size=1, max_size=4).filter(lambda key: key.strip() == key)
SCALARS = (
    st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab1.e[]{}\"'=+-,;: #%\n~", max_size=8)
    | st.sampled_from(["true", "no", "38000", "1e5", "null", "", " x ", "=1+1", "+9 months"])
)
DATA = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=3),
    max_leaves=8,
)


@given(value=SCALARS | st.lists(SCALARS, max_size=3))
def test_a_cell_reads_back(value: object) -> None:
    """Whatever is written into a cell is read back as the same value of the same type."""
    again = value_of(cell_of(value))
    assert again == value
    assert type(again) is type(value)


@given(data=st.dictionaries(KEYS, DATA, max_size=4))
def test_columns_read_back(data: dict[str, object]) -> None:
    """Nested data spread over dotted columns are put together again."""
    assert nested({column: value for column, value in flattened(data).items() if column}) == data


@given(entries=st.dictionaries(KEYS, st.dictionaries(KEYS, DATA, min_size=1, max_size=3), max_size=4))
def test_a_csv_table_reads_back(entries: dict[str, dict[str, object]]) -> None:
    """Entries written as a table are read back, whatever is in their cells."""
    document = read_csv(write_csv(entries), "x.csv", "parties")
    assert document.problems == []
    assert document.data["parties"] == entries


@pytest.mark.parametrize(
    "columns",
    [["a", "a.b"], ["a.b", "a"], ["a[2]"], ["a[1]", "a.b"], ["[1]"], ["a..b"], ["a[1]", "a[1]x"]],
)
def test_columns_that_contradict_each_other_are_refused(columns: list[str]) -> None:
    """Columns that cannot stand beside each other, or are no dotted names, are refused."""
    with pytest.raises(ValueError, match=r"`.*`"):
        nested(dict.fromkeys(columns, 1))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the table is empty"),
        (b"name,title\nF1,\xe9\n", "not in UTF-8"),
        (b'name,title\nF1,"a\n', "not a table"),
        (b"name,\nF1,a\n", "column 2 has no name"),
        (b"name,a.b,a\nF1,1,2\n", "`a` contradicts another column"),
    ],
)
def test_broken_tables_are_refused(content: bytes, what: str) -> None:
    """A table that cannot be read is refused with its line."""
    (problem,) = read_csv(content, "x.csv", "sources").problems
    assert what in problem.what
    assert problem.line is not None


def test_lines_count_through_long_cells() -> None:
    """A row after a cell with several lines still knows its line in the file."""
    document = read_csv(b'name,title\nF1,"two\nlines"\n\nF2,b\n', "x.csv", "sources")
    assert document.place(("sources", "F1")).line == 2
    assert document.place(("sources", "F2")).line in {4, 5}
