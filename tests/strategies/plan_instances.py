"""Small random planning problems. Their shape is drawn choice by choice, their figures from one seed."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from offtake.plan._instance import (
    Cash,
    Contracts,
    Exclusivities,
    Instance,
    Limits,
    Sources,
    Spot,
    Tree,
    Workloads,
)

PROVIDERS = ("Aster Cloud", "Birch Compute", "Buyer")
CHIPS = ("k1", "k2")
REGIONS = ("north", "south", "")
VENDORS = ("Cedar Chips", "Dune Chips", "")
# for each kind of row: relation, whether it goes to its parent's source
OPTIONS = {"extension": "all", "expansion": "share", "termination": "all", "match": "equal"}


@st.composite
def trees(draw, stages=(1, 2, 3), leaves=6, quarters=4):
    """Draw a tree: each stage's nodes operate the same quarters."""
    count = draw(st.sampled_from(stages))
    length = draw(st.integers(count, max(count, quarters)))
    cuts = [*sorted(draw(st.permutations(range(1, length)))[: count - 1]), length]
    names, parent, share, first, last = ["root"], [-1], [1.0], [0], [0]
    level, start = [0], 0
    for depth, end in enumerate(cuts):
        below = []
        for node in level:
            room = (leaves - len(below)) if depth == count - 1 else 2
            fewest = 2 if depth == 0 else 1
            children = draw(st.integers(fewest, max(fewest, min(3 if depth else room, room))))
            weights = np.array([draw(st.integers(1, 4)) for _ in range(children)], dtype=float)
            for weight in weights / weights.sum():
                below.append(len(names))
                names.append(f"n{len(names)}")
                parent.append(node)
                share.append(share[node] * weight)
                first.append(start)
                last.append(end)
        level, start = below, end
    return tree_of(names, parent, share, first, last)


def tree_of(names, parent, probability, first, last):
    """Return the tree of these nodes, with its steps."""
    node, quarter, before, end = [], [], [], {0: -1}
    for n in range(len(names)):
        previous = end.get(parent[n], -1)
        for t in range(first[n], last[n]):
            node.append(n)
            quarter.append(t)
            before.append(previous)
            previous = len(node) - 1
        end[n] = previous
    whole = [np.array(x, dtype=np.int64) for x in (parent, first, last, node, quarter, before)]
    parent, first, last, node, quarter, before = whole
    return Tree(tuple(names), parent, np.array(probability), first, last, node, quarter, before)


@st.composite
def outlines(draw, tree, sources):
    """Draw what rows there are: entry, what, node, parent row, source and group of each."""
    deciders = sorted(set(tree.parent.tolist()) - {-1})
    rows = []
    if draw(st.booleans()):
        rows.append(("given", "given", -1, -1, draw(st.integers(0, sources - 1)), -1))
    offers = draw(st.integers(1, 4))
    for k in range(offers):
        node = draw(st.sampled_from(deciders))
        source = draw(st.integers(0, sources - 1))
        twice = draw(st.integers(0, 3)) == 0
        what = draw(st.sampled_from(["offer", "offer", "build"]))
        for _ in range(2 if twice else 1):
            rows.append((f"offer {k}", what, node, -1, source, k if twice else -1))
            node = draw(st.sampled_from(deciders))
    for _ in range(draw(st.integers(0, 3))):
        up = draw(st.integers(0, len(rows) - 1))
        if rows[up][1] in OPTIONS:
            continue
        below = [n for n in deciders if rows[up][2] in (-1, *tree.path(n))]
        what = draw(st.sampled_from(sorted(OPTIONS)))
        node = rows[up][2] if what == "match" and rows[up][2] >= 0 else draw(st.sampled_from(below))
        source = rows[up][4] if what in ("extension", "termination") else draw(st.integers(0, sources - 1))
        rows.append((rows[up][0], what, node, up, source, 10 + up if what == "termination" else -1))
    return rows


def contracts_of(tree, outline, quarters, rng, grid):
    """Return the rows with figures: everything is 0 before its node decides."""
    count, steps = len(outline), len(tree.step_node)
    entry, what, node, parent, source, once = zip(*outline, strict=True)
    least, most = np.zeros(count), grid(1, 8, count)
    whole = rng.random(count) < 0.5
    ratio = np.ones(count)
    delivered = grid(0, 2, (count, steps)) * (rng.random((count, steps)) < 0.8)
    fee, floor = grid(0, 3, (count, steps)), delivered * rng.choice([0.0, 0.5, 1.0], (count, 1))
    advance = grid(0, 3, (count, steps)) * (rng.random((count, 1)) < 0.5)
    commitment, contracted = grid(0, 6, count), np.repeat(grid(1, 1.5, (count, 1)), quarters, axis=1)
    tail = np.repeat(grid(0, 2, (max(source) + 1, 1)), steps, axis=1)[np.array(source)]
    tail = tail * (tree.step_quarter == quarters - 1)[None, :]
    # starts of one offer end, and so continue, apart; all else of a source continues alike
    tail += (np.array(once) >= 0)[:, None] * (np.array(node) > 0)[:, None] * (tail > 0)
    for c, (_, kind, at, up, _, _) in enumerate(outline):
        live = tree.below(at) if at >= 0 else np.ones(steps, dtype=bool)
        if kind == "given":
            least[c], whole[c] = most[c], False
        elif kind in OPTIONS:
            ratio[c] = 1.0 if kind == "termination" else rng.choice([0.5, 1.0])
            whole[c] = False
            most[c] = ratio[c] * most[up]
            if kind == "termination":
                ending = live & (tree.step_quarter >= rng.integers(0, quarters))
                for held in (delivered, floor, advance):
                    held[c] = -held[up] * ending
                fee[c] = -fee[up] * ending + grid(0, 1, steps) * ending
                quarter = min([quarters, *tree.step_quarter[ending].tolist()])
                contracted[c] = -contracted[up] * (np.arange(quarters) >= quarter)
                commitment[c] = -commitment[up] / 2
                tail[c] = tail[up] * ending
        elif whole[c]:
            least[c] = most[c] * rng.choice([0.0, 0.5, 1.0])
        contracted[c] *= np.arange(quarters) >= (tree.last[at] if at >= 0 else 0)
        for held in (delivered, fee, floor, advance, tail):
            held[c] *= live
    return Contracts(
        tuple(entry), tuple(what), np.array(node), np.zeros(count, dtype=np.int64), least, most, whole,
        np.array(parent), tuple(OPTIONS.get(kind, "none") for kind in what), ratio, np.array(source),
        np.array(once), delivered, fee, floor, advance, commitment, contracted, tail,
    )  # fmt: skip


def sources_of(count, steps, rng, grid):
    """Return sources of random providers."""

    def pick(names):
        return tuple(names[k] for k in rng.integers(0, len(names), count))

    return Sources(
        tuple(f"source {s}" for s in range(count)), pick(PROVIDERS), pick(CHIPS), pick(REGIONS),
        pick(VENDORS),
        grid(0, 2, (count, steps)), rng.random(count) < 0.6, rng.choice([0.5, 1.0, 1.5], count),
    )  # fmt: skip


def workloads_of(count, sources, steps, rng, grid):
    """Return workloads, some of which may wait, some bound to a provider."""
    holders = PROVIDERS[:1] if rng.random() < 0.4 else ()
    chance = rng.random(count)
    return Workloads(
        tuple(f"work {w}" for w in range(count)),
        grid(0, 10, (count, steps)),
        grid(1, 6, (count, steps)),
        grid(0, 2, (count, steps)),
        grid(0, 6, count),
        rng.choice([0.5, 1.0], count),
        np.where(chance < 0.4, rng.choice([0.25, 0.5], count), 0.0),
        np.where(rng.random(count) < 0.15, 0.25, 0.0),
        rng.choice([0, 0, 1, 2], count),
        rng.choice([0.0, 0.125], count),
        rng.random((count, sources)) < 0.8,
        holders,
        np.repeat(rng.random((len(holders), count, 1)) < 0.5, steps, axis=2),
    )


def exclusivities_of(tree, rows, loads, rng):
    """Return exclusivities of some offers and some of what is given, each from and until some quarter."""
    row, workload, when = [], [], []
    for c in [c for c, what in enumerate(rows.what) if what in ("offer", "given")]:
        for w in range(loads):
            if rng.random() < 0.5:
                first, last = np.sort(rng.integers(0, int(tree.last.max()), 2))
                live = tree.below(int(rows.node[c])) if rows.node[c] >= 0 else True
                row.append(c)
                workload.append(w)
                when.append((tree.step_quarter >= first) & (tree.step_quarter <= last) & live)
    return Exclusivities(np.array(row), np.array(workload), np.array(when)) if row else None


def limits_of(kinds, quarters, rng, grid):
    """Return a policy with these kinds of rule."""
    limits = Limits(limits_from=int(rng.integers(0, quarters)))
    choices = {
        "commitment": {"commitment": float(grid(5, 60))},
        "contracted": {"contracted_least": float(grid(0, 6)), "contracted_most": float(grid(6, 20))},
        "provider": {"provider_share": float(rng.choice([0.6, 0.8]))},
        "vendor": {"vendor_share": float(rng.choice([0.6, 0.8]))},
        "region": {"region_share": float(rng.choice([0.6, 0.8]))},
        "provider cost": {"provider_cost": float(grid(0.25, 4))},
        "chip cost": {"chip_family_cost": float(grid(0.25, 4))},
        "cover": {"cover_from": int(rng.integers(0, quarters)), "cover_price": float(grid(0.5, 6))},
        "hard cover": {"cover_from": int(rng.integers(0, quarters)), "cover_price": None},
        "exposure": {"exposure": float(grid(1, 20))},
    }
    for kind in kinds:
        limits = replace(limits, **choices[kind])
    return limits


KINDS = (
    "commitment", "contracted", "provider", "vendor", "region", "provider cost", "chip cost", "cover",
    "hard cover", "exposure",
)  # fmt: skip


@st.composite
def instances(draw, stages=(1, 2, 3), leaves=6, kinds=KINDS, bonds=None):
    """Draw an instance; some have no plan. With bonds or without: whether offers may be exclusive."""
    tree = draw(trees(stages=stages, leaves=leaves))
    count = draw(st.integers(1, 3))
    outline = draw(outlines(tree, count))
    loads = draw(st.integers(1, 3))
    policy = draw(st.lists(st.sampled_from(kinds), max_size=2, unique=True)) if kinds else []
    cash = draw(st.sampled_from(["free", "free", "tight", "ample", "priced"]))
    market = draw(st.sampled_from(["none", "deep", "thin"]))
    terminal = draw(st.sampled_from(["continue", "nothing"]))
    exclusive = draw(st.booleans()) if bonds is None else bonds
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def grid(low, high, shape=None):
        return np.round(4 * rng.uniform(low, high, shape)) / 4

    steps, quarters = len(tree.step_node), int(tree.last.max())
    depth = {"none": 0.0, "deep": 20.0, "thin": 2.0}[market]
    rows = contracts_of(tree, outline, quarters, rng, grid)
    return Instance(
        "Buyer",
        tuple(f"203{t // 4}-Q{t % 4 + 1}" for t in range(quarters)),
        tree,
        rows,
        sources_of(count, steps, rng, grid),
        workloads_of(loads, count, steps, rng, grid),
        Spot(grid(1, 6, steps), grid(0, 1, steps), np.full(steps, depth), np.full(steps, depth / 2)),
        Cash(
            cash != "free", 400.0 if cash == "ample" else 40.0, 0.0, grid(-8, 8, steps), grid(0, 20, steps),
            float(rng.choice([0.0, 0.5, 1.0])), grid(0, 0.5, steps),
            0.25 if cash == "priced" else None,
        ),
        limits_of(policy, quarters, rng, grid),
        0.9 ** np.arange(quarters),
        terminal,
        exclusivities=exclusivities_of(tree, rows, loads, rng) if exclusive else None,
    )  # fmt: skip
