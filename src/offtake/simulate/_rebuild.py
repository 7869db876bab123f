"""A model put together again from its structure and its numbers."""

from typing import Any

from offtake.model import Model, Structure
from offtake.model.driver_arrays import DriverArrays

__all__ = ["rebuild"]


def rebuild(
    fixed: Structure, leaves: dict[str, Any], drivers: DriverArrays, uncertain: tuple[Any, ...]
) -> Model:
    """Return the model that has this structure and these numbers, which may be traced."""
    from offtake.model._leaves import Uncertain

    names, places, causes, durations = fixed.drawn_leaves
    kind, params, rho, factor, shift = uncertain
    drawn = Uncertain(
        labels=fixed.draws[0],
        leaves=names,
        places=places,
        causes=causes,
        durations=durations,
        kind=kind,
        params=params,
        rho=rho,
        factor=factor,
        shift=shift,
    )
    return Model(structure=fixed, leaves=leaves, drivers=drivers, uncertain=drawn)
