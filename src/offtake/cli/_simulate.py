"""`offtake simulate`: what happens in many futures, by year."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from offtake.cli._options import AsJson, BookArgument, Engine, Paths, Scenario, Seed
from offtake.cli._output import TextTable, percent, print_json, print_table, progress_bar, remark
from offtake.cli._refusals import refuse_lost, refuse_stranger
from offtake.cli._settings import enable_jax_cache, examples, settings_of
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["EXAMPLES", "simulate"]

EXAMPLES = examples(
    "offtake simulate first-steps",
    'offtake simulate mine.yaml --paths 2000 --seed 7 --scenario "funding freeze"',
    "offtake simulate mine.yaml --save runs.nc --json",
)

_SPREAD = ("q05", "q50", "q95")
_MOST = 5
_GW = 1000.0


def simulate(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: BookArgument,
    paths: Paths = 10_000,
    seed: Seed = 0,
    scenario: Scenario = None,
    method: Annotated[
        Literal["random", "antithetic", "sobol"], typer.Option(help="How futures are drawn.")
    ] = "random",
    engine: Engine = "jax",
    party: Annotated[
        str | None,
        typer.Option(
            help="Party whose cash and burn are shown; by default the largest buyer.", show_default=False
        ),
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Fail if money is created or lost in a future.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Keep the run in a netCDF file, such as runs.nc.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a book through many futures and print what they come to, year by year.

    The table shows the median and in brackets the range from the 5 % to the 95 % quantile: capacity energised
    and demand at the end of each year, cash and burn of the buyer, and how many parties are in default.
    """
    refuse_lost(save)
    settings = settings_of(ctx)
    if engine == "jax":
        enable_jax_cache()
    from offtake.book import Book
    from offtake.simulate import simulate as run

    read = Book.read(book)
    refuse_stranger(read, party)
    started = time.perf_counter()
    with progress_bar(settings, "futures") as step:
        runs = run(
            read,
            paths=paths,
            seed=seed,
            scenario=scenario,
            method=method,
            engine=engine,
            audit=audit,
            progress=step,
        )
    took = time.perf_counter() - started
    summary = summarise(read, runs, party)
    if save is not None:
        runs.save(save)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
        remark(settings, _made(runs, took, save))


def summarise(book: "Book", runs: "Simulation", party: str | None = None) -> dict[str, Any]:
    """Return what a run comes to by year, as plain data.

    Parameters
    ----------
    book
        The book.
    runs
        Its run.
    party
        Party whose cash and burn are told; None takes the one that the book is about, if there is one.
    """
    chosen = party or _focal(book, runs)
    last = runs.dataset.indexes["quarter"][-1]
    ends = runs.values("default", quarter=last)
    return {
        "book": runs.book,
        "hash": runs.book_hash,
        "version": runs.version,
        "paths": runs.paths,
        "seed": runs.seed,
        "settings": dict(runs.settings),
        "quantile_error": runs.quantile_error,
        "audit": dict(runs.audit),
        "party": chosen,
        "years": [_year(runs, int(year), chosen) for year in runs.dataset.indexes["year"]],
        "first_year_without_burn": _first_profit(runs, chosen),
        "in_default_at_the_end": {
            name: float(ends.sel(party=name)) for name in map(str, ends.indexes["party"])
        },
    }


def _year(runs: "Simulation", year: int, party: str | None) -> dict[str, Any]:
    quarter = [str(each) for each in runs.dataset.indexes["quarter"] if str(each).startswith(f"{year}-")][-1]
    dead = runs.values("default", quarter=quarter)
    row: dict[str, Any] = {
        "year": year,
        "at_the_end_of": quarter,
        "energised_mw": _spread(runs, "total_energised", quarter=quarter),
        "demand_mw": _spread(runs, "total_demand", quarter=quarter),
    }
    if party is not None:
        row |= {
            "cash_musd": _spread(runs, "cash", party=party, quarter=quarter),
            "burn_musd": _spread(runs, "burn", party=party, year=year),
            "in_default": float(dead.sel(party=party)),
        }
    return row | {"parties_in_default": float(dead.sum())}


def _spread(runs: "Simulation", variable: str, **labels: str | int) -> dict[str, float]:
    array = runs.values(variable, **labels)
    return {stat: float(array.sel(stat=stat)) for stat in ("mean", *_SPREAD)}


def _first_profit(runs: "Simulation", party: str | None) -> dict[str, float] | None:
    if party is None:
        return None
    shares = runs.values("first_profitable", party=party)
    return {str(year): float(shares.sel(year_or_never=year)) for year in shares.indexes["year_or_never"]}


def _focal(book: "Book", runs: "Simulation") -> str | None:
    from offtake.figures import focal_party

    try:
        return focal_party(book, runs)
    except InputError:
        return None


def _print_summary(summary: dict[str, Any]) -> None:
    party, years = summary["party"], summary["years"]
    mw = max(row[key]["q95"] for row in years for key in ("energised_mw", "demand_mw"))
    scale, power = (_GW, "GW") if mw >= _GW else (1.0, "MW")
    columns = ["year", f">energised, {power}", f">demand, {power}"]
    if party is not None:
        columns += [">cash, B USD", ">burn, B USD", ">in default"]
    rows = []
    for row in years:
        cells = [str(row["year"]), _range(row["energised_mw"], scale), _range(row["demand_mw"], scale)]
        if party is not None:
            cells += [
                _range(row["cash_musd"], 1000.0),
                _range(row["burn_musd"], 1000.0),
                percent(row["in_default"]),
            ]
        rows.append([*cells, f"{row['parties_in_default']:.2f}"])
    of_whom = f"; cash, burn and default of {party}" if party is not None else ""
    scenario = summary["settings"].get("scenario")
    title = f"{summary['book']}{f', {scenario}' if scenario else ''}: {summary['paths']:,} futures{of_whom}"
    print_table(TextTable(title, [*columns, ">firms in default"], rows))
    _print_ends(summary)


def _print_ends(summary: dict[str, Any]) -> None:
    profit = summary["first_year_without_burn"]
    if profit is not None:
        told = ", ".join(f"{year} {percent(share, 0)}" for year, share in profit.items() if share > 0)
        typer.echo(f"First year without burn: {told}.")
    ends = sorted(summary["in_default_at_the_end"].items(), key=lambda item: -item[1])
    told = ", ".join(f"{name} {percent(share)}" for name, share in ends[:_MOST] if share > 0)
    typer.echo(f"Most often in default by the end: {told or 'nobody'}.")


def _range(spread: dict[str, float], scale: float) -> str:
    low, middle, high = (spread[stat] / scale for stat in _SPREAD)
    digits = 0 if max(abs(low), abs(middle), abs(high)) >= 100 else 1 if abs(high) >= 10 else 2  # noqa: PLR2004
    # adding 0.0 turns a negative zero into a plain one
    low, middle, high = (round(each, digits) + 0.0 for each in (low, middle, high))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _made(runs: "Simulation", took: float, save: Path | None) -> str:
    quantiles = f"quantiles within {runs.quantile_error:.1%}" if runs.quantile_error else "exact quantiles"
    worst = max(runs.audit.values(), default=0.0)
    kept = f"; kept in {save}" if save is not None else ""
    return f"seed {runs.seed}, {took:.1f} s, {quantiles}, money closes to {worst:.0e}{kept}"
