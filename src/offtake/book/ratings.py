"""How often firms of a letter rating defaulted in the past."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Record", "base_rate", "record"]

_FILE: Final = Path(__file__).parent.parent / "books" / "rating_base_rates.csv"


class Record(NamedTuple):
    """The table of base rates."""

    shares: Mapping[str, Mapping[float, float]]
    """Share of firms that defaulted, by letter rating and years; 0 within 0 years."""
    title: str
    """Whose table it is."""
    address: str
    """Where it stands."""


@lru_cache(maxsize=1)
def record() -> Record:
    """Return the table of base rates that ships with the books.

    Examples
    --------
    >>> record().shares["BBB"][5]
    0.0136
    """
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    title, address = (line.removeprefix("# ") for line in lines[:2])
    shares: dict[str, dict[float, float]] = {}
    for row in csv.DictReader(lines[2:]):
        shares.setdefault(row["rating"], {0.0: 0.0})[float(row["years"])] = float(row["share"])
    return Record(shares, title, address)


def base_rate(rating: str | None, years: float) -> float | None:
    """Return the share of firms with a letter rating that defaulted within some years; None if unknown.

    A plus or a minus after the letters is left aside. Between the years of the table it is linear, beyond
    them the last value is kept.

    Examples
    --------
    >>> base_rate("BBB+", 5), base_rate("BBB", 2), base_rate(None, 5)
    (0.0136, 0.00405, None)
    """
    letters = (rating or "").strip().rstrip("+-").upper()
    table = record().shares.get("CCC" if letters in {"CC", "C"} else letters)
    if table is None:
        return None
    known = sorted(table)
    if years >= known[-1]:
        return table[known[-1]]
    above = next(year for year in known if year > years)
    below = known[known.index(above) - 1]
    weight = (years - below) / (above - below)
    return round(table[below] + weight * (table[above] - table[below]), 6)
