"""Burn: cumulative against the plan of record, and why the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.figures._fan import Fan, add_fan, fan_of, note, year_axis
from offtake.figures._reading import flows, labels_of, mean_of, quarters_of, roles_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, mix, party_colours
from offtake.figures.words import Scale, scale_for, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.book import Book
    from offtake.results import Simulation

__all__ = [
    "Bridge",
    "BridgeYear",
    "Burn",
    "collect_bridge",
    "collect_burn",
    "draw_bridge",
    "draw_burn",
]


@dataclass(frozen=True, slots=True)
class Burn:
    """Cash burnt up to the end of each year, in M USD.

    Parameters
    ----------
    party
        Who burns it.
    cumulative
        What the deals imply, by year.
    plan
        The plan of record, cumulative from the opening on, by year; empty where there is none.
    planned_in_full
        The plan over all its years, with those before the opening; None where there is no plan.
    part_years
        Share of the year that the calendar covers, for years that it covers in part. The plan of such a
        year is taken in that share.
    colour
        The party's colour.
    """

    party: str
    cumulative: Fan
    plan: dict[str, float]
    planned_in_full: float | None
    part_years: dict[str, float]
    colour: str

    @property
    def scale(self) -> Scale:
        """The unit of the figure."""
        return scale_for([*self.cumulative.q95, *self.cumulative.q05, *self.plan.values()], "M USD")

    def table(self) -> Table:
        """Return burn up to each year with its spread, beside the plan."""
        scale = self.scale
        rows = []
        for label in self.cumulative.labels:
            stats = self.cumulative.at(label)
            cells = [scale.text(stats[name]) for name in ("mean", "q05", "q25", "q50", "q75", "q95")]
            rows.append((label, *cells, scale.text(self.plan[label]) if label in self.plan else "–"))
        columns = ("to the end of", "mean", "5 %", "25 %", "median", "75 %", "95 %", "plan of record")
        part = "".join(
            f" Of {year}, {share(part)} is in the calendar." for year, part in self.part_years.items()
        )
        return Table(columns, tuple(rows), "l" + "r" * 7, f"Cumulative burn in {scale.unit}.{part}")


def _part_years(runs: Simulation) -> dict[str, float]:
    quarters = quarters_of(runs)
    counts = {year: sum(label.startswith(year) for label in quarters) for year in labels_of(runs, "year")}
    return {year: count / 4 for year, count in counts.items() if 0 < count < 4}  # noqa: PLR2004 - quarters


def _planned(amounts: Mapping[int, Any], runs: Simulation) -> dict[str, float]:
    """Return a plan by year from the opening on, part-years in their share."""
    parts, years = _part_years(runs), labels_of(runs, "year")
    return {
        str(year): float(amount.value) * parts.get(str(year), 1.0)
        for year, amount in sorted(amounts.items())
        if str(year) in years
    }


def collect_burn(book: Book, runs: Simulation, party: str) -> Burn:
    """Return a party's cumulative burn, beside that of its plan of record if it has one."""
    plan = book.plans_of_record.get(party)
    planned = _planned(plan.burn, runs) if plan is not None else {}
    full = float(sum(each.value for each in plan.burn.values())) if plan is not None and plan.burn else None
    running = dict(zip(planned, map(float, np.cumsum(list(planned.values()))), strict=True))
    return Burn(
        party,
        fan_of(runs, "cumulative_burn", party=party),
        running,
        full,
        _part_years(runs),
        party_colours(roles_of(book))[party],
    )


def draw_burn(record: Burn, *, narrow: bool = False) -> Any:
    """Return the figure: the fan of cumulative burn by year, and the plan beside it."""
    import plotly.graph_objects as go

    scale, fan = record.scale, record.cumulative
    chart = figure(380 if narrow else 420)
    places = {label: place for place, label in enumerate(fan.labels)}
    add_fan(chart, fan, record.colour, scale, list(places.values()))
    last = len(places) - 1
    top = fan.q95[-1] / scale.factor
    notes = [note("<b>the book</b>", last, top, record.colour, yshift=10, xanchor="right", xshift=12)]
    if record.plan:
        years = list(record.plan)
        values = scale.of(record.plan.values())
        chart.add_trace(
            go.Scatter(
                x=[places[year] for year in years],
                y=values,
                text=years,
                mode="lines+markers",
                line={"color": ACCENT, "dash": "dash", "width": 2.2},
                marker={"symbol": "diamond", "size": 7},
                hovertemplate=f"plan of record<br>%{{text}}: %{{y:.3~g}} {scale.unit}<extra></extra>",
            )
        )
        below = record.plan[years[-1]] < fan.at(years[-1])["q50"]
        notes.append(
            note(
                "<b>plan of record</b>",
                places[years[-1]],
                values[-1],
                ACCENT,
                yshift=-14 if below else 14,
                xanchor="center",
            )
        )
    chart.update_layout(
        xaxis=year_axis(fan.labels),
        yaxis={
            "title": {"text": f"cumulative burn, {scale.unit}"},
            "zeroline": True,
            "zerolinecolor": MUTED,
            "rangemode": "tozero",
        },
        annotations=notes,
    )
    return chart


@dataclass(frozen=True, slots=True)
class BridgeYear:
    """One year of a party's means against its plan, in M USD; outlays are positive.

    Parameters
    ----------
    year
        The year.
    revenue
        Mean revenue from end customers.
    compute
        Mean payments for compute and leases.
    chips
        Mean payments for chips and systems.
    other_deals
        Mean of all other payments to parties, less receipts from parties, without equity and loan principal.
    outside
        Mean net outlay outside the book: costs, own sites, power, interest, less other income.
    burn
        Mean burn: all outlays less revenue.
    planned_revenue, planned_burn
        The plan; None where it says nothing.
    """

    year: str
    revenue: float
    compute: float
    chips: float
    other_deals: float
    outside: float
    burn: float
    planned_revenue: float | None
    planned_burn: float | None

    @property
    def outlays(self) -> float:
        """All outlays less all income but revenue."""
        return self.burn + self.revenue

    @property
    def planned_outlays(self) -> float | None:
        """What the plan spends, if it gives both burn and revenue."""
        if self.planned_burn is None or self.planned_revenue is None:
            return None
        return self.planned_burn + self.planned_revenue


@dataclass(frozen=True, slots=True)
class Bridge:
    """Why a party's burn differs from its plan.

    Parameters
    ----------
    party
        The party.
    years
        Its years.
    """

    party: str
    years: tuple[BridgeYear, ...]

    @property
    def compared(self) -> tuple[BridgeYear, ...]:
        """Years for which the plan says both revenue and burn."""
        return tuple(each for each in self.years if each.planned_outlays is not None)

    @property
    def revenue_gap(self) -> float:
        """Burn above plan because revenue is below it."""
        return sum((each.planned_revenue or 0.0) - each.revenue for each in self.compared)

    @property
    def outlay_gap(self) -> float:
        """Burn above plan because outlays are above it."""
        return sum(each.outlays - (each.planned_outlays or 0.0) for each in self.compared)

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        values = [value for each in self.years for value in (each.revenue, each.outlays, each.burn)]
        return scale_for(values, "M USD")

    def table(self) -> Table:
        """Return revenue, outlays by part and burn by year, beside the plan."""
        scale, years = self.scale, self.years
        span = self.compared or years

        def cell(value: float | None) -> str:
            return "–" if value is None else scale.text(value)

        def line(name: str, values: list[float | None]) -> tuple[str, ...]:
            counted = [
                value for value, year in zip(values, years, strict=True) if value is not None and year in span
            ]
            return (name, *map(cell, values), cell(sum(counted)) if counted else "–")

        rows = [
            line("revenue", [each.revenue for each in years]),
            line("less: compute and leases", [-each.compute for each in years]),
            line("less: chips and systems", [-each.chips for each in years]),
            line("less: other deals, net", [-each.other_deals for each in years]),
            line("less: costs outside the book, net", [-each.outside for each in years]),
            line("= burn, mean", [each.burn for each in years]),
        ]
        if self.compared:
            rows += [
                line("plan: revenue", [each.planned_revenue for each in years]),
                line("plan: outlays that follow", [each.planned_outlays for each in years]),
                line("plan: burn", [each.planned_burn for each in years]),
                line("burn above plan", [_gap(each.burn, each.planned_burn) for each in years]),
                line(
                    "  of it: revenue below plan",
                    [_gap(each.planned_revenue, each.revenue) for each in years],
                ),
                line(
                    "  of it: outlays above plan",
                    [_gap(each.outlays, each.planned_outlays) for each in years],
                ),
            ]
        columns = ("", *(each.year for each in years), f"{span[0].year} to {span[-1].year}")
        return Table(
            columns,
            tuple(row for row in rows if any(text not in ("0", "–") for text in row[1:])),
            "l" + "r" * (len(years) + 1),
            f"Means in {scale.unit}. Equity and loan principal are funding, not burn.",
        )


def _gap(more: float | None, less: float | None) -> float | None:
    return None if more is None or less is None else more - less


def collect_bridge(book: Book, runs: Simulation, party: str) -> Bridge:
    """Return a party's mean revenue, outlays by part and burn, year by year beside its plan."""
    years = labels_of(runs, "year")
    plan = book.plans_of_record.get(party)
    revenue_plan = _planned(plan.revenue, runs) if plan is not None else {}
    burn_plan = _planned(plan.burn, runs) if plan is not None else {}
    revenue = _by_year(runs, mean_of(runs, "revenue", party=party))
    burn = dict(zip(years, mean_of(runs, "burn", party=party), strict=True))
    compute, chips, other = _deal_parts(book, runs, party)
    found = []
    for year in years:
        in_deals = compute[year] + chips[year] + other[year]
        outside = float(burn[year]) + revenue[year] - in_deals
        found.append(
            BridgeYear(
                year, revenue[year], compute[year], chips[year], other[year], outside, float(burn[year]),
                revenue_plan.get(year), burn_plan.get(year),
            )
        )  # fmt: skip
    return Bridge(party, tuple(found))


def _deal_parts(book: Book, runs: Simulation, party: str) -> tuple[dict[str, float], ...]:
    """Return net payments under compute, chip and other deals by year, without equity and loans."""
    parts = [np.zeros(len(quarters_of(runs))) for _ in range(3)]
    places = {"compute": 0, "lease": 0, "supply": 1}
    for flow in flows(book, runs):
        if flow.kind in {"equity", "loan"} or party not in (flow.payer, flow.receiver):
            continue
        sign = 1.0 if flow.payer == party else -1.0
        parts[places.get(flow.kind, 2) if sign > 0 else 2] += sign * np.asarray(flow.amounts)
    return tuple(_by_year(runs, part) for part in parts)


def _by_year(runs: Simulation, values: Any) -> dict[str, float]:
    quarters = quarters_of(runs)
    return {
        year: float(
            sum(value for label, value in zip(quarters, values, strict=True) if label.startswith(year))
        )
        for year in labels_of(runs, "year")
    }


def draw_bridge(record: Bridge, *, narrow: bool = False) -> Any:
    """Return the figure: from the plan's burn to the mean burn, step by step."""
    import plotly.graph_objects as go

    compared, scale = record.compared, record.scale
    planned = sum(each.planned_burn or 0.0 for each in compared)
    mean = sum(each.burn for each in compared)
    names = [
        "plan of record",
        f"revenue {'below' if record.revenue_gap >= 0 else 'above'} plan",
        f"outlays {'above' if record.outlay_gap >= 0 else 'below'} plan",
        "the book, mean",
    ]
    values = scale.of([planned, record.revenue_gap, record.outlay_gap, mean])
    chart = figure(300 if narrow else 320)
    chart.add_trace(
        go.Waterfall(
            y=names,
            x=values,
            orientation="h",
            measure=["absolute", "relative", "relative", "total"],
            text=[f"{'+' if 0 < place < 3 and value > 0 else ''}{scale.text(value * scale.factor)}"  # noqa: PLR2004
                  for place, value in enumerate(values)],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": MUTED, "width": 1}},
            increasing={"marker": {"color": mix(ACCENT, "#ffffff", 0.25)}},
            decreasing={"marker": {"color": mix("#12806a", "#ffffff", 0.35)}},
            totals={"marker": {"color": mix(INK, "#ffffff", 0.45)}},
            hoverinfo="skip",
        )
    )  # fmt: skip
    chart.update_layout(
        xaxis={
            "title": {"text": f"burn {compared[0].year} to {compared[-1].year}, {scale.unit}"},
            "showgrid": True,
        },
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": INK}},
        margin={"r": 48},
    )
    return chart
