"""What a party is worth, quarter by quarter, and how much of it rests on claims."""

from typing import Any

import numpy as np

from offtake.model import Structure

__all__ = ["claims", "wealth"]

Array = Any


def claims(xp: Any, fixed: Structure, state: Any) -> Array:
    """Return each party's claims on others less their claims on it, [..., N], M USD.

    Claims are arrears, loans and prepayments that are not yet credited, at face value; those on a party in
    default have been written off.
    """
    lines, loans, capacity = fixed.lines, fixed.loans, fixed.capacity
    parties = len(fixed.names.parties)
    uncredited = xp.maximum(state.prepaid - state.credited, 0.0)
    return (
        state.arrears @ _moves(lines.receiver, lines.payer, parties)
        + state.loan @ _moves(loans.lender, loans.borrower, parties)
        + uncredited @ _moves(capacity.buyer, capacity.seller, parties)
    )


def wealth(state: Any, flows: Any, net_claims: Array) -> Array:
    """Return cash less what is owed outside plus net claims, [..., N], M USD.

    Equity raised outside has still to be taken off: `funding equity`, summed over the quarters so far.
    """
    return flows.cash - flows.debt - state.outside_arrears + net_claims


def _moves(holder: Array, debtor: Array, parties: int) -> Array:
    """Return the matrix that credits the holder of each claim and debits its debtor."""
    seats = np.arange(parties)
    return (holder[:, None] == seats).astype(float) - (debtor[:, None] == seats).astype(float)
