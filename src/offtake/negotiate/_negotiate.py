"""`negotiate`: what each side makes of every way to settle the contested terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from offtake._version import __version__
from offtake.book import ComputeDeal
from offtake.errors import InputError
from offtake.negotiate._chairs import (
    chairs,
    deals_between,
    default_values,
    signed,
    talks_of,
    without_deals,
)
from offtake.negotiate._clauses import clause_values, clauses_between
from offtake.negotiate._moves import moves_from
from offtake.negotiate._negotiation import Negotiation
from offtake.negotiate._outcomes import Table
from offtake.negotiate._reservation import reservation_prices
from offtake.negotiate._search import search
from offtake.negotiate._sentences import no_deal_in_words
from offtake.negotiate._terms import KEEP, OUT, Option, apply, combinations, contested, full_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.negotiate._prospect import Value
    from offtake.negotiate._terms import Term

__all__ = ["negotiate"]

MOST = 5_000
"""Most settlements that are looked at."""


def negotiate(  # noqa: PLR0913 - what is contested, how it is valued, and what is looked at beside it
    book: Book,
    seller: str,
    buyer: str | None = None,
    *,
    over: Mapping[str, Any] | None = None,
    deals: Sequence[str] | None = None,
    no_deal: Mapping[str, Any] | None = None,
    values: tuple[Value, Value] | None = None,
    clauses: bool = True,
    pairs: int = 3,
    reservation: bool = True,
    points: int = 5,
    futures: int = 1000,
    scenarios: int = 12,
    seed: int = 0,
    client: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Negotiation:
    """Return what each side makes of every way to settle the contested terms, and where they could agree.

    Parameters
    ----------
    book
        The book.
    seller, buyer
        The two parties; who sells and who buys is read from their deals, so either may stand first. Or the
        name of one of the book's negotiations alone, which says the rest.
    over
        What is contested, by dotted path: a list of values (None or ``"out"`` takes the clause or right out,
        ``"keep"`` leaves it), a box (``"9..11 MUSD/MW/year"`` or a pair of texts), or a mapping from labels
        to changes that belong together. The deal may be left out of a path where it is clear, and
        ``volume`` (MW, or money where a deal has a total price) scales a deal's ramp.
    deals
        The deals on the table: signed in every settlement, and gone without one. By default those that
        `over` names.
    no_deal
        What the book is without an agreement, as changes by path; by default it lacks the deals on the
        table.
    values
        What a book is worth to the seller and to the buyer; by default by `quote` and by `plan`.
    clauses, pairs
        Whether each clause is valued by taking it out, and among how many of the most valuable pairs are.
    reservation
        Whether each side's reservation price is looked for.
    points
        Number of values that a box is cut into, before it is searched.
    futures, scenarios, seed
        Futures drawn, leaves of the buyer's tree, and the seed; for the default values.
    client
        A `dask.distributed` client that values many books at once.
    progress
        Called with (books valued, books in all), for each batch of books.

    Raises
    ------
    InputError
        If a party negotiates with itself or is unknown, the two have no deal or right between them, nothing
        is contested, a path leads nowhere, or there are more than 5,000 settlements.
    BookError
        If a settlement makes a book with problems.

    Notes
    -----
    docs/negotiate.md states the rules. The zone of agreement holds what both accept: the party's gain over
    no deal, weighed by its stakeholders, is not below 0 and nobody with a veto loses.

    Examples
    --------
    >>> import offtake as ot
    >>> from offtake.negotiate import Prospect
    >>> def a_year(book):
    ...     deal = book.deals.get("tideway-more")
    ...     return None if deal is None else 4 * deal.clauses["price"].usage.value
    >>> def tideway(book):
    ...     return Prospect.of([[0.0 if a_year(book) is None else a_year(book) - 6.0]])
    >>> def lark(book):
    ...     return Prospect.of([[0.0 if a_year(book) is None else 10.0 - a_year(book)]])
    >>> from offtake.negotiate import negotiate
    >>> talks = negotiate(
    ...     ot.Book.read("first-steps"), "Tideway Cloud", "Lark Labs", values=(tideway, lark), clauses=False,
    ...     over={"tideway-more.price": ["5 MUSD/MW/year", "8 MUSD/MW/year", "11 MUSD/MW/year"]},
    ... )
    >>> talks.nash.terms
    {'tideway-more.price': '8 MUSD/MW/year'}
    """
    if buyer is None:
        entry = talks_of(book, seller)
        seller, buyer = entry.parties
        over, deals, no_deal = over or entry.over, deals or entry.deals or None, no_deal or entry.no_deal
    over = over or {}
    parties = chairs(book, seller, buyer)
    agreeing = _of_others(book, parties, over)
    on_table = _on_table(book, parties, over, deals)
    start = signed(book, on_table)
    terms = contested(start, over, on_table, points=points)
    valued = values or default_values(
        start, parties, on_table, futures=futures, scenarios=scenarios, seed=seed
    )
    table = Table(
        book,
        parties,
        valued,
        _no_deal(book, start, on_table, no_deal),
        client=client,
        progress=progress,
    )
    if hasattr(valued[1], "keep"):
        valued[1].keep(table.no_deal)
    settled = _settled(start, terms)
    books = [apply(start, [change for option in each for change in option.changes]) for each in settled]
    labels = [{term.name: option.label for term, option in zip(terms, each, strict=True)} for each in settled]
    as_it_stands = [each.hash == start.hash for each in books]
    first = as_it_stands.index(True)
    outcomes = table.outcomes(books, labels, [k == first for k in range(len(books))])
    found = (
        clause_values(
            table, start, clauses_between(start, parties, on_table), pairs=pairs, ends=_ends(start, terms)
        )
        if clauses
        else None
    )
    moves = moves_from(table, start, [term for term in terms if term.box is None])
    boxed = any(term.box is not None for term in terms)
    best = search(table, start, terms, outcomes, seed=seed) if boxed else None
    if best is not None and best.outcome not in outcomes:
        outcomes.append(best.outcome)
    return Negotiation(
        parties=parties,
        deals=on_table,
        outcomes=tuple(outcomes),
        no_deal=no_deal_in_words(on_table, no_deal),
        moves=moves,
        clauses=() if found is None else found[0],
        pairs=() if found is None else found[1],
        fixed=() if found is None else found[2],
        best=best,
        reservation=reservation_prices(table, start, on_table) if reservation else None,
        beside=_beside(valued[1], start, table.no_deal),
        passed=valued[1].passed(table.no_deal) if hasattr(valued[1], "passed") else None,
        settings={
            "futures": futures,
            "scenarios": scenarios,
            "seed": seed,
            "books": table.looked_at,
            "boxed": boxed,
            "values": "by plan and quote" if values is None else "given",
        },
        assumptions=(*agreeing, *(said for value in valued for said in getattr(value, "assumed", ()))),
        book=book.book,
        book_hash=book.hash,
        version=__version__,
    )


def _on_table(
    book: Book, parties: tuple[str, str], over: Mapping[str, Any], deals: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the deals on the table."""
    between = deals_between(book, parties)
    if deals is not None:
        for name in deals:
            if name not in between:
                there = ", ".join(between) or "none"
                message = f"`{name}` is no deal of {parties[0]} and {parties[1]}; their deals are: {there}"
                raise InputError(message)
        return tuple(deals)
    named = _paths(over)
    found = [name for name in between if any(_leads_into(path, name) for path in named)]
    heads = {path.partition(".")[0] for path in named}
    compute = [name for name in between if isinstance(book.deals[name], ComputeDeal)]
    own = {key for name in compute for key in (*book.deals[name].clauses, *ComputeDeal.allowed)}
    if not found and heads & own - set(type(book).model_fields):
        found = compute
    return tuple(found)


def _paths(over: Mapping[str, Any]) -> list[str]:
    """Return the paths that contested terms change, those of packages included."""
    packages = [given for given in over.values() if isinstance(given, Mapping)]
    return [path for path, given in over.items() if not isinstance(given, Mapping)] + [
        path for given in packages for each in given.values() if isinstance(each, Mapping) for path in each
    ]


def _leads_into(path: str, deal: str) -> bool:
    """Return whether a path changes a deal, or something of it."""
    return f"{path.removeprefix('deals.')}.".startswith(f"{deal}.")


def _of_others(book: Book, parties: tuple[str, str], over: Mapping[str, Any]) -> list[str]:
    """Return who else is taken to agree: the other side of a deal of one party that a contested term changes.

    Raises
    ------
    InputError
        If a term changes a deal that is neither party's.
    """
    said = []
    for path in _paths(over):
        name = next((each for each in book.deals if _leads_into(path, each)), None)
        if name is None or name.partition(".")[0] in type(book).model_fields:
            continue
        deal = book.deals[name]
        absent = [each for each in (deal.creditor, deal.debtor) if each not in parties]
        if len(absent) == 2:  # noqa: PLR2004 - both of its sides
            message = (
                f"`{path}` changes a deal of {' and '.join(absent)}; "
                f"{parties[0]} and {parties[1]} cannot settle it"
            )
            raise InputError(message)
        said += [f"{each} is not at the table and agrees to what changes in `{name}`." for each in absent]
    return list(dict.fromkeys(said))


def _settled(start: Book, terms: Sequence[Term]) -> list[tuple[Option, ...]]:
    """Return every way to settle the terms, and what the book has."""
    count = 1
    for term in terms:
        count *= len(term.options)
    if count > MOST:
        message = f"{count:,} settlements are too many to look at; leave at most {MOST:,}"
        raise InputError(message)
    stands = tuple(
        next(
            (option for option in term.options if apply(start, option.changes).hash == start.hash),
            Option("as it stands", ()),
        )
        for term in terms
    )
    settled = combinations(terms)
    return settled if stands in settled else [*settled, stands]


def _ends(start: Book, terms: Sequence[Term]) -> dict[str, Book]:
    """Return the book of each option that takes out one right, with all that the option says of its end."""
    found = {}
    for option in (option for term in terms for option in term.options):
        gone = [path for path, value in option.changes if value is None and path.startswith("rights.")]
        if len(gone) == 1 and len(option.changes) > 1:
            found[gone[0]] = apply(start, option.changes)
    return found


def _no_deal(book: Book, start: Book, deals: Sequence[str], changes: Mapping[str, Any] | None) -> Book:
    if changes is None:
        return without_deals(start, deals)
    return apply(
        book,
        [
            (full_path(book, path, deals), None if value == OUT else value)
            for path, value in changes.items()
            if value != KEEP
        ],
    )


def _beside(value: Any, start: Book, no_deal: Book) -> Any:
    """Return what the buyer would sign beside the table, with what the book has and without an agreement."""
    return (value.beside(start), value.beside(no_deal)) if hasattr(value, "beside") else None
