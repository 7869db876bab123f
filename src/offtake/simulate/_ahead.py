"""Blocks of futures, computed a few ahead of the one that is being gathered."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
_DEPTH = 2


def ahead(one: Callable[[int], T], paths: int, size: int) -> Iterator[tuple[int, T]]:
    """Yield each block's first future and what `one` gives for it, in order; two are computed at a time.

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
