"""Small planning problems that tests share, each with a known answer or easy to reason about."""

from dataclasses import replace

import numpy as np

from offtake.plan._instance import Cash, Contracts, Instance, Limits, Sources, Spot, Tree, Workloads

INVENTED = ("Lark", "Tern", "Wren", "Ibis", "Crane", "Heron", "Finch", "Swift")


def two_stage(probabilities, quarters=1):
    """Return a tree whose root decides once and whose leaves operate all quarters."""
    leaves = len(probabilities)
    step_node = np.repeat(np.arange(1, leaves + 1), quarters)
    step_quarter = np.tile(np.arange(quarters), leaves)
    before = np.arange(leaves * quarters) - 1
    return Tree(
        names=("root", *(f"future {k + 1}" for k in range(leaves))),
        parent=np.array([-1] + [0] * leaves),
        probability=np.array([1.0, *probabilities]),
        first=np.zeros(leaves + 1, dtype=int),
        last=np.array([0] + [quarters] * leaves),
        step_node=step_node,
        step_quarter=step_quarter,
        step_before=np.where(step_quarter == 0, -1, before),
    )


def tree_of(names, parent, probability, first, last):
    """Return a tree from its nodes; the steps follow."""
    first, last, parent = np.array(first), np.array(last), np.array(parent)
    step_node = np.concatenate([np.full(b - a, n) for n, (a, b) in enumerate(zip(first, last, strict=True))])
    step_quarter = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
    last_step = {}
    before = []
    for step, node in enumerate(step_node):
        previous = step - 1 if step and step_node[step - 1] == node else last_step.get(int(parent[node]), -1)
        before.append(previous)
        last_step[int(node)] = step
    return Tree(
        names=tuple(names),
        parent=parent,
        probability=np.array(probability, dtype=float),
        first=first,
        last=last,
        step_node=step_node.astype(int),
        step_quarter=step_quarter.astype(int),
        step_before=np.array(before, dtype=int),
    )


def row(entry, delivered, **more):
    """Return one row of volume as a dict; `contracts_of` fills in what is left out."""
    return {"entry": entry, "delivered": delivered, **more}


def contracts_of(rows, tree, quarters):
    """Return the rows as a record; coefficients are broadcast over steps, and 0 before the decision."""
    steps = len(tree.step_node)
    columns = {}
    plain = {
        "what": "offer",
        "node": 0,
        "start": 0,
        "least": 0.0,
        "most": 1.0,
        "whole": False,
        "parent": -1,
        "relation": "none",
        "ratio": 1.0,
        "source": -1,
        "once": -1,
        "commitment": 0.0,
    }
    for name, default in plain.items():
        columns[name] = [r.get(name, default) for r in rows]
    follows = np.array(
        [np.ones(steps, dtype=bool) if node < 0 else tree.below(node) for node in columns["node"]]
    ).reshape(len(rows), steps)
    for name in ("delivered", "fee", "floor", "advance", "tail"):
        values = [np.broadcast_to(np.asarray(r.get(name, 0.0), dtype=float), (steps,)) for r in rows]
        columns[name] = np.array(values).reshape(len(rows), steps) * follows
    contracted = []
    for k, r in enumerate(rows):
        default = np.zeros(quarters)
        np.maximum.at(default, tree.step_quarter, (columns["delivered"][k] > 0).astype(float))
        contracted.append(np.broadcast_to(np.asarray(r.get("contracted", default), dtype=float), (quarters,)))
    columns["contracted"] = np.array(contracted).reshape(len(rows), quarters)
    floats, integers = ("least", "most", "ratio", "commitment"), ("node", "start", "parent", "source", "once")
    columns |= {name: np.array(columns[name], dtype=float) for name in floats}
    columns |= {name: np.array(columns[name], dtype=int) for name in integers}
    columns["whole"] = np.array(columns["whole"], dtype=bool)
    columns |= {name: tuple(columns[name]) for name in ("what", "relation")}
    return Contracts(entry=tuple(r["entry"] for r in rows), **columns)


def instance_of(tree, rows, workloads, *, sources=None, spot=None, cash=None, limits=None, **more):
    """Return an instance from short descriptions; everything is broadcast over steps.

    `rows`: as of `row`, with `source` an index; `workloads`: name → dict of fields; `sources`: list of dicts
    with `provider` and what differs from a plain source.
    """
    steps, quarters = len(tree.step_node), int(tree.last.max())
    if sources is None:
        sources = [{"provider": r["entry"]} for r in rows]
        rows = [{"source": k, **r} for k, r in enumerate(rows)]

    def over(value):
        return np.broadcast_to(np.asarray(value, dtype=float), (steps,)).copy()

    def taken(name, default):
        return [w.get(name, default) for w in workloads.values()]

    work = list(workloads.values())
    holders = tuple(dict.fromkeys(h for w in work for h in w.get("bound", {})))
    bound = np.zeros((len(holders), len(work), steps), dtype=bool)
    for k, w in enumerate(work):
        for holder, when in w.get("bound", {}).items():
            bound[holders.index(holder), k] = when
    placement = np.array(
        [np.broadcast_to(np.asarray(w.get("placement", True), dtype=bool), (len(sources),)) for w in work]
    ).reshape(len(work), len(sources))
    given_spot = {"buy": 0.0, "sell": 0.0, "buy_depth": 0.0, "sell_depth": 0.0} | (spot or {})
    given_cash = {"limited": False, "opening": 0.0, "minimum": 0.0, "debt_share": 0.0} | (cash or {})
    for name in ("other", "funding", "rate"):
        given_cash[name] = over(given_cash.get(name, 0.0))
    return Instance(
        buyer="Buyer",
        quarters=tuple(f"{2026 + q // 4}-Q{q % 4 + 1}" for q in range(quarters)),
        tree=tree,
        contracts=contracts_of(rows, tree, quarters),
        sources=Sources(
            entry=tuple(s.get("entry", s["provider"]) for s in sources),
            provider=tuple(s["provider"] for s in sources),
            chip=tuple(s.get("chip", "chip") for s in sources),
            region=tuple(s.get("region", "") for s in sources),
            vendor=tuple(s.get("vendor", "") for s in sources),
            usage=np.array([over(s.get("usage", 0.0)) for s in sources]).reshape(len(sources), steps),
            resale=np.array([s.get("resale", False) for s in sources], dtype=bool),
            efficiency=np.array([s.get("efficiency", 1.0) for s in sources], dtype=float),
        ),
        workloads=Workloads(
            names=tuple(workloads),
            demand=np.array([over(w["demand"]) for w in work]).reshape(len(work), steps),
            earns=np.array([over(w.get("earns", 0.0)) for w in work]).reshape(len(work), steps),
            worth=np.array([over(w.get("worth", 0.0)) for w in work]).reshape(len(work), steps),
            penalty=np.array(taken("penalty", 0.0), dtype=float),
            duration=np.array(taken("duration", 1.0), dtype=float),
            critical=np.array(taken("critical", 0.0), dtype=float),
            service=np.array(taken("service", 0.0), dtype=float),
            defer=np.array(taken("defer", 0), dtype=int),
            waiting_loss=np.array(taken("waiting_loss", 0.0), dtype=float),
            placement=placement,
            holders=holders,
            bound=bound,
        ),
        spot=Spot(**{name: over(value) for name, value in given_spot.items()}),
        cash=Cash(**given_cash),
        limits=limits or Limits(),
        discount=np.asarray(more.pop("discount", np.ones(quarters)), dtype=float),
        **more,
    )


def with_limits(instance, **changes):
    """Return the instance with other limits."""
    return replace(instance, limits=replace(instance.limits, **changes))


def lands():
    """Return the capacity expansion of Louveaux and Smeers (1988): optimum -381.853333.

    Plants are offers whose whole price is due at signing; load blocks are workloads with a service of 1.
    """
    probabilities = [0.3, 0.4, 0.3]
    tree = two_stage(probabilities)
    cost, spread = [10, 7, 16, 6], [[40, 24, 4], [45, 27, 4.5], [32, 19.2, 3.2], [55, 33, 5.5]]
    demand = np.array([[3, 3, 2], [5, 3, 2], [7, 3, 2]])
    # a plant's unit cost in a block is its usage price times the block's length: 10, 6, 1 for all four
    usage = [4.0, 4.5, 3.2, 5.5]
    for price, block in zip(usage, spread, strict=True):
        np.testing.assert_allclose(np.array(block) / price, [10, 6, 1])
    rows = [
        row(name, 1.0, fee=c, commitment=float(c), most=20.0)
        for name, c in zip(INVENTED[:4], cost, strict=True)
    ]
    rows = [{"source": k, **r} for k, r in enumerate(rows)]
    sources = [{"provider": name, "usage": u} for name, u in zip(INVENTED[:4], usage, strict=True)]
    work = {
        f"block {k + 1}": {"demand": demand[:, k], "duration": length, "service": 1.0}
        for k, length in enumerate((10.0, 6.0, 1.0))
    }
    return instance_of(
        tree, rows, work, sources=sources, limits=Limits(commitment=120.0, contracted_least=12.0)
    )


def farmer(yields=(1.2, 1.0, 0.8)):
    """Return the farmer of Birge and Louveaux: profit 108390, EVPI 7015.5556, VSS 1150.

    An acre of a crop is a MW of a contract of 500 in all; what is sold or fed is work of its own, and what
    must be bought is what is left unserved.
    """
    tree = two_stage([1 / 3] * 3)
    factor = np.array(yields)
    crops = (("Wheat", 150, 2.5), ("Corn", 230, 3.0), ("Beet", 260, 20.0))
    rows = [
        row(name, base * factor, fee=plant, most=500.0, source=k, contracted=1.0)
        for k, (name, plant, base) in enumerate(crops)
    ]
    one = np.eye(3, dtype=bool)
    work = {
        "wheat to feed": {"demand": 200.0, "penalty": 238.0, "placement": one[0]},
        "corn to feed": {"demand": 240.0, "penalty": 210.0, "placement": one[1]},
        "wheat to sell": {"demand": 10000.0, "earns": 170.0, "placement": one[0]},
        "corn to sell": {"demand": 10000.0, "earns": 150.0, "placement": one[1]},
        "beet in quota": {"demand": 6000.0, "earns": 36.0, "placement": one[2]},
        "beet above": {"demand": 20000.0, "earns": 10.0, "placement": one[2]},
    }
    sources = [{"provider": name} for name, _, _ in crops]
    return instance_of(tree, rows, work, sources=sources, limits=Limits(contracted_most=500.0))


def sizable(leaves, quarters=25, offers=15, workloads=4, seed=0, **limits):
    """Return a problem of real size: offers with ramps, delays and floors, and growing demand."""
    random = np.random.default_rng(seed)
    tree = two_stage(random.dirichlet(np.full(leaves, 5.0)), quarters)
    steps = leaves * quarters

    def paths(shape):
        return random.normal(size=(leaves, *shape))

    def ramp():
        begin, length = random.integers(0, quarters // 2), random.integers(4, 9)
        late = np.maximum(np.round(1.5 * np.exp(0.6 * random.normal(size=leaves))), 0)[:, None]
        when = np.arange(quarters)[None, :] - begin - late
        return np.clip(when / length, 0.0, 1.0).ravel()

    rows, sources = [], []
    for k in range(offers):
        shape, share, price = ramp(), float(random.uniform(0.3, 0.9)), float(random.uniform(2.2, 3.4))
        rows.append(
            row(
                f"deal {k}",
                shape,
                fee=shape * price * share,
                floor=shape * share,
                advance=shape * 0.5,
                commitment=price * share * quarters,
                least=100.0,
                most=float(random.uniform(500, 1500)),
                whole=True,
                once=k,
                source=k,
                contracted=1.0,
            )
        )
        sources.append(
            {
                "provider": f"{INVENTED[k % 8]} {k}",
                "chip": f"chip {k % 3}",
                "region": f"region {k % 4}",
                "usage": price,
                "resale": k % 3 == 0,
            }
        )
    work = {}
    for w in range(workloads):
        grown = (
            200.0
            * (1.0 + w)
            * np.exp(0.05 * np.arange(quarters) + 0.25 * np.cumsum(0.3 * paths((quarters,)), axis=1))
        )
        work[f"work {w}"] = {
            "demand": grown.ravel(),
            "earns": 5.0 + w,
            "penalty": 1.0 + w,
            "critical": 0.5 if w % 2 == 0 else 0.0,
            "bound": {sources[0]["provider"]: np.arange(steps) % quarters < 12} if w == 1 else {},
        }
    given = {
        "provider_cost": 5.0,
        "chip_family_cost": 3.0,
        "provider_share": 0.5,
        "region_share": 0.7,
        "limits_from": 18,
        "cover_from": 4,
        "cover_price": 2.0,
        "exposure": 900.0,
        "commitment": 3e5,
    }
    return instance_of(
        tree,
        rows,
        work,
        sources=sources,
        spot={
            "buy": 4.5 * np.exp(0.2 * paths((quarters,))).ravel(),
            "sell": 1.5,
            "buy_depth": 300.0,
            "sell_depth": 200.0,
        },
        cash={
            "limited": True,
            "opening": 60000.0,
            "other": -100.0,
            "funding": 4000.0,
            "debt_share": 0.6,
            "rate": 0.02,
        },
        limits=Limits(**(given | limits)),
        discount=0.97 ** np.arange(quarters),
    )


def generation():
    """Return the two-stage generation problem of Louveaux and Smeers (problem 5.2): optimum -340315.52."""
    tree = two_stage([0.9, 0.1])
    loads = np.array([[3919.0, 7086.0], [3410.0, 1918.0], [2986.0, 2165.0]])
    build, run = [16.0, 5.0, 32.0, 2.0], [25.0, 80.0, 6.5, 160.0]
    rows = [
        row(name, 1.0, fee=cost, most=20000.0, source=k)
        for k, (name, cost) in enumerate(zip(INVENTED[:4], build, strict=True))
    ]
    sources = [{"provider": name, "usage": cost} for name, cost in zip(INVENTED[:4], run, strict=True)]
    lengths = (1.0, 0.7990867579908676, 0.17123287671232876)
    work = {
        f"block {k + 1}": {"demand": loads[k], "duration": length, "service": 1.0}
        for k, length in enumerate(lengths)
    }
    return instance_of(tree, rows, work, sources=sources)


def newsvendor(demand, probability=None, price=10.0, cost=4.0):
    """Return a newsvendor: one contract, one workload whose demand is the only thing uncertain."""
    demand = np.asarray(demand, dtype=float)
    weights = np.full(len(demand), 1.0 / len(demand)) if probability is None else probability
    rows = [row("stock", 1.0, fee=cost, most=float(demand.max()))]
    return instance_of(two_stage(weights), rows, {"papers": {"demand": demand, "earns": price}})


def exclusive(service=0.99):
    """Return a problem without a plan: the holder cannot serve what it has to itself."""
    tree = two_stage([0.5, 0.5], 2)
    rows = [
        row("north base", 1.0, fee=1.0, most=50.0, source=0),
        row("south base", 1.0, fee=1.0, most=500.0, source=1),
    ]
    sources = [{"provider": "Northgate"}, {"provider": "Southgate"}]
    work = {
        "chat": {"demand": 100.0, "earns": 5.0, "service": service, "bound": {"Northgate": True}},
        "batch": {"demand": 100.0, "earns": 5.0},
    }
    return instance_of(tree, rows, work, sources=sources)
