"""Workloads: what needs compute, what serving it earns, where it may run."""

from __future__ import annotations

from pydantic import field_validator

from offtake.book._entry import Entry, Record, entry_field, one_or_many
from offtake.book._scalars import (
    Amount,
    CapacityPrice,
    CapacityPriceProfile,
    Duration,
    Name,
    PowerProfile,
    Profile,
    Rate,
    Share,
)


class Placement(Record):
    """Where a workload may run; an empty list allows everything."""

    sellers: tuple[Name, ...] = entry_field(
        "Only capacity bought from these parties (or on own sites).", default=()
    )
    chips: tuple[Name, ...] = entry_field("Only these chips.", default=())
    sites: tuple[Name, ...] = entry_field("Only these sites.", default=())
    regions: tuple[str, ...] = entry_field("Only sites in these regions.", default=())

    _one_or_many = field_validator("*", mode="before")(one_or_many)


class Workload(Entry):
    """A stream of demand for effective compute."""

    buyer: Name = entry_field("Party whose workload it is.")
    demand: PowerProfile = entry_field("Effective MW asked for in a quarter.", unit="MW")
    yield_: CapacityPriceProfile = entry_field(
        "Money from end customers for each effective MW served.",
        unit="M USD/MW/quarter",
        default=Profile.constant(0.0, "capacity_price"),
        alias="yield",
    )
    penalty: CapacityPrice = entry_field(
        "Cash cost (credits, refunds) of each effective MW-quarter left unserved.",
        unit="M USD/MW/quarter",
        default=Amount(0.0, "capacity_price"),
    )
    priority: int = entry_field(
        "Order in which a buyer's workloads are served, 1 first; ties go by yield plus penalty.", default=1
    )
    critical: Share = entry_field(
        "Share of demand that must survive the loss of any one provider.",
        unit="1",
        default=Amount(0.0, "share"),
    )
    runs_on: Placement = entry_field("Where it may run.", default=Placement())
    defer: Duration = entry_field(
        "Whole quarters for which demand can wait.", unit="quarter", default=Amount(0.0, "duration")
    )
    duration: Share = entry_field(
        "Share of each quarter during which it runs: it multiplies money and usage, not the capacity needed.",
        unit="1",
        default=Amount(1.0, "share"),
    )
    worth: CapacityPriceProfile = entry_field(
        "What serving is worth to the buyer beyond the money it earns, such as being early; `plan` and "
        "`negotiate` count it, it is never cash.",
        unit="M USD/MW/quarter",
        default=Profile.constant(0.0, "capacity_price"),
    )
    models: tuple[Name, ...] = entry_field(
        "Licence deals of which it needs one, the buyer's own models among them; default: it needs none.",
        default=(),
    )
    waiting_loss: Rate = entry_field(
        "Share of its yield that waiting work loses, a year.", unit="1/year", default=Amount(0.0, "rate")
    )

    _one_or_many = field_validator("models", mode="before")(one_or_many)
