"""What is changed in a stress: parties that fail, a scenario, overrides; each as a model to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from offtake.calendar import Quarter
from offtake.errors import InputError
from offtake.model import Model, compile  # noqa: A004 - the architecture's name for it
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["Case", "Fail", "Shock", "cases"]

Fail = str | Iterable[str] | None
EACH: Literal["each"] = "each"


@dataclass(frozen=True, slots=True)
class Shock:
    """One thing, or several together, that a stress changes.

    Parameters
    ----------
    name
        What it is called: the parties that fail, the scenario, the overrides.
    failed
        Parties that the stress makes fail, in book order.
    at
        Quarter in which they fail; empty where nobody is made to.
    scenario
        Scenario of the book, or empty.
    overrides
        New values by dotted path.
    felled
        Parties that the stress or its scenario makes fail, in book order.
    """

    name: str
    failed: tuple[str, ...] = ()
    at: str = ""
    scenario: str = ""
    overrides: tuple[tuple[str, Any], ...] = ()
    felled: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """A shock, ready to run.

    Parameters
    ----------
    shock
        The shock.
    model
        The book with its scenario and overrides.
    fail_at
        Quarter in which each party is made to fail, by the stress or by its scenario; infinite for never.
    place
        Where each of its standard normals stands among those of all cases.
    """

    shock: Shock
    model: Model
    fail_at: np.ndarray
    place: np.ndarray


def cases(
    book: Book, fail: Fail, at: str | None, scenario: str | None, overrides: Mapping[str, Any]
) -> tuple[Model, list[Case], int]:
    """Return the base model, every case, and the number of standard normals that one future needs.

    Parameters
    ----------
    book
        The book.
    fail
        A party, several that fail together, ``"each"`` for every party in turn, or None.
    at
        Quarter in which they fail.
    scenario
        A scenario, ``"each"`` for every one in turn, or None.
    overrides
        New values by dotted path.

    Raises
    ------
    InputError
        If nothing is changed, or a party, quarter, scenario or path is not one of the book's.
    """
    base = compile(book)
    changed = book.replace(dict(overrides)) if overrides else book
    failing = _failing(book, fail, at)
    scenarios: list[str | None] = [scenario]
    if scenario == EACH and EACH not in book.scenarios:
        scenarios = list(book.scenarios)
    if not failing and scenario is None and not overrides:
        message = (
            'nothing is changed. Fail a party (fail="...", at="2027-Q2"; --fail and --at), name a scenario, '
            "or set a value"
        )
        raise InputError(message)
    if not scenarios:
        message = "the book has no scenarios; fail a party or set a value"
        raise InputError(message)
    labels = {label: n for n, label in enumerate(base.draw_labels)}
    made = []
    for each in scenarios:
        model = base if each is None and not overrides else compile(changed, each)
        _require_same_names(base, model)
        place = np.array(
            [labels.setdefault(label, len(labels)) for label in model.draw_labels], dtype=np.int64
        )
        for failed in failing or [()]:
            when = _fail_at(book, model, failed, at)
            felled = tuple(name for name, t in zip(model.names.parties, when, strict=True) if np.isfinite(t))
            shock = Shock(
                _named(failed, at, each, overrides),
                failed,
                str(Quarter.parse(at)) if failed and at else "",
                each or "",
                tuple(sorted((path, str(value)) for path, value in overrides.items())),
                felled,
            )
            made.append(Case(shock, model, when, place))
    return base, made, len(labels)


def _failing(book: Book, fail: Fail, at: str | None) -> list[tuple[str, ...]]:
    """Return the groups of parties that fail together, each in book order."""
    if fail is None:
        if at is not None:
            message = f"nobody is named to fail in {at}; name a party"
            raise InputError(message)
        return []
    if at is None:
        message = 'say in which quarter the failure takes effect: at="2027-Q2" (--at 2027-Q2)'
        raise InputError(message)
    if Quarter.parse(at) not in book.calendar:
        message = f"{at} is outside the book's calendar, {book.calendar}"
        raise InputError(message)
    if fail == EACH and EACH not in book.parties:
        return [(name,) for name in book.parties]
    wanted = {fail} if isinstance(fail, str) else set(fail)
    for name in sorted(wanted):
        refuse_unknown(name, book.parties, "party")
    if not wanted:
        message = "the list of parties that fail is empty"
        raise InputError(message)
    return [tuple(name for name in book.parties if name in wanted)]


def _fail_at(book: Book, model: Model, failed: tuple[str, ...], at: str | None) -> np.ndarray:
    when = model.leaves["party.fail_at"].copy()
    for name in failed:
        place = model.names.parties.index(name)
        when[place] = min(when[place], book.calendar.index(Quarter.parse(str(at))))
    return when


def _named(
    failed: tuple[str, ...], at: str | None, scenario: str | None, overrides: Mapping[str, Any]
) -> str:
    parts = [f"{' and '.join(failed)} in {Quarter.parse(str(at))}"] if failed else []
    parts += [scenario] if scenario else []
    parts += [f"{path} = {value}" for path, value in sorted(overrides.items())]
    return "; ".join(parts)


def _require_same_names(base: Model, model: Model) -> None:
    """Refuse a change after which losses could not be laid side by side."""
    for what in ("parties", "deals", "workloads"):
        if getattr(base.names, what) != getattr(model.names, what):
            message = f"the change adds or takes out {what}, so there is nothing to compare them with"
            raise InputError(message)
    if base.structure.quarters != model.structure.quarters:
        message = "the change moves the calendar, so quarters cannot be laid side by side"
        raise InputError(message)
