"""The book: everything that is agreed, offered and uncertain, in one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, PrivateAttr, field_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from offtake.book._chip import Chip
from offtake.book._deal import AnyDeal, Right
from offtake.book._document import Document, Finding
from offtake.book._driver import Driver, Scenario
from offtake.book._edits import Change
from offtake.book._entry import Record, entry_field
from offtake.book._market import Market
from offtake.book._party import Cause, Contagion, Party, PlanOfRecord
from offtake.book._policy import Policy
from offtake.book._request import Request
from offtake.book._scalars import Name, Ratio
from offtake.book._site import Site
from offtake.book._source import Fact, Source
from offtake.book._talks import Talks
from offtake.book._tree import TreeNode
from offtake.book._workload import Workload
from offtake.book._written import content_hash, plain
from offtake.calendar import Calendar, DateError, Quarter
from offtake.errors import Problem, Severity

if TYPE_CHECKING:
    from offtake.book._signed import HasSignings, Signed

__all__ = ["SECTIONS", "Book"]


class _CalendarType:
    """The pydantic type of a calendar: `{from: 2026-Q1, to: 2030-Q4}`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _read_calendar, serialization=core_schema.plain_serializer_function_ser_schema(plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        quarter = {"type": ["string", "integer"], "examples": ["2026-Q1"]}
        keys = {"from": quarter, "to": quarter}
        return {
            "type": "object",
            "properties": keys,
            "required": ["from", "to"],
            "additionalProperties": False,
        }


def _read_calendar(data: Any) -> Calendar:
    if isinstance(data, Calendar):
        return data
    form = "Write it as in `calendar: {from: 2026-Q1, to: 2030-Q4}`"
    kind, template = "refused", "{what}. {mend}"
    if not isinstance(data, Mapping) or set(data) != {"from", "to"}:
        text = {"what": "a calendar needs its first and its last quarter", "mend": form}
        raise PydanticCustomError(kind, template, text)
    try:
        last = data["to"]
        # a year stands for its first quarter as a beginning, for its last one as an end
        end = Quarter(int(last), 4) if str(last).isdigit() else Quarter.containing(last)
        return Calendar(Quarter.containing(data["from"]), end)
    except DateError as error:
        raise PydanticCustomError(kind, template, {"what": error.what, "mend": error.mend}) from None


def _pair(text: str) -> str:
    """Return two drivers' names with one space on each side of the sign between them."""
    left, sign, right = (part.strip() for part in text.partition("~"))
    if not (left and sign and right) or "~" in right:
        message = f"`{text}` is not a pair of drivers; write it as in `users ~ spot: 0.4`"
        raise ValueError(message)
    return f"{left} ~ {right}"


class Book(Record):
    """Everything that is agreed, offered and uncertain about the sourcing of compute among some parties.

    Examples
    --------
    >>> book = Book.from_data({
    ...     "book": "two", "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
    ...     "parties": {"Lark": {"cash": "900 M USD"}, "Northgate": {}},
    ... })
    >>> book.parties["Lark"].cash.value, len(book.calendar)
    (900.0, 4)
    >>> book.replace({"parties.Lark.cash": "1 B USD"}).parties["Lark"].cash.value
    1000.0
    """

    book: Name = entry_field("Short name of the book.")
    title: str | None = entry_field("A line for readers.", default=None)
    about: str | None = entry_field("What the book is, and what its figures are not.", default=None)
    as_of: str | None = entry_field("Date of the figures.", default=None)
    currency: Literal["USD"] = entry_field(
        "Currency of every amount; only US dollars are known.", default="USD"
    )
    calendar: Annotated[Calendar, _CalendarType] = entry_field(
        "First and last quarter; the opening is the start of the first.", unit="quarter"
    )
    parties: dict[Name, Party] = entry_field("Firms.", default_factory=dict)
    chips: dict[Name, Chip] = entry_field("Accelerator families.", default_factory=dict)
    sites: dict[Name, Site] = entry_field("Campuses.", default_factory=dict)
    workloads: dict[Name, Workload] = entry_field("What needs compute.", default_factory=dict)
    deals: dict[Name, AnyDeal] = entry_field("Contracts, options, intents and offers.", default_factory=dict)
    requests: dict[Name, Request] = entry_field(
        "Capacity that buyers ask sellers for, to be quoted.", default_factory=dict
    )
    negotiations: dict[Name, Talks] = entry_field(
        "What pairs of parties negotiate about.", default_factory=dict
    )
    rights: dict[Name, Right] = entry_field("Rights that stand outside any one deal.", default_factory=dict)
    drivers: dict[Name, Driver] = entry_field("Uncertain quantities.", default_factory=dict)
    causes: dict[Name, Cause] = entry_field(
        "Common causes; one that is named elsewhere but not here has a correlation of 50 %.",
        default_factory=dict,
    )
    correlations: dict[Annotated[Name, AfterValidator(_pair)], Ratio] = entry_field(
        "Correlations of drivers' noises, by pair: `users ~ spot: 0.4`; other pairs have none.",
        unit="1",
        default_factory=dict,
    )
    scenarios: dict[Name, Scenario] = entry_field(
        "Named changes to run beside the book.", default_factory=dict
    )
    policies: dict[Name, Policy] = entry_field(
        "What parties ask of their plans, by party.", default_factory=dict
    )
    tree: dict[Name, TreeNode] = entry_field(
        "What may become known and when, node by node; `plan` reads it.", default_factory=dict
    )
    sources: dict[Name, Source] = entry_field("Where the figures come from.", default_factory=dict)
    market: Market = entry_field("The spot market and what money costs.", default=Market())
    contagion: Contagion = entry_field("How defaults feed back on confidence.", default=Contagion())
    plans_of_record: dict[Name, PlanOfRecord] = entry_field(
        "Parties' own published plans, by party.", default_factory=dict
    )
    facts: dict[Name, Fact] = entry_field(
        "Stated figures that the book must reproduce.", default_factory=dict
    )

    _folder: Path | None = PrivateAttr(default=None)
    _read_from: Document | None = PrivateAttr(default=None)

    @field_validator("correlations")
    @classmethod
    def _between_minus_one_and_one(cls, table: dict[str, Any]) -> dict[str, Any]:
        for pair, amount in table.items():
            if not -1 <= amount.value <= 1:
                message = f"the correlation {amount.value:g} of `{pair}` is not between -1 and 1; correct it"
                raise ValueError(message)
        return table

    @classmethod
    def read(cls, source: str | Path) -> Self:
        """Return the book in a file, in a folder, or shipped under a name.

        Parameters
        ----------
        source
            The path of a ``.yaml`` file, of a ``.xlsx`` file or of a folder with a ``book.yaml``; or the name
            of a shipped book, such as those that `Book.shipped` lists.

        Raises
        ------
        BookError
            With every problem of every file, if there are any.
        InputError
            If there is no such file.
        """
        from offtake.book._files import read_book

        return read_book(cls, source)

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, name: str | None = None) -> Self:
        """Return the book that plain data describe, as a YAML file would hold them.

        Parameters
        ----------
        data
            Mappings, lists and scalars.
        name
            What problems are said to be in; by default the name of the book.

        Raises
        ------
        BookError
            With every problem, if there are any.
        """
        from offtake.book._reading import build

        return build(cls, Document(name or str(data.get("book", "book")), dict(data)))

    @staticmethod
    def shipped() -> tuple[str, ...]:
        """Return the names of the books that are shipped."""
        from offtake.book._files import shipped

        return tuple(sorted(shipped()))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a book file, in which every field has its meaning and its unit."""
        from offtake.book._schema import json_schema

        return json_schema(cls)

    @property
    def folder(self) -> Path | None:
        """The folder that the book was read from, against which files that it names are found; or None."""
        return self._folder

    @property
    def hash(self) -> str:
        """The SHA-256 of everything that the book says; equal books have equal hashes."""
        return content_hash(self)

    def to_data(self) -> dict[str, Any]:
        """Return the book as plain data, as a YAML file would hold them."""
        data: dict[str, Any] = plain(self)
        return data

    def write(self, path: str | Path) -> None:
        """Write the book so that reading it gives an equal one; a write that is cut short leaves the old one.

        Parameters
        ----------
        path
            A ``.yaml`` or ``.yml`` file, a ``.xlsx`` file, or else a folder.

        Raises
        ------
        InputError
            If the place cannot be written to.
        """
        from offtake.book._files import write_book

        write_book(self, path)

    def check(self) -> tuple[Problem, ...]:
        """Return every problem and every warning that the book has as a whole."""
        from offtake.book._checks import check_book

        return tuple(self._document.problem(finding) for finding in check_book(self))

    def problem_at(
        self, path: tuple[str | int, ...], what: str, mend: str, severity: Severity = "error"
    ) -> Problem:
        """Return a problem of an entry, with the file and the line in which the entry stands, if it was read.

        Parameters
        ----------
        path
            Where the entry stands: keys, and places in lists from 0.
        what, mend, severity
            As in `Problem`.

        Examples
        --------
        >>> book = Book.from_data({"book": "two", "calendar": {"from": "2026-Q1", "to": "2026-Q4"}})
        >>> print(book.problem_at(("facts", "cash"), "it is not so", "Correct it"))
        two: facts.cash: it is not so. Correct it.
        """
        return self._document.problem(Finding(path, what, mend, severity))

    @property
    def _document(self) -> Document:
        return self._read_from or Document(self.book)

    def replace(self, changes: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Return a copy with new values under dotted paths.

        A path names an entry or a field: ``drivers.users.growth``, ``deals.tideway-order.price.usage``,
        ``sites.North.phases.1.mw``. The clauses of a deal and the process of a driver need not be named.
        A single value for a clause sets its main field. A value of None takes an optional field out.

        Raises
        ------
        BookError
            If the changed book has problems.
        InputError
            If a path leads nowhere.
        """
        from offtake.book._edits import replaced

        return self._like(replaced(self.to_data(), type(self), {**(changes or {}), **more}))

    def without(self, *paths: str) -> Self:
        """Return a copy without some deals, clauses, rights or other entries.

        Parameters
        ----------
        paths
            ``tideway-order.take_or_pay`` or ``deals.tideway-order.clauses.take_or_pay`` for a clause,
            ``tideway-order`` for a deal, ``rights.cloud-first`` for any other entry.

        Notes
        -----
        Scenarios in which a deal that is taken out does not happen stop naming it. A phase that is built
        under it, or a clause that counts its sites, still does, and has to be changed first.

        Raises
        ------
        BookError
            If what is left has problems: a clause that its deal needs, or an entry that others name.
        InputError
            If there is no such entry.
        """
        from offtake.book._edits import removed

        return self._like(removed(self.to_data(), type(self), paths))

    def with_scenario(self, name: str) -> Self:
        """Return a copy with the undated overrides of a scenario in force.

        What has a date is left to the engines, which take the scenario beside the book: shocks, failures,
        new driver values with a `from`. So are deals that do not happen, and delays added to a cause.

        Raises
        ------
        InputError
            If there is no such scenario, or it sets a path that leads nowhere.
        BookError
            If the changed book has problems.
        """
        from offtake.book._edits import scenario_changes

        changes = scenario_changes(self, name)
        return self.replace(changes) if changes else self

    def at_node(self, name: str) -> Self:
        """Return a copy with the overrides of a node of the tree, and of all nodes before it, in force.

        They hold from the opening of the copy, as those of a scenario without a date do. What has a date
        is left to the engines, as a scenario that the copy calls `AT_NODE`: shocks, and delays added to a
        cause. The copy has no tree.

        Raises
        ------
        InputError
            If there is no such node, or it sets a path that leads nowhere.
        BookError
            If the changed book has problems.

        Examples
        --------
        >>> tree = {"good": {"probability": 0.4, "set": {"parties.Lark.cash": "2 B USD"}},
        ...         "bad": {"probability": 0.6}}
        >>> book = Book.from_data({"book": "t", "calendar": {"from": 2026, "to": 2028},
        ...                        "parties": {"Lark": {"cash": "1 B USD"}}, "tree": tree})
        >>> book.at_node("good").parties["Lark"].cash.value
        2000.0
        """
        from offtake.book._edits import replaced
        from offtake.book._tree import AT_NODE, node_changes, node_scenario

        changes, dated = node_changes(self, name), node_scenario(self, name)
        data = replaced(self.to_data(), type(self), changes)
        data.pop("tree")
        data["scenarios"] = {**data.get("scenarios", {}), AT_NODE: plain(dated)}
        return self._like(data)

    def signed(self, plan: HasSignings | Sequence[Signed]) -> Self:
        """Return a copy with offers signed, builds begun and options used, as a plan decides at the opening.

        A signed offer becomes firm: its ramp is scaled to the volume and moved to its start, a contract value
        and an option to expand are scaled, `volume` and `start` go. A build makes its supply deal firm. An
        extension lengthens the term, with prices and prepayments as they were. An expansion is a firm deal
        `<deal> expansion` from the next quarter to the deal's end. A termination ends the term before the
        opening; its fee is a deal `<deal> termination fee`. A match shares an offer with the holder of a
        first refusal by its chance, as a deal `<deal> match`: an expectation, as in `plan`.

        Only what is decided at the opening can be written for certain: what later nodes of a tree decide,
        each in its own future, is left out, and those offers stay offered.

        Parameters
        ----------
        plan
            A plan, or its signings: each has `entry`, `what` (offer, build, extension, expansion,
            termination or match), `start` in quarters, `mw`, and the `quarter` of the decision.

        Raises
        ------
        InputError
            If there is no such entry or option, if it is not offered or signed twice, or if volume or start
            lie outside what is offered.
        BookError
            If the signed book has problems, such as a site that is sold twice.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> offer = SimpleNamespace(entry="tideway-more", what="offer", start=0, mw=20.0, quarter="2026-Q1")
        >>> book = Book.read("first-steps").signed([offer])
        >>> book.deals["tideway-more"].firmness, book.to_data()["deals"]["tideway-more"]["clauses"]["ramp"]
        ('firm', {'2028-Q3': '20 MW'})
        """
        from offtake.book._signed import signed_deals

        signings = plan if isinstance(plan, Sequence) else plan.signings
        return self._like({**self.to_data(), "deals": plain(signed_deals(self, signings))})

    def diff(self, other: Book) -> tuple[Change, ...]:
        """Return what another book says differently, by path; units as written make no difference."""
        from offtake.book._edits import differences

        return differences(self, other)

    def _like(self, data: Mapping[str, Any]) -> Self:
        changed = type(self).from_data(data)
        changed._folder = self._folder
        return changed

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self.hash)


SECTIONS = tuple(name for name, field in Book.model_fields.items() if field.default_factory is dict)
"""The parts of a book that hold named entries."""
