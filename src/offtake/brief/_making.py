"""How a section is made: its table, its figure for screens and phones, or why it has nothing to show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from offtake import figures
from offtake.brief._context import Chart, Section
from offtake.brief._words import Sentence, say, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from offtake.brief._records import Records
    from offtake.figures import Table

__all__ = ["after_default", "at_level", "nothing", "section", "tabled"]


def section(
    key: str,
    title: str,
    record: Any,
    *,
    says: Iterable[Sentence] = (),
    points: Iterable[Sentence] = (),
    caption: str = "",
    arguments: str = "book, runs",
    least_width: int = 0,
    shown: bool = False,
    key_on_page: str = "",
) -> Section:
    """Return a section with its table, and with its figure where it has a caption.

    A figure that stands on the page more than once has a key of its own on the page for each place.
    """
    anchor = key_on_page or key.replace("_", "-")
    return Section(
        key=anchor,
        title=title,
        says=tuple(says),
        points=tuple(points),
        chart=_chart(key, anchor, caption, record, least_width) if caption else None,
        table=record.table(),
        open=shown,
        command=f"figures.collect_{key}({arguments}).table()",
        absent="",
        level=2,
    )


def _chart(key: str, anchor: str, caption: str, record: Any, least_width: int) -> Chart:
    draw: Callable[..., Any] = getattr(figures, f"draw_{key}")
    wide, narrow = draw(record), draw(record, narrow=True)
    return Chart(
        key=anchor,
        caption=caption,
        wide=_json(wide),
        narrow=_json(narrow),
        height=int(wide.layout.height),
        narrow_height=int(narrow.layout.height),
        least_width=least_width,
    )


def _json(chart: Any) -> str:
    """Return a figure as JSON that cannot end the script element that holds it."""
    return str(chart.to_json(remove_uids=True)).replace("</", "<\\/")


def tabled(
    key: str, title: str, table: Table, *, says: Iterable[Sentence] = (), points: Iterable[Sentence] = ()
) -> Section:
    """Return a section with a table of its own, shown at once, and no figure."""
    return Section(
        key, title, tuple(says), tuple(points), None, table, open=True, command="", absent="", level=2
    )


def at_level(made: Section, level: int) -> Section:
    """Return a section with a heading of another level: it stands below the last one of a lower level."""
    return replace(made, level=level)


def nothing(key: str, title: str, why: str, *, level: int = 2) -> Section:
    """Return a section that gives way to the reason why it is empty."""
    return Section(key, title, (), (), None, None, open=False, command="", absent=why, level=level)


def after_default(records: Records) -> tuple[Sentence, ...]:
    """Return what default does to the focal party's own figures, if it ever defaults."""
    own = next(each.share for each in records.defaults.lines if each.party == records.party)
    if not own:
        return ()
    after = (
        "In {} of futures it is in default by the end, and from then on neither earns nor asks for anything."
    )
    return (say(after, share(own)),)
