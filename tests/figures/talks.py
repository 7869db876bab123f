"""A negotiation, a stay-or-leave curve and shares of providers with invented values."""

import numpy as np

from offtake.negotiate import Prospect, negotiate, portfolio, stay_or_leave

SWING = np.array([-40.0, -10.0, 10.0, 40.0])


def shares(book, buyer, *, orders=None, costly=""):
    """Return what the providers of a buyer bring to it: each deal less than the one before; one may cost."""

    def value(each):
        sellers = dict.fromkeys(
            deal.creditor for deal in each.deals.values() if deal.kind == "compute" and deal.buyer == buyer
        )
        brought = sum(9_000.0 / (1 + place) ** 2 for place in range(len(sellers) - (costly in sellers)))
        return Prospect.of(brought - 2_000.0 * (costly in sellers) + SWING[:, None], same="invented")

    return portfolio(book, buyer, value=value, orders=orders)


def between(book, seller, buyer, deal):
    """Return a negotiation on the price and the take-or-pay of a deal, and its stay-or-leave curve."""
    quarters = len(book.calendar)

    def running(each):
        signed = each.deals.get(deal)
        if signed is None:
            return np.zeros(quarters)
        until = signed.clauses["term"].until if "term" in signed.clauses else None
        last = quarters if until is None else each.calendar.index(until) + 1
        return (np.arange(quarters) < last).astype(float)

    def price_of(each):
        return 4 * each.deals[deal].clauses["price"].usage.value if deal in each.deals else 0.0

    def selling(each):
        floor = 12.0 * ("take_or_pay" in each.deals[deal].clauses) if deal in each.deals else 0.0
        flows = running(each) * (price_of(each) - 9.0) * 5 + floor / quarters
        return Prospect.of(flows[None] + running(each) * SWING[:, None] / quarters)

    def buying(each):
        flows = running(each) * (14.0 - price_of(each) - 0.4 * np.arange(quarters)) * 5
        return Prospect.of(flows[None] + running(each) * SWING[:, None] / quarters)

    values = (selling, buying)
    talks = negotiate(
        book,
        seller,
        buyer,
        over={f"{deal}.price": [f"{price} MUSD/MW/year" for price in (8, 10, 12, 14)]},
        values=values,
    )
    return talks, stay_or_leave(book, seller, buyer, deals=[deal], quarters=2, values=values)
