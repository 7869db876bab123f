"""Fans: a median line with the bands that hold half and nine tenths of the futures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._template import MUTED, translucent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from offtake.figures.words import Scale
    from offtake.results import Simulation

__all__ = ["Fan", "add_fan", "fan_of", "fan_rows", "note", "quarter_axis", "sum_of_fans", "year_axis"]


@dataclass(frozen=True, slots=True)
class Fan:
    """Mean and quantiles of one quantity by quarter or year, in its canonical unit.

    Parameters
    ----------
    labels
        Quarters or years.
    mean, q05, q25, q50, q75, q95
        The statistics, one for each label.
    """

    labels: tuple[str, ...]
    mean: tuple[float, ...]
    q05: tuple[float, ...]
    q25: tuple[float, ...]
    q50: tuple[float, ...]
    q75: tuple[float, ...]
    q95: tuple[float, ...]

    def at(self, label: str | int) -> dict[str, float]:
        """Return every statistic at one label."""
        place = self.labels.index(str(label))
        return {name: getattr(self, name)[place] for name in ("mean", "q05", "q25", "q50", "q75", "q95")}

    def only(self, labels: Iterable[str]) -> Fan:
        """Return the fan at some of its labels."""
        kept = tuple(labels)
        places = [self.labels.index(label) for label in kept]
        stats = (self.mean, self.q05, self.q25, self.q50, self.q75, self.q95)
        return Fan(kept, *(tuple(each[place] for place in places) for each in stats))


def fan_of(runs: Simulation, variable: str, **labels: str | int) -> Fan:
    """Return the fan of a variable of a run."""
    frame = runs.fan(variable, **labels)
    columns = (tuple(float(each) for each in frame[name]) for name in frame.columns)
    return Fan(tuple(map(str, frame.index)), *columns)


def sum_of_fans(fans: Sequence[Fan]) -> Fan:
    """Return the sum of fans as if their quantities moved together: its bands are the widest there can be."""
    stats = ("mean", "q05", "q25", "q50", "q75", "q95")
    columns = [[getattr(fan, name) for fan in fans] for name in stats]
    return Fan(fans[0].labels, *(tuple(map(sum, zip(*each, strict=True))) for each in columns))


def add_fan(
    chart: Any, fan: Fan, colour: str, scale: Scale, at: Sequence[Any] | None = None, **place: Any
) -> None:
    """Draw a fan: two bands and the median, at its labels or at other places on the axis."""
    import plotly.graph_objects as go

    labels = list(fan.labels if at is None else at)
    for low, high, opacity in ((fan.q05, fan.q95, 0.16), (fan.q25, fan.q75, 0.3)):
        band = go.Scatter(
            x=labels + labels[::-1],
            y=scale.of(high) + scale.of(low)[::-1],
            mode="lines",
            fill="toself",
            fillcolor=translucent(colour, opacity),
            line={"width": 0},
            hoverinfo="skip",
        )
        chart.add_trace(band, **place)
    hover = [
        f"{label}<br>median {scale.text(mid)} {scale.unit}<br>"
        f"{scale.text(low)} to {scale.text(high)} in nine of ten futures"
        for label, mid, low, high in zip(fan.labels, fan.q50, fan.q05, fan.q95, strict=True)
    ]
    median = go.Scatter(
        x=labels,
        y=scale.of(fan.q50),
        mode="lines",
        line={"color": colour, "width": 2.2},
        hovertext=hover,
        hoverinfo="text",
    )
    chart.add_trace(median, **place)


def fan_rows(fan: Fan, scale: Scale) -> list[tuple[str, ...]]:
    """Return the rows of a fan's table: label, mean, and the five quantiles."""
    stats = (fan.mean, fan.q05, fan.q25, fan.q50, fan.q75, fan.q95)
    return [(label, *(scale.text(each[place]) for each in stats)) for place, label in enumerate(fan.labels)]


def quarter_axis(labels: Sequence[str], every: int = 1) -> dict[str, Any]:
    """Return an axis of quarters that names years only, each at its first quarter."""
    firsts = [label for label in labels if label.endswith("Q1")][::every]
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(labels),
        "tickvals": firsts or [labels[0]],
        "ticktext": [label[:4] for label in firsts] or [labels[0]],
    }


def year_axis(labels: Sequence[str], room: float = 0.35) -> dict[str, Any]:
    """Return an axis on which the k-th label stands at k, for labels that look like numbers and are not."""
    return {
        "type": "linear",
        "tickvals": list(range(len(labels))),
        "ticktext": list(labels),
        "range": [-room, len(labels) - 1 + room],
        "showgrid": False,
    }


def note(text: str, x: Any, y: Any, colour: str = MUTED, **more: Any) -> dict[str, Any]:
    """Return an annotation without an arrow: a label that stands beside what it names."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "font": {"color": colour, "size": 12},
        "align": "left",
    } | more
