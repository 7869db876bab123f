"""The best terms within boxes: a surrogate of both sides' gains, looked at again where it is best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from offtake.negotiate._surrogate import left_out_error, promise, reachable
from offtake.negotiate._terms import KEEP, Option, apply

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
    error
        Most by which the surrogate missed the score of an outcome looked at once that was left out, M USD;
        None where only corners of the boxes were.
    bound
        The largest score if gains change no faster anywhere than between the outcomes looked at, M USD: an
        estimate, which nothing proves. None where it cannot be told.
    """

    outcome: Outcome
    score: float
    promised: float
    looked_at: int
    error: float | None = None
    bound: float | None = None

    @property
    def gap(self) -> float:
        """What the surrogate promises beyond the best outcome, as a share of the score."""
        return self._beyond(self.promised)

    @property
    def missed(self) -> float | None:
        """By how much the surrogate missed what was left out, as a share of the score."""
        return None if self.error is None else self.error / max(abs(self.score), _FLOOR)

    @property
    def margin(self) -> float | None:
        """What the bound leaves beyond the best outcome, as a share of the score."""
        return None if self.bound is None else self._beyond(self.bound)

    def _beyond(self, other: float) -> float:
        return max(0.0, other - self.score) / max(abs(self.score), _FLOOR)


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
    less than 1e-4 of it, or the rounds are over. What is left is reported: the most over all ways to settle
    the terms without a box.
    """
    boxed = [term for term in terms if term.box is not None]
    found = [
        _search_one(table, start, terms, boxed, settled, outcomes, rounds, seed)
        for settled, outcomes in _groups(terms, known).items()
    ]
    if not found or max(each.score for each in found) <= 0.0:
        return None
    best = max(found, key=lambda each: each.score)
    bounds = [each.bound for each in found if each.bound is not None]
    return replace(
        best,
        promised=max(each.promised for each in found),
        looked_at=sum(each.looked_at for each in found),
        error=max((each.error for each in found if each.error is not None), default=None),
        bound=max(bounds) if len(bounds) == len(found) else None,
    )


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
) -> Best:
    places = [_place(boxed, outcome) for outcome in outcomes]
    gains = [outcome.utilities for outcome in outcomes]
    every = list(outcomes)
    promised = -np.inf
    for _ in range(rounds):
        place, promised = promise(np.array(places), np.array(gains), seed)
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
    score = score_of(top)
    looked = np.array(places), np.array(gains)
    bound = reachable(*looked)
    return Best(
        outcome=top,
        score=score,
        promised=max(promised, score),
        looked_at=len(every),
        error=left_out_error(*looked),
        bound=None if bound is None else max(bound, score),
    )


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
            value = term.box.near(share[term.name])
            chosen.append(Option(value, ((term.box.path, value),)))
    return chosen
