"""Blocks of futures, computed a few ahead of the one that is being gathered."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
_DEPTH = max(2, min(os.cpu_count() or 2, 8))
"""Blocks in the making: one for each core, as far as memory is not felt."""


def ahead(one: Callable[[int], T], paths: int, size: int) -> Iterator[tuple[int, T]]:
    """Yield each block's first future and what `one` gives for it, in order; several are computed at a time.

    Examples
    --------
    >>> list(ahead(lambda first: first * 10, paths=5, size=2))
    [(0, 0), (2, 20), (4, 40)]
    """
    starts = range(0, paths, size)
    with ThreadPoolExecutor(max_workers=_DEPTH) as pool:
        waiting = [pool.submit(one, first) for first in starts[:_DEPTH]]
        for place, first in enumerate(starts):
            found = waiting.pop(0).result()
            if place + _DEPTH < len(starts):
                waiting.append(pool.submit(one, starts[place + _DEPTH]))
            yield first, found
