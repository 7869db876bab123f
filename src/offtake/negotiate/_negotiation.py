"""What `offtake.negotiate` returns: the table, the zone of agreement and the bargains in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from offtake.negotiate._bargain import kalai_smorodinsky, nash
from offtake.negotiate._frontier import pareto
from offtake.negotiate._trades import Trade, trades_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from offtake.negotiate._clauses import ClausePair, ClauseValue
    from offtake.negotiate._moves import Move
    from offtake.negotiate._outcomes import Outcome
    from offtake.negotiate._refusal import Matching
    from offtake.negotiate._reservation import ReservationPrice
    from offtake.negotiate._search import Best

__all__ = ["CITATIONS", "Negotiation"]

CITATIONS = (
    "Nash, J. F. (1950). The bargaining problem. Econometrica 18(2).",
    (
        "Kalai, E., and Smorodinsky, M. (1975). Other solutions to Nash's bargaining problem. "
        "Econometrica 43(3)."
    ),
    (
        "Rockafellar, R. T., and Uryasev, S. (2000). Optimization of conditional value-at-risk. "
        "Journal of Risk 2(3)."
    ),
)


@dataclass(frozen=True, eq=False, repr=False)
class Negotiation:
    """What two parties may agree on, and what it is worth to each.

    Parameters
    ----------
    parties
        The seller and the buyer.
    deals
        The deals on the table.
    outcomes
        Every settlement looked at; the one that the book has is marked.
    no_deal
        What there is without an agreement, in words.
    moves
        What changing one term alone does, from what the book has and from no deal.
    clauses, pairs, fixed
        What each clause is worth to each side, pairs that act together, and clauses that cannot be taken
        out.
    beside
        Offers that the buyer would sign beside what the book has on the table, and without an agreement, with
        their MW; None where the values do not say.
    passed
        What the seller could match without a deal under a first refusal; None where there is nothing.
    best
        The best terms within boxes, where any were searched.
    reservation
        Each side's reservation price, all else as the book has it; None where nothing on the table has one.
    settings
        Futures, seed and scenarios of the tree; what JSON can hold.
    assumptions
        What the values rest on, in sentences.
    book, book_hash, version
        The book, its hash, and the version of Offtake.
    citations
        Papers of the methods.
    """

    parties: tuple[str, str]
    deals: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    no_deal: str
    moves: tuple[Move, ...] = ()
    clauses: tuple[ClauseValue, ...] = ()
    pairs: tuple[ClausePair, ...] = ()
    fixed: tuple[str, ...] = ()
    beside: tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]] | None = None
    passed: Matching | None = None
    best: Best | None = None
    reservation: tuple[ReservationPrice, ReservationPrice] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    book: str = ""
    book_hash: str = ""
    version: str = ""
    citations: tuple[str, ...] = CITATIONS

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    @property
    def actual(self) -> Outcome | None:
        """The settlement that the book has; None where it was not looked at."""
        return next((each for each in self.outcomes if each.actual), None)

    @cached_property
    def zone(self) -> tuple[Outcome, ...]:
        """The zone of agreement: settlements that both parties accept."""
        return tuple(each for each in self.outcomes if each.agreed)

    @cached_property
    def frontier(self) -> tuple[Outcome, ...]:
        """Settlements that no other dominates, by the first party's gain."""
        return tuple(self.outcomes[k] for k in pareto([each.utilities for each in self.outcomes]))

    @cached_property
    def nash(self) -> Outcome | None:
        """Nash's bargain within the zone of agreement, None where that is empty."""
        return self.zone[nash(self._gains).index or 0] if self.zone else None

    @cached_property
    def kalai_smorodinsky(self) -> Outcome | None:
        """Kalai and Smorodinsky's bargain within the zone of agreement, None where that is empty."""
        return self.zone[kalai_smorodinsky(self._gains).index or 0] if self.zone else None

    @property
    def _gains(self) -> list[tuple[float, float]]:
        # within what is called agreement a gain may be a rounding error below 0
        return [(max(each.utilities[0], 0.0), max(each.utilities[1], 0.0)) for each in self.zone]

    @cached_property
    def trades(self) -> tuple[Trade, ...]:
        """Trades that leave both better off than what the book has, the fairest first."""
        return () if self.actual is None else trades_from(self.actual, self.outcomes)

    @cached_property
    def vetoes(self) -> Mapping[tuple[str, str], int]:
        """How many settlements, that both parties would gain by, each stakeholder's veto alone stops."""
        found: dict[tuple[str, str], int] = {}
        for outcome in self.outcomes:
            if min(outcome.utilities) < 0.0:
                continue
            stops = [(side.party, who) for side in outcome.sides for who in side.verdict.binding]
            for key in stops:
                found[key] = found.get(key, 0) + 1
        return MappingProxyType(dict(sorted(found.items(), key=lambda each: -each[1])))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What it says, in sentences, each number with its spread."""
        from offtake.negotiate._sentences import of_talks

        return of_talks(self)

    def to_dataframe(self, what: str = "outcomes") -> pd.DataFrame:
        """Return a part as a table, money in M USD.

        Parameters
        ----------
        what
            ``outcomes``, ``moves``, ``clauses``, ``pairs`` or ``stakeholders``.

        Raises
        ------
        InputError
            If there is no such table.
        """
        from offtake.negotiate._frames import frame_of

        return frame_of(self, what)

    def __repr__(self) -> str:
        return (
            f"<Negotiation of {self.parties[0]} and {self.parties[1]} in {self.book or 'a book'}: "
            f"{len(self.zone)} of {len(self.outcomes)} settlements in the zone of agreement>"
        )

    def _repr_html_(self) -> str:
        html: str = self.to_dataframe().to_html(float_format=lambda each: f"{each:,.4g}")
        return f"<p>{escape(repr(self))}</p>{html}"
