"""`reverse_stress`: the most probable way in which a party fails."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InfeasibleError, InputError
from offtake.model import Model, compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._simulate import _normals
from offtake.stress._gradient import (
    BACKWARD,
    Aim,
    Numbers,
    backward,
    default_aim,
    look,
    numbers_of,
    quarter_place,
)
from offtake.stress._moves import Move, counted, hazards_off, movable, moves_of
from offtake.stress._search import Found, Limit, closest, towards_zero

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book
    from offtake.calendar import Quarter

__all__ = ["ReverseStress", "reverse_stress"]

Array = Any

_BLUR = 0.02
_PUSH = 1e-4
_SAME = 1e-3
_NOTHING = 1e-9


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
        Φ(-beta): the probability of moves at least as far in this direction.
    per_year
        The same as a yearly frequency over the time up to `by`.
    moves
        The parts of the move, largest share first.
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
        How many searches, at most 64.
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
    What only happens or not (which deals come about, how many jumps a quarter has) has no derivative. It is
    held as the start has it, and afterwards put back to its median one by one where the party then still
    fails.

    Examples
    --------
    >>> import offtake as ot
    >>> found = reverse_stress(ot.Book.read("first-steps"), "Lark Labs", "2027-Q4", paths=256, starts=4)
    >>> found.beta > 1.0, found.probability < 0.2
    (True, True)
    """
    if not (1 <= starts <= BACKWARD and paths >= 1 and radius > 0.0):
        message = f"starts must be from 1 to {BACKWARD}, paths at least 1 and the radius above 0"
        raise InputError(message)
    model = compile(book, scenario)
    fixed = model.structure
    last = quarter_place(fixed, by)
    numbers, aim = numbers_of(model), default_aim(fixed, party, last)
    median = hazards_off(model, np.zeros((1, len(model.draw_labels))))
    at_median = look(model, numbers, median, aim)
    slack = float(at_median.distance[0])
    if at_median.failed[0] > 0.0 and slack >= 0.0:
        message = f"{party} fails whatever happens: the scenario makes it fail, or a cause from outside"
        raise InputError(message)
    width = _BLUR * max(abs(slack), 1.0) if blur is None else blur
    futures = hazards_off(model, _normals(model, 0, paths, seed, "random"))
    seen = look(model, numbers, futures, aim)
    from_ = _starts(model, median, futures, seen.distance, starts)
    blurred = closest(_limit(model, numbers, aim._replace(blur=np.float64(max(width, 1e-9))), slack), from_)
    sharp = _limit(model, numbers, aim, slack)
    found = _pruned(model, sharp, closest(sharp, blurred.points), from_, median, slack)
    betas = _distances(model, found, slack)
    order = np.argsort(betas)
    best = int(order[0])
    if not betas[best] <= radius:
        nearest = float(min(seen.distance.min(), slack))
        message = (
            f"nothing within {radius:g} standard deviations of the median future was found that makes "
            f"{party} default by {by}; in {paths} futures its liquidity never fell below {nearest:,.4g} M USD"
        )
        raise InfeasibleError(message)
    beta = math.copysign(float(betas[best]), slack)
    point = found.points[best]
    fails_in = _fails_in(model, numbers, aim, point, median[0], last)
    chance = 0.5 * math.erfc(beta / math.sqrt(2.0))
    years = (last + 1) / 4.0
    free = movable(model)
    return ReverseStress(
        party=party,
        by=str(by),
        fails_in=str(list(fixed.calendar)[fails_in]),
        beta=beta,
        probability=chance,
        per_year=-math.log1p(-chance) / years if chance < 1.0 else math.inf,
        moves=moves_of(model, point, median[0], fails_in),
        normals={
            label: float(value)
            for label, value, here in zip(model.draw_labels, point, counted(model), strict=True)
            if here and value != 0.0
        },
        points=_distinct(found.points[order], betas[order], radius),
        labels=model.draw_labels,
        starts=tuple(float(b) if b <= radius else math.inf for b in betas),
        stationary=bool(found.stationary[best]),
        blur=float(width),
        blurred_beta=math.copysign(float(np.linalg.norm(blurred.points[best] * free)), slack),
        slack=slack,
        seen=float(seen.failed.mean()),
        settings={"paths": paths, "seed": seed, "radius": radius, "scenario": scenario},
    )


def _limit(model: Model, numbers: Numbers, aim: Aim, slack: float) -> Limit:
    """Return the distance to default as a limit function."""
    width = len(model.draw_labels)

    def slopes(z: Array) -> tuple[Array, Array]:
        spare = np.zeros((BACKWARD - len(z), width))
        weight = np.where(np.arange(BACKWARD) < len(z), 1.0, 0.0)
        value, _, slope = backward(model, numbers, np.concatenate([z, spare]), weight, aim)
        return value[: len(z)], slope[: len(z)]

    return Limit(
        values=lambda z: look(model, numbers, z, aim).value,
        slopes=slopes,
        free=movable(model),
        scale=max(abs(slack), 1.0),
    )


def _starts(model: Model, median: Array, futures: Array, distance: Array, count: int) -> Array:
    """Return points to start from: the median future, and the futures nearest to failure, twice each.

    Once they come with what merely happens or not, and once with that at its median.
    """
    order = np.argsort(distance)[: max(count - 1, 0)]
    chosen = futures[order]
    plain = np.where(movable(model) > 0.0, chosen, median)
    both = np.concatenate([median, *(np.stack(pair) for pair in zip(plain, chosen, strict=True))])
    return both[:count]


def _pruned(model: Model, limit: Limit, found: Found, starts: Array, median: Array, slack: float) -> Found:
    """Return the found points with what is held put back to its median where that makes no difference.

    Searches that did not end on the limit end at the start itself, moved straight towards the origin.
    """
    points, stationary = found.points.copy(), found.stationary.copy()
    if slack > 0.0:
        lost = np.flatnonzero(~stationary)
        if lost.size:
            fails = limit.values(points[lost]) <= _SAME * limit.scale
            tried = np.where(fails[:, None], points[lost], starts[lost])
            points[lost] = towards_zero(limit, tried)
    held = np.flatnonzero((movable(model) == 0.0) & counted(model))
    for k in held:
        moved = points.copy()
        moved[:, k] = median[0, k]
        changed = points[:, k] != median[0, k]
        if changed.any():
            same = np.abs(limit.values(moved) - limit.values(points)) <= _NOTHING * limit.scale
            points = np.where((changed & same)[:, None], moved, points)
    return Found(points, limit.values(points), stationary)


def _distances(model: Model, found: Found, slack: float) -> Array:
    """Return how far each point is from the median future; infinite where it is not on the limit."""
    counts = np.where(counted(model), 1.0, 0.0)
    length = np.linalg.norm(found.points * counts, axis=1)
    there = found.stationary | ((found.values <= 0.0) & (slack > 0.0))
    return np.where(there, length, np.inf)


def _fails_in(model: Model, numbers: Numbers, aim: Aim, point: Array, median: Array, last: int) -> int:
    """Return the quarter in which the party fails, a little beyond the limit."""
    beyond = median + (point - median) * (1.0 + _PUSH)
    for t in range(last + 1):
        quarters = np.where(np.arange(len(aim.quarters)) <= t, 1.0, 0.0)
        if look(model, numbers, beyond[None], aim._replace(quarters=quarters)).distance[0] < 0.0:
            return t
    return last


def _distinct(points: Array, betas: Array, radius: float) -> Array:
    """Return the points within the radius that differ, closest first."""
    kept: list[Array] = []
    for point, beta in zip(points, betas, strict=True):
        apart = all(np.linalg.norm(point - other) > _SAME * max(beta, 1.0) for other in kept)
        if beta <= radius and apart:
            kept.append(point)
    return np.stack(kept)
