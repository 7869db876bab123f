"""`quote`: what to charge for a request, over which terms, and how much of it to accept."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from offtake._version import __version__
from offtake.errors import InfeasibleError, InputError
from offtake.quote._assumptions import assumptions
from offtake.quote._dataset import dataset_of
from offtake.quote._grid import axes_of, longest_of, price_grid
from offtake.quote._ground import Ground, ground
from offtake.quote._loan import Cover, Loan, cover
from offtake.quote._outcome import Outcome, outcome
from offtake.quote._result import CONFIDENT, Answer, Quote
from offtake.quote._signed import signed as sign
from offtake.quote._volume import largest_volume, peak_loss
from offtake.quote._weighed import wrong_way_error
from offtake.quote._worth import Worth, worth
from offtake.scale import require_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from offtake.book import Book, Request

__all__ = ["quote"]

Array = Any


def quote(  # noqa: PLR0913 - the settings of the verb
    book: Book,
    *,
    request: str | Mapping[str, Any] | Request,
    provider: str | None = None,
    buyer: str | None = None,
    like: str | None = None,
    payback: float | None = None,
    tail: float = 0.05,
    floor: float | None = None,
    over: Mapping[str, Iterable[Any]] | None = None,
    loan: Loan | None = None,
    signed: bool = False,
    scenario: str | None = None,
    paths: int = 10_000,
    seed: int = 0,
    engine: Literal["jax", "numpy"] = "jax",
    client: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Quote:
    """Return the lowest price at which the machines of a request pay back, and what could happen at it.

    Parameters
    ----------
    book
        The book.
    request
        The name of a request or of a compute deal of the book; a line such as ``1 GW for 5 years from
        2027-Q1 like North, take-or-pay 90 %``; plain data of a request; or a `Request`.
    provider, buyer
        Who is asked and who asks, where the request does not say so or another is meant.
    like
        Site whose figures stand for machines to be built, where the request names no sites.
    payback
        Share of futures in which the machines are to pay back; None takes the request's own.
    tail
        The share of worst futures that is looked at.
    floor
        If given, the price is the lowest at which the mean present value of the worst `tail` of futures is at
        least this, in M USD, in place of payback.
    over
        Terms to table prices over: any of `term`, `prepayment`, `take_or_pay` and `termination`.
    loan
        The loan whose cover is told; None takes `Loan()`.
    signed
        Whether the price is found once more in futures in which the buyer has signed at the first one, and
        pays it and works with the machines. It takes a second run of the book.
    scenario
        A scenario of the book.
    paths, seed, engine, progress
        As in `simulate`: the same seed gives the same futures, number by number.
    client
        A `dask.distributed` client that prices the terms of the table side by side; the answers are the same.

    Raises
    ------
    InputError
        If the request cannot be used as given: an unknown name, a party that asks itself, more than its sites
        have, a term out of range; or if the client is none.
    InfeasibleError
        If no price does what is demanded.

    Notes
    -----
    docs/quote.md has the equations and what is left out.

    Examples
    --------
    >>> import offtake as ot
    >>> found = ot.quote(
    ...     ot.Book.read("first-steps"), provider="Northgate", buyer="Lark Labs",
    ...     request="10 MW for 4 years from 2027-Q1 on Northgate Mere, take-or-pay 90 %",
    ...     paths=100, engine="numpy",
    ... )
    >>> found.answer.chance >= 0.9
    True
    """
    require_client(client)
    over = None if over is None else {axis: list(values) for axis, values in over.items()}
    base = ground(
        book, request, provider=provider, buyer=buyer, like=like, scenario=scenario, longest=longest_of(over),
        paths=paths, seed=seed, engine=engine, progress=progress,
    )  # fmt: skip
    share = base.asked.payback if payback is None else payback
    if not 0.0 < share <= 1.0:
        message = f"a payback of {share:g} is no share of futures above 0 and at most 1"
        raise InputError(message)
    demand = _Demand(share, tail, floor)
    axes = axes_of(base.terms, over, base.asked.life)
    value = worth(base)
    price = demand.price(value)
    if not math.isfinite(price):
        raise InfeasibleError(_hopeless(value, demand))
    found = outcome(base, base.terms, value, price)
    asked = base.asked
    party, market = book.parties[asked.buyer], book.market
    covered = cover(
        base, base.terms, found, loan or Loan(), rating=party.rating, market_rate=market.base_rate.value
    )
    limit = book.parties[asked.seller].exposure_limit
    apart = worth(base, paired=False) if paths > 1 else value
    answer = _answer(
        base, demand, value, apart, price, found, covered, None if limit is None else limit.value
    )
    if signed:
        answer = _when_signed(answer, demand, sign(base, price, progress))
    cells = axes.cells(base.terms)
    prices = price_grid(base, cells, payback=share, tail=tail, floor=floor, client=client)
    calendar = asked.model.structure.calendar
    return Quote(
        dataset=dataset_of(base, axes, prices.reshape(axes.shape), value, apart, price, found, covered),
        answer=answer,
        request=asked.name,
        title=asked.title,
        provider=asked.seller,
        buyer=asked.buyer,
        mw=asked.mw,
        length=min(base.terms.length, base.terms.until - float(base.machines.target.min())),
        start=str(calendar.first + int(base.machines.target.min())),
        terms=asdict(base.terms),
        payback=share,
        tail=tail,
        floor=floor,
        assumptions=assumptions(base, book),
        paths=paths,
        seed=seed,
        settings={"scenario": scenario, "engine": engine},
        book=book.book,
        book_hash=book.hash,
        version=__version__,
    )


class _Demand:
    """What a price must do: pay back in a share of futures, or keep the worst ones above a floor."""

    def __init__(self, payback: float, tail: float, floor: float | None) -> None:
        self.payback, self.tail, self.floor = payback, tail, floor

    def price(self, value: Worth) -> float:
        """Return the lowest price that does it, infinite for none."""
        if self.floor is None:
            return value.lowest(self.payback)
        return value.lowest_tail(self.tail, self.floor)

    def spread(self, value: Worth, draws: int) -> tuple[float, float]:
        """Return the range in which sampling leaves the price of a payback share (order statistics, 95 %)."""
        if self.floor is not None:
            return math.nan, math.nan
        half = CONFIDENT * math.sqrt(self.payback * (1.0 - self.payback) / draws)
        low, high = max(self.payback - half, 1.0 / value.count), min(self.payback + half, 1.0)
        return value.lowest(low), value.lowest(high)

    def error(self, value: Worth, apart: Worth, prices: tuple[float, float], seed: int) -> float | None:
        """Return the standard error of the first price less the second."""
        return wrong_way_error(
            value, apart, prices, payback=self.payback, tail=self.tail, floor=self.floor, seed=seed
        )


def _hopeless(value: Worth, demand: _Demand) -> str:
    if demand.floor is not None:
        wanted = f"{demand.floor:,.0f} M USD or more"
        return f"at no price do the worst {100 * demand.tail:g} % of futures come to {wanted} on average"
    return (
        f"at no price do the machines pay back in {100 * demand.payback:g} % of futures; "
        f"{100 * value.best:.1f} % is the most. Ask for a prepayment, more take-or-pay or a dearer right to "
        "leave, or demand less"
    )


def _answer(
    base: Ground,
    demand: _Demand,
    value: Worth,
    apart: Worth,
    price: float,
    found: Outcome,
    covered: Cover,
    limit: float | None,
) -> Answer:
    terms, asked = base.terms, base.asked
    now, mean = value.at(price), value.lowest_tail(1.0, 0.0)
    back = np.sort(found.payback_quarter(base.discount))
    safe = worth(base.sure(), terms)
    low, high = demand.spread(value, base.paths)
    price_apart = demand.price(apart)
    apart_low, apart_high = demand.spread(apart, base.paths)
    when, peak = peak_loss(base, terms, price)
    volume = largest_volume(base, terms, price, limit=limit, tail=demand.tail)
    stranded = _stranded(base, found)
    lowest = covered.lowest[np.isfinite(covered.lowest)]
    failed = found.gone & (found.leaves >= base.fails)
    return Answer(
        price=price,
        price_low=low,
        price_high=high,
        price_apart=price_apart,
        apart_low=apart_low,
        apart_high=apart_high,
        price_safe=demand.price(safe),
        price_mean=mean,
        mean_chance=float((value.at(mean) >= 0.0).mean()) if math.isfinite(mean) else 0.0,
        asked_price=asked.price,
        asked_chance=None if asked.price is None else float((value.at(asked.price) >= 0.0).mean()),
        chance=float((now >= -1e-9 * np.maximum(np.abs(now).max(), 1.0)).mean()),
        value=float(now.mean()),
        value_low=float(np.quantile(now, 0.05)),
        value_high=float(np.quantile(now, 0.95)),
        value_tail=value.tail_mean(price, demand.tail),
        payback_median=float(back[math.ceil(0.5 * len(back)) - 1]),
        payback_late=float(back[math.ceil(0.9 * len(back)) - 1]),
        fails=float(failed.mean()),
        leaves=float((found.gone & ~failed).mean()),
        stranded=None if stranded is None else float(stranded.mean()),
        stranded_high=None if stranded is None else float(np.quantile(stranded, 0.95)),
        scrap=float((base.discount * found.scrap).sum(axis=0).mean()),
        peak_loss=peak,
        peak_quarter=str(asked.model.structure.calendar.first + when),
        limit=limit,
        room_mw=volume.by_room,
        loss_mw=volume.by_loss,
        tail_mw=volume.by_tail,
        grade=covered.grade,
        loan_rate=covered.rate,
        dscr_median=float(np.median(lowest)) if len(lowest) else math.nan,
        dscr_low=float(np.quantile(lowest, 0.05)) if len(lowest) else math.nan,
        uncovered=float((lowest < 1.0).mean()) if len(lowest) else 0.0,
        wrong_way_error=demand.error(value, apart, (price, price_apart), base.seed),
    )


def _when_signed(answer: Answer, demand: _Demand, felt: Ground) -> Answer:
    """Return an answer that says what comes out once the buyer's futures feel the deal."""
    value = worth(felt)
    failed = outcome(felt, felt.terms, value, answer.price)
    gone = failed.gone & (failed.leaves >= felt.fails)
    return replace(
        answer,
        signed_price=demand.price(value),
        signed_chance=float((value.at(answer.price) >= 0.0).mean()),
        signed_fails=float(gone.mean()),
    )


def _stranded(base: Ground, found: Outcome) -> Array:
    """Return the mean stranded MW of each future in which the buyer goes, from then to the machines' end."""
    if not found.gone.any():
        return None
    t = np.arange(base.quarters)[:, None]
    first = np.min(base.machines.energised, axis=0)
    last = np.max(np.where(np.isfinite(base.machines.energised), base.machines.energised, 0.0), axis=0)
    lives = (t >= np.maximum(found.leaves, np.floor(first))) & (t < np.ceil(last + base.asked.life))
    count = np.maximum(lives.sum(axis=0), 1)
    return ((found.stranded * lives).sum(axis=0) / count)[found.gone]
