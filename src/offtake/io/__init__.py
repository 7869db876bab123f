"""Files: books in YAML, in folders, in workbooks and in tables.

`Book.read` and `Book.write` find these by the kind of file; few callers need them directly.
"""

from offtake.io._csv_tables import read_csv, write_csv
from offtake.io._xlsx import read_xlsx, write_xlsx
from offtake.io._yaml_events import parse_yaml
from offtake.io._yaml_reader import read_folder, read_yaml
from offtake.io._yaml_writer import to_yaml, write_folder, write_yaml

__all__ = [
    "parse_yaml",
    "read_csv",
    "read_folder",
    "read_xlsx",
    "read_yaml",
    "to_yaml",
    "write_csv",
    "write_folder",
    "write_xlsx",
    "write_yaml",
]
