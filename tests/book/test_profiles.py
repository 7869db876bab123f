"""Profiles: constants, paths and multiples of drivers, quarter by quarter."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.book import Profile
from offtake.calendar import Calendar, Quarter
from offtake.errors import UnitError

CALENDAR = Calendar(Quarter(2026, 1), Quarter(2027, 4))


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ("20 MW", [20.0] * 8),
        ({"value": "20 MW", "from": "2026-Q3", "until": "2027-Q1"}, [0, 0, 20, 20, 20, 0, 0, 0]),
        ({"path": {"2026-Q1": "20 MW", "2027-Q1": "60 MW"}}, [20, 30, 40, 50, 60, 60, 60, 60]),
        ({"path": {"2027-Q1": "60 MW", "2026-Q1": "20 MW"}}, [20, 30, 40, 50, 60, 60, 60, 60]),
        ({"path": {"2026-Q3": "20 MW"}}, [20.0] * 8),
        ({"path": {2026: "20 MW", 2027: "60 MW"}, "between": "held"}, [20, 20, 20, 20, 60, 60, 60, 60]),
        (
            {"path": {"2026-05": "20 MW", "2026-08-20": "60 MW"}, "between": "held"},
            [20, 20, 60, 60, 60, 60, 60, 60],
        ),
        ({"path": {"2025-Q1": "0 MW", "2029-Q1": "160 MW"}, "until": "2026-Q2"}, [40, 50, 0, 0, 0, 0, 0, 0]),
        ({"uniform": [10, 30], "unit": "MW", "from": "2027-Q4"}, [0, 0, 0, 0, 0, 0, 0, 20]),
        ("users", [1.0] * 8),
        ({"driver": "users"}, [1.0] * 8),
        ({"driver": "users", "times": 1.2, "from": "2027-Q1"}, [0, 0, 0, 0, 1.2, 1.2, 1.2, 1.2]),
        ({"driver": "users", "times": "20 MW", "until": 2026}, [20, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_profiles_have_a_value_in_every_quarter(data: Any, values: list[float]) -> None:
    """A constant holds, a path is linear or held, a window cuts to zero, a driver gives its factor."""
    assert Profile.read(data, "power").on(CALENDAR) == pytest.approx(values)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"path": {}}, "at least one point"),
        ({"path": ["20 MW"]}, "at least one point"),
        ({"path": {"2026-Q1": {"uniform": ["1 MW", "2 MW"]}}}, "`times`"),
        ({"path": {"2026-Q9": "20 MW"}}, "not a quarter"),
        ({"path": {"2026-Q1": "20 MW", "2026": "30 MW"}}, "same point in time"),
        ({"path": {"2026-Q1": "20 MW"}, "between": "steps"}, "`between: linear`"),
        ({"path": {"2026-Q1": "20 MW"}, "betwen": "held"}, "did you mean `between`"),
        ({"driver": 3}, "the name of a driver"),
        ({"driver": "users", "tims": 3}, "did you mean `times`"),
        ({"value": "20 MW", "from": "2027-Q1", "until": "2026-Q1"}, "before it begins"),
        ({"value": "20 M USD"}, "a power is needed"),
        ({"valeu": "20 MW"}, "did you mean `value`"),
        (None, "a power is needed"),
    ],
)
def test_what_is_no_profile_is_refused(data: Any, said: str) -> None:
    """A profile that cannot be read is refused with what mends it."""
    with pytest.raises(UnitError) as refused:
        Profile.read(data, "power")
    assert said in str(refused.value)


def test_prices_of_one_path_are_of_one_kind() -> None:
    """A path of prices is per GPU-hour as a whole or not at all."""
    path = Profile.read(
        {"path": {"2026-Q1": "2 USD/GPU-hour", "2027-Q1": "1 USD/GPU-hour"}}, "capacity_price"
    )
    assert path.per_gpu_hour
    assert path.on(CALENDAR)[2] == pytest.approx(1.5)
    with pytest.raises(UnitError, match="different kinds"):
        Profile.read({"path": {"2026-Q1": "2 USD/GPU-hour", "2027-Q1": "9 MUSD/MW/year"}}, "capacity_price")
    assert Profile.read("2 USD/GPU-hour", "capacity_price").per_gpu_hour


def test_a_name_and_a_quantity_are_told_apart() -> None:
    """Text that begins like a number is a quantity, and a mistake in it is not taken for a driver's name."""
    assert Profile.read("users of 2", "power").driver == "users of 2"
    with pytest.raises(UnitError, match="did you mean `MW`"):
        Profile.read("20 mw", "power")


POINTS = st.dictionaries(
    st.sampled_from(["2025-Q3", "2026", "2026-02", "2026-05-17", "2026-Q3", "2027-Q1", "2029"]),
    st.integers(0, 500).map(lambda value: f"{value} MW"),
    min_size=1,
)
WINDOWS = st.fixed_dictionaries({}, optional={"from": st.just("2026-Q2"), "until": st.just("2027-Q2")})
PROVENANCE = st.fixed_dictionaries({}, optional={"sources": st.just(["F1"]), "note": st.just("so")})
FORMS = st.one_of(
    st.just("20 MW"),
    st.just("users"),
    st.tuples(POINTS, st.sampled_from(["linear", "held"])).map(
        lambda each: {"path": each[0], "between": each[1]}
    ),
    st.sampled_from([1.2, "20 MW", {"uniform": [1, 2]}]).map(lambda each: {"driver": "users", "times": each}),
    st.just({"value": "20 MW"}),
    st.just({"triangular": [1, 2, 4], "unit": "MW", "cause": "grid"}),
)


@given(form=FORMS, window=WINDOWS, provenance=PROVENANCE)
def test_any_profile_is_written_so_that_it_reads_back(
    form: Any, window: dict[str, str], provenance: dict[str, Any]
) -> None:
    """Plain data of any profile read back as an equal profile with the same values."""
    data = {**form, **window, **provenance} if isinstance(form, dict) else form
    profile = Profile.read(data, "power")
    again = Profile.read(profile.written(), "power")
    assert again == profile
    assert hash(again) == hash(profile)
    assert again.on(CALENDAR) == profile.on(CALENDAR)
    assert str(again) == str(profile)
