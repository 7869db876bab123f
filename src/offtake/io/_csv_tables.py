"""Entries in CSV tables: one row an entry, the first column its name."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from offtake.book import Document, Place
from offtake.errors import Problem
from offtake.io._tables import cell_of, columns_of, flattened, nested, value_of
from offtake.io._yaml_events import LONGEST_FILE

__all__ = ["entries_of", "read_csv", "write_csv"]

NAMES = ("name", "id")
VALUE = "value"


def read_csv(content: bytes, file: str, section: str) -> Document:
    r"""Return the entries of a CSV table as a document with one part.

    Parameters
    ----------
    content
        The bytes of the file, in UTF-8.
    file
        The name of the file, for places and problems.
    section
        The part of the book whose entries the rows are.

    Examples
    --------
    >>> read_csv(b"name,title\nF1,Annual report\n", "sources.csv", "sources").data
    {'sources': {'F1': {'title': 'Annual report'}}}
    """
    document = Document(file, {section: {}}, {(): Place(file, 1)})
    try:
        rows = _rows(content)
    except _MisformedError as error:
        document.problems.append(Problem(file, error.line, section, error.what, error.mend))
        document.incomplete = True
    else:
        entries_of(document, section, rows)
    return document


class _MisformedError(Exception):
    """Bytes that are not a table, with the line, what is wrong and what mends it."""

    def __init__(self, line: int, what: str, mend: str) -> None:
        super().__init__(what)
        self.line, self.what, self.mend = line, what, mend


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows of a table that say something, with their lines."""
    if len(content) > LONGEST_FILE:
        what = f"the file has more than {LONGEST_FILE:,} bytes"
        raise _MisformedError(1, what, "Split it into several tables")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what, line = "the file is not in UTF-8", content.count(b"\n", 0, error.start) + 1
        raise _MisformedError(line, what, "Save it in UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        what = f"it is not a table: {error}"
        raise _MisformedError(
            line, what, "Separate cells by commas, and quote cells that have commas"
        ) from None
    if not rows:
        what = "the table is empty"
        raise _MisformedError(1, what, "Begin with a row of column names")
    return rows


def entries_of(document: Document, section: str, rows: Sequence[tuple[int, Sequence[Any]]]) -> None:
    """Add the entries of a table to a document; the first row has the names of the columns.

    Parameters
    ----------
    document
        Where to add them; its name is that of the file.
    section
        The part of the book.
    rows
        Each row with its number in the file, from 1.
    """
    file = document.name
    line, head = rows[0]
    columns = [str(cell).strip() if cell is not None else "" for cell in head]
    problem = _head_problem(columns)
    if problem is not None:
        document.problems.append(Problem(file, line, section, *problem))
        document.incomplete = True
        return
    entries: dict[str, Any] = document.data.setdefault(section, {})
    document.places.setdefault((section,), Place(file, line))
    for number, row in rows[1:]:
        name = str(row[0]).strip() if row and row[0] is not None else ""
        found = _row_problem(name, row, columns, entries, document, section)
        if found is not None:
            document.problems.append(Problem(file, number, f"{section}.{name}".rstrip("."), *found))
            continue
        try:
            cells = {
                column: value_of(cell)
                for column, cell in zip(columns[1:], row[1:], strict=False)
                if cell is not None and str(cell).strip()
            }
            entries[name] = cells[VALUE] if cells.keys() == {VALUE} else nested(cells)
        except ValueError as error:
            document.problems.append(
                Problem(file, number, f"{section}.{name}", str(error), "Correct the cell")
            )
            continue
        document.places[section, name] = Place(file, number)


def _head_problem(columns: list[str]) -> tuple[str, str] | None:
    if not columns or columns[0] not in NAMES:
        got = f"`{columns[0]}`" if columns and columns[0] else "nothing"
        return f"the first column must be `name` or `id`, got {got}", "Put the names of the entries first"
    if "" in columns:
        return f"column {columns.index('') + 1} has no name", "Name it, or take it out"
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        return f"the column `{twice}` is given twice", "Take one of the two out, or rename it"
    return None


def _row_problem(
    name: str,
    row: Sequence[Any],
    columns: list[str],
    entries: dict[str, Any],
    document: Document,
    section: str,
) -> tuple[str, str] | None:
    if not name:
        return "the row has no name", "Name the entry in the first column"
    if name in entries:
        line = document.place((section, name)).line
        return f"`{name}` is given already, in row {line}", "Take one of the two out, or rename it"
    if len(row) > len(columns) and any(
        cell is not None and str(cell).strip() for cell in row[len(columns) :]
    ):
        return (
            f"the row has more cells than the table has columns, {len(columns)}",
            "Quote cells that have commas",
        )
    return None


def write_csv(entries: dict[str, Any]) -> bytes:
    r"""Return entries as the bytes of a CSV table that `read_csv` reads back.

    Examples
    --------
    >>> write_csv({"F1": {"title": "Annual report"}}).decode()
    'name,title\r\nF1,Annual report\r\n'
    """
    rows = {
        name: flattened(entry, "" if isinstance(entry, dict) else VALUE) for name, entry in entries.items()
    }
    columns = [column for column in columns_of(rows.values()) if column]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["name", *columns])
    for name, row in rows.items():
        writer.writerow([name, *(cell_of(row[column]) if column in row else "" for column in columns)])
    return text.getvalue().encode()
