"""What a measure gives, and how it is compared with what is stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from offtake.calendar import Quarter
from offtake.errors import UnitError
from offtake.facts._arguments import MeasureError, quarter, refuse
from offtake.units import DIMENSIONS, QuantityError, format, read  # noqa: A004 - units names its directions so

__all__ = ["QUARTER", "TEXT", "YEAR", "Comparison", "Measured", "compare"]

QUARTER: Final = "quarter"
YEAR: Final = "year"
TEXT: Final = "text"
_DIGITS: Final = 4
_MANY: Final = 1e5


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure gives.

    Parameters
    ----------
    value
        A number in the canonical unit of its dimension; or a quarter, a year or text.
    dimension
        A name in `offtake.units.DIMENSIONS`, or ``quarter``, ``year`` or ``text``.
    per_quarter
        Whether an amount of money is that of one quarter, so that what is stated may be a flow.
    """

    value: float | str | Quarter
    dimension: str
    per_quarter: bool = False

    @property
    def number(self) -> float:
        """The value as a number.

        Raises
        ------
        MeasureError
            If it is none.
        """
        if isinstance(self.value, str | Quarter) or self.dimension == YEAR:
            refuse(
                f"a number is needed, got {self.dimension} `{self.value}`", "Apply the measure to a quantity"
            )
        return float(self.value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is stated and what was computed, side by side.

    Parameters
    ----------
    stated, computed
        Both as text, in the unit of what is stated.
    stated_value, computed_value
        Both in the canonical unit; None where they are no numbers.
    unit
        The canonical unit, or ``quarter``, ``year`` or ``text``.
    difference
        Computed over stated, less 1; quarters or years apart; None for text and where zero is stated.
    agrees
        Whether they agree.
    """

    stated: str
    computed: str
    stated_value: float | None
    computed_value: float | None
    unit: str
    difference: float | None
    agrees: bool


def compare(found: Measured, stated: Any, *, tolerance: float, at_least: bool) -> Comparison:
    """Return a measure beside the stated figure; quarters, years and text agree only if they are equal.

    Parameters
    ----------
    found
        What was computed.
    stated
        The stated figure as people write it.
    tolerance
        Largest relative difference that still agrees.
    at_least
        Whether more than stated (later, for dates) agrees too.

    Raises
    ------
    MeasureError
        If the stated figure cannot be read as what the measure gives.

    Examples
    --------
    >>> compare(Measured(22400.0, "money"), "22.4 B USD", tolerance=0.005, at_least=False).agrees
    True
    >>> compare(Measured(2029, "year"), 2028, tolerance=0.005, at_least=False).difference
    1.0
    """
    if found.dimension in (QUARTER, YEAR):
        return _compare_dates(found, stated, at_least=at_least)
    if found.dimension == TEXT:
        said, is_so = str(stated).strip(), str(found.value).strip()
        return Comparison(said, is_so, None, None, TEXT, None, said == is_so)
    value, unit, dimension = _read(stated, found)
    computed = found.number
    if dimension == "count" and abs(computed) >= _MANY:
        unit = None
    difference = computed / value - 1.0 if value else None
    near = abs(computed - value) <= tolerance * abs(value) + 1e-12 * max(1.0, abs(value))
    return Comparison(
        stated=str(stated),
        computed=format(computed, dimension, unit=unit, digits=_DIGITS),
        stated_value=value,
        computed_value=computed,
        unit=DIMENSIONS[dimension].unit,
        difference=difference,
        agrees=near or (at_least and computed > value),
    )


def _compare_dates(found: Measured, stated: Any, *, at_least: bool) -> Comparison:
    if found.dimension == QUARTER:
        when = quarter(stated, end=True)
        if when is None or not isinstance(found.value, Quarter):
            refuse(f"a quarter is needed, got `{stated}`", "Write it as in `stated: 2030-Q4`")
        apart = float(found.value - when)
        agrees = apart == 0 or (at_least and apart > 0)
        return Comparison(str(when), str(found.value), None, None, QUARTER, apart, agrees)
    if not str(stated).strip().isdigit():
        refuse(f"a year is needed, got `{stated}`", "Write it as in `stated: 2029`")
    year, said = int(str(found.value)), int(stated)
    agrees = year == said or (at_least and year > said)
    return Comparison(str(said), str(year), float(said), float(year), YEAR, float(year - said), agrees)


def _read(stated: Any, found: Measured) -> tuple[float, str | None, str]:
    """Return the stated figure in the canonical unit, the unit it was written in and its dimension."""
    if isinstance(stated, bool) or not isinstance(stated, str | int | float):
        refuse(f"`{stated}` is no figure", f"Write one such as `{DIMENSIONS[found.dimension].example}`")
    dimensions = [
        found.dimension,
        *(["money_flow"] if found.per_quarter and found.dimension == "money" else []),
    ]
    refusal: UnitError | None = None
    for dimension in dimensions:
        try:
            quantity = read(stated, dimension)
        except UnitError as error:
            refusal = refusal or error
        else:
            return quantity.value, quantity.unit, quantity.dimension
    what, mend = (refusal.what, refusal.mend) if isinstance(refusal, QuantityError) else (str(refusal), "")
    raise MeasureError(what, mend or f"Write it as in `{DIMENSIONS[found.dimension].example}`")
