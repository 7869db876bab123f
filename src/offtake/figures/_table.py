"""The table behind a figure: what it shows, in words and numbers that can be copied."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text cells.

    Parameters
    ----------
    columns
        Headings, with the unit where a column has one.
    rows
        The cells.
    align
        One letter for each column: ``l`` for words, ``r`` for numbers.
    note
        A sentence on how to read it; may be empty.

    Raises
    ------
    ValueError
        If a row or `align` does not fit the columns.

    Examples
    --------
    >>> Table(("year", "GW"), (("2026", "1.2"),), "lr").rows
    (('2026', '1.2'),)
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str
    note: str = ""

    def __post_init__(self) -> None:
        widths = {len(self.columns), len(self.align), *map(len, self.rows)}
        if len(widths) > 1:
            msg = f"columns, alignment and rows differ in length: {sorted(widths)}"
            raise ValueError(msg)
