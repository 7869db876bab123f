"""Limits of the buyer's policy on where capacity comes from (rules Q7 and Q9)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import InputError
from offtake.plan._define_exclusivity import place_cover, to_place
from offtake.plan._define_service import delivered
from offtake.plan._frame import entries
from offtake.plan._programme import Term, numbered, spread, summed

if TYPE_CHECKING:
    from offtake.plan._instance import BoolArray, FloatArray, IntArray
    from offtake.plan._programme import Programme

__all__ = ["define_cover", "define_shares"]

MOST_CRITICAL = 10
"""Critical workloads beyond which the sets of them would be too many to write down."""


def define_shares(p: Programme) -> None:
    r"""Q7: ``Σ_{s of g} cap_{s,m} <= share·Σ_s cap_{s,m}`` for each provider, vendor and region g."""
    instance, limits, frame = p.instance, p.instance.limits, p.frame
    kinds = (
        ("provider_share", limits.provider_share, instance.sources.provider),
        ("vendor_share", limits.vendor_share, instance.sources.vendor),
        ("region_share", limits.region_share, instance.sources.region),
    )
    if all(share is None for _, share, _ in kinds):
        return
    bound = (instance.tree.step_quarter >= limits.limits_from) & frame.capable.any(axis=0)
    everything = np.broadcast_to(bound, frame.capable.shape)
    total = _total(p, "all_capacity", everything, numbered(bound), bound)
    for name, share, names in kinds:
        if share is None:
            continue
        labels = np.array(names, dtype=object)[frame.source]
        groups = [label for label in dict.fromkeys(names) if label]
        inside = np.array([labels == label for label in groups]).reshape(len(groups), len(labels))
        where = np.array([bound & frame.capable[members].any(axis=0) for members in inside]).reshape(
            len(groups), len(bound)
        )
        number = numbered(where)
        group, step = np.nonzero(where)
        given = np.array([frame.capacity[members].sum(axis=0) for members in inside])
        capacity = [
            _capacity(p, np.where(members[:, None], rows, -1))
            for members, rows in zip(inside, number, strict=True)
        ]
        p.constrain(
            name,
            "Q7",
            {name.removesuffix("_share"): group, "step": step},
            [
                summed(r"\sum_{s \in g} \sum_{c \text{ of } s} d_{c,m} v_c", capacity),
                spread(rf" - \overline h^{{{name[0]}}} K_m", total[None, :], number, -share),
            ],
            "<=",
            ("0", -given[where] if groups else np.zeros(0)),
            over=rf"\forall g \text{{ a {name.removesuffix('_share')}}}, m",
        )


def _capacity(p: Programme, number: IntArray) -> Term:
    return delivered(p, number, 1.0, "")


def _total(p: Programme, name: str, inside: BoolArray, number: IntArray, where: BoolArray) -> IntArray:
    """Add a variable for the capacity of a set of lots at each step, so that many rows may share the sum."""
    steps = len(where)
    total = p.variables(name, {"step": steps}, r"K_m \text{ free}", lower=-np.inf, where=where)
    p.constrain(
        name,
        "Q7",
        {"step": np.flatnonzero(where)},
        [
            spread("K_m", total, number),
            delivered(p, np.where(inside, number, -1), -1.0, r" - \sum_s \sum_{c \text{ of } s} d_{c,m} v_c"),
        ],
        "=",
        ("0", (p.frame.capacity * inside).sum(axis=0)[where]),
        over=r"\forall m",
    )
    return total


def define_cover(p: Programme) -> None:
    r"""Q9: ``Σ_{w∈U} critical_w demand_{w,m} <= Σ_{s≠p reachable from U} cap_{s,m} + missing_{p,m}``.

    For every set U of critical workloads, each provider p but the buyer and each step from ``cover_from``:
    Hall's condition (Gale 1957), which holds exactly if the critical work can be placed without p. A set is
    left out where a larger one reaches no further. Where what may be reached hangs on what is signed (Q16),
    the critical work is placed instead, source by source.
    """
    instance, limits = p.instance, p.instance.limits
    if limits.cover_from is None:
        return
    critical = np.flatnonzero(instance.workloads.critical > 0.0)
    if len(critical) > MOST_CRITICAL:
        msg = f"{len(critical)} workloads are critical; cover is planned for at most {MOST_CRITICAL}"
        raise InputError(msg)
    asked = instance.tree.step_quarter >= limits.cover_from
    names = instance.providers
    steps = len(asked)
    missing = p.variables(
        "missing",
        {"provider": len(names), "step": steps},
        r"y^-_{p,m} \ge 0",
        where=np.broadcast_to(asked, (len(names), steps)) & (limits.cover_price is not None),
    )
    if limits.cover_price is not None:
        provider, step = np.nonzero(missing >= 0)
        column = missing[provider, step]
        price = np.full(len(column), -limits.cover_price)
        p.pay("cover", r" - \sum_p \kappa y^-_{p,m}", column, step, price, cash=np.zeros(len(column)))
    placed = np.array([to_place(p, name, asked) for name in names], dtype=bool)
    placed = placed.reshape(len(names), steps)
    place_cover(p, names, placed, missing)
    terms, bounds, about = _hall(p, critical, names, asked & ~placed)
    number = np.arange(len(bounds))
    p.constrain(
        "cover",
        "Q9",
        about,
        [terms, spread(" + y^-_{p,m}", missing[about["provider"], about["step"]], number)],
        ">=",
        (r"\sum_{w \in U} \chi_w D_{w,m}", bounds),
        over=r"\forall p, U, m",
    )


def _hall(
    p: Programme, critical: IntArray, names: tuple[str, ...], asked: BoolArray
) -> tuple[Term, FloatArray, dict[str, IntArray]]:
    """The capacity and the work of each set of workloads without each provider, where asked, [P, M]."""
    instance, frame = p.instance, p.frame
    work = instance.workloads
    provider = np.array(instance.sources.provider, dtype=object)[frame.source]
    demand = work.critical[:, None] * work.demand
    sets = [list(u) for size in range(len(critical), 0, -1) for u in combinations(range(len(critical)), size)]
    found = entries(frame, instance.contracts.delivered)
    lot = frame.lot[found.row, found.step]
    kept = lot >= 0
    row, lot, step, value = found.row[kept], lot[kept], found.step[kept], found.value[kept]
    holding: dict[str, BoolArray] = {}
    terms: list[Term] = []
    bounds: list[FloatArray] = []
    about: dict[str, list[IntArray]] = {"provider": [], "workloads": [], "step": []}
    count = 0
    for number, name in enumerate(names):
        key = name if name in work.holders else ""
        if key not in holding:
            gone = key or None
            holding[key] = work.allowed(instance.sources, gone)[critical][:, frame.source] & frame.capable
        reach = holding[key] & (provider != name)[None, :, None]
        reached = [reach[u].any(axis=0) for u in sets]
        for which, u in enumerate(sets):
            where = asked[number] & (demand[critical[u]].sum(axis=0) > 0.0)
            for other in range(which):
                if set(u) < set(sets[other]):
                    where &= (reached[other] != reached[which]).any(axis=0)
            rows = numbered(where)
            mine = np.where(reached[which][lot, step], rows[step], -1)
            here = mine >= 0
            terms.append(Term("", mine[here] + count, p.columns["v"][row[here]], value[here]))
            given = (frame.capacity * reached[which]).sum(axis=0)
            bounds.append((demand[critical[u]].sum(axis=0) - given)[where])
            at = np.flatnonzero(where)
            about["provider"].append(np.full(len(at), number))
            about["workloads"].append(np.full(len(at), int(sum(1 << int(critical[k]) for k in u))))
            about["step"].append(at)
            count += len(at)
    joined = {name: np.concatenate([np.zeros(0, dtype=int), *parts]) for name, parts in about.items()}
    tex = r"\sum_{s \ne p \text{ within reach of } U} \sum_{c \text{ of } s} d_{c,m} v_c"
    return summed(tex, terms), np.concatenate([np.zeros(0), *bounds]), joined
