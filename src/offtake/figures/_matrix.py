"""Who stands how with whom, as a matrix of cells that are darker where there is more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import note
from offtake.figures._template import INK, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

__all__ = ["CROWDED", "DARK", "between_parties", "in_cell"]

DARK: Final = 0.55
"""Depth of a cell from which its words are white."""
CROWDED: Final = 9
"""Columns beyond which a narrow page has no room for words in cells."""


def between_parties(
    height: int,
    rows: Sequence[str],
    columns: Sequence[str],
    depth: ArrayLike,
    *,
    told: ArrayLike,
    colours: tuple[str, str, str],
    hover: str,
    notes: Sequence[dict[str, Any]],
) -> Any:
    """Return the figure of a matrix of parties, the columns' names above it.

    Parameters
    ----------
    height
        Of the figure, in pixels.
    rows, columns
        Parties from top to bottom and from left to right.
    depth
        How dark each cell is, from 0 to 1; NaN leaves it empty.
    told, hover
        What the words on a cell tell, and those words for Plotly.
    colours
        Those of depth 0, a half and 1.
    notes
        Words in cells, as from `in_cell`.
    """
    import plotly.graph_objects as go

    scale = [[place, colour] for place, colour in zip((0, 0.5, 1), colours, strict=True)]
    heat = go.Heatmap(
        x=columns, y=rows, z=depth, customdata=told, colorscale=scale, zmin=0, zmax=1, showscale=False,
        xgap=2, ygap=2, hoverongaps=False, hovertemplate=f"{hover}<extra></extra>",
    )  # fmt: skip
    return figure(
        height,
        [heat],
        xaxis={"side": "top", "tickangle": -40, "showline": False, "ticks": "", "tickfont": {"color": INK},
               "title": {"text": ""}},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": INK}},
        annotations=list(notes),
        plot_bgcolor="#f7f6f2",
        margin={"t": 8, "r": 60},
    )  # fmt: skip


def in_cell(text: str, column: Any, row: Any, *, dark: bool, small: bool) -> dict[str, Any]:
    """Return words in a cell, white on a dark one."""
    return note(text, column, row, font={"size": 9 if small else 11, "color": "#ffffff" if dark else INK})
