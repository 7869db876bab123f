"""Numbers of a book as flat arrays, with a note of which of them are drawn anew in each future."""

from collections.abc import Callable  # noqa: TC003 - a local annotation
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError
from offtake.model.distributions import Distribution, discrete, encode, lognormal, normal, triangular, uniform

if TYPE_CHECKING:
    from offtake.book import Amount, Book

__all__ = ["BASE", "RHO", "Input", "Leaves", "Uncertain", "certain"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BASE = "profile.base"
"""Name under which inputs feed the base of a profile, which is no leaf."""

RHO = "uncertain.rho"
"""Name under which inputs feed the correlation of a drawn number with its cause, which is no leaf."""

_NO_CAUSE = -1


@dataclass(frozen=True, eq=False)
class Input:
    """A figure of the book that feeds a number of the model.

    Parameters
    ----------
    label
        Dotted path of the figure in the book.
    leaf, place
        The leaf and the element of it that the figure feeds; or `BASE` and the profile, or `RHO` and the
        drawn number.
    factor
        What the figure, in the canonical unit of its dimension, is multiplied by.
    value
        The figure; the median where it is drawn.
    dimension
        Its kind of quantity, a name in `offtake.units.DIMENSIONS`.
    per_gpu_hour
        Whether it is kept in USD per GPU-hour.
    span
        Half of the stated range, or of the middle 90 % of its distribution; 0 where neither is given.
    drawn
        Whether it is drawn anew in each future.
    by_quarter
        How each quarter of the profile moves with the figure, for `BASE`.
    """

    label: str
    leaf: str
    place: int
    factor: float
    value: float
    dimension: str
    per_gpu_hour: bool = False
    span: float = 0.0
    drawn: bool = False
    by_quarter: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Uncertain:
    """The scalars that are drawn: U of them, each feeding one element of one leaf.

    Parameters
    ----------
    labels
        Dotted path of each in the book.
    leaves, places
        Leaf and element that each one feeds.
    causes
        Position of the common cause of each, or -1.
    durations
        Whether each is a duration, which cannot fall below zero.
    kind, params
        Encoded distributions, [U] and [U, 4].
    rho, factor, shift
        Correlation with the cause, factor into the leaf's unit, and delay added by a scenario, [U].
    """

    labels: tuple[str, ...]
    leaves: tuple[str, ...]
    places: tuple[int, ...]
    causes: tuple[int, ...]
    durations: tuple[bool, ...]
    kind: IntArray
    params: FloatArray
    rho: FloatArray
    factor: FloatArray
    shift: FloatArray


class Leaves:
    """Collects numbers into named flat arrays.

    Parameters
    ----------
    book
        The book whose causes the drawn numbers refer to.
    shifts
        Quarters that a scenario adds to the delays of each cause.
    """

    def __init__(self, book: "Book", shifts: dict[str, float]) -> None:
        self.causes = tuple(book.causes)
        self._book = book
        self._shifts = shifts
        self._values: dict[str, list[float]] = {}
        self._drawn: list[tuple[str, str, int, Distribution, int, float, float, float, bool]] = []
        self._inputs: list[Input] = []

    def cause_index(self, cause: str | None) -> int:
        """Return the position of a cause, naming it if it is new."""
        if cause is None:
            return _NO_CAUSE
        if cause not in self.causes:
            self.causes = (*self.causes, cause)
        return self.causes.index(cause)

    def correlation(self, cause: str | None) -> float:
        """Return the correlation that a cause gives to what shares it."""
        known = self._book.causes.get(cause) if cause is not None else None
        return known.correlation.value if known is not None else 0.5

    def add(self, leaf: str, amount: "Amount | float | None", label: str = "", *, factor: float = 1.0) -> int:
        """Append a number to a leaf and return its place; a missing one counts as zero."""
        values = self._values.setdefault(leaf, [])
        place = len(values)
        if amount is None or isinstance(amount, int | float):
            values.append(float(amount or 0.0) * factor)
            return place
        values.append(amount.value * factor)
        self.note(label, leaf, place, amount, factor=factor)
        law = amount.distribution
        if law is not None:
            cause = law.cause
            rho = self.correlation(cause) if law.correlation is None else law.correlation
            shift = (
                self._shifts.get(cause, 0.0) if cause is not None and amount.dimension == "duration" else 0.0
            )
            known = self._book.causes.get(cause) if cause is not None else None
            if known is not None and law.correlation is None:
                self.note(f"causes.{cause}.correlation", RHO, len(self._drawn), known.correlation)
            self._drawn.append(
                (label, leaf, place, _law(law), self.cause_index(cause), rho, factor, shift,
                 amount.dimension == "duration")
            )  # fmt: skip
        return place

    def note(
        self,
        label: str,
        leaf: str,
        place: int,
        amount: "Amount",
        *,
        factor: float = 1.0,
        by_quarter: tuple[float, ...] = (),
    ) -> None:
        """Remember which figure of the book feeds a number."""
        law = amount.distribution
        if law is not None:
            span = (law.high - law.low) / 2.0
        else:
            span = (amount.range[1] - amount.range[0]) / 2.0 if amount.range is not None else 0.0
        self._inputs.append(
            Input(
                label, leaf, place, factor, amount.value, amount.dimension, amount.per_gpu_hour, span,
                drawn=law is not None and leaf not in {BASE, RHO}, by_quarter=by_quarter,
            )
        )  # fmt: skip

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Which figure of the book each number comes from, in the order in which they were added."""
        return tuple(self._inputs)

    def empty(self, *leaves: str) -> None:
        """Make sure that leaves exist although nothing was added."""
        for leaf in leaves:
            self._values.setdefault(leaf, [])

    def arrays(self) -> dict[str, FloatArray]:
        """Return the leaves, each a flat float64 array."""
        return {leaf: np.array(values, dtype=float) for leaf, values in self._values.items()}

    def uncertain(self) -> Uncertain:
        """Return what is drawn, in the order in which it was added."""
        rows = self._drawn
        kind, params = encode([row[3] for row in rows]) if rows else (np.zeros(0, np.int64), np.zeros((0, 4)))
        return Uncertain(
            labels=tuple(row[0] for row in rows),
            leaves=tuple(row[1] for row in rows),
            places=tuple(row[2] for row in rows),
            causes=tuple(row[4] for row in rows),
            durations=tuple(row[8] for row in rows),
            kind=np.asarray(kind),
            params=np.asarray(params),
            rho=np.array([row[5] for row in rows], dtype=float),
            factor=np.array([row[6] for row in rows], dtype=float),
            shift=np.array([row[7] for row in rows], dtype=float),
        )


def certain(amount: "Amount | None", label: str, default: float = 0.0) -> float:
    """Return the value of a figure that shapes the model and so cannot be drawn.

    Raises
    ------
    InputError
        If the figure is a distribution.
    """
    if amount is None:
        return default
    if amount.distribution is not None:
        message = f"{label}: this figure shapes the model and cannot be a distribution; give one number"
        raise InputError(message)
    return amount.value


def _law(law: Any) -> Distribution:
    """Return a book's distribution in the form the engines evaluate."""
    makers: dict[str, Callable[..., Distribution]] = {
        "triangular": triangular,
        "uniform": uniform,
        "normal": normal,
        "lognormal": lognormal,
    }
    if law.kind == "discrete":
        return discrete(law.params, law.weights)
    maker: Callable[..., Distribution] = makers[law.kind]
    return maker(*law.params)
