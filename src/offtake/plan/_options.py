"""Options on what is given or signed: running on, adding capacity, ending (P8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import Expansion as ExpansionClause
from offtake.book import Extension, Term, Termination
from offtake.errors import InputError
from offtake.plan._case import Case, Flow, Variant
from offtake.plan._rows import Decision, Row, Rows, RowSource, deal_flow, owed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from offtake.book import Book

__all__ = ["add_options", "refuse_shifted_expansions"]


def refuse_shifted_expansions(book: Book, starts: dict[str, tuple[int, ...]]) -> None:
    """Refuse offers whose start may be chosen and that can be expanded as well.

    Raises
    ------
    InputError
        Naming the offer.
    """
    for name, shifts in starts.items():
        if len(shifts) > 1 and book.deals[name].clause(ExpansionClause) is not None:
            message = f"deals.{name}: an offer with a window of starts cannot be expanded too; fix its start"
            raise InputError(message)


def add_options(rows: Rows, parents: Sequence[int], after: Callable[[int, int], bool]) -> None:
    """Add the options on some rows, at every decision at which they can be used.

    Parameters
    ----------
    rows
        The rows so far, to which the options are added.
    parents
        Places of the rows of compute deals.
    after
        Whether the second node is the first or comes after it.
    """
    for place in parents:
        row = rows.found[place]
        for decision in rows.decisions:
            if row.decision is None or after(row.decision.node, decision.node):
                _extension(rows, place, row, decision)
                _expansion(rows, place, row, decision)
                _termination(rows, place, row, decision)


def _variant(row: Row, *, extended: bool = False) -> Variant:
    signed = -1.0 if row.decision is None else float(row.decision.quarter)
    return Variant(start=row.start, signed=signed, extended=extended)


def _reference(rows: Rows, row: Row) -> float:
    """Return the MW at which a row's deal was computed."""
    chair = rows.chair
    return chair.given[row.entry] if row.decision is None else chair.offers[row.entry].most


def _option(place: int, row: Row, decision: Decision) -> Row:
    """Return what options on a row have in common: they are for all of it or nothing."""
    return replace(
        row, decision=decision, least=0.0, most=row.most, whole=False, parent=place, relation="all", ratio=1.0
    )


def _extension(rows: Rows, place: int, row: Row, decision: Decision) -> None:
    """Add the option to run on, until the first part of the deal ends by its terms."""
    clause = rows.book.deals[row.entry].clause(Extension)
    if clause is None or rows.book.deals[row.entry].clause(Term) is None:
        return
    mw, _, end = rows.median.pieces(row.start, row.entry)
    first, quarters = float(end.min(initial=np.inf)), rows.quarters
    if not first < quarters or decision.quarter > first:
        return
    scale = row.share / _reference(rows, row)
    longer, plain, name = _variant(row, extended=True), _variant(row), row.entry
    last = end + clause.length.value
    power, beyond = owed(mw * scale / row.share, end, last, quarters)

    def flow(case: Case) -> Flow:
        return case.flow(longer, name).less(case.flow(plain, name)).times(scale)

    rows.add(
        replace(
            _option(place, row, decision), what="extension", group=("end", row.entry), flow=flow,
            stands=row.stands._replace(contracted=power * row.share, committed=power, beyond=beyond),
        )
    )  # fmt: skip


def _expansion(rows: Rows, place: int, row: Row, decision: Decision) -> None:
    """Add the option to add capacity from the next quarter on."""
    found = [
        each
        for each in rows.chair.expansions.values()
        if each.parent == row.entry and each.quarter == decision.quarter
    ]
    for each in found:
        if row.source is None:
            continue
        name, scale, variant = each.name, row.share / each.volume, _variant(row)
        ratio = each.volume / _reference(rows, row)
        source = _own_price(rows, row.source, name, variant) if each.priced else row.source
        rows.add(
            replace(
                _option(place, row, decision),
                what="expansion",
                relation="share",
                ratio=ratio,
                most=ratio * row.most,
                group=("expand", row.entry),
                source=source,
                flow=deal_flow(name, variant, scale),
                stands=rows.stands(name, variant, 1.0 / each.volume, kept=row.share),
            )
        )


def _own_price(rows: Rows, parent: RowSource, name: str, variant: Variant) -> RowSource:
    """Return a source like the parent's, at the price of what is added."""
    column = rows.median.column(name)
    return replace(
        parent,
        key=(*parent.key, "expansion"),
        usage=lambda case: case.terms(variant, name).usage[..., column],
    )


def _termination(rows: Rows, place: int, row: Row, decision: Decision) -> None:
    """Add the option to end the deal for a fee."""
    clause = rows.book.deals[row.entry].clause(Termination)
    first = 0 if clause is None or clause.from_ is None else rows.book.calendar.index(clause.from_)
    if clause is None or decision.quarter < first:
        return
    scale = row.share / _reference(rows, row)
    variant, name, quarter = _variant(row), row.entry, decision.quarter

    def flow(case: Case) -> Flow:
        ended = case.flow(variant, name).times(-scale)
        found, column = case.terms(variant, name), case.column(name)
        price = (found.usage + found.reservation)[:, quarter, column]
        seller = case.model.names.parties.index(rows.book.deals[name].creditor)
        lives = case.seen.alive[:, quarter, seller]
        fee = np.array(ended.fee)
        share = scale * case.leaf("deal.termination_fee", name) * found.left[:, quarter, column]
        fee[:, quarter] += share * price * lives
        return ended._replace(fee=fee)

    saved = row.stands._replace(
        contracted=_from(-row.stands.contracted, quarter),
        committed=_from(-row.stands.committed, quarter),
        beyond=-row.stands.beyond,
    )
    rows.add(
        replace(
            _option(place, row, decision), what="termination", group=("end", row.entry), flow=flow,
            stands=saved,
        )
    )  # fmt: skip


def _from(series: NDArray[np.float64], quarter: int) -> NDArray[np.float64]:
    """Return a series with what lies before a quarter taken out."""
    return np.where(np.arange(len(series)) >= quarter, series, 0.0)
