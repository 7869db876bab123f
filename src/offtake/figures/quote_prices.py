"""The lowest price of a request over other terms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, figure
from offtake.figures.words import share

if TYPE_CHECKING:
    from offtake.quote import Quote

__all__ = ["QuotePrices", "collect_quote_prices", "draw_quote_prices"]

_YEAR: Final = 4.0


@dataclass(frozen=True, slots=True)
class QuotePrices:
    """Lowest prices in M USD per MW and year by term, right to leave, take-or-pay and prepayment.

    Parameters
    ----------
    title
        The request.
    rows
        Term, right to leave and take-or-pay of each row, in words.
    prepayments
        Share that is prepaid, of each column.
    prices
        Prices by row and column; infinite where no price does it.
    own
        Row and column of the request's own terms, or None where they are not in the table.
    payback
        Share of futures that is to pay back.
    """

    title: str
    rows: tuple[tuple[str, str, str], ...]
    prepayments: tuple[float, ...]
    prices: tuple[tuple[float, ...], ...]
    own: tuple[int, int] | None
    payback: float

    def table(self) -> Table:
        """Return the prices."""
        columns = (
            "term",
            "right to leave",
            "take-or-pay",
            *(f"{share(each)} prepaid" for each in self.prepayments),
        )
        rows = tuple(
            (*words, *(_price(each) for each in line))
            for words, line in zip(self.rows, self.prices, strict=True)
        )
        text = (
            f"{self.title}. Lowest price in M USD per MW and year at which {share(self.payback)} of futures "
            "pay back."
        )
        return Table(columns, rows, "lll" + "r" * len(self.prepayments), text)


def _price(price: float) -> str:
    return f"{price:.1f}" if math.isfinite(price) else "none"


def collect_quote_prices(quoted: Quote) -> QuotePrices:
    """Return the prices over all terms from a quote."""
    prices = quoted.dataset["price"]
    rows: list[tuple[str, str, str]] = []
    lines: list[tuple[float, ...]] = []
    own: tuple[int, int] | None = None
    fee = quoted.terms["termination"]
    leaving = "none" if fee is None else f"{100 * fee:g} %"
    paid = list(map(float, prices["prepayment"].values))
    mine = (quoted.terms["length"], leaving, quoted.terms["take_or_pay"])
    for length in map(float, prices["term"].values):
        for right in map(str, prices["termination"].values):
            for floor in map(float, prices["take_or_pay"].values):
                if (length, right, floor) == mine and quoted.terms["prepayment"] in paid:
                    own = (len(rows), paid.index(quoted.terms["prepayment"]))
                rows.append((f"{length / _YEAR:g} years", right, share(floor)))
                cells = prices.sel(term=length, termination=right, take_or_pay=floor).values
                lines.append(tuple(_YEAR * float(each) for each in cells))
    return QuotePrices(quoted.title, tuple(rows), tuple(paid), tuple(lines), own, quoted.payback)


def draw_quote_prices(record: QuotePrices, *, narrow: bool = False) -> Any:
    """Return the figure: a heat map, terms in rows, prepayment in columns, the own terms outlined."""
    import plotly.graph_objects as go

    owed = "" if narrow else " take-or-pay"
    names = [
        f"{term}, {floor}{owed}" + ("" if right == "none" else f", may leave for {right}")
        for term, right, floor in record.rows
    ]
    columns = [f"{share(each)} prepaid" for each in record.prepayments]
    finite = [each for line in record.prices for each in line if math.isfinite(each)]
    logs = [
        [math.log(each) if math.isfinite(each) and each > 0 else None for each in line]
        for line in record.prices
    ]
    heat = go.Heatmap(
        z=logs,
        x=columns,
        y=names,
        customdata=[[_price(each) for each in line] for line in record.prices],
        text=[[_price(each) for each in line] for line in record.prices],
        texttemplate="%{text}",
        textfont={"size": 10 if narrow else 11},
        zmin=math.log(min((each for each in finite if each > 0), default=1.0)),
        zmax=math.log(max(finite, default=2.0)) + 1e-9,
        colorscale=[[0.0, "#f7f6f3"], [0.4, "#fbe3d2"], [1.0, "#e0793f"]],
        showscale=False,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate="%{y}, %{x}: %{customdata} M USD per MW and year<extra></extra>",
    )
    chart = figure(21 * len(names) + 60, [heat])
    shapes = []
    if record.own is not None:
        row, column = record.own
        shapes.append(
            {"type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5,
             "line": {"color": ACCENT, "width": 2.5}}
        )  # fmt: skip
    chart.update_layout(
        xaxis={"side": "top", "showgrid": False, "tickfont": {"color": INK, "size": 11}},
        yaxis={
            "autorange": "reversed",
            "type": "category",
            "showgrid": False,
            "tickfont": {"color": INK, "size": 11},
        },
        shapes=shapes,
    )
    return chart
