"""How a section is made: its table, its figure for screens and phones, or why it has nothing to show."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from offtake import figures
from offtake.brief._context import Chart, Section
from offtake.brief._words import Sentence, code, say, share, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from offtake.brief._records import Records
    from offtake.figures import Table

__all__ = ["after_default", "at_level", "left_out_points", "nothing", "one_or_each", "section", "tabled"]

_T = TypeVar("_T")


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


def one_or_each(
    asked: Sequence[tuple[str, _T]],
    left_out: Sequence[str],
    title: str,
    of_one: Callable[..., tuple[Section, ...]],
    overview: Callable[[], Section],
) -> tuple[Section, ...]:
    """Return the sections on the one thing asked for, or those on each of several below one on all.

    Parameters
    ----------
    asked
        Title and figures of each.
    left_out
        Names of those that the page has no room for; with them there are several.
    title
        What the single one's first section, or the one on all, is called.
    of_one
        Makes the sections on one, from its figures, title, level of heading and the end of its keys; told
        by `alone` whether it is the only one.
    overview
        Makes the section on all.
    """
    if len(asked) == 1 and not left_out:
        return of_one(asked[0][1], title, 2, "", alone=True)
    made = [
        part
        for number, (own, each) in enumerate(asked, start=1)
        for part in of_one(each, own, 3, f"-{number}" if number > 1 else "", alone=False)
    ]
    return (overview(), *made)


def left_out_points(names: Iterable[str], command: str) -> list[Sentence]:
    """Return what is left out of the page, each with the command that shows it: its name ends that."""
    return [
        say(
            "Left out of this page: {}. It is shown by {}.",
            told(each),
            code(f"{command} {shlex.quote(each)}"),
        )
        for each in names
    ]


def after_default(records: Records) -> tuple[Sentence, ...]:
    """Return what default does to the focal party's own figures, if it ever defaults."""
    own = next(each.share for each in records.defaults.lines if each.party == records.party)
    if not own:
        return ()
    after = (
        "In {} of futures it is in default by the end, and from then on neither earns nor asks for anything."
    )
    return (say(after, share(own)),)
