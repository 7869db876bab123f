"""How fast `stress` is, and how it compares with plain programs: measured in one run.

Run ``python benchmarks/stress.py`` (minutes) or ``python benchmarks/stress.py --smoke`` (seconds). It prints
one line for each measure, and with ``--json FILE`` writes them too. What is compared:

- every party of a book failed in turn, compilation apart, against one simulation of the same futures a party;
- the fifteen further runs that split one failure by channel;
- DebtRank, Eisenberg-Noe and Rogers-Veraart clearing of many networks at once, and of one network a call,
  against plain loops over networkx graphs and against the peer package `neva`. The answers have to agree.

`neva` is not on the package index. Get the repository marcobardoscia/neva and put its folder on PYTHONPATH;
where it cannot be imported that part is left out and said so. Its banks are put together here from its own
valuation functions and run until nothing moves by more than rounding: left to itself it stops where equities
move by less than a thousandth, and its helper for linear DebtRank holds every bank against the equity of the
last one.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import time
from pathlib import Path

import numpy as np

STILL = 1e-13
ROUNDING = 1e-14
DENSITY = 0.3
ALPHA, BETA = 0.9, 0.8


def timed(run, *args, **options):
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = run(*args, **options)
    return time.perf_counter() - start, found


def failures(book, at, paths):
    """Return seconds of every party failed in turn, of one split by channel, and of as many simulations."""
    from offtake.book import Book
    from offtake.simulate import simulate
    from offtake.stress import stress

    case = Book.read(book)
    first = next(iter(case.parties))
    compiling, _ = timed(stress, case, fail=first, at=at, paths=1)
    turns, _ = timed(stress, case, fail="each", at=at, paths=paths)
    split, _ = timed(stress, case, fail=first, at=at, paths=paths, channels=True)
    simulate(case, paths=1)
    once, _ = timed(simulate, case, paths=paths)
    parties = len(case.parties)
    return {
        "compile and first block, s": compiling,
        f"{parties} parties in turn, {paths} futures, s": turns,
        f"one party by channel, {paths} futures, s": split,
        f"one simulation, {paths} futures, s": once,
        "simulations in place of stress / stress": once * (parties + 1) / turns,
    }


def networks(parties, count, seed=0):
    """Return random claims [count, N, N], buffers and outside means [count, N]."""
    rng = np.random.default_rng(seed)
    claims = rng.random((count, parties, parties)) * (rng.random((count, parties, parties)) < DENSITY)
    claims *= 1.0 - np.eye(parties)
    return claims, 1.0 + 4.0 * rng.random((count, parties)), 2.0 * rng.random((count, parties))


def debtrank_plain(claims, buffer, hit):
    """Return linear DebtRank of one network by a loop over the edges of a networkx graph."""
    import networkx as nx

    graph = nx.from_numpy_array(claims, create_using=nx.DiGraph)
    shock = {node: 1.0 if node == hit else 0.0 for node in graph}
    h = dict(shock)
    while True:
        new = {
            i: min(
                1.0,
                shock[i]
                + sum(data["weight"] / buffer[i] * h[j] for _, j, data in graph.out_edges(i, data=True)),
            )
            for i in graph
        }
        if max(abs(new[i] - h[i]) for i in graph) <= STILL:
            return np.array([new[i] for i in range(len(buffer))])
        h = new


def clearing_plain(owed, means, alpha=1.0, beta=1.0):
    """Return Rogers-Veraart payments of one network by a loop over the edges of a networkx graph."""
    import networkx as nx

    graph = nx.from_numpy_array(owed, create_using=nx.DiGraph)
    total = {i: sum(data["weight"] for _, _, data in graph.out_edges(i, data=True)) for i in graph}
    paid = dict(total)
    while True:
        new = {}
        for i in graph:
            received = sum(paid[j] * data["weight"] / total[j] for j, _, data in graph.in_edges(i, data=True))
            full = means[i] + received >= total[i]
            new[i] = total[i] if full else min(total[i], alpha * means[i] + beta * received)
        if max(abs(new[i] - paid[i]) for i in graph) <= STILL:
            return np.array([new[i] for i in range(len(means))])
        paid = new


def banks_of(peer, means, claims, valuation):
    """Return a banking system of `neva`: claims [i, j] of i on j, each bank valued by valuation(i)."""
    owed = claims.sum(axis=0)
    banks = [
        peer.Bank(extasset=float(means[i]), ibliabtot=float(owed[i]), ibeval=valuation(i), name=str(i))
        for i in range(len(means))
    ]
    for i, bank in enumerate(banks):
        bank.set_ibasset([(banks[j], float(claims[i, j])) for j in np.flatnonzero(claims[i])])
    return peer.BankingSystem(banks, tol=ROUNDING, maxiter=100_000)


def debtrank_peer(peer, claims, buffer, hit):
    """Return linear DebtRank of one network by `neva`: shares of equity lost."""
    values = importlib.import_module("neva.ibeval")
    owed = claims.sum(axis=0)
    system = banks_of(
        peer,
        buffer + owed - claims.sum(axis=1),
        claims,
        lambda i: lambda equity: values.lin_dr(equity, float(buffer[i])),
    )
    system[hit].extasset -= float(buffer[hit])
    system.fixedpoint_equity()
    return np.array([min(1.0, 1.0 - bank.equity / buffer[i]) for i, bank in enumerate(system)])


def clearing_peer(peer, owed, means, alpha=1.0, beta=1.0):
    """Return Eisenberg-Noe or Rogers-Veraart payments of one network by `neva`."""
    values = importlib.import_module("neva.ibeval")
    total = owed.sum(axis=1)

    def valuation(i):
        if alpha == beta == 1.0:
            return lambda equity: values.eisenberg_noe(equity, float(total[i]))
        return lambda equity: values.rogers_veraart(equity, float(means[i]), float(total[i]), alpha, beta)

    system = banks_of(peer, means, owed.T, valuation)
    system.fixedpoint_equity()
    return np.array(
        [total[i] * bank.ibeval(bank.equity) if total[i] else 0.0 for i, bank in enumerate(system)]
    )


def contagion(parties, count, plain):
    """Return for each method seconds of a batch, ratios of the others by network, and largest differences."""
    from offtake.clearing import debtrank, eisenberg_noe, rogers_veraart

    claims, buffer, means = networks(parties, count)
    shock = np.zeros((count, parties))
    shock[:, 0] = 1.0
    costs = {"alpha": ALPHA, "beta": BETA}
    methods = {
        "DebtRank": (
            lambda n: debtrank(claims[n], buffer[n], shock[n]).final,
            lambda n: debtrank_plain(claims[n], buffer[n], 0),
            lambda peer, n: debtrank_peer(peer, claims[n], buffer[n], 0),
        ),
        "Eisenberg-Noe": (
            lambda n: eisenberg_noe(means[n], claims[n]).payments,
            lambda n: clearing_plain(claims[n], means[n]),
            lambda peer, n: clearing_peer(peer, claims[n], means[n]),
        ),
        "Rogers-Veraart": (
            lambda n: rogers_veraart(means[n], claims[n], **costs).payments,
            lambda n: clearing_plain(claims[n], means[n], **costs),
            lambda peer, n: clearing_peer(peer, claims[n], means[n], **costs),
        ),
    }
    peer = importlib.import_module("neva") if importlib.util.find_spec("neva") else None
    if peer is None:
        sys.stderr.write("neva cannot be imported: the comparison with it is left out\n")
    measures = {}
    for name, (ours, simple, other) in methods.items():
        batch, together = timed(ours, slice(None))
        single, _ = timed(lambda ours=ours: [ours(n) for n in range(plain)])
        rivals = {"networkx": simple}
        if peer is not None:
            rivals["neva"] = lambda n, other=other: other(peer, n)
        measures[f"{name}, {count} networks of {parties}, s"] = batch
        for rival, run in rivals.items():
            spent, found = timed(lambda run=run: [run(n) for n in range(plain)])
            measures[f"{name}, {rival} / batch, by network"] = (spent / plain) / (batch / count)
            measures[f"{name}, {rival} / one network a call"] = spent / single
            apart = np.abs(together[:plain] - found) / np.maximum(1.0, found)
            measures[f"{name}, largest relative difference from {rival}"] = float(np.max(apart))
    return measures


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure stress tests and contagion.")
    parser.add_argument("--smoke", action="store_true", help="few futures of a small book: seconds")
    parser.add_argument("--json", type=Path, help="write the measures here too")
    given = parser.parse_args()
    if given.smoke:
        measures = failures("first-steps", "2028-Q1", 256) | contagion(12, 200, 5)
    else:
        shipped = Path(__file__).parents[1] / "src/offtake/books/default.txt"
        real = shipped.read_text(encoding="utf-8").strip()
        measures = failures(real, "2027-Q2", 10_000) | contagion(26, 10_000, 100)
    for name, value in measures.items():
        sys.stdout.write(f"{name:58} {value:12.4g}\n")
    if given.json is not None:
        given.json.write_text(json.dumps(measures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
