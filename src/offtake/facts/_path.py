"""Fields of a book by dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from offtake.book import Amount, Deal, Driver, Profile
from offtake.calendar import Quarter
from offtake.errors import UnitError
from offtake.facts._arguments import MeasureError, refuse
from offtake.facts._measured import QUARTER, TEXT, YEAR, Measured
from offtake.spelling import suggest
from offtake.units import dimension_of, read

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["field_at", "quantity"]


def field_at(book: Book, path: str) -> Measured:
    """Return the value of a field: the median of a distribution, the opening value of a profile.

    The clauses of a deal and the process of a driver need not be named; places in lists count from 1.

    Raises
    ------
    MeasureError
        If the path leads nowhere, or to no single value.

    Examples
    --------
    >>> from offtake.book import Book
    >>> book = Book.read("first-steps")
    >>> field_at(book, "deals.tideway-north.take_or_pay.share").value
    1.0
    >>> field_at(book, "drivers.users.now")
    Measured(value=26.0, dimension='power', per_quarter=False)
    """
    node: Any = book
    rest = path
    while rest:
        there = dict(_below(node))
        key = max((key for key in there if rest == key or rest.startswith(f"{key}.")), key=len, default=None)
        if key is None:
            lost = rest.partition(".")[0]
            refuse(f"the path `{path}` leads nowhere: `{lost}` is not there", suggest(lost, there, "entry"))
        node, rest = there[key], rest[len(key) + 1 :]
    return _value(book, node, path)


def quantity(text: str | float) -> Measured:
    """Return a quantity as a person writes it.

    Raises
    ------
    MeasureError
        If it is none.
    """
    try:
        found = read(text, dimension_of(text))
    except UnitError as error:
        raise MeasureError(str(error), "Name a field that holds a quantity") from None
    return Measured(found.value, found.dimension)


def _below(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield what stands right below a part of a book, by the name that people write."""
    if isinstance(node, Deal):
        yield from node.clauses.items()
    if isinstance(node, Driver):
        process = getattr(node, node.process)
        yield from ((str(key), each) for key, each in process.items()) if isinstance(process, Mapping) else ()
    if isinstance(node, BaseModel):
        yield from (
            (field.alias or name, getattr(node, name)) for name, field in type(node).model_fields.items()
        )
    elif isinstance(node, Mapping):
        yield from ((str(key), each) for key, each in node.items())
    elif isinstance(node, tuple):
        yield from ((str(place), each) for place, each in enumerate(node, start=1))


def _value(book: Book, node: Any, path: str) -> Measured:
    main = getattr(node, "main", None)
    if isinstance(node, BaseModel) and main is not None:
        node = getattr(node, main)
    if isinstance(node, Amount):
        return Measured(node.value, "gpu_hour_price" if node.per_gpu_hour else node.dimension)
    if isinstance(node, Profile):
        return _opening(book, node, path)
    if isinstance(node, str) and path.startswith("drivers."):
        return quantity(node)
    kind = next((kind for types, kind in _PLAIN if isinstance(node, types)), None)
    if kind is None:
        refuse(f"`{path}` is no single value", "Name a field below it")
    if kind == "ratio" and path.endswith("_year"):
        kind = YEAR
    return Measured(str(node) if kind == TEXT else node, kind)


_PLAIN: Final = ((Quarter, QUARTER), ((str, bool), TEXT), ((int, float), "ratio"))


def _opening(book: Book, profile: Profile, path: str) -> Measured:
    if profile.driver is not None:
        refuse(
            f"`{path}` follows the driver `{profile.driver}`", f"Name a field of `drivers.{profile.driver}`"
        )
    dimension = "gpu_hour_price" if profile.per_gpu_hour else profile.dimension
    return Measured(profile.on(book.calendar)[0], dimension)
