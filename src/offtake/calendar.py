"""Quarters and the calendar of a book.

Time runs in quarters of a civil year. A quarter is written ``2026-Q1``; where a point in time is meant, a
month (``2026-06``), a day (``2026-06-15``) or a year (``2026``) may stand instead and means its start.
"""

import datetime as dt
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, overload

from offtake.errors import InputError

__all__ = ["Calendar", "DateError", "Quarter"]

_MONTHS: Final = 3
_QUARTERS: Final = 4
_YEARS: Final = (1900, 2200)
_LONGEST: Final = 400
_DATE: Final = re.compile(r"(\d{4})(?:-?[Qq]([1-4])|-(\d{2})(?:-(\d{2}))?)?")
_MEND: Final = "Write a quarter such as 2026-Q1, a month such as 2026-06 or a day such as 2026-06-15"


class DateError(InputError):
    """A date that cannot be read, with what is wrong and how to mend it kept apart."""

    def __init__(self, what: str, mend: str = _MEND) -> None:
        super().__init__(f"{what}. {mend}.")
        self.what = what
        self.mend = mend


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """One quarter of a civil year; quarters are ordered and can be counted with.

    Parameters
    ----------
    year
        The civil year.
    number
        1 to 4.

    Raises
    ------
    InputError
        If there is no such quarter.

    Examples
    --------
    >>> Quarter(2026, 4) + 1
    Quarter(year=2027, number=1)
    >>> Quarter.parse("2027-Q1") - Quarter.parse("2026-Q1")
    4
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (_YEARS[0] <= self.year <= _YEARS[1] and 1 <= self.number <= _QUARTERS):
            what = f"there is no quarter {self.number} of {self.year} here"
            raise DateError(what, f"Write a quarter from {_YEARS[0]}-Q1 to {_YEARS[1]}-Q4")

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Return the quarter that is written as ``2026-Q1``.

        Raises
        ------
        InputError
            If it is not a quarter in this form.

        Examples
        --------
        >>> str(Quarter.parse("2026-Q1"))
        '2026-Q1'
        """
        match = _DATE.fullmatch(str(text).strip())
        if match is None or match[2] is None:
            what = f"`{text}` is not a quarter"
            raise DateError(what, "Write it as in 2026-Q1")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def containing(cls, text: "str | int | dt.date | Quarter") -> "Quarter":
        """Return the quarter that contains a date, however the date is written.

        A year stands for its first quarter.

        Raises
        ------
        InputError
            If it is not a date.

        Examples
        --------
        >>> str(Quarter.containing("2026-06-15")), str(Quarter.containing(2026))
        ('2026-Q2', '2026-Q1')
        """
        if isinstance(text, Quarter):
            return text
        date, _ = _read(text)
        return cls(date.year, (date.month - 1) // _MONTHS + 1)

    @property
    def start_date(self) -> dt.date:
        """The first day of the quarter."""
        return dt.date(self.year, _MONTHS * (self.number - 1) + 1, 1)

    @property
    def end_date(self) -> dt.date:
        """The last day of the quarter."""
        return (self + 1).start_date - dt.timedelta(days=1)

    def __add__(self, quarters: int) -> "Quarter":
        years, number = divmod(_QUARTERS * self.year + self.number - 1 + quarters, _QUARTERS)
        return Quarter(years, number + 1)

    @overload
    def __sub__(self, other: "Quarter") -> int: ...
    @overload
    def __sub__(self, other: int) -> "Quarter": ...
    def __sub__(self, other: "Quarter | int") -> "Quarter | int":
        if isinstance(other, Quarter):
            return _QUARTERS * (self.year - other.year) + self.number - other.number
        return self + -other

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The quarters from a first to a last one, both included.

    Parameters
    ----------
    first
        The opening quarter.
    last
        The last quarter.

    Raises
    ------
    InputError
        If the last quarter comes before the first, or the calendar is longer than a hundred years.

    Examples
    --------
    >>> calendar = Calendar(Quarter.parse("2026-Q1"), Quarter.parse("2027-Q4"))
    >>> len(calendar), calendar.years
    (8, (2026, 2027))
    >>> calendar.index(Quarter.parse("2025-Q4"))
    -1
    """

    first: Quarter
    last: Quarter

    def __post_init__(self) -> None:
        if self.last < self.first:
            what = f"the calendar ends in {self.last}, before it begins in {self.first}"
            raise DateError(what, "Exchange the two, or correct one of them")
        if self.last - self.first >= _LONGEST:
            what = f"the calendar from {self.first} to {self.last} has more than {_LONGEST} quarters"
            raise DateError(what, "Choose a nearer end")

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Every quarter in order."""
        return _quarters(self.first, len(self))

    @property
    def years(self) -> tuple[int, ...]:
        """Every civil year that the calendar touches."""
        return tuple(range(self.first.year, self.last.year + 1))

    def index(self, quarter: Quarter) -> int:
        """Return the place of a quarter, 0 for the first; negative before it, `len` or more after the last.

        Examples
        --------
        >>> Calendar(Quarter(2026, 1), Quarter(2026, 4)).index(Quarter(2026, 3))
        2
        """
        return quarter - self.first

    def position(self, text: "str | int | dt.date | Quarter") -> float:
        """Return the place of a point in time in quarters from the opening of the calendar.

        A quarter, month or year means its start. Within a quarter each month is a third of it, and each day
        an equal share of its month.

        Raises
        ------
        InputError
            If it is not a date.

        Examples
        --------
        >>> calendar = Calendar(Quarter(2026, 1), Quarter(2027, 4))
        >>> [round(calendar.position(each), 3) for each in ("2026-Q2", "2026-06", "2026-06-16", "2026", 2027)]
        [1.0, 1.667, 1.833, 0.0, 4.0]
        """
        if isinstance(text, Quarter):
            return float(self.index(text))
        date, days = _read(text)
        months = (date.year - self.first.year) * 12 + date.month - 1 - _MONTHS * (self.first.number - 1)
        return (months + (date.day - 1) / days) / _MONTHS

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[Quarter]:
        return iter(self.quarters)

    def __contains__(self, quarter: object) -> bool:
        return isinstance(quarter, Quarter) and self.first <= quarter <= self.last

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


@functools.lru_cache(maxsize=256)
def _quarters(first: Quarter, count: int) -> tuple[Quarter, ...]:
    return tuple(first + index for index in range(count))


def _read(text: str | int | dt.date) -> tuple[dt.date, int]:
    """Return the day on which a written point in time begins, and the number of days of its month."""
    if isinstance(text, dt.date):
        text = text.isoformat()[:10]
    if isinstance(text, bool) or not isinstance(text, str | int):
        _refuse(text)
    return _read_text(str(text).strip())


@functools.lru_cache(maxsize=4096)
def _read_text(text: str) -> tuple[dt.date, int]:
    match = _DATE.fullmatch(text)
    if match is None:
        _refuse(text)
    year, quarter, month, day = match.groups()
    first_month = _MONTHS * (int(quarter) - 1) + 1 if quarter else int(month or 1)
    try:
        date = dt.date(int(year), first_month, int(day or 1))
    except ValueError:
        _refuse(text)
    after = dt.date(date.year + first_month // 12, first_month % 12 + 1, 1)
    return date, (after - date.replace(day=1)).days


def _refuse(text: object) -> NoReturn:
    what = f"`{text}` is not a quarter or a date"
    raise DateError(what)
