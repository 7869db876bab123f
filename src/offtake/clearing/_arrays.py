"""Which array library an array belongs to, and the checks on what a caller hands over."""

import sys
from typing import Any

import numpy as np

from offtake.errors import InputError

Array = Any
"""A numpy or a jax array; the code uses only what both have."""

_SLACK = 1e-9


def array_namespace(*arrays: Array) -> Any:
    """The array library to compute with: ``jax.numpy`` if any of the arrays is jax's, else ``numpy``.

    Raises
    ------
    InputError
        If jax is in use without its 64-bit mode, in which clearing would silently lose accuracy.

    Examples
    --------
    >>> array_namespace([1.0, 2.0]).__name__
    'numpy'
    """
    jax = sys.modules.get("jax")
    if jax is None or not any(isinstance(array, jax.Array) for array in arrays):
        return np
    require_float64(jax.numpy)
    return jax.numpy


def require_float64(xp: Any) -> None:
    """Nothing, if the library computes in 64 bits: numpy always, jax in its 64-bit mode.

    Raises
    ------
    InputError
        If it does not.
    """
    if xp is not np and not sys.modules["jax"].config.jax_enable_x64:
        msg = 'clearing needs 64-bit floats; call jax.config.update("jax_enable_x64", True) first'
        raise InputError(msg)


def as_float(xp: Any, array: Array) -> Array:
    """The array in float64."""
    return xp.asarray(array, dtype=xp.float64)


def traced(array: Array) -> bool:
    """Whether the values of an array are not known yet, because jax is compiling."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(array, jax.core.Tracer)


def require(array: Array, name: str, *, least: float | None = None, most: float | None = None) -> None:
    """Nothing, if every value is finite and within the bounds; values under compilation are not looked at.

    Raises
    ------
    InputError
        If a value is not.
    """
    if traced(array):
        return
    values = np.asarray(array)
    if not np.all(np.isfinite(values)):
        msg = f"{name} holds a value that is not finite; replace it by a number"
        raise InputError(msg)
    if least is not None and np.any(values < least):
        msg = f"{name} holds {values.min():g}; no value may be below {least:g}"
        raise InputError(msg)
    if most is not None and np.any(values > most):
        msg = f"{name} holds {values.max():g}; no value may be above {most:g}"
        raise InputError(msg)


def require_square(array: Array, name: str, size: int | None = None) -> int:
    """The number of parties on the last two axes of a matrix that must be square.

    Raises
    ------
    InputError
        If the matrix is not square, or not of the size asked for.
    """
    shape = tuple(array.shape)
    square = len(shape) > 1 and shape[-1] == shape[-2]
    if not square or (size is not None and shape[-1] != size):
        wanted = "N × N" if size is None else f"{size} × {size}"
        msg = f"{name} has shape {shape}; its last two axes must be {wanted}"
        raise InputError(msg)
    return int(shape[-1])


def require_empty_diagonal(array: Array, name: str) -> None:
    """Nothing, if no party stands in a relation to itself.

    Raises
    ------
    InputError
        If the diagonal of the last two axes is not zero.
    """
    if not traced(array) and np.any(np.diagonal(np.asarray(array), axis1=-2, axis2=-1) != 0):
        msg = (
            f"{name} has an entry on its diagonal; a party cannot owe to, lend to or own itself: set it to 0"
        )
        raise InputError(msg)


def require_shares(holdings: Array, axis: int, line: str) -> None:
    """Nothing, if each line along an axis holds shares, and every party has owners outside in the end.

    Raises
    ------
    InputError
        If more of a party is held than there is, or a group of parties owns itself wholly.
    """
    if np.any(holdings.sum(axis=axis) > 1.0 + _SLACK):
        msg = f"a {line} of holdings sums to more than 1; a party's shares cannot be held more than once"
        raise InputError(msg)
    if np.any(np.abs(np.linalg.eigvals(holdings)).max(axis=-1) > 1.0 - _SLACK):
        msg = "a group of parties owns itself wholly; leave part of its equity to owners outside"
        raise InputError(msg)
