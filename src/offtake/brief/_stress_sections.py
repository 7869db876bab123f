"""The sections on what happens if somebody fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._making import nothing, section
from offtake.brief._words import count, listed, money, name, plain, row, say, share, times, told, when

if TYPE_CHECKING:
    from offtake import figures
    from offtake.brief._context import Section
    from offtake.brief._records import Records
    from offtake.brief._words import Sentence
    from offtake.stress import ReverseStress

__all__ = [
    "losses_section",
    "matrix_section",
    "reverse_section",
    "ripples_section",
    "rounds_section",
    "tornado_section",
]

_ABSENT = "No party was failed for this page."
_FAR = 3.0
_NOT_ASKED = "That was not asked for this page."
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
        caption="Mean loss of each party by the channel that carries it; gains stand to the left. A party is "
        "better off by this measure where it no longer pays for what it had ordered, since stakes and what "
        "would come after the calendar are not valued. Contract: payments missing and claims written off. "
        "Supply: capacity gone. Funding: equity and loans that no longer come. Confidence: lenders who take "
        "fright. Other: what would have come anyway.",
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
        "then falls sooner than in the base run. Parties that never do are left out. What a failed lender "
        "has promised lapses, and its borrowers go on building as planned.",
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


def ripples_section(records: Records) -> Section:
    """Return the section on the ripples of the ten largest parties."""
    ripples, title = records.stress_ripples, "The ripples of the largest parties"
    if ripples is None:
        return nothing("stress-ripples", title, _ABSENT)
    largest, most = ripples.ripples[0], ripples.most
    quiet = [each.failed for each in ripples.ripples if each.nobody == 1.0]
    says = [
        say(
            "Largest are those with the most to pay and to be paid under firm contracts, nothing set off: "
            "first {}, with {}.",
            name(largest.failed),
            money(ripples.sizes[largest.failed].gross),
        ),
        say(
            "Of these {}, {} is followed most often: if it fails in {}, somebody else falls sooner in {} of "
            "futures.",
            count(len(ripples.ripples)),
            name(most.failed),
            when(ripples.at),
            share(1.0 - most.nobody),
        ),
    ]
    if quiet:
        says.append(say("Nobody follows {}.", listed(quiet, 3)))
    says += [say(_GIVEN), say("From {} futures.", count(ripples.paths))]
    return section(
        "stress_ripples",
        title,
        ripples,
        says=says,
        caption="One panel for each, the largest first: how often other parties fall sooner than in the base "
        "run, by quarters since the failure, each on its own scale. The command of each is in the table.",
        arguments="book, failures",
    )


def reverse_section(records: Records) -> Section:
    """Return the section on the most probable failure of the party with the most to pay."""
    reverse, title = records.stress_reverse, "How little it takes: the most probable failure"
    if reverse is None:
        why = "No party with much to pay runs out of money in the futures of this page."
        return nothing("stress-reverse", title, why if records.stress_tornado is not None else _NOT_ASKED)
    return section(
        "stress_reverse",
        title,
        reverse,
        says=_reverse_says(reverse),
        points=[*_near(records.near_failures), *_reverse_points(reverse, near=bool(records.near_failures))],
        caption="Above, how far each part of the move stands from the median future, in standard deviations. "
        "Below it, each driver that moves, in percent of its median future: the line is the move, the band "
        "holds nine of ten futures, the upright line is the quarter of the failure.",
        arguments="book, runs, reverse, short, every",
    )


def _reverse_says(reverse: figures.StressReverse) -> list[Sentence]:
    """Return the move in words and its probability."""
    moves = row([part.words for part in reverse.parts if part.words])
    if reverse.beta < 0.0:
        head = say(
            "{} runs out of money in the median future already, in {}; the least move that saves it: {}.",
            name(reverse.party),
            when(reverse.fails_in),
            moves,
        )
    else:
        head = say(
            "Of all ways in which {} runs out of money by {}, the most probable is this, in {}: {}.",
            name(reverse.party),
            when(reverse.by),
            when(reverse.fails_in),
            moves,
        )
    distance = say(
        "Together that is {} standard deviations from the median future; to first order its probability is "
        "{}.",
        plain(abs(reverse.beta)),
        share(reverse.first_order),
    )
    return [head, distance]


def _near(failures: tuple[ReverseStress, ...]) -> list[Sentence]:
    """Return from which quarter on next to nothing has to move, and what that is."""
    if not failures:
        return []
    first = failures[-1]
    moves = row([move.words for move in first.moves if move.words])
    enough = say("it is enough that {}, all else as in the median future", moves)
    return [
        say(
            "By {}, {}; so the quarter before is asked about.",
            when(first.by),
            say("the median future itself fails") if first.beta < 0.0 else enough,
        )
    ]


def _reverse_points(reverse: figures.StressReverse, *, near: bool) -> list[Sentence]:
    """Return what was sampled around the move, and what the search's smoothing did."""
    odds = say(", one in {} futures", count(round(1.0 / reverse.sampled))) if reverse.sampled > 0 else ()
    if reverse.variance_ratio > 1.0:
        ratio = say("with {} times less variance than plain sampling", times(reverse.variance_ratio))
    else:
        ratio = say("with no less variance than plain sampling, since it is not rare")
    points = [
        say("All ways together, sampled around this one: {}", share(reverse.sampled))
        + odds
        + say(" (standard error {}, ", share(reverse.error))
        + ratio
        + say("). With failures from outside causes: {}.", share(reverse.every)),
        say(
            "The party is the one with the most to pay under firm contracts that runs out of money in any "
            "future; the quarter is the last by which it does so in at most {} of futures{}.",
            share(0.05),
            say(" and by which something has to move") if near else (),
        ),
        say(
            "The search first smooths the tightest quarter: the distance is {} with that and {} without.",
            plain(reverse.blurred),
            plain(reverse.beta),
        ),
    ]
    low, high = sorted([reverse.first_order, reverse.sampled])
    if high > _FAR * low:
        points.insert(
            1,
            say(
                "To first order the limit of failure is taken to be straight. The two probabilities are far "
                "apart, so it is not, and the sampled one counts."
            ),
        )
    if not reverse.trusted:
        points.append(say("Too few failing futures count to trust the sampled probability."))
    return points


def tornado_section(records: Records) -> Section:
    """Return the section on what burn owes to every figure of the book."""
    tornado, title = records.stress_tornado, "Which figures matter most"
    if tornado is None:
        return nothing("stress-tornado", title, _NOT_ASKED)
    if not tornado.lines:
        return nothing("stress-tornado", title, "No figure of the book moves the burn.")
    first = tornado.lines[0]
    hidden = [line.said for line in tornado.lines if line.through == "only"] + list(tornado.thresholds)
    says = [
        say(
            "The {} is {} on average. Of {} figures, {} moves it most: {} if it is {} higher than {}.",
            told(tornado.outcome),
            money(tornado.value),
            count(tornado.figures),
            told(first.said),
            money(first.change),
            plain(first.span),
            plain(first.value),
        )
    ]
    if hidden:
        says.append(
            say(
                "{} act only through a threshold, where no derivative sees them: {}.",
                count(len(hidden)),
                row(hidden, 4),
            )
        )
    says.append(say("From {} futures.", count(tornado.paths)))
    return section(
        "stress_tornado",
        title,
        tornado,
        says=says,
        caption="Change of the mean if one figure is higher or lower by as much as it may be off (half of "
        "its stated range or of the middle of its distribution, else a tenth). Hatched: only through "
        "a threshold. A star, on phones: in part or only.",
        arguments="book, slopes",
    )
