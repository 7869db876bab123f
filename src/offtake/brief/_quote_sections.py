"""The sections on what to charge for the requests of the book."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from offtake.brief._making import at_level, left_out_points, nothing, one_or_each, section, tabled
from offtake.brief._words import count, listed, plain, say, share, told
from offtake.figures import Table, words

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._quotes import Priced
    from offtake.brief._records import QuoteFigures, Records

__all__ = ["quote_sections"]

_YEAR = 4.0
_TITLE: Final = "What to charge"
_FIRST: Final = 2


def quote_sections(records: Records) -> tuple[Section, ...]:
    """Return the sections on what to charge: three for each request, below one on all where there are more.

    A request for which no price was found has one section, with the reason.
    """
    if records.quotes is None:
        return (
            nothing(
                "quote-chance", _TITLE, "The book has no request to price, or none was priced for this page."
            ),
        )
    asked = [(each.priced.title, each) for each in records.quote_figures]
    return one_or_each(asked, records.quotes.left_out, _TITLE, _of_one, lambda: _overview(records))


def _of_one(each: QuoteFigures, title: str, level: int, suffix: str, *, alone: bool) -> tuple[Section, ...]:
    """Return the sections on one request."""
    if each.priced.quote is None:
        why = f"{each.priced.title}: {each.priced.why}" if alone else each.priced.why
        return (nothing(f"quote-chance{suffix}", title, why, level=level),)
    below = level if alone else level + 1
    return (
        _chance(each, title, level, suffix),
        _prices(each, below, suffix),
        _payback(each, below, suffix),
    )


def _overview(records: Records) -> Section:
    """Return the section above several requests: what each should be charged, and what is left out."""
    assert records.quotes is not None  # noqa: S101 - asked for only where there are some
    requests, left = records.quotes.requests, records.quotes.left_out
    found = [each for each in requests if each.quote is not None]
    says = [
        say(
            "The book has {} requests. A price is found for {}.",
            count(len(requests) + len(left)),
            count(len(found)),
        )
    ]
    refused = [each.title for each in requests if each.quote is None]
    if refused:
        says.append(say("None is found for {}; why not stands with each.", listed(refused, len(refused))))
    points = left_out_points(left, f"offtake quote {records.source} --request")
    table = Table(
        ("request", "provider", "buyer", "MW", "M USD per MW and year", "pays back", "asked for at"),
        tuple(_line(each) for each in requests),
        "lllrrrr",
        "The lowest price at which the machines of each request pay back as often as is asked for.",
    )
    return tabled("quotes", _TITLE, table, says=says, points=points)


def _line(each: Priced) -> tuple[str, ...]:
    quote = each.quote
    if quote is None:
        return (each.title, each.seller, each.buyer, "", "none", "", "")
    asked = quote.answer.asked_price
    return (
        each.title,
        quote.provider,
        quote.buyer,
        words.plain(quote.mw),
        words.plain(_YEAR * quote.answer.price),
        words.share(quote.payback),
        "" if asked is None else words.plain(_YEAR * asked),
    )


def _chance(each: QuoteFigures, title: str, level: int, suffix: str) -> Section:
    """Return the section on the price that pays back, with and without wrong-way risk."""
    record, quoted = each.chance, each.priced.quote
    assert quoted is not None  # noqa: S101 - asked for only where there is a price
    asks = quoted.answer.asked_price is not None
    first = _FIRST + 1 if asks else _FIRST
    found = [told(sentence) for sentence in quoted.sentences]
    made = section(
        "quote_chance",
        title,
        record,
        says=[*([] if title == quoted.title else [told(f"{quoted.title}.")]), *found[:first]],
        points=found[first:],
        caption="Share of futures in which the machines pay back, by price. Dotted: each buyer put into the "
        "market of another future, so that it fails without regard to what machines are worth.",
        arguments=f"quotes[{each.priced.name!r}]",
        key_on_page=f"quote-chance{suffix}",
    )
    return at_level(made, level)


def _prices(each: QuoteFigures, level: int, suffix: str) -> Section:
    """Return the section on prices over other terms."""
    record = each.prices
    assert record is not None  # noqa: S101 - asked for only where there is a price
    cells = [
        (price, words, paid)
        for words, line in zip(record.rows, record.prices, strict=True)
        for paid, price in zip(record.prepayments, line, strict=True)
        if math.isfinite(price)
    ]
    says = []
    if cells:
        least, (term, right, floor), paid = min(cells)
        leaving = "no right to leave" if right == "none" else f"a right to leave for {right} of the fees left"
        says.append(
            say(
                "Lowest is {} M USD per MW and year, for {} with {} take-or-pay, {} prepaid and {}.",
                plain(least), told(term), told(floor), share(paid), told(leaving),
            )
        )  # fmt: skip
    made = section(
        "quote_prices",
        "What other terms would cost",
        record,
        says=says,
        caption="Lowest price in M USD per MW and year that pays back as often, by term, take-or-pay, "
        "right to leave and prepayment. Outlined: the terms of the request. A right to leave is used when "
        "spot falls below the price less its fee, so a dear price may be lost by asking more.",
        arguments=f"quotes[{each.priced.name!r}]",
        least_width=560,
        key_on_page=f"quote-prices{suffix}",
    )
    return at_level(made, level)


def _payback(each: QuoteFigures, level: int, suffix: str) -> Section:
    """Return the section on when the money is back."""
    record, quoted = each.payback, each.priced.quote
    assert record is not None  # noqa: S101 - asked for only where there is a price
    assert quoted is not None  # noqa: S101 - the same
    says = (
        say("At the quoted price the money never comes back in {} of futures.", share(record.never)),
        say("From {} futures.", count(quoted.paths)),
        *(told(assumed) for assumed in quoted.assumptions),
    )
    made = section(
        "quote_payback",
        "When the money is back",
        record,
        says=says[:2],
        points=says[2:],
        caption="Bars: futures in which the money is back for good in the quarter, at the quoted price; "
        "where the buyer fails before work begins nothing is built, and nothing has to come back. Line: "
        "futures in which the buyer has failed or left before the end of the deal.",
        arguments=f"quotes[{each.priced.name!r}]",
        key_on_page=f"quote-payback{suffix}",
    )
    return at_level(made, level)
