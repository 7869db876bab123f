"""Numbers as people write them: `212 B USD`, `4.5 GW`, `64 %`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Scale", "between", "money", "months", "plain", "power", "scale_for", "share"]

_STEPS: Final = {
    "M USD": ((1e6, "tn USD"), (1e3, "B USD"), (1.0, "M USD")),
    "MW": ((1e3, "GW"), (1.0, "MW")),
}
_SURE: Final = 0.9995
_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit for a whole axis or column.

    Parameters
    ----------
    factor
        How many canonical units make one of `unit`.
    unit
        The unit to write.
    decimals
        Digits after the point, the same for every value, so that columns line up.

    Examples
    --------
    >>> scale = scale_for([12_000.0, 450.0], "M USD")
    >>> scale.unit, scale.text(12_000.0), scale.text(450.0), scale.text(-40.0), scale.text(0.0)
    ('B USD', '12.0', '0.5', '0.0', '0')
    """

    factor: float
    unit: str
    decimals: int = 1

    def of(self, values: Iterable[float]) -> list[float]:
        """Return values in this unit."""
        return [value / self.factor for value in values]

    def text(self, value: float) -> str:
        """Return a value in this unit as text; `0.0` is small, `0` is nothing."""
        shown = value / self.factor
        if not math.isfinite(shown) or abs(shown) < 0.5 * 10.0**-self.decimals:
            return "0" if shown == 0 else f"{0:.{self.decimals}f}" if math.isfinite(shown) else plain(shown)
        text = f"{abs(shown):,.{self.decimals}f}"
        return f"−{text}" if shown < 0 else text


def scale_for(values: Iterable[float], unit: str) -> Scale:
    """Return the unit in which the largest of some values reads best.

    Examples
    --------
    >>> scale_for([900.0], "MW").unit, scale_for([0.0], "1").unit
    ('MW', '1')
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    for factor, name in _STEPS.get(unit, ()):
        if largest >= factor:
            return Scale(factor, name, _decimals(largest / factor))
    return Scale(1.0, _STEPS[unit][-1][1] if unit in _STEPS else unit, _decimals(largest))


def _decimals(largest: float) -> int:
    return 0 if largest >= 1e3 else 1 if largest >= 10 else 2  # noqa: PLR2004 - three or four digits in all


def plain(value: float, digits: int = _DIGITS) -> str:
    """Return a number to so many digits, with a real minus sign and thousands set apart.

    Examples
    --------
    >>> plain(1234.5), plain(12.34), plain(-0.0456), plain(0.0), plain(float("inf"))
    ('1,234', '12.3', '−0.0456', '0', 'never')
    """
    if math.isinf(value):
        return "never"
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    size = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    text = f"{abs(value):,.{max(0, digits - 1 - size)}f}"
    return f"−{text}" if value < 0 and text.strip("0.,") else text


def money(value: float) -> str:
    """Return an amount in M USD as people write it.

    Examples
    --------
    >>> money(212_345.0), money(38.0), money(1_400_000.0)
    ('212 B USD', '38.0 M USD', '1.40 tn USD')
    """
    return "0 USD" if value == 0 else _in_unit(value, "M USD")


def power(value: float) -> str:
    """Return a power in MW as people write it.

    Examples
    --------
    >>> power(4_512.0), power(60.0)
    ('4.51 GW', '60.0 MW')
    """
    return _in_unit(value, "MW")


def _in_unit(value: float, unit: str) -> str:
    scale = scale_for([value], unit)
    return f"{plain(value / scale.factor)} {scale.unit}"


def between(low: float, high: float, unit: str) -> tuple[str, str]:
    """Return two ends of a range in one unit; the second carries it.

    Examples
    --------
    >>> between(950.0, 1_930.0, "M USD")
    ('0.950', '1.93 B USD')
    """
    scale = scale_for([low, high], unit)
    return plain(low / scale.factor), f"{plain(high / scale.factor)} {scale.unit}"


def share(value: float) -> str:
    """Return a share in per cent; very small and very large ones keep a digit that matters.

    Examples
    --------
    >>> share(0.64), share(0.004), share(0.0), share(1.0), share(0.9997)
    ('64 %', '0.4 %', '0 %', '100 %', 'over 99.9 %')
    """
    if value in (0.0, 1.0):
        return f"{value:.0%}".replace("%", " %")
    if value >= _SURE:
        return "over 99.9 %"
    per_cent = 100 * value
    if per_cent < 1 or per_cent > 99:  # noqa: PLR2004 - where whole per cents hide the news
        return f"{per_cent:.1g} %" if per_cent < 1 else f"{per_cent:.1f} %"
    return f"{per_cent:.0f} %"


def months(quarters: float) -> str:
    """Return a time in quarters as months.

    Examples
    --------
    >>> months(2.0), months(0.25)
    ('6.0 months', '0.8 months')
    """
    return "0 months" if abs(quarters) < 1 / 60 else f"{3 * quarters:.1f} months"
