"""The share of futures in which the machines of a request pay back, by price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import note
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure
from offtake.figures.words import plain, share

if TYPE_CHECKING:
    from offtake.quote import Quote

__all__ = ["QuoteChance", "collect_quote_chance", "draw_quote_chance"]

_YEAR: Final = 4.0
_JOINT: Final = "#0b5c92"
_ROWS: Final = 9


@dataclass(frozen=True, slots=True)
class QuoteChance:
    """Payback by price; prices in M USD per MW and year.

    Parameters
    ----------
    title, provider, buyer
        The request and its parties.
    prices
        Prices in rising order.
    joint, independent
        Share of futures that pay back at each, with buyers in their own markets and put into others.
    price, price_independent
        The price that reaches the share asked for, each way.
    payback
        That share.
    mean
        Price at which they pay back on average.
    asked
        The price that the request names, or None.
    paths
        Number of futures.
    """

    title: str
    provider: str
    buyer: str
    prices: tuple[float, ...]
    joint: tuple[float, ...]
    independent: tuple[float, ...]
    price: float
    price_independent: float
    payback: float
    mean: float
    asked: float | None
    paths: int

    def table(self) -> Table:
        """Return the shares at a few of the prices."""
        step = max(1, (len(self.prices) - 1) // _ROWS)
        rows = tuple(
            (plain(self.prices[n]), share(self.joint[n]), share(self.independent[n]))
            for n in range(0, len(self.prices), step)
        )
        columns = ("M USD per MW and year", "pays back", "with buyer and market independent")
        return Table(columns, rows, "rrr", f"{self.title}. Share of futures in which the machines pay back.")


def collect_quote_chance(quoted: Quote) -> QuoteChance:
    """Return payback by price from a quote."""
    chance, answer = quoted.dataset["payback_chance"], quoted.answer
    return QuoteChance(
        title=quoted.title,
        provider=quoted.provider,
        buyer=quoted.buyer,
        prices=tuple(_YEAR * float(each) for each in chance["offer"].values),
        joint=tuple(map(float, chance.sel(pairing="joint").values)),
        independent=tuple(map(float, chance.sel(pairing="independent").values)),
        price=_YEAR * answer.price,
        price_independent=_YEAR * answer.price_apart,
        payback=answer.chance,
        mean=_YEAR * answer.price_mean,
        asked=None if answer.asked_price is None else _YEAR * answer.asked_price,
        paths=quoted.paths,
    )


def draw_quote_chance(record: QuoteChance, *, narrow: bool = False) -> Any:
    """Return the figure: two curves over the price, and the price that reaches the share asked for."""
    import plotly.graph_objects as go

    chart = figure(300 if narrow else 340)
    for values, colour, name, dash in (
        (record.independent, MUTED, "were the buyer's fate independent of the market", "dot"),
        (record.joint, _JOINT, "as it is", "solid"),
    ):
        chart.add_trace(
            go.Scatter(
                x=list(record.prices),
                y=[100 * each for each in values],
                mode="lines",
                name=name,
                line={"color": colour, "width": 2.4 if dash == "solid" else 1.6, "dash": dash},
                hovertemplate="%{x:.3g} M USD: %{y:.1f} % of futures<extra></extra>",
            )
        )
    chart.add_trace(
        go.Scatter(
            x=[record.price],
            y=[100 * record.payback],
            mode="markers",
            marker={"color": ACCENT, "size": 9},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    marks = [("on average", record.mean)] + ([("asked", record.asked)] if record.asked is not None else [])
    marks = [(word, at) for word, at in marks if at <= record.prices[-1]]
    label = f"<b>{plain(record.price)}</b> for {share(record.payback)}"
    chart.update_layout(
        xaxis={"title": {"text": "price, M USD per MW and year"}, "tickfont": {"color": INK}},
        yaxis={"title": {"text": "% of futures that pay back"}, "range": [0, 104]},
        showlegend=True,
        legend={"y": 1.02, "yanchor": "bottom"},
        annotations=[
            note(label, record.price, 100 * record.payback, ACCENT, yshift=-14, xshift=6, xanchor="left"),
            *(note(f"{word} {plain(at)}", at, 2, MUTED, xanchor="left", xshift=4) for word, at in marks),
        ],
        shapes=[
            {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"color": MUTED, "width": 1, "dash": "dash"}}
            for _, at in marks
        ],
        margin={"t": 40},
    )  # fmt: skip
    return chart
