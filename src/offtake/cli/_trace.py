"""`offtake trace`: where the money of a window comes from, and how much of it goes round."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offtake.cli._options import AsJson, BookArgument, Seed
from offtake.cli._output import TextTable, percent, print_json, print_table, progress_bar, remark
from offtake.cli._refusals import refuse_stranger
from offtake.cli._settings import enable_jax_cache, examples, settings_of
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.cli._settings import Settings
    from offtake.results import Simulation
    from offtake.trace import Trace

__all__ = ["EXAMPLES", "trace"]

EXAMPLES = examples(
    "offtake trace first-steps",
    "offtake trace first-steps --intended --from 2026-Q1 --to 2028-Q4",
    "offtake trace mine.yaml --simulated --paths 2000 --json",
)

_MOST = 10
_BILLION = 1000.0
_SHORT = 60


def trace(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: BookArgument,
    first: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="QUARTER", help="First quarter; default: the opening.", show_default=False
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="QUARTER", help="Last quarter; default: the calendar's end.", show_default=False
        ),
    ] = None,
    firm: Annotated[
        bool | None,
        typer.Option(
            "--firm/--intended",
            help="Count firm deals alone, or options and letters of intent too, by their likelihood. "
            "Default: firm, and with --simulated what came into force.",
            show_default=False,
        ),
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Trace what is paid in many futures instead of contracts.")
    ] = False,
    paths: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Number of futures, with --simulated; default 2000.",
            min=1,
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    spread: Annotated[
        int, typer.Option(metavar="N", help="Futures to trace one by one for a spread.", min=0)
    ] = 0,
    party: Annotated[
        str | None, typer.Option(help="Tell of this party alone; default: of all.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how much of the money between parties goes round, by which ways, and where receipts come from.

    Payments are those that contracts make due on the announced schedule, or means over many futures. The
    tables show the widest cycles with their smallest step, the origins of each party's receipts from others
    (own payments are money that the party had paid out and that came back), and the largest exposures.
    """
    if not simulated and (paths is not None or spread):
        message = "futures are run only with --simulated. Add it, or leave --paths and --spread out."
        raise InputError(message)
    settings = settings_of(ctx)
    from offtake.book import Book

    read = Book.read(book)
    refuse_stranger(read, party)
    found = _traced(
        read, settings, (first, last), firm, (paths or 2_000, seed, spread) if simulated else None
    )
    if as_json:
        print_json(summarise(found, party))
        return
    _print(found, party)
    _remarks(settings, found)


def _traced(
    book: "Book",
    settings: "Settings",
    window: tuple[str | None, str | None],
    firm: bool | None,
    futures: tuple[int, int, int] | None,
) -> "Trace":
    """Return the trace; a window that cannot be used is refused before anything is run."""
    from offtake.trace import trace as follow

    if futures is None:
        return follow(book, window=window, firm_only=firm)
    follow(book, window=window, most_cycles=1)
    paths, seed, spread = futures
    return follow(book, _run(book, settings, paths, seed), window=window, firm_only=firm, paths=spread)


def _run(book: "Book", settings: "Settings", paths: int, seed: int) -> "Simulation":
    enable_jax_cache()
    from offtake.simulate import simulate

    with progress_bar(settings, "futures") as step:
        return simulate(book, paths=paths, seed=seed, progress=step)


def summarise(found: "Trace", party: str | None = None) -> dict[str, Any]:
    """Return a trace as plain data, of one party only if it is named."""
    data: dict[str, Any] = {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "basis": found.basis,
        "firm_only": found.firm_only,
        "from": found.window[0],
        "to": found.window[1],
        "settings": dict(found.settings),
        "gross_musd": found.gross,
        "circulating_musd": found.circulating,
        "circularity": found.circularity,
        "cycles": [
            {
                "parties": list(cycle.parties),
                "bottleneck_musd": cycle.bottleneck,
                "by_year_musd": dict(cycle.by_year),
                "arcs": [
                    {
                        "payer": arc.payer,
                        "receiver": arc.receiver,
                        "musd": arc.amount,
                        "deals": list(arc.deals),
                    }
                    for arc in cycle.arcs
                ],
            }
            for cycle in found.cycles
            if party is None or party in cycle.parties
        ],
        "cycles_left_out": found.cycles_left_out,
        "left_out": list(found.left_out),
        "audit": dict(found.audit),
    }
    for what in ("flows", "origins", "exposures", "concentration", "net", "sources", "purses"):
        data[what] = found.to_dataframe(what, party=party).reset_index().to_dict("records")
    if "circularity_spread" in found.dataset:
        values = found.dataset["circularity_spread"]
        data["circularity_spread"] = {
            str(stat): float(values.sel(stat=stat)) for stat in values.indexes["stat"]
        }
    return data


def _print(found: "Trace", party: str | None) -> None:
    first, last = found.window
    counted = "firm deals" if found.firm_only else "firm deals, options and letters"
    typer.echo(
        f"{found.book}, {first} to {last}, {found.basis}, {counted}: {_billions(found.gross)} B USD between "
        f"parties, {percent(found.circularity)} of it goes round ({_billions(found.circulating)} B USD)."
    )
    if "circularity_spread" in found.dataset:
        low, middle, high = (
            float(found.dataset["circularity_spread"].sel(stat=stat)) for stat in ("q05", "q50", "q95")
        )
        told = f"{percent(middle)} ({percent(low)} to {percent(high)})"
        typer.echo(f"In single futures the share that goes round is {told}.")
    for table in (_cycles(found, party), _origins(found, party), _exposures(found, party)):
        if table.rows:
            print_table(table)


def _cycles(found: "Trace", party: str | None) -> TextTable:
    frame = found.to_dataframe("cycles", party=party)
    years = sorted({year for cycle in found.cycles for year in cycle.by_year})
    rows = [
        [
            row["cycle"],
            _billions(row["bottleneck"]),
            *(_billions(row[year]) for year in years),
            _few(row["deals"]),
        ]
        for _, row in frame.head(_MOST).iterrows()
    ]
    title = f"Ways round, the smallest step in B USD over the window and by year ({len(frame)} found)"
    return TextTable(title, ["cycle", ">window", *(f">{year}" for year in years), "deals"], rows)


def _origins(found: "Trace", party: str | None) -> TextTable:
    frame = found.to_dataframe("origins", party=party)
    kinds = [column for column in frame.columns if column != "receipts" and frame[column].max() > 0]
    rows = [
        [str(name), _billions(row["receipts"]), *(percent(row[kind]) for kind in kinds)]
        for name, row in frame.iterrows()
    ]
    title = "Where receipts from other parties come from"
    return TextTable(title, ["party", ">receipts, B USD", *(f">{kind}" for kind in kinds)], rows)


def _exposures(found: "Trace", party: str | None) -> TextTable:
    frame = found.to_dataframe("exposures", party=party)
    rows = [
        [row["party"], row["to"], _billions(row["before"]), _billions(row["after"])]
        for _, row in frame.head(_MOST).iterrows()
    ]
    start = found.settings["exposed_from"]
    title = f"The largest exposures if the other pays nothing from {start} on, B USD"
    return TextTable(title, ["party", "to", ">before netting", ">after netting"], rows)


def _billions(amount: float) -> str:
    return f"{amount / _BILLION + 0.0:,.1f}" if abs(amount) >= _BILLION else f"{amount / _BILLION + 0.0:,.2f}"


def _few(deals: str) -> str:
    return deals if len(deals) <= _SHORT else f"{deals[: _SHORT - 1].rpartition(',')[0]}, …"


def _remarks(settings: "Settings", found: "Trace") -> None:
    remark(settings, found.cycles_left_out)
    if found.left_out:
        remark(settings, f"Not counted: {'; '.join(found.left_out)}.")
