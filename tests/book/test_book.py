"""The book as a whole: equality, hash, checks, schema."""

import json
from typing import Any

import pytest

from offtake.book import SECTIONS, Book, Tranches
from offtake.errors import BookError, InputError


def test_plain_data_read_back_as_an_equal_book(book: Book) -> None:
    """What a book writes as plain data is read as an equal book with the same hash."""
    again = Book.from_data(json.loads(json.dumps(book.to_data())))
    assert again == book
    assert again.hash == book.hash
    assert hash(again) == hash(book)


def test_short_forms_are_kept_short(book: Book, data: dict[str, Any]) -> None:
    """A clause or a gate with one main field is written as that field alone, as people write it."""
    clauses = book.to_data()["deals"]["base"]["clauses"]
    assert clauses["ramp"] == data["deals"]["base"]["clauses"]["ramp"]
    assert clauses["take_or_pay"] == "80 %"
    assert clauses["api"]["kind"] == "exclusivity"
    assert book.to_data()["sites"]["Mere"]["phases"][1]["gates"] == {
        "power": {"uniform": [2, 4], "unit": "quarters", "cause": "grid"},
        "chips": {"duration": "3 months", "after": ["power"]},
    }


def test_a_price_with_sources_is_not_taken_for_its_clause(data: dict[str, Any]) -> None:
    """A main field whose data look like those of the clause is written out, so that it reads back."""
    data["deals"]["more"]["clauses"]["price"] = {"usage": {"value": "10 MUSD/MW/year", "sources": ["F1"]}}
    book = Book.from_data(data)
    assert Book.from_data(book.to_data()) == book


def test_units_and_order_make_no_difference(data: dict[str, Any]) -> None:
    """Books that say the same in other units and another order are equal and have one hash."""
    book = Book.from_data(data)
    data["parties"] = dict(reversed(data["parties"].items()))
    data["parties"]["Northgate"]["cash"] = "6000 M USD"
    data["chips"]["Q1"]["power"] = "1400 W"
    other = Book.from_data(data)
    assert other == book
    assert other.hash == book.hash


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "another"),
        ("parties.Northgate.cash", "6.1 B USD"),
        ("parties.Northgate.note", "sure"),
        ("deals.base.firmness", "offered"),
        ("calendar.to", "2029-Q4"),
        ("sites.Mere.phases.2.gates.power.correlation", "20 %"),
    ],
)
def test_any_difference_changes_the_hash(book: Book, path: str, value: str) -> None:
    """Whatever is said differently makes another book with another hash."""
    other = book.replace({path: value})
    assert other != book
    assert other.hash != book.hash


def test_a_book_is_not_something_else(book: Book) -> None:
    """A book is not equal to its own data."""
    assert book != book.to_data()


def test_warnings_do_not_stop_a_book(data: dict[str, Any]) -> None:
    """A doubtful book is read; `check` says what is doubtful."""
    data["sites"]["Mere"]["owner"] = "Lark Labs"
    problems = Book.from_data(data).check()
    assert [problem.severity for problem in problems] == ["warning"]
    assert "sells capacity of `Mere`" in problems[0].what
    assert problems[0].file == "two firms"


def test_problems_of_several_entries_are_told_together(data: dict[str, Any]) -> None:
    """Entries that can be read are checked even where others cannot, without false alarms about those."""
    data["parties"]["Northgate"]["cash"] = "6 MW"
    data["workloads"]["assistant"]["demand"] = "usres"
    with pytest.raises(BookError) as refused:
        Book.from_data(data)
    assert sorted(problem.entry for problem in refused.value.problems) == [
        "parties.Northgate.cash",
        "workloads.assistant.demand",
    ]


def test_empty_parts_are_no_parts(data: dict[str, Any]) -> None:
    """A part with nothing in it reads as one that is left out."""
    data["rights"] = None
    assert Book.from_data(data).rights == {}


def test_shipped_books_are_listed_and_unknown_ones_refused() -> None:
    """Each shipped book can be had by its name; a name like it is suggested."""
    assert "first-steps" in Book.shipped()
    with pytest.raises(InputError, match="Did you mean `first-steps`"):
        Book.read("first-step")
    with pytest.raises(InputError, match="Check the path"):
        Book.read("nowhere.yaml")


def test_the_parts_of_a_book_with_names_are_known() -> None:
    """The parts whose entries have names are those that a table or a sheet can hold."""
    assert {"parties", "deals", "sources", "correlations"} <= set(SECTIONS)
    assert not {"market", "contagion", "calendar", "book"} & set(SECTIONS)


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(_references, node.values()))
    return set().union(*map(_references, node)) if isinstance(node, list) else set()


def test_the_json_schema_is_whole() -> None:
    """Every reference of the schema leads to a definition, and every property says what it means."""
    schema = Book.json_schema()
    assert {reference.removeprefix("#/$defs/") for reference in _references(schema)} <= set(schema["$defs"])
    records = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
    for record in records:
        for name, field in record["properties"].items():
            assert field.get("description"), name
            assert field.get("unit"), name
    assert schema["$defs"]["money"]["unit"] == "M USD"
    assert json.loads(json.dumps(schema)) == schema


def test_tranches_may_be_said_in_words() -> None:
    """`30 MW energised with Q1 chips` is a power and a chip."""
    rest = {"amount": "500 M USD", "up to": "1 B USD"}
    said = Tranches.model_validate({**rest, "each": "30 MW energised with Q1 chips"})
    assert (said.each.value, said.chip) == (30.0, "Q1")
    plain = Tranches.model_validate({**rest, "each": "30 MW energised"})
    assert (plain.each.value, plain.chip) == (30.0, None)
