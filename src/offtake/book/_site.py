"""Sites: campuses built in phases, each phase behind gates."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator, model_validator

from offtake.book._entry import Entry, Record, entry_field
from offtake.book._scalars import (
    Amount,
    CapacityCost,
    CapacityPrice,
    Duration,
    EnergyPrice,
    Name,
    Power,
    QuarterField,
    Ratio,
    Share,
)

_GATE_OWN_FIELDS = frozenset({"duration", "after", "not_before"})


class Gate(Entry):
    """One thing that a phase waits for: approvals, power, construction, chips, crew."""

    duration: Duration = entry_field("Time from when it can start to when it is done.", unit="quarter")
    after: tuple[Name, ...] = entry_field("Gates of the same phase that must be done first.", default=())
    not_before: QuarterField | None = entry_field("Quarter before whose start it cannot start.", default=None)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, data: Any) -> Any:
        """Read `12 months`, or a duration with `after` beside its own keys."""
        if not isinstance(data, dict):
            return {"duration": data} if isinstance(data, str | int | float) else data
        if "duration" in data:
            after = data.get("after", ())
            return {**data, "after": [after] if isinstance(after, str) else after}
        own = {key: value for key, value in data.items() if key in _GATE_OWN_FIELDS}
        if isinstance(own.get("after"), str):
            own["after"] = [own["after"]]
        return {**own, "duration": {key: value for key, value in data.items() if key not in _GATE_OWN_FIELDS}}


class Phase(Entry):
    """A part of a site that is energised at once."""

    mw: Power = entry_field("IT power of the phase.", unit="MW")
    name: Name | None = entry_field(
        "Name within the site; default: its place in the list, from 1.", default=None
    )
    online: QuarterField | None = entry_field(
        "Quarter at whose start it was or will surely be energised; a phase with it has no gates.",
        default=None,
    )
    start: QuarterField | None = entry_field(
        "Quarter at whose start work on the gates begins; default: the opening of the book.", default=None
    )
    planned: QuarterField | None = entry_field(
        "Quarter announced for energising it; for comparison only.", default=None
    )
    gates: dict[Name, Gate] = entry_field("What it waits for.", default_factory=dict)
    under: Name | None = entry_field("Deal without which the phase is not built.", default=None)

    @field_validator("mw", mode="before")
    @classmethod
    def _unit_in_the_name(cls, data: Any) -> Any:
        """A bare number is in MW, since the field's name says so."""
        return f"{data} MW" if isinstance(data, int | float) and not isinstance(data, bool) else data


class Capex(Record):
    """What a MW costs to build."""

    chips: CapacityCost = entry_field(
        "Paid to the chip's vendor when the chip gate is done.",
        unit="M USD/MW",
        default=Amount(0.0, "capacity_cost"),
    )
    rest: CapacityCost = entry_field(
        "Paid outside the book, evenly over the construction gate (at energising where there is none).",
        unit="M USD/MW",
        default=Amount(0.0, "capacity_cost"),
    )


class Site(Entry):
    """A campus."""

    owner: Name = entry_field("Party that runs it, pays for it and may sell its capacity.")
    region: str | None = entry_field("Where it is, for concentration by region.", default=None)
    chip: Name | None = entry_field(
        "Chip installed; it sets efficiency and who is paid for chips.", default=None
    )
    pue: Ratio = entry_field(
        "Power usage effectiveness: gross over IT power.", unit="1", default=Amount(1.2, "ratio")
    )
    power_price: EnergyPrice = entry_field(
        "Price of electricity paid outside the book.", unit="USD/MWh", default=Amount(0.0, "energy_price")
    )
    load_factor: Share = entry_field(
        "Share of energised power drawn on average.", unit="1", default=Amount(1.0, "share")
    )
    opex: CapacityPrice = entry_field(
        "Running cost beside power, for each MW energised.",
        unit="M USD/MW/quarter",
        default=Amount(0.0, "capacity_price"),
    )
    capex: Capex = entry_field("Cost to build, for phases not yet paid.", default=Capex())
    phases: tuple[Phase, ...] = entry_field("The parts, in building order.", min_length=1)
