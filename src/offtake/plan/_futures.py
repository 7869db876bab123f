"""Futures as the buyer sees them, once it is made safe: what no decision of its changes (P1, P2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from offtake.drivers import standard_normals
from offtake.plan._chips import bought_for_own_sites
from offtake.simulate._delivery import Plan, deliver
from offtake.simulate._draws import Future, draw
from offtake.simulate._engine import proceed
from offtake.simulate._outside import INFLOWS, OUTFLOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from offtake.model import Model, Structure
    from offtake.simulate._state import State
    from offtake.simulate._step import Flows

__all__ = ["BLOCK", "Seen", "dealt", "join", "matched_normals", "normals", "profiles", "safe", "watch"]

Array = Any

BLOCK = 256
"""Futures that are run together."""

_WORKERS = 2
_PLENTY = 1e9
"""M USD that the buyer has while its problem is laid out: more than all money of a book."""

_RECEIVED = ("income", "warrants sold")
_OWED = ("costs", "capital", "interest", "maturities")
_DECIDED = frozenset({"fee", "prepayment", "late credit", "termination fee"})
"""Lines of compute deals: the programme has them by contract."""


class Seen(NamedTuple):
    """What futures showed; the first axis is the future."""

    spot: NDArray[np.float64]
    """[F, T] price of a MW-quarter; 0 without a spot market"""
    confidence: NDArray[np.float64]
    other: NDArray[np.float64]
    """[F, T] net money of the buyer that no decision changes"""
    funding: NDArray[np.float64]
    """[F, T] most that can be raised, confidence included"""
    rate: NDArray[np.float64]
    """[F] interest of a quarter on what is raised as debt"""
    demand: NDArray[np.float64]
    yields: NDArray[np.float64]
    """[F, T, W] of the buyer's workloads; yields before shares of revenue"""
    shared: NDArray[np.float64]
    """[F, T, W] share of the yield that is owed to others"""
    alive: NDArray[np.float64]
    """[F, T, N]"""
    drivers: NDArray[np.float64]
    """[F, T, J + 1]"""

    def take(self, futures: Sequence[int] | NDArray[np.int64]) -> Seen:
        """Return some of the futures."""
        return Seen(*(array[np.asarray(futures)] for array in self))


def join(parts: Sequence[Seen]) -> Seen:
    """Return futures of several runs behind each other."""
    return Seen(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def normals(model: Model, start: int, count: int, seed: int) -> NDArray[np.float64]:
    """Return the standard normals of futures, as `simulate` draws them, in the order of `draw_labels`."""
    return standard_normals(seed, start, count, len(model.draw_labels))


def matched_normals(z: Array, given: Sequence[str], wanted: Sequence[str]) -> NDArray[np.float64]:
    """Return normals in the order of other labels: the same where a label is known, else 0 (the median)."""
    place = {label: n for n, label in enumerate(given)}
    columns = np.array([place.get(label, len(place)) for label in wanted], dtype=np.int64)
    padded = np.concatenate([np.asarray(z), np.zeros((len(z), 1))], axis=1)
    found: NDArray[np.float64] = padded[:, columns]
    return found


def safe(model: Model, future: Future, buyer: int) -> Future:
    """Return futures in which the buyer has cash without end, no hazard, and ends or extends no deal itself.

    Whether to end or to extend is for the plan to decide, so the rules of thumb of B4 and C3 are set aside
    for what it buys.
    """
    parties = np.arange(len(model.names.parties))
    leaves = dict(future.leaves)
    leaves["party.cash"] = np.where(parties == buyer, _PLENTY, leaves["party.cash"])
    mine = (model.structure.capacity.buyer == buyer) & ~model.structure.capacity.is_lease
    leaves["deal.extension"] = np.where(mine, 0.0, leaves["deal.extension"])
    # at a fee of all that is left nobody walks away
    leaves["deal.termination_fee"] = np.where(mine, 1.0, leaves["deal.termination_fee"])
    fails = np.where(parties == buyer, np.inf, future.fails_at)
    return future._replace(leaves=leaves, fails_at=fails)


def dealt(model: Model, z: Array, buyer: int) -> tuple[Future, Plan, Future]:
    """Return futures with the buyer made safe, their dates, and the futures as drawn."""
    with np.errstate(invalid="ignore"):
        drawn = draw(np, model, z)
        future = safe(model, drawn, buyer)
        return future, deliver(np, model.structure, future), drawn


def watch(model: Model, buyer: int, z: Array) -> Seen:
    """Return what the futures of these normals, [F, Z], show, block by block.

    They run through the engine of `simulate` with the buyer made safe and nothing offered signed.
    """
    lines = _other_lines(model.structure, buyer)
    blocks = [z[first : first + BLOCK] for first in range(0, len(z), BLOCK)]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        parts = list(pool.map(lambda block: _watch_block(model, buyer, lines, block), blocks))
    return join(parts)


def _watch_block(model: Model, buyer: int, lines: Array, z: Array) -> Seen:
    fixed = model.structure
    future, plan, _ = dealt(model, z, buyer)
    kinds_in = [INFLOWS.index(kind) for kind in _RECEIVED]
    kinds_out = [OUTFLOWS.index(kind) for kind in _OWED]

    def keep(_xp: Any, _fixed: Structure, _state: State, flows: Flows) -> dict[str, Array]:
        moved = flows.paid + flows.arrears_paid
        received = flows.inflow[..., kinds_in, buyer].sum(-1)
        spent = flows.outside_paid[..., kinds_out, buyer].sum(-1)
        return {
            "other": moved @ lines + received - spent,
            "confidence": flows.confidence,
            "alive": 1.0 - flows.dead,
        }

    kept = proceed(np, fixed, future, plan, keep)
    alive = np.moveaxis(kept["alive"], 0, 1)
    confidence = kept["confidence"].T
    mine = np.flatnonzero(fixed.dispatch.workload_buyer == buyer)
    limit = profiles(model, future, fixed.profiles.limit[[buyer]])[..., 0]
    leaves, count = future.leaves, len(z)
    rate = leaves["party.rate"] + leaves["party.base"] + leaves["party.spread"]
    return Seen(
        spot=np.broadcast_to(plan.spot, (count, fixed.quarters)),
        confidence=confidence,
        other=kept["other"].T,
        funding=np.maximum(limit * confidence, 0.0),
        rate=np.broadcast_to(rate, (count, len(model.names.parties)))[:, buyer] / 4.0,
        demand=profiles(model, future, fixed.profiles.demand[mine]),
        yields=profiles(model, future, fixed.profiles.yields[mine]),
        shared=_shared(fixed, future, alive, buyer)[..., mine],
        alive=alive,
        drivers=future.drivers,
    )


def profiles(model: Model, future: Future, which: Array) -> NDArray[np.float64]:
    """Return some profiles of each future by quarter, [F, T, len(which)] (A6)."""
    table = model.structure.profiles
    scale = np.asarray(future.leaves["profile.scale"])
    scale = scale[..., None, :] if scale.ndim > 1 else scale
    found: NDArray[np.float64] = (table.base * scale)[..., which] * future.drivers[..., table.driver[which]]
    return found


def _shared(fixed: Structure, future: Future, alive: Array, buyer: int) -> Array:
    """Return the share of each workload's revenue that the buyer owes to living others, [F, T, W]."""
    others = fixed.others
    quarters = np.arange(fixed.quarters)[:, None]
    runs = (quarters >= others.share_start) & (quarters < others.share_end)
    owed = fixed.deal_debtor[others.share_deal] == buyer
    share = future.leaves["revenue_share.share"] * future.volume[..., others.share_deal] * owed
    there = alive[..., fixed.deal_creditor[others.share_deal]]
    return (share[..., None, :] * runs * there) @ others.share_workloads.T


def _other_lines(fixed: Structure, buyer: int) -> NDArray[np.float64]:
    """Return +1 for lines that bring the buyer money no decision changes, -1 for those that cost it some."""
    lines, bought = fixed.lines, (fixed.capacity.buyer == buyer) & ~fixed.capacity.is_lease
    signs: NDArray[np.float64] = (lines.receiver == buyer) * 1.0 - (lines.payer == buyer) * 1.0
    mine = set(fixed.capacity.deal[bought].tolist())
    own_chips = bought_for_own_sites(fixed, buyer)
    for m, kind in enumerate(lines.kind):
        by_contract = lines.deal[m] in mine and kind in _DECIDED
        shares = kind == "revenue share" and lines.payer[m] == buyer
        if by_contract or shares or m in own_chips:
            signs[m] = 0.0
    return signs
