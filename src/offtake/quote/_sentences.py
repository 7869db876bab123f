"""What a quote says, in sentences that a finance chief would read aloud."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from offtake.calendar import Quarter

if TYPE_CHECKING:
    from offtake.quote._result import Quote

__all__ = ["money", "power", "sentences", "yearly"]

_BILLION: Final = 1000.0
_GIGA: Final = 1000.0
_LEAST: Final = 0.005


def yearly(price: float) -> str:
    """Return a price in words: M USD per MW and year.

    Examples
    --------
    >>> yearly(2.5), yearly(float("inf"))
    ('10.00 M USD per MW and year', 'no price')
    """
    return f"{4 * price:.2f} M USD per MW and year" if math.isfinite(price) else "no price"


def money(value: float) -> str:
    """Return money in words.

    Examples
    --------
    >>> money(12_345.0), money(-3.21)
    ('12.3 B USD', '−3.2 M USD')
    """
    scale, unit = (_BILLION, "B USD") if abs(value) >= _BILLION else (1.0, "M USD")
    sign = "−" if value < 0 else ""
    return f"{sign}{abs(value) / scale:,.1f} {unit}"


def power(mw: float) -> str:
    """Return power in words.

    Examples
    --------
    >>> power(1000.0), power(35.0)
    ('1 GW', '35 MW')
    """
    return f"{mw / _GIGA:,.3g} GW" if mw >= _GIGA else f"{mw:,.0f} MW"


def _share(value: float) -> str:
    plain = _LEAST < value < 1.0 - _LEAST or value in {0.0, 1.0}
    return f"{100 * value:.0f} %" if plain else f"{100 * value:.2f} %"


def sentences(quote: Quote) -> tuple[str, ...]:
    """Return what a quote says, each number with its spread."""
    answer = quote.answer
    found = [_price(quote), _wrong_way(quote)]
    if answer.asked_price is not None and answer.asked_chance is not None:
        found.append(
            f"At the {yearly(answer.asked_price)} that the request names, the machines pay back in "
            f"{_share(answer.asked_chance)} of futures."
        )
    found += [
        _payback(quote),
        _gone(quote),
        *_signed_once(quote),
        _exposure(quote),
        _accept(quote),
        _loan(quote),
    ]
    found.append(
        f"From {quote.paths:,} futures, seed {quote.seed}; money counts at the book's discount rate."
    )
    return tuple(found)


def _demand(quote: Quote) -> str:
    if quote.floor is None:
        return f"the machines pay back in {_share(quote.payback)} of futures"
    return f"the worst {_share(quote.tail)} of futures come to {money(quote.floor)} or more on average"


def _price(quote: Quote) -> str:
    answer = quote.answer
    then = "but then in only" if answer.mean_chance < answer.chance else "then in"
    return (
        f"{quote.provider} should ask {quote.buyer} for at least {yearly(answer.price)}"
        f"{_sampling(answer.price_low, answer.price_high)} for "
        f"{power(quote.mw)} over {quote.length / 4:g} years from {quote.start}: then {_demand(quote)}. "
        f"On average they pay back at {4 * answer.price_mean:.2f}, {then} "
        f"{_share(answer.mean_chance)} of futures."
    )


def _wrong_way(quote: Quote) -> str:
    answer = quote.answer
    sure = f"If it surely paid, {yearly(answer.price_safe)} would do."
    alone = f"Were {quote.buyer}'s fate independent of the market, {yearly(answer.price_apart)} would do"
    if not math.isfinite(answer.price_apart):
        return f"{alone}. {sure}"
    what = (
        "that it fails in just the futures in which machines are worth least adds"
        if answer.wrong_way >= 0.0
        else "that it fails when machines are worth more saves"
    )
    return f"{alone}{_sampling(answer.apart_low, answer.apart_high)}: {what} {_doubted(quote)}. {sure}"


def _doubted(quote: Quote) -> str:
    """Return what wrong-way risk adds or saves, with how far sampling may move it."""
    answer = quote.answer
    if answer.wrong_way == 0.0 and answer.wrong_way_error == 0.0:
        return "nothing"
    amount = f"{4 * abs(answer.wrong_way):.2f}"
    if answer.wrong_way_range is None:
        return f"{amount}, which so few futures cannot tell from nothing"
    sign = -4 if answer.wrong_way < 0.0 else 4
    low, high = sorted(sign * end for end in answer.wrong_way_range)
    within = f"({_signed(low)} to {_signed(high)} in nineteen of twenty samples)"
    if low <= 0.0 <= high:
        return f"{amount}, which {quote.paths:,} futures cannot tell from nothing {within}"
    return f"{amount} {within}"


def _signed(value: float) -> str:
    return f"{'−' if value <= -_LEAST else ''}{abs(value):.2f}"


def _sampling(low: float, high: float) -> str:
    """Return the range of a price in words; nothing where it was not looked at."""
    return "" if math.isnan(low) else f" ({4 * low:.2f} to {4 * high:.2f} within sampling error)"


def _payback(quote: Quote) -> str:
    answer = quote.answer
    first = Quarter.parse(quote.dataset.attrs["opening"])

    def by(quarters: float) -> str | None:
        if quarters < 1:
            return "from the start"
        return f"by the end of {first + int(quarters - 1)}" if math.isfinite(quarters) else None

    half, late = by(answer.payback_median), by(answer.payback_late)
    if half is None:
        told = "the money is back in fewer than half of futures"
    elif late is None:
        told = f"the money is back {half} in half of futures; in more than one of ten it never is"
    else:
        told = f"the money is back {half} in half of futures and {late} in nine of ten"
    return (
        f"At that price {told}. The present value is {money(answer.value)} on average, "
        f"{money(answer.value_low)} to {money(answer.value_high)} in nine of ten futures, and "
        f"{money(answer.value_tail)} in the worst {_share(quote.tail)}; "
        f"{money(answer.scrap)} of it is what is left of the machines."
    )


def _gone(quote: Quote) -> str:
    answer = quote.answer
    if answer.stranded is None:
        return f"{quote.buyer} is there to the end of the deal in every future."
    leaves = f", and leaves by right in {_share(answer.leaves)}" if answer.leaves > 0 else ""
    high = "" if answer.stranded_high is None else f", {power(answer.stranded_high)} or more in one of twenty"
    return (
        f"{quote.buyer} fails before the deal's end in {_share(answer.fails)} of futures{leaves}. Then "
        f"{power(answer.stranded)} of {power(quote.mw)} stand idle on average for the rest of their "
        f"life{high}; the rest serves {quote.provider}'s own workloads or is rented out on spot."
    )


def _signed_once(quote: Quote) -> list[str]:
    """Return what changes once the buyer's futures feel the deal, where that was looked at."""
    answer = quote.answer
    if answer.signed_price is None or answer.signed_fails is None or answer.signed_chance is None:
        return []
    change = "as often" if answer.signed_fails == answer.fails else (
        f"in {_share(answer.signed_fails)} of futures instead of {_share(answer.fails)}"
    )  # fmt: skip
    needs = "no price does" if math.isinf(answer.signed_price) else f"{yearly(answer.signed_price)} does"
    told = (
        f"Once {quote.buyer} has signed at that price, pays it and works with the machines, it fails before "
        f"the deal's end {change}, and the machines pay back in {_share(answer.signed_chance)}; what is "
        f"demanded, {needs} then."
    )
    return [told]


def _exposure(quote: Quote) -> str:
    answer = quote.answer
    limit = "no limit is given" if answer.limit is None else f"the limit is {money(answer.limit)}"
    return (
        f"If {quote.buyer} goes at the worst moment, {answer.peak_quarter}, {money(answer.peak_loss)} or "
        "more of what the machines cost to buy and to run is never earned back in one of twenty futures; "
        f"{limit}."
    )


def _accept(quote: Quote) -> str:
    answer = quote.answer
    if math.isinf(answer.largest_mw):
        return f"No limit of {quote.provider} binds below {power(64 * quote.mw)}."
    which = {
        answer.room_mw: "its sites have no more room",
        answer.loss_mw: "beyond it the loss in one of twenty futures, should the buyer go, exceeds its limit",
        answer.tail_mw: f"beyond it the worst {_share(quote.tail)} of futures lose more than that on average",
    }[answer.largest_mw]
    return f"At that price {quote.provider} should accept at most {power(answer.largest_mw)}: {which}."


def _loan(quote: Quote) -> str:
    answer = quote.answer
    if math.isnan(answer.dscr_median):
        return "The deal is too short for a year of debt service."
    return (
        f"A loan on this contract would cost {100 * answer.loan_rate:.2f} % a year, as {quote.buyer} counts "
        f"as {answer.grade} grade; in its weakest year the machines earn {_times(answer.dscr_median)} what "
        f"is due in half of futures, {_times(answer.dscr_low)} or less in one of twenty, and less than what "
        f"is due in {_share(answer.uncovered)}."
    )


def _times(ratio: float) -> str:
    return f"{'−' if ratio < 0 else ''}{abs(ratio):.2f} times"
