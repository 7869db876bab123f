"""The first year free of burn: how often it is which, beside the year of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._fan import note, year_axis
from offtake.figures._reading import labels_of, roles_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, figure, mix, party_colours
from offtake.figures.words import share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["FirstProfit", "collect_first_profit", "draw_first_profit"]


@dataclass(frozen=True, slots=True)
class FirstProfit:
    """In which year a party first does without burn.

    Parameters
    ----------
    party
        The party.
    shares
        Share of futures by year; the last label is `never`, meaning not within the calendar.
    planned
        The year that its plan names, or None.
    colour
        The party's colour.
    """

    party: str
    shares: dict[str, float]
    planned: str | None
    colour: str

    @property
    def by_plan(self) -> float:
        """Share of futures in which the year comes as planned or earlier; 0 without a plan."""
        if self.planned is None:
            return 0.0
        return sum(part for year, part in self.shares.items() if year != "never" and year <= self.planned)

    def table(self) -> Table:
        """Return the share of futures by year."""
        rows = tuple((_year(year), share(part)) for year, part in self.shares.items())
        return Table(("first year without burn", "share of futures"), rows, "lr")


def _year(label: str) -> str:
    return "not within the calendar" if label == "never" else label


def collect_first_profit(book: Book, runs: Simulation, party: str) -> FirstProfit:
    """Return the share of futures in which each year is the first without burn."""
    values = runs.values("first_profitable", party=party).values
    shares = dict(zip(labels_of(runs, "year_or_never"), map(float, values), strict=True))
    plan = book.plans_of_record.get(party)
    planned = str(plan.profitable_year) if plan is not None and plan.profitable_year is not None else None
    return FirstProfit(party, shares, planned, party_colours(roles_of(book))[party])


def draw_first_profit(record: FirstProfit, *, narrow: bool = False) -> Any:
    """Return the figure: a bar for each year, the planned one outlined."""
    import plotly.graph_objects as go

    labels = [
        ("never" if narrow else "later or never") if year == "never" else year for year in record.shares
    ]
    years, values = list(record.shares), [100 * part for part in record.shares.values()]
    pale = mix(record.colour, "#ffffff", 0.15)
    chart = figure(300 if narrow else 320)
    chart.add_trace(
        go.Bar(
            x=list(range(len(labels))),
            y=values,
            customdata=labels,
            marker={
                "color": [mix(INK, "#ffffff", 0.55) if year == "never" else pale for year in years],
                "line": {"color": ACCENT, "width": [3 if year == record.planned else 0 for year in years]},
            },
            text=[share(part) if part else "" for part in record.shares.values()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata}: %{y:.1f} % of futures<extra></extra>",
        )
    )
    notes = []
    if record.planned in record.shares:
        height = 100 * record.shares[record.planned]
        notes.append(note("<b>plan</b>", years.index(record.planned), height, ACCENT, yshift=32))
    chart.update_layout(
        xaxis=year_axis(labels, 0.6) | {"tickfont": {"color": INK}},
        yaxis={"title": {"text": "% of futures"}, "range": [0, 1.22 * max([*values, 1.0])]},
        annotations=notes,
        bargap=0.28,
    )
    return chart
