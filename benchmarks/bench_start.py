"""How long a fresh interpreter takes before a person sees anything."""

import subprocess
import sys

LIMIT_S = 0.25


def bench_import(benchmark):
    """A bare import in a new process, on average under a quarter of a second."""
    benchmark(subprocess.run, [sys.executable, "-c", "import offtake"], check=True)
    assert benchmark.stats["mean"] < LIMIT_S
