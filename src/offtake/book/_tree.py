"""The scenario tree of a book: what may become known, when, and what then holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from offtake.book._driver import Scenario, Shock
from offtake.book._entry import Entry, entry_field
from offtake.book._scalars import Amount, Name, QuarterField, Share
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from offtake.book._book import Book
    from offtake.calendar import Quarter

__all__ = ["AT_NODE", "TreeNode", "ancestry", "children", "first_quarters", "node_changes", "node_scenario"]

AT_NODE: Final = "at node"
"""Name of the scenario in which `Book.at_node` leaves what has a date."""


class TreeNode(Entry):
    """What may become known: from its first quarter on its values hold, until its children take over."""

    title: str | None = entry_field("What has happened, in a few words for a reader.", default=None)
    after: Name | None = entry_field("Node that it follows; default: the opening.", default=None)
    from_: QuarterField | None = entry_field(
        "First quarter that it covers; default: the opening, or that of its siblings.",
        default=None,
        alias="from",
    )
    probability: Share = entry_field(
        "Probability given the node that it follows; those of siblings sum to 100 %.",
        unit="1",
        default=Amount(1.0, "share"),
    )
    set: dict[str, Any] = entry_field(
        "New values by dotted path, on top of those of the nodes before; `causes.X: +9 months` delays.",
        default_factory=dict,
    )
    shock: dict[Name, Shock] = entry_field(
        "Sudden moves by driver, in the node's first quarter unless they say `at`.", default_factory=dict
    )


def children(tree: Mapping[str, TreeNode]) -> dict[str | None, list[str]]:
    """Return the nodes that follow each node, under None those that follow the opening.

    Examples
    --------
    >>> tree = {"low": TreeNode(), "lower": TreeNode(after="low")}
    >>> children(tree)
    {None: ['low'], 'low': ['lower']}
    """
    found: dict[str | None, list[str]] = {}
    for name, node in tree.items():
        found.setdefault(node.after, []).append(name)
    return found


def ancestry(tree: Mapping[str, TreeNode], name: str) -> list[str]:
    """Return the nodes from the first one to the named one; of a circle, each node once.

    Raises
    ------
    InputError
        If there is no such node.
    """
    refuse_unknown(name, tree, "node of the tree")
    path: list[str] = []
    here: str | None = name
    while here is not None and here in tree and here not in path:
        path.append(here)
        here = tree[here].after
    return path[::-1]


def first_quarters(book: Book) -> dict[str, Quarter | None]:
    """Return the first quarter of each node of a book's tree; None where nothing says it.

    Examples
    --------
    >>> from offtake.book import Book
    >>> tree = {"trunk": {}, "up": {"after": "trunk", "from": "2027-Q1", "probability": 0.4},
    ...         "down": {"after": "trunk", "probability": 0.6}}
    >>> book = Book.from_data({"book": "t", "calendar": {"from": 2026, "to": 2028}, "tree": tree})
    >>> [str(quarter) for quarter in first_quarters(book).values()]
    ['2026-Q1', '2027-Q1', '2027-Q1']
    """
    found: dict[str, Quarter | None] = dict.fromkeys(book.tree)
    for parent, names in children(book.tree).items():
        given = [book.tree[name].from_ for name in names if book.tree[name].from_ is not None]
        default = given[0] if given else book.calendar.first if parent is None else None
        for name in names:
            found[name] = book.tree[name].from_ or default
    return found


def node_changes(book: Book, name: str) -> dict[str, Any]:
    """Return the new values that hold at a node: its own on top of those of the nodes before it.

    Delays added to a cause are left out; they are in `node_scenario`.

    Raises
    ------
    InputError
        If there is no such node.
    """
    merged = {key: value for each in ancestry(book.tree, name) for key, value in book.tree[each].set.items()}
    return {key: value for key, value in merged.items() if not adds_to_a_delay(key, value)}


def node_scenario(book: Book, name: str) -> Scenario:
    """Return the shocks and the delays of a node and of those before it, as a scenario.

    Raises
    ------
    InputError
        If there is no such node.
    """
    firsts = first_quarters(book)
    shocks: dict[str, Shock] = {}
    delays: dict[str, Any] = {}
    for each in ancestry(book.tree, name):
        node = book.tree[each]
        for driver, shock in node.shock.items():
            shocks[driver] = shock if shock.at is not None else shock.model_copy(update={"at": firsts[each]})
        delays |= {key: value for key, value in node.set.items() if adds_to_a_delay(key, value)}
    dated = {key: value for key, value in (("set", delays), ("shock", shocks)) if value}
    return Scenario.model_validate({"title": f"What has a date at `{name}`", **dated})


def adds_to_a_delay(key: str, value: object) -> bool:
    """Return whether a new value under a path adds time to the delays of a cause."""
    return key.startswith("causes.") and str(value).lstrip().startswith(("+", "-"))
