"""Reservation prices: which prices of the deal either side would take, and whether any suits both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._fan import note
from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, party_colours, translucent

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Negotiation

__all__ = ["PriceRange", "PriceRanges", "collect_negotiate_prices", "draw_negotiate_prices"]

_UNIT = "M USD/MW/year"


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Which prices one side would take, M USD for a MW and year.

    Parameters
    ----------
    party, colour
        The side, and its colour.
    accepts
        Lowest price that the seller accepts, highest that the buyer does; None where no price looked at is.
    on_average
        The price at which its mean gain is nothing, or None.
    every
        Whether every price looked at suits it; `accepts` is then the furthest of them.
    """

    party: str
    colour: str
    accepts: float | None
    on_average: float | None
    every: bool = False


@dataclass(frozen=True, slots=True)
class PriceRanges:
    """Which prices the seller and the buyer would take, all else as the book has it.

    Parameters
    ----------
    seller, buyer
        The two sides.
    now
        The price that the book has, M USD for a MW and year.
    """

    seller: PriceRange
    buyer: PriceRange
    now: float

    @property
    def common(self) -> bool:
        """Whether some price suits both."""
        low, high = self.seller.accepts, self.buyer.accepts
        return low is not None and high is not None and low <= high

    def table(self) -> Table:
        """Return either side's prices beside the one that the book has."""
        rows = tuple(
            (
                each.party,
                side,
                "every price" if each.every else _said(each.accepts),
                _said(each.on_average),
                f"{self.now:.2f}",
            )
            for each, side in ((self.seller, "at least"), (self.buyer, "at most"))
        )
        heads = ("party", "", f"accepts, {_UNIT}", "breaks even on average", "the book has")
        text = "All prices on the table move in proportion; the buyer plans anew at each."
        return Table(heads, rows, "llrrr", text)


def collect_negotiate_prices(book: Book, talks: Negotiation) -> PriceRanges | None:
    """Return the reservation prices of a negotiation; None where none were looked for."""
    if talks.reservation is None:
        return None
    colours = party_colours(roles_of(book))
    seller, buyer = (
        PriceRange(
            each.party, colours[each.party], _finite(each.accepts), _finite(each.on_average), each.every
        )
        for each in talks.reservation
    )
    return PriceRanges(seller, buyer, talks.reservation[0].now)


def draw_negotiate_prices(record: PriceRanges, *, narrow: bool = False) -> Any:
    """Return the figure: a bar over the prices that either side would take, and the book's price across."""
    import plotly.graph_objects as go

    told = [record.now, *(each for side in (record.seller, record.buyer) for each in _ends(side))]
    most = 1.18 * max(told)
    chart = figure(210 if narrow else 230)
    for row, side in ((1.0, record.seller), (0.0, record.buyer)):
        if side.accepts is None:
            continue
        ends = (side.accepts, most) if row else (0.0, side.accepts)
        chart.add_shape(
            type="rect", x0=ends[0], x1=ends[1], y0=row - 0.28, y1=row + 0.28,
            line={"width": 0}, fillcolor=translucent(side.colour, 0.3), layer="below",
        )  # fmt: skip
    if record.common:
        chart.add_shape(
            type="rect", x0=record.seller.accepts, x1=record.buyer.accepts, y0=-0.5, y1=1.5,
            line={"width": 0}, fillcolor=translucent("#12806a", 0.12), layer="below",
        )  # fmt: skip
    for name, what, symbol in (
        ("accepts", "accepts", "line-ns"),
        ("on_average", "breaks even on average", "diamond"),
    ):
        known = [(getattr(side, name), row, side) for row, side in ((1, record.seller), (0, record.buyer))
                 if getattr(side, name) is not None]  # fmt: skip
        chart.add_trace(
            go.Scatter(
                x=[value for value, _, _ in known],
                y=[row for _, row, _ in known],
                mode="markers",
                name=what,
                marker={
                    "symbol": symbol,
                    "size": 30 if name == "accepts" else 10,
                    "color": [side.colour for *_, side in known],
                    "line": {
                        "width": 3 if name == "accepts" else 0,
                        "color": [side.colour for *_, side in known],
                    },
                },
                hovertext=[f"{side.party} {what}: {value:.2f} {_UNIT}" for value, _, side in known],
                hoverinfo="text",
            )
        )
    chart.add_vline(record.now, line={"color": ACCENT, "width": 1.6, "dash": "dash"})
    notes = [note(f"the book has {record.now:.2f}", record.now, 1.5, ACCENT, xanchor="left", yshift=8)]
    for row, side in ((1, record.seller), (0, record.buyer)):
        if side.accepts is None:
            text = f"no price looked at suits {side.party}"
        else:
            text = "every price looked at" if side.every else f"{side.accepts:.2f}"
        place = 0.0 if side.accepts is None else side.accepts
        notes.append(
            note(
                text,
                place,
                row,
                MUTED if side.accepts is None else INK,
                xanchor="left" if row or side.accepts is None else "right",
                yshift=24,
            )
        )
    chart.update_layout(
        xaxis={"title": {"text": _UNIT}, "range": (0.0, most)},
        yaxis={"tickvals": [1, 0], "ticktext": [record.seller.party, record.buyer.party],
               "range": (-0.6, 1.75), "showgrid": False, "zeroline": False},
        showlegend=False,
        margin={"r": 24, "t": 30},
        annotations=notes,
    )  # fmt: skip
    return chart


def _ends(side: PriceRange) -> list[float]:
    return [each for each in (side.accepts, side.on_average) if each is not None]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _said(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
