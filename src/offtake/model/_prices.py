"""Prices of capacity in one unit, whatever unit they were written in."""

import math
from typing import TYPE_CHECKING

from offtake.book import (
    ComputeDeal,
    Delivery,
    LeaseDeal,
    Price,
    TakeOrPay,
    Term,
)
from offtake.calendar import Calendar
from offtake.errors import InputError
from offtake.model._delivery import index_of, ramp_increments
from offtake.model._leaves import certain
from offtake.units import QUARTER_HOURS

if TYPE_CHECKING:
    from offtake.book import Amount, Book, Profile

__all__ = [
    "deal_chip",
    "deal_until",
    "marginal_price",
    "market_chip",
    "owed_mw_quarters",
    "per_gpu_hour",
    "price_factor",
    "profile_factor",
]


def market_chip(book: "Book") -> str | None:
    """Return the reference chip: the market's, or the book's only one."""
    if book.market.chip is not None:
        return book.market.chip
    return next(iter(book.chips)) if len(book.chips) == 1 else None


def deal_chip(book: "Book", deal: str) -> str | None:
    """Return the chip that a deal delivers (rule A5)."""
    entry = book.deals[deal]
    clause = entry.clause(Delivery)
    if clause is not None and clause.chip is not None:
        return clause.chip
    if entry.sites and book.sites[entry.sites[0]].chip is not None:
        return book.sites[entry.sites[0]].chip
    return market_chip(book)


def per_gpu_hour(book: "Book", chip: str | None, what: str) -> float:
    """Return M USD for each MW-quarter that one USD per GPU-hour makes.

    Raises
    ------
    InputError
        If no chip says how many accelerators a MW holds.
    """
    if chip is None:
        message = (
            f"{what}: a price per GPU-hour needs a chip; name one in `delivery`, in the site or in `market`"
        )
        raise InputError(message)
    return QUARTER_HOURS * 1000.0 / certain(book.chips[chip].power, f"chips.{chip}.power") / 1e6


def profile_factor(book: "Book", profile: "Profile", what: str) -> float:
    """Return what turns a profile's own numbers into the canonical unit; a driver's values are not in it."""
    amount = profile.amount
    per_gpu = profile.per_gpu_hour if profile.driver is None else False
    if profile.driver is not None and amount is not None:
        per_gpu = amount.dimension == "gpu_hour_price"
    return per_gpu_hour(book, market_chip(book), what) if per_gpu else 1.0


def price_factor(book: "Book", deal: str, amount: "Amount | None", what: str) -> float:
    """Return the factor that turns a price as kept into M USD per MW-quarter."""
    if amount is None or not amount.per_gpu_hour:
        return 1.0
    return per_gpu_hour(book, deal_chip(book, deal), what)


def deal_until(book: "Book", deal: str, calendar: Calendar) -> float:
    """Return when a deal ends at the latest, in quarters from the opening."""
    term = book.deals[deal].clause(Term)
    return math.inf if term is None or term.until is None else index_of(calendar, term.until, 0.0) + 1.0


def owed_mw_quarters(book: "Book", deal: str, calendar: Calendar) -> float:
    """Return the MW-quarters owed over the whole term, with median figures; infinite without an end."""
    term = book.deals[deal].clause(Term)
    length = math.inf if term is None or term.length is None else term.length.value
    until = deal_until(book, deal, calendar)
    return math.fsum(
        mw * max(0.0, min(target + length, until) - target)
        for target, mw in ramp_increments(book, deal, calendar)
    )


def marginal_price(book: "Book", deal: str, calendar: Calendar) -> float:
    """Return what one more MW-quarter used costs, with median figures (rule C5)."""
    entry = book.deals[deal]
    floor = entry.clause(TakeOrPay)
    if not isinstance(entry, ComputeDeal | LeaseDeal) or (floor is not None and floor.share.value >= 1.0):
        return 0.0
    price = entry.clause(Price)
    if price is None:
        return 0.0
    if price.total is not None:
        owed = owed_mw_quarters(book, deal, calendar)
        reservation = price.reservation
        reserved = 0.0
        if reservation is not None:
            label = f"deals.{deal}.clauses.price.reservation"
            reserved = reservation.value * price_factor(book, deal, reservation, label)
        return price.total.value / owed - reserved if 0.0 < owed < math.inf else 0.0
    if price.usage is None:
        return 0.0
    return price.usage.value * price_factor(book, deal, price.usage, f"deals.{deal}.clauses.price.usage")
