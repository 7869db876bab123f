"""Books as workbooks: a sheet for each part, a row for each entry, dotted columns for what lies inside."""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from offtake.book import SECTIONS, Book, Document, Place
from offtake.errors import InputError, Problem
from offtake.io._csv_tables import VALUE, entries_of
from offtake.io._journal import replace_one
from offtake.io._tables import cell_of, columns_of, flattened, nested, value_of
from offtake.io._yaml_events import LONGEST_FILE
from offtake.spelling import suggest

__all__ = ["read_xlsx", "write_xlsx"]

_HEADER: Final = "book"
_RECORDS: Final = tuple(name for name in ("market", "contagion") if name in Book.model_fields)
_LARGEST: Final = 60_000_000
_WIDEST: Final = 48


def read_xlsx(path: Path) -> Document:
    """Return what a workbook says.

    Raises
    ------
    InputError
        If the file cannot be opened, or is not a workbook.
    """
    values, formulas = _opened(path)
    document = Document(path.name)
    known = (_HEADER, *_RECORDS, *SECTIONS)
    for name in values.sheetnames:
        file = f"{path.name}[{name}]"
        if name not in known:
            problem = Problem(
                file, None, name, f"no part of a book is called `{name}`", suggest(name, known, "sheet")
            )
            document.problems.append(problem)
            continue
        part = Document(file, {}, {(): Place(file, 1)})
        rows = _rows(values[name], formulas[name], part)
        if rows and not part.problems:
            _add_rows(part, name, rows)
        _join(document, part)
    return document


def _opened(path: Path) -> tuple[Any, Any]:
    """Return a workbook twice: with the values of its formulas, and with the formulas."""
    import openpyxl

    try:
        content = path.read_bytes()
        size = max(len(content) * _LARGEST // LONGEST_FILE, _unpacked(content))
        books = [
            openpyxl.load_workbook(io.BytesIO(content), data_only=x)
            for x in (True, False)
            if size <= _LARGEST
        ]
    except Exception as error:  # a damaged workbook raises whatever the part of it that is read raises
        message = f"`{path.name}` cannot be read as a workbook: {error}. Save it again from a spreadsheet."
        raise InputError(message) from error
    if not books:
        message = f"`{path.name}` is too large to be a book. Split it, or keep long lists in CSV tables."
        raise InputError(message)
    return books[0], books[1]


def _unpacked(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(each.file_size for each in archive.infolist())


def _rows(values: Any, formulas: Any, part: Document) -> list[tuple[int, list[Any]]]:
    """Return the rows of a sheet that say something, with their numbers."""
    for merged in values.merged_cells.ranges:
        what = f"the cells {merged} are merged"
        part.problems.append(Problem(part.name, merged.min_row, values.title, what, "Take the merging apart"))
    rows = []
    for shown, written in zip(values.iter_rows(), formulas.iter_rows(), strict=True):
        number = shown[0].row
        cells = []
        for cell, formula in zip(shown, written, strict=True):
            if cell.value is None and formula.data_type == "f":
                what = f"the formula in {formula.coordinate} has no value yet"
                mend = "Open the workbook in a spreadsheet and save it, or write the value"
                part.problems.append(Problem(part.name, number, values.title, what, mend))
            cells.append(_given(cell))
        if any(each is not None and str(each).strip() for each in cells):
            rows.append((number, cells))
    return rows


def _given(cell: Any) -> Any:
    """Return what a person sees in a cell: dates as text, and per cent where the cell shows per cent."""
    value = cell.value
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in str(cell.number_format):
        return f"{round(value * 100, 10):g} %"
    return value


def _add_rows(part: Document, name: str, rows: list[tuple[int, list[Any]]]) -> None:
    if name in SECTIONS:
        width = max((place for place, cell in enumerate(rows[0][1], start=1) if cell is not None), default=0)
        head, *below = rows
        entries_of(part, name, [(head[0], head[1][:width]), *below])
    else:
        _add_fields(part, name, rows)


def _add_fields(part: Document, name: str, rows: list[tuple[int, list[Any]]]) -> None:
    """Add the header of a book, or a record of its own: a row for each field, its value beside it."""
    line, head = rows[0]
    if [str(cell).strip() for cell in head if cell is not None] != ["field", VALUE]:
        what = f"the columns of this sheet must be `field` and `{VALUE}`"
        part.problems.append(Problem(part.name, line, name, what, "Write the two names in the first row"))
        return
    cells: dict[str, Any] = {}
    above = () if name == _HEADER else (name,)
    for number, (field, value, *_) in rows[1:]:
        key = str(field or "").strip()
        if not key or key in cells:
            what = f"`{key}` is given already" if key else "the row has no field"
            part.problems.append(
                Problem(part.name, number, name, what, "Take the row out, or name its field")
            )
            continue
        try:
            if value is not None and str(value).strip():
                cells[key] = value_of(value)
        except ValueError as error:
            part.problems.append(Problem(part.name, number, f"{name}.{key}", str(error), "Correct the cell"))
        part.places[*above, *key.split(".")] = Place(part.name, number)
    try:
        data = nested(cells)
    except ValueError as error:
        part.problems.append(Problem(part.name, line, name, str(error), "Correct the field's name"))
        return
    part.data.update({str(key): each for key, each in data.items()} if name == _HEADER else {name: data})


def _join(document: Document, part: Document) -> None:
    for key, value in part.data.items():
        if key in document.data:
            what = f"`{key}` is given in another sheet too"
            document.problems.append(Problem(part.name, None, key, what, "Take one of the two out"))
        document.data[key] = value
    document.places.update({path: place for path, place in part.places.items() if path})
    document.problems += part.problems
    document.incomplete |= part.incomplete


def write_xlsx(data: Mapping[str, Any], path: Path) -> None:
    """Write plain data to a workbook, at once."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    apart = {*SECTIONS, *_RECORDS}
    _write_fields(workbook, _HEADER, {key: value for key, value in data.items() if key not in apart})
    for key in (*_RECORDS, *SECTIONS):
        if key in _RECORDS and data.get(key):
            _write_fields(workbook, key, data[key])
        elif key in SECTIONS and data.get(key):
            _write_entries(workbook, key, data[key])
    content = io.BytesIO()
    workbook.save(content)
    replace_one(path, content.getvalue())


def _write_fields(workbook: Any, name: str, data: Mapping[str, Any]) -> None:
    rows = [(field, cell_of(value)) for field, value in flattened(data).items() if field]
    _write_sheet(workbook, name, ["field", VALUE], rows)


def _write_entries(workbook: Any, name: str, entries: Mapping[str, Any]) -> None:
    flat = {
        key: flattened(entry, "" if isinstance(entry, Mapping) else VALUE) for key, entry in entries.items()
    }
    columns = [column for column in columns_of(flat.values()) if column]
    rows = [
        (key, *(cell_of(row[column]) if column in row else None for column in columns))
        for key, row in flat.items()
    ]
    _write_sheet(workbook, name, ["name", *columns], rows)


def _write_sheet(workbook: Any, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(name)
    for number, row in enumerate([head, *rows], start=1):
        for place, value in enumerate(row, start=1):
            if value is not None:
                cell = sheet.cell(number, place, value)
                # text stays text, whatever it begins with
                cell.data_type = "s" if isinstance(value, str) else cell.data_type
    for place in range(1, len(head) + 1):
        sheet.cell(1, place).font = Font(bold=True)
        longest = max(len(str(row[place - 1] or "")) for row in [head, *rows])
        sheet.column_dimensions[get_column_letter(place)].width = min(longest + 2, _WIDEST)
    sheet.freeze_panes = "B2"
