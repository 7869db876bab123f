"""Negotiations: two parties, and what is contested between them."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import field_validator, model_validator

from offtake.book._entry import Entry, entry_field, one_or_many
from offtake.book._scalars import Name

__all__ = ["BOX", "NUMBER", "Talks"]

NUMBER: Final = r"(-?(?:\d[\d,_]*(?:\.\d+)?|\.\d+))"
"""A number as it is written in a contested term."""
BOX: Final = re.compile(rf"^\s*{NUMBER}\s*([A-Za-z%][^.]*?)?\s*\.\.\s*{NUMBER}\s*(.*)$")
"""A box of values: its lower end, perhaps with a unit, its upper end and the unit."""


class Talks(Entry):
    """What two parties negotiate about; only `negotiate` reads it."""

    title: str | None = entry_field("A line for readers.", default=None)
    parties: tuple[Name, Name] = entry_field("The two parties, in either order.")
    deals: tuple[Name, ...] = entry_field(
        "Deals on the table: signed if they agree and gone if they do not; default: those that `over` names.",
        default=(),
    )
    over: dict[str, Any] = entry_field(
        "Contested terms by dotted path: a list of values (`out` takes it out, `keep` leaves it), a box such "
        "as `9..11 MUSD/MW/year`, or labels with changes by path that belong together.",
        default_factory=dict,
    )
    no_deal: dict[str, Any] | None = entry_field(
        "The book without an agreement, as changes by path; default: it lacks the deals on the table.",
        default=None,
    )

    _one_or_many = field_validator("deals", mode="before")(one_or_many)

    @model_validator(mode="after")
    def _two_parties_and_something_contested(self) -> Talks:
        if self.parties[0] == self.parties[1]:
            message = f"{self.parties[0]} cannot negotiate with itself; name two parties"
            raise ValueError(message)
        if not self.over:
            message = "nothing is contested; name a term under `over`, as in `deals.base.price.usage: [...]`"
            raise ValueError(message)
        return self
