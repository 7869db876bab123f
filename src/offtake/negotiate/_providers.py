"""Several providers: what each brings to the buyer's portfolio, and whether the split holds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake._version import __version__
from offtake.book import ComputeDeal
from offtake.errors import InfeasibleError, InputError
from offtake.negotiate._coalitions import Shapley, shapley
from offtake.negotiate._core import Core, core
from offtake.negotiate._prospect import Spread, spread_of
from offtake.negotiate._rest import Rest
from offtake.scale import spread_out
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from offtake.book import Book
    from offtake.negotiate._prospect import Prospect, Value

__all__ = ["CITATIONS", "Portfolio", "portfolio"]

WHOLE: Final = 6
"""Most providers for which every group is looked at unless told otherwise."""
_ORDERS: Final = 20
_NOISE: Final = 1e-5
"""Share of what a plan is worth below which a gain is the solver's rounding."""

CITATIONS: Final = (
    "Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II, 307-317.",
    "Schmeidler, D. (1969). The nucleolus of a characteristic function game. SIAM J. Appl. Math. 17.",
)


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
    spread
        The Shapley value of each by future, M USD: its mean and the range of nine futures in ten. Empty where
        the plans are not worth something in the same futures.
    deals
        The deals and offers of each provider.
    alone
        What the buyer's plan is worth with none of them, M USD.
    settings
        Futures, scenarios, seed and the number of groups looked at.
    assumptions
        What the values rest on, in sentences.
    book, book_hash, version
        The book, its hash, and the version of Offtake.
    citations
        Papers of the methods.
    """

    buyer: str
    providers: tuple[str, ...]
    worth: Mapping[frozenset[str], float]
    split: Shapley
    core: Core | None
    spread: Mapping[str, Spread] = field(default_factory=dict)
    deals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alone: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    book: str = ""
    book_hash: str = ""
    version: str = ""
    citations: tuple[str, ...] = CITATIONS

    @property
    def together(self) -> float:
        """What the buyer's plan is worth with all of them above none, M USD."""
        return self.worth[frozenset(self.providers)]

    @property
    def last(self) -> Mapping[str, float]:
        """What would be lost without each provider: the most that it could ask for, M USD."""
        everyone = frozenset(self.providers)
        return {
            name: self.worth[everyone] - self.worth[everyone - {name}]
            for name in self.providers
            if everyone in self.worth and everyone - {name} in self.worth
        }

    @property
    def noise(self) -> float:
        """What a difference of two plans may be off by, as the solver rounds, M USD."""
        return _NOISE * max(abs(self.alone + each) for each in self.worth.values())

    @property
    def blocking(self) -> tuple[tuple[frozenset[str], float], ...]:
        """Groups looked at that would do better by themselves than the split gives them, and by how much.

        Groups with the buyer, and providers that the split gives less than nothing; the largest gain first.
        Gains within what the solver rounds are left out, and where orders of arrival were drawn those within
        two standard errors.
        """
        given, error = self.split.values, self.split.error
        everyone = frozenset(self.providers)
        gains = {
            group | {self.buyer}: worth - given[self.buyer] - sum(given[each] for each in group)
            for group, worth in self.worth.items()
            if group != everyone
        } | {frozenset({name}): -given[name] for name in self.providers}
        doubt = self.noise + 2.0 * max(error.values())
        found = [(group, gain) for group, gain in gains.items() if gain > doubt]
        return tuple(sorted(found, key=lambda each: (-each[1], len(each[0]), sorted(each[0]))))

    @property
    def holds(self) -> bool | None:
        """Whether no group would do better by itself; None if none was found and not all were looked at."""
        if self.blocking:
            return False
        return None if self.core is None else True

    @property
    def could_hold(self) -> bool | None:
        """Whether any split whatever would hold; None where not every group was looked at."""
        return None if self.core is None else self.core.shortfall <= self.noise

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it says, in sentences."""
        from offtake.negotiate._provider_sentences import of_portfolio

        return of_portfolio(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return a row for each provider and a last one for the buyer, money in M USD."""
        import pandas as pd

        nucleolus = {} if self.core is None else self.core.nucleolus
        last = dict(self.last) | {self.buyer: self.together}
        only = {name: self.worth.get(frozenset({name})) for name in self.providers} | {self.buyer: 0.0}
        rows = [
            {
                "party": name,
                "deals": ", ".join(self.deals.get(name, ())),
                "shapley": self.split[name],
                "standard_error": self.split.error[name],
                "q05": self.spread[name].low if name in self.spread else None,
                "q95": self.spread[name].high if name in self.spread else None,
                "lost_without": last.get(name),
                "with_it_alone": only[name],
                "nucleolus": nucleolus.get(name),
            }
            for name in (*self.providers, self.buyer)
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return f"<Portfolio of {self.buyer} in {self.book or 'a book'}: {len(self.providers)} providers>"


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
    it achieves nothing. What a provider's exclusivity or first refusal holds is free where it is gone. Up to
    6 providers every group is looked at; beyond, orders of arrival are drawn.

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
        Number of orders of arrival to draw, for more than 6 providers 20. Where they meet every group the
        shares are exact.
    futures, scenarios, seed, client, progress
        As in `negotiate`.

    Raises
    ------
    InputError
        If the buyer is unknown or has no provider.
    BookError
        If the book cannot do without one of them.
    InfeasibleError
        If the buyer has no plan with some group of them that satisfies its policy.

    Examples
    --------
    >>> from offtake.book import Book
    >>> from offtake.negotiate import portfolio
    >>> found = portfolio(Book.read("first-steps"), "Lark Labs", futures=20, scenarios=2)
    >>> found.providers, found.holds
    (('Northgate', 'Tideway Cloud'), False)
    """
    sold = _sold(book, buyer)
    names = tuple(dict.fromkeys(sold.values())) if providers is None else tuple(providers)
    unknown = [name for name in names if name not in sold.values()]
    if not sold:
        message = f"nobody sells or offers {buyer} compute in this book; name a party that buys some"
        raise InputError(message)
    if unknown or not names:
        there = ", ".join(dict.fromkeys(sold.values()))
        message = f"{buyer} has no provider {', '.join(unknown) or 'in an empty list'}; it has {there}"
        raise InputError(message)
    deals = {name: tuple(deal for deal, seller in sold.items() if seller == name) for name in names}
    players, drawn = (buyer, *names), _drawn(len(names), orders)
    groups = _groups(names, players, drawn, seed)
    if len(groups) == 1 << len(names):
        drawn = None
    if progress is not None:
        progress(0, len(groups))
    rest = Rest(book, buyer, deals)
    looked = value or _planned(rest.book, buyer, futures=futures, scenarios=scenarios, seed=seed)
    items = [(rest.only(group), group) for group in groups]
    found = spread_out(_look, (looked, buyer), items, client, progress)
    looks = dict(zip(groups, found, strict=True))
    game = _game({group: each.mean for group, each in looks.items()}, buyer)
    split = shapley(game, players, orders=drawn, seed=seed)
    none = looks[frozenset()].mean
    return Portfolio(
        buyer=buyer,
        providers=names,
        worth=MappingProxyType({group: each.mean - none for group, each in looks.items()}),
        split=split,
        core=core(game, players, split.values) if drawn is None else None,
        spread=MappingProxyType(_by_future(looks, players, drawn, seed)),
        deals=MappingProxyType(deals),
        alone=none,
        settings=MappingProxyType(
            {"futures": futures, "scenarios": scenarios, "seed": seed, "groups": len(groups)}
        ),
        assumptions=(*getattr(looked, "assumed", ()), *rest.assumed),
        book=book.book,
        book_hash=book.hash,
        version=__version__,
    )


def _planned(book: Book, buyer: str, *, futures: int, scenarios: int, seed: int) -> Value:
    """Return what a book is worth to a buyer, by `plan`."""
    from offtake.negotiate._planner import Planner

    return Planner(book, buyer, futures=futures, scenarios=scenarios, seed=seed)


def _sold(book: Book, buyer: str) -> dict[str, str]:
    """Return the seller of each compute deal and offer of a buyer."""
    refuse_unknown(buyer, book.parties, "party")
    return {
        name: deal.creditor
        for name, deal in book.deals.items()
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer
    }


def _drawn(providers: int, orders: int | None) -> int | None:
    """Return how many orders of arrival are drawn; None where every group is looked at."""
    return None if providers <= WHOLE and orders is None else orders or _ORDERS


def _groups(
    names: tuple[str, ...], players: tuple[str, ...], drawn: int | None, seed: int
) -> list[frozenset[str]]:
    """Return the groups of providers to look at: all, or those met on drawn orders and all but each."""
    if drawn is None:
        return [
            frozenset(each) for size in range(len(names) + 1) for each in itertools.combinations(names, size)
        ]
    met: dict[frozenset[str], None] = dict.fromkeys([frozenset(), frozenset(names)])
    met |= dict.fromkeys(frozenset(names) - {name} for name in names)

    def walk(group: frozenset[str]) -> float:
        if players[0] in group:
            met.setdefault(group - {players[0]})
        return 0.0

    shapley(walk, players, orders=drawn, seed=seed)
    return list(met)


def _game(worth: Mapping[frozenset[str], float], buyer: str) -> Callable[[frozenset[str]], float]:
    """Return what each group of players achieves above the buyer by itself: nothing without the buyer."""
    none = worth[frozenset()]
    return lambda group: worth[group - {buyer}] - none if buyer in group else 0.0


def _by_future(
    looks: Mapping[frozenset[str], Prospect], players: tuple[str, ...], drawn: int | None, seed: int
) -> dict[str, Spread]:
    """Return how each player's Shapley value spreads over the futures, where all groups have the same."""
    first = looks[frozenset()]
    if any(each.same != first.same or each.totals.shape != first.totals.shape for each in looks.values()):
        return {}
    totals = {group: each.totals for group, each in looks.items()}
    splits = [
        shapley(
            _game({group: float(each[k]) for group, each in totals.items()}, players[0]),
            players,
            orders=drawn,
            seed=seed,
        )
        for k in range(len(first.chance))
    ]
    return {name: spread_of(np.array([split[name] for split in splits]), first.chance) for name in players}


def _look(shared: tuple[Value, str], item: tuple[Book, frozenset[str]]) -> Prospect:
    """Return what a book with only a group of providers is worth."""
    (value, buyer), (book, group) = shared, item
    try:
        return value(book)
    except InfeasibleError as error:
        held = f"only {', '.join(sorted(group))}" if group else "none of its providers"
        message = f"what each provider brings to {buyer} cannot be told: with {held}, {error}"
        raise InfeasibleError(message) from error
