"""The ripples of the largest parties' failures: for each, who falls how long after it."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._size import Obligations, obligations
from offtake.figures._table import Table
from offtake.figures._template import FAINT, INK, MUTED, figure
from offtake.figures.stress_rounds import StressRounds, collect_stress_rounds
from offtake.figures.words import scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.stress import Stress

__all__ = ["StressRipples", "collect_stress_ripples", "draw_stress_ripples"]

_LARGEST: Final = 10
_NAMED: Final = 8
_LEAST: Final = 5e-4
_OTHERS: Final = "all others"


@dataclass(frozen=True, slots=True)
class StressRipples:
    """What follows the failure of each of the largest parties.

    Parameters
    ----------
    at
        Quarter of the failures.
    paths
        Number of futures.
    ripples
        One for each party, the largest gross obligations under firm contracts first.
    sizes
        These obligations by party, M USD.
    commands
        The command line that gives each of them.
    """

    at: str
    paths: int
    ripples: tuple[StressRounds, ...]
    sizes: dict[str, Obligations]
    commands: dict[str, str]

    @property
    def most(self) -> StressRounds:
        """The ripple in which somebody else falls in the most futures."""
        return min(self.ripples, key=lambda each: each.nobody)

    @property
    def followers(self) -> tuple[str, ...]:
        """Parties that fall after somebody, the one that falls most often over all ripples first."""
        often: dict[str, float] = {}
        for ripple in self.ripples:
            for party, falls in ripple.falls.items():
                often[party] = often.get(party, 0.0) + sum(falls)
        return tuple(party for party in sorted(often, key=lambda each: -often[each]) if often[party] > 0)

    def table(self) -> Table:
        """Return for each of the parties its size, how often somebody follows, who, and the command."""
        scale = scale_for([self.sizes[each.failed].gross for each in self.ripples], "M USD")
        rows = tuple(
            (
                each.failed,
                scale.text(self.sizes[each.failed].gross),
                share(1.0 - each.nobody),
                share(sum(falls[0] for falls in each.falls.values() if falls)),
                _first(each),
                self.commands[each.failed],
            )
            for each in self.ripples
        )
        columns = (
            "if this one fails",
            f"gross obligations, {scale.unit}",
            "somebody falls sooner in",
            "falls in the same quarter",
            "most often",
            "command",
        )
        text = (
            f"Failures in {self.at}, from {self.paths:,} futures. The ten largest by gross obligations: what "
            "a party is to pay and to be paid under firm contracts over the calendar, nothing set off. Falls "
            "in the same quarter are added up over parties."
        )
        return Table(columns, rows, "lrrrll", text)


def collect_stress_ripples(book: Book, failures: Stress) -> StressRipples:
    """Return the ripples of the ten largest parties, from a stress of every party in turn."""
    sizes = obligations(book)
    failed = {shock.failed[0] for shock in failures.shocks if len(shock.failed) == 1}
    largest = [name for name in sizes if name in failed][:_LARGEST]
    at = failures.shocks[0].at
    source = book.book if book.book in book.shipped() else "BOOK"
    settings = f"--at {at} --paths {failures.paths} --seed {failures.seed}"
    return StressRipples(
        at=at,
        paths=failures.paths,
        ripples=tuple(collect_stress_rounds(book, failures, name) for name in largest),
        sizes={name: sizes[name] for name in largest},
        commands={name: f"offtake stress {source} --fail {shlex.quote(name)} {settings}" for name in largest},
    )


def draw_stress_ripples(record: StressRipples, *, narrow: bool = False) -> Any:
    """Return the figure: a small panel for each party, bars by quarter since its failure."""
    from plotly.subplots import make_subplots

    columns = 2 if narrow else 5
    rows = math.ceil(len(record.ripples) / columns)
    rounds = max(each.rounds for each in record.ripples)
    named = [party for party in record.followers if _seen(record, party)][:_NAMED]
    chart = figure((148 if narrow else 190) * rows + (190 if narrow else 110))
    panels = make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes="all",
        horizontal_spacing=0.12 if narrow else 0.045,
        vertical_spacing=0.36 / rows,
        subplot_titles=[_titled(each, narrow) for each in record.ripples],
        figure=chart,
    )
    colours = {**record.ripples[0].colours, _OTHERS: "#b9b6ae"}
    for place, ripple in enumerate(record.ripples):
        _add(panels, ripple, named, colours, (place // columns + 1, place % columns + 1), rounds)
    for party in [*named, *([_OTHERS] if len(record.followers) > len(named) else [])]:
        panels.add_trace(_key(party, colours[party]), row=1, col=1)
    panels.update_annotations(font={"size": 11 if narrow else 12, "color": INK}, yanchor="bottom", yshift=2)
    panels.update_xaxes(dtick=4, range=[-0.6, rounds - 0.4], tickfont={"size": 10})
    panels.update_yaxes(nticks=4, tickfont={"size": 10}, gridcolor=FAINT, showgrid=True, title=None)
    for place, ripple in enumerate(record.ripples):
        at = (place // columns + 1, place % columns + 1)
        panels.update_yaxes(range=[0.0, 1.08 * _highest(ripple)], row=at[0], col=at[1])
    panels.update_layout(
        barmode="stack",
        bargap=0.15,
        showlegend=True,
        legend={"y": -0.1 if not narrow else -0.06, "font": {"size": 11}, "tracegroupgap": 0},
        margin={"t": 58, "b": 10},
    )
    panels.add_annotation(
        text="falls in 100 futures, by quarters since the failure",
        x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=38, showarrow=False,
        font={"size": 12, "color": MUTED},
    )  # fmt: skip
    return panels


def _add(
    panels: Any,
    ripple: StressRounds,
    named: list[str],
    colours: dict[str, str],
    at: tuple[int, int],
    rounds: int,
) -> None:
    """Draw one ripple: a stack for each quarter since the failure."""
    import plotly.graph_objects as go

    series = {party: ripple.falls[party] for party in named if sum(ripple.falls.get(party, ())) > 0}
    rest = [falls for party, falls in ripple.falls.items() if party not in named and sum(falls) > 0]
    if rest:
        series[_OTHERS] = tuple(map(sum, zip(*rest, strict=True)))
    for party, falls in series.items():
        bar = go.Bar(
            x=list(range(rounds)),
            y=[100 * each for each in falls[:rounds]],
            name=party,
            showlegend=False,
            legendgroup=party,
            marker={"color": colours[party], "line": {"width": 0}},
            hovertemplate=(
                f"{ripple.failed} fails: {party} falls %{{x}} quarters later in %{{y:.2f}} of 100 futures"
                "<extra></extra>"
            ),
        )
        panels.add_trace(bar, row=at[0], col=at[1])
    if not series:
        panels.add_trace(go.Bar(x=[0], y=[0], showlegend=False, hoverinfo="skip"), row=at[0], col=at[1])


def _key(party: str, colour: str) -> Any:
    """Return an empty trace that puts a party into the legend."""
    import plotly.graph_objects as go

    return go.Bar(x=[0], y=[0], name=party, legendgroup=party, marker={"color": colour}, hoverinfo="skip")


def _titled(ripple: StressRounds, narrow: bool) -> str:
    name = ripple.failed
    most = 18 if narrow else 24
    short = name if len(name) <= most else f"{name[: most - 1]}…"
    return f"<b>{short}</b><br>followed in {share(1.0 - ripple.nobody)}"


def _highest(ripple: StressRounds) -> float:
    """Return the highest stack of a panel, in falls in 100 futures; a tenth where there is none."""
    stacks = [100 * sum(falls[k] for falls in ripple.falls.values()) for k in range(ripple.rounds)]
    return max([*stacks, 0.1])


def _seen(record: StressRipples, party: str) -> bool:
    return any(sum(each.falls.get(party, ())) >= _LEAST for each in record.ripples)


def _first(ripple: StressRounds) -> str:
    """Return the three that fall most often, with how often."""
    shown = [(party, sum(falls)) for party, falls in ripple.falls.items() if sum(falls) >= _LEAST][:3]
    return ", ".join(f"{party} {share(often)}" for party, often in shown) or "nobody"
