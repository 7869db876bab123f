"""Contagion of distress along exposures: the DebtRank family and the measures of impact."""

from typing import Any, Literal, NamedTuple

import numpy as np

from offtake.clearing._arrays import (
    Array,
    array_namespace,
    as_float,
    require,
    require_empty_diagonal,
    require_square,
)
from offtake.errors import InputError

Kind = Literal["linear", "single-hit", "threshold"]
"""How distress is passed on: at every rise, at the first one only, or in full at default only."""

_DEFAULT_SLACK = 1e-12


class Distress(NamedTuple):
    """Where a shock ends, and what it adds to itself."""

    final: Array
    """Share of its buffer that each party has lost in the end [..., N], at most 1."""
    additional_stress: Array
    """Weighted mean of final less initial distress [...]."""
    additional_defaults: Array
    """Parties in default in the end that were not at the start [...], int."""
    additional_losses: Array
    """Lost on claims on distressed parties [...], in the unit of the claims; the shock is not in it."""
    rounds: Array
    """Rounds that were run for the whole batch."""
    converged: Array
    """Whether distress had stopped rising within ``max_rounds`` [...], bool."""


class Diffusion(NamedTuple):
    """How much of the network's susceptibility each party is the cause of."""

    start: Array
    """As the origin of impact [..., N]."""
    intermediate: Array
    """As a party through which the impact of others passes [..., N]."""
    total: Array
    """Both together [..., N]."""


def debtrank(
    claims: Array,
    buffer: Array,
    shock: Array,
    *,
    kind: Kind = "linear",
    weights: Array | None = None,
    threshold: float = 1.0,
    tol: float = 1e-12,
    max_rounds: int = 100_000,
) -> Distress:
    """The distress in which an initial shock ends when losses on claims eat into buffers.

    Parameters
    ----------
    claims
        Claim of party i (row) on party j (column) [..., N, N], not negative.
    buffer
        Capital or cash that absorbs a party's losses [..., N], positive, in the unit of the claims.
    shock
        Share of its buffer that each party loses at the start, within [0, 1] [..., N].
        The identity matrix fails each party in turn.
    kind
        ``"linear"``: h = min(1, shock + V h), V_ij = claims_ij / buffer_i (Bardoscia et al., 2015);
        ``"single-hit"``: V is cut off at 1 and a party passes on its distress once only (Battiston et al.,
        2012); ``"threshold"``: a party passes on nothing until its distress reaches ``threshold``, then
        everything.
    weights
        Weight of each party in the mean [..., N], such as its size; equal by default; scaled to sum to 1.
    threshold
        Distress at which a party counts as failed for ``"threshold"``, within (0, 1].
    tol
        Largest rise in a round at which distress has stopped.
    max_rounds
        Rounds after which the search gives up; ``converged`` tells.

    Returns
    -------
    Distress
        Final distress and what was added to the shock.

    Raises
    ------
    InputError
        If shapes do not fit, a value is out of its bounds, or the kind is not known.

    Examples
    --------
    >>> claims = [[0, 1, 0], [10, 0, 3], [3, 2, 0]]
    >>> debtrank(claims, [2, 5, 2], [1, 0, 0], weights=[10, 100, 30]).additional_stress.round(4)
    np.float64(0.9286)
    """
    xp = array_namespace(claims, buffer, shock, weights)
    claims, buffer, shock = as_float(xp, claims), as_float(xp, buffer), as_float(xp, shock)
    parties = _check(claims, buffer)
    weights = xp.ones(parties) if weights is None else as_float(xp, weights)
    for name, array in (("shock", shock), ("weights", weights)):
        if array.ndim < 1 or array.shape[-1] != parties:
            msg = (
                f"{name} has shape {tuple(array.shape)}; its last axis must be {parties}, one value per party"
            )
            raise InputError(msg)
    require(shock, "shock", least=0.0, most=1.0)
    require(weights, "weights", least=0.0)
    require(xp.sum(weights, axis=-1), "the sum of weights", least=np.finfo(np.float64).tiny)
    if kind not in {"linear", "single-hit", "threshold"} or not 0.0 < threshold <= 1.0:
        msg = (
            f"kind is {kind!r} and threshold {threshold}; kind must be "
            '"linear", "single-hit" or "threshold", and threshold above 0 and at most 1'
        )
        raise InputError(msg)
    contagion = _contagion(xp, claims, buffer, shock, kind, threshold)
    final, passed, rounds, converged = _spread(xp, contagion, tol, max_rounds)
    weights = weights / xp.sum(weights, axis=-1, keepdims=True)
    fails = final >= 1.0 - _DEFAULT_SLACK
    return Distress(
        final=final,
        additional_stress=xp.sum((final - shock) * weights, axis=-1),
        additional_defaults=xp.sum(fails & (shock < 1.0 - _DEFAULT_SLACK), axis=-1),
        additional_losses=xp.sum(_times(xp, contagion.lost, passed), axis=-1),
        rounds=rounds,
        converged=converged,
    )


class _Contagion(NamedTuple):
    """One kind of contagion on a checked network."""

    impact: Array
    """Share of the buffer of the row's party lost per unit of distress of the column's party."""
    lost: Array
    """The same in money."""
    shock: Array
    kind: Kind
    threshold: float


def _contagion(
    xp: Any, claims: Array, buffer: Array, shock: Array, kind: Kind, threshold: float
) -> _Contagion:
    """How distress is passed on; a single hit costs no more than the whole buffer."""
    impact = claims / buffer[..., :, None]
    if kind == "single-hit":
        impact = xp.minimum(impact, 1.0)
    return _Contagion(impact, impact * buffer[..., :, None], shock, kind, threshold)


def _passed(xp: Any, contagion: _Contagion, distress: Array, before: Array) -> Array:
    """The distress that has been passed on by now, given distress and what had been passed on before."""
    if contagion.kind == "linear":
        return distress
    if contagion.kind == "threshold":
        return xp.where(distress >= contagion.threshold - _DEFAULT_SLACK, 1.0, 0.0)
    return xp.where(before > 0, before, distress)


def _times(xp: Any, matrix: Array, vector: Array) -> Array:
    """Matrix times vector on trailing axes."""
    return xp.einsum("...ij,...j->...i", matrix, vector)


def _spread(xp: Any, contagion: _Contagion, tol: float, max_rounds: int) -> tuple[Array, Array, Array, Array]:
    """Final distress, what of it was passed on, the rounds, and whether it has stopped rising."""
    batch = np.broadcast_shapes(contagion.shock.shape[:-1], contagion.impact.shape[:-2])
    start = xp.broadcast_to(contagion.shock, (*batch, contagion.shock.shape[-1]))

    def advance(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        distress, before, _, count = state
        passed = _passed(xp, contagion, distress, before)
        after = xp.minimum(start + _times(xp, contagion.impact, passed), 1.0)
        rise = xp.max(xp.abs(after - distress) + xp.abs(passed - before), axis=-1)
        return after, passed, rise, count + 1

    def unfinished(state: tuple[Array, Array, Array, Array]) -> Array:
        return xp.any(state[2] > tol) & (state[3] < max_rounds)

    state = (start, xp.zeros_like(start), xp.full(batch, xp.inf), xp.asarray(0))
    if xp is np:
        while unfinished(state):
            state = advance(state)
    else:
        from jax import lax

        state = lax.while_loop(unfinished, advance, state)
    return state[0], state[1], state[3], state[2] <= tol


def impact_susceptibility(claims: Array, buffer: Array) -> Array:
    """How exposed each party is to failures further away than its own debtors [..., N].

    With V_ij = 1 where the failure of i wipes out the buffer of j, and G = exp(V), it is Σ_i≠j G_ij / Σ_i
    V_ij; 0 where no failure reaches j directly. Above 1 a party is vulnerable to others than its
    neighbours.

    Parameters
    ----------
    claims, buffer
        As in ``debtrank``.

    Raises
    ------
    InputError
        If shapes do not fit or a value is out of its bounds.

    Notes
    -----
    Silva, Souza and Tabak (2015), working paper 392 of the Central Bank of Brazil.

    Examples
    --------
    >>> impact_susceptibility([[0, 1, 0], [10, 0, 3], [3, 2, 0]], [2, 5, 2])
    array([0.  , 1.  , 1.25])
    """
    wipes = _wipes(claims, buffer)
    direct = wipes.sum(axis=-2)
    return np.where(direct > 0, _reach(wipes).sum(axis=-2) / np.where(direct > 0, direct, 1.0), 0.0)


def impact_fluidity(claims: Array, buffer: Array) -> Array:
    """The mean impact susceptibility of the parties [...]; parameters and errors as there.

    Examples
    --------
    >>> impact_fluidity([[0, 1, 0], [10, 0, 3], [3, 2, 0]], [2, 5, 2])
    np.float64(0.75)
    """
    return impact_susceptibility(claims, buffer).mean(axis=-1)


def impact_diffusion(claims: Array, buffer: Array) -> Diffusion:
    """How much of the reach of failures is due to each party: what vanishes if it passes nothing on.

    For each party q the reach G is found again with row q of V set to 0; what it loses in row q is q's part
    as a start, what it loses elsewhere its part as an intermediate, both per party that q can wipe out.
    Parameters, errors and source as in ``impact_susceptibility``.

    Examples
    --------
    >>> impact_diffusion([[0, 1, 0], [10, 0, 3], [3, 2, 0]], [2, 5, 2]).total
    array([1.25, 1.5 , 0.  ])
    """
    wipes = _wipes(claims, buffer)
    silenced = wipes[..., None, :, :] * (1.0 - np.eye(wipes.shape[-1]))[:, :, None]
    lost = np.maximum(_reach(wipes)[..., None, :, :] - _reach(silenced), 0.0).sum(axis=-1)
    direct = wipes.sum(axis=-1)
    each = np.where(direct > 0, 1.0 / np.where(direct > 0, direct, 1.0), 0.0)
    total = lost.sum(axis=-1) * each
    start = np.diagonal(lost, axis1=-2, axis2=-1) * each
    return Diffusion(start=start, intermediate=total - start, total=total)


def _check(claims: Array, buffer: Array) -> int:
    """The number of parties, after shapes and bounds have been looked at."""
    parties = require_square(claims, "claims")
    if buffer.ndim < 1 or buffer.shape[-1] != parties:
        msg = f"buffer has shape {tuple(buffer.shape)}; its last axis must be {parties}, one value per party"
        raise InputError(msg)
    require(claims, "claims", least=0.0)
    require_empty_diagonal(claims, "claims")
    require(buffer, "buffer", least=np.finfo(np.float64).tiny)
    return parties


def _wipes(claims: Array, buffer: Array) -> Array:
    """1 where the failure of the row's party wipes out the buffer of the column's party, else 0."""
    claims, buffer = as_float(np, claims), as_float(np, buffer)
    _check(claims, buffer)
    covered = claims >= buffer[..., :, None]
    return np.swapaxes(covered, -1, -2).astype(np.float64)


def _reach(wipes: Array) -> Array:
    """The communicability exp(V) between different parties (Estrada and Hatano, 2008)."""
    from scipy.linalg import expm

    return expm(wipes) * (1.0 - np.eye(wipes.shape[-1]))
