"""The page: what fills its templates, and the file that it becomes."""

from __future__ import annotations

import os
import shlex
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offtake.brief._context import FactLine, PageContext, RunAgain, SourceLine
from offtake.brief._findings import findings
from offtake.brief._records import Records, collect
from offtake.brief._sections import sections
from offtake.brief._words import Sentence, count, listed, say, when
from offtake.errors import InputError
from offtake.figures import base_rate_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from offtake.book import Book
    from offtake.brief._plans import Plans
    from offtake.brief._probes import Probes
    from offtake.brief._quotes import Quotes
    from offtake.brief._shared import Shared
    from offtake.brief._talks import Talks
    from offtake.results import Simulation
    from offtake.stress import Stress

__all__ = ["Page", "compose"]

DISCLAIMER: Final = (
    "This page is a model built on public figures and stated assumptions. It is no rating, no advice and no "
    "statement that any firm will fail."
)
_SKETCH: Final = (
    "Masson, C., Rim, J. E., and Lee, H. K. (2019). DDSketch: a fast and fully-mergeable quantile sketch "
    "with relative-error guarantees. Proceedings of the VLDB Endowment 12(12)."
)


@dataclass(frozen=True, slots=True)
class Page:
    """One self-contained page on one book.

    Parameters
    ----------
    context
        Everything that the page shows.
    records
        The numbers behind its figures.
    html
        The page.
    """

    context: PageContext
    records: Records
    html: str

    def write(self, path: str | Path) -> Path:
        """Write the page to a file, whole or not at all, and return where it is.

        Raises
        ------
        InputError
            If the folder does not exist.
        """
        target = Path(path)
        if not target.parent.is_dir():
            msg = f"there is no folder {target.parent} to write {target.name} into; make it first"
            raise InputError(msg)
        handle, part = tempfile.mkstemp(suffix=".part", prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(self.html)
            Path(part).chmod(0o644)
            Path(part).replace(target)
        finally:
            Path(part).unlink(missing_ok=True)
        return target


def compose(  # noqa: PLR0913 - one argument for each part of the page
    book: Book,
    runs: Simulation,
    *,
    scenario_runs: Mapping[str, Simulation] | None = None,
    facts: Callable[[Book, Simulation], Iterable[FactLine]] | None = None,
    failures: Stress | None = None,
    channels: Stress | None = None,
    probes: Probes | None = None,
    quotes: Quotes | None = None,
    plans: Plans | None = None,
    talks: Talks | None = None,
    shared: Shared | None = None,
) -> Page:
    """Return the page on a book and its finished runs.

    Parameters
    ----------
    book
        The book.
    runs
        The run of the book as it stands.
    scenario_runs
        Runs of its scenarios by name, on the same seed.
    facts
        Gives what the book reproduces; left out, the page says that it was not computed.
    failures
        A stress of every party in turn.
    channels
        A stress of the most harmful failure, by channel.
    probes
        The most probable failure, and sensitivities.
    quotes
        The prices of the requests of the book.
    plans
        What the party in focus and others with a policy would sign.
    talks
        The negotiations of the book.
    shared
        What each provider brings to the party in focus.
    """
    others = dict(scenario_runs or {})
    records = collect(book, runs, others, failures, channels, probes, quotes, plans, talks, shared)
    again = _again(runs, others, _stressed(failures, channels), probes, records, book)
    cited = (*_cited(channels, probes), *_cited_by_engines(quotes, plans, talks, shared))
    context = _context(book, runs, records, again, facts, cited)
    return Page(context, records, _environment().get_template("page.html.j2").render(page=context))


def _context(
    book: Book,
    runs: Simulation,
    records: Records,
    again: RunAgain,
    facts: Callable[[Book, Simulation], Iterable[FactLine]] | None,
    cited: tuple[str, ...],
) -> PageContext:
    from plotly.offline import get_plotlyjs

    quarters = runs.dataset.indexes["quarter"]
    stated = tuple(facts(book, runs)) if facts is not None and book.facts else ()
    return PageContext(
        title=book.title or book.book,
        about=book.about or "",
        as_of=book.as_of or "",
        disclaimer=DISCLAIMER,
        made_from=say(
            "Made from {} futures, {} to {}. Where a figure is followed by a range, nine of ten futures lie "
            "in it.",
            count(runs.paths),
            when(str(quarters[0])),
            when(str(quarters[-1])),
        ),
        findings=findings(records),
        sections=sections(records),
        facts=stated,
        facts_say=_agreement(stated),
        facts_absent="" if stated else _why_no_facts(book),
        sources=_sources(book),
        methods=tuple(dict.fromkeys([*_methods(runs, records), *cited])),
        again=again,
        style=_text("page.css"),
        script=_text("page.js"),
        library=get_plotlyjs(),
    )


def _cited(channels: Stress | None, probes: Probes | None) -> tuple[str, ...]:
    """Return the papers of the stresses."""
    cited = [*(channels.citations if channels else ())]
    if probes is not None:
        cited += probes.sensitivities.citations
        if probes.failure is not None:
            cited += [*probes.failure.found.citations, *probes.failure.short.citations]
    return tuple(cited)


def _cited_by_engines(
    quotes: Quotes | None, plans: Plans | None, talks: Talks | None, shared: Shared | None
) -> tuple[str, ...]:
    """Return the papers of what was priced, planned and negotiated."""
    found: list[Any] = [each.quote for each in quotes.requests] if quotes is not None else []
    found += [plans.chosen] if plans is not None else []
    found += [each.talks for each in talks.negotiations] if talks is not None else []
    found += [shared.portfolio] if shared is not None else []
    return tuple(cited for each in found if each is not None for cited in each.citations)


def _agreement(stated: tuple[FactLine, ...]) -> Sentence:
    """Return how many stated figures the book reproduces, and which it does not."""
    if not stated:
        return ()
    apart = [each.says for each in stated if not each.agrees]
    said = say(
        "{} of {} stated figures, computed again from the book and its first quarters, agree within their "
        "tolerance",
        count(len(stated) - len(apart)),
        count(len(stated)),
    )
    return said + (say("; these differ: {}.", listed(apart, len(apart))) if apart else say("."))


def _why_no_facts(book: Book) -> str:
    if not book.facts:
        return "The book holds no stated figures to compare with."
    return "The book holds stated figures; they were not computed for this page."


def _sources(book: Book) -> tuple[SourceLine, ...]:
    return tuple(
        SourceLine(
            key,
            each.title,
            each.publisher or "",
            each.date or "",
            each.address
            if each.address is not None and each.address.startswith(("https://", "http://"))
            else "",
            each.confidence or "",
        )
        for key, each in book.sources.items()
    )


def _methods(runs: Simulation, records: Records) -> tuple[str, ...]:
    title, address = base_rate_source()
    cited = [*runs.citations]
    if runs.quantile_error:
        cited.append(_SKETCH)
    if records.money_map.arcs:
        cited += records.trace_cycles.citations
    if any(each.base_rate is not None for each in records.defaults.lines):
        cited.append(f"Base rates: {title}. {address}")
    return tuple(cited)


def _again(
    runs: Simulation,
    others: Mapping[str, Simulation],
    stressed: tuple[str, ...],
    probes: Probes | None,
    records: Records,
    book: Book,
) -> RunAgain:
    source, plans = records.source, records.plans
    exact = f"within {runs.quantile_error:.1%}" if runs.quantile_error else "exact"
    residual = max(runs.audit.values(), default=0.0)
    return RunAgain(
        command_line=f"offtake brief {source} --paths {runs.paths} --seed {runs.seed}"
        f"{_which_scenarios(book, others)}{'' if stressed else ' --no-failures'}"
        f"{'' if probes else ' --no-probes'}"
        f"{'' if records.quotes or not book.requests else ' --no-requests'}"
        f"{'' if plans else ' --no-plans'}"
        f"{'' if records.talks or not book.negotiations else ' --no-negotiations'}"
        f"{'' if records.shared else ' --no-portfolio'} -o brief.html",
        python="\n".join(
            [
                _python(source, runs, others, book),
                *stressed,
                *(probes.python() if probes else ()),
                *(records.quotes.python() if records.quotes else ()),
                *(plans.python() if plans else ()),
                *(records.shared.python() if records.shared else ()),
                *(records.talks.python() if records.talks else ()),
            ]
        ),
        lines=(
            ("book", book.book),
            ("hash of the book", runs.book_hash or book.hash),
            ("version of Offtake", runs.version),
            ("futures", f"{runs.paths:,}"),
            ("seed", str(runs.seed)),
            ("quantiles", exact),
            ("money created or lost in any future", f"at most {residual:.0e} of its flows"),
        ),
        shipped=source != "BOOK",
    )


def _stressed(failures: Stress | None, channels: Stress | None) -> tuple[str, ...]:
    """Return the Python that fails every party in turn again, and one by channel."""
    if failures is None or channels is None:
        return ()
    settings = f"paths={failures.paths}, seed={failures.seed}"
    at, most = failures.shocks[0].at, channels.shocks[0].failed[0]
    return (
        f'failures = ot.stress(book, fail="each", at="{at}", {settings})',
        f'channels = ot.stress(book, fail={most!r}, at="{at}", channels=True, {settings})',
    )


def _which_scenarios(book: Book, others: Mapping[str, Simulation]) -> str:
    """Return the options that ask for just these scenarios; all of them is what is asked for by default."""
    if set(others) == set(book.scenarios):
        return ""
    return "".join(f" --scenario {shlex.quote(name)}" for name in others) or " --no-scenarios"


def _python(source: str, runs: Simulation, others: Mapping[str, Simulation], book: Book) -> str:
    settings = f"paths={runs.paths}, seed={runs.seed}"
    lines = [
        "import offtake as ot",
        "from offtake import figures",
        "",
        f"book = ot.Book.read({source!r})",
        f"runs = ot.simulate(book, {settings})",
    ]
    if others:
        names = "book.scenarios" if set(others) == set(book.scenarios) else repr(list(others))
        run = f"name: ot.simulate(book, {settings}, scenario=name)"
        lines += ["scenario_runs = {", f"    {run}", f"    for name in {names}", "}"]
    return "\n".join(lines)


def _text(name: str) -> str:
    return resources.files("offtake.brief").joinpath("templates", name).read_text(encoding="utf-8")


def _environment() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined)
