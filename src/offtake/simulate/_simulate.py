"""`simulate`: many futures of a book, in blocks of fixed size."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from offtake._version import __version__
from offtake.drivers import standard_normals
from offtake.model import Model, Structure, compile  # noqa: A004 - the architecture's name for it
from offtake.results import Simulation
from offtake.simulate._ahead import ahead
from offtake.simulate._collect import Collector
from offtake.simulate._engine import COMPILER, run_block
from offtake.simulate._ledger import ledger
from offtake.simulate._observe import Condensed, condense, observe, summarise
from offtake.simulate._rebuild import numbers, rebuild
from offtake.simulate._refusals import refuse_leak, refuse_no_paths

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book

__all__ = ["BLOCK", "Engine", "Method", "path_ledger", "simulate"]

Array = Any
Method = Literal["random", "antithetic", "sobol"]
Engine = Literal["jax", "numpy"]

BLOCK = 256
"""Futures in a block. Blocks are computed whole: a future does not depend on how many are asked for."""


CITATIONS = (
    "Rogers and Veraart (2013). Failure and rescue in an interbank network. Management Science 59(4).",
    "Eisenberg, L., and Noe, T. H. (2001). Systemic risk in financial systems. Management Science 47(2).",
    "Salmon, J. K., et al. (2011). Parallel random numbers: as easy as 1, 2, 3. SC11.",
    "Li, D. X. (2000). On default correlation: a copula function approach. Journal of Fixed Income 9(4).",
)


def simulate(
    book: "Book | Model",
    *,
    paths: int = 10_000,
    seed: int = 0,
    scenario: str | None = None,
    method: Method = "random",
    engine: Engine = "jax",
    audit: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Return what happens to every party, deal, site and workload in many futures.

    Parameters
    ----------
    book
        The book, or a compiled model.
    paths
        Number of futures.
    seed
        Seed of the futures: the same seed gives the same futures, however many are asked for.
    scenario
        One of the book's scenarios, or None for the book as it is.
    method
        ``random``, ``antithetic`` or ``sobol`` draws.
    engine
        ``jax`` compiles the step (seconds) and then runs fast; ``numpy`` runs the same step at once.
    audit
        Whether to raise if a future breaks an identity of money (D1, D2 of docs/quarter-step.md).
        The residuals are measured and reported in any case.
    progress
        Called with (futures done, futures in all).

    Returns
    -------
    Simulation
        Means and quantiles by quarter, exact as long as the values fit in memory (at most 10,000 futures)
        and within 0.5 % beyond, as `quantile_error` says; `path(k)` gives the ledger of one future.

    Raises
    ------
    InputError
        If the settings cannot be used or the book cannot be compiled.
    AuditError
        If `audit` is set and money was created or lost.

    Notes
    -----
    The step is that of docs/quarter-step.md. Time grows with paths times quarters times (lines plus pieces of
    capacity); memory does not grow with paths once quantiles are counted.

    Examples
    --------
    >>> import offtake as ot
    >>> runs = ot.simulate(ot.Book.read("first-steps"), paths=200, engine="numpy")
    >>> float(runs.dataset["cash"].sel(stat="q50", party="Lark Labs")[0]) > 0
    True
    """
    refuse_no_paths(paths)
    model = book if isinstance(book, Model) else compile(book, scenario)
    collector = Collector(model)
    for first, block in _blocks(model, paths, seed, method, engine):
        count = min(BLOCK, paths - first)
        collector.add(block, count)
        if progress is not None:
            progress(first + count, paths)
    worst = collector.worst_residual
    if audit:
        refuse_leak(worst)
    return Simulation(
        dataset=collector.dataset(),
        paths=paths,
        seed=seed,
        settings={"scenario": scenario, "method": method, "engine": engine},
        book="" if isinstance(book, Model) else book.book,
        book_hash="" if isinstance(book, Model) else book.hash,
        version=__version__,
        quantile_error=collector.quantile_error,
        audit={"D1 and D2": worst},
        citations=CITATIONS,
        ledger=lambda number: path_ledger(model, number, seed=seed, method=method),
    )


def path_ledger(model: Model, number: int, *, seed: int = 0, method: Method = "random") -> "pd.DataFrame":
    """Return the ledger of one future: every line due and paid, in M USD.

    Examples
    --------
    >>> from offtake.book import Book
    >>> lines = path_ledger(compile(Book.read("first-steps")), 3)
    >>> list(lines.columns)
    ['quarter', 'kind', 'deal', 'payer', 'receiver', 'due', 'paid']
    """
    z = _normals(model, number, 1, seed, method)
    block = run_block(np, model, z, lambda _xp, _fixed, _state, flows: flows)
    return ledger(model.structure, block.kept, 0)


def _normals(model: Model, start: int, count: int, seed: int, method: Method) -> Array:
    quarters, drivers = model.structure.quarters, len(model.names.drivers)
    return standard_normals(
        seed, start, count, len(model.draw_labels), method=method, bridge=(quarters, drivers)
    )


def _blocks(
    model: Model, paths: int, seed: int, method: Method, engine: Engine
) -> Iterator[tuple[int, Condensed]]:
    """Return each block's first future and what it shows, in order; a few are computed ahead."""
    run = _compiled(model.structure) if engine == "jax" else None

    def one(first: int) -> Condensed:
        z = _normals(model, first, BLOCK, seed, method)
        counts = np.where(np.arange(first, first + BLOCK) < paths, 1.0, 0.0)
        return observed(np, model, z, counts) if run is None else run(*numbers(model), z, counts)

    return ahead(one, paths, BLOCK)


def observed(xp: Any, model: Model, z: Array, counts: Array) -> Condensed:
    """Return what a block of futures shows; those whose `counts` is 0 are left out of the sums."""
    block = run_block(xp, model, z, observe)
    return condense(xp, summarise(xp, model.structure, block.future, block.plan, block.kept), counts)


@lru_cache(maxsize=16)
def _compiled(fixed: Structure) -> Callable[..., Condensed]:
    """Return the compiled program of a structure; all numbers are its arguments."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

    def program(leaves: Any, drivers: Any, uncertain: Any, z: Array, counts: Array) -> Condensed:
        return observed(jnp, rebuild(fixed, leaves, drivers, uncertain), z, counts)

    return jax.jit(program, compiler_options=COMPILER)
