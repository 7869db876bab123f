"""`trace`: where the money of a book comes from, and how much of it goes round."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from offtake._version import __version__
from offtake.calendar import Quarter
from offtake.errors import InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.trace._announced import Announced, chances, is_headline
from offtake.trace._circulation import circulating
from offtake.trace._concentration import concentrations
from offtake.trace._cycles import find_cycles
from offtake.trace._exposures import exposures, net_of_mutual
from offtake.trace._money import KINDS, arcs_of
from offtake.trace._origins import trace_origins
from offtake.trace._result import Cycle, CycleArc, Trace
from offtake.trace._sources import contracted_money, path_money, simulated_money, without_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from offtake.book import Book
    from offtake.results import Simulation
    from offtake.trace._contracted import Dues
    from offtake.trace._cycles import CycleSearch
    from offtake.trace._money import DealFlow, Money
    from offtake.trace._origins import Origins

__all__ = ["ORIGINS", "trace"]

FloatArray = Any

ORIGINS: Final = (*KINDS, "cash of others", "own payments", "circle without source")
"""Where receipts come from, in the order of reports."""

_STATS: Final = ("mean", "q05", "q25", "q50", "q75", "q95")
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

CITATIONS: Final = (
    "D'Errico, M., and Roukny, T. (2021). Compressing over-the-counter markets. Operations Research 69(6).",
    "Bialek, J. (1996). Tracing the flow of electricity. IEE Proceedings 143(4).",
    "Leontief, W. (1986). Input-Output Economics. Second edition, Oxford University Press.",
)


class _Found(NamedTuple):
    """What is computed from the money of a window."""

    arcs: tuple[Any, Any, FloatArray, tuple[tuple[DealFlow, ...], ...]]
    round_trip: FloatArray
    origins: Origins

    @property
    def circularity(self) -> float:
        """The share of payments that goes round."""
        total = float(self.arcs[2].sum())
        return float(self.round_trip.sum()) / total if total > 0 else 0.0

    def shares(self) -> FloatArray:
        """Origins of receipts, ``[N, origins]``."""
        found = self.origins
        columns = [*(found.shares[kind] for kind in KINDS), found.others, found.own, found.loop]
        return np.stack(columns, axis=-1)


def trace(
    book: Book,
    runs: Simulation | None = None,
    *,
    window: tuple[str | Quarter | None, str | Quarter | None] | None = None,
    firm_only: bool | None = None,
    exposed_from: str | Quarter | None = None,
    paths: int = 0,
    longest_cycle: int = 6,
    most_cycles: int = 200,
) -> Trace:
    """Return where the money of a window comes from, how much of it goes round, and who is exposed to whom.

    Parameters
    ----------
    book
        The book.
    runs
        A run of it: flows are then the means of what was paid. Without one they are what contracts make due
        on the announced schedule.
    window
        First and last quarter; None for either is that of the calendar.
    firm_only
        Whether only firm deals count. If not, optional and intended ones count by their likelihood (in a run:
        by how often they came into force). By default true for contracts and false for a run.
    exposed_from
        Quarter from which exposures count on; by default the first of the window.
    paths
        Number of futures of the run to trace one by one, for the spread of the shares.
    longest_cycle
        Most parties of a cycle that is looked for.
    most_cycles
        Most cycles that are kept.

    Returns
    -------
    Trace
        Money in M USD. `circularity` is the share of payments that could be netted away, `cycles` the ways
        round, `origins` where each party's receipts come from, `exposures` and `concentration` who depends on
        whom, `net` the balances.

    Raises
    ------
    InputError
        If the window lies outside the calendar or ends before it begins, if the run is of another book, or if
        futures are asked for that the run does not have.

    Notes
    -----
    docs/trace.md says what counts. Offers, and headlines whose whole volume stands in other deals, never do.

    Examples
    --------
    >>> import offtake as ot
    >>> found = ot.trace(ot.Book.read("first-steps"))
    >>> 0 < found.circularity < 1
    True
    >>> round(sum(found.origin_of("Northgate").values()), 12)
    1.0
    """
    span = _window(book, window)
    firm = runs is None if firm_only is None else firm_only
    start = span.start if exposed_from is None else _place(book, exposed_from, "exposed_from")
    _refuse_paths(runs, paths)
    model = compile(book)
    plan = Announced(book, model, chances(book, model, firm_only=firm))
    money, dues = contracted_money(plan, span)
    if runs is not None:
        money = simulated_money(book, runs, span)
        money = without_letters(money) if firm else money
    found = _found(money)
    search = _searched(money, found, longest_cycle, most_cycles)
    quarters = [str(quarter) for quarter in book.calendar][span]
    data = _dataset(money, found, quarters)
    data = _with_exposures(data, book, plan, dues, start, _paid(book, runs, firm_only=firm))
    if paths and runs is not None:
        data = _with_spread(data, book, runs, quarters, paths, firm_only=firm)
    return Trace(
        dataset=data,
        flows=tuple(flow for each in found.arcs[3] for flow in each),
        cycles=_cycles(money, found, search, quarters),
        cycles_left_out=search.left_out,
        concentration=concentrations(book, money.flows, _power(book, plan, runs, span)),
        window=(quarters[0], quarters[-1]),
        basis="contracted" if runs is None else "simulated",
        firm_only=firm,
        left_out=_left_out(book, firm_only=firm),
        settings={
            "exposed_from": str(book.calendar.first + start),
            "paths": paths,
            "longest_cycle": longest_cycle,
            "most_cycles": most_cycles,
            **({} if runs is None else {"futures": runs.paths, "seed": runs.seed, **runs.settings}),
        },
        book=book.book,
        book_hash=book.hash,
        version=__version__,
        audit={"net positions": _moved(found, len(money.parties)), "origins": found.origins.unexplained},
        citations=CITATIONS,
    )


def _window(book: Book, window: Sequence[Any] | None) -> slice:
    first, last = window if window is not None else (None, None)
    start = 0 if first is None else _place(book, first, "from")
    stop = len(book.calendar) - 1 if last is None else _place(book, last, "to")
    if stop < start:
        message = f"the window ends in {last}, before it begins in {first}. Exchange the two."
        raise InputError(message)
    return slice(start, stop + 1)


def _place(book: Book, quarter: str | Quarter, what: str) -> int:
    when = quarter if isinstance(quarter, Quarter) else Quarter.parse(quarter)
    if when not in book.calendar:
        message = (
            f"`{what}` is {when}, outside the calendar of the book, {book.calendar}. Name a quarter in it."
        )
        raise InputError(message)
    return book.calendar.index(when)


def _refuse_paths(runs: Simulation | None, paths: int) -> None:
    if paths and runs is None:
        message = f"{paths} futures are asked for, but there is no run. Give one, or leave `paths` out."
        raise InputError(message)
    if paths < 0 or (runs is not None and paths > runs.paths):
        message = f"{paths} futures are asked for; the run has {runs.paths if runs else 0:,}."
        raise InputError(message)


def _found(money: Money) -> _Found:
    payers, receivers, amounts, deals = arcs_of(money.parties, money.flows)
    round_trip = circulating(payers, receivers, amounts, len(money.parties))
    origins = trace_origins(payers, receivers, amounts, money.sources, money.spent)
    return _Found((payers, receivers, amounts, deals), round_trip, origins)


def _moved(found: _Found, size: int) -> float:
    """Return by how much netting moves a net position at most, relative to the largest flow."""
    payers, receivers, amounts, _ = found.arcs
    part = found.round_trip
    moved = np.bincount(receivers, part, size) - np.bincount(payers, part, size)
    return float(np.abs(moved).max(initial=0.0) / max(amounts.max(initial=0.0), 1e-300))


def _dataset(money: Money, found: _Found, quarters: list[str]) -> xr.Dataset:
    """Return flows, sources and origins with their labels, units and meanings."""
    import xarray as xr

    size = len(money.parties)
    payers, receivers, amounts, deals = found.arcs
    flow, part = np.zeros((size, size)), np.zeros((size, size))
    flow[payers, receivers], part[payers, receivers] = amounts, found.round_trip
    listed = [each for on_arc in deals for each in on_arc]
    moved = np.array([each.amounts for each in listed]).reshape(len(listed), len(quarters))
    origins, pair, party = found.origins, ("payer", "receiver"), ("party",)
    receipts, payments = flow.sum(axis=0), flow.sum(axis=1)
    table: dict[str, tuple[tuple[str, ...], FloatArray, str, str]] = {
        "flow": (pair, flow, "M USD", "paid over the window"),
        "circulating": (pair, part, "M USD", "of it, what goes round and could be netted away"),
        "deal_flow": (("deal", "quarter"), moved, "M USD", "paid under the deal, net of what comes back"),
        "receipts": (party, receipts, "M USD", "received from other parties"),
        "payments": (party, payments, "M USD", "paid to other parties"),
        "net": (party, receipts - payments, "M USD", "received less paid"),
        "source": (("kind", "party"), np.stack([money.sources[kind] for kind in KINDS]), "M USD",
                   "money from outside the book"),
        "spent": (party, money.spent, "M USD", "money to outside the book"),
        "drawn": (party, origins.drawn, "M USD", "cash drawn down"),
        "origin_share": (("party", "origin"), found.shares(), "1", "share of receipts from others by origin"),
        "purse": (("party", "of"), origins.purses, "1", "share of receipts out of each other party's cash"),
    }  # fmt: skip
    variables = {name: (dims, values, {"units": unit, "long_name": meaning})
                 for name, (dims, values, unit, meaning) in table.items()}  # fmt: skip
    names = list(money.parties)
    coords = {
        **dict.fromkeys(("payer", "receiver", "party", "of"), names),
        "deal": [each.deal for each in listed],
        "quarter": quarters,
        "kind": list(KINDS),
        "origin": list(ORIGINS),
    }
    return xr.Dataset(variables, coords=coords)


def _paid(book: Book, runs: Simulation | None, *, firm_only: bool) -> dict[str, FloatArray] | None:
    """Return what debtors pay in the mean of a run over the calendar, ``[T]`` by deal; None without a run."""
    if runs is None:
        return None
    money = simulated_money(book, runs, slice(0, len(book.calendar)))
    money = without_letters(money) if firm_only else money
    found = {}
    for flow in money.flows:
        turned = flow.deal in book.deals and book.deals[flow.deal].debtor != flow.payer
        found[flow.deal] = np.array(flow.amounts) * (-1.0 if turned else 1.0)
    return found


def _with_exposures(
    data: xr.Dataset, book: Book, plan: Announced, dues: Dues, start: int, paid: dict[str, FloatArray] | None
) -> xr.Dataset:
    """Return the dataset with exposures before and after netting."""
    gross = exposures(plan, dues, start, paid)
    attrs = {
        "units": "M USD",
        "long_name": f"lost if the other pays nothing from {book.calendar.first + start} on",
    }
    names = list(book.parties)
    values = np.stack([gross, net_of_mutual(gross)])
    data = data.assign_coords(netting=["before", "after"], to=names)
    return data.assign(exposure=(("netting", "party", "to"), values, attrs))


def _with_spread(
    data: xr.Dataset, book: Book, runs: Simulation, quarters: list[str], paths: int, *, firm_only: bool
) -> xr.Dataset:
    """Return the dataset with mean and quantiles of the shares over single futures."""
    circular, shares = [], []
    for number in range(paths):
        money = path_money(book, runs.path(number), quarters)
        found = _found(without_letters(money) if firm_only else money)
        circular.append(found.circularity)
        shares.append(found.shares())
    share = {"units": "1", "long_name": f"share of payments that goes round, over {paths} futures"}
    origin = {"units": "1", "long_name": f"share of receipts by origin, over {paths} futures"}
    return data.assign_coords(stat=list(_STATS)).assign(
        circularity_spread=(("stat",), _stats(np.array(circular)), share),
        origin_spread=(("stat", "party", "origin"), _stats(np.array(shares)), origin),
    )


def _stats(values: FloatArray) -> FloatArray:
    return np.concatenate([values.mean(axis=0)[None], np.quantile(values, _QUANTILES, axis=0)])


def _searched(money: Money, found: _Found, longest: int, most: int) -> CycleSearch:
    """Return cycles, with parties taken in the order of their names and not of the book."""
    payers, receivers, amounts, _ = found.arcs
    order = np.argsort(np.array(money.parties)) if money.parties else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    search = find_cycles(rank[payers], rank[receivers], amounts, len(order), longest=longest, most=most)
    return replace(search, cycles=tuple(tuple(int(order[each]) for each in way) for way in search.cycles))


def _cycles(money: Money, found: _Found, search: CycleSearch, quarters: list[str]) -> tuple[Cycle, ...]:
    """Return the cycles that were found, with the deals on every step and what goes round by year."""
    payers, receivers, amounts, deals = found.arcs
    at = {(int(i), int(j)): number for number, (i, j) in enumerate(zip(payers, receivers, strict=True))}
    years = [int(quarter[:4]) for quarter in quarters]
    by_year: dict[int, dict[int, float]] = {}
    cycles = []
    for members in search.cycles:
        steps = [at[pair] for pair in zip(members, (*members[1:], members[0]), strict=True)]
        for arc in steps:
            if arc not in by_year:
                by_year[arc] = _by_year(deals[arc], years)
        cycles.append(
            Cycle(
                tuple(
                    CycleArc(
                        money.parties[payers[arc]],
                        money.parties[receivers[arc]],
                        float(amounts[arc]),
                        tuple(flow.deal for flow in deals[arc]),
                    )
                    for arc in steps
                ),
                {year: max(min(by_year[arc][year] for arc in steps), 0.0) for year in dict.fromkeys(years)},
            )
        )
    return tuple(sorted(cycles, key=lambda cycle: (-cycle.bottleneck, len(cycle.arcs), cycle.parties)))


def _by_year(flows: Sequence[DealFlow], years: list[int]) -> dict[int, float]:
    found = dict.fromkeys(years, 0.0)
    for flow in flows:
        for year, amount in zip(years, flow.amounts, strict=True):
            found[year] += amount
    return found


def _power(book: Book, plan: Announced, runs: Simulation | None, span: slice) -> dict[str, float]:
    """Return the MW-quarters of each capacity deal in the window: owed, or delivered on average in a run."""
    capacity = plan.model.structure.capacity
    names = [tuple(book.deals)[deal] for deal in capacity.deal]
    if runs is None:
        return dict(zip(names, map(float, plan.owed[span].sum(axis=0)), strict=True))
    delivered = runs.values("delivered_deal", stat="mean")
    return {
        name: float(delivered.sel(deal=name).values[span].sum())
        for name, deal in zip(names, capacity.deal, strict=True)
        if plan.chance[deal] > 0
    }


def _left_out(book: Book, *, firm_only: bool) -> tuple[str, ...]:
    """Return the deals that do not count, each with the reason."""
    found = []
    for name, deal in book.deals.items():
        if deal.firmness == "offered":
            found.append(f"{name}: an offer that nobody has signed")
        elif is_headline(deal):
            found.append(f"{name}: all of its volume stands in other deals")
        elif firm_only and deal.firmness != "firm":
            found.append(f"{name}: {deal.firmness}, not firm")
    return tuple(found)
