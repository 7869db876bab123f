"""Bargaining along a curve: a number decides every party's utility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

__all__ = ["Curve"]

_PLACES: Final = 2001
_SLACK: Final = 1e-12


class Curve:
    """A function from a number to utilities, looked at on a grid and refined between its places.

    Parameters
    ----------
    utilities
        The function.
    base
        Each party's disagreement.
    between
        First and last number.

    Raises
    ------
    InputError
        If there is nothing between the two numbers, or the function gives other than a finite number for
        each party.
    """

    def __init__(
        self,
        utilities: Callable[[float], Sequence[float]],
        base: FloatArray,
        between: tuple[float, float] | None,
    ) -> None:
        if between is None or not np.isfinite(between).all() or not between[0] < between[1]:
            message = "with a curve, say between which two numbers: between=(0.0, 1.0)"
            raise InputError(message)
        self.base = base
        self._utilities = utilities
        self._grid = np.linspace(between[0], between[1], _PLACES)
        self._gain = np.array([self.gain(float(x)) for x in self._grid])
        self._open: NDArray[np.bool_] = np.all(self._gain >= -_SLACK, axis=1)

    def gain(self, x: float) -> FloatArray:
        """Return each party's gain over disagreement at a place."""
        value = np.asarray(self._utilities(x), dtype=np.float64)
        if value.shape != self.base.shape or not np.isfinite(value).all():
            message = f"at {x:g} the curve must give {self.base.size} finite utilities, not {value.tolist()}"
            raise InputError(message)
        return value - self.base

    def largest(self, of: Callable[[FloatArray], FloatArray]) -> float | None:
        """Return where a function of the gains is largest, or None if somebody loses everywhere."""
        if not self._open.any():
            return None
        value: FloatArray = np.where(self._open, of(np.maximum(self._gain, 0.0)), -np.inf)
        best = int(np.argmax(value))
        if not np.isfinite(value[best]):
            # somebody gains nothing anywhere: what the others gain decides
            return float(self._grid[np.argmax(np.where(self._open, self._gain.sum(axis=1), -np.inf))])
        low, high = self._around(best)
        from scipy.optimize import minimize_scalar

        def against(x: float) -> float:
            gain = self.gain(x)
            found = float(of(gain)) if np.all(gain > 0) else -np.inf
            return -found if np.isfinite(found) else 1e300

        found = minimize_scalar(against, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
        here = float(self._grid[best])
        return float(found.x) if found.fun < against(here) else here

    def fairest(self) -> float | None:
        """Return where the smallest share of a party's ideal gain is largest, or None if somebody loses."""
        if not self._open.any():
            return None
        ideal = self._ideal()
        share = np.where(self._open, np.min(self._gain / ideal, axis=1), -np.inf)
        best = int(np.argmax(share))
        low, high = self._around(best)
        crossing = self._crossing(ideal, low, high)
        if crossing is not None:
            return crossing
        from scipy.optimize import minimize_scalar

        found = minimize_scalar(
            lambda x: -float((self.gain(x) / ideal).min()),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-12},
        )
        here = float(self._grid[best])
        better = -found.fun > share[best]
        return float(found.x) if better else here

    def _ideal(self) -> FloatArray:
        """Return the most that each party gains where nobody loses; 1 for one that never gains."""
        most = np.empty(self.base.size)
        for party in range(self.base.size):
            value = np.where(self._open, self._gain[:, party], -np.inf)
            low, high = self._around(int(np.argmax(value)))
            most[party] = max(value.max(), self._peak(party, low, high))
        return np.where(most > 0, most, 1.0)

    def _peak(self, party: int, low: float, high: float) -> float:
        """Return the largest gain of a party between two places at which, and between which, nobody loses."""
        from scipy.optimize import minimize_scalar

        def against(x: float) -> float:
            gain = self.gain(x)
            return -float(gain[party]) if (gain >= -_SLACK).all() else 1e300

        return -float(
            minimize_scalar(against, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).fun
        )

    def _crossing(self, ideal: FloatArray, low: float, high: float) -> float | None:
        """Return where two parties' shares are equal between two places, if they change order there."""
        if self.base.size != 2:  # noqa: PLR2004 - with more, no one place makes all shares equal
            return None

        def apart(x: float) -> float:
            share = self.gain(x) / ideal
            return float(share[0] - share[1])

        first, last = apart(low), apart(high)
        if first * last > 0:
            return None
        from scipy.optimize import brentq

        return float(brentq(apart, low, high, xtol=1e-14, rtol=1e-14))

    def _around(self, place: int) -> tuple[float, float]:
        return float(self._grid[max(place - 1, 0)]), float(self._grid[min(place + 1, _PLACES - 1)])
