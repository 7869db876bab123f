"""`offtake stress --sensitivities`: what an outcome owes to every figure of a book."""

import time
from typing import TYPE_CHECKING, Any

from offtake.cli._output import TextTable, print_json, print_table, progress_bar, remark

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.cli._reverse import Asked
    from offtake.cli._settings import Settings
    from offtake.stress import Sensitivities, Sensitivity

__all__ = ["print_sensitivities", "summary"]

_NAMED = 12
_SHARE_FLIPPED = 0.001


def print_sensitivities(
    settings: "Settings", book: "Book", outcome: str, by: str | None, smooth: str | None, asked: "Asked"
) -> None:
    """Find what an outcome owes to every figure of a book, and print the twenty that matter most."""
    from offtake.stress import Outcome, sensitivities

    variable, colon, of = outcome.partition(":")
    wanted = Outcome(variable.strip().replace(" ", "_"), of.strip() if colon else None, by)
    started = time.perf_counter()
    with progress_bar(settings, "steps") as step:
        found = sensitivities(
            book,
            wanted,
            paths=asked.paths,
            seed=asked.seed,
            scenario=asked.scenario,
            smooth=_width(smooth),
            progress=step,
        )
    took = time.perf_counter() - started
    if asked.as_json:
        print_json(summary(book, found))
        return
    _print_top(book, found)
    _remark_on_rest(settings, found)
    remark(settings, f"seed {asked.seed}, {asked.paths:,} futures, {took:.1f} s")


def summary(book: "Book", found: "Sensitivities") -> dict[str, Any]:
    """Return sensitivities as plain data: the figures that matter most and every derivative."""
    return {
        "book": book.book,
        "hash": book.hash,
        "outcome": vars(found.outcome),
        "unit": found.unit,
        "value": found.value,
        "top": [vars(one) for one in found.top],
        "derivatives": dict(found.derivatives),
        "thresholds": dict(found.thresholds),
        "not_seen": list(found.not_seen),
        "paths": found.paths,
        "seed": found.seed,
        "smooth": found.smooth,
    }


def _width(smooth: str | None) -> float:
    """Return the M USD over which a default counts partly."""
    if smooth is None:
        return 0.0
    from offtake.units import parse

    return parse(smooth, "money")[0]


def _print_top(book: "Book", found: "Sensitivities") -> None:
    unit = "" if found.unit == "1" else f" {found.unit}"
    rows = [
        [
            one.label,
            f"{one.value:,.4g}{_unit(one)}",
            f"{one.span:,.3g}",
            f"{one.change:+,.4g}",
            f"{one.derivative:+,.3g}",
            _through(one),
        ]
        for one in found.top
    ]
    title = f"{book.book}: {found.outcome} is {found.value:,.4g}{unit} on average; what moves it most"
    columns = ["figure", ">now", ">if more by", f">changes it by,{unit or ' 1'}", ">derivative", "threshold"]
    print_table(TextTable(title, columns, rows))


def _unit(one: "Sensitivity") -> str:
    return "" if one.unit == "1" else f" {one.unit}"


def _through(one: "Sensitivity") -> str:
    """Return in words whether a figure acts through a threshold."""
    flips = "" if not one.flipped > _SHARE_FLIPPED else f", in {one.flipped:.1%} of futures"
    words = {"no": "", "partly": f"partly{flips}", "only": f"only{flips}", "not compared": "not compared"}
    return words[one.through] or ("at a bend" if one.bends else "")


def _remark_on_rest(settings: "Settings", found: "Sensitivities") -> None:
    """Say which figures act through a threshold alone."""
    shown = {one.label for one in found.top}
    rest = [label for label in found.thresholds if label not in shown]
    if rest:
        more = f" and {len(rest) - _NAMED} more" if len(rest) > _NAMED else ""
        remark(
            settings,
            f"without a derivative, but acting through a threshold: {', '.join(rest[:_NAMED])}{more}",
        )
