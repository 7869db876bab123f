"""What a plan lives on: the supply it has and signs, stacked against the fan of demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offtake.figures._fan import Fan
from offtake.figures._reading import roles_of
from offtake.figures._template import party_colours
from offtake.figures.capacity import Capacity, Layer, draw_capacity

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.plan import Plan

__all__ = ["collect_plan_supply", "draw_plan_supply"]

_FIRMNESS = {"given": "firm", "signed": "offered"}


def collect_plan_supply(book: Book, plan: Plan) -> Capacity:
    """Return what delivers to the buyer under a plan: given contracts first, then what it signs."""
    data = plan.dataset
    quarters = tuple(map(str, data.indexes["quarter"]))
    layers = []
    for name in map(str, data.indexes["source"]):
        one = data.sel(source=name)
        mw = tuple(map(float, one["capacity"].values))
        if any(mw):
            firmness = _FIRMNESS[str(one["status"].item())]
            layers.append(Layer(name, str(one["seller"].item()), firmness, mw))
    layers.sort(key=lambda layer: (layer.firmness != "firm", -sum(layer.mw)))
    stats = ("mean", "q05", "q25", "q50", "q75", "q95")
    demand = Fan(quarters, *(tuple(map(float, data["total_demand"].sel(stat=stat).values)) for stat in stats))
    supply = data["capacity"].sum("source").values
    used = data["used"].sum("source").values
    return Capacity(
        plan.buyer,
        quarters,
        tuple(layers),
        tuple(map(float, data["contracted"].values)),
        demand,
        tuple(float(part / whole) if whole > 0 else 1.0 for part, whole in zip(used, supply, strict=True)),
        False,
        party_colours(roles_of(book)),
        {"offered": "to sign"},
    )


def draw_plan_supply(record: Capacity, *, narrow: bool = False) -> Any:
    """Return the figure: what is signed hatched above what is given, demand as a line with its band."""
    return draw_capacity(record, narrow=narrow)
