"""Facts: stated figures of a book, computed again from the book or from a simulation, and compared."""

from offtake.facts._defaults import DefaultRow, DefaultTable, base_rates, default_table
from offtake.facts._facts import FactRow, FactTable, check, evaluate, needs_simulation
from offtake.facts._measures import MEASURES

__all__ = [
    "MEASURES",
    "DefaultRow",
    "DefaultTable",
    "FactRow",
    "FactTable",
    "base_rates",
    "check",
    "default_table",
    "evaluate",
    "needs_simulation",
]
