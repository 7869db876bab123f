"""The zone of agreement: every settlement by what it is worth to either side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._fan import note
from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, FAINT, INK, MUTED, figure, mix, party_colours, translucent
from offtake.figures.words import Scale, scale_for

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Negotiation

__all__ = ["Settlement", "Zone", "collect_negotiate_zone", "draw_negotiate_zone"]

_ROWS = 24


@dataclass(frozen=True, slots=True)
class Settlement:
    """One way to settle what is contested.

    Parameters
    ----------
    terms
        Each contested term and what it becomes.
    gains, lows, highs
        Mean gain of either party over no deal and its 5 % and 95 % quantiles, M USD.
    weighed
        The gain as its stakeholders weigh it, M USD: what the figure shows.
    agreed, actual, best
        Whether both accept it, whether it is what the book has, and whether no other is better for both.
    bargain
        Whose bargain it is; empty for none.
    stops
        Stakeholders who would use a veto.
    """

    terms: tuple[tuple[str, str], ...]
    gains: tuple[float, float]
    lows: tuple[float, float]
    highs: tuple[float, float]
    weighed: tuple[float, float]
    agreed: bool
    actual: bool
    best: bool
    bargain: str
    stops: tuple[str, ...]

    @property
    def words(self) -> str:
        """The terms in a line."""
        return "; ".join(f"{name} {label}" for name, label in self.terms)


@dataclass(frozen=True, slots=True)
class Zone:
    """The settlements of a negotiation.

    Parameters
    ----------
    parties
        The seller and the buyer.
    colours
        Their colours.
    settlements
        What was looked at.
    no_deal
        What there is without an agreement.
    """

    parties: tuple[str, str]
    colours: tuple[str, str]
    settlements: tuple[Settlement, ...]
    no_deal: str

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        ends = [value for each in self.settlements for value in (*each.weighed, *each.lows, *each.highs)]
        return scale_for(ends, "M USD")

    def table(self) -> Table:
        """Return the settlements, those that both accept first."""
        scale = self.scale
        ranked = sorted(self.settlements, key=lambda each: (not each.agreed, -min(each.weighed)))
        rows = []
        for each in ranked[:_ROWS]:
            sides = [
                (
                    scale.text(each.gains[k]),
                    f"{scale.text(each.lows[k])} to {scale.text(each.highs[k])}",
                    scale.text(each.weighed[k]),
                )
                for k in (0, 1)
            ]
            mark = [each.bargain, "as the book has it" if each.actual else ""]
            agreed = "yes" if each.agreed else f"no: {', '.join(each.stops)}" if each.stops else "no"
            rows.append((each.words, *sides[0], *sides[1], agreed, ", ".join(filter(None, mark))))
        heads = [
            head for party in self.parties for head in (f"{party}, {scale.unit}", "nine of ten", "weighed")
        ]
        left = len(self.settlements) - _ROWS
        more = f" {left} further settlements are left out." if left > 0 else ""
        text = f"Gains over {self.no_deal}. Weighed: by the stakeholders' appetites for risk.{more}"
        return Table(("settlement", *heads, "both accept", ""), tuple(rows), "l" + "r" * 6 + "ll", text)


def collect_negotiate_zone(book: Book, talks: Negotiation) -> Zone:
    """Return what each settlement is worth to either side."""
    colours = party_colours(roles_of(book))
    front = {id(each) for each in talks.frontier}
    bargains = {id(talks.kalai_smorodinsky): "Kalai-Smorodinsky", id(talks.nash): "Nash"}
    settlements = tuple(
        Settlement(
            terms=tuple(each.terms.items()),
            gains=(each.sides[0].gain.mean, each.sides[1].gain.mean),
            lows=(each.sides[0].gain.low, each.sides[1].gain.low),
            highs=(each.sides[0].gain.high, each.sides[1].gain.high),
            weighed=each.utilities,
            agreed=each.agreed,
            actual=each.actual,
            best=id(each) in front,
            bargain=bargains.get(id(each), ""),
            stops=tuple(f"{who} of {side.party}" for side in each.sides for who in side.verdict.vetoes),
        )
        for each in talks.outcomes
    )
    seller, buyer = talks.parties
    return Zone(talks.parties, (colours[seller], colours[buyer]), settlements, talks.no_deal)


def draw_negotiate_zone(record: Zone, *, narrow: bool = False) -> Any:
    """Return the figure: a point for each settlement, and the quarter in which both gain shaded."""
    import plotly.graph_objects as go

    scale = record.scale
    chart = figure(360 if narrow else 440)
    xs, ys = (scale.of([each.weighed[k] for each in record.settlements]) for k in (0, 1))
    spans = [_span(values) for values in (xs, ys)]
    chart.add_shape(
        type="rect", x0=0, y0=0, x1=spans[0][1], y1=spans[1][1], line={"width": 0},
        fillcolor=translucent("#12806a", 0.09), layer="below",
    )  # fmt: skip
    chart.add_vline(0, line={"color": MUTED, "width": 1})
    chart.add_hline(0, line={"color": MUTED, "width": 1})
    front = sorted((each for each in record.settlements if each.best), key=lambda each: each.weighed[0])
    chart.add_trace(
        go.Scatter(
            x=scale.of(each.weighed[0] for each in front),
            y=scale.of(each.weighed[1] for each in front),
            mode="lines",
            line={"color": mix(MUTED, "#ffffff", 0.5), "width": 1.6, "dash": "dot"},
            name="frontier",
            hoverinfo="skip",
        )
    )
    groups = {
        "both accept": ([each for each in record.settlements if each.agreed], "#12806a", "circle"),
        "one would refuse": ([each for each in record.settlements if not each.agreed], MUTED, "circle-open"),
    }
    for name, (members, colour, symbol) in groups.items():
        chart.add_trace(
            go.Scatter(
                x=scale.of(each.weighed[0] for each in members),
                y=scale.of(each.weighed[1] for each in members),
                mode="markers",
                name=name,
                marker={
                    "size": 9,
                    "color": colour,
                    "symbol": symbol,
                    "line": {"width": 1.5, "color": colour},
                },
                hovertext=[_hover(each) for each in members],
                hoverinfo="text",
            )
        )
    marked = [each for each in record.settlements if each.actual or each.bargain]
    for each in (each for each in marked if each.actual):
        chart.add_trace(
            go.Scatter(
                x=scale.of([each.weighed[0]]), y=scale.of([each.weighed[1]]), mode="markers",
                name="as the book has it", hovertext=[_hover(each)], hoverinfo="text",
                marker={"size": 17, "color": "rgba(0,0,0,0)", "symbol": "diamond",
                        "line": {"color": ACCENT, "width": 2.5}},
            )
        )  # fmt: skip
    notes = [
        note(
            " and ".join(filter(None, [each.bargain, "as the book has it" if each.actual else ""])),
            each.weighed[0] / scale.factor,
            each.weighed[1] / scale.factor,
            ACCENT if each.actual else INK,
            xanchor="right" if each.weighed[0] / scale.factor > sum(spans[0]) / 2 else "left",
            yshift=20 if each.actual else -16,
        )
        for each in marked
    ]
    seller, buyer = record.parties
    title = "gain of {}, {}"
    chart.update_layout(
        xaxis={"title": {"text": title.format(seller, scale.unit)}, "range": spans[0], "showgrid": True,
               "gridcolor": FAINT},
        yaxis={"title": {"text": title.format(buyer, scale.unit)}, "range": spans[1]},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom"},
        margin={"r": 24, "t": 34},
        annotations=notes,
    )  # fmt: skip
    return chart


def _hover(each: Settlement) -> str:
    return "<br>".join([f"{name}: {label}" for name, label in each.terms])


def _span(values: list[float]) -> tuple[float, float]:
    """Return the ends of an axis that holds all values and nought, with room to spare."""
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.12 * ((high - low) or 1.0)
    return low - room, high + room
