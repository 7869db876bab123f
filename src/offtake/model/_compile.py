"""From a book to a model: labelled arrays that the engines read."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import Amount, ComputeDeal, Fee, LeaseDeal, LicenceDeal
from offtake.calendar import Calendar
from offtake.errors import InputError
from offtake.model._capacity import compile_capacity, whole_quarters
from offtake.model._delivery import compile_delivery, gate_labels, phase_label, phase_labels
from offtake.model._dispatch import compile_dispatch, has_duration, in_play
from offtake.model._drivers import compile_drivers, driver_dimension
from offtake.model._instruments import compile_equity, compile_loans, compile_others, of_kind
from offtake.model._leaves import BASE, Leaves, certain
from offtake.model._lines import compile_lines
from offtake.model._prices import market_chip, per_gpu_hour, profile_factor
from offtake.model._records import Model, Names, Profiles, Structure
from offtake.spelling import refuse_unknown
from offtake.units import parse

if TYPE_CHECKING:
    from offtake.book import Book, Profile, Scenario

__all__ = ["CHANNELS", "compile"]

CHANNELS = ("contract", "supply", "funding", "confidence")
"""Ways in which a failure reaches others; leaf `party.<channel>_channel` opens (1) or closes (0) each."""

_DRAWN = 2
_FIRM = {"firm": 1, "offered": 0, "optional": _DRAWN, "intended": _DRAWN}


def compile(book: "Book", scenario: str | None = None) -> Model:  # noqa: A001
    """Return the arrays of a book, with a scenario's dated changes, shocks and failures if one is named.

    Parameters
    ----------
    book
        The book; it is not changed.
    scenario
        Name of one of its scenarios, or None for the book as it is.

    Raises
    ------
    InputError
        If a figure that shapes the model is a distribution, or the book cannot be laid out.

    Examples
    --------
    >>> from offtake.book import Book
    >>> compile(Book.read("first-steps")).names.parties[:2]
    ('Lark Labs', 'Northgate')
    """
    chosen: Scenario | None = None
    if scenario is not None:
        refuse_unknown(scenario, book.scenarios, "scenario")
        chosen = book.scenarios[scenario]
        book = book.with_scenario(scenario)
    calendar = book.calendar
    shifts = _shifts(chosen)
    leaves = Leaves(book, shifts)
    excluded = frozenset(chosen.without if chosen is not None else ())
    capacity_names = of_kind(book, ComputeDeal, LeaseDeal)
    drivers = compile_drivers(book, calendar, chosen)
    opening = {name: float(drivers.curve[0, j]) for j, name in enumerate(drivers.names)}
    _add_parties(book, leaves)
    outside_debt, maturities = _add_debts(book, calendar, leaves)
    profiles = _profiles(book, calendar, leaves)
    delivery = compile_delivery(book, calendar, leaves, capacity_names)
    capacity = compile_capacity(book, calendar, leaves, capacity_names)
    dispatch = compile_dispatch(book, calendar, capacity_names, excluded, _shockless(book, opening))
    _add_sites(book, leaves)
    _add_market(book, leaves)
    lines = compile_lines(book, calendar, leaves, capacity_names, capacity)
    loans, equity = compile_loans(book, calendar, leaves), compile_equity(book, calendar, leaves)
    others = compile_others(book, calendar, leaves)
    firm = np.array(
        [_FIRM[d.firmness] if in_play(d, name, excluded) else 0 for name, d in book.deals.items()],
        dtype=np.int64,
    )
    causes = np.array(
        [
            leaves.cause_index(d.cause) if f == _DRAWN else -1
            for d, f in zip(book.deals.values(), firm, strict=True)
        ],
        dtype=np.int64,
    )
    _add_deals(book, leaves)
    _add_failures(book, calendar, leaves, chosen)
    parties = tuple(book.parties)
    uncertain = leaves.uncertain()
    hazards = tuple(name for name, party in book.parties.items() if party.hazard.value > 0)
    names = Names(
        parties=parties,
        sites=tuple(book.sites),
        phases=tuple(phase_label(s, n, book.sites[s].phases[n]) for s, n in phase_labels(book)),
        gates=gate_labels(book, calendar),
        workloads=tuple(book.workloads),
        deals=tuple(book.deals),
        drivers=drivers.names,
        causes=leaves.causes,
    )
    structure = Structure(
        names=names,
        calendar=calendar,
        profiles=profiles,
        delivery=delivery,
        capacity=capacity,
        dispatch=dispatch,
        loans=loans,
        equity=equity,
        others=others,
        lines=lines,
        deal_debtor=np.array([parties.index(d.debtor) for d in book.deals.values()], dtype=np.int64),
        deal_creditor=np.array([parties.index(d.creditor) for d in book.deals.values()], dtype=np.int64),
        deal_firm=firm,
        deal_cause=causes,
        grace=np.array(
            [whole_quarters(certain(p.grace, f"parties.{n}.grace")) for n, p in book.parties.items()]
        ),
        hazard_party=np.array([parties.index(name) for name in hazards], dtype=np.int64),
        spot=_driver_place(book.market.spot, "spot", drivers.names),
        confidence=_driver_place(book.market.confidence, "confidence", drivers.names),
        outside_debt=outside_debt,
        outside_maturities=maturities,
        draws=(
            uncertain.labels,
            tuple(name for name, f in zip(book.deals, firm, strict=True) if f == _DRAWN),
            hazards,
        ),
        jumping=drivers.jumping,
        drawn_leaves=(uncertain.leaves, uncertain.places, uncertain.causes, uncertain.durations),
    )
    return Model(structure, leaves.arrays(), drivers, uncertain, leaves.inputs)


def _shifts(scenario: "Scenario | None") -> dict[str, float]:
    """Return the quarters that a scenario adds to the delays of each cause."""
    if scenario is None:
        return {}
    found = {}
    for path, value in scenario.set.items():
        section, _, cause = path.partition(".")
        if section == "causes" and isinstance(value, str) and value.strip()[:1] in {"+", "-"}:
            text = value.strip()
            found[cause] = math.copysign(
                parse(text[1:].strip(), "duration")[0], -1.0 if text[0] == "-" else 1.0
            )
    return found


def _shockless(book: "Book", opening: dict[str, float]) -> dict[str, float]:
    """Return each driver's value at the opening in the unit that profiles use."""
    return {name: value * _driver_factor(book, name) for name, value in opening.items()}


def _driver_factor(book: "Book", name: str) -> float:
    """Return what turns a driver's value into the canonical unit of a capacity price, 1 for other drivers."""
    if driver_dimension(book.drivers[name]) == "gpu_hour_price":
        return per_gpu_hour(book, market_chip(book), f"drivers.{name}")
    return 1.0


def _driver_place(named: str | None, usual: str, names: Sequence[str]) -> int:
    if named is not None:
        return names.index(named)
    return names.index(usual) if usual in names else -1


def _add_failures(book: "Book", calendar: Calendar, leaves: Leaves, scenario: "Scenario | None") -> None:
    """Add the quarter in which a scenario fails each party, infinite for never, with every channel open."""
    failed = scenario.fail if scenario is not None else ()
    if failed and (scenario is None or scenario.at is None):
        message = f"a scenario that fails {', '.join(failed)} needs the quarter: `at: 2027-Q2`"
        raise InputError(message)
    for name in book.parties:
        fails = scenario is not None and scenario.at is not None and name in failed
        leaves.add("party.fail_at", calendar.index(scenario.at) if fails else math.inf)  # type: ignore[union-attr, arg-type]
        for channel in CHANNELS:
            leaves.add(f"party.{channel}_channel", 1.0)


def _add_parties(book: "Book", leaves: Leaves) -> None:
    base = book.market.base_rate.value
    for name, party in book.parties.items():
        at = f"parties.{name}"
        leaves.add("party.cash", party.cash, f"{at}.cash")
        leaves.add("party.minimum_cash", party.minimum_cash, f"{at}.minimum_cash")
        leaves.add("party.loss_on_default", party.loss_on_default, f"{at}.loss_on_default")
        leaves.add("party.cash_kept", party.cash_kept, f"{at}.cash_kept")
        leaves.add("party.receipts_kept", party.receipts_kept, f"{at}.receipts_kept")
        # no depth of its own is the market's; a figure drawn once stays one leaf
        depth = math.inf if party.sell_depth is None else party.sell_depth
        leaves.add("party.sell_depth", depth, f"{at}.sell_depth")
        funding = party.funding
        leaves.add("party.debt_share", funding.debt_share if funding else 1.0, f"{at}.funding.debt_share")
        rate = funding.rate if funding is not None else None
        leaves.add("party.rate", rate if rate is not None else 0.0, f"{at}.funding.rate")
        own = rate is None and funding is not None
        leaves.add("party.spread", funding.spread if own and funding else 0.0, f"{at}.funding.spread")
        place = leaves.add("party.base", base if own else 0.0)
        if own:
            leaves.note("market.base_rate", "party.base", place, book.market.base_rate)
        if party.hazard.value > 0:
            leaves.add("party.hazard", party.hazard, f"{at}.hazard")
    leaves.empty("party.hazard")


def _add_sites(book: "Book", leaves: Leaves) -> None:
    for name, site in book.sites.items():
        at = f"sites.{name}"
        leaves.add("site.pue", site.pue, f"{at}.pue")
        leaves.add("site.power_price", site.power_price, f"{at}.power_price")
        leaves.add("site.load", site.load_factor, f"{at}.load_factor")
        chip = site.chip or market_chip(book)
        factor = per_gpu_hour(book, chip, f"{at}.opex") if site.opex.per_gpu_hour else 1.0
        leaves.add("site.opex", site.opex, f"{at}.opex", factor=factor)
        leaves.add("site.capex_chips", site.capex.chips, f"{at}.capex.chips")
        leaves.add("site.capex_rest", site.capex.rest, f"{at}.capex.rest")
    leaves.empty(
        "site.pue", "site.power_price", "site.load", "site.opex", "site.capex_chips", "site.capex_rest"
    )


def _add_debts(book: "Book", calendar: Calendar, leaves: Leaves) -> tuple[np.ndarray, np.ndarray]:
    """Return the party of each outside debt and the money of it that falls due in each quarter."""
    owner = []
    due = []
    for i, (name, party) in enumerate(book.parties.items()):
        for n, debt in enumerate(party.debt):
            at = f"parties.{name}.debt.{n}"
            leaves.add("debt.amount", debt.amount, f"{at}.amount")
            leaves.add("debt.rate", debt.rate, f"{at}.rate")
            owner.append(i)
            row = np.zeros(len(calendar))
            for quarter, amount in debt.maturities.items():
                place = calendar.index(quarter)
                if 0 <= place < len(calendar):
                    row[place] += certain(amount, f"{at}.maturities.{quarter}")
            due.append(row)
    leaves.empty("debt.amount", "debt.rate")
    return np.array(owner, dtype=np.int64), np.array(due, dtype=float).reshape(len(owner), len(calendar)).T


def _profiles(book: "Book", calendar: Calendar, leaves: Leaves) -> Profiles:
    drivers = tuple(book.drivers)
    base: list[list[float]] = []
    follows: list[int] = []

    def add(profile: "Profile | None", label: str) -> int:
        if profile is None:
            base.append([0.0] * len(calendar))
            follows.append(len(drivers))
            leaves.add("profile.scale", 1.0)
            return len(base) - 1
        factor = profile_factor(book, profile, label)
        if profile.driver is not None:
            factor *= _driver_factor(book, profile.driver)
        amount = profile.amount
        values = [value * factor for value in profile.on(calendar)]
        if amount is not None and amount.distribution is not None and amount.value != 0:
            values = [value / amount.value for value in values]
            leaves.add("profile.scale", amount, label)
        else:
            leaves.add("profile.scale", 1.0)
            _note_profile(leaves, profile, len(base), calendar, factor, label)
        base.append(values)
        follows.append(len(drivers) if profile.driver is None else drivers.index(profile.driver))
        return len(base) - 1

    def all_of(items: list[tuple["Profile | None", str]]) -> np.ndarray:
        return np.array([add(profile, label) for profile, label in items], dtype=np.int64)

    parties, workloads = book.parties, book.workloads
    income = all_of([(p.income, f"parties.{n}.income") for n, p in parties.items()])
    costs = all_of([(p.costs, f"parties.{n}.costs") for n, p in parties.items()])
    capital = all_of([(p.capital, f"parties.{n}.capital") for n, p in parties.items()])
    limit = all_of(
        [
            (p.funding.limit if p.funding is not None else None, f"parties.{n}.funding.limit")
            for n, p in parties.items()
        ]
    )
    demand = all_of([(w.demand, f"workloads.{n}.demand") for n, w in workloads.items()])
    yields = all_of([(w.yield_, f"workloads.{n}.yield") for n, w in workloads.items()])
    licences = [(n, book.deals[n].clause(Fee)) for n in of_kind(book, LicenceDeal)]
    fees = all_of([(c.amount, f"deals.{n}.clauses.fee.amount") for n, c in licences if c is not None])
    for name, workload in workloads.items():
        chip = market_chip(book)
        per_gpu = workload.penalty.per_gpu_hour
        factor = per_gpu_hour(book, chip, f"workloads.{name}.penalty") if per_gpu else 1.0
        leaves.add("workload.penalty", workload.penalty, f"workloads.{name}.penalty", factor=factor)
        leaves.add("workload.waiting_loss", workload.waiting_loss, f"workloads.{name}.waiting_loss")
        if has_duration(book):
            leaves.add("workload.duration", workload.duration, f"workloads.{name}.duration")
    leaves.empty("workload.penalty", "workload.waiting_loss")
    return Profiles(
        base=np.array(base, dtype=float).reshape(len(base), len(calendar)).T,
        driver=np.array(follows, dtype=np.int64),
        income=income,
        costs=costs,
        capital=capital,
        limit=limit,
        demand=demand,
        yields=yields,
        fees=fees,
    )


def _note_profile(
    leaves: Leaves, profile: "Profile", place: int, calendar: Calendar, factor: float, label: str
) -> None:
    """Remember how a profile moves with the figures in it: it is linear in each of them."""

    def note(path: str, amount: Amount, moved: "Profile") -> None:
        slope = [(a - b) * factor for a, b in zip(moved.on(calendar), profile.on(calendar), strict=True)]
        leaves.note(path, BASE, place, amount, by_quarter=tuple(slope))

    if profile.amount is not None:
        raised = replace(profile.amount, value=profile.amount.value + 1.0, range=None)
        at = f"{label}.times" if profile.driver is not None else label
        note(at, profile.amount, replace(profile, amount=raised))
    for n, (when, value) in enumerate(profile.path):
        points = (*profile.path[:n], (when, value + 1.0), *profile.path[n + 1 :])
        point = Amount(value, profile.dimension, per_gpu_hour=profile.path_per_gpu_hour)
        note(f"{label}.path.{when}", point, replace(profile, path=points))


def _add_market(book: "Book", leaves: Leaves) -> None:
    market, contagion = book.market, book.contagion
    spot = market.spot or ("spot" if "spot" in book.drivers else None)
    leaves.add("market.spot_factor", _driver_factor(book, spot) if spot is not None else 0.0)
    leaves.add("market.buy_depth", market.buy_depth, "market.buy_depth")
    leaves.add("market.sell_depth", market.sell_depth, "market.sell_depth")
    leaves.add("market.haircut", market.haircut, "market.haircut")
    leaves.add("contagion.scale", contagion.scale, "contagion.scale")
    leaves.add("contagion.sensitivity", contagion.sensitivity, "contagion.sensitivity")
    leaves.add("contagion.half_life", contagion.half_life, "contagion.half_life")
    for name, chip in book.chips.items():
        leaves.add("chip.efficiency", chip.efficiency, f"chips.{name}.efficiency")
    leaves.add("chip.efficiency", 1.0)


def _add_deals(book: "Book", leaves: Leaves) -> None:
    for name, deal in book.deals.items():
        leaves.add("deal.fulfilment", deal.fulfilment, f"deals.{name}.fulfilment")
        leaves.add("deal.likelihood", deal.likelihood, f"deals.{name}.likelihood")
        leaves.add("deal.rho", leaves.correlation(deal.cause) if deal.cause is not None else 0.0)
    leaves.empty("deal.fulfilment", "deal.likelihood", "deal.rho")
