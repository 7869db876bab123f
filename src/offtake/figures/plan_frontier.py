"""The frontier of a plan: what expected value costs in the tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._fan import note
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure
from offtake.figures.words import Scale, plain, power, scale_for

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.plan import FrontierPoint, Plan

__all__ = ["PlanFrontier", "collect_plan_frontier", "draw_plan_frontier"]


@dataclass(frozen=True, slots=True)
class PlanFrontier:
    """Plans that weigh the tail more and more.

    Parameters
    ----------
    buyer
        Whose plans they are.
    level
        The CVaR level: the tail is the worst 1 - level of futures.
    points
        The plans by their weight on the tail.
    chosen
        Weight of the plan that was chosen.
    """

    buyer: str
    level: float
    points: tuple[FrontierPoint, ...]
    chosen: float

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([each for point in self.points for each in (point.value, point.cvar)], "M USD")

    def table(self) -> Table:
        """Return value, tail, volume and date of each plan."""
        scale = self.scale
        rows = tuple(
            (plain(point.weight), scale.text(point.value), scale.text(-point.cvar), power(point.mw),
             point.by or "never")
            for point in self.points
        )  # fmt: skip
        columns = ("weight on the tail", f"expected value, {scale.unit}", f"mean of the tail, {scale.unit}",
                   "signed now", "capacity in step with demand from")  # fmt: skip
        text = f"The tail is the worst {100 * (1 - self.level):.0f} % of futures, by value. Present values."
        return Table(columns, rows, "rrrrr", text)


def collect_plan_frontier(_book: Book, plan: Plan) -> PlanFrontier:
    """Return the frontier of a plan."""
    points = tuple(sorted(plan.frontier, key=lambda each: each.weight))
    return PlanFrontier(
        plan.buyer, float(plan.settings["level"]), points, float(plan.settings.get("weight", 0.0))
    )


def draw_plan_frontier(record: PlanFrontier, *, narrow: bool = False) -> Any:
    """Return the figure: the mean of the tail across, expected value up, one dot for each plan."""
    import plotly.graph_objects as go

    scale = record.scale
    across, up = scale.of([-p.cvar for p in record.points]), scale.of([p.value for p in record.points])
    hover = [
        f"weight {plain(p.weight)}<br>expected {scale.text(p.value)} {scale.unit}<br>"
        f"mean of the tail {scale.text(-p.cvar)} {scale.unit}<br>signed now {power(p.mw)}"
        for p in record.points
    ]
    colours = [ACCENT if p.weight == record.chosen else INK for p in record.points]
    tail = f"mean of the worst {100 * (1 - record.level):.0f} % of futures, {scale.unit}"
    chart = figure(320 if narrow else 360)
    chart.add_trace(
        go.Scatter(
            x=across, y=up, mode="lines+markers", hovertext=hover, hoverinfo="text",
            line={"color": MUTED, "width": 1.4},
            marker={"size": 10, "color": colours},
        )
    )  # fmt: skip
    notes = [
        note(f"weight {plain(p.weight)}", x, y, ACCENT if p.weight == record.chosen else MUTED, yshift=14)
        for p, x, y in zip(record.points, across, up, strict=True)
        if not narrow or p.weight in {record.points[0].weight, record.points[-1].weight, record.chosen}
    ]
    chart.update_layout(
        xaxis={"title": {"text": tail}},
        yaxis={"title": {"text": f"expected value, {scale.unit}"}},
        annotations=notes,
        margin={"t": 30, "r": 40},
    )  # fmt: skip
    return chart
