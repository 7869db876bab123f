"""The tables of a negotiation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offtake.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from offtake.negotiate._negotiation import Negotiation

__all__ = ["TABLES", "frame_of"]

TABLES = ("outcomes", "moves", "clauses", "pairs", "stakeholders")


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
    }[what](talks)
    return pd.DataFrame(rows)


def _outcomes(talks: Negotiation) -> list[dict[str, Any]]:
    marks = {id(talks.nash): "Nash", id(talks.kalai_smorodinsky): "Kalai-Smorodinsky"}
    rows = []
    for outcome in talks.outcomes:
        row: dict[str, Any] = dict(outcome.terms)
        for side in outcome.sides:
            row |= {
                side.party: side.gain.mean,
                f"{side.party}, 5 %": side.gain.low,
                f"{side.party}, 95 %": side.gain.high,
                f"{side.party}, weighed": side.utility,
                f"{side.party} accepts": side.verdict.accepts,
            }
        row |= {"agreed": outcome.agreed, "actual": outcome.actual, "bargain": marks.get(id(outcome), "")}
        rows.append(row)
    return rows


def _moves(talks: Negotiation) -> list[dict[str, Any]]:
    rows = []
    for move in talks.moves:
        row: dict[str, Any] = {"term": move.term, "becomes": move.label, "from": move.start}
        for party, value in zip(talks.parties, move.values, strict=True):
            row |= {party: value.mean, f"{party}, 5 %": value.low, f"{party}, 95 %": value.high}
        rows.append(row)
    return rows


def _clauses(talks: Negotiation) -> list[dict[str, Any]]:
    rows = []
    for clause in talks.clauses:
        row: dict[str, Any] = {"clause": clause.path, "kind": clause.kind}
        for party, value in zip(talks.parties, clause.values, strict=True):
            row |= {party: value.mean, f"{party}, 5 %": value.low, f"{party}, 95 %": value.high}
        rows.append(row)
    return rows


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
