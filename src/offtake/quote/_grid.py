"""Prices over many combinations of terms."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.book import Amount
from offtake.errors import InputError
from offtake.quote._worth import worth
from offtake.scale import spread_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from offtake.quote._ground import Ground
    from offtake.quote._terms import Terms

__all__ = ["AXES", "Axes", "axes_of", "longest_of", "price_grid"]

Array = Any
AXES: Final = ("term", "prepayment", "take_or_pay", "termination")
"""Terms over which prices are tabled."""

_USUAL: Final[dict[str, tuple[Any, ...]]] = {
    "prepayment": (0.0, 0.1, 0.2, 0.3),
    "take_or_pay": (0.6, 0.8, 1.0),
    "termination": (None, 0.5, 0.25),
}
_SIDE: Final = 8.0
_THREADS: Final = 2
_CHUNK: Final = 8

_Demand = tuple[float, float, float | None]
"""A payback share, a share of worst futures, and a floor of their mean in place of payback."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The terms of a table: time in quarters, shares of 1, and fees of a right to leave, None without one."""

    term: tuple[float, ...]
    prepayment: tuple[float, ...]
    take_or_pay: tuple[float, ...]
    termination: tuple[float | None, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each has."""
        return tuple(len(getattr(self, name)) for name in AXES)

    def cells(self, own: Terms) -> list[Terms]:
        """Return the terms of every cell, the last axis running fastest."""
        return [
            replace(own, length=length, prepayment=prepaid, take_or_pay=floor, termination=fee)
            for length, prepaid, floor, fee in product(*(getattr(self, name) for name in AXES))
        ]


def axes_of(own: Terms, over: Mapping[str, Iterable[Any]] | None, life: float) -> Axes:
    """Return the terms of a table: those asked for, else usual ones beside the request's own.

    Parameters
    ----------
    own
        The request's own terms.
    over
        Values by axis, as people write them: ``{"term": ["3 years", "5 years"], "prepayment": [0.1]}``.
    life
        Economic life of the machines in quarters.

    Raises
    ------
    InputError
        If there is no such axis or a value cannot be read.
    """
    unknown = set(over or {}) - set(AXES)
    if unknown:
        message = f"prices are tabled over {', '.join(AXES)}, not over {', '.join(sorted(unknown))}"
        raise InputError(message)
    found = {}
    for name in AXES:
        mine = {"term": own.length}.get(name, getattr(own, name, None))
        if over is not None and name in over:
            values = [_read(name, each) for each in over[name]]
            if not values:
                message = f"the table has no value for {name}; give at least one"
                raise InputError(message)
        else:
            values = [*_usual(name, own, life), mine]
        found[name] = tuple(_sorted(dict.fromkeys(values)))
    lengths, advances, floors = (
        tuple(each for each in found[name] if each is not None) for name in AXES[:-1]
    )
    return Axes(lengths, advances, floors, found["termination"])


def longest_of(over: Mapping[str, Iterable[Any]] | None) -> float:
    """Return the longest term in quarters of a table that is asked for, 0 if it names none."""
    return max((_read("term", each) or 0.0 for each in (over or {}).get("term", ())), default=0.0)


def _usual(name: str, own: Terms, life: float) -> tuple[Any, ...]:
    if name != "term":
        return _USUAL[name]
    if not math.isfinite(own.length):
        return ()
    around = (own.length - _SIDE, own.length + _SIDE)
    return tuple(each for each in around if 0.0 < each <= max(life, own.length))


def _read(name: str, value: Any) -> float | None:
    """Return a value in quarters or as a share; nothing stands for no right to leave."""
    if name == "termination" and (value is None or value == "none"):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return float(Amount.read(value, "duration" if name == "term" else "share").value)


def _sorted(values: Iterable[float | None]) -> list[float | None]:
    """Return values in order, none first, and the dearest right to leave before cheaper ones."""
    known = [each for each in values if each is not None]
    return [*([None] if None in values else []), *sorted(known)]


def price_grid(
    base: Ground,
    cells: Sequence[Terms],
    *,
    payback: float,
    tail: float = 0.05,
    floor: float | None = None,
    client: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Array:
    """Return the lowest price for each of many terms, M USD per MW-quarter, infinite where there is none.

    Parameters
    ----------
    base
        The futures.
    cells
        The terms; those that differ only in price-related terms share what the machines do.
    payback
        Share of futures in which the machines are to pay back.
    tail, floor
        If a floor is given, the mean of the worst share of futures is to be at it or above instead.
    client
        A `dask.distributed` client that prices many terms at once; None prices them here. The prices are the
        same, bit by bit.
    progress
        Called with (cells done, cells in all).

    Raises
    ------
    InputError
        If the client is none.
    """
    demand = (payback, tail, floor)
    if client is None:
        return _priced_here(base, cells, demand, progress)
    chunks = _chunks(cells)
    ends = np.cumsum([0, *(len(chunk) for chunk in chunks)])

    def told(done: int, _all: int) -> None:
        if progress is not None:
            progress(int(ends[done]), len(cells))

    # what is remembered of terms already asked about is large, and soon made again
    shared = (replace(base, courses={}), demand)
    parts = spread_out(_priced, shared, [[cells[n] for n in chunk] for chunk in chunks], client, told)
    found = np.empty(len(cells))
    for chunk, prices in zip(chunks, parts, strict=True):
        found[chunk] = prices
    return found


def _priced_here(
    base: Ground, cells: Sequence[Terms], demand: _Demand, progress: Callable[[int, int], None] | None
) -> Array:
    for first in {_runs(each): each for each in cells}.values():
        worth(base, first)
    found = np.empty(len(cells))
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        for n, one in enumerate(pool.map(partial(_price, base, demand), cells)):
            found[n] = one
            if progress is not None:
                progress(n + 1, len(cells))
    return found


def _priced(shared: tuple[Ground, _Demand], cells: Sequence[Terms]) -> list[float]:
    """Return the prices of terms under which the machines do the same."""
    return [_price(*shared, each) for each in cells]


def _price(base: Ground, demand: _Demand, terms: Terms) -> float:
    payback, tail, floor = demand
    value = worth(base, terms)
    return value.lowest(payback) if floor is None else value.lowest_tail(tail, floor)


def _runs(terms: Terms) -> tuple[float, ...]:
    """Return what of terms settles what the machines do."""
    return terms.length, terms.until, terms.scale


def _chunks(cells: Sequence[Terms]) -> list[list[int]]:
    """Return places of cells, a few at a time, of terms under which the machines do the same."""
    alike: dict[tuple[float, ...], list[int]] = {}
    for n, each in enumerate(cells):
        alike.setdefault(_runs(each), []).append(n)
    return [places[k : k + _CHUNK] for places in alike.values() for k in range(0, len(places), _CHUNK)]
