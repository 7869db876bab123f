"""Clearing of networks given as matrices of liabilities: one network, or a batch in one call."""

from typing import Any, Literal, NamedTuple

import numpy as np

from offtake.clearing._arrays import (
    Array,
    array_namespace,
    as_float,
    require,
    require_empty_diagonal,
    require_shares,
    require_square,
    traced,
)
from offtake.clearing._payout import (
    ROUNDS_BEFORE_SOLVES,
    Dues,
    Loop,
    budget,
    dues,
    iterate,
    marginal_share,
    paid_share,
    solve_step,
)
from offtake.errors import InputError


class Clearing(NamedTuple):
    """Payments on which all parties agree, and what follows from them; money in the unit of the input."""

    payments: Array
    """Paid by each party, to parties and outside [..., N]."""
    paid: Array
    """Who paid what to whom [..., N, N], or [..., K, N, N] with ranks."""
    outside_paid: Array
    """Paid to the outside world [..., N], or [..., K, N] with ranks."""
    received: Array
    """Received from the other parties [..., N]."""
    held: Array
    """Value of the equity each party holds in others [..., N]; 0 without cross-holdings."""
    equity: Array
    """Left to the owners [..., N]; never negative."""
    net_worth: Array
    """Means, receipts and holdings less all that is owed [..., N]; negative for a party in default."""
    shortfall: Array
    """Owed and not paid [..., N]."""
    cost: Array
    """Lost to default costs [..., N]; it goes to nobody in the network."""
    default: Array
    """Whether the party's assets fall short of what it owes [..., N], bool."""
    rounds: Array
    """Rounds until the network converged [...]."""
    converged: Array
    """Whether it converged within ``max_rounds`` [...], bool."""


class _Network(NamedTuple):
    """A checked network; ranks and the outside always have their axes here."""

    external: Array
    liabilities: Array
    outside: Array
    holdings: Array | None
    owed: Dues
    alpha: Array
    beta: Array


def eisenberg_noe(
    external: Array,
    liabilities: Array,
    *,
    outside: Array | None = None,
    fixed_point: Literal["greatest", "least"] = "greatest",
    method: Literal["rounds", "exact"] = "rounds",
    tol: float = 1e-12,
    max_rounds: int = 10_000,
) -> Clearing:
    """The clearing payments of Eisenberg and Noe (2001): ``rogers_veraart`` without default costs.

    Parameters, results and errors are those of ``rogers_veraart``.

    Examples
    --------
    >>> cleared = eisenberg_noe([10, 10, 10], [[0, 20, 10], [5, 0, 24], [10, 0, 0]])
    >>> cleared.payments.round(4)
    array([24.5455, 26.3636, 10.    ])
    """
    return rogers_veraart(
        external,
        liabilities,
        outside=outside,
        fixed_point=fixed_point,
        method=method,
        tol=tol,
        max_rounds=max_rounds,
    )


def rogers_veraart(
    external: Array,
    liabilities: Array,
    *,
    alpha: Array | float = 1.0,
    beta: Array | float = 1.0,
    outside: Array | None = None,
    ranked: bool = False,
    fixed_point: Literal["greatest", "least"] = "greatest",
    method: Literal["rounds", "exact"] = "rounds",
    tol: float = 1e-12,
    max_rounds: int = 10_000,
) -> Clearing:
    """The clearing payments of Rogers and Veraart (2013), where a party in default loses part of its assets.

    Party i pays all it owes if e_i + Σ_j Π_ji p_j suffices, and otherwise α·max(e_i, 0) + β·Σ_j Π_ji p_j,
    but never more than it owes; pro rata, and with ``ranked`` one rank after the other.

    Parameters
    ----------
    external
        Liquid means e of each party before payments [..., N]; may be negative.
    liabilities
        What party i (row) owes party j (column) [..., N, N]; with ``ranked`` [..., K, N, N], rank 0 paid
        first.
    alpha, beta
        Shares of own means and of receipts that survive a default, within [0, 1]; scalars or [..., N].
    outside
        Owed outside the network [..., N], or [..., K, N] with ``ranked``; it shares pro rata in its rank.
    ranked
        Whether liabilities and outside have a rank axis.
    fixed_point
        With default costs there can be several solutions; the greatest is best for every party at once.
    method
        ``"rounds"`` repeats the rule and turns to linear solves if money circles for long; ``"exact"`` uses
        linear solves from the start and ends after finitely many (fictitious default), greatest solution
        only.
    tol
        Distance to the solution, as a share of what a party owes, that counts as converged.
    max_rounds
        Rounds after which the search gives up; ``converged`` tells.

    Returns
    -------
    Clearing
        Numpy arrays, or jax arrays if any input is one. A party that has all but 1e-9 of what it owes is
        not in default; it pays what it has. A party with negative means can be in default and still pay in
        full, because its receipts go to its creditors first.

    Raises
    ------
    InputError
        If shapes do not fit, a value is out of its bounds, a party owes to itself, or ``"exact"`` is asked
        for the least solution.

    Examples
    --------
    Two solutions of one network (Rogers and Veraart, example 3.3):

    >>> debts = [[0, 2.2], [2.2, 0]]
    >>> rogers_veraart([1, 1], debts, alpha=0.5, beta=0.5).payments
    array([2.2, 2.2])
    >>> rogers_veraart([1, 1], debts, alpha=0.5, beta=0.5, fixed_point="least").payments.round(9)
    array([1., 1.])
    """
    xp = array_namespace(external, liabilities, outside, alpha, beta)
    network = _network(xp, external, liabilities, outside, None, alpha, beta, ranked=ranked)
    loop = _search(xp, network, fixed_point, method, tol, max_rounds)
    return _settle(xp, network, loop, ranked=ranked)


def elsinger(
    external: Array,
    liabilities: Array,
    holdings: Array,
    *,
    outside: Array | None = None,
    ranked: bool = True,
    fixed_point: Literal["greatest", "least"] = "greatest",
    method: Literal["rounds", "exact"] = "rounds",
    tol: float = 1e-12,
    max_rounds: int = 10_000,
) -> Clearing:
    """The clearing payments of Elsinger (2009): debts by rank and parties that own shares of each other.

    Equity is V_i = max(0, e_i + receipts_i + Σ_j Θ_ji V_j - dues_i), and a party pays its ranks in order
    from all it has, its holdings included.

    Parameters
    ----------
    external
        Liquid means of each party before payments [..., N]; may be negative.
    liabilities
        What i owes j by rank [..., K, N, N], rank 0 paid first; [..., N, N] with ``ranked=False``.
    holdings
        Share of the equity of party i (row) held by party j (column) [..., N, N]; rows sum to at most 1,
        and no group of parties owns itself wholly.
    outside, ranked, fixed_point, method, tol, max_rounds
        As in ``rogers_veraart``.

    Returns
    -------
    Clearing
        With ``equity`` the V of the equation and ``net_worth`` the same before it is cut off at 0.

    Raises
    ------
    InputError
        As ``rogers_veraart``, and if the holdings are not shares.

    Examples
    --------
    >>> senior = [[0, 20, 10], [5, 0, 40], [10, 0, 0]]
    >>> junior = [[0, 0, 15], [0, 0, 24], [10, 0, 0]]
    >>> shares = [[0, 0.1, 0], [0, 0, 0.15], [0, 0, 0]]
    >>> elsinger([0, 50, 10], [senior, junior], shares).net_worth.round(4)
    array([-20.    ,  -2.3333,  60.    ])
    """
    xp = array_namespace(external, liabilities, holdings, outside)
    network = _network(xp, external, liabilities, outside, holdings, 1.0, 1.0, ranked=ranked)
    loop = _search(xp, network, fixed_point, method, tol, max_rounds)
    return _settle(xp, network, loop, ranked=ranked)


def _network(
    xp: Any,
    external: Array,
    liabilities: Array,
    outside: Array | None,
    holdings: Array | None,
    alpha: Array | float,
    beta: Array | float,
    *,
    ranked: bool,
) -> _Network:
    """The network after its checks, with a rank axis, broadcast to one batch shape."""
    external, alpha, beta = as_float(xp, external), as_float(xp, alpha), as_float(xp, beta)
    liabilities = as_float(xp, liabilities)
    parties = require_square(liabilities, "liabilities")
    if not ranked:
        liabilities = liabilities[..., None, :, :]
    if liabilities.ndim < 3:  # noqa: PLR2004
        msg = f"liabilities has shape {liabilities.shape}; with ranked=True it must be [..., K, N, N]"
        raise InputError(msg)
    ranks = liabilities.shape[-3]
    if outside is None:
        outside = xp.zeros((ranks, parties))
    else:
        outside = as_float(xp, outside) if ranked else as_float(xp, outside)[..., None, :]
    for name, array, fit in (("external", external, (parties,)), ("outside", outside, (ranks, parties))):
        if tuple(array.shape[-len(fit) :]) != fit:
            msg = f"{name} ends in the axes {tuple(array.shape)}; they must be {fit}"
            raise InputError(msg)
    require(external, "external")
    require(liabilities, "liabilities", least=0.0)
    require_empty_diagonal(liabilities, "liabilities")
    require(outside, "outside", least=0.0)
    require(alpha, "alpha", least=0.0, most=1.0)
    require(beta, "beta", least=0.0, most=1.0)
    batch = np.broadcast_shapes(
        external.shape[:-1], liabilities.shape[:-3], outside.shape[:-2], alpha.shape[:-1], beta.shape[:-1]
    )
    if holdings is not None:
        holdings = _shares(xp, holdings, parties)
        batch = np.broadcast_shapes(batch, holdings.shape[:-2])
        holdings = xp.broadcast_to(holdings, (*batch, parties, parties))
    outside = xp.broadcast_to(outside, (*batch, ranks, parties))
    external = xp.broadcast_to(external, (*batch, parties))
    owed = dues(xp, xp.sum(liabilities, axis=-1) + outside)
    return _Network(external, liabilities, outside, holdings, owed, alpha, beta)


def _shares(xp: Any, holdings: Array, parties: int) -> Array:
    """Cross-holdings that are shares."""
    holdings = as_float(xp, holdings)
    require_square(holdings, "holdings", parties)
    require(holdings, "holdings", least=0.0)
    require_empty_diagonal(holdings, "holdings")
    if traced(holdings):
        return holdings
    require_shares(np.asarray(holdings), -1, "row")
    return holdings


def _search(
    xp: Any,
    network: _Network,
    fixed_point: Literal["greatest", "least"],
    method: Literal["rounds", "exact"],
    tol: float,
    max_rounds: int,
) -> Loop:
    """The budgets of the fixed point asked for."""
    if fixed_point not in {"greatest", "least"} or method not in {"rounds", "exact"}:
        msg = (
            f"fixed_point is {fixed_point!r} and method {method!r}; "
            'they must be "greatest" or "least", and "rounds" or "exact"'
        )
        raise InputError(msg)
    falling = fixed_point == "greatest"
    if method == "exact" and not falling:
        msg = 'method="exact" finds the greatest solution only; use method="rounds" for the least'
        raise InputError(msg)
    top = _top(xp, network)
    return iterate(
        xp,
        lambda value: _step(xp, network, value)[0],
        top if falling else xp.zeros_like(top),
        top,
        tol=tol,
        max_rounds=max_rounds,
        falling=falling,
        solve=(lambda value: _solve(xp, network, value)) if falling else None,
        rounds_before_solves=0 if method == "exact" else ROUNDS_BEFORE_SOLVES,
    )


def _top(xp: Any, network: _Network) -> Array:
    """Budgets that no solution exceeds: what is owed and, with holdings, equity when all pay in full."""
    if network.holdings is None:
        return network.owed.total
    receipts = xp.sum(network.liabilities, axis=(-3, -2))
    surplus = xp.maximum(network.external + receipts - network.owed.total, 0.0)
    upstream = xp.eye(surplus.shape[-1]) - xp.swapaxes(network.holdings, -1, -2)
    return network.owed.total + xp.linalg.solve(upstream, surplus[..., None])[..., 0]


def _flows(xp: Any, network: _Network, value: Array) -> tuple[Array, Array]:
    """Received on debts, and the value of equity held, at these budgets; both [..., N]."""
    share = paid_share(xp, network.owed, xp.minimum(value, network.owed.total))
    received = xp.einsum("...kij,...ki->...j", network.liabilities, share)
    if network.holdings is None:
        return received, xp.zeros_like(received)
    equity = xp.maximum(value - network.owed.total, 0.0)
    return received, xp.einsum("...ij,...i->...j", network.holdings, equity)


def _step(xp: Any, network: _Network, value: Array) -> tuple[Array, Array]:
    """The budgets that follow from these ones, and who is short: one round's body."""
    received, held = _flows(xp, network, value)
    after, short = budget(
        xp, network.external, received + held, network.owed.total, network.alpha, network.beta
    )
    return (after if network.holdings is not None else xp.minimum(after, network.owed.total)), short


def _solve(xp: Any, network: _Network, value: Array) -> tuple[Array, Array]:
    """The budgets after one linear solve, and whether it reached its solution."""
    proposed, short = _step(xp, network, value)
    per_money, room = marginal_share(xp, network.owed, xp.minimum(value, network.owed.total))
    total = network.owed.total
    gain = xp.where(short & (proposed < total), network.beta, 0.0)
    if network.holdings is not None:
        above = value > total
        per_money = xp.where(above[..., None, :], 0.0, per_money)
        room = xp.where(above, value - total, room)
        gain = xp.where(above, 1.0, gain)
    onward = xp.einsum("...kij,...ki->...ij", network.liabilities, per_money)
    if network.holdings is not None:
        onward = onward + xp.where(above[..., :, None], network.holdings, 0.0)
    return solve_step(xp, value, proposed, onward, gain, room, xp.maximum(value, total))


def _settle(xp: Any, network: _Network, loop: Loop, *, ranked: bool) -> Clearing:
    """The record that follows from the budgets of the fixed point."""
    total = network.owed.total
    payments = xp.minimum(loop.value, total)
    share = paid_share(xp, network.owed, payments)
    paid = share[..., None] * network.liabilities
    outside_paid = share * network.outside
    received, held = _flows(xp, network, loop.value)
    assets = network.external + received + held
    _, default = budget(xp, network.external, received + held, total, network.alpha, network.beta)
    spendable = xp.maximum(network.external, 0.0) + received + held
    cost = xp.where(default & (spendable > payments), spendable - payments, 0.0)
    return Clearing(
        payments=payments,
        paid=paid if ranked else paid[..., 0, :, :],
        outside_paid=outside_paid if ranked else outside_paid[..., 0, :],
        received=received,
        held=held,
        equity=xp.where(default, 0.0, xp.maximum(assets - total, 0.0)),
        net_worth=assets - total,
        shortfall=total - payments,
        cost=cost,
        default=default,
        rounds=loop.rounds,
        converged=loop.done,
    )
