"""The sections on what happens if somebody fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._making import nothing, section
from offtake.brief._words import count, listed, money, name, say, share, when

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records

__all__ = ["losses_section", "matrix_section", "rounds_section"]

_ABSENT = "No party was failed for this page."
_GIVEN = (
    "Given the failure, whatever its odds, on the same futures as a base run of the book as it stands. "
    "It is no forecast."
)


def losses_section(records: Records) -> Section:
    """Return the section on who loses what if the most harmful party fails."""
    losses, title = records.stress_losses, "Who loses what if the most harmful failure comes"
    if losses is None:
        return nothing("stress-losses", title, _ABSENT)
    whole = sum(each.loss for each in losses.lines)
    first = losses.lines[0]
    channels = {key: value for key, value in losses.by_channel.items() if key != "other"}
    most = max(channels, key=lambda key: channels[key])
    says = (
        say(
            "Of all parties, {} does the most harm if it fails in {}: the others lose {} on average by the "
            "end, {} of it {}.",
            name(losses.failed),
            when(losses.at),
            money(whole),
            money(first.loss),
            name(first.party),
        ),
        say("The channel that carries most is {}, with {}.", name(most), money(channels[most])),
        say(_GIVEN),
        say("From {} futures.", count(losses.paths)),
    )
    return section(
        "stress_losses",
        title,
        losses,
        says=says,
        caption="Mean loss of each party by the channel that carries it; gains stand to the left. Contract: "
        "payments missing and claims written off. Supply: capacity gone. Funding: equity and loans that no "
        "longer come. Confidence: lenders who take fright. Other: what would have come anyway.",
        arguments="book, channels",
    )


def matrix_section(records: Records) -> Section:
    """Return the section on who falls if who fails."""
    matrix, title = records.stress_matrix, "Who fails whom"
    if matrix is None:
        return nothing("stress-matrix", title, _ABSENT)
    worst = matrix.worst
    if worst is None:
        says = [say("Whoever fails in {}, nobody else falls sooner for it.", when(matrix.at))]
    else:
        says = [
            say(
                "If {} fails in {}, {} falls sooner in {} of futures, more than for any other pair.",
                name(worst.failed),
                when(matrix.at),
                name(worst.party),
                share(worst.falls),
            )
        ]
    says += [say(_GIVEN), say("From {} futures.", count(matrix.paths))]
    return section(
        "stress_matrix",
        title,
        matrix,
        says=says,
        caption="Each row: that party is made to fail. Each column: percent of futures in which this party "
        "then falls sooner than in the base run. Parties that never do are left out.",
        arguments="book, failures",
        least_width=620,
    )


def rounds_section(records: Records) -> Section:
    """Return the section on the ripple of the failure that most others follow."""
    rounds, title = records.stress_rounds, "How a failure ripples"
    if rounds is None:
        return nothing("stress-rounds", title, _ABSENT)
    followers = [party for party, each in rounds.falls.items() if sum(each) > 0]
    if followers:
        head = say(
            "After {} fails in {}, somebody else falls in {} of futures, most often {}.",
            name(rounds.failed),
            when(rounds.at),
            share(1.0 - rounds.nobody),
            listed(followers, 3),
        )
    else:
        head = say("After {} fails in {}, nobody else falls for it.", name(rounds.failed), when(rounds.at))
    return section(
        "stress_rounds",
        title,
        rounds,
        says=(head, say(_GIVEN), say("From {} futures.", count(rounds.paths))),
        caption="The failure that most others follow: how often each party falls sooner than in the base "
        "run, by quarters since the failure.",
        arguments=f"book, failures, {rounds.failed!r}",
    )
