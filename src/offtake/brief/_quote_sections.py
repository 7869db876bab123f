"""The sections on what to charge for the requests of the book."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Final

from offtake.brief._making import at_level, nothing, section, tabled
from offtake.brief._words import code, count, listed, money, name, plain, power, say, share, told, when
from offtake.figures import Table, words

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._quotes import Priced
    from offtake.brief._records import QuoteFigures, Records
    from offtake.brief._words import Sentence
    from offtake.quote import Quote

__all__ = ["quote_sections"]

_YEAR = 4.0
_TITLE: Final = "What to charge"


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
    asked = records.quote_figures
    if len(asked) == 1 and not records.quotes.left_out:
        return _of_one(asked[0], _TITLE, 2, "", alone=True)
    return (
        _overview(records),
        *(
            made
            for number, each in enumerate(asked, start=1)
            for made in _of_one(each, each.priced.title, 3, f"-{number}" if number > 1 else "", alone=False)
        ),
    )


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
    points = [
        say("Left out of this page: {}. It is shown by {}.", told(each), code(_command(records.source, each)))
        for each in left
    ]
    table = Table(
        ("request", "provider", "buyer", "MW", "M USD per MW and year", "pays back", "asked for at"),
        tuple(_line(each) for each in requests),
        "lllrrrr",
        "The lowest price at which the machines of each request pay back as often as is asked for.",
    )
    return tabled("quotes", _TITLE, table, says=says, points=points)


def _command(source: str, request: str) -> str:
    return f"offtake quote {source} --request {shlex.quote(request)}"


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
    answer = quoted.answer
    about = () if title == quoted.title else say("{}: ", told(quoted.title))
    says = [
        say(
            "{}{} should ask {} for at least {} M USD per MW and year for {} over {} from {}, so that "
            "the machines pay back in {} of futures; sampling leaves {} to {}.",
            about, name(quoted.provider), name(quoted.buyer), plain(_YEAR * answer.price),
            power(quoted.mw), told(f"{quoted.length / _YEAR:g} years"), when(quoted.start),
            share(quoted.payback),
            plain(_YEAR * answer.price_low), plain(_YEAR * answer.price_high),
        ),
        say(
            "On average they pay back at {}, {} {} of futures; if {} surely paid, {} would do.",
            plain(_YEAR * answer.price_mean),
            told("but then in only" if answer.mean_chance < answer.chance else "then in"),
            share(answer.mean_chance), name(quoted.buyer), plain(_YEAR * answer.price_safe),
        ),
        _wrong_way(quoted),
    ]  # fmt: skip
    if answer.asked_price is not None and answer.asked_chance is not None:
        says.append(
            say(
                "At the {} that the request names they pay back in {} of futures.",
                plain(_YEAR * answer.asked_price),
                share(answer.asked_chance),
            )
        )
    made = section(
        "quote_chance",
        title,
        record,
        says=says,
        points=_points(quoted),
        caption="Share of futures in which the machines pay back, by price. Dotted: each buyer put into the "
        "market of another future, so that it fails without regard to what machines are worth.",
        arguments=f"quotes[{each.priced.name!r}]",
        key_on_page=f"quote-chance{suffix}",
    )
    return at_level(made, level)


def _wrong_way(quoted: Quote) -> Sentence:
    answer = quoted.answer
    inside = answer.apart_low <= answer.price <= answer.apart_high
    doubt = ", which sampling alone could make" if inside else ""
    if answer.wrong_way >= 0.0:
        words = (
            "Wrong-way risk, that {} fails in just the futures in which machines are worth least, adds {} to "
        )
    else:
        words = "That {} fails when machines are worth more takes {} off "
    return say(
        words + "the price: were the two independent, {} would do" + doubt + ".",
        name(quoted.buyer),
        plain(_YEAR * abs(answer.wrong_way)),
        plain(_YEAR * answer.price_apart),
    )


def _points(quoted: Quote) -> list[Sentence]:
    """Return what could happen at the price."""
    answer = quoted.answer
    found = [
        say(
            "Present value at that price: {} on average, {} to {} in nine of ten futures; {} in the worst "
            "{}.",
            money(answer.value), money(answer.value_low), money(answer.value_high), money(answer.value_tail),
            share(quoted.tail),
        )
    ]  # fmt: skip
    if answer.stranded is not None:
        found.append(
            say(
                "{} is gone before the deal ends in {} of futures. Then {} stand idle on average for the "
                "rest of their life.",
                name(quoted.buyer), share(answer.fails + answer.leaves), power(answer.stranded),
            )
        )  # fmt: skip
    found.append(
        say(
            "If it goes at the worst moment, {}, {} of what the machines cost is never earned back in one of "
            "twenty futures.",
            when(answer.peak_quarter),
            money(answer.peak_loss),
        )
    )
    if answer.limit is not None and math.isfinite(answer.largest_mw):
        found.append(
            say(
                "Within its limit of {} for one counterparty {} should accept at most {}.",
                money(answer.limit), name(quoted.provider), power(answer.largest_mw),
            )
        )  # fmt: skip
    if math.isfinite(answer.dscr_median):
        found.append(
            say(
                "A loan on the contract would cost {} a year; in its weakest year the machines earn {} times "
                "what is due in half of futures, {} times or less in one of twenty.",
                share(answer.loan_rate), plain(answer.dscr_median), plain(answer.dscr_low),
            )
        )  # fmt: skip
    return found


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
