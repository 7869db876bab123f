"""Gathering blocks of futures into one dataset, in memory that does not grow with their number."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.model import Model
from offtake.results import STATS, VARIABLES, Quantiles
from offtake.simulate._gates import gate_criticality, gate_saving
from offtake.simulate._observe import Condensed, sizes, years_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Collector"]

Array = Any
_EXACT: Final = 10_000
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


class Collector:
    """Means and quantiles of every variable of the results, block by block.

    Parameters
    ----------
    model
        The compiled book, for its labels.
    budget
        Bytes that the values kept for exact quantiles may take; about half of it is, because a series that
        never moves is not kept.
    """

    def __init__(self, model: Model, budget: int = 800_000_000) -> None:
        self._model = model
        self._labels = _labels(model)
        self._shapes = sizes({dim: len(names) for dim, names in self._labels.items()})
        series = sum(int(np.prod(shape)) for shape in self._shapes.values())
        self._fan = Quantiles((series,), exact_up_to=min(_EXACT, budget // (4 * max(1, series))))
        self._sums: dict[str, Array] = {}
        self._count = 0
        self.worst_residual = 0.0

    @property
    def quantile_error(self) -> float:
        """Largest relative error of the quantiles."""
        return self._fan.error

    def add(self, block: Condensed, count: int) -> None:
        """Add the first futures of a block."""
        self._fan.add(np.asarray(block.fan)[:count], total=np.asarray(block.fan_total))
        fixed, durations = self._model.structure, np.asarray(block.durations)[:count]
        totals = {name: np.asarray(total) for name, total in block.totals.items()}
        totals["gate_criticality"] = gate_criticality(fixed, durations).sum(axis=0)
        totals["gate_cost"] = gate_saving(fixed, durations).sum(axis=0)
        for name, total in totals.items():
            self._sums[name] = total if name not in self._sums else self._sums[name] + total
        self._count += count
        self.worst_residual = max(self.worst_residual, float(np.max(np.asarray(block.residual)[:count])))

    def dataset(self) -> "xr.Dataset":
        """Return all variables with their labels, units and meanings."""
        import xarray as xr

        # a mean of zero from tiny opposite terms is shown as zero, not as minus zero
        stats = np.concatenate([self._fan.mean[None], self._fan.quantile(_QUANTILES)]) + 0.0
        arrays: dict[str, Any] = {}
        start = 0
        for name, shape in self._shapes.items():
            size = int(np.prod(shape))
            part = stats[:, start : start + size].reshape(len(STATS), *shape)
            arrays[name] = (VARIABLES[name].dims, part, self._attrs(name))
            start += size
        arrays["energised_for"] = (*arrays["delivered"][:2], self._attrs("energised_for"))
        for name, total in self._sums.items():
            arrays[name] = (VARIABLES[name].dims, total / self._count, self._attrs(name))
        return xr.Dataset({name: arrays[name] for name in VARIABLES}, coords=self._labels)

    def _attrs(self, name: str) -> dict[str, str]:
        return {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].meaning}


def _labels(model: Model) -> dict[str, list[Any]]:
    """Return the labels of every dim of the results."""
    names, calendar = model.names, model.structure.calendar
    years = years_of(model.structure)[0]
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
