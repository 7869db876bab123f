"""What is contested: each term's options, as changes of the book."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.book import ComputeDeal, Price, Ramp, Volume
from offtake.book._talks import BOX, NUMBER
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["KEEP", "OUT", "Box", "Option", "Term", "apply", "combinations", "contested", "full_path", "short"]

KEEP, OUT = "keep", "out"
_QUANTITY: Final = re.compile(rf"^\s*{NUMBER}\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that a contested term may become.

    Parameters
    ----------
    label
        How it is written.
    changes
        New values by dotted path; None takes an entry out.
    """

    label: str
    changes: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A term that may be any number between two.

    Parameters
    ----------
    path
        The term.
    low, high
        The two numbers.
    unit
        What they are written in; may be empty.
    """

    path: str
    low: float
    high: float
    unit: str

    def at(self, number: float) -> str:
        """Return a number within the box as the book writes it."""
        return f"{number:.12g} {self.unit}".strip()

    def near(self, share: float) -> str:
        """Return a place in the box, to a ten-thousandth of its length or finer, as the book writes it."""
        digits = math.ceil(-math.log10(self.high - self.low)) + 4
        number = round(self.low + share * (self.high - self.low), digits)
        return self.at(min(max(number, self.low), self.high))


@dataclass(frozen=True, slots=True)
class Term:
    """One contested term.

    Parameters
    ----------
    name
        As it was named.
    options
        What it may become.
    box
        The numbers between which it may lie, where it is one of a box.
    """

    name: str
    options: tuple[Option, ...]
    box: Box | None = None


def contested(
    book: Book, over: Mapping[str, Any], deals: Sequence[str], *, points: int = 5
) -> tuple[Term, ...]:
    """Return the contested terms with their options.

    Parameters
    ----------
    book
        The book.
    over
        For each term a list of values; or a box, as text (``9..11 MUSD/MW/year``) or a pair of texts; or a
        mapping from labels to changes by path, which belong together.
    deals
        The deals on the table, in which a path may begin.
    points
        Number of options that a box is cut into.

    Raises
    ------
    InputError
        If nothing is contested, a path leads nowhere, or a term has no option.
    """
    if not over:
        message = 'nothing is contested; name terms, as in over={"deals.base.price.usage": [...]}'
        raise InputError(message)
    return tuple(_term(book, str(name), given, deals, points) for name, given in over.items())


def _term(book: Book, name: str, given: Any, deals: Sequence[str], points: int) -> Term:
    if isinstance(given, Mapping):
        options = tuple(
            Option(
                str(label),
                tuple(
                    (full_path(book, path, deals), None if _is(value, OUT) else value)
                    for path, value in changes.items()
                    if not _is(value, KEEP)
                ),
            )
            for label, changes in _packages(name, given)
        )
        return _checked(book, Term(name, options))
    path = full_path(book, name, deals)
    box = _box(path, given)
    if box is not None:
        if points < 2:  # noqa: PLR2004 - both ends
            message = f"a box is cut into at least two options, not {points}"
            raise InputError(message)
        step = (box.high - box.low) / (points - 1)
        values: list[Any] = [box.at(short(box.low + k * step)) for k in range(points)]
    elif isinstance(given, Iterable) and not isinstance(given, str):
        values = list(given)
    else:
        values = [given]
    if not values:
        message = f"`{name}` has no option; give a list of values, or a box such as `9..11 MUSD/MW/year`"
        raise InputError(message)
    return _checked(book, Term(name, tuple(_option(path, value) for value in values), box))


def _packages(name: str, given: Mapping[Any, Any]) -> Iterable[tuple[Any, Mapping[str, Any]]]:
    for label, changes in given.items():
        if not isinstance(changes, Mapping):
            message = f"`{name}` holds packages: under `{label}` write new values by path, not {changes!r}"
            raise InputError(message)
        yield label, changes


def _is(value: Any, word: str) -> bool:
    return isinstance(value, str) and value == word


def _option(path: str, value: Any) -> Option:
    if _is(value, KEEP):
        return Option("as it stands", ())
    if value is None or _is(value, OUT):
        return Option("out", ((path, None),))
    return Option(_said(value), ((path, value),))


def _checked(book: Book, term: Term) -> Term:
    """Return a term all of whose options can be made in the book by themselves."""
    for option in term.options:
        for path, value in option.changes:
            if value is None and _is_entry(path) and not _stands(book, path):
                message = f"the term `{path}` leads nowhere: there is no such entry to take out"
                raise InputError(message)
        apply(book, option.changes)
    return term


def combinations(terms: Sequence[Term]) -> list[tuple[Option, ...]]:
    """Return every way to settle all the terms."""
    return list(itertools.product(*(term.options for term in terms)))


def apply(book: Book, changes: Iterable[tuple[str, Any]]) -> Book:
    """Return a book with changes made; None takes an entry out, and a deal's volume scales its ramp.

    Raises
    ------
    InputError
        If a path leads nowhere or a volume is out of its range.
    BookError
        If the changed book has problems.
    """
    changes = list(changes)
    new: dict[str, Any] = {}
    gone: list[str] = []
    # what is said of a deal that is taken out, or has gone, says nothing
    out = [path for path, value in changes if value is None and path.removeprefix("deals.") in book.deals]
    for path, value in changes:
        if path not in out and any(path.startswith(f"{deal}.") for deal in out):
            continue
        scaled = None if value is None else _scaled(book, path, value)
        if scaled is not None:
            new |= scaled
        elif value is None and _is_entry(path):
            gone.append(path)
        else:
            new |= _priced(book, path, value)
    changed = book.replace(new) if new else book
    present = [path for path in gone if _stands(changed, path)]
    return changed.without(*present) if present else changed


def full_path(book: Book, name: str, deals: Sequence[str]) -> str:
    """Return the full dotted path of a term: the deal or the right that it belongs to may be left out."""
    if _begins(name, book.deals):
        return f"deals.{name}"
    if _begins(name, book.rights):
        return f"rights.{name}"
    head = name.partition(".")[0]
    if head in type(book).model_fields:
        return name
    kind = {
        deal: {*book.deals[deal].clauses, *(clause.kind for clause in book.deals[deal].clauses.values())}
        for deal in deals
    }
    holders = [deal for deal in deals if head in kind[deal]] or [
        deal for deal in deals if head in getattr(book.deals[deal], "allowed", ())
    ]
    if len(holders) == 1:
        return f"deals.{holders[0]}.{name}"
    on_table = f"more than one of {', '.join(holders)} has one" if holders else "no deal on the table has one"
    message = f"the term `{name}` leads nowhere: {on_table}. Write its path, such as deals.NAME.{name}"
    raise InputError(message)


def _begins(name: str, entries: Iterable[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in entries)


def _is_entry(path: str) -> bool:
    """Return whether a path leads to a deal or a right as a whole."""
    return path.startswith(("deals.", "rights."))


def _stands(book: Book, path: str) -> bool:
    """Return whether an entry is there to be taken out."""
    section, _, rest = path.partition(".")
    entries = getattr(book, section)
    if rest in entries:
        return True
    name = max((each for each in entries if rest.startswith(f"{each}.")), key=len, default=None)
    if name is None:
        return False
    clause = rest[len(name) + 1 :].removeprefix("clauses.")
    return clause in getattr(entries[name], "clauses", {}) or "." in clause


def _scaled(book: Book, path: str, value: Any) -> dict[str, Any] | None:
    """Return the new ramp (and contract value) of a compute deal whose volume a path names; else None."""
    name = path.removeprefix("deals.").removesuffix(".volume").removesuffix(".clauses")
    deal = book.deals.get(name)
    if not path.endswith(".volume") or not isinstance(deal, ComputeDeal):
        return None
    ramp, price, span = deal.clause(Ramp), deal.clause(Price), deal.clause(Volume)
    if ramp is None:
        return None
    last = max(ramp.levels.items())[1].value
    total = None if price is None else price.total
    factor = _factor(path, value, last, None if total is None else total.value)
    if span is not None and span.from_ is not None and span.to is not None:
        low, high = span.from_.value, span.to.value
        if not low - 1e-9 <= factor * last <= high + 1e-9:
            message = f"{path}: {_said(value)} is out of range: the offer is for {low:g} to {high:g} MW"
            raise InputError(message)
    changes: dict[str, Any] = {
        f"deals.{name}.clauses.{deal.clause_name(Ramp)}": {
            "levels": {str(q): f"{level.value * factor!r} MW" for q, level in ramp.levels.items()}
        }
    }
    if total is not None:
        changes[f"deals.{name}.clauses.{deal.clause_name(Price)}.total"] = f"{total.value * factor!r} M USD"
    return changes


def _factor(path: str, value: Any, last: float, total: float | None) -> float:
    """Return by how much a volume, in MW or in money, is larger than what the deal has."""
    from offtake.book import Amount

    amount = Amount.read(value, None) if isinstance(value, str) else Amount.read(value, "power")
    if amount.dimension == "power":
        factor = amount.value / last
    elif amount.dimension == "money" and total is not None:
        factor = amount.value / total
    else:
        message = f"{path}: {_said(value)} is no volume; write MW, or money where the deal has a total price"
        raise InputError(message)
    if not math.isfinite(factor) or factor <= 0:
        message = f"{path}: {_said(value)} is out of range: a volume is above 0; take the deal out instead"
        raise InputError(message)
    return factor


def _priced(book: Book, path: str, value: Any) -> dict[str, Any]:
    """Return a change, in which a price for each MW takes the place of a total."""
    for name, deal in book.deals.items():
        price = deal.clause(Price)
        key = deal.clause_name(Price)
        stems = {f"deals.{name}.{key}", f"deals.{name}.clauses.{key}"}
        named = path in stems or path.removesuffix(".usage") in stems
        if price is not None and price.total is not None and named and not isinstance(value, Mapping):
            return {f"deals.{name}.clauses.{key}.total": None, f"deals.{name}.clauses.{key}.usage": value}
    return {path: value}


def _box(path: str, given: Any) -> Box | None:
    """Return the box that a text or a pair of texts describes, or None."""
    if isinstance(given, str) and (found := BOX.match(given)):
        low, first, high, unit = found.groups()
        if first is not None and first != unit.strip():
            message = f"the ends of the box of `{path}` need one unit: {given}"
            raise InputError(message)
    elif isinstance(given, str) and ".." in given:
        message = (
            f"`{given}` is no box for `{path}`: write two numbers and a unit, as in `9..11 MUSD/MW/year`"
        )
        raise InputError(message)
    elif isinstance(given, tuple) and len(given) == 2:  # noqa: PLR2004 - a pair
        ends = [_QUANTITY.match(str(each)) for each in given]
        if ends[0] is None or ends[1] is None or ends[0].group(2) != ends[1].group(2):
            message = f"the ends of the box of `{path}` need one unit: {given[0]!r}, {given[1]!r}"
            raise InputError(message)
        (low, unit), high = ends[0].groups(), ends[1].group(1)
    else:
        return None
    box = Box(path, _number(low), _number(high), unit.strip())
    if not box.low < box.high:
        message = f"the box of `{path}` is empty: {_said(given)} does not go up"
        raise InputError(message)
    return box


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("_", ""))


def short(number: float) -> float:
    """Return a number without the noise of cutting a range into steps."""
    return float(f"{number:.12g}")


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    return str(value)
