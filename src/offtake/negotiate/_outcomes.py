"""What a settlement of the contested terms is to both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.negotiate._votes import Verdict, verdict_of
from offtake.scale import spread_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from offtake.book import Book
    from offtake.negotiate._prospect import Prospect, Spread, Value

_EPS = 1e-6

__all__ = ["Outcome", "Side", "Table"]


@dataclass(frozen=True, slots=True)
class Side:
    """What an outcome is to one party.

    Parameters
    ----------
    party
        The party.
    gain
        Its money above no deal, present values in M USD.
    verdict
        What its stakeholders make of it.
    at_risk
        Most that it stands to lose if the other fails, M USD, where that is known.
    """

    party: str
    gain: Spread
    verdict: Verdict
    at_risk: float | None = None

    @property
    def utility(self) -> float:
        """Its gain as its stakeholders weigh it, M USD."""
        return self.verdict.utility


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to settle the contested terms.

    Parameters
    ----------
    terms
        What each contested term becomes, by its name.
    sides
        The two parties.
    actual
        Whether this is what the book has.
    """

    terms: Mapping[str, str]
    sides: tuple[Side, Side]
    actual: bool = False

    @property
    def agreed(self) -> bool:
        """Whether both parties accept it, and one of them gains: it lies in the zone of agreement."""
        return all(side.verdict.accepts for side in self.sides) and max(self.utilities) > _EPS

    @property
    def utilities(self) -> tuple[float, float]:
        """Gain of each party as its stakeholders weigh it, M USD."""
        return self.sides[0].utility, self.sides[1].utility

    def of(self, party: str) -> Side:
        """Return what it is to a party."""
        return next(side for side in self.sides if side.party == party)


class Table:
    """Two parties and what each makes of a book; a book is looked at once.

    Parameters
    ----------
    book
        The book, for the parties' stakeholders.
    parties
        The two parties.
    values
        What a book is worth to each, in the same order.
    no_deal
        The book if they do not agree.
    client
        A `dask.distributed` client that looks at many books at once; None looks at them here.
    progress
        Called with (books looked at, books in all).
    """

    def __init__(
        self,
        book: Book,
        parties: tuple[str, str],
        values: tuple[Value, Value],
        no_deal: Book,
        *,
        client: Any = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.book, self.parties, self.no_deal = book, parties, no_deal
        self._values, self._client, self._progress = values, client, progress
        self._known: dict[str, tuple[Prospect, Prospect]] = {}

    @property
    def looked_at(self) -> int:
        """How many different books were looked at."""
        return len(self._known)

    def prospects(self, books: Sequence[Book]) -> list[tuple[Prospect, Prospect]]:
        """Return what each side has to look forward to under each book."""
        keys = [book.hash for book in books]
        fresh = {key: book for key, book in zip(keys, books, strict=True) if key not in self._known}
        looked = spread_out(_look, self._values, list(fresh.values()), self._client, self._progress)
        self._known |= dict(zip(fresh, looked, strict=True))
        return [self._known[key] for key in keys]

    def outcomes(
        self, books: Sequence[Book], terms: Iterable[Mapping[str, str]], actual: Iterable[bool]
    ) -> list[Outcome]:
        """Return the outcome of each book, against no deal."""
        found = self.prospects([self.no_deal, *books])
        return [
            self.outcome(each, settled, is_actual, found[0])
            for each, settled, is_actual in zip(found[1:], terms, actual, strict=True)
        ]

    def outcome(
        self,
        prospects: tuple[Prospect, Prospect],
        terms: Mapping[str, str],
        actual: bool,
        without: tuple[Prospect, Prospect],
    ) -> Outcome:
        """Return the outcome of what each side has to look forward to."""
        sides = [
            Side(
                party,
                mine.less(base),
                verdict_of(self.book.parties[party], mine, base),
                mine.at_risk,
            )
            for party, mine, base in zip(self.parties, prospects, without, strict=True)
        ]
        return Outcome(dict(terms), (sides[0], sides[1]), actual)


def _look(values: tuple[Value, Value], book: Book) -> tuple[Prospect, Prospect]:
    return values[0](book), values[1](book)
