"""Stochastic processes that drive a book: futures, their moments, and fits to histories."""

from offtake.drivers.normals import standard_normals
from offtake.drivers.process import moments, simulate_drivers

__all__ = ["moments", "simulate_drivers", "standard_normals"]
