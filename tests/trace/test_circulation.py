"""What goes round: never more than flows, balanced at every party, and as much as there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from offtake.errors import AuditError
from offtake.trace import _circulation as module
from offtake.trace import circulation
from oracles.trace import most_circulating

SQUARES = st.integers(1, 6).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.one_of(st.just(0.0), st.floats(0.01, 1e6)))
)


def remaining_cycle(amounts):
    """Say whether some cycle is left in the flows, by taking away parties without a way in or out."""
    left = amounts > 1e-7 * max(amounts.max(initial=0.0), 1e-300)
    for _ in range(len(left)):
        dead = ~left.any(axis=0) | ~left.any(axis=1)
        left[dead], left[:, dead] = False, False
    return bool(left.any())


@settings(max_examples=60)
@given(SQUARES)
def test_what_goes_round_is_a_largest_balanced_part(amounts):
    """It lies within the flows, leaves every net position alone, and what it leaves has no cycle."""
    found = circulation(amounts)
    slack = 1e-7 * max(amounts.max(initial=0.0), 1.0)
    assert (found >= 0).all()
    assert (found <= amounts + slack).all()
    np.testing.assert_allclose(found.sum(axis=0), found.sum(axis=1), atol=slack * len(amounts))
    assert not remaining_cycle(np.where(amounts - found > slack, amounts - found, 0.0))


@pytest.mark.parametrize(
    ("flows", "total"),
    [
        ({}, 0.0),
        ({(0, 1): 5.0, (1, 2): 7.0}, 0.0),
        ({(0, 1): 5.0, (1, 2): 3.0, (2, 0): 9.0}, 9.0),
        ({(0, 1): 5.0, (1, 0): 2.0, (1, 2): 3.0, (2, 0): 9.0}, 13.0),
        ({(0, 0): 4.0}, 4.0),
    ],
)
def test_small_cases_by_hand(flows, total):
    """A chain has nothing going round; a ring has its weakest link, times its length."""
    amounts = np.zeros((3, 3))
    for ends, amount in flows.items():
        amounts[ends] = amount
    assert circulation(amounts).sum() == pytest.approx(total)


@settings(max_examples=60)
@given(SQUARES)
def test_net_positions_are_recomputed(amounts):
    """What is left after netting gives every party the balance that it had, to 1e-9 of the largest flow."""
    left = amounts - circulation(amounts)
    before, after = (each.sum(axis=0) - each.sum(axis=1) for each in (amounts, left))
    np.testing.assert_allclose(after, before, atol=1e-9 * max(amounts.max(initial=0.0), 1.0))


@settings(max_examples=30)
@given(SQUARES)
def test_the_oracle_mixes_all_cycles(amounts):
    """The largest circulation is the best mix of elementary cycles, each as wide as its steps allow."""
    np.fill_diagonal(amounts, 0.0)
    arcs = {pair: float(amounts[pair]) for pair in zip(*np.nonzero(amounts), strict=True)}
    if len(arcs) > 14:
        arcs = dict(list(arcs.items())[:14])
        amounts = np.zeros(amounts.shape)
        for pair, amount in arcs.items():
            amounts[pair] = amount
    assert circulation(amounts).sum() == pytest.approx(most_circulating(arcs), rel=1e-9)


@settings(max_examples=30)
@given(SQUARES, st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_matter(amounts, random):
    """Numbering the parties otherwise leaves what goes round in all as it is."""
    order = list(range(len(amounts)))
    random.shuffle(order)
    moved = circulation(amounts[np.ix_(order, order)])
    assert moved.sum() == pytest.approx(circulation(amounts).sum(), rel=1e-9)


def test_an_answer_that_moves_a_position_is_an_error(monkeypatch):
    """What the solver says is checked, not believed."""
    monkeypatch.setattr(module, "_UNCHANGED", -1.0)
    with pytest.raises(AuditError, match="would move a net position"):
        circulation(np.array([[0.0, 2.0], [2.0, 0.0]]))
