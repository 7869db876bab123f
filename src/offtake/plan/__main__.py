"""``python -m offtake.plan > docs/plan-latex.md`` prints the programme's formulas."""

import sys

from offtake.plan._latex import page
from offtake.plan._risk import CVaR
from offtake.plan._specimen import specimen

if __name__ == "__main__":
    sys.stdout.write(page(specimen(), CVaR(0.95, weight=0.3)))
