"""`plan`: which offers to sign, how much and when, as a stochastic programme from one buyer's chair.

A book becomes an `Instance` (plain arrays), a programme of linopy solves it with HiGHS, and the `Plan` says
what to sign, what it is worth and how work is served. docs/plan.md tells how to ask, docs/plan-programme.md
what is solved.
"""

from offtake.plan._plan import plan
from offtake.plan._reopen import reopened, yet_to_begin
from offtake.plan._result import Alternative, Bounds, Fresh, FrontierPoint, Margin, Plan, Signing, TimePoint
from offtake.plan._risk import CVaR, conditional_value_at_risk

__all__ = [
    "Alternative",
    "Bounds",
    "CVaR",
    "Fresh",
    "FrontierPoint",
    "Margin",
    "Plan",
    "Signing",
    "TimePoint",
    "conditional_value_at_risk",
    "plan",
    "reopened",
    "yet_to_begin",
]
