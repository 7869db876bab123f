"""What holds in every future of every book: money is neither created nor lost (rules D1 and D2)."""

import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulate.hand import WORLD
from simulate.runners import runners
from strategies.books import books
from strategies.futures import draws_of

# a failing book is told as it was found: shrinking one takes minutes
calmly = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("run", runners().values(), ids=list(runners()))
@calmly
@given(st.data())
def test_cash_changes_by_the_ledger(run, data):
    """Each party's cash changes by its lines, nobody pays more than is due, nothing is lost on the way."""
    book = data.draw(books())
    draws = data.draw(draws_of(book))
    ledger, states = run(book, draws, "stress" if book.scenarios else None)
    for t in range(1, len(states)):
        lines = [line for line in ledger if line.quarter == t]
        scale = 1.0 + sum(line.paid for line in lines)
        before, after = states[t - 1]["cash"], states[t]["cash"]
        for line in lines:
            assert math.isfinite(line.due)
            assert 0 <= line.paid <= line.due * (1 + 1e-12)
        for party in book.parties:
            flow = sum(line.paid * ((line.receiver == party) - (line.payer == party)) for line in lines)
            assert abs(after[party] - before[party] - flow) <= 1e-9 * scale
            assert after[party] >= -1e-9 * scale
        outside = sum(line.paid * ((line.payer == WORLD) - (line.receiver == WORLD)) for line in lines)
        assert abs(sum(after.values()) - sum(before.values()) - outside) <= 1e-9 * scale
