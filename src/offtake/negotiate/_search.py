"""The best terms within boxes: a surrogate of both sides' gains, looked at again where it is best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.negotiate._terms import KEEP, Option, apply, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.book import Book
    from offtake.negotiate._outcomes import Outcome, Table
    from offtake.negotiate._terms import Term

__all__ = ["Best", "search"]

_ROUNDS: Final = 8
_ENOUGH: Final = 1e-4
_FLOOR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Best:
    """The best terms that a search found, and how good they are.

    Parameters
    ----------
    outcome
        The terms, looked at anew and not read off the surrogate.
    score
        Its Nash score: the square root of the product of both gains, M USD.
    promised
        The best score that the surrogate still promised anywhere when the search ended, M USD.
    looked_at
        Number of outcomes looked at within the boxes.
    """

    outcome: Outcome
    score: float
    promised: float
    looked_at: int

    @property
    def gap(self) -> float:
        """What the surrogate promises beyond the best outcome, as a share of the score."""
        return max(0.0, self.promised - self.score) / max(abs(self.score), _FLOOR)


def search(
    table: Table,
    start: Book,
    terms: Sequence[Term],
    known: Sequence[Outcome],
    *,
    rounds: int = _ROUNDS,
    seed: int = 0,
) -> Best | None:
    """Return the terms with the largest product of gains, boxes searched between their grid's places.

    Parameters
    ----------
    table
        Who values books.
    start
        The book whose terms are changed.
    terms
        The contested terms; those with a box are searched, each of the others is held at each option.
    known
        Outcomes of the grid.
    rounds
        Most rounds of looking again.
    seed
        Seed of the optimiser.

    Notes
    -----
    For each way to settle the terms without a box, both sides' gains are interpolated through all outcomes
    looked at (radial basis functions with a linear kernel, exact where they were looked at; gains are
    piecewise linear in a price), and scipy's differential evolution finds where the product is largest. That
    place is looked at and joins the others, until what the surrogate promises exceeds the best outcome by
    less than 1e-4 of it, or the rounds are over. What is left is reported.
    """
    boxed = [term for term in terms if term.box is not None]
    groups = _groups(terms, known)
    best: Best | None = None
    for settled, outcomes in groups.items():
        found = _search_one(table, start, terms, boxed, settled, outcomes, rounds, seed)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best


def score_of(outcome: Outcome) -> float:
    """Return the square root of the product of both gains; below 0 where one of them loses."""
    first, second = outcome.utilities
    if min(first, second) < 0.0:
        return min(first, second)
    return float(np.sqrt(first * second))


def _groups(terms: Sequence[Term], known: Sequence[Outcome]) -> dict[tuple[str, ...], list[Outcome]]:
    """Return outcomes by what the terms without a box are; those not within the boxes are left out."""
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in known:
        inside = all(
            term.box is None or outcome.terms[term.name] in {option.label for option in term.options}
            for term in terms
        )
        if inside:
            key = tuple(outcome.terms[term.name] for term in terms if term.box is None)
            groups.setdefault(key, []).append(outcome)
    return groups


def _search_one(
    table: Table,
    start: Book,
    terms: Sequence[Term],
    boxed: Sequence[Term],
    settled: tuple[str, ...],
    outcomes: list[Outcome],
    rounds: int,
    seed: int,
) -> Best | None:
    places = [_place(boxed, outcome) for outcome in outcomes]
    gains = [outcome.utilities for outcome in outcomes]
    every = list(outcomes)
    promised = -np.inf
    for _ in range(rounds):
        place, promised = _promise(np.array(places), np.array(gains), seed)
        best = max(map(score_of, every))
        if promised - best <= _ENOUGH * max(abs(best), _FLOOR):
            break
        chosen = _options(terms, boxed, settled, place)
        label = {term.name: option.label for term, option in zip(terms, chosen, strict=True)}
        changes = [change for option in chosen for change in option.changes]
        outcome = table.outcomes([apply(start, changes)], [label], [False])[0]
        every.append(outcome)
        places.append(place)
        gains.append(outcome.utilities)
    top = max(every, key=score_of)
    if score_of(top) <= 0.0:
        return None
    return Best(top, score_of(top), max(promised, score_of(top)), len(every))


def _promise(places: Any, gains: Any, seed: int) -> tuple[tuple[float, ...], float]:
    """Return where the surrogate's score is largest, in shares of each box, and that score."""
    from scipy.interpolate import RBFInterpolator
    from scipy.optimize import differential_evolution

    unique, first = np.unique(np.round(places, 12), axis=0, return_index=True)
    scale = np.maximum(np.abs(gains).max(axis=0), _FLOOR)
    surrogate = RBFInterpolator(unique, gains[first] / scale, kernel="linear", degree=0)

    def against(columns: Any) -> Any:
        both = surrogate(np.atleast_2d(columns.T))
        least = both.min(axis=1)
        score = np.where(least < 0.0, least, np.sqrt(np.maximum(both[:, 0] * both[:, 1], 0.0)))
        return -score if columns.ndim > 1 else -float(score[0])

    found = differential_evolution(
        against,
        [(0.0, 1.0)] * places.shape[1],
        rng=seed,
        tol=1e-10,
        popsize=30,
        vectorized=True,
        updating="deferred",
        polish=False,
    )
    return tuple(float(each) for each in found.x), -float(found.fun) * float(np.sqrt(scale.prod()))


def _place(boxed: Sequence[Term], outcome: Outcome) -> tuple[float, ...]:
    """Return where an outcome of the grid lies, in shares of each box."""
    return tuple(
        [option.label for option in term.options].index(outcome.terms[term.name]) / (len(term.options) - 1)
        for term in boxed
    )


def _options(
    terms: Sequence[Term], boxed: Sequence[Term], settled: tuple[str, ...], place: tuple[float, ...]
) -> list[Option]:
    """Return what each term becomes at a place within the boxes."""
    share = dict(zip((term.name for term in boxed), place, strict=True))
    held = iter(settled)
    chosen = []
    for term in terms:
        if term.box is None:
            label = next(held)
            chosen.append(next((each for each in term.options if each.label == label), Option(KEEP, ())))
        else:
            value = term.box.at(short(term.box.low + share[term.name] * (term.box.high - term.box.low)))
            chosen.append(Option(value, ((term.box.path, value),)))
    return chosen
