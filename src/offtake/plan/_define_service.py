"""Capacity and the work that is placed on it (rules Q2 to Q6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.plan._frame import entries
from offtake.plan._programme import Term, numbered, spread

if TYPE_CHECKING:
    from offtake.plan._instance import BoolArray, FloatArray, IntArray
    from offtake.plan._programme import Programme

__all__ = [
    "define_capacity",
    "define_deferral",
    "define_demand",
    "define_service",
    "define_usage",
    "delivered",
]


def define_capacity(p: Programme) -> None:
    r"""Q2: ``Σ_w x_{w,s,m} + sold_{s,m}·efficiency <= cap_{s,m}`` and ``Σ_s sold <= sell_depth``.

    Sources that may carry the same work share x; what each of them carries is then u, ``Σ_w x = Σ_s u``.
    """
    instance, frame = p.instance, p.frame
    workloads, lots, steps = len(instance.workloads.names), len(frame.source), len(frame.discount)
    pools = len(frame.shared)
    allowed = np.zeros((workloads, pools, steps), dtype=bool)
    for lot in range(lots):
        allowed[:, frame.pool[lot]] |= frame.allowed[:, lot]
    x = p.variables(
        "x", {"workload": workloads, "pool": pools, "step": steps}, r"x_{w,s,m} \ge 0", where=allowed
    )
    busy = frame.allowed.any(axis=0)
    use = p.variables(
        "use", {"lot": lots, "step": steps}, r"u_{s,m} \ge 0", where=busy & frame.shared[frame.pool][:, None]
    )
    rentable = (
        frame.capable & instance.sources.resale[frame.source][:, None] & (instance.spot.sell_depth > 0.0)
    )
    sold = p.variables("sold", {"lot": lots, "step": steps}, r"r_{s,m} \ge 0", where=rentable)
    _share_pools(p, allowed, x, use)
    where = busy | rentable
    number = numbered(where)
    at, step = np.nonzero(where)
    single = ~frame.shared[frame.pool]
    p.constrain(
        "capacity",
        "Q2",
        {"source": frame.source[at], "step": step},
        [
            spread(r"\sum_w x_{w,s,m}", x[:, frame.pool], np.where(single[:, None], number, -1)[None]),
            spread(r" + u_{s,m}", use, number),
            spread(r" + \eta_s r_{s,m}", sold, number, instance.sources.efficiency[frame.source][:, None]),
            delivered(p, number, -1.0, r" - \sum_{c \text{ of } s} d_{c,m} v_c"),
        ],
        "<=",
        ("0", frame.capacity[where]),
        over=r"\forall s, m",
    )
    some: BoolArray = np.asarray(rentable.any(axis=0))
    p.constrain(
        "resale",
        "Q2",
        {"step": np.flatnonzero(some)},
        [spread(r"\sum_s r_{s,m}", sold, numbered(some)[None])],
        "<=",
        (r"\overline r_m", instance.spot.sell_depth[some]),
        over=r"\forall m",
    )
    sell = np.broadcast_to(instance.spot.sell, sold.shape)
    p.pay("resale", r" + \sum_s \sigma_m r_{s,m}", sold[rentable], np.nonzero(rentable)[1], sell[rentable])


def _share_pools(p: Programme, allowed: np.ndarray, x: IntArray, use: IntArray) -> None:
    """Write that what a pool carries is carried by its sources."""
    shared = allowed.any(axis=0) & p.frame.shared[:, None]
    number = numbered(shared)
    pool, step = np.nonzero(shared)
    p.constrain(
        "pool",
        "Q2",
        {"pool": pool, "step": step},
        [
            spread(r"\sum_w x_{w,P,m}", x, number[None]),
            spread(r" - \sum_{s \in P} u_{s,m}", use, number[p.frame.pool], -1.0),
        ],
        "=",
        ("0", np.zeros(len(pool))),
        over=r"\forall P, m",
    )


def delivered(p: Programme, number: IntArray, sign: float, tex: str) -> Term:
    """Return the capacity of lots, in the rows whose numbers stand at [lot, step]."""
    found = entries(p.frame, p.instance.contracts.delivered)
    lot = p.frame.lot[found.row, found.step]
    row = np.where(lot >= 0, number[lot, found.step], -1)
    return spread(tex, p.columns["v"][found.row], row, sign * found.value)


def define_demand(p: Programme) -> None:
    r"""Q3: ``Σ_s x_{w,s,m} + spot_{w,m} + unserved_{w,m} = demand_{w,m}``; work that may wait counts by age.

    For work that may wait: ``Σ_s x_{w,s,m} + spot_{w,m} = Σ_a served_{w,a,m}``.
    """
    work, tree, spot = p.instance.workloads, p.instance.tree, p.instance.spot
    patient = work.defer > 0
    asked = work.demand > 0.0
    some = p.columns["x"].max(axis=1, initial=-1) >= 0
    active = asked | (patient[:, None] & (some | _waits(p)))
    size = {"workload": len(work.names), "step": len(tree.step_node)}
    bought = p.variables("spot", size, r"b_{w,m} \ge 0", where=active & (spot.buy_depth > 0.0)[None])
    lost = p.variables("unserved", size, r"n_{w,m} \ge 0", where=active)
    oldest = int(work.defer.max(initial=0))
    ages = np.arange(oldest + 1)
    aged = active[:, None, :] & patient[:, None, None] & (ages[None, :] <= work.defer[:, None])[:, :, None]
    served = p.variables(
        "served",
        {"workload": len(work.names), "age": oldest + 1, "step": len(tree.step_node)},
        r"s_{w,a,m} \ge 0",
        where=aged,
    )
    number = numbered(active)
    workload, step = np.nonzero(active)
    p.constrain(
        "demand",
        "Q3",
        {"workload": workload, "step": step},
        [
            spread(r"\sum_s x_{w,s,m}", p.columns["x"], number[:, None, :]),
            spread(" + b_{w,m}", bought, number),
            spread(" + n_{w,m}", lost, np.where(patient[:, None], -1, number)),
            spread(r" - \sum_a s_{w,a,m}", served, number[:, None, :], -1.0),
        ],
        "=",
        ("D_{w,m}", np.where(patient[:, None], 0.0, work.demand)[active]),
        over=r"\forall w, m",
    )
    _pay_service(p, lost, served, bought)
    some_bought: BoolArray = np.asarray((bought >= 0).any(axis=0))
    p.constrain(
        "spot",
        "Q5",
        {"step": np.flatnonzero(some_bought)},
        [spread(r"\sum_w b_{w,m}", bought, numbered(some_bought)[None])],
        "<=",
        (r"\overline b_m", spot.buy_depth[some_bought]),
        over=r"\forall m",
    )


def _waits(p: Programme) -> np.ndarray:
    """[W, M] where work asked for before may still wait."""
    work, before = p.instance.workloads, p.instance.tree.step_before
    waiting = np.zeros(work.demand.shape, dtype=bool)
    late = work.demand > 0.0
    for age in range(1, int(work.defer.max(initial=0)) + 1):
        late = late[:, before] & (before >= 0)
        waiting |= late & (work.defer >= age)[:, None]
    return waiting


def _pay_service(p: Programme, lost: IntArray, served: IntArray, bought: IntArray) -> None:
    """Q5: earnings, worth and penalties; what cannot wait earns by what is not unserved."""
    work, spot = p.instance.workloads, p.instance.spot
    length, patient = work.duration[:, None], (work.defer > 0)[:, None]
    counted = p.goal == "value"
    kept = (1.0 - work.waiting_loss)[:, None] ** np.arange(served.shape[1])[None, :]
    for name, rate, is_cash, symbol in (
        ("earnings", work.earns, True, "e"),
        ("worth", work.worth, False, "h"),
    ):
        whole = rate * length
        at_once = np.where(patient, 0.0, -whole)
        later = whole[:, None, :] * kept[:, :, None]
        column, step, value = _flat([(lost, at_once), (served, later)])
        fixed = np.where(patient, 0.0, whole * work.demand).sum(axis=0)
        p.pay(
            name,
            rf" + \sum_{{w,a}} {symbol}_{{w,m}} \tau_w (1-\ell_w)^a s_{{w,a,m}}",
            column,
            step,
            value * counted,
            cash=value * is_cash,
            fixed=(fixed * counted, fixed * is_cash),
        )
    penalty = -(work.penalty * work.duration)[:, None]
    p.pay("penalties", r" - \sum_w \phi_w \tau_w n_{w,m}", *_flat([(lost, penalty)]))
    p.pay("spot", r" - \sum_w \beta_m \tau_w b_{w,m}", *_flat([(bought, -spot.buy[None, :] * length)]))
    tail = p.frame.tail
    first = np.array(
        [np.flatnonzero(p.frame.pool == pool)[0] for pool in range(len(p.frame.shared))], dtype=int
    )
    if counted and tail.any():
        beyond = ((work.earns + work.worth) * length)[:, None, :] * tail[first][None]
        column, step, value = _flat([(p.columns["x"], beyond)])
        p.pay(
            "beyond the horizon",
            r" + \sum_{w,s} \theta_{s,m} (e_{w,m} + h_{w,m}) \tau_w x_{w,s,m}",
            column,
            step,
            value,
            cash=np.zeros(len(value)),
        )


def _flat(parts: list[tuple[IntArray, FloatArray]]) -> tuple[IntArray, IntArray, FloatArray]:
    """Columns, steps and values of grids whose last axis is the step."""
    columns, steps, values = [], [], []
    for grid, value in parts:
        keep = grid >= 0
        columns.append(grid[keep])
        steps.append(np.nonzero(keep)[-1])
        values.append(np.broadcast_to(value, grid.shape)[keep])
    return np.concatenate(columns), np.concatenate(steps), np.concatenate(values)


def define_deferral(p: Programme) -> None:
    r"""Q3: ``served_{w,a} + left_{w,a} = left_{w,a-1} of the step before``, demand at age 0.

    Work of the oldest age that is not served, and all that waits at a leaf's last step, is unserved.
    """
    work, tree = p.instance.workloads, p.instance.tree
    served, lost = p.columns["served"], p.columns["unserved"]
    ages, steps = served.shape[1], served.shape[2]
    final = np.ones(steps, dtype=bool)
    final[tree.step_before[tree.step_before >= 0]] = False
    waits = (served >= 0) & ((np.arange(ages)[None, :] < work.defer[:, None])[:, :, None] | final)
    left = p.variables(
        "left", {"workload": len(work.names), "age": ages, "step": steps}, r"q_{w,a,m} \ge 0", where=waits
    )
    before = np.full(served.shape, -1)
    before[:, 1:, :] = np.where(tree.step_before >= 0, left[:, :-1, tree.step_before], -1)
    number = numbered(served >= 0)
    workload, age, step = np.nonzero(number >= 0)
    oldest = (np.arange(ages)[None, :, None] == work.defer[:, None, None]) & ~final
    demand = np.where(np.arange(ages)[None, :, None] == 0, work.demand[:, None, :], 0.0)
    p.constrain(
        "waiting",
        "Q3",
        {"workload": workload, "age": age, "step": step},
        [
            spread("s_{w,a,m}", served, number),
            spread(" + q_{w,a,m}", left, number),
            spread(
                " + n_{w,m} [a = A_w, m \\text{ not last}]", lost[:, None, :], np.where(oldest, number, -1)
            ),
            spread(" - q_{w,a-1,m^-}", before, number, -1.0),
        ],
        "=",
        ("D_{w,m} [a = 0]", demand[number >= 0]),
        over=r"\forall w, a, m",
    )
    at_end = (served[:, 0, :] >= 0) & final
    number = numbered(at_end)
    workload, step = np.nonzero(at_end)
    p.constrain(
        "waiting_last",
        "Q3",
        {"workload": workload, "step": step},
        [
            spread("n_{w,m}", lost, number),
            spread(r" - \sum_a q_{w,a,m}", left, number[:, None, :], -1.0),
        ],
        "=",
        ("0", np.zeros(len(workload))),
        over=r"\forall w, m \text{ last}",
    )


def define_usage(p: Programme) -> None:
    r"""Q4: ``over_{s,m} >= Σ_w duration_w x_{w,s,m} - Σ_c floor_{c,m} v_c``, over >= 0, at the usage price.

    Where no row has a floor, what is used is what is over.
    """
    instance, frame = p.instance, p.frame
    price = instance.sources.usage[frame.source] * (1.0 + frame.tail)
    cash = instance.sources.usage[frame.source]
    found = entries(frame, instance.contracts.floor)
    floored = frame.floor != 0.0
    lot = frame.lot[found.row, found.step]
    floored[lot[lot >= 0], found.step[lot >= 0]] = True
    busy = frame.allowed.any(axis=0) & (cash != 0.0)
    where = busy & floored
    over = p.variables(
        "over", {"lot": len(frame.source), "step": len(frame.discount)}, r"o_{s,m} \ge 0", where=where
    )
    number = numbered(where)
    lots_, step = np.nonzero(where)
    single = ~frame.shared[frame.pool][:, None]
    x, length = p.columns["x"][:, frame.pool], instance.workloads.duration[:, None, None]
    p.constrain(
        "usage",
        "Q4",
        {"source": frame.source[lots_], "step": step},
        [
            spread("o_{s,m}", over, number),
            spread(r" - \sum_w \tau_w x_{w,s,m}", x, np.where(single, number, -1)[None], -length),
            spread(r" - u_{s,m}", p.columns["use"], number, -1.0),
            spread(
                r" + \sum_{c \text{ of } s} f_{c,m} v_c",
                p.columns["v"][found.row],
                np.where(lot >= 0, number[lot, found.step], -1),
                found.value,
            ),
        ],
        ">=",
        ("0", -frame.floor[where]),
        over=r"\forall s, m",
    )
    plain = busy & ~floored
    direct = np.where((plain & single)[None], x, -1)
    pieces = [(over, 1.0), (np.where(plain, p.columns["use"], -1), 1.0), (direct, length)]
    column, steps, value = _flat([(grid, -price * factor) for grid, factor in pieces])  # type: ignore[operator]
    _, _, money = _flat([(grid, -cash * factor) for grid, factor in pieces])  # type: ignore[operator]
    p.pay("usage", r" - \sum_s (1 + \theta_{s,m}) \mu_{s,m} o_{s,m}", column, steps, value, cash=money)


def define_service(p: Programme) -> None:
    r"""Q6: ``Σ_a served_{w,a,m} >= service_w·demand_{w,m}`` at every step, for work that asks for it."""
    work = p.instance.workloads
    where = (work.service > 0.0)[:, None] & (work.demand > 0.0)
    number = numbered(where)
    workload, step = np.nonzero(where)
    patient = (work.defer > 0)[:, None]
    least = work.service[:, None] * work.demand
    # of work that cannot wait, what is served is what is not unserved
    bound = np.where(patient, least, least - work.demand)
    p.constrain(
        "service",
        "Q6",
        {"workload": workload, "step": step},
        [
            spread(r"\sum_a s_{w,a,m}", p.columns["served"], number[:, None, :]),
            spread(
                r" + (D_{w,m} - n_{w,m}) [A_w = 0]",
                p.columns["unserved"],
                np.where(patient, -1, number),
                -1.0,
            ),
        ],
        ">=",
        (r"g_w D_{w,m}", bound[where]),
        over=r"\forall w, m",
    )
