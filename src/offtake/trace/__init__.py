"""Where the money comes from: flows, what goes round, origins of receipts, exposures, concentration."""

from offtake.trace._circulation import circulating, circulation
from offtake.trace._concentration import Concentration, herfindahl
from offtake.trace._cycles import CycleSearch, find_cycles
from offtake.trace._money import KINDS, DealFlow
from offtake.trace._origins import Origins, trace_origins
from offtake.trace._result import TABLES, Cycle, CycleArc, Trace
from offtake.trace._trace import ORIGINS, trace

__all__ = [
    "KINDS",
    "ORIGINS",
    "TABLES",
    "Concentration",
    "Cycle",
    "CycleArc",
    "CycleSearch",
    "DealFlow",
    "Origins",
    "Trace",
    "circulating",
    "circulation",
    "find_cycles",
    "herfindahl",
    "trace",
    "trace_origins",
]
