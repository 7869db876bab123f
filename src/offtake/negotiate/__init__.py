"""`negotiate`: both chairs of the table, and the bargaining games behind it."""

from offtake.negotiate._bargain import Bargain, kalai_smorodinsky, nash
from offtake.negotiate._coalitions import Shapley, shapley
from offtake.negotiate._core import Core, core
from offtake.negotiate._frontier import pareto

__all__ = ["Bargain", "Core", "Shapley", "core", "kalai_smorodinsky", "nash", "pareto", "shapley"]
