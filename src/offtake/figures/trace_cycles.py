"""The ways on which money goes round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._reading import window
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, mix
from offtake.figures.words import Scale, scale_for
from offtake.trace import trace

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["CycleLine", "TraceCycles", "collect_trace_cycles", "draw_trace_cycles"]

_DRAWN: Final = 8


@dataclass(frozen=True, slots=True)
class CycleLine:
    """One way round.

    Parameters
    ----------
    parties
        The parties in order of payment.
    smallest
        The smallest step over the calendar, in M USD.
    narrows
        Payer and receiver of that step.
    by_year
        The smallest step of each year, in M USD: what goes all the way round within the year.
    deals
        Its deals by step, the largest first.
    """

    parties: tuple[str, ...]
    smallest: float
    narrows: tuple[str, str]
    by_year: dict[str, float]
    deals: tuple[tuple[str, ...], ...]

    @property
    def way(self) -> str:
        """The parties with arrows, ending where it begins."""
        return " → ".join([*self.parties, self.parties[0]])


@dataclass(frozen=True, slots=True)
class TraceCycles:
    """The ways on which money goes round in the mean of a run.

    Parameters
    ----------
    window
        The quarters, in words.
    lines
        The ways, the widest first.
    circular
        The share of all payments between parties that goes round.
    left_out
        What the search left out.
    citations
        Papers of the methods.
    """

    window: str
    lines: tuple[CycleLine, ...]
    circular: float
    left_out: str
    citations: tuple[str, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([line.smallest for line in self.lines], "M USD")

    def table(self) -> Table:
        """Return every way with its smallest step, over the calendar and by year, and its deals."""
        scale = self.scale
        years = list(self.lines[0].by_year) if self.lines else []
        rows = tuple(
            (line.way, scale.text(line.smallest), *(scale.text(line.by_year[year]) for year in years),
             "; ".join(", ".join(step) for step in line.deals))
            for line in self.lines
        )  # fmt: skip
        columns = ("way round", f"smallest step, {scale.unit}", *years, "deals by step")
        note = (
            f"Means, {self.window}. A year shows what goes all the way round within it; one step may come "
            f"years after another. {self.left_out}"
        )
        return Table(columns, rows, "l" + "r" * (1 + len(years)) + "l", note)


def collect_trace_cycles(book: Book, runs: Simulation) -> TraceCycles:
    """Return the ways on which mean payments over the calendar go round, the widest first."""
    found = trace(book, runs)
    lines = []
    for cycle in found.cycles:
        narrows = min(cycle.arcs, key=lambda arc: arc.amount)
        lines.append(
            CycleLine(
                cycle.parties,
                cycle.bottleneck,
                (narrows.payer, narrows.receiver),
                {str(year): amount for year, amount in cycle.by_year.items()},
                tuple(arc.deals for arc in cycle.arcs),
            )
        )
    return TraceCycles(window(runs), tuple(lines), found.circularity, found.cycles_left_out, found.citations)


def draw_trace_cycles(record: TraceCycles, *, narrow: bool = False) -> Any:
    """Return the figure: the widest ways round, each as long as its smallest step."""
    import plotly.graph_objects as go

    shown, scale = record.lines[:_DRAWN], record.scale
    values = scale.of([line.smallest for line in shown])
    places = list(range(len(shown)))
    chart = figure((58 if narrow else 46) * max(len(shown), 1) + 46)
    chart.add_trace(
        go.Bar(
            x=values,
            y=places,
            orientation="h",
            width=0.3,
            marker={"color": mix(ACCENT, "#ffffff", 0.25)},
            text=[scale.text(line.smallest) for line in shown],
            textposition="outside",
            cliponaxis=False,
            hovertext=[
                f"{line.way}<br>narrowest from {line.narrows[0]} to {line.narrows[1]}" for line in shown
            ],
            hoverinfo="text",
        )
    )
    notes = [
        {
            "x": 0, "y": place - 0.36, "xref": "x", "yref": "y", "xanchor": "left", "yanchor": "middle",
            "text": _wrapped(line) if narrow else line.way, "showarrow": False, "align": "left",
            "font": {"size": 11 if narrow else 12.5, "color": INK},
        }
        for place, line in enumerate(shown)
    ]  # fmt: skip
    chart.update_layout(
        xaxis={"title": {"text": f"smallest step on the way, {scale.unit}"}, "rangemode": "tozero",
               "range": [0, 1.14 * max([*values, 1e-9])], "showgrid": False, "tickfont": {"color": MUTED}},
        yaxis={"visible": False, "range": [len(shown) - 0.5, -0.7]},
        annotations=notes,
        margin={"l": 4, "t": 4},
    )  # fmt: skip
    return chart


def _wrapped(line: CycleLine, most: int = 44) -> str:
    """Return a way on as many lines as a phone needs, cut at arrows."""
    rows = [""]
    for word in line.way.split(" → "):
        piece = word if not rows[-1] else f" → {word}"
        if len(rows[-1]) + len(piece) > most:
            rows.append(f"→ {word}")
        else:
            rows[-1] += piece
    return "<br>".join(rows)
