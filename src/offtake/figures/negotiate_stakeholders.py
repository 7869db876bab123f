"""Who inside either party accepts what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import ACCENT, INK, MUTED, figure, party_colours
from offtake.figures.words import Scale, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.negotiate import Negotiation

__all__ = ["Holder", "Stakeholders", "collect_negotiate_stakeholders", "draw_negotiate_stakeholders"]

ACTUAL, NASH = "as the book has it", "Nash"


@dataclass(frozen=True, slots=True)
class Holder:
    """One stakeholder.

    Parameters
    ----------
    party, who
        The party, and the person or group.
    weight
        Its share in the decision.
    veto
        Whether a deal needs its consent.
    gains
        What each named outcome is worth to it above no deal, M USD.
    """

    party: str
    who: str
    weight: float
    veto: bool
    gains: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Stakeholders:
    """The stakeholders of both parties.

    Parameters
    ----------
    parties, colours
        The seller and the buyer, and their colours.
    holders
        The stakeholders.
    """

    parties: tuple[str, str]
    colours: tuple[str, str]
    holders: tuple[Holder, ...]

    @property
    def scale(self) -> Scale:
        """The unit of figure and table."""
        return scale_for([gain for each in self.holders for _, gain in each.gains], "M USD")

    def table(self) -> Table:
        """Return each stakeholder's gain and whether it accepts."""
        scale = self.scale
        names = [name for name, _ in self.holders[0].gains] if self.holders else []
        rows = tuple(
            (
                each.party,
                each.who,
                share(each.weight),
                "yes" if each.veto else "no",
                *(
                    f"{scale.text(gain)}{'' if gain >= -1e-6 else ', refuses'}"  # noqa: PLR2004 - a rounding error
                    for _, gain in each.gains
                ),
            )
            for each in self.holders
        )
        heads = [f"{name}, {scale.unit}" for name in names]
        text = "Gain over no deal by each one's own appetite for risk and horizon."
        return Table(
            ("party", "stakeholder", "weight", "veto", *heads), rows, "llrl" + "r" * len(names), text
        )


def collect_negotiate_stakeholders(book: Book, talks: Negotiation) -> Stakeholders:
    """Return what the outcome that the book has, and Nash's bargain, are worth to each stakeholder."""
    colours = party_colours(roles_of(book))
    outcomes = [(ACTUAL, talks.actual), (NASH, talks.nash if talks.nash is not talks.actual else None)]
    named = [(name, each) for name, each in outcomes if each is not None]
    holders = tuple(
        Holder(
            party,
            vote.who,
            vote.weight,
            vote.veto,
            tuple((name, each.of(party).verdict.votes[n].gain) for name, each in named),
        )
        for party in talks.parties
        for n, vote in enumerate(named[0][1].of(party).verdict.votes)
    )
    seller, buyer = talks.parties
    return Stakeholders(talks.parties, (colours[seller], colours[buyer]), holders)


def draw_negotiate_stakeholders(record: Stakeholders, *, narrow: bool = False) -> Any:
    """Return the figure: a row for each stakeholder, a mark for each outcome; a veto is told by its name."""
    import plotly.graph_objects as go

    scale = record.scale
    rows = [f"{each.who}{', veto' if each.veto else ''} ({each.party})" for each in record.holders]
    chart = figure((38 if narrow else 30) * len(rows) + 110)
    colour = dict(zip(record.parties, record.colours, strict=True))
    names = [name for name, _ in record.holders[0].gains]
    for n, name in enumerate(names):
        chart.add_trace(
            go.Scatter(
                x=scale.of(each.gains[n][1] for each in record.holders),
                y=rows,
                mode="markers",
                name=name,
                marker={
                    "size": 12,
                    "symbol": "diamond-open" if name == ACTUAL else "circle",
                    "color": [colour[each.party] for each in record.holders],
                    "line": {"width": 2.2, "color": [colour[each.party] for each in record.holders]},
                },
                hovertemplate=f"%{{y}}: %{{x:,.3g}} {scale.unit}, {name}<extra></extra>",
            )
        )
    chart.add_vline(0, line={"color": ACCENT, "width": 1.2, "dash": "dot"})
    chart.update_layout(
        xaxis={"title": {"text": f"gain over no deal, {scale.unit}"}, "showgrid": True},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": True,
               "tickfont": {"color": INK, "size": 10.5 if narrow else 12.5}},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom", "font": {"color": MUTED}},
        margin={"r": 16, "t": 34},
    )  # fmt: skip
    return chart
