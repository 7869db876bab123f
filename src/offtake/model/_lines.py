"""The lines of the ledger between parties: who owes whom, for what, in which rank."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import (
    BackstopDeal,
    EquityDeal,
    LicenceDeal,
    LoanDeal,
    PowerDeal,
    Rank,
    RevenueShareDeal,
    SupplyDeal,
    UnitPrice,
)
from offtake.calendar import Calendar
from offtake.model._capacity import clause_label
from offtake.model._delivery import own_delay, phase_labels, ramp_increments
from offtake.model._instruments import of_kind
from offtake.model._leaves import Leaves
from offtake.model._records import Capacity, Lines

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["RANKS", "compile_lines"]

RANKS = ("arrears", "senior", "ordinary", "subordinated")
"""Order in which a party pays."""

_PAID_TO_DEAD = frozenset({"fee", "chips", "interest", "principal"})
_FUNDING = frozenset({"payment", "tranche", "draw"})


@dataclass
class _Table:
    """Lines as they are added, group by group."""

    book: "Book"
    rows: list[tuple[str, str | None, str, str, str]] = field(default_factory=list)
    groups: list[tuple[str, int, int]] = field(default_factory=list)

    def group(self, kind: str, rows: list[tuple[str | None, str, str, str]]) -> None:
        """Add a group of (deal, label, payer, receiver)."""
        start = len(self.rows)
        self.rows += [(kind, *row) for row in rows]
        self.groups.append((kind, start, len(self.rows)))

    def by_deal(self, kind: str, names: tuple[str, ...], *, back: bool = False) -> None:
        """Add one line a deal, from debtor to creditor or back."""
        rows: list[tuple[str | None, str, str, str]] = []
        for name in names:
            deal = self.book.deals[name]
            ends = (deal.creditor, deal.debtor) if back else (deal.debtor, deal.creditor)
            rows.append((name, name, *ends))
        self.group(kind, rows)


def compile_lines(
    book: "Book", calendar: Calendar, leaves: Leaves, names: tuple[str, ...], capacity: Capacity
) -> Lines:
    """Return all lines, in groups of one kind, with chip prices added to the leaves."""
    parties, deals, drivers = tuple(book.parties), tuple(book.deals), tuple(book.drivers)
    table = _Table(book)
    table.by_deal("fee", names)
    table.by_deal(
        "prepayment", tuple(n for n, has in zip(names, capacity.has_prepayment, strict=True) if has)
    )
    table.by_deal(
        "late credit",
        tuple(n for n, has in zip(names, capacity.has_late_credit, strict=True) if has),
        back=True,
    )
    table.by_deal(
        "termination fee", tuple(n for n, has in zip(names, capacity.has_termination, strict=True) if has)
    )
    supplies = of_kind(book, SupplyDeal)
    supplied = {site: name for name in supplies for site in book.deals[name].sites}
    loose = [
        name
        for name, site in book.sites.items()
        if name not in supplied and site.chip is not None and book.chips[site.chip].vendor != site.owner
        and book.chips[site.chip].vendor in book.parties
    ]  # fmt: skip
    chip_rows: list[tuple[str | None, str, str, str]] = [
        (name, name, book.deals[name].debtor, book.deals[name].creditor) for name in supplies
    ]
    chip_rows += [
        (None, f"site/{name}", book.sites[name].owner, book.chips[book.sites[name].chip or ""].vendor)
        for name in loose
    ]
    table.group("chips", chip_rows)
    table.by_deal("payment", of_kind(book, EquityDeal))
    table.by_deal("tranche", of_kind(book, EquityDeal))
    table.by_deal("draw", of_kind(book, LoanDeal), back=True)
    table.by_deal("interest", of_kind(book, LoanDeal))
    table.by_deal("principal", of_kind(book, LoanDeal))
    table.by_deal("backstop", of_kind(book, BackstopDeal))
    table.by_deal("revenue share", of_kind(book, RevenueShareDeal))
    table.by_deal("licence", of_kind(book, LicenceDeal))
    table.by_deal("power", of_kind(book, PowerDeal))

    first_chip = next(start for kind, start, _ in table.groups if kind == "chips")
    steps = [
        (first_chip + s, mw, target, s)
        for s, name in enumerate(supplies)
        if not book.deals[name].sites
        for target, mw in ramp_increments(book, name, calendar)
    ]
    chip_index = []
    for name in supplies:
        price = book.deals[name].clause(UnitPrice)
        delivery = own_delay(book, name)
        leaves.add(
            "chips.price",
            price.amount if price else 0.0,
            clause_label(book, name, price, "amount") if price else "",
        )
        delay_label = "" if delivery is None else clause_label(book, name, delivery, "delay")
        leaves.add("chips.delay", 0.0 if delivery is None else delivery.delay, delay_label)
        chip_index.append(
            len(drivers) if price is None or price.index is None else drivers.index(price.index)
        )
    leaves.empty("chips.price", "chips.delay")
    line_of_site = {site: first_chip + supplies.index(name) for site, name in supplied.items()}
    line_of_site |= {site: first_chip + len(supplies) + n for n, site in enumerate(loose)}
    rows = table.rows
    return Lines(
        kind=tuple(row[0] for row in rows),
        deal=np.array([-1 if row[1] is None else deals.index(row[1]) for row in rows], dtype=np.int64),
        label=tuple(row[2] for row in rows),
        payer=np.array([parties.index(row[3]) for row in rows], dtype=np.int64),
        receiver=np.array([parties.index(row[4]) for row in rows], dtype=np.int64),
        rank=np.array([_rank(book, row[1]) for row in rows], dtype=np.int64),
        to_dead=np.array([row[0] in _PAID_TO_DEAD for row in rows], dtype=bool),
        gives_money=np.array([row[0] in _FUNDING for row in rows], dtype=bool),
        to_debtor=np.array([row[0] in _FUNDING or row[0] == "late credit" for row in rows], dtype=bool),
        groups=tuple(table.groups),
        chip_phase=np.array([line_of_site.get(site, -1) for site, _ in phase_labels(book)], dtype=np.int64),
        chip_step_line=np.array([step[0] for step in steps], dtype=np.int64),
        chip_step_mw=np.array([step[1] for step in steps], dtype=float),
        chip_step_target=np.array([step[2] for step in steps], dtype=float),
        chip_step_deal=np.array([step[3] for step in steps], dtype=np.int64),
        chip_deal=np.array([deals.index(name) for name in supplies] + [-1] * len(loose), dtype=np.int64),
        chip_index=np.array(chip_index + [len(drivers)] * len(loose), dtype=np.int64),
        chip_site=np.array(
            [-1] * len(supplies) + [list(book.sites).index(site) for site in loose], dtype=np.int64
        ),
    )


def _rank(book: "Book", deal: str | None) -> int:
    clause = None if deal is None else book.deals[deal].clause(Rank)
    return RANKS.index("ordinary" if clause is None else clause.seniority)
