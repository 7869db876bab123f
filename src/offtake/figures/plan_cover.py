"""N-1: what is left for critical work when any one provider is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.figures._fan import year_axis
from offtake.figures._matrix import in_cell
from offtake.figures._table import Table
from offtake.figures._template import INK, figure
from offtake.figures.words import power, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.plan import Plan

__all__ = ["CoverLine", "PlanCover", "collect_plan_cover", "draw_plan_cover"]

_THIN = 0.98
_DARK = 0.35


@dataclass(frozen=True, slots=True)
class CoverLine:
    """What the loss of one provider leaves in one year; means in effective MW.

    Parameters
    ----------
    provider
        Who is gone.
    year
        The year, by its last quarter in the calendar.
    critical
        Critical work.
    covered
        The part of it that still runs.
    """

    provider: str
    year: str
    critical: float
    covered: float

    @property
    def held(self) -> float:
        """The share of critical work that still runs."""
        return self.covered / self.critical if self.critical > 0 else 1.0


@dataclass(frozen=True, slots=True)
class PlanCover:
    """The N-1 table of a plan.

    Parameters
    ----------
    buyer
        Whose plan it is.
    lines
        A line for each provider and year, providers in order of what they deliver.
    """

    buyer: str
    lines: tuple[CoverLine, ...]

    @property
    def worst(self) -> CoverLine | None:
        """The line with the least share of critical work covered."""
        return min(self.lines, key=lambda each: (each.held, each.year), default=None)

    def table(self) -> Table:
        """Return what every loss leaves."""
        rows = tuple(
            (each.provider, each.year, power(each.critical), power(each.covered), share(each.held))
            for each in self.lines
        )
        columns = ("gone", "at the end of", "critical work", "still runs", "share")
        return Table(columns, rows, "llrrr", "Mean over the futures of the tree, effective power.")


def collect_plan_cover(_book: Book, plan: Plan) -> PlanCover:
    """Return what the loss of each provider would leave of critical work, by year."""
    data = plan.dataset
    if "cover_needed" not in data:
        return PlanCover(plan.buyer, ())
    quarters = list(map(str, data.indexes["quarter"]))
    last = {quarter[:4]: quarter for quarter in quarters}
    weight = data["capacity"].groupby("seller").sum().sum("quarter").to_series()
    providers = sorted(
        map(str, data.indexes["provider"]), key=lambda name: (-float(weight.get(name, 0.0)), name)
    )
    lines = []
    for provider in providers:
        for year, quarter in last.items():
            at = data.sel(provider=provider, quarter=quarter)
            needed, missing = float(at["cover_needed"]), float(at["cover_missing"])
            lines.append(CoverLine(provider, year, needed, max(needed - missing, 0.0)))
    return PlanCover(plan.buyer, tuple(lines))


def draw_plan_cover(record: PlanCover, *, narrow: bool = False) -> Any:
    """Return the figure: providers down, years across, the share of critical work that still runs."""
    import plotly.graph_objects as go

    providers = list(dict.fromkeys(line.provider for line in record.lines))
    years = list(dict.fromkeys(line.year for line in record.lines))
    values = np.full((len(providers), len(years)), np.nan)
    for line in record.lines:
        values[providers.index(line.provider), years.index(line.year)] = line.held
    chart = figure((26 if narrow else 30) * max(len(providers), 1) + 70)
    chart.add_trace(
        go.Heatmap(
            x=list(range(len(years))), y=providers, z=values, zmin=0, zmax=1, showscale=False,
            customdata=[years] * len(providers), xgap=2, ygap=2,
            colorscale=[[0, "#7a2f10"], [0.5, "#d98d63"], [0.98, "#f6ece7"], [1, "#e7efe9"]],
            hovertemplate="without %{y}, end of %{customdata}<br>%{z:.0%} of critical work<extra></extra>",
        )
    )  # fmt: skip
    notes = [
        in_cell(share(line.held), years.index(line.year), line.provider, dark=line.held < _DARK, small=narrow)
        for line in record.lines
        if line.held < _THIN
    ]
    chart.update_layout(
        xaxis=year_axis(years, 0.5)
        | {"side": "top", "showline": False, "ticks": "", "tickfont": {"color": INK}},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": INK}},
        annotations=notes,
        margin={"t": 8},
    )
    return chart
