"""What every clause has."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import field_validator

from offtake.book._entry import Entry, one_or_many

__all__ = ["Clause", "Listed", "Seniority"]

Seniority = Literal["senior", "ordinary", "subordinated"]


class Clause(Entry):
    """What every clause has; `main` names the field that may stand alone."""

    main: ClassVar[str | None] = None


class Listed(Clause):
    """A clause whose listed names may be written as one name."""

    _one_or_many = field_validator(
        "workloads", "sites", "deals", "tranche_prices", mode="before", check_fields=False
    )(one_or_many)
