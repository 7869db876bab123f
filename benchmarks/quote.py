"""How fast a table of prices is, and how it compares with a plain loop: measured in one run.

Run ``python benchmarks/quote.py`` (a minute) or ``python benchmarks/quote.py --smoke`` (seconds). It prints
one line for each measure, and with ``--json FILE`` writes them too. What is compared:

- the futures of the book, compilation apart, which every price of a request shares;
- 500 combinations of term, prepayment, take-or-pay and right to leave on those futures;
- the same combinations by a plain loop in numpy that values all futures quarter by quarter at each price that
  a bisection tries, without sums that combinations share. The prices have to agree.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

AGREE = 1e-6
ROUNDS = 60


def timed(run, *args, **options):
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = run(*args, **options)
    return time.perf_counter() - start, found


def combinations(own, many):
    """Return 500 combinations of terms, or 8."""
    from offtake.quote import Axes

    size = 5 if many else 2
    axes = Axes(
        term=tuple(np.linspace(8.0, 20.0, size)),
        prepayment=tuple(np.linspace(0.0, 0.3, size)),
        take_or_pay=tuple(np.linspace(0.6, 1.0, size)),
        termination=(None, 0.2, 0.5, 0.8) if many else (None,),
    )
    return axes.cells(own)


def plain_price(base, terms, payback):
    """Return the lowest price by bisection, each value by a loop over the quarters; no right to leave."""
    low, high = 0.0, 200.0
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        enough = (plain_value(base, terms, middle) >= 0.0).mean() >= payback
        low, high = (low, middle) if enough else (middle, high)
    return high


def plain_value(base, terms, price):
    """Return the value of every future at a price, quarter by quarter."""
    machines, life = base.machines, base.asked.life
    mw = machines.mw[:, None] * terms.scale * (base.fails > machines.begins[:, None])
    start, target = machines.service, machines.target[:, None]
    end = np.where(np.isfinite(start), np.minimum(start + terms.length, terms.until), -math.inf)
    retired = machines.energised + life
    kept = np.where(np.isfinite(end), np.maximum(retired, end), retired)
    owed = np.minimum(target + terms.length, terms.until) - target
    stays = base.fails >= np.ceil(end - 1e-9).max(axis=0)
    value = np.zeros(base.paths)
    paid_in = credited = np.zeros(base.paths)
    for t in range(base.quarters):
        count = (1.0 + base.rate) ** (-t / 4.0)
        runs = t < base.fails
        held = (mw * np.clip(np.minimum(t + 1, end) - np.maximum(t, start), 0, 1)).sum(axis=0)
        last = np.where(runs, kept, retired)
        up = mw * np.clip(np.minimum(t + 1, last) - np.maximum(t, machines.energised), 0, 1)
        idle = up.sum(axis=0) - np.where(
            runs, held, (1 - base.availability) * np.minimum(held, up.sum(axis=0))
        )
        own = np.minimum(np.maximum(idle, 0.0), base.own[t])
        rent = base.spot[t] * (
            own + (1 - base.haircut) * np.minimum(np.maximum(idle, 0.0) - own, base.depth[t])
        )
        value += count * (
            rent - (up * machines.running).sum(axis=0) - (mw * machines.capex[:, t]).sum(axis=0)
        )
        delivered = base.availability * held
        fee = (
            price
            * base.index[t]
            * np.maximum(np.minimum(delivered, base.wanted[t]), terms.take_or_pay * delivered)
        )
        advance = terms.prepayment * price * mw * owed
        due = np.maximum(np.floor(target + 1e-9) - terms.lead, 0.0) == t
        coming = (advance * due).sum(axis=0)
        gone = np.where(np.isfinite(start), t + 1 - start - terms.credited_from, -1.0)
        free = (advance * np.clip(gone / (owed - terms.credited_from), 0, 1)).sum(axis=0)
        credit = np.minimum(fee, np.maximum(np.minimum(free, paid_in) - credited, 0.0))
        value += np.where(runs, count * base.paid[t] * (fee + coming - credit), 0.0)
        paid_in, credited = paid_in + base.paid[t] * coming, credited + credit
    for p in range(len(mw)):
        when = np.where(stays, kept[p], retired[p])
        there = np.isfinite(when) & (when <= base.quarters)
        factor = (1.0 + base.rate) ** (-np.floor(np.where(there, when, 0.0) + 1e-9) / 4.0)
        value += np.where(there, mw[p] * machines.scrap[p] * factor, 0.0)
    return value


def measure(book, request, paths, many, loops):
    """Return the measures."""
    from offtake.book import Book
    from offtake.quote import ground, price_grid

    case = Book.read(book)
    first, _ = timed(ground, case, request, paths=1)
    futures, base = timed(ground, case, request, paths=paths)
    cells = combinations(base.terms, many)
    before = time.process_time()
    seconds, prices = timed(price_grid, base, cells, payback=0.8)
    worked = time.process_time() - before
    some = [n for n, terms in enumerate(cells) if terms.termination is None]
    some = some[:: max(1, len(some) // loops)][:loops]
    plain, slow = timed(lambda: [plain_price(base, cells[n], 0.8) for n in some])
    apart = max(abs(a - prices[n]) / a for a, n in zip(slow, some, strict=True))
    if apart > AGREE:
        sys.exit(f"prices differ by {apart:.1e}")
    each, alone = seconds / len(cells), plain / len(some)
    return {
        "compile and first block, s": first,
        f"futures, {paths}, s": futures,
        f"{len(cells)} combinations of terms on {paths} futures, s": seconds,
        "the same, processor seconds of all cores": worked,
        "one combination by a plain loop, s": alone,
        "plain loop / table, a combination": alone / each,
        "largest relative difference of prices": apart,
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--json", type=Path, help="where to write the measures")
    given = parser.parse_args()
    if given.smoke:
        found = measure("first-steps", "lark-more", 64, many=False, loops=2)
    else:
        found = measure("openai-2025", "one-more-gigawatt", 10_000, many=True, loops=4)
    for name, value in found.items():
        sys.stdout.write(f"{name:60s} {value:12.4g}\n")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
