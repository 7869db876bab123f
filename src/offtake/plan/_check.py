"""What a plan is worth and which rules it breaks, by arithmetic of its own: nothing here asks the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import AuditError
from offtake.plan._cover import needed_and_left
from offtake.plan._exclusive import barred
from offtake.plan._frame import ancestors, frame
from offtake.plan._refuse import refuse
from offtake.plan._risk import conditional_value_at_risk

if TYPE_CHECKING:
    from offtake.plan._instance import BoolArray, FloatArray, Instance
    from offtake.plan._programme import Goal
    from offtake.plan._risk import CVaR

__all__ = ["Dispatch", "Evaluation", "audit", "evaluate", "refuse"]

TOLERANCE = 1e-5
"""Violation allowed, relative to 1 plus the size of what a rule compares."""


@dataclass(frozen=True, eq=False)
class Dispatch:
    """How work is served at each step, effective MW."""

    x: FloatArray
    """[W, S, M] work placed."""
    lots: FloatArray | None
    """[W, L, M] the same by lot, where a source has several; None where each source is one lot."""
    served: FloatArray
    """[W, A, M] work served by its age in quarters."""
    bought: FloatArray
    unserved: FloatArray
    """[W, M]"""
    sold: FloatArray
    """[S, M] MW rented out."""
    over: FloatArray
    """[S, M] use above the take-or-pay floor."""
    missing: FloatArray
    """[P, M] cover missing without each provider, in order of first appearance, the buyer left out."""
    raised: FloatArray
    short: FloatArray
    """[M] M USD raised, and missing to the minimum cash."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The value of a plan, and by how much it breaks each rule."""

    parts: dict[str, FloatArray]
    """[M] M USD of the quarter, before discounting and probability."""
    cash: FloatArray
    """[M]"""
    path_value: FloatArray
    """[N] discounted value from the root to the end of each node."""
    expected: float
    objective: float
    broken: dict[str, float]
    """Largest violation of each rule, relative to 1 plus the size of what it compares; 0 where it holds."""


def evaluate(
    instance: Instance, v: FloatArray, y: FloatArray, dispatch: Dispatch, risk: CVaR, goal: Goal = "value"
) -> Evaluation:
    """Return what given volumes, signings and operation are worth, and how far they break each rule.

    Parameters
    ----------
    instance
        The planning problem.
    v, y
        [C] MW of each row, and 1 for each row that is signed.
    dispatch
        How work is served.
    risk, goal
        As for `solve`.
    """
    parts, money = _parts(instance, v, y, dispatch, goal)
    tree = instance.tree
    step_value = instance.discount[tree.step_quarter] * sum(parts.values())
    by_node = np.bincount(tree.step_node, step_value, minlength=len(tree.parent))
    path_value: FloatArray = (ancestors(tree) @ by_node).astype(float)
    probability = tree.probability[tree.leaves]
    leaves = path_value[tree.leaves]
    expected = float(probability @ leaves)
    charge = risk.weight * conditional_value_at_risk(-leaves, probability, risk.level) if risk.weight else 0.0
    cash = _cash(instance, money, dispatch.raised)
    broken = {
        **_broken_signing(instance, v, y),
        **_broken_service(instance, v, dispatch),
        **_broken_limits(instance, v, y, dispatch),
    }
    if instance.exclusivities is not None:
        stray = np.where(barred(instance, y), dispatch.x, 0.0)
        broken["Q16 exclusivity"] = _worst(stray / (1.0 + instance.workloads.demand.sum(axis=0)))
    if instance.cash.limited:
        scale = 1.0 + np.abs(money).max(initial=0.0) + abs(instance.cash.opening)
        allowed = dispatch.short if instance.cash.shortfall is not None else 0.0
        broken["Q10 cash"] = _worst((instance.cash.minimum - cash - allowed) / scale)
        broken["Q10 short"] = _worst(-dispatch.short / scale)
        broken["Q10 funding"] = _worst((dispatch.raised - instance.cash.funding) / scale)
    return Evaluation(parts, cash, path_value, expected, expected - charge, broken)


def audit(
    instance: Instance,
    v: FloatArray,
    y: FloatArray,
    dispatch: Dispatch,
    risk: CVaR,
    goal: Goal,
    objective: float,
    bound: float | None = None,
) -> Evaluation:
    """Return the evaluation of a plan that breaks no rule and is worth what the solver says.

    Where the solver stopped at a gap, a plan may be worth more than it says, up to its bound: a fixed cost
    may stand in its books that no row needs.

    Raises
    ------
    AuditError
        If it does not.
    """
    found = evaluate(instance, v, y, dispatch, risk, goal)
    bad = {name: size for name, size in found.broken.items() if size > TOLERANCE}
    if bad:
        listed = ", ".join(f"{name} by {size:.2g}" for name, size in bad.items())
        msg = f"the solver's plan breaks its own rules ({listed} of what they compare); it must not be used"
        raise AuditError(msg)
    weight = (
        (instance.tree.probability[instance.tree.step_node]) * instance.discount[instance.tree.step_quarter]
    )
    scale = 1.0 + sum(float(np.abs(part) @ weight) for part in found.parts.values())
    slack = TOLERANCE * scale * (1.0 + risk.weight)
    most = objective if bound is None else max(bound, objective)
    if not objective - slack <= found.objective <= most + slack:
        says = f"is worth {found.objective:.9g}, but the solver says {objective:.9g}"
        msg = f"the solver's plan {says}; it must not be used"
        raise AuditError(msg)
    return found


def _worst(values: FloatArray) -> float:
    return max(float(np.max(values, initial=0.0)), 0.0)


def _parts(
    instance: Instance, v: FloatArray, y: FloatArray, dispatch: Dispatch, goal: Goal
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Each part of the value by step, and the money of each step that moves cash."""
    work, spot, contracts = instance.workloads, instance.spot, instance.contracts
    tailed = instance.terminal == "continue"
    length, counted = work.duration[:, None], float(goal == "value")
    kept = (1.0 - work.waiting_loss)[:, None, None] ** np.arange(dispatch.served.shape[1])[None, :, None]
    timely = (dispatch.served * kept).sum(axis=1) * length
    earned = (work.earns * timely).sum(axis=0)
    lost = -((work.penalty * work.duration)[:, None] * dispatch.unserved).sum(axis=0)
    bought = -spot.buy * (dispatch.bought * length).sum(axis=0)
    fees = -v @ contracts.fee
    rented = spot.sell * dispatch.sold.sum(axis=0)
    usage = -(instance.sources.usage * dispatch.over).sum(axis=0)
    parts = {
        "earnings": counted * earned,
        "worth": counted * (work.worth * timely).sum(axis=0),
        "penalties": lost,
        "spot": bought,
        "fees": fees,
        "usage": usage,
        "resale": rented,
        "fixed": -_fixed(instance, y),
        "cover": -(instance.limits.cover_price or 0.0) * dispatch.missing.sum(axis=0),
    }
    if instance.cash.limited and instance.cash.shortfall is not None:
        parts["short of cash"] = -instance.cash.shortfall * dispatch.short
    if tailed:
        derived = frame(instance)
        x = dispatch.x if dispatch.lots is None else dispatch.lots
        rate = (work.earns + work.worth) * length
        beyond = counted * (rate[:, None, :] * derived.tail[None] * x).sum(axis=(0, 1))
        if dispatch.lots is None:
            over = dispatch.over
        else:
            floor = np.zeros(derived.tail.shape)
            rows = np.flatnonzero((derived.lot >= 0).any(axis=1))
            at = derived.lot[rows], np.arange(len(instance.tree.step_node))
            np.add.at(floor, at, v[rows, None] * contracts.floor[rows])
            over = np.maximum((work.duration[:, None, None] * x).sum(axis=0) - floor, 0.0)
            price = instance.sources.usage[derived.source]
            usage = parts["usage"] = -(price * over).sum(axis=0)
        beyond = beyond - (instance.sources.usage[derived.source] * derived.tail * over).sum(axis=0)
        parts["beyond the horizon"] = beyond - v @ (contracts.fee * contracts.tail)
    return parts, earned + lost + bought + fees + rented + usage


def _fixed(instance: Instance, y: FloatArray) -> FloatArray:
    """Fixed cost of providers and chip families beyond what is given, [M]."""
    contracts, tree, limits = instance.contracts, instance.tree, instance.limits
    cost = np.zeros(len(tree.step_node))
    if not (limits.provider_cost or limits.chip_family_cost):
        return cost
    above = ancestors(tree)
    stands = contracts.contracted[:, tree.step_quarter] != 0.0
    stands &= (contracts.node < 0)[:, None] | above[tree.parent[tree.step_node]][
        :, np.maximum(contracts.node, 0)
    ].T
    count = y[:, None] * stands
    for row in np.flatnonzero([what == "termination" for what in contracts.what]):
        count[contracts.parent[row]] -= count[row]
        count[row] = 0.0
    for price, names in (
        (limits.provider_cost, instance.sources.provider),
        (limits.chip_family_cost, instance.sources.chip),
    ):
        of_row = np.array([names[s] if s >= 0 else "" for s in contracts.sold_at], dtype=object)
        for name in dict.fromkeys(n for n in names if n):
            mine = of_row == name
            given = (stands & ((contracts.node < 0) & (contracts.most > 0.0))[:, None])[mine].any(axis=0)
            cost += price * (~given & (np.round(count[mine & (contracts.node >= 0)]) > 0.0).any(axis=0))
    return cost


def _cash(instance: Instance, money: FloatArray, raised: FloatArray) -> FloatArray:
    """Cash at the end of each step, [M]; walks the tree once."""
    cash, before = instance.cash, instance.tree.step_before
    held, debt = np.zeros(len(before)), np.zeros(len(before))
    change = cash.other + money + raised
    for step, last in enumerate(before):
        held[step] = change[step] + (held[last] - cash.rate[step] * debt[last] if last >= 0 else cash.opening)
        debt[step] = cash.debt_share * raised[step] + (debt[last] if last >= 0 else 0.0)
    return held


def _broken_signing(instance: Instance, v: FloatArray, y: FloatArray) -> dict[str, float]:
    contracts, tree = instance.contracts, instance.tree
    free, scale = contracts.node >= 0, 1.0 + contracts.most
    yes = np.where(contracts.whole, y, 1.0)
    broken = {
        "Q1 volume": _worst((np.maximum(v - contracts.most * yes, -v) / scale)[free]),
        "Q1 least": _worst(((contracts.least * yes - v) / scale)[free & contracts.whole]),
        "Q1 yes or no": _worst(np.minimum(np.abs(y), np.abs(1.0 - y))[free]),
    }
    related = []
    for row in np.flatnonzero([relation != "none" for relation in contracts.relation]):
        full, relation = contracts.ratio[row] * v[contracts.parent[row]], contracts.relation[row]
        miss = {
            "share": max(v[row] - full, 0.0),
            "equal": abs(v[row] - full),
            "all": abs(v[row] - full * y[row]),
        }[relation]
        related.append(miss / scale[row])
    broken["Q1 option"] = _worst(np.array(related))
    above, once = ancestors(tree)[tree.leaves], []
    for group in np.unique(contracts.once[contracts.once >= 0]):
        rows = np.flatnonzero((contracts.once == group) & free)
        once.append(float(np.max(above[:, contracts.node[rows]] @ y[rows], initial=0.0)) - 1.0)
    broken["Q1 once"] = _worst(np.array(once))
    return broken


def _broken_service(instance: Instance, v: FloatArray, dispatch: Dispatch) -> dict[str, float]:
    work, spot, tree = instance.workloads, instance.spot, instance.tree
    capacity = instance.at_sources(instance.contracts.delivered, v)
    floor = instance.at_sources(instance.contracts.floor, v)
    taken = dispatch.x.sum(axis=0) + instance.sources.efficiency[:, None] * dispatch.sold
    total = 1.0 + work.demand.sum(axis=0)
    used = (work.duration[:, None, None] * dispatch.x).sum(axis=0)
    depth = np.where(instance.sources.resale[:, None], spot.sell_depth, 0.0)
    supply = dispatch.x.sum(axis=1) + dispatch.bought
    waiting = np.zeros(dispatch.served.shape)
    stay = np.zeros(len(tree.step_node), dtype=bool)
    stay[tree.step_before[tree.step_before >= 0]] = True
    lost = np.zeros(work.demand.shape)
    ages = np.arange(dispatch.served.shape[1])
    slack = np.zeros(dispatch.served.shape)
    for step, before in enumerate(tree.step_before):
        waiting[:, 0, step] = work.demand[:, step]
        if before >= 0:
            waiting[:, 1:, step] = np.maximum(waiting - dispatch.served, 0.0)[:, :-1, before]
        waiting[:, :, step] *= ages[None, :] <= work.defer[:, None]
        slack[:, :, step] = dispatch.served[:, :, step] - waiting[:, :, step]
        left = np.maximum(waiting[:, :, step] - dispatch.served[:, :, step], 0.0)
        oldest = left[np.arange(len(left)), work.defer]
        lost[:, step] = oldest if stay[step] else left.sum(axis=1)
    return {
        "Q2 capacity": _worst((taken - capacity) / (1.0 + np.abs(capacity))),
        "Q2 placement": _worst(np.where(work.allowed(instance.sources), 0.0, dispatch.x) / total),
        "Q2 resale": _worst(
            np.maximum(
                dispatch.sold.sum(axis=0) - spot.sell_depth, (dispatch.sold - depth).max(axis=0, initial=0.0)
            )
        ),
        "Q3 work": _worst(np.abs(supply - dispatch.served.sum(axis=1)) / total),
        "Q3 waiting": _worst(slack / total),
        "Q3 unserved": _worst(np.abs(lost - dispatch.unserved) / total),
        "Q4 usage": _worst((used - floor - dispatch.over) / (1.0 + used)),
        "Q5 spot": _worst((dispatch.bought.sum(axis=0) - spot.buy_depth) / total),
        "Q6 service": _worst((work.service[:, None] * work.demand - dispatch.served.sum(axis=1)) / total),
        "signs": _worst(-np.minimum(np.min(dispatch.x, initial=0.0), np.min(dispatch.sold, initial=0.0))),
    }


def _broken_limits(instance: Instance, v: FloatArray, y: FloatArray, dispatch: Dispatch) -> dict[str, float]:
    limits, tree, contracts, sources = instance.limits, instance.tree, instance.contracts, instance.sources
    capacity = instance.at_sources(contracts.delivered, v)
    broken: dict[str, float] = {}
    late = tree.step_quarter >= limits.limits_from
    for name, share, names in (
        ("Q7 provider share", limits.provider_share, sources.provider),
        ("Q7 vendor share", limits.vendor_share, sources.vendor),
        ("Q7 region share", limits.region_share, sources.region),
    ):
        if share is not None:
            labels, total = np.array(names, dtype=object), capacity.sum(axis=0)
            mine = [capacity[labels == label].sum(axis=0) for label in dict.fromkeys(names) if label]
            broken[name] = max(
                (_worst(((part - share * total) / (1.0 + total))[late]) for part in mine), default=0.0
            )
    above = ancestors(tree)
    if limits.commitment is not None:
        free = contracts.node >= 0
        bound = above[:, contracts.node[free]] @ (contracts.commitment * v)[free]
        broken["Q11 commitment"] = _worst((bound - limits.commitment) / (1.0 + limits.commitment))
    stands = (contracts.node < 0)[None, :] | above[tree.parent[tree.step_node]][
        :, np.maximum(contracts.node, 0)
    ]
    held = np.einsum("mc,c,cm->m", stands, v, contracts.contracted[:, tree.step_quarter])
    able = (contracts.contracted != 0.0) & (contracts.most > 0.0)[:, None]
    some = able.any(axis=0)[tree.step_quarter]
    if limits.contracted_most is not None:
        broken["Q12 contracted"] = _worst(
            ((held - limits.contracted_most) / (1.0 + limits.contracted_most))[some]
        )
    if limits.contracted_least is not None:
        broken["Q12 at least"] = _worst(
            ((limits.contracted_least - held) / (1.0 + limits.contracted_least))[some]
        )
    if limits.exposure is not None:
        broken["Q13 exposure"] = _broken_exposure(instance, v, limits.exposure)
    if limits.cover_from is not None:
        broken["Q9 cover"] = _broken_cover(
            instance, y, capacity, dispatch, tree.step_quarter >= limits.cover_from
        )
    return broken


def _broken_exposure(instance: Instance, v: FloatArray, limit: float) -> float:
    contracts, provider = instance.contracts, instance.sources.provider
    worst = 0.0
    for name in dict.fromkeys(provider):
        rows = np.array([s >= 0 and provider[s] == name for s in contracts.sold_at], dtype=bool)
        worst = max(worst, _worst((v[rows] @ contracts.advance[rows] - limit) / (1.0 + limit)))
    return worst


def _broken_cover(
    instance: Instance, y: FloatArray, capacity: FloatArray, dispatch: Dispatch, asked: BoolArray
) -> float:
    worst = 0.0
    for missing, name in zip(dispatch.missing, instance.providers, strict=True):
        for need, left in needed_and_left(instance, capacity, y, name):
            worst = max(worst, _worst(((need - left - missing) / (1.0 + need))[asked]))
    return worst
