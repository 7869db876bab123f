"""What is drawn once in each future: scalars, deals in force, failures from outside, drivers (section A)."""

import math
from typing import Any, NamedTuple

import numpy as np

from offtake.drivers import simulate_drivers
from offtake.model import Model, Structure
from offtake.model._arrays import special
from offtake.model.distributions import latent, quantile

__all__ = ["Future", "draw"]

Array = Any


class Future(NamedTuple):
    """What a block of futures has been dealt; leading axes are futures."""

    leaves: dict[str, Array]
    """Numbers of the book, drawn ones replaced, [..., n]."""
    drivers: Array
    """[..., T, J + 1]; the last column is 1."""
    in_force: Array
    """[..., D] 0 or 1."""
    volume: Array
    """[..., D] fulfilment where in force."""
    fails_at: Array
    """[..., N] quarter of a failure from outside causes or by a scenario; infinite for never."""


def draw(xp: Any, model: Model, z: Array) -> Future:
    """Return what standard normals [..., Z], in the order of `model.draw_labels`, deal to each future."""
    fixed = model.structure
    quarters, drivers = fixed.quarters, len(fixed.names.drivers)
    jumping, causes = len(fixed.jumping), len(fixed.names.causes)
    scalars, deals, hazards = (len(labels) for labels in fixed.draws)
    sizes = (quarters * drivers, quarters * 2 * jumping, causes, scalars, deals, hazards)
    parts = []
    start = 0
    for size in sizes:
        parts.append(z[..., start : start + size])
        start += size
    eps, jumps, common, own, deal_own, hazard = parts
    batch = z.shape[:-1]
    leaves = _realise(xp, model, common, own)
    values = simulate_drivers(
        xp,
        model.drivers,
        eps.reshape(*batch, quarters, drivers),
        jumps.reshape(*batch, quarters, 2, jumping) if jumping else None,
    )
    values = xp.concatenate([values, xp.ones((*batch, quarters, 1))], axis=-1)
    force = _in_force(xp, fixed, leaves, common, deal_own)
    return Future(
        leaves=leaves,
        drivers=values,
        in_force=force,
        volume=force * leaves["deal.fulfilment"],
        fails_at=_failures(xp, fixed, leaves, hazard),
    )


def _realise(xp: Any, model: Model, common: Array, own: Array) -> dict[str, Array]:
    """Return the leaves with drawn numbers in place (rule A2)."""
    names, places, causes, durations = model.structure.drawn_leaves
    if not names:
        return dict(model.leaves)
    uncertain = model.uncertain
    x = latent(xp, uncertain.rho, np.array(causes), common, own)
    values = quantile(xp, uncertain.kind, uncertain.params, x) + uncertain.shift
    values = xp.where(np.array(durations), xp.maximum(values, 0.0), values) * uncertain.factor
    leaves = dict(model.leaves)
    for leaf in dict.fromkeys(names):
        base = model.leaves[leaf]
        pick = np.zeros(base.shape[-1], dtype=np.int64)
        drawn = np.zeros(base.shape[-1], dtype=bool)
        for u, (name, place) in enumerate(zip(names, places, strict=True)):
            if name == leaf:
                pick[place], drawn[place] = u, True
        leaves[leaf] = xp.where(drawn, values[..., pick], base)
    return leaves


def _in_force(xp: Any, fixed: Structure, leaves: dict[str, Array], common: Array, own: Array) -> Array:
    """Return which deals are in force (rule A3)."""
    firm = fixed.deal_firm
    certain = np.where(firm == 1, 1.0, 0.0)
    drawn = np.flatnonzero(firm == 2)  # noqa: PLR2004 - the code of a drawn deal
    if not drawn.size:
        return xp.zeros((*own.shape[:-1], firm.size)) + certain
    x = latent(xp, leaves["deal.rho"][..., drawn], fixed.deal_cause[drawn], common, own)
    happens = xp.where(special(xp).ndtr(x) < leaves["deal.likelihood"][..., drawn], 1.0, 0.0)
    place = np.zeros(firm.size, dtype=np.int64)
    place[drawn] = np.arange(drawn.size)
    return xp.where(firm == 2, happens[..., place], certain)  # noqa: PLR2004


def _failures(xp: Any, fixed: Structure, leaves: dict[str, Array], hazard: Array) -> Array:
    """Return the quarter in which each party fails by itself (rule A4)."""
    forced = xp.zeros((*hazard.shape[:-1], 1)) + leaves["party.fail_at"]
    parties = len(fixed.names.parties)
    if not fixed.hazard_party.size:
        return forced
    rate = xp.maximum(leaves["party.hazard"], 1e-300) / 4.0
    when = xp.floor(-xp.log(xp.maximum(special(xp).ndtr(hazard), 1e-300)) / rate)
    place = np.zeros(parties, dtype=np.int64)
    place[fixed.hazard_party] = np.arange(fixed.hazard_party.size)
    exposed = np.isin(np.arange(parties), fixed.hazard_party)
    return xp.minimum(forced, xp.where(exposed, when[..., place], math.inf))
