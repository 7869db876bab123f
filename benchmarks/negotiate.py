"""How fast `negotiate` is: settlements valued with re-planning, here and by two processes, and the games.

Run ``python benchmarks/negotiate.py`` (minutes) or ``python benchmarks/negotiate.py --smoke`` (seconds). It
prints one line for each measure, and with ``--json FILE`` writes them too. What is measured:

- a negotiation over 200 settlements (price by take-or-pay by first refusal), the buyer planned anew under
  each; wall time, and the processor's own time, which other work on the machine does not lengthen;
- the same with two processes (``client=``), whose answers have to agree to the last digit;
- the exact Shapley value of sixteen players, and the nucleolus of ten.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

ROUNDING = 1e-9


def timed(run, *args, **options):
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = run(*args, **options)
    return time.perf_counter() - start, found


def talks(prices, shares, futures, scenarios, client=None):
    """Return a negotiation of the invented book over a grid of terms."""
    from offtake.book import Book
    from offtake.negotiate import negotiate

    return negotiate(
        Book.read("first-steps"),
        "Northgate",
        "Lark Labs",
        over={
            "northgate-base.price": [f"{price:.3f} MUSD/MW/year" for price in np.linspace(8, 12, prices)],
            "northgate-base.take_or_pay": [f"{share:.2f} %" for share in np.linspace(50, 95, shares)],
            "northgate-base.first_refusal": ["keep", "out"],
        },
        clauses=False,
        reservation=False,
        futures=futures,
        scenarios=scenarios,
        client=client,
    )


def negotiations(prices, shares, futures, scenarios, workers):
    """Return seconds of a negotiation, here and by several processes."""
    begun = time.process_time()
    alone, here = timed(talks, prices, shares, futures, scenarios)
    used = time.process_time() - begun
    measures = {
        "settlements": float(len(here.outcomes)),
        "books planned and quoted": float(here.settings["books"]),
        "in this process, s": alone,
        "of the processor, s": used,
        "of the processor for a book, s": used / here.settings["books"],
    }
    if workers > 1:
        from offtake.scale import processes

        with processes(workers) as client:
            side_by_side, there = timed(talks, prices, shares, futures, scenarios, client)
        assert [each.utilities for each in here.outcomes] == [each.utilities for each in there.outcomes]
        measures[f"by {workers} processes, s"] = side_by_side
    return measures


def games(players, small):
    """Return seconds of the Shapley value and of the nucleolus of random games."""
    from offtake.negotiate import core, shapley

    rng = np.random.default_rng(3)
    worth = rng.random(1 << players)
    numbers = {
        frozenset(i for i in range(players) if who >> i & 1): worth[who] for who in range(1 << players)
    }
    seconds, found = timed(shapley, numbers, players)
    assert abs(sum(found.values.values()) - (worth[-1] - worth[0])) < ROUNDING
    few = {who: value for who, value in numbers.items() if who <= frozenset(range(small))}
    return {
        f"Shapley value of {players} players, s": seconds,
        f"core and nucleolus of {small} players, s": timed(core, few, small)[0],
    }


def main():
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--json", type=Path, help="a file to write the measures to as well")
    chosen = parser.parse_args()
    if chosen.smoke:
        found = negotiations(1, 2, 20, 2, 1) | games(8, 5)
    else:
        found = negotiations(20, 5, 1000, 12, 2) | games(16, 10)
    for name, value in found.items():
        sys.stdout.write(f"{name}: {value:,.3g}\n")
    if chosen.json:
        record = {"cores": os.cpu_count(), "measures": found}
        chosen.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
