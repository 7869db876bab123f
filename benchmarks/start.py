"""How long a person waits before anything shows: new processes, as multiples of a bare interpreter's start.

Run ``python benchmarks/start.py``, or with ``--smoke`` for one start of each. What is compared, each the best
of a number of starts taken in turn:

- a bare interpreter, the limit;
- `import typer`, which every command needs;
- `import offtake`;
- `offtake --help`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

CODE = {
    "bare interpreter": "pass",
    "import typer": "import typer",
    "import offtake": "import offtake",
    "offtake --help": "import sys; sys.argv = ['offtake', '--help']; from offtake.cli import main; main()",
}


def started(code):
    """Return the seconds that a new process takes to run code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="one start of each instead of twenty")
    times = 1 if parser.parse_args().smoke else 20
    taken = {name: [] for name in CODE}
    for _ in range(times):
        for name, code in CODE.items():
            taken[name].append(started(code))
    bare = min(taken["bare interpreter"])
    for name, seconds in taken.items():
        sys.stdout.write(f"{name:20} {min(seconds):8.3f} s {min(seconds) / bare:8.1f} times a bare start\n")


if __name__ == "__main__":
    main()
