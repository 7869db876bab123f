"""How fast `plan` is beside a peer and beside its bare solver, on one two-stage case: measured in one run.

Run ``python benchmarks/plan.py`` (minutes) or ``python benchmarks/plan.py --smoke`` (seconds). It prints one
line for each measure, and with ``--json FILE`` writes them too. What is compared:

- the same case (six offers, three workloads, fifty scenarios) written a second time for PyPSA, with its own
  words: generators that must run, sinks, links and modules; the optima agree, without and with CVaR;
- seconds from figures to optimum of both, and of HiGHS alone on the matrix that we hand it;
- size and seconds of the whole programme for 10, 100 and 1,000 scenarios, and of the decomposition from 1,000.

PyPSA is no dependency. ``uv pip install --group peers``, or ``pip install --group peers``, brings it; without
it the script says so and measures the rest.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import warnings
from pathlib import Path

import numpy as np

QUARTERS = 8
CLOSE = 1e-6
AMPLE = 1e4
STILL = 1e-9
GAP = 1e-6
TAIL_SHARE, TAIL_WEIGHT = 0.9, 0.5


def timed(run, *args, **options):
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = run(*args, **options)
    return time.perf_counter() - start, found


def fan(scenarios):
    """Return a two-stage tree: the root decides, every scenario operates all quarters."""
    from offtake.plan._instance import Tree

    leaves = np.arange(1, scenarios + 1)
    return Tree(
        ("now", *(f"future {leaf}" for leaf in leaves)),
        np.r_[-1, np.zeros(scenarios, dtype=np.int64)],
        np.r_[1.0, np.full(scenarios, 1.0 / scenarios)],
        np.zeros(scenarios + 1, dtype=np.int64),
        np.r_[0, np.full(scenarios, QUARTERS)],
        np.repeat(leaves, QUARTERS),
        np.tile(np.arange(QUARTERS), scenarios),
        np.where(
            np.tile(np.arange(QUARTERS), scenarios) == 0, -1, np.arange(scenarios * QUARTERS) - 1
        ),
    )


def case(scenarios, seed=0):
    """Return six offers for three workloads: late or on time, demand and spot price uncertain."""
    from offtake.plan._instance import Cash, Contracts, Instance, Limits, Sources, Spot, Workloads

    rng = np.random.default_rng(seed)
    steps, offers, works = scenarios * QUARTERS, 6, 3
    quarter = np.tile(np.arange(QUARTERS), scenarios)

    def walk(spread):
        shocks = spread * rng.standard_normal((scenarios, QUARTERS))
        return np.exp(np.cumsum(shocks, axis=1)).reshape(-1)

    efficiency = np.array([1.0, 1.0, 1.25, 1.25, 0.8, 1.0])
    begins, late = np.array([0, 1, 2, 3, 0, 1]), rng.poisson(0.8, (offers, scenarios))
    on = quarter[None, :] >= np.repeat(begins[:, None] + late, QUARTERS, axis=1)
    delivered = efficiency[:, None] * on
    reservation = np.array([2.6, 2.2, 2.4, 1.9, 1.2, 2.0])
    usage = np.array([0.3, 0.6, 0.5, 0.9, 1.4, 0.6])
    floor = np.array([0.0, 0.5, 0.7, 0.0, 0.4, 0.0])[:, None] * delivered
    most = np.array([90.0, 40.0, 80.0, 50.0, 60.0, 30.0])
    whole = np.array([False, True, False, True, False, True])
    none = np.zeros((offers, steps))
    contracts = Contracts(
        tuple(f"offer {k + 1}" for k in range(offers)), ("offer",) * offers, np.zeros(offers, dtype=np.int64),
        np.zeros(offers, dtype=np.int64), np.where(whole, most, 0.0), most, whole,
        np.full(offers, -1), ("none",) * offers, np.ones(offers), np.arange(offers), np.full(offers, -1),
        delivered, reservation[:, None] + usage[:, None] * floor, floor, none, np.zeros(offers),
        np.ones((offers, QUARTERS)), none,
    )  # fmt: skip
    sources = Sources(
        contracts.entry, ("Aster", "Aster", "Birch", "Birch", "Cedar", "Dune"), ("k1",) * offers,
        ("",) * offers, ("",) * offers, np.repeat(usage[:, None], steps, axis=1),
        np.array([True, False, False, True, False, True]), efficiency,
    )  # fmt: skip
    placement = np.array([[1, 1, 1, 1, 0, 1], [1, 0, 1, 1, 1, 1], [1, 1, 0, 1, 1, 0]], dtype=bool)
    bound = np.zeros((1, works, steps), dtype=bool)
    bound[0, 0] = quarter < QUARTERS // 2
    flat = np.zeros(works)
    workloads = Workloads(
        ("chat", "training", "video"),
        np.stack([base * (1.0 + 0.1 * quarter) * walk(0.15) for base in (40.0, 60.0, 25.0)]),
        np.repeat(np.array([[5.0], [3.5], [4.0]]), steps, axis=1), np.zeros((works, steps)),
        np.array([6.0, 1.5, 3.0]), np.ones(works), flat, flat, np.zeros(works, dtype=np.int64), flat,
        placement, ("Aster",), bound,
    )  # fmt: skip
    price = 3.2 * walk(0.2)
    spot = Spot(price, 0.6 * price, np.full(steps, 30.0), np.full(steps, 20.0))
    cash = Cash(False, 0.0, 0.0, np.zeros(steps), np.zeros(steps), 0.0, np.zeros(steps))
    return Instance(
        "Buyer", tuple(f"20{28 + t // 4}-Q{t % 4 + 1}" for t in range(QUARTERS)), fan(scenarios), contracts,
        sources, workloads, spot, cash, Limits(), 0.98 ** np.arange(QUARTERS),
    )  # fmt: skip


def peer(instance, goal="value", tail=None):
    """Return the optimum that PyPSA finds for the case, as an objective of ours."""
    import pandas as pd
    import pypsa

    tree, rows, works = instance.tree, instance.contracts, instance.workloads
    futures = [str(name) for name in tree.names[1:]]
    times = list(instance.quarters)
    # what is rented out pays no usage price: where that is allowed the price stands on the way to the work
    usage, resold = instance.sources.usage[:, 0], instance.sources.resale
    n = pypsa.Network()
    n.set_snapshots(times)
    n.snapshot_weightings["objective"] = instance.discount
    varying = {}

    def by_future(steps):
        return np.asarray(steps, dtype=float).reshape(len(futures), len(times)).T

    n.add("Bus", ["spot", "resale", *rows.entry, *works.names])
    for k, offer in enumerate(rows.entry):
        module = {"p_nom_mod": rows.most[k]} if rows.whole[k] else {}
        reservation = rows.fee[k] - instance.sources.usage[k] * rows.floor[k]
        assert np.ptp(reservation) < STILL
        n.add(
            "Generator", offer, bus=offer, p_nom_extendable=True, p_nom_max=rows.most[k],
            capital_cost=float(reservation[0] * instance.discount.sum()),
            marginal_cost=0.0 if resold[k] else usage[k], **module,
        )  # fmt: skip
        varying["generators", "p_max_pu", offer] = by_future(rows.delivered[k])
        varying["generators", "p_min_pu", offer] = by_future(rows.floor[k])
        n.add("Generator", f"{offer} idle", bus=offer, p_nom=AMPLE, p_min_pu=-1.0, p_max_pu=0.0)
        if resold[k]:
            assert not rows.floor[k].any()
            n.add(
                "Link", f"{offer} rented out", bus0=offer, bus1="resale", p_nom=AMPLE,
                efficiency=1.0 / instance.sources.efficiency[k],
            )  # fmt: skip
    sells = {"bus": "resale", "p_nom": instance.spot.sell_depth[0], "p_min_pu": -1.0, "p_max_pu": 0.0}
    n.add("Generator", "rented out", **sells)
    varying["generators", "marginal_cost", "rented out"] = by_future(instance.spot.sell)
    n.add("Generator", "bought", bus="spot", p_nom=instance.spot.buy_depth[0])
    varying["generators", "marginal_cost", "bought"] = by_future(instance.spot.buy)
    allowed = works.allowed(instance.sources)
    for w, work in enumerate(works.names):
        n.add("Load", work, bus=work)
        varying["loads", "p_set", work] = by_future(works.demand[w])
        lost = works.penalty[w] + (works.earns[w, 0] if goal == "value" else 0.0)
        n.add("Generator", f"{work} unserved", bus=work, p_nom=AMPLE, marginal_cost=lost)
        n.add("Link", f"spot to {work}", bus0="spot", bus1=work, p_nom=AMPLE)
        for k, offer in enumerate(rows.entry):
            if works.placement[w, k]:
                link = f"{offer} to {work}"
                price = usage[k] if resold[k] else 0.0
                n.add("Link", link, bus0=offer, bus1=work, p_nom=AMPLE, marginal_cost=price)
                varying["links", "p_max_pu", link] = by_future(allowed[w, k])
    n.set_scenarios(dict(zip(futures, tree.probability[1:].tolist(), strict=True)))
    if tail is not None:
        n.set_risk_preference(alpha=tail[0], omega=tail[1] / (1.0 + tail[1]))
    tables = {}
    for (kind, attribute, name), values in varying.items():
        columns = pd.MultiIndex.from_product([futures, [name]], names=["scenario", "name"])
        tables.setdefault((kind, attribute), []).append(pd.DataFrame(values, index=n.snapshots, columns=columns))
    for (kind, attribute), parts in tables.items():
        n.components[kind].dynamic[attribute] = pd.concat(parts, axis=1)
    status, condition = n.optimize(
        solver_name="highs", log_to_console=False, mip_rel_gap=GAP, include_objective_constant=False
    )
    assert (status, condition) == ("ok", "optimal"), (status, condition)
    objective = -float(n.objective) * (1.0 + (tail[1] if tail is not None else 0.0))
    if goal == "value":
        earned = (works.earns * works.demand).sum(axis=0)
        weight = tree.probability[tree.step_node] * instance.discount[tree.step_quarter]
        objective += float(weight @ earned)
    return objective
