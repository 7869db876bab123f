"""`offtake brief`: all of a book on one page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offtake.cli._options import Seed, ShippedBook
from offtake.cli._output import progress_bar, remark
from offtake.cli._refusals import refuse_lost
from offtake.cli._settings import default_book, enable_jax_cache, examples, settings_of
from offtake.scale import processes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offtake.book import Book
    from offtake.brief import FactLine
    from offtake.results import Simulation

__all__ = ["EXAMPLES", "brief"]

_MOST_WORKERS = 4

EXAMPLES = examples(
    "offtake brief -o brief.html",
    "offtake brief mine.yaml --paths 2000 --open",
    'offtake brief first-steps --scenario "funding freeze"',
)


def brief(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: ShippedBook = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the page.")] = Path(
        "brief.html"
    ),
    paths: Annotated[int, typer.Option(metavar="N", help="Futures of each run.", min=1)] = 10_000,
    seed: Seed = 0,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A scenario to run beside the book; may be repeated. Default: all of them.",
            show_default=False,
        ),
    ] = None,
    no_scenarios: Annotated[bool, typer.Option("--no-scenarios", help="Run the book alone.")] = False,
    failures: Annotated[
        bool,
        typer.Option("--failures/--no-failures", help="Fail every party in turn, on at most 2,000 futures."),
    ] = True,
    probes: Annotated[
        bool,
        typer.Option(
            "--probes/--no-probes",
            help="Look for the most probable failure and for the figures that matter most, on at most 1,024 "
            "futures.",
        ),
    ] = True,
    requests: Annotated[
        bool, typer.Option("--requests/--no-requests", help="Price the requests of the book.")
    ] = True,
    plans: Annotated[
        bool, typer.Option("--plans/--no-plans", help="Plan what to sign; minutes on a large book.")
    ] = True,
    negotiations: Annotated[
        bool,
        typer.Option(
            "--negotiations/--no-negotiations",
            help="Look at the book's negotiations; minutes each on a large book.",
        ),
    ] = True,
    portfolio: Annotated[
        bool,
        typer.Option(
            "--portfolio/--no-portfolio",
            help="Tell what each provider brings to the party in focus; a minute for six of them.",
        ),
    ] = True,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Processes that plan and negotiate side by side. Default: one for each core, at most 4.",
            min=1,
            show_default=False,
        ),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Show the page in the browser.")
    ] = False,
) -> None:
    """Write one page on a book that a person can read and pass on.

    The book is run as it stands and in its scenarios. The page says what it finds, shows the figures with
    their tables, lists what is assumed, and tells how to run it again.
    """
    if scenario and no_scenarios:
        message = "give either --scenario or --no-scenarios"
        raise typer.BadParameter(message)
    settings = settings_of(ctx)
    _refuse_lost_page(output)
    enable_jax_cache()
    from offtake.book import Book
    from offtake.brief import brief as write_brief

    read = Book.read(book or default_book())
    heavy = plans or (negotiations and read.negotiations) or portfolio
    with (
        progress_bar(settings, "brief") as step,
        processes((workers or min(_MOST_WORKERS, os.cpu_count() or 1)) if heavy else 1) as client,
    ):
        page = write_brief(
            read,
            paths=paths,
            seed=seed,
            scenarios=False if no_scenarios else (scenario or True),
            facts=_facts,
            failures=failures,
            probes=probes,
            requests=requests,
            plans=plans,
            negotiations=negotiations,
            portfolio=portfolio,
            client=client,
            progress=lambda what, done, total: step(done, total, what or read.book),
        )
    written = page.write(output)
    remark(
        settings, f"wrote {written} ({written.stat().st_size / 1e6:.1f} MB) on {read.book}, {paths:,} futures"
    )
    if open_page:
        typer.launch(written.resolve().as_uri())


def _facts(book: "Book", runs: "Simulation") -> "Iterable[FactLine]":
    """Return the facts of a book as the page shows them."""
    from offtake.brief import FactLine
    from offtake.facts import evaluate

    return [
        FactLine(row.row, row.says, row.stated, row.computed, row.agrees, row.why or "", row.sources)
        for row in evaluate(book, runs).rows
    ]


def _refuse_lost_page(output: Path) -> None:
    """Refuse at once a page that could not be written after minutes of work."""
    from offtake.errors import InputError

    refuse_lost(output)
    if output.is_dir():
        message = f"`{output}` is a folder. Name a file."
        raise InputError(message)
