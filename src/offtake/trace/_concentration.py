"""How concentrated a party is on few providers, vendors, regions and customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.book import ComputeDeal, Delivery, LeaseDeal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from offtake.book import Book
    from offtake.trace._money import DealFlow

__all__ = ["Concentration", "concentrations", "herfindahl"]

FloatArray = Any

_CAPACITY: Final = frozenset({"compute", "lease"})
_UNKNOWN: Final = "not named"


@dataclass(frozen=True, slots=True)
class Concentration:
    """How one party depends on few others in one respect.

    Parameters
    ----------
    party
        The party.
    by
        ``provider`` (what it pays for capacity), ``vendor`` and ``region`` (MW-quarters that it rents), or
        ``payer`` (what it receives from other parties).
    herfindahl
        Sum of squared shares: 1 for one alone, 1/n for n equal ones.
    largest, share
        The largest of them, and its share.
    count
        How many there are.
    """

    party: str
    by: str
    herfindahl: float
    largest: str
    share: float
    count: int


def herfindahl(amounts: Iterable[float]) -> float:
    """Return the sum of squared shares; 0 where there is nothing.

    Examples
    --------
    >>> herfindahl([2.0, 2.0]), herfindahl([7.0]), herfindahl([])
    (0.5, 1.0, 0.0)
    """
    values = np.asarray(list(amounts), dtype=np.float64)
    total = values.sum()
    return float(((values / total) ** 2).sum()) if total > 0 else 0.0


def concentrations(
    book: Book, flows: Iterable[DealFlow], power: Mapping[str, float]
) -> tuple[Concentration, ...]:
    """Return every party's concentration by provider, vendor, region and payer, where it has any.

    Parameters
    ----------
    book
        The book.
    flows
        What its deals move in the window.
    power
        MW-quarters of each capacity deal in the window.
    """
    sums: dict[tuple[str, str], dict[str, float]] = {}

    def add(party: str, by: str, of: str, amount: float) -> None:
        row = sums.setdefault((party, by), {})
        row[of] = row.get(of, 0.0) + amount

    for flow in flows:
        if flow.total > 0 and flow.payer != flow.receiver:
            add(flow.receiver, "payer", flow.payer, flow.total)
            if flow.kind in _CAPACITY:
                add(flow.payer, "provider", flow.receiver, flow.total)
    for deal, amount in power.items():
        entry = book.deals[deal]
        if amount > 0 and isinstance(entry, ComputeDeal | LeaseDeal):
            if isinstance(entry, ComputeDeal):
                add(entry.debtor, "vendor", _vendor(book, deal), amount)
            add(entry.debtor, "region", _region(book, deal), amount)
    return tuple(_row(party, by, row) for (party, by), row in sorted(sums.items()))


def _row(party: str, by: str, row: Mapping[str, float]) -> Concentration:
    largest = max(sorted(row), key=lambda name: row[name])
    share = row[largest] / sum(row.values())
    return Concentration(party, by, herfindahl(row.values()), largest, share, len(row))


def _vendor(book: Book, deal: str) -> str:
    entry = book.deals[deal]
    delivery = entry.clause(Delivery)
    named = [delivery.chip] if delivery is not None else []
    only = list(book.chips) if len(book.chips) == 1 else []
    choices = [*named, *(book.sites[site].chip for site in entry.sites[:1]), book.market.chip, *only]
    chip = next((each for each in choices if each is not None), None)
    return _UNKNOWN if chip is None else book.chips[chip].vendor


def _region(book: Book, deal: str) -> str:
    entry = book.deals[deal]
    delivery = entry.clause(Delivery)
    named = delivery.region if delivery is not None else None
    of_site = next((book.sites[site].region for site in entry.sites[:1]), None)
    return named or of_site or _UNKNOWN
