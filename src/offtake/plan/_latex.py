"""The programme as it is written down: LaTeX from the same calls that build what is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.plan._check import refuse
from offtake.plan._programme import build

if TYPE_CHECKING:
    from offtake.plan._instance import Instance
    from offtake.plan._programme import Goal, Programme
    from offtake.plan._risk import CVaR

__all__ = ["latex", "page"]

HEAD = """\
Made by `python -m offtake.plan` from the functions that build the programme; the rules Q1 to Q16 are those of
[the planning programme](plan-programme.md)."""

SYMBOLS = """\
Indices: contract rows $c$ with source $s$, parent $\\pi(c)$ and deciding node $n_c$; sources $s$ and pools
$P$ of sources that may carry the same work, whose use is then $u$ instead of the sum of their $x$;
workloads $w$ and their age $a \\le A_w$ in quarters; steps $m$ (a node's quarter) with the step before
$m^-$; leaves $l$; providers $p$. Data: $d$ capacity, $f$ take-or-pay floor, $\\varphi$ fee, $a$ advance,
$K$ commitment and $k$ MW under contract for each MW of a row, $\\underline v$ and $\\overline v$ its range,
$\\rho$ an option's ratio; $\\mu$ usage price, $\\eta_s$ efficiency, $\\sigma$ and $\\beta$ spot prices of
selling and buying; $D$ demand, $e$ earnings, $h$ worth, $\\phi$ penalty, $\\tau$ duration, $\\ell$ waiting
loss, $g$ service, $\\chi$ critical share; $\\theta$ weight of what lies beyond the horizon; $\\omega$ other
money, $\\gamma$ share of debt, $\\iota$ interest, $\\psi$ price of missing cash; $p_m$ probability,
$\\delta_m$ discount, $\\lambda$ and $\\alpha$ weight and level of CVaR; $H_c$ the sources on which
the exclusivity of row $c$ leaves its work, $D^+$ work asked for or waiting, $g_{p,w,s,m}$ critical work that
runs without provider $p$, $n_{p,w,m}$ what of it cannot. A factor $[\\cdot]$ is 1 where its condition holds,
else 0.
"""


def latex(instance: Instance, risk: CVaR | None = None, goal: Goal = "value") -> str:
    """Return the LaTeX of an instance's programme, the families of rows that it has.

    The result is one ``align`` environment, a line for the objective, each family and each variable.

    Raises
    ------
    InputError
        If the instance cannot be planned.
    """
    refuse(instance)
    lines = [f"& {tex}" for _, _, tex in _lines(build(instance, risk, goal))]
    return "\\begin{align}\n" + " \\\\\n".join(lines) + "\n\\end{align}"


def page(instance: Instance, risk: CVaR | None = None) -> str:
    """Return the programme of an instance as a page: each formula under its rule and name."""
    parts = [
        "# The planning programme in formulas",
        HEAD,
        SYMBOLS.rstrip(),
    ]
    lines = _lines(build(instance, risk))
    parts.append("## Rows")
    parts += [f"**{rule}** {name.replace('_', ' ')}\n\n$${tex}$$" for rule, name, tex in lines if rule]
    parts.append("## Variables")
    parts += [f"{name}: ${tex}$" for rule, name, tex in lines if not rule]
    return "\n\n".join(parts) + "\n"


def _lines(programme: Programme) -> list[tuple[str, str, str]]:
    """Return rule, name and LaTeX: the objective first, rows in the order of their rules, then variables."""
    found = [(f.rule, f.name, f.tex) for f in programme.formulas]
    rows = [line for line in found if line[0] and line[1] != "objective"]
    return [
        *(line for line in found if line[1] == "objective"),
        *sorted(rows, key=lambda line: int(line[0][1:])),
        *(line for line in found if not line[0]),
    ]
