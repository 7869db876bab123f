"""Quantiles of values that have weights, such as those of a tree's steps and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["weighted_quantiles"]


def weighted_quantiles(values: Any, weight: Any, shares: Sequence[float]) -> list[float]:
    """Return for each share the least value up to which that much of the weight lies.

    Examples
    --------
    >>> weighted_quantiles([4.0, -1.0, 9.0], [0.5, 0.1, 0.4], [0.05, 0.6, 0.95])
    [-1.0, 4.0, 9.0]
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(np.asarray(weight)[order])
    places = np.searchsorted(reached, np.asarray(shares) * reached[-1] * (1 - 1e-12))
    return [float(each) for each in np.asarray(values)[order][np.minimum(places, len(order) - 1)]]
