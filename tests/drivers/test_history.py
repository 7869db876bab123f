"""Histories in CSV: dates in four forms, and errors that name the line."""

import numpy as np
import pytest

from offtake.drivers import fit, read_history
from offtake.drivers.history import years_of
from offtake.errors import InputError


@pytest.mark.parametrize(
    ("date", "years"),
    [
        ("2025", 2025.5),
        ("2025-Q4", 2025.875),
        ("2025-10", 2025 + 9.5 / 12),
        ("2025-10-16", 2025 + (9 + 15.5 / 31) / 12),
        ("2024-02-29", 2024 + (1 + 28.5 / 29) / 12),
    ],
)
def test_a_date_is_the_middle_of_what_it_names(date, years):
    """Days, months, quarters and years stand for their middle."""
    assert years_of(date) == pytest.approx(years, abs=1e-12)


@pytest.mark.parametrize(
    "date", ["2025-Q5", "2025-13", "2025-02-29", "25", "", "2025-1", "06/10/2025", "2025-04-31"]
)
def test_what_is_no_date_is_refused(date):
    """A text in another form, or a day that does not exist, raises."""
    with pytest.raises(InputError, match="is not a date"):
        years_of(date)


def test_quarters_and_months_are_evenly_spaced():
    """A run of months has equal steps, so that estimators for equal steps accept it."""
    months = [years_of(f"2025-{month:02}") for month in range(1, 13)]
    np.testing.assert_allclose(np.diff(months), 1 / 12, rtol=1e-9)


def test_a_file_is_read_and_named_in_the_entry(tmp_path):
    """A CSV with further columns gives times and values, and its name goes into the entry."""
    file = tmp_path / "users.csv"
    file.write_text("date,value,note\n2022,10,a\n2023,16,\n2024,27,c\n", encoding="utf-8")
    history = read_history(file)
    assert history.times.tolist() == [2022.5, 2023.5, 2024.5]
    assert fit(history, model="gbm").entry("x")["history"] == "users.csv"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("when,value\n2022,1\n", "lacks the column date"),
        ("", "lacks the column date and value"),
        ("date,value\n2022,1\n2023,1 200\n", r"users.csv, line 3: '1 200' is not a number"),
        ("date,value\n2022,1\nsoon,2\n", r"users.csv, line 3: 'soon' is not a date"),
        ("date,value\n2022,\n", "line 2: ''"),
        ("date,value\n2022\n", "line 2: None"),
        ("date,value\n2022,1\n2022,2\n", "users.csv: time 2022.5 of observation 2 stands twice"),
        ("date,value\n2023,1\n2022,2\n", "sort by date"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path, text, words):
    """The error names the file, the line and what is wrong."""
    file = tmp_path / "users.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_history(file)
