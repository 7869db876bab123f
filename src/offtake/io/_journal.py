"""Files that are replaced together or not at all.

One file is replaced by writing beside it and renaming. Several are written beside the old ones first; then a
journal that lists them is put in place, and from that moment on the new ones count, even if the renaming that
follows is cut short: whoever reads looks at the journal, and whoever writes next ends the renaming.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["current", "replace_all", "replace_one"]

JOURNAL: Final = ".offtake-write.json"


def replace_one(path: Path, content: bytes) -> None:
    """Replace a file at once; whenever this is cut short, the old or the new content is there, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(_mode(path))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def replace_all(folder: Path, contents: Mapping[str, bytes], *, obsolete: tuple[str, ...] = ()) -> None:
    """Replace several files of a folder together, and remove others with them.

    Parameters
    ----------
    folder
        The folder; it is made if it is not there.
    contents
        The new content of each file, by name.
    obsolete
        Files to remove.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _finish(folder)
    for name, content in contents.items():
        replace_one(folder / _new(name), content)
    journal = {"replace": sorted(contents), "remove": sorted(obsolete)}
    replace_one(folder / JOURNAL, json.dumps(journal).encode())
    _finish(folder)


def current(path: Path) -> Path:
    """Return where the content of a file stands, which a write that was cut short may have left aside."""
    journal = _journal(path.parent)
    new = path.parent / _new(path.name)
    return new if path.name in journal["replace"] and new.exists() else path


def _finish(folder: Path) -> None:
    """Do what a journal says, as far as that has not been done."""
    journal = _journal(folder)
    for name in journal["replace"]:
        with contextlib.suppress(FileNotFoundError):
            (folder / _new(name)).replace(folder / name)
    for name in journal["remove"]:
        (folder / name).unlink(missing_ok=True)
    (folder / JOURNAL).unlink(missing_ok=True)


def _journal(folder: Path) -> dict[str, list[str]]:
    """Return a folder's journal; what is not a list of plain file names counts for nothing."""
    empty: dict[str, list[str]] = {"replace": [], "remove": []}
    try:
        data = json.loads((folder / JOURNAL).read_text("utf-8"))
    except (OSError, ValueError):
        return empty
    if not isinstance(data, dict):
        return empty
    return {key: [name for name in data.get(key, []) if Path(str(name)).name == name] for key in empty}


def _new(name: str) -> str:
    return f".{name}.new"


def _mode(path: Path) -> int:
    """Return the permissions of the file that is replaced, or those that a new file would have."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
