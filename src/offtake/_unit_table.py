"""The tables behind `offtake.units`: every dimension, every unit, every way to spell one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = [
    "COUNTS",
    "DEFINITIONS",
    "DIMENSIONS",
    "GUESSES",
    "OTHER_CURRENCIES",
    "QUARTER_HOURS",
    "SCALES",
    "SPELLINGS",
    "TIME_WORDS",
    "Dimension",
]

QUARTER_HOURS: Final = 2190.0
"""Hours of a quarter: a year of 8760 is four."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One kind of quantity that a book can hold.

    Parameters
    ----------
    name
        The name by which fields refer to it, such as ``capacity_price``.
    unit
        The canonical unit, in which values are kept.
    words
        What it is in words, with an article: ``a price per MW-quarter``.
    example
        How a person writes it.
    spellings
        Units in which it is written. The first is used unless `by_size` is set.
    bare
        Whether a number without a unit is allowed.
    minimum
        The least value that makes sense, or None.
    also
        Further units that mean the same here, such as ``USD/GPU`` for the price of a chip.
    apart
        Another dimension that is also accepted but kept in its own unit, or None.
    by_size
        Whether the largest spelling of which there is at least one is used.
    """

    name: str
    unit: str
    words: str
    example: str
    spellings: tuple[str, ...]
    bare: bool = False
    minimum: float | None = None
    also: tuple[str, ...] = ()
    apart: str | None = None
    by_size: bool = False


_MONEY = ("tn USD", "B USD", "M USD", "k USD", "USD")
_MONEY_FLOW = tuple(f"{unit}/quarter" for unit in _MONEY)
_TABLE: Final = (
    Dimension("money", "M USD", "an amount of money", "22.4 B USD", _MONEY, by_size=True),
    Dimension("power", "MW", "a power", "4.5 GW", ("GW", "MW", "kW"), minimum=0.0, by_size=True),
    Dimension("share", "1", "a share", "80 %", ("%",), bare=True),
    Dimension("ratio", "1", "a ratio", "1.2", ("",), bare=True),
    Dimension("rate", "1/year", "a rate per year", "5.5 %/year", ("%/year",), also=("%", "bp")),
    Dimension("duration", "quarter", "a duration", "18 months", ("quarters",), minimum=0.0),
    Dimension(
        "money_flow",
        "M USD/quarter",
        "an amount of money per quarter",
        "400 M USD/quarter",
        _MONEY_FLOW,
        by_size=True,
    ),
    Dimension(
        "capacity_price",
        "M USD/MW/quarter",
        "a price per MW-quarter",
        "11 MUSD/MW/year",
        ("MUSD/MW/year",),
        apart="gpu_hour_price",
    ),
    Dimension(
        "gpu_hour_price", "USD/GPU-hour", "a price per GPU-hour", "2.10 USD/GPU-hour", ("USD/GPU-hour",)
    ),
    Dimension("capacity_cost", "M USD/MW", "a cost per MW", "30 MUSD/MW", ("MUSD/MW",), minimum=0.0),
    Dimension("energy_price", "USD/MWh", "a price of energy", "85 USD/MWh", ("USD/MWh",)),
    Dimension("chip_power", "kW", "the power of one chip", "1.4 kW", ("kW",), minimum=0.0, also=("kW/GPU",)),
    Dimension(
        "chip_price", "USD", "the price of one chip", "38000 USD", ("USD",), minimum=0.0, also=("USD/GPU",)
    ),
    Dimension(
        "count",
        "1",
        "a count",
        "160 M",
        ("B", "M", "k", ""),
        bare=True,
        minimum=0.0,
        also=("share", "GPU"),
        by_size=True,
    ),
    Dimension(
        "share_price",
        "USD",
        "the price of one share",
        "87.20 USD",
        ("USD",),
        minimum=0.0,
        also=("USD/share",),
    ),
    Dimension("index", "1", "an index", "1.0", ("",), bare=True),
)
DIMENSIONS: Final[Mapping[str, Dimension]] = MappingProxyType({each.name: each for each in _TABLE})
"""Every dimension, by name."""

GUESSES: Final = (
    "money",
    "power",
    "ratio",
    "rate",
    "duration",
    "money_flow",
    "capacity_price",
    "gpu_hour_price",
    "capacity_cost",
    "energy_price",
    "chip_price",
    "chip_power",
    "share_price",
    "count",
)
"""What a quantity is taken for when nothing says what it ought to be, best guess first."""

DEFINITIONS: Final = (
    "USD = [currency]",
    "kUSD = 1000 * USD",
    "MUSD = 1000000 * USD",
    "BUSD = 1000000000 * USD",
    "TUSD = 1000000000000 * USD",
    "W = [power]",
    "kW = 1000 * W",
    "MW = 1000000 * W",
    "GW = 1000000000 * W",
    "TW = 1000000000000 * W",
    # energy stands beside power and time, so that a price per MWh is never taken for one per MW and year
    "Wh = [energy]",
    "kWh = 1000 * Wh",
    "MWh = 1000000 * Wh",
    "GWh = 1000000000 * Wh",
    "TWh = 1000000000000 * Wh",
    "hour = [time]",
    "minute = hour / 60",
    "day = 24 * hour",
    "week = 168 * hour",
    "month = 730 * hour",
    f"quarter = {QUARTER_HOURS:g} * hour",
    "year = 8760 * hour",
    "GPU = [chip]",
    "share = [share]",
    "percent = 1 / 100",
    "basispoint = 1 / 10000",
)
"""The whole of the pint registry."""

TIME_WORDS: Final = ("minute", "hour", "day", "week", "month", "quarter", "year")

SCALES: Final[Mapping[str, str]] = {
    "": "USD",
    **dict.fromkeys(("k", "K", "thousand"), "kUSD"),
    **dict.fromkeys(("M", "m", "mn", "mm", "MM", "million", "millions"), "MUSD"),
    **dict.fromkeys(("B", "b", "bn", "Bn", "billion", "billions"), "BUSD"),
    **dict.fromkeys(("T", "t", "tn", "Tn", "trillion", "trillions"), "TUSD"),
}
"""The unit of money that each way of writing a scale makes."""

COUNTS: Final[Mapping[str, int]] = {
    scale: {"USD": 1, "kUSD": 10**3, "MUSD": 10**6, "BUSD": 10**9, "TUSD": 10**12}[unit]
    for scale, unit in SCALES.items()
}
"""The factor of each way of writing a scale."""

SPELLINGS: Final[dict[str, str]] = {
    **{name: name for name in ("W", "kW", "MW", "GW", "TW", "Wh", "kWh", "MWh", "GWh", "TWh")},
    **dict.fromkeys(("GPU", "GPUs", "gpu", "chip", "chips", "accelerator", "accelerators"), "GPU"),
    **dict.fromkeys(("share", "shares"), "share"),
    **dict.fromkeys(("%", "percent"), "percent"),
    **dict.fromkeys(("bp", "bps"), "basispoint"),
    **{name: name for name in TIME_WORDS},
    **{f"{name}s": name for name in TIME_WORDS},
    **dict.fromkeys(("h", "hr", "hrs"), "hour"),
    **dict.fromkeys(("min",), "minute"),
    **dict.fromkeys(("d",), "day"),
    **dict.fromkeys(("wk", "wks"), "week"),
    **dict.fromkeys(("mo", "mos"), "month"),
    **dict.fromkeys(("q", "qtr", "qtrs"), "quarter"),
    **dict.fromkeys(("y", "yr", "yrs"), "year"),
    **{f"{scale}USD": name for scale, name in SCALES.items()},
}
"""The name in the registry of each way of writing a unit."""

OTHER_CURRENCIES: Final = (
    *("EUR", "GBP", "JPY", "CNY", "RMB", "KRW", "CHF", "INR", "TWD", "HKD", "SGD", "CAD", "AUD", "NZD"),
    *("SEK", "NOK", "DKK", "AED", "SAR", "ILS", "BRL", "MXN", "ZAR", "PLN", "€", "£", "¥", "₩", "₹"),
)
"""Currencies that are recognised in order to be refused."""
