"""Checks of negotiations: that what is contested can be settled in this book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

from pydantic import ValidationError

from offtake.book._amount import Amount
from offtake.book._check_deals import prices_are_not_negative, shares_are_shares
from offtake.book._clauses import Volume
from offtake.book._deal import ComputeDeal
from offtake.book._document import Finding, Path
from offtake.book._edits import replaced
from offtake.book._look import Look
from offtake.book._refusals import findings_of
from offtake.book._talks import BOX, Talks
from offtake.book._written import plain
from offtake.errors import InputError
from offtake.spelling import suggest
from offtake.units import QuantityError

__all__ = ["CHECKS"]

_OUT: Final = (None, "out")
_KEEP: Final = "keep"
_ROUND: Final = 1e-9
_WITHIN: Final = (shares_are_shares, prices_are_not_negative)


def settlements_can_be_made(look: Look) -> Iterator[Finding]:
    """Yield contested terms that lead nowhere, and options that the book cannot have; warnings.

    They keep nothing else from the book, and a deal on the table may have been taken out of a copy.
    """
    if not look.book.negotiations:
        return
    stand = {found[:2] for check in _WITHIN for found in check(look)}
    for name, talks in look.book.negotiations.items():
        place: Path = ("negotiations", name)
        options = [
            ((*place, "over", key, *label), changes)
            for key, given in talks.over.items()
            for label, changes in _options(key, given)
        ]
        options += [((*place, "no_deal"), talks.no_deal)] if talks.no_deal is not None else []
        found = [each for where, changes in options for each in _changes(look, talks, where, changes, stand)]
        yield from dict.fromkeys(found)


def _options(key: str, given: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the options of a contested term as changes by path, each with where it stands."""
    if isinstance(given, Mapping):
        yield from (
            ((str(label),), changes) for label, changes in given.items() if isinstance(changes, Mapping)
        )
    elif isinstance(given, str) and (box := BOX.match(given)):
        low, first, high, unit = box.groups()
        ends = (f"{low} {unit if first is None else first}", f"{high} {unit}")
        yield from (((), {key: end.strip()}) for end in ends)
    else:
        values = given if isinstance(given, list | tuple) else [given]
        yield from (((), {key: value}) for value in values)


def _changes(
    look: Look, talks: Talks, where: Path, changes: Mapping[str, Any], stand: Set[tuple[Path, str]]
) -> Iterator[Finding]:
    """Yield what keeps changes that belong together from being made, less what is wrong without them."""
    made: dict[str, Any] = {}
    for path, value in changes.items():
        if value == _KEEP:
            continue
        full = _full_path(look, talks, path)
        if full is None:
            yield _lost(look, talks, where, path)
        elif full.endswith(".volume"):
            yield from _volume(look, where, full, value)
        elif value in _OUT:
            yield from _gone(look, where, full)
        else:
            made[full] = value
    yield from _made(look, where, made, stand)


def _full_path(look: Look, talks: Talks, path: str) -> str | None:
    """Return the full path of a term, or None where it leads nowhere."""
    for section in ("deals", "rights"):
        if any(path == each or path.startswith(f"{each}.") for each in look.known(section)):
            return f"{section}.{path}"
    head = path.partition(".")[0]
    if head in type(look.book).model_fields:
        return path
    for name in talks.deals or _between(look, talks):
        deal = look.book.deals.get(name)
        own = () if deal is None else {*deal.clauses, *(each.kind for each in deal.clauses.values())}
        if head in own or (isinstance(deal, ComputeDeal) and head in ComputeDeal.allowed):
            return f"deals.{name}.{path}"
    return None


def _between(look: Look, talks: Talks) -> tuple[str, ...]:
    deals = look.book.deals.items()
    return tuple(name for name, deal in deals if {deal.debtor, deal.creditor} == set(talks.parties))


def _lost(look: Look, talks: Talks, where: Path, path: str) -> Finding:
    between = _between(look, talks)
    what = f"the term `{path}` leads nowhere: it begins with no deal or right, and with no clause of one"
    stem = path.partition(".")[0]
    return _warning(where, what, suggest(stem, (*between, *look.known("rights")), "deal of the two"))


def _volume(look: Look, where: Path, path: str, value: Any) -> Iterator[Finding]:
    """Yield a volume that is none, or that its offer does not have."""
    name = path.removeprefix("deals.").removesuffix(".volume").removesuffix(".clauses")
    deal = look.book.deals.get(name)
    if deal is None or value in _OUT:
        return
    try:
        amount = Amount.read(value, None if isinstance(value, str) else "power")
    except (QuantityError, InputError) as error:
        yield _warning(where, str(error).removesuffix("."), "Write it as in `40 MW`")
        return
    span = deal.clause(Volume)
    if amount.dimension not in {"power", "money"} or amount.value <= 0:
        yield _warning(
            where, f"{value} is no volume", "Write MW above 0, or money where the price is a total"
        )
    elif amount.dimension == "power" and span is not None and not _in_range(amount.value, span):
        what = f"{value} is out of range: the offer is for {span.from_} to {span.to}"
        yield _warning(where, what, "Stay within it")


def _in_range(mw: float, span: Volume) -> bool:
    """Return whether a volume is one that an offer may be signed for."""
    low = 0.0 if span.from_ is None else span.from_.value
    return span.to is None or low - _ROUND <= mw <= span.to.value + _ROUND


def _gone(look: Look, where: Path, path: str) -> Iterator[Finding]:
    """Yield an entry to be taken out that is not there."""
    section, _, rest = path.partition(".")
    if section not in {"deals", "rights"} or rest in look.known(section):
        return
    entries = getattr(look.book, section)
    name = max((each for each in entries if rest.startswith(f"{each}.")), key=len, default=None)
    if name is None:
        return
    clause = rest[len(name) + 1 :].removeprefix("clauses.")
    known = getattr(entries[name], "clauses", {})
    if "." not in clause and clause not in known:
        what = f"`{name}` has no clause `{clause}` to be taken out"
        yield _warning(where, what, suggest(clause, tuple(known), "clause"))


def _made(
    look: Look, where: Path, changes: Mapping[str, Any], stand: Set[tuple[Path, str]]
) -> Iterator[Finding]:
    """Yield why new values cannot stand in the book."""
    book = look.book
    part: dict[str, Any] = {"book": book.book, "calendar": plain(book.calendar)}
    for path in changes:
        section, _, rest = path.partition(".")
        entries = getattr(book, section, None)
        if isinstance(entries, Mapping):
            # what no path leads to stays as it was, and need not be read again
            named = {each: entries[each] for each in entries if rest == each or rest.startswith(f"{each}.")}
            part.setdefault(section, {}).update(plain(named))
        elif entries is not None:
            part[section] = plain(entries)
    try:
        data = replaced(part, type(book), changes)
        changed = type(book).model_validate(data)
    except InputError as error:
        yield _warning(where, str(error).removesuffix("."), "Name an entry and a field of it")
    except ValidationError as error:
        for found in findings_of(error, type(book), data)[:1]:
            yield _warning(where, found.what, found.mend)
    else:
        for found in (each for check in _WITHIN for each in check(Look(changed))):
            if found[:2] not in stand:
                yield _warning(where, found.what, found.mend)


def _warning(where: Path, what: str, mend: str) -> Finding:
    return Finding(where, what, mend, "warning")


CHECKS = (settlements_can_be_made,)
"""Every check of this module."""
