"""The plans of a page: what the party in focus signs, what it would sign again, what others build and buy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InfeasibleError, InputError
from offtake.scale import spread_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from offtake.book import Book
    from offtake.plan import Plan

__all__ = ["Plans", "plans_of"]

_SCENARIOS: Final = 20
_FUTURES: Final = 500
_GAP: Final = 5e-3
_SECONDS: Final = 60.0
_FRESH: Final = 2_000
_FRONTIER: Final = 3
_FREED: Final = 2


@dataclass(frozen=True)
class Plans:
    """The plans of a page.

    Parameters
    ----------
    buyer
        The party in focus.
    chosen
        Its plan; None where there is none.
    why
        Why there is none; empty where there is one.
    again
        Its plan if its contracts that have yet to begin could be chosen again; None where there are none.
    freed
        That plan without each exclusivity that binds the buyer, by the entry that holds it.
    others
        Plans of the other parties that have a policy.
    seed
        Seed of all of them.
    refused
        Why another party that has a policy has no plan, in the words of the error, by party.
    """

    buyer: str
    chosen: Plan | None
    why: str
    again: Plan | None
    freed: dict[str, Plan]
    others: tuple[Plan, ...]
    seed: int
    refused: Mapping[str, str] = field(default_factory=dict)

    def python(self) -> tuple[str, ...]:
        """Return the Python that makes the plans again."""
        if self.chosen is None:
            return ()
        tree = (
            f"scenarios={_SCENARIOS}, futures={_FUTURES}, gap={_GAP}, time_limit={_SECONDS}, seed={self.seed}"
        )
        lines = [
            f"plan = ot.plan(book, {self.buyer!r}, bounds=True, fresh={_FRESH}, frontier={_FRONTIER}, {tree})"
        ]
        if self.again is not None:
            lines.append(f'again = ot.plan(book, {self.buyer!r}, reopen="all", {tree})')
        lines += [
            f'freed = ot.plan(book.without({entry!r}), {self.buyer!r}, reopen="all", {tree})'
            for entry in self.freed
        ]
        lines += [f"other = ot.plan(book, {plan.buyer!r}, bounds=True, {tree})" for plan in self.others]
        return tuple(lines)


def plans_of(
    book: Book,
    buyer: str,
    seed: int,
    progress: Callable[[str, int, int], None] | None = None,
    client: Any = None,
) -> Plans:
    """Return the plans of a page on a book.

    Parameters
    ----------
    book
        The book.
    buyer
        The party in focus.
    seed
        Seed of the futures from which the trees are drawn.
    progress
        Called with what is being done, how much of it is done and how much there is.
    client
        A `dask.distributed` client that makes the plans side by side, or None.
    """
    from offtake.plan import yet_to_begin

    others = [
        name
        for name in book.policies
        if name != buyer and any(each.buyer == name for each in book.workloads.values())
    ]
    open_again = [book] if yet_to_begin(book, buyer) else []
    entries = _exclusivities(book, buyer)[:_FREED] if open_again else []
    asked = [_Asked(book, buyer, seed, bounds=True, more=1)]
    asked += [_Asked(book, name, seed, bounds=True) for name in others]
    open_again += [book.without(entry) for entry in entries]
    asked += [_Asked(each, buyer, seed, again=True) for each in open_again]
    report = None if progress is None else lambda done, total: progress("plans", done, total)
    chosen, *made = spread_out(_made, None, asked, client, report)
    if isinstance(chosen, str):
        return Plans(buyer, None, chosen, None, {}, (), seed)
    theirs = dict(zip(others, made, strict=False))
    again, *freed = made[len(others) :] or [None]
    refused = {name: each for name, each in theirs.items() if isinstance(each, str)}
    planned = tuple(each for each in theirs.values() if not isinstance(each, str))
    return Plans(buyer, chosen, "", again, dict(zip(entries, freed, strict=True)), planned, seed, refused)


@dataclass(frozen=True)
class _Asked:
    """A plan to be made: of whom, and whether contracts are chosen again, with bounds or with more."""

    book: Book
    buyer: str
    seed: int
    again: bool = False
    bounds: bool = False
    more: int = 0


def _made(_: None, asked: _Asked) -> Plan | str:
    """Return a plan; why there is none, where that may be."""
    from offtake.plan import plan

    try:
        return plan(
            asked.book, asked.buyer, scenarios=_SCENARIOS, futures=_FUTURES, gap=_GAP, time_limit=_SECONDS,
            seed=asked.seed, reopen="all" if asked.again else (), prices=False, bounds=asked.bounds,
            fresh=_FRESH * asked.more, frontier=_FRONTIER * asked.more,
        )  # fmt: skip
    except (InfeasibleError, InputError) as error:
        if asked.again:
            raise
        unplanned = asked.more and isinstance(error, InputError)
        return f"Nothing can be planned: {error}" if unplanned else str(error)


def _exclusivities(book: Book, buyer: str) -> list[str]:
    """Return the entries that bind the buyer's workloads to one seller, as paths to leave out."""
    found = [
        f"rights.{name}"
        for name, right in book.rights.items()
        if right.kind == "exclusivity" and right.grantor == buyer and not right.ended
    ]
    for name, deal in book.deals.items():
        if deal.debtor == buyer and deal.kind == "compute" and deal.firmness == "firm":
            found += [
                f"deals.{name}.clauses.{key}"
                for key, clause in deal.clauses.items()
                if clause.kind == "exclusivity"
            ]
    return found
