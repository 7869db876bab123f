"""`offtake stress --reverse`: the most probable way in which a party fails, and how probable it is."""

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from offtake.cli._output import TextTable, percent, print_json, print_table, progress_bar, remark
from offtake.cli._refusals import refuse_stranger

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.cli._settings import Settings
    from offtake.stress import DefaultProbability, ReverseStress

__all__ = ["Asked", "print_reverse", "summary"]

_STEPS = 4
_SHOWN = 0.01


class Asked(NamedTuple):
    """What a probe of a book is asked for on the command line."""

    scenario: str | None
    paths: int
    seed: int
    as_json: bool


def print_reverse(settings: "Settings", book: "Book", party: str, by: str | None, asked: Asked) -> None:
    """Find the most probable failure of a party, sample around it, and print both."""
    from offtake.stress import default_probability, rare_quarter, reverse_stress

    refuse_stranger(book, party)
    paths, seed, scenario = asked.paths, asked.seed, asked.scenario
    started = time.perf_counter()
    with progress_bar(settings, "steps") as step:
        step(0, _STEPS)
        when = by or rare_quarter(book, party, paths=paths, seed=seed, scenario=scenario).quarter
        step(1, _STEPS)
        found = reverse_stress(book, party, when, paths=paths, seed=seed, scenario=scenario)
        step(2, _STEPS)
        short = default_probability(book, found, paths=2 * paths, outside=False)
        step(3, _STEPS)
        every = default_probability(book, found, paths=2 * paths)
        step(_STEPS, _STEPS)
    took = time.perf_counter() - started
    if asked.as_json:
        print_json(summary(book, found, short, every))
        return
    typer.echo(f"{found}.")
    _print_moves(book, found)
    typer.echo(_blurred(found))
    typer.echo(_sampled(found, short, every))
    remark(
        settings, f"seed {asked.seed}, {asked.paths:,} futures, {len(found.starts)} searches, {took:.1f} s"
    )


def summary(
    book: "Book", found: "ReverseStress", short: "DefaultProbability", every: "DefaultProbability"
) -> dict[str, Any]:
    """Return the most probable failure and its probability as plain data."""
    return {
        "book": book.book,
        "hash": book.hash,
        "party": found.party,
        "by": found.by,
        "fails_in": found.fails_in,
        "beta": found.beta,
        "says": str(found),
        "probability_first_order": found.probability,
        "per_year": found.per_year,
        "stationary": found.stationary,
        "blur_musd": found.blur,
        "blurred_beta": found.blurred_beta,
        "slack_musd": found.slack,
        "seen": found.seen,
        "moves": [vars(move) for move in found.moves],
        "sampled": _plain(short),
        "sampled_with_outside_causes": _plain(every),
        "settings": dict(found.settings),
    }


def _plain(one: "DefaultProbability") -> Mapping[str, float | bool]:
    names = ("probability", "error", "effective", "mean_weight", "weight_error", "variance_ratio", "trusted")
    return {name: getattr(one, name) for name in names}


def _print_moves(book: "Book", found: "ReverseStress") -> None:
    rows = [
        [move.name, move.kind, percent(move.share), f"{move.value:,.4g}", f"{move.median:,.4g}"]
        for move in found.moves
        if move.share >= _SHOWN
    ]
    title = f"{book.book}: {found.party} fails in {found.fails_in}; parts of the move of {found.beta:.2f}"
    columns = ["what", "kind", ">part of the squared distance", f">in {found.fails_in}", ">median future"]
    print_table(TextTable(f"{title} standard deviations", columns, rows))


def _blurred(found: "ReverseStress") -> str:
    """Return what the smoothing of the search did, in words."""
    return (
        f"The search first blurred the tightest quarter over {found.blur:,.4g} M USD: distance "
        f"{found.blurred_beta:.3f} with the blur, {found.beta:.3f} without it."
    )


def _sampled(found: "ReverseStress", short: "DefaultProbability", every: "DefaultProbability") -> str:
    """Return the sampled probability in words."""
    odds = "" if short.probability <= 0.0 else f", 1 in {1.0 / short.probability:,.0f} futures"
    ratio = "" if math.isnan(short.variance_ratio) else f", {_times(short.variance_ratio)} plain sampling"
    doubt = "" if short.trusted else " Too few futures count to trust this: take more --paths."
    return (
        f"Sampled around it, {found.party} runs out of money by {found.by} with probability "
        f"{short.probability:.2g}{odds} (standard error {short.error:.1g}{ratio}). "
        f"With failures from outside causes it is {every.probability:.2g} (standard error "
        f"{every.error:.1g}).{doubt}"
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.1f} times less variance than" if ratio >= 1.0 else "no less variance than"
