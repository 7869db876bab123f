"""How much of the money between parties goes round in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.errors import AuditError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["circulating", "circulation", "strong_parts"]

FloatArray = Any
IntArray = Any

_TIGHT: Final = 1e-10
_UNCHANGED: Final = 1e-9


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

    Raises
    ------
    AuditError
        If the solver's answer moves a net position by more than 1e-9 of the largest flow.

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
    payers, receivers = np.nonzero(amounts > 0)
    result = np.zeros(amounts.shape)
    result[payers, receivers] = circulating(payers, receivers, amounts[payers, receivers], len(amounts))
    return result


def circulating(payers: IntArray, receivers: IntArray, amounts: FloatArray, size: int) -> FloatArray:
    """Return the part of each arc that goes round, as `circulation` does for a matrix.

    Parameters
    ----------
    payers, receivers
        Ends of each arc, ``[A]``, from 0 to `size` less one.
    amounts
        What is paid on each arc, ``[A]``, above zero.
    size
        Number of parties.

    Raises
    ------
    AuditError
        If the solver's answer moves a net position by more than 1e-9 of the largest flow.

    Examples
    --------
    >>> circulating(np.array([0, 1, 2]), np.array([1, 2, 0]), np.array([5.0, 3.0, 9.0]), 3)
    array([3., 3., 3.])
    """
    payers, receivers = np.asarray(payers), np.asarray(receivers)
    amounts = np.asarray(amounts, dtype=np.float64)
    found = np.where(payers == receivers, amounts, 0.0)
    parts = strong_parts(payers, receivers, size)
    inside = np.flatnonzero((parts[payers] == parts[receivers]) & (payers != receivers))
    if inside.size:
        found[inside] = _solved(payers[inside], receivers[inside], amounts[inside], size)
    return found


def strong_parts(payers: IntArray, receivers: IntArray, size: int) -> IntArray:
    """Return a number for each party, the same for two that money can reach from each other.

    Examples
    --------
    >>> parts = strong_parts(np.array([0, 1, 1]), np.array([1, 0, 2]), 3)
    >>> bool(parts[0] == parts[1]), bool(parts[0] == parts[2])
    (True, False)
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(payers)), (payers, receivers)), shape=(size, size)).tocsr()
    return connected_components(graph, directed=True, connection="strong")[1]


def _solved(payers: IntArray, receivers: IntArray, amounts: FloatArray, size: int) -> FloatArray:
    """Return the optimum of the linear programme, checked to leave every net position where it is."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    largest = float(amounts.max())
    arcs, ones = np.arange(payers.size), np.ones(payers.size)
    balance = coo_array(
        (np.concatenate([ones, -ones]), (np.concatenate([payers, receivers]), np.concatenate([arcs, arcs]))),
        shape=(size, payers.size),
    ).tocsr()
    used = np.unique(payers)
    solution = linprog(
        -ones,
        A_eq=balance[used],
        b_eq=np.zeros(used.size),
        bounds=np.column_stack([np.zeros_like(amounts), amounts / largest]),
        method="highs",
        options={"primal_feasibility_tolerance": _TIGHT, "dual_feasibility_tolerance": _TIGHT},
    )
    if solution.x is None:
        message = f"the linear programme of what goes round was not solved: {solution.message}"
        raise AuditError(message)
    found = np.clip(solution.x * largest, 0.0, amounts)
    moved = np.bincount(receivers, found, size) - np.bincount(payers, found, size)
    if np.abs(moved).max() > _UNCHANGED * largest:
        message = f"netting what goes round would move a net position by {np.abs(moved).max():.1e} M USD"
        raise AuditError(message)
    return found
