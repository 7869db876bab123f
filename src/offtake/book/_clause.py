"""What every clause has."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import field_validator

from offtake.book._entry import Entry

__all__ = ["Clause", "Listed", "Seniority"]

Seniority = Literal["senior", "ordinary", "subordinated"]


class Clause(Entry):
    """What every clause has; `main` names the field that may stand alone."""

    main: ClassVar[str | None] = None


class Listed(Clause):
    """A clause whose listed names may be written as one name."""

    @field_validator("workloads", "sites", "deals", "tranche_prices", mode="before", check_fields=False)
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        return [data] if isinstance(data, str) else data
