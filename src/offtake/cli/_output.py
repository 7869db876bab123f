"""What commands print: tables for people, JSON for machines, remarks and progress on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from offtake.cli._settings import Settings

__all__ = ["TextTable", "percent", "print_json", "print_table", "progress_bar", "remark"]

_WIDE = 200


class TextTable:
    """A table for people: a title, columns and rows of text.

    Parameters
    ----------
    title
        The line above it.
    columns
        Heads of the columns; one that begins with ``>`` is set to the right.
    rows
        Cells as text.
    """

    def __init__(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.title = title
        self.columns = tuple(columns)
        self.rows = tuple(tuple(row) for row in rows)


def print_table(table: TextTable) -> None:
    """Print a table on standard output; as wide as the terminal, or wide where there is none."""
    from rich import box
    from rich.table import Table

    console = _console()
    drawn = Table(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_header=any(table.columns),
    )
    for column in table.columns:
        drawn.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    for row in table.rows:
        drawn.add_row(*row)
    console.print(drawn)


def print_json(data: Any) -> None:
    """Print data as JSON on standard output; a number that is not finite becomes null."""
    typer.echo(json.dumps(_finite(data), indent=2, ensure_ascii=False))


def remark(settings: Settings, text: str) -> None:
    """Print a remark on standard error, unless told to be quiet."""
    if not settings.quiet:
        typer.echo(text, err=True)


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as people read it.

    Examples
    --------
    >>> percent(0.1234), percent(0.0), percent(None)
    ('12.3 %', '0.0 %', '–')
    """
    return "–" if share is None else f"{100 * share:.{digits}f} %"


@contextmanager
def progress_bar(settings: Settings, what: str) -> Iterator[Callable[..., None]]:
    """Show a progress bar on standard error while something runs, where that is a terminal.

    Parameters
    ----------
    settings
        Whether to be quiet.
    what
        What runs.

    Yields
    ------
    callable
        Takes how much is done, how much there is in all and, if that changes, what runs now.
    """
    if settings.quiet or not sys.stderr.isatty():
        yield lambda _done, _total, _now=what: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, now=what: bar.update(task, completed=done, total=total, description=now)


def _console() -> Any:
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(_WIDE, console.width)
    return console


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if data == data and abs(data) != float("inf") else None  # noqa: PLR0124 - only NaN differs from itself
    if isinstance(data, dict):
        return {str(key): _finite(each) for key, each in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(each) for each in data]
    return data
