"""Requests in one line: `1 GW for 5 years from 2027-Q1 like North, take-or-pay 90 %`."""

from __future__ import annotations

import re
from typing import Any, Final

from offtake.errors import InputError

__all__ = ["read_words"]

_FORM: Final = re.compile(
    r"(?P<power>.+?) for (?P<term>.+?) from (?P<quarter>\S+?)(?: (?P<how>on|like) (?P<site>[^,]+?))?",
    re.IGNORECASE,
)
_CLAUSES: Final = {
    "take-or-pay": "take_or_pay",
    "prepayment": "prepayment",
    "termination": "termination",
    "at": "price",
}
_EXAMPLE: Final = (
    "1 GW for 5 years from 2027-Q1 like North, take-or-pay 90 %, prepayment 10 %, termination 25 %"
)


def read_words(text: str) -> dict[str, Any]:
    """Return what a request in one line says, as plain data of a request without its parties.

    Raises
    ------
    InputError
        If a word of it is not understood.

    Examples
    --------
    >>> read_words("100 MW for 4 years from 2027-Q1 on North, take-or-pay 80 %")["sites"]
    ['North']
    """
    head, *more = (part.strip() for part in text.split(","))
    found = _FORM.fullmatch(head)
    if found is None:
        message = f"the request `{text}` is not understood; write it as in `{_EXAMPLE}`"
        raise InputError(message)
    clauses: dict[str, Any] = {"ramp": {found["quarter"]: found["power"]}, "term": found["term"]}
    for part in more:
        word, _, value = part.partition(" ")
        kind = _CLAUSES.get(word.lower())
        if kind is None or not value.strip() or kind in clauses:
            known = ", ".join(_CLAUSES)
            message = (
                f"`{part}` in the request is not understood; after the first comma come {known}, once each"
            )
            raise InputError(message)
        clauses[kind] = value.strip()
    data: dict[str, Any] = {"clauses": clauses}
    if found["site"] is not None:
        data |= (
            {"sites": [found["site"]]} if found["how"].lower() == "on" else {"build": {"like": found["site"]}}
        )
    return data
