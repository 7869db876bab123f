"""Where receipts come from in the end: money mixes in each party's purse in proportion to what went in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from offtake.errors import AuditError, InputError
from offtake.trace._circulation import strong_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Origins", "trace_origins"]

FloatArray = Any
IntArray = Any

_NOTHING: Final = 1e-12
_CLOSED: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Origins:
    """What the receipts of each party are made of; parties without receipts have shares of zero.

    Parameters
    ----------
    shares
        Share of each kind of outside money, ``[N]`` by kind.
    others
        Share out of the purses of all other parties: cash that they drew down, ``[N]``.
    own
        Share that the party had paid out itself: self-funded revenue, ``[N]``.
    loop
        Share that goes round in a circle that no money ever entered, ``[N]``.
    purses
        Share out of the purse of each other party, ``[N, N]``, or None where it was not asked for.
    receipts
        What each party receives from others, ``[N]``.
    drawn
        Cash that each party draws down, ``[N]``.
    unexplained
        The largest distance of a party's shares from a sum of one, before it was spread over them.
    """

    shares: Mapping[str, FloatArray]
    others: FloatArray
    own: FloatArray
    loop: FloatArray
    purses: FloatArray | None
    receipts: FloatArray
    drawn: FloatArray
    unexplained: float


class _Chain(NamedTuple):
    """Money followed back: how often it passes each party, and what solves (I - T) y = b."""

    visits: FloatArray
    solve: Callable[[FloatArray], FloatArray]


def trace_origins(
    payers: IntArray,
    receivers: IntArray,
    amounts: FloatArray,
    sources: Mapping[str, FloatArray],
    spent: FloatArray,
    *,
    purses: bool = True,
) -> Origins:
    """Return what the receipts of every party from others are made of.

    Parameters
    ----------
    payers, receivers, amounts
        Arcs of money between parties, ``[A]``, in M USD above zero.
    sources
        Money from outside by kind, each ``[N]`` and not negative.
    spent
        Money to the outside, ``[N]``.
    purses
        Whether to tell other parties' purses apart; it takes N times N numbers.

    Raises
    ------
    InputError
        If an amount, a source or a spending is negative.
    AuditError
        If shares are further than 1e-6 from a sum of one.

    Notes
    -----
    Proportional mixing: of every unit that leaves a party's purse, the same share came from each unit that
    entered it (J. Bialek, "Tracing the flow of electricity", IEE Proceedings 143 (4), 1996). Followed back
    it is an absorbing Markov chain with steps T[j, k] = F[k, j] / x[j], x being all that enters purse j; with
    G = (I - T)^-1 (Leontief's inverse), the chance to come back to i is 1 - 1 / G[i, i]. A party that pays
    more than comes in draws down cash, which then counts among its sources. A circle that nothing enters has
    no origin: within it receipts are the party's own money, and what such a circle pays to others is told
    as `loop`. Time grows as the cube of the
    largest part of the network in which money can come back.

    Examples
    --------
    Three parties pay 10 round a ring, and half of what enters each purse comes from customers:

    >>> ring = (np.array([0, 1, 2]), np.array([1, 2, 0]), np.full(3, 10.0))
    >>> found = trace_origins(*ring, {"customers": np.full(3, 10.0)}, np.full(3, 10.0))
    >>> found.own.tolist(), found.shares["customers"].tolist()
    ([0.25, 0.25, 0.25], [0.75, 0.75, 0.75])
    """
    payers, receivers = np.asarray(payers, dtype=np.int64), np.asarray(receivers, dtype=np.int64)
    amounts, spent = np.asarray(amounts, dtype=np.float64), np.asarray(spent, dtype=np.float64)
    kinds = {kind: np.asarray(values, dtype=np.float64) for kind, values in sources.items()}
    _refuse_negative({"payments": amounts, "spending": spent, **kinds})
    size = len(spent)
    receipts = np.bincount(receivers, amounts, size)
    paid = np.bincount(payers, amounts, size) + spent
    entered = receipts + sum(kinds.values(), np.zeros(size))
    drawn = np.where(paid - entered > _NOTHING * np.maximum(paid, entered), paid - entered, 0.0)
    throughput = np.where(entered + drawn > 0, entered + drawn, 1.0)
    kinds["drawn"] = drawn
    parts = strong_parts(payers, receivers, size)
    closed = _closed(payers, receivers, parts, sum(kinds.values()))
    kinds["loop"] = np.where(closed, throughput, 0.0)
    steps = np.where(closed[receivers], 0.0, amounts / throughput[receivers])
    chain = _chain(receivers, payers, steps, parts)
    own, mixed = _mixed(chain, kinds, throughput, receipts)
    own[closed] = 1.0
    for share in mixed.values():
        share[closed] = 0.0
    total = own + sum(mixed.values(), np.zeros(size))
    has = receipts > 0
    unexplained = float(np.abs(total[has] - 1.0).max(initial=0.0))
    if unexplained > _CLOSED:
        message = f"the origins of a party's receipts add up to one only within {unexplained:.1e}"
        raise AuditError(message)
    scale = np.where(has, 1.0 / np.where(total > 0, total, 1.0), 0.0)
    each = None
    if purses:
        each = _purses(chain, drawn / throughput) * (_weight(throughput, receipts) * scale)[:, None]
        each[closed] = 0.0
    others, loop = mixed.pop("drawn") * scale, mixed.pop("loop") * scale
    shares = {kind: share * scale for kind, share in mixed.items()}
    return Origins(shares, others, own * scale, loop, each, receipts, drawn, unexplained)


def _refuse_negative(values: Mapping[str, FloatArray]) -> None:
    for what, amounts in values.items():
        if amounts.size and not (amounts.min() >= 0):
            message = f"{what} must not be negative; turn a negative payment round instead"
            raise InputError(message)


def _closed(payers: IntArray, receivers: IntArray, parts: IntArray, sources: FloatArray) -> Any:
    """Return which parties are in a circle that no money enters."""
    count = int(parts.max(initial=-1)) + 1
    enters = np.bincount(parts, sources, count)
    across = parts[payers] != parts[receivers]
    enters += np.bincount(parts[receivers[across]], minlength=count)
    return (enters == 0)[parts] & (np.bincount(parts, minlength=count) > 1)[parts]


def _chain(back_from: IntArray, back_to: IntArray, steps: FloatArray, parts: IntArray) -> _Chain:
    """Return the visits and the solver of a chain of steps back.

    What leaves the part of the network from which there is a way back never returns, so each such part is
    inverted for itself. Where one part is most of the network, its factors would fill up, so that one dense
    inverse does all; else the system is solved sparsely.
    """
    from scipy.linalg import inv

    size, members_of = len(parts), np.bincount(parts)
    if size and 2 * members_of.max() > size:
        matrix = np.eye(size)
        np.subtract.at(matrix, (back_from, back_to), steps)
        inverse = inv(matrix, overwrite_a=True)
        return _Chain(np.diagonal(inverse).copy(), lambda ends: inverse @ ends)
    visits = np.ones(size)
    place = np.zeros(size, dtype=np.int64)
    inside = parts[back_from] == parts[back_to]
    for part in np.flatnonzero(members_of > 1):
        members = np.flatnonzero(parts == part)
        place[members] = np.arange(members.size)
        arcs = inside & (parts[back_from] == part)
        matrix = np.eye(members.size)
        np.subtract.at(matrix, (place[back_from[arcs]], place[back_to[arcs]]), steps[arcs])
        visits[members] = np.diagonal(inv(matrix))
    return _Chain(visits, _sparse_solver(back_from, back_to, steps, size))


def _sparse_solver(
    back_from: IntArray, back_to: IntArray, steps: FloatArray, size: int
) -> Callable[[FloatArray], FloatArray]:
    """Return what solves (I - T) y = b."""
    from scipy.sparse import coo_array, eye_array
    from scipy.sparse.linalg import splu

    matrix = eye_array(size) - coo_array((steps, (back_from, back_to)), shape=(size, size))
    solve: Callable[[FloatArray], FloatArray] = splu(matrix.tocsc()).solve
    return solve


def _mixed(
    chain: _Chain, kinds: Mapping[str, FloatArray], throughput: FloatArray, receipts: FloatArray
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the share of receipts that comes back, and that of each kind before it first does."""
    weight = _weight(throughput, receipts)
    own = weight * (1.0 - 1.0 / chain.visits)
    mixed = {}
    for kind, money in kinds.items():
        part = money / throughput
        mixed[kind] = np.maximum(weight * (chain.solve(part) / chain.visits - part), 0.0)
    return own, mixed


def _weight(throughput: FloatArray, receipts: FloatArray) -> FloatArray:
    """Return all that enters a purse over what other parties pay into it; zero where they pay nothing."""
    return np.where(receipts > 0, throughput / np.where(receipts > 0, receipts, 1.0), 0.0)


def _purses(chain: _Chain, drawn: FloatArray) -> FloatArray:
    """Return G[i, k] / G[i, i] times the share of purse k that was drawn down, zero where i is k."""
    size = len(drawn)
    found = np.zeros((size, size))
    spenders = np.flatnonzero(drawn > 0)
    if spenders.size:
        ends = np.zeros((size, spenders.size))
        ends[spenders, np.arange(spenders.size)] = drawn[spenders]
        found[:, spenders] = np.maximum(chain.solve(ends), 0.0)
    np.fill_diagonal(found, 0.0)
    return found / chain.visits[:, None]
