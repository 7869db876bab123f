"""Values of parties that own shares of each other, in the style of Elliott, Golub and Jackson."""

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
from offtake.errors import InputError


def dependency_matrix(holdings: Array) -> Array:
    """The share of each party's outside assets that ends with each party's own final owners [..., N, N].

    A = Ĉ (I - C)⁻¹, where Ĉ is diagonal with what is left of each party to owners outside the network.
    A_ij is what the outside owners of i get of a unit of assets held by j; every column sums to 1.

    Parameters
    ----------
    holdings
        C_ij, the share of party j (column) held by party i (row) [..., N, N], with empty diagonal; columns
        sum to at most 1. This is the transpose of what ``elsinger`` takes.

    Raises
    ------
    InputError
        If the matrix is not square, a column sums to more than 1, or a group of parties owns itself wholly.

    Notes
    -----
    Elliott, Golub and Jackson (2014), Financial networks and contagion, American Economic Review 104.

    Examples
    --------
    >>> dependency_matrix([[0, 0.5], [0.5, 0]]).round(4)
    array([[0.6667, 0.3333],
           [0.3333, 0.6667]])
    """
    xp = array_namespace(holdings)
    holdings = as_float(xp, holdings)
    parties = require_square(holdings, "holdings")
    require(holdings, "holdings", least=0.0)
    require_empty_diagonal(holdings, "holdings")
    if not traced(holdings):
        require_shares(np.asarray(holdings), -2, "column")
    left = 1.0 - xp.sum(holdings, axis=-2)
    return left[..., :, None] * xp.linalg.inv(xp.eye(parties) - holdings)


def market_values(holdings: Array, assets: Array) -> Array:
    """What each party is worth to its owners outside the network [..., N], in the unit of the assets.

    It is v = A p with A the dependency matrix and p the value of the assets each party holds directly. The
    values sum to the assets: cross-holdings move value, they do not make any.

    Parameters
    ----------
    holdings
        As in ``dependency_matrix``.
    assets
        Value of the assets outside the network that each party holds [..., N].

    Raises
    ------
    InputError
        As in ``dependency_matrix``, and if the number of assets differs from that of parties.

    Examples
    --------
    >>> market_values([[0, 0.5], [0.5, 0]], [3.0, 0.0]).round(9)
    array([2., 1.])
    """
    xp = array_namespace(holdings, assets)
    dependency = dependency_matrix(as_float(xp, holdings))
    assets = as_float(xp, assets)
    if assets.ndim < 1 or assets.shape[-1] != dependency.shape[-1]:
        msg = f"assets has shape {tuple(assets.shape)}; its last axis must be {dependency.shape[-1]}"
        raise InputError(msg)
    require(assets, "assets")
    return xp.einsum("...ij,...j->...i", dependency, assets)
