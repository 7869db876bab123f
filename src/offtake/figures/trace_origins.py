"""Where each party's receipts come from in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._reading import roles_of, window
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, figure
from offtake.figures.words import money, share
from offtake.trace import ORIGINS, trace

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation
    from offtake.trace import Trace

__all__ = ["OriginLine", "TraceOrigins", "collect_trace_origins", "draw_trace_origins"]

_CUSTOMERS: Final = ORIGINS[0]
_OWN: Final = "own payments"
_COLOURS: Final = dict(
    zip(ORIGINS, ("#12806a", "#75619c", "#b9b6ae", "#d9c48f", ACCENT, "#7a2f10"), strict=True)
)
_LIGHT: Final = frozenset({"other outside income", "cash of others"})
_DRAWN: Final = 16
_ROOM: Final = 0.07


@dataclass(frozen=True, slots=True)
class OriginLine:
    """What one party receives from others, and where that comes from.

    Parameters
    ----------
    party, role
        The party and its role.
    receipts
        Mean receipts from other parties, in M USD.
    shares
        Share by origin; together one.
    contracted
        Share from end customers of what firm contracts alone make due on the announced schedule, and of what
        they do with options and letters of intent; None where nothing is due.
    """

    party: str
    role: str
    receipts: float
    shares: dict[str, float]
    contracted: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class TraceOrigins:
    """Origins of the receipts of every party that is paid by others.

    Parameters
    ----------
    window
        The quarters, in words.
    lines
        The parties, the largest receipts first.
    """

    window: str
    lines: tuple[OriginLine, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The origins that occur, in order."""
        return tuple(kind for kind in ORIGINS if any(line.shares[kind] > 0 for line in self.lines))

    def table(self) -> Table:
        """Return the shares of every party, with those of contracts beside them."""
        rows = tuple(
            (line.party, money(line.receipts), *(share(line.shares[kind]) for kind in self.kinds),
             *("–" if value is None else share(value) for value in line.contracted))
            for line in self.lines
        )  # fmt: skip
        columns = (
            "party", "receipts from others", *self.kinds,
            "end customers, firm contracts", "end customers, with letters",
        )  # fmt: skip
        note = (
            f"Means, {self.window}. Own payments: money that the party had paid out and that came back. The "
            "last two columns: on the announced schedule, by firm contracts alone, and with options and "
            "letters of intent by their likelihood."
        )
        return Table(columns, rows, "l" + "r" * (len(columns) - 1), note)


def collect_trace_origins(book: Book, runs: Simulation) -> TraceOrigins:
    """Return where the receipts of every party come from, in the mean of a run and by contract."""
    found = trace(book, runs, most_cycles=1)
    by_contract = [trace(book, firm_only=firm, most_cycles=1) for firm in (True, False)]
    roles = roles_of(book)
    lines = tuple(
        OriginLine(
            party,
            roles[party],
            float(found.dataset["receipts"].sel(party=party)),
            found.origin_of(party),
            (_customers(by_contract[0], party), _customers(by_contract[1], party)),
        )
        for party in map(str, found.to_dataframe("origins").index)
    )
    return TraceOrigins(window(runs), lines)


def _customers(found: Trace, party: str) -> float | None:
    received = float(found.dataset["receipts"].sel(party=party))
    return found.origin_of(party)[_CUSTOMERS] if received > 0 else None


def draw_trace_origins(record: TraceOrigins, *, narrow: bool = False) -> Any:
    """Return the figure: one bar of full length a party, cut by origin."""
    import plotly.graph_objects as go

    shown = record.lines[:_DRAWN]
    names = [line.party if narrow else f"{line.party}, {money(line.receipts)}" for line in shown]
    chart = figure((26 if narrow else 28) * max(len(shown), 1) + (150 if narrow else 110))
    for kind in record.kinds:
        values = [line.shares[kind] for line in shown]
        chart.add_trace(
            go.Bar(
                x=values,
                y=names,
                orientation="h",
                name=kind,
                marker={"color": _COLOURS[kind], "line": {"color": "#ffffff", "width": 1}},
                text=[share(value) if value >= (2 if narrow else 1) * _ROOM else "" for value in values],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"color": INK if kind in _LIGHT else "#ffffff", "size": 10 if narrow else 11},
                hovertemplate=f"%{{y}}<br>{kind}: %{{x:.1%}}<extra></extra>",
            )
        )
    chart.update_layout(
        barmode="stack",
        bargap=0.3,
        showlegend=True,
        legend={"traceorder": "normal", "y": 1.0, "yanchor": "bottom", "x": 0},
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": INK}},
        margin={"t": 70 if narrow else 34},
    )
    return chart
