"""Cash of each party over time: small fans on scales of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._fan import Fan, add_fan, fan_of, note, quarter_axis
from offtake.figures._reading import labels_of, mean_of, roles_of
from offtake.figures._table import Table
from offtake.figures._template import INK, MUTED, figure, party_colours
from offtake.figures.words import scale_for

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["Cash", "CashPanel", "collect_cash", "draw_cash"]


@dataclass(frozen=True, slots=True)
class CashPanel:
    """Cash of one party, in M USD.

    Parameters
    ----------
    party
        The party.
    fan
        Its cash at each quarter's end.
    minimum
        Cash below which it draws funding.
    funded
        Mean funding that it draws over the calendar.
    """

    party: str
    fan: Fan
    minimum: float
    funded: float


@dataclass(frozen=True, slots=True)
class Cash:
    """Cash of several parties.

    Parameters
    ----------
    panels
        The parties with the most at stake, the focal one first.
    left_out
        Parties that are not shown.
    colours
        Colour by party.
    """

    panels: tuple[CashPanel, ...]
    left_out: tuple[str, ...]
    colours: dict[str, str]

    def table(self) -> Table:
        """Return cash at the opening year's end and at the end, with its spread, and funding drawn."""
        columns = ("party", "end of", "unit", "median", "5 %", "25 %", "75 %", "95 %", "funding drawn, mean")
        rows = []
        for panel in self.panels:
            last, scale = (
                panel.fan.labels[-1],
                scale_for([*panel.fan.q95, *panel.fan.q05, panel.funded], "M USD"),
            )
            stats = panel.fan.at(last)
            cells = (scale.text(stats[name]) for name in ("q50", "q05", "q25", "q75", "q95"))
            rows.append((panel.party, last, scale.unit, *cells, scale.text(panel.funded)))
        return Table(columns, tuple(rows), "lll" + "r" * 6, "Shares are of futures with less cash.")


def collect_cash(book: Book, runs: Simulation, party: str, most: int = 9) -> Cash:
    """Return the cash of the focal party and of those through whose hands the most money goes."""
    names = labels_of(runs, "party")
    through = {
        name: float(
            mean_of(runs, "receipts", party=name).sum() + mean_of(runs, "payments_out", party=name).sum()
        )
        for name in names
    }
    ranked = sorted(names, key=lambda name: (name != party, -through[name]))
    shown = [name for name in ranked if name == party or through[name] > 0][:most]
    panels = tuple(
        CashPanel(
            name,
            fan_of(runs, "cash", party=name),
            float(book.parties[name].minimum_cash.value),
            float(mean_of(runs, "funding", party=name).sum()),
        )
        for name in shown
    )
    left = tuple(name for name in ranked if name not in shown)
    return Cash(panels, left, party_colours(roles_of(book)))


def draw_cash(record: Cash, *, narrow: bool = False) -> Any:
    """Return the figure: one small fan for each party, three to a row."""
    from plotly.subplots import make_subplots

    columns = min(2 if narrow else 3, len(record.panels))
    rows = -(-len(record.panels) // columns)
    height = rows * (150 if narrow else 185) + 20
    grid = make_subplots(
        rows,
        columns,
        horizontal_spacing=0.12 if narrow else 0.07,
        vertical_spacing=min(0.34 / rows, 0.3) if rows > 1 else 0.0,
    )
    chart = figure(height)
    grid.update_layout(chart.layout)
    notes = []
    for place, panel in enumerate(record.panels):
        row, column = place // columns + 1, place % columns + 1
        scale = scale_for([*panel.fan.q95, *panel.fan.q05], "M USD")
        add_fan(grid, panel.fan, record.colours[panel.party], scale, row=row, col=column)
        grid.update_xaxes(quarter_axis(panel.fan.labels, 3 if narrow else 2), row=row, col=column)
        grid.update_yaxes({"nticks": 4, "rangemode": "tozero"}, row=row, col=column)
        if panel.minimum > 0:
            grid.add_hline(
                panel.minimum / scale.factor,
                line={"color": MUTED, "width": 1, "dash": "dot"},
                row=row,
                col=column,
            )
        axis = "" if place == 0 else str(place + 1)
        title = f"<b>{panel.party}</b> <span style='color:{MUTED}'>{scale.unit}</span>"
        notes.append(
            note(title, 0, 1, INK, xref=f"x{axis} domain", yref=f"y{axis} domain", xanchor="left",
                 yanchor="bottom", yshift=3, xshift=-22)
        )  # fmt: skip
    grid.update_layout(annotations=notes, height=height, margin={"t": 28})
    return grid
