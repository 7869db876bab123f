"""Whether a split of what all achieve leaves any group a reason to go: core, least core, nucleolus."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.errors import InputError
from offtake.negotiate._coalitions import EXACT, Game, game_of, names_of, table_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

__all__ = ["Core", "core"]

_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Core:
    """What the core of a game looks like, and where a split stands in it.

    Parameters
    ----------
    exists
        Whether any split satisfies every coalition.
    shortfall
        The least core: the smallest amount by which some coalition must fall short of what it achieves
        alone, at the split that is kindest to the worst off. At most 0 where the core exists; its negative is
        then what even the least satisfied coalition gains.
    nucleolus
        The split at which the most dissatisfied coalitions are as content as can be, one after the other.
    holds
        Whether the split that was asked about is in the core; None where none was.
    blocking
        Coalitions that achieve more alone than that split gives them, and by how much, the largest first.
    """

    exists: bool
    shortfall: float
    nucleolus: Mapping[Any, float]
    holds: bool | None = None
    blocking: tuple[tuple[frozenset[Any], float], ...] = ()


def core(
    game: Game,
    players: int | Iterable[Hashable],
    split: Mapping[Any, float] | Iterable[float] | None = None,
    *,
    cost: bool = False,
) -> Core:
    """Return whether a game has a core, its nucleolus, and whether a split lies in the core.

    Parameters
    ----------
    game, players
        As in `shapley`; up to 16 players.
    split
        What each player is to get (pay, in a game of costs), by player or in their order.
    cost
        Whether the game says what each coalition must pay and not what it achieves.

    Raises
    ------
    InputError
        If there are more than 16 players, or the split does not name each player once.

    Notes
    -----
    The core: Gillies (1959). The least core: Maschler, Peleg and Shapley (1979). The nucleolus: Schmeidler
    (1969), by a sequence of linear programmes, each with the coalitions settled before held where they are.
    A split that does not add up to what all achieve is not in the core.

    Examples
    --------
    >>> gloves = core(lambda who: float(2 in who and len(who) > 1), 3, split=(0, 0, 1))
    >>> gloves.exists, gloves.holds
    (True, True)
    >>> core(lambda who: float(2 in who and len(who) > 1), 3, split=(1 / 6, 1 / 6, 2 / 3)).blocking[0][1]
    0.16666666666666674
    >>> core(lambda who: float(len(who) >= 2), 3).exists
    False
    """
    names = names_of(players)
    if len(names) > EXACT:
        message = f"the core is looked at for up to {EXACT} players, not {len(names)}"
        raise InputError(message)
    table = table_of(game_of(game), names)
    table = (-1.0 if cost else 1.0) * (table - table[0])
    scale = max(float(np.abs(table).max()), 1e-300)
    shortfall, nucleolus = _nucleolus(table / scale, len(names))
    sign = -1.0 if cost else 1.0
    by_name = {name: float(sign * scale * each) for name, each in zip(names, nucleolus, strict=True)}
    exists = shortfall <= _TOLERANCE
    if split is None:
        return Core(exists, scale * shortfall, MappingProxyType(by_name))
    given = sign * _split_of(split, names)
    excess = table - _memberships(len(names)) @ given
    blocking = sorted(
        (
            (frozenset(names[i] for i in range(len(names)) if who >> i & 1), float(excess[who]))
            for who in np.flatnonzero(excess > _TOLERANCE * scale)
        ),
        key=lambda each: (-each[1], len(each[0]), sorted(map(str, each[0]))),
    )
    adds_up = abs(float(excess[-1])) <= _TOLERANCE * scale
    return Core(
        exists, scale * shortfall, MappingProxyType(by_name), adds_up and not blocking, tuple(blocking)
    )


def _split_of(split: Mapping[Any, float] | Iterable[float], names: tuple[Any, ...]) -> FloatArray:
    if isinstance(split, Mapping):
        if set(split) != set(names):
            message = f"a split gives each of {', '.join(map(str, names))} something, and nobody else"
            raise InputError(message)
        return np.array([float(split[name]) for name in names])
    given = np.array([float(each) for each in split])
    if given.size != len(names) or not np.isfinite(given).all():
        message = f"a split has a finite number for each of the {len(names)} players"
        raise InputError(message)
    return given


def _memberships(count: int) -> FloatArray:
    """Return who is in which coalition, [2^players, players], in order of the coalition's number."""
    return ((np.arange(1 << count)[:, None] >> np.arange(count)) & 1).astype(np.float64)


def _nucleolus(table: FloatArray, count: int) -> tuple[float, FloatArray]:
    """Return the least core's shortfall and the nucleolus.

    Each programme minimises the largest excess of the coalitions that are not settled. Those with a positive
    dual price have that excess at every optimum: they are settled, until only one split is left.
    """
    from scipy.optimize import linprog

    members = _memberships(count)
    if count == 1:
        return 0.0, table[1:]
    open_ = np.ones(1 << count, dtype=bool)
    open_[[0, -1]] = False
    fixed_rows, fixed_values = [members[-1]], [float(table[-1])]
    shortfall: float | None = None
    split = np.full(count, table[-1] / count)
    cost = np.append(np.zeros(count), 1.0)
    while open_.any() and np.linalg.matrix_rank(np.array(fixed_rows)) < count:
        places = np.flatnonzero(open_)
        found = linprog(
            cost,
            A_ub=-np.hstack([members[places], np.ones((places.size, 1))]),
            b_ub=-table[places],
            A_eq=np.hstack([np.array(fixed_rows), np.zeros((len(fixed_rows), 1))]),
            b_eq=fixed_values,
            bounds=[(None, None)] * (count + 1),
            method="highs-ds",
        )
        split, excess = found.x[:-1], float(found.x[-1])
        shortfall = excess if shortfall is None else shortfall
        settled = places[-found.ineqlin.marginals > _TOLERANCE]
        for place in settled:
            row = np.vstack([*fixed_rows, members[place]])
            if np.linalg.matrix_rank(row) > len(fixed_rows):
                fixed_rows.append(members[place])
                fixed_values.append(float(table[place] - excess))
        open_[settled] = False
        # a coalition whose players' total is settled by others has its excess settled too
        basis = np.array(fixed_rows)
        left = np.flatnonzero(open_)
        apart = members[left] - members[left] @ np.linalg.pinv(basis) @ basis
        open_[left[np.abs(apart).max(axis=1) < _TOLERANCE]] = False
    if np.linalg.matrix_rank(np.array(fixed_rows)) == count:
        split = np.linalg.solve(np.array(fixed_rows), np.array(fixed_values))
    return float(shortfall or 0.0), split
