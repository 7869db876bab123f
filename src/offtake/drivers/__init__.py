"""Stochastic processes that drive a book: futures, their moments, and fits to histories."""

from offtake.drivers.fit import fit
from offtake.drivers.fitted import Fit
from offtake.drivers.history import History, read_history
from offtake.drivers.normals import standard_normals
from offtake.drivers.process import moments, simulate_drivers

__all__ = ["Fit", "History", "fit", "moments", "read_history", "simulate_drivers", "standard_normals"]
