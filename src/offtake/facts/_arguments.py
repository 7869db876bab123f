"""How the arguments of measures are read, and how they are refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NoReturn

from offtake.calendar import DateError, Quarter
from offtake.errors import InputError
from offtake.spelling import suggest

__all__ = ["MeasureError", "keys", "names", "one_name", "quarter", "refuse"]


class MeasureError(InputError):
    """A measure that cannot be computed, with what is wrong and how to mend it kept apart."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}. {mend}.")
        self.what = what
        self.mend = mend


def refuse(what: str, mend: str) -> NoReturn:
    """Raise a `MeasureError`."""
    raise MeasureError(what, mend)


def names(data: Any, known: Collection[str], noun: str) -> tuple[str, ...]:
    """Return one name or a list of names, each of which must be known.

    Raises
    ------
    MeasureError
        If it is neither, or a name is not known.

    Examples
    --------
    >>> names("lark", {"lark": 1}, "party"), names(["lark"], {"lark": 1}, "party")
    (('lark',), ('lark',))
    """
    listed = [data] if isinstance(data, str) else data
    if (
        not isinstance(listed, list | tuple)
        or not listed
        or not all(isinstance(each, str) for each in listed)
    ):
        refuse(
            f"the name of a {noun} is needed, or a list of them, got `{data}`",
            f"Write `{noun}: [name, name]`",
        )
    for name in listed:
        if name not in known:
            refuse(f"no {noun} is called `{name}`", suggest(name, known, noun))
    return tuple(listed)


def one_name(data: Any, known: Collection[str], noun: str) -> str:
    """Return the one name that is given.

    Raises
    ------
    MeasureError
        If it is not exactly one, or not known.
    """
    found = names(data, known, noun)
    if len(found) != 1:
        refuse(f"one {noun} is needed, got {len(found)}", "Write one name")
    return found[0]


def keys(data: Any, allowed: Iterable[str], main: str | None = None) -> dict[str, Any]:
    """Return the arguments of a measure by name; a value that is no mapping is that of the main one.

    Raises
    ------
    MeasureError
        If there is an argument that the measure does not have.

    Examples
    --------
    >>> keys("lark", ["party", "until"], main="party")
    {'party': 'lark'}
    """
    known = list(allowed)
    if not isinstance(data, Mapping):
        if main is None:
            refuse(f"arguments by name are needed, got `{data}`", f"Its arguments are {', '.join(known)}")
        return {main: data}
    for key in data:
        if str(key) not in known:
            refuse(f"`{key}` is not an argument here", suggest(str(key), known, "argument"))
    if main is not None and main not in data:
        refuse(f"`{main}` is missing", f"Add `{main}`")
    return {str(key): value for key, value in data.items()}


def quarter(data: Any, *, end: bool = False) -> Quarter | None:
    """Return the quarter that contains a date; a bare year means its first quarter, as an end its last.

    Raises
    ------
    MeasureError
        If it is not a date.

    Examples
    --------
    >>> str(quarter(2019)), str(quarter(2019, end=True)), quarter(None)
    ('2019-Q1', '2019-Q4', None)
    """
    if data is None:
        return None
    try:
        if end and str(data).strip().isdigit():
            return Quarter(int(data), 4)
        return Quarter.containing(data)
    except DateError as error:
        raise MeasureError(error.what, error.mend) from None
