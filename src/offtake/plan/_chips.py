"""Which chips a party buys for sites of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from offtake.model import Structure

__all__ = ["bought_for_own_sites"]


def bought_for_own_sites(fixed: Structure, party: int) -> dict[int, list[int]]:
    """Return the chip lines that a party pays for phases all of which stand on its own sites, with them."""
    lines, delivery = fixed.lines, fixed.delivery
    found: dict[int, list[int]] = {}
    for line in sorted(set(lines.chip_phase[lines.chip_phase >= 0].tolist())):
        phases = np.flatnonzero(lines.chip_phase == line)
        owners = delivery.site_owner[delivery.phase_site[phases]]
        if lines.payer[line] == party and (owners == party).all():
            found[line] = phases.tolist()
    return found
