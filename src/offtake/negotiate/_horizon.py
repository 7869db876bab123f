"""A buyer whose books all count as far beyond the calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from offtake.negotiate._planner import Planner, _places, _row_names

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate._prospect import Prospect
    from offtake.plan._instance import Instance

__all__ = ["SameHorizon"]


class SameHorizon(Planner):
    """What books with fewer deals are worth to a buyer, each counted as far as the reference book is.

    Notes
    -----
    What has no end, such as an own site, counts beyond the calendar for as long as the longest contract of
    its book (P12). Were that contract taken out, the own site would lose years that it still stands, and the
    loss would be put down to the contract's seller. So what a book has in common with the reference book
    keeps the years that it has there.
    """

    def __init__(self, book: Book, buyer: str, *, futures: int, scenarios: int, seed: int) -> None:
        super().__init__(book, buyer, futures=futures, scenarios=scenarios, seed=seed)
        self._reference = super()._instance(book)
        kept = f"{len(self._z)} scenarios chosen from {futures:,} futures"
        self.assumed = (f"{buyer} decides at the opening, for the mean of {kept}.",)

    def __call__(self, book: Book) -> Prospect:
        """Return what a book is worth to the buyer; each is asked about once, so none is kept by its hash."""
        return self._planned(self._instance(book)).prospect

    def _instance(self, book: Book) -> Instance:
        instance = super()._instance(book)
        old, new = self._reference.contracts, instance.contracts
        places = np.array(_places(_row_names(instance), _row_names(self._reference)), dtype=np.int64)
        known = places >= 0
        tail = np.where(known[:, None], old.tail[np.maximum(places, 0)], new.tail)
        return replace(instance, contracts=replace(new, tail=tail))
