"""Random networks for the property tests: small, with ties, zeros, circles and several ranks."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

AMOUNTS = st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 7.25, 10.0, 20.0]) | st.floats(
    0.01, 20.0, allow_nan=False
)
SHARES = st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0])


class Network(NamedTuple):
    """One network with ranks and an outside."""

    external: np.ndarray
    liabilities: np.ndarray
    outside: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray


@st.composite
def networks(draw, *, ranks=(1, 3), costs=True, overdrawn=False):
    """A network of two to five parties."""
    parties = draw(st.integers(2, 5))
    number = draw(st.integers(*ranks))
    liabilities = draw(hnp.arrays(float, (number, parties, parties), elements=AMOUNTS))
    external = draw(hnp.arrays(float, parties, elements=AMOUNTS))
    if overdrawn:
        external = external - draw(hnp.arrays(float, parties, elements=AMOUNTS))
    outside = draw(hnp.arrays(float, (number, parties), elements=AMOUNTS))
    share = hnp.arrays(float, parties, elements=SHARES) if costs else st.just(np.ones(parties))
    return Network(external, liabilities * (1 - np.eye(parties)), outside, draw(share), draw(share))


@st.composite
def holdings_of(draw, parties):
    """Cross-holdings in which at most nine tenths of anybody are held inside; rows are the held."""
    weights = draw(hnp.arrays(float, (parties, parties), elements=st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0])))
    weights = weights * (1 - np.eye(parties))
    sums = weights.sum(axis=1, keepdims=True)
    held = draw(st.sampled_from([0.1, 0.5, 0.9]))
    return held * weights / np.where(sums > 0, sums, 1.0)


def as_lines(network):
    """The same network as separate lines, with each amount split over two lines."""
    ranks, parties, _ = network.liabilities.shape
    places = [
        (k, i, j, part)
        for k in range(ranks)
        for i in range(parties)
        for j in range(parties)
        if i != j
        for part in (0.25, 0.75)
    ]
    due = np.array([network.liabilities[k, i, j] * part for k, i, j, part in places])
    rank, payer, receiver = (np.array([place[axis] for place in places]) for axis in range(3))
    return due, np.eye(parties)[payer], np.eye(parties)[receiver], rank
