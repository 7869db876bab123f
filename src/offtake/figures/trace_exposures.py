"""What each party would lose if another paid nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.figures._matrix import CROWDED, DARK, between_parties, in_cell
from offtake.figures._reading import quarters_of
from offtake.figures._table import Table
from offtake.figures.words import Scale, scale_for, share
from offtake.trace import trace

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = [
    "ExposureLine",
    "ProviderLine",
    "TraceExposures",
    "collect_trace_exposures",
    "draw_trace_exposures",
]

_SHOWN: Final = 2e-3


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """What one party has at stake with another, in M USD.

    Parameters
    ----------
    party, to
        Who loses if who pays nothing.
    before, after
        Before and after what the two owe each other is set off.
    """

    party: str
    to: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """How a buyer of capacity spreads what it pays.

    Parameters
    ----------
    party
        The buyer.
    herfindahl
        Sum of squared shares.
    largest, share
        Its largest provider and that one's share.
    count
        Number of providers.
    """

    party: str
    herfindahl: float
    largest: str
    share: float
    count: int


@dataclass(frozen=True, slots=True)
class TraceExposures:
    """Every exposure from a quarter on, and how concentrated buyers are.

    Parameters
    ----------
    start
        The quarter from which the other pays nothing.
    lines
        Exposures, the largest first.
    providers
        Buyers of capacity, those who pay most first.
    """

    start: str
    lines: tuple[ExposureLine, ...]
    providers: tuple[ProviderLine, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([line.before for line in self.lines], "M USD")

    def table(self) -> Table:
        """Return every exposure before and after netting."""
        scale = self.scale
        rows = tuple(
            (line.party, line.to, scale.text(line.before), scale.text(line.after),
             share(1.0 - line.after / line.before))
            for line in self.lines
        )  # fmt: skip
        columns = ("who loses", "if this one pays nothing", f"before netting, {scale.unit}",
                   f"after netting, {scale.unit}", "set off")  # fmt: skip
        text = (
            f"Mean payments to come from {self.start} to the end of the calendar, loans outstanding with the "
            "interest on them, and prepayments not yet credited."
        )
        return Table(columns, rows, "llrrr", text)


def collect_trace_exposures(book: Book, runs: Simulation) -> TraceExposures:
    """Return what each party has at stake with each other from the opening on."""
    found = trace(book, runs, most_cycles=1)
    frame = found.to_dataframe("exposures")
    lines = tuple(
        ExposureLine(str(party), str(to), float(before), float(after))
        for party, to, before, after in frame.to_numpy().tolist()
    )
    paid = dict.fromkeys(book.parties, 0.0)
    for flow in found.flows:
        if flow.kind in {"compute", "lease"}:
            paid[flow.payer] += flow.total
    rows = [each for each in found.concentration if each.by == "provider"]
    rows.sort(key=lambda each: (-paid[each.party], each.party))
    providers = tuple(
        ProviderLine(each.party, each.herfindahl, each.largest, each.share, each.count) for each in rows
    )
    return TraceExposures(quarters_of(runs)[0], lines, providers)


def draw_trace_exposures(record: TraceExposures, *, narrow: bool = False) -> Any:
    """Return the figure: who loses down, by whose failure across, darker where more is at stake."""
    scale, largest = record.scale, max((line.before for line in record.lines), default=1.0)
    shown = [line for line in record.lines if line.before >= _SHOWN * largest]
    rows, columns = _order(shown, "party"), _order(shown, "to")
    values, left = np.full((2, len(rows), len(columns)), np.nan)
    for line in shown:
        at = rows.index(line.party), columns.index(line.to)
        values[at], left[at] = line.before / scale.factor, line.after / scale.factor
    crowded = narrow and len(columns) > CROWDED
    notes = [
        in_cell(scale.text(line.before), line.to, line.party,
                dark=np.sqrt(line.before / largest) > DARK, small=narrow)
        for line in shown if not crowded
    ]  # fmt: skip
    return between_parties(
        (26 if narrow else 30) * max(len(rows), 1) + 150,
        rows,
        columns,
        np.sqrt(values * scale.factor / largest),
        told=np.stack([values, left], axis=-1),
        colours=("#f6ece7", "#d98d63", "#7a2f10"),
        hover=f"%{{y}} loses if %{{x}} pays nothing<br>%{{customdata[0]:.3~g}} {scale.unit}, "
        "after netting %{customdata[1]:.3~g}",
        notes=notes,
    )


def _order(lines: list[ExposureLine], side: str) -> list[str]:
    """Return the parties of one side, those with the most at stake first."""
    sums: dict[str, float] = {}
    for line in lines:
        sums[getattr(line, side)] = sums.get(getattr(line, side), 0.0) + line.before
    return sorted(sums, key=lambda name: (-sums[name], name))
