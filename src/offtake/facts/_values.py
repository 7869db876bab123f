"""What deals are worth and how large they are, with median figures, as announcements count them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from offtake.book import (
    BackstopDeal,
    ComputeDeal,
    Cover,
    EquityDeal,
    LeaseDeal,
    LoanDeal,
    Payments,
    Price,
    Principal,
    Ramp,
    SupplyDeal,
    Tranches,
    UnitPrice,
    Volume,
)
from offtake.facts._arguments import MeasureError, refuse
from offtake.model._prices import owed_mw_quarters, price_factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Amount, Book

__all__ = ["deal_mw", "deal_value", "sites_mw"]


def deal_value(book: Book, name: str) -> float:
    """Return the headline value of a deal in M USD.

    - Compute, lease: `price.total`, or else usage and reservation price at the opening, without escalator or
      index, times the MW-quarters owed over the whole contract, also beyond the calendar.
    - Supply: unit price times `deal_mw`.
    - Equity: dated payments, those before the opening too, and the most that tranches come to.
    - Loan: outstanding and further draws. Backstop: its limit.

    Raises
    ------
    MeasureError
        If the deal has no such value.

    Examples
    --------
    >>> from offtake.book import Book
    >>> round(deal_value(Book.read("first-steps"), "tideway-more"), 6)  # 40 MW, 4 years, 8.6 a MW and year
    1376.0
    """
    deal = book.deals[name]
    value = next((worth for kind, worth in _WORTH.items() if isinstance(deal, kind)), None)
    if value is None:
        refuse(f"a {deal.kind} deal such as `{name}` has no headline value", "Name deals of other kinds")
    return value(book, name)


def _capacity_value(book: Book, name: str) -> float:
    deal = book.deals[name]
    price = deal.clause(Price)
    if price is None or (deal.clause(Ramp) is None and price.total is None):
        refuse(f"the deal `{name}` has no ramp and no total", "Add a `ramp`, or a `price` with a `total`")
    if price.total is not None:
        return price.total.value
    owed = owed_mw_quarters(book, name, book.calendar)
    if not math.isfinite(owed):
        refuse(f"the deal `{name}` has no end, so that its value is infinite", "Add a `term`")
    rates = (("usage", price.usage), ("reservation", price.reservation))
    return owed * math.fsum(_rate(book, name, which, amount) for which, amount in rates)


def _rate(book: Book, name: str, which: str, amount: Amount | None) -> float:
    if amount is None:
        return 0.0
    return amount.value * price_factor(book, name, amount, f"deals.{name}.clauses.price.{which}")


def _supply_value(book: Book, name: str) -> float:
    price = book.deals[name].clause(UnitPrice)
    if price is None:
        refuse(f"the deal `{name}` has no unit price", "Add a `unit_price`")
    return price.amount.value * deal_mw(book, name)


def _equity_value(book: Book, name: str) -> float:
    payments, tranches = book.deals[name].clause(Payments), book.deals[name].clause(Tranches)
    if payments is None and tranches is None:
        refuse(f"the deal `{name}` has neither payments nor tranches", "Name deals that are paid for")
    paid = math.fsum(amount.value for amount in payments.dated.values()) if payments else 0.0
    return paid + (tranches.up_to.value if tranches else 0.0)


def _loan_value(book: Book, name: str) -> float:
    lent = book.deals[name].clause(Principal)
    if lent is None:
        refuse(f"the deal `{name}` has no principal", "Add a `principal`")
    draws = (amount.value for quarter, amount in lent.drawn.items() if quarter >= book.calendar.first)
    return lent.outstanding.value + math.fsum(draws)


def _backstop_value(book: Book, name: str) -> float:
    cover = book.deals[name].clause(Cover)
    if cover is None or cover.up_to is None:
        refuse(f"the backstop `{name}` has no limit", "Add `up to` to its cover")
    return cover.up_to.value


_WORTH: Final[dict[type[Any], Callable[[Book, str], float]]] = {
    ComputeDeal: _capacity_value,
    LeaseDeal: _capacity_value,
    SupplyDeal: _supply_value,
    EquityDeal: _equity_value,
    LoanDeal: _loan_value,
    BackstopDeal: _backstop_value,
}


def deal_mw(book: Book, name: str) -> float:
    """Return the headline power of a deal in MW: its volume, else the top of its ramp, else its sites.

    Raises
    ------
    MeasureError
        If it has none of them, or only a range.

    Examples
    --------
    >>> from offtake.book import Book
    >>> deal_mw(Book.read("first-steps"), "quarry-letter")
    60.0
    """
    deal = book.deals[name]
    volume, ramp = deal.clause(Volume), deal.clause(Ramp)
    if volume is not None and volume.amount is not None:
        return volume.amount.value
    if ramp is not None:
        return max((level.value for level in ramp.levels.values()), default=0.0)
    if deal.sites:
        return sites_mw(book, deal.sites)
    if volume is not None:
        refuse(f"the volume of the deal `{name}` is a range", "Give it an `amount`")
    message = f"the deal `{name}` has no volume, no ramp and no sites"
    raise MeasureError(message, "Name deals for capacity or chips")


def sites_mw(book: Book, sites: tuple[str, ...]) -> float:
    """Return the power of all phases of some sites in MW."""
    return math.fsum(phase.mw.value for site in sites for phase in book.sites[site].phases)
