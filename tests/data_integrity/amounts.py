"""Every quantity that a book states, with the entries that it stands in."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from offtake.book import Amount, Book, Profile

Figure = tuple[str, Amount | Profile, tuple[Any, ...]]
"""Dotted path, the figure, and the records that it stands in, outermost first."""


def figures(book: Book) -> Iterator[Figure]:
    """Yield every figure that is written in a book; defaults are left out."""
    yield from _below(book, (), ())


def _below(node: Any, path: tuple[str, ...], inside: tuple[Any, ...]) -> Iterator[Figure]:
    if isinstance(node, Amount | Profile):
        yield ".".join(path), node, inside
    elif isinstance(node, BaseModel):
        for name in type(node).model_fields:
            if name in node.model_fields_set:
                yield from _below(getattr(node, name), (*path, name), (*inside, node))
    elif isinstance(node, Mapping):
        for name, each in node.items():
            yield from _below(each, (*path, str(name)), inside)
    elif isinstance(node, tuple):
        for place, each in enumerate(node, start=1):
            yield from _below(each, (*path, str(place)), inside)


def cited(node: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what each record or figure below a node cites."""
    yield from _cited(node, ())


def _cited(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    sources = getattr(node, "sources", None)
    if isinstance(sources, tuple):
        yield ".".join(path), sources
    if isinstance(node, Profile):
        yield from _cited(node.amount, path)
    elif isinstance(node, BaseModel):
        for name in type(node).model_fields:
            yield from _cited(getattr(node, name), (*path, name))
    elif isinstance(node, Mapping):
        for name, each in node.items():
            yield from _cited(each, (*path, str(name)))
    elif isinstance(node, tuple):
        for place, each in enumerate(node, start=1):
            yield from _cited(each, (*path, str(place)))
