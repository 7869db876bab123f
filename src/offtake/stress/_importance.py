"""`default_probability`: rare defaults by sampling where they happen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._simulate import _normals
from offtake.stress._gradient import default_aim, look, numbers_of, quarter_place
from offtake.stress._moves import hazards_off

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.stress._reverse import ReverseStress

__all__ = ["DefaultProbability", "default_probability"]

Array = Any

_ENOUGH = 30.0
_OFF = 4.0


@dataclass(frozen=True)
class DefaultProbability:
    """The probability that a party is in default by a quarter, by importance sampling.

    Parameters
    ----------
    party, by
        Whose default, and by when.
    probability, error
        The estimate and its standard error.
    effective
        Effective number of failing futures: (Σ w)² / Σ w² over those that fail.
    mean_weight, weight_error
        Mean of all weights, which is 1 but for chance, and its standard error.
    variance_ratio
        Variance of plain sampling with as many futures over the variance of this; NaN if nothing failed.
    points
        How many design points the futures were drawn around.
    settings
        paths, seed, nominal, outside, scenario.
    """

    party: str
    by: str
    probability: float
    error: float
    effective: float
    mean_weight: float
    weight_error: float
    variance_ratio: float
    points: int
    settings: Mapping[str, Any]
    citations: tuple[str, ...] = (
        "Hesterberg, T. (1995). Weighted average importance sampling and defensive mixtures. Technometrics.",
        "Owen, A., and Zhou, Y. (2000). Safe and effective importance sampling. JASA 95(449).",
        "Glasserman, P. (2003). Monte Carlo methods in financial engineering, section 4.6. Springer.",
    )

    @property
    def trusted(self) -> bool:
        """Whether enough failing futures count, and the weights average to 1 as they must."""
        balanced = abs(self.mean_weight - 1.0) <= _OFF * self.weight_error + 1e-12
        return self.effective >= _ENOUGH and balanced

    def __str__(self) -> str:
        doubt = "" if self.trusted else "; too few futures count to trust this, take more paths"
        return (
            f"{self.party} is in default by {self.by} with probability {self.probability:.3g} "
            f"(standard error {self.error:.1g}, {self.effective:,.0f} failing futures count, "
            f"{self.variance_ratio:,.1f} times less variance than plain sampling){doubt}"
        )


def default_probability(
    book: "Book",
    design: "ReverseStress",
    *,
    paths: int = 2048,
    seed: int = 1,
    nominal: float = 0.2,
    outside: bool = True,
) -> DefaultProbability:
    """Return the probability that a party is in default by a quarter, with futures drawn where it fails.

    A part of the futures is drawn as always, the rest around the points that `reverse_stress` found; each
    counts with the ratio of its probability to that of the mixture, which is never above 1 / `nominal`. The
    estimate has no bias, whatever the points.

    Parameters
    ----------
    book
        The book.
    design
        What `offtake.stress.reverse_stress` found for the party, the quarter and the scenario.
    paths
        Number of futures.
    seed
        Seed of the futures.
    nominal
        Share of the futures drawn as always, above 0 and at most 1.
    outside
        Whether failures from outside causes (`hazard`), of anybody, are part of it.

    Raises
    ------
    InputError
        If the settings cannot be used or the book is not the one of `design`.

    Examples
    --------
    >>> import offtake as ot
    >>> book = ot.Book.read("first-steps")
    >>> worst = reverse_stress(book, "Lark Labs", "2027-Q4", paths=256, starts=4)  # doctest: +SKIP
    >>> default_probability(book, worst).trusted  # doctest: +SKIP
    True
    """
    if paths < 1 or not 0.0 < nominal <= 1.0:
        message = "paths must be at least 1 and nominal above 0 and at most 1"
        raise InputError(message)
    scenario = design.settings["scenario"]
    model = compile(book, scenario)
    if model.draw_labels != design.labels:
        message = "this reverse stress was of another book: their random numbers differ; run it again"
        raise InputError(message)
    aim = default_aim(model.structure, design.party, quarter_place(model.structure, design.by))
    shares = _shares(design.points, nominal)
    centres = np.concatenate([np.zeros((1, len(design.labels))), design.points])
    z = _normals(model, 0, paths, seed, "random") + centres[_which(shares, paths)]
    weights = 1.0 / _mixture(z, centres, _counts(shares, paths) / paths)
    failed = look(model, numbers_of(model), z if outside else hazards_off(model, z), aim).failed
    part = weights * failed
    chance = float(part.mean())
    error = _error(part, _which(shares, paths))
    square = float((part**2).sum())
    plain = chance * (1.0 - chance) / paths
    return DefaultProbability(
        party=design.party,
        by=design.by,
        probability=chance,
        error=error,
        effective=float(part.sum()) ** 2 / square if square > 0.0 else 0.0,
        mean_weight=float(weights.mean()),
        weight_error=_error(weights, _which(shares, paths)),
        variance_ratio=plain / error**2 if error > 0.0 else math.nan,
        points=len(design.points),
        settings={"paths": paths, "seed": seed, "nominal": nominal, "outside": outside, "scenario": scenario},
    )


def _shares(points: Array, nominal: float) -> Array:
    """Return the share of futures around the origin and around each point, by how probable the points are."""
    from scipy.special import ndtr

    tails = ndtr(-np.linalg.norm(points, axis=1))
    return np.concatenate([[nominal], (1.0 - nominal) * tails / tails.sum()])


def _counts(shares: Array, paths: int) -> Array:
    """Return how many futures are drawn around each centre; the first takes at least one."""
    ends = np.round(np.cumsum(shares) * paths)
    counts = np.diff(ends, prepend=0.0)
    if counts[0] == 0.0:
        counts[0], counts[int(counts.argmax())] = 1.0, counts.max() - 1.0
    filled: Array = counts
    return filled


def _which(shares: Array, paths: int) -> Array:
    """Return the centre of each future."""
    return np.repeat(np.arange(len(shares)), _counts(shares, paths).astype(int))


def _mixture(z: Array, centres: Array, shares: Array) -> Array:
    """Return the density of the mixture over that of the plain future, at each future."""
    tilt = z @ centres.T - 0.5 * (centres**2).sum(axis=1)
    return np.exp(tilt) @ shares


def _error(values: Array, which: Array) -> float:
    """Return the standard error of a mean over futures of several centres, each with a set number."""
    variance = 0.0
    for centre in np.unique(which):
        mine = values[which == centre]
        if len(mine) > 1:
            variance += len(mine) * float(mine.var(ddof=1))
    return math.sqrt(variance) / len(values)
