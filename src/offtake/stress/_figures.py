"""Every figure of a book, with its derivative and with what changes where it is moved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.model import Model
from offtake.model._drivers import DriverFigure, correlations_of, driver_figures
from offtake.model._leaves import BASE, RHO, Input
from offtake.model.correlation import correlation_cholesky
from offtake.model.distributions import Kind
from offtake.model.driver_arrays import DriverArrays
from offtake.stress._gradient import Numbers
from offtake.units import DIMENSIONS

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["Figure", "figures", "parameters"]

Array = Any

_SHARE_OF_VALUE = 0.1
_LEAST_SPAN = {"money": 1.0, "money_flow": 1.0, "power": 1.0, "duration": 0.25, "energy_price": 1.0}
_SMALL = 0.01
_LITTLE = 1e-5
_BY_QUARTER = ("curve", "persist", "scale", "drift", "logshock")
_PER_DRIVER = ("jump_rate", "jump_mean", "jump_sd")
_Z90 = 1.2815515655446004
_NAMES = {
    Kind.UNIFORM: ("uniform.0", "uniform.1"),
    Kind.TRIANGULAR: ("triangular.0", "triangular.1", "triangular.2"),
    Kind.NORMAL: ("normal.mean", "normal.sd"),
    Kind.LOGNORMAL: ("lognormal.median", "lognormal.p90"),
}


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of the book.

    Parameters
    ----------
    label
        Its dotted path.
    value
        The figure in the canonical unit of its dimension; the median where it is drawn.
    unit
        That unit.
    span
        How far it may be off: half of its stated range or of the middle 90 % of its distribution, else a
        tenth of its value.
    drawn
        Whether it is drawn anew in each future; moving it then moves its whole distribution.
    is_share
        Whether it is a share, which is at most one.
    derivative
        From derivatives by all numbers of the model to the one by this figure.
    moved
        From the numbers of the model and a change of the figure to the numbers after it.
    """

    label: str
    value: float
    unit: str
    span: float
    drawn: bool
    is_share: bool
    derivative: Callable[[Numbers], float]
    moved: Callable[[Numbers, float], Numbers]


def figures(book: "Book", model: Model, scenario: str | None = None) -> tuple[Figure, ...]:
    """Return every figure of a book that feeds a number of its model, in book order.

    Parameters
    ----------
    book
        The book.
    model
        What `offtake.model.compile` makes of it and the scenario.
    scenario
        Name of the scenario, or None.

    Notes
    -----
    A figure that feeds several numbers is one figure. Figures that shape the model (E2 of
    docs/quarter-step.md) are not among them: powers of phases and ramps, dates, dated maturities and draws.
    """
    chosen = None if scenario is None else book.scenarios[scenario]
    drawn = {
        (leaf, place): u
        for u, (leaf, place) in enumerate(zip(model.uncertain.leaves, model.uncertain.places, strict=True))
    }
    groups: dict[str, list[Input]] = {}
    for one in model.inputs:
        groups.setdefault(one.label, []).append(one)
    found = [_of_inputs(tuple(group), drawn) for group in groups.values()]
    before = book if scenario is None else book.with_scenario(scenario)
    calendar = book.calendar
    found += [_of_driver(one) for one in driver_figures(before, calendar, chosen)]
    found += _of_correlations(before, model)
    return tuple(found)


def parameters(model: Model, by_number: Numbers) -> dict[str, float]:
    """Return the derivatives by the parameters of the distributions, by dotted path.

    Those of discrete distributions are left out: their values move by steps of probability.
    """
    found: dict[str, float] = {}
    drawn = model.uncertain
    for u, label in enumerate(drawn.labels):
        kind = Kind(int(drawn.kind[u]))
        slopes = np.asarray(by_number.params)[u]
        if kind == Kind.LOGNORMAL:
            centre, spread = np.exp(drawn.params[u, 0]), drawn.params[u, 1]
            p90 = centre * np.exp(spread * _Z90)
            slopes = np.array([slopes[0] / centre - slopes[1] / (_Z90 * centre), slopes[1] / (_Z90 * p90)])
        for name, slope in zip(_NAMES.get(kind, ()), slopes, strict=False):
            found[f"{label}.{name}"] = float(slope)
    return found


def _of_inputs(group: tuple[Input, ...], drawn: dict[tuple[str, int], int]) -> Figure:
    """Return the figure that feeds some numbers of the model."""
    first = group[0]

    def derivative(by_number: Numbers) -> float:
        return sum(_slope(by_number, one, drawn) for one in group)

    def moved(numbers: Numbers, change: float) -> Numbers:
        for one in group:
            numbers = _moved(numbers, one, drawn, change)
        return numbers

    return Figure(
        label=first.label,
        value=first.value,
        unit=_unit(first.dimension, first.per_gpu_hour),
        span=first.span or _usual_span(first.value, first.dimension),
        drawn=first.drawn,
        is_share=first.dimension == "share",
        derivative=derivative,
        moved=moved,
    )


def _slope(by_number: Numbers, one: Input, drawn: dict[tuple[str, int], int]) -> float:
    if one.leaf == BASE:
        return float(np.asarray(by_number.base)[:, one.place] @ np.array(one.by_quarter))
    if one.leaf == RHO:
        return float(by_number.rho[one.place])
    if one.drawn:
        return float(by_number.shift[drawn[one.leaf, one.place]])
    return float(by_number.leaves[one.leaf][one.place]) * one.factor


def _moved(numbers: Numbers, one: Input, drawn: dict[tuple[str, int], int], change: float) -> Numbers:
    if one.leaf == BASE:
        column = np.arange(numbers.base.shape[1]) == one.place
        return numbers._replace(base=numbers.base + np.outer(one.by_quarter, column) * change)
    if one.leaf == RHO:
        return numbers._replace(rho=_raised(numbers.rho, one.place, change))
    if one.drawn:
        return numbers._replace(shift=_raised(numbers.shift, drawn[one.leaf, one.place], change))
    raised = _raised(numbers.leaves[one.leaf], one.place, change * one.factor)
    return numbers._replace(leaves={**numbers.leaves, one.leaf: raised})


def _raised(values: Array, place: int, change: float) -> Array:
    return np.where(np.arange(len(values)) == place, values + change, values)


def _of_driver(one: DriverFigure) -> Figure:
    """Return a number inside a driver; its arrays are smooth in it, so their slopes are differences."""

    def derivative(by_number: Numbers) -> float:
        step = _LITTLE * max(abs(one.value), _SMALL)
        high, low = one.value + step, one.value - step
        if one.value >= 0.0:
            low = max(low, 0.0)
        up, down = _columns(one, high), _columns(one, low)
        by_name = dict(zip(DriverArrays.ARRAYS, by_number.drivers, strict=True))
        return float(
            sum(
                np.sum(np.asarray(by_name[name])[..., one.driver] * (up[name] - down[name]) / (high - low))
                for name in up
            )
        )

    def moved(numbers: Numbers, change: float) -> Numbers:
        columns = _columns(one, one.value + change)
        arrays = []
        for name, values in zip(DriverArrays.ARRAYS, numbers.drivers, strict=True):
            if name in columns:
                column = np.arange(values.shape[-1]) == one.driver
                values = np.where(column, columns[name][..., None], values)  # noqa: PLW2901
            arrays.append(values)
        return numbers._replace(drivers=tuple(arrays))

    return Figure(
        label=one.label,
        value=one.value,
        unit=_unit(one.dimension, per_gpu_hour=False),
        span=_usual_span(one.value, one.dimension),
        drawn=False,
        is_share=one.dimension == "share",
        derivative=derivative,
        moved=moved,
    )


def _columns(one: DriverFigure, value: float) -> dict[str, Array]:
    """Return the arrays of one driver, [T] or []."""
    curve = one.moved(value)
    found = {name: getattr(curve, name) for name in _BY_QUARTER}
    jumps = dict(zip(_PER_DRIVER, curve.jumps, strict=True))
    return {**found, **{name: np.asarray(number) for name, number in jumps.items()}}


def _of_correlations(book: "Book", model: Model) -> list[Figure]:
    """Return the correlations of the drivers."""
    pairs = correlations_of(book)
    chol = DriverArrays.ARRAYS.index("chol")

    def one(label: str, pair: tuple[str, str]) -> Figure:
        value = pairs[pair]

        def factor(change: float) -> Array:
            return correlation_cholesky(model.names.drivers, {**pairs, pair: value + change})

        def derivative(by_number: Numbers) -> float:
            slope = (factor(_LITTLE) - factor(-_LITTLE)) / (2.0 * _LITTLE)
            return float(np.sum(np.asarray(by_number.drivers[chol]) * slope))

        def moved(numbers: Numbers, change: float) -> Numbers:
            arrays = list(numbers.drivers)
            arrays[chol] = factor(change)
            return numbers._replace(drivers=tuple(arrays))

        return Figure(f"correlations.{label}", value, "1", _SMALL, False, False, derivative, moved)

    return [
        one(label, pair)
        for label, pair in zip(book.correlations, pairs, strict=True)
        if abs(pairs[pair]) < 1.0 - _SMALL
    ]


def _usual_span(value: float, dimension: str) -> float:
    return _SHARE_OF_VALUE * abs(value) or _LEAST_SPAN.get(dimension, _SMALL)


def _unit(dimension: str, per_gpu_hour: bool) -> str:
    return "USD/GPU-hour" if per_gpu_hour else DIMENSIONS[dimension].unit
