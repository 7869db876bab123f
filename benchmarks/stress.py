"""How fast `stress` is, and how it compares with plain programs: measured in one run.

Run ``python benchmarks/stress.py`` (minutes) or ``python benchmarks/stress.py --smoke`` (seconds). It prints
one line for each measure, and with ``--json FILE`` writes them too. What is compared:

- every party of a book failed in turn, compilation apart, against one simulation of the same futures a party;
- the fifteen further runs that split one failure by channel;
- DebtRank and clearing of many networks at once against plain loops over networkx graphs, which agree.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

STILL = 1e-12
DENSITY = 0.3


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


def clearing_plain(owed, means):
    """Return Eisenberg-Noe payments of one network by a loop over the edges of a networkx graph."""
    import networkx as nx

    graph = nx.from_numpy_array(owed, create_using=nx.DiGraph)
    total = {i: sum(data["weight"] for _, _, data in graph.out_edges(i, data=True)) for i in graph}
    paid = dict(total)
    while True:
        received = {
            i: sum(paid[j] * data["weight"] / total[j] for j, _, data in graph.in_edges(i, data=True))
            for i in graph
        }
        new = {i: min(total[i], means[i] + received[i]) for i in graph}
        if max(abs(new[i] - paid[i]) for i in graph) <= STILL:
            return np.array([new[i] for i in range(len(means))])
        paid = new


def contagion(parties, count, plain):
    """Return seconds a network of DebtRank and clearing, batched and plain, and the largest difference."""
    from offtake.clearing import debtrank, eisenberg_noe

    claims, buffer, means = networks(parties, count)
    shock = np.zeros((count, parties))
    shock[:, 0] = 1.0
    fast_rank, ranked = timed(debtrank, claims, buffer, shock)
    fast_clear, cleared = timed(eisenberg_noe, means, claims)
    slow_rank, ranked_plain = timed(lambda: [debtrank_plain(claims[n], buffer[n], 0) for n in range(plain)])
    slow_clear, cleared_plain = timed(lambda: [clearing_plain(claims[n], means[n]) for n in range(plain)])
    apart = max(
        float(np.max(np.abs(ranked.final[:plain] - np.array(ranked_plain)))),
        float(np.max(np.abs(cleared.payments[:plain] - np.array(cleared_plain)))),
    )
    return {
        f"DebtRank, {count} networks of {parties}, s": fast_rank,
        "DebtRank, networkx / batched, by network": (slow_rank / plain) / (fast_rank / count),
        f"clearing, {count} networks of {parties}, s": fast_clear,
        "clearing, networkx / batched, by network": (slow_clear / plain) / (fast_clear / count),
        "largest difference of batched and plain": apart,
    }


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
        sys.stdout.write(f"{name:55} {value:12.4g}\n")
    if given.json is not None:
        given.json.write_text(json.dumps(measures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
