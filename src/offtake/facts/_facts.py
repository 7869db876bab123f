"""Facts of a book, checked and evaluated: one row for each stated figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from offtake.errors import BookError, InputError
from offtake.facts._arguments import MeasureError
from offtake.facts._measured import Comparison, compare
from offtake.facts._measures import measure, needs_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from offtake.book import Book, Fact
    from offtake.errors import Problem
    from offtake.results import Simulation

__all__ = ["FactRow", "FactTable", "check", "evaluate", "needs_simulation"]


@dataclass(frozen=True, slots=True)
class FactRow:
    """One stated figure beside what the book or its simulation gives.

    Parameters
    ----------
    name
        Name of the fact in the book.
    row
        Row of the case that it belongs to, or ``opening``.
    says
        What is stated, in words.
    stated, computed
        Both figures as text, in the unit of what is stated.
    stated_value, computed_value
        Both in the canonical unit; None where they are no numbers.
    unit
        The canonical unit, or ``quarter``, ``year`` or ``text``.
    difference
        Computed over stated, less 1; quarters or years apart; None for text and where zero is stated.
    agrees
        Whether they agree within the tolerance.
    tolerance
        Largest relative difference that still agrees.
    at_least
        Whether more than stated agrees too.
    sources
        Ids of the sources of the stated figure.
    why
        Why a difference is expected, if the book says so.
    """

    name: str
    row: str
    says: str
    stated: str
    computed: str
    stated_value: float | None
    computed_value: float | None
    unit: str
    difference: float | None
    agrees: bool
    tolerance: float
    at_least: bool
    sources: tuple[str, ...]
    why: str | None


@dataclass(frozen=True, slots=True)
class FactTable:
    """Facts of a book, evaluated.

    Parameters
    ----------
    book
        Name of the book.
    rows
        The facts in book order.
    left_out
        Names of facts that need a simulation, where none was given.
    """

    book: str
    rows: tuple[FactRow, ...]
    left_out: tuple[str, ...] = ()

    @property
    def disagreeing(self) -> tuple[FactRow, ...]:
        """The rows whose two figures do not agree."""
        return tuple(row for row in self.rows if not row.agrees)

    def of_row(self, *, opening: bool) -> tuple[FactRow, ...]:
        """Return the rows of the opening position, or all others."""
        return tuple(row for row in self.rows if (row.row == "opening") == opening)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the facts as a table with one row for each, under its name."""
        import pandas as pd

        columns = [name for name in FactRow.__slots__ if name != "name"]
        data = [[getattr(row, column) for column in columns] for row in self.rows]
        return pd.DataFrame(
            data, index=pd.Index([row.name for row in self.rows], name="name"), columns=columns
        )


def evaluate(book: Book, runs: Simulation | None = None) -> FactTable:
    """Return every fact of a book beside what the book, or a simulation of it, gives.

    Parameters
    ----------
    book
        The book.
    runs
        A simulation of the book as it is; without it facts that need one are left out.

    Raises
    ------
    BookError
        With every fact that cannot be evaluated.
    InputError
        If the simulation is of another book, or of a scenario.

    Examples
    --------
    >>> from offtake.book import Book
    >>> fact = {"row": "S1", "says": "it has 900 m", "measure": {"field": "parties.Lark Labs.cash"},
    ...         "stated": "0.9 B USD"}
    >>> book = Book.read("first-steps").replace({"facts": {"cash": fact}})
    >>> [(row.computed, row.agrees) for row in evaluate(book).rows]
    [('0.9 B USD', True)]
    """
    if runs is not None:
        _refuse_other_runs(book, runs)
    problems = [problem for problem in check(book) if problem.severity == "error"]
    if problems:
        raise BookError(problems)
    rows, left_out = [], []
    for name, fact in book.facts.items():
        if runs is None and needs_runs(fact.measure):
            left_out.append(name)
        else:
            rows.append(_row(name, fact, _compared(book, fact, runs)))
    return FactTable(book.book, tuple(rows), tuple(left_out))


def check(book: Book) -> tuple[Problem, ...]:
    """Return every problem of a book's facts: measures that do not exist or cannot be applied.

    No simulation is needed. A figure that disagrees is no problem of this kind; `evaluate` tells.

    Examples
    --------
    >>> from offtake.book import Book
    >>> fact = {"row": "S1", "says": "two deals", "measure": {"volumes": "northgate-base"}, "stated": "45 MW"}
    >>> for problem in check(Book.read("first-steps").replace({"facts": {"size": fact}})):
    ...     print(problem)
    first-steps: facts.size.measure: no measure is called `volumes`. Did you mean `volume`?
    """
    return tuple(_problems(book))


def needs_simulation(book: Book) -> bool:
    """Return whether some fact of a book is one of a simulation."""
    return any(needs_runs(fact.measure) for fact in book.facts.values())


def _problems(book: Book) -> Iterator[Problem]:
    for name, fact in book.facts.items():
        part = "measure"
        try:
            found = measure(book, fact.measure)
            part = "stated"
            compare(found, fact.stated, tolerance=fact.tolerance.value, at_least=fact.at_least)
        except MeasureError as error:
            yield book.problem_at(("facts", name, part), error.what, error.mend)
        except InputError as error:
            what, _, mend = str(error).rpartition("; ")
            yield book.problem_at(("facts", name, part), what or mend, mend if what else "Correct it")


def _compared(book: Book, fact: Fact, runs: Simulation | None) -> Comparison:
    found = measure(book, fact.measure, runs)
    return compare(found, fact.stated, tolerance=fact.tolerance.value, at_least=fact.at_least)


def _row(name: str, fact: Fact, compared: Comparison) -> FactRow:
    return FactRow(
        name=name,
        row=fact.row,
        says=fact.says,
        stated=f"at least {compared.stated}" if fact.at_least else compared.stated,
        computed=compared.computed,
        stated_value=compared.stated_value,
        computed_value=compared.computed_value,
        unit=compared.unit,
        difference=compared.difference,
        agrees=compared.agrees,
        tolerance=fact.tolerance.value,
        at_least=fact.at_least,
        sources=fact.sources,
        why=fact.why,
    )


def _refuse_other_runs(book: Book, runs: Simulation) -> None:
    if runs.book_hash and runs.book_hash != book.hash:
        message = f"the run is one of another book or of another version of `{book.book}`; simulate this one"
        raise InputError(message)
    if runs.settings.get("scenario"):
        message = f"the run is one of the scenario `{runs.settings['scenario']}`; simulate the book as it is"
        raise InputError(message)
