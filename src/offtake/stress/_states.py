"""What merely happens or not, as half-spaces of the standard normals.

Which deals come about and how many jumps a quarter has is settled by where a few linear forms of the normals
lie. Holding that fixed leaves a convex set, in which the simulator moves smoothly with the normals.
"""

from typing import Any, NamedTuple

import numpy as np

from offtake.drivers.process import poisson_heights
from offtake.model import Model

__all__ = ["States", "states_of"]

Array = Any
_MARGIN = 1e-9
_SURE = 1e-12


class States(NamedTuple):
    """Linear forms of the normals and the levels that part what happens from what does not."""

    forms: Array
    """[m, Z]"""
    own: Array
    """[m] the normal that belongs to each form alone"""
    levels: Array
    """[m, k] rising; infinite where there are fewer"""

    def counts(self, z: Array) -> Array:
        """Return how many levels each form lies above, [n, m]."""
        return ((z @ self.forms.T)[..., None] >= self.levels).sum(axis=-1)

    def rows(self, count: Array, which: Array | None = None) -> tuple[Array, Array]:
        """Return the half-spaces A z >= c in which each form, or some, lies above so many levels, [m]."""
        padded = np.concatenate(
            [np.full((len(self.levels), 1), -np.inf), self.levels, np.full((len(self.levels), 1), np.inf)],
            axis=1,
        )
        place = np.arange(len(padded))
        low, high = padded[place, count] + _MARGIN, padded[place, count + 1] - _MARGIN
        chosen = np.ones(len(place), dtype=bool) if which is None else which
        above, below = chosen & (low > 0.0), chosen & (high < 0.0)
        rows = np.concatenate([self.forms[above], -self.forms[below]])
        return rows, np.concatenate([low[above], -high[below]])

    def nudged(self, z: Array, form: int, count: Array) -> Array:
        """Return points [n, Z] whose own normal of one form is moved so that it lies above `count` levels."""
        weight = self.forms[form, self.own[form]]
        now = z @ self.forms[form]
        padded = np.concatenate([[-np.inf], self.levels[form], [np.inf]])
        low, high = padded[count] + _MARGIN, padded[count + 1] - _MARGIN
        wanted = np.clip(now, low, high)
        moved = z.copy()
        moved[:, self.own[form]] += (wanted - now) / weight
        return moved


def states_of(model: Model) -> States:
    """Return the linear forms that settle deals and jumps, deals first; sure deals need none."""
    from scipy.special import ndtri

    labels, fixed = model.draw_labels, model.structure
    place = {label: k for k, label in enumerate(labels)}
    forms, own, levels = [], [], []
    for name in fixed.draws[1]:
        deal = fixed.names.deals.index(name)
        likelihood, rho = model.leaves["deal.likelihood"][deal], model.leaves["deal.rho"][deal]
        cause = int(fixed.deal_cause[deal])
        weight = float(rho) if cause >= 0 else 0.0
        if weight > 1.0 - _SURE or not 0.0 < likelihood < 1.0:
            continue
        form = np.zeros(len(labels))
        form[place[f"deal/{name}"]] = np.sqrt(1.0 - weight)
        if weight > 0.0:
            form[place[f"cause/{fixed.names.causes[cause]}"]] = np.sqrt(weight)
        forms.append(form)
        own.append(place[f"deal/{name}"])
        levels.append([float(ndtri(likelihood))])
    for j in fixed.jumping:
        heights = [float(ndtri(h)) for h in poisson_heights(np, model.drivers.jump_rate[j])]
        for t in range(fixed.quarters):
            k = place[f"jump/{fixed.names.drivers[j]}/{t}/0"]
            forms.append(np.arange(len(labels)) == k)
            own.append(k)
            levels.append(heights)
    most = max((len(one) for one in levels), default=1)
    filled = [[*one, *([np.inf] * (most - len(one)))] for one in levels]
    return States(
        forms=np.array(forms, dtype=float).reshape(-1, len(labels)),
        own=np.array(own, dtype=np.int64),
        levels=np.array(filled, dtype=float).reshape(-1, most),
    )
