"""Books in YAML files, and in folders of them, with their includes and tables."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from offtake.book import SECTIONS, Document, Place
from offtake.errors import InputError, Problem
from offtake.io._csv_tables import read_csv
from offtake.io._journal import current
from offtake.io._yaml_events import LONGEST_FILE, parse_yaml
from offtake.spelling import suggest

__all__ = ["read_folder", "read_yaml"]

MAIN_FILE: Final = "book.yaml"


def read_yaml(path: Path) -> Document:
    """Return what a YAML file says, with the files that it includes and the tables that it names.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    document = parse_yaml(_content(path, path.name), path.name)
    includes = document.data.pop("include", None)
    tables = document.data.pop("tables", None)
    for place, name in enumerate(_included(document, includes)):
        _add_file(document, path.parent, name, ("include", place), _yaml_part)
    for section, name in _tabled(document, tables):
        _add_file(
            document,
            path.parent,
            name,
            ("tables", section),
            partial(read_csv, section=section),
        )
    return document


def read_folder(path: Path) -> Document:
    """Return what the book in a folder says: its ``book.yaml`` with everything that this includes.

    Raises
    ------
    InputError
        If the folder has no ``book.yaml``.
    """
    if not current(path / MAIN_FILE).exists():
        message = f"the folder `{path}` has no `{MAIN_FILE}`. Add one, or name a file."
        raise InputError(message)
    return read_yaml(path / MAIN_FILE)


def _content(path: Path, name: str) -> bytes:
    try:
        with current(path).open("rb") as file:
            return file.read(LONGEST_FILE + 1)
    except OSError as error:
        message = f"`{name}` cannot be read: {error.strerror}. Check that it is a file that may be read."
        raise InputError(message) from error


def _included(document: Document, includes: Any) -> list[str]:
    names = [includes] if isinstance(includes, str) else includes
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        _note(
            document,
            ("include",),
            "`include` needs names of files",
            "Write it as in `include: [parties.yaml]`",
        )
        return []
    return names


def _tabled(document: Document, tables: Any) -> list[tuple[str, str]]:
    if tables is None:
        return []
    if not isinstance(tables, dict) or not all(
        isinstance(name, str) and name.strip() for name in tables.values()
    ):
        _note(
            document,
            ("tables",),
            "`tables` needs one file for each part",
            "Write `tables: {sources: sources.csv}`",
        )
        return []
    found = []
    for section, name in tables.items():
        if section in SECTIONS:
            found.append((str(section), name))
        else:
            what = f"`{section}` is no part of a book that has named entries"
            _note(document, ("tables", str(section)), what, suggest(str(section), SECTIONS, "part"))
    return found


def _add_file(
    document: Document,
    folder: Path,
    name: str,
    where: tuple[str, int | str],
    read: Callable[[bytes, str], Document],
) -> None:
    """Add what a further file says, which must lie in the folder or below it."""
    path = folder / name
    inside = folder.resolve() in path.resolve().parents and not Path(name).is_absolute()
    if not inside or _is_linked(folder, name):
        what = f"`{name}` does not lie in the folder of the book"
        _note(document, where, what, "Name a file in the folder or below it; links are not followed")
    elif not current(path).is_file():
        _note(document, where, f"there is no file `{name}`", "Correct the name, or take it out")
    else:
        _merge(document, read(_content(path, name), name))
        return
    document.incomplete = True


def _is_linked(folder: Path, name: str) -> bool:
    """Say whether a file or a folder on the way to it is a symbolic link."""
    path = folder
    for part in Path(name).parts:
        path /= part
        if path.is_symlink():
            return True
    return False


def _yaml_part(content: bytes, name: str) -> Document:
    part = parse_yaml(content, name)
    for key in ("include", "tables"):
        if key in part.data:
            del part.data[key]
            what = (
                f"an included file has an `{key}` of its own"
                if key == "include"
                else "an included file has `tables`"
            )
            _note(part, (key,), what, "Name the file in the main file")
    return part


def _merge(document: Document, part: Document) -> None:
    """Add the entries of a further file; one that is there already is refused."""
    document.incomplete |= part.incomplete
    clashes: set[tuple[str | int, ...]] = set()
    for key, value in part.data.items():
        if key not in document.data or document.data[key] is None:
            document.data[key] = value
            continue
        there = document.data[key]
        if key not in SECTIONS or not isinstance(there, dict) or not isinstance(value, dict | None):
            clashes.add((key,))
            _note(
                part,
                (key,),
                f"`{key}` is given already, in {_place(document, (key,))}",
                "Take one of the two out",
            )
            continue
        merged = dict(there)
        for name, entry in (value or {}).items():
            if name in merged:
                clashes.add((key, str(name)))
                what = f"`{name}` is given already, in {_place(document, (key, str(name)))}"
                _note(part, (key, str(name)), what, "Take one of the two out, or rename it")
            else:
                merged[name] = entry
        document.data[key] = merged
    document.problems += part.problems
    for path, place in part.places.items():
        if path and path[:1] not in clashes and path[:2] not in clashes:
            document.places.setdefault(path, place)


def _place(document: Document, path: tuple[str, ...]) -> str:
    place = document.place(path)
    return place.file if place.line is None else f"{place.file}:{place.line}"


def _note(document: Document, path: tuple[str | int, ...], what: str, mend: str) -> None:
    place: Place = document.place(path)
    entry = ".".join(str(each + 1) if isinstance(each, int) else each for each in path)
    document.problems.append(Problem(place.file, place.line, entry, what, mend))
