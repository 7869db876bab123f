"""What several figures read from a book and a run: parties in focus, flows, chips, windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.results import Simulation

__all__ = [
    "Flow",
    "deal_powers",
    "efficiency_of",
    "flows",
    "focal_party",
    "labels_of",
    "mean_of",
    "quarters_of",
    "roles_of",
    "window",
]


@dataclass(frozen=True, slots=True)
class Flow:
    """Mean payments under one deal by quarter, in M USD.

    Parameters
    ----------
    payer, receiver
        The parties.
    deal
        The deal, or ``site/<name>`` for chips of a site that no deal supplies.
    kind
        Kind of the deal.
    amounts
        Mean payment by quarter; negative where money comes back.
    """

    payer: str
    receiver: str
    deal: str
    kind: str
    amounts: tuple[float, ...]

    @property
    def total(self) -> float:
        """The mean payment over the whole calendar."""
        return float(sum(self.amounts))


def labels_of(runs: Simulation, dim: str) -> tuple[str, ...]:
    """Return the labels of a dim as text; none where the run has no such dim."""
    return tuple(map(str, runs.dataset.indexes[dim])) if dim in runs.dataset.indexes else ()


def mean_of(runs: Simulation, variable: str, **labels: str) -> NDArray[np.float64]:
    """Return the means of a variable at some labels."""
    return np.asarray(runs.values(variable, stat="mean", **labels).values, dtype=np.float64)


def quarters_of(runs: Simulation) -> tuple[str, ...]:
    """Return the quarters of a run."""
    return labels_of(runs, "quarter")


def window(runs: Simulation) -> str:
    """Return the quarters of a run in words."""
    quarters = quarters_of(runs)
    return f"{quarters[0]} to {quarters[-1]}"


def roles_of(book: Book) -> dict[str, str]:
    """Return the role of each party, in book order."""
    return {name: party.role for name, party in book.parties.items()}


def focal_party(book: Book, runs: Simulation) -> str:
    """Return the party that a page is about: the one with a plan of record, else the largest buyer.

    Raises
    ------
    InputError
        If no party has a plan or a workload.
    """
    planned = [name for name in book.parties if name in book.plans_of_record]
    demand: dict[str, float] = {}
    for name in labels_of(runs, "workload"):
        buyer = book.workloads[name].buyer
        demand[buyer] = demand.get(buyer, 0.0) + float(mean_of(runs, "demand", workload=name).sum())
    candidates = planned or list(demand)
    if not candidates:
        msg = "no party has a plan of record or a workload, so there is nobody to report on; add one of them"
        raise InputError(msg)
    return max(candidates, key=lambda name: demand.get(name, 0.0))


def flows(book: Book, runs: Simulation) -> tuple[Flow, ...]:
    """Return the mean payments of every deal in the order of the run, then of chips of sites without one."""
    found = []
    for variable, dim, prefix in (("paid", "deal", ""), ("chips_paid", "site", "site/")):
        paid = _means(runs, variable)
        for place, name in enumerate(labels_of(runs, dim) if paid is not None else ()):
            ends = _ends(book, f"{prefix}{name}")
            if paid is not None and ends is not None and (not prefix or paid[place].any()):
                found.append(
                    Flow(ends[0], ends[1], f"{prefix}{name}", ends[2], tuple(map(float, paid[place])))
                )
    return tuple(found)


def _means(runs: Simulation, variable: str) -> NDArray[np.float64] | None:
    """Return the means of a variable, with quantiles or without; None where the run has none."""
    if variable not in runs.dataset:
        return None
    array = runs.values(variable)
    array = array.sel(stat="mean") if "stat" in array.dims else array
    return np.asarray(array.values, dtype=np.float64)


def _ends(book: Book, deal: str) -> tuple[str, str, str] | None:
    """Return payer, receiver and kind of a line; None where it has no two parties."""
    if deal in book.deals:
        entry = book.deals[deal]
        return entry.debtor, entry.creditor, entry.kind
    site = book.sites.get(deal.removeprefix("site/"))
    if site is None or site.chip is None:
        return None
    return site.owner, book.chips[site.chip].vendor, "supply"


def efficiency_of(book: Book, deal: str) -> float:
    """Return effective MW per MW of a deal's chip; its first site's, the market's or the only one."""
    entry = book.deals[deal]
    delivery = next((each for each in entry.clauses.values() if each.kind == "delivery"), None)
    at_site = [book.sites[site].chip for site in entry.sites[:1]]
    market = [book.market.chip]
    only = list(book.chips) if len(book.chips) == 1 else []
    named = [delivery.chip] if delivery is not None else []
    chip = next((each for each in [*named, *at_site, *market, *only] if each is not None), None)
    return 1.0 if chip is None else float(book.chips[chip].efficiency.value)


def deal_powers(book: Book, deal: str) -> float:
    """Return the headline power of a deal in MW: its largest ramp level, its volume, or its sites; else 0."""
    entry = book.deals[deal]
    levels = [
        level.value
        for each in entry.clauses.values()
        if each.kind == "ramp"
        for level in each.levels.values()
    ]
    volumes = [_volume(each) for each in entry.clauses.values() if each.kind == "volume"]
    sites = [phase.mw.value for site in entry.sites for phase in book.sites[site].phases]
    return float(max(levels) if levels else volumes[0] if volumes else sum(sites))


def _volume(clause: Any) -> float:
    given = clause.amount or clause.to or clause.from_
    own = 1.0 - float(clause.inside_other_deals.value)
    return own * float(given.value) if given is not None else 0.0
