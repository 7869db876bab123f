"""Stay or leave: for each side, quarter by quarter, what going on is worth above parting."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offtake._version import __version__
from offtake.book import ComputeDeal, Price, Ramp, Term, Termination
from offtake.errors import InputError
from offtake.negotiate._chairs import chairs, deals_between, default_values, signed, without_deals
from offtake.negotiate._outcomes import Table
from offtake.negotiate._prices import left_of, opening_price
from offtake.negotiate._prospect import Spread
from offtake.results import freeze

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from offtake.book import Book
    from offtake.calendar import Quarter
    from offtake.negotiate._prospect import Value

__all__ = ["Keep", "Stay", "stay_or_leave"]

_EPS: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Keep:
    """What would keep a party at the table in the quarter in which it would rather leave.

    Parameters
    ----------
    quarter
        The quarter.
    change
        Change of the price of what is left of the deals that makes it indifferent, M USD per MW-year; below 0
        for a cut. Not a number where nothing is left to price.
    share
        The same as a share of the price at the opening.
    """

    quarter: str
    change: float
    share: float


@dataclass(frozen=True, eq=False)
class Stay:
    """What going on is worth to each side above parting, by the quarter of parting.

    Parameters
    ----------
    parties
        The seller and the buyer.
    deals
        The deals between them that would end.
    quarters
        When they would part: at the start of the quarter.
    values
        For each party, the value of going on less that of parting, present values in M USD.
    fee
        What the buyer would owe for leaving under its terms; counted in its value, present values in M USD.
    free
        Whether the buyer has a right to leave in the quarter.
    leaves
        For each party, the first quarter in which it would rather leave on average; empty for never.
    keeps
        What would keep it then; None where it never leaves.
    settings
        Futures, scenarios and seed, how many books were looked at, and how they were valued.
    book, book_hash, version
        Name and hash of the book, and version of Offtake.
    """

    parties: tuple[str, str]
    deals: tuple[str, ...]
    quarters: tuple[str, ...]
    values: tuple[tuple[Spread, ...], tuple[Spread, ...]]
    fee: tuple[float, ...]
    free: tuple[bool, ...]
    leaves: tuple[str, str]
    keeps: tuple[Keep | None, Keep | None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    book: str = ""
    book_hash: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        freeze(self, "settings")

    @property
    def until(self) -> str:
        """Last quarter looked at through which both prefer to stay; empty if one would leave at once."""
        ends = [self.quarters.index(each) for each in self.leaves if each]
        if not ends:
            return self.quarters[-1]
        return self.quarters[min(ends) - 1] if min(ends) else ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it says, in sentences."""
        from offtake.negotiate._sentences import of_stay

        return of_stay(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the values as a table, a row for each quarter, M USD."""
        import pandas as pd

        columns: dict[str, Any] = {"quarter": list(self.quarters)}
        for party, values in zip(self.parties, self.values, strict=True):
            columns |= {
                party: [each.mean for each in values],
                f"{party}, 5 %": [each.low for each in values],
                f"{party}, 95 %": [each.high for each in values],
            }
        return pd.DataFrame(columns | {"fee": list(self.fee), "right to leave": list(self.free)})


def stay_or_leave(  # noqa: PLR0913 - the same settings as of `negotiate`
    book: Book,
    seller: str,
    buyer: str,
    *,
    deals: Sequence[str] | None = None,
    quarters: Sequence[str] | int = 4,
    values: tuple[Value, Value] | None = None,
    futures: int = 1000,
    scenarios: int = 12,
    seed: int = 0,
    client: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Stay:
    """Return, for each side, what going on with the deals between the two is worth above parting.

    Parameters
    ----------
    book, seller, buyer, values, futures, scenarios, seed, client, progress
        As in `negotiate`.
    deals
        The compute deals that would end; by default all that are firm between the two.
    quarters
        Quarters of parting; or every how many quarters, from the opening on.

    Raises
    ------
    InputError
        If a party or a quarter is none of the book's, or there is no deal to end.

    Notes
    -----
    To part in a quarter is to agree today that the deals, and the rights between the two, end at its start;
    both sides then plan anew around it. The buyer who leaves under a termination right owes its fee on top,
    on the fees that are left (C3 of docs/quarter-step.md); a side without such a right cannot leave alone,
    and its value says what it would pay to be let go. Both books are valued on the same futures.
    """
    parties = chairs(book, seller, buyer)
    ending = _ending(book, parties, deals)
    start = signed(book, ending)
    when = _quarters(book, quarters)
    table = Table(
        book,
        parties,
        values or default_values(start, parties, ending, futures=futures, scenarios=scenarios, seed=seed),
        start,
        client=client,
        progress=progress,
    )
    found = table.prospects([start, *(_parted(start, parties, ending, quarter) for quarter in when)])
    fees = [_fee(start, ending, quarter) for quarter in when]
    rows: tuple[list[Spread], list[Spread]] = ([], [])
    for (fee, _), apart in zip(fees, found[1:], strict=True):
        rows[0].append(found[0][0].less(apart[0]))
        worth = found[0][1].less(apart[1])
        rows[1].append(Spread(worth.mean + fee, worth.low + fee, worth.high + fee))
    both = tuple(rows[0]), tuple(rows[1])
    leaves = [_first(when, each) for each in both]
    keeps = tuple(
        _keep(start, ending, when, each, sign) for each, sign in zip(both, (1.0, -1.0), strict=True)
    )
    return Stay(
        parties=parties,
        deals=ending,
        quarters=tuple(map(str, when)),
        values=(both[0], both[1]),
        fee=tuple(fee for fee, _ in fees),
        free=tuple(free for _, free in fees),
        leaves=(leaves[0], leaves[1]),
        keeps=(keeps[0], keeps[1]),
        settings={
            "futures": futures,
            "scenarios": scenarios,
            "seed": seed,
            "books": table.looked_at,
            "values": "by plan and quote" if values is None else "given",
        },
        book=book.book,
        book_hash=book.hash,
        version=__version__,
    )


def _ending(book: Book, parties: tuple[str, str], deals: Sequence[str] | None) -> tuple[str, ...]:
    between = [name for name in deals_between(book, parties) if isinstance(book.deals[name], ComputeDeal)]
    if deals is None:
        found = tuple(name for name in between if book.deals[name].firmness == "firm")
    else:
        for name in deals:
            if name not in between:
                there = ", ".join(between) or "none"
                message = f"`{name}` is no compute deal of the two; theirs are: {there}"
                raise InputError(message)
        found = tuple(deals)
    if not found:
        message = f"{parties[0]} and {parties[1]} have no firm compute deal that could end; name deals"
        raise InputError(message)
    return found


def _quarters(book: Book, quarters: Sequence[str] | int) -> list[Quarter]:
    from offtake.calendar import Quarter

    every = book.calendar.quarters
    if isinstance(quarters, int):
        if quarters < 1:
            message = f"quarters are taken one in so many, at least one, not {quarters}"
            raise InputError(message)
        return list(every[::quarters])
    found = [Quarter.parse(each) for each in quarters]
    outside = [str(each) for each in found if each not in book.calendar]
    if outside or not found:
        message = f"name quarters of {book.calendar}" + (f", not {', '.join(outside)}" if outside else "")
        raise InputError(message)
    return sorted(set(found))


def _parted(book: Book, parties: tuple[str, str], deals: Sequence[str], quarter: Quarter) -> Book:
    """Return the book in which the deals, and the rights between the two, end at the start of a quarter."""
    before = quarter - 1
    gone: list[str] = []
    changes: dict[str, Any] = {}
    for name in deals:
        deal = book.deals[name]
        ramp, term = deal.clause(Ramp), deal.clause(Term)
        starts = min(ramp.levels) if ramp is not None else quarter
        if quarter <= book.calendar.first or starts >= quarter:
            gone.append(name)
            continue
        if term is None or term.until is None or term.until > before:
            key = deal.clause_name(Term) or "term"
            changes |= {f"deals.{name}.clauses.{key}.until": str(before)} | _held_price(book, name)
            changes |= _ramp_until(book, name, quarter)
    rights = [
        f"rights.{name}"
        for name, right in book.rights.items()
        if {right.holder, right.grantor} == set(parties)
    ]
    for path in rights:
        right = book.rights[path.removeprefix("rights.")]
        if quarter <= book.calendar.first:
            changes[f"{path}.ended"] = True
        elif right.until is None or right.until > before:
            changes[f"{path}.until"] = str(before)
    changed = book.replace(changes) if changes else book
    return without_deals(changed, gone)


def _ramp_until(book: Book, name: str, quarter: Quarter) -> dict[str, Any]:
    """Return a deal's ramp without the steps that would come after it ends."""
    deal = book.deals[name]
    ramp = deal.clause(Ramp)
    if ramp is None or max(ramp.levels) < quarter:
        return {}
    kept = {str(q): f"{level.value!r} MW" for q, level in ramp.levels.items() if q < quarter}
    return {f"deals.{name}.clauses.{deal.clause_name(Ramp)}": {"levels": kept}}


def _held_price(book: Book, name: str) -> dict[str, Any]:
    """Return the price for each MW in place of a total, so that a MW of a shorter deal costs no more."""
    deal = book.deals[name]
    price = deal.clause(Price)
    if price is None or price.total is None:
        return {}
    stem = f"deals.{name}.clauses.{deal.clause_name(Price)}"
    return {f"{stem}.total": None, f"{stem}.usage": f"{opening_price(book, name)!r} MUSD/MW/quarter"}


def _fee(book: Book, deals: Sequence[str], quarter: Quarter) -> tuple[float, bool]:
    """Return the present value of what the buyer owes for leaving in a quarter, and whether it may leave."""
    at = quarter - book.calendar.first
    total, free = 0.0, True
    for name in deals:
        right = book.deals[name].clause(Termination)
        left = left_of(book, name, quarter, discounted=False)
        if not left:
            continue
        if right is None or (right.from_ is not None and quarter < right.from_):
            free = False
            continue
        factor = (1.0 + book.market.discount_rate.value) ** (-at / 4.0)
        total += right.fee.value * opening_price(book, name) * left * factor
    return total, free


def _first(quarters: Sequence[Quarter], values: Sequence[Spread]) -> str:
    return next(
        (str(quarter) for quarter, each in zip(quarters, values, strict=True) if each.mean < -_EPS), ""
    )


def _keep(
    book: Book, deals: Sequence[str], quarters: Sequence[Quarter], values: Sequence[Spread], sign: float
) -> Keep | None:
    for quarter, each in zip(quarters, values, strict=True):
        if each.mean < -_EPS:
            left = {name: left_of(book, name, quarter, discounted=True) for name in deals}
            whole = sum(left.values())
            if not whole:
                return Keep(str(quarter), math.nan, math.nan)
            price = sum(opening_price(book, name) * part for name, part in left.items()) / whole
            change = sign * -each.mean / whole
            return Keep(str(quarter), 4.0 * change, change / price if price else math.nan)
    return None
