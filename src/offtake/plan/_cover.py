"""What critical work is left with when a provider is lost (rule Q9), by arithmetic."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from offtake.plan._exclusive import barred

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offtake.plan._instance import FloatArray, Instance

__all__ = ["needed_and_left"]


def needed_and_left(
    instance: Instance, capacity: FloatArray, y: FloatArray, gone: str
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield for each set of critical workloads its work, and what capacity it can reach, both [M].

    Capacity is that of each source, [S, M]. The work can run without the provider that is gone exactly if no
    set needs more than it has left (Hall's condition, as Gale 1957 states it for flows).
    """
    work = instance.workloads
    reach = work.allowed(instance.sources, gone) & ~barred(instance, y, gone)
    critical = np.flatnonzero(work.critical > 0.0)
    for size in range(1, len(critical) + 1):
        for chosen in combinations(critical, size):
            members = list(chosen)
            needed = (work.critical[members, None] * work.demand[members]).sum(axis=0)
            yield needed, (capacity * reach[members].any(axis=0)).sum(axis=0)
