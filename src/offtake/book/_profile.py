"""Profiles: a quantity by quarter."""

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

from offtake.book._amount import PROVENANCE_KEYS, Amount, check_keys, provenance_of, written_provenance
from offtake.book._distribution import DISTRIBUTION_KEYS, number_or_text
from offtake.calendar import Calendar, DateError, Quarter
from offtake.units import QuantityError, format, read  # noqa: A004 - units names its two directions so

__all__ = ["Between", "Profile"]

Between = Literal["linear", "held"]
"""What holds between two points of a path: the straight line, or the value of the earlier one."""

_WINDOW_KEYS: Final = ("from", "until")
_PATH_KEYS: Final = ("path", "between", *_WINDOW_KEYS, *PROVENANCE_KEYS)
_DRIVER_KEYS: Final = ("driver", "times", *_WINDOW_KEYS, *PROVENANCE_KEYS)
_AMOUNT_KEYS: Final = ("value", *DISTRIBUTION_KEYS, *_WINDOW_KEYS, *PROVENANCE_KEYS)
_EPOCH: Final = Calendar(Quarter(2000, 1), Quarter(2000, 1))


@dataclass(frozen=True, slots=True)
class Profile:
    """A quantity by quarter: a constant, a path through points, or a multiple of a driver.

    Parameters
    ----------
    dimension
        A name in `offtake.units.DIMENSIONS`.
    amount
        The constant; for a multiple of a driver the factor, or None for 1.
    driver
        The driver that it follows, or None.
    path
        Points of a path in order of time, each with its date as written and its value in the canonical unit.
    between
        What holds between two points.
    first, last
        The first and the last quarter in which it is not zero; None leaves that side open.
    sources, assumed, range, note
        Where a path or a multiple of a driver comes from; a constant carries this in its amount.
    path_per_gpu_hour
        Whether the points of a path are in USD/GPU-hour.
    unit
        The unit in which a path was written; it does not take part in comparisons.

    Raises
    ------
    UnitError
        If it is not exactly one of the three, or its window ends before it begins.

    Examples
    --------
    >>> ramp = Profile.read({"path": {"2026-Q1": "20 MW", "2027-Q1": "60 MW"}}, "power")
    >>> ramp.on(Calendar(Quarter(2025, 4), Quarter(2027, 2)))
    [20.0, 20.0, 30.0, 40.0, 50.0, 60.0, 60.0]
    """

    dimension: str
    amount: Amount | None = None
    driver: str | None = None
    path: tuple[tuple[str, float], ...] = ()
    between: Between = "linear"
    first: Quarter | None = None
    last: Quarter | None = None
    sources: tuple[str, ...] = ()
    assumed: str | None = None
    range: tuple[float, float] | None = None
    note: str | None = None
    path_per_gpu_hour: bool = False
    unit: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if (
            bool(self.path) + (self.driver is not None) + (self.amount is not None and self.driver is None)
            != 1
        ):
            what = "a profile is either an amount, a path or a multiple of a driver"
            raise QuantityError(what, "Write one of the three")
        if self.first is not None and self.last is not None and self.last < self.first:
            what = f"it ends in {self.last}, before it begins in {self.first}"
            raise QuantityError(what, "Exchange `from` and `until`, or correct one of them")

    @classmethod
    def constant(cls, value: float, dimension: str) -> Self:
        """Return the profile that has one value, in the canonical unit, in every quarter.

        Examples
        --------
        >>> Profile.constant(5.0, "power").on(Calendar(Quarter(2026, 1), Quarter(2026, 2)))
        [5.0, 5.0]
        """
        return cls(dimension, amount=Amount(float(value), dimension))

    @classmethod
    def read(cls, data: Any, dimension: str) -> Self:
        """Return the profile that plain data describe.

        Parameters
        ----------
        data : Any
            Whatever `Amount.read` takes; the name of a driver; a mapping with `path` (and `between`); or a
            mapping with `driver` (and `times`). Mappings may have `from`, `until` and provenance.
        dimension : str
            The dimension that is asked for.

        Raises
        ------
        UnitError
            If it cannot be read.
        InputError
            If a date in it cannot be read.
        """
        if isinstance(data, cls):
            return data._of(dimension)
        if isinstance(data, str) and _is_name(data):
            return cls(dimension, driver=data.strip())
        if not isinstance(data, Mapping):
            return cls(dimension, amount=Amount.read(data, dimension))
        window = {"first": _quarter(data.get("from")), "last": _quarter(data.get("until"))}
        if "path" in data:
            return cls._read_path(data, dimension, window)
        if "driver" in data:
            return cls._read_driver(data, dimension, window)
        check_keys(data, _AMOUNT_KEYS, "an amount, a path or a multiple of a driver")
        rest = {key: each for key, each in data.items() if key not in _WINDOW_KEYS}
        amount = Amount.read(rest, dimension)
        return cls(dimension, amount=amount, first=window["first"], last=window["last"])

    @classmethod
    def _read_path(cls, data: Mapping[str, Any], dimension: str, window: Mapping[str, Any]) -> Self:
        check_keys(data, _PATH_KEYS, "a path")
        points = data["path"]
        if not isinstance(points, Mapping) or not points:
            what = "a path needs at least one point"
            raise QuantityError(what, "Write it as in `path: {2026-Q1: 20 MW, 2030-Q4: 90 MW}`")
        between = data.get("between", "linear")
        if between not in ("linear", "held"):
            what = f"`{between}` does not say what holds between two points"
            raise QuantityError(what, "Write `between: linear` or `between: held`")
        read_all = {str(when).strip(): _point(when, given, dimension) for when, given in points.items()}
        ordered = sorted(read_all, key=_EPOCH.position)
        for before, after in itertools.pairwise(ordered):
            if _EPOCH.position(before) == _EPOCH.position(after):
                what = f"{before} and {after} are the same point in time"
                raise QuantityError(what, "Leave one of the two out")
        found = {each.dimension for each in read_all.values()}
        if len(found) > 1:
            what = "the points of the path are in different kinds of units"
            raise QuantityError(what, "Write all of them per MW and time, or all per GPU-hour")
        units = {each.unit for each in read_all.values()}
        kept_as = found.pop()
        return cls(
            dimension,
            path=tuple((when, read_all[when].value) for when in ordered),
            between=between,
            path_per_gpu_hour=kept_as != dimension,
            unit=units.pop() if len(units) == 1 else None,
            **window,
            **provenance_of(data, kept_as),
        )

    @classmethod
    def _read_driver(cls, data: Mapping[str, Any], dimension: str, window: Mapping[str, Any]) -> Self:
        check_keys(data, _DRIVER_KEYS, "a multiple of a driver")
        name = data["driver"]
        if not isinstance(name, str) or not name.strip():
            what = "`driver` must be the name of a driver"
            raise QuantityError(what, "Write it as in `{driver: users, times: 1.2}`")
        times = data.get("times")
        return cls(
            dimension,
            amount=None if times is None else Amount.read(times, None),
            driver=name.strip(),
            **window,
            **provenance_of(data, dimension),
        )

    @property
    def per_gpu_hour(self) -> bool:
        """Whether it is a capacity price in USD/GPU-hour."""
        return self.path_per_gpu_hour or (
            self.driver is None and self.amount is not None and self.amount.per_gpu_hour
        )

    @property
    def distribution(self) -> Any:
        """The distribution of the constant or of the factor on the driver, or None."""
        return None if self.amount is None else self.amount.distribution

    def on(self, calendar: Calendar) -> list[float]:
        """Return the value in every quarter of a calendar, in the canonical unit; zero outside its window.

        For a multiple of a driver these are the factors on the driver. A path is linear between its points,
        each at the start of its date, and a quarter has the value at its start; with ``between: held`` a
        point holds from the quarter that contains its date. Before the first point the first value holds,
        after the last one the last.

        Examples
        --------
        >>> plan = Profile.read({"path": {2026: "8 B USD/year", 2027: "17 B USD/year"}, "between": "held"},
        ...                     "money_flow")
        >>> plan.on(Calendar(Quarter(2026, 3), Quarter(2027, 2)))
        [2000.0, 2000.0, 4250.0, 4250.0]
        """
        if self.path:
            values = self._path_on(calendar)
        else:
            values = [1.0 if self.amount is None else self.amount.value] * len(calendar)
        if self.first is None and self.last is None:
            return values
        return [
            value if self._runs_in(quarter) else 0.0 for quarter, value in zip(calendar, values, strict=True)
        ]

    def _runs_in(self, quarter: Quarter) -> bool:
        return (self.first is None or self.first <= quarter) and (self.last is None or quarter <= self.last)

    def _path_on(self, calendar: Calendar) -> list[float]:
        places = [calendar.position(when) for when, _ in self.path]
        values = [value for _, value in self.path]
        if self.between == "held":
            places = [float(math.floor(place)) for place in places]
        result = []
        for index in range(len(calendar)):
            after = bisect_right(places, index)
            if after == 0 or after == len(places) or self.between == "held":
                result.append(values[max(after - 1, 0)])
            else:
                weight = (index - places[after - 1]) / (places[after] - places[after - 1])
                result.append(values[after - 1] + weight * (values[after] - values[after - 1]))
        return result

    def written(self) -> Any:
        """Return plain data that a person would write and that read back as an equal profile."""
        window: dict[str, Any] = {"from": self.first, "until": self.last}
        window = {key: str(quarter) for key, quarter in window.items() if quarter is not None}
        if self.path:
            return {**self._written_path(), **window, **self._provenance()}
        if self.driver is not None:
            factor = {} if self.amount is None else {"times": self.amount.written()}
            data = {"driver": self.driver, **factor, **window, **self._provenance()}
            return self.driver if data.keys() == {"driver"} and _is_name(self.driver) else data
        amount = self.amount.written() if self.amount is not None else None
        if not window:
            return amount
        return {**amount, **window} if isinstance(amount, Mapping) else {"value": amount, **window}

    def _written_path(self) -> dict[str, Any]:
        points = {
            int(when) if when.isdigit() else when: number_or_text(value, self._kept_as, self.unit)
            for when, value in self.path
        }
        return {"path": points} if self.between == "linear" else {"path": points, "between": self.between}

    def _provenance(self) -> dict[str, Any]:
        return written_provenance(self, self._kept_as, self.unit)

    def __str__(self) -> str:
        if self.driver is not None:
            return self.driver if self.amount is None else f"{self.amount} × {self.driver}"
        if self.path:
            ends = (self.path[0], self.path[-1])
            return " to ".join(
                f"{format(value, self._kept_as, unit=self.unit)} ({when})" for when, value in ends
            )
        return str(self.amount)

    @property
    def _kept_as(self) -> str:
        return "gpu_hour_price" if self.path_per_gpu_hour else self.dimension

    def _of(self, dimension: str) -> Self:
        if self.dimension == dimension:
            return self
        what = f"a profile of {dimension} is needed, got one of {self.dimension}"
        raise QuantityError(what, "Read it again with the dimension that is needed")


def _is_name(text: str) -> bool:
    """Say whether text is a driver's name and no quantity: quantities begin with a number."""
    body = text.strip()
    looks_like_time = body.partition(" ")[0].rstrip("s") in {"day", "week", "month", "quarter", "year"}
    return bool(body) and not (body[0] in "+-.0123456789$€£¥₩₹" or looks_like_time)


def _quarter(data: Any) -> Quarter | None:
    return None if data is None else Quarter.containing(data)


def _point(when: Any, given: Any, dimension: str) -> Any:
    """Read one point of a path, whose date and value must both be plain."""
    if isinstance(given, Mapping):
        what = f"the point {when} of the path is not a plain quantity"
        raise QuantityError(
            what, "Multiply the path by a driver with `times`, or give the distribution to a driver"
        )
    try:
        _EPOCH.position(when)
    except DateError as error:
        raise QuantityError(error.what, error.mend) from None
    return read(given, dimension)
