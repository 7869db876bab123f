"""`stress`: one thing changed, all else the same future by future."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from offtake._version import __version__
from offtake.drivers import standard_normals
from offtake.errors import InputError
from offtake.results import freeze
from offtake.simulate._ahead import ahead
from offtake.simulate._refusals import refuse_leak, refuse_no_paths
from offtake.stress._course import Course, program
from offtake.stress._dataset import dataset_of
from offtake.stress._gather import Gathered, Part, block_part
from offtake.stress._shocks import Case, Fail, Shock, cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    import xarray as xr

    from offtake.book import Book
    from offtake.model import Model
    from offtake.stress._ranking import Ranking

__all__ = ["CITATIONS", "Stress", "stress"]

BLOCK: Final = 256
"""Futures in a block: small enough that a quarter's arrays stay in a core's cache."""


CITATIONS: Final = (
    "Rogers and Veraart (2013). Failure and rescue in an interbank network. Management Science 59(4).",
    "Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II.",
    "Battiston, S., et al. (2012). DebtRank: too central to fail? Scientific Reports 2, 541.",
    "Bardoscia, M., et al. (2015). DebtRank: a microscopic foundation. PLoS ONE 10(6).",
)


@dataclass(frozen=True, eq=False, repr=False)
class Stress:
    """What `offtake.stress` returns: what each shock changed against the book as it stands.

    Parameters
    ----------
    dataset : xarray.Dataset
        The variables of docs/stress.md, each with `units` and `long_name` in its attrs.
    shocks : tuple of Shock
        What was changed.
    paths, seed : int
        Number of futures, and the seed that they were drawn with.
    settings : mapping
        Engine, and whether losses are split by channel.
    book, book_hash, version : str
        Name and hash of the book, and version of Offtake.
    quantile_error : float
        Largest relative error of the quantiles of losses; 0.0 when they are exact.
    audit : mapping of str to float
        Largest relative residual of D1 and D2 over all runs.
    ranking : Ranking
        The parties by harm done and by harm suffered, with DebtRank beside them.
    citations : tuple of str
        Papers of the methods.
    """

    dataset: xr.Dataset
    shocks: tuple[Shock, ...]
    paths: int
    seed: int
    settings: Mapping[str, Any]
    book: str
    book_hash: str
    version: str
    quantile_error: float
    audit: Mapping[str, float]
    ranking: Ranking
    citations: tuple[str, ...] = CITATIONS

    def __post_init__(self) -> None:
        freeze(self, "settings", "audit")

    def values(self, variable: str, **labels: str | int) -> xr.DataArray:
        """Return a variable, at given labels of its dims.

        Raises
        ------
        InputError
            If there is no such variable, dim or label; the error names those that there are.
        """
        if variable not in self.dataset.data_vars:
            message = (
                f"there is no variable `{variable}`; there are {', '.join(map(str, self.dataset.data_vars))}"
            )
            raise InputError(message)
        array = self.dataset[variable]
        for dim, label in labels.items():
            if dim not in array.dims or label not in array.indexes[dim]:
                has = (
                    ", ".join(map(str, array.indexes[dim]))
                    if dim in array.dims
                    else ", ".join(map(str, array.dims))
                )
                message = f"`{variable}` has no {dim} `{label}`; it has {has}"
                raise InputError(message)
            array = array.sel({dim: label})
        return array

    def losses(self, shock: str | None = None) -> pd.DataFrame:
        """Return who loses what under a shock, largest first, in M USD.

        Parameters
        ----------
        shock
            Name of the shock; it may be left out where there is only one.

        Returns
        -------
        pandas.DataFrame
            A row for each party: mean loss, its 5 % to 95 % quantiles, its parts (receipts, payments, claims,
            outside), its channels where they were asked for, and by how much default is likelier.
        """
        import pandas as pd

        name = self._name(shock)
        data = self.dataset.sel(shock=name)
        frame = pd.DataFrame({str(stat): data["loss"].sel(stat=stat).values for stat in data.indexes["stat"]})
        for dim, variable in (("part", "loss_part"), ("channel", "loss_channel")):
            if variable in data:
                for label in data.indexes[dim]:
                    frame[str(label)] = data[variable].sel({dim: label}).values
        frame["default"] = data["extra_default"].isel(quarter=-1).values
        frame.index = pd.Index([str(party) for party in data.indexes["party"]], name="party")
        return frame.sort_values("mean", ascending=False)

    def _name(self, shock: str | None) -> str:
        names = [each.name for each in self.shocks]
        if shock is None and len(names) == 1:
            return names[0]
        if shock not in names:
            message = f"say which shock: {', '.join(names)}" if shock is None else (
                f"there is no shock `{shock}`; there are {', '.join(names)}"
            )  # fmt: skip
            raise InputError(message)
        return shock

    def __repr__(self) -> str:
        count = len(self.shocks)
        what = self.shocks[0].name if count == 1 else f"{count} shocks"
        return f"<Stress of {self.book}: {what}, {self.paths:,} futures, seed {self.seed}>"

    def _repr_html_(self) -> str:
        frame = self.ranking.to_dataframe()
        html: str = frame.to_html(float_format=lambda each: f"{each:,.3g}")
        return f"<p>{escape(repr(self))}</p>{html}"


def stress(
    book: Book,
    *,
    fail: Fail = None,
    at: str | None = None,
    scenario: str | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - the word of the book's scenarios
    channels: bool = False,
    paths: int = 10_000,
    seed: int = 0,
    engine: Literal["jax", "numpy"] = "jax",
    progress: Callable[[int, int], None] | None = None,
) -> Stress:
    """Return who loses what, who follows and when, and by which channel, if one thing is changed.

    The book as it stands and the changed book are run on the same futures, number by number, so that every
    difference is the change's doing. What is named together is changed together.

    Parameters
    ----------
    book
        The book.
    fail
        A party that is made to fail, several that fail together, or ``"each"`` for every party in turn.
    at
        Quarter in which the failure takes effect.
    scenario
        A scenario of the book, or ``"each"`` for every scenario in turn.
    set
        New values by dotted path, as `Book.replace` takes them.
    channels
        Whether losses are split by channel (contract, supply, funding, confidence): up to fifteen further
        runs for each shock.
    paths, seed, engine
        As in `simulate`: the same seed gives the same futures.
    progress
        Called with (futures done, futures in all).

    Raises
    ------
    InputError
        If nothing is changed, a party, quarter, scenario, path or unit is not one of the book's, or channels
        are asked for and nobody is made to fail.
    AuditError
        If money was created or lost in a future.

    Notes
    -----
    A loss is the wealth that a party has in the base run at the end of the calendar less what it has in the
    changed one: cash, less outside debt and equity raised outside, with net claims. docs/stress.md has the
    rules. All parties in turn share one compiled program.

    Examples
    --------
    >>> import offtake as ot
    >>> found = ot.stress(
    ...     ot.Book.read("first-steps"), fail="Tideway Cloud", at="2028-Q1", paths=100, engine="numpy"
    ... )
    >>> found.losses().index[0]
    'Quarry Silicon'
    """
    refuse_no_paths(paths)
    base, made, normals = cases(book, fail, at, scenario, set or {})
    if channels and not any(np.isfinite(case.fail_at).any() for case in made):
        message = "channels split what a failure does, and nobody is made to fail: name a party"
        raise InputError(message)
    gathered = Gathered(len(made), len(base.names.parties))
    for first, part in _blocks(base, made, normals, paths, seed, engine, channels):
        count = min(BLOCK, paths - first)
        gathered.add(part, count)
        if progress is not None:
            progress(first + count, paths)
    refuse_leak(gathered.residual)
    from offtake.stress._ranking import exposures, rank

    dataset = dataset_of(base, made, gathered, channels=channels)
    return Stress(
        dataset=dataset,
        shocks=tuple(case.shock for case in made),
        paths=paths,
        seed=seed,
        settings={"engine": engine, "channels": channels},
        book=book.book,
        book_hash=book.hash,
        version=__version__,
        quantile_error=gathered.losses.error,
        audit={"D1 and D2": gathered.residual},
        ranking=rank(book, dataset, made, exposures(base, made, gathered)),
    )


def _blocks(
    base: Model, made: list[Case], normals: int, paths: int, seed: int, engine: str, channels: bool
) -> Iterator[tuple[int, Part]]:
    """Return each block's first future and what it gave, in order; a few are computed ahead."""
    size = min(BLOCK, paths) if engine == "numpy" else BLOCK

    def one(first: int) -> Part:
        z = standard_normals(seed, first, size, normals)
        counts = np.where(np.arange(first, first + size) < paths, 1.0, 0.0)
        unchanged = Course(program(base.structure, engine), base, z[:, : len(base.draw_labels)], counts)
        courses = {id(base): unchanged}

        def ready(model: Model, z: Any) -> Course:
            if id(model) not in courses:
                courses[id(model)] = Course(program(model.structure, engine), model, z, counts)
            return courses[id(model)]

        each = [(case, ready(case.model, z[:, case.place])) for case in made]
        return block_part(unchanged, each, counts, channels=channels, quarters=base.structure.quarters)

    return ahead(one, paths, BLOCK)
