"""What every engine returns: frozen records that say what made them."""

from offtake.results._files import read_run, write_run
from offtake.results._frozen import freeze
from offtake.results._simulation import Simulation
from offtake.results._variables import STATS, VARIABLES, Variable, require_described
from offtake.results.quantiles import Quantiles

__all__ = [
    "STATS",
    "VARIABLES",
    "Quantiles",
    "Simulation",
    "Variable",
    "freeze",
    "read_run",
    "require_described",
    "write_run",
]
