"""How often parties default within a year in a simulation, beside the record of firms of their rating."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from offtake.book.ratings import base_rate, record
from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["DefaultRow", "DefaultTable", "base_rates", "default_table"]

_YEAR: Final = 4
_FAR: Final = 5.0
_FEW: Final = 3.0
_Z: Final = 1.96

Verdict = Literal["near", "far above", "far below", "too few futures to tell", "not rated"]


@dataclass(frozen=True, slots=True)
class DefaultRow:
    """One party's default frequency in the first year beside the base rate of its rating.

    Parameters
    ----------
    party, rating
        The party, and its letter rating or None.
    frequency
        Share of futures in which it defaults within the first year.
    error
        Standard error of that share from the number of futures.
    base_rate
        Share of firms of the rating that defaulted within a year; None without a known rating.
    ratio
        Frequency over base rate; None where there is no base rate above zero.
    verdict
        ``far above`` or ``far below`` if they differ by more than a factor of five and the number of futures
        tells, ``too few futures to tell`` if fewer than three defaults are to be expected, else ``near``.
    """

    party: str
    rating: str | None
    frequency: float
    error: float
    base_rate: float | None
    ratio: float | None
    verdict: Verdict

    @property
    def flagged(self) -> bool:
        """Whether the frequency is far from the base rate."""
        return self.verdict in ("far above", "far below")


@dataclass(frozen=True, slots=True)
class DefaultTable:
    """Default frequencies of all parties.

    Parameters
    ----------
    paths
        Number of futures.
    until
        The last quarter that counts.
    rows
        The parties in book order.
    """

    paths: int
    until: str
    rows: tuple[DefaultRow, ...]

    @property
    def flagged(self) -> tuple[DefaultRow, ...]:
        """The parties whose frequency is far from their base rate."""
        return tuple(row for row in self.rows if row.flagged)


def base_rates() -> Mapping[str, float]:
    """Return the share of firms that defaulted within one year, by letter rating.

    Examples
    --------
    >>> 0.01 < base_rates()["B"] < 0.1
    True
    """
    return {rating: shares[1] for rating, shares in record().shares.items()}


def default_table(book: Book, runs: Simulation) -> DefaultTable:
    """Return each party's default frequency within the first year beside its rating's base rate.

    Parameters
    ----------
    book
        The book, for the ratings.
    runs
        A simulation of it, of at least four quarters.

    Raises
    ------
    InputError
        If the calendar is shorter than a year.

    Notes
    -----
    A frequency is called far if it is beyond a factor of five and at least three defaults were to be
    expected, or if its whole 95 % interval is beyond that factor. A plus or a minus after the letters of a
    rating is left aside.

    Source of the interval: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22 (158), 1927.
    """
    quarters = runs.dataset.indexes["quarter"]
    if len(quarters) < _YEAR:
        message = f"the calendar has {len(quarters)} quarters; frequencies of a year need four"
        raise InputError(message)
    until = str(quarters[_YEAR - 1])
    shares = runs.values("default", quarter=until)
    rows = (
        _row(name, party.rating, float(shares.sel(party=name)), runs.paths)
        for name, party in book.parties.items()
    )
    return DefaultTable(runs.paths, until, tuple(rows))


def _row(party: str, rating: str | None, frequency: float, paths: int) -> DefaultRow:
    base = base_rate(rating, 1)
    error = math.sqrt(frequency * (1.0 - frequency) / paths)
    ratio = frequency / base if base else None
    return DefaultRow(party, rating, frequency, error, base, ratio, _verdict(frequency, base, paths))


def _verdict(frequency: float, base: float | None, paths: int) -> Verdict:
    """Return what the number of futures allows to say."""
    if base is None:
        return "not rated"
    low, high = _wilson(frequency, paths)
    expected = base * paths
    if low > _FAR * base or (expected >= _FEW and frequency > _FAR * base):
        return "far above"
    if high < base / _FAR or (expected >= _FEW and frequency < base / _FAR):
        return "far below"
    return "near" if expected >= _FEW else "too few futures to tell"


def _wilson(share: float, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a share that was seen in a number of trials."""
    weight = _Z**2 / number
    middle = (share + weight / 2.0) / (1.0 + weight)
    half = _Z / (1.0 + weight) * math.sqrt(share * (1.0 - share) / number + weight / (4.0 * number))
    return max(middle - half, 0.0), min(middle + half, 1.0)
