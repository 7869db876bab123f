"""Clauses: the terms of a deal, each a record of its own, so that one can be taken out and priced.

A clause is written under its kind (`take_or_pay: 80 %`) or under a name of its own with `kind:` inside.
A clause with one main field may be written as that field alone.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator

from offtake.book._clause import Clause, Listed, Seniority
from offtake.book._entry import entry_field
from offtake.book._money_clauses import (
    Cover,
    Fee,
    Interest,
    Payments,
    Principal,
    QualityLag,
    Repayment,
    RevenueShare,
    Stake,
    Tariff,
    Tranches,
    Warrants,
)
from offtake.book._scalars import (
    Amount,
    CapacityCost,
    CapacityPrice,
    Duration,
    Money,
    Name,
    Power,
    QuarterField,
    Rate,
    Share,
)

__all__ = [
    "CLAUSES",
    "AnyClause",
    "Clause",
    "Cover",
    "DefaultTerms",
    "Delivery",
    "Exclusivity",
    "Expansion",
    "Extension",
    "Fee",
    "FirstRefusal",
    "Interest",
    "LateCredit",
    "Listed",
    "MostFavoured",
    "Payments",
    "Prepayment",
    "Price",
    "Principal",
    "QualityLag",
    "Ramp",
    "Rank",
    "Repayment",
    "Resale",
    "RevenueShare",
    "Seniority",
    "Stake",
    "Start",
    "TakeOrPay",
    "Tariff",
    "Term",
    "Termination",
    "Tranches",
    "UnitPrice",
    "Volume",
    "Warrants",
    "full_form",
    "full_forms",
]


class Ramp(Clause):
    """Capacity owed: the level from each quarter on; it never falls."""

    main: ClassVar[str | None] = "levels"
    kind: Literal["ramp"] = entry_field("Kind of clause.", default="ramp")
    levels: dict[QuarterField, Power] = entry_field(
        "IT power owed from the start of a quarter on.", unit="MW"
    )


class Volume(Clause):
    """A volume without dates: the headline of an order, or the range of an offer."""

    main: ClassVar[str | None] = "amount"
    kind: Literal["volume"] = entry_field("Kind of clause.", default="volume")
    amount: Power | None = entry_field("Volume agreed.", unit="MW", default=None)
    from_: Power | None = entry_field("Least that may be signed.", unit="MW", default=None, alias="from")
    to: Power | None = entry_field("Most that may be signed.", unit="MW", default=None)
    inside_other_deals: Share = entry_field(
        "Share of the volume that is energised, and paid for, under other deals or sites of the book.",
        unit="1",
        default=Amount(0.0, "share"),
    )


class Start(Clause):
    """When an offer may begin and be signed: its whole ramp shifts; `plan` decides, `simulate` ignores it."""

    main: ClassVar[str | None] = "until"
    kind: Literal["start"] = entry_field("Kind of clause.", default="start")
    from_: QuarterField | None = entry_field(
        "Earliest quarter for the ramp's first step; default: that of the ramp.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field(
        "Latest quarter for it; default: the later of `from` and that of the ramp.", default=None
    )
    signed_by: QuarterField | None = entry_field(
        "Last quarter in which the offer may be signed; default: that of its first step.", default=None
    )


class Price(Clause):
    """What capacity costs; a plain price is a usage price."""

    main: ClassVar[str | None] = "usage"
    kind: Literal["price"] = entry_field("Kind of clause.", default="price")
    usage: CapacityPrice | None = entry_field(
        "Paid for each MW-quarter used, and for the take-or-pay floor.", unit="M USD/MW/quarter", default=None
    )
    reservation: CapacityPrice | None = entry_field(
        "Paid for each MW-quarter delivered, used or not (rent, in a lease).",
        unit="M USD/MW/quarter",
        default=None,
    )
    total: Money | None = entry_field(
        "Contract value; the usage price is then this over the MW-quarters owed over the whole term.",
        unit="M USD",
        default=None,
    )
    escalator: Rate = entry_field(
        "Yearly step, taken on each anniversary of the first delivery owed.",
        unit="1/year",
        default=Amount(0.0, "rate"),
    )
    index: Name | None = entry_field(
        "Driver that the price follows, relative to its opening value.", default=None
    )


class UnitPrice(Clause):
    """What chips and systems cost by MW of IT power."""

    main: ClassVar[str | None] = "amount"
    kind: Literal["unit_price"] = entry_field("Kind of clause.", default="unit_price")
    amount: CapacityCost = entry_field("Price of a MW of systems.", unit="M USD/MW")
    index: Name | None = entry_field(
        "Driver that the price follows, relative to its opening value.", default=None
    )


class TakeOrPay(Clause):
    """The share of what is delivered that is paid for even when it is not used."""

    main: ClassVar[str | None] = "share"
    kind: Literal["take_or_pay"] = entry_field("Kind of clause.", default="take_or_pay")
    share: Share = entry_field("Share of delivered capacity payable in any case.", unit="1")


class Term(Clause):
    """How long each tranche runs from its acceptance, and when the deal ends at the latest."""

    main: ClassVar[str | None] = "length"
    kind: Literal["term"] = entry_field("Kind of clause.", default="term")
    length: Duration | None = entry_field(
        "Time that each tranche runs from its service date.", unit="quarter", default=None
    )
    until: QuarterField | None = entry_field("Last quarter of the whole deal.", default=None)


class Prepayment(Clause):
    """Money paid before delivery and credited back later: a liability of the seller until then."""

    main: ClassVar[str | None] = "share"
    kind: Literal["prepayment"] = entry_field("Kind of clause.", default="prepayment")
    share: Share = entry_field("Share of each tranche's value over its term.", unit="1")
    lead: Duration = entry_field(
        "Whole quarters before the promised service date at which it is due.",
        unit="quarter",
        default=Amount(1.0, "duration"),
    )
    credited_from: Duration = entry_field(
        "Time from the service date after which it is credited, evenly to the end of the tranche.",
        unit="quarter",
        default=Amount(0.0, "duration"),
    )


class LateCredit(Clause):
    """What the seller pays for lateness, and when the buyer may walk away from the late tranche."""

    main: ClassVar[str | None] = "per_day"
    kind: Literal["late_credit"] = entry_field("Kind of clause.", default="late_credit")
    per_day: Share = entry_field("Share of the late capacity's quarterly fee, for each day late.", unit="1")
    cap: Share = entry_field(
        "Most that is credited, as a share of the contract value.", unit="1", default=Amount(1.0, "share")
    )
    may_end_after: Duration | None = entry_field(
        "Lateness after which the buyer may cancel the late tranche; it does when spot is below the price.",
        unit="quarter",
        default=None,
    )


class Termination(Clause):
    """The buyer's right to end the deal for a fee; used when spot undercuts the price by more than it."""

    main: ClassVar[str | None] = "fee"
    kind: Literal["termination"] = entry_field("Kind of clause.", default="termination")
    fee: Share = entry_field("Share of the fees left to the end of the term.", unit="1")
    from_: QuarterField | None = entry_field(
        "First quarter in which it may be used.", default=None, alias="from"
    )


class Extension(Clause):
    """The buyer's option to run on; used when spot at the end of the term is at or above the price."""

    main: ClassVar[str | None] = "length"
    kind: Literal["extension"] = entry_field("Kind of clause.", default="extension")
    length: Duration = entry_field("Time added to every tranche.", unit="quarter")


class Expansion(Clause):
    """The buyer's option to add capacity; `plan` decides on it, `simulate` leaves it unused."""

    main: ClassVar[str | None] = "volume"
    kind: Literal["expansion"] = entry_field("Kind of clause.", default="expansion")
    volume: Power = entry_field("Most that may be added.", unit="MW")
    usage: CapacityPrice | None = entry_field(
        "Price of what is added; default: the deal's.", unit="M USD/MW/quarter", default=None
    )
    from_: QuarterField | None = entry_field(
        "First quarter in which it may be used.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field("Last quarter in which it may be used.", default=None)


class Delivery(Clause):
    """How a deal that names no site is delivered, and with which chip."""

    main: ClassVar[str | None] = "delay"
    kind: Literal["delivery"] = entry_field("Kind of clause.", default="delivery")
    delay: Duration = entry_field(
        "Lateness of every tranche.", unit="quarter", default=Amount(0.0, "duration")
    )
    availability: Share = entry_field(
        "Share of delivered time that the machines are up.", unit="1", default=Amount(1.0, "share")
    )
    chip: Name | None = entry_field("Chip delivered where no site says so.", default=None)
    region: str | None = entry_field("Region delivered from where no site says so.", default=None)


class DefaultTerms(Clause):
    """What happens to the deal when a side defaults."""

    kind: Literal["default_terms"] = entry_field("Kind of clause.", default="default_terms")
    buyer_default: Literal["ends", "continues"] = entry_field(
        "Whether the deal ends when the buyer defaults.", default="ends"
    )
    outage: Duration = entry_field(
        "Whole quarters without capacity after the seller's default.",
        unit="quarter",
        default=Amount(2.0, "duration"),
    )
    step_in: Share = entry_field(
        "Share of the capacity in service at the seller's default that returns after the outage.",
        unit="1",
        default=Amount(0.5, "share"),
    )


class Resale(Clause):
    """Whether the buyer may rent out what it does not use."""

    main: ClassVar[str | None] = "allowed"
    kind: Literal["resale"] = entry_field("Kind of clause.", default="resale")
    allowed: bool = entry_field("Whether unused capacity may be resold on spot.")


class Rank(Clause):
    """Where the deal's payments stand among the payer's debts."""

    main: ClassVar[str | None] = "seniority"
    kind: Literal["rank"] = entry_field("Kind of clause.", default="rank")
    seniority: Seniority = entry_field("Rank in clearing; arrears come first within everything.")


class Exclusivity(Listed):
    """The buyer runs these workloads on this seller's capacity only."""

    main: ClassVar[str | None] = "until"
    kind: Literal["exclusivity"] = entry_field("Kind of clause.", default="exclusivity")
    workloads: tuple[Name, ...] = entry_field("Workloads bound.", default=())
    from_: QuarterField | None = entry_field(
        "First quarter bound; default: the opening.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field("Last quarter bound; default: the deal's end.", default=None)


class FirstRefusal(Listed):
    """The seller may match a third party's offer before the buyer signs it; `plan` prices it."""

    main: ClassVar[str | None] = "until"
    kind: Literal["first_refusal"] = entry_field("Kind of clause.", default="first_refusal")
    covers: str | None = entry_field("What it covers, in words.", default=None)
    above: Power = entry_field("Only offers above this size.", unit="MW", default=Amount(0.0, "power"))
    from_: QuarterField | None = entry_field(
        "First quarter; default: the opening.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field("Last quarter.", default=None)
    answer_within: Duration | None = entry_field("Time to answer.", unit="quarter", default=None)
    matched: Share = entry_field("Chance that the holder matches.", unit="1", default=Amount(0.5, "share"))


class MostFavoured(Clause):
    """The holder gets the best price given to a comparable buyer."""

    main: ClassVar[str | None] = "until"
    kind: Literal["most_favoured"] = entry_field("Kind of clause.", default="most_favoured")
    until: QuarterField | None = entry_field("Last quarter.", default=None)


AnyClause = Annotated[
    Ramp
    | Volume
    | Start
    | Price
    | UnitPrice
    | TakeOrPay
    | Term
    | Prepayment
    | LateCredit
    | Termination
    | Extension
    | Expansion
    | Delivery
    | DefaultTerms
    | Resale
    | Rank
    | Exclusivity
    | FirstRefusal
    | MostFavoured
    | Payments
    | Tranches
    | Stake
    | Warrants
    | Principal
    | Interest
    | Repayment
    | RevenueShare
    | Fee
    | QualityLag
    | Tariff
    | Cover,
    Discriminator("kind"),
]

CLAUSES: dict[str, type[Clause]] = {
    cls.model_fields["kind"].default: cls
    for cls in (
        Ramp, Volume, Start, Price, UnitPrice, TakeOrPay, Term, Prepayment, LateCredit, Termination,
        Extension, Expansion, Delivery, DefaultTerms, Resale, Rank, Exclusivity, FirstRefusal, MostFavoured,
        Payments, Tranches, Stake, Warrants, Principal, Interest, Repayment, RevenueShare, Fee, QualityLag,
        Tariff, Cover,
    )
}  # fmt: skip
"""Every kind of clause by its name."""


def full_form(name: str, data: Any) -> Any:
    """Return a clause's data with its kind and its main field written out.

    Examples
    --------
    >>> full_form("take_or_pay", "80 %")
    {'kind': 'take_or_pay', 'share': '80 %'}
    """
    if isinstance(data, Clause):
        return data
    kind = data.get("kind", name) if isinstance(data, dict) else name
    cls = CLAUSES.get(kind)
    if cls is None:
        return data if isinstance(data, dict) else {"kind": kind, "value": data}
    names = {field.alias or key for key, field in cls.model_fields.items()} | set(cls.model_fields)
    if isinstance(data, dict) and (cls.main is None or set(map(str, data)) & names):
        return {"kind": kind, **data}
    return {"kind": kind, cls.main or "value": data}


def full_forms(data: Any) -> Any:
    """Return clauses by name, each written out; what is no mapping is left for the field to refuse.

    Examples
    --------
    >>> full_forms({"take_or_pay": "80 %"})
    {'take_or_pay': {'kind': 'take_or_pay', 'share': '80 %'}}
    """
    if not isinstance(data, dict):
        return data
    return {name: full_form(str(name), terms) for name, terms in data.items()}
