"""Trades that help both: what each side gives, and what it gets for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.negotiate._outcomes import Outcome

__all__ = ["Trade", "trades_from"]

_EPS = 1e-6


@dataclass(frozen=True, slots=True)
class Trade:
    """A change of terms that leaves both parties better off than they stand.

    Parameters
    ----------
    outcome
        Where it leads.
    gains
        What each party gains over where it stands, as its stakeholders weigh it, M USD.
    given
        For each party, the terms that change at its cost, from what to what.
    loose
        Terms that change at nobody's cost, or whose effect by itself is not known.
    """

    outcome: Outcome
    gains: tuple[float, float]
    given: tuple[tuple[tuple[str, str, str], ...], tuple[tuple[str, str, str], ...]]
    loose: tuple[tuple[str, str, str], ...]


def trades_from(start: Outcome, outcomes: Sequence[Outcome]) -> tuple[Trade, ...]:
    """Return the undominated trades from where the parties stand, the fairest first.

    Of trades with the same gains those are left out that change what need not be changed for them.
    A term counts as given by the party that changing it alone would hurt, if only one is hurt; that is read
    from the outcome in which it alone changes.

    Parameters
    ----------
    start
        Where they stand.
    outcomes
        Where they may go.
    """
    alone = {_changed(start, each): each for each in outcomes if len(_changed(start, each)) == 1}
    better = [
        each for each in outcomes if each.agreed and min(_gains(start, each)) > _EPS and _changed(start, each)
    ]
    kept = [
        each
        for each in better
        if not any(other is not each and _beats(start, other, each) for other in better)
    ]
    kept.sort(key=lambda each: -min(_gains(start, each)))
    return tuple(_trade(start, each, alone) for each in kept)


def _beats(start: Outcome, other: Outcome, each: Outcome) -> bool:
    """Return whether a trade gives both no less than another, and one more or the same by fewer changes."""
    pairs = list(zip(_gains(start, other), _gains(start, each), strict=True))
    if all(abs(a - b) <= _EPS for a, b in pairs):
        return set(_changed(start, other)) < set(_changed(start, each))
    return all(a >= b for a, b in pairs)


def _gains(start: Outcome, end: Outcome) -> tuple[float, float]:
    return end.utilities[0] - start.utilities[0], end.utilities[1] - start.utilities[1]


def _changed(start: Outcome, end: Outcome) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, start.terms[name], label)
        for name, label in end.terms.items()
        if start.terms.get(name) != label
    )


def _trade(start: Outcome, end: Outcome, alone: dict[tuple[tuple[str, str, str], ...], Outcome]) -> Trade:
    given: tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]] = ([], [])
    loose = []
    for change in _changed(start, end):
        single = alone.get((change,))
        hurt = [] if single is None else [k for k in (0, 1) if _gains(start, single)[k] < -_EPS]
        if len(hurt) == 1:
            given[hurt[0]].append(change)
        else:
            loose.append(change)
    return Trade(end, _gains(start, end), (tuple(given[0]), tuple(given[1])), tuple(loose))
