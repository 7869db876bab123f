"""Delivery: how much is energised when, and which gates decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.figures._fan import Fan, fan_of, note, year_axis
from offtake.figures._reading import labels_of, mean_of, quarters_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, mix
from offtake.figures.words import Scale, months, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = [
    "Energised",
    "Gate",
    "GateKind",
    "Gates",
    "collect_energised",
    "collect_gates",
    "draw_energised",
    "draw_gates",
]

_HUE = "#12806a"


@dataclass(frozen=True, slots=True)
class Energised:
    """Power energised at the end of each year, in MW.

    Parameters
    ----------
    fan
        What the model gives, by year.
    announced
        What was announced for the same date: phases by their announced quarter, and deals without a site by
        what they owe on time. None where nothing was announced.
    undated
        Power of phases for which no quarter was announced; it is not in `announced`.
    """

    fan: Fan
    announced: tuple[float, ...] | None
    undated: float

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([*self.fan.q95, *(self.announced or ())], "MW")

    def table(self) -> Table:
        """Return what is energised by year with its spread, beside what was announced."""
        scale = self.scale
        announced = self.announced or (float("nan"),) * len(self.fan.labels)
        rows = tuple(
            (
                label,
                *(scale.text(self.fan.at(label)[name]) for name in ("q50", "q05", "q25", "q75", "q95")),
                scale.text(value),
            )
            for label, value in zip(self.fan.labels, announced, strict=True)
        )
        columns = ("end of", "median", "5 %", "25 %", "75 %", "95 %", "announced")
        return Table(
            columns, rows, "l" + "r" * 6, f"{scale.unit} of IT load, all sites and deals without a site."
        )


def collect_energised(book: Book, runs: Simulation) -> Energised:
    """Return what is energised at the end of each year, beside what was announced for that date."""
    fan = fan_of(runs, "total_energised")
    quarters = quarters_of(runs)
    ends = [label for label in quarters if label.endswith("Q4")] or [quarters[-1]]
    shown = fan.only(ends)
    by_year = Fan(tuple(label[:4] for label in ends), *(getattr(shown, name) for name in Fan.__slots__[1:]))
    dated, undated = _announced_phases(book)
    sold = _without_site(book, runs)
    if not dated:
        return Energised(by_year, None, undated)
    announced = tuple(
        sum(mw for when, mw in dated if when <= label) + float(sold[quarters.index(label)]) for label in ends
    )
    return Energised(by_year, announced, undated)


def _announced_phases(book: Book) -> tuple[list[tuple[str, float]], float]:
    """Return the quarter and power of each phase that was announced, and the power of the others."""
    dated, undated = [], 0.0
    for site in book.sites.values():
        for phase in site.phases:
            when = phase.online if phase.online is not None else phase.planned
            if when is None:
                undated += float(phase.mw.value)
            else:
                dated.append((str(when), float(phase.mw.value)))
    return dated, undated


def _without_site(book: Book, runs: Simulation) -> Any:
    total = np.zeros(len(quarters_of(runs)))
    for deal in labels_of(runs, "deal"):
        entry = book.deals.get(deal)
        if entry is not None and entry.kind == "compute" and not entry.sites:
            total += mean_of(runs, "owed_deal", deal=deal)
    return total


def draw_energised(record: Energised, *, narrow: bool = False) -> Any:
    """Return the figure: by year the median, half and nine tenths of futures, and what was announced."""
    import plotly.graph_objects as go

    scale, fan = record.scale, record.fan
    chart, places = figure(340 if narrow else 380), list(range(len(fan.labels)))
    for low, high, width, opacity in ((fan.q05, fan.q95, 5, 0.35), (fan.q25, fan.q75, 14, 0.6)):
        for place, (one, other) in enumerate(zip(scale.of(low), scale.of(high), strict=True)):
            line = {"color": mix(_HUE, "#ffffff", 1 - opacity), "width": width}
            chart.add_trace(
                go.Scatter(x=[place, place], y=[one, other], mode="lines", line=line, hoverinfo="skip")
            )
    chart.add_trace(
        go.Scatter(
            x=places,
            y=scale.of(fan.q50),
            customdata=fan.labels,
            mode="markers" if narrow else "markers+text",
            marker={"symbol": "line-ew", "size": 16, "line": {"color": INK, "width": 2.4}},
            text=[f"  {scale.text(value)}" for value in fan.q50],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate=f"end of %{{customdata}}: median %{{y:.3~g}} {scale.unit}<extra></extra>",
        )
    )
    notes = []
    if record.announced is not None:
        values = scale.of(record.announced)
        chart.add_trace(
            go.Scatter(
                x=places,
                y=values,
                customdata=fan.labels,
                mode="markers",
                marker={"symbol": "diamond-open", "size": 10, "color": ACCENT, "line": {"width": 2}},
                hovertemplate=f"announced for %{{customdata}}: %{{y:.3~g}} {scale.unit}<extra></extra>",
            )
        )
        gaps = [value - high for value, high in zip(values, scale.of(fan.q95), strict=True)]
        apart = max(places, key=lambda place: gaps[place])
        notes.append(note("<b>announced</b>", apart, values[apart], ACCENT, yshift=14))
    chart.update_layout(
        xaxis=year_axis(fan.labels) | {"tickfont": {"color": INK}},
        yaxis={"title": {"text": f"{scale.unit} energised at the year's end"}, "rangemode": "tozero"},
        annotations=notes,
        margin={"r": 40},
    )
    return chart


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of one phase.

    Parameters
    ----------
    site, phase, gate
        Where it is.
    criticality
        Share of futures in which it lies on the longest path.
    saved
        Mean quarters saved if it took no time.
    mw
        Power of the phase.
    """

    site: str
    phase: str
    gate: str
    criticality: float
    saved: float
    mw: float


@dataclass(frozen=True, slots=True)
class GateKind:
    """All gates of one name.

    Parameters
    ----------
    gate
        The name.
    number
        How many phases have it.
    mw
        Power of those phases.
    criticality, saved
        Share of futures in which it decides, and mean quarters saved without it, weighted by power.
    """

    gate: str
    number: int
    mw: float
    criticality: float
    saved: float


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates, the one that costs the most MW-quarters first.

    Parameters
    ----------
    gates
        All gates.
    """

    gates: tuple[Gate, ...]

    def by_name(self) -> tuple[GateKind, ...]:
        """Return the gates of each name together, the one that costs the most MW-quarters first."""
        found = []
        for name in dict.fromkeys(each.gate for each in self.gates):
            members = [each for each in self.gates if each.gate == name]
            mw = sum(each.mw for each in members)
            often = sum(each.criticality * each.mw for each in members)
            saved = sum(each.saved * each.mw for each in members)
            if mw > 0:
                found.append(GateKind(name, len(members), mw, often / mw, saved / mw))
        return tuple(sorted(found, key=lambda each: -each.saved * each.mw))

    def table(self) -> Table:
        """Return every gate with how often it binds and what it costs."""
        rows = tuple(
            (each.site, each.phase, each.gate, share(each.criticality), months(each.saved),
             f"{each.mw:,.0f}") for each in self.gates
        )  # fmt: skip
        columns = ("site", "phase", "gate", "on the longest path", "saved if it took no time", "MW behind it")
        return Table(columns, rows, "lllrrr", "Share of futures; mean over all futures.")


def collect_gates(book: Book, runs: Simulation) -> Gates:
    """Return every gate with its criticality and what it costs, largest cost times power first.

    Sites that only an unsigned offer would build are left out.
    """
    labels = labels_of(runs, "gate")
    if not labels:
        return Gates(())
    critical = runs.values("gate_criticality").values
    saved = runs.values("gate_cost").values
    sizes = {
        f"{site}/{phase.name or number}": float(phase.mw.value)
        for site, entry in book.sites.items()
        for number, phase in enumerate(entry.phases, start=1)
    }
    offered = {
        site
        for deal in book.deals.values()
        if deal.kind == "supply" and deal.firmness == "offered"
        for site in deal.sites
    }
    found = []
    for label, often, quarters in zip(labels, critical, saved, strict=True):
        place, _, gate = label.rpartition("/")
        site, _, phase = place.rpartition("/")
        if site in offered:
            continue
        found.append(Gate(site, phase, gate, float(often), float(quarters), sizes.get(place, 0.0)))
    found.sort(key=lambda each: (-each.saved * each.mw, -each.criticality))
    return Gates(tuple(found))


def draw_gates(record: Gates, *, narrow: bool = False, most: int = 14) -> Any:
    """Return the figure: how often each gate binds, with the months it costs written beside it."""
    import plotly.graph_objects as go

    shown = record.gates[: most // 2 if narrow else most]
    names = [f"{each.gate} · {each.site} {each.phase}".strip() for each in shown]
    if narrow:
        names = [
            f"{each.gate}<br><span style='color:{MUTED}'>{each.site} {each.phase}</span>" for each in shown
        ]
    longest = max((each.saved for each in shown), default=1.0) or 1.0
    shades = [mix(mix(_HUE, "#ffffff", 0.72), "#0a4a3d", each.saved / longest) for each in shown]
    chart = figure((44 if narrow else 28) * len(shown) + 80)
    chart.add_trace(
        go.Bar(
            x=[100 * each.criticality for each in shown],
            y=names,
            orientation="h",
            marker={"color": shades},
            text=[f"{months(each.saved)}" if narrow else f"saves {months(each.saved)}" for each in shown],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>on the longest path in %{x:.0f} % of futures<extra></extra>",
        )
    )
    chart.update_layout(
        xaxis={"title": {"text": "% of futures in which it decides"}, "range": [0, 100], "showgrid": True},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": INK}},
        margin={"r": 84 if narrow else 120},
        bargap=0.3,
    )
    return chart
