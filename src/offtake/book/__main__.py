"""Bring the generated tables of a documentation page up to date: ``python -m offtake.book docs/book.md``."""

import sys
from pathlib import Path

from offtake.book._book import Book
from offtake.book._schema import with_tables

if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(with_tables(page.read_text("utf-8"), Book), "utf-8")
