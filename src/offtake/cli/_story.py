"""`offtake story`: one future told as dated events."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from offtake.cli._options import AsJson, BookArgument, Scenario, Seed
from offtake.cli._output import TextTable, print_json, print_table
from offtake.cli._refusals import refuse_stranger
from offtake.cli._settings import enable_jax_cache, examples

if TYPE_CHECKING:
    from offtake.stress import Line

__all__ = ["EXAMPLES", "story"]

EXAMPLES = examples(
    'offtake story first-steps --path "worst:Lark Labs"',
    "offtake story first-steps --path 17 --lines",
    'offtake story mine.yaml --scenario "funding freeze" --about "Tideway Cloud"',
)


def story(
    ctx: typer.Context,
    book: BookArgument,
    path: Annotated[
        str, typer.Option(help="Number of the future, or worst:PARTY for the one that is worst for it.")
    ] = "0",
    about: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Tell only what it is part of.", show_default=False)
    ] = None,
    scenario: Scenario = None,
    paths: Annotated[
        int, typer.Option(metavar="N", help="Futures among which the worst is looked for.", min=1)
    ] = 1_000,
    seed: Seed = 0,
    engine: Annotated[
        Literal["jax", "numpy"],
        typer.Option(help="numpy starts at once; jax compiles first and then searches faster."),
    ] = "numpy",
    lines: Annotated[bool, typer.Option("--lines", help="Show the lines of the ledger too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell one future of a book as dated events in words.

    Phases energised, capacity late, money raised, funding at its limit, arrears, defaults, capacity lost,
    falls of confidence, work unserved: each with its quarter and its lines of the ledger.
    """
    del ctx
    if engine == "jax":
        enable_jax_cache()
    from offtake.book import Book
    from offtake.stress import story as tell

    read = Book.read(book)
    refuse_stranger(read, about)
    told = tell(read, path=path, seed=seed, scenario=scenario, paths=paths, engine=engine)
    if about is not None:
        told = told.about(about)
    if as_json:
        print_json(asdict(told))
        return
    rows: list[list[str]] = []
    quarter = ""
    for event in told.events:
        rows.append([event.quarter if event.quarter != quarter else "", event.kind, f"{event.text}."])
        quarter = event.quarter
        if lines:
            rows += [["", "", _told(line)] for line in event.lines]
    under = f", {told.scenario}" if told.scenario else ""
    chosen = f", {told.chosen}" if told.chosen else ""
    title = f"{told.book}{under}: future {told.path} of seed {told.seed}{chosen}"
    print_table(TextTable(title, ["quarter", "what", "how"], rows))


def _told(line: "Line") -> str:
    return f"  {line.kind}: {line.payer} owes {line.receiver} {line.due:,.1f} M USD, pays {line.paid:,.1f}"
