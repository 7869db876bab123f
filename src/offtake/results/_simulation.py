"""A finished simulation: its numbers, what made them, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from offtake.errors import InputError
from offtake.results._files import read_run, write_run
from offtake.results._frozen import freeze
from offtake.results._html import summary
from offtake.results._variables import STATS, require_described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import xarray as xr

__all__ = ["Simulation"]


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """What `offtake.simulate` returns: one labelled dataset, and what it takes to run it again.

    Parameters
    ----------
    dataset : xarray.Dataset
        The variables of `offtake.results.VARIABLES`; each has `units` and `long_name` in its attrs.
    paths : int
        Number of futures.
    seed : int
        Seed that they were drawn with.
    settings : mapping
        Further settings of the run, such as the scenario; what JSON can hold.
    book : str
        Name of the book.
    book_hash : str
        Hash of the book.
    version : str
        Version of Offtake.
    quantile_error : float
        Largest relative error of the quantiles; 0.0 when they are exact.
    audit : mapping of str to float
        Largest relative residual of each audited identity (`D1`, `D2`).
    citations : tuple of str
        Papers of the methods that the run used.
    ledger : callable, optional
        Gives the ledger of one future by its number.

    Raises
    ------
    InputError
        If a variable lacks its unit or its meaning, or if the dim `stat` has other labels.
    """

    dataset: xr.Dataset
    paths: int
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    book: str = ""
    book_hash: str = ""
    version: str = ""
    quantile_error: float = 0.0
    audit: Mapping[str, float] = field(default_factory=dict)
    citations: tuple[str, ...] = ()
    ledger: Callable[[int], pd.DataFrame] | None = None

    def __post_init__(self) -> None:
        require_described(self.dataset)
        stats = tuple(map(str, self.dataset.indexes["stat"])) if "stat" in self.dataset.dims else STATS
        if stats != STATS:
            msg = f"the dim `stat` holds {', '.join(stats)}; it must hold {', '.join(STATS)} in this order"
            raise InputError(msg)
        freeze(self, "settings", "audit")
        object.__setattr__(self, "citations", tuple(self.citations))

    def path(self, number: int) -> pd.DataFrame:
        """Return the ledger of one future: quarter, line, kind, deal, payer, receiver, due, paid, note.

        Parameters
        ----------
        number : int
            The future, from 0 to `paths` less one.

        Raises
        ------
        InputError
            If there is no such future, or if the run was loaded from a file, which holds no ledgers.
        """
        if not 0 <= number < self.paths:
            msg = f"there is no future {number}; this run has {self.paths:,}, counted from 0"
            raise InputError(msg)
        if self.ledger is None:
            msg = (
                "a saved run holds no ledgers; run the book again with the same seed and ask that run: "
                f"offtake.simulate(book, paths={self.paths}, seed={self.seed}).path({number})"
            )
            raise InputError(msg)
        return self.ledger(number)

    def values(self, variable: str, **labels: str | int) -> xr.DataArray:
        """Return a variable, at given labels of its dims.

        Parameters
        ----------
        variable : str
            Name of the variable.
        **labels
            A label for any of its dims: ``party="Lark Labs"``, ``stat="mean"``.

        Raises
        ------
        InputError
            If there is no such variable, dim or label; the error names those that there are.
        """
        if variable not in self.dataset.data_vars:
            msg = f"there is no variable `{variable}`; there are {_listed(self.dataset.data_vars)}"
            raise InputError(msg)
        array = self.dataset[variable]
        for dim, label in labels.items():
            if dim not in array.dims:
                msg = f"`{variable}` has no dim `{dim}`; it has {_listed(array.dims)}"
                raise InputError(msg)
            if label not in array.indexes[dim]:
                msg = f"`{variable}` has no {dim} `{label}`; it has {_listed(array.indexes[dim])}"
                raise InputError(msg)
            array = array.sel({dim: label})
        return array

    def fan(self, variable: str, **labels: str | int) -> pd.DataFrame:
        """Return mean and quantiles of a variable over time.

        Parameters
        ----------
        variable : str
            A variable with the dims `stat` and `quarter` (or `year`).
        **labels
            One label for each of its other dims.

        Returns
        -------
        pandas.DataFrame
            A row for each quarter (or year), a column for each of mean, q05, q25, q50, q75, q95, in the
            variable's unit.

        Raises
        ------
        InputError
            If the variable has no spread over time, or a dim is left without a label.
        """
        array = self.values(variable, **labels)
        time = [str(dim) for dim in array.dims if dim in {"quarter", "year"}]
        if "stat" not in array.dims or not time:
            msg = f"`{variable}` has no spread over time; read it with .to_dataframe(`{variable}`)"
            raise InputError(msg)
        left = [str(dim) for dim in array.dims if dim not in {"stat", *time}]
        if left:
            msg = (
                f"say which {' and '.join(left)}: fan(`{variable}`, {left[0]}=`{array.indexes[left[0]][0]}`)"
            )
            raise InputError(msg)
        frame = cast("pd.DataFrame", array.transpose(time[0], "stat").to_pandas())
        frame.columns = frame.columns.astype(str)
        return frame.rename_axis(columns=None)

    def to_dataframe(self, variable: str) -> pd.DataFrame:
        """Return a variable as a table: a row for each labels, a column for each statistic.

        Raises
        ------
        InputError
            If there is no such variable.
        """
        array = self.values(variable)
        if "stat" not in array.dims:
            return array.to_dataframe()[[variable]]
        others = [dim for dim in array.dims if dim != "stat"]
        frame: pd.DataFrame = array.transpose("stat", *others).to_dataframe()[variable].unstack("stat")
        index = [tuple(label) if len(others) > 1 else label[0] for label in _product(array, others)]
        frame = frame.loc[index, list(STATS)]
        return frame.rename_axis(columns=None)

    def save(self, path: str | Path) -> Path:
        """Write the run to a netCDF file, whole or not at all, and return where it is.

        Raises
        ------
        InputError
            If the folder does not exist.
        """
        record = {name: getattr(self, name) for name in _META}
        record["settings"], record["audit"] = dict(self.settings), dict(self.audit)
        return write_run(Path(path), self.dataset, record)

    @classmethod
    def load(cls, path: str | Path) -> Simulation:
        """Return a run that was saved; it has everything but the ledgers of single futures.

        Raises
        ------
        InputError
            If the file is missing or is not a saved run.
        """
        dataset, record = read_run(Path(path))
        return cls(dataset, **record)

    def __repr__(self) -> str:
        return f"<Simulation of {self.book or 'a book'}: {self.paths:,} futures, seed {self.seed}>"

    def _repr_html_(self) -> str:
        return summary(self)


_META = (
    "paths", "seed", "settings", "book", "book_hash", "version", "quantile_error", "audit", "citations",
)  # fmt: skip


def _listed(names: Any, most: int = 30) -> str:
    words = [str(name) for name in names]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _product(array: xr.DataArray, dims: list[Any]) -> list[tuple[Any, ...]]:
    """Return the labels of the dims in their own order, the last dim running fastest."""
    from itertools import product

    return list(product(*(array.indexes[dim] for dim in dims)))
