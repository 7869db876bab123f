"""Checks of scenarios: that they can be run on this book."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from offtake.book._document import Finding, Path
from offtake.book._driver import Scenario, Shock
from offtake.book._edits import replaced
from offtake.book._look import Look, walk
from offtake.book._refusals import findings_of
from offtake.book._tree import AT_NODE, adds_to_a_delay
from offtake.book._written import plain
from offtake.errors import InputError
from offtake.spelling import suggest
from offtake.units import QuantityError, read

__all__ = ["CHECKS", "delay_can_be_added", "shock_is_possible", "value_can_be_set"]


def events_have_a_date(look: Look) -> Iterator[Finding]:
    """Yield shocks and failures without a date, or with one outside the calendar."""
    calendar = look.book.calendar
    for name, scenario in look.book.scenarios.items():
        path = ("scenarios", name)
        if scenario.at is None and (
            scenario.fail or any(shock.at is None for shock in scenario.shock.values())
        ):
            what = "the shock has no date" if scenario.shock else "the failure has no date"
            yield Finding(path, what, f"Add `at`, such as `at: {calendar.first + 4}`")
        dates = {
            "at": scenario.at,
            **{f"shock.{driver}": shock.at for driver, shock in scenario.shock.items()},
        }
        for key, date in dates.items():
            yield from look.dated((*path, *key.split(".", 1)), date)


def shocks_are_possible(look: Look) -> Iterator[Finding]:
    """Yield shocks by a factor that is not above zero."""
    for name, scenario in look.book.scenarios.items():
        for driver, shock in scenario.shock.items():
            yield from shock_is_possible(("scenarios", name, "shock", driver), shock)


def shock_is_possible(path: Path, shock: Shock) -> Iterator[Finding]:
    """Yield a shock by a factor that is not above zero."""
    if shock.times.value <= 0:
        what = f"a shock multiplies its driver, and {shock.times} is not above zero"
        yield Finding(path, what, "Write one such as `x0.2`")


def overrides_can_be_made(look: Look) -> Iterator[Finding]:
    """Yield new values that lead nowhere or that the book cannot have."""
    for name, scenario in look.book.scenarios.items():
        for key, value in scenario.set.items():
            path = ("scenarios", name, "set", key)
            if adds_to_a_delay(key, value):
                yield from delay_can_be_added(look, path, key, str(value))
            else:
                yield from value_can_be_set(look, path, key, value)


def delay_can_be_added(look: Look, path: tuple[str, ...], key: str, value: str) -> Iterator[Finding]:
    """Yield what keeps a delay from being added to a cause."""
    cause = key.removeprefix("causes.")
    known = (*look.known("causes"), *_used_causes(look))
    if cause not in known:
        yield Finding(path, f"no cause is called `{cause}`", suggest(cause, known, "cause"))
    try:
        read(value, "duration")
    except QuantityError as error:
        yield Finding(path, error.what, error.mend)


def _used_causes(look: Look) -> list[str]:
    found = (getattr(getattr(each, "distribution", None), "cause", None) for _, each in walk(look.book))
    return list(dict.fromkeys(cause for cause in found if cause is not None))


def value_can_be_set(
    look: Look, path: tuple[str, ...], key: str, value: object, before: Mapping[str, Any] | None = None
) -> Iterator[Finding]:
    """Yield what keeps a value from being set under a dotted path, others having been set before it."""
    book = look.book
    section = key.partition(".")[0]
    part = {"book": book.book, "calendar": plain(book.calendar)}
    # the rest of the book stays as it was, and need not be read again
    if section in type(book).model_fields:
        part[section] = plain(getattr(book, section))
    earlier = {each: given for each, given in (before or {}).items() if each.partition(".")[0] == section}
    try:
        data = replaced(part, type(book), {**earlier, key: value})
        type(book).model_validate(data)
    except InputError as error:
        if not _is_unread(look, key):
            what = str(error).removesuffix(".")
            yield Finding(path, what, "Name a field of an entry, as in `drivers.users.growth`")
    except ValidationError as error:
        found = findings_of(error, type(book), data)[0]
        yield Finding(path, found.what, found.mend)


def _is_unread(look: Look, key: str) -> bool:
    """Say whether a path leads to an entry that stands in the file but could not be read."""
    section, _, rest = key.partition(".")
    read_ones = getattr(look.book, section, {})
    return any(rest.startswith(name) for name in look.names.get(section, ()) if name not in read_ones)


def scenarios_do_something(look: Look) -> Iterator[Finding]:
    """Yield scenarios that change nothing; a warning."""
    for name, scenario in look.book.scenarios.items():
        if not _does_something(scenario) and name != AT_NODE:
            what = "the scenario changes nothing"
            yield Finding(("scenarios", name), what, "Give `set`, `shock`, `fail` or `without`", "warning")


def _does_something(scenario: Scenario) -> bool:
    return bool(scenario.set or scenario.shock or scenario.fail or scenario.without)


CHECKS = (
    events_have_a_date,
    shocks_are_possible,
    overrides_can_be_made,
    scenarios_do_something,
)
"""Every check of this module."""
