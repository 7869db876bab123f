"""Cash in every node (rule Q10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.plan._programme import Term, spread

if TYPE_CHECKING:
    from offtake.plan._programme import Programme

__all__ = ["define_cash"]


def define_cash(p: Programme) -> None:
    r"""Q10: ``cash_m = cash_before + other + money of the quarter + raised - interest on earlier debt``.

    ``cash_m + short_m >= minimum`` and ``raised <= funding``; where cash is not limited there are no such
    rows. What is short costs its price in the value, but no cash; without a price nothing may be short.
    """
    cash, tree = p.instance.cash, p.instance.tree
    if not cash.limited:
        return
    steps = len(tree.step_node)
    size, number = {"step": steps}, np.arange(steps)
    held = p.variables("cash", size, r"C_m \text{ free}", lower=-np.inf)
    raised = p.variables(
        "raised", size, r"0 \le F_m \le \overline F_m", upper=cash.funding, where=cash.funding > 0.0
    )
    owes = cash.debt_share > 0.0 and bool(cash.rate.any())
    debt = p.variables("debt", size, r"B_m \ge 0", where=np.full(steps, owes))
    before = tree.step_before
    earlier = before >= 0
    if owes:
        p.constrain(
            "debt",
            "Q10",
            {"step": number},
            [
                spread("B_m", debt, number),
                spread(" - B_{m^-}", debt[before], np.where(earlier, number, -1), -1.0),
                spread(r" - \gamma F_m", raised, number, -cash.debt_share),
            ],
            "=",
            ("0", np.zeros(steps)),
            over=r"\forall m",
        )
    column = np.concatenate([part.column for part in p.money])
    step = np.concatenate([part.step for part in p.money])
    value = np.concatenate([part.cash for part in p.money])
    moving = value != 0.0
    fixed = np.add.reduce([part.fixed_cash for part in p.money]) + cash.other
    p.constrain(
        "cash",
        "Q10",
        {"step": number},
        [
            spread("C_m", held, number),
            spread(" - C_{m^-}", held[before], np.where(earlier, number, -1), -1.0),
            spread(" - F_m", raised, number, -1.0),
            spread(r" + \iota_m B_{m^-}", debt[before], np.where(earlier, number, -1), cash.rate),
            Term(r" - \mathrm{money}_m", step[moving], column[moving], -value[moving]),
        ],
        "=",
        (r"\omega_m + C_0 [m^- = 0]", fixed + np.where(earlier, 0.0, cash.opening)),
        over=r"\forall m",
    )
    priced = cash.shortfall is not None
    short = p.variables("short", size, r"S_m \ge 0", where=np.full(steps, priced))
    if cash.shortfall is not None:
        nothing = np.zeros(steps)
        p.pay("short of cash", r" - \psi S_m", short, number, np.full(steps, -cash.shortfall), cash=nothing)
    p.constrain(
        "cash_least",
        "Q10",
        {"step": number},
        [spread("C_m", held, number), spread(" + S_m", short, number)],
        ">=",
        (r"\underline C", np.full(steps, cash.minimum)),
        over=r"\forall m",
    )
