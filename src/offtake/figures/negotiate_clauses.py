"""What each clause is worth to either side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import INK, figure, party_colours, translucent
from offtake.figures.words import Scale, scale_for

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Negotiation

__all__ = ["ClauseLine", "ClauseValues", "collect_negotiate_clauses", "draw_negotiate_clauses"]

_MOST = 12


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """One clause.

    Parameters
    ----------
    name
        The clause and the deal, or the right.
    means, lows, highs
        Its value to either party, with it less without it, and the 5 % and 95 % quantiles, M USD.
    """

    name: str
    means: tuple[float, float]
    lows: tuple[float, float]
    highs: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ClauseValues:
    """The clauses between two parties, the most valuable first.

    Parameters
    ----------
    parties, colours
        The seller and the buyer, and their colours.
    lines
        The clauses.
    """

    parties: tuple[str, str]
    colours: tuple[str, str]
    lines: tuple[ClauseLine, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([end for each in self.lines for end in (*each.lows, *each.highs)], "M USD")

    def table(self) -> Table:
        """Return what each clause is worth to either side."""
        scale = self.scale
        rows = tuple(
            (
                each.name,
                *(
                    cell
                    for k in (0, 1)
                    for cell in (
                        scale.text(each.means[k]),
                        f"{scale.text(each.lows[k])} to {scale.text(each.highs[k])}",
                    )
                ),
            )
            for each in self.lines
        )
        heads = [head for party in self.parties for head in (f"{party}, {scale.unit}", "nine of ten futures")]
        text = "With the clause less without it, all else planned anew. Below nought it costs the party."
        return Table(("clause", *heads), rows, "lrrrr", text)


def collect_negotiate_clauses(book: Book, talks: Negotiation) -> ClauseValues:
    """Return what each clause of a negotiation is worth to either side."""
    colours = party_colours(roles_of(book))
    lines = tuple(
        ClauseLine(
            _named(each.path, each.kind),
            (each.values[0].mean, each.values[1].mean),
            (each.values[0].low, each.values[1].low),
            (each.values[0].high, each.values[1].high),
        )
        for each in talks.clauses
    )
    seller, buyer = talks.parties
    return ClauseValues(talks.parties, (colours[seller], colours[buyer]), lines)


def _named(path: str, kind: str) -> str:
    deal, _, clause = path.removeprefix("deals.").partition(".clauses.")
    if not clause:
        return path.removeprefix("rights.")
    words = clause if kind in clause else f"{kind} {clause}"
    return f"{words.replace('_', ' ')}, {deal}"


def draw_negotiate_clauses(record: ClauseValues, *, narrow: bool = False) -> Any:
    """Return the figure: two bars for each clause, one for each party, with their ranges."""
    import plotly.graph_objects as go

    worth = [each for each in record.lines if any((*each.means, *each.lows, *each.highs))]
    shown = tuple(worth or record.lines[:1])[:_MOST]
    scale = record.scale
    chart = figure((58 if narrow else 46) * max(len(shown), 1) + 110)
    for k, party in enumerate(record.parties):
        means = scale.of(each.means[k] for each in shown)
        chart.add_trace(
            go.Bar(
                x=means,
                y=[each.name for each in shown],
                orientation="h",
                name=party,
                marker={"color": translucent(record.colours[k], 0.85)},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        each.highs[k] / scale.factor - mean for each, mean in zip(shown, means, strict=True)
                    ],
                    "arrayminus": [
                        mean - each.lows[k] / scale.factor for each, mean in zip(shown, means, strict=True)
                    ],
                    "thickness": 1.2,
                    "width": 3,
                    "color": INK,
                },
                hovertemplate=f"%{{y}}: %{{x:,.3g}} {scale.unit} to {party}<extra></extra>",
            )
        )
    chart.update_layout(
        barmode="group",
        bargap=0.32,
        xaxis={"title": {"text": f"worth, {scale.unit}"}, "showgrid": True, "zeroline": True},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False,
               "tickfont": {"color": INK, "size": 11 if narrow else 12.5}},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom", "traceorder": "normal"},
        margin={"r": 12, "t": 34},
    )  # fmt: skip
    return chart
