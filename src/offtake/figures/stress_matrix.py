"""Who fails whom: by how much each failure makes each other party's default likelier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, figure
from offtake.figures.words import scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.stress import Stress

__all__ = ["StressCell", "StressMatrix", "collect_stress_matrix", "draw_stress_matrix"]

_SHOWN: Final = 5e-4
_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class StressCell:
    """What one party's failure does to another.

    Parameters
    ----------
    failed, party
        The one that is made to fail, and the other.
    falls
        Share of futures in which the other falls sooner than in the base run.
    loss
        Its mean loss, M USD.
    """

    failed: str
    party: str
    falls: float
    loss: float


@dataclass(frozen=True, slots=True)
class StressMatrix:
    """Every party failed in turn.

    Parameters
    ----------
    at
        Quarter of the failures.
    paths
        Number of futures.
    failed, parties
        Rows, those that bring most others down first, and columns, those that fall most often first.
    cells
        Every pair of different parties.
    """

    at: str
    paths: int
    failed: tuple[str, ...]
    parties: tuple[str, ...]
    cells: tuple[StressCell, ...]

    @property
    def worst(self) -> StressCell | None:
        """The pair with the largest share; None where nobody follows anybody."""
        found = max(self.cells, key=lambda cell: cell.falls, default=None)
        return found if found is not None and found.falls > 0 else None

    def table(self) -> Table:
        """Return the pairs with the largest shares, then those with the largest losses."""
        ordered = sorted(self.cells, key=lambda cell: (-cell.falls, -cell.loss))
        shown = [cell for cell in ordered if cell.falls >= _SHOWN or cell.loss > 0][:_MOST] or ordered[:1]
        scale = scale_for([cell.loss for cell in shown], "M USD")
        rows = tuple((cell.failed, cell.party, share(cell.falls), scale.text(cell.loss)) for cell in shown)
        text = f"Failures in {self.at}; the {len(shown)} pairs that matter most of {len(self.cells)}."
        columns = ("if this one fails", "this one", "falls sooner in", f"loses on average, {scale.unit}")
        return Table(columns, rows, "llrr", text)


def collect_stress_matrix(book: Book, failures: Stress) -> StressMatrix:
    """Return who falls if who fails, from a stress of every party in turn."""
    falls, loss = failures.dataset["falls"].sum("quarter"), failures.dataset["loss"].sel(stat="mean")
    cells = tuple(
        StressCell(
            shock.failed[0],
            party,
            float(falls.sel(shock=shock.name, party=party)),
            float(loss.sel(shock=shock.name, party=party)),
        )
        for shock in failures.shocks
        for party in book.parties
        if party not in shock.failed
    )
    done = {name: sum(cell.falls for cell in cells if cell.failed == name) for name in book.parties}
    borne = {name: sum(cell.falls for cell in cells if cell.party == name) for name in book.parties}
    order = [shock.failed[0] for shock in failures.shocks]
    return StressMatrix(
        at=failures.shocks[0].at,
        paths=failures.paths,
        failed=tuple(sorted(order, key=lambda name: -done[name])),
        parties=tuple(sorted(book.parties, key=lambda name: -borne[name])),
        cells=cells,
    )


def draw_stress_matrix(record: StressMatrix, *, narrow: bool = False) -> Any:
    """Return the figure: a heat map, the failed party in rows, the one that follows in columns."""
    import plotly.graph_objects as go

    by_pair = {(cell.failed, cell.party): cell for cell in record.cells}
    follow = {cell.party for cell in record.cells if cell.falls >= _SHOWN}
    columns = [party for party in record.parties if party in follow] or list(record.parties)
    shares = [[_falls(by_pair.get((row, column))) for column in columns] for row in record.failed]
    largest = max([each for row in shares for each in row if each is not None], default=0.0)
    words = [[_word(each) for each in row] for row in shares]
    heat = go.Heatmap(
        z=shares,
        x=columns,
        y=list(record.failed),
        text=words if not narrow else None,
        texttemplate="%{text}" if not narrow else None,
        textfont={"size": 10},
        zmin=0.0,
        zmax=max(largest, 0.01),
        colorscale=[[0.0, "#f7f6f3"], [0.02, "#fbe9dd"], [0.35, "#f0a97e"], [1.0, ACCENT]],
        showscale=False,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate="%{y} fails: %{x} falls sooner in %{z:.1%} of futures<extra></extra>",
    )
    chart = figure(22 * len(record.failed) + 150, [heat])
    chart.update_layout(
        xaxis={"side": "top", "tickangle": -50, "showgrid": False, "tickfont": {"color": INK, "size": 11}},
        yaxis={
            "autorange": "reversed",
            "type": "category",
            "showgrid": False,
            "tickfont": {"color": INK, "size": 11},
        },
        margin={"r": 70},
    )
    return chart


def _falls(cell: StressCell | None) -> float | None:
    return None if cell is None else cell.falls


def _word(value: float | None) -> str:
    if value is None or value < _SHOWN:
        return ""
    return f"{100 * value:.0f}" if value >= 0.1 else f"{100 * value:.1f}"  # noqa: PLR2004 - two digits
