"""Quantities: what is read, what is refused, and that what is written reads back."""

import math
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake import units
from offtake.errors import UnitError


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("22.4 B USD", "money", 22_400.0),
        ("900 M USD", "money", 900.0),
        ("1.4 tn USD", "money", 1_400_000.0),
        ("400 k USD", "money", 0.4),
        ("22.4 bn USD", "money", 22_400.0),
        ("3 billion USD", "money", 3_000.0),
        ("5 m USD", "money", 5.0),
        ("30MUSD", "money", 30.0),
        ("$22.4 bn", "money", 22_400.0),
        ("-150 M USD", "money", -150.0),
        ("38,000 USD", "chip_price", 38_000.0),
        ("38,000 USD/GPU", "chip_price", 38_000.0),
        ("30 MUSD/MW", "capacity_cost", 30.0),
        ("30 B USD/GW", "capacity_cost", 30.0),
        ("4.5 GW", "power", 4_500.0),
        ("1.4 kW", "chip_power", 1.4),
        ("1400 W/GPU", "chip_power", 1.4),
        ("80 %", "share", 0.8),
        (0.8, "share", 0.8),
        ("0.8", "share", 0.8),
        ("x0.2", "ratio", 0.2),
        ("120 %", "ratio", 1.2),
        ("5.5 %", "rate", 0.055),
        ("5.5 %/year", "rate", 0.055),
        ("70 %/year", "rate", 0.7),
        ("0.3 %/day", "rate", 1.095),
        ("225 bp", "rate", 0.0225),
        ("0.5/year", "rate", 0.5),
        ("18 months", "duration", 6.0),
        ("2 quarters", "duration", 2.0),
        ("month 24", "duration", 8.0),
        ("+9 months", "duration", 3.0),
        ("1 year", "duration", 4.0),
        ("91.25 days", "duration", 1.0),
        ("400 M USD/quarter", "money_flow", 400.0),
        ("1.6 B USD/year", "money_flow", 400.0),
        ("11 MUSD/MW/year", "capacity_price", 2.75),
        ("2.75 M USD/MW-quarter", "capacity_price", 2.75),
        ("11 B USD/GW-year", "capacity_price", 2.75),
        ("11 M USD per MW per year", "capacity_price", 2.75),
        ("2.10 USD/GPU-hour", "capacity_price", 2.1),
        ("85 USD/MWh", "energy_price", 85.0),
        ("8.5 ct/kWh", "energy_price", None),
        ("160 M", "count", 160e6),
        ("160 M shares", "count", 160e6),
        (3, "count", 3.0),
        ("87.20 USD/share", "share_price", 87.2),
        (1.0, "index", 1.0),
    ],
)
def test_people_are_understood(text: str | float, dimension: str, value: float | None) -> None:
    """Quantities written as people do have the value that they mean, exactly."""
    if value is None:
        with pytest.raises(UnitError):
            units.parse(text, dimension)
    else:
        assert units.parse(text, dimension)[0] == value


@pytest.mark.parametrize(
    ("text", "dimension", "said"),
    [
        (
            "60 MW",
            "capacity_price",
            "a price per MW-quarter is needed (for example `11 MUSD/MW/year`), got a power (`60 MW`)",
        ),
        ("85 USD/MWh", "capacity_price", "got a price of energy"),
        ("11 MUSD/MW/year", "energy_price", "got a price per MW-quarter"),
        ("900 M EUR", "money", "not in US dollars"),
        ("€9", "money", "not in US dollars"),
        ("EUR 9", "money", "not in US dollars"),
        ("9", "money", "a number without a unit"),
        (9, "power", "a number without a unit"),
        ("9 M", "money", "write `9 M USD`"),
        ("9 mw", "power", "did you mean `MW`?"),
        ("9 monthz", "duration", "did you mean `month`?"),
        (80, "share", "write `80 %`"),
        ("1,5 MW", "power", "the number in `1,5 MW` cannot be read"),
        ("1.2.3 MW", "power", "cannot be read"),
        ("9 MW/", "power", "a unit is missing"),
        ("9 %/month/day", "rate", "a quantity of another kind"),
        ("1e999 MW", "power", "too large"),
        ("1e-999 MW", "power", "too small"),
        (float("nan"), "share", "not a finite number"),
        (True, "share", "got `True`"),
        ("", "power", "does not begin with a number"),
        ("-", "power", "does not begin with a number"),
        ("MW", "power", "does not begin with a number"),
        ("9" * 300, "power", "a text of 300 characters"),
        ("9 **MW**(9)", "power", "no unit is called"),
        ("9 __import__", "power", "no unit is called"),
    ],
)
def test_what_is_not_meant_is_refused(text: str | float, dimension: str, said: str) -> None:
    """What cannot be read, or is of another kind, is refused with the reason."""
    with pytest.raises(UnitError) as refused:
        units.parse(text, dimension)
    assert said in str(refused.value)


def test_a_refusal_keeps_the_fault_and_the_remedy_apart() -> None:
    """A refusal says what is wrong and what mends it, each by itself."""
    with pytest.raises(units.QuantityError) as refused:
        units.parse("60 MW", "money")
    assert refused.value.what == "an amount of money is needed, got a power (`60 MW`)"
    assert refused.value.mend == "Write it as in `22.4 B USD`"


def test_the_price_per_gpu_hour_is_kept_apart() -> None:
    """A capacity price per GPU-hour is not converted, for how many GPUs make a MW depends on the chip."""
    assert units.read("2.10 USD/GPU-hour", "capacity_price").dimension == "gpu_hour_price"
    assert units.read("11 MUSD/MW/year", "capacity_price").dimension == "capacity_price"


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("35 MW", "power"),
        ("3 M USD", "money"),
        ("3 M USD/quarter", "money_flow"),
        ("9 MUSD/MW/year", "capacity_price"),
        ("2.3 USD/GPU-hour", "gpu_hour_price"),
        ("2 %", "ratio"),
        ("2 %/year", "rate"),
        ("9 months", "duration"),
        ("9 USD/MWh", "energy_price"),
        ("9 MUSD/MW", "capacity_cost"),
        (1, "ratio"),
    ],
)
def test_a_quantity_says_its_own_kind(text: str | float, dimension: str) -> None:
    """Where nothing says what is meant, the unit does."""
    assert units.dimension_of(text) == dimension


def test_a_quantity_of_no_kind_has_no_dimension() -> None:
    """A quantity that a book has no use for is refused."""
    with pytest.raises(UnitError, match="no kind of quantity"):
        units.dimension_of("3 MW/GPU/USD")


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (22_400.0, "money", "22.4 B USD"),
        (0.0, "money", "0 M USD"),
        (-0.4, "money", "-400 k USD"),
        (1_400_000.0, "money", "1.4 tn USD"),
        (4_500.0, "power", "4.5 GW"),
        (0.5, "power", "500 kW"),
        (0.0, "power", "0 MW"),
        (2.6, "duration", "2.6 quarters"),
        (1.0, "duration", "1 quarter"),
        (0.081, "share", "8.1 %"),
        (1.2, "ratio", "1.2"),
        (0.055, "rate", "5.5 %/year"),
        (2.75, "capacity_price", "11 MUSD/MW/year"),
        (2.1, "gpu_hour_price", "2.1 USD/GPU-hour"),
        (38_000.0, "chip_price", "38000 USD"),
        (160e6, "count", "160 M"),
        (0.0, "count", "0"),
        (math.inf, "money", "inf"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, dimension: str, text: str) -> None:
    """A value is written in the unit that suits its size, with no more digits than it needs."""
    assert units.format(value, dimension) == text


def test_the_unit_as_written_is_kept() -> None:
    """A value can be written in the unit in which it was given, in the right number."""
    assert units.format(6.0, "duration", unit="months") == "18 months"
    assert units.format(1 / 3, "duration", unit="months") == "1 month"
    assert units.format(0.8, "share", unit="") == "0.8"
    with pytest.raises(UnitError, match="no unit of a power"):
        units.format(6.0, "power", unit="months")


FINITE = st.floats(min_value=-1e15, max_value=1e15, allow_nan=False).filter(
    lambda x: x == 0 or abs(x) > 1e-15
)


@given(value=FINITE, dimension=st.sampled_from(sorted(units.DIMENSIONS)))
def test_what_is_written_reads_back_exactly(value: float, dimension: str) -> None:
    """Any value of any dimension is written so that exactly the same number is read back."""
    text = units.format(value, dimension)
    if units.DIMENSIONS[dimension].name == "share" or "%" in text or text[-1].isalpha():
        assert units.parse(text, dimension)[0] == value
    else:
        assert float(text) == value


UNITS = {
    "money": ["USD", "k USD", "M USD", "B USD", "tn USD"],
    "duration": ["days", "weeks", "months", "quarters", "years", "hours"],
    "capacity_price": ["MUSD/MW/year", "USD/MW/month", "B USD/GW-year"],
    "rate": ["%/year", "%/day", "bp", "%"],
}


@given(data=st.data(), value=FINITE, dimension=st.sampled_from(sorted(UNITS)))
def test_what_is_written_in_another_unit_reads_back_exactly(
    data: st.DataObject, value: float, dimension: str
) -> None:
    """A value is the same after writing it in any unit of its dimension and reading it back."""
    unit = data.draw(st.sampled_from(UNITS[dimension]))
    assert units.parse(units.format(value, dimension, unit=unit), dimension)[0] == value


@given(number=st.decimals(min_value=-10_000, max_value=10_000, places=4))
def test_conversion_is_exact(number: object) -> None:
    """A quantity is the float nearest to the exact product of its number and its unit."""
    assert units.parse(f"{number} months", "duration")[0] == float(Fraction(str(number)) / 3)


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in any other way than by refusing it."""
    try:
        assert math.isfinite(units.parse(text, "power")[0])
    except UnitError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


def test_importing_units_is_light() -> None:
    """Importing units does not import pint; the first quantity does."""
    code = "import sys, offtake.units as u; a = 'pint' in sys.modules; u.parse('3 MW', 'power'); "
    code += "print(a, 'pint' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "True"]
