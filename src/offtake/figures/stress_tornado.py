"""A tornado: which figures of the book move an outcome most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._fan import note
from offtake.figures._table import Table
from offtake.figures._template import INK, MUTED, figure
from offtake.figures.words import Scale, plain, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.stress import Sensitivities

__all__ = ["StressTornado", "TornadoLine", "collect_stress_tornado", "draw_stress_tornado"]

_HIGHER: Final = "#0b5c92"
_LOWER: Final = "#d08a00"
_ROOF: Final = ("parties", "deals", "workloads", "drivers", "sites", "chips", "market", "causes")
_SILENT: Final = ("clauses", "phases", "gates", "path")
_SHORT: Final = 46


@dataclass(frozen=True, slots=True)
class TornadoLine:
    """What one figure of the book does.

    Parameters
    ----------
    label
        Its dotted path.
    value, span, unit
        Where it stands, how far it may be off, and the unit of both.
    change
        What raising it by the span does to the mean outcome.
    derivative
        Change of the mean outcome per unit, along futures in which nothing flips.
    through
        Whether it acts through a threshold: ``no``, ``partly``, ``only`` or ``not compared``.
    flipped
        Share of futures in which moving it flips something; NaN where it was not moved.
    """

    label: str
    value: float
    span: float
    unit: str
    change: float
    derivative: float
    through: str
    flipped: float

    @property
    def said(self) -> str:
        """The label as people read it: the words of the path that tell it apart."""
        words = self.label.split(".")
        kept = words[1:] if words[0] in _ROOF else words
        return " ".join(word for word in kept if word not in _SILENT).replace("_", " ")

    @property
    def moved(self) -> str:
        """Where it stands and how far it may be off, in words."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{plain(self.value)} ± {plain(self.span)}{unit}"


@dataclass(frozen=True, slots=True)
class StressTornado:
    """The figures that move an outcome most.

    Parameters
    ----------
    outcome, unit, value
        What is asked in words, its unit, and its mean.
    paths
        Number of futures.
    lines
        The figures, largest change first.
    thresholds
        Those without a derivative that act through a threshold but are not among the lines, with what being
        off by their span does.
    figures
        How many figures of the book were looked at.
    not_seen
        How many were not looked at though they may act through a threshold.
    """

    outcome: str
    unit: str
    value: float
    paths: int
    lines: tuple[TornadoLine, ...]
    thresholds: dict[str, float]
    figures: int
    not_seen: int

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([each.change for each in self.lines], self.unit)

    def table(self) -> Table:
        """Return each figure with where it stands, what it does and whether that is through a threshold."""
        scale = self.scale
        rows = tuple(
            (
                each.label,
                each.moved,
                scale.text(each.change),
                f"{plain(each.derivative)}",
                _through(each),
            )
            for each in self.lines
        )
        unit = "" if scale.unit == "1" else f", {scale.unit}"
        columns = (
            "figure",
            "now ± how far it may be off",
            f"raising it changes the mean{unit}",
            "derivative",
            "through a threshold",
        )
        rest = ", ".join(self.thresholds)
        also = f" These act through a threshold alone and less than the lines above: {rest}." if rest else ""
        text = (
            f"{self.outcome}: {plain(self.value / scale.factor)} {scale.unit} on average over {self.paths:,} "
            f"futures; the derivative is in {self.unit} per unit of the figure.{also}"
        )
        return Table(columns, rows, "lrrrl", text)


def collect_stress_tornado(book: Book, found: Sensitivities) -> StressTornado:
    """Return the figures that move an outcome most, from its sensitivities."""
    lines = tuple(
        TornadoLine(
            one.label, one.value, one.span, one.unit, one.change, one.derivative, one.through, one.flipped
        )
        for one in found.top
    )
    shown = {line.label for line in lines}
    del book
    return StressTornado(
        outcome=str(found.outcome),
        unit=found.unit,
        value=found.value,
        paths=found.paths,
        lines=lines,
        thresholds={label: change for label, change in found.thresholds.items() if label not in shown},
        figures=len(found.derivatives),
        not_seen=len(found.not_seen),
    )


def draw_stress_tornado(record: StressTornado, *, narrow: bool = False) -> Any:
    """Return the figure: two half bars for each figure of the book, for more and for less of it."""
    import plotly.graph_objects as go

    scale, places = record.scale, list(range(len(record.lines)))
    chart = figure((46 if narrow else 38) * max(len(places), 1) + 80)
    changes = scale.of([line.change for line in record.lines])
    hatch = ["/" if line.through == "only" else "" for line in record.lines]
    for name, colour, sign in (("figure higher", _HIGHER, 1.0), ("figure lower", _LOWER, -1.0)):
        chart.add_trace(
            go.Bar(
                x=[sign * change for change in changes],
                y=places,
                orientation="h",
                width=0.36,
                name=name,
                marker={"color": colour, "pattern": {"shape": hatch, "size": 5, "solidity": 0.35}},
                hovertext=[_hover(line, record, sign) for line in record.lines],
                hoverinfo="text",
            )
        )
    widest = max((abs(change) for change in changes), default=1.0) * 1.04
    notes = [
        note(_titled(line, narrow), 0, place, INK, xref="paper", xanchor="left", yshift=17)
        for place, line in zip(places, record.lines, strict=True)
    ]
    chart.update_layout(
        barmode="overlay",
        xaxis={
            "title": {"text": f"change of the mean, {scale.unit}"},
            "showgrid": True,
            "zeroline": True,
            "zerolinecolor": MUTED,
            "range": [-widest, widest],
        },
        yaxis={"range": [len(places) - 0.5, -0.9], "showticklabels": False, "showgrid": False, "ticks": ""},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom"},
        annotations=notes,
        margin={"t": 34},
    )
    return chart


def _titled(line: TornadoLine, narrow: bool) -> str:
    """Return what stands above a bar."""
    short = line.said if len(line.said) <= _SHORT else f"{line.said[: _SHORT - 1]}…"
    mark = {"only": "only through a threshold", "partly": "partly through a threshold"}.get(line.through, "")
    if narrow:
        return f"{short}{' *' if mark else ''}"
    rest = "  ".join(each for each in (line.moved, mark) if each)
    return f'{line.said}  <span style="color:{MUTED}">{rest}</span>'


def _hover(line: TornadoLine, record: StressTornado, sign: float) -> str:
    scale = record.scale
    way = "more" if sign > 0 else "less"
    flips = f"<br>flips something in {share(line.flipped)} of futures" if line.flipped > 0 else ""
    unit = "" if line.unit == "1" else f" {line.unit}"
    return (
        f"{line.label}<br>now {plain(line.value)}{unit}; {plain(line.span)}{unit} {way}: "
        f"{scale.text(sign * line.change)} {scale.unit}<br>through a threshold: {_through(line)}{flips}"
    )


def _through(line: TornadoLine) -> str:
    """Return in words whether a figure acts through a threshold."""
    words = {"no": "no", "partly": "partly", "only": "only", "not compared": "not compared"}[line.through]
    return f"{words}, in {share(line.flipped)} of futures" if line.flipped > 0 and words != "no" else words
