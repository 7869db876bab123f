"""What each player of a cooperative game brings: the Shapley value."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import comb
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

__all__ = ["Game", "Shapley", "game_of", "shapley"]

Game = Mapping[Any, float] | Callable[[frozenset[Any]], float]

EXACT: Final = 16
"""Most players for which every coalition is looked at."""


@dataclass(frozen=True, slots=True)
class Shapley:
    """The Shapley value of a game.

    Parameters
    ----------
    values
        Each player's value; they add up to what all achieve together less what nobody does.
    error
        Standard error of each value: 0 where every coalition was looked at.
    exact
        Whether every coalition was looked at.
    orders
        Number of orders of arrival that were drawn; 0 where every coalition was looked at.
    """

    values: Mapping[Any, float]
    error: Mapping[Any, float]
    exact: bool
    orders: int

    def __getitem__(self, player: Any) -> float:
        return self.values[player]


def shapley(
    game: Game,
    players: int | Iterable[Hashable],
    *,
    orders: int | None = None,
    seed: int = 0,
) -> Shapley:
    """Return each player's Shapley value: the mean, over all orders of arrival, of what it adds.

    Parameters
    ----------
    game
        What each coalition achieves: a function of a frozenset of players, or a mapping from coalitions
        (any collections of players). What nobody achieves may be left out of a mapping: it is then 0.
    players
        The players, or their number (they are then 0, 1, 2...).
    orders
        Number of orders of arrival to draw, each with its reverse; None looks at every coalition, up to 16
        players, and draws 2,000 orders beyond.
    seed
        Seed of the orders.

    Raises
    ------
    InputError
        If there is no player, one is named twice, or a coalition's value is missing or not finite.

    Notes
    -----
    Shapley (1953), Contributions to the Theory of Games II. Every order starts with nobody and ends with
    all, so drawn values add up exactly too; their standard errors come from pairs of an order and its reverse
    (Castro, Gómez and Tejada 2009, Computers & Operations Research 36).

    Examples
    --------
    >>> gloves = shapley(lambda who: float(2 in who and len(who) > 1), 3)
    >>> [round(gloves[player], 6) for player in range(3)]
    [0.166667, 0.166667, 0.666667]
    >>> runway = {"small": 8, "middle": 11, "large": 13, "jumbo": 18}
    >>> cost = shapley(lambda who: max((runway[one] for one in who), default=0), runway)
    >>> {player: round(value, 9) for player, value in cost.values.items()}
    {'small': 2.0, 'middle': 3.0, 'large': 4.0, 'jumbo': 9.0}
    """
    names = names_of(players)
    worth = game_of(game)
    if orders is not None and orders < 2:  # noqa: PLR2004 - an error needs two
        message = f"at least two orders are needed, not {orders}"
        raise InputError(message)
    if orders is None and len(names) <= EXACT:
        split = _exact(table_of(worth, names), len(names))
        return _found(names, split, np.zeros(len(names)), 0)
    count = 2_000 if orders is None else orders
    split, error = _drawn(worth, names, count, seed)
    return _found(names, split, error, count)


def names_of(players: int | Iterable[Hashable]) -> tuple[Any, ...]:
    """Return the players.

    Raises
    ------
    InputError
        If there is none, or one is named twice.
    """
    names = tuple(range(players)) if isinstance(players, int) else tuple(players)
    if not names or len(set(names)) < len(names):
        message = "name at least one player, each once"
        raise InputError(message)
    return names


def game_of(game: Game) -> Callable[[frozenset[Any]], float]:
    """Return a game as a function that remembers what it was asked, and refuses what is not finite."""
    table = (
        {frozenset(who if isinstance(who, Iterable) and not isinstance(who, str) else (who,)): value
         for who, value in game.items()}
        if isinstance(game, Mapping)
        else None
    )  # fmt: skip
    known: dict[frozenset[Any], float] = {}

    def worth(who: frozenset[Any]) -> float:
        if who not in known:
            if table is None:
                value = float(game(who))  # type: ignore[operator]
            elif who in table or not who:
                value = float(table.get(who, 0.0))
            else:
                message = f"the game does not say what {_said(who)} achieves; give every coalition a value"
                raise InputError(message)
            if not np.isfinite(value):
                message = f"what {_said(who)} achieves is {value}; a coalition's value is a finite number"
                raise InputError(message)
            known[who] = value
        return known[who]

    return worth


def table_of(worth: Callable[[frozenset[Any]], float], names: tuple[Any, ...]) -> FloatArray:
    """Return what every coalition achieves, by the number whose bits are its players, [2^players]."""
    count = len(names)
    return np.array(
        [worth(frozenset(names[i] for i in range(count) if who >> i & 1)) for who in range(1 << count)]
    )


def _exact(table: FloatArray, count: int) -> FloatArray:
    who = np.arange(1 << count)
    size = np.array([int(each).bit_count() for each in who])
    weight = np.array([1.0 / (count * comb(count - 1, k)) for k in range(count)])
    split = np.empty(count)
    for i in range(count):
        without = who[(who >> i) & 1 == 0]
        split[i] = weight[size[without]] @ (table[without | 1 << i] - table[without])
    return split


def _drawn(
    worth: Callable[[frozenset[Any]], float], names: tuple[Any, ...], orders: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return values and their standard errors from drawn orders, each beside its reverse."""
    generator = np.random.default_rng(seed)
    count = len(names)
    pairs = max(orders // 2, 1)
    total, squares = np.zeros(count), np.zeros(count)
    for _ in range(pairs):
        order = generator.permutation(count)
        pair = (_along(worth, names, order) + _along(worth, names, order[::-1])) / 2
        total += pair
        squares += pair**2
    mean = total / pairs
    spread = np.maximum(squares / pairs - mean**2, 0.0) * pairs / max(pairs - 1, 1)
    return mean, np.sqrt(spread / pairs)


def _along(
    worth: Callable[[frozenset[Any]], float], names: tuple[Any, ...], order: NDArray[np.int64]
) -> FloatArray:
    adds = np.empty(len(names))
    here: frozenset[Any] = frozenset()
    before = worth(here)
    for i in order:
        here = here | {names[i]}
        after = worth(here)
        adds[i] = after - before
        before = after
    return adds


def _found(names: tuple[Any, ...], split: FloatArray, error: FloatArray, orders: int) -> Shapley:
    values = {name: float(value) for name, value in zip(names, split, strict=True)}
    errors = {name: float(value) for name, value in zip(names, error, strict=True)}
    return Shapley(MappingProxyType(values), MappingProxyType(errors), orders == 0, orders)


def _said(who: Iterable[Any]) -> str:
    return "{" + ", ".join(sorted(map(str, who))) + "}"
