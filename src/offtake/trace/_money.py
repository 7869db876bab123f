"""The money of a window: what each deal moves, what comes from outside and what goes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["KINDS", "DealFlow", "Money", "arcs_of"]

FloatArray = Any

KINDS: Final = ("end customers", "outside funding", "other outside income")
"""Kinds of outside money, in the order of reports."""


@dataclass(frozen=True, slots=True)
class DealFlow:
    """Net payments under one deal over a window, in M USD.

    Parameters
    ----------
    deal
        The deal, or ``site/<name>`` for chips of a site that no deal supplies.
    kind, firmness
        Its kind, and how binding it is.
    payer, receiver
        The party that pays on balance over the window, and the one that is paid.
    amounts
        Payment by quarter; negative where money goes the other way in that quarter.
    """

    deal: str
    kind: str
    firmness: str
    payer: str
    receiver: str
    amounts: tuple[float, ...]

    @property
    def total(self) -> float:
        """The net payment over the window; not negative."""
        return float(sum(self.amounts))


@dataclass(frozen=True, eq=False)
class Money:
    """What moves in a window.

    Parameters
    ----------
    parties
        Every party of the book, in its order.
    flows
        Deals under which money moves.
    sources
        Money of each party from outside, ``[N]`` by kind.
    spent
        Money of each party to the outside, ``[N]``.
    """

    parties: tuple[str, ...]
    flows: tuple[DealFlow, ...]
    sources: Mapping[str, FloatArray]
    spent: FloatArray


def deal_flow(
    deal: str, kind: str, firmness: str, debtor: str, creditor: str, amounts: FloatArray
) -> DealFlow:
    """Return the flow of a deal from its debtor, turned round where money on balance comes back."""
    values = np.asarray(amounts, dtype=np.float64)
    if values.sum() < 0:
        debtor, creditor, values = creditor, debtor, -values
    return DealFlow(deal, kind, firmness, debtor, creditor, tuple(map(float, values)))


def arcs_of(
    parties: Sequence[str], flows: Iterable[DealFlow]
) -> tuple[Any, Any, FloatArray, tuple[tuple[DealFlow, ...], ...]]:
    """Return arcs between parties by payer and receiver, their amounts, and the deals on each.

    Arcs stand in the order of the names of their ends, so that no result hangs on the order of a book. A
    payment of a party to itself moves nothing and is left out.
    """
    place = {name: number for number, name in enumerate(parties)}
    joined: dict[tuple[str, str], list[DealFlow]] = {}
    for flow in flows:
        if flow.total > 0 and flow.payer != flow.receiver:
            joined.setdefault((flow.payer, flow.receiver), []).append(flow)
    ends = sorted(joined)
    deals = tuple(tuple(sorted(joined[pair], key=lambda flow: (-flow.total, flow.deal))) for pair in ends)
    payers = np.array([place[payer] for payer, _ in ends], dtype=np.int64)
    receivers = np.array([place[receiver] for _, receiver in ends], dtype=np.int64)
    amounts = np.array([sum(flow.total for flow in each) for each in deals], dtype=np.float64)
    return payers, receivers, amounts, deals
