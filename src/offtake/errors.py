"""Every error that Offtake raises on purpose.

::

    OfftakeError                exit code 1   anything below
    ├── InputError              exit code 2   an argument or a file cannot be used as given
    │   ├── BookError           exit code 2   a book has problems, all of them collected
    │   └── UnitError           exit code 2   a quantity lacks a unit or has the wrong one
    ├── InfeasibleError         exit code 3   no answer satisfies all that was demanded
    └── AuditError              exit code 1   a run breaks one of its own identities

A message says what is wrong, where, and what mends it. Exit code 0 means that all went well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

__all__ = [
    "AuditError",
    "BookError",
    "InfeasibleError",
    "InputError",
    "OfftakeError",
    "Problem",
    "Severity",
    "UnitError",
]

Severity = Literal["error", "warning"]
"""How grave a problem is: an error stops a book from being used, a warning does not."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a book, where it stands, and how to mend it.

    Parameters
    ----------
    file
        The file as its reader knows it: a path, or the name of an embedded book.
    line
        The line of the entry, counted from 1, or None where the format has no lines.
    entry
        The dotted path of the entry, such as ``deals.northgate-base.clauses.price``.
    what
        What is wrong, as a sentence; its full stop may be left out.
    mend
        What to write instead, as a sentence; its full stop may be left out.
    severity
        ``"error"`` or ``"warning"``.

    Examples
    --------
    >>> print(Problem("lark.yaml", 12, "parties.Lark Labs.cash", "12 has no unit", "Write 12 M USD"))
    lark.yaml:12: parties.Lark Labs.cash: 12 has no unit. Write 12 M USD.
    """

    file: str
    line: int | None
    entry: str
    what: str
    mend: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        mark = "warning: " if self.severity == "warning" else ""
        return f"{place}: {mark}{self.entry}: {_sentence(self.what)} {_sentence(self.mend)}".rstrip()


class OfftakeError(Exception):
    """The base of every error that Offtake raises on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(OfftakeError):
    """An argument or a file cannot be used as given."""

    exit_code: ClassVar[int] = 2


class BookError(InputError):
    """A book has problems; all of them are collected and raised once.

    Parameters
    ----------
    problems
        At least one problem; warnings may stand among the errors.

    Attributes
    ----------
    problems : tuple of Problem
        The problems by file, then line; those without a line come first in their file.

    Raises
    ------
    ValueError
        If there is no problem to report.

    Examples
    --------
    >>> print(
    ...     BookError(
    ...         [
    ...             Problem("lark.yaml", 30, "deals.d1.seller", "no party is called 'Tidal'", "Name a party"),
    ...             Problem("lark.yaml", 4, "currency", "'EUR' is not supported", "Write USD"),
    ...         ]
    ...     )
    ... )
    2 errors in the book:
      lark.yaml:4: currency: 'EUR' is not supported. Write USD.
      lark.yaml:30: deals.d1.seller: no party is called 'Tidal'. Name a party.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=_order))
        if not self.problems:
            msg = "a BookError needs at least one problem"
            raise ValueError(msg)
        super().__init__(self.problems)

    def __str__(self) -> str:
        errors = sum(problem.severity == "error" for problem in self.problems)
        counts = (_count(errors, "error"), _count(len(self.problems) - errors, "warning"))
        head = f"{' and '.join(count for count in counts if count)} in the book:"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


class UnitError(InputError):
    """A quantity lacks a unit, or has one of the wrong kind."""


class InfeasibleError(OfftakeError):
    """No answer satisfies all that was demanded."""

    exit_code: ClassVar[int] = 3


class AuditError(OfftakeError):
    """A run breaks one of its own identities, so its numbers must not be used."""


def _order(problem: Problem) -> tuple[str, int, str, str, str, str]:
    return problem.file, problem.line or 0, problem.entry, problem.what, problem.mend, problem.severity


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _count(number: int, noun: str) -> str:
    if not number:
        return ""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
