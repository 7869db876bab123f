"""What happens in many futures: every party's cash, capacity and defaults, quarter by quarter."""

from offtake.simulate._ledger import WORLD
from offtake.simulate._simulate import BLOCK, path_ledger, simulate

__all__ = ["BLOCK", "WORLD", "path_ledger", "simulate"]
