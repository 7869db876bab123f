"""The sections on whether two parties have a deal, what clauses are worth, and until when both would stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offtake.brief._making import at_level, left_out_points, nothing, one_or_each, section, tabled
from offtake.brief._words import count, listed, name, say, told
from offtake.figures import Table, words
from offtake.negotiate import clause_sentences, move_sentences, reservation_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offtake.brief._context import Section
    from offtake.brief._records import Records, TalkFigures
    from offtake.brief._talks import Talked
    from offtake.brief._words import Sentence
    from offtake.negotiate import Outcome

__all__ = ["talk_sections"]

_TITLE: Final = "Is there a deal"
_FEW: Final = 4


def talk_sections(records: Records) -> tuple[Section, ...]:
    """Return the sections on whether there is a deal: five for each negotiation, below one on all of them.

    A negotiation in which nothing was found has one section, with the reason.
    """
    if records.talks is None:
        why = "The book names no negotiation, or none was looked at for this page."
        return (nothing("negotiate-zone", _TITLE, why),)
    tables = [(each.talked.title, each) for each in records.talk_figures]
    return one_or_each(tables, records.talks.left_out, _TITLE, _of_one, lambda: _overview(records))


def _of_one(each: TalkFigures, title: str, level: int, suffix: str, *, alone: bool) -> tuple[Section, ...]:
    """Return the sections on one negotiation."""
    talked = each.talked
    if talked.talks is None:
        why = f"{talked.title}: {talked.why}" if alone else talked.why
        return (nothing(f"negotiate-zone{suffix}", title, why, level=level),)
    below = level if alone else level + 1
    found = [_zone(each, title, level, suffix)]
    found += [_prices(each, below, suffix)] if each.prices is not None else []
    found += [_stakeholders(each, below, suffix)]
    found += [_clauses(each, below, suffix)] if each.clauses is not None else []
    return (*found, _stay(each, below, suffix))


def _overview(records: Records) -> Section:
    """Return the section above several negotiations: where there is a deal, and what is left out."""
    assert records.talks is not None  # noqa: S101 - asked for only where there are some
    tables, left = records.talks.negotiations, records.talks.left_out
    agreed = [each for each in tables if each.talks is not None and each.talks.zone]
    says = [
        say(
            "The book has {} negotiations. In {} of the {} looked at there is a deal that both would sign.",
            count(len(tables) + len(left)),
            count(len(agreed)),
            count(len(tables)),
        )
    ]
    refused = [each.title for each in tables if each.talks is None]
    if refused:
        says.append(say("Nothing is found for {}; why not stands with each.", listed(refused, len(refused))))
    points = left_out_points(left, f"offtake negotiate {records.source} --table")
    table = Table(
        ("negotiation", "seller", "buyer", "settlements", "both accept", "what the book has"),
        tuple(_line(each) for each in tables),
        "lllrrl",
        "How many ways there are to settle what is contested, and how many both would sign.",
    )
    return tabled("negotiations", _TITLE, table, says=says, points=points)


def _line(each: Talked) -> tuple[str, ...]:
    talks = each.talks
    if talks is None:
        return (each.title, *each.parties, "", "none", "")
    actual = talks.actual
    stands = "" if actual is None else "both accept" if actual.agreed else "one would refuse"
    return (
        each.title,
        *each.parties,
        words.plain(len(talks.outcomes)),
        words.plain(len(talks.zone)),
        stands,
    )


def _zone(each: TalkFigures, title: str, level: int, suffix: str) -> Section:
    """Return the section on the zone of agreement."""
    record, talks = each.zone, each.talked.talks
    assert record is not None  # noqa: S101 - asked for only where something was found
    assert talks is not None  # noqa: S101 - the same
    stakes = {*move_sentences(talks), *clause_sentences(talks)}
    stakes |= {reservation_sentence(talks.reservation)} if talks.reservation is not None else set()
    found = [sentence for sentence in talks.sentences if sentence not in stakes]
    made = section(
        "negotiate_zone",
        title,
        record,
        says=(*(_all([f"{each.talked.title}."]) if title == _TITLE else ()), *_all(found[:_FEW])),
        points=[*_all(found[_FEW:]), *_all(talks.assumptions), _method()],
        caption=f"Each point settles what is contested; across, what it is worth to {record.parties[0]} "
        f"above no deal, and upwards to {record.parties[1]}, each as its stakeholders weigh it. In the "
        "shaded quarter both gain. The diamond is what the book has.",
        arguments=f"book, talks[{each.talked.name!r}]",
        key_on_page=f"negotiate-zone{suffix}",
    )
    return at_level(made, level)


def _prices(each: TalkFigures, level: int, suffix: str) -> Section:
    """Return the section on which prices either side would take."""
    talks = each.talked.talks
    assert talks is not None  # noqa: S101 - asked for only where something was found
    assert talks.reservation is not None  # noqa: S101 - the same
    made = section(
        "negotiate_prices",
        "Which price would do",
        each.prices,
        says=_all([reservation_sentence(talks.reservation)]),
        caption="Shaded: the prices that each side would take, all else as the book has it, its stakeholders "
        "and vetoes included. Diamonds: where its mean gain is nothing. Dashed: what the book has.",
        arguments=f"book, talks[{each.talked.name!r}]",
        key_on_page=f"negotiate-prices{suffix}",
    )
    return at_level(made, level)


def _method() -> Sentence:
    return say(
        "The buyer plans anew under every settlement; the seller's machines are quoted. The buyer's default "
        "is the seller's risk; the seller's is in the buyer's plan."
    )


def _clauses(each: TalkFigures, level: int, suffix: str) -> Section:
    """Return the section on what each clause is worth to either side."""
    talks = each.talked.talks
    assert talks is not None  # noqa: S101 - asked for only where something was found
    made = section(
        "negotiate_clauses",
        "What each clause is worth to each side",
        each.clauses,
        says=_all(clause_sentences(talks)),
        points=_all(move_sentences(talks)),
        caption="With the clause less without it, all else planned anew. Lines: nine of ten futures.",
        arguments=f"book, talks[{each.talked.name!r}]",
        key_on_page=f"negotiate-clauses{suffix}",
    )
    return at_level(made, level)


def _stakeholders(each: TalkFigures, level: int, suffix: str) -> Section:
    """Return the section on who inside either party would accept what, and whose veto stops what."""
    talks = each.talked.talks
    assert talks is not None  # noqa: S101 - asked for only where something was found
    says = [_refusals(talks.actual, "what the book has")] if talks.actual is not None else []
    if talks.nash is None:
        says.append(say("No settlement is agreed to by all who have a say, so that Nash picks none."))
    elif talks.nash is talks.actual:
        says.append(say("Nash's bargain is what the book has."))
    else:
        says.append(_refusals(talks.nash, "Nash's bargain"))
    made = section(
        "negotiate_stakeholders",
        "Who would sign",
        each.stakeholders,
        says=says,
        points=[
            say("The veto of {} of {} alone stops {} settlements that both parties would gain by.",
                name(who), name(party), count(stopped))
            for (party, who), stopped in talks.vetoes.items()
        ],
        caption="What the outcome is worth to each person or group above no deal, by its own appetite for "
        "risk and horizon. Left of the dotted line it refuses.",
        arguments=f"book, talks[{each.talked.name!r}]",
        shown=True,
        key_on_page=f"negotiate-stakeholders{suffix}",
    )  # fmt: skip
    return at_level(made, level)


def _refusals(outcome: Outcome, what: str) -> Sentence:
    """Return who would refuse an outcome, and whose veto stops it."""
    holders = [(side.party, vote) for side in outcome.sides for vote in side.verdict.votes]
    against = [f"{vote.who} of {party}" for party, vote in holders if not vote.accepts]
    if not against:
        return say("All {} stakeholders would accept {}.", count(len(holders)), say(what))
    said = say("{} of {} stakeholders would refuse {}", count(len(against)), count(len(holders)), say(what))
    said += say(": {}", listed(against, len(against)))
    stops = [f"{who} of {side.party}" for side in outcome.sides for who in side.verdict.vetoes]
    return said + (say("; {} would use a veto.", listed(stops, len(stops))) if stops else say("."))


def _stay(each: TalkFigures, level: int, suffix: str) -> Section:
    """Return the section on until when both would go on."""
    record, stay, title = each.stay, each.talked.stay, "Stay or leave"
    key = f"negotiate-stay{suffix}"
    if record is None or stay is None:
        return nothing(key, title, each.talked.why_not_stay, level=level)
    made = section(
        "negotiate_stay",
        title,
        record,
        says=_all(stay.sentences),
        caption="What going on is worth above agreeing today to part at the start of the quarter, as present "
        "values with the range of nine futures in ten. Below the dotted line a side would rather part.",
        arguments=f"book, stays[{each.talked.name!r}]",
        key_on_page=key,
    )
    return at_level(made, level)


def _all(sentences: Iterable[str]) -> tuple[Sentence, ...]:
    return tuple(told(each) for each in sentences)
