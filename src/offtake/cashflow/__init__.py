"""What each clause makes due: the one implementation of the terms."""

from offtake.cashflow._terms import (
    advance_credit,
    compute_fee,
    escalation,
    late_credit,
    loan_repayment,
    power_bill,
    released_advance,
    termination_due,
    tranche_total,
)

__all__ = [
    "advance_credit",
    "compute_fee",
    "escalation",
    "late_credit",
    "loan_repayment",
    "power_bill",
    "released_advance",
    "termination_due",
    "tranche_total",
]
