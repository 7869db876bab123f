"""Several providers: what each brings to the buyer's portfolio, and whether the split holds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.book import ComputeDeal
from offtake.errors import BookError, InputError
from offtake.negotiate._chairs import buyer_value
from offtake.negotiate._coalitions import Shapley, shapley
from offtake.negotiate._core import Core, core
from offtake.negotiate._outcomes import spread_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from offtake.book import Book
    from offtake.negotiate._prospect import Prospect, Value

__all__ = ["Portfolio", "portfolio"]

WHOLE = 6
"""Most providers for which every group is looked at unless told otherwise."""


@dataclass(frozen=True, eq=False)
class Portfolio:
    """What each provider brings to a buyer.

    Parameters
    ----------
    buyer
        The buyer.
    providers
        Its providers, of deals that it has and of offers.
    worth
        What the buyer's plan is worth with each group of providers above none, M USD.
    split
        The Shapley value of each provider and of the buyer, M USD: what all bring together, shared out.
    core
        Whether that split lies in the core: whether any group, with the buyer or without, could do better
        by itself. None where not every group was looked at.
    """

    buyer: str
    providers: tuple[str, ...]
    worth: Mapping[frozenset[str], float]
    split: Shapley
    core: Core | None

    @property
    def last(self) -> Mapping[str, float]:
        """What would be lost without each provider: the most that it could ask for, M USD."""
        everyone = frozenset(self.providers)
        return {
            name: self.worth[everyone] - self.worth[everyone - {name}]
            for name in self.providers
            if everyone in self.worth and everyone - {name} in self.worth
        }


def portfolio(
    book: Book,
    buyer: str,
    *,
    providers: Sequence[str] | None = None,
    value: Value | None = None,
    orders: int | None = None,
    futures: int = 1000,
    scenarios: int = 12,
    seed: int = 0,
    client: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Portfolio:
    """Return the Shapley value of each provider in a buyer's portfolio, and whether it lies in the core.

    The players are the buyer and its providers. A group with the buyer achieves what its plan is worth
    if only the deals and offers of its providers are there, above what it is worth with none; a group without
    it achieves nothing. Up to 6 providers every group is looked at; beyond, orders of arrival are drawn.

    Parameters
    ----------
    book
        The book.
    buyer
        The buyer.
    providers
        Which providers; by default all that sell or offer it compute.
    value
        What a book is worth to the buyer; by default by `plan`.
    orders
        Number of orders of arrival to draw, for more than 6 providers 20.
    futures, scenarios, seed, client, progress
        As in `negotiate`.

    Raises
    ------
    InputError
        If the buyer is unknown, has no provider, or the book cannot do without one of them.
    """
    if buyer not in book.parties:
        message = f"no party is called `{buyer}`. The book has {', '.join(book.parties)}"
        raise InputError(message)
    sold = {
        name: deal.creditor
        for name, deal in book.deals.items()
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer
    }
    names = tuple(dict.fromkeys(sold.values())) if providers is None else tuple(providers)
    unknown = [name for name in names if name not in sold.values()]
    if unknown or not names:
        message = f"{buyer} has no provider {', '.join(unknown) or 'at all'}; it has " + (
            ", ".join(dict.fromkeys(sold.values())) or "none"
        )
        raise InputError(message)
    looked = value or buyer_value(book, buyer, futures=futures, scenarios=scenarios, seed=seed)
    known: dict[frozenset[str], float] = {}

    def worth(group: frozenset[str]) -> float:
        if group not in known:
            known[group] = looked(_only(book, sold, names, group)).mean
        return known[group]

    whole = len(names) <= WHOLE and orders is None
    if whole:
        groups = [
            frozenset(each) for size in range(len(names) + 1) for each in itertools.combinations(names, size)
        ]
        books = [_only(book, sold, names, group) for group in groups]
        found = spread_out(_look, looked, books, client, progress)
        known |= {group: each.mean for group, each in zip(groups, found, strict=True)}
    none = worth(frozenset())

    def game(group: frozenset[str]) -> float:
        return worth(group - {buyer}) - none if buyer in group else 0.0

    players = (buyer, *names)
    split = shapley(game, players, orders=None if whole else orders or 20, seed=seed)
    told = core(game, players, split.values) if whole else None
    return Portfolio(buyer, names, {group: each - none for group, each in known.items()}, split, told)


def _look(value: Value, book: Book) -> Prospect:
    return value(book)


def _only(book: Book, sold: Mapping[str, str], providers: Sequence[str], group: frozenset[str]) -> Book:
    """Return the book without the deals of providers that are not in a group."""
    gone = [f"deals.{name}" for name, seller in sold.items() if seller in providers and seller not in group]
    try:
        return book.without(*gone) if gone else book
    except BookError as error:
        message = f"the book cannot do without the deals of a provider: {error.problems[0]}"
        raise InputError(message) from error
