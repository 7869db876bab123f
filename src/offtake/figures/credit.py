"""How often parties default in the model, beside what firms of the same rating did in the past."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.book.ratings import base_rate, record
from offtake.figures._fan import note
from offtake.figures._reading import labels_of, quarters_of, roles_of, window
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, party_colours
from offtake.figures.words import plain, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = [
    "DefaultLine",
    "Defaults",
    "base_rate",
    "base_rate_source",
    "collect_defaults",
    "draw_defaults",
]

_FAR: Final = 5.0
_NEAR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class DefaultLine:
    """One party's default frequency.

    Parameters
    ----------
    party
        The party.
    rating
        Its letter rating, or None.
    share
        Share of futures in which it is in default by the end of the calendar.
    base_rate
        Share of firms with that rating that defaulted within as long; None without a rating.
    """

    party: str
    rating: str | None
    share: float
    base_rate: float | None

    @property
    def factor(self) -> float | None:
        """The model's frequency over the base rate; None where either is missing or zero."""
        if not self.base_rate or not self.share:
            return None
        return self.share / self.base_rate

    @property
    def far(self) -> bool:
        """Whether the two differ by more than a factor of five."""
        return self.factor is not None and abs(math.log(self.factor)) > math.log(_FAR) + _NEAR


@dataclass(frozen=True, slots=True)
class Defaults:
    """Default frequencies of all parties, highest first.

    Parameters
    ----------
    window
        The quarters, in words.
    years
        Length of the calendar in years.
    paths
        Number of futures; a frequency below one in so many cannot be seen.
    lines
        The parties.
    colours
        Colour by party.
    """

    window: str
    years: float
    paths: int
    lines: tuple[DefaultLine, ...]
    colours: dict[str, str]

    def table(self) -> Table:
        """Return the frequency of each party beside its rating's base rate and the factor between them."""
        rows = tuple(
            (
                each.party,
                each.rating or "–",
                share(each.share) if each.share else f"none in {self.paths:,}",
                share(each.base_rate) if each.base_rate is not None else "–",
                f"{plain(each.factor, 2)} ×" if each.factor is not None else "–",
            )
            for each in self.lines
        )
        columns = ("party", "rating", "in default by the end", "base rate", "model over base rate")
        return Table(columns, rows, "llrrr", f"Within {plain(self.years)} years, {self.window}.")


def base_rate_source() -> tuple[str, str]:
    """Return title and address of the table of base rates."""
    table = record()
    return table.title, table.address


def collect_defaults(book: Book, runs: Simulation) -> Defaults:
    """Return how often each party is in default by the end of the calendar, beside its rating's base rate."""
    quarters = quarters_of(runs)
    years = len(quarters) / 4
    last = runs.values("default", quarter=quarters[-1])
    lines = [
        DefaultLine(name, rating, float(last.sel(party=name)), base_rate(rating, years))
        for name, rating in ((name, book.parties[name].rating) for name in labels_of(runs, "party"))
    ]
    lines.sort(key=lambda each: (-each.share, -(each.base_rate or 0.0)))
    return Defaults(window(runs), years, runs.paths, tuple(lines), party_colours(roles_of(book)))


def draw_defaults(record: Defaults, *, narrow: bool = False) -> Any:
    """Return the figure: a dot for the model and a bar for the base rate, on a logarithmic axis."""
    import plotly.graph_objects as go

    shown = [each for each in record.lines if each.share or each.base_rate]
    least = min([each.base_rate for each in shown if each.base_rate] + [1 / record.paths])
    floor = 10 ** math.floor(math.log10(least) - 0.15)
    names = [each.party for each in shown]
    chart = figure(25 * len(shown) + 95)
    for each in shown:
        if each.share and each.base_rate:
            tie = {"color": ACCENT if each.far else "#c9c6be", "width": 2}
            chart.add_trace(
                go.Scatter(
                    x=[each.share, each.base_rate],
                    y=[each.party] * 2,
                    mode="lines",
                    line=tie,
                    hoverinfo="skip",
                    showlegend=False,
                )
            )
    rated = [each for each in shown if each.base_rate]
    chart.add_trace(
        go.Scatter(
            x=[each.base_rate for each in rated],
            y=[each.party for each in rated],
            name="base rate of the rating",
            mode="markers",
            marker={"symbol": "line-ns", "size": 13, "line": {"width": 2.5, "color": MUTED}},
            customdata=[each.rating for each in rated],
            hovertemplate="%{y}, rated %{customdata}: %{x:.2%} defaulted in the past<extra></extra>",
        )
    )
    chart.add_trace(
        go.Scatter(
            x=[each.share or floor for each in shown],
            y=names,
            name="model",
            mode="markers",
            marker={
                "size": 10,
                "symbol": ["circle" if each.share else "triangle-left-open" for each in shown],
                "color": [record.colours[each.party] for each in shown],
                "line": {"width": [0 if each.share else 1.5 for each in shown]},
            },
            hovertext=[
                f"{each.party}: {share(each.share)}"
                if each.share
                else f"{each.party}: none in {record.paths:,}"
                for each in shown
            ],
            hoverinfo="text",
        )
    )
    ticks = [10.0**power for power in range(round(math.log10(floor)), 1)]
    chart.update_layout(
        xaxis={
            "type": "log",
            "range": [math.log10(floor) - 0.12, 0.08],
            "showgrid": True,
            "gridcolor": "#e4e2dc",
            "tickvals": ticks,
            "ticktext": [f"{100 * tick:g} %" for tick in ticks],
        },
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "showgrid": False,
            "tickfont": {"color": INK},
        },
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom"},
        annotations=[] if narrow else _ratings(shown),
        margin={"r": 8 if narrow else 60, "t": 34},
    )
    return chart


def _ratings(shown: list[DefaultLine]) -> list[dict[str, Any]]:
    return [
        note(each.rating or "not rated", 1, each.party, MUTED, xref="paper", xanchor="left", xshift=6)
        for each in shown
    ]
