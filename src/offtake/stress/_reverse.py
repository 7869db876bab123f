"""`reverse_stress`: the most probable way in which a party fails."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InfeasibleError, InputError
from offtake.model import Model, compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._simulate import _normals
from offtake.stress._design import Question, chance, designs, fails_in
from offtake.stress._gradient import BACKWARD, default_aim, numbers_of, quarter_place
from offtake.stress._moves import Course, Move, courses_of, moves_of

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book
    from offtake.calendar import Quarter

__all__ = ["ReverseStress", "reverse_stress"]

Array = Any

_BLUR = 0.02
_ZERO = 1e-6


@dataclass(frozen=True)
class ReverseStress:
    """The most probable joint move that makes a party default by a quarter.

    Parameters
    ----------
    party, by
        Whose default, and the last quarter in which it may come about.
    fails_in
        The quarter in which it cannot pay.
    beta
        Distance of the move from the median future, in standard deviations; below zero if the median
        future fails.
    probability
        Probability to first order that what this move does, or more of it, comes about by then: Φ(-beta)
        where nothing merely happens or not, else that of all half-spaces that meet at the move.
    per_year
        The same as a yearly frequency over the time up to `by`.
    moves
        The parts of the move, largest share first.
    courses
        Every driver by quarter, in the move and in the median future.
    normals
        The move itself: standard normals by label, those that are not zero.
    points
        Every distinct point that the searches found, closest first, in the order of `labels`.
    labels
        Labels of the standard normals.
    starts
        Distance that each start led to; infinite where it led nowhere.
    stationary
        Whether the closest point is a minimum to first order; otherwise it is the best that was seen.
    blur, blurred_beta
        M USD over which the search first blurs the tightest quarter, and the distance with that blur; beta
        is without it.
    slack
        M USD of liquidity left of the party in the median future at its tightest quarter.
    seen
        Share of plain futures in which the party fails (outside causes apart).
    settings
        paths, seed, radius, scenario.
    """

    party: str
    by: str
    fails_in: str
    beta: float
    probability: float
    per_year: float
    moves: tuple[Move, ...]
    courses: Mapping[str, Course]
    normals: Mapping[str, float]
    points: Array
    labels: tuple[str, ...]
    starts: tuple[float, ...]
    stationary: bool
    blur: float
    blurred_beta: float
    slack: float
    seen: float
    settings: Mapping[str, Any]
    citations: tuple[str, ...] = (
        "Hasofer, A. M., and Lind, N. C. (1974). Exact and invariant second-moment code format. ASCE EM1.",
        "Zhang, Y., and Der Kiureghian, A. (1995). Two improved algorithms for reliability analysis. IFIP.",
        "Hohenbichler, M., and Rackwitz, R. (1983). First-order concepts in system reliability. Str. Saf. 1.",
        "Der Kiureghian, A. (2022). Structural and system reliability. Cambridge University Press.",
    )

    @property
    def once_in_years(self) -> float:
        """Years between such moves on average."""
        return math.inf if self.per_year == 0.0 else 1.0 / self.per_year

    def frame(self) -> "pd.DataFrame":
        """Return the parts of the move as a table, one row each."""
        import pandas as pd

        return pd.DataFrame([vars(move) for move in self.moves])

    def __str__(self) -> str:
        if self.beta < 0.0:
            return (
                f"{self.party} fails by {self.by} in the median future already, in {self.fails_in}; it would "
                f"take a move of {-self.beta:.2f} standard deviations to save it: {self._words()}"
            )
        rest = "" if self.stationary else " (the best that was seen, not a minimum)"
        return (
            f"{self.party} fails in {self.fails_in} most probably by this: {self._words()}; a move of "
            f"{self.beta:.2f} standard deviations, probability {self.probability:.2g} by {self.by}, once in "
            f"{self.once_in_years:,.0f} years{rest}"
        )

    def _words(self) -> str:
        shown = [move.words for move in self.moves if move.words]
        return ", ".join(shown) or "nothing moves"


def reverse_stress(
    book: "Book",
    party: str,
    by: "str | Quarter",
    *,
    paths: int = 1024,
    starts: int = 16,
    seed: int = 0,
    scenario: str | None = None,
    radius: float = 6.0,
    blur: float | None = None,
) -> ReverseStress:
    """Return the most probable joint move of everything uncertain that makes a party default by a quarter.

    Everything uncertain is a vector z of independent standard normals, and the most probable z among those
    that fail the party is the one closest to the origin (the design point of the first-order reliability
    method, FORM). It is sought by gradient through the simulator, from the median future and from futures
    that come near to failure. Failures from outside causes (`hazard`) are left aside: they need no move.

    Parameters
    ----------
    book
        The book.
    party
        The party that is to fail.
    by
        The last quarter in which it may fail to pay for good, as ``2028-Q4``.
    paths
        Futures among which starts are chosen.
    starts
        How many searches, at most 64; more begin at the median future with one deal the other way round.
    seed
        Seed of these futures.
    scenario
        One of the book's scenarios, or None.
    radius
        How far to look, in standard deviations.
    blur
        M USD over which the tightest quarter is blurred at first; by default 2 % of the liquidity left in
        the median future. The search ends without blur, and both distances are reported.

    Raises
    ------
    InputError
        If there is no such party or quarter, or the settings cannot be used.
    InfeasibleError
        If nothing within the radius makes the party fail.

    Notes
    -----
    What merely happens or not (which deals come about, how many jumps a quarter has) has no derivative. A
    search stays where this is as its start has it, a convex set of z; starts differ in it, and it is put back
    to its median where that does not lead away from failure.

    Examples
    --------
    >>> from offtake.book import Book
    >>> book = Book.from_data({
    ...     "book": "plank", "title": "One firm", "currency": "USD", "as_of": "2025-12-31",
    ...     "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
    ...     "parties": {"Plank": {
    ...         "cash": {"normal": {"mean": "300 M USD", "sd": "100 M USD"}}, "grace": "0 quarters"}},
    ... })
    >>> found = reverse_stress(book, "Plank", "2026-Q4", paths=64, starts=2)
    >>> found.moves[0].name, round(found.moves[0].value, 4), round(found.beta, 4)
    ('parties.Plank.cash', 0.0, 3.0)
    """
    if not (1 <= starts <= BACKWARD and paths >= 1 and radius > 0.0):
        message = f"starts must be from 1 to {BACKWARD}, paths at least 1 and the radius above 0"
        raise InputError(message)
    model = compile(book, scenario)
    fixed = model.structure
    last = quarter_place(fixed, by)
    question, slack = _question(model, party, last)
    width = _BLUR * max(abs(slack), 1.0) if blur is None else blur
    futures = _normals(model, 0, paths, seed, "random")
    seen = question.look(futures)
    found = designs(question, futures, seen.distance, starts, width)
    if not len(found.betas) or found.betas[0] > radius:
        nearest = float(min(seen.distance.min(), slack))
        message = (
            f"nothing within {radius:g} standard deviations of the median future was found that makes "
            f"{party} default by {by}; in {paths} futures its liquidity never fell below {nearest:,.4g} M USD"
        )
        raise InfeasibleError(message)
    beta = math.copysign(_distance(float(found.betas[0])), slack)
    point = found.points[0]
    when = fails_in(question, point)
    likely = chance(question, point, bool(found.stationary[0]))
    years = (last + 1) / 4.0
    return ReverseStress(
        party=party,
        by=str(by),
        fails_in=str(list(fixed.calendar)[when]),
        beta=beta,
        probability=likely,
        per_year=-math.log1p(-likely) / years if likely < 1.0 else math.inf,
        moves=moves_of(model, point, when),
        courses=courses_of(model, point),
        normals={
            label: float(value) for label, value in zip(model.draw_labels, point, strict=True) if value != 0.0
        },
        points=found.points[found.betas <= radius],
        labels=model.draw_labels,
        starts=tuple(float(b) if b <= radius else math.inf for b in found.starts),
        stationary=bool(found.stationary[0]),
        blur=float(width),
        blurred_beta=math.copysign(_distance(found.blurred), slack),
        slack=slack,
        seen=float(seen.failed.mean()),
        settings={"paths": paths, "seed": seed, "radius": radius, "scenario": scenario},
    )


def _distance(norm: float) -> float:
    """Return a distance without the margin by which a deal of even odds is turned round."""
    return 0.0 if norm < _ZERO else norm


def _question(model: Model, party: str, last: int) -> tuple[Question, float]:
    """Return the question, and the liquidity that the party has left in the median future."""
    aim = default_aim(model.structure, party, last)
    asked = Question(model, numbers_of(model), aim, 1.0, 1.0)
    at_median = asked.look(np.zeros((1, len(model.draw_labels))))
    slack = float(at_median.distance[0])
    if at_median.failed[0] > 0.0 and slack >= 0.0:
        message = f"{party} fails in every future: the scenario makes it fail"
        raise InputError(message)
    sign = 1.0 if slack >= 0.0 else -1.0
    return asked._replace(sign=sign, scale=max(abs(slack), 1.0)), slack
