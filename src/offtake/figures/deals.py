"""How binding the deals are: money and power by firmness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.figures._reading import deal_powers, flows, window
from offtake.figures._table import Table
from offtake.figures._template import INK, PATTERNS, figure, mix
from offtake.figures.words import money, power, scale_for, share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["DealLine", "DealsByFirmness", "collect_deals", "draw_deals"]

_ORDER: Final = ("firm", "optional", "intended", "offered")
_SHADES: Final = {"firm": 0.0, "optional": 0.4, "intended": 0.6, "offered": 0.78}
_CAPACITY: Final = frozenset({"compute", "lease", "supply"})


@dataclass(frozen=True, slots=True)
class DealLine:
    """One deal.

    Parameters
    ----------
    name, kind, firmness
        What it is and how binding.
    payer, receiver
        Its parties.
    in_force
        Share of futures in which it is in force.
    paid
        Mean payment over the calendar, in M USD.
    mw
        Headline power, in MW; 0 for deals about money alone.
    """

    name: str
    kind: str
    firmness: str
    payer: str
    receiver: str
    in_force: float
    paid: float
    mw: float


@dataclass(frozen=True, slots=True)
class DealsByFirmness:
    """Every deal, firmest first.

    Parameters
    ----------
    window
        The quarters, in words.
    deals
        The deals.
    chips
        Mean payments for chips that are bought without a deal, in M USD.
    """

    window: str
    deals: tuple[DealLine, ...]
    chips: float = 0.0

    def groups(self) -> dict[str, tuple[int, float, float]]:
        """Return, by firmness: number of deals, mean payments in M USD, headline compute power in MW."""
        found = {}
        for firmness in _ORDER:
            lines = [each for each in self.deals if each.firmness == firmness]
            if lines:
                mw = sum(each.mw for each in lines if each.kind == "compute")
                found[firmness] = (len(lines), sum(abs(each.paid) for each in lines), mw)
        return found

    def table(self) -> Table:
        """Return every deal with what is expected to be paid under it."""
        rows = tuple(
            (each.name, each.kind, each.firmness, each.payer, each.receiver, share(each.in_force),
             money(each.paid) if each.paid else "–", power(each.mw) if each.mw else "–")
            for each in self.deals
        )  # fmt: skip
        columns = (
            "deal",
            "kind",
            "firmness",
            "payer",
            "receiver",
            "in force",
            "paid, mean",
            "headline power",
        )
        return Table(columns, rows, "lllllrrr", f"Paid: mean over all futures, {self.window}.")


def collect_deals(book: Book, runs: Simulation) -> DealsByFirmness:
    """Return every deal of the book with how often it is in force and what is paid under it on average."""
    in_force = runs.values("in_force")
    paid = flows(book, runs)
    found = [
        DealLine(
            flow.deal,
            flow.kind,
            book.deals[flow.deal].firmness,
            flow.payer,
            flow.receiver,
            float(in_force.sel(deal=flow.deal)),
            flow.total,
            deal_powers(book, flow.deal) if flow.kind in _CAPACITY else 0.0,
        )
        for flow in paid
        if flow.deal in book.deals
    ]
    found.sort(key=lambda each: (_ORDER.index(each.firmness), -abs(each.paid)))
    chips = sum(flow.total for flow in paid if flow.deal not in book.deals)
    return DealsByFirmness(window(runs), tuple(found), chips)


def draw_deals(record: DealsByFirmness, *, narrow: bool = False) -> Any:
    """Return the figure: money expected to be paid, and headline compute power, by firmness."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    groups = record.groups()
    names = list(groups)
    titles = ("expected to be paid", "compute at headline size")
    rows, columns = (2, 1) if narrow else (1, 2)
    chart = make_subplots(
        rows, columns, shared_yaxes=not narrow, horizontal_spacing=0.06, vertical_spacing=0.25
    )
    height = (60 + 34 * len(names)) * rows + 50
    chart.update_layout(figure(height).layout)
    for place, (title, unit) in enumerate(zip(titles, ("M USD", "MW"), strict=True)):
        values = [groups[name][place + 1] for name in names]
        scale = scale_for(values, unit)
        colours = [mix("#0b5c92", "#ffffff", _SHADES[name]) for name in names]
        bar = go.Bar(
            x=scale.of(values),
            y=[f"{name} ({groups[name][0]})" for name in names],
            orientation="h",
            marker={
                "color": colours,
                "pattern": {"shape": [PATTERNS[name] for name in names], "fgcolor": INK, "size": 6,
                            "solidity": 0.18, "fillmode": "overlay"},
            },
            text=[(money(value) if unit == "M USD" else power(value)) if value else "–" for value in values],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )  # fmt: skip
        row, column = (place + 1, 1) if narrow else (1, place + 1)
        chart.add_trace(bar, row=row, col=column)
        top = 1.35 * max([*scale.of(values), 1e-9])
        chart.update_xaxes(
            title={"text": f"{title}, {scale.unit}"}, range=[0, top], showgrid=False, row=row, col=column
        )
        chart.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": INK}, row=row, col=column)
    chart.update_layout(bargap=0.35, height=height, margin={"t": 10})
    return chart
