"""Every field of every entry explains itself, and the documentation is made from what it says."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from offtake.book import Book, records
from offtake.book._schema import with_tables
from offtake.units import DIMENSIONS

PAGE = Path(__file__).parents[2] / "docs" / "book.md"
RECORDS = list(records(Book))
FIELDS = [(record, name) for record in RECORDS for name in record.model_fields]
UNITS = {"-", "1", "own", "1/year^0.5", *(each.unit for each in DIMENSIONS.values())}


def test_all_records_are_looked_at() -> None:
    """The records of a book are its sections, the deals, the clauses and what lies in them."""
    names = {record.__name__ for record in RECORDS}
    assert {
        "Book",
        "Party",
        "Debt",
        "Gate",
        "ComputeDeal",
        "LoanDeal",
        "TakeOrPay",
        "Warrants",
        "Shock",
    } <= names


@pytest.mark.parametrize(("record", "name"), FIELDS, ids=lambda each: getattr(each, "__name__", each))
def test_a_field_has_a_meaning_and_a_unit(record: type[BaseModel], name: str) -> None:
    """A field says in a sentence what it means, and in which unit it is kept."""
    field = record.model_fields[name]
    assert field.description
    assert field.description.endswith(".")
    assert isinstance(field.json_schema_extra, dict)
    assert field.json_schema_extra["unit"] in UNITS


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_says_what_it_is(record: type[BaseModel]) -> None:
    """A record has a sentence of its own, is frozen, and refuses fields that it does not have."""
    assert record.__doc__
    assert record.model_config.get("frozen")
    assert record.model_config.get("extra") == "forbid"


def test_the_tables_of_the_page_are_current() -> None:
    """The tables of the page are what the records say: `python -m offtake.book docs/book.md` makes them."""
    page = PAGE.read_text("utf-8")
    assert with_tables(page, Book) == page
