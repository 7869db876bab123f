"""`offtake plan`: which offers to sign, how much and when."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from offtake.cli._options import AsJson, BookArgument, NewValues, Seed
from offtake.cli._output import TextTable, percent, print_json, print_table, progress_bar, remark
from offtake.cli._settings import enable_jax_cache, examples, settings_of
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.plan import CVaR, Plan

__all__ = ["EXAMPLES", "plan"]

EXAMPLES = examples(
    "offtake plan first-steps",
    "offtake plan first-steps --stage 2027-Q3 --risk 0.9:0.5 --bounds",
    "offtake plan lands --cost --json",
    "offtake plan mine.yaml --buyer 'Lark Labs' --reopen all --signed signed.yaml",
)

_BILLION = 1000.0
_LEAST = 0.05


def plan(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: BookArgument,
    buyer: Annotated[
        str | None,
        typer.Option(
            metavar="PARTY", help="Whose plan; default: the only party with offers.", show_default=False
        ),
    ] = None,
    scenarios: Annotated[int, typer.Option(metavar="N", help="Futures that the tree keeps.", min=1)] = 30,
    futures: Annotated[
        int, typer.Option(metavar="N", help="Futures that the tree is drawn from.", min=1)
    ] = 1_000,
    stages: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="QUARTER",
            help="A quarter in which to decide again; may be repeated.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    method: Annotated[
        Literal["forward", "kmeans"], typer.Option(help="How futures are chosen for the tree.")
    ] = "forward",
    risk: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL:WEIGHT",
            help="Charge this weight of the CVaR of the loss, as in 0.95:0.3.",
            show_default=False,
        ),
    ] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Seek least cost; what service earns is left out.")
    ] = False,
    terminal: Annotated[
        Literal["continue", "nothing"] | None,
        typer.Option(
            help="What contracts count beyond the calendar; default: the buyer's policy.", show_default=False
        ),
    ] = None,
    reopen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DEAL",
            help="A signed deal to ask again, or `all` that have yet to begin; may be repeated.",
            show_default=False,
        ),
    ] = None,
    changes: NewValues = None,
    bounds: Annotated[
        bool, typer.Option("--bounds", help="Add the value of information and of the stochastic solution.")
    ] = False,
    fresh: Annotated[
        int, typer.Option(metavar="N", help="Run the plan through so many futures it has not seen.", min=0)
    ] = 0,
    frontier: Annotated[
        int, typer.Option(metavar="N", help="Plans to show between no caution and much.", min=0)
    ] = 0,
    times: Annotated[
        int, typer.Option(metavar="N", help="Quarters by which to ask for enough capacity.", min=0)
    ] = 0,
    margins: Annotated[
        bool,
        typer.Option("--margins", help="Add what a quarter sooner and a point of take-or-pay are worth."),
    ] = False,
    alternatives: Annotated[
        int, typer.Option(metavar="N", help="Nearly optimal plans that differ most.", min=0)
    ] = 0,
    gap: Annotated[
        float, typer.Option(metavar="X", help="Relative gap at which the solver may stop.", min=0)
    ] = 1e-4,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="Time after which the solver stops with what it has.", show_default=False
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the plan as netCDF.", show_default=False)
    ] = None,
    signed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the book with the plan signed, as YAML.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which offers to sign, how much and when, from one buyer's chair.

    A stochastic programme over a tree of futures: volumes within the offers' ranges, delivery risk,
    placement, exclusivity, cash in every node and the limits of the buyer's policy. Where nothing satisfies
    them all, the rules that conflict are named, and the exit code is 3.
    """
    settings = settings_of(ctx)
    from offtake.cli._changes import overrides

    charged = _risk(risk)
    enable_jax_cache()
    from offtake.book import Book
    from offtake.plan import plan as run
    from offtake.plan import reopened

    read = Book.read(book)
    given = overrides(changes or [])
    read = read.replace(given) if given else read
    started = time.perf_counter()
    with progress_bar(settings, "planning") as step:
        found = run(
            read,
            buyer=buyer,
            scenarios=scenarios,
            futures=futures,
            stages=stages,
            seed=seed,
            method=method,
            risk=charged,
            goal="cost" if cost else "value",
            terminal=terminal,
            reopen="all" if reopen == ["all"] else reopen or (),
            bounds=bounds,
            fresh=fresh,
            frontier=frontier,
            times=times,
            margins=margins,
            alternatives=alternatives,
            gap=gap,
            time_limit=time_limit,
            progress=lambda what, done, total: step(done, total, what),
        )
    took = time.perf_counter() - started
    if save is not None:
        found.save(save)
    if signed is not None:
        # deals that were asked again are offers to the plan
        asked, _ = reopened(read, found.buyer, found.settings["reopened"])
        asked.signed(found).write(signed)
    if as_json:
        print_json(summary(found))
        return
    _print(found)
    remark(settings, f"seed {seed}, {found.settings['leaves']} futures in the tree, {took:.1f} s")


def _risk(text: str | None) -> "CVaR | None":
    if text is None:
        return None
    level, _, weight = text.partition(":")
    try:
        numbers = float(level), float(weight)
    except ValueError:
        message = f"--risk takes LEVEL:WEIGHT, such as 0.95:0.3, not `{text}`"
        raise InputError(message) from None
    from offtake.plan import CVaR

    return CVaR(*numbers)


def summary(found: "Plan") -> dict[str, Any]:
    """Return a plan as plain data."""
    data, (low, high) = found.dataset, found.spread
    return {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "buyer": found.buyer,
        "settings": dict(found.settings),
        "value_musd": found.value,
        "value_q05_musd": low,
        "value_q95_musd": high,
        "cost_musd": found.cost,
        "cvar_musd": found.cvar,
        "objective_musd": found.objective,
        "bound_musd": found.bound,
        "gap": found.gap,
        "signings": [asdict(each) for each in found.signings],
        "passed_over": list(found.passed_over),
        "value_by_part_musd": {str(k): float(v) for k, v in data["value"].to_series().items()},
        "bounds": asdict(found.bounds) if found.bounds is not None else None,
        "fresh": asdict(found.fresh) if found.fresh is not None else None,
        "frontier": [asdict(each) for each in found.frontier],
        "margins": [asdict(each) for each in found.margins],
        "times": [asdict(each) for each in found.times],
        "alternatives": [asdict(each) for each in found.alternatives],
        "service": found.to_dataframe("service").reset_index().to_dict("records"),
    }


def _print(found: "Plan") -> None:
    aim, amount, sign = "most value", found.value, 1
    if found.settings["goal"] == "cost":
        aim, amount, sign = "least cost", found.cost, -1
    low, high = sorted(sign * end for end in found.spread)
    typer.echo(
        f"{found.buyer} in {found.book}: {aim}, present value {amount:,.6g} M USD, within "
        f"{100 * found.gap:.2g} % of the best."
    )
    if low < high:
        unseen = "" if found.fresh else "; --fresh N tells what its signings bring in futures it has not seen"
        typer.echo(
            f"In nine of ten futures of the tree it lies between {low:,.6g} and {high:,.6g} M USD{unseen}."
        )
    for table in _tables(found):
        if table.rows:
            print_table(table)
    for line in _remarks(found):
        typer.echo(line)


def _tables(found: "Plan") -> list[TextTable]:
    rows = [
        [
            each.entry, each.what, each.provider, each.quarter,
            each.node if each.now else f"{each.node} ({percent(each.probability, 0)})",
            f"{each.start:+d}" if each.start else "",
            *(["", ""] if each.what == "licence" else [f"{each.mw:,.6g}", f"{each.most:,.6g}"]),
        ]
        for each in found.signings
    ]  # fmt: skip
    columns = ["entry", "what", "from", "decided in", "node", ">quarters moved", ">MW", ">of at most"]
    tables = [TextTable("What to sign", columns, rows)]
    value = found.dataset["value"].to_series()
    tables.append(
        TextTable(
            "Expected present value by part, M USD", ["part", ">M USD"],
            [[str(part), f"{amount:,.6g}"] for part, amount in value.items() if abs(amount) > 0],
        )
    )  # fmt: skip
    tables.append(_service(found))
    if found.frontier:
        tables.append(
            TextTable(
                "Caution",
                [">weight", ">expected value, M USD", ">mean of the tail, M USD", ">signed now, MW"],
                [
                    [f"{p.weight:g}", f"{p.value:,.6g}", f"{-p.cvar:,.6g}", f"{p.mw:,.6g}"]
                    for p in found.frontier
                ],
            )
        )  # fmt: skip
    if found.times:
        tables.append(
            TextTable(
                "Capacity in step with demand by", ["quarter", ">best objective, M USD"],
                [
                    [point.quarter, "no plan" if point.objective is None else f"{point.objective:,.6g}"]
                    for point in found.times
                ],
            )
        )  # fmt: skip
    if found.alternatives:
        frame = found.to_dataframe("alternatives")
        tables.append(
            TextTable(
                "Nearly as good, MW signed now",
                ["plan", *(f">{name}" for name in frame.columns)],
                [
                    [
                        str(name),
                        percent(row["given up"], 2),
                        *(f"{row[each]:,.0f}" for each in frame.columns[1:]),
                    ]
                    for name, row in frame.iterrows()
                ],
            )
        )
    return tables


def _service(found: "Plan") -> TextTable:
    data = found.dataset
    quarters = list(map(str, data.indexes["quarter"]))
    last = {quarter[:4]: quarter for quarter in quarters}
    rows = []
    for name in map(str, data.indexes["workload"]):
        one = data.sel(workload=name)
        for what in ("demand", "served", "bought", "unserved"):
            values = [float(one[what].sel(quarter=quarter)) for quarter in last.values()]
            if what in {"demand", "served"} or max(values) > _LEAST:
                rows.append([name if what == "demand" else "", what, *(f"{value:,.4g}" for value in values)])
    return TextTable(
        "Work at the end of each year, mean effective MW", ["workload", "", *(f">{y}" for y in last)], rows
    )


def _remarks(found: "Plan") -> list[str]:
    said = []
    if found.passed_over:
        said.append(f"Not signed: {', '.join(found.passed_over)}.")
    if found.bounds is not None:
        bounds = found.bounds
        said.append(
            f"Perfect information would be worth {bounds.evpi:,.6g} M USD; the plan for the mean future "
            f"gives up {bounds.vss:,.6g} M USD."
        )
    said += [f"To have {each.what} would add {each.worth:,.6g} M USD." for each in found.margins]
    if found.fresh is not None:
        fresh = found.fresh
        said.append(
            f"In {fresh.paths:,} fresh futures its signings bring {fresh.simulated:,.6g} M USD (standard "
            f"error {fresh.error:,.3g}); the programme expects {fresh.expected:,.6g}."
        )
    return said
