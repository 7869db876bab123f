"""The most probable failure of a party: how far each thing moves, and the drivers on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InputError
from offtake.figures._fan import Fan, fan_of, note
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, FAINT, INK, MUTED, figure, translucent
from offtake.figures.words import plain, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation
    from offtake.stress import DefaultProbability, ReverseStress

__all__ = ["ReverseCourse", "ReversePart", "StressReverse", "collect_stress_reverse", "draw_stress_reverse"]

_LEAST: Final = 0.01
_BARS: Final = 8
_PANELS: Final = 6
_OWN: Final = "#0b5c92"
_BAR: Final = 34
_PANEL: Final = 170


@dataclass(frozen=True, slots=True)
class ReversePart:
    """One part of the move.

    Parameters
    ----------
    name, kind
        What moves, and whether it is a driver, a jump, a common cause, a figure or a deal.
    deviations
        How far, in standard deviations of everything that it is made of together.
    share
        Its part of the squared distance.
    value, median
        What it is at the quarter of the failure, and in the median future.
    words
        The same in words; may be empty.
    """

    name: str
    kind: str
    deviations: float
    share: float
    value: float
    median: float
    words: str


@dataclass(frozen=True, slots=True)
class ReverseCourse:
    """A driver by quarter, each as a share of its median.

    Parameters
    ----------
    name
        The driver.
    found
        Its value in the move over that in the median future.
    fan
        Quantiles of the futures of the run, in the driver's own unit.
    median
        The median future, in the driver's own unit.
    """

    name: str
    found: tuple[float, ...]
    fan: Fan
    median: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StressReverse:
    """The most probable failure of a party.

    Parameters
    ----------
    party, by, fails_in
        Who, until when, and the quarter in which it cannot pay in the move.
    beta
        Distance from the median future in standard deviations; below zero if the median future fails.
    first_order
        Probability of the move to first order.
    sampled, error, variance_ratio, trusted
        Probability that it runs out of money by then, sampled around the move, its standard error, how many
        times less variance than plain sampling, and whether enough failing futures count.
    every, every_error
        The same with failures from outside causes.
    blur, blurred
        M USD over which the search first blurred the tightest quarter, and the distance with it.
    parts
        Everything that moves, largest part first.
    courses
        The drivers that move, largest part first.
    quarters
        Of the courses.
    paths
        Futures sampled.
    """

    party: str
    by: str
    fails_in: str
    beta: float
    first_order: float
    sampled: float
    error: float
    variance_ratio: float
    trusted: bool
    every: float
    every_error: float
    blur: float
    blurred: float
    parts: tuple[ReversePart, ...]
    courses: tuple[ReverseCourse, ...]
    quarters: tuple[str, ...]
    paths: int

    def table(self) -> Table:
        """Return every part of the move."""
        rows = tuple(
            (
                each.name,
                each.kind,
                plain(each.deviations),
                share(each.share),
                plain(each.value),
                plain(each.median),
                each.words or "–",
            )
            for each in self.parts
        )
        columns = (
            "what",
            "kind",
            "standard deviations",
            "part of the squared distance",
            f"in {self.fails_in}",
            "median future",
            "in words",
        )
        text = (
            f"The search first blurred the tightest quarter over {plain(self.blur)} M USD: distance "
            f"{plain(self.blurred)} with the blur, {plain(self.beta)} without it. "
            f"Sampled with {self.paths:,} futures."
        )
        return Table(columns, rows, "llrrrrl", text)


def collect_stress_reverse(
    book: Book,
    runs: Simulation,
    found: ReverseStress,
    short: DefaultProbability,
    every: DefaultProbability,
) -> StressReverse:
    """Return the most probable failure of a party, with what was sampled around it.

    Parameters
    ----------
    book, runs
        The book and its run, for the range of the drivers.
    found
        What `offtake.stress.reverse_stress` found.
    short, every
        What `offtake.stress.default_probability` sampled around it, without failures from outside causes and
        with them.

    Raises
    ------
    InputError
        If the sampling was of another party or quarter.
    """
    if {(short.party, short.by), (every.party, every.by)} != {(found.party, found.by)}:
        message = f"what was sampled is not about {found.party} by {found.by}"
        raise InputError(message)
    parts = tuple(
        ReversePart(
            move.name,
            move.kind,
            math.sqrt(move.share) * abs(found.beta),
            move.share,
            move.value,
            move.median,
            move.words,
        )
        for move in found.moves
        if move.share >= _LEAST
    )
    moving = dict.fromkeys(part.name for part in parts if part.kind in {"driver", "jump"})
    return StressReverse(
        party=found.party,
        by=found.by,
        fails_in=found.fails_in,
        beta=found.beta,
        first_order=found.probability,
        sampled=short.probability,
        error=short.error,
        variance_ratio=short.variance_ratio,
        trusted=short.trusted,
        every=every.probability,
        every_error=every.error,
        blur=found.blur,
        blurred=found.blurred_beta,
        parts=parts,
        courses=tuple(_course(book, runs, found, name) for name in moving),
        quarters=tuple(map(str, book.calendar.quarters)),
        paths=short.settings["paths"],
    )


def _course(book: Book, runs: Simulation, found: ReverseStress, name: str) -> ReverseCourse:
    course, fan = found.courses[name], fan_of(runs, "driver_value", driver=name)
    del book
    ratio = tuple(a / b if b else 1.0 for a, b in zip(course.found, course.median, strict=True))
    return ReverseCourse(name, ratio, fan, course.median)


def draw_stress_reverse(record: StressReverse, *, narrow: bool = False) -> Any:
    """Return the figure: how far each part moves, and below it the drivers by quarter."""
    from plotly.subplots import make_subplots

    parts, courses = record.parts[:_BARS], record.courses[:_PANELS]
    columns = 1 if narrow else min(3, max(len(courses), 1))
    rows = math.ceil(len(courses) / columns)
    bars, panels = _BAR * max(len(parts), 1) + 20, _PANEL * rows
    gap = 78 if rows else 0
    total = bars + panels + gap * max(rows, 0) + 60
    specs = [[{"colspan": columns}, *[None] * (columns - 1)], *([[{}] * columns] * rows)]
    chart = make_subplots(
        rows=1 + rows,
        cols=columns,
        specs=specs,
        row_heights=[bars, *([_PANEL] * rows)],
        vertical_spacing=gap / total if rows else 0.0,
        horizontal_spacing=0.08,
        subplot_titles=["", *(course.name for course in courses)],
        figure=figure(total),
    )
    _add_bars(chart, parts, narrow)
    for place, course in enumerate(courses):
        _add_course(chart, course, record, (2 + place // columns, 1 + place % columns))
    chart.update_annotations(font={"size": 12, "color": INK})
    notes = [
        note(_titled(part, narrow), 0, place, INK, xref="x domain", yref="y", xanchor="left", yshift=15)
        for place, part in enumerate(parts)
    ]
    for each in notes:
        chart.add_annotation(each)
    chart.update_layout(margin={"t": 10, "b": 30})
    return chart


def _add_bars(chart: Any, parts: tuple[ReversePart, ...], narrow: bool) -> None:
    """Draw how far each part moves."""
    import plotly.graph_objects as go

    del narrow
    bar = go.Bar(
        x=[part.deviations for part in parts],
        y=list(range(len(parts))),
        orientation="h",
        width=0.3,
        marker={"color": ACCENT},
        hovertext=[
            f"{part.name}: {plain(part.deviations)} standard deviations, {share(part.share)} of the squared "
            f"distance<br>{plain(part.value)}, median {plain(part.median)}"
            for part in parts
        ],
        hoverinfo="text",
    )
    chart.add_trace(bar, row=1, col=1)
    title = {"text": "standard deviations from the median future"}
    chart.update_xaxes(title=title, rangemode="tozero", showgrid=True, gridcolor=FAINT, row=1, col=1)
    chart.update_yaxes(
        range=[len(parts) - 0.5, -0.85], showticklabels=False, showgrid=False, ticks="", row=1, col=1
    )


def _add_course(chart: Any, course: ReverseCourse, record: StressReverse, at: tuple[int, int]) -> None:
    """Draw a driver in the move over its median future, over the range of nine of ten futures."""
    import plotly.graph_objects as go

    row, col = at
    quarters = list(record.quarters)
    low, high = (
        [100.0 * a / b if b else 100.0 for a, b in zip(each, course.median, strict=True)]
        for each in (course.fan.q05, course.fan.q95)
    )
    band = go.Scatter(
        x=quarters + quarters[::-1],
        y=high + low[::-1],
        mode="lines",
        fill="toself",
        fillcolor=translucent(_OWN, 0.16),
        line={"width": 0},
        hoverinfo="skip",
    )
    chart.add_trace(band, row=row, col=col)
    chart.add_hline(y=100.0, line={"color": MUTED, "width": 1, "dash": "dot"}, row=row, col=col)
    line = go.Scatter(
        x=quarters,
        y=[100.0 * each for each in course.found],
        mode="lines",
        line={"color": ACCENT, "width": 2.2},
        hovertext=[
            f"{quarter}: {course.name} at {plain(100.0 * each)} % of its median<br>nine of ten futures: "
            f"{plain(a)} to {plain(b)} %"
            for quarter, each, a, b in zip(quarters, course.found, low, high, strict=True)
        ],
        hoverinfo="text",
    )
    chart.add_trace(line, row=row, col=col)
    chart.add_vline(x=record.fails_in, line={"color": INK, "width": 1}, row=row, col=col)
    firsts = [quarter for quarter in quarters if quarter.endswith("Q1")][::2] or quarters[:1]
    chart.update_xaxes(
        type="category",
        tickvals=firsts,
        ticktext=[quarter[:4] for quarter in firsts],
        range=[-0.5, len(quarters) - 0.5],
        row=row,
        col=col,
    )
    chart.update_yaxes(ticksuffix=" %", nticks=5, row=row, col=col)


def _titled(part: ReversePart, narrow: bool) -> str:
    said = part.words or part.name
    most = 44 if narrow else 90
    return said if len(said) <= most else f"{said[: most - 1]}…"
