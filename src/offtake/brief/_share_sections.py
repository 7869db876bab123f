"""The section on what each provider brings to the party in focus."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from offtake.brief._making import nothing, section
from offtake.brief._words import code, say, told

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records
    from offtake.brief._words import Sentence

__all__ = ["portfolio_section"]

_USUAL: Final = 12
_SAID: Final = 3
"""What all bring, who has how much of it, and whether that holds; what is said beyond stands in a list."""


def portfolio_section(records: Records) -> Section:
    """Return the section on what each provider brings, who has how much of it, and whether that holds."""
    record, shared, title = records.negotiate_portfolio, records.shared, "What each provider brings"
    if shared is None:
        return nothing("negotiate-portfolio", title, "The providers were not looked at for this page.")
    found = shared.portfolio
    if record is None or found is None:
        return nothing("negotiate-portfolio", title, shared.why)
    errors = " The lines are standard errors." if record.orders else ""
    return section(
        "negotiate_portfolio",
        title,
        record,
        says=[told(each) for each in found.sentences[:_SAID]],
        points=[*(told(each) for each in (*found.sentences[_SAID:], *found.assumptions)), *_finer(records)],
        caption="Full bars: what each provider adds on average over all orders of arrival. Hatched: what "
        "would be lost without it, all planned anew among the others: the most that "
        f"{shared.buyer} should give to keep it. Where the hatched bar is the shorter one, others can take "
        f"its place; left of nought it costs more than it brings.{errors}",
        arguments="book, shared",
    )


def _finer(records: Records) -> list[Sentence]:
    """Return the command that looks closer, where the page looks at few scenarios or orders."""
    found = records.shared.portfolio if records.shared is not None else None
    if found is None or (found.settings["scenarios"] >= _USUAL and found.split.exact):
        return []
    command = f"offtake negotiate {records.source} --portfolio {shlex.quote(found.buyer)}"
    return [say("It is looked at more closely by {}.", code(command))]
