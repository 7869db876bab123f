"""Who pays whom: the matrix of payments, and the map of money with what goes round."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.figures._fan import note
from offtake.figures._matrix import CROWDED, DARK, between_parties, in_cell
from offtake.figures._reading import flows, labels_of, mean_of, roles_of, window
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, mix, party_colours, translucent
from offtake.figures.words import Scale, scale_for, share
from offtake.trace import trace

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = [
    "Arc",
    "Dependence",
    "MoneyMap",
    "collect_dependence",
    "collect_money_map",
    "draw_dependence",
    "draw_money_map",
]

_ROLE_ORDER: Final = ("lab", "cloud", "landlord", "vendor", "utility", "investor", "lender", "other")
_SHOWN: Final = 0.004


@dataclass(frozen=True, slots=True)
class Dependence:
    """Mean payments between parties over the calendar, in M USD.

    Parameters
    ----------
    window
        The quarters, in words.
    parties
        Parties that pay or are paid, in order.
    amounts
        What each (row) pays each (column).
    income
        What each receives in all, from parties, end customers and elsewhere outside the book.
    """

    window: str
    parties: tuple[str, ...]
    amounts: tuple[tuple[float, ...], ...]
    income: tuple[float, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([value for row in self.amounts for value in row], "M USD")

    def largest_payer(self, receiver: str) -> tuple[str, float]:
        """Return who pays a party the most, and the share of that party's income that this is."""
        column = self.parties.index(receiver)
        row = max(range(len(self.parties)), key=lambda place: self.amounts[place][column])
        income = self.income[column]
        return self.parties[row], self.amounts[row][column] / income if income > 0 else 0.0

    def leaning(self, least: float = 0.2) -> list[tuple[str, str, float, float]]:
        """Return receiver, payer, share of income and amount of those with one large payer, largest first."""
        found = []
        for receiver in self.parties:
            payer, part = self.largest_payer(receiver)
            amount = self.amounts[self.parties.index(payer)][self.parties.index(receiver)]
            if part >= least:
                found.append((receiver, payer, part, amount))
        return sorted(found, key=lambda each: -each[3])

    def table(self) -> Table:
        """Return payments by payer and receiver, largest first, with the share of the receiver's income."""
        scale = self.scale
        pairs = [
            (value, self.parties[row], self.parties[column], self.income[column])
            for row, line in enumerate(self.amounts)
            for column, value in enumerate(line)
            if value > 0
        ]
        rows = tuple(
            (payer, receiver, scale.text(value), share(min(value / total, 1.0)) if total > 0 else "–")
            for value, payer, receiver, total in sorted(pairs, reverse=True)
        )
        columns = ("payer", "receiver", scale.unit, "of the receiver's income")
        income = "Income: all cash that comes in but funding drawn."
        return Table(columns, rows, "llrr", f"Means, {self.window}; equity and loans included. {income}")


def _matrix(book: Book, runs: Simulation, parties: tuple[str, ...]) -> Any:
    amounts = np.zeros((len(parties), len(parties)))
    place = {name: number for number, name in enumerate(parties)}
    for flow in flows(book, runs):
        if flow.payer == flow.receiver:
            continue
        ends = (flow.payer, flow.receiver) if flow.total >= 0 else (flow.receiver, flow.payer)
        amounts[place[ends[0]], place[ends[1]]] += abs(flow.total)
    return amounts


def _ordered(book: Book) -> tuple[str, ...]:
    roles = roles_of(book)
    return tuple(sorted(roles, key=lambda name: _ROLE_ORDER.index(roles[name])))


def collect_dependence(book: Book, runs: Simulation) -> Dependence:
    """Return mean payments over the calendar between all parties that pay or are paid."""
    every = _ordered(book)
    amounts = _matrix(book, runs, every)
    active = [place for place in range(len(every)) if amounts[place].any() or amounts[:, place].any()]
    kept = amounts[np.ix_(active, active)]
    income = [_income(book, runs, every[place], amounts[:, place].sum()) for place in active]
    rows = tuple(tuple(map(float, row)) for row in kept)
    return Dependence(window(runs), tuple(every[place] for place in active), rows, tuple(income))


def _income(book: Book, runs: Simulation, party: str, received: float) -> float:
    """Return mean income over the calendar: from parties, from end customers, and from outside the book."""
    base = np.asarray(book.parties[party].income.on(book.calendar))
    driver = book.parties[party].income.driver
    if driver is not None:
        base = base * mean_of(runs, "driver_value", driver=driver)
    return float(received + mean_of(runs, "revenue", party=party).sum() + base.sum())


def draw_dependence(record: Dependence, *, narrow: bool = False) -> Any:
    """Return the figure: payers down, receivers across, darker where more is paid."""
    scale = record.scale
    every = np.asarray(record.amounts) / scale.factor
    paying, paid = (np.flatnonzero((every > 0).any(axis=axis)) for axis in (1, 0))
    values = every[np.ix_(paying, paid)]
    payers, receivers = ([record.parties[place] for place in each] for each in (paying, paid))
    depth = np.where(values > 0, np.sqrt(values / max(values.max(initial=0.0), 1e-12)), np.nan)
    lowest = values.max(initial=0.0) * 1e-3
    count = max(len(paid), 1)
    notes = [
        in_cell(
            scale.text(value * scale.factor),
            receivers[column],
            payers[row],
            dark=depth[row, column] > DARK,
            small=narrow or count > 12,  # noqa: PLR2004 - where cells get small
        )
        for row, line in enumerate(values)
        for column, value in enumerate(line)
        if value > lowest and not (narrow and count > CROWDED)
    ]
    return between_parties(
        (26 if narrow else 32) * len(payers) + 140,
        payers,
        receivers,
        depth,
        told=values,
        colours=("#edf3f7", "#7fb0cf", "#0b4a77"),
        hover=f"%{{y}} pays %{{x}}<br>%{{customdata:.3~g}} {scale.unit}",
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class Arc:
    """Money from one place to another over the calendar, in M USD.

    Parameters
    ----------
    payer, receiver
        Parties.
    amount
        Mean payment.
    circular
        The part that goes round and comes back.
    """

    payer: str
    receiver: str
    amount: float
    circular: float


@dataclass(frozen=True, slots=True)
class MoneyMap:
    """Where money goes between parties, and from where it comes into the book.

    Parameters
    ----------
    window
        The quarters, in words.
    parties
        Parties that pay or are paid, in order round the circle.
    arcs
        Payments, largest first.
    customers, funding
        Mean revenue from end customers and mean funding drawn, by party.
    colours
        Colour by party.
    """

    window: str
    parties: tuple[str, ...]
    arcs: tuple[Arc, ...]
    customers: dict[str, float]
    funding: dict[str, float]
    colours: dict[str, str]

    @property
    def gross(self) -> float:
        """All payments between parties."""
        return sum(arc.amount for arc in self.arcs)

    @property
    def circular(self) -> float:
        """The part of them that goes round."""
        return sum(arc.circular for arc in self.arcs)

    def table(self) -> Table:
        """Return every arc with the part that goes round."""
        scale = scale_for([arc.amount for arc in self.arcs], "M USD")
        rows = tuple(
            (arc.payer, arc.receiver, scale.text(arc.amount), scale.text(arc.circular)) for arc in self.arcs
        )
        columns = ("payer", "receiver", f"paid, {scale.unit}", f"of it going round, {scale.unit}")
        return Table(columns, rows, "llrr", f"Means, {self.window}.")


def collect_money_map(book: Book, runs: Simulation) -> MoneyMap:
    """Return mean payments between parties over the calendar and the largest part of them that goes round."""
    every = _ordered(book)
    data = trace(book, runs, most_cycles=1).dataset.sel(payer=list(every), receiver=list(every))
    amounts, round_trip = data["flow"].values, data["circulating"].values
    arcs = [
        Arc(every[row], every[column], float(amounts[row, column]), float(round_trip[row, column]))
        for row, column in zip(*np.nonzero(amounts), strict=True)
    ]
    arcs.sort(key=lambda arc: -arc.amount)
    active = {name for arc in arcs for name in (arc.payer, arc.receiver)}
    sums = {
        variable: {
            name: float(mean_of(runs, variable, party=name).sum()) for name in labels_of(runs, "party")
        }
        for variable in ("revenue", "funding")
    }
    return MoneyMap(
        window(runs),
        tuple(name for name in every if name in active),
        tuple(arcs),
        sums["revenue"],
        sums["funding"],
        party_colours(roles_of(book)),
    )


def draw_money_map(record: MoneyMap, *, narrow: bool = False) -> Any:
    """Return the figure: parties on a circle, arrows as wide as the money, what goes round in colour."""
    import plotly.graph_objects as go

    spots = _round(record.parties)
    largest = max((arc.amount for arc in record.arcs), default=1.0)
    scale = scale_for([largest], "M USD")
    shown = [arc for arc in record.arcs if arc.amount >= _SHOWN * largest]
    chart = figure(400 if narrow else 620)
    for arc in sorted(shown, key=lambda arc: arc.circular / arc.amount):
        width = (1.0 if narrow else 1.2) + (9 if narrow else 15) * math.sqrt(arc.amount / largest)
        for part in _arc_traces(arc, spots, width, scale):
            chart.add_trace(part)
    through = _through(record)
    most = max(through.values(), default=1.0) or 1.0
    x, y = zip(*(spots[name] for name in record.parties), strict=True) if record.parties else ((), ())
    chart.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="markers",
            marker={
                "size": [
                    10 + (14 if narrow else 24) * math.sqrt(through[name] / most) for name in record.parties
                ],
                "color": [record.colours[name] for name in record.parties],
                "line": {"color": "#ffffff", "width": 2},
                "opacity": 1,
            },
            hovertext=[_node_text(record, name, scale) for name in record.parties],
            hoverinfo="text",
        )
    )
    chart.update_layout(
        xaxis={"visible": False, "range": [-1.75, 1.75]}
        if narrow
        else {"visible": False, "range": [-2.05, 2.05]},
        yaxis={"visible": False, "range": [-1.3, 1.3], "scaleanchor": "x" if not narrow else None},
        annotations=[_node_label(name, spots[name], narrow) for name in record.parties],
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )
    return chart


def _round(parties: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    turn = 2 * math.pi / max(len(parties), 1)
    return {name: (math.sin(place * turn), math.cos(place * turn)) for place, name in enumerate(parties)}


def _arc_traces(arc: Arc, spots: dict[str, tuple[float, float]], width: float, scale: Scale) -> list[Any]:
    """Return the curve of an arc, its circular core, and its arrowhead."""
    import plotly.graph_objects as go

    points = _curve(spots[arc.payer], spots[arc.receiver])
    x, y = [each[0] for each in points], [each[1] for each in points]
    going_round = arc.circular / arc.amount
    text = (
        f"{arc.payer} pays {arc.receiver}<br>{scale.text(arc.amount)} {scale.unit}, "
        f"{share(going_round)} of it goes round"
    )
    grey = mix(MUTED, "#ffffff", 0.35)
    traces = [
        go.Scatter(
            x=x, y=y, mode="lines", line={"color": translucent(grey, 0.5), "width": width},
            hovertext=text, hoverinfo="text",
        )
    ]  # fmt: skip
    if going_round > 0.01:  # noqa: PLR2004 - thinner cores cannot be seen
        core = {"color": translucent(ACCENT, 0.75), "width": max(1.2, width * math.sqrt(going_round))}
        traces.append(go.Scatter(x=x, y=y, mode="lines", line=core, hovertext=text, hoverinfo="text"))
    middle = len(points) * 5 // 8
    (x0, y0), (x1, y1) = points[middle - 1], points[middle]
    traces.append(
        go.Scatter(
            x=[x1],
            y=[y1],
            mode="markers",
            marker={
                "symbol": "triangle-up",
                "size": 6 + 0.75 * width,
                "angle": math.degrees(math.atan2(x1 - x0, y1 - y0)),
                "color": ACCENT if going_round > 0.01 else MUTED,  # noqa: PLR2004 - as for the core
                "line": {"color": "#ffffff", "width": 1},
                "opacity": 1,
            },
            hoverinfo="skip",
        )
    )
    return traces


def _curve(
    start: tuple[float, float], end: tuple[float, float], steps: int = 24
) -> list[tuple[float, float]]:
    """Return points of a curve that bends inwards and to its left, so that two ways do not cover."""
    (x0, y0), (x1, y1) = start, end
    bend = (0.22 * (x0 + x1) + 0.16 * (y1 - y0), 0.22 * (y0 + y1) - 0.16 * (x1 - x0))
    return [
        (
            (1 - t) ** 2 * x0 + 2 * t * (1 - t) * bend[0] + t**2 * x1,
            (1 - t) ** 2 * y0 + 2 * t * (1 - t) * bend[1] + t**2 * y1,
        )
        for t in (step / steps for step in range(steps + 1))
    ]


def _through(record: MoneyMap) -> dict[str, float]:
    total = dict.fromkeys(record.parties, 0.0)
    for arc in record.arcs:
        total[arc.payer] += arc.amount
        total[arc.receiver] += arc.amount
    return total


def _node_text(record: MoneyMap, name: str, scale: Scale) -> str:
    paid = sum(arc.amount for arc in record.arcs if arc.payer == name)
    got = sum(arc.amount for arc in record.arcs if arc.receiver == name)
    lines = {"from parties": got, "to parties": paid, "from end customers": record.customers.get(name, 0.0),
             "funding drawn": record.funding.get(name, 0.0)}  # fmt: skip
    return f"<b>{name}</b><br>" + "<br>".join(
        f"{what}: {scale.text(value)} {scale.unit}" for what, value in lines.items() if value
    )


def _node_label(name: str, spot: tuple[float, float], narrow: bool) -> dict[str, Any]:
    x, y = spot
    side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"  # noqa: PLR2004 - near the top or the foot
    return note(name, 1.1 * x, 1.14 * y, INK, xanchor=side, yanchor="middle") | {
        "font": {"size": 10 if narrow else 12.5, "color": INK}
    }
