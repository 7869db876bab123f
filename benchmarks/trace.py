"""How long `trace` takes on random networks, and how that grows with the number of parties.

Run ``python benchmarks/trace.py`` (a minute) or ``python benchmarks/trace.py --smoke`` (seconds). Every party
has ten deals with others drawn at random, of log-normal size; a third of the parties has customers. It prints
one line for each measure, and with ``--json FILE`` writes them too:

- seconds of the circulation (a sparse linear programme), of the cycles (bounded search), of the origins;
- by what power of the number of parties each grows from the second largest network to the largest;
- the share that goes round, and how far net positions and origins are off what they must be.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

DEALS = 10


def network(parties, seed=0):
    """Return payers, receivers and amounts of random deals, deals of one pair added up, and outside money."""
    random = np.random.default_rng(seed)
    payers = np.repeat(np.arange(parties), DEALS)
    receivers = (payers + random.integers(1, parties, payers.size)) % parties
    pairs, of = np.unique(payers * parties + receivers, return_inverse=True)
    amounts = np.bincount(of, random.lognormal(3.0, 1.0, payers.size))
    customers = random.uniform(0.0, 500.0, parties) * (random.uniform(size=parties) < 1 / 3)
    return pairs // parties, pairs % parties, amounts, customers, random.uniform(0.0, 100.0, parties)


def timed(run, *args, **options):
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = run(*args, **options)
    return time.perf_counter() - start, found


def measured(parties):
    """Return seconds and checks of one network."""
    from offtake.trace import circulating, find_cycles, trace_origins

    payers, receivers, amounts, customers, spent = network(parties)
    took, part = timed(circulating, payers, receivers, amounts, parties)
    moved = np.bincount(receivers, part, parties) - np.bincount(payers, part, parties)
    searched, search = timed(find_cycles, payers, receivers, amounts, parties)
    mixed, origins = timed(
        trace_origins, payers, receivers, amounts, {"customers": customers}, spent, purses=False
    )
    return {
        "circulation, s": took,
        "cycles, s": searched,
        "origins, s": mixed,
        "goes round, share": float(part.sum() / amounts.sum()),
        "cycles kept": float(len(search.cycles)),
        "largest net position moved, of the largest flow": float(np.abs(moved).max() / amounts.max()),
        "origins off one": origins.unexplained,
    }


def growth(sizes, found):
    """Return the power of the number of parties by which each time grows over the last step."""
    before, after = sizes[-2:]
    return {
        f"{name.partition(',')[0]} grows by parties to the power": math.log(
            found[after][name] / max(found[before][name], 1e-9)
        )
        / math.log(after / before)
        for name in ("circulation, s", "cycles, s", "origins, s")
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="seconds instead of a minute")
    parser.add_argument("--json", type=Path, default=None, help="file to write the measures to")
    options = parser.parse_args()
    sizes = (50, 200) if options.smoke else (100, 1_000, 5_000)
    # libraries are loaded before anything is timed
    measured(20)
    by_size = {parties: measured(parties) for parties in sizes}
    found = {
        f"{parties:,} parties: {name}": value
        for parties, each in by_size.items()
        for name, value in each.items()
    }
    found |= growth(sizes, by_size)
    for name, value in found.items():
        sys.stdout.write(f"{name:70} {value:12.4g}\n")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
