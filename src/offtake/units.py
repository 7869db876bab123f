"""Quantities as people write them, read exactly and written back shortly.

Every quantity of a book has a `Dimension`: what kind of thing it is, the canonical unit it is kept in, and
an example of how to write it. `parse` reads text into the canonical unit, `format` writes it back. Money is
in US dollars only. A year has 8760 hours, a quarter 2190, a month 730.

Conversions are done in exact fractions, so that reading back what was written gives the same number.
"""

import functools
import math
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final, NamedTuple

from offtake._unit_table import (
    COUNTS,
    DEFINITIONS,
    DIMENSIONS,
    GUESSES,
    OTHER_CURRENCIES,
    QUARTER_HOURS,
    SCALES,
    SPELLINGS,
    TIME_WORDS,
    Dimension,
)
from offtake.errors import UnitError
from offtake.spelling import nearest

__all__ = [
    "DIMENSIONS",
    "QUARTER_HOURS",
    "Dimension",
    "Quantity",
    "QuantityError",
    "dimension_of",
    "format",
    "parse",
    "read",
]

_NUMBER: Final = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+)?(?:(?<=\d)[eE][+-]?\d{1,3}(?!\d))?"
)
_LONGEST: Final = 120
_LONGEST_NUMBER: Final = 28


class Quantity(NamedTuple):
    """A quantity that was read: its value, the unit it was written in, and its dimension."""

    value: float
    unit: str
    dimension: str


class QuantityError(UnitError):
    """A quantity that cannot be read, with what is wrong and how to mend it kept apart."""

    def __init__(self, what: str, mend: str = "", *, message: str | None = None) -> None:
        advice = mend[:1].lower() + mend[1:]
        super().__init__(message or (f"{what}; {advice}" if advice else what))
        self.what = what
        self.mend = mend[:1].upper() + mend[1:]


def parse(text: str | float, dimension: str) -> tuple[float, str]:
    """Return the value of a quantity in the canonical unit of its dimension, and the unit as written.

    A price per MW and time may also be written per GPU-hour; it is then kept in USD/GPU-hour, and `read`
    tells the two apart.

    Parameters
    ----------
    text : str or float
        What a person wrote. Numbers without a unit are allowed for shares, ratios, counts and indices only.
    dimension : str
        A name in `DIMENSIONS`.

    Returns
    -------
    tuple of float and str
        The value, and the unit as written (empty for a bare number).

    Raises
    ------
    UnitError
        If it is no quantity, or one of another kind, or in a currency other than USD.

    Examples
    --------
    >>> parse("22.4 B USD", "money")
    (22400.0, 'B USD')
    >>> parse("month 24", "duration")
    (8.0, 'months')
    >>> parse("60 MW", "capacity_price")
    Traceback (most recent call last):
        ...
    offtake.units.QuantityError: a price per MW-quarter is needed (for example `11 MUSD/MW/year`), got ...
    """
    quantity = read(text, dimension)
    return quantity.value, quantity.unit


def read(text: str | float, dimension: str) -> Quantity:
    """Return a quantity with its unit as written and the dimension it turned out to have.

    The dimension is the one asked for, except that a capacity price written per GPU-hour comes back as a
    ``gpu_hour_price`` in USD/GPU-hour, because how many chips make a MW depends on the chip.

    Parameters
    ----------
    text : str or float
        What a person wrote.
    dimension : str
        A name in `DIMENSIONS`.

    Raises
    ------
    UnitError
        If it is no quantity, or one of another kind, or in a currency other than USD.

    Examples
    --------
    >>> read("2.10 USD/GPU-hour", "capacity_price")
    Quantity(value=2.1, unit='USD/GPU-hour', dimension='gpu_hour_price')
    """
    if not isinstance(text, str | int | float):
        raise _wrong_kind(DIMENSIONS[dimension], f"`{_shown(text)}`")
    return _read(text, dimension)


def dimension_of(text: str | float) -> str:
    """Return the dimension that a quantity has when nothing says which one is meant.

    An amount in USD counts as ``money``, a number without a unit and a percentage as ``ratio``.

    Parameters
    ----------
    text : str or float
        What a person wrote.

    Raises
    ------
    UnitError
        If it is no quantity of any dimension.

    Examples
    --------
    >>> dimension_of("35 MW"), dimension_of("2.3 USD/GPU-hour"), dimension_of(1)
    ('power', 'gpu_hour_price', 'ratio')
    """
    _, unit = _split(text, None)
    if unit == "":
        return "ratio"
    found = _unit(unit, str(text))
    for name in GUESSES:
        if _factor(found, name) is not None:
            return name
    what = f"`{_shown(text)}` is no kind of quantity that a book holds"
    raise QuantityError(what, f"write one such as {_list(DIMENSIONS[name].example for name in GUESSES[:5])}")


@functools.lru_cache(maxsize=1 << 16)
def format(  # noqa: A001 - `units.format` is the counterpart of `units.parse`
    value: float, dimension: str, *, unit: str | None = None, digits: int | None = None
) -> str:
    """Return a quantity as people write it, in the shortest text that reads back as the same number.

    Parameters
    ----------
    value : float
        The value in the canonical unit of the dimension.
    dimension : str
        A name in `DIMENSIONS`.
    unit : str, optional
        The unit to write it in, as `parse` gave it; by default one that suits its size. An empty unit writes
        a bare number.
    digits : int, optional
        Significant digits to round to, for display; what is rounded does not read back exactly.

    Examples
    --------
    >>> format(22400.0, "money"), format(4500.0, "power"), format(0.081, "share")
    ('22.4 B USD', '4.5 GW', '8.1 %')
    >>> format(6.0, "duration", unit="months"), format(1.0, "duration")
    ('18 months', '1 quarter')
    >>> format(22437.1234, "money", digits=3)
    '22.4 B USD'
    """
    wanted = DIMENSIONS[dimension]
    if not math.isfinite(value):
        return str(value)
    spelling = _spelling_for(value, wanted) if unit is None else unit
    text = _write(value, wanted, spelling, digits)
    # a unit in which no decimal gives the number back exactly is given up for the canonical one
    return text if text is not None else _write(value, wanted, wanted.unit, digits) or repr(value)


# a book repeats many quantities, and engines read the same book many times with one figure changed
@functools.lru_cache(maxsize=1 << 16, typed=True)
def _read(text: str | float, dimension: str) -> Quantity:
    wanted = DIMENSIONS[dimension]
    number, unit = _split(text, wanted)
    if unit == "":
        _check_bare(text, number, wanted)
        return Quantity(_to_float(number, text), "", dimension)
    if dimension == "count":
        number, unit = _scaled(number, unit)
    found = _unit(unit, str(text)) if unit else _registry().parse_units("")
    for name in filter(None, (dimension, wanted.apart)):
        factor = _factor(found, name)
        if factor is not None:
            return Quantity(_to_float(number * factor, text), unit, name)
    raise _wrong_kind(wanted, f"{_kind(found)} (`{_shown(text)}`)")


def _split(text: str | float, wanted: Dimension | None) -> tuple[Fraction, str]:
    """Take a quantity apart into its exact number and its unit."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise _wrong_kind(wanted, f"`{_shown(text)}`")
    if not isinstance(text, str):
        if not math.isfinite(text):
            raise _wrong_kind(wanted, f"`{text}`, which is not a finite number")
        return Fraction(repr(text)), ""
    body = " ".join(text.split())
    if len(body) > _LONGEST:
        raise _wrong_kind(wanted, f"a text of {len(body)} characters")
    body = _dollars_last(_number_first(body))
    match = _NUMBER.match(body)
    number = match[0] if match else ""
    if body.startswith(OTHER_CURRENCIES):
        raise _other_currency(body)
    if not any(sign.isdigit() for sign in number):
        raise _wrong_kind(wanted, f"`{_shown(text)}`, which does not begin with a number")
    unit = body[len(number) :].strip()
    if unit and unit[0] in ",.0123456789":
        what = f"the number in `{_shown(text)}` cannot be read"
        raise QuantityError(what, "write a decimal point, and commas between groups of three digits only")
    return Fraction(number.replace(",", "")), unit


def _number_first(body: str) -> str:
    """Turn ``month 24`` into ``24 months`` and ``x0.2`` into ``0.2``."""
    match = re.fullmatch(r"(day|week|month|quarter|year)s? (\d+)", body)
    if match:
        return f"{match[2]} {match[1]}s"
    return body[1:] if re.fullmatch(r"x\d*\.?\d+", body) else body


def _dollars_last(body: str) -> str:
    """Turn ``$22.4 bn`` into ``22.4 bn USD``."""
    match = re.fullmatch(r"([+-]?)(?:US)?\$ ?([\d.,]+) ?([A-Za-z]*)(.*)", body)
    if match is None:
        return body
    scale = f" {match[3]}" if match[3] else ""
    return f"{match[1]}{match[2]}{scale} USD{match[4]}"


def _scaled(number: Fraction, unit: str) -> tuple[Fraction, str]:
    """Take the scale off a count: ``160 M shares`` is 160,000,000 shares."""
    scale, _, rest = unit.partition(" ")
    return (number * COUNTS[scale], rest) if scale in COUNTS else (number, unit)


def _check_bare(text: str | float, number: Fraction, wanted: Dimension) -> None:
    if not wanted.bare:
        raise _wrong_kind(wanted, f"a number without a unit (`{_shown(text)}`)")
    if wanted.name == "share" and abs(number) > 1:
        what = f"`{_shown(text)}` without a unit would be a share of {_decimal(number * 100)} %"
        raise QuantityError(what, f"write `{_shown(text)} %`")


def _kind(found: Any) -> str:
    """Say in words what kind of quantity a unit measures."""
    for name in GUESSES:
        if _factor(found, name) is not None:
            return "a plain number" if name == "ratio" else DIMENSIONS[name].words
    return "a quantity of another kind"


def _wrong_kind(wanted: Dimension | None, got: str) -> QuantityError:
    words = wanted.words if wanted else "a quantity"
    example = wanted.example if wanted else "35 MW"
    return QuantityError(
        f"{words} is needed, got {got}",
        f"write it as in `{example}`",
        message=f"{words} is needed (for example `{example}`), got {got}",
    )


@functools.cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(None, non_int_type=Fraction, cache_folder=None)
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry


@functools.lru_cache(maxsize=1024)
def _unit(unit: str, text: str) -> Any:
    """Return the pint unit that a written unit means; the whole text is for messages only."""
    first, *rest = re.sub(r"(?:^|\s+)per\s+", "/", unit.strip()).split("/")
    above = _product(first, text) if first.strip() else "1"
    return _registry().parse_units("/".join([above, *(f"({_product(piece, text)})" for piece in rest)]))


def _product(piece: str, text: str) -> str:
    """Turn one side of a division, such as ``GPU-hour`` or ``M USD``, into a product of unit names."""
    joined = re.sub(r"\b([A-Za-z]+) USD\b", lambda m: f"{m[1]}USD" if m[1] in SCALES else m[0], piece.strip())
    words = [word for word in re.split(r"[\s·*-]+", joined) if word]
    if not words:
        what = f"a unit is missing before or after a stroke in `{_shown(text)}`"
        raise QuantityError(what, "write one unit after each stroke, as in `11 MUSD/MW/year`")
    # a scale alone is not told before what it may have been meant to scale
    ordered = sorted(words, key=lambda word: word in SCALES)
    return "*".join(_name(word, text) for word in ordered)


def _name(word: str, text: str) -> str:
    if word in SPELLINGS:
        return SPELLINGS[word]
    if word.endswith(OTHER_CURRENCIES):
        raise _other_currency(text)
    if word in SCALES:
        what = f"`{_shown(text)}` has the scale `{word}` but no unit"
        raise QuantityError(what, f"write `{_shown(text)} USD` if money is meant")
    guess = nearest(word, reversed(SPELLINGS))
    hint = f"did you mean `{guess}`?" if guess else "units are such as `M USD`, `MW`, `GPU-hour`, `months`"
    what = f"no unit is called `{_shown(word)}` (in `{_shown(text)}`)"
    raise QuantityError(what, hint)


def _other_currency(text: str) -> QuantityError:
    what = f"`{_shown(text)}` is not in US dollars, and no exchange rate is assumed"
    return QuantityError(what, "convert it to USD and say in a note at which rate")


@functools.lru_cache(maxsize=4096)
def _factor(found: Any, dimension: str) -> Fraction | None:
    """Return how many canonical units one written unit is, or None if it is of another kind."""
    target = _canonical(dimension)
    if found.is_compatible_with(target):
        return _convert(found, target)
    for also in DIMENSIONS[dimension].also:
        other = _unit(also, also)
        if found.dimensionless and found == other:
            return _convert(found, _registry().parse_units(""))
        if not other.dimensionless and found.is_compatible_with(other):
            above = also.split("/", maxsplit=1)[0]
            per_also = _convert(_unit(above, above), target) if "/" in also else Fraction(1)
            return _convert(found, other) * per_also
    return None


def _convert(unit: Any, target: Any) -> Fraction:
    return Fraction(_registry().convert(Fraction(1), unit, target))


@functools.cache
def _canonical(dimension: str) -> Any:
    unit = DIMENSIONS[dimension].unit
    return _registry().parse_units(unit) if unit.startswith("1") else _unit(unit, unit)


def _to_float(number: Fraction, text: str | float) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if math.isinf(value) or (value == 0 and number):
        what = f"`{_shown(text)}` is too {'large' if value else 'small'} to be a quantity"
        raise QuantityError(what, "check the number and its unit")
    return value


def _spelling_for(value: float, wanted: Dimension) -> str:
    """Choose the unit that suits the size of a value."""
    if not wanted.by_size:
        return wanted.spellings[0]
    if value == 0:
        return "" if wanted.bare else wanted.unit
    size = abs(Fraction(repr(value)))
    fitting = (each for each in wanted.spellings if size >= _written_factor(wanted.name, each))
    return next(fitting, wanted.spellings[-1])


def _written_factor(dimension: str, spelling: str) -> Fraction:
    if spelling in {"", "1", "1/year"}:
        return Fraction(1)
    number, unit = _scaled(Fraction(1), spelling) if dimension == "count" else (Fraction(1), spelling)
    factor = _factor(_unit(unit, spelling), dimension) if unit else Fraction(1)
    if factor is None:
        what = f"`{spelling}` is no unit of {DIMENSIONS[dimension].words}"
        raise QuantityError(what, f"use one such as `{DIMENSIONS[dimension].unit}`")
    return number * factor


def _write(value: float, wanted: Dimension, spelling: str, digits: int | None) -> str | None:
    """Write a value in one unit with the fewest digits that read back exactly, or return None."""
    factor = _written_factor(wanted.name, spelling)
    exact = Fraction(repr(value)) / factor
    for places in range(1, 22) if digits is None else (digits,):
        number = _decimal(exact, places)
        if digits is not None or float(Fraction(number) * factor) == value:
            shown = "" if spelling == "1" else spelling.removeprefix("1")
            joint = "" if shown.startswith("/") or not shown else " "
            return f"{number}{joint}{_singular(shown) if number == '1' else _plural(shown)}"
    return None


def _decimal(number: Fraction, digits: int = 6) -> str:
    """Write a fraction as a plain decimal with so many significant digits."""
    from decimal import Context, Decimal

    context = Context(prec=digits)
    rounded = context.divide(Decimal(number.numerator), Decimal(number.denominator)).normalize(context)
    plain = f"{rounded:f}" if rounded else "0"
    return plain if len(plain) <= _LONGEST_NUMBER else f"{rounded}"


def _singular(unit: str) -> str:
    return unit[:-1] if unit.endswith("s") and unit[:-1] in TIME_WORDS else unit


def _plural(unit: str) -> str:
    return f"{unit}s" if unit in TIME_WORDS else unit


def _shown(text: object, longest: int = 60) -> str:
    shown = " ".join(str(text).split())
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _list(examples: Iterable[str]) -> str:
    return ", ".join(f"`{example}`" for example in examples)
