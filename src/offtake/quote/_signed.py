"""The buyer's futures once it has signed: it pays for what it asked for, and works with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.book import Price, Start
from offtake.model import compile as compile_model
from offtake.quote._buyer import watch
from offtake.quote._ground import fails_in, last_payments
from offtake.quote._seats import seats_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.quote._ground import Ground
    from offtake.quote._request import Asked

__all__ = ["firm", "signed", "signed_book"]


def signed(base: Ground, price: float, progress: Callable[[int, int], None] | None = None) -> Ground:
    """Return the futures of a request, in which the buyer has signed it at a price.

    When it fails, and what it pays before, is read from the book with the request as a firm deal, in the same
    futures number by number; the market, and what the buyer lacks without the deal, stay as they are.

    Parameters
    ----------
    base
        The futures of the request in the book as it stands.
    price
        M USD per MW-quarter at the opening.
    progress
        Called with (futures done, futures in all).
    """
    asked, settings = base.asked, base.settings
    model = compile_model(signed_book(asked, price), settings.get("scenario"))
    place = dict(base.columns)
    fresh = [label for label in model.draw_labels if label not in place]
    place |= {label: len(base.columns) + n for n, label in enumerate(fresh)}
    seen = watch(
        model,
        seats_of(model, asked),
        paths=base.paths,
        seed=base.seed,
        engine=str(settings.get("engine", "numpy")),
        progress=progress,
        columns=np.array([place[label] for label in model.draw_labels], dtype=np.int64),
    )
    fails = fails_in(seen.dead, base.known, base.luck)
    return replace(base, fails=fails, paid=last_payments(seen, fails, base.quarters), courses={})


def signed_book(asked: Asked, price: float) -> Book:
    """Return the book with the request as a firm deal at a price, in M USD per MW-quarter."""
    book, terms = asked.book, asked.terms
    deal = book.deals[asked.deal]
    cost = f"deals.{asked.deal}.clauses.{deal.clause_name(Price)}"
    changes = firm(book, asked.deal) | {
        f"{cost}.total": None,
        f"{cost}.usage": f"{price * (1.0 - terms.reserved)!r} MUSD/MW/quarter",
        f"{cost}.reservation": f"{price * terms.reserved!r} MUSD/MW/quarter" if terms.reserved else None,
    }
    return book.replace(changes)


def firm(book: Book, name: str) -> dict[str, Any]:
    """Return the changes that make a deal firm and let it start as its ramp says, by path."""
    changes: dict[str, Any] = {f"deals.{name}.firmness": "firm", f"deals.{name}.likelihood": None}
    start = book.deals[name].clause_name(Start)
    if start is not None:
        changes[f"deals.{name}.clauses.{start}"] = None
    return changes
