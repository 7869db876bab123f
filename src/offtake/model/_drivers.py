"""Driver entries as arrays, with what a scenario does to them."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from offtake.calendar import Calendar, Quarter
from offtake.errors import InputError
from offtake.model.curves import (
    bass_curve,
    constant_curve,
    gbm_curve,
    logistic_curve,
    mean_reverting_curve,
    path_curve,
)
from offtake.model.driver_arrays import (
    DriverArrays,
    DriverCurve,
    Jumps,
    stack_drivers,
    with_jumps,
    with_overlay,
    with_shock,
)
from offtake.units import dimension_of, parse

if TYPE_CHECKING:
    from offtake.book import Book, Driver, Scenario

__all__ = ["DriverFigure", "compile_drivers", "correlations_of", "driver_dimension", "driver_figures"]

_RATES = frozenset({"growth", "p", "q"})
_TIMES = frozenset({"half_life", "elapsed"})


def driver_dimension(driver: "Driver") -> str:
    """Return the dimension of a driver's values, read off its first quantity."""
    inner = getattr(driver, driver.process)
    if driver.process == "path":
        return dimension_of(next(iter(inner.values())))
    if driver.process == "constant":
        return dimension_of(inner)
    return dimension_of(next(value for key, value in inner.items() if key not in _RATES | _TIMES))


def compile_drivers(book: "Book", calendar: Calendar, scenario: "Scenario | None") -> DriverArrays:
    """Return the arrays of all drivers in book order.

    Parameters
    ----------
    book
        The book before the scenario's dated driver values.
    calendar
        The quarters.
    scenario
        Dated new values and shocks, or None.
    """
    curves = {
        name: _with_scenario(
            _curve(driver, name, calendar, _changes(name, calendar, scenario)), name, calendar, scenario
        )
        for name, driver in book.drivers.items()
    }
    return stack_drivers(curves, correlations_of(book), quarters=len(calendar))


def correlations_of(book: "Book") -> dict[tuple[str, str], float]:
    """Return the correlation of each pair of drivers that a book gives."""
    pairs = {}
    for pair, value in book.correlations.items():
        left, _, right = pair.partition("~")
        pairs[left.strip(), right.strip()] = value.value
    return pairs


def _changes(name: str, calendar: Calendar, scenario: "Scenario | None") -> list[tuple[int, dict[str, Any]]]:
    """Return the new parameters that a scenario gives a driver from a quarter on."""
    if scenario is None or scenario.from_ is None:
        return []
    found: dict[str, Any] = {}
    for path, value in scenario.set.items():
        section, _, rest = path.partition(".")
        owner, _, field = rest.rpartition(".")
        if section == "drivers" and (owner == name or owner.startswith(f"{name}.")):
            found[field] = value
    start = max(0, calendar.index(scenario.from_))
    return [(start, {key: _number(key, value, name) for key, value in found.items()})] if found else []


def _number(key: str, value: Any, name: str) -> float:
    """Return a process parameter in the unit that the curves use: years, yearly rates, own units."""
    if key in _RATES or key == "noise":
        return parse(value, "rate")[0]
    if key in _TIMES:
        return parse(value, "duration")[0] / 4.0
    if isinstance(value, dict):
        message = f"drivers.{name}.{key}: a process parameter is one number, not a distribution; use `noise`"
        raise InputError(message)
    return parse(value, dimension_of(value))[0]


def _curve(
    driver: "Driver", name: str, calendar: Calendar, changes: list[tuple[int, dict[str, Any]]]
) -> DriverCurve:
    return _built(driver, calendar, changes, _figures(driver, name))


def _figures(driver: "Driver", name: str) -> dict[str, float]:
    """Return the numbers inside a driver as the curves use them, by the end of their path in the book."""
    inner: Any = getattr(driver, driver.process)
    if driver.process == "constant":
        found = {"constant": _number("value", inner, name)}
    elif driver.process == "path":
        found = {f"path.{quarter}": _number("value", value, name) for quarter, value in inner.items()}
    else:
        found = {f"{driver.process}.{key}": _number(key, value, name) for key, value in inner.items()}
    found["noise"] = driver.noise.value
    if driver.jumps is not None:
        jumps = driver.jumps
        found |= {f"jumps.{key}": getattr(jumps, key).value for key in ("rate", "mean", "sd")}
    return found


def _built(
    driver: "Driver",
    calendar: Calendar,
    changes: list[tuple[int, dict[str, Any]]],
    figures: dict[str, float],
) -> DriverCurve:
    """Return the curve of a driver with these numbers in it."""
    quarters, process = len(calendar), driver.process
    common: dict[str, Any] = {"noise": figures["noise"], "changes": changes}
    if process == "constant":
        curve = constant_curve(quarters, figures["constant"], **common)
    elif process == "path":
        points = {calendar.index(quarter): figures[f"path.{quarter}"] for quarter in driver.path or ()}
        curve = path_curve(quarters, points, **common)
    else:
        start = f"{process}."
        numbers = {key.removeprefix(start): v for key, v in figures.items() if key.startswith(start)}
        maker: Any = {
            "gbm": gbm_curve,
            "mean_reverting": mean_reverting_curve,
            "logistic": logistic_curve,
            "bass": bass_curve,
        }[process]
        curve = maker(quarters, **numbers, **common)
    if driver.jumps is not None:
        curve = with_jumps(curve, Jumps(*(figures[f"jumps.{key}"] for key in ("rate", "mean", "sd"))))
    return curve


class DriverFigure(NamedTuple):
    """A number inside a driver, and how to see the driver with another one."""

    label: str
    """dotted path in the book"""
    driver: int
    value: float
    """in the canonical unit of its dimension"""
    dimension: str
    moved: Callable[[float], DriverCurve]
    """the driver's arrays with another value, in the same unit"""


def driver_figures(book: "Book", calendar: Calendar, scenario: "Scenario | None") -> list[DriverFigure]:
    """Return every number inside the drivers, in book order.

    Parameters
    ----------
    book, calendar, scenario
        As in `compile_drivers`.
    """
    found = []
    for place, (name, driver) in enumerate(book.drivers.items()):
        figures = _figures(driver, name)
        own = driver_dimension(driver)
        for key, number in figures.items():
            last = key.rpartition(".")[2]
            yearly = last in _TIMES

            def moved(value: float, key: str = key, yearly: bool = yearly, name: str = name) -> DriverCurve:
                entry = book.drivers[name]
                numbers = _figures(entry, name) | {key: value / 4.0 if yearly else value}
                curve = _built(entry, calendar, _changes(name, calendar, scenario), numbers)
                return _with_scenario(curve, name, calendar, scenario)

            value = number * 4.0 if yearly else number
            found.append(DriverFigure(f"drivers.{name}.{key}", place, value, _kind(key, own), moved))
    return found


def _kind(key: str, own: str) -> str:
    """Return the dimension of a number inside a driver."""
    last = key.rpartition(".")[2]
    if last in _TIMES:
        return "duration"
    if last in _RATES or key in {"noise", "jumps.rate"}:
        return "rate"
    return "ratio" if key.startswith("jumps.") else own


def _with_scenario(
    curve: DriverCurve, name: str, calendar: Calendar, scenario: "Scenario | None"
) -> DriverCurve:
    shock = None if scenario is None else scenario.shock.get(name)
    if scenario is None or shock is None:
        return curve
    quarter: Quarter | None = shock.at or scenario.at
    if quarter is None:
        message = f"the shock on {name} has no date; give the scenario an `at`"
        raise InputError(message)
    place = calendar.index(quarter)
    if not 0 <= place < len(calendar):
        message = f"the shock on {name} in {quarter} lies outside the calendar {calendar}"
        raise InputError(message)
    if shock.lasting is None:
        return with_shock(curve, place, shock.times.value)
    lasting = min(math.ceil(shock.lasting.value - 1e-9), len(calendar) - place)
    return with_overlay(curve, place, max(1, lasting), shock.times.value)
