"""Policies: what a buyer asks of its plan beside money."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from offtake.book._entry import Entry, Record, entry_field, one_or_many
from offtake.book._scalars import (
    Amount,
    CapacityPrice,
    Money,
    MoneyFlow,
    Name,
    Power,
    QuarterField,
    Ratio,
    Share,
)

__all__ = ["Contracted", "Policy", "PolicyCover", "Risk"]


class Contracted(Record):
    """Bounds on the capacity under contract in a quarter, given contracts included."""

    at_least: Power | None = entry_field("Least under contract.", unit="MW", default=None)
    at_most: Power | None = entry_field("Most under contract.", unit="MW", default=None)


class PolicyCover(Record):
    """Cover against the loss of any one provider: critical demand must fit into what is left."""

    from_: QuarterField | None = entry_field(
        "First quarter in which it is asked; default: the opening.", default=None, alias="from"
    )
    price: CapacityPrice | None = entry_field(
        "What each effective MW-quarter of missing cover counts as a cost; default: none may be missing.",
        unit="M USD/MW/quarter",
        default=None,
    )


class Risk(Record):
    """How the tail of a plan's value counts against its mean."""

    level: Share = entry_field(
        "CVaR level: at 95 % the worst 5 % of futures are looked at; below 100 %.",
        unit="1",
        default=Amount(0.95, "share"),
    )
    weight: Ratio = entry_field("Weight of that CVaR of losses beside the mean value.", unit="1")


class Policy(Entry):
    """What a party asks of its plan: limits, fixed costs, service, cover, risk; only `plan` reads it."""

    cash: Literal["limited", "free"] = entry_field(
        "Whether outlays must fit into cash and funding in every quarter.", default="limited"
    )
    cash_shortfall: Share | None = entry_field(
        "What each M USD below the minimum cash at a quarter's end counts as a cost; default: none may be "
        "short.",
        unit="1",
        default=None,
    )
    commitment_limit: Money | None = entry_field(
        "Most that signing may commit in all: reservation prices and take-or-pay floors over the terms.",
        unit="M USD",
        default=None,
    )
    contracted: Contracted = entry_field(
        "Bounds on capacity under contract in each quarter.", unit="MW", default=Contracted()
    )
    provider_share: Share | None = entry_field(
        "Most of all delivered capacity that one provider may hold.", unit="1", default=None
    )
    vendor_share: Share | None = entry_field(
        "Most of it that may run on one vendor's chips.", unit="1", default=None
    )
    region_share: Share | None = entry_field(
        "Most of it that may stand in one region.", unit="1", default=None
    )
    limits_from: QuarterField | None = entry_field(
        "First quarter in which the three shares bind; default: the opening.", default=None
    )
    provider_cost: MoneyFlow = entry_field(
        "Fixed cost of each provider with capacity under contract.",
        unit="M USD/quarter",
        default=Amount(0.0, "money_flow"),
    )
    chip_family_cost: MoneyFlow = entry_field(
        "Fixed cost of each chip family with capacity under contract.",
        unit="M USD/quarter",
        default=Amount(0.0, "money_flow"),
    )
    service: dict[Name, Share] = entry_field(
        "Least share of demand to be served in every quarter, by workload.", unit="1", default_factory=dict
    )
    cover: PolicyCover | None = entry_field(
        "Cover of workloads' critical shares against the loss of any one provider; none by default.",
        default=None,
    )
    terminal: Literal["continue", "nothing"] = entry_field(
        "What contracts that outlast the calendar are worth after it: the last year's margins go on to their "
        "ends, or nothing.",
        default="continue",
    )
    risk: Risk | None = entry_field("Aversion to bad futures; none by default.", default=None)
    stages: tuple[QuarterField, ...] = entry_field(
        "Quarters at whose start to decide again, knowing all before; the opening is always one.", default=()
    )

    @field_validator("stages", mode="before")
    @classmethod
    def _one_quarter_or_many(cls, data: Any) -> Any:
        return [data] if isinstance(data, int) else one_or_many(data)
