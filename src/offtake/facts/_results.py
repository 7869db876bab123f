"""The measure of a simulation: what a variable comes to in some quarters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from offtake.facts._arguments import keys, names, quarter, refuse
from offtake.facts._measured import Measured
from offtake.facts._path import quantity
from offtake.results import STATS, VARIABLES
from offtake.spelling import suggest

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation, Variable

__all__ = ["measure_result"]

_REDUCE: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "sum": math.fsum,
    "mean": lambda values: math.fsum(values) / len(values),
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "max": max,
    "min": min,
}
_ADDS_UP: Final = ("sum", "mean")
_LABELLED: Final = {
    "party": "parties",
    "deal": "deals",
    "site": "sites",
    "workload": "workloads",
    "driver": "drivers",
}
_TIME: Final = ("quarter", "year", "year_or_never")
_ARGUMENTS: Final = (
    "variable",
    *_LABELLED,
    "phase",
    "gate",
    "stat",
    "quarters",
    "years",
    "reduce",
    "times",
    "plus",
    "minus",
)
_DIMENSIONS: Final = {
    "M USD": "money",
    "MW": "power",
    "share of futures": "share",
    "share": "share",
    "quarter": "duration",
    "1": "ratio",
}


def measure_result(book: Book, of: Any, runs: Simulation | None) -> Measured:
    """Return what a variable of a simulation comes to.

    Parameters
    ----------
    book
        The book.
    of
        ``variable``, a name of `offtake.results.VARIABLES`; a label, or a list of labels to add up, for each
        of its dims (``party``, ``deal``, ``site``, ``workload``, ``driver``, ``phase``, ``gate``); ``stat``
        (default: mean); ``quarters`` (one, a list, or `{from, to}`) or ``years``; ``reduce`` (sum, mean,
        first, last, max, min), needed for several quarters; ``times``, a factor; ``plus`` and ``minus``,
        further results of the same kind.
    runs
        A simulation of the book; None only checks the arguments and gives 0.

    Raises
    ------
    MeasureError
        If there is no such variable, label or quarter, or the result would mean nothing.
    """
    given = keys(of, _ARGUMENTS, main="variable")
    variable = _variable(given["variable"])
    stat = given.get("stat", "mean")
    if stat not in STATS:
        refuse(f"no statistic is called `{stat}`", suggest(str(stat), STATS, "statistic"))
    labels = {dim: _labels(book, dim, given, runs) for dim in variable.dims if dim not in ("stat", *_TIME)}
    _refuse_other_labels(given, variable)
    times = _times(book, given, variable)
    reduce = _reduce(given, times)
    _refuse_sums_of_quantiles(given, stat, reduce, labels)
    found = 0.0
    if runs is not None:
        found = reduce[1]([_value(runs, given["variable"], stat, labels, time) for time in times])
    measured = Measured(
        found * _factor(given.get("times", 1)),
        _dimension(book, variable, labels),
        per_quarter="quarter" in variable.dims and (len(times) == 1 or reduce[0] != "sum"),
    )
    return _with_others(book, given, runs, measured)


def _variable(name: Any) -> Variable:
    if name not in VARIABLES:
        refuse(f"no variable of a simulation is called `{name}`", suggest(str(name), VARIABLES, "variable"))
    return VARIABLES[name]


def _labels(book: Book, dim: str, given: Mapping[str, Any], runs: Simulation | None) -> tuple[str, ...]:
    """Return the labels of one dim that are added up."""
    if given.get(dim) is None:
        refuse(f"`{given['variable']}` is told by {dim}, and none is named", f"Add `{dim}: name`")
    known = _known(book, dim) if runs is None else [str(each) for each in runs.dataset.indexes[dim]]
    return names(given[dim], known, dim)


def _known(book: Book, dim: str) -> list[str]:
    if dim in _LABELLED:
        return list(getattr(book, _LABELLED[dim]))
    phases = [
        (f"{site}/{phase.name or place}", phase)
        for site, entry in book.sites.items()
        for place, phase in enumerate(entry.phases, start=1)
    ]
    if dim == "phase":
        return [label for label, _ in phases]
    return [f"{label}/{gate}" for label, phase in phases for gate in phase.gates]


def _refuse_other_labels(given: Mapping[str, Any], variable: Variable) -> None:
    for dim in (*_LABELLED, "phase", "gate"):
        if dim in given and dim not in variable.dims:
            refuse(f"`{given['variable']}` is not told by {dim}", f"Take `{dim}` out")


def _times(book: Book, given: Mapping[str, Any], variable: Variable) -> list[dict[str, Any]]:
    """Return the place in time of each value that is needed; one without time where there is none."""
    dim = next((dim for dim in variable.dims if dim in _TIME), None)
    if dim is None:
        if "quarters" in given or "years" in given:
            refuse(f"`{given['variable']}` has no time", "Take `quarters` or `years` out")
        return [{}]
    if ("quarters" in given) == ("years" in given):
        refuse(
            f"it is not said of which time `{given['variable']}` is meant", "Add either `quarters` or `years`"
        )
    if "years" in given:
        years = _listed(given["years"])
        if dim != "quarter":
            return [{dim: _in_calendar(book, year, dim)} for year in years]
        quarters = [
            f"{_in_calendar(book, year, 'year')}-Q{number}" for year in years for number in (1, 2, 3, 4)
        ]
    else:
        if dim != "quarter":
            refuse(f"`{given['variable']}` is told by year", "Write `years` in place of `quarters`")
        quarters = _quarters(given["quarters"])
    inside = [str(each) for each in book.calendar]
    for name in quarters:
        if name not in inside:
            refuse(
                f"{name} is not in the calendar of the book",
                f"Name quarters from {inside[0]} to {inside[-1]}",
            )
    return [{"quarter": name} for name in quarters]


def _quarters(data: Any) -> list[str]:
    if isinstance(data, Mapping):
        ends = keys(data, ["from", "to"], main="from")
        first, last = quarter(ends["from"]), quarter(ends.get("to"), end=True)
        if first is None or last is None or last < first:
            refuse(
                "quarters need a first and a last one",
                "Write them as in `quarters: {from: 2026-Q1, to: 2026-Q4}`",
            )
        return [str(first + place) for place in range(last - first + 1)]
    return [str(quarter(each)) for each in _listed(data)]


def _listed(data: Any) -> list[Any]:
    found = list(data) if isinstance(data, list | tuple) else [data]
    if not found or found == [None]:
        refuse("no time is named", "Write it as in `quarters: 2026-Q1`")
    return found


def _in_calendar(book: Book, year: Any, dim: str) -> int | str:
    if dim == "year_or_never" and str(year) == "never":
        return "never"
    if not str(year).isdigit() or int(year) not in book.calendar.years:
        years = book.calendar.years
        refuse(f"{year} is no year of the calendar of the book", f"Name years from {years[0]} to {years[-1]}")
    return str(year) if dim == "year_or_never" else int(year)


def _reduce(
    given: Mapping[str, Any], times: list[dict[str, Any]]
) -> tuple[str, Callable[[list[float]], float]]:
    name = given.get("reduce")
    if name is None:
        if len(times) > 1:
            refuse(
                f"it is not said what to make of {len(times)} values", f"Add `reduce`: {', '.join(_REDUCE)}"
            )
        name = "first"
    if name not in _REDUCE:
        refuse(f"`{name}` is no way to reduce values to one", suggest(str(name), _REDUCE, "reduction"))
    return name, _REDUCE[name]


def _refuse_sums_of_quantiles(
    given: Mapping[str, Any], stat: str, reduce: tuple[str, Any], labels: Mapping[str, tuple[str, ...]]
) -> None:
    adds_up = reduce[0] in _ADDS_UP or any(len(each) > 1 for each in labels.values())
    if stat != "mean" and (adds_up or "plus" in given or "minus" in given):
        refuse("a sum of quantiles is no quantile of the sum", "Use the mean, or a single value")


def _value(
    runs: Simulation, variable: str, stat: str, labels: Mapping[str, tuple[str, ...]], time: Mapping[str, Any]
) -> float:
    array = runs.values(variable, **time)
    if "stat" in array.dims:
        array = array.sel(stat=stat)
    return float(array.sel({dim: list(chosen) for dim, chosen in labels.items()}).sum())


def _factor(data: Any) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        refuse(f"`{data}` is no factor", "Write a number, as in `times: 4`")
    return float(data)


def _dimension(book: Book, variable: Variable, labels: Mapping[str, tuple[str, ...]]) -> str:
    """Return the dimension of a variable; that of a driver is the one its process is written in."""
    if variable.unit != "own":
        return _DIMENSIONS[variable.unit]
    driver = book.drivers[labels["driver"][0]]
    process = getattr(driver, driver.process)
    written = process.get("now", next(iter(process.values()))) if isinstance(process, Mapping) else process
    return quantity(written).dimension


def _with_others(
    book: Book, given: Mapping[str, Any], runs: Simulation | None, measured: Measured
) -> Measured:
    for key, sign in (("plus", 1.0), ("minus", -1.0)):
        others = given.get(key, [])
        for each in others if isinstance(others, list | tuple) else [others]:
            other = measure_result(book, each, runs)
            if other.dimension != measured.dimension:
                refuse(
                    f"a {other.dimension} and a {measured.dimension} do not go together", f"Correct `{key}`"
                )
            measured = replace(measured, value=measured.number + sign * other.number)
    return measured
