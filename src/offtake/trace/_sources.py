"""Money of a window from contracts, from the means of a run, or from one of its futures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.errors import InputError
from offtake.trace._contracted import Dues, contracted_dues
from offtake.trace._money import KINDS, DealFlow, Money, deal_flow
from offtake.trace._outside import announced_outside

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book
    from offtake.results import Simulation
    from offtake.trace._announced import Announced

__all__ = ["contracted_money", "path_money", "simulated_money", "without_letters"]

FloatArray = Any

_CUSTOMERS, _FUNDING, _INCOME = KINDS
_FROM_OUTSIDE: Final = {"revenue": _CUSTOMERS, "funding debt": _FUNDING, "funding equity": _FUNDING}
_SITE: Final = "site/"
_NEEDED: Final = ("revenue", "funding", "other_income", "outside_spending")


def _ends(book: Book, deal: str) -> tuple[str, str, str, str] | None:
    """Return kind, firmness, debtor and creditor of a deal or of a site's chips; None if neither."""
    if deal in book.deals:
        entry = book.deals[deal]
        return entry.kind, entry.firmness, entry.debtor, entry.creditor
    site = book.sites.get(deal.removeprefix(_SITE))
    if site is None or site.chip is None:
        return None
    return "supply", _site_firmness(book, deal.removeprefix(_SITE)), site.owner, book.chips[site.chip].vendor


def _site_firmness(book: Book, site: str) -> str:
    """Return how binding the building of a site is: not firm where every phase hangs on such a deal."""
    under = {phase.under for phase in book.sites[site].phases}
    loose = [book.deals[name].firmness for name in under if name is not None]
    return next((each for each in loose if each != "firm"), "firm") if None not in under else "firm"


def contracted_money(plan: Announced, window: slice) -> tuple[Money, Dues]:
    """Return what falls due in a window on the announced schedule, and the dues of the whole calendar."""
    fixed, book = plan.model.structure, plan.book
    dues, lines = contracted_dues(plan), fixed.lines
    parties = tuple(book.parties)
    by_deal: dict[str, FloatArray] = {}
    for m, label in enumerate(lines.label):
        ends = _ends(book, label)
        sign = 1.0 if ends is not None and parties[lines.payer[m]] == ends[2] else -1.0
        by_deal[label] = by_deal.get(label, 0.0) + sign * dues.lines[:, m]
    flows = []
    received, paid = (np.zeros((plan.quarters, len(parties))) for _ in range(2))
    for m in range(len(lines.label)):
        if lines.payer[m] != lines.receiver[m]:
            paid[:, lines.payer[m]] += dues.lines[:, m]
            received[:, lines.receiver[m]] += dues.lines[:, m]
    for label, amounts in by_deal.items():
        ends = _ends(book, label)
        if ends is not None and np.any(amounts[window]):
            flows.append(deal_flow(label, *ends, amounts[window]))
    outside = announced_outside(plan, received, paid)
    sources = {
        _CUSTOMERS: outside.customers[window].sum(axis=0),
        _FUNDING: outside.funding[window].sum(axis=0),
        _INCOME: outside.income[window].sum(axis=0),
    }
    return Money(parties, tuple(flows), _whole(sources), outside.spent[window].sum(axis=0)), dues


def simulated_money(book: Book, runs: Simulation, window: slice) -> Money:
    """Return mean payments of a run over a window, with what comes from outside and what goes there.

    Raises
    ------
    InputError
        If the run does not say what each party receives from outside, or is of another book.
    """
    parties = tuple(book.parties)
    if tuple(map(str, runs.dataset.indexes["party"])) != parties:
        message = "the run is of another book: its parties are not those of this one. Run this book."
        raise InputError(message)
    missing = [name for name in _NEEDED if name not in runs.dataset]
    if missing:
        message = f"the run holds no {', '.join(missing)}. Run the book again with this version of Offtake."
        raise InputError(message)
    flows = []
    for variable, dim, prefix in (("paid", "deal", ""), ("chips_paid", "site", _SITE)):
        if variable not in runs.dataset:
            continue
        amounts = _mean(runs, variable)
        for number, name in enumerate(map(str, runs.dataset.indexes[dim])):
            ends = _ends(book, f"{prefix}{name}")
            if ends is not None and np.any(amounts[number, window]):
                flows.append(deal_flow(f"{prefix}{name}", *ends, amounts[number, window]))
    customers, funding, income, spent = (_mean(runs, name)[:, window].sum(axis=1) for name in _NEEDED)
    sources = {_CUSTOMERS: customers, _FUNDING: funding, _INCOME: income}
    return Money(parties, tuple(flows), _whole(sources), np.maximum(spent, 0.0))


def path_money(book: Book, ledger: pd.DataFrame, quarters: list[str]) -> Money:
    """Return what moves in one future, from its ledger."""
    parties = tuple(book.parties)
    place = {name: number for number, name in enumerate(parties)}
    sources = {kind: np.zeros(len(parties)) for kind in KINDS}
    spent = np.zeros(len(parties))
    by_deal: dict[str, FloatArray] = {}
    at = {quarter: number for number, quarter in enumerate(quarters)}
    columns = ("quarter", "kind", "deal", "payer", "receiver", "paid")
    for quarter, kind, deal, payer, receiver, paid in ledger[list(columns)].itertuples(index=False):
        if quarter not in at or paid == 0:
            continue
        if payer not in place:
            sources[_FROM_OUTSIDE.get(kind, _INCOME)][place[receiver]] += paid
        elif receiver not in place:
            spent[place[payer]] += paid
        else:
            ends = _ends(book, deal)
            sign = 1.0 if ends is not None and ends[2] == payer else -1.0
            by_deal.setdefault(deal, np.zeros(len(quarters)))[at[quarter]] += sign * paid
    flows = tuple(
        deal_flow(deal, *ends, amounts)
        for deal, amounts in by_deal.items()
        if (ends := _ends(book, deal)) is not None
    )
    return Money(parties, flows, _whole(sources), np.maximum(spent, 0.0))


def without_letters(money: Money) -> Money:
    """Return the money of a window with payments under deals that are not firm counted as outside."""
    place = {name: number for number, name in enumerate(money.parties)}
    income, spent = np.array(money.sources[_INCOME]), np.array(money.spent)
    kept: list[DealFlow] = []
    for flow in money.flows:
        if flow.firmness == "firm":
            kept.append(flow)
        else:
            spent[place[flow.payer]] += flow.total
            income[place[flow.receiver]] += flow.total
    return Money(money.parties, tuple(kept), {**money.sources, _INCOME: income}, spent)


def _mean(runs: Simulation, variable: str) -> FloatArray:
    labels = {"stat": "mean"} if "stat" in runs.dataset[variable].dims else {}
    return np.asarray(runs.values(variable, **labels).values, dtype=np.float64)


def _whole(sources: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Return sources without the negative zeros and slivers that sums leave."""
    return {kind: np.maximum(np.asarray(values, dtype=np.float64), 0.0) for kind, values in sources.items()}
