"""What is assumed: every figure of a book that no source gives, with its range and the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from offtake.figures._reading import flows, mean_of
from offtake.figures._table import Table
from offtake.figures._template import INK, figure, mix
from offtake.units import format  # noqa: A004 - units names its two directions so

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from offtake.book import Book
    from offtake.results import Simulation

__all__ = ["Assumed", "AssumedFigure", "collect_assumed", "draw_assumed"]


@dataclass(frozen=True, slots=True)
class AssumedFigure:
    """One figure that was chosen, not found.

    Parameters
    ----------
    entry
        Where it stands in the book, as a dotted path.
    value
        The value as written; empty where the reason is for a whole entry.
    low, high
        The ends of its range as shares of the value; None without a range.
    low_text, high_text
        The ends as written; empty without a range.
    reason
        Why it was chosen so.
    behind
        Money that stands behind the entry, in M USD: mean payments under a deal, through a party or for a
        workload; all payments for a driver. 0 elsewhere, and without a run.
    """

    entry: str
    value: str
    low: float | None
    high: float | None
    low_text: str
    high_text: str
    reason: str
    behind: float = 0.0

    @property
    def width(self) -> float:
        """How far apart the ends of the range are, as a share of the value."""
        return 0.0 if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True, slots=True)
class Assumed:
    """Every assumed figure, in book order.

    Parameters
    ----------
    figures
        The figures.
    """

    figures: tuple[AssumedFigure, ...]

    @property
    def ranged(self) -> tuple[AssumedFigure, ...]:
        """Those that have a range, the one with the most money times width first; no width counts twice."""
        found = [each for each in self.figures if each.width > 0]
        return tuple(sorted(found, key=lambda each: (-each.behind * min(each.width, 1.0), -each.width)))

    def table(self) -> Table:
        """Return figure, value, range and reason."""
        rows = tuple(
            (
                each.entry,
                each.value or "–",
                f"{each.low_text} to {each.high_text}" if each.low_text else "–",
                each.reason,
            )
            for each in self.figures
        )
        return Table(("figure", "value", "range", "why"), rows, "lrrl")


def collect_assumed(book: Book, runs: Simulation | None = None) -> Assumed:
    """Return every figure of a book that has a reason for being assumed, or a range.

    Parameters
    ----------
    book : Book
        The book.
    runs : Simulation, optional
        A run of it, which says how much money stands behind each entry.
    """
    weigh = (lambda _: 0.0) if runs is None else _money_behind(book, runs)
    return Assumed(tuple(replace(each, behind=weigh(each.entry)) for each in _walk(book, "")))


def _money_behind(book: Book, runs: Simulation) -> Callable[[str], float]:
    """Return a function that gives the mean money behind an entry by its dotted path."""
    through = {
        name: float(
            mean_of(runs, "receipts", party=name).sum() + mean_of(runs, "payments_out", party=name).sum()
        )
        for name in book.parties
    }
    paid = {flow.deal: abs(flow.total) for flow in flows(book, runs)}
    owners = {f"sites.{name}": through[site.owner] for name, site in book.sites.items()}
    buyers = {f"workloads.{name}": through[load.buyer] for name, load in book.workloads.items()}
    known = {f"deals.{name}": value for name, value in paid.items()} | owners | buyers
    known |= {f"parties.{name}": value for name, value in through.items()}
    known["drivers"] = sum(paid.values())

    def weigh(entry: str) -> float:
        found = [prefix for prefix in known if entry == prefix or entry.startswith(f"{prefix}.")]
        return known[max(found, key=len)] if found else 0.0

    return weigh


def _walk(node: Any, path: str) -> Iterator[AssumedFigure]:
    """Yield assumed figures of an entry and of everything in it."""
    if _is_quantity(node):
        if node.assumed or node.range:
            yield _figure_of(node, path)
        within = getattr(node, "amount", None)
        if within is not None:
            yield from _walk(within, path if node.driver is None else f"{path}.times")
        return
    for name, child in _children(node):
        yield from _walk(child, f"{path}.{name}" if path else name)
    reason = getattr(node, "assumed", None)
    if reason:
        yield AssumedFigure(path, "", None, None, "", "", reason)


def _is_quantity(node: Any) -> bool:
    return hasattr(node, "dimension") and hasattr(node, "range")


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    fields: Mapping[str, Any] | None = getattr(type(node), "model_fields", None)
    if fields is not None:
        yield from ((info.alias or name, getattr(node, name)) for name, info in fields.items())
    elif isinstance(node, dict):
        yield from ((str(name), child) for name, child in node.items())
    elif isinstance(node, tuple | list):
        yield from ((str(place), child) for place, child in enumerate(node, start=1))


def _figure_of(node: Any, path: str) -> AssumedFigure:
    """Return what an amount or a profile assumes; a profile without one value has no relative range."""
    value = getattr(node, "value", None)
    if value is None and getattr(node, "amount", None) is not None:
        value = node.amount.value
    low = high = None
    texts = ("", "")
    if node.range is not None:
        texts = (_text(node, node.range[0]), _text(node, node.range[1]))
        if value:
            low, high = sorted((node.range[0] / value, node.range[1] / value))
    return AssumedFigure(path, str(node), low, high, *texts, node.assumed or node.note or "")


def _text(node: Any, value: float) -> str:
    kept_as = "gpu_hour_price" if node.per_gpu_hour else node.dimension
    return format(value, kept_as, unit=node.unit)


def draw_assumed(record: Assumed, *, narrow: bool = False, most: int = 18) -> Any:
    """Return the figure: ranges with the most money behind them, relative to the value that was taken."""
    import plotly.graph_objects as go

    shown = record.ranged[:most]
    names = [_short(each.entry, 34 if narrow else 58) for each in shown]
    chart = figure((40 if narrow else 27) * len(shown) + 80)
    for each, name in zip(shown, names, strict=True):
        line = {"color": mix("#75619c", "#ffffff", 0.5), "width": 8}
        chart.add_trace(
            go.Scatter(x=[each.low, each.high], y=[name] * 2, mode="lines", line=line, hoverinfo="skip")
        )
    chart.add_trace(
        go.Scatter(
            x=[1.0] * len(shown),
            y=names,
            mode="markers",
            marker={"symbol": "line-ns", "size": 14, "line": {"width": 2.5, "color": INK}},
            hovertext=[
                f"{each.entry}<br>{each.value}, {each.low_text} to {each.high_text}" for each in shown
            ],
            hoverinfo="text",
        )
    )
    if not narrow:
        chart.update_layout(
            annotations=[
                {"text": _ends(each), "x": 1, "y": name,
                 "xref": "paper", "xanchor": "left", "xshift": 8, "showarrow": False, "font": {"size": 11}}
                for each, name in zip(shown, names, strict=True)
            ]
        )  # fmt: skip
    chart.update_layout(
        xaxis={"title": {"text": "multiple of the value taken"}, "showgrid": True,
               "rangemode": "tozero"},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": names[::-1], "showgrid": False,
               "tickfont": {"color": INK, "size": 10.5}},
        margin={"r": 12 if narrow else 290},
    )  # fmt: skip
    return chart


def _ends(each: AssumedFigure) -> str:
    """Return a range round its value, with the unit once where it is the same."""
    texts = (each.low_text, each.value, each.high_text)
    units = {text.partition(" ")[2] for text in texts}
    if len(units) > 1:
        return f"{texts[0]} – <b>{texts[1]}</b> – {texts[2]}"
    low, value, high = (text.partition(" ")[0] for text in texts)
    return f"{low} – <b>{value}</b> – {high} {units.pop()}"


def _short(text: str, most: int) -> str:
    """Return a path that fits, without its middle; the end says most."""
    text = text.replace(".clauses.", ".")
    return text if len(text) <= most else f"{text[: most // 3]}…{text[-(most - most // 3 - 1) :]}"
