"""What clearing refuses, and what it says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from offtake.clearing import (
    clear_lines,
    debtrank,
    dependency_matrix,
    eisenberg_noe,
    elsinger,
    market_values,
    rogers_veraart,
)
from offtake.errors import InputError

DEBTS = np.array([[0.0, 2.0], [1.0, 0.0]])
CLAIMS = DEBTS


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: eisenberg_noe([1, 1], [[0, 1, 2], [1, 0, 2]]), r"last two axes must be N × N"),
        (lambda: eisenberg_noe([1, 1, 1], DEBTS), "external ends in the axes"),
        (lambda: eisenberg_noe([1, 1], DEBTS, outside=[1, 1, 1]), "outside ends in the axes"),
        (lambda: eisenberg_noe([1, 1], DEBTS, outside=[1, -1]), "outside holds -1; no value may be below 0"),
        (lambda: eisenberg_noe([1, np.nan], DEBTS), "external holds a value that is not finite"),
        (lambda: eisenberg_noe([1, 1], -DEBTS), "liabilities holds -2"),
        (lambda: eisenberg_noe([1, 1], np.eye(2)), "cannot owe to"),
        (lambda: rogers_veraart([1, 1], DEBTS, alpha=1.5), "alpha holds 1.5; no value may be above 1"),
        (lambda: rogers_veraart([1, 1], DEBTS, beta=-0.5), "beta holds -0.5"),
        (lambda: rogers_veraart([1, 1], DEBTS, ranked=True), r"must be \[..., K, N, N\]"),
        (lambda: rogers_veraart([1, 1], DEBTS, fixed_point="largest"), 'must be "greatest" or "least"'),
        (
            lambda: rogers_veraart([1, 1], DEBTS, fixed_point="least", method="exact"),
            "greatest solution only",
        ),
        (lambda: elsinger([1, 1], [DEBTS], [[0, 1.2], [0, 0]]), "row of holdings sums to more than 1"),
        (lambda: elsinger([1, 1], [DEBTS], [[0, 1], [1, 0]]), "owns itself wholly"),
        (lambda: elsinger([1, 1], [DEBTS], np.zeros((3, 3))), "must be 2 × 2"),
        (lambda: dependency_matrix([[0, 0.9, 0], [0, 0, 0], [0, 0.9, 0]]), "column of holdings sums to more"),
        (lambda: dependency_matrix([[0, 1], [1, 0]]), "owns itself wholly"),
        (lambda: market_values([[0, 0.5], [0.5, 0]], [1, 1, 1]), "assets has shape"),
        (lambda: debtrank(CLAIMS, [1, 1, 1], [0, 0]), "buffer has shape"),
        (lambda: debtrank(CLAIMS, [1, 0], [0, 0]), "buffer holds 0"),
        (lambda: debtrank(CLAIMS, [1, 1], [0, 2]), "shock holds 2"),
        (lambda: debtrank(CLAIMS, [1, 1], [0, 0, 0]), "shock has shape"),
        (lambda: debtrank(CLAIMS, [1, 1], [0, 0], weights=[0, 0]), "the sum of weights"),
        (lambda: debtrank(CLAIMS, [1, 1], [0, 0], kind="double-hit"), "kind is 'double-hit'"),
        (lambda: debtrank(CLAIMS, [1, 1], [0, 0], kind="threshold", threshold=0.0), "threshold 0.0"),
    ],
)
def test_input_that_cannot_be_used_is_refused(call, message):
    """The error names the argument, what is wrong with it and what it must be."""
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payer_onehot", np.eye(3)),
        ("receiver_onehot", np.eye(2)[:1]),
        ("rank", np.array([0])),
        ("outside_due", np.zeros((1, 3))),
        ("outside_due", np.zeros(2)),
    ],
)
def test_lines_whose_shapes_do_not_fit_are_refused(name, value):
    """Each array of the line form is compared with the numbers of lines and parties."""
    data = {
        "means": np.ones(2),
        "due": np.ones(2),
        "payer_onehot": np.eye(2),
        "receiver_onehot": np.eye(2)[::-1],
        "rank": np.array([0, 0]),
        "outside_due": np.zeros((1, 2)),
        "alpha": 1.0,
        "beta": 1.0,
    }
    assert clear_lines(np, **data).converged
    with pytest.raises(InputError, match=name):
        clear_lines(np, **{**data, name: value})


def test_jax_without_64_bits_is_refused():
    """Clearing does not go on in single precision."""
    with jax.enable_x64(False):
        means = jnp.ones(2)
        with pytest.raises(InputError, match="64-bit"):
            eisenberg_noe(means, DEBTS)
