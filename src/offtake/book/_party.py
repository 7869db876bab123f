"""Parties: firms with cash, debt, income outside the book, funding and people who decide."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from offtake.book._entry import Entry, Record, entry_field
from offtake.book._scalars import (
    Amount,
    Duration,
    Money,
    MoneyFlowProfile,
    Name,
    Power,
    Profile,
    QuarterField,
    Rate,
    Share,
)

Role = Literal["lab", "cloud", "vendor", "investor", "landlord", "utility", "lender", "other"]


class Debt(Entry):
    """Debt to lenders outside the book; `9 B USD at 5.5 %` for short."""

    amount: Money = entry_field("Principal outstanding at the opening.", unit="M USD")
    rate: Rate = entry_field("Interest a year, paid quarterly as a quarter of it.", unit="1/year")
    maturities: dict[QuarterField, Money] = entry_field(
        "Principal due by quarter; what is not listed is rolled over beyond the calendar.",
        unit="M USD",
        default_factory=dict,
    )

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, data: Any) -> Any:
        if isinstance(data, str) and " at " in data:
            amount, rate = data.split(" at ", 1)
            return {"amount": amount, "rate": rate}
        return data


class Funding(Entry):
    """External funding that a party can draw when it would fall below its minimum cash."""

    limit: MoneyFlowProfile = entry_field(
        "Most that can be raised in a quarter at confidence 1.", unit="M USD/quarter"
    )
    debt_share: Share = entry_field(
        "Share raised as debt; the rest is equity.", unit="1", default=Amount(1.0, "share")
    )
    rate: Rate | None = entry_field(
        "Interest a year on what is drawn as debt; default: the market's base rate plus the spread.",
        unit="1/year",
        default=None,
    )
    spread: Rate = entry_field(
        "Interest above the market's base rate.", unit="1/year", default=Amount(0.0, "rate")
    )


class Stakeholder(Entry):
    """A person or group inside a party with a say and a risk appetite of its own."""

    weight: Share = entry_field("Weight in the party's decision.", unit="1")
    tail: Share = entry_field(
        "CVaR level: the worst share of futures that this stakeholder looks at.",
        unit="1",
        default=Amount(0.05, "share"),
    )
    caution: Share = entry_field(
        "Weight of that tail against the mean: 0 looks at the mean only, 1 at the tail only.",
        unit="1",
        default=Amount(0.0, "share"),
    )
    veto: bool = entry_field("Whether a deal needs this stakeholder's consent.", default=False)
    horizon: Duration | None = entry_field(
        "How far ahead this stakeholder looks; default: the whole calendar.", unit="quarter", default=None
    )


class Party(Entry):
    """A firm of the book."""

    role: Role = entry_field("What it mainly is; used for grouping in figures only.", default="other")
    cash: Money = entry_field(
        "Cash and securities at the opening.", unit="M USD", default=Amount(0.0, "money")
    )
    debt: tuple[Debt, ...] = entry_field("Debt to lenders outside the book.", unit="M USD", default=())
    other_assets: Money = entry_field(
        "Assets beside cash that cannot be spent in a quarter (stakes, plant).",
        unit="M USD",
        default=Amount(0.0, "money"),
    )
    equity: Money | None = entry_field(
        "Loss-absorbing equity, the buffer of DebtRank; default: cash and other assets less debt.",
        unit="M USD",
        default=None,
    )
    income: MoneyFlowProfile = entry_field(
        "Cash received from outside the book in a quarter, other than from workloads.",
        unit="M USD/quarter",
        default=Profile.constant(0.0, "money_flow"),
    )
    costs: MoneyFlowProfile = entry_field(
        "Cash costs outside the book in a quarter (staff, tax, other suppliers).",
        unit="M USD/quarter",
        default=Profile.constant(0.0, "money_flow"),
    )
    capital: MoneyFlowProfile = entry_field(
        "Capital spent outside the book in a quarter.",
        unit="M USD/quarter",
        default=Profile.constant(0.0, "money_flow"),
    )
    minimum_cash: Money = entry_field(
        "Cash below which the party draws funding.", unit="M USD", default=Amount(0.0, "money")
    )
    funding: Funding | None = entry_field("External funding; none by default.", default=None)
    rating: str | None = entry_field(
        "Letter rating, S&P style; it sets the margin of a loan on its contracts, and is compared with.",
        default=None,
    )
    hazard: Rate = entry_field(
        "Yearly intensity of default for reasons that this book does not model.",
        unit="1/year",
        default=Amount(0.0, "rate"),
    )
    grace: Duration = entry_field(
        "Whole quarters in arrears before a shortfall is a default.",
        unit="quarter",
        default=Amount(1.0, "duration"),
    )
    loss_on_default: Share = entry_field(
        "Share of a claim on it that is lost when it defaults.", unit="1", default=Amount(0.6, "share")
    )
    cash_kept: Share = entry_field(
        "Share of its own means that reaches creditors in the quarter of default (alpha).",
        unit="1",
        default=Amount(1.0, "share"),
    )
    receipts_kept: Share = entry_field(
        "Share of receipts from others that reaches creditors in that quarter (beta).",
        unit="1",
        default=Amount(1.0, "share"),
    )
    exposure_limit: Money | None = entry_field(
        "Most that it wants to lose to one counterparty.", unit="M USD", default=None
    )
    sell_depth: Power | None = entry_field(
        "Most idle capacity that it can rent out on spot in a quarter; default: the market's.",
        unit="MW",
        default=None,
    )
    stakeholders: dict[Name, Stakeholder] = entry_field("Who decides inside it.", default_factory=dict)

    @field_validator("debt", mode="before")
    @classmethod
    def _one_debt_or_many(cls, data: Any) -> Any:
        return [data] if isinstance(data, str | dict) else data


class PlanOfRecord(Entry):
    """A party's own published plan, kept apart from what its deals imply."""

    revenue: dict[int, Money] = entry_field(
        "Planned revenue by calendar year.", unit="M USD", default_factory=dict
    )
    burn: dict[int, Money] = entry_field(
        "Planned cash burn by calendar year; cash generation is negative.", unit="M USD", default_factory=dict
    )
    profitable_year: int | None = entry_field("First year that the plan calls profitable.", default=None)


class Cause(Entry):
    """A common cause (a vendor, a utility, a region) that delays several things together."""

    correlation: Share = entry_field(
        "Correlation of two delays that share the cause (rho of the one-factor copula).",
        unit="1",
        default=Amount(0.5, "share"),
    )


class Contagion(Record):
    """How defaults feed back on confidence."""

    scale: Money = entry_field(
        "Loss that lowers confidence by the factor exp(-sensitivity).",
        unit="M USD",
        default=Amount(100_000.0, "money"),
    )
    sensitivity: Share = entry_field(
        "Log fall of confidence for one scale of losses; 0 switches the channel off.",
        unit="1",
        default=Amount(0.0, "share"),
    )
    half_life: Duration = entry_field(
        "Time in which half of a fall heals.", unit="quarter", default=Amount(4.0, "duration")
    )
