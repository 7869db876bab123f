"""Asking again: deals that a buyer has signed, put back on the table on the same terms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from offtake.book import ComputeDeal, Ramp, Volume
from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offtake.book import Book
    from offtake.plan._instance import Instance

__all__ = ["reopened", "with_room", "yet_to_begin"]


def yet_to_begin(book: Book, buyer: str) -> tuple[str, ...]:
    """Return the buyer's firm compute deals of which nothing is owed before the opening."""
    found = []
    for name, deal in book.deals.items():
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer and deal.firmness == "firm":
            ramp = deal.clause(Ramp)
            if ramp is not None and min(book.calendar.index(quarter) for quarter in ramp.levels) >= 0:
                found.append(name)
    return tuple(found)


def reopened(book: Book, buyer: str, deals: Iterable[str] | Literal["all"]) -> tuple[Book, tuple[str, ...]]:
    """Return the book with deals of the buyer on offer again, from nothing to what was signed, and which.

    Parameters
    ----------
    book
        The book; it is not changed.
    buyer
        Whose deals.
    deals
        Names of its firm compute deals, or ``"all"`` of which nothing is owed before the opening.

    Raises
    ------
    InputError
        If a deal is not a firm compute deal of the buyer that has yet to begin.
    """
    may = yet_to_begin(book, buyer)
    names = may if deals == "all" else tuple(deals)
    changes: dict[str, Any] = {}
    for name in names:
        if name not in may:
            message = (
                f"`{name}` is no firm compute deal that {buyer} buys and that has yet to begin; those are "
            )
            raise InputError(message + (", ".join(may) or "none"))
        deal = book.deals[name]
        last = max(level.value for level in deal.clause(Ramp).levels.values())  # type: ignore[union-attr]
        changes[f"deals.{name}.firmness"] = "offered"
        place = next((key for key, clause in deal.clauses.items() if isinstance(clause, Volume)), "volume")
        changes[f"deals.{name}.clauses.{place}"] = {"kind": "volume", "from": "0 MW", "to": f"{last:g} MW"}
    return (book.replace(changes) if changes else book), names


def with_room(problem: Instance, names: Iterable[str]) -> Instance:
    """Return the problem with the limit on new commitments raised by what deals asked again had committed."""
    limit, contracts = problem.limits.commitment, problem.contracts
    if limit is None:
        return problem
    rows = {
        name: max(
            (c for c, entry in enumerate(contracts.entry) if entry == name and contracts.node[c] == 0),
            key=lambda c: contracts.most[c],
        )
        for name in names
    }
    had = sum(float(contracts.commitment[c] * contracts.most[c]) for c in rows.values())
    return replace(problem, limits=replace(problem.limits, commitment=limit + had))
