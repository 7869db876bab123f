"""Small helpers for arrays of either namespace."""

from typing import Any

import numpy as np

__all__ = ["one_hot", "special"]

Array = Any


def one_hot(index: Array, size: int) -> Array:
    """Return the matrix [n, size] with a 1 in each row at its index."""
    return (np.asarray(index)[:, None] == np.arange(size)).astype(float)


def special(xp: Any) -> Any:
    """Return the special functions that go with an array namespace."""
    if xp is np:
        from scipy import special as functions
    else:
        from jax.scipy import special as functions
    return functions
