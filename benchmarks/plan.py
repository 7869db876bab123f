"""How fast `plan` is beside a peer and beside its bare solver, on one two-stage case: measured in one run.

Run ``python benchmarks/plan.py`` (minutes) or ``python benchmarks/plan.py --smoke`` (seconds). It prints one
line for each measure, and with ``--json FILE`` writes them too. What is compared:

- the same case (six offers, three workloads, fifty scenarios) written a second time for PyPSA, with its own
  words: generators that must run, sinks, links and modules; the optima agree, without and with CVaR;
- seconds from figures to optimum of both, and of HiGHS alone on the matrix that we hand it;
- size and seconds of the whole programme for 10, 100 and 1,000 scenarios, and of the decomposition for
  1,000 and 5,000.

PyPSA is no dependency. ``pip install --group peers`` (pip 25.1 or later, or ``uv pip install --group peers``)
brings it; without it the script says so and measures the rest.
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


def timed(name, run, *args, **options):
    """Return the seconds that a call takes, on the clock and of processors, and what it returns."""
    clock, busy = time.perf_counter(), time.process_time()
    found = run(*args, **options)
    clock, busy = time.perf_counter() - clock, time.process_time() - busy
    return {f"{name}, s": clock, f"{name}, processor s": busy}, found


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
        np.where(np.tile(np.arange(QUARTERS), scenarios) == 0, -1, np.arange(scenarios * QUARTERS) - 1),
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
    import pypsa

    for name in ("pypsa", "linopy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.simplefilter("ignore", FutureWarning)
    tree, works = instance.tree, instance.workloads
    futures, times = [str(name) for name in tree.names[1:]], list(instance.quarters)
    n = pypsa.Network()
    n.set_snapshots(times)
    n.snapshot_weightings["objective"] = instance.discount
    n.add("Bus", ["spot", "resale", *instance.contracts.entry, *works.names])
    varying = add_offers(n, instance) | add_market(n, instance) | add_works(n, instance, goal)
    n.set_scenarios(dict(zip(futures, tree.probability[1:].tolist(), strict=True)))
    if tail is not None:
        n.set_risk_preference(alpha=tail[0], omega=tail[1] / (1.0 + tail[1]))
    fill(n, varying, futures)
    status, condition = n.optimize(
        solver_name="highs", io_api="direct", log_to_console=False, mip_rel_gap=GAP,
        include_objective_constant=False,
    )  # fmt: skip
    assert (status, condition) == ("ok", "optimal"), (status, condition)
    objective = -float(n.objective) * (1.0 + (tail[1] if tail is not None else 0.0))
    if goal == "value":
        # PyPSA counts what is lost by not serving; we count what is earned by serving
        earned = (works.earns * works.demand).sum(axis=0)
        objective += float(tree.probability[tree.step_node] * instance.discount[tree.step_quarter] @ earned)
    return objective


def add_offers(n, instance):
    """Add each offer as a generator that must run at its take-or-pay share and may idle into a sink."""
    rows, varying = instance.contracts, {}
    # what is rented out pays no usage price: where that is allowed the price stands on the way to the work
    usage, resold = instance.sources.usage[:, 0], instance.sources.resale
    for k, offer in enumerate(rows.entry):
        module = {"p_nom_mod": rows.most[k]} if rows.whole[k] else {}
        reservation = rows.fee[k] - usage[k] * rows.floor[k]
        assert np.ptp(reservation) < STILL
        n.add(
            "Generator", offer, bus=offer, p_nom_extendable=True, p_nom_max=rows.most[k],
            capital_cost=float(reservation[0] * instance.discount.sum()),
            marginal_cost=0.0 if resold[k] else usage[k], **module,
        )  # fmt: skip
        varying["generators", "p_max_pu", offer] = rows.delivered[k]
        varying["generators", "p_min_pu", offer] = rows.floor[k]
        n.add("Generator", f"{offer} idle", bus=offer, p_nom=AMPLE, p_min_pu=-1.0, p_max_pu=0.0)
        if resold[k]:
            assert not rows.floor[k].any()
            out = {"bus0": offer, "bus1": "resale", "efficiency": 1.0 / instance.sources.efficiency[k]}
            n.add("Link", f"{offer} rented out", p_nom=AMPLE, **out)
    return varying


def add_market(n, instance):
    """Add the spot market: a generator that sells to us and a sink that buys."""
    spot = instance.spot
    n.add("Generator", "rented out", bus="resale", p_nom=spot.sell_depth[0], p_min_pu=-1.0, p_max_pu=0.0)
    n.add("Generator", "bought", bus="spot", p_nom=spot.buy_depth[0])
    return {
        ("generators", "marginal_cost", "rented out"): spot.sell,
        ("generators", "marginal_cost", "bought"): spot.buy,
    }


def add_works(n, instance, goal):
    """Add each workload as a load, with links from where it may run and a dear generator for what is lost."""
    works, varying = instance.workloads, {}
    usage, resold = instance.sources.usage[:, 0], instance.sources.resale
    allowed = works.allowed(instance.sources)
    for w, work in enumerate(works.names):
        n.add("Load", work, bus=work)
        varying["loads", "p_set", work] = works.demand[w]
        lost = works.penalty[w] + (works.earns[w, 0] if goal == "value" else 0.0)
        n.add("Generator", f"{work} unserved", bus=work, p_nom=AMPLE, marginal_cost=lost)
        n.add("Link", f"spot to {work}", bus0="spot", bus1=work, p_nom=AMPLE)
        for k, offer in enumerate(instance.contracts.entry):
            if works.placement[w, k]:
                link, price = f"{offer} to {work}", usage[k] if resold[k] else 0.0
                n.add("Link", link, bus0=offer, bus1=work, p_nom=AMPLE, marginal_cost=price)
                varying["links", "p_max_pu", link] = allowed[w, k]
    return varying


def fill(n, varying, futures):
    """Set what differs by quarter and future."""
    import pandas as pd

    tables = {}
    for (kind, attribute, name), steps in varying.items():
        columns = pd.MultiIndex.from_product([futures, [name]], names=["scenario", "name"])
        values = np.asarray(steps, dtype=float).reshape(len(futures), len(n.snapshots)).T
        table = pd.DataFrame(values, index=n.snapshots, columns=columns)
        tables.setdefault((kind, attribute), []).append(table)
    for (kind, attribute), parts in tables.items():
        n.components[kind].dynamic[attribute] = pd.concat(parts, axis=1)


def ours(instance, goal="value", tail=None, limit=None):
    """Return the plan of the case, or the best that is found in a number of seconds."""
    from offtake.plan._risk import CVaR
    from offtake.plan._session import Options
    from offtake.plan._solve import solve

    risk = CVaR(*(tail or (0.0, 0.0)))
    return solve(instance, risk=risk, goal=goal, options=Options(gap=GAP, time_limit=limit))


def bare(instance):
    """Return a way to run HiGHS alone on the matrix that we hand it, and nothing else."""
    import highspy

    from offtake.plan._programme import build
    from offtake.plan._session import Options, Session

    matrix = Session(build(instance), Options(gap=GAP)).highs.getLp()

    def run():
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("mip_rel_gap", GAP)
        solver.passModel(matrix)
        solver.run()
        return solver.getInfo().objective_function_value

    return run


def beside_pypsa(scenarios):
    """Return how long both take from figures to optimum, and how far the optima lie apart."""
    instance, tail = case(scenarios), (TAIL_SHARE, TAIL_WEIGHT)
    measures, plan = timed("ours: figures to checked plan", ours, instance)
    alone, value = timed("HiGHS alone on the same matrix", bare(instance))
    measures |= alone | {"ours: build alone, s": plan.seconds["build"]}
    apart = {"HiGHS alone": abs(value / plan.objective - 1.0)}
    try:
        import pypsa  # noqa: F401
    except ImportError:
        sys.stdout.write("PyPSA is not installed (group `peers`): only our side is measured\n")
    else:
        peer(case(2))
        theirs, value = timed("PyPSA: figures to optimum", peer, instance)
        apart["PyPSA"] = abs(value / plan.objective - 1.0)
        mine, plan = timed("ours, with CVaR", ours, instance, "cost", tail)
        charged, value = timed("PyPSA, with CVaR", peer, instance, "cost", tail)
        apart["PyPSA, with CVaR"] = abs(value / plan.objective - 1.0)
        measures |= theirs | mine | charged
        for kind in ("s", "processor s"):
            mine_, theirs_ = (
                f"{who}, {kind}" for who in ("ours: figures to checked plan", "PyPSA: figures to optimum")
            )
            measures[f"ours / PyPSA, {kind}"] = measures[mine_] / measures[theirs_]
            measures[f"ours / PyPSA, with CVaR, {kind}"] = (
                measures[f"ours, with CVaR, {kind}"] / measures[f"PyPSA, with CVaR, {kind}"]
            )
    assert max(apart.values()) < CLOSE, apart
    measures |= {f"optima apart: {name}": value for name, value in apart.items()}
    return {f"{scenarios} scenarios, {name}": value for name, value in measures.items()}


def by_size(sizes, limit):
    """Return size of the programme and seconds to a checked plan by number of scenarios."""
    measures = {}
    for scenarios in sizes:
        seconds, plan = timed("build and solve", ours, case(scenarios), limit=limit)
        seconds |= {"columns": plan.size["columns"], "rows": plan.size["rows"]}
        seconds |= {"build, s": plan.seconds["build"], "gap": plan.gap, "value": plan.objective}
        measures |= {f"{scenarios} scenarios: {name}": value for name, value in seconds.items()}
    return measures


def decomposed(sizes, gap):
    """Return seconds, rounds and gap of the decomposition by number of scenarios."""
    from offtake.plan._decompose import solve_by_decomposition

    measures = {}
    for scenarios in sizes:
        seconds, plan = timed("seconds", solve_by_decomposition, case(scenarios), gap=gap)
        seconds |= {"rounds": plan.size["rounds"], "gap": plan.gap, "value": plan.objective}
        measures |= {f"{scenarios} scenarios by parts: {name}": value for name, value in seconds.items()}
    return measures


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure planning beside PyPSA and bare HiGHS.")
    parser.add_argument("--smoke", action="store_true", help="few scenarios: seconds")
    parser.add_argument("--only", choices=("peer", "size", "decomposition"), help="one of the three parts")
    parser.add_argument("--json", type=Path, help="write the measures here too")
    given = parser.parse_args()
    # libraries are imported before anything is timed
    ours(case(2))
    measures = {}
    if given.only in (None, "peer"):
        measures |= beside_pypsa(4 if given.smoke else 50)
    if given.only in (None, "size"):
        measures |= by_size((4,) if given.smoke else (10, 100, 1000), 600.0)
    if given.only in (None, "decomposition"):
        measures |= decomposed((20,) if given.smoke else (1000, 5000), 1e-4)
    for name, value in measures.items():
        sys.stdout.write(f"{name:60} {value:12.6g}\n")
    if given.json is not None:
        given.json.write_text(json.dumps(measures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
