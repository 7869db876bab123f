"""Histories: dated values that a driver is fitted to, and how they are read."""

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError

__all__ = ["History", "read_history", "require", "require_room", "span", "to_history", "years_of"]

FloatArray = NDArray[np.float64]

_DATE = re.compile(r"(\d{4})(?:-Q([1-4])|-(\d{2})(?:-(\d{2}))?)?")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, eq=False)
class History:
    """Values of one quantity at rising times.

    Parameters
    ----------
    times
        In years, such as 2025.875, rising, shape [n].
    values
        In the quantity's own unit, finite, shape [n].
    source
        The file it was read from, if any.

    Raises
    ------
    InputError
        If the two differ in length, a number is not finite, or times are unsorted or stand twice.
    """

    times: FloatArray
    values: FloatArray
    source: str | None = None

    def __post_init__(self) -> None:
        where = self.source or "The history"
        if self.times.ndim != 1 or self.times.shape != self.values.shape:
            msg = f"{where} has times of shape {self.times.shape} and values of shape {self.values.shape}."
            raise InputError(msg)
        if not (np.isfinite(self.times).all() and np.isfinite(self.values).all()):
            msg = f"{where} has a missing or infinite number; leave such a row out."
            raise InputError(msg)
        for row, (before, after) in enumerate(pairwise(self.times), start=2):
            if not before < after:
                what = "stands twice" if before == after else f"comes after {before:g}"
                msg = (
                    f"{where}: time {after:g} of observation {row} {what}; sort by date and keep one of each."
                )
                raise InputError(msg)


def read_history(path: str | Path) -> History:
    r"""Return the history in a CSV file with the columns `date` and `value`.

    Dates are written 2025-10-06, 2025-10, 2025-Q4 or 2025 and stand for the middle of what they name; a
    month is a twelfth of a year.

    Raises
    ------
    InputError
        If the file lacks a column or has a date or number that cannot be read; or as `History`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "users.csv")
    ...     _ = file.write_text("date,value\n2025-Q3,28\n2025-Q4,35\n")
    ...     read_history(file).times.tolist()
    [2025.625, 2025.875]
    """
    path = Path(path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        if missing := {"date", "value"} - set(reader.fieldnames or ()):
            msg = f"{path.name} lacks the column {' and '.join(sorted(missing))}; begin it with date,value."
            raise InputError(msg)
        rows = [(reader.line_num, row["date"], row["value"]) for row in reader]
    times, values = [], []
    for line, date, value in rows:
        try:
            times.append(years_of(date or ""))
            values.append(float(value or ""))
        except (InputError, ValueError) as error:
            reason = (
                str(error) if isinstance(error, InputError) else f"{value!r} is not a number, such as 35.5."
            )
            msg = f"{path.name}, line {line}: {reason}"
            raise InputError(msg) from None
    return History(np.array(times), np.array(values), path.name)


def to_history(history: Any) -> History:
    """Return a history from what `fit` accepts.

    Parameters
    ----------
    history
        A `History`; a pandas DataFrame with the columns `date` or `time` (in years) and `value`; or a pair
        (times in years, values).

    Raises
    ------
    InputError
        If it is none of these, or as `History`.

    Examples
    --------
    >>> to_history(([2024.5, 2025.5], [10, 17])).values.tolist()
    [10.0, 17.0]
    """
    if isinstance(history, History):
        return history
    if hasattr(history, "columns"):
        columns = set(history.columns)
        if "value" not in columns or not columns & {"date", "time"}:
            msg = f"A history needs the columns date (or time, in years) and value, not {sorted(columns)}."
            raise InputError(msg)
        times = history["time"] if "time" in columns else [_moment(date) for date in history["date"]]
        return _numbers(times, history["value"])
    if isinstance(history, tuple | list) and len(history) == 2:  # noqa: PLR2004 - times and values
        return _numbers(*history)
    msg = f"A history is a table with date and value or a pair (times, values), not {type(history).__name__}."
    raise InputError(msg)


def years_of(date: str) -> float:
    """Return the middle of a day, month, quarter or year, in years.

    Raises
    ------
    InputError
        If the text is not a date in one of the four forms.

    Examples
    --------
    >>> years_of("2025"), years_of("2025-Q1")
    (2025.5, 2025.125)
    """
    match = _DATE.fullmatch(date.strip())
    year, quarter, month, day = (
        (int(part) if part else None for part in match.groups()) if match else [None] * 4
    )
    if year is None or not (month is None or 1 <= month <= len(_DAYS)):
        msg = f"{date!r} is not a date; write 2025-10-06, 2025-10, 2025-Q4 or 2025."
        raise InputError(msg)
    if quarter is not None:
        return year + (quarter - 0.5) / 4
    if month is None:
        return year + 0.5
    leap = month == 2 and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))  # noqa: PLR2004 - February
    days = _DAYS[month - 1] + leap
    if day is not None and not 1 <= day <= days:
        msg = f"{date!r} is not a date: that month has {days} days."
        raise InputError(msg)
    within = 0.5 if day is None else (day - 0.5) / days
    return year + (month - 1 + within) / 12


def _moment(date: Any) -> float:
    """Return the time of a cell of a table: a text in one of the forms, a whole year, or a timestamp."""
    return years_of(f"{date:%Y-%m-%d}" if hasattr(date, "strftime") else str(date))


def _numbers(times: Sequence[float], values: Sequence[float]) -> History:
    try:
        return History(np.asarray(times, dtype=float), np.asarray(values, dtype=float))
    except (TypeError, ValueError) as error:
        msg = f"A history holds numbers only: {error}."
        raise InputError(msg) from None


def require(history: History, least: int, model: str, *, zero_start: bool = False) -> None:
    """Refuse a history that is too short for a model, or not above zero."""
    if len(history.times) < least:
        msg = f"A {model} fit needs at least {least} points; the history has {len(history.times)}."
        raise InputError(msg)
    rest = history.values[1:] if zero_start and history.values[0] == 0.0 else history.values
    if not (rest > 0.0).all():
        bad = history.times[-len(rest) :][rest <= 0.0]
        msg = f"The history is not above zero at {', '.join(f'{time:g}' for time in bad)}; logs need that."
        raise InputError(msg)


def require_room(history: History, ceiling: float | None) -> None:
    """Refuse a ceiling that the history has reached already; None is to be found."""
    last = float(history.values[-1])
    if ceiling is not None and not ceiling > last:
        msg = f"The ceiling {ceiling:g} is not above the last value of the history, {last:g}."
        raise InputError(msg)


def span(history: History) -> float:
    """Return the years that a history covers."""
    return math.fsum(np.diff(history.times))
