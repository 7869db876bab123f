"""What a file says before it is a book: plain data, and the place of each entry."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from offtake.errors import Problem, Severity

__all__ = ["Document", "Finding", "Path", "Place", "dotted"]

Path = tuple[str | int, ...]
"""Where an entry stands in a document: keys, and places in lists from 0."""


class Place(NamedTuple):
    """A place in a file: its name as the reader knows it, and the line from 1, if it has lines."""

    file: str
    line: int | None


class Finding(NamedTuple):
    """Something wrong with an entry, before it is known in which file the entry stands."""

    path: Path
    what: str
    mend: str
    severity: Severity = "error"


@dataclass
class Document:
    """Plain data read from files, with the place of each entry and what was wrong on the way.

    Parameters
    ----------
    name
        The name of the whole, for entries that stand nowhere in particular.
    data
        Mappings, lists and scalars, as in YAML.
    places
        The place of each entry by its path; parts of an entry without a place have that of the entry.
    problems
        What was wrong while reading.
    incomplete
        Whether a part could not be read, so that names which seem to be missing may stand in it.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    incomplete: bool = False

    def place(self, path: Path) -> Place:
        """Return the place of an entry, or of the nearest one above it that has a place."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return Place(self.name, None)

    def problem(self, finding: Finding) -> Problem:
        """Return a finding with its place.

        Examples
        --------
        >>> document = Document("lark.yaml", places={("parties", "Lark"): Place("lark.yaml", 3)})
        >>> print(document.problem(Finding(("parties", "Lark", "cash"), "12 has no unit", "Write 12 M USD")))
        lark.yaml:3: parties.Lark.cash: 12 has no unit. Write 12 M USD.
        """
        place = self.place(finding.path)
        entry = dotted(finding.path) or "the book"
        return Problem(place.file, place.line, entry, finding.what, finding.mend, finding.severity)


def dotted(path: Path) -> str:
    """Return a path as a person writes it: with dots, and places in lists from 1.

    Examples
    --------
    >>> dotted(("sites", "North", "phases", 0, "mw"))
    'sites.North.phases.1.mw'
    """
    return ".".join(str(each + 1) if isinstance(each, int) else each for each in path)
