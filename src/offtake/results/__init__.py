"""What every engine returns: frozen records that say what made them."""

from offtake.results._simulation import Simulation
from offtake.results._variables import STATS, VARIABLES, Variable
from offtake.results.quantiles import Quantiles

__all__ = ["STATS", "VARIABLES", "Quantiles", "Simulation", "Variable"]
