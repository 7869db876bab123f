"""A model taken apart into structure and numbers, as compiled programs take it, and put together again."""

from typing import Any

from offtake.model import Model, Structure
from offtake.model.driver_arrays import DriverArrays

__all__ = ["numbers", "rebuild"]


def numbers(model: Model) -> tuple[dict[str, Any], tuple[Any, ...], tuple[Any, ...]]:
    """Return the numbers of a model that a compiled program takes as arguments: what `rebuild` takes."""
    uncertain, drivers = model.uncertain, model.drivers
    return (
        model.leaves,
        tuple(getattr(drivers, name) for name in drivers.ARRAYS),
        (uncertain.kind, uncertain.params, uncertain.rho, uncertain.factor, uncertain.shift),
    )


def rebuild(
    fixed: Structure, leaves: dict[str, Any], drivers: tuple[Any, ...], uncertain: tuple[Any, ...]
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
    by_name = dict(zip(DriverArrays.ARRAYS, drivers, strict=True))
    arrays = DriverArrays(**by_name, names=fixed.names.drivers, jumping=fixed.jumping)
    return Model(structure=fixed, leaves=leaves, drivers=arrays, uncertain=drawn)
