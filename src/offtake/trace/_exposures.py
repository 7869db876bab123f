"""What each party would lose if another paid nothing from a quarter on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.trace._announced import Announced
    from offtake.trace._contracted import Dues

__all__ = ["exposures", "net_of_mutual"]

FloatArray = Any

_REPAID: Final = "principal"
_OF_LOANS: Final = ("draw", "interest", _REPAID)


def exposures(
    plan: Announced, dues: Dues, start: int, paid: Mapping[str, FloatArray] | None = None
) -> FloatArray:
    """Return what each party (row) has at stake with each other (column) from a quarter on, ``[N, N]``.

    Parameters
    ----------
    plan, dues
        The announced schedule and what falls due on it.
    start
        The quarter from which the other pays nothing.
    paid
        Mean payments of a run by deal (or ``site/<name>``), each ``[T]``, in place of what is contracted;
        loans and prepayments are told by their schedules in any case.

    Notes
    -----
    Counted are payments to come up to the end of the calendar, loans outstanding at the start of the quarter
    with the interest on them, and prepayments not yet credited. Repayments are within what is outstanding.
    """
    fixed = plan.model.structure
    lines, parties = fixed.lines, len(fixed.names.parties)
    found = np.zeros((parties, parties))
    for m, kind in enumerate(lines.kind):
        if kind != _REPAID and (paid is None or kind in _OF_LOANS):
            found[lines.receiver[m], lines.payer[m]] += dues.lines[start:, m].sum()
    if paid is not None:
        loans = {fixed.names.deals[deal] for deal in fixed.loans.deal}
        for label, debtor, creditor in _ends(plan):
            to_come = float(paid[label][start:].sum()) if label in paid and label not in loans else 0.0
            ends = (creditor, debtor) if to_come >= 0 else (debtor, creditor)
            found[ends] += abs(to_come)
    np.add.at(found, (fixed.loans.lender, fixed.loans.borrower), dues.outstanding[start])
    np.add.at(found, (fixed.capacity.buyer, fixed.capacity.seller), dues.prepaid[start])
    np.fill_diagonal(found, 0.0)
    return found


def _ends(plan: Announced) -> list[tuple[str, int, int]]:
    """Return every deal, and every site whose chips no deal supplies, with its debtor and creditor."""
    fixed = plan.model.structure
    lines, deals = fixed.lines, fixed.names.deals
    found = [
        (name, int(fixed.deal_debtor[number]), int(fixed.deal_creditor[number]))
        for number, name in enumerate(deals)
    ]
    return found + [
        (lines.label[m], int(lines.payer[m]), int(lines.receiver[m]))
        for m in range(len(lines.kind))
        if lines.deal[m] < 0
    ]


def net_of_mutual(gross: FloatArray) -> FloatArray:
    """Return exposures after what two parties owe each other is set off.

    Examples
    --------
    >>> net_of_mutual(np.array([[0.0, 5.0], [2.0, 0.0]])).tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """
    return np.maximum(gross - gross.T, 0.0)
