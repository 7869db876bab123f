"""`offtake stress`: one thing changed, and who loses what, who follows, by which channel."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offtake.cli._amounts import number, scale_of
from offtake.cli._changes import overrides
from offtake.cli._options import AsJson, BookArgument, Engine, NewValues, Seed
from offtake.cli._output import TextTable, percent, print_json, print_table, progress_bar, remark
from offtake.cli._reverse import Asked, print_reverse
from offtake.cli._sensitivities import print_sensitivities
from offtake.cli._settings import enable_jax_cache, examples, settings_of

if TYPE_CHECKING:
    from offtake.stress import Stress

__all__ = ["EXAMPLES", "stress"]

EXAMPLES = examples(
    'offtake stress first-steps --fail "Tideway Cloud" --at 2028-Q1 --channels',
    "offtake stress first-steps --fail each --at 2027-Q2",
    'offtake stress first-steps --reverse "Lark Labs" --by 2028-Q4',
    'offtake stress first-steps --sensitivities "cash:Lark Labs" --by 2028-Q4',
    'offtake stress mine.yaml --set drivers.users.growth="10 %/year" --json',
)

_LEAST = 0.5


def stress(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: BookArgument,
    fail: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PARTY",
            help="A party that is made to fail, or `each` for every party in turn. "
            "Repeat it for several that fail together.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="QUARTER", help="Quarter in which it fails, as in 2027-Q2.", show_default=False),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="A scenario of the book, or `each` for every one in turn.", show_default=False),
    ] = None,
    changes: NewValues = None,
    channels: Annotated[
        bool, typer.Option("--channels", help="Split losses by channel: up to fifteen runs more a shock.")
    ] = False,
    reverse: Annotated[
        str | None,
        typer.Option(
            metavar="PARTY",
            help="Look for the most probable joint move of everything uncertain that makes this party fail.",
            show_default=False,
        ),
    ] = None,
    sensitivities: Annotated[
        str | None,
        typer.Option(
            metavar="VARIABLE[:LABEL]",
            help="Show which figures of the book move the mean of an outcome most, as in cash:PARTY, "
            "cumulative_burn:PARTY, unserved:WORKLOAD or default:PARTY.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="QUARTER",
            help="Until when, with --reverse (default: the last quarter by which it runs out of money in at "
            "most 5 % of futures) and --sensitivities (a year for variables by year).",
            show_default=False,
        ),
    ] = None,
    smooth: Annotated[
        str | None,
        typer.Option(
            metavar="MONEY",
            help="With --sensitivities default:PARTY: liquidity over which a default counts partly, as in "
            "50 M USD.",
            show_default=False,
        ),
    ] = None,
    paths: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Number of futures; default 10000, and 1024 with --reverse and --sensitivities.",
            min=1,
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    engine: Engine = "jax",
    as_json: AsJson = False,
) -> None:
    """Change one thing and print what that does, against the book as it stands in the same futures.

    What is given together is changed together. With one shock the table shows who loses what, the range from
    the 5 % to the 95 % quantile, where the loss comes from, and by how much default is likelier. With several
    it ranks the parties by the harm that their failure does.

    --reverse and --sensitivities ask the other way round: what it takes to make a party fail, and what an
    outcome owes to each figure of the book.
    """
    settings = settings_of(ctx)
    given = overrides(changes or [])
    _refuse_mixed(reverse, sensitivities, by, smooth, {"--fail": fail, "--at": at, "--channels": channels})
    if engine == "jax" or reverse or sensitivities:
        enable_jax_cache()
    from offtake.book import Book

    read = Book.read(book)
    if reverse is not None or sensitivities is not None:
        changed = read.replace(given) if given else read
        asked = Asked(scenario, 1024 if paths is None else paths, seed, as_json)
        if reverse is not None:
            print_reverse(settings, changed, reverse, by, asked)
        else:
            print_sensitivities(settings, changed, sensitivities or "", by, smooth, asked)
        return
    from offtake.stress import stress as run

    started = time.perf_counter()
    with progress_bar(settings, "futures") as step:
        found = run(
            read,
            fail=fail[0] if fail and len(fail) == 1 else fail or None,
            at=at,
            scenario=scenario,
            set=given,
            channels=channels,
            paths=10_000 if paths is None else paths,
            seed=seed,
            engine=engine,
            progress=step,
        )
    took = time.perf_counter() - started
    if as_json:
        print_json(summary(found))
        return
    if len(found.shocks) == 1:
        _print_losses(found)
    else:
        _print_cases(found)
    if any(each.done is not None for each in found.ranking.ranks):
        _print_ranking(found)
    remark(
        settings,
        f"seed {found.seed}, {found.paths:,} futures, {took:.1f} s, "
        f"money closes to {max(found.audit.values()):.0e}",
    )


def summary(found: "Stress") -> dict[str, Any]:
    """Return what a stress found as plain data: each shock with its losses and falls, and the ranking."""
    shocks = []
    for shock in found.shocks:
        table = found.losses(shock.name)
        falls = found.dataset["falls"].sel(shock=shock.name)
        quarters = list(map(str, falls.indexes["quarter"]))
        shocks.append(
            {
                "name": shock.name,
                "failed": list(shock.failed),
                "at": shock.at,
                "scenario": shock.scenario,
                "set": dict(shock.overrides),
                "losses_musd": {
                    str(party): {str(key): float(value) for key, value in row.items()}
                    for party, row in table.iterrows()
                },
                "falls": {
                    str(party): {
                        quarter: float(each)
                        for quarter, each in zip(quarters, falls.sel(party=party).values, strict=True)
                        if each > 0
                    }
                    for party in falls.indexes["party"]
                    if float(falls.sel(party=party).sum()) > 0
                },
            }
        )
    ranks = found.ranking.to_dataframe().reset_index().to_dict("records")
    return {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "paths": found.paths,
        "seed": found.seed,
        "settings": dict(found.settings),
        "audit": dict(found.audit),
        "shocks": shocks,
        "ranking": ranks,
    }


def _refuse_mixed(
    reverse: str | None, outcome: str | None, by: str | None, smooth: str | None, others: dict[str, Any]
) -> None:
    """Refuse options that ask for two things at once, or that say more of a question that is not asked."""
    message = ""
    asked = "--reverse" if reverse is not None else "--sensitivities"
    given = [name for name, value in others.items() if value]
    if reverse is not None and outcome is not None:
        message = "give either --reverse or --sensitivities"
    elif reverse is None and outcome is None:
        message = "--by and --smooth go with --reverse or --sensitivities" if by or smooth else ""
    elif given:
        message = f"{', '.join(given)} cannot be given with {asked}"
    elif smooth and reverse is not None:
        message = "--smooth goes with --sensitivities default:PARTY"
    if message:
        raise typer.BadParameter(message)


def _print_losses(found: "Stress") -> None:
    """Print who loses what under the only shock."""
    table = found.losses()
    split = [name for name in ("contract", "supply", "funding", "confidence", "other") if name in table]
    scale, unit = scale_of(table["mean"])
    heads = [">loss", ">5 % to 95 %", *(f">{name}" for name in split or _parts(table)), ">default"]
    rows = []
    for party, row in table.iterrows():
        if abs(row["mean"]) < _LEAST / 1000 * scale and abs(row["default"]) == 0:
            continue
        cells = [number(row[name] / scale) for name in split or _parts(table)]
        spread = f"{number(row['q05'] / scale)} to {number(row['q95'] / scale)}"
        rows.append(
            [str(party), number(row["mean"] / scale), spread, *cells, f"{100 * row['default']:+.1f} points"]
        )
    title = f"{found.book}, {found.shocks[0].name}: mean loss in {unit} (a gain is negative)"
    print_table(TextTable(title, ["party", *heads], rows))


def _parts(table: Any) -> list[str]:
    return [name for name in ("receipts", "payments", "claims", "outside") if name in table]


def _print_cases(found: "Stress") -> None:
    """Print one line for each of several shocks."""
    rows = []
    for shock in found.shocks:
        table = found.losses(shock.name)
        others = table.drop(index=list(shock.felled))
        scale, unit = scale_of([float(found.dataset["loss"].sel(stat="mean").max())])
        numbers = found.values("followers", shock=shock.name)
        mean = float((numbers * numbers["number"]).sum())
        hit = f"{others.index[0]} {number(others['mean'].iloc[0] / scale)}" if len(others) else "nobody else"
        any_follows = 1.0 - float(numbers.sel(number=0))
        rows.append(
            [shock.name, number(others["mean"].sum() / scale), hit, f"{mean:.2f}", percent(any_follows)]
        )
    title = f"{found.book}: mean losses of all others in {unit}"
    columns = ["shock", ">all others lose", "hit most", ">parties that follow", ">somebody follows"]
    print_table(TextTable(title, columns, rows))


def _print_ranking(found: "Stress") -> None:
    ranks = found.ranking.ranks
    scale, unit = scale_of(each.done or 0.0 for each in ranks)
    rows = [
        [
            each.party,
            "–" if each.done is None else number(each.done / scale),
            "–" if each.suffered is None else number(each.suffered / scale),
            number(each.debtrank / scale),
            number(each.single_hit / scale),
            percent(each.distressed),
        ]
        for each in ranks
    ]
    columns = ["party", ">harm done", ">harm suffered", ">DebtRank", ">single hit", ">own buffer lost"]
    print_table(TextTable(f"Ranking, in {unit}", columns, rows))
