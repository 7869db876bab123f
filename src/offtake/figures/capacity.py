"""Capacity against demand: what is delivered to a buyer, deal by deal, under what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.figures._fan import Fan, fan_of, note, quarter_axis, sum_of_fans
from offtake.figures._reading import efficiency_of, labels_of, mean_of, quarters_of, roles_of
from offtake.figures._table import Table
from offtake.figures._template import (
    FAINT,
    INK,
    MUTED,
    PATTERNS,
    figure,
    mix,
    party_colours,
    translucent,
)
from offtake.figures.words import Scale, scale_for

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["Capacity", "Layer", "collect_capacity", "draw_capacity"]

_LABELLED: Final = 0.04
_MANY: Final = 7
_FIRMNESS: Final = ("firm", "optional", "intended", "offered")


@dataclass(frozen=True, slots=True)
class Layer:
    """Mean effective capacity from one deal, or from own sites, by quarter.

    Parameters
    ----------
    name
        The deal; `own sites` for sites that the buyer runs itself.
    supplier
        Who delivers it.
    firmness
        How binding the deal is.
    mw
        Mean effective MW by quarter.
    """

    name: str
    supplier: str
    firmness: str
    mw: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a buyer gets and what it asks for, in effective MW.

    Parameters
    ----------
    party
        The buyer.
    quarters
        The quarters.
    layers
        What delivers, firmest first.
    owed
        Mean effective MW owed to it under all deals, on time.
    demand
        What its workloads ask for.
    used
        Mean share of what is delivered to it that its workloads use, by quarter.
    bands_added
        Whether the bands of several workloads were added as if they moved together.
    colours
        Colour by supplier.
    words
        What a firmness is called where it is not by its own name.
    """

    party: str
    quarters: tuple[str, ...]
    layers: tuple[Layer, ...]
    owed: tuple[float, ...]
    demand: Fan
    used: tuple[float, ...]
    bands_added: bool
    colours: dict[str, str]
    words: dict[str, str] = field(default_factory=dict)

    @property
    def supply(self) -> tuple[float, ...]:
        """Mean effective MW of all layers by quarter."""
        return tuple(map(float, np.sum([layer.mw for layer in self.layers], axis=0))) if self.layers else ()

    @property
    def drawn(self) -> tuple[Layer, ...]:
        """The layers as they are drawn: by deal, or by supplier and firmness where there are many."""
        if len(self.layers) <= _MANY:
            return self.layers
        groups: dict[tuple[str, str], list[Layer]] = {}
        for layer in self.layers:
            groups.setdefault((layer.firmness, layer.supplier), []).append(layer)
        found = []
        for (firmness, supplier), members in groups.items():
            name = "own sites" if supplier == self.party else supplier
            total = tuple(map(float, np.sum([each.mw for each in members], axis=0)))
            found.append(
                Layer(
                    name if firmness == "firm" else f"{name}, {self.words.get(firmness, firmness)}",
                    supplier,
                    firmness,
                    total,
                )
            )
        return tuple(sorted(found, key=lambda each: (_FIRMNESS.index(each.firmness), -sum(each.mw))))

    @property
    def scale(self) -> Scale:
        """The unit of the figure."""
        return scale_for([*self.demand.q95, *self.owed, *self.supply], "MW")

    def table(self) -> Table:
        """Return mean supply by deal, and demand, for the last quarter of each year."""
        kept = [place for place, label in enumerate(self.quarters) if label.endswith("Q4")]
        kept = kept or [len(self.quarters) - 1]
        columns = ("deal", "supplier", "firmness", *(self.quarters[place] for place in kept))
        lines = [(each.name, each.supplier, each.firmness, each.mw) for each in self.layers]
        lines += [("all supply, mean", "", "", self.supply or (0.0,) * len(self.quarters))]
        lines += [("owed on time, mean", "", "", self.owed)]
        fans = (("median", self.demand.q50), ("low", self.demand.q05), ("high", self.demand.q95))
        lines += [(f"demand, {name}", "", "", values) for name, values in fans]
        scale = self.scale
        rows = tuple((*head, *(scale.text(values[place]) for place in kept)) for *head, values in lines)
        return Table(
            columns,
            rows,
            "lll" + "r" * len(kept),
            f"Effective {scale.unit}. Low and high: nine of ten futures lie between.",
        )


def collect_capacity(book: Book, runs: Simulation, party: str) -> Capacity:
    """Return what a buyer gets under each deal, and what its workloads ask for."""
    quarters = quarters_of(runs)
    layers, owed = [], np.zeros(len(quarters))
    for deal in labels_of(runs, "deal"):
        entry = book.deals.get(deal)
        if entry is None or entry.kind != "compute" or entry.debtor != party:
            continue
        efficiency = efficiency_of(book, deal)
        mw = efficiency * mean_of(runs, "delivered_deal", deal=deal)
        owed += efficiency * mean_of(runs, "owed_deal", deal=deal)
        if mw.any():
            layers.append(Layer(deal, entry.creditor, entry.firmness, tuple(map(float, mw))))
    own = _own_sites(book, runs, party, layers)
    if any(each > 0 for each in own.mw):
        layers.append(own)
    layers.sort(key=lambda layer: (_FIRMNESS.index(layer.firmness), -sum(layer.mw)))
    demand, added = _demand(book, runs, party)
    delivered = mean_of(runs, "delivered", party=party)
    used = np.divide(
        mean_of(runs, "used", party=party), delivered, out=np.ones_like(delivered), where=delivered > 0
    )
    return Capacity(
        party,
        quarters,
        tuple(layers),
        tuple(map(float, owed)),
        demand,
        tuple(map(float, used)),
        added,
        party_colours(roles_of(book)),
    )


def _own_sites(book: Book, runs: Simulation, party: str, layers: list[Layer]) -> Layer:
    """Return what serves the party beyond its deals: its own free sites."""
    serving = mean_of(runs, "energised_for", party=party)
    bought = np.zeros(len(serving))
    for layer in layers:
        bought += np.asarray(layer.mw) / efficiency_of(book, layer.name)
    chips = [site.chip for site in book.sites.values() if site.owner == party and site.chip is not None]
    efficiency = float(book.chips[chips[0]].efficiency.value) if chips else 1.0
    free = np.maximum(serving - bought, 0.0)
    free[free < 1e-6 * max(float(serving.max(initial=0.0)), 1.0)] = 0.0
    return Layer("own sites", party, "firm", tuple(map(float, efficiency * free)))


def _demand(book: Book, runs: Simulation, party: str) -> tuple[Fan, bool]:
    names = labels_of(runs, "workload")
    own = [name for name in names if book.workloads[name].buyer == party]
    if own and len(own) == len(names):
        return fan_of(runs, "total_demand"), False
    if not own:
        nothing = (0.0,) * len(quarters_of(runs))
        return Fan(quarters_of(runs), *([nothing] * 6)), False
    return sum_of_fans([fan_of(runs, "demand", workload=name) for name in own]), len(own) > 1


def draw_capacity(record: Capacity, *, narrow: bool = False) -> Any:
    """Return the figure: supply stacked by deal, the promise dotted, demand as a line with its band."""
    import plotly.graph_objects as go

    scale, labels = record.scale, list(record.quarters)
    chart = figure(420 if narrow else 460)
    base, notes, hue = np.zeros(len(labels)), [], _shades(record)
    top = max(scale.of([*record.demand.q95, *record.owed, *record.supply]), default=1.0)
    demand = record.demand
    chart.add_trace(
        go.Scatter(
            x=labels + labels[::-1],
            y=scale.of(demand.q95) + scale.of(demand.q05)[::-1],
            mode="lines",
            fill="toself",
            fillcolor=translucent(INK, 0.1),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for layer in record.drawn:
        values = np.asarray(scale.of(layer.mw))
        chart.add_trace(_area(layer, labels, values, hue[layer.name], scale.unit))
        if not narrow and values[-1] > _LABELLED * top:
            notes.append(note(layer.name, 1, base[-1] + values[-1] / 2, INK, **_RIGHT))
        base += values
    lines = (("demand", demand.q50, "solid", INK, 2.4), ("owed on time", record.owed, "dot", MUTED, 1.8))
    for name, middle, dash, colour, width in lines:
        chart.add_trace(
            go.Scatter(
                x=labels,
                y=scale.of(middle),
                name=name,
                mode="lines",
                line={"color": colour, "dash": dash, "width": width},
                hovertemplate=f"{name}<br>%{{x}}: %{{y:.3~g}} {scale.unit}<extra></extra>",
            )
        )
    notes += _line_notes(record, scale, top)
    chart.update_layout(
        xaxis=quarter_axis(labels, 2 if narrow else 1),
        yaxis={"title": {"text": f"effective {scale.unit}"}, "rangemode": "tozero"},
        annotations=notes,
        showlegend=narrow,
        margin={"r": 8 if narrow else 190},
    )
    return chart


_RIGHT: Final = {"xref": "paper", "xanchor": "left", "xshift": 6, "yanchor": "middle"}


def _shades(record: Capacity) -> dict[str, str]:
    """Return the supplier's colour for each layer, lighter the less binding it is."""
    paler = {"firm": 0.1, "optional": 0.45, "intended": 0.6, "offered": 0.75}
    grey = mix(INK, "#ffffff", 0.5)
    return {
        each.name: mix(record.colours.get(each.supplier, grey), "#ffffff", paler[each.firmness])
        for each in record.drawn
    }


def _area(layer: Layer, labels: list[str], values: Any, colour: str, unit: str) -> Any:
    import plotly.graph_objects as go

    pattern = {
        "shape": PATTERNS[layer.firmness],
        "fgcolor": mix(colour, INK, 0.45),
        "size": 6,
        "solidity": 0.25,
    }
    return go.Scatter(
        x=labels,
        y=values,
        name=layer.name,
        mode="lines",
        stackgroup="supply",
        line={"width": 0.6, "color": FAINT},
        fillcolor=colour,
        fillpattern=pattern | {"bgcolor": colour} if pattern["shape"] else None,
        hovertemplate=f"{layer.name}, {layer.firmness}<br>%{{x}}: %{{y:.3~g}} {unit}<extra></extra>",
    )


def _line_notes(record: Capacity, scale: Scale, top: float) -> list[dict[str, Any]]:
    """Return labels on the two lines, where they stand apart."""
    place = max(1, 2 * len(record.quarters) // 5)
    label = record.quarters[place]
    demand, owed = record.demand.q50[place] / scale.factor, record.owed[place] / scale.factor
    up = 1 if demand >= owed else -1
    notes = [note("<b>demand</b>", label, demand, INK, yshift=14 * up)]
    if abs(demand - owed) > 0.02 * top:
        notes.append(note("owed on time", label, owed, MUTED, yshift=-14 * up))
    return [each | {"bgcolor": "rgba(255,255,255,0.75)", "borderpad": 1} for each in notes]
