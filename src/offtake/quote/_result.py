"""A finished quote: its numbers, what made them, and how to read them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InputError
from offtake.quote._sentences import sentences
from offtake.results import read_run, write_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr

__all__ = ["CITATIONS", "CONFIDENT", "Answer", "Quote"]

CITATIONS = (
    "Rockafellar, R. T., and Uryasev, S. (2000). Optimization of conditional value-at-risk. J. of Risk 2(3).",
    (
        "Jarrow, R. A., and Turnbull, S. M. (1995). Pricing derivatives on financial securities subject to "
        "credit risk. Journal of Finance 50(1)."
    ),
    "Hull, J., and White, A. (2012). CVA and wrong-way risk. Financial Analysts Journal 68(5).",
    (
        "Præstgaard, J., and Wellner, J. A. (1993). Exchangeably weighted bootstraps of the general "
        "empirical process. Annals of Probability 21(4)."
    ),
)
CONFIDENT: Final = 1.96
"""Standard errors on either side of a number that leave it in nineteen of twenty samples."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers of a quote on the request's own terms; prices in M USD per MW-quarter, money in M USD.

    Parameters
    ----------
    price, price_low, price_high
        The lowest price that does what is demanded, and the range in which sampling leaves it (95 %).
    price_apart, apart_low, apart_high
        The same with buyers put into the markets of other futures: without wrong-way risk.
    price_safe
        The same if the buyer never failed and paid everything.
    price_mean, mean_chance
        Price at which the machines pay back on average, and the share of futures that pay back at it.
    asked_price, asked_chance
        The price that the request names, or None; and the share of futures that pay back at it.
    chance
        Share of futures that pay back at the price.
    value, value_low, value_high, value_tail
        Present value at the price: mean, 5 % and 95 % quantile, and mean of the worst futures.
    payback_median, payback_late
        Quarters from the opening in which the money is back for good, in half and in 90 of 100 futures;
        0 where it never was out, infinite for never.
    fails, leaves
        Share of futures in which the buyer fails, and in which it leaves by right, before the deal's end.
    stranded, stranded_high
        MW that nobody takes on average from the buyer's going to the end of the machines' life, mean and 95 %
        quantile over the futures in which it goes; None if it never does.
    scrap
        Mean present value of what is left of the machines.
    peak_loss, peak_quarter
        Loss in 95 of 100 futures if the buyer goes at the worst moment, and when that is.
    limit
        What the provider wants to lose to one counterparty at most, or None.
    room_mw, loss_mw, tail_mw
        Most MW that the sites, and the limit on either loss, let through; infinite for no bound.
    grade, loan_rate
        Grade of the customer, and interest a year on a loan on its contract.
    dscr_median, dscr_low, uncovered
        Lowest yearly debt service cover over the loan's life in half and in 95 of 100 futures, and the share
        of futures in which it falls below 1.
    signed_price, signed_chance, signed_fails
        Where it was asked for: once the buyer has signed at `price`, the price that does what is demanded
        (infinite for none), the share of futures that pay back at `price`, and in which the buyer fails
        before the deal's end.
    wrong_way_error
        Standard error of `wrong_way`, both prices found anew under the same weights of futures; None where
        there are too few futures to tell, or one of the prices does not exist.
    """

    price: float
    price_low: float
    price_high: float
    price_apart: float
    apart_low: float
    apart_high: float
    price_safe: float
    price_mean: float
    mean_chance: float
    asked_price: float | None
    asked_chance: float | None
    chance: float
    value: float
    value_low: float
    value_high: float
    value_tail: float
    payback_median: float
    payback_late: float
    fails: float
    leaves: float
    stranded: float | None
    stranded_high: float | None
    scrap: float
    peak_loss: float
    peak_quarter: str
    limit: float | None
    room_mw: float
    loss_mw: float
    tail_mw: float
    grade: str
    loan_rate: float
    dscr_median: float
    dscr_low: float
    uncovered: float
    wrong_way_error: float | None = None
    signed_price: float | None = None
    signed_chance: float | None = None
    signed_fails: float | None = None

    @property
    def wrong_way(self) -> float:
        """What wrong-way risk adds to the price."""
        return self.price - self.price_apart

    @property
    def wrong_way_range(self) -> tuple[float, float] | None:
        """The range in which sampling leaves what wrong-way risk adds (95 %); None where it is not known."""
        if self.wrong_way_error is None:
            return None
        half = CONFIDENT * self.wrong_way_error
        return self.wrong_way - half, self.wrong_way + half

    @property
    def largest_mw(self) -> float:
        """Most MW to accept within all limits."""
        return min(self.room_mw, self.loss_mw, self.tail_mw)


@dataclass(frozen=True, eq=False, repr=False)
class Quote:
    """What `offtake.quote` returns: the price of a request, its table and what could happen at it.

    Parameters
    ----------
    dataset : xarray.Dataset
        The variables of docs/quote.md, each with `units` and `long_name` in its attrs.
    answer : Answer
        The numbers on the request's own terms.
    request, title, provider, buyer : str
        What was asked, and the parties.
    mw, length : float
        MW at the end of the ramp, and the term in quarters.
    start : str
        First promised quarter.
    terms : mapping
        The request's own terms.
    payback, tail : float
        Share of futures that is to pay back, and the share of worst futures that is looked at.
    floor : float or None
        The floor of the mean of the worst futures, where that was demanded in place of payback.
    assumptions : tuple of str
        What the numbers rest on, in sentences.
    paths, seed : int
        Number of futures, and the seed that they were drawn with.
    settings : mapping
        Further settings of the run.
    book, book_hash, version : str
        Name and hash of the book, and version of Offtake.
    citations : tuple of str
        Papers of the methods.
    """

    dataset: xr.Dataset
    answer: Answer
    request: str
    title: str
    provider: str
    buyer: str
    mw: float
    length: float
    start: str
    terms: Mapping[str, Any]
    payback: float
    tail: float
    floor: float | None
    assumptions: tuple[str, ...]
    paths: int
    seed: int
    settings: Mapping[str, Any]
    book: str
    book_hash: str
    version: str
    citations: tuple[str, ...] = CITATIONS

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))
        object.__setattr__(self, "assumptions", tuple(self.assumptions))
        object.__setattr__(self, "citations", tuple(self.citations))

    @property
    def price(self) -> float:
        """The lowest price that does what is demanded, M USD per MW-quarter."""
        return self.answer.price

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the quote says, in sentences with their spread."""
        return sentences(self)

    def to_dataframe(self, variable: str = "price") -> pd.DataFrame:
        """Return a variable as a table; by default the prices over all terms.

        Raises
        ------
        InputError
            If there is no such variable; the error names those that there are.
        """
        if variable not in self.dataset.data_vars:
            message = (
                f"there is no variable `{variable}`; there are {', '.join(map(str, self.dataset.data_vars))}"
            )
            raise InputError(message)
        frame: pd.DataFrame = self.dataset[variable].to_dataframe()[[variable]]
        return frame.reset_index()

    def save(self, path: str | Path) -> Path:
        """Write the quote to a netCDF file, whole or not at all, and return where it is.

        Raises
        ------
        InputError
            If the folder does not exist.
        """
        record = {name: getattr(self, name) for name in _META}
        record |= {"answer": asdict(self.answer), "settings": dict(self.settings), "terms": dict(self.terms)}
        return write_run(Path(path), self.dataset, record)

    @classmethod
    def load(cls, path: str | Path) -> Quote:
        """Return a quote that was saved; reading it needs no engine.

        Raises
        ------
        InputError
            If the file is missing or is not a saved quote.
        """
        dataset, record = read_run(Path(path))
        if "answer" not in record:
            message = f"{path} is a saved run, but no quote"
            raise InputError(message)
        return cls(dataset, **{**record, "answer": Answer(**record["answer"])})

    def __repr__(self) -> str:
        return (
            f"<Quote of {self.provider} for {self.buyer}: {self.mw:,.0f} MW for {self.length / 4:g} years at "
            f"{4 * self.price:.2f} M USD per MW and year, {self.paths:,} futures, seed {self.seed}>"
        )

    def _repr_html_(self) -> str:
        points = "".join(f"<li>{escape(each)}</li>" for each in self.sentences)
        frame = self.to_dataframe()
        table: str = frame.to_html(index=False, float_format=lambda each: f"{each:,.3f}")
        return (
            f"<p>{escape(repr(self))}</p><ul>{points}</ul><details><summary>prices</summary>{table}</details>"
        )


_META = (
    "request", "title", "provider", "buyer", "mw", "length", "start", "payback", "tail", "floor",
    "assumptions", "paths", "seed", "book", "book_hash", "version", "citations",
)  # fmt: skip
