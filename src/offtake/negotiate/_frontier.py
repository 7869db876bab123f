"""Which outcomes are left once every dominated one is struck out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["outcomes_of", "pareto"]


def pareto(outcomes: ArrayLike) -> tuple[int, ...]:
    """Return the places of the outcomes that no other outcome dominates, by the first party's utility.

    An outcome dominates another if it is at least as good for every party and better for one. Equal
    outcomes do not dominate each other, so both stay.

    Parameters
    ----------
    outcomes
        Utilities, [outcomes, parties], for any number of parties.

    Raises
    ------
    InputError
        If it is no table of finite numbers.

    Examples
    --------
    >>> pareto([(1, 5), (2, 2), (3, 3), (4, 1)])
    (0, 2, 3)
    """
    table = outcomes_of(outcomes)
    order = np.lexsort((*table.T[::-1], table.sum(axis=1)))[::-1]
    kept: list[int] = []
    front = np.empty((0, table.shape[1]))
    for place in order:
        # what dominates an outcome has a larger sum, so it stands before it
        here = table[place]
        as_good = np.all(front >= here, axis=1)
        if not np.any(as_good & np.any(front > here, axis=1)):
            kept.append(int(place))
            front = np.vstack([front, here])
    return tuple(sorted(kept, key=lambda place: (*table[place], place)))


def outcomes_of(outcomes: Any) -> NDArray[np.float64]:
    """Return utilities as a table of finite numbers, [outcomes, parties].

    Raises
    ------
    InputError
        If they are none.
    """
    table = np.asarray(outcomes, dtype=np.float64)
    if table.ndim != 2 or table.size == 0:  # noqa: PLR2004 - outcomes by parties
        message = f"outcomes are a table with a row for each and a column for each party, not {table.shape}"
        raise InputError(message)
    if not np.isfinite(table).all():
        message = "every utility must be a finite number; leave out outcomes that have none"
        raise InputError(message)
    return table
