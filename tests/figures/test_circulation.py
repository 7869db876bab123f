"""What goes round: never more than flows, balanced at every party, and as much as there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from offtake.figures import circulation

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
