"""Names that nobody has: what was probably meant, or what there is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest", "refuse_unknown", "suggest"]

_SHOWN = 12


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a word, or None if none is alike.

    Examples
    --------
    >>> nearest("Tideway Clud", ["Tideway Cloud", "Northgate"])
    'Tideway Cloud'
    """
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def suggest(word: str, known: Iterable[str], noun: str) -> str:
    """Return the advice that names what was probably meant, or else what there is.

    Examples
    --------
    >>> suggest("Nordgate", ["Northgate"], "party")
    'Did you mean `Northgate`?'
    >>> suggest("Lark", ["Tideway", "Northgate"], "party")
    'Known: `Northgate`, `Tideway`'
    >>> suggest("Lark", [], "party")
    'There is no party in the book yet; add it'
    """
    names = sorted(map(str, known))
    close = nearest(word, names)
    if close is not None:
        return f"Did you mean `{close}`?"
    if not names:
        return f"There is no {noun} in the book yet; add it"
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return f"Known: {shown}" + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def refuse_unknown(name: str, known: Iterable[str], noun: str) -> None:
    """Refuse a name that is not among those known.

    Raises
    ------
    InputError
        If it is not; the error names what was probably meant, or else what there is.

    Examples
    --------
    >>> refuse_unknown("Nordgate", ["Northgate"], "party")
    Traceback (most recent call last):
    offtake.errors.InputError: no party is called `Nordgate`. Did you mean `Northgate`?
    """
    names = list(known)
    if name not in names:
        message = f"no {noun} is called `{name}`. {suggest(name, names, noun)}"
        raise InputError(message)
