"""What the templates of a page may use: every field with a line of help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offtake.brief._words import Sentence
    from offtake.figures import Table

__all__ = ["Chart", "FactLine", "PageContext", "RunAgain", "Section", "SourceLine"]


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure of a section."""

    key: str = field(metadata={"help": "Its name within the page; ids are built from it."})
    caption: str = field(metadata={"help": "What is drawn and how to read it, in a sentence or two."})
    wide: str = field(
        metadata={"help": "The figure for screens and paper, as JSON that is safe inside a script element."}
    )
    narrow: str = field(metadata={"help": "The same for a phone."})
    height: int = field(metadata={"help": "Height of the wide figure in pixels."})
    narrow_height: int = field(metadata={"help": "Height of the narrow figure in pixels."})
    least_width: int = field(
        metadata={"help": "Width in pixels below which the figure is scrolled sideways; zero for none."}
    )


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page."""

    key: str = field(metadata={"help": "Its anchor."})
    title: str = field(metadata={"help": "Its heading."})
    says: tuple[Sentence, ...] = field(
        metadata={"help": "Sentences of a paragraph before the figure, each number computed."}
    )
    points: tuple[Sentence, ...] = field(metadata={"help": "Sentences of a list below them; may be empty."})
    chart: Chart | None = field(metadata={"help": "The figure; none where there is nothing to draw."})
    table: Table | None = field(
        metadata={"help": "The numbers behind the figure, or the section's own table."}
    )
    open: bool = field(metadata={"help": "Whether the table is shown at once."})
    command: str = field(metadata={"help": "The Python that gives the same numbers; may be empty."})
    absent: str = field(metadata={"help": "Why the section has nothing to show; empty where it has."})
    level: int = field(metadata={"help": "Level of its heading: below it stand those of a higher level."})


@dataclass(frozen=True, slots=True)
class FactLine:
    """One stated figure, and what the book gives for it."""

    row: str = field(metadata={"help": "The row of the case that it belongs to."})
    says: str = field(metadata={"help": "What is stated, in words."})
    stated: str = field(metadata={"help": "The stated figure, as people write it."})
    found: str = field(metadata={"help": "What the book gives, as people write it."})
    agrees: bool = field(metadata={"help": "Whether the two agree within the fact's tolerance."})
    note: str = field(metadata={"help": "Why a difference is expected; may be empty."})
    sources: tuple[str, ...] = field(metadata={"help": "Ids of the sources."})


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source."""

    key: str = field(metadata={"help": "Its id in the book."})
    title: str = field(metadata={"help": "Its title."})
    publisher: str = field(metadata={"help": "Who published it; may be empty."})
    date: str = field(metadata={"help": "When; may be empty."})
    address: str = field(metadata={"help": "Where it can be read; may be empty."})
    confidence: str = field(metadata={"help": "Where its number originates; may be empty."})


@dataclass(frozen=True, slots=True)
class RunAgain:
    """What it takes to run the page again."""

    command_line: str = field(metadata={"help": "The command line that writes this page."})
    python: str = field(metadata={"help": "The Python that every figure's command goes on from."})
    lines: tuple[tuple[str, str], ...] = field(
        metadata={"help": "Book, hash, version, seed and settings, each with its value."}
    )
    shipped: bool = field(metadata={"help": "Whether the book comes with the package, under its name."})


@dataclass(frozen=True, slots=True)
class PageContext:
    """Everything that the page template may use."""

    title: str = field(metadata={"help": "Title of the book."})
    about: str = field(metadata={"help": "What the book is; may be empty."})
    as_of: str = field(metadata={"help": "Date of the figures; may be empty."})
    disclaimer: str = field(metadata={"help": "What the page is not."})
    made_from: Sentence = field(
        metadata={"help": "How many futures the page is made from, over which quarters."}
    )
    findings: tuple[Sentence, ...] = field(metadata={"help": "The findings."})
    sections: tuple[Section, ...] = field(metadata={"help": "The sections in order."})
    facts: tuple[FactLine, ...] = field(
        metadata={"help": "Stated figures beside what the book gives; may be empty."}
    )
    facts_say: Sentence = field(metadata={"help": "How many of them agree, and which do not; may be empty."})
    facts_absent: str = field(metadata={"help": "Why there are no facts to compare; empty where there are."})
    sources: tuple[SourceLine, ...] = field(metadata={"help": "The sources."})
    methods: tuple[str, ...] = field(metadata={"help": "The papers of the methods used."})
    again: RunAgain = field(metadata={"help": "What it takes to run the page again."})
    style: str = field(metadata={"help": "The style sheet."})
    script: str = field(metadata={"help": "The script that draws the figures."})
    library: str = field(metadata={"help": "The plotting library, once."})
