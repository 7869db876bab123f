"""Copies of a book with something changed or left out, and what two books say differently."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import BaseModel

from offtake.book._anatomy import field_names, inner_type, kind_of, step
from offtake.book._clauses import CLAUSES, full_form
from offtake.book._document import Path, dotted
from offtake.book._driver import PROCESSES, Driver
from offtake.book._processes import NEEDED, parameters
from offtake.book._written import plain
from offtake.errors import InputError
from offtake.spelling import refuse_unknown, suggest

if TYPE_CHECKING:
    from offtake.book._book import Book

__all__ = ["Change", "differences", "removed", "replaced", "scenario_changes"]

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that two books say differently.

    Parameters
    ----------
    path
        The dotted path of the field.
    before, after
        What the one and the other book say, as plain data; None where a book does not have it.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_said(self.before)} → {_said(self.after)}"


class _Spot(NamedTuple):
    """Where a path ends: the mapping or list, the key in it, and the type of what stands there."""

    container: Any
    key: Any
    annotation: Any


def replaced(data: dict[str, Any], root: type[BaseModel], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data of a book with new values under dotted paths.

    Raises
    ------
    InputError
        If a path leads nowhere.
    """
    data = _editable(data)
    for path, value in changes.items():
        spot = _find(data, root, path)
        given = plain(value)
        if given is None:
            _take_out(spot)
        else:
            spot.container[spot.key] = _as_clause(spot, given)
    return data


def removed(data: dict[str, Any], root: type[BaseModel], paths: Iterable[str]) -> dict[str, Any]:
    """Return plain data of a book without the entries at dotted paths.

    Raises
    ------
    InputError
        If there is no such entry.
    """
    data = _editable(data)
    for path in paths:
        section = path.partition(".")[0]
        full = (
            path if section in root.model_fields and section not in data.get("deals", {}) else f"deals.{path}"
        )
        spot = _find(data, root, full, create=False)
        _take_out(spot)
        if spot.container is data.get("deals"):
            _forget(data, spot.key)
    return data


def _forget(data: dict[str, Any], deal: str) -> None:
    """Take a deal that is no longer there out of scenarios without it, and off the tables it was on."""
    for section, key in (("scenarios", "without"), ("negotiations", "deals")):
        for entry in data.get(section, {}).values():
            if deal in entry.get(key, ()):
                entry[key] = [name for name in entry[key] if name != deal]


def scenario_changes(book: Book, name: str) -> dict[str, Any]:
    """Return the overrides of a scenario that have no date and add nothing to a delay.

    Raises
    ------
    InputError
        If there is no such scenario.
    """
    refuse_unknown(name, book.scenarios, "scenario")
    scenario = book.scenarios[name]
    return {
        path: value
        for path, value in scenario.set.items()
        if not (path.startswith("causes.") and str(value).lstrip().startswith(("+", "-")))
        and not (path.startswith("drivers.") and scenario.from_ is not None)
    }


def differences(before: Any, after: Any, path: Path = ()) -> tuple[Change, ...]:
    """Return the changes that lead from one value of a book to another.

    Examples
    --------
    >>> differences({"cash": 1, "debt": 2}, {"cash": 1, "debt": 3})
    (Change(path='debt', before=2, after=3),)
    """
    if before == after:
        return ()
    parts = _parts(before, after)
    if parts is None:
        return (Change(dotted(path), _plain_or_none(before), _plain_or_none(after)),)
    return tuple(each for key, left, right in parts for each in differences(left, right, (*path, key)))


def _parts(before: Any, after: Any) -> list[tuple[str | int, Any, Any]] | None:
    """Return what two values of one shape hold, side by side, or None if they are to be told as a whole."""
    if isinstance(before, BaseModel) and type(before) is type(after):
        fields = type(before).model_fields.items()
        return [(field.alias or name, getattr(before, name), getattr(after, name)) for name, field in fields]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = dict.fromkeys([*before, *after])
        return [(str(key), before.get(key, _MISSING), after.get(key, _MISSING)) for key in keys]
    if isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        return [(index, *pair) for index, pair in enumerate(zip(before, after, strict=True))]
    return None


def _plain_or_none(value: Any) -> Any:
    return None if value is _MISSING else plain(value)


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _editable(data: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which clauses and gates are written out, so that a path can lead into them."""
    data = copy.deepcopy(data)
    for section in ("deals", "requests"):
        for deal in data.get(section, {}).values():
            for name, terms in deal.get("clauses", {}).items():
                deal["clauses"][name] = full_form(name, terms)
    for site in data.get("sites", {}).values():
        for phase in site["phases"]:
            phase |= {"gates": {name: _full_gate(gate) for name, gate in phase.get("gates", {}).items()}}
    return data


def _full_gate(gate: Any) -> dict[str, Any]:
    if not isinstance(gate, Mapping):
        return {"duration": gate}
    if "duration" in gate:
        return dict(gate)
    own = {key: gate[key] for key in ("after", "not_before") if key in gate}
    return {**own, "duration": {key: each for key, each in gate.items() if key not in own}}


def _as_clause(spot: _Spot, given: Any) -> Any:
    """Return what to put in place: a single value for a clause sets its main field and leaves the others."""
    old = spot.container.get(spot.key) if isinstance(spot.container, Mapping) else None
    if not _is_clause(spot.annotation):
        return given
    new = full_form(str(spot.key), given)
    return {**old, **new} if isinstance(old, Mapping) and not isinstance(given, Mapping) else new


def _is_clause(annotation: Any) -> bool:
    return kind_of(_record_of(annotation, {"kind": "price"}) or BaseModel) == "price"


def _take_out(spot: _Spot) -> None:
    if isinstance(spot.container, list):
        del spot.container[spot.key]
    else:
        spot.container.pop(spot.key, None)


def _find(data: dict[str, Any], root: type[BaseModel], path: str, *, create: bool = True) -> _Spot:
    """Follow a dotted path; mappings on the way that were left out are made, unless told otherwise."""
    node: Any = data
    annotation: Any = root
    rest = path
    process: str | None = None
    while True:
        node, annotation, process = _through_implied(node, annotation, rest, process)
        key, after = _next_key(node, annotation, rest, path)
        here = node[key] if isinstance(node, list) or key in node else _MISSING
        if here is _MISSING and (
            not create or (process is not None and process in NEEDED and key not in parameters(process))
        ):
            raise _nowhere(path, rest, parameters(process or "") or node)
        below = step(_record_of(annotation, node) or annotation, key)
        if not after:
            return _Spot(node, key, below)
        if here is _MISSING:
            here = node[key] = {}
        if not isinstance(here, Mapping | list):
            raise _nowhere(path, after, (), "A plain value stands there")
        process = key if _record_of(annotation, node) is Driver else None
        node, annotation, rest = here, below, after


def _through_implied(
    node: Any, annotation: Any, rest: str, process: str | None
) -> tuple[Any, Any, str | None]:
    """Step into clauses, a process, a gate's duration or a clause's main field that a path leaves out."""
    record = _record_of(annotation, node) if isinstance(node, Mapping) else None
    names = field_names(record) if record is not None else []
    if record is None or _match(rest, names) is not None:
        return node, annotation, process
    main = getattr(record, "main", None)
    for implied in ("clauses", "duration", *PROCESSES, *([main] if main else [])):
        if implied in names and isinstance(node.get(implied), Mapping):
            return node[implied], step(record, implied), implied if record is Driver else None
    return node, annotation, process


def _next_key(node: Any, annotation: Any, rest: str, path: str) -> tuple[Any, str]:
    """Return the first key of what is left of a path, and what is left after it."""
    if isinstance(node, list):
        number, _, after = rest.partition(".")
        if number.isdigit() and 1 <= int(number) <= len(node):
            return int(number) - 1, after
        raise _nowhere(path, rest, tuple(str(place) for place in range(1, len(node) + 1)))
    record = _record_of(annotation, node)
    names = [*map(str, node), *(field_names(record) if record is not None else ())]
    matched = _match(rest, names)
    if matched is None and record is None and "." not in rest:
        matched = rest
    if matched is None and record is None and _is_new_clause(annotation, rest):
        matched = rest.partition(".")[0]
    if matched is None:
        raise _nowhere(path, rest, tuple(dict.fromkeys(names)))
    key = next((each for each in node if str(each) == matched), matched)
    return key, rest[len(matched) + 1 :]


def _is_new_clause(annotation: Any, rest: str) -> bool:
    return rest.partition(".")[0] in CLAUSES and _is_clause(step(annotation, "any"))


def _match(rest: str, names: Iterable[str]) -> str | None:
    """Return the longest name with which what is left of a path begins; names may contain dots."""
    found = [name for name in names if rest == name or rest.startswith(f"{name}.")]
    return max(found, key=len, default=None)


def _record_of(annotation: Any, node: Any) -> type[BaseModel] | None:
    """Return the record that some data are of; their `kind` picks one of several."""
    annotation = inner_type(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    kind = node.get("kind") if isinstance(node, Mapping) else None
    found = inner_type(step(annotation, kind)) if kind is not None and _is_union(annotation) else None
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _is_union(annotation: Any) -> bool:
    return not hasattr(annotation, "__origin__") or annotation.__origin__ not in (dict, tuple, list)


def _nowhere(
    path: str, rest: str, known: Any, otherwise: str = "Nothing stands there yet; add the entry to the book"
) -> InputError:
    names = tuple(str(each) for each in known)
    lost = _match(rest, names) or rest.partition(".")[0]
    advice = suggest(lost, names, "entry") if names else otherwise
    return InputError(f"the path `{path}` leads nowhere: `{lost}` is not there. {advice}.")
