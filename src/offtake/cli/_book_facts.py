"""`offtake book facts`: stated figures beside what the book and its simulation give."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offtake.cli._options import AsJson, Engine, Seed, ShippedBook
from offtake.cli._output import TextTable, percent, print_json, print_table, progress_bar, remark
from offtake.cli._settings import enable_jax_cache, examples, settings_of

if TYPE_CHECKING:
    from offtake.facts import DefaultRow, DefaultTable, FactRow, FactTable

__all__ = ["EXAMPLES", "facts"]

EXAMPLES = examples(
    "offtake book facts",
    "offtake book facts mine.yaml --paths 4000",
    "offtake book facts mine.yaml --json",
)


_SEEN = 5e-5


def facts(
    ctx: typer.Context,
    book: ShippedBook = None,
    paths: Annotated[int, typer.Option(metavar="N", help="Futures of the simulation.", min=1)] = 1_000,
    seed: Seed = 0,
    engine: Engine = "numpy",
    as_json: AsJson = False,
) -> None:
    """Compare the stated figures of a book with what it gives.

    Three tables: figures computed from the book, the opening position against what was reported, and how
    often each party defaults in the first year against firms of its rating.

    Exit code 1 if a figure disagrees.
    """
    settings = settings_of(ctx)
    if engine == "jax":
        enable_jax_cache()
    from offtake.book import Book
    from offtake.cli._settings import default_book
    from offtake.facts import default_table, evaluate
    from offtake.simulate import simulate

    read = Book.read(book or default_book())
    evaluate(read)
    with progress_bar(settings, "futures") as step:
        runs = simulate(read, paths=paths, seed=seed, engine=engine, progress=step)
    table = evaluate(read, runs)
    defaults = default_table(read, runs) if len(read.calendar) >= 4 else None  # noqa: PLR2004 - a year
    if as_json:
        print_json(_as_data(table, defaults, seed))
    else:
        _print(table, defaults)
    apart = len(table.disagreeing)
    remark(
        settings,
        f"{len(table.rows) - apart} of {len(table.rows)} figures agree; {paths:,} futures, seed {seed}",
    )
    raise typer.Exit(1 if apart else 0)


def _print(table: "FactTable", defaults: "DefaultTable | None") -> None:
    groups = ((False, f"{table.book}: stated figures"), (True, f"{table.book}: opening position"))
    for opening, title in groups:
        rows = table.of_row(opening=opening)
        if rows:
            columns = ("row", "what is stated", ">stated", ">computed", ">apart", "", "sources")
            print_table(TextTable(title, columns, [_cells(row) for row in rows]))
    for row in table.disagreeing:
        typer.echo(f"{row.row} {row.name} disagrees: {row.why or 'no reason is given.'}")
    if defaults is not None:
        title = f"Default within the first year, to {defaults.until}"
        columns = ("party", "rating", ">model", ">± s.e.", ">base rate", ">ratio", "")
        print_table(TextTable(title, columns, [_default_cells(row) for row in defaults.rows]))


def _cells(row: "FactRow") -> tuple[str, ...]:
    if row.difference is None:
        apart = "–"
    elif row.unit == "year" or (row.unit == "quarter" and row.stated_value is None):
        apart = f"{row.difference:+.0f} {row.unit}s" if row.difference else "0"
    else:
        apart = f"{100 * row.difference:+.2f} %" if abs(row.difference) >= _SEEN else "0 %"
    verdict = "agrees" if row.agrees else "DISAGREES"
    return (row.row, row.says, row.stated, row.computed, apart, verdict, ", ".join(row.sources))


def _default_cells(row: "DefaultRow") -> tuple[str, ...]:
    ratio = "–" if row.ratio is None else f"{row.ratio:.2g}"
    return (
        row.party,
        row.rating or "–",
        percent(row.frequency, 2),
        percent(row.error, 2),
        percent(row.base_rate, 2),
        ratio,
        row.verdict,
    )


def _as_data(table: "FactTable", defaults: "DefaultTable | None", seed: int) -> dict[str, Any]:
    return {
        "book": table.book,
        "seed": seed,
        "facts": [_slots(row) for row in table.rows],
        "defaults": None
        if defaults is None
        else {
            "paths": defaults.paths,
            "until": defaults.until,
            "rows": [_slots(row) for row in defaults.rows],
        },
    }


def _slots(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).__slots__}
