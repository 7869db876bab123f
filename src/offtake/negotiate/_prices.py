"""Prices and volumes of a deal as the book writes them, before anything is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from offtake.book import Price, Ramp, Term

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.calendar import Quarter

__all__ = ["left_of", "opening_price", "pieces_of"]

_FOREVER = 400


def opening_price(book: Book, name: str) -> float:
    """Return the price of a MW-quarter at the opening, a total spread over what is owed (E6)."""
    price = book.deals[name].clause(Price)
    if price is None:
        return 0.0
    reserved = 0.0 if price.reservation is None else float(price.reservation.value)
    if price.total is None:
        return reserved + (0.0 if price.usage is None else float(price.usage.value))
    owed = sum(span * mw for mw, _, span in pieces_of(book, name))
    return float(price.total.value) / owed if owed and math.isfinite(owed) else 0.0


def pieces_of(book: Book, name: str) -> list[tuple[float, float, float]]:
    """Return the MW, the start and the length of each step of a deal's ramp, in quarters from the opening."""
    deal = book.deals[name]
    ramp, term = deal.clause(Ramp), deal.clause(Term)
    if ramp is None:
        return []
    length = math.inf if term is None or term.length is None else float(term.length.value)
    until = math.inf if term is None or term.until is None else book.calendar.index(term.until) + 1.0
    pieces, level = [], 0.0
    for quarter, amount in sorted(ramp.levels.items()):
        target = float(quarter - book.calendar.first)
        end = min(target + length, until)
        pieces.append((amount.value - level, target, max(end - target, 0.0)))
        level = amount.value
    return pieces


def left_of(book: Book, name: str, quarter: Quarter, *, discounted: bool) -> float:
    """Return the MW-quarters that a deal owes from a quarter on, within the calendar if discounted."""
    at = float(quarter - book.calendar.first)
    rate = book.market.discount_rate.value if discounted else 0.0
    last = len(book.calendar) if discounted else _FOREVER
    total = 0.0
    for mw, start, span in pieces_of(book, name):
        for t in range(int(max(at, start)), int(min(start + span, last)) + 1):
            share = max(0.0, min(t + 1.0, start + span) - max(float(t), start, at))
            total += mw * share * (1.0 + rate) ** (-t / 4.0)
    return total
