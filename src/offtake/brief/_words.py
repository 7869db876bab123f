"""Sentences whose numbers are all computed: words are written by hand, figures never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from offtake.figures import words

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Part",
    "Sentence",
    "code",
    "count",
    "listed",
    "money",
    "months",
    "name",
    "plain",
    "power",
    "row",
    "say",
    "share",
    "spread",
    "times",
    "told",
    "when",
    "word",
]

_FIGURES = re.compile(r"((?:(?![(\[])\S)*\d(?:\S*[^\s.,:;)\]])?(?: %| (?:[MB]|tn) USD| [MG]W)?)")
"""A word with a digit in it, less the brackets and stops around it, and its unit."""

Kind = Literal["words", "name", "number", "code"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence.

    Parameters
    ----------
    text
        What is read.
    kind
        ``words`` written by hand, a ``name`` from the book, a computed ``number``, or ``code`` to run.
    """

    text: str
    kind: Kind


Sentence = tuple[Part, ...]
"""Pieces in reading order."""


def say(template: str, *parts: Part | Sentence) -> Sentence:
    """Return a sentence from words and computed parts; each ``{}`` takes the next part.

    Raises
    ------
    ValueError
        If the words hold a digit, or if there are more or fewer places than parts.

    Examples
    --------
    >>> "".join(part.text for part in say("The plan says {}.", money(115_000.0)))
    'The plan says 115 B USD.'
    """
    words_between = template.split("{}")
    if any(letter.isdigit() for letter in template):
        msg = f"the words of a sentence hold a digit: {template!r}; compute it and pass it as a part"
        raise ValueError(msg)
    if len(words_between) != len(parts) + 1:
        msg = f"{template!r} has {len(words_between) - 1} places for {len(parts)} parts"
        raise ValueError(msg)
    pieces: list[Part] = [Part(words_between[0], "words")]
    for part, after in zip(parts, words_between[1:], strict=True):
        pieces.extend((part,) if isinstance(part, Part) else part)
        pieces.append(Part(after, "words"))
    return tuple(piece for piece in pieces if piece.text)


def name(text: str) -> Part:
    """Return a name from the book."""
    return Part(text, "name")


def code(text: str) -> Part:
    """Return a command to run."""
    return Part(text, "code")


def word(text: str) -> Part:
    """Return words that depend on what was found.

    Raises
    ------
    ValueError
        If they hold a digit.
    """
    return say(text)[0]


def money(value: float) -> Part:
    """Return an amount in M USD as a number to read."""
    return Part(words.money(value), "number")


def plain(value: float) -> Part:
    """Return a bare number to read."""
    return Part(words.plain(value), "number")


def power(value: float) -> Part:
    """Return a power in MW as a number to read."""
    return Part(words.power(value), "number")


def share(value: float) -> Part:
    """Return a share as a number to read."""
    return Part(words.share(value), "number")


def months(quarters: float) -> Part:
    """Return a time in quarters as months to read."""
    return Part(words.months(quarters), "number")


def times(value: float) -> Part:
    """Return a factor as a number to read."""
    return Part(words.plain(value, 2), "number")


def count(value: int) -> Part:
    """Return a whole number to read; none is a word."""
    return Part(f"{value:,}" if value else "no", "number")


def when(label: str) -> Part:
    """Return a year or a quarter."""
    return Part(str(label), "number")


def spread(low: float, high: float, unit: str) -> Sentence:
    """Return the two ends between which nine of ten futures lie, in one unit.

    Examples
    --------
    >>> "".join(part.text for part in spread(150_000.0, 280_000.0, "M USD"))
    '150 to 280 B USD'
    """
    ends = words.between(low, high, unit)
    return (Part(ends[0], "number"), Part(" to ", "words"), Part(ends[1], "number"))


def listed(names: Iterable[str], most: int = 5) -> Sentence:
    """Return names in a row, with how many are left unsaid.

    Examples
    --------
    >>> "".join(part.text for part in listed(["Lark", "Northgate", "Tideway"]))
    'Lark, Northgate and Tideway'
    """
    every = list(names)
    shown = every[:most]
    pieces: list[Part] = []
    for place, each in enumerate(shown):
        if place:
            last = place == len(shown) - 1 and len(every) == len(shown)
            pieces.append(Part(" and " if last else ", ", "words"))
        pieces.append(name(each))
    if len(every) > len(shown):
        pieces += [Part(" and ", "words"), count(len(every) - len(shown)), Part(" more", "words")]
    return tuple(pieces)


def told(text: str) -> Sentence:
    """Return a found text with what holds a digit as numbers and all else as names.

    Examples
    --------
    >>> [(part.text, part.kind) for part in told("demand 31 % lower")]
    [('demand ', 'name'), ('31 %', 'number'), (' lower', 'name')]
    >>> [part.text for part in told("worth 1.5 B USD (−0.2 to 4) by 2026-Q1.") if part.kind == "number"]
    ['1.5 B USD', '−0.2', '4', '2026-Q1']
    """
    pieces = _FIGURES.split(text)
    return tuple(
        Part(piece, "number" if place % 2 else "name") for place, piece in enumerate(pieces) if piece
    )


def row(texts: list[str], most: int = 5) -> Sentence:
    """Return found texts one after the other, with how many are left unsaid.

    Examples
    --------
    >>> "".join(part.text for part in row(["demand 31 % lower", "spot 2 % higher"], most=1))
    'demand 31 % lower and 1 more'
    """
    pieces: list[Part] = []
    for place, text in enumerate(texts[:most]):
        pieces += [Part(", " if place else "", "words"), *told(text)]
    if len(texts) > most:
        pieces += [Part(" and ", "words"), count(len(texts) - most), Part(" more", "words")]
    return tuple(piece for piece in pieces if piece.text) or say("nothing moves")
