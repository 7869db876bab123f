"""The engine against the slow oracle, ledger line by ledger line, on random small books."""

import math

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracles import quarter_step
from simulate.runners import run_engine
from strategies.books import books
from strategies.futures import draws_of

CLOSE = 1e-9


def compared(lines):
    """Due and paid by what a line is."""
    found = {}
    for line in lines:
        key = (line.quarter, line.kind, line.deal, line.payer, line.receiver)
        due, paid = found.get(key, (0.0, 0.0))
        found[key] = (due + line.due, paid + line.paid)
    return found


def differences(left, right):
    """Lines that differ by more than 1e-9 of the quarter's largest line."""
    size = {}
    for lines in (left, right):
        for key, values in lines.items():
            size[key[0]] = max(size.get(key[0], 1.0), *map(abs, values))
    return {
        key: (left.get(key), right.get(key))
        for key in left.keys() | right.keys()
        if any(
            abs(a - b) > CLOSE * size[key[0]]
            for a, b in zip(left.get(key, (0.0, 0.0)), right.get(key, (0.0, 0.0)), strict=True)
        )
    }


# a failing book is told as it was found: shrinking one takes minutes
@settings(
    max_examples=200,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_engine_agrees_with_the_oracle(data):
    """Every line of every quarter, and every state, agree to 1e-9, with and without a scenario."""
    book = data.draw(books())
    draws = data.draw(draws_of(book))
    scenario = data.draw(st.sampled_from([None, *book.scenarios]))
    expected, expected_states = quarter_step.run(book, draws, scenario)
    found, found_states = run_engine(book, draws, scenario)
    assert not differences(compared(expected), compared(found))
    for before, after in zip(expected_states, found_states, strict=True):
        for name, values in after.items():
            wanted = before[name]
            pairs = [(wanted, values)] if isinstance(values, float) else [
                (wanted.get(key, 0.0), value) for key, value in values.items()
            ]  # fmt: skip
            for a, b in pairs:
                assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6), (name, before, after)
