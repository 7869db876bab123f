"""`offtake negotiate`: what each side makes of every way to settle what is contested."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offtake.cli._amounts import number, scale_of
from offtake.cli._changes import overrides
from offtake.cli._output import TextTable, print_json, print_table, progress_bar, remark
from offtake.cli._portfolio import portfolio_summary, print_portfolio, refuse_beside_portfolio
from offtake.cli._settings import Settings, examples, settings_of
from offtake.scale import processes

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Negotiation, Outcome, Stay

__all__ = ["EXAMPLES", "negotiate"]

EXAMPLES = examples(
    "offtake negotiate first-steps",
    'offtake negotiate first-steps --between Northgate --and "Lark Labs" '
    '--over "northgate-base.price=8..12 MUSD/MW/year" --over "northgate-base.take_or_pay=60 %,80 %"',
    'offtake negotiate first-steps --between "Tideway Cloud" --and "Lark Labs" '
    '--over "tideway-more.volume=20 MW,40 MW" --over "tideway-more.price=7 MUSD/MW/year" --no-clauses --json',
    'offtake negotiate first-steps --between Northgate --and "Lark Labs" --stay',
    'offtake negotiate first-steps --portfolio "Lark Labs"',
)

_MOST_ROWS = 30


def negotiate(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    book: Annotated[str, typer.Argument(metavar="BOOK", help="The book: a path or a shipped name.")],
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One of the book's negotiations.", show_default=False),
    ] = None,
    between: Annotated[
        str | None, typer.Option(metavar="PARTY", help="One party.", show_default=False)
    ] = None,
    and_: Annotated[
        str | None, typer.Option("--and", metavar="PARTY", help="The other party.", show_default=False)
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=VALUES",
            help="A contested term with its values, parted by commas (`out` takes it out, `keep` leaves it), "
            "or a box such as `9..11 MUSD/MW/year`; may be repeated.",
            show_default=False,
        ),
    ] = None,
    deal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DEAL",
            help="A deal on the table; may be repeated. By default those that --over names.",
            show_default=False,
        ),
    ] = None,
    no_deal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=VALUE",
            help="What is different without an agreement; by default the deals on the table are gone.",
            show_default=False,
        ),
    ] = None,
    stay: Annotated[
        bool, typer.Option("--stay", help="Print until when each side would rather go on than part.")
    ] = False,
    every: Annotated[int, typer.Option(metavar="N", help="Look at every Nth quarter.", min=1)] = 4,
    portfolio: Annotated[
        str | None,
        typer.Option(
            metavar="BUYER",
            help="Print what each of a buyer's providers brings, and whether the split holds.",
            show_default=False,
        ),
    ] = None,
    orders: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="With --portfolio: draw so many orders of arrival, each beside its reverse, in place of "
            "looking at every group; by default 20 beyond 6 providers.",
            min=2,
            show_default=False,
        ),
    ] = None,
    clauses: Annotated[bool, typer.Option(help="Value each clause by taking it out.")] = True,
    points: Annotated[int, typer.Option(metavar="N", help="Values that a box is cut into.", min=2)] = 5,
    futures: Annotated[int, typer.Option(metavar="N", help="Number of futures.", min=1)] = 1_000,
    scenarios: Annotated[
        int, typer.Option(metavar="N", help="Futures that the buyer plans over.", min=1)
    ] = 12,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the futures.")] = 0,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that plan side by side.", min=1)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at every way to settle what two parties contest, and print where both would agree.

    The buyer plans anew under each settlement, the seller's machines are quoted. Both are held against having
    no deal, and judged by the stakeholders that the book names.
    """
    settings = settings_of(ctx)
    from offtake.book import Book

    read = Book.read(book)
    if portfolio is not None:
        others = {"table": table, "between": between, "and": and_, "over": over, "deal": deal}
        refuse_beside_portfolio(others | {"no_deal": no_deal, "stay": stay})
        sizes = {"orders": orders, "futures": futures, "scenarios": scenarios, "seed": seed}
        _of_portfolio(settings, read, portfolio, sizes, workers, as_json=as_json)
        return
    given = _parties(read, table, between, and_)
    chosen: dict[str, Any] = {"futures": futures, "scenarios": scenarios, "seed": seed}
    started = time.perf_counter()
    with progress_bar(settings, "books") as step, processes(workers) as client:
        chosen |= {"client": client, "progress": step}
        if stay:
            found: Any = _stay(read, given, deal, every, chosen)
        else:
            found = _talk(read, given, over, deal, no_deal, {"clauses": clauses, "points": points, **chosen})
    took = time.perf_counter() - started
    if as_json:
        print_json(stay_summary(found) if stay else summary(found))
        return
    typer.echo("\n".join(f"- {each}" for each in found.sentences))
    if stay:
        _print_stay(found)
        remark(settings, f"seed {seed}, {futures:,} futures, {scenarios} scenarios, {took:.1f} s")
        return
    _print_outcomes(found)
    _print_clauses(found)
    if found.assumptions:
        remark(settings, "\n".join(["It is assumed that:", *(f"- {each}" for each in found.assumptions)]))
    remark(settings, f"seed {seed}, {found.settings['books']} books valued, {took:.1f} s")


def _of_portfolio(
    settings: Settings, book: "Book", buyer: str, sizes: dict[str, Any], workers: int, *, as_json: bool
) -> None:
    """Print what each provider brings to a buyer, as a table or as JSON."""
    from offtake.negotiate import portfolio

    started = time.perf_counter()
    with progress_bar(settings, f"portfolio of {buyer}") as step, processes(workers) as client:
        found = portfolio(book, buyer, **sizes, client=client, progress=step)
    took = time.perf_counter() - started
    if as_json:
        print_json(portfolio_summary(found))
        return
    typer.echo("\n".join(f"- {each}" for each in found.sentences))
    print_portfolio(found)
    remark(settings, "\n".join(["It is assumed that:", *(f"- {each}" for each in found.assumptions)]))
    told = f"seed {found.settings['seed']}, {found.settings['futures']:,} futures"
    remark(
        settings,
        f"{told}, {found.settings['scenarios']} scenarios, {len(found.worth)} groups valued, {took:.1f} s",
    )


def _parties(book: "Book", table: str | None, between: str | None, and_: str | None) -> tuple[str, ...]:
    """Return the two parties, or the name of one of the book's negotiations."""
    if between is not None and and_ is not None and table is None:
        return between, and_
    if table is not None and between is None and and_ is None:
        return (table,)
    if table is None and between is None and and_ is None and len(book.negotiations) == 1:
        return tuple(book.negotiations)
    there = ", ".join(book.negotiations) or "none"
    message = f"name two parties with --between and --and, or one of the book's negotiations ({there})"
    raise typer.BadParameter(message, param_hint="--between")


def _talk(
    book: "Book",
    parties: tuple[str, ...],
    over: list[str] | None,
    deals: list[str] | None,
    no_deal: list[str] | None,
    chosen: dict[str, Any],
) -> "Negotiation":
    from offtake.negotiate import negotiate as run

    return run(
        book,
        *parties,
        over=_contested(over or []) or None,
        deals=deals or None,
        no_deal=overrides(no_deal, "--no-deal") if no_deal else None,
        **chosen,
    )


def _stay(
    book: "Book", parties: tuple[str, ...], deals: list[str] | None, every: int, chosen: dict[str, Any]
) -> "Stay":
    from offtake.negotiate import stay_or_leave

    pair = parties if len(parties) > 1 else book.negotiations[parties[0]].parties
    return stay_or_leave(book, pair[0], pair[1], deals=deals or None, quarters=every, **chosen)


def _contested(over: list[str]) -> dict[str, Any]:
    """Return the values of each contested term; a path that is given twice has the values of both."""
    found: dict[str, Any] = {}
    given = (pair for each in over for pair in overrides([each], "--over").items())
    for path, values in given:
        if ".." in values:
            found[path] = values
        else:
            found[path] = [*found.get(path, []), *(each.strip() for each in values.split(","))]
    return found


def summary(found: "Negotiation") -> dict[str, Any]:
    """Return a negotiation as plain data; money in M USD."""
    return {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "settings": dict(found.settings),
        "seller": found.parties[0],
        "buyer": found.parties[1],
        "deals": list(found.deals),
        "no_deal": found.no_deal,
        "sentences": list(found.sentences),
        "assumptions": list(found.assumptions),
        "outcomes": [_outcome(found, each) for each in found.outcomes],
        "clauses": found.to_dataframe("clauses").to_dict("records"),
        "pairs": found.to_dataframe("pairs").to_dict("records"),
        "stakeholders": found.to_dataframe("stakeholders").to_dict("records"),
        "reservation_prices": found.to_dataframe("reservation").to_dict("records"),
        "cannot_be_taken_out": list(found.fixed),
    }


def _outcome(found: "Negotiation", outcome: "Outcome") -> dict[str, Any]:
    return {
        "terms": dict(outcome.terms),
        "actual": outcome.actual,
        "agreed": outcome.agreed,
        "frontier": any(each is outcome for each in found.frontier),
        "nash": outcome is found.nash,
        "kalai_smorodinsky": outcome is found.kalai_smorodinsky,
        "sides": {
            side.party: {
                "gain_musd": {"mean": side.gain.mean, "q05": side.gain.low, "q95": side.gain.high},
                "weighed_musd": side.utility,
                "accepts": side.verdict.accepts,
                "vetoes": list(side.verdict.vetoes),
                "at_risk_musd": side.at_risk,
            }
            for side in outcome.sides
        },
    }


def stay_summary(found: "Stay") -> dict[str, Any]:
    """Return a stay-or-leave curve as plain data; money in M USD."""
    return {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "settings": dict(found.settings),
        "seller": found.parties[0],
        "buyer": found.parties[1],
        "deals": list(found.deals),
        "sentences": list(found.sentences),
        "until": found.until,
        "leaves": dict(zip(found.parties, found.leaves, strict=True)),
        "quarters": found.to_dataframe().to_dict("records"),
    }


def _print_outcomes(found: "Negotiation") -> None:
    """Print the settlements, best for both first."""
    shown = sorted(found.outcomes, key=lambda each: (not each.agreed, -min(each.utilities)))
    marks = {id(found.kalai_smorodinsky): "Kalai-Smorodinsky", id(found.nash): "Nash"}
    scale, unit = scale_of(value for each in shown for value in each.utilities)
    rows = []
    for each in shown[:_MOST_ROWS]:
        cells = [*each.terms.values()]
        for side in each.sides:
            spread = f"{number(side.gain.low / scale)} to {number(side.gain.high / scale)}"
            cells += [number(side.gain.mean / scale), spread, number(side.utility / scale)]
        stops = [who for side in each.sides for who in side.verdict.vetoes]
        mark = [marks.get(id(each), ""), "as the book has it" if each.actual else ""]
        cells += [
            "yes" if each.agreed else f"no: {', '.join(stops)}" if stops else "no",
            ", ".join(filter(None, mark)),
        ]
        rows.append(cells)
    heads = [*found.outcomes[0].terms]
    for party in found.parties:
        heads += [f">{party}", ">5 % to 95 %", ">weighed"]
    more = len(shown) - _MOST_ROWS
    title = f"{found.book}: gains over no deal in {unit}" + (
        f" (the best of {len(shown)})" if more > 0 else ""
    )
    print_table(TextTable(title, [*heads, "agreed", ""], rows))


def _print_clauses(found: "Negotiation") -> None:
    if not found.clauses:
        return
    scale, unit = scale_of(value.mean for each in found.clauses for value in each.values)
    rows = [
        [each.path, *(cell for value in each.values for cell in _spread(value, scale))]
        for each in found.clauses
    ]
    heads = ["clause", *(head for party in found.parties for head in (f">{party}", ">5 % to 95 %"))]
    print_table(TextTable(f"What each clause is worth, with it less without it, in {unit}", heads, rows))


def _print_stay(found: "Stay") -> None:
    scale, unit = scale_of(each.mean for values in found.values for each in values)
    rows = [
        [
            quarter,
            *(cell for values in found.values for cell in _spread(values[k], scale)),
            number(found.fee[k] / scale),
            "yes" if found.free[k] else "no",
        ]
        for k, quarter in enumerate(found.quarters)
    ]
    heads = ["parting in", *(head for party in found.parties for head in (f">{party}", ">5 % to 95 %"))]
    title = f"{found.book}: going on with {', '.join(found.deals)} less parting, in {unit}"
    print_table(TextTable(title, [*heads, ">fee", "right to leave"], rows))


def _spread(value: Any, scale: float) -> tuple[str, str]:
    return number(value.mean / scale), f"{number(value.low / scale)} to {number(value.high / scale)}"
