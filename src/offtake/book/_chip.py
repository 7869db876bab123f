"""Chips: what a rack's accelerator draws, costs and is worth to a workload."""

from __future__ import annotations

from offtake.book._entry import Entry, entry_field
from offtake.book._scalars import (
    Amount,
    ChipPower,
    ChipPrice,
    Duration,
    Name,
    PowerProfile,
    QuarterField,
    Ratio,
    Share,
)


class Chip(Entry):
    """An accelerator family."""

    vendor: Name = entry_field("Party that sells it.")
    power: ChipPower = entry_field(
        "IT power of one accelerator with its share of server and network.", unit="kW"
    )
    price: ChipPrice | None = entry_field(
        "Price of one accelerator with its share of server.", unit="USD", default=None
    )
    efficiency: Ratio = entry_field(
        "Effective compute per MW against the reference chip.", unit="1", default=Amount(1.0, "ratio")
    )
    available_from: QuarterField | None = entry_field("First quarter of shipment.", default=None)
    supply_cap: PowerProfile | None = entry_field("Most that can ship in a quarter.", unit="MW", default=None)
    life: Duration = entry_field("Economic life.", unit="quarter", default=Amount(20.0, "duration"))
    residual_value: Share = entry_field(
        "Share of the price that is left at the end of its life.", unit="1", default=Amount(0.0, "share")
    )
