"""Where to start looking for the most probable failure, and what to make of where the searches end."""

from typing import Any, NamedTuple

import numpy as np

from offtake.model import Model
from offtake.stress._gradient import BACKWARD, Aim, Looked, Numbers, backward, look
from offtake.stress._moves import hazards_off
from offtake.stress._search import Found, Limit, Rows, closest, least_norm, towards
from offtake.stress._states import States, states_of

__all__ = ["Designs", "Question", "chance", "designs", "fails_in"]

Array = Any

_SHARP = 1e-9
_NOTHING = 1e-9
_PUSH = 1e-4
_SAME = 1e-3
_RESCUED = 8
_GROUPS = 8


class Question(NamedTuple):
    """Whether a party fails, as a function of the normals; outside causes are left aside."""

    model: Model
    numbers: Numbers
    aim: Aim
    sign: float
    """1 to look for failure, -1 to look for survival where the median future fails"""
    scale: float

    def look(self, z: Array) -> Looked:
        """Return what futures show."""
        return look(self.model, self.numbers, hazards_off(self.model, z), self.aim)

    def limit(self, blur: float) -> Limit:
        """Return the distance to default, blurred over so many M USD, as a limit function."""
        model, numbers = self.model, self.numbers
        aim = self.aim._replace(blur=np.float64(max(blur, _SHARP)))
        width = len(model.draw_labels)

        def values(z: Array) -> Array:
            return self.sign * look(model, numbers, hazards_off(model, z), aim).value

        def slopes(z: Array) -> tuple[Array, Array]:
            spare = np.zeros((BACKWARD - len(z), width))
            weight = np.where(np.arange(BACKWARD) < len(z), self.sign, 0.0)
            block = hazards_off(model, np.concatenate([z, spare]))
            value, _, slope = backward(model, numbers, block, weight, aim)
            return self.sign * value[: len(z)], slope[: len(z)]

        return Limit(values, slopes, self.scale)


class Designs(NamedTuple):
    """Failing points near the median future."""

    points: Array
    """[n, Z] distinct ones within the radius, closest first"""
    betas: Array
    """[n] their distances"""
    stationary: Array
    """[n] whether each is a minimum to first order"""
    starts: Array
    """distance to which each search led; infinite where it led nowhere"""
    blurred: float
    """distance of the closest one before the blur was taken away"""


def designs(question: Question, futures: Array, distance: Array, starts: int, blur: float) -> Designs:
    """Return the failing points nearest to the median future, from many starts.

    Parameters
    ----------
    question
        Who is to fail and when.
    futures, distance
        Futures [n, Z] and how far each is from default.
    starts
        How many searches; those with one deal the other way round come on top, as far as there is room.
    blur
        M USD of blur of the first search.
    """
    states = states_of(question.model)
    sharp = question.limit(0.0)
    z, counts = _starts(question, states, futures, distance, starts)
    z, counts = _settled(sharp, states, z, counts)
    first = closest(question.limit(blur), z, [states.rows(one) for one in counts])
    points, counts = _settled(sharp, states, first.points, counts)
    rows = [states.rows(one) for one in counts]
    last = closest(sharp, points, rows)
    found = _rescued(sharp, last, z, rows)
    fails = found.stationary | (found.values <= 0.0)
    betas = np.where(fails, np.linalg.norm(found.points, axis=1), np.inf)
    order = np.argsort(betas)
    kept: list[int] = []
    for n in order:
        apart = all(np.linalg.norm(found.points[n] - found.points[k]) > _SAME for k in kept)
        if np.isfinite(betas[n]) and apart:
            kept.append(int(n))
    closest_before = float(np.linalg.norm(first.points[order[0]]))
    return Designs(found.points[kept], betas[kept], found.stationary[kept], betas, closest_before)


def chance(question: Question, point: Array, stationary: bool) -> float:
    """Return the probability of failure to first order: of all half-spaces that meet at a failing point.

    They are that of the limit function, continued in a straight line, and those of what happens or not
    otherwise than in the median future. The first alone gives Φ(-β); with several it is the probability of a
    parallel system (Hohenbichler and Rackwitz 1983). A point that is not stationary has no such line: there
    it is the half-space square to the way to the point.
    """
    from scipy.stats import multivariate_normal

    states = states_of(question.model)
    counts = states.counts(point[None])[0]
    forms, levels = states.rows(counts, counts != states.counts(np.zeros((1, len(point))))[0])
    value, slope = question.limit(0.0).slopes(point[None])
    here = -slope[0]
    if not stationary:
        forms, levels = point[None], np.array([point @ point])
    elif np.linalg.norm(here) > 0.0:
        forms = np.concatenate([forms, here[None]])
        levels = np.append(levels, value[0] + here @ point)
    size = np.linalg.norm(forms, axis=1)
    forms, levels = forms / size[:, None], levels / size
    together = multivariate_normal.cdf(
        -levels, cov=forms @ forms.T, allow_singular=True, rng=np.random.default_rng(0)
    )
    return float(together) if question.sign > 0.0 else 1.0 - float(together)


def fails_in(question: Question, point: Array) -> int:
    """Return the quarter in which the party fails, a little beyond a failing point."""
    last = int(question.aim.quarters.sum()) - 1
    left = question.look(point[None] * (1.0 + _PUSH)).left[0, : last + 1]
    return int(np.argmax(left < 0.0)) if (left < 0.0).any() else last


def _starts(
    question: Question, states: States, futures: Array, distance: Array, count: int
) -> tuple[Array, Array]:
    """Return points to start from, [n, Z], and what happens or not in each, [n, m].

    They are the median future, the median future with each deal the other way round, and the futures nearest
    to what is sought.
    """
    median = np.zeros((1, futures.shape[1]))
    usual = states.counts(median)[0]
    points = [median]
    labels = question.model.draw_labels
    deals = [form for form, own in enumerate(states.own) if labels[own].startswith("deal/")]
    for form in deals[: BACKWARD - count]:
        other = 0 if usual[form] else 1
        points.append(states.nudged(median, form, other))
    nearest = np.argsort(question.sign * distance)[: count - 1]
    z = np.concatenate([*points, _counted(question.model, futures[nearest])])
    return z, states.counts(z)


def _counted(model: Model, z: Array) -> Array:
    """Return normals with those of outside causes at zero, so that they do not count in a distance."""
    outside = np.array([label.startswith("hazard/") for label in model.draw_labels], dtype=bool)
    return np.where(outside, 0.0, z)


def _settled(limit: Limit, states: States, z: Array, counts: Array) -> tuple[Array, Array]:
    """Return points with what happens or not put back to its median where that does not lead away."""
    counts = counts.copy()
    usual = states.counts(np.zeros((1, z.shape[1])))[0]
    value = limit.values(z)
    for form in np.flatnonzero((counts != usual).any(axis=0)):
        moved = states.nudged(z, int(form), int(usual[form]))
        there = limit.values(moved)
        better = (counts[:, form] != usual[form]) & (there <= value + _NOTHING * limit.scale)
        z = np.where(better[:, None], moved, z)
        value = np.where(better, there, value)
        counts[:, form] = np.where(better, usual[form], counts[:, form])
    return z, counts


def _rescued(limit: Limit, found: Found, starts: Array, rows: list[Rows]) -> Found:
    """Return what was found; where a search got lost, what is left of a failing point that can be left of it.

    Where the distance to default jumps, because somebody else fails or chips fall due a quarter later, slopes
    lead nowhere. Then a failing point is thinned coordinate by coordinate, moved straight inwards, and
    searched from once more.
    """
    tried = np.where((found.values <= 0.0)[:, None], found.points, starts)
    lost = ~found.stationary & (limit.values(tried) <= 0.0)
    worst = np.argsort(np.where(lost, np.linalg.norm(tried, axis=1), np.inf))[:_RESCUED]
    chosen = worst[lost[worst]]
    if not chosen.size:
        return found
    anchors = np.stack([least_norm(rows[n])[0] for n in chosen])
    thin = towards(limit, _thinned(limit, tried[chosen], anchors), anchors)
    again = closest(limit, thin, [rows[n] for n in chosen])
    nearer = again.stationary & (np.linalg.norm(again.points, axis=1) <= np.linalg.norm(thin, axis=1))
    points, stationary = found.points.copy(), found.stationary.copy()
    points[chosen] = np.where(nearer[:, None], again.points, thin)
    stationary[chosen] = nearer
    return Found(points, limit.values(points), stationary)


def _thinned(limit: Limit, points: Array, anchors: Array) -> Array:
    """Return failing points with as many coordinates at their anchor as can be, in ever smaller groups."""
    waiting = [part for part in np.array_split(np.arange(points.shape[1]), _GROUPS) if part.size]
    while waiting:
        group = waiting.pop()
        moved = points.copy()
        moved[:, group] = anchors[:, group]
        fails = limit.values(moved) <= 0.0
        points = np.where(fails[:, None], moved, points)
        if not fails.all() and group.size > 1:
            waiting += np.array_split(group, 2)
    return points
