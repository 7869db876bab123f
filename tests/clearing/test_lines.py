"""Clearing of lines against the matrix form and the equations; its speed-minded shape and its derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from clearing.strategies import as_lines, networks
from offtake.clearing import clear_lines, rogers_veraart
from oracles import clearing as oracle


def random_lines(seed, paths=64, parties=9, lines=30, ranks=3, means=1.0):
    """A batch of networks as lines."""
    rng = np.random.default_rng(seed)
    payer = rng.integers(0, parties, lines)
    receiver = (payer + rng.integers(1, parties, lines)) % parties
    return {
        "means": rng.exponential(means, (paths, parties)),
        "due": rng.exponential(1.0, (paths, lines)),
        "payer_onehot": np.eye(parties)[payer],
        "receiver_onehot": np.eye(parties)[receiver],
        "rank": rng.integers(0, ranks, lines),
        "outside_due": rng.exponential(0.3, (paths, ranks, parties)),
        "alpha": rng.uniform(0.3, 1.0, parties),
        "beta": rng.uniform(0.3, 1.0, parties),
    }


def one(network, **options):
    """Clear a network of the strategies as lines."""
    due, payer, receiver, rank = as_lines(network)
    return clear_lines(
        np,
        network.external,
        due,
        payer,
        receiver,
        rank,
        network.outside,
        network.alpha,
        network.beta,
        **options,
    )


@given(network=networks())
def test_lines_give_what_the_oracle_gives(network):
    """Splitting every debt over two lines leaves the payments of the equations."""
    cleared = one(network)
    arrays = (network.external, network.liabilities, network.alpha, network.beta)
    known = oracle.clear(*(array.tolist() for array in arrays), outside=network.outside.tolist())
    assert cleared.converged
    np.testing.assert_allclose(cleared.payout, known["payout"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(cleared.received, known["received"], rtol=1e-9, atol=1e-9)
    share = np.array(known["share"]).T
    np.testing.assert_allclose(cleared.outside_paid, share * network.outside, rtol=1e-9, atol=1e-9)


@given(network=networks())
def test_lines_give_what_the_matrix_gives(network):
    """Both forms of one network agree on every payment, flag and cost."""
    cleared = one(network)
    matrix = rogers_veraart(
        network.external,
        network.liabilities,
        alpha=network.alpha,
        beta=network.beta,
        outside=network.outside,
        ranked=True,
    )
    _, payer, receiver, rank = as_lines(network)
    paid = np.einsum("m,mi,mj,mk->kij", cleared.paid, payer, receiver, np.eye(matrix.paid.shape[0])[rank])
    np.testing.assert_allclose(paid, matrix.paid, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(cleared.payout, matrix.payments, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(cleared.cost, matrix.cost, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(cleared.short, matrix.default)


@given(network=networks())
def test_every_party_s_money_adds_up(network):
    """Means and receipts are payments, costs and what is kept; a short party keeps nothing."""
    cleared = one(network)
    left = network.external + cleared.received - cleared.payout - cleared.cost
    due, payer, receiver, _ = as_lines(network)
    owed = due @ payer + network.outside.sum(axis=0)
    tolerance = 1e-11 * (1 + owed)
    assert (left >= -tolerance).all()
    assert (left[cleared.short] <= tolerance[cleared.short]).all()
    assert (cleared.cost[~cleared.short] == 0).all()
    assert (cleared.payout <= owed + tolerance).all()
    np.testing.assert_allclose(cleared.paid @ receiver, cleared.received, rtol=1e-13, atol=1e-13)
    out = cleared.paid @ payer + cleared.outside_paid.sum(axis=0)
    np.testing.assert_allclose(out, cleared.payout, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("means", [0.1, 0.5, 2.0])
def test_compiled_jax_gives_what_numpy_gives(means):
    """A batch compiled by jax has the payments of numpy, and the rounds of each network."""
    data = random_lines(3, means=means)
    plain = clear_lines(np, **data)
    fixed = {name: data.pop(name) for name in ("payer_onehot", "receiver_onehot", "rank")}
    compiled = jax.jit(lambda given: clear_lines(jnp, **given, **fixed))(data)
    assert plain.short.any()
    for mine, other in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)


def test_the_network_may_be_an_argument_of_a_compiled_function():
    """Nothing about payers, receivers and ranks needs to be known when jax compiles."""
    data = random_lines(4)
    compiled = jax.jit(lambda given: clear_lines(jnp, **given))(data)
    np.testing.assert_allclose(compiled.paid, clear_lines(np, **data).paid, rtol=1e-12, atol=1e-12)


def test_mapping_over_networks_is_a_batch():
    """jax.vmap over single networks gives what the batched call gives."""
    data = random_lines(5, paths=8)
    batched = ("means", "due", "outside_due")
    fixed = {name: value for name, value in data.items() if name not in batched}
    mapped = jax.vmap(lambda *given: clear_lines(jnp, **dict(zip(batched, given, strict=True)), **fixed))
    result = mapped(*(jnp.asarray(data[name]) for name in batched))
    np.testing.assert_allclose(result.paid, clear_lines(np, **data).paid, rtol=1e-12, atol=1e-12)


def test_a_batch_is_its_networks_one_by_one():
    """A network's result does not depend on what else is in the batch."""
    data = random_lines(6, paths=12, means=0.5)
    batch = clear_lines(np, **data)
    for path in range(12):
        alone = {**data, **{name: data[name][path] for name in ("means", "due", "outside_due")}}
        single = clear_lines(np, **alone)
        np.testing.assert_allclose(single.paid, batch.paid[path], rtol=1e-13, atol=1e-14)
        assert single.rounds == batch.rounds[path]


def test_one_round_is_enough_when_nobody_is_short():
    """With ample means every line is paid to the last bit, in one round, at no cost."""
    data = random_lines(7)
    data["means"] = data["means"] + 100.0
    cleared = clear_lines(np, **data)
    np.testing.assert_array_equal(cleared.paid, data["due"])
    np.testing.assert_array_equal(cleared.outside_paid, data["outside_due"])
    assert not cleared.short.any()
    assert (cleared.cost == 0).all()
    assert (cleared.rounds == 1).all()
    assert cleared.converged.all()


def test_payments_fall_from_round_to_round():
    """Cutting the search off earlier never gives smaller payments."""
    data = random_lines(8, means=0.3)
    before = clear_lines(np, **data, max_rounds=1).payout
    for rounds in (2, 3, 5, 9, 29, 31, 40):
        after = clear_lines(np, **data, max_rounds=rounds).payout
        assert (after <= before).all()
        before = after


def test_a_tiny_junior_claim_beside_a_large_senior_one_is_paid_exactly():
    """Rounding of the large amount does not eat the small one when all is paid."""
    cleared = clear_lines(
        np,
        np.array([1e9 + 1e-6, 0.0]),
        np.array([1e9, 1e-6]),
        np.array([[1.0, 0.0], [1.0, 0.0]]),
        np.array([[0.0, 1.0], [0.0, 1.0]]),
        np.array([0, 1]),
        np.zeros((2, 2)),
        1.0,
        1.0,
    )
    np.testing.assert_array_equal(cleared.paid, [1e9, 1e-6])


def test_paying_exactly_in_full_is_not_short():
    """A chain that passes on exactly what it gets, over thirds and tenths, leaves nobody short."""
    due = np.full(5, 0.1 + 0.2)
    cleared = clear_lines(
        np,
        np.array([0.3, 0.0, 0.0, 0.0, 0.0, 0.0]),
        due,
        np.eye(6)[:5],
        np.eye(6)[1:],
        np.zeros(5, dtype=int),
        np.zeros((1, 6)),
        0.5,
        0.5,
    )
    assert not cleared.short.any()
    np.testing.assert_allclose(cleared.paid, due, rtol=1e-12)


def test_no_lines_at_all():
    """A network without lines pays the outside and nothing else."""
    nobody = np.zeros((0, 2))
    cleared = clear_lines(
        np, np.array([1.0, 4.0]), np.zeros(0), nobody, nobody, np.zeros(0, dtype=int),
        np.array([[2.0, 1.0]]), 0.5, 0.5,
    )  # fmt: skip
    np.testing.assert_allclose(cleared.outside_paid, [[0.5, 1.0]])
    np.testing.assert_allclose(cleared.cost, [0.5, 0.0])


@pytest.mark.parametrize("means", [0.2, 0.5, 2.0])
def test_derivatives_by_every_number_are_those_of_the_fixed_point(means):
    """Backwards through the fixed point agrees with central differences, whoever is short."""
    data = random_lines(9, paths=1, means=means)
    weights = np.random.default_rng(4)
    by_line, by_party = weights.random(data["due"].shape), weights.random(data["means"].shape)

    def outcome(numbers):
        cleared = clear_lines(jnp, **{**data, **numbers})
        kept = cleared.received - cleared.payout - 0.5 * cleared.cost
        return (cleared.paid * by_line).sum() + (kept * by_party).sum() + (cleared.outside_paid**2).sum()

    names = ("means", "due", "outside_due", "alpha", "beta")
    numbers = {name: jnp.broadcast_to(jnp.asarray(data[name], float), np.shape(data[name])) for name in names}
    slopes = jax.grad(outcome)(numbers)
    for name in names:
        values = np.asarray(numbers[name])
        way = weights.random(values.shape) * (values > 0)
        up, down = ({**numbers, name: values + sign * 1e-6 * way} for sign in (1, -1))
        assert np.array_equal(
            clear_lines(jnp, **{**data, **up}).short, clear_lines(jnp, **{**data, **down}).short
        )
        difference = (outcome(up) - outcome(down)) / 2e-6
        np.testing.assert_allclose((slopes[name] * way).sum(), difference, rtol=1e-6, atol=1e-7)


def test_derivatives_leave_the_payments_as_they_are():
    """Asking for derivatives does not change a payment by a bit."""
    data = random_lines(9, paths=1, means=0.5)
    plain = clear_lines(jnp, **data)
    _, payments = jax.value_and_grad(
        lambda means: ((cleared := clear_lines(jnp, **{**data, "means": means})).payout.sum(), cleared.paid),
        has_aux=True,
    )(jnp.asarray(data["means"]))[0]
    assert np.array_equal(payments, plain.paid)
