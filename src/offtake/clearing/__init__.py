"""Clearing of payments among parties, and contagion.

Payments on which all parties agree (`clear_lines`, `rogers_veraart`, `eisenberg_noe`, `elsinger`), values
of parties that own each other (`dependency_matrix`, `market_values`), and distress that spreads along
claims (`debtrank`, `impact_susceptibility`, `impact_fluidity`, `impact_diffusion`). Everything works on
trailing axes, in numpy or jax.
"""

from offtake.clearing._crossholdings import dependency_matrix, market_values
from offtake.clearing._debtrank import (
    Diffusion,
    Distress,
    debtrank,
    impact_diffusion,
    impact_fluidity,
    impact_susceptibility,
)
from offtake.clearing._lines import LineClearing, clear_lines
from offtake.clearing._networks import Clearing, eisenberg_noe, elsinger, rogers_veraart

__all__ = [
    "Clearing",
    "Diffusion",
    "Distress",
    "LineClearing",
    "clear_lines",
    "debtrank",
    "dependency_matrix",
    "eisenberg_noe",
    "elsinger",
    "impact_diffusion",
    "impact_fluidity",
    "impact_susceptibility",
    "market_values",
    "rogers_veraart",
]
