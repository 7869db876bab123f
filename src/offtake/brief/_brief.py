"""`brief`: all of a book on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from offtake.brief._page import Page, compose
from offtake.brief._plans import plans_of
from offtake.brief._probes import probe
from offtake.brief._quotes import quotes_of
from offtake.brief._shared import shared_of
from offtake.brief._talks import talks_of
from offtake.figures import focal_party
from offtake.scale import require_client
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from offtake.book import Book
    from offtake.brief._context import FactLine
    from offtake.results import Simulation
    from offtake.stress import Stress

__all__ = ["brief"]

_MOST: Final = 2_000
_LATER: Final = 6


def brief(  # noqa: PLR0913 - one switch for each part of the page
    book: Book,
    *,
    paths: int = 10_000,
    seed: int = 0,
    scenarios: bool | Iterable[str] = True,
    engine: Literal["jax", "numpy"] = "jax",
    facts: Callable[[Book, Simulation], Iterable[FactLine]] | None = None,
    failures: bool = True,
    probes: bool = True,
    requests: bool = True,
    plans: bool = True,
    negotiations: bool = True,
    portfolio: bool = True,
    client: Any = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Page:
    """Return one page on a book: it is run as it stands and in its scenarios, all on the same draws.

    Parameters
    ----------
    book
        The book.
    paths
        Number of futures of each run.
    seed
        Seed of the futures.
    scenarios
        Whether to run the book's scenarios, or which of them.
    engine
        ``jax`` compiles each run first (seconds) and is fast after that; ``numpy`` starts at once.
    facts
        Gives a line for each stated figure that the book must reproduce; left out, the page says that they
        were not computed.
    failures
        Whether every party is failed in turn, in the seventh quarter (or the middle of a shorter calendar),
        and the most harmful failure split by channel; on at most 2,000 of the futures.
    probes
        Whether the most probable failure of the party with the most to pay is looked for, and what burn owes
        to every figure of the book; on at most 1,024 of the futures, and with the engine ``jax`` alone.
    requests
        Whether the requests of the book are priced.
    plans
        Whether the party in focus and others with a policy plan what to sign: minutes on a large book.
    negotiations
        Whether the negotiations of the book are looked at: minutes each on a large book.
    portfolio
        Whether it is told what each provider brings to the party in focus: a minute for six providers.
    client
        A `dask.distributed` client that plans, negotiates and values providers side by side; the page is
        the same.
    progress
        Called with what is being run (empty for the book as it stands), futures done and futures in all.

    Raises
    ------
    InputError
        If a scenario is not in the book, or the book cannot be simulated, or has nobody to report on.

    Examples
    --------
    >>> import offtake as ot
    >>> book = ot.Book.read("first-steps")
    >>> page = ot.brief(book, paths=100, scenarios=False, failures=False, plans=False, engine="numpy",
    ...                 negotiations=False, portfolio=False)
    >>> page.context.title
    'A small lab and its three suppliers (invented)'
    >>> len(page.context.findings) > 5
    True
    """
    from offtake.simulate import simulate

    require_client(client)
    wanted = tuple(book.scenarios) if scenarios is True else tuple(scenarios or ())
    for name in wanted:
        refuse_unknown(name, book.scenarios, "scenario")

    def run(scenario: str | None) -> Simulation:
        report = None if progress is None else lambda done, total: progress(scenario or "", done, total)
        return simulate(book, paths=paths, seed=seed, scenario=scenario, engine=engine, progress=report)

    base, others = run(None), {name: run(name) for name in wanted}
    each, split = _failures(book, min(paths, _MOST), seed, engine, progress) if failures else (None, None)
    asked = probe(book, base, paths, seed, progress) if probes and engine == "jax" else None
    party = focal_party(book, base)
    return compose(
        book,
        base,
        scenario_runs=others,
        facts=facts,
        failures=each,
        channels=split,
        probes=asked,
        quotes=quotes_of(book, paths, seed, engine, progress) if requests else None,
        plans=plans_of(book, party, seed, progress, client) if plans else None,
        talks=talks_of(book, seed, progress, client) if negotiations else None,
        shared=shared_of(book, party, seed, progress, client) if portfolio else None,
    )


def _failures(
    book: Book,
    paths: int,
    seed: int,
    engine: Literal["jax", "numpy"],
    progress: Callable[[str, int, int], None] | None,
) -> tuple[Stress, Stress]:
    """Return a stress of every party in turn, and of the most harmful failure by channel."""
    from offtake.stress import stress

    def report(what: str) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, total: progress(what, done, total)

    at = str(book.calendar.quarters[min(_LATER, len(book.calendar) // 2)])
    each = stress(
        book, fail="each", at=at, paths=paths, seed=seed, engine=engine, progress=report("every failure")
    )
    most = each.ranking.ranks[0].party
    split = stress(
        book,
        fail=most,
        at=at,
        channels=True,
        paths=paths,
        seed=seed,
        engine=engine,
        progress=report(f"{most} fails"),
    )
    return each, split
