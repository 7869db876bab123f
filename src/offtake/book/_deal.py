"""Deals: a header that says who and how firm, and clauses that say what."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import Discriminator, field_validator, model_validator

from offtake.book._clauses import AnyClause, Clause, full_forms
from offtake.book._entry import Entry, entry_field, one_or_many
from offtake.book._scalars import Amount, Name, QuarterField, Share

Firmness = Literal["firm", "optional", "intended", "offered"]
"""`firm` binds; `optional` one side may call; `intended` is a letter of intent; `offered` is unsigned."""

_C = TypeVar("_C", bound=Clause)


class Deal(Entry):
    """What every deal has; the two parties stand under the names that its kind uses."""

    debtor_role: ClassVar[str]
    creditor_role: ClassVar[str]
    allowed: ClassVar[frozenset[str]]
    needed: ClassVar[tuple[frozenset[str], ...]] = ()

    title: str | None = entry_field("A line for readers.", default=None)
    firmness: Firmness = entry_field("How binding it is.", default="firm")
    likelihood: Share | None = entry_field(
        "Chance that an optional or intended deal comes into force.", unit="1", default=None
    )
    cause: Name | None = entry_field(
        "Common cause that makes several uncertain deals come true together.", default=None
    )
    fulfilment: Share = entry_field(
        "Share of its volume that comes about when it is in force.", unit="1", default=Amount(1.0, "share")
    )
    signed_on: str | None = entry_field("Date of signing or announcement.", default=None)
    evidence: Literal["filed", "stated", "reported", "estimated", "assumed"] = entry_field(
        "How its terms are known.", default="stated"
    )
    sites: tuple[Name, ...] = entry_field("Sites that deliver it.", default=())
    clauses: dict[Name, AnyClause] = entry_field("The terms.", default_factory=dict)

    _one_or_many = field_validator("sites", mode="before")(one_or_many)

    _write_clauses_out = field_validator("clauses", mode="before")(full_forms)

    @model_validator(mode="after")
    def _clauses_fit_the_kind(self) -> Deal:
        kinds = [clause.kind for clause in self.clauses.values()]
        for kind in kinds:
            if kind not in self.allowed:
                may = ", ".join(sorted(self.allowed))
                message = f"a {self.kind} deal has no clause `{kind}`; it may have {may}"  # type: ignore[attr-defined]
                raise ValueError(message)
            if kinds.count(kind) > 1 and kind not in {"exclusivity", "first_refusal"}:
                message = f"clause `{kind}` is given twice"
                raise ValueError(message)
        for choice in self.needed:
            if not choice & set(kinds):
                one_of = "` or `".join(sorted(choice))
                message = f"a {self.kind} deal needs a clause `{one_of}`"  # type: ignore[attr-defined]
                raise ValueError(message)
        return self

    @property
    def debtor(self) -> str:
        """The party that pays for what the deal delivers."""
        return str(getattr(self, self.debtor_role))

    @property
    def creditor(self) -> str:
        """The party that is paid."""
        return str(getattr(self, self.creditor_role))

    def clause(self, kind: type[_C]) -> _C | None:
        """Return the clause of a kind, or None."""
        return next((clause for clause in self.clauses.values() if isinstance(clause, kind)), None)

    def clause_name(self, kind: type[Clause]) -> str | None:
        """Return what the deal calls its clause of a kind, or None."""
        return next((name for name, clause in self.clauses.items() if isinstance(clause, kind)), None)


_CAPACITY = frozenset(
    {"ramp", "volume", "start", "price", "take_or_pay", "term", "prepayment", "late_credit", "termination",
     "extension", "expansion", "delivery", "default_terms", "resale", "rank", "exclusivity", "first_refusal",
     "most_favoured"}
)  # fmt: skip


class ComputeDeal(Deal):
    """Capacity from a seller's machines."""

    debtor_role: ClassVar[str] = "buyer"
    creditor_role: ClassVar[str] = "seller"
    allowed: ClassVar[frozenset[str]] = _CAPACITY
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"ramp", "volume"}), frozenset({"price"}))
    kind: Literal["compute"] = entry_field("Kind of deal.")
    seller: Name = entry_field("Party that delivers.")
    buyer: Name = entry_field("Party that uses and pays.")


class SupplyDeal(Deal):
    """Chips and systems; with `sites`, those of their phases, due when each phase's chip gate is done."""

    debtor_role: ClassVar[str] = "buyer"
    creditor_role: ClassVar[str] = "seller"
    allowed: ClassVar[frozenset[str]] = frozenset(
        {"ramp", "volume", "start", "unit_price", "warrants", "rank", "delivery"}
    )
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"unit_price"}),)
    kind: Literal["supply"] = entry_field("Kind of deal.")
    seller: Name = entry_field("Chip vendor.")
    buyer: Name = entry_field("Party that buys the systems.")


class EquityDeal(Deal):
    """Money for shares."""

    debtor_role: ClassVar[str] = "investor"
    creditor_role: ClassVar[str] = "issuer"
    allowed: ClassVar[frozenset[str]] = frozenset({"payments", "tranches", "stake", "warrants", "rank"})
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"payments", "tranches", "stake", "warrants"}),)
    kind: Literal["equity"] = entry_field("Kind of deal.")
    investor: Name = entry_field("Party that pays.")
    issuer: Name = entry_field("Party whose shares are bought.")


class LoanDeal(Deal):
    """Money lent."""

    debtor_role: ClassVar[str] = "borrower"
    creditor_role: ClassVar[str] = "lender"
    allowed: ClassVar[frozenset[str]] = frozenset({"principal", "interest", "repayment", "rank"})
    needed: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"principal"}), frozenset({"interest"}), frozenset({"repayment"}),
    )  # fmt: skip
    kind: Literal["loan"] = entry_field("Kind of deal.")
    lender: Name = entry_field("Party that lends.")
    borrower: Name = entry_field("Party that owes.")


class BackstopDeal(Deal):
    """A promise to buy capacity that stays unsold."""

    debtor_role: ClassVar[str] = "backer"
    creditor_role: ClassVar[str] = "provider"
    allowed: ClassVar[frozenset[str]] = frozenset({"cover", "rank"})
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"cover"}),)
    kind: Literal["backstop"] = entry_field("Kind of deal.")
    backer: Name = entry_field("Party that must buy.")
    provider: Name = entry_field("Party whose capacity is covered.")


class RevenueShareDeal(Deal):
    """A share of revenue."""

    debtor_role: ClassVar[str] = "payer"
    creditor_role: ClassVar[str] = "recipient"
    allowed: ClassVar[frozenset[str]] = frozenset({"revenue_share", "rank"})
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"revenue_share"}),)
    kind: Literal["revenue_share"] = entry_field("Kind of deal.")
    payer: Name = entry_field("Party whose revenue is shared.")
    recipient: Name = entry_field("Party that gets the share.")


class LicenceDeal(Deal):
    """Models or other rights for a fee."""

    debtor_role: ClassVar[str] = "licensee"
    creditor_role: ClassVar[str] = "licensor"
    allowed: ClassVar[frozenset[str]] = frozenset({"fee", "quality_lag", "term", "rank"})
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"fee"}),)
    kind: Literal["licence"] = entry_field("Kind of deal.")
    licensor: Name = entry_field("Party that grants.")
    licensee: Name = entry_field("Party that uses and pays.")


class PowerDeal(Deal):
    """Electricity for sites, from a party of the book."""

    debtor_role: ClassVar[str] = "buyer"
    creditor_role: ClassVar[str] = "seller"
    allowed: ClassVar[frozenset[str]] = frozenset({"ramp", "tariff", "term", "rank"})
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"tariff"}), frozenset({"ramp"}))
    kind: Literal["power"] = entry_field("Kind of deal.")
    seller: Name = entry_field("Utility or generator.")
    buyer: Name = entry_field("Party that runs the sites.")


class LeaseDeal(Deal):
    """Space, shell and power without chips: rent on capacity, used or not."""

    debtor_role: ClassVar[str] = "tenant"
    creditor_role: ClassVar[str] = "landlord"
    allowed: ClassVar[frozenset[str]] = frozenset(
        {"ramp", "price", "term", "prepayment", "late_credit", "delivery", "rank"}
    )
    needed: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"ramp"}), frozenset({"price"}))
    kind: Literal["lease"] = entry_field("Kind of deal.")
    landlord: Name = entry_field("Party that owns the shell.")
    tenant: Name = entry_field("Party that rents it.")


AnyDeal = Annotated[
    ComputeDeal
    | SupplyDeal
    | EquityDeal
    | LoanDeal
    | BackstopDeal
    | RevenueShareDeal
    | LicenceDeal
    | PowerDeal
    | LeaseDeal,
    Discriminator("kind"),
]


class Right(Entry):
    """A right that stands outside any one deal."""

    kind: Literal["exclusivity", "first_refusal", "most_favoured", "intellectual_property"] = entry_field(
        "What the holder may do or demand."
    )
    holder: Name = entry_field("Party that has the right.")
    grantor: Name = entry_field("Party that is bound.")
    workloads: tuple[Name, ...] = entry_field("Workloads bound.", default=())
    covers: str | None = entry_field("What it covers, in words.", default=None)
    from_: QuarterField | None = entry_field(
        "First quarter; default: the opening.", default=None, alias="from"
    )
    until: QuarterField | None = entry_field("Last quarter; default: the calendar's end.", default=None)
    ended: bool = entry_field("Whether it has already been given up.", default=False)

    _one_or_many = field_validator("workloads", mode="before")(one_or_many)
