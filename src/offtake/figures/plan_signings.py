"""What a plan signs of each offer, beside the most that could be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._reading import deal_powers, roles_of
from offtake.figures._table import Table
from offtake.figures._template import FAINT, INK, MUTED, figure, party_colours
from offtake.figures.words import Scale, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.plan import Plan

__all__ = ["OfferLine", "PlanSignings", "collect_plan_signings", "draw_plan_signings"]


@dataclass(frozen=True, slots=True)
class OfferLine:
    """What becomes of one offer; power in MW.

    Parameters
    ----------
    entry, provider
        The deal or site, and who delivers.
    what
        offer or build.
    most
        The most that could be had.
    now
        What is signed at the opening.
    later
        Expected volume signed at later nodes.
    start
        Quarters by which the schedule is moved.
    signed
        What the book had signed of it before it was asked again; None for a real offer.
    """

    entry: str
    provider: str
    what: str
    most: float
    now: float
    later: float
    start: int
    signed: float | None


@dataclass(frozen=True, slots=True)
class PlanSignings:
    """Every offer and build that a plan could choose.

    Parameters
    ----------
    buyer
        Whose plan it is.
    lines
        The offers, those signed for most first.
    colours
        Colour by provider.
    """

    buyer: str
    lines: tuple[OfferLine, ...]
    colours: dict[str, str]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([line.most for line in self.lines], "MW")

    @property
    def again(self) -> bool:
        """Whether any of them was signed already."""
        return any(line.signed is not None for line in self.lines)

    def table(self) -> Table:
        """Return what is signed of each."""
        scale = self.scale
        rows = tuple(
            (line.entry, line.provider, line.what, scale.text(line.most), scale.text(line.now),
             scale.text(line.later), share(line.now / line.most) if line.most else "–",
             f"{line.start:+d}" if line.start and line.now else "0")
            for line in self.lines
        )  # fmt: skip
        columns = ("offer", "from", "what", f"most, {scale.unit}", f"signed now, {scale.unit}",
                   f"signed later, mean, {scale.unit}", "share signed now", "quarters moved")  # fmt: skip
        return Table(columns, rows, "lllrrrrr", "Volume at the end of each ramp.")


def collect_plan_signings(book: Book, plan: Plan) -> PlanSignings:
    """Return what a plan signs of everything that it could choose."""
    chosen = [each for each in plan.signings if each.new]
    reopened = set(plan.settings.get("reopened", ()))
    lines = []
    passed_over = [name for name in plan.passed_over if not _of_models(book, name)]
    for name in dict.fromkeys([*(each.entry for each in chosen), *passed_over]):
        own = [each for each in chosen if each.entry == name]
        now = [each for each in own if each.now]
        later = sum(each.mw * each.probability for each in own if not each.now)
        most = own[0].most if own else deal_powers(book, name) if name in book.deals else 0.0
        entry = book.deals.get(name)
        lines.append(
            OfferLine(
                name,
                own[0].provider if own else entry.creditor if entry is not None else plan.buyer,
                own[0].what if own else _kind(entry),
                most,
                sum(each.mw for each in now),
                later,
                max((each.start for each in now), default=0),
                deal_powers(book, name) if name in reopened else None,
            )
        )
    lines.sort(key=lambda line: (-line.now, -line.later, -line.most, line.entry))
    return PlanSignings(plan.buyer, tuple(lines), party_colours(roles_of(book)))


def _of_models(book: Book, name: str) -> bool:
    return name in book.deals and book.deals[name].kind == "licence"


def _kind(entry: Any) -> str:
    return "build" if entry is not None and entry.kind == "supply" else "offer"


def draw_plan_signings(record: PlanSignings, *, narrow: bool = False) -> Any:
    """Return the figure: a bar for each offer, filled as far as it is signed."""
    import plotly.graph_objects as go

    scale, lines = record.scale, record.lines
    names = [line.entry for line in lines]
    chart = figure((30 if narrow else 34) * max(len(lines), 1) + 90)
    fills = (
        ("could be had", [line.most for line in lines], FAINT, 0.62),
        ("signed now", [line.now for line in lines], None, 0.62),
        ("signed later, on average", [line.later for line in lines], MUTED, 0.2),
    )
    own = [record.colours.get(line.provider, INK) for line in lines]
    for title, values, colour, width in fills:
        if title.startswith("signed later") and not any(values):
            continue
        told = [[line.provider, scale.text(value)] for line, value in zip(lines, values, strict=True)]
        hover = f"%{{y}}, %{{customdata[0]}}<br>{title}: %{{customdata[1]}} {scale.unit}<extra></extra>"
        chart.add_trace(
            go.Bar(
                y=names, x=scale.of(values), orientation="h", name=title, width=width,
                marker={"color": colour or own}, customdata=told, hovertemplate=hover,
            )
        )  # fmt: skip
    notes = [_end_note(line, scale, narrow=narrow) for line in lines]
    largest = max((line.most for line in lines), default=1.0) / scale.factor
    size = 10 if narrow else 12
    chart.update_layout(
        barmode="overlay",
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": INK, "size": size}},
        xaxis={"title": {"text": scale.unit}, "range": [0, largest * (1.45 if narrow else 1.2)],
               "showgrid": True},
        annotations=notes,
    )  # fmt: skip
    return chart


def _end_note(line: OfferLine, scale: Scale, *, narrow: bool) -> dict[str, Any]:
    """Return what stands at the end of a bar."""
    signed = f"{scale.text(line.now)} of {scale.text(line.most)}"
    return {
        "x": line.most / scale.factor,
        "y": line.entry,
        "xanchor": "left",
        "xshift": 6,
        "showarrow": False,
        "text": signed if line.now else "not signed",
        "font": {"size": 11 if narrow else 12, "color": INK if line.now else MUTED},
    }
