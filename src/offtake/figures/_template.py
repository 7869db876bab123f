"""The house look of every figure: calm, safe for colour-blind readers, and fit for paper."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ACCENT",
    "FAINT",
    "INK",
    "MUTED",
    "PATTERNS",
    "figure",
    "house",
    "mix",
    "party_colours",
    "translucent",
]

INK: Final = "#23272e"
MUTED: Final = "#6a7079"
FAINT: Final = "#e4e2dc"
ACCENT: Final = "#c2410c"
"""For what a reader should see first: a plan of record, a circular flow, a bar that is singled out."""

# Hues of Okabe and Ito, one for each role; parties of one role are shades of its hue.
_ROLE_HUES: Final = {
    "lab": "#0b5c92",
    "cloud": "#12806a",
    "vendor": "#d08a00",
    "investor": "#a8577f",
    "landlord": "#4a9ccb",
    "utility": "#8f8a1f",
    "lender": "#75619c",
    "other": "#7d7f83",
}
_SHADES: Final = (0.0, 0.36, -0.28, 0.58, -0.48, 0.2, 0.7, -0.14)

PATTERNS: Final = {"firm": "", "optional": "/", "intended": ".", "offered": "x"}
"""How firmness is told apart without colour."""

_FONT: Final = "-apple-system, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, sans-serif"


def mix(colour: str, towards: str, weight: float) -> str:
    """Return a colour moved towards another by a weight from 0 to 1.

    Examples
    --------
    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(colour[k : k + 2], 16), int(towards[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(one + weight * (other - one)):02x}" for one, other in pairs)


def translucent(colour: str, opacity: float) -> str:
    """Return a colour as rgba text.

    Examples
    --------
    >>> translucent("#0080ff", 0.2)
    'rgba(0,128,255,0.2)'
    """
    return f"rgba({','.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))},{opacity:g})"


def party_colours(roles: Mapping[str, str]) -> dict[str, str]:
    """Return a colour for each party: its role's hue, in a shade of its own.

    Parameters
    ----------
    roles : mapping
        Role by party, in book order. The colours depend on nothing else, so every figure has the same.

    Examples
    --------
    >>> party_colours({"Lark Labs": "lab", "Northgate": "cloud"})
    {'Lark Labs': '#0b5c92', 'Northgate': '#12806a'}
    """
    seen: dict[str, int] = {}
    colours = {}
    for party, role in roles.items():
        shade = _SHADES[seen.setdefault(role, 0) % len(_SHADES)]
        seen[role] += 1
        colours[party] = mix(_ROLE_HUES.get(role, _ROLE_HUES["other"]), _end(shade), abs(shade))
    return colours


def _end(shade: float) -> str:
    return "#ffffff" if shade >= 0 else "#000000"


@lru_cache(maxsize=1)
def house() -> Any:
    """Return the Plotly template that every figure uses."""
    import plotly.graph_objects as go

    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": "#b9b6ae",
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "#b9b6ae",
        "automargin": True,
        "fixedrange": True,
        "tickfont": {"color": MUTED},
        "title": {"font": {"color": MUTED, "size": 12}, "standoff": 8},
    }
    value_axis = axis | {"showgrid": True, "gridcolor": FAINT, "showline": False, "ticks": ""}
    layout = go.Layout(
        font={"family": _FONT, "size": 12.5, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(_ROLE_HUES.values()),
        margin={"l": 8, "r": 8, "t": 12, "b": 8, "pad": 2},
        separators=".,",
        showlegend=False,
        legend={"orientation": "h", "yanchor": "top", "y": -0.14, "x": 0, "font": {"size": 12}},
        hoverlabel={"font": {"family": _FONT, "size": 12}, "bgcolor": "#ffffff", "bordercolor": "#b9b6ae"},
        xaxis=axis,
        yaxis=value_axis,
        dragmode=False,
    )
    return go.layout.Template(layout=layout)


def figure(height: int, traces: Iterable[Any] = (), **layout: Any) -> Any:
    """Return a figure in the house look, as wide as its place on the page."""
    import plotly.graph_objects as go

    made = go.Figure(data=list(traces))
    made.update_layout(template=house(), height=height, autosize=True, **layout)
    return made
