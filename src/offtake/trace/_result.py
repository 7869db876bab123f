"""A finished trace: its numbers, what made them, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, cast

from offtake.errors import InputError
from offtake.results import freeze
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr

    from offtake.trace._concentration import Concentration
    from offtake.trace._money import DealFlow

__all__ = ["Cycle", "CycleArc", "Trace"]

TABLES = ("flows", "deals", "cycles", "origins", "exposures", "concentration", "net", "sources", "purses")
"""What `Trace.to_dataframe` can give."""


@dataclass(frozen=True, slots=True)
class CycleArc:
    """One step of a cycle.

    Parameters
    ----------
    payer, receiver
        Who pays whom.
    amount
        What is paid over the window, in M USD.
    deals
        The deals under which it is paid, the largest first.
    """

    payer: str
    receiver: str
    amount: float
    deals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Money that goes round.

    Parameters
    ----------
    arcs
        Its steps in order.
    by_year
        The smallest step by year, in M USD: what goes all the way round within the year.
    """

    arcs: tuple[CycleArc, ...]
    by_year: Mapping[int, float]

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties in order of payment."""
        return tuple(arc.payer for arc in self.arcs)

    @property
    def bottleneck(self) -> float:
        """The smallest step over the window, in M USD."""
        return min(arc.amount for arc in self.arcs)

    @property
    def deals(self) -> tuple[str, ...]:
        """Every deal on it."""
        return tuple(dict.fromkeys(deal for arc in self.arcs for deal in arc.deals))

    def __str__(self) -> str:
        return " → ".join([*self.parties, self.parties[0]])


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """What `offtake.trace` returns: where the money of a window comes from and how much of it goes round.

    Parameters
    ----------
    dataset : xarray.Dataset
        The variables of docs/trace.md, each with `units` and `long_name` in its attrs.
    flows : tuple of DealFlow
        What each deal moves.
    cycles : tuple of Cycle
        Elementary cycles, the largest bottleneck first.
    cycles_left_out : str
        What the search for them left out.
    concentration : tuple of Concentration
        Herfindahl indices by provider, vendor, region and payer.
    window : tuple of str
        First and last quarter.
    basis : str
        ``contracted`` or ``simulated``.
    firm_only : bool
        Whether only firm deals count.
    left_out : tuple of str
        Deals that are not counted, each with the reason.
    settings : mapping
        Further settings of the trace.
    book, book_hash, version : str
        The book, its hash, and the version of Offtake.
    audit : mapping of str to float
        Largest relative residual of net positions under netting, and of origins from a sum of one.
    citations : tuple of str
        Papers of the methods used.
    """

    dataset: xr.Dataset
    flows: tuple[DealFlow, ...]
    cycles: tuple[Cycle, ...]
    cycles_left_out: str
    concentration: tuple[Concentration, ...]
    window: tuple[str, str]
    basis: str
    firm_only: bool
    left_out: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    book: str = ""
    book_hash: str = ""
    version: str = ""
    audit: Mapping[str, float] = field(default_factory=dict)
    citations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "settings", "audit")

    @property
    def gross(self) -> float:
        """All payments between parties, in M USD."""
        return float(self.dataset["flow"].sum())

    @property
    def circulating(self) -> float:
        """The part of them that could be netted away with every net position unchanged, in M USD."""
        return float(self.dataset["circulating"].sum())

    @property
    def circularity(self) -> float:
        """The share of all payments that could be netted away; 0 where nothing is paid."""
        return self.circulating / self.gross if self.gross > 0 else 0.0

    @property
    def origins(self) -> xr.DataArray:
        """Where each party's receipts from other parties come from: shares by party and origin."""
        return self.dataset["origin_share"]

    @property
    def exposures(self) -> xr.DataArray:
        """What a party loses if another pays nothing from a quarter on: netting, party, to; M USD."""
        return self.dataset["exposure"]

    @property
    def net(self) -> xr.DataArray:
        """What each party receives from other parties less what it pays them, in M USD."""
        return self.dataset["net"]

    def origin_of(self, party: str) -> dict[str, float]:
        """Return the shares of a party's receipts by origin; all zero if it receives nothing.

        Raises
        ------
        InputError
            If the book has no such party.
        """
        row = self.origins.sel(party=self.known(party))
        return {str(name): float(row.sel(origin=name)) for name in row.indexes["origin"]}

    def known(self, party: str) -> str:
        """Return a party's name if the book has it.

        Raises
        ------
        InputError
            If it does not.
        """
        names = list(map(str, self.dataset.indexes["party"]))
        refuse_unknown(party, names, "party")
        return party

    def to_dataframe(self, what: str = "origins", *, party: str | None = None) -> pd.DataFrame:
        """Return a part of the trace as a table, of one party only if it is named.

        Parameters
        ----------
        what
            ``flows`` between parties, ``deals``, ``cycles``, ``origins``, ``exposures``, ``concentration``,
            ``net``, ``sources`` or ``purses`` (whose cash a party's receipts come out of).
        party
            Rows in which this party stands.

        Raises
        ------
        InputError
            If there is no such table or no such party.
        """
        from offtake.trace import _tables

        if what not in TABLES:
            message = f"there is no table `{what}`; there are {', '.join(TABLES)}"
            raise InputError(message)
        if party is not None:
            self.known(party)
        return cast("pd.DataFrame", getattr(_tables, what)(self, party))

    def __repr__(self) -> str:
        first, last = self.window
        made = f"{self.book or 'a book'}, {self.basis}, {first} to {last}"
        return f"<Trace of {made}: {self.circularity:.1%} circular>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(str(cycle))}</td><td>{cycle.bottleneck:,.0f}</td></tr>"
            for cycle in self.cycles[:5]
        )
        first, last = self.window
        return (
            f"<div><strong>Trace</strong> of {escape(self.book)}, {self.basis}, {first} to {last}: "
            f"{self.gross:,.0f} M USD between parties, {self.circularity:.1%} of it goes round"
            f"<table><tr><th>cycle</th><th>smallest step, M USD</th></tr>{rows}</table></div>"
        )
