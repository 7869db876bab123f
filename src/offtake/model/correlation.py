"""Correlation tables given as pairs: their Cholesky factor, and what to do with one that cannot be."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from offtake.errors import InputError

__all__ = ["correlation_cholesky", "correlation_matrix", "nearest_correlation"]

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-10
"""Eigenvalues this far below zero are taken for rounding."""

_WRITTEN = 3
"""Decimals of the correlations that an error suggests."""


def correlation_matrix(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> FloatArray:
    """Return the symmetric matrix of a table of pairs, with ones on its diagonal, shape [J, J].

    Raises
    ------
    InputError
        If a pair names an unknown driver or one driver twice, stands twice, or lies outside -1 to 1.

    Examples
    --------
    >>> correlation_matrix(["a", "b"], {("b", "a"): 0.5}).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    position = {name: j for j, name in enumerate(names)}
    matrix = np.eye(len(names))
    seen: set[frozenset[str]] = set()
    for (left, right), value in pairs.items():
        pair = frozenset((left, right))
        problem = None
        if unknown := [name for name in (left, right) if name not in position]:
            problem = f"names {', '.join(unknown)}, not one of the drivers {', '.join(names)}"
        elif left == right:
            problem = "names one driver twice; drop it"
        elif pair in seen:
            problem = "stands twice in the table; keep one"
        elif not -1.0 <= value <= 1.0:
            problem = f"is {value:g}; it must lie between -1 and 1"
        if problem:
            msg = f"The correlation {left} ~ {right} {problem}."
            raise InputError(msg)
        seen.add(pair)
        matrix[position[left], position[right]] = matrix[position[right], position[left]] = value
    return matrix


def correlation_cholesky(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> FloatArray:
    """Return the lower Cholesky factor of a table of correlations, shape [J, J].

    A table on the edge, such as a correlation of one, is accepted.

    Raises
    ------
    InputError
        As `correlation_matrix`; also if no random variables can have all these correlations at once. The
        error then names the pairs that collide and the nearest values that go together.

    Examples
    --------
    >>> correlation_cholesky(["a", "b"], {("a", "b"): 0.6}).round(12).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    matrix = correlation_matrix(names, pairs)
    if names and np.linalg.eigvalsh(matrix)[0] < -_ROUNDING:
        nearest = _writable(nearest_correlation(matrix))
        moved = [
            f"{names[i]} ~ {names[j]}: {nearest[i, j]:g} instead of {matrix[i, j]:g}"
            for i, j in combinations(range(len(names)), 2)
            if nearest[i, j] != matrix[i, j]
        ]
        msg = f"These correlations cannot hold together; the nearest that can are {'; '.join(moved)}."
        raise InputError(msg)
    return _factor(matrix)


def nearest_correlation(matrix: FloatArray, *, iterations: int = 500, tolerance: float = 1e-9) -> FloatArray:
    """Return the correlation matrix that is nearest in the Frobenius norm.

    Alternating projections with Dykstra's correction (Higham 2002, IMA Journal of Numerical Analysis 22(3),
    algorithm 3.3).

    Examples
    --------
    >>> nearest_correlation(np.array([[1.0, 1.2], [1.2, 1.0]])).round(6).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    unit, correction = matrix, np.zeros_like(matrix)
    for _ in range(iterations):
        shifted = unit - correction
        values, vectors = np.linalg.eigh(shifted)
        semidefinite = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = semidefinite - shifted
        previous, unit = unit, semidefinite.copy()
        np.fill_diagonal(unit, 1.0)
        if np.abs(unit - previous).max() < tolerance:
            break
    return unit


def _writable(nearest: FloatArray) -> FloatArray:
    """Return the matrix in few decimals, drawn towards the identity until no eigenvalue is negative."""
    identity = np.eye(len(nearest))
    for share in np.linspace(0.0, 1.0, 1001):
        rounded: FloatArray = np.round((1.0 - share) * nearest + share * identity, _WRITTEN)
        if np.linalg.eigvalsh(rounded)[0] >= 0.0:
            return rounded
    return identity


def _factor(matrix: FloatArray) -> FloatArray:
    """Return a lower factor that also exists where the matrix is singular, which NumPy's does not."""
    lower = np.zeros_like(matrix)
    for j in range(len(matrix)):
        rest = matrix[j:, j] - lower[j:, :j] @ lower[j, :j]
        if rest[0] > _ROUNDING:
            lower[j:, j] = rest / np.sqrt(rest[0])
    return lower
