"""Offers to a buyer: volumes, starts, and copies of the book in which they stand at their most (P6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from offtake.book import Amount, ComputeDeal, Price, Ramp, Start, Volume
from offtake.errors import InputError
from offtake.model._delivery import ramp_increments
from offtake.model._leaves import certain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.book import Book
    from offtake.book._deal import AnyDeal
    from offtake.calendar import Calendar

__all__ = ["Offer", "at_most", "given_deals", "offers_to", "with_deals"]


@dataclass(frozen=True)
class Offer:
    """What may be signed of an offered compute deal."""

    name: str
    seller: str
    first: int
    """quarter of the ramp's first step, from the opening"""
    starts: tuple[int, ...]
    """quarters by which the ramp may be shifted"""
    signed_by: int | None
    least: float
    most: float
    """MW"""
    whole: bool
    level: float
    """the ramp's last level, MW; `most` where there is no ramp"""
    ramp: tuple[tuple[int, float], ...]
    """(quarter, MW) of each level as the book has it"""

    def open_at(self, quarter: int, start: int) -> bool:
        """Return whether it can be signed at the start of a quarter and still begin by its schedule."""
        return quarter <= self.first + start and (self.signed_by is None or quarter <= self.signed_by)


def given_deals(book: Book, buyer: str) -> dict[str, float]:
    """Return the compute deals that a buyer has, firm, optional or intended, with their last levels in MW."""
    found = {}
    for name, deal in book.deals.items():
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer and deal.firmness != "offered":
            level = sum(mw for _, mw in ramp_increments(book, name, book.calendar))
            if level > 0.0:
                found[name] = level
    return found


def offers_to(book: Book, buyer: str) -> dict[str, Offer]:
    """Return the offered compute deals of a buyer.

    Raises
    ------
    InputError
        If an offer has no price or no volume, or can no longer begin.
    """
    return {
        name: _offer(book, name, deal)
        for name, deal in book.deals.items()
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer and deal.firmness == "offered"
    }


def _offer(book: Book, name: str, deal: ComputeDeal) -> Offer:
    price = deal.clause(Price)
    if price is None or (price.usage is None and price.reservation is None and price.total is None):
        message = f"deals.{name}: the offer has no price; give `usage`, `reservation` or `total` in `price`"
        raise InputError(message)
    ramp, volume, start = deal.clause(Ramp), deal.clause(Volume), deal.clause(Start)
    steps = ramp_increments(book, name, book.calendar)
    level = sum(mw for _, mw in steps)
    least, most = _range(name, volume, level)
    if most <= 0.0:
        message = f"deals.{name}: the offer has no volume; give it a `ramp`, or a `volume` with `to`"
        raise InputError(message)
    first = int(steps[0][0]) if steps else _opening_of(book, deal, start)
    starts = _starts(book.calendar, start, first)
    if not starts:
        message = (
            f"deals.{name}: the offer begins before the calendar; shift its ramp, or give it a later `start`"
        )
        raise InputError(message)
    signed = None if start is None or start.signed_by is None else book.calendar.index(start.signed_by)
    levels = _levels(book, ramp) if steps else ((first, most),)
    fixed = volume is None or (volume.to is None and volume.from_ is None)
    return Offer(
        name, deal.seller, first, starts, signed, least, most, fixed or least > 0.0, level or most, levels
    )


def _range(name: str, volume: Volume | None, level: float) -> tuple[float, float]:
    """Return the least and the most that may be signed, MW."""
    at = f"deals.{name}.clauses.volume"
    headline = certain(volume.amount, f"{at}.amount") if volume is not None else 0.0
    if volume is None or (volume.to is None and volume.from_ is None):
        whole = level or headline
        return whole, whole
    most = certain(volume.to, f"{at}.to", level or headline)
    least = certain(volume.from_, f"{at}.from")
    if least > most:
        message = f"{at}: it begins at {least:g} MW, above its most of {most:g} MW; exchange `from` and `to`"
        raise InputError(message)
    return least, most


def _opening_of(book: Book, deal: ComputeDeal, start: Start | None) -> int:
    """Return when an offer without a ramp begins."""
    if start is not None and start.from_ is not None:
        return book.calendar.index(start.from_)
    planned = [
        phase.planned for site in deal.sites for phase in book.sites[site].phases if phase.planned is not None
    ]
    return max(0, book.calendar.index(min(planned))) if planned else 0


def _starts(calendar: Calendar, start: Start | None, first: int) -> tuple[int, ...]:
    """Return the shifts of an offer's ramp with which its first step is not before the opening."""
    earliest = first if start is None or start.from_ is None else calendar.index(start.from_)
    latest = max(earliest, first) if start is None or start.until is None else calendar.index(start.until)
    if start is None:
        latest = earliest
    return tuple(begin - first for begin in range(max(earliest, 0), latest + 1))


def _levels(book: Book, ramp: Ramp | None) -> tuple[tuple[int, float], ...]:
    if ramp is None:
        return ()
    return tuple((book.calendar.index(quarter), mw.value) for quarter, mw in sorted(ramp.levels.items()))


def at_most(book: Book, offers: Mapping[str, Offer], start: int) -> Book:
    """Return the book with offers at their most volume, shifted where their window allows this start.

    They stay offered, so that nothing else in the book moves.
    """
    return with_deals(book, {name: _scaled(book, offer, start) for name, offer in offers.items()})


def with_deals(book: Book, deals: Mapping[str, AnyDeal]) -> Book:
    """Return the book with deals put in place of those of their names, or added."""
    return book.model_copy(update={"deals": {**book.deals, **deals}})


def _scaled(book: Book, offer: Offer, start: int) -> AnyDeal:
    """Return an offer at its most volume."""
    deal = book.deals[offer.name]
    shift = start if start in offer.starts else offer.starts[0]
    scale = offer.most / offer.level
    first = book.calendar.first
    levels = {first + (at + shift): Amount(mw * scale, "power") for at, mw in offer.ramp}
    clauses = {key: clause for key, clause in deal.clauses.items() if not isinstance(clause, Ramp)}
    for key, clause in clauses.items():
        if isinstance(clause, Price) and clause.total is not None and scale != 1.0:
            clauses[key] = clause.model_copy(update={"total": _times(clause.total, scale, offer.name)})
    return deal.model_copy(update={"clauses": {**clauses, "ramp": Ramp(levels=levels)}})


def _times(amount: Amount, factor: float, name: str) -> Amount:
    """Return a contract value scaled to another volume."""
    if amount.distribution is not None:
        message = (
            f"deals.{name}.price.total: a value that is a distribution cannot be scaled to a volume; "
            "give one number, or prices by MW"
        )
        raise InputError(message)
    return replace(amount, value=amount.value * factor, range=None)
