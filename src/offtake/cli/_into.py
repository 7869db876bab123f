"""Putting a driver into a book's YAML file, with everything else in the file left as it is."""

import os
import tempfile
from pathlib import Path
from textwrap import dedent
from typing import Any

from offtake.errors import BookError, InputError

__all__ = ["put_driver"]

_PROCESSES = ("constant", "path", "gbm", "mean_reverting", "logistic", "bass")
_REPLACED = (*_PROCESSES, "noise", "history", "assumed")


def put_driver(path: Path, name: str, entry: dict[str, object], history: Path) -> str:
    """Put a fitted driver into a book and return a remark on what was done.

    Process, noise and history of a driver that is there already are replaced, and what was assumed about them
    is taken out; its other fields stay.

    Parameters
    ----------
    path
        A YAML file that has, or may have, a mapping `drivers`.
    name
        Name of the driver.
    entry
        Its entry as plain data.
    history
        The file that it was fitted to; it is named from the folder of the book.

    Raises
    ------
    InputError
        If the file is not one book in YAML.
    BookError
        If the book has problems, or would have with the new driver; the file is then left as it was.
    """
    from offtake.book import Book

    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        message = f"`{path}` is no YAML file of a book. Name one, or convert the book first."
        raise InputError(message)
    book = Book.read(path)
    entry = {**entry, "history": _named_from(path.parent, history)}
    kept = {key: each for key, each in _there(book, name).items() if key not in _REPLACED}
    merged = {**entry, **kept}
    wanted = book.replace({"drivers": {**book.to_data().get("drivers", {}), name: merged}})
    old = path.read_bytes().decode("utf-8")
    _write(path, with_entry(old, "drivers", name, _as_yaml(name, merged)))
    if not _says(path, wanted):
        _write(path, old)
        message = (
            f"`{path}` is written in a way that cannot be edited safely. Copy the entry into it by hand."
        )
        raise InputError(message)
    verb = "replaced" if name in book.drivers else "added"
    return f"{verb} driver `{name}` in {path}" + (f"; kept its {', '.join(kept)}" if kept else "")


def with_entry(text: str, section: str, name: str, entry: str) -> str:
    r"""Return YAML text in which an entry of a section is replaced, or added at the section's end.

    Parameters
    ----------
    text
        The whole file.
    section, name
        Where the entry stands.
    entry
        The entry with its name as YAML, as it stands at the beginning of a line.

    Raises
    ------
    InputError
        If the section is written on one line.

    Examples
    --------
    >>> text = "drivers:\n  a: {constant: 1}  # one\nparties: {}\n"
    >>> print(with_entry(text, "drivers", "b", "b: {constant: 2}"))
    drivers:
      a: {constant: 1}  # one
      b: {constant: 2}
    parties: {}
    <BLANKLINE>
    """
    import yaml

    if text and not text.endswith("\n"):
        text += "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == section), None)
    lines = text.splitlines(keepends=True)
    if not isinstance(found, yaml.MappingNode) or found.flow_style or not found.value:
        if found is not None:
            message = f"`{section}` is written on one line. Write each entry on lines of its own."
            raise InputError(message)
        return "".join([*lines, f"\n{section}:\n", *_set_in(entry, 2)])
    indent = found.value[0][0].start_mark.column
    new = _set_in(entry, indent)
    place = next((pair for pair in found.value if pair[0].value == name), None)
    if place is None:
        at = _end(lines, found.value[-1])
        return "".join([*lines[:at], *new, *lines[at:]])
    return "".join([*lines[: place[0].start_mark.line], *new, *lines[_end(lines, place) :]])


def _end(lines: list[str], pair: tuple[Any, Any]) -> int:
    """Return the line after an entry: past its last value, before blank lines and comments that follow."""
    mark, start = pair[1].end_mark, pair[0].start_mark.line
    # a value of several lines ends where the next thing begins, any other within its own last line
    in_block = getattr(pair[1], "flow_style", None) is False
    end: int = mark.line if in_block or not mark.column else mark.line + 1
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _set_in(entry: str, indent: int) -> list[str]:
    return [f"{' ' * indent}{line}\n" for line in entry.splitlines()]


def _as_yaml(name: str, entry: dict[str, Any]) -> str:
    from offtake.io import to_yaml

    _, _, below = to_yaml({"drivers": {name: entry}}).partition("\n")
    return dedent(below)


def _says(path: Path, wanted: Any) -> bool:
    from offtake.book import Book

    try:
        return bool(Book.read(path).hash == wanted.hash)
    except BookError:
        return False


def _there(book: Any, name: str) -> dict[str, Any]:
    data: dict[str, Any] = book.to_data().get("drivers", {}).get(name, {})
    return data


def _named_from(folder: Path, history: Path) -> str:
    """Return the name of a file as seen from a folder; files elsewhere go by their bare name."""
    try:
        return history.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return history.name


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, part = tempfile.mkstemp(suffix=".part", prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(part).chmod(path.stat().st_mode & 0o777)
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)
