"""Stay or leave: what going on is worth to either side, by the quarter of parting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import MUTED, figure, party_colours, translucent
from offtake.figures.words import Scale, scale_for

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Stay

__all__ = ["StayCurve", "collect_negotiate_stay", "draw_negotiate_stay"]


@dataclass(frozen=True, slots=True)
class StayCurve:
    """What going on is worth above parting.

    Parameters
    ----------
    parties, colours
        The seller and the buyer, and their colours.
    quarters
        Quarters of parting.
    means, lows, highs
        For each party and quarter, the mean and the 5 % and 95 % quantiles, present values in M USD.
    leaves
        First quarter in which each would rather leave; empty for never.
    fees
        What the buyer would owe for leaving, M USD.
    """

    parties: tuple[str, str]
    colours: tuple[str, str]
    quarters: tuple[str, ...]
    means: tuple[tuple[float, ...], tuple[float, ...]]
    lows: tuple[tuple[float, ...], tuple[float, ...]]
    highs: tuple[tuple[float, ...], tuple[float, ...]]
    leaves: tuple[str, str]
    fees: tuple[float, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        ends = [value for rows in (self.lows, self.highs) for row in rows for value in row]
        return scale_for(ends, "M USD")

    def table(self) -> Table:
        """Return the values by quarter."""
        scale = self.scale
        rows = tuple(
            (
                quarter,
                *(
                    cell
                    for k in (0, 1)
                    for cell in (
                        scale.text(self.means[k][n]),
                        f"{scale.text(self.lows[k][n])} to {scale.text(self.highs[k][n])}",
                    )
                ),
                scale.text(self.fees[n]),
            )
            for n, quarter in enumerate(self.quarters)
        )
        heads = [head for party in self.parties for head in (f"{party}, {scale.unit}", "nine of ten futures")]
        text = "Going on less parting, as present values; below nought the party would rather part."
        return Table(("parting in", *heads, "fee of leaving"), rows, "lrrrrr", text)


def collect_negotiate_stay(book: Book, stay: Stay) -> StayCurve:
    """Return what going on is worth to either side."""
    colours = party_colours(roles_of(book))
    seller, buyer = stay.parties

    def rows(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        first, second = (tuple(float(getattr(each, name)) for each in values) for values in stay.values)
        return first, second

    return StayCurve(
        parties=stay.parties,
        colours=(colours[seller], colours[buyer]),
        quarters=stay.quarters,
        means=rows("mean"),
        lows=rows("low"),
        highs=rows("high"),
        leaves=stay.leaves,
        fees=stay.fee,
    )


def draw_negotiate_stay(record: StayCurve, *, narrow: bool = False) -> Any:
    """Return the figure: a line with its range for each party, and the line at which it is all the same."""
    import plotly.graph_objects as go

    scale = record.scale
    chart = figure(300 if narrow else 360)
    for k, party in enumerate(record.parties):
        colour = record.colours[k]
        ends = [*scale.of(record.highs[k]), *scale.of(record.lows[k])[::-1]]
        chart.add_trace(
            go.Scatter(
                x=[*record.quarters, *record.quarters[::-1]], y=ends, fill="toself", mode="lines",
                line={"width": 0}, fillcolor=translucent(colour, 0.16), hoverinfo="skip", showlegend=False,
            )
        )  # fmt: skip
        chart.add_trace(
            go.Scatter(
                x=list(record.quarters), y=scale.of(record.means[k]), mode="lines+markers", name=party,
                line={"color": colour, "width": 2.4}, marker={"size": 6},
                hovertemplate=f"{party}, %{{x}}: %{{y:,.3g}} {scale.unit}<extra></extra>",
            )
        )  # fmt: skip
    chart.add_hline(0, line={"color": MUTED, "width": 1.2, "dash": "dot"})
    chart.update_layout(
        xaxis={"type": "category", "title": {"text": "if they part at the start of"}},
        yaxis={"title": {"text": f"going on less parting, {scale.unit}"}},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom"},
        margin={"t": 34},
    )
    return chart
