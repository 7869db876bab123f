"""The objective: expected value less a charge on the worst futures (rule Q14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.plan._frame import entries
from offtake.plan._programme import Formula, Term, spread

if TYPE_CHECKING:
    from offtake.plan._instance import FloatArray, IntArray
    from offtake.plan._programme import Programme

__all__ = ["define_fees", "define_objective"]


def define_fees(p: Programme) -> None:
    r"""Q10, Q14: the fee of a row is ``fee_{c,m} v_c``, counted (1 + tail) times in the value."""
    contracts, frame = p.instance.contracts, p.frame
    weight = 1.0 + contracts.tail if p.instance.terminal == "continue" else np.ones_like(contracts.tail)
    found = entries(frame, contracts.fee)
    given = np.flatnonzero(frame.given)
    volume = frame.volume[given]
    p.pay(
        "fees",
        r" - \sum_c (1 + \theta_{c,m}) \varphi_{c,m} v_c",
        p.columns["v"][found.row],
        found.step,
        -found.value * weight[found.row, found.step],
        cash=-found.value,
        fixed=(-volume @ (contracts.fee * weight)[given], -volume @ contracts.fee[given]),
    )


def define_objective(p: Programme) -> None:
    r"""Q14: ``max Σ_m p_m δ_m value_m - weight·(η + Σ_l p_l u_l / (1 - level))``.

    With ``u_l >= -V_l - η`` and u >= 0; V_l is the discounted value along the path to leaf l (Rockafellar
    and Uryasev 2000).
    """
    tree, frame = p.instance.tree, p.frame
    column = np.concatenate([part.column for part in p.money])
    step = np.concatenate([part.step for part in p.money])
    value = np.concatenate([part.value for part in p.money])
    fixed = np.add.reduce([part.fixed_value for part in p.money])
    p.fixed = float(frame.weight @ fixed)
    labels, coefficients = (
        [column, p.columns["unit"].ravel()],
        [frame.weight[step] * value, np.array([p.fixed])],
    )
    tex = "".join(part.tex for part in p.money if part.column.size or part.fixed_value.any())
    goal = rf"\max \sum_m p_m \delta_m \bigl({tex.strip().removeprefix('+').strip()}\bigr)"
    if p.risk.weight > 0.0:
        level, shortfall = _define_risk(p, column, step, frame.discount[step] * value, frame.discount * fixed)
        share = tree.probability[tree.leaves] / (1.0 - p.risk.level)
        labels += [level.ravel(), shortfall.ravel()]
        coefficients += [np.array([-p.risk.weight]), -p.risk.weight * share]
        goal += r" - \lambda \bigl(\eta + \tfrac{1}{1-\alpha} \sum_l p_l u_l\bigr)"
    p.formulas.append(Formula("Q14", "objective", goal))
    _set_objective(p, np.concatenate(labels), np.concatenate(coefficients))


def _define_risk(
    p: Programme, column: IntArray, step: IntArray, value: FloatArray, fixed: FloatArray
) -> tuple[IntArray, IntArray]:
    """Write the value of each path and its shortfall."""
    tree = p.instance.tree
    nodes = np.arange(1, len(tree.parent))
    total = p.variables(
        "total", {"node": len(tree.parent)}, r"V_n \text{ free}", lower=-np.inf, where=tree.parent >= 0
    )
    p.constrain(
        "total",
        "Q14",
        {"node": nodes},
        [
            spread("V_n", total[nodes], nodes - 1),
            spread(
                r" - V_{\pi(n)}",
                np.where(tree.parent[nodes] > 0, total[tree.parent[nodes]], -1),
                nodes - 1,
                -1.0,
            ),
            Term(r" - \sum_{m \in n} \delta_m \mathrm{value}_m", tree.step_node[step] - 1, column, -value),
        ],
        "=",
        ("0", np.bincount(tree.step_node, fixed, minlength=len(tree.parent))[1:].astype(float)),
        over=r"\forall n",
    )
    leaves = tree.leaves
    level = p.variables("level", {"one": 1}, r"\eta \text{ free}", lower=-np.inf)
    shortfall = p.variables("shortfall", {"leaf": len(leaves)}, r"u_l \ge 0")
    number = np.arange(len(leaves))
    p.constrain(
        "shortfall",
        "Q14",
        {"node": leaves},
        [
            spread("u_l", shortfall, number),
            spread(" + V_l", total[leaves], number),
            spread(r" + \eta", level, number),
        ],
        ">=",
        ("0", np.zeros(len(leaves))),
        over=r"\forall l",
    )
    return level, shortfall


def _set_objective(p: Programme, labels: IntArray, coefficients: FloatArray) -> None:
    import linopy
    import xarray as xr

    summed = np.bincount(labels, coefficients)
    used = np.flatnonzero(summed)
    terms = xr.Dataset({"coeffs": ("_term", summed[used]), "vars": ("_term", used)})
    p.model.add_objective(linopy.LinearExpression(terms, p.model), sense="max")
