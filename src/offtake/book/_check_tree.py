"""Checks of the scenario tree: that it is one, and that every node can be looked at."""

from collections.abc import Iterator
from typing import Any

from offtake.book._check_scenarios import delay_can_be_added, shock_is_possible, value_can_be_set
from offtake.book._document import Finding
from offtake.book._look import Look
from offtake.book._tree import adds_to_a_delay, ancestry, children, first_quarters

__all__ = ["CHECKS"]

_ROUNDING = 1e-9


def nodes_follow_nodes(look: Look) -> Iterator[Finding]:
    """Yield nodes that come after one that the tree does not have."""
    for name, node in look.book.tree.items():
        yield from look.named(("tree", name, "after"), node.after, "tree")


def nodes_have_an_order(look: Look) -> Iterator[Finding]:
    """Yield nodes that follow each other in a circle."""
    told: set[str] = set()
    for name in look.book.tree:
        circle = _circle(look, name)
        if circle and not told & set(circle):
            told |= set(circle)
            shown = " after ".join(f"`{each}`" for each in [*circle, circle[0]])
            what = f"nodes follow each other in a circle: {shown}"
            yield Finding(("tree", circle[0], "after"), what, "Take `after` out of the one that comes first")


def _circle(look: Look, name: str) -> list[str]:
    """Return the nodes of the circle that a node stands in, each after the next; empty if it is in none."""
    seen: list[str] = []
    here: str | None = name
    while here is not None and here in look.book.tree and here not in seen:
        seen.append(here)
        here = look.book.tree[here].after
    return seen if here == name else []


def probabilities_add_up(look: Look) -> Iterator[Finding]:
    """Yield siblings whose probabilities do not sum to 100 %, or are no numbers."""
    for parent, names in children(look.book.tree).items():
        for name in names:
            if look.book.tree[name].probability.distribution is not None:
                path = ("tree", name, "probability")
                yield Finding(path, "a probability cannot be a distribution", "Give one number")
        # siblings that could not be read would be missing from the sum
        if any(name not in look.book.tree for name in look.names.get("tree", ())):
            continue
        total = sum(look.book.tree[name].probability.value for name in names)
        if abs(total - 1.0) > _ROUNDING:
            after = "the opening" if parent is None else f"`{parent}`"
            shown = ", ".join(f"`{name}`" for name in names)
            what = f"the probabilities of what follows {after}, {shown}, sum to {100 * total:.10g} %"
            yield Finding(("tree", names[0], "probability"), what, "Let them sum to 100 %")


def siblings_start_together(look: Look) -> Iterator[Finding]:
    """Yield siblings that start in different quarters, or of which nothing says when they start."""
    firsts = first_quarters(look.book)
    for parent, names in children(look.book.tree).items():
        named = [name for name in names if look.book.tree[name].from_ is not None]
        for name in named[1:]:
            if firsts[name] != firsts[named[0]]:
                what = f"it starts in {firsts[name]}, its sibling `{named[0]}` in {firsts[named[0]]}"
                mend = "What is told apart at once starts at once: give both one quarter"
                yield Finding(("tree", name, "from"), what, mend)
        if parent is not None and not named:
            what = f"nothing says in which quarter what follows `{parent}` starts"
            mend = f"Add `from`, such as `from: {look.book.calendar.first + 4}`"
            yield Finding(("tree", names[0]), what, mend)


def nodes_move_on(look: Look) -> Iterator[Finding]:
    """Yield nodes that start outside the calendar, after the opening without one before, or too early."""
    book, firsts = look.book, first_quarters(look.book)
    for name, node in book.tree.items():
        first, path = firsts[name], ("tree", name, "from")
        if first is None:
            continue
        yield from look.dated(path, first)
        begins_late = first in book.calendar and first != book.calendar.first
        if begins_late and node.after is None and node.from_ is not None:
            what = f"it starts in {first}, and no node covers the quarters from {book.calendar.first} on"
            yield Finding(path, what, "Take `from` out, or add a node before it and name that one in `after`")
        before = firsts.get(node.after) if node.after is not None else None
        if before is not None and first <= before:
            what = f"it starts in {first}, not later than `{node.after}` in {before}"
            yield Finding(path, what, f"Choose a quarter after {before}")


def nodes_can_be_set(look: Look) -> Iterator[Finding]:
    """Yield new values of nodes that lead nowhere or that the book cannot have."""
    for name, node in look.book.tree.items():
        before: dict[str, Any] = {}
        for each in ancestry(look.book.tree, name)[:-1]:
            before |= look.book.tree[each].set
        before = {key: value for key, value in before.items() if not adds_to_a_delay(key, value)}
        for key, value in node.set.items():
            path = ("tree", name, "set", key)
            if key.partition(".")[0] in {"tree", "calendar"}:
                what = f"a node cannot change the {key.partition('.')[0]} in which it stands"
                yield Finding(path, what, "Name a field of another entry, as in `drivers.users.growth`")
            elif adds_to_a_delay(key, value):
                yield from delay_can_be_added(look, path, key, str(value))
            else:
                yield from value_can_be_set(look, path, key, value, before)


def shocks_fit_their_nodes(look: Look) -> Iterator[Finding]:
    """Yield shocks of nodes that lie outside the calendar, that repeat one before, or are not above zero."""
    book = look.book
    for name, node in book.tree.items():
        earlier = {
            driver: each for each in ancestry(book.tree, name)[:-1] for driver in book.tree[each].shock
        }
        for driver, shock in node.shock.items():
            path = ("tree", name, "shock", driver)
            yield from shock_is_possible(path, shock)
            yield from look.dated((*path, "at"), shock.at)
            if driver in earlier:
                what = f"`{driver}` is shocked at `{earlier[driver]}` already, which comes before"
                yield Finding(path, what, "One path can shock a driver once: use `set` for one of the two")


CHECKS = (
    nodes_follow_nodes,
    nodes_have_an_order,
    probabilities_add_up,
    siblings_start_together,
    nodes_move_on,
    nodes_can_be_set,
    shocks_fit_their_nodes,
)
"""Every check of this module."""
