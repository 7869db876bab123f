"""How much of the money between parties goes round in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["circulation"]


def circulation(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest part of some flows that could be netted away with every net position unchanged.

    Parameters
    ----------
    amounts : array, shape ``[N, N]``
        What i pays j, not negative.

    Returns
    -------
    array, shape ``[N, N]``
        The part of each flow that goes round: at most the flow, and at every party as much in as out.
        Where several such parts are equally large, one of them.

    Notes
    -----
    A linear programme: maximise the sum of c subject to 0 <= c <= amounts and, at every party, in = out. It
    is the non-conservative compression of M. D'Errico and T. Roukny, "Compressing over-the-counter markets",
    Operations Research 69 (6), 2021.

    Examples
    --------
    >>> circulation(np.array([[0.0, 5.0], [2.0, 0.0]]))
    array([[0., 2.],
           [2., 0.]])
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    payers, receivers = np.nonzero(amounts > 0)
    result = np.zeros(amounts.shape)
    if not payers.size:
        return result
    limits = amounts[payers, receivers]
    largest = float(limits.max())
    arcs = np.arange(payers.size)
    ones = np.ones(payers.size)
    balance = coo_array(
        (np.concatenate([ones, -ones]), (np.concatenate([payers, receivers]), np.concatenate([arcs, arcs]))),
        shape=(len(amounts), payers.size),
    ).tocsr()
    found = linprog(
        -ones,
        A_eq=balance,
        b_eq=np.zeros(len(amounts)),
        bounds=np.column_stack([np.zeros_like(limits), limits / largest]),
        method="highs",
    )
    result[payers, receivers] = np.clip(found.x * largest, 0.0, limits)
    return result
