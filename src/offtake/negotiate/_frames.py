"""The tables of a negotiation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from offtake.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from offtake.negotiate._negotiation import Negotiation
    from offtake.negotiate._prospect import Spread

__all__ = ["TABLES", "frame_of"]

TABLES = ("outcomes", "moves", "clauses", "pairs", "stakeholders", "reservation")


def frame_of(talks: Negotiation, what: str) -> pd.DataFrame:
    """Return a table of a negotiation.

    Raises
    ------
    InputError
        If there is no such table.
    """
    import pandas as pd

    if what not in TABLES:
        message = f"there is no table `{what}`; there are {', '.join(TABLES)}"
        raise InputError(message)
    rows: list[dict[str, Any]] = {
        "outcomes": _outcomes,
        "moves": _moves,
        "clauses": _clauses,
        "pairs": _pairs,
        "stakeholders": _stakeholders,
        "reservation": _reservation,
    }[what](talks)
    return pd.DataFrame(rows)


def _outcomes(talks: Negotiation) -> list[dict[str, Any]]:
    marks = {id(talks.nash): "Nash", id(talks.kalai_smorodinsky): "Kalai-Smorodinsky"}
    rows = []
    for outcome in talks.outcomes:
        row: dict[str, Any] = dict(outcome.terms)
        for side in outcome.sides:
            row |= _spread(side.party, side.gain) | {
                f"{side.party}, weighed": side.utility,
                f"{side.party} accepts": side.verdict.accepts,
            }
        row |= {"agreed": outcome.agreed, "actual": outcome.actual, "bargain": marks.get(id(outcome), "")}
        rows.append(row)
    return rows


def _moves(talks: Negotiation) -> list[dict[str, Any]]:
    return [
        {"term": move.term, "becomes": move.label, "from": move.start} | _spreads(talks, move.values)
        for move in talks.moves
    ]


def _clauses(talks: Negotiation) -> list[dict[str, Any]]:
    return [
        {"clause": clause.path, "kind": clause.kind} | _spreads(talks, clause.values)
        for clause in talks.clauses
    ]


def _spreads(talks: Negotiation, values: tuple[Spread, Spread]) -> dict[str, float]:
    """Return the columns of what each of the two parties gets."""
    first, second = (_spread(*each) for each in zip(talks.parties, values, strict=True))
    return first | second


def _spread(party: str, value: Spread) -> dict[str, float]:
    return {party: value.mean, f"{party}, 5 %": value.low, f"{party}, 95 %": value.high}


def _pairs(talks: Negotiation) -> list[dict[str, Any]]:
    rows = []
    for pair in talks.pairs:
        row: dict[str, Any] = {"clause": pair.paths[0], "and": pair.paths[1]}
        for party, value, interaction in zip(talks.parties, pair.together, pair.interaction, strict=True):
            row |= {party: value.mean, f"{party}, interaction": interaction}
        rows.append(row)
    return rows


def _stakeholders(talks: Negotiation) -> list[dict[str, Any]]:
    named = {"actual": talks.actual, "Nash": talks.nash, "Kalai-Smorodinsky": talks.kalai_smorodinsky}
    return [
        {
            "outcome": name,
            "party": side.party,
            "stakeholder": vote.who,
            "weight": vote.weight,
            "veto": vote.veto,
            "gain": vote.gain,
            "accepts": vote.accepts,
        }
        for name, outcome in named.items()
        if outcome is not None
        for side in outcome.sides
        for vote in side.verdict.votes
    ]


def _reservation(talks: Negotiation) -> list[dict[str, Any]]:
    return [
        {
            "party": price.party,
            "now": price.now,
            "accepts": None if math.isnan(price.accepts) else price.accepts,
            "every price looked at": price.every,
            "on average": None if math.isnan(price.on_average) else price.on_average,
        }
        for price in talks.reservation or ()
    ]
