"""When the money of a request is back, and when its buyer is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import note
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, mix
from offtake.figures.words import share

if TYPE_CHECKING:
    from offtake.quote import Quote

__all__ = ["QuotePayback", "collect_quote_payback", "draw_quote_payback"]

_BARS: Final = "#12806a"


@dataclass(frozen=True, slots=True)
class QuotePayback:
    """By quarter at the quoted price; shares of futures.

    Parameters
    ----------
    title
        The request.
    quarters
        Quarters from the first to the last in which money comes back in any future.
    back
        Share of futures in which the money is back for good in the quarter.
    never
        Share in which it never is.
    gone
        Share in which the buyer has failed or left by the quarter's end, before the deal's end.
    """

    title: str
    quarters: tuple[str, ...]
    back: tuple[float, ...]
    never: float
    gone: tuple[float, ...]

    def table(self) -> Table:
        """Return the shares by quarter."""
        summed, rows = 0.0, []
        for quarter, now, gone in zip(self.quarters, self.back, self.gone, strict=True):
            summed += now
            rows.append((quarter, share(now), share(min(summed, 1.0)), share(gone)))
        rows.append(("never", share(self.never), "", ""))
        columns = ("quarter", "money back", "back by then", "buyer gone by then")
        return Table(columns, tuple(rows), "lrrr", f"{self.title}. At the quoted price, share of futures.")


def collect_quote_payback(quoted: Quote) -> QuotePayback:
    """Return payback and departure by quarter from a quote."""
    quarters = list(map(str, quoted.dataset["quarter"].values))
    by = [float(each) for each in quoted.dataset["paid_back"].values]
    now = [each - before for each, before in zip(by, [0.0, *by[:-1]], strict=True)]
    some = [n for n, each in enumerate(now) if each > 0.0] or [0]
    kept = slice(0, some[-1] + 1)
    gone = [float(each) for each in quoted.dataset["buyer_gone"].values]
    return QuotePayback(
        quoted.title, tuple(quarters[kept]), tuple(now[kept]), max(0.0, 1.0 - by[-1]), tuple(gone[kept])
    )


def draw_quote_payback(record: QuotePayback, *, narrow: bool = False) -> Any:
    """Return the figure: a bar for each quarter and one for never, and the buyers gone as a line."""
    import plotly.graph_objects as go

    labels = [*record.quarters, "never"]
    values = [100 * each for each in (*record.back, record.never)]
    chart = figure(300 if narrow else 320)
    chart.add_trace(
        go.Bar(
            x=labels,
            y=values,
            name="money back in the quarter",
            marker={
                "color": [mix(_BARS, "#ffffff", 0.15)] * len(record.quarters) + [mix(INK, "#ffffff", 0.5)]
            },
            hovertemplate="%{x}: %{y:.1f} % of futures<extra></extra>",
        )
    )
    chart.add_trace(
        go.Scatter(
            x=list(record.quarters),
            y=[100 * each for each in record.gone],
            mode="lines",
            name="buyer gone by then",
            line={"color": ACCENT, "width": 2},
            hovertemplate="%{x}: %{y:.1f} % of futures<extra></extra>",
        )
    )
    firsts = [label for label in record.quarters if label.endswith("Q1")][:: 2 if narrow else 1]
    room = len(record.quarters) // 8 if narrow else len(record.quarters) // 20
    firsts = [label for label in firsts if len(record.quarters) - record.quarters.index(label) > room]
    top = 1.18 * max([*values, *(100 * each for each in record.gone), 1.0])
    chart.update_layout(
        xaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": labels,
            "tickvals": [*firsts, "never"],
            "ticktext": [*(label[:4] for label in firsts), "never"],
            "tickfont": {"color": INK},
        },
        yaxis={"title": {"text": "% of futures"}, "range": [0, top]},
        annotations=[note(share(record.never), "never", values[-1], MUTED, yshift=10)],
        showlegend=True,
        legend={"y": 1.02, "yanchor": "bottom"},
        bargap=0.2,
        margin={"t": 40},
    )
    return chart
