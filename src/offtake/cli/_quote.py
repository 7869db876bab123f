"""`offtake quote`: what to charge for a request, over which terms, and how much of it to accept."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from offtake.cli._output import TextTable, print_json, print_table, progress_bar, remark
from offtake.cli._refusals import refuse_lost
from offtake.cli._settings import enable_jax_cache, examples, settings_of
from offtake.errors import InputError
from offtake.scale import processes

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.quote import Quote

__all__ = ["EXAMPLES", "quote"]

EXAMPLES = examples(
    "offtake quote first-steps",
    'offtake quote first-steps --provider Northgate --buyer "Lark Labs" '
    '--request "20 MW for 4 years from 2027-Q2 like Tideway North, take-or-pay 90 %"',
    'offtake quote first-steps --request tideway-more --like "Tideway North" --payback "80 %" --json',
    "offtake quote first-steps --signed --paths 2000",
)


def quote(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: Annotated[str, typer.Argument(metavar="BOOK", help="The book: a path or a shipped name.")],
    request: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|TEXT",
            help="A request or a compute deal of the book, or a line such as "
            "`1 GW for 5 years from 2027-Q1 like SITE, take-or-pay 90 %`; by default the only one.",
            show_default=False,
        ),
    ] = None,
    provider: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Who is asked.", show_default=False)
    ] = None,
    buyer: Annotated[str | None, typer.Option(metavar="PARTY", help="Who asks.", show_default=False)] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="SITE", help="Site whose figures stand for machines to be built.", show_default=False
        ),
    ] = None,
    payback: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", help="Share of futures that is to pay back, as in `90 %`.", show_default=False
        ),
    ] = None,
    floor: Annotated[
        str | None,
        typer.Option(
            metavar="MONEY",
            help="In place of payback: what the worst futures are to come to on average, as in `0 M USD`.",
            show_default=False,
        ),
    ] = None,
    tail: Annotated[
        str, typer.Option(metavar="SHARE", help="The share of worst futures that is looked at.")
    ] = "5 %",
    term: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="A term for the table; may be repeated.", show_default=False),
    ] = None,
    prepayment: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHARE", help="A prepayment for the table; may be repeated.", show_default=False
        ),
    ] = None,
    take_or_pay: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHARE", help="A take-or-pay for the table; may be repeated.", show_default=False
        ),
    ] = None,
    termination: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHARE",
            help="Fee of a right to leave for the table, or `none`; may be repeated.",
            show_default=False,
        ),
    ] = None,
    signed: Annotated[
        bool,
        typer.Option(
            "--signed",
            help="Price once more in futures in which the buyer has signed at the first price, pays it and "
            "works with the machines.",
        ),
    ] = False,
    scenario: Annotated[
        str | None, typer.Option(help="One of the book's scenarios.", show_default=False)
    ] = None,
    paths: Annotated[int, typer.Option(metavar="N", help="Number of futures.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the futures.")] = 0,
    engine: Annotated[
        Literal["jax", "numpy"],
        typer.Option(help="jax compiles first and then runs fast; numpy starts at once."),
    ] = "jax",
    workers: Annotated[
        int, typer.Option(metavar="N", help="Processes that price the table's terms side by side.", min=1)
    ] = 1,
    save: Annotated[
        Path | None, typer.Option(help="Keep the quote in a netCDF file.", show_default=False)
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the prices over all terms as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Price a request from the provider's chair, and print what could happen at that price.

    The price is the lowest at which the machines pay back in the share of futures that is asked for, with and
    without wrong-way risk, in sentences; then a table of prices over other terms. Exit code 3 means that no
    price does what is asked.
    """
    refuse_lost(save)
    if as_csv and as_json:
        message = "`--csv` and `--json` exclude each other; give one of them"
        raise typer.BadParameter(message, param_hint="--csv")
    settings = settings_of(ctx)
    if engine == "jax":
        enable_jax_cache()
    from offtake.book import Amount, Book
    from offtake.quote import quote as run

    read = Book.read(book)
    axes = {"term": term, "prepayment": prepayment, "take_or_pay": take_or_pay, "termination": termination}
    started = time.perf_counter()
    with progress_bar(settings, "futures") as step, processes(workers) as client:
        found = run(
            read,
            request=_only(read) if request is None else request,
            provider=provider,
            buyer=buyer,
            like=like,
            payback=None if payback is None else Amount.read(payback, "share").value,
            tail=Amount.read(tail, "share").value,
            floor=None if floor is None else Amount.read(floor, "money").value,
            signed=signed,
            over={key: values for key, values in axes.items() if values} or None,
            scenario=scenario,
            paths=paths,
            seed=seed,
            engine=engine,
            client=client,
            progress=step,
        )
    took = time.perf_counter() - started
    if save is not None:
        found.save(save)
    if as_json:
        print_json(summary(found))
    elif as_csv:
        typer.echo(found.to_dataframe().to_csv(index=False), nl=False)
    else:
        typer.echo("\n".join([f"{found.title}:", *(f"- {each}" for each in found.sentences)]))
        _print_prices(found)
        remark(settings, "\n".join(["It is assumed that:", *(f"- {each}" for each in found.assumptions)]))
        remark(settings, f"seed {found.seed}, {found.paths:,} futures, {took:.1f} s")


def summary(found: "Quote") -> dict[str, Any]:
    """Return a quote as plain data; prices in M USD per MW-quarter."""
    answer = asdict(found.answer) | {
        "wrong_way": found.answer.wrong_way,
        "wrong_way_range": found.answer.wrong_way_range,
        "largest_mw": found.answer.largest_mw,
    }
    return {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "paths": found.paths,
        "seed": found.seed,
        "settings": dict(found.settings),
        "request": found.request,
        "title": found.title,
        "provider": found.provider,
        "buyer": found.buyer,
        "mw": found.mw,
        "term_quarters": found.length,
        "start": found.start,
        "payback": found.payback,
        "tail": found.tail,
        "floor_musd": found.floor,
        "terms": dict(found.terms),
        "answer": answer,
        "sentences": list(found.sentences),
        "assumptions": list(found.assumptions),
        "prices_musd_per_mw_quarter": found.to_dataframe().to_dict("records"),
    }


def _only(book: "Book") -> str:
    """Return the name of a book's only request."""
    names = list(book.requests)
    if len(names) == 1:
        return names[0]
    message = (
        f"say which request: {', '.join(names)}"
        if names
        else "the book has no request; write one with --request"
    )
    raise InputError(message)


def _print_prices(found: "Quote") -> None:
    """Print the prices by term and right to leave, and by prepayment, for the request's own take-or-pay."""
    prices = found.dataset["price"].sel(take_or_pay=_nearest(found, "take_or_pay"))
    columns = [
        "term",
        "right to leave",
        *(f">{100 * float(share):g} % prepaid" for share in prices["prepayment"]),
    ]
    rows = []
    for length in prices["term"].values:
        for fee in map(str, prices["termination"].values):
            line = prices.sel(term=length, termination=fee).values
            leaving = "none" if fee == "none" else f"for {fee} of fees left"
            rows.append([f"{float(length) / 4:g} years", leaving, *(_price(float(each)) for each in line)])
    floor = float(prices["take_or_pay"])
    title = f"Lowest prices in M USD per MW and year, take-or-pay {100 * floor:g} %"
    print_table(TextTable(title, columns, rows))


def _nearest(found: "Quote", axis: str) -> float:
    own = float(found.terms[axis])
    return min(map(float, found.dataset[axis].values), key=lambda each: abs(each - own))


def _price(price: float) -> str:
    return f"{4 * price:,.2f}" if price < float("inf") else "none"
