"""Scenarios side by side: the same futures, one thing changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import fan_of
from offtake.figures._reading import labels_of, quarters_of, roles_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, figure, mix, party_colours
from offtake.figures.words import between, money, power, scale_for, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["ScenarioLine", "Scenarios", "collect_scenarios", "draw_scenarios"]

BASE: Final = "as the book stands"
_OFTEN: Final = 0.05


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """One scenario's outcome.

    Parameters
    ----------
    name, title
        What it is called, and what happens in it.
    burn, burn_low, burn_high
        Median cumulative burn of the focal party at the horizon, and the 5 % and 95 % quantiles, in M USD.
    energised
        Median power energised at the end, in MW.
    never
        Share of futures without a year free of burn within the calendar.
    defaulting
        Parties in default in more than one in twenty futures.
    own_default
        Share of futures in which the focal party is in default at the end.
    losses
        Mean loss written down by all parties, in M USD.
    """

    name: str
    title: str
    burn: float
    burn_low: float
    burn_high: float
    energised: float
    never: float
    defaulting: tuple[str, ...]
    own_default: float
    losses: float


@dataclass(frozen=True, slots=True)
class Scenarios:
    """The book as it stands and each of its scenarios.

    Parameters
    ----------
    party
        The focal party.
    horizon
        Year to whose end burn is counted.
    lines
        The book as it stands first, then its scenarios.
    colour
        The focal party's colour.
    """

    party: str
    horizon: str
    lines: tuple[ScenarioLine, ...]
    colour: str

    @property
    def worst(self) -> ScenarioLine:
        """The scenario with the largest median burn."""
        return max(self.lines[1:], key=lambda line: line.burn)

    def table(self) -> Table:
        """Return each scenario's outcome in a row."""
        rows = tuple(
            (
                each.name,
                money(each.burn),
                " to ".join(between(each.burn_low, each.burn_high, "M USD")),
                power(each.energised),
                share(each.never),
                share(each.own_default),
                str(len(each.defaulting)),
                money(each.losses) if each.losses else "0",
            )
            for each in self.lines
        )
        columns = (
            "scenario", f"burn to {self.horizon}, median", "nine of ten futures", "energised at the end",
            "no year free of burn", f"{self.party} in default", "parties often in default",
            "mean write-downs",
        )  # fmt: skip
        often = f"Often: in more than {share(_OFTEN)} of futures. Every scenario runs on the same draws."
        return Table(columns, rows, "l" + "r" * 7, often)


def collect_scenarios(
    book: Book, runs: Simulation, scenarios: Mapping[str, Simulation], party: str, horizon: str
) -> Scenarios:
    """Return the outcome of the book as it stands and of each scenario for the focal party."""
    lines = [_line(BASE, "", runs, party, horizon)]
    lines += [
        _line(name, book.scenarios[name].title or "", other, party, horizon)
        for name, other in scenarios.items()
    ]
    return Scenarios(party, horizon, tuple(lines), party_colours(roles_of(book))[party])


def _line(name: str, title: str, runs: Simulation, party: str, horizon: str) -> ScenarioLine:
    burn = fan_of(runs, "cumulative_burn", party=party).at(horizon)
    last = quarters_of(runs)[-1]
    default = runs.values("default", quarter=last)
    never = runs.values("first_profitable", party=party, year_or_never="never")
    return ScenarioLine(
        name,
        title,
        burn["q50"],
        burn["q05"],
        burn["q95"],
        fan_of(runs, "total_energised").at(last)["q50"],
        float(never),
        tuple(each for each in labels_of(runs, "party") if float(default.sel(party=each)) > _OFTEN),
        float(default.sel(party=party)),
        float(runs.values("loss", stat="mean").sum()),
    )


def draw_scenarios(record: Scenarios, *, narrow: bool = False) -> Any:
    """Return the figure: median burn and its spread by scenario, against the book as it stands."""
    import plotly.graph_objects as go

    lines = record.lines
    scale = scale_for([value for each in lines for value in (each.burn_low, each.burn_high)], "M USD")
    names = [each.name for each in lines]
    chart = figure((40 if narrow else 32) * len(lines) + 80)
    pale = mix(record.colour, "#ffffff", 0.62)
    for each in lines:
        ends = scale.of([each.burn_low, each.burn_high])
        chart.add_trace(
            go.Scatter(
                x=ends, y=[each.name] * 2, mode="lines", line={"color": pale, "width": 7}, hoverinfo="skip"
            )
        )
    chart.add_trace(
        go.Scatter(
            x=scale.of(each.burn for each in lines),
            y=names,
            mode="markers+text",
            marker={"size": 11, "color": [INK, *[record.colour] * (len(lines) - 1)],
                    "line": {"color": "#ffffff", "width": 1.5}},
            text=[scale.text(each.burn) for each in lines],
            textposition="top center",
            textfont={"size": 11},
            hovertext=[f"{each.name}<br>{each.title}" for each in lines],
            hoverinfo="text",
            cliponaxis=False,
        )
    )  # fmt: skip
    chart.add_vline(lines[0].burn / scale.factor, line={"color": ACCENT, "width": 1, "dash": "dot"})
    ends = scale.of(value for each in lines for value in (each.burn_low, each.burn_high))
    room = 0.04 * (max(ends) - min(ends) or 1.0)
    chart.update_layout(
        xaxis={"title": {"text": f"cumulative burn to {record.horizon}, {scale.unit}"}, "showgrid": True,
               "range": [min(ends) - room, max(ends) + room]},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": names[::-1], "showgrid": False,
               "tickfont": {"color": INK, "size": 11 if narrow else 12.5}},
        margin={"r": 20},
    )  # fmt: skip
    return chart
