"""`rare_quarter`: by when a party runs out of money in few futures, though in some."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offtake.errors import InfeasibleError, InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._simulate import _normals
from offtake.stress._gradient import default_aim, look, numbers_of
from offtake.stress._moves import hazards_off

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["Rare", "rare_quarter"]


class Rare(NamedTuple):
    """A quarter by which a party runs out of money in few futures."""

    quarter: str
    share: float
    """share of futures in which it does by then"""
    by_end: float
    """share of futures in which it does by the end of the calendar"""


def rare_quarter(
    book: "Book",
    party: str,
    *,
    most: float = 0.05,
    paths: int = 1024,
    seed: int = 0,
    scenario: str | None = None,
) -> Rare:
    """Return the last quarter by which a party runs out of money in no more than a share of futures.

    Failures from outside causes (`hazard`) are left aside. Where it never does, the quarter is the last.

    Parameters
    ----------
    book
        The book.
    party
        The party.
    most
        The largest share that counts as rare.
    paths
        Number of futures.
    seed
        Seed of the futures.
    scenario
        One of the book's scenarios, or None.

    Raises
    ------
    InputError
        If there is no such party, or the settings cannot be used.
    InfeasibleError
        If it does so in more futures by the first quarter already.

    Examples
    --------
    >>> from offtake.book import Book
    >>> book = Book.from_data({
    ...     "book": "plank", "title": "One firm", "currency": "USD", "as_of": "2025-12-31",
    ...     "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
    ...     "parties": {"Plank": {"cash": {"normal": {"mean": "300 M USD", "sd": "100 M USD"}}}},
    ... })
    >>> rare_quarter(book, "Plank", paths=64).quarter
    '2026-Q4'
    """
    if paths < 1 or not 0.0 <= most < 1.0:
        message = "paths must be at least 1 and the largest share from 0 to below 1"
        raise InputError(message)
    model = compile(book, scenario)
    quarters = [str(each) for each in model.structure.calendar]
    aim = default_aim(model.structure, party, len(quarters) - 1)
    z = hazards_off(model, _normals(model, 0, paths, seed, "random"))
    left = look(model, numbers_of(model), z, aim).left
    shares = (np.minimum.accumulate(left, axis=1) < 0.0).mean(axis=0)
    if shares[0] > most:
        message = (
            f"{party} runs out of money by {quarters[0]} in {shares[0]:.0%} of futures: that is not rare. "
            "Name the quarter, or simulate the book."
        )
        raise InfeasibleError(message)
    place = int(np.flatnonzero(shares <= most)[-1])
    return Rare(quarters[place], float(shares[place]), float(shares[-1]))
