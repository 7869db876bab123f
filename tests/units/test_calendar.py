"""Quarters, calendars and points in time."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.calendar import Calendar, Quarter
from offtake.errors import InputError

QUARTERS = st.builds(Quarter, st.integers(2000, 2100), st.integers(1, 4))


@given(quarter=QUARTERS, steps=st.integers(-300, 300))
def test_counting_there_and_back(quarter: Quarter, steps: int) -> None:
    """Adding quarters and taking them away again leads back, and the difference is what was added."""
    assert (quarter + steps) - steps == quarter
    assert (quarter + steps) - quarter == steps
    assert (steps > 0) == (quarter + steps > quarter)


@given(quarter=QUARTERS)
def test_text_reads_back(quarter: Quarter) -> None:
    """A quarter as text is the same quarter."""
    assert Quarter.parse(str(quarter)) == quarter
    assert Quarter.containing(str(quarter)) == quarter


@given(day=st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
def test_a_day_lies_in_its_quarter(day: dt.date) -> None:
    """The quarter that contains a day begins before it and ends after it."""
    quarter = Quarter.containing(day)
    assert quarter.start_date <= day <= quarter.end_date
    assert Quarter.containing(day.isoformat()) == quarter


@given(day=st.dates(dt.date(2026, 1, 1), dt.date(2030, 12, 30)))
def test_positions_rise_with_time(day: dt.date) -> None:
    """A later day has a later position, within the quarter that contains it."""
    calendar = Calendar(Quarter(2026, 1), Quarter(2030, 4))
    here, after = calendar.position(day), calendar.position(day + dt.timedelta(days=1))
    assert here < after
    assert calendar.index(Quarter.containing(day)) <= here < calendar.index(Quarter.containing(day)) + 1


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("2026-Q1", 0.0),
        ("2026q3", 2.0),
        ("2026", 0.0),
        (2027, 4.0),
        ("2025-10", -1.0),
        ("2026-05", 4 / 3),
        ("2026-02-15", 0.5),
    ],
)
def test_points_in_time_have_a_position(text: str | int, position: float) -> None:
    """A point in time is counted in quarters from the opening."""
    assert Calendar(Quarter(2026, 1), Quarter(2027, 4)).position(text) == pytest.approx(position)


@pytest.mark.parametrize(
    "text", ["2026-Q5", "2026-13", "2026-02-30", "soon", "", "26-Q1", "1776-Q3", True, None, 2.5]
)
def test_what_is_no_date_is_refused(text: object) -> None:
    """What is not a date is refused, with an example of one."""
    with pytest.raises(InputError):
        Quarter.containing(text)  # type: ignore[arg-type]


def test_only_quarters_are_parsed_as_quarters() -> None:
    """A month is not silently taken for the quarter that contains it."""
    with pytest.raises(InputError, match="Write it as in 2026-Q1"):
        Quarter.parse("2026-06")


def test_a_calendar_is_its_quarters() -> None:
    """A calendar has a length, quarters, years, and members."""
    calendar = Calendar(Quarter(2026, 3), Quarter(2027, 2))
    assert [str(each) for each in calendar.quarters] == ["2026-Q3", "2026-Q4", "2027-Q1", "2027-Q2"]
    assert len(calendar) == 4
    assert calendar.years == (2026, 2027)
    assert Quarter(2027, 1) in calendar
    assert Quarter(2027, 3) not in calendar
    assert "2027-Q1" not in calendar
    assert calendar.index(Quarter(2027, 4)) == 5
    assert str(calendar) == "2026-Q3 to 2027-Q2"


def test_impossible_calendars_are_refused() -> None:
    """A calendar that ends before it begins, or has no end in sight, is refused."""
    with pytest.raises(InputError, match="before it begins"):
        Calendar(Quarter(2026, 2), Quarter(2026, 1))
    with pytest.raises(InputError, match="more than 400"):
        Calendar(Quarter(1950, 1), Quarter(2150, 1))
