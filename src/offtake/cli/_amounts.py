"""Amounts of money in the tables of commands: one unit for a table, three digits for a number."""

from collections.abc import Iterable

__all__ = ["number", "scale_of"]

_BILLION = 1000.0


def scale_of(values: Iterable[float]) -> tuple[float, str]:
    """Return by what to divide amounts in M USD, and the unit that they are then in.

    Examples
    --------
    >>> scale_of([12.0, -2500.0]), scale_of([])
    ((1000.0, 'B USD'), (1.0, 'M USD'))
    """
    largest = max((abs(value) for value in values), default=0.0)
    return (_BILLION, "B USD") if largest >= _BILLION else (1.0, "M USD")


def number(value: float) -> str:
    """Return a number with three digits.

    Examples
    --------
    >>> number(1234.5), number(12.345), number(-0.001)
    ('1,234', '12.3', '0.00')
    """
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004 - three digits
    return f"{round(value, digits) + 0.0:,.{digits}f}"
