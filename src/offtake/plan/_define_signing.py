"""What may be signed, with what it excludes and costs by itself (rules Q1, Q8, Q11, Q12, Q13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.plan._frame import entries
from offtake.plan._programme import Term, numbered, spread

if TYPE_CHECKING:
    from offtake.plan._instance import BoolArray, FloatArray, IntArray
    from offtake.plan._programme import Programme

__all__ = [
    "define_commitment",
    "define_contracted",
    "define_exposure",
    "define_fixed_costs",
    "define_once",
    "define_options",
    "define_signing",
    "provider_of",
    "standing",
]


def define_signing(p: Programme) -> None:
    r"""Q1: ``least·y <= v <= most·y``, y in {0, 1}, for what is all or nothing; else ``0 <= v <= most``."""
    contracts, frame = p.instance.contracts, p.frame
    related = np.array([relation == "all" for relation in contracts.relation], dtype=bool)
    yes_or_no = ~frame.given & (contracts.whole | related | (contracts.once >= 0))
    if p.instance.exclusivities is not None:
        yes_or_no[p.instance.exclusivities.row] |= ~frame.given[p.instance.exclusivities.row]
    size = {"row": len(contracts.entry)}
    v = p.variables("v", size, r"0 \le v_c \le \overline v_c", upper=frame.most, where=~frame.given)
    y = p.variables("y", size, r"y_c \in \{0, 1\}", where=yes_or_no, binary=True)
    rows = np.flatnonzero(yes_or_no)
    number = np.arange(len(rows))
    p.constrain(
        "most",
        "Q1",
        {"contract": rows},
        [spread("v_c", v[rows], number), spread(r" - \overline v_c y_c", y[rows], number, -frame.most[rows])],
        "<=",
        ("0", np.zeros(len(rows))),
        over=r"\forall c \text{ signed or not}",
    )
    rows = np.flatnonzero(yes_or_no & contracts.whole & (contracts.least > 0.0))
    number = np.arange(len(rows))
    p.constrain(
        "least",
        "Q1",
        {"contract": rows},
        [
            spread("v_c", v[rows], number),
            spread(r" - \underline v_c y_c", y[rows], number, -contracts.least[rows]),
        ],
        ">=",
        ("0", np.zeros(len(rows))),
        over=r"\forall c \text{ whole}",
    )


def define_options(p: Programme) -> None:
    r"""Q1: an option's volume hangs on its parent's.

    share: ``v <= ratio·v_parent``; equal: ``v = ratio·v_parent``; all, b in {0, 1}: ``v <= ratio·v_parent``,
    ``v <= ratio·most_parent·b``, ``v >= ratio·v_parent - ratio·most_parent·(1 - b)``.
    """
    contracts, frame, v = p.instance.contracts, p.frame, p.columns["v"]
    relation = np.array(contracts.relation, dtype=object)

    def hangs(name: str, kinds: tuple[str, ...], sense: str, big: FloatArray | None, over: str) -> None:
        rows = np.flatnonzero(~frame.given & np.isin(relation, kinds))
        number, parent, ratio = np.arange(len(rows)), contracts.parent[rows], contracts.ratio[rows]
        bound = ratio * frame.volume[parent]
        terms = [
            spread("v_c", v[rows], number),
            spread(r" - \rho_c v_{\pi(c)}", v[parent], number, -ratio),
        ]
        tex = "0"
        if big is not None:
            reach = ratio * big[parent]
            terms.append(spread(r" - \rho_c \overline v_{\pi(c)} b_c", p.columns["y"][rows], number, -reach))
            bound, tex = bound - reach, r"-\rho_c \overline v_{\pi(c)}"
        p.constrain(name, "Q1", {"contract": rows}, terms, sense, (tex, bound), over=over)  # type: ignore[arg-type]

    most = np.where(frame.given, frame.volume, frame.most)
    hangs("option_share", ("share", "all"), "<=", None, r"\forall c \text{ a share, or all, of } \pi(c)")
    hangs("option_equal", ("equal",), "=", None, r"\forall c \text{ equal to } \pi(c)")
    hangs("option_all", ("all",), ">=", most, r"\forall c \text{ all of } \pi(c)")


def define_once(p: Programme) -> None:
    r"""Q1: ``Σ_{c of g on a path} y_c <= 1``: one offer is signed once, with one start, along every path."""
    contracts, tree, frame, y = p.instance.contracts, p.instance.tree, p.frame, p.columns["y"]
    leaves = tree.leaves
    found: dict[bytes, tuple[int, IntArray]] = {}
    for group in np.unique(contracts.once[(contracts.once >= 0) & ~frame.given]):
        rows = np.flatnonzero((contracts.once == group) & ~frame.given)
        on_path = frame.above[leaves][:, contracts.node[rows]]
        for pattern in np.unique(on_path, axis=0):
            chosen = rows[pattern]
            if len(chosen) > 1:
                found.setdefault(chosen.tobytes(), (int(group), chosen))
    sets = list(found.values())
    number = (
        np.repeat(np.arange(len(sets)), [len(rows) for _, rows in sets]) if sets else np.zeros(0, dtype=int)
    )
    rows = np.concatenate([rows for _, rows in sets]) if sets else np.zeros(0, dtype=int)
    p.constrain(
        "once",
        "Q1",
        {"once": np.array([group for group, _ in sets], dtype=int)},
        [spread(r"\sum_{c \in g,\, n_c \preceq l} y_c", y[rows], number)],
        "<=",
        ("1", np.ones(len(sets))),
        over=r"\forall g, l",
    )


def define_fixed_costs(p: Programme) -> None:
    r"""Q8: ``z_{g,m} >= y_c - Σ ended_c``, z in {0, 1}, for providers and chip families beyond what is given.

    A row that may have any volume counts as ``v_c / most_c`` instead of y. Steps at which the same rows stand
    under contract share one z.
    """
    limits = p.instance.limits
    stands = standing(p)
    groups = [(limits.provider_cost, provider_of(p)), (limits.chip_family_cost, _chip_of(p))]
    sets: list[tuple[IntArray, float, IntArray]] = []
    for cost, names in groups:
        if cost == 0.0:
            continue
        for name in dict.fromkeys(n for n in names if n):
            rows = np.flatnonzero(names == name)
            given = stands[rows[p.frame.given[rows]]].any(axis=0)
            free = rows[~p.frame.given[rows]]
            patterns, which = np.unique(stands[free] & ~given, axis=1, return_inverse=True)
            sets += [
                (free[patterns[:, k]], cost, np.flatnonzero(which.ravel() == k))
                for k in range(patterns.shape[1])
                if patterns[:, k].any()
            ]
    z = p.variables(
        "z", {"fixed": len(sets)}, r"z_{g,m} \in \{0, 1\}", where=np.ones(len(sets), bool), binary=True
    )
    _link_fixed(p, [rows for rows, _, _ in sets], z)
    p.pay(
        "fixed",
        r" - \sum_g k_g z_{g,m}",
        np.repeat(z, [len(at) for _, _, at in sets]) if sets else np.zeros(0, dtype=int),
        np.concatenate([at for _, _, at in sets]) if sets else np.zeros(0, dtype=int),
        -np.repeat([cost for _, cost, _ in sets], [len(at) for _, _, at in sets]) if sets else np.zeros(0),
        cash=np.zeros(sum(len(at) for _, _, at in sets)),
    )


def _link_fixed(p: Programme, sets: list[IntArray], z: IntArray) -> None:
    """Write which rows make which z stand."""
    contracts, v, y = p.instance.contracts, p.columns["v"], p.columns["y"]
    what = np.array(contracts.what, dtype=object)
    ends: dict[int, list[int]] = {}
    for row in np.flatnonzero(what == "termination"):
        ends.setdefault(int(contracts.parent[row]), []).append(int(row))
    pairs = [
        (k, int(row), set(rows.tolist()))
        for k, rows in enumerate(sets)
        for row in rows
        if what[row] != "termination"
    ]
    number, signed = np.arange(len(pairs)), np.array([row for _, row, _ in pairs], dtype=int)
    binary = y[signed] >= 0
    over = [
        (i, end) for i, (_, row_, inside) in enumerate(pairs) for end in ends.get(row_, []) if end in inside
    ]
    at, ended = (np.array([pair[k] for pair in over], dtype=int) for k in (0, 1))
    p.constrain(
        "fixed",
        "Q8",
        {"contract": signed},
        [
            spread("z_{g,m}", z[[k for k, _, _ in pairs]] if pairs else np.zeros(0, dtype=int), number),
            spread(
                " - y_c",
                np.where(binary, y[signed], v[signed]),
                number,
                -np.where(binary, 1.0, 1.0 / p.frame.most[signed]),
            ),
            spread(r" + \sum_{e \text{ ends } c} y_e", y[ended], at),
        ],
        ">=",
        ("0", np.zeros(len(pairs))),
        over=r"\forall c \in g, m",
    )


def define_commitment(p: Programme) -> None:
    r"""Q11: ``Σ_c commitment_c v_c <= limit`` over what is signed on the way to each node that decides."""
    contracts, frame, limit = p.instance.contracts, p.frame, p.instance.limits.commitment
    if limit is None:
        return
    free = np.flatnonzero(~frame.given & (contracts.commitment != 0.0))
    nodes = np.unique(contracts.node[free])
    node, row = np.nonzero(frame.above[nodes][:, contracts.node[free]])
    row = free[row]
    p.constrain(
        "commitment",
        "Q11",
        {"node": nodes},
        [Term(r"\sum_{c \preceq n} K_c v_c", node, p.columns["v"][row], contracts.commitment[row])],
        "<=",
        (r"\overline K", np.full(len(nodes), limit)),
        over=r"\forall n",
    )


def define_contracted(p: Programme) -> None:
    r"""Q12: ``contracted_least <= Σ_c contracted_{c,t} v_c <= contracted_most``.

    At every step of a quarter in which anything may stand under contract.
    """
    contracts, tree, frame, limits = p.instance.contracts, p.instance.tree, p.frame, p.instance.limits
    if limits.contracted_least is None and limits.contracted_most is None:
        return
    quarters = np.any(
        (contracts.contracted != 0.0) & ((frame.most > 0.0) | (frame.volume > 0.0))[:, None], axis=0
    )
    # steps of one quarter below one decision stand under the same contracts
    keys = np.column_stack([tree.parent[tree.step_node], tree.step_quarter])
    keys = np.unique(keys[quarters[tree.step_quarter]], axis=0)
    node, quarter = keys[:, 0], keys[:, 1]
    decided = frame.above[node][:, np.maximum(contracts.node, 0)] & ~frame.given
    given = np.einsum("c,ct->t", frame.volume, contracts.contracted)[quarter]
    coefficients = contracts.contracted[:, quarter].T * decided
    row, column = np.nonzero(coefficients)
    total = Term(r"\sum_{c \preceq m} k_{c,t(m)} v_c", row, p.columns["v"][column], coefficients[row, column])
    about = {"node": node, "quarter": quarter}
    for name, limit, sense, tex in (
        ("contracted_most", limits.contracted_most, "<=", r"\overline k"),
        ("contracted_least", limits.contracted_least, ">=", r"\underline k"),
    ):
        if limit is not None:
            p.constrain(name, "Q12", about, [total], sense, (tex, limit - given), over=r"\forall m")  # type: ignore[arg-type]


def define_exposure(p: Programme) -> None:
    r"""Q13: ``Σ_{c of provider} advance_{c,m} v_c <= exposure`` for each provider at each step."""
    contracts, frame, limit = p.instance.contracts, p.frame, p.instance.limits.exposure
    if limit is None:
        return
    provider = provider_of(p)
    names = list(dict.fromkeys(name for name in provider if name))
    group = np.array([names.index(name) if name else -1 for name in provider], dtype=int)
    steps = contracts.advance.shape[1]
    given = np.zeros((len(names), steps))
    for row in np.flatnonzero(frame.given & (group >= 0)):
        given[group[row]] += frame.volume[row] * contracts.advance[row]
    found = entries(frame, contracts.advance)
    kept = group[found.row] >= 0
    where = given > limit
    where[group[found.row[kept]], found.step[kept]] = True
    number = numbered(where)
    about = dict(zip(("provider", "step"), np.nonzero(where), strict=True))
    p.constrain(
        "exposure",
        "Q13",
        about,
        [
            spread(
                r"\sum_{c \text{ of } p} a_{c,m} v_c",
                p.columns["v"][found.row[kept]],
                number[group[found.row[kept]], found.step[kept]],
                found.value[kept],
            )
        ],
        "<=",
        (r"\overline a", limit - given[where]),
        over=r"\forall p, m",
    )


def provider_of(p: Programme) -> np.ndarray:
    """Return the party that sells each row, empty where it is unknown, [C]."""
    return _of_source(p, p.instance.sources.provider)


def _chip_of(p: Programme) -> np.ndarray:
    return _of_source(p, p.instance.sources.chip)


def _of_source(p: Programme, names: tuple[str, ...]) -> np.ndarray:
    contracts = p.instance.contracts
    return np.array([names[s] if s >= 0 else "" for s in contracts.sold_at], dtype=object)


def standing(p: Programme) -> BoolArray:
    """Return the steps at which each row may stand under contract, or end what stands, [C, M]."""
    contracts, tree, frame = p.instance.contracts, p.instance.tree, p.frame
    decided = frame.above[tree.parent[tree.step_node]][:, np.maximum(contracts.node, 0)].T
    on_path = decided | frame.given[:, None]
    able = (frame.most > 0.0) & ((frame.volume > 0.0) | ~frame.given)
    stands: BoolArray = (contracts.contracted[:, tree.step_quarter] != 0.0) & on_path & able[:, None]
    return stands
