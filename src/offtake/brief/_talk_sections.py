"""The sections on whether two parties have a deal, what clauses are worth, and until when both would stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from offtake.brief._making import nothing, section
from offtake.brief._words import count, say, when
from offtake.negotiate import clause_sentences, move_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offtake.brief._context import Section
    from offtake.brief._records import Records
    from offtake.brief._words import Sentence

__all__ = ["clauses_section", "stakeholders_section", "stay_section", "zone_section"]

_ABSENT = "The book names no negotiation, or none was looked at for this page."
_FEW = 4


def zone_section(records: Records) -> Section:
    """Return the section on the zone of agreement."""
    record, talked, title = records.negotiate_zone, records.talked, "Is there a deal"
    if record is None or talked is None:
        return nothing("negotiate-zone", title, _ABSENT)
    talks = talked.talks
    stakes = {*move_sentences(talks), *clause_sentences(talks)}
    told = [each for each in talks.sentences if each not in stakes]
    return section(
        "negotiate_zone",
        title,
        record,
        says=(_told(f"{talked.title}."), *_all(told[:_FEW])),
        points=[*_all(told[_FEW:]), *_all(talks.assumptions), _method()],
        caption=f"Each point settles what is contested; across, what it is worth to {record.parties[0]} "
        f"above no deal, and upwards to {record.parties[1]}, each as its stakeholders weigh it. In the "
        "shaded quarter both gain. The diamond is what the book has.",
        arguments="book, talks",
    )


def _method() -> Sentence:
    return say(
        "The buyer plans anew under every settlement; the seller's machines are quoted. The buyer's default "
        "is the seller's risk; the seller's is in the buyer's plan."
    )


def clauses_section(records: Records) -> Section:
    """Return the section on what each clause is worth to either side."""
    record, talked, title = (
        records.negotiate_clauses,
        records.talked,
        "What each clause is worth to each side",
    )
    if record is None or talked is None:
        return nothing("negotiate-clauses", title, _ABSENT)
    talks = talked.talks
    return section(
        "negotiate_clauses",
        title,
        record,
        says=_all(clause_sentences(talks)),
        points=_all(move_sentences(talks)),
        caption="With the clause less without it, all else planned anew. Lines: nine of ten futures.",
        arguments="book, talks",
    )


def stakeholders_section(records: Records) -> Section:
    """Return the section on who inside either party would accept."""
    record, talked, title = records.negotiate_stakeholders, records.talked, "Who would sign"
    if record is None or talked is None:
        return nothing("negotiate-stakeholders", title, _ABSENT)
    actual = talked.talks.actual
    says = []
    if actual is not None:
        holders = [(side.party, vote) for side in actual.sides for vote in side.verdict.votes]
        against = [f"{vote.who} of {party}" for party, vote in holders if not vote.accepts]
        says.append(
            say(
                "Of {} stakeholders {} would refuse what the book has",
                count(len(holders)),
                count(len(against)),
            )
            + (_told(f": {', '.join(against)}.") if against else say("."))
        )
    return section(
        "negotiate_stakeholders",
        title,
        record,
        says=says,
        caption="What the outcome is worth to each person or group above no deal, by its own appetite for "
        "risk and horizon. Left of the dotted line it refuses.",
        arguments="book, talks",
    )


def stay_section(records: Records) -> Section:
    """Return the section on until when both would go on."""
    record, talked, title = records.negotiate_stay, records.talked, "Stay or leave"
    if record is None or talked is None or talked.stay is None:
        return nothing("negotiate-stay", title, _ABSENT)
    return section(
        "negotiate_stay",
        title,
        record,
        says=_all(talked.stay.sentences),
        caption="What going on is worth above agreeing today to part at the start of the quarter, as present "
        "values with the range of nine futures in ten. Below the dotted line a side would rather part.",
        arguments="book, stay",
    )


def _all(sentences: Iterable[str]) -> tuple[Sentence, ...]:
    return tuple(_told(each) for each in sentences)


def _told(text: str) -> Sentence:
    """Return a sentence that was computed as a whole, its figures marked as such."""
    tokens = re.findall(r"\S*\d\S*", text)
    return say(re.sub(r"\S*\d\S*", "{}", text), *(when(token) for token in tokens))
