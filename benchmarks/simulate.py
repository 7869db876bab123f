"""How fast `simulate` is, and how much memory it takes: ratios measured in one run.

Run ``python benchmarks/simulate.py`` (minutes) or ``python benchmarks/simulate.py --smoke`` (seconds). It
prints one line for each measure, and with ``--json FILE`` writes them too. What is compared:

- the compiled step against the same step in NumPy, both in blocks of 256 futures and with two workers;
- counting a block of futures into quantiles against sorting it in NumPy;
- peak memory with few and with many futures, each in a process of its own;
- a cold `offtake simulate` and `offtake --help`, each in a process of its own, without a compilation cache.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEMORY = """
import resource, sys
from offtake.book import Book
from offtake.simulate import simulate
runs = simulate(Book.read(sys.argv[1]), paths=int(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def timed(run, *args, **options):
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    run(*args, **options)
    return time.perf_counter() - start


def engines(book, paths, plain_paths):
    """Return seconds a thousand futures of both engines, compilation apart."""
    from offtake.book import Book
    from offtake.simulate import simulate

    case = Book.read(book)
    first = timed(simulate, case, paths=1)
    fast = timed(simulate, case, paths=paths)
    plain = timed(simulate, case, paths=plain_paths, engine="numpy")
    return {
        "compile and first block, s": first,
        f"compiled, {paths} futures, s": fast,
        "compiled, s a thousand futures": 1000 * fast / paths,
        "NumPy, s a thousand futures": 1000 * plain / plain_paths,
        "NumPy / compiled": (plain / plain_paths) / (fast / paths),
    }


def counting(series):
    """Return seconds that 1,024 futures of so many series take to be counted, and to be sorted instead."""
    import numpy as np

    from offtake.results.quantiles import Quantiles

    random = np.random.default_rng(3)
    block = random.standard_normal((1_024, series)) * 10.0 ** random.uniform(-2, 5, series)
    seen = Quantiles((series,), exact_up_to=0)
    seen.add(block)
    counted, ordered = timed(seen.add, block), timed(np.sort, block, axis=0)
    return {
        f"counting 1,024 futures of {series} series, s": counted,
        "counting / sorting": counted / ordered,
    }


def memory(book, counts):
    """Return peak resident MB by number of futures."""
    return {
        f"peak memory, {paths} futures, MB": float(fresh([sys.executable, "-c", MEMORY, book, str(paths)])[1])
        for paths in counts
    }


def commands(book, paths):
    """Return seconds of cold commands."""
    offtake = str(Path(sys.executable).with_name("offtake"))
    return {
        f"cold `offtake simulate {book} --paths {paths}`, s": fresh(
            [offtake, "simulate", book, "--paths", str(paths)]
        )[0],
        "`offtake --help`, s (best of 5)": min(fresh([offtake, "--help"])[0] for _ in range(5)),
    }


def fresh(command):
    """Return seconds and last line of output of a command in a new process with an empty cache folder."""
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "XDG_CACHE_HOME": cache, "JAX_PLATFORMS": "cpu"},
        )
        took = time.perf_counter() - start
    return took, (done.stdout.strip().splitlines() or [""])[-1]


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="seconds instead of minutes, on the small book")
    parser.add_argument("--book", default=None, help="book to run; default: the shipped real case")
    parser.add_argument("--json", type=Path, default=None, help="file to write the measures to")
    options = parser.parse_args()
    shipped = Path(__file__).parents[1] / "src/offtake/books/default.txt"
    real = shipped.read_text(encoding="utf-8").strip()
    book = options.book or ("first-steps" if options.smoke else real)
    if options.smoke:
        found = engines(book, 2048, 1024) | counting(500)
    else:
        found = engines(book, 100_000, 10_240) | counting(8_000) | commands(book, 10_000)
        found |= memory(book, (10_000, 100_000, 1_000_000))
    for name, value in found.items():
        sys.stdout.write(f"{name:55} {value:10.3f}\n")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
