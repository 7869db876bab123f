"""The tree that a book gives (P3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from offtake.book import AT_NODE, first_quarters
from offtake.errors import InputError
from offtake.plan._instance import OPENING
from offtake.plan._tree import tree_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.plan._instance import Tree

__all__ = ["books_at_nodes", "given_tree", "shown"]

_EXACT = 1e-9


def given_tree(book: Book) -> Tree:
    """Return the tree that a book gives, with an opening before its first nodes.

    Raises
    ------
    InputError
        If probabilities of siblings do not sum to 1, or nodes do not follow each other without a gap.
    """
    first = {name: book.calendar.index(q) for name, q in first_quarters(book).items() if q is not None}
    names: list[str] = [OPENING]
    parent, probability, last = [-1], [1.0], [0]
    waiting: list[tuple[str | None, int]] = [(None, 0)]
    while waiting:
        above, place = waiting.pop(0)
        below = [name for name, node in book.tree.items() if node.after == above]
        if not below:
            continue
        _siblings(book, above, below)
        begins = {first.get(name, last[place]) for name in below}
        if above is None and begins != {0}:
            message = f"tree.{below[0]}: the first nodes start with the calendar; take their `from` out"
            raise InputError(message)
        for name in below:
            names.append(name)
            parent.append(place)
            probability.append(probability[place] * book.tree[name].probability.value)
            last.append(_end(book, name, first))
            waiting.append((name, len(names) - 1))
    if len(names) - 1 != len(book.tree):
        lost = sorted(set(book.tree) - set(names))
        message = f"tree.{lost[0]}: no node of the tree leads there; correct its `after`"
        raise InputError(message)
    return tree_of(names, parent, probability, last)


def _siblings(book: Book, above: str | None, below: list[str]) -> None:
    total = sum(book.tree[name].probability.value for name in below)
    if abs(total - 1.0) > _EXACT:
        after = "the opening" if above is None else f"`{above}`"
        message = (
            f"tree: the probabilities of {', '.join(below)}, which follow {after}, sum to {total:g}; "
            "make them sum to 100 %"
        )
        raise InputError(message)


def _end(book: Book, name: str, first: dict[str, int]) -> int:
    """Return the quarter before which a node ends: where its children begin, else the calendar's end."""
    begins = {each: first.get(each) for each, node in book.tree.items() if node.after == name}
    if not begins:
        return len(book.calendar)
    if len(set(begins.values())) > 1 or None in begins.values():
        message = (
            f"tree: {', '.join(begins)}, which follow `{name}`, do not start in one quarter; "
            "give them the same `from`"
        )
        raise InputError(message)
    (start,) = {int(value) for value in begins.values() if value is not None}
    if not first.get(name, 0) < start < len(book.calendar):
        message = (
            f"tree.{next(iter(begins))}: it starts in quarter {start}, which does not lie after the start "
            f"of `{name}` and within the calendar; correct its `from`"
        )
        raise InputError(message)
    return start


def books_at_nodes(book: Book, tree: Tree) -> list[tuple[Book, str]]:
    """Return the book at every node but the opening, and the scenario in force there."""
    return [(book.at_node(name), AT_NODE) for name in tree.names[1:]]


def shown(tree: Tree) -> NDArray[np.int64]:
    """Return which future each node shows: each its own."""
    return np.maximum(np.arange(len(tree.names), dtype=np.int64) - 1, 0)
