"""`story`: one future of a book told as dated events, each with its lines of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from offtake.drivers import standard_normals
from offtake.errors import InputError
from offtake.model import Model, compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._engine import run_block
from offtake.simulate._ledger import ledger
from offtake.simulate._refusals import refuse_no_paths
from offtake.spelling import refuse_unknown
from offtake.stress._course import Course, program
from offtake.stress._events import Scene, events_of

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book

__all__ = ["Event", "Line", "Story", "story"]

_WORST: Final = "worst:"
_BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger.

    Parameters
    ----------
    quarter, kind, deal, payer, receiver
        When, what for, under which deal, from whom, to whom; `outside` is the world.
    due, paid
        In M USD.
    """

    quarter: str
    kind: str
    deal: str
    payer: str
    receiver: str
    due: float
    paid: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in a future.

    Parameters
    ----------
    quarter
        When.
    kind
        energised, late, funding, funding at its limit, arrears, default, capacity lost, capacity back,
        confidence or unserved.
    text
        What, as a sentence without its full stop.
    parties
        Whom it is about.
    lines
        The lines of the ledger in which it shows.
    """

    quarter: str
    kind: str
    text: str
    parties: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Story:
    """One future told as events.

    Parameters
    ----------
    book
        Name of the book.
    path, seed
        Which future, of which seed.
    scenario
        Scenario of the book, or empty.
    chosen
        Why this one, in words.
    events
        What happens, by quarter.
    """

    book: str
    path: int
    seed: int
    scenario: str
    chosen: str
    events: tuple[Event, ...]

    def about(self, party: str) -> Story:
        """Return the story with the events of one party, and those that are about nobody."""
        kept = tuple(each for each in self.events if party in each.parties or not each.parties)
        return Story(self.book, self.path, self.seed, self.scenario, self.chosen, kept)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the events as a table: quarter, kind, text, parties."""
        import pandas as pd

        rows = [(each.quarter, each.kind, each.text, ", ".join(each.parties)) for each in self.events]
        return pd.DataFrame(rows, columns=["quarter", "kind", "text", "parties"])

    def __str__(self) -> str:
        lines = [f"{self.book}, future {self.path} of seed {self.seed}{self.chosen and f' ({self.chosen})'}"]
        quarter = ""
        for each in self.events:
            lines.append(f"{each.quarter if each.quarter != quarter else '':8} {each.text}.")
            quarter = each.quarter
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Story of {self.book}, future {self.path}: {len(self.events)} events>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def story(
    book: Book,
    *,
    path: int | str = 0,
    seed: int = 0,
    scenario: str | None = None,
    paths: int = 1_000,
    engine: Literal["jax", "numpy"] = "numpy",
) -> Story:
    """Return what happens in one future as dated sentences, each with its lines of the ledger.

    Parameters
    ----------
    book
        The book.
    path
        Number of the future, or ``"worst:<party>"``: of so many `paths` the one in which the party falls
        first, and among those, or where it never falls, the one that leaves it poorest.
    seed, engine
        As in `simulate`: the same number is the same future.
    scenario
        A scenario of the book, or None.
    paths
        Futures among which the worst is looked for.

    Raises
    ------
    InputError
        If there is no such future, party or scenario.

    Examples
    --------
    >>> import offtake as ot
    >>> told = ot.story(ot.Book.read("first-steps"), path="worst:Lark Labs", paths=50)
    >>> print(told.events[0].quarter, told.events[0].text)
    2026-Q3 Northgate lends 100 M USD to Lark Labs under northgate-note
    """
    model = compile(book, scenario)
    number, chosen = _chosen(model, path, paths, seed, engine)
    z = standard_normals(seed, number, 1, len(model.draw_labels))
    block = run_block(np, model, z, lambda _xp, _fixed, state, flows: (state, flows))
    frame = ledger(model.structure, block.kept[1], 0)
    scene = Scene(model, block, frame, _planned(book, model))
    records = [Line(*map(_plain, row)) for row in frame.itertuples(index=False)]
    calendar = [str(quarter) for quarter in model.structure.calendar]
    events = tuple(
        Event(
            calendar[each.quarter], each.kind, each.text, each.parties, tuple(records[n] for n in each.lines)
        )
        for each in events_of(scene)
    )
    return Story(book.book, number, seed, scenario or "", chosen, tuple(events))


def _chosen(model: Model, path: int | str, paths: int, seed: int, engine: str) -> tuple[int, str]:
    """Return the number of the future that is told, and why it is told."""
    text = str(path).strip()
    if text.startswith(_WORST):
        party = text.removeprefix(_WORST).strip()
        refuse_unknown(party, model.names.parties, "party")
        refuse_no_paths(paths)
        return _worst(model, party, paths, seed, engine), f"the worst of {paths:,} for {party}"
    if not text.isdigit():
        message = f"`{path}` is no future. Write its number, from 0, or worst:<party>"
        raise InputError(message)
    return int(text), ""


def _worst(model: Model, party: str, paths: int, seed: int, engine: str) -> int:
    """Return the future in which a party falls first, or else is left poorest."""
    made, place = program(model.structure, engine), model.names.parties.index(party)
    never = np.full(len(model.names.parties), np.inf)
    best: tuple[float, float, int] | None = None
    for first in range(0, paths, _BLOCK):
        z = standard_normals(seed, first, _BLOCK, len(model.draw_labels))
        outcome = Course(made, model, z, np.ones(_BLOCK)).run(never)
        fall, worth = (np.asarray(each)[: paths - first, place] for each in (outcome.default, outcome.wealth))
        n = int(np.lexsort((worth, fall))[0])
        found = (float(fall[n]), float(worth[n]), first + n)
        best = found if best is None else min(best, found)
    return best[2] if best is not None else 0


def _planned(book: Book, model: Model) -> dict[str, int]:
    """Return the planned quarter of each phase that has one, by name."""
    entries = [phase for site in book.sites.values() for phase in site.phases]
    return {
        name: book.calendar.index(phase.planned)
        for name, phase in zip(model.names.phases, entries, strict=True)
        if phase.planned is not None
    }


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, float) else str(value)
