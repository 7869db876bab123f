"""Who sits where: the seller, the buyer, what is between them, and how each values a book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offtake.book import ComputeDeal
from offtake.errors import BookError, InputError
from offtake.quote._signed import firm
from offtake.spelling import refuse_unknown, suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.book import Book, Talks
    from offtake.negotiate._prospect import Value

__all__ = ["chairs", "deals_between", "default_values", "signed", "without_deals"]


def chairs(book: Book, first: str, second: str) -> tuple[str, str]:
    """Return who sells and who buys.

    Raises
    ------
    InputError
        If one is unknown, they are one party, or nothing is between them.
    """
    for name in (first, second):
        refuse_unknown(name, book.parties, "party")
    if first == second:
        message = f"{first} cannot negotiate with itself; name two parties"
        raise InputError(message)
    sells = dict.fromkeys((first, second), 0.0)
    between = deals_between(book, (first, second))
    for name in between:
        deal = book.deals[name]
        weight = 1.0 if isinstance(deal, ComputeDeal) else 1e-3
        sells[deal.creditor] += weight
    if between:
        return (first, second) if sells[first] >= sells[second] else (second, first)
    holders = [
        right.holder for right in book.rights.values() if {right.holder, right.grantor} == {first, second}
    ]
    if holders:
        return (first, second) if holders[0] == first else (second, first)
    message = f"nothing is between {first} and {second}: the book has no deal and no right of the two"
    raise InputError(message)


def talks_of(book: Book, name: str) -> Talks:
    """Return a negotiation of a book.

    Raises
    ------
    InputError
        If there is none of the name.
    """
    if name not in book.negotiations:
        advice = suggest(name, book.negotiations, "negotiation")
        end = "" if advice.endswith("?") else "."
        message = f"no negotiation is called `{name}`. {advice}{end} Or name two parties"
        raise InputError(message)
    return book.negotiations[name]


def deals_between(book: Book, parties: tuple[str, str]) -> tuple[str, ...]:
    """Return the deals of two parties with each other, in book order."""
    return tuple(name for name, deal in book.deals.items() if {deal.debtor, deal.creditor} == set(parties))


def signed(book: Book, deals: Sequence[str]) -> Book:
    """Return a book in which some deals are firm, and start as their ramps say."""
    changes: dict[str, Any] = {}
    for name in deals:
        if book.deals[name].firmness != "firm":
            changes |= firm(book, name)
    return book.replace(changes) if changes else book


def without_deals(book: Book, deals: Sequence[str]) -> Book:
    """Return a book without some deals.

    Raises
    ------
    InputError
        If other entries hang on one of them.
    """
    try:
        return book.without(*(f"deals.{name}" for name in deals)) if deals else book
    except BookError as error:
        message = (
            f"the book cannot do without {', '.join(deals)} ({error.problems[0].what}); say with `no_deal` "
            "what there is without an agreement"
        )
        raise InputError(message) from error


def default_values(
    book: Book,
    parties: tuple[str, str],
    deals: Sequence[str],
    *,
    futures: int,
    scenarios: int,
    seed: int,
) -> tuple[Value, Value]:
    """Return what a book is worth to the seller, by `quote`, and to the buyer, by `plan`."""
    from offtake.negotiate._planner import Planner
    from offtake.negotiate._provider import Provider

    seller, buyer = parties
    planner = Planner(book, buyer, futures=futures, scenarios=scenarios, seed=seed)
    provider = Provider(planner, book, seller, deals)
    planner.sell(seller, provider.by_matching)
    planner.keep(book)
    return provider, planner
