"""Exclusivities that hang on a decision: on work (rule Q16), and on cover (rule Q9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offtake.plan._define_service import delivered
from offtake.plan._exclusive import endings, holders, lapsing, numbers
from offtake.plan._programme import numbered, spread, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offtake.plan._instance import BoolArray, FloatArray, IntArray
    from offtake.plan._programme import Programme, Term

__all__ = ["define_exclusivity", "place_cover", "to_place"]


class _Bond(NamedTuple):
    """Exclusivities that exclude each other: one workload left on the same sources by rows of one offer."""

    members: tuple[int, ...]
    workload: int
    inside: BoolArray
    """[S]"""
    steps: BoolArray
    """[M]"""


class _BondRows:
    """Rows by which bonds keep work to their sources, step by step, written as one family."""

    def __init__(self, p: Programme, axes: Sequence[str]) -> None:
        self.p, self.number = p, numbers(p.instance)
        self.about: dict[str, list[IntArray]] = {axis: [] for axis in ("exclusivity", *axes, "step")}
        self.terms: list[Term] = []
        self.bounds: list[FloatArray] = []
        self.count = 0

    def add(self, bond: _Bond, placed: IntArray, outside: BoolArray, most: FloatArray, **about: int) -> None:
        """Bar work from sources outside a bond where it binds; otherwise `most` may be placed there."""
        where = bond.steps & (placed[outside] >= 0).any(axis=0)
        rows = np.where(where, self.count + numbered(where), -1)
        self.terms.append(spread("", placed, np.where(outside[:, None], rows, -1)))
        self.terms += _signed(self.p, bond, rows, most)
        at = np.flatnonzero(where)
        for axis, value in {"exclusivity": int(self.number[bond.members[0]]), **about}.items():
            self.about[axis].append(np.full(len(at), value))
        self.about["step"].append(at)
        self.bounds.append((most * (1.0 - _given(self.p, bond)))[where])
        self.count += len(at)

    def write(self, name: str, tex: str, most: str, over: str) -> None:
        """Write the rows down, most being the LaTeX of their right-hand side."""
        self.p.constrain(
            name,
            "Q16",
            {axis: np.concatenate([np.zeros(0, dtype=int), *parts]) for axis, parts in self.about.items()},
            [summed(tex, self.terms)],
            "<=",
            (most, np.concatenate([np.zeros(0), *self.bounds])),
            over=over,
        )


def define_exclusivity(p: Programme) -> None:
    r"""Q16: ``Σ_{s of others} x_{w,s,m} <= need_{w,m}·(1 - Σ_c y_c + Σ_e y_e)`` for what c binds to itself.

    need is the work asked for in the quarter and as long before as it may wait; rows of one offer, of which
    one is signed at most, share the row; e are terminations decided before.
    """
    if p.instance.exclusivities is None:
        return
    x, first, need = p.columns["x"], _first_lots(p), _at_hand(p)
    rows = _BondRows(p, ("workload",))
    for bond in _bonds(p):
        outside = ~bond.inside[p.frame.source[first]]
        rows.add(bond, x[bond.workload], outside, need[bond.workload], workload=bond.workload)
    tex = r"\sum_{s \notin H_c} x_{w,s,m} + D^+_{w,m} (\sum_c y_c - \sum_{e \text{ ends } c} y_e)"
    rows.write("exclusivity", tex, r"D^+_{w,m}", r"\forall w, m \text{ that } c \text{ binds}")
    _end_what_is_signed(p)


def _end_what_is_signed(p: Programme) -> None:
    """Write that only what is signed can be ended, so that no other row's end frees what one binds."""
    found, y = p.instance.exclusivities, p.columns["y"]
    if found is None:
        return
    pairs = sorted({(end, int(found.row[e])) for e, end, _ in endings(p.instance)})
    ends, rows = (np.array([pair[k] for pair in pairs], dtype=int) for k in (0, 1))
    free = y[rows] >= 0
    number = numbered(free)
    p.constrain(
        "ended",
        "Q16",
        {"contract": ends[free]},
        [spread("y_e", y[ends], number), spread(r" - y_{\pi(e)}", y[rows], number, -1.0)],
        "<=",
        ("0", np.zeros(int(free.sum()))),
        over=r"\forall e \text{ that ends what binds}",
    )


def _bonds(p: Programme) -> list[_Bond]:
    """Return exclusivities, those that exclude each other as one."""
    found, contracts = p.instance.exclusivities, p.instance.contracts
    if found is None:
        return []
    inside = holders(p.instance)
    seller = np.array(p.instance.sources.provider, dtype=object)[contracts.source[found.row]]
    members: dict[tuple[int, str, int, bytes], list[int]] = {}
    for e, row in enumerate(found.row):
        once = int(contracts.once[row])
        free = contracts.node[row] >= 0 and once >= 0
        key = once if free else -1 - int(row), str(seller[e]), int(found.workload[e]), inside[e].tobytes()
        members.setdefault(key, []).append(e)
    return [
        _Bond(tuple(each), key[2], inside[each[0]], np.asarray(found.steps[each].any(axis=0)))
        for key, each in members.items()
        if found.steps[each].any()
    ]


def _signed(p: Programme, bond: _Bond, rows: IntArray, most: FloatArray) -> list[Term]:
    """Return what signing, and ending, takes from what other sources may carry in rows by step."""
    found, y = p.instance.exclusivities, p.columns["y"]
    if found is None:
        return []
    terms = [spread("", y[found.row[e]], np.where(found.steps[e], rows, -1), most) for e in bond.members]
    terms += [
        spread("", y[end], np.where(after, rows, -1), -most)
        for e, end, after in endings(p.instance)
        if e in bond.members
    ]
    return terms


def _given(p: Programme, bond: _Bond) -> FloatArray:
    """Return 1 at the steps at which a given row binds unless it is ended, [M]."""
    found = p.instance.exclusivities
    steps = np.zeros(len(p.frame.discount))
    if found is not None:
        for e in bond.members:
            steps = np.maximum(steps, p.frame.given[found.row[e]] * found.steps[e])
    return steps


def _at_hand(p: Programme) -> FloatArray:
    """Return the most work that can be served at a step: asked for then, or waiting, [W, M]."""
    work, before = p.instance.workloads, p.instance.tree.step_before
    need, late = work.demand.copy(), work.demand
    for age in range(1, int(work.defer.max(initial=0)) + 1):
        late = late[:, before] * (before >= 0)
        need += late * (work.defer >= age)[:, None]
    return need


def _first_lots(p: Programme) -> IntArray:
    """Return a lot of each pool."""
    return np.array([np.flatnonzero(p.frame.pool == k)[0] for k in range(len(p.frame.shared))], dtype=int)


def to_place(p: Programme, gone: str, asked: BoolArray) -> BoolArray:
    """Return the steps at which where critical work may run without a provider hangs on decisions, [M]."""
    found, work = p.instance.exclusivities, p.instance.workloads
    if found is None:
        return np.zeros(len(asked), dtype=bool)
    stays = ~lapsing(p.instance, gone) & (work.critical[found.workload] > 0.0)
    where: BoolArray = asked & found.steps[stays].any(axis=0)
    return where


def place_cover(p: Programme, names: Sequence[str], where: BoolArray, missing: IntArray) -> None:
    """Q9 where exclusivities hang on decisions: critical work is placed without the provider, by lots.

    Parameters
    ----------
    p
        The programme.
    names
        Providers that may be gone.
    where
        [P, M] at which steps the work is placed.
    missing
        [P, M] columns of what cover is missing, -1 where none may be.
    """
    if not where.any():
        return
    instance, frame = p.instance, p.frame
    critical = instance.workloads.critical[:, None] * instance.workloads.demand
    asks = where[:, None, :] & (critical > 0.0)[None]
    may = [instance.workloads.allowed(instance.sources, name)[:, frame.source] for name in names]
    reach: BoolArray = np.array(may) & frame.capable & asks[:, :, None, :]
    axes = {"provider": len(names), "workload": critical.shape[0]}
    steps = {"step": critical.shape[1]}
    kept = p.variables("kept", {**axes, "lot": len(frame.source), **steps}, r"g_{p,w,s,m} \ge 0", where=reach)
    short = p.variables(
        "short_of", {**axes, **steps}, r"n_{p,w,m} \ge 0", where=asks & (missing >= 0)[:, None, :]
    )
    used: BoolArray = np.asarray(reach.any(axis=1))
    number = numbered(used)
    gone, lot, step = np.nonzero(used)
    brought = [delivered(p, rows, -1.0, "") for rows in number]
    p.constrain(
        "cover_capacity",
        "Q9",
        {"provider": gone, "source": frame.source[lot], "step": step},
        [
            spread(r"\sum_w g_{p,w,s,m}", kept, number[:, None]),
            summed(r" - \sum_{c \text{ of } s} d_{c,m} v_c", brought),
        ],
        "<=",
        ("0", frame.capacity[lot, step]),
        over=r"\forall p, s \ne p, m",
    )
    number = numbered(asks)
    gone, workload, step = np.nonzero(asks)
    p.constrain(
        "cover_work",
        "Q9",
        {"provider": gone, "workload": workload, "workloads": 1 << workload, "step": step},
        [
            spread(r"\sum_{s \ne p} g_{p,w,s,m}", kept, number[:, :, None]),
            spread(" + n_{p,w,m}", short, number),
        ],
        ">=",
        (r"\chi_w D_{w,m}", critical[workload, step]),
        over=r"\forall p, w, m",
    )
    some: BoolArray = np.asarray((short >= 0).any(axis=1))
    gone, step = np.nonzero(some)
    p.constrain(
        "cover_missing",
        "Q9",
        {"provider": gone, "step": step},
        [
            spread(r"\sum_w n_{p,w,m}", short, numbered(some)[:, None]),
            spread(" - y^-_{p,m}", missing, numbered(some), -1.0),
        ],
        "<=",
        ("0", np.zeros(len(gone))),
        over=r"\forall p, m",
    )
    _bind_cover(p, names, kept, critical)


def _bind_cover(p: Programme, names: Sequence[str], kept: IntArray, critical: FloatArray) -> None:
    """Q16 on cover: signed exclusivities of providers that are not gone bind what is placed without one."""
    lapsed = [lapsing(p.instance, name) for name in names]
    rows = _BondRows(p, ("provider", "workloads"))
    for bond in _bonds(p):
        outside, w = ~bond.inside[p.frame.source], bond.workload
        for gone in range(len(names)):
            if not lapsed[gone][bond.members[0]]:
                rows.add(bond, kept[gone, w], outside, critical[w], provider=gone, workloads=1 << w)
    tex = (
        r"\sum_{s \notin H_c} g_{p,w,s,m}"
        r" + \chi_w D_{w,m} (\sum_c y_c - \sum_{e \text{ ends } c} y_e)"
    )
    over = r"\forall p, w, m \text{ that } c \text{ not of } p \text{ binds}"
    rows.write("cover_exclusivity", tex, r"\chi_w D_{w,m}", over)
