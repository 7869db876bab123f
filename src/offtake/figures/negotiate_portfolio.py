"""What each provider brings to a buyer, beside what would be lost without it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import note
from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import INK, MUTED, figure, mix, party_colours
from offtake.figures.words import Scale, money, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Portfolio

__all__ = [
    "ProviderShare",
    "ProviderShares",
    "collect_negotiate_portfolio",
    "draw_negotiate_portfolio",
]

_STRIP: Final = 62
_GAP: Final = {False: 34, True: 50}
_ROOM: Final = {False: 0.11, True: 0.3}
_LIGHT: Final = 140.0
_LETTER: Final = {False: 0.0085, True: 0.031}
"""Share of a figure's width that a letter takes, on a screen and on a phone."""


@dataclass(frozen=True, slots=True)
class ProviderShare:
    """What one party has of what all bring together, M USD.

    Parameters
    ----------
    party, colour
        The provider, or the buyer.
    brings
        Its Shapley value.
    low, high
        The 5 % and 95 % quantiles of that over the futures; not a number where they are not known.
    error
        Standard error of `brings`, 0 where every group was looked at.
    lost
        What would be lost without it; all there is for the buyer.
    alone
        What the buyer's plan is worth with it alone; not a number where that was not looked at.
    content
        Its part of the split that leaves the least reason to go; not a number where that is not known.
    """

    party: str
    colour: str
    brings: float
    low: float
    high: float
    error: float
    lost: float
    alone: float
    content: float


@dataclass(frozen=True, slots=True)
class ProviderShares:
    """What the providers of a buyer bring to it, shared out.

    Parameters
    ----------
    buyer
        The buyer and what it keeps.
    lines
        The providers, who brings most first.
    together
        What all bring, M USD.
    orders
        Number of orders of arrival that were drawn; 0 where every group was looked at.
    """

    buyer: ProviderShare
    lines: tuple[ProviderShare, ...]
    together: float
    orders: int

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([each.brings for each in self.lines] + [each.lost for each in self.lines], "M USD")

    def table(self) -> Table:
        """Return each one's share, the buyer's last."""
        scale = self.scale
        drawn = ("standard error",) if self.orders else ()
        rows = tuple(
            (
                each.party,
                scale.text(each.brings),
                *((scale.text(each.error),) if self.orders else ()),
                f"{scale.text(each.low)} to {scale.text(each.high)}" if math.isfinite(each.low) else "",
                _known(each.lost, scale),
                _known(each.alone, scale) if each is not self.buyer else "",
                _known(each.content, scale),
            )
            for each in (*self.lines, self.buyer)
        )
        columns = (
            "party",
            f"brings, {scale.unit}",
            *drawn,
            "nine of ten futures",
            "lost without it",
            "with it alone",
            "in the split that holds best",
        )
        text = (
            "What each adds on average over all orders of arrival (the Shapley value), and what the plan of "
            f"{self.buyer.party} is worth less with all others there, and more with nobody else."
        )
        if self.orders:
            text += f" From {self.orders} drawn orders of arrival."
        return Table(columns, rows, "l" + "r" * (len(columns) - 1), text)


def _known(value: float, scale: Scale) -> str:
    return scale.text(value) if math.isfinite(value) else "not looked at"


def collect_negotiate_portfolio(book: Book, shared: Portfolio) -> ProviderShares:
    """Return what each provider brings to a buyer, from a portfolio."""
    colours = party_colours(roles_of(book))
    nucleolus = {} if shared.core is None else shared.core.nucleolus

    def line(party: str, lost: float, alone: float) -> ProviderShare:
        spread = shared.spread.get(party)
        return ProviderShare(
            party=party,
            colour=colours[party],
            brings=shared.split[party],
            low=math.nan if spread is None else spread.low,
            high=math.nan if spread is None else spread.high,
            error=shared.split.error[party],
            lost=lost,
            alone=alone,
            content=nucleolus.get(party, math.nan),
        )

    ranked = sorted(shared.providers, key=lambda name: -shared.split[name])
    return ProviderShares(
        buyer=line(shared.buyer, shared.together, 0.0),
        lines=tuple(
            line(name, shared.last[name], shared.worth.get(frozenset({name}), math.nan)) for name in ranked
        ),
        together=shared.together,
        orders=shared.split.orders,
    )


def draw_negotiate_portfolio(record: ProviderShares, *, narrow: bool = False) -> Any:
    """Return the figure: a strip that shares out the whole, and two bars for each provider below it."""
    whole = record.together > 0 and all(each.brings >= 0 for each in (record.buyer, *record.lines))
    gap = _GAP[narrow] if whole else 0
    height = (54 if narrow else 46) * len(record.lines) + 110 + (_STRIP + gap if whole else 0)
    chart = figure(height)
    ends = [0.0, *_bars(chart, record)]
    low, high = min(ends), max(ends)
    room = _ROOM[narrow] * ((high - low) or 1.0)
    part, space = (_STRIP / (height - 90), gap / (height - 90)) if whole else (0.0, 0.0)
    notes = _ends(record)
    notes += _strip(chart, record, 1.0 - part, narrow=narrow) if whole else []
    told = "" if whole else f"{'<br>' if narrow else '. '}{_kept(record)}"
    chart.update_layout(
        barmode="group",
        bargap=0.3,
        bargroupgap=0.08,
        xaxis={"title": {"text": f"{record.scale.unit}{told}"}, "showgrid": True, "zeroline": True,
               "range": [low - (room if low < 0 else 0.0), high + room]},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "tickfont": {"color": INK},
               "domain": [0.0, 1.0 - part - space]},
        showlegend=True,
        legend={"y": 1.0 - part - 0.005 if whole else 1.0, "yanchor": "top" if whole else "bottom",
                "traceorder": "normal"},
        annotations=notes,
        margin={"t": 8 if whole else 34},
    )  # fmt: skip
    return chart


def _bars(chart: Any, record: ProviderShares) -> list[float]:
    """Draw both bars of each provider, and return how far they and their errors reach."""
    import plotly.graph_objects as go

    scale, names = record.scale, [each.party for each in record.lines]
    own, errors = [each.colour for each in record.lines], scale.of(each.error for each in record.lines)
    kinds = (
        ("brings on average", scale.of(each.brings for each in record.lines), 0.0, ""),
        ("lost without it", scale.of(each.lost for each in record.lines), 0.72, "/"),
    )
    for name, values, faded, pattern in kinds:
        colours = [mix(each, "#ffffff", faded) for each in own]
        both = {"orientation": "h", "offsetgroup": name, "name": name}
        chart.add_trace(
            go.Bar(
                x=values, y=names, showlegend=False, **both,
                marker={"color": colours, "pattern": _pattern(pattern, own)},
                error_x={"type": "data", "array": errors, "color": INK, "thickness": 1.2, "width": 3,
                         "visible": bool(record.orders) and not pattern},
                hovertemplate=f"%{{y}} {name}: %{{x:,.3g}} {scale.unit}<extra></extra>",
            )
        )  # fmt: skip
        grey = {"color": mix(MUTED, "#ffffff", faded), "pattern": _pattern(pattern, MUTED)}
        chart.add_trace(go.Bar(x=[None], y=[names[0]], marker=grey, **both))
    brings, lost = kinds[0][1], kinds[1][1]
    return [
        *lost,
        *(side * error + value for value, error in zip(brings, errors, strict=True) for side in (-1, 1)),
    ]


def _kept(record: ProviderShares) -> str:
    """Return what the buyer keeps, for a figure without a strip."""
    return f"{record.buyer.party} keeps {money(record.buyer.brings)} of {money(record.together)}"


def _pattern(shape: str, colour: Any) -> dict[str, Any]:
    return {"shape": shape, "fillmode": "overlay", "fgcolor": colour, "size": 6, "solidity": 0.25}


def _ends(record: ProviderShares) -> list[dict[str, Any]]:
    """Return the number beside each bar, beyond its error."""
    scale, notes = record.scale, []
    for each in record.lines:
        for value, error, up, colour in ((each.brings, each.error, 9, INK), (each.lost, 0.0, -9, MUTED)):
            side = 1 if value >= 0 else -1
            beside = {"xanchor": "left" if side > 0 else "right", "xshift": 4 * side, "yshift": up}
            end = (value + side * error) / scale.factor
            notes.append(note(scale.text(value), end, each.party, colour, **beside))
    return notes


def _strip(chart: Any, record: ProviderShares, bottom: float, *, narrow: bool) -> list[dict[str, Any]]:
    """Draw how the whole is shared out, the buyer first, and return the words on it."""
    import plotly.graph_objects as go

    scale, start, notes = record.scale, 0.0, []
    for each in (record.buyer, *record.lines):
        part = each.brings / record.together
        chart.add_trace(
            go.Bar(
                x=[part], y=["all"], base=[start], orientation="h", xaxis="x2", yaxis="y2",
                showlegend=False, offsetgroup="whole",
                marker={"color": each.colour, "line": {"color": "#ffffff", "width": 1}},
                hovertemplate=f"{each.party}: {scale.text(each.brings)} {scale.unit}, {share(part)}"
                "<extra></extra>",
            )
        )  # fmt: skip
        text = next((said for said in _said(record, each, part) if len(said) * _LETTER[narrow] < part), "")
        ink = INK if _light(each.colour) else "#ffffff"
        notes += [note(text, start + part / 2, "all", ink, xref="x2", yref="y2", xanchor="center")] * bool(
            text
        )
        start += part
    chart.update_layout(
        xaxis2={"domain": [0.0, 1.0], "anchor": "y2", "range": [0.0, 1.0], "visible": False},
        yaxis2={"domain": [bottom, 1.0], "anchor": "x2", "type": "category", "visible": False},
    )
    return notes


def _said(record: ProviderShares, each: ProviderShare, part: float) -> tuple[str, ...]:
    """Return what could stand on a piece of the strip, the most first."""
    if each is not record.buyer:
        return f"{each.party} {share(part)}", share(part)
    keeps = f"{each.party} keeps {share(part)}"
    return f"{keeps} of {money(record.together)}", keeps, share(part)


def _light(colour: str) -> bool:
    """Return whether dark words read better on a colour than white ones."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue > _LIGHT
