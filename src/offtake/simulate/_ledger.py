"""The full ledger of one future, line by line."""

from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.model import Structure
from offtake.simulate._outside import INFLOWS, OUTFLOWS
from offtake.simulate._step import Flows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WORLD", "ledger"]

WORLD = "outside"
"""Name of the world outside the book in a ledger."""


def ledger(fixed: Structure, flows: Flows, future: int) -> "pd.DataFrame":
    """Return every line of one future's ledger.

    Parameters
    ----------
    fixed
        Structure of the model.
    flows
        Flows with axes [T, futures, ...], as a block gives them.
    future
        Which of the block's futures.

    Returns
    -------
    pandas.DataFrame
        Columns quarter, kind, deal, payer, receiver, due, paid (M USD); `outside` is the world. Lines
        that are zero both ways are left out.
    """
    import pandas as pd

    names, lines = fixed.names, fixed.lines
    quarters = [str(quarter) for quarter in fixed.calendar]
    rows: list[tuple[str, str, str, str, str, float, float]] = []

    def between(due: Any, paid: Any, t: int, suffix: str) -> None:
        for m in np.flatnonzero((due != 0) | (paid != 0)):
            payer, receiver = names.parties[lines.payer[m]], names.parties[lines.receiver[m]]
            rows.append(
                (
                    quarters[t],
                    lines.kind[m] + suffix,
                    lines.label[m],
                    payer,
                    receiver,
                    float(due[m]),
                    float(paid[m]),
                )
            )

    for t in range(fixed.quarters):
        inflow = np.asarray(flows.inflow[t, future])
        for f, n in zip(*np.nonzero(inflow), strict=True):
            value = float(inflow[f, n])
            rows.append((quarters[t], INFLOWS[f], "", WORLD, names.parties[n], value, value))
        between(
            np.asarray(flows.arrears[t, future]), np.asarray(flows.arrears_paid[t, future]), t, " arrears"
        )
        between(np.asarray(flows.due[t, future]), np.asarray(flows.paid[t, future]), t, "")
        due, paid = np.asarray(flows.outside_due[t, future]), np.asarray(flows.outside_paid[t, future])
        for f, n in zip(*np.nonzero((due != 0) | (paid != 0)), strict=True):
            rows.append(
                (quarters[t], OUTFLOWS[f], "", names.parties[n], WORLD, float(due[f, n]), float(paid[f, n]))
            )
        cost = np.asarray(flows.default_cost[t, future])
        rows += [
            (quarters[t], "default cost", "", names.parties[n], WORLD, float(cost[n]), float(cost[n]))
            for n in np.flatnonzero(cost)
        ]
    columns = ["quarter", "kind", "deal", "payer", "receiver", "due", "paid"]
    return pd.DataFrame(rows, columns=columns)
