"""Workbooks: what people do to them, and what is refused."""

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from offtake.book import Book
from offtake.errors import BookError, InputError
from offtake.io import _xlsx as xlsx

Change = Callable[[Any], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook with a small book."""
    book = Book.from_data(
        {
            "book": "small",
            "title": "=1+1",
            "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
            "parties": {"Lark": {"cash": "900 M USD"}, "=Northgate": {"cash": "6 B USD"}},
            "chips": {"Q1": {"vendor": "Lark", "power": "1.4 kW", "residual_value": 0.2}},
            "market": {"haircut": "35 %"},
        }
    )
    book.write(tmp_path / "small.xlsx")
    return tmp_path / "small.xlsx"


def _changed(path: Path, change: Change) -> Path:
    workbook = openpyxl.load_workbook(path)
    change(workbook)
    workbook.save(path)
    return path


def test_text_stays_text(path: Path) -> None:
    """Text that begins like a formula is kept as text."""
    book = Book.read(path)
    assert book.title == "=1+1"
    assert "=Northgate" in book.parties


def test_what_a_person_types_is_understood(path: Path) -> None:
    """Numbers shown as per cent are read so, dates as dates, and empty rows and columns are passed over."""

    def change(workbook: Any) -> None:
        chips = workbook["chips"]
        heads = {cell.value: cell.column for cell in chips[1]}
        share = chips.cell(2, heads["residual_value"], 0.055)
        share.number_format = "0.0%"
        chips.cell(1, chips.max_column + 1, "available_from")
        chips.cell(2, chips.max_column, dt.datetime(2026, 6, 15))  # noqa: DTZ001 - spreadsheets know no zones
        chips.cell(5, 1, "Q2")
        chips.cell(5, heads["vendor"], "Lark")
        chips.cell(5, heads["power"], "2 kW")
        chips.cell(9, chips.max_column + 3, " ")

    chips = Book.read(_changed(path, change)).chips
    assert chips["Q1"].residual_value.value == 0.055
    assert str(chips["Q1"].available_from) == "2026-Q2"
    assert list(chips) == ["Q1", "Q2"]


def _merge(workbook: Any) -> None:
    workbook["parties"].merge_cells("A1:B1")


def _twice(workbook: Any) -> None:
    workbook["parties"]["C1"] = "cash"


def _sheet(workbook: Any) -> None:
    workbook.create_sheet("partys")


def _formula(workbook: Any) -> None:
    workbook["parties"]["B2"] = "=900+1"


def _field(workbook: Any) -> None:
    workbook["market"]["A1"] = "what"


def _field_twice(workbook: Any) -> None:
    workbook["market"]["A3"] = "haircut"
    workbook["market"]["B3"] = "30 %"


def _value(workbook: Any) -> None:
    workbook["parties"]["B3"] = "6 MW"


def _cell(workbook: Any) -> None:
    workbook["market"]["B2"] = "[35 %"


def _contradiction(workbook: Any) -> None:
    workbook["market"]["A3"] = "haircut.value"
    workbook["market"]["B3"] = "30 %"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_merge, "small.xlsx[parties]:1: parties: the cells A1:B1 are merged"),
        (_twice, "small.xlsx[parties]:1: parties: the column `cash` is given twice"),
        (_sheet, "small.xlsx[partys]: partys: no part of a book is called `partys`. Did you mean `parties`?"),
        (_formula, "small.xlsx[parties]:2: parties: the formula in B2 has no value yet"),
        (_field, "small.xlsx[market]:1: market: the columns of this sheet must be `field` and `value`"),
        (_field_twice, "small.xlsx[market]:3: market: `haircut` is given already"),
        (
            _value,
            "small.xlsx[parties]:3: parties.=Northgate.cash: an amount of money is needed, got a power",
        ),
        (_cell, "small.xlsx[market]:2: market.haircut: `[35 %` begins like a list"),
        (_contradiction, "`haircut.value` lies inside a column that has a value of its own"),
    ],
)
def test_broken_workbooks_are_refused(path: Path, change: Change, said: str) -> None:
    """What cannot be meant is refused with its sheet and its row."""
    with pytest.raises(BookError) as refused:
        Book.read(_changed(path, change))
    assert said in str(refused.value)


def test_what_is_no_workbook_is_refused(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file, another archive and one that unpacks to too much are refused."""
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        Book.read(tmp_path / "x.xlsx")
    with zipfile.ZipFile(tmp_path / "y.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        Book.read(tmp_path / "y.xlsx")
    monkeypatch.setattr(xlsx, "_LARGEST", 1000)
    with pytest.raises(InputError, match="too large"):
        Book.read(path)
