"""Checks of drivers: their parameters, their correlations, and whether they fit where they are used."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from offtake.book._amount import Amount
from offtake.book._clauses import Warrants
from offtake.book._document import Finding
from offtake.book._driver import Driver
from offtake.book._look import Look, walk
from offtake.book._processes import DIMENSIONS_OF, LEVELS, NEEDED, parameters
from offtake.book._profile import Profile
from offtake.spelling import suggest
from offtake.units import DIMENSIONS, QuantityError, dimension_of, read

__all__ = ["CHECKS", "driver_dimension"]

_PLAIN: Final = frozenset({"ratio", "share", "index", "count"})
_DOLLARS: Final = frozenset({"money", "chip_price", "share_price"})
_PER_CAPACITY: Final = frozenset({"capacity_price", "gpu_hour_price"})
_FAMILIES: Final = (_PLAIN, _DOLLARS, _PER_CAPACITY, frozenset({"power", "chip_power"}))
_ROUNDING: Final = 1e-9


def driver_dimension(driver: Driver) -> str:
    """Return the dimension of a driver's values, read off its first quantity.

    Raises
    ------
    UnitError
        If it cannot be read.

    Examples
    --------
    >>> driver_dimension(Driver.model_validate({"gbm": {"now": "35 MW", "growth": "10 %"}}))
    'power'
    """
    return dimension_of(next(iter(_quantities(driver).values())))


def _quantities(driver: Driver) -> dict[str, Any]:
    """Return the quantities in the driver's own unit, by where they stand in its process."""
    inside = getattr(driver, driver.process)
    if driver.process == "constant":
        return {"": inside}
    if driver.process == "path":
        return {str(quarter): value for quarter, value in inside.items()}
    return {key: value for key, value in inside.items() if key in LEVELS}


def processes_are_complete(look: Look) -> Iterator[Finding]:
    """Yield processes that lack a parameter or have one that is not theirs."""
    for name, driver in look.book.drivers.items():
        process = driver.process
        if process == "path" and not driver.path:
            yield Finding(("drivers", name, "path"), "the path has no point", "Give at least one")
        if process not in NEEDED:
            continue
        inside = getattr(driver, process)
        allowed = parameters(process)
        for key in inside:
            if key not in allowed:
                path = ("drivers", name, process, key)
                yield Finding(
                    path, f"`{key}` is not a parameter of `{process}`", suggest(key, allowed, "parameter")
                )
        for key in NEEDED[process]:
            if key not in inside:
                example = {"rate": "10 %/year", "duration": "18 months"}.get(
                    DIMENSIONS_OF.get(key, ""), "35 MW"
                )
                yield Finding(
                    ("drivers", name, process),
                    f"`{key}` is missing in `{process}`",
                    f"Add it, such as `{key}: {example}`",
                )


def parameters_can_be_read(look: Look) -> Iterator[Finding]:
    """Yield parameters of processes that are not quantities of the right kind."""
    for name, driver in look.book.drivers.items():
        path = ("drivers", name, driver.process)
        inside = getattr(driver, driver.process)
        for key, given in (inside if isinstance(inside, Mapping) else {}).items():
            if key in DIMENSIONS_OF:
                yield from _refusal((*path, key), given, DIMENSIONS_OF[key])
        yield from _own_quantities(path, driver)


def _own_quantities(path: tuple[str, ...], driver: Driver) -> Iterator[Finding]:
    """Yield quantities of a driver that differ in kind from its first, and levels that cannot be."""
    wanted: str | None = None
    values: dict[str, float] = {}
    for key, given in _quantities(driver).items():
        here = (*path, key) if key else path
        try:
            wanted = wanted or dimension_of(given)
            values[key] = read(given, wanted).value
        except QuantityError as error:
            yield Finding(here, error.what, error.mend)
    positive = driver.process not in {"constant", "path"}
    for key, value in values.items():
        if positive and value <= 0:
            yield Finding(
                (*path, key), f"`{key}` must be above zero", "The process moves in logarithms: correct it"
            )
    if "ceiling" in values and "now" in values and values["now"] >= values["ceiling"]:
        yield Finding((*path, "ceiling"), "the ceiling is not above where the driver stands now", "Raise it")


def _refusal(path: tuple[str, ...], given: Any, dimension: str) -> Iterator[Finding]:
    try:
        read(given, dimension)
    except QuantityError as error:
        yield Finding(path, error.what, error.mend)


def drivers_fit_their_use(look: Look) -> Iterator[Finding]:
    """Yield profiles, clauses and market entries that follow a driver of another kind."""
    for path, each in walk(look.book):
        if isinstance(each, Profile) and each.driver is not None:
            yield from _fits(look, path, each.driver, each.dimension, each.amount)
    for path, _, clause in look.clauses():
        if isinstance(clause, Warrants):
            yield from _fits(look, (*path, "price"), clause.price, "share_price", None)
    market = look.book.market
    for key, standard, dimension in (
        ("spot", market.spot or "spot", "capacity_price"),
        ("confidence", market.confidence or "confidence", "ratio"),
    ):
        yield from _fits(look, ("market", key), standard, dimension, None)


def _fits(look: Look, path: Any, name: str, wanted: str, times: Amount | None) -> Iterator[Finding]:
    driver = look.book.drivers.get(name)
    if driver is None:
        return
    try:
        given = driver_dimension(driver)
    except (QuantityError, StopIteration):
        return
    factor = "ratio" if times is None else times.dimension
    if not (_alike(given, wanted) and factor in _PLAIN) and not (given in _PLAIN and _alike(factor, wanted)):
        what = f"{DIMENSIONS[wanted].words} is needed, but the driver `{name}` is {DIMENSIONS[given].words}"
        if factor not in _PLAIN:
            what += f" times {DIMENSIONS[factor].words}"
        mend = (
            f"Name a driver such as one with `now: {DIMENSIONS[wanted].example}`, or a plain one with `times`"
        )
        yield Finding(path, what, mend)


def _alike(one: str, other: str) -> bool:
    return one == other or any(one in family and other in family for family in _FAMILIES)


def chips_convert_prices(look: Look) -> Iterator[Finding]:
    """Yield a spot price per GPU-hour where no chip says how many of them make a MW."""
    book = look.book
    driver = book.drivers.get(book.market.spot or "spot")
    if driver is None or book.market.chip is not None or len(look.known("chips")) == 1:
        return
    try:
        per_hour = driver_dimension(driver) == "gpu_hour_price"
    except (QuantityError, StopIteration):
        return
    if per_hour:
        what = "the spot price is per GPU-hour, but it is not said of which chip"
        yield Finding(("market", "chip"), what, "Name a chip, as in `market: {chip: Q1}`")


def pairs_are_pairs(look: Look) -> Iterator[Finding]:
    """Yield correlations of a driver with itself, and pairs that are given twice."""
    seen: dict[frozenset[str], str] = {}
    for pair in look.book.correlations:
        both = frozenset(pair.split(" ~ "))
        if len(both) == 1:
            yield Finding(("correlations", pair), "a driver's correlation with itself is 1", "Take it out")
        elif both in seen:
            yield Finding(
                ("correlations", pair), f"the pair is given already, as `{seen[both]}`", "Take one out"
            )
        seen.setdefault(both, pair)


def correlations_are_possible(look: Look) -> Iterator[Finding]:
    """Yield a table of correlations that no set of quantities can have."""
    if not look.book.correlations:
        return
    import numpy as np

    names = list(dict.fromkeys(name for pair in look.book.correlations for name in pair.split(" ~ ")))
    table = np.eye(len(names))
    for pair, amount in look.book.correlations.items():
        one, other = (names.index(name) for name in pair.split(" ~ "))
        if one != other:
            table[one, other] = table[other, one] = amount.value
    values, vectors = np.linalg.eigh(table)
    if values[0] < -_ROUNDING:
        involved = [names[place] for place in np.argsort(-np.abs(vectors[:, 0]))[:3]]
        shown = ", ".join(f"`{name}`" for name in sorted(involved))
        what = f"no quantities can have these correlations; {shown} contradict each other most"
        yield Finding(
            ("correlations",), what, "Bring correlations among them nearer to zero, or give all their pairs"
        )


CHECKS = (
    processes_are_complete,
    parameters_can_be_read,
    drivers_fit_their_use,
    chips_convert_prices,
    pairs_are_pairs,
    correlations_are_possible,
)
"""Every check of this module."""
