"""What the seller's own workloads earn, where a settlement changes what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.negotiate._futures import earned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.book import Book

    FloatArray = NDArray[np.float64]

__all__ = ["OwnWork"]


class OwnWork:
    """What the seller's own workloads earn under a settlement above what they earn in the reference book.

    Parameters
    ----------
    book
        The reference book.
    party
        The seller.
    futures, seed
        The futures.

    Notes
    -----
    The work is put on the capacity of the reference book: what is settled of compute counts elsewhere.
    Counted are revenue and the rent of machines that the work leaves idle, less penalties, by `simulate`.
    """

    def __init__(self, book: Book, party: str, *, futures: int, seed: int) -> None:
        self._book, self._party, self._futures, self._seed = book, party, futures, seed
        self._known: dict[str, FloatArray] = {}

    def __call__(self, book: Book) -> FloatArray | None:
        """Return the present values by future and quarter, [F, T] M USD; None where nothing of it changes."""
        now = book.workloads
        changed = {
            f"workloads.{name}": now[name]
            for name, before in self._book.workloads.items()
            if before.buyer == self._party and name in now and now[name] != before
        }
        if not changed:
            return None
        return self._earned(self._book.replace(changed)) - self._earned(self._book)

    def _earned(self, book: Book) -> FloatArray:
        """Return what the party's work brings by future and quarter in a book, [F, T]."""
        if book.hash not in self._known:
            money = earned(book, self._party, self._futures, self._seed)
            rate = book.market.discount_rate.value
            self._known[book.hash] = money * (1.0 + rate) ** (-np.arange(len(book.calendar)) / 4.0)
        return self._known[book.hash]
