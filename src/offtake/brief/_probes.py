"""What a page asks backwards: the most probable failure, and what an outcome owes to every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offtake import figures
from offtake.errors import InfeasibleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.results import Simulation
    from offtake.stress import DefaultProbability, ReverseStress, Sensitivities

__all__ = ["Failure", "Probes", "probe"]

_PATHS: Final = 1_024
_MOVED: Final = 256
_STARTS: Final = 8
_COMPARED: Final = 30
_TRIED: Final = 3
_BACK: Final = 3
_NEXT_TO_NOTHING: Final = 0.1


@dataclass(frozen=True, slots=True)
class Failure:
    """The most probable failure of one party.

    Parameters
    ----------
    found
        The move.
    short, every
        Its probability sampled, without failures from outside causes and with them.
    near
        The same by each later quarter that was looked at, by which next to nothing has to move, latest first.
    """

    found: ReverseStress
    short: DefaultProbability
    every: DefaultProbability
    near: tuple[ReverseStress, ...] = ()


@dataclass(frozen=True, slots=True)
class Probes:
    """What was asked backwards.

    Parameters
    ----------
    failure
        The most probable failure; None where none was found for the parties that were tried.
    sensitivities
        What burn of the party in focus owes to every figure of the book.
    """

    failure: Failure | None
    sensitivities: Sensitivities

    def python(self) -> tuple[str, ...]:
        """Return the Python that gives the same again."""
        asked = self.sensitivities.outcome
        settings = f"paths={self.sensitivities.paths}, seed={self.sensitivities.seed}, compared={_COMPARED}"
        lines = [
            "from offtake.stress import Outcome, default_probability, reverse_stress, sensitivities",
            f"outcome = Outcome({asked.variable!r}, {asked.of!r}, {asked.by!r})",
            f"slopes = sensitivities(book, outcome, {settings})",
        ]
        if self.failure is not None:
            found, short = self.failure.found, self.failure.short
            given = f"paths={found.settings['paths']}, seed={found.settings['seed']}, starts={_STARTS}"
            sampled = f"paths={short.settings['paths']}"
            lines += [
                f"reverse = reverse_stress(book, {found.party!r}, {found.by!r}, {given})",
                f"short = default_probability(book, reverse, {sampled}, outside=False)",
                f"every = default_probability(book, reverse, {sampled})",
            ]
        return tuple(lines)


def probe(
    book: Book,
    runs: Simulation,
    paths: int,
    seed: int,
    report: Callable[[str, int, int], None] | None = None,
) -> Probes:
    """Return the most probable failure and the sensitivities that a page shows.

    The failure is that of the party with the most to pay under firm contracts, by the last quarter by which
    it runs out of money in at most 5 % of futures; where it never does in any future, or no such move is
    found, of the next. If next to nothing has to move by then, up to three earlier quarters are looked at.
    The outcome is the burn of the party in focus, up to the horizon of its plan.
    """
    party = figures.focal_party(book, runs)
    burn = figures.collect_burn(book, runs, party)
    horizon = list(burn.plan)[-1] if burn.plan else burn.cumulative.labels[-1]
    return Probes(
        _failure(book, min(paths, _PATHS), seed, report), _slopes(book, party, horizon, paths, seed, report)
    )


def _failure(
    book: Book, paths: int, seed: int, report: Callable[[str, int, int], None] | None
) -> Failure | None:
    from offtake.stress import default_probability, rare_quarter, reverse_stress

    sizes = figures.obligations(book)
    by_dues = sorted((name for name in sizes if sizes[name].to_pay > 0), key=lambda each: -sizes[each].to_pay)
    for tried, name in enumerate(by_dues[:_TRIED]):
        if report is not None:
            report("most probable failure", tried, _TRIED)
        try:
            rare = rare_quarter(book, name, paths=paths, seed=seed)
            if rare.by_end == 0.0:
                continue
            found = reverse_stress(book, name, rare.quarter, paths=paths, starts=_STARTS, seed=seed)
        except InfeasibleError:
            continue
        found, near = _telling(book, found)
        short = default_probability(book, found, paths=2 * paths, outside=False)
        return Failure(found, short, default_probability(book, found, paths=2 * paths), near)
    return None


def _telling(book: Book, found: ReverseStress) -> tuple[ReverseStress, tuple[ReverseStress, ...]]:
    """Return the same by the last quarter by which something has to move, and those by later ones."""
    from offtake.stress import reverse_stress

    near: list[ReverseStress] = []
    quarters = [str(each) for each in book.calendar]
    for _ in range(_BACK):
        place = quarters.index(found.by)
        if found.beta >= _NEXT_TO_NOTHING or place == 0:
            break
        given = {"paths": found.settings["paths"], "seed": found.settings["seed"], "starts": _STARTS}
        try:
            sooner = reverse_stress(book, found.party, quarters[place - 1], **given)
        except InfeasibleError:
            break
        near.append(found)
        found = sooner
    return found, tuple(near)


def _slopes(
    book: Book,
    party: str,
    horizon: str,
    paths: int,
    seed: int,
    report: Callable[[str, int, int], None] | None,
) -> Sensitivities:
    from offtake.stress import Outcome, sensitivities

    step = None if report is None else lambda done, total: report("sensitivities", done, total)
    outcome = Outcome("cumulative_burn", party, horizon)
    return sensitivities(
        book, outcome, paths=min(paths, _MOVED), seed=seed, compared=_COMPARED, progress=step
    )
