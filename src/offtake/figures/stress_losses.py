"""Who loses what if one party fails, and by which channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import note
from offtake.figures._table import Table
from offtake.figures._template import INK, MUTED, figure
from offtake.figures.words import Scale, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.stress import Stress

__all__ = ["StressLoss", "StressLosses", "collect_stress_losses", "draw_stress_losses"]

_COLOURS: Final = {
    "contract": "#0b5c92",
    "supply": "#d08a00",
    "funding": "#a8577f",
    "confidence": "#12806a",
    "other": "#b9b6ae",
}
_MOST: Final = 14
_SMALL: Final = 1e-3


@dataclass(frozen=True, slots=True)
class StressLoss:
    """What one party loses, M USD.

    Parameters
    ----------
    party
        The party.
    loss, low, high
        Mean loss, and the 5 % and 95 % quantiles.
    channels
        Mean loss by channel; it adds up to the mean loss.
    default
        By how much its default by the end is likelier.
    """

    party: str
    loss: float
    low: float
    high: float
    channels: dict[str, float]
    default: float


@dataclass(frozen=True, slots=True)
class StressLosses:
    """The losses of all others if one party fails.

    Parameters
    ----------
    failed, at
        The party and the quarter.
    paths
        Number of futures.
    lines
        All other parties, largest loss first.
    """

    failed: str
    at: str
    paths: int
    lines: tuple[StressLoss, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([each.loss for each in self.lines], "M USD")

    @property
    def by_channel(self) -> dict[str, float]:
        """Losses of all others together by channel, M USD."""
        return {name: sum(each.channels[name] for each in self.lines) for name in _COLOURS}

    def table(self) -> Table:
        """Return the loss of each party by channel, with its range."""
        scale = self.scale
        rows = tuple(
            (
                each.party,
                scale.text(each.loss),
                f"{scale.text(each.low)} to {scale.text(each.high)}",
                *(scale.text(each.channels[name]) for name in _COLOURS),
                share(each.default) if each.default >= 0 else f"−{share(-each.default)}",
            )
            for each in self.lines
        )
        columns = ("party", f"loss, {scale.unit}", "nine of ten futures", *_COLOURS, "default likelier by")
        text = f"{self.failed} fails in {self.at}. A gain is negative. The five channels add up to the loss."
        return Table(columns, rows, "lr" + "r" * (len(_COLOURS) + 2), text)


def collect_stress_losses(book: Book, channels: Stress) -> StressLosses:
    """Return who loses what from a stress of one failure, split by channel."""
    frame, shock = channels.losses(), channels.shocks[0]
    lines = tuple(
        StressLoss(
            str(party),
            float(row["mean"]),
            float(row["q05"]),
            float(row["q95"]),
            {name: float(row[name]) for name in _COLOURS},
            float(row["default"]),
        )
        for party, row in frame.iterrows()
        if party in book.parties and party not in shock.failed
    )
    return StressLosses(" and ".join(shock.failed), shock.at, channels.paths, lines)


def draw_stress_losses(record: StressLosses, *, narrow: bool = False) -> Any:
    """Return the figure: a bar for each party, stacked by channel; gains to the left of zero."""
    import plotly.graph_objects as go

    largest = max((abs(each.loss) for each in record.lines), default=0.0)
    ordered = sorted(record.lines, key=lambda each: -abs(each.loss))[:_MOST]
    shown = [each for each in record.lines if each in ordered and abs(each.loss) > _SMALL * largest]
    shown = shown or list(record.lines[:1])
    scale = record.scale
    chart = figure(26 * len(shown) + 110)
    for name, colour in _COLOURS.items():
        values = scale.of([each.channels[name] for each in shown])
        if any(abs(value) * scale.factor > _SMALL * largest for value in values) or name == "contract":
            chart.add_trace(
                go.Bar(
                    x=values,
                    y=[each.party for each in shown],
                    orientation="h",
                    name=name,
                    marker={"color": colour},
                    hovertemplate=f"%{{y}}: %{{x:,.3g}} {scale.unit} by {name}<extra></extra>",
                )
            )
    ends = [sum(max(value, 0.0) for value in each.channels.values()) / scale.factor for each in shown]
    notes = [
        note(scale.text(each.loss), end, each.party, MUTED, xanchor="left", xshift=4)
        for each, end in zip(shown, ends, strict=True)
    ]
    chart.update_layout(
        barmode="relative",
        bargap=0.35,
        xaxis={"title": {"text": f"mean loss, {scale.unit}"}, "showgrid": True, "zeroline": True},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "tickfont": {"color": INK}},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom"},
        annotations=[] if narrow else notes,
        margin={"r": 8 if narrow else 50, "t": 34},
    )
    return chart
