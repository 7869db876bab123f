"""Clauses about money: payments, tranches, stakes, loans, shares of revenue, fees, tariffs, cover."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from offtake.book._clause import Clause, Listed
from offtake.book._entry import entry_field
from offtake.book._scalars import (
    Amount,
    CapacityPrice,
    Count,
    Duration,
    EnergyPrice,
    Money,
    MoneyFlowProfile,
    Name,
    Power,
    QuarterField,
    Rate,
    Share,
    SharePrice,
)

_ENERGISED = re.compile(r"(?P<power>.+?)\s+energised(?:\s+with\s+(?P<chip>.+?)\s+chips?)?")


def _each_in_words(data: Any) -> Any:
    """Read `each: 30 MW energised with Q1 chips` as a power and a chip."""
    if not isinstance(data, dict) or not isinstance(data.get("each"), str):
        return data
    words = _ENERGISED.fullmatch(data["each"].strip())
    if words is None:
        return data
    chip = {"chip": words["chip"]} if words["chip"] is not None and "chip" not in data else {}
    return {**data, "each": words["power"], **chip}


class Payments(Clause):
    """Money paid at dates."""

    main: ClassVar[str | None] = "dated"
    kind: Literal["payments"] = entry_field("Kind of clause.", default="payments")
    dated: dict[QuarterField, Money] = entry_field(
        "Amount by quarter; quarters before the opening are history.", unit="M USD"
    )


class Tranches(Listed):
    """Money paid each time that so many more MW are energised."""

    kind: Literal["tranches"] = entry_field("Kind of clause.", default="tranches")
    amount: Money = entry_field("Money of one tranche.", unit="M USD")
    each: Power = entry_field("Energised power that releases one tranche.", unit="MW")
    up_to: Money = entry_field("Most in all.", unit="M USD", alias="up to")
    chip: Name | None = entry_field("Only power energised with this chip counts.", default=None)
    sites: tuple[Name, ...] = entry_field("Only these sites count.", default=())
    deals: tuple[Name, ...] = entry_field("Only sites whose chips come under these deals count.", default=())

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        return _each_in_words(data)


class Stake(Clause):
    """The holding that the money buys or bought."""

    main: ClassVar[str | None] = "share"
    kind: Literal["stake"] = entry_field("Kind of clause.", default="stake")
    share: Share = entry_field("Share of the issuer held.", unit="1")
    value: Money | None = entry_field("What the holder says it is worth.", unit="M USD", default=None)


class Warrants(Listed):
    """Shares that vest as capacity is energised and the share price passes its hurdles."""

    kind: Literal["warrants"] = entry_field("Kind of clause.", default="warrants")
    issuer: Name = entry_field("Party whose shares they are.")
    holder: Name = entry_field("Party that gets them.")
    shares: Count = entry_field("Shares in all.", unit="1")
    strike: SharePrice = entry_field(
        "Price paid for a share.", unit="USD", default=Amount(0.0, "share_price")
    )
    each: Power = entry_field("Energised power that vests one tranche.", unit="MW")
    tranches: int = entry_field("Number of equal tranches.", default=1)
    price: Name = entry_field("Driver of the share price.")
    hurdles: tuple[SharePrice, ...] = entry_field(
        "Share price that each tranche needs when it vests; missing ones need none.", unit="USD", default=()
    )
    chip: Name | None = entry_field("Only power energised with this chip counts.", default=None)
    sites: tuple[Name, ...] = entry_field("Only these sites count.", default=())
    deals: tuple[Name, ...] = entry_field("Only sites whose chips come under these deals count.", default=())
    sold: Share = entry_field(
        "Share of what vests that the holder sells outside the book at once.",
        unit="1",
        default=Amount(0.0, "share"),
    )

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        return _each_in_words(data)


class Principal(Clause):
    """What is lent, and when."""

    kind: Literal["principal"] = entry_field("Kind of clause.", default="principal")
    outstanding: Money = entry_field(
        "Outstanding at the opening.", unit="M USD", default=Amount(0.0, "money")
    )
    drawn: dict[QuarterField, Money] = entry_field("Draws by quarter.", unit="M USD", default_factory=dict)


class Interest(Clause):
    """What a loan costs."""

    main: ClassVar[str | None] = "rate"
    kind: Literal["interest"] = entry_field("Kind of clause.", default="interest")
    rate: Rate = entry_field("Interest a year on what was outstanding at the quarter's start.", unit="1/year")


class Repayment(Clause):
    """How a loan is paid back."""

    main: ClassVar[str | None] = "maturity"
    kind: Literal["repayment"] = entry_field("Kind of clause.", default="repayment")
    how: Literal["bullet", "straight", "annuity"] = entry_field("Shape of the repayments.", default="bullet")
    maturity: QuarterField = entry_field("Quarter of the last repayment.")
    from_: QuarterField | None = entry_field(
        "Quarter of the first repayment; default: the opening or the first draw's next quarter.",
        default=None,
        alias="from",
    )


class RevenueShare(Listed):
    """A share of the payer's revenue from workloads."""

    main: ClassVar[str | None] = "share"
    kind: Literal["revenue_share"] = entry_field("Kind of clause.", default="revenue_share")
    share: Share = entry_field("Share of the revenue.", unit="1")
    workloads: tuple[Name, ...] = entry_field(
        "Workloads that count; default: all of the payer's.", default=()
    )
    from_: QuarterField | None = entry_field(
        "First quarter; default: the opening.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field("Last quarter.", default=None)


class Fee(Clause):
    """A fixed sum each quarter."""

    main: ClassVar[str | None] = "amount"
    kind: Literal["fee"] = entry_field("Kind of clause.", default="fee")
    amount: MoneyFlowProfile = entry_field("Paid in each quarter.", unit="M USD/quarter")


class QualityLag(Clause):
    """How far licensed models trail the best ones."""

    main: ClassVar[str | None] = "time"
    kind: Literal["quality_lag"] = entry_field("Kind of clause.", default="quality_lag")
    time: Duration = entry_field("Time behind the frontier.", unit="quarter")


class Tariff(Clause):
    """What electricity costs, and the minimum bill."""

    main: ClassVar[str | None] = "price"
    kind: Literal["tariff"] = entry_field("Kind of clause.", default="tariff")
    price: EnergyPrice = entry_field("Price of energy.", unit="USD/MWh")
    minimum: Share = entry_field(
        "Share of the contracted energy that is billed in any case.", unit="1", default=Amount(0.0, "share")
    )


class Cover(Clause):
    """Capacity of the provider that the backer must buy when it stays unsold."""

    kind: Literal["cover"] = entry_field("Kind of clause.", default="cover")
    price: CapacityPrice = entry_field("Paid for each MW-quarter.", unit="M USD/MW/quarter")
    power: Power | None = entry_field("Most in a quarter; default: no limit.", unit="MW", default=None)
    up_to: Money | None = entry_field(
        "Most in all; default: no limit.", unit="M USD", default=None, alias="up to"
    )
    from_: QuarterField | None = entry_field(
        "First quarter; default: the opening.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field("Last quarter.", default=None)
