"""Sources, and the facts that the book must reproduce."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import field_validator

from offtake.book._entry import Record, entry_field
from offtake.book._scalars import Amount, Ratio, Sources


class Source(Record):
    """Where a figure comes from."""

    title: str = entry_field("Title, or what the source says in a few words.")
    publisher: str | None = entry_field("Who published it.", default=None)
    date: str | None = entry_field("Date of publication, or of the fact.", default=None)
    address: str | None = entry_field("Where it can be read.", default=None)
    confidence: Literal["filing", "company statement", "reported", "estimate"] | None = entry_field(
        "Where the number originates.", default=None
    )

    @field_validator("date", mode="before")
    @classmethod
    def _date_as_text(cls, data: Any) -> Any:
        """YAML reads 2025-12-31 as a date and 2025 as a number."""
        return str(data) if isinstance(data, datetime.date | int) else data


class Fact(Record):
    """A stated figure, and the measure of the book or of its first quarters that must agree with it."""

    row: str = entry_field("Row of the case that it belongs to (`S10`), or `opening`.")
    says: str = entry_field("What is stated, in words.")
    measure: dict[str, Any] = entry_field(
        "How it is computed: one name of a measure and what it is applied to (`{total_value: [deal, deal]}`)."
    )
    stated: Any = entry_field("The stated figure, as people write it.")
    tolerance: Ratio = entry_field(
        "Largest relative difference that still agrees.", unit="1", default=Amount(0.005, "ratio")
    )
    at_least: bool = entry_field("Whether more than stated agrees too.", default=False)
    sources: Sources = entry_field("Sources of the stated figure.", default=())
    why: str | None = entry_field("Why a difference is expected.", default=None)
