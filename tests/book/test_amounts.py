"""Amounts and distributions: what is read, what they say of themselves, and that they are written back."""

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from offtake.book import Amount, Distribution
from offtake.book._scalars import CapacityPrice, Count, Duration, Money, Name, QuarterField, Share, Sources
from offtake.errors import UnitError

TRIANGLE = {"triangular": [2, 3, 6], "unit": "quarters"}


@pytest.mark.parametrize(
    ("data", "kind", "params"),
    [
        (TRIANGLE, "triangular", (2.0, 3.0, 6.0)),
        ({"triangular": ["6 months", "3 quarters", "1.5 years"]}, "triangular", (2.0, 3.0, 6.0)),
        ({"uniform": ["1 quarter", "2 quarters"]}, "uniform", (1.0, 2.0)),
        ({"normal": {"mean": 9, "sd": 3}, "unit": "months"}, "normal", (3.0, 1.0)),
        ({"lognormal": {"median": "9 months", "p90": "18 months"}}, "lognormal", (3.0, 6.0)),
        (
            {"discrete": {"values": [1, 2], "weights": ["70 %", 0.3]}, "unit": "quarters"},
            "discrete",
            (1.0, 2.0),
        ),
    ],
)
def test_every_form_of_a_distribution_is_read(data: Any, kind: str, params: tuple[float, ...]) -> None:
    """Each kind is read into the canonical unit, with a common unit or one for each number."""
    amount = Amount.read(data, "duration")
    assert amount.distribution is not None
    assert amount.distribution.kind == kind
    assert amount.distribution.params == params
    assert amount.value == amount.distribution.median


@pytest.mark.parametrize(
    "data",
    [
        {"triangular": [3, 2, 6], "unit": "quarters"},
        {"triangular": [2, 3], "unit": "quarters"},
        {"triangular": 3, "unit": "quarters"},
        {"uniform": [2, 2], "unit": "quarters"},
        {"normal": {"mean": 1, "sd": 0}, "unit": "quarters"},
        {"normal": [1, 2], "unit": "quarters"},
        {"lognormal": {"median": 0, "p90": 1}, "unit": "quarters"},
        {"lognormal": {"median": 2, "p90": 1}, "unit": "quarters"},
        {"lognormal": {"median": 2, "p95": 3}, "unit": "quarters"},
        {"discrete": {"values": [1], "weights": [0.5, 0.5]}, "unit": "quarters"},
        {"discrete": {"values": [], "weights": []}, "unit": "quarters"},
        {"discrete": {"values": [1, 2], "weights": [-0.5, 1.5]}, "unit": "quarters"},
        {"discrete": {"values": 1, "weights": 1}, "unit": "quarters"},
        {"uniform": [1, 2], "triangular": [1, 2, 3], "unit": "quarters"},
        {"uniform": [1, 2]},
        {"uniform": [1, 2], "unit": "MW"},
        {"uniform": [-1, 2], "unit": "quarters"},
        {"uniform": [1, 2], "unit": "quarters", "correlation": 1.5},
        {"uniform": [1, 2], "unit": "quarters", "cause": ""},
        {"uniform": [1, 2], "unit": "quarters", "casue": "grid"},
        {"uniform": [1, float("inf")], "unit": "quarters"},
        {"value": {"beta": [1, 2]}},
        {"amount": "3 months"},
        {},
        [1, 2],
        None,
    ],
)
def test_what_is_no_distribution_is_refused(data: Any) -> None:
    """Parameters out of order, missing, or of another kind are refused."""
    with pytest.raises(UnitError):
        Amount.read(data, "duration")


@pytest.mark.parametrize(
    ("distribution", "mean"),
    [
        (Distribution("triangular", (2.0, 3.0, 6.0)), 11 / 3),
        (Distribution("uniform", (1.0, 2.0)), 1.5),
        (Distribution("normal", (3.0, 1.0)), 3.0),
        (Distribution("lognormal", (3.0, 6.0)), 3 * math.exp((math.log(2) / 1.2815515655446004) ** 2 / 2)),
        (Distribution("discrete", (1.0, 2.0), (0.7, 0.3)), 1.3),
    ],
)
def test_mean_and_quantiles_agree_with_numbers(distribution: Distribution, mean: float) -> None:
    """The mean and the quantiles are those that a fine grid of quantiles gives."""
    grid = [distribution.quantile((place + 0.5) / 20_000) for place in range(20_000)]
    assert distribution.mean == pytest.approx(mean)
    assert statistics.fmean(grid) == pytest.approx(mean, rel=2e-3)
    assert statistics.median_low(grid) == pytest.approx(distribution.median, rel=1e-3)
    assert sum(value < distribution.low - 1e-9 for value in grid) <= 0.0501 * len(grid)
    assert sum(value > distribution.high + 1e-9 for value in grid) <= 0.0501 * len(grid)


def test_the_ninetieth_percentile_of_a_lognormal_is_what_was_written() -> None:
    """A lognormal distribution has the median and the 90 % quantile with which it was written."""
    law = Distribution("lognormal", (9.0, 20.0))
    assert law.median == 9.0
    assert law.quantile(0.9) == pytest.approx(20.0, rel=1e-12)


def test_provenance_is_read_and_written() -> None:
    """Sources, the reason of an assumption, a range and a note go with an amount and come back."""
    data = {
        "value": "22.4 B USD",
        "sources": ["F032", "F033"],
        "assumed": "midpoint",
        "range": ["20 B USD", "25 B USD"],
        "note": "as announced",
    }
    amount = Amount.read(data, "money")
    assert (amount.value, amount.sources, amount.range) == (22_400.0, ("F032", "F033"), (20_000.0, 25_000.0))
    assert (amount.assumed, amount.note) == ("midpoint", "as announced")
    assert amount.written() == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"value": "3 B USD", "range": ["4 B USD", "5 B USD"]}, "outside its own range"),
        ({"value": "3 B USD", "range": "4 B USD"}, "two ends"),
        ({"value": "3 B USD", "sources": [3]}, "sources are ids"),
        ({"value": "3 B USD", "assumed": True}, "must be a sentence"),
        ({"value": "3 B USD", "source": "F1"}, "did you mean `sources`"),
        ({"sources": "F1"}, "needs its value"),
    ],
)
def test_broken_provenance_is_refused(data: Any, said: str) -> None:
    """A range that excludes the value, and keys that are not known, are refused."""
    with pytest.raises(UnitError) as refused:
        Amount.read(data, "money")
    assert said in str(refused.value)


def test_a_distribution_may_carry_its_sources() -> None:
    """A distribution has sources beside it, and an amount may have a distribution as its value."""
    flat = Amount.read({**TRIANGLE, "sources": "F1"}, "duration")
    deep = Amount.read({"value": TRIANGLE, "sources": ["F1"]}, "duration")
    assert flat == deep
    assert flat.written() == {"triangular": [2, 3, 6], "unit": "quarters", "sources": ["F1"]}


def test_the_unit_as_written_makes_no_difference() -> None:
    """Equal quantities are equal amounts with one hash, and each is written in its own unit."""
    one, other = Amount.read("18 months", "duration"), Amount.read("6 quarters", "duration")
    assert one == other
    assert hash(one) == hash(other)
    assert (one.written(), other.written()) == ("18 months", "6 quarters")
    assert one != Amount.read({"value": "18 months", "note": "sure"}, "duration")


def test_prices_per_gpu_hour_stay_so() -> None:
    """A capacity price per GPU-hour keeps its unit, also as a distribution; the two are not mixed."""
    price = Amount.read("2.10 USD/GPU-hour", "capacity_price")
    assert price.per_gpu_hour
    assert price.value == 2.1
    assert price.written() == "2.1 USD/GPU-hour"
    law = Amount.read({"uniform": [2, 3], "unit": "USD/GPU-hour"}, "capacity_price")
    assert law.per_gpu_hour
    assert Amount.read(law.written(), "capacity_price") == law
    with pytest.raises(UnitError, match="different kinds"):
        Amount.read({"uniform": ["2 USD/GPU-hour", "9 MUSD/MW/year"]}, "capacity_price")


def test_amounts_of_any_kind() -> None:
    """Where no dimension is asked for, an amount has that of its unit."""
    assert Amount.read("35 MW", None).dimension == "power"
    assert Amount.read({"uniform": [1, 2], "unit": "MW"}, None).dimension == "power"
    assert Amount.read({"normal": {"mean": "1 MW", "sd": "2 MW"}}, None).dimension == "power"
    assert Amount.read(1.2, None).dimension == "ratio"


def test_an_amount_is_not_taken_for_another() -> None:
    """An amount of one dimension is refused where another is needed."""
    with pytest.raises(UnitError, match="a power is needed"):
        Amount.read(Amount(3.0, "money"), "power")
    assert str(Amount(22_400.0, "money")) == "22.4 B USD"


NUMBERS = st.floats(0.001, 1e6)
LAWS = st.one_of(
    st.tuples(NUMBERS, NUMBERS, NUMBERS)
    .filter(lambda each: min(each) < max(each))
    .map(lambda each: Distribution("triangular", tuple(sorted(each)))),
    st.tuples(NUMBERS, NUMBERS)
    .filter(lambda each: each[0] != each[1])
    .map(lambda each: Distribution("uniform", tuple(sorted(each)))),
    st.tuples(NUMBERS, NUMBERS).map(lambda each: Distribution("normal", each)),
    st.tuples(NUMBERS, NUMBERS)
    .filter(lambda each: each[0] < each[1])
    .map(lambda each: Distribution("lognormal", each)),
    st.lists(NUMBERS, min_size=4, max_size=4).map(
        lambda values: Distribution("discrete", tuple(values), (0.25, 0.25, 0.25, 0.25))
    ),
)
WORDS = st.text("abc F0", min_size=1, max_size=6).filter(str.strip).map(str.strip)


@given(
    law=st.none() | LAWS,
    value=NUMBERS,
    dimension=st.sampled_from(["money", "share", "ratio", "rate", "duration", "capacity_price", "count"]),
    sources=st.lists(WORDS, max_size=2).map(tuple),
    note=st.none() | WORDS,
)
def test_any_amount_is_written_so_that_it_reads_back(
    law: Distribution | None, value: float, dimension: str, sources: tuple[str, ...], note: str | None
) -> None:
    """Plain data of any amount read back as an equal amount."""
    amount = Amount(value if law is None else law.median, dimension, law, sources, note=note)
    assert Amount.read(amount.written(), dimension) == amount


class _Sample(BaseModel):
    money: Money | None = None
    share: Share | None = None
    price: CapacityPrice | None = None
    delay: Duration | None = None
    count: Count | None = None
    name: Name = "a"
    quarter: QuarterField | None = None
    sources: Sources = ()


def test_the_types_of_fields_read_and_write() -> None:
    """Fields read what people write, and a model dumps plain data that it reads back."""
    data = {
        "money": "3 B USD",
        "share": 0.5,
        "price": "2 USD/GPU-hour",
        "delay": TRIANGLE,
        "count": "160 M",
        "name": "  Lark  ",
        "quarter": "2026-05",
        "sources": "F1",
    }
    sample = _Sample.model_validate(data)
    assert sample.name == "Lark"
    assert str(sample.quarter) == "2026-Q2"
    assert sample.sources == ("F1",)
    assert _Sample.model_validate(sample.model_dump(mode="json")) == sample


def test_the_types_of_fields_refuse_together() -> None:
    """All refusals of a model are collected, each with what mends it."""
    with pytest.raises(ValidationError) as refused:
        _Sample.model_validate({"money": "3 MW", "quarter": "soon", "sources": 3, "name": " "})
    errors = {each["loc"][0]: each for each in refused.value.errors()}
    assert set(errors) == {"money", "quarter", "sources", "name"}
    assert errors["money"]["ctx"]["mend"] == "Write it as in `22.4 B USD`"


def test_fields_have_a_json_schema_with_their_unit() -> None:
    """The JSON Schema of a quantity says its unit, and lets in a number only where one is allowed."""
    properties = _Sample.model_json_schema()["properties"]
    money, share = properties["money"]["anyOf"][0], properties["share"]["anyOf"][0]
    assert (money["unit"], share["unit"]) == ("M USD", "1")
    assert {"type": "number"} in share["anyOf"]
    assert {"type": "number"} not in money["anyOf"]
