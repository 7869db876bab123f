"""Requests: capacity that a buyer asks a seller for, before anything is offered."""

from __future__ import annotations

from pydantic import field_validator, model_validator

from offtake.book._clauses import AnyClause, full_forms
from offtake.book._deal import ComputeDeal
from offtake.book._entry import Entry, entry_field, one_or_many
from offtake.book._scalars import (
    Amount,
    CapacityPrice,
    Duration,
    EnergyPrice,
    Name,
    Ratio,
    Share,
)
from offtake.book._site import Capex, Gate

__all__ = ["Build", "Request"]

# a request names its dates
_TERMS = ComputeDeal.allowed - {"start"}


class Build(Entry):
    """Machines that would be built for a request, one phase for each step of its ramp."""

    like: Name | None = entry_field(
        "Site whose figures stand for those that are not given here.", default=None
    )
    region: str | None = entry_field("Where it would be.", default=None)
    chip: Name | None = entry_field("Chip to be installed.", default=None)
    pue: Ratio | None = entry_field("Power usage effectiveness: gross over IT power.", unit="1", default=None)
    power_price: EnergyPrice | None = entry_field("Price of electricity.", unit="USD/MWh", default=None)
    load_factor: Share | None = entry_field(
        "Share of energised power drawn on average.", unit="1", default=None
    )
    opex: CapacityPrice | None = entry_field(
        "Running cost beside power, for each MW energised.", unit="M USD/MW/quarter", default=None
    )
    capex: Capex | None = entry_field("Cost to build.", default=None)
    lead: Duration | None = entry_field(
        "Time before a step's promised date at which work on its gates begins.", unit="quarter", default=None
    )
    gates: dict[Name, Gate] = entry_field(
        "What each phase waits for; without any it is energised on the promised date.", default_factory=dict
    )


class Request(Entry):
    """Capacity that a buyer asks a seller for; `quote` prices it, nothing else takes it into account."""

    title: str | None = entry_field("A line for readers.", default=None)
    seller: Name = entry_field("Party that is asked.")
    buyer: Name = entry_field("Party that asks.")
    payback: Share = entry_field(
        "Share of futures in which the machines are to pay back.", unit="1", default=Amount(0.9, "share")
    )
    sites: tuple[Name, ...] = entry_field("Sites with free capacity that would deliver it.", default=())
    build: Build | None = entry_field("What would be built to deliver it.", default=None)
    workloads: tuple[Name, ...] = entry_field(
        "Workloads of the buyer that would run on it; default: all of them.", default=()
    )
    clauses: dict[Name, AnyClause] = entry_field(
        "The terms asked for, those of a compute deal; a price among them is what the buyer would pay.",
        default_factory=dict,
    )

    _one_or_many = field_validator("sites", "workloads", mode="before")(one_or_many)

    _write_clauses_out = field_validator("clauses", mode="before")(full_forms)

    @model_validator(mode="after")
    def _is_a_compute_deal_without_a_price(self) -> Request:
        kinds = [clause.kind for clause in self.clauses.values()]
        for kind in kinds:
            if kind not in _TERMS:
                message = f"a request has no clause `{kind}`; it may have {', '.join(sorted(_TERMS))}"
                raise ValueError(message)
        if "ramp" not in kinds:
            message = "a request needs a clause `ramp`, such as `ramp: {2027-Q1: 100 MW}`"
            raise ValueError(message)
        if self.sites and self.build is not None:
            message = (
                "a request is delivered from `sites` or from what it would `build`; take one of them out"
            )
            raise ValueError(message)
        return self
