"""Amounts: a quantity with its distribution, its sources and what is assumed about it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from offtake.book._distribution import (
    DISTRIBUTION_KEYS,
    KINDS,
    Distribution,
    number_or_text,
    read_distribution,
)
from offtake.spelling import nearest
from offtake.units import DIMENSIONS, QuantityError, dimension_of, format, read  # noqa: A004

__all__ = ["PROVENANCE_KEYS", "Amount", "check_keys", "provenance_of", "source_ids", "written_provenance"]

PROVENANCE_KEYS: Final = ("sources", "assumed", "range", "note")
"""Keys that say where a figure comes from."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity of a book in its canonical unit, with where it comes from.

    Parameters
    ----------
    value
        The value in the canonical unit of the dimension; the median where there is a distribution.
    dimension
        A name in `offtake.units.DIMENSIONS`.
    distribution
        How it varies, or None if it is taken as known.
    sources
        Ids of the sources that give it.
    assumed
        Why it was chosen so where no source gives it, or None.
    range
        The least and the most that sources or judgement allow, in the canonical unit, or None.
    note
        Anything a reader should know.
    per_gpu_hour
        Whether a capacity price was written per GPU-hour; its numbers are then in USD/GPU-hour.
    unit
        The unit in which it was written; it does not take part in comparisons.

    Raises
    ------
    UnitError
        If the value cannot occur in this dimension or lies outside its range.

    Examples
    --------
    >>> Amount.read({"value": "22.4 B USD", "sources": "F032", "range": ["20 B USD", "25 B USD"]}, "money")
    Amount(value=22400.0, dimension='money', ..., sources=('F032',), ..., range=(20000.0, 25000.0), ...)
    >>> Amount.read("18 months", "duration").written()
    '18 months'
    """

    value: float
    dimension: str
    distribution: Distribution | None = None
    sources: tuple[str, ...] = ()
    assumed: str | None = None
    range: tuple[float, float] | None = None
    note: str | None = None
    per_gpu_hour: bool = False
    unit: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        dimension = DIMENSIONS[self.dimension]
        least = self.value if self.distribution is None else min(self.value, self.distribution.least)
        if not math.isfinite(self.value):
            what = f"{dimension.words} must be finite"
            raise QuantityError(what, f"Write it as in `{dimension.example}`")
        if dimension.minimum is not None and math.isfinite(least) and least < dimension.minimum:
            what = f"{dimension.words} cannot be below {dimension.minimum:g}, got {self._text(least)}"
            raise QuantityError(what, f"Write one such as `{dimension.example}`")
        if self.range is not None and not self.range[0] <= self.value <= self.range[1]:
            low, high = (format(each, self._kept_as) for each in self.range)
            what = f"{self._text(self.value)} lies outside its own range from {low} to {high}"
            raise QuantityError(what, "Correct the value or the range")

    @classmethod
    def read(cls, data: Any, dimension: str | None) -> Self:
        """Return the amount that plain data describe.

        Parameters
        ----------
        data : Any
            A number where the dimension allows one, text with a unit, the mapping of a distribution, or a
            mapping with `value` and any of `sources`, `assumed`, `range` and `note`.
        dimension : str or None
            The dimension that is asked for; None takes the one that the quantity has.

        Raises
        ------
        UnitError
            If it cannot be read.
        """
        if isinstance(data, cls):
            return data if dimension is None else data._of(dimension)
        provenance: dict[str, Any] = {}
        if isinstance(data, Mapping):
            data, provenance = _open(data)
        if isinstance(data, Mapping):
            wanted = dimension or dimension_of(_any_number(data))
            distribution, found = read_distribution(data, wanted)
            value, unit = distribution.median, distribution.unit
        else:
            distribution, wanted = None, dimension or dimension_of(data)
            value, unit, found = read(data, wanted)
        return cls(
            value=value,
            dimension=wanted,
            distribution=distribution,
            per_gpu_hour=found != wanted,
            unit=unit,
            **provenance_of(provenance, found),
        )

    def written(self) -> Any:
        """Return plain data that a person would write and that read back as an equal amount."""
        if self.distribution is not None:
            return {**self.distribution.written(self._kept_as), **self._provenance()}
        quantity = number_or_text(self.value, self._kept_as, self.unit)
        provenance = self._provenance()
        return {"value": quantity, **provenance} if provenance else quantity

    def __str__(self) -> str:
        return self._text(self.value)

    @property
    def _kept_as(self) -> str:
        return DIMENSIONS[self.dimension].apart or self.dimension if self.per_gpu_hour else self.dimension

    def _of(self, dimension: str) -> Self:
        if self.dimension == dimension:
            return self
        wanted = DIMENSIONS[dimension]
        what = f"{wanted.words} is needed, got {DIMENSIONS[self.dimension].words} (`{self}`)"
        raise QuantityError(what, f"Write it as in `{wanted.example}`")

    def _text(self, value: float) -> str:
        return format(value, self._kept_as, unit=self.unit)

    def _provenance(self) -> dict[str, Any]:
        return written_provenance(self, self._kept_as, self.unit)


def written_provenance(record: Any, dimension: str, unit: str | None) -> dict[str, Any]:
    """Return the keys that say where an amount or a profile comes from, leaving out the empty ones."""
    data: dict[str, Any] = {}
    if record.sources:
        data["sources"] = list(record.sources)
    if record.assumed is not None:
        data["assumed"] = record.assumed
    if record.range is not None:
        data["range"] = [number_or_text(each, dimension, unit) for each in record.range]
    if record.note is not None:
        data["note"] = record.note
    return data


def provenance_of(data: Mapping[str, Any], dimension: str) -> dict[str, Any]:
    """Return the provenance that plain data give, as arguments of an amount or a profile."""
    given: dict[str, Any] = {}
    if "sources" in data:
        given["sources"] = source_ids(data["sources"])
    for key in ("assumed", "note"):
        if data.get(key) is not None:
            if not isinstance(data[key], str) or not data[key].strip():
                what = f"`{key}` must be a sentence"
                raise QuantityError(what, f"Write why, as in `{key}: midpoint of two estimates`")
            given[key] = data[key].strip()
    if data.get("range") is not None:
        ends = data["range"]
        if not isinstance(ends, list | tuple) or len(ends) != 2:  # noqa: PLR2004 - a range has two ends
            what = "a range needs its two ends"
            raise QuantityError(what, "Write it as in `range: [0.5 GW, 1 GW]`")
        given["range"] = tuple(read(each, dimension).value for each in ends)
    return given


def source_ids(data: Any) -> tuple[str, ...]:
    """Return source ids from one id or a list of them.

    Examples
    --------
    >>> source_ids("F032"), source_ids(["F032", "F033"])
    (('F032',), ('F032', 'F033'))
    """
    ids = [data] if isinstance(data, str) else data
    if not isinstance(ids, list | tuple) or not all(isinstance(each, str) and each.strip() for each in ids):
        what = "sources are ids, one or a list of them"
        raise QuantityError(what, "Write them as in `sources: [F032, F033]`")
    return tuple(each.strip() for each in ids)


def check_keys(data: Mapping[Any, Any], allowed: Iterable[str], what: str) -> None:
    """Raise if a mapping has a key that is not allowed, and name the one that was probably meant."""
    known = list(allowed)
    for key in data:
        if key not in known:
            close = nearest(str(key), known)
            mend = f"Did you mean `{close}`?" if close else f"Keys are {', '.join(sorted(known))}"
            message = f"`{key}` is not a key of {what}"
            raise QuantityError(message, mend)


def _open(data: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Part the quantity of a mapping from its provenance."""
    provenance = {key: data[key] for key in PROVENANCE_KEYS if key in data}
    rest = {key: each for key, each in data.items() if key not in provenance}
    if not any(kind in rest for kind in KINDS):
        check_keys(rest, ["value", *PROVENANCE_KEYS], "an amount")
        if "value" not in rest:
            what = "an amount needs its value"
            raise QuantityError(what, "Write it as in `{value: 22.4 B USD, sources: [F032]}`")
        if isinstance(rest["value"], Mapping):
            check_keys(rest["value"], DISTRIBUTION_KEYS, "a distribution")
        return rest["value"], provenance
    check_keys(rest, DISTRIBUTION_KEYS, "a distribution")
    return rest, provenance


def _any_number(data: Mapping[str, Any]) -> Any:
    """Return one number of a distribution with its unit, to see what kind of quantity it is."""
    body = next(data[kind] for kind in KINDS if kind in data)
    while isinstance(body, Mapping | list | tuple) and body:
        body = next(iter(body.values())) if isinstance(body, Mapping) else body[0]
    unit = data.get("unit")
    return f"{body} {unit}" if isinstance(unit, str) and not isinstance(body, Mapping | list) else body
