"""The sections on what to charge for a request of the book."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from offtake.brief._making import nothing, section
from offtake.brief._words import count, money, name, plain, power, say, share, when

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records
    from offtake.brief._words import Sentence
    from offtake.quote import Quote

__all__ = ["chance_section", "payback_section", "prices_section"]

_ABSENT = "The book has no request to price, or none was priced for this page."
_YEAR = 4.0


def chance_section(records: Records) -> Section:
    """Return the section on the price that pays back, with and without wrong-way risk."""
    record, quoted, title = records.quote_chance, records.quoted, "What to charge"
    if record is None or quoted is None:
        return nothing("quote-chance", title, _ABSENT)
    answer = quoted.answer
    says = [
        say(
            "{}: {} should ask {} for at least {} M USD per MW and year for {} over {} from {}, so that "
            "the machines pay back in {} of futures; sampling leaves {} to {}.",
            _told(quoted.title), name(quoted.provider), name(quoted.buyer), plain(_YEAR * answer.price),
            power(quoted.mw), _told(f"{quoted.length / _YEAR:g} years"), when(quoted.start),
            share(quoted.payback),
            plain(_YEAR * answer.price_low), plain(_YEAR * answer.price_high),
        ),
        say(
            "On average they pay back at {}, but then in only {} of futures; if {} surely paid, {} would do.",
            plain(_YEAR * answer.price_mean), share(answer.mean_chance), name(quoted.buyer),
            plain(_YEAR * answer.price_safe),
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
    return section(
        "quote_chance",
        title,
        record,
        says=says,
        points=_points(quoted),
        caption="Share of futures in which the machines pay back, by price. Dotted: each buyer put into the "
        "market of another future, so that it fails without regard to what machines are worth.",
        arguments="quoted",
    )


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


def prices_section(records: Records) -> Section:
    """Return the section on prices over other terms."""
    record, quoted, title = records.quote_prices, records.quoted, "What other terms would cost"
    if record is None or quoted is None:
        return nothing("quote-prices", title, _ABSENT)
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
                plain(least), _told(term), _told(floor), share(paid), _told(leaving),
            )
        )  # fmt: skip
    return section(
        "quote_prices",
        title,
        record,
        says=says,
        caption="Lowest price in M USD per MW and year that pays back as often, by term, take-or-pay, "
        "right to leave and prepayment. Outlined: the terms of the request. A right to leave is used when "
        "spot falls below the price less its fee, so a dear price may be lost by asking more.",
        arguments="quoted",
        least_width=560,
    )


def payback_section(records: Records) -> Section:
    """Return the section on when the money is back."""
    record, quoted, title = records.quote_payback, records.quoted, "When the money is back"
    if record is None or quoted is None:
        return nothing("quote-payback", title, _ABSENT)
    says = (
        say("At the quoted price the money never comes back in {} of futures.", share(record.never)),
        say("From {} futures.", count(quoted.paths)),
        *(_told(each) for each in quoted.assumptions),
    )
    return section(
        "quote_payback",
        title,
        record,
        says=says[:2],
        points=says[2:],
        caption="Bars: futures in which the money is back for good in the quarter, at the quoted price; "
        "where the buyer fails before work begins nothing is built, and nothing has to come back. Line: "
        "futures in which the buyer has failed or left before the end of the deal.",
        arguments="quoted",
    )


def _told(text: str) -> Sentence:
    """Return a text that was computed as a whole, its figures marked as such."""
    tokens = re.findall(r"\S*\d\S*", text)
    return say(re.sub(r"\S*\d\S*", "{}", text), *(when(token) for token in tokens))
