"""Templates and what fills them agree, and no figure is typed into a template."""

import dataclasses
import re
import typing
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from offtake.brief import _context, _words
from offtake.brief._context import PageContext
from offtake.figures import Table

FOLDER = Path(_context.__file__).parent / "templates"
TEMPLATES = sorted(FOLDER.glob("*.j2"))
# what a template calls each record by
CALLED = {
    "page": PageContext,
    "section": _context.Section,
    "chart": _context.Chart,
    "fact": _context.FactLine,
    "source": _context.SourceLine,
    "again": _context.RunAgain,
    "table": Table,
    "piece": _words.Part,
}


def used():
    """Return what the templates read, as pairs of a record's name and a field."""
    found = set()
    for template in TEMPLATES:
        for node in (
            Environment(autoescape=True).parse(template.read_text(encoding="utf-8")).find_all(nodes.Getattr)
        ):
            owner = node.node.name if isinstance(node.node, nodes.Name) else getattr(node.node, "attr", "")
            if owner in CALLED:
                found.add((owner, node.attr))
    return found


def test_templates_use_every_field_and_no_other():
    """Each field of each record is shown, and nothing is asked for that is not there."""
    given = {(name, field.name) for name, record in CALLED.items() for field in dataclasses.fields(record)}
    assert used() == given


@pytest.mark.parametrize("record", [each for each in CALLED.values() if each.__module__ == _context.__name__])
def test_every_field_is_explained(record):
    """Each field of a context has a sentence of help."""
    for field in dataclasses.fields(record):
        assert re.fullmatch(r"[A-Z].*\.", field.metadata["help"]), field.name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_figure_is_typed_into_a_template(template):
    """Outside markup and what is filled in, a template holds no digit."""
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"\d+", text) == []


def test_contexts_are_typed():
    """No field of a context is left without a type of its own."""
    namespace = {"Sentence": _words.Sentence, "Table": Table}
    for record in (PageContext, _context.Section, _context.Chart):
        hints = typing.get_type_hints(record, localns=namespace)
        assert typing.Any not in hints.values()
