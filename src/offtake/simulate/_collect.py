"""Gathering blocks of futures into one dataset, in memory that does not grow with their number."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.model import Model
from offtake.results import STATS, VARIABLES, Quantiles
from offtake.simulate._gates import gate_criticality, gate_saving
from offtake.simulate._observe import years_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Collector"]

Array = Any
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


class Collector:
    """Means and quantiles of every variable of the results, block by block.

    Parameters
    ----------
    model
        The compiled book, for its labels.
    exact_up_to
        Futures up to which quantiles are exact.
    """

    def __init__(self, model: Model, exact_up_to: int) -> None:
        self._model = model
        self._exact_up_to = exact_up_to
        self._fans = tuple(name for name, variable in VARIABLES.items() if variable.dims[0] == "stat")
        self._means = tuple(name for name, variable in VARIABLES.items() if variable.dims[0] != "stat")
        self._fan: Quantiles | None = None
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._sums: dict[str, Array] = {}
        self._count = 0
        self.worst_residual = 0.0

    @property
    def quantile_error(self) -> float:
        """Largest relative error of the quantiles."""
        return 0.0 if self._fan is None else self._fan.error

    def add(self, values: dict[str, Array]) -> None:
        """Add a block: arrays by variable, futures first."""
        count = len(values["residual"])
        if self._fan is None:
            self._shapes = {name: tuple(values[name].shape[1:]) for name in self._fans}
            size = sum(int(np.prod(shape)) for shape in self._shapes.values())
            self._fan = Quantiles((size,), exact_up_to=self._exact_up_to)
        self._fan.add(
            np.concatenate([np.asarray(values[name]).reshape(count, -1) for name in self._fans], axis=1)
        )
        fixed, durations = self._model.structure, np.asarray(values["durations"])
        gates = {
            "gate_criticality": gate_criticality(fixed, durations),
            "gate_cost": gate_saving(fixed, durations),
        }
        values = {**values, **gates}
        for name in self._means:
            total = np.asarray(values[name]).sum(axis=0)
            self._sums[name] = total if name not in self._sums else self._sums[name] + total
        self._count += count
        self.worst_residual = max(self.worst_residual, float(np.max(values["residual"])))

    def dataset(self) -> "xr.Dataset":
        """Return all variables with their labels, units and meanings."""
        import xarray as xr

        if self._fan is None:
            message = "no futures were added"
            raise ValueError(message)
        stats = np.concatenate([self._fan.mean[None], self._fan.quantile(_QUANTILES)])
        arrays: dict[str, Any] = {}
        start = 0
        for name in self._fans:
            size = int(np.prod(self._shapes[name]))
            part = stats[:, start : start + size].reshape(len(STATS), *self._shapes[name])
            arrays[name] = (VARIABLES[name].dims, part, self._attrs(name))
            start += size
        for name, total in self._sums.items():
            arrays[name] = (VARIABLES[name].dims, total / self._count, self._attrs(name))
        return xr.Dataset(arrays, coords=self._labels())

    def _attrs(self, name: str) -> dict[str, str]:
        return {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].meaning}

    def _labels(self) -> dict[str, list[Any]]:
        names, calendar = self._model.names, self._model.structure.calendar
        years = years_of(self._model.structure)[0]
        return {
            "stat": list(STATS),
            "quarter": [str(quarter) for quarter in calendar],
            "year": list(years),
            "year_or_never": [*map(str, years), "never"],
            "party": list(names.parties),
            "deal": list(names.deals),
            "workload": list(names.workloads),
            "site": list(names.sites),
            "phase": list(names.phases),
            "gate": list(names.gates),
            "driver": list(names.drivers),
        }
