"""A joint move of everything uncertain, part by part and in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from offtake.model import Model
from offtake.simulate._draws import draw

__all__ = ["Course", "Move", "courses_of", "hazards_off", "moves_of"]

Array = Any

_NEVER = -8.0
"""A standard normal at which a failure from outside causes lies beyond any calendar."""

_SHOWN = 0.01
_PERCENT = 0.5
_TINY = 1e-6


@dataclass(frozen=True)
class Move:
    """One part of a joint move: a driver, a common cause, or a figure of the book.

    Parameters
    ----------
    name
        The driver or the cause, or the dotted path of the figure or deal.
    kind
        ``driver``, ``jump``, ``cause``, ``scalar`` or ``deal``.
    share
        Its part of the squared distance from the median future, from 0 to 1. Innovations of correlated
        drivers count for the driver that comes first in the book.
    value, median
        What it is at the quarter of the failure, and what it is in the median future; for a cause
        standard deviations.
    words
        The move as a sentence part.
    """

    name: str
    kind: str
    share: float
    value: float
    median: float
    words: str


@dataclass(frozen=True)
class Course:
    """A driver by quarter.

    Parameters
    ----------
    found, median
        Its value in the move and in the median future, by quarter of the calendar.
    """

    found: tuple[float, ...]
    median: tuple[float, ...]


def hazards_off(model: Model, z: Array) -> Array:
    """Return standard normals with which no party fails from outside causes, [..., Z]."""
    outside = np.array([label.startswith("hazard/") for label in model.draw_labels], dtype=bool)
    return np.where(outside, _NEVER, z)


def moves_of(model: Model, point: Array, quarter: int) -> tuple[Move, ...]:
    """Return the parts of a move, in words."""
    shares: dict[tuple[str, str], float] = {}
    total = float((point**2).sum()) or 1.0
    for label, value in zip(model.draw_labels, point, strict=True):
        kind, _, rest = label.partition("/")
        if kind == "hazard":
            continue
        name = rest.split("/")[0] if kind in {"driver", "jump"} else rest
        shares[kind, name] = shares.get((kind, name), 0.0) + float(value) ** 2 / total
    here, usual = (draw(np, model, z[None]) for z in hazards_off(model, np.stack([point, 0.0 * point])))
    moves = []
    for (kind, name), share in shares.items():
        if share < _SHOWN and kind != "driver":
            continue
        value, middle = _value(model, kind, name, (here, usual), point, quarter)
        moves.append(Move(name, kind, share, value, middle, _said(model, kind, name, value, middle, quarter)))
    return tuple(sorted(moves, key=lambda move: -move.share))


def courses_of(model: Model, point: Array) -> dict[str, Course]:
    """Return every driver by quarter, in a move and in the median future."""
    drawn = draw(np, model, hazards_off(model, np.stack([point, 0.0 * point]))).drivers
    return {
        name: Course(tuple(map(float, drawn[0, :, j])), tuple(map(float, drawn[1, :, j])))
        for j, name in enumerate(model.names.drivers)
    }


def _value(
    model: Model, kind: str, name: str, both: tuple[Any, Any], point: Array, quarter: int
) -> tuple[float, float]:
    """Return what a part is and what it is in the median future."""
    here, usual = both
    if kind in {"driver", "jump"}:
        j = model.names.drivers.index(name)
        return float(here.drivers[0, quarter, j]), float(usual.drivers[0, quarter, j])
    if kind == "scalar":
        u = model.uncertain.labels.index(name)
        leaf, place = model.uncertain.leaves[u], model.uncertain.places[u]
        factor = float(model.uncertain.factor[u]) or 1.0
        return (
            float(np.atleast_2d(here.leaves[leaf])[0, place]) / factor,
            float(np.atleast_2d(usual.leaves[leaf])[0, place]) / factor,
        )
    if kind == "deal":
        d = model.names.deals.index(name)
        return float(here.in_force[0, d]), float(usual.in_force[0, d])
    return float(point[model.draw_labels.index(f"{kind}/{name}")]), 0.0


def _said(model: Model, kind: str, name: str, value: float, median: float, quarter: int) -> str:
    """Return a part of a move in words, or nothing where it is too small to name."""
    off = 100.0 * (value / median - 1.0) if median > 0.0 else 0.0
    if kind == "driver" and abs(off) >= _PERCENT:
        when = str(list(model.structure.calendar)[quarter])
        return f"{name} {abs(off):.0f} % {'below' if off < 0.0 else 'above'} its median by {when}"
    if kind == "scalar" and value != median:
        return f"{name} at {_short(value, median)} (median {median:.4g})"
    if kind == "deal" and value != median:
        return f"{name} {'comes about' if value > 0.0 else 'does not come about'}"
    if kind == "cause":
        return f"{name} {abs(value):.1f} standard deviations {'up' if value > 0.0 else 'down'}"
    return ""


def _short(value: float, median: float) -> str:
    """Return a number to the precision that matters beside another one."""
    return "0" if abs(value) < _TINY * abs(median) else f"{value:.4g}"
