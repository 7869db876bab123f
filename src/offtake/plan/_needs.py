"""What the buyer needs compute for, where it may run, and the spot market, by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InputError
from offtake.model._dispatch import bonds, bonds_of, fits
from offtake.model._drivers import driver_dimension
from offtake.model._prices import market_chip, per_gpu_hour, profile_factor
from offtake.plan._instance import Cash, Exclusivities, Limits, Spot, Workloads
from offtake.simulate._idle import sell_depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from offtake.book import Book, Policy
    from offtake.model._dispatch import Bond
    from offtake.plan._case import Case
    from offtake.plan._contracts import Steps
    from offtake.plan._rows import Row, RowSource

    FloatArray = NDArray[np.float64]

__all__ = ["cash", "exclusivities", "limits", "spot", "workloads"]


def workloads(
    book: Book, policy: Policy, sources: Sequence[RowSource], steps: Steps, rows: Sequence[Row] = ()
) -> Workloads:
    """Return the buyer's workloads by step.

    Exclusivities of deals that one of the rows may end are left to `exclusivities`.

    Raises
    ------
    InputError
        If a workload's demand or yield is missing at a step.
    """
    first = steps.cases[0]
    mine = np.flatnonzero(first.model.structure.dispatch.workload_buyer == first.place)
    names = [first.model.names.workloads[w] for w in mine]
    entries = [book.workloads[name] for name in names]
    leaves = first.model.leaves
    demand = steps.over([case.seen.demand for case in steps.cases]).T
    earns = steps.over([case.seen.yields * (1.0 - case.seen.shared) for case in steps.cases]).T
    worth = [steps.over([_worth(case, name) for case in steps.cases]) for name in names]
    _complete(steps, names, demand, "demand")
    _complete(steps, names, earns, "yield")
    holders, bound = _bound(book, names, steps, _ended(rows))
    return Workloads(
        names=tuple(names),
        demand=demand,
        earns=earns,
        worth=np.array(worth).reshape(demand.shape),
        penalty=leaves["workload.penalty"][mine],
        duration=np.array([entry.duration.value for entry in entries]),
        critical=np.array([entry.critical.value for entry in entries]),
        service=np.array([policy.service[name].value if name in policy.service else 0.0 for name in names]),
        defer=np.array([first.model.structure.dispatch.deferral[w] for w in mine], dtype=np.int64),
        waiting_loss=leaves["workload.waiting_loss"][mine] / 4.0,
        placement=np.array([[fits(entry, each.source) for each in sources] for entry in entries], dtype=bool)
        .reshape(len(names), len(sources)),
        holders=holders,
        bound=bound,
    )  # fmt: skip


def _worth(case: Case, name: str) -> FloatArray:
    """Return what serving a workload is worth beyond money, [F, T] (A6)."""
    profile = case.book.workloads[name].worth
    label = f"workloads.{name}.worth"
    base = np.array(profile.on(case.book.calendar)) * profile_factor(case.book, profile, label)
    driver = len(case.model.names.drivers)
    if profile.driver is not None:
        driver = case.model.names.drivers.index(profile.driver)
        if driver_dimension(case.book.drivers[profile.driver]) == "gpu_hour_price":
            base = base * per_gpu_hour(case.book, market_chip(case.book), f"drivers.{profile.driver}")
    found: FloatArray = base * case.seen.drivers[..., driver]
    return found


def _complete(steps: Steps, names: Sequence[str], values: FloatArray, what: str) -> None:
    missing = np.argwhere(~np.isfinite(values))
    if missing.size:
        w, m = (int(place) for place in missing[0])
        node = steps.tree.names[steps.tree.step_node[m]]
        quarter = steps.cases[0].book.calendar.first + int(steps.tree.step_quarter[m])
        message = (
            f"workloads.{names[w]}.{what}: there is none in {quarter} at node {node!r} of the tree; "
            f"give one for every quarter"
        )
        raise InputError(message)


def _bound(
    book: Book, names: Sequence[str], steps: Steps, ended: frozenset[str]
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """Return who holds exclusivities, and when they bind which workload (E14, E15), [H, W, M].

    Those of deals that may be ended are left out.
    """
    buyer = steps.cases[0].chair.buyer
    mine = [each for each in bonds(book, book.calendar, frozenset()) if each.grantor == buyer]
    mine = [each for each in mine if set(each.workloads) & set(names) and each.deal not in ended]
    holders = tuple(dict.fromkeys(each.holder for each in mine))
    found = np.zeros((len(holders), len(names), len(steps.tree.step_node)), dtype=bool)
    for bond in mine:
        binds = _runs(book, bond, steps, [_granted(case, bond) for case in steps.cases])
        for w, name in enumerate(names):
            if name in bond.workloads:
                found[holders.index(bond.holder), w] |= binds
    return holders, found


def exclusivities(
    book: Book, names: Sequence[str], rows: Sequence[Row], steps: Steps
) -> Exclusivities | None:
    """Return the exclusivities of rows that may be signed or ended (P13); None where there are none."""
    found: dict[tuple[int, int], NDArray[np.bool_]] = {}
    ended = _ended(rows)
    for c, row in enumerate(rows):
        if row.what != "offer" and not (row.what == "given" and row.entry in ended):
            continue
        given = row.decision is None
        after = True if row.decision is None else steps.tree.below(row.decision.node)
        for bond in bonds_of(book, row.entry, book.calendar):
            lives = [_granted(case, bond) if given else _alive(case, bond) for case in steps.cases]
            binds = _runs(book, bond, steps, lives) & after
            for w in [names.index(name) for name in bond.workloads if name in names]:
                if binds.any():
                    found[c, w] = found.get((c, w), False) | binds
    if not found:
        return None
    places, loads = np.array(list(found), dtype=np.int64).T
    return Exclusivities(places, loads, np.array(list(found.values())))


def _ended(rows: Sequence[Row]) -> frozenset[str]:
    """Return the given deals that a row may end."""
    ended = {row.entry for row in rows if row.what == "termination"}
    return frozenset(row.entry for row in rows if row.what == "given" and row.entry in ended)


def _runs(book: Book, bond: Bond, steps: Steps, granted: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Return the steps within an exclusivity's dates at which it is granted, [M]."""
    quarters = np.arange(len(book.calendar))
    inside = (quarters >= bond.start) & (quarters < bond.end)
    found: NDArray[np.bool_] = steps.over([inside * each for each in granted]) > 0
    return found


def _alive(case: Case, bond: Bond) -> FloatArray:
    """Return whether an exclusivity's holder is alive, [F, T]."""
    return np.asarray(case.seen.alive[..., case.model.names.parties.index(bond.holder)])


def _granted(case: Case, bond: Bond) -> FloatArray:
    """Return whether an exclusivity's deal is in force and its holder alive, [F, T]."""
    lives = _alive(case, bond)
    if bond.deal is None:
        return lives
    force = case.base.future.in_force[..., case.model.names.deals.index(bond.deal)]
    return np.asarray(lives * force[:, None])


def spot(steps: Steps) -> Spot:
    """Return the spot market by step."""
    first = steps.cases[0].model
    price = steps.over([case.seen.spot for case in steps.cases])
    haircut = steps.of_node([_market(case, "haircut") for case in steps.cases])
    there = 1.0 if first.structure.spot >= 0 else 0.0
    return Spot(
        buy=price,
        sell=price * (1.0 - haircut),
        buy_depth=there * steps.of_node([_market(case, "buy_depth") for case in steps.cases]),
        sell_depth=there * steps.of_node([_depth(case) for case in steps.cases]),
    )


def _market(case: Case, name: str) -> FloatArray:
    return np.broadcast_to(case.base.future.leaves[f"market.{name}"][..., 0], (case.count,))


def _depth(case: Case) -> FloatArray:
    """Return the most MW that the buyer can rent out on spot, [F]."""
    depth = sell_depth(np, case.base.future.leaves)[..., case.place]
    return np.broadcast_to(depth, (case.count,))


def cash(policy: Policy, steps: Steps, median: Case) -> Cash:
    """Return the buyer's money that its contracts do not touch, by step.

    What own sites cost stands in their rows.
    """
    leaves, place = median.base.drawn.leaves, median.place

    def figure(name: str) -> float:
        return float(np.asarray(leaves[name])[..., place].reshape(-1)[0])

    return Cash(
        limited=policy.cash == "limited",
        opening=figure("party.cash"),
        minimum=figure("party.minimum_cash"),
        other=steps.over([case.seen.other for case in steps.cases]),
        funding=steps.over([case.seen.funding for case in steps.cases]),
        debt_share=figure("party.debt_share"),
        rate=steps.of_node([case.seen.rate for case in steps.cases]),
        shortfall=None if policy.cash_shortfall is None else float(policy.cash_shortfall.value),
    )


def limits(book: Book, buyer: str, policy: Policy) -> Limits:
    """Return what the policy asks beside money."""

    def at(quarter: Any) -> int:
        return 0 if quarter is None else max(0, book.calendar.index(quarter))

    def figure(amount: Any) -> float | None:
        return None if amount is None else float(amount.value)

    cover = policy.cover
    return Limits(
        commitment=figure(policy.commitment_limit),
        contracted_least=figure(policy.contracted.at_least),
        contracted_most=figure(policy.contracted.at_most),
        provider_share=figure(policy.provider_share),
        vendor_share=figure(policy.vendor_share),
        region_share=figure(policy.region_share),
        limits_from=at(policy.limits_from),
        provider_cost=policy.provider_cost.value,
        chip_family_cost=policy.chip_family_cost.value,
        cover_from=None if cover is None else at(cover.from_),
        cover_price=None if cover is None else figure(cover.price),
        exposure=figure(book.parties[buyer].exposure_limit),
    )
