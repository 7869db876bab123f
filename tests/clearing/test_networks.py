"""Clearing of matrices against the equations, linear programmes and its own laws."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from clearing.strategies import holdings_of, networks
from offtake.clearing import eisenberg_noe, elsinger, rogers_veraart
from oracles import clearing as oracle

CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def clear(network, **options):
    """Clear a network of the strategies."""
    return rogers_veraart(
        network.external,
        network.liabilities,
        alpha=network.alpha,
        beta=network.beta,
        outside=network.outside,
        ranked=True,
        **options,
    )


def expected(network, holdings=None, *, least=False):
    """What the oracle says of a network."""
    lists = [array.tolist() for array in (network.external, network.liabilities, network.alpha, network.beta)]
    held = None if holdings is None else holdings.tolist()
    return oracle.clear(*lists, outside=network.outside.tolist(), holdings=held, least=least)


@pytest.mark.parametrize("method", ["rounds", "exact"])
@given(network=networks(overdrawn=True))
def test_the_greatest_solution_is_the_oracle_s(method, network):
    """Plain rounds from above in lists and floats give the same payments, receipts and defaults."""
    cleared, known = clear(network, method=method), expected(network)
    assert cleared.converged
    np.testing.assert_allclose(cleared.payments, known["payout"], **CLOSE)
    np.testing.assert_allclose(cleared.received, known["received"], **CLOSE)
    np.testing.assert_array_equal(cleared.default, known["default"])


@given(network=networks())
def test_the_least_solution_is_the_oracle_s(network):
    """Plain rounds from below in lists and floats give the same payments."""
    cleared, known = clear(network, fixed_point="least"), expected(network, least=True)
    np.testing.assert_allclose(cleared.payments, known["payout"], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("method", ["rounds", "exact"])
@given(data=st.data())
def test_cross_holdings_are_the_oracle_s(method, data):
    """Ranks and cross-holdings together give the oracle's payments and equity."""
    network = data.draw(networks(costs=False, overdrawn=True))
    holdings = data.draw(holdings_of(network.external.size))
    cleared = elsinger(
        network.external, network.liabilities, holdings, outside=network.outside, method=method
    )
    known = expected(network, holdings)
    np.testing.assert_allclose(cleared.payments, known["payout"], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(cleared.equity, known["equity"], rtol=1e-8, atol=1e-7)


@given(network=networks(ranks=(1, 1), costs=False))
def test_without_costs_the_linear_programme_agrees(network):
    """Eisenberg and Noe: the clearing vector maximises the sum of payments within limits."""
    liabilities, outside = network.liabilities[0], network.outside[0]
    cleared = eisenberg_noe(network.external, liabilities, outside=outside)
    due = liabilities.sum(axis=1) + outside
    shares = liabilities / np.where(due > 0, due, 1.0)[:, None]
    best = linprog(
        -np.ones_like(due),
        A_ub=np.eye(due.size) - shares.T,
        b_ub=network.external,
        bounds=list(zip(np.zeros_like(due), due, strict=True)),
        method="highs",
    )
    np.testing.assert_allclose(cleared.payments, best.x, rtol=1e-6, atol=1e-6)


@given(network=networks())
def test_money_is_conserved(network):
    """What the parties had is what owners keep, what leaves the network and what defaults destroy."""
    cleared = clear(network)
    leaves = cleared.equity.sum() + cleared.outside_paid.sum() + cleared.cost.sum()
    np.testing.assert_allclose(leaves, network.external.sum(), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(cleared.paid.sum(axis=(0, 1)), cleared.received, rtol=1e-12, atol=1e-12)
    total = cleared.paid.sum(axis=(0, 2)) + cleared.outside_paid.sum(axis=0)
    np.testing.assert_allclose(total, cleared.payments, rtol=1e-12, atol=1e-12)


@given(network=networks())
def test_liability_is_limited(network):
    """Nobody pays more than it owes or has, and who falls short keeps nothing."""
    cleared = clear(network)
    dues = network.liabilities.sum(axis=2) + network.outside
    scale = 1e-11 * (1 + dues.sum(axis=0))
    assert (cleared.payments <= dues.sum(axis=0) + scale).all()
    assert (cleared.payments <= network.external + cleared.received + scale).all()
    assert (cleared.equity >= 0).all()
    assert (cleared.cost >= 0).all()
    assert (cleared.equity[cleared.default] == 0).all()


@given(network=networks(ranks=(2, 3)))
def test_a_junior_rank_waits_for_its_senior(network):
    """Nothing is paid in a rank while a rank above it is not paid in full."""
    cleared = clear(network)
    dues = network.liabilities.sum(axis=2) + network.outside
    rate = cleared.paid.sum(axis=2) + cleared.outside_paid
    for senior in range(dues.shape[0] - 1):
        unpaid = rate[senior] < dues[senior] - 1e-9
        assert (rate[senior + 1 :, unpaid] <= 1e-9).all()


@given(network=networks(), data=st.data())
def test_payments_rise_with_means(network, data):
    """More means for anybody never make anybody pay less."""
    party = data.draw(st.integers(0, network.external.size - 1))
    more = network.external + data.draw(st.floats(0.0, 10.0)) * np.eye(network.external.size)[party]
    before, after = clear(network).payments, clear(network._replace(external=more)).payments
    assert (after >= before - 1e-9 * (1 + before)).all()


@given(network=networks())
def test_the_greatest_is_not_below_the_least(network):
    """The greatest solution pays everybody's creditors at least as much as the least one."""
    greatest, least = clear(network), clear(network, fixed_point="least")
    assert (greatest.payments >= least.payments - 1e-9 * (1 + greatest.payments)).all()


@given(network=networks(overdrawn=True), data=st.data())
def test_the_order_of_parties_does_not_matter(network, data):
    """Parties in another order get the same results in that order."""
    order = np.array(data.draw(st.permutations(range(network.external.size))))
    shuffled = type(network)(
        network.external[order],
        network.liabilities[:, order][:, :, order],
        network.outside[:, order],
        network.alpha[order],
        network.beta[order],
    )
    cleared, again = clear(network), clear(shuffled)
    np.testing.assert_allclose(again.payments, cleared.payments[order], **CLOSE)
    np.testing.assert_array_equal(again.default, cleared.default[order])


@given(data=st.data())
def test_a_batch_is_its_networks_one_by_one(data):
    """Clearing several networks in one call changes no bit of any of them."""
    first = data.draw(networks())
    factor = data.draw(st.sampled_from([0.5, 1.5, 3.0]))
    external = np.stack([first.external, first.external * factor, first.external[::-1]])
    batch = clear(first._replace(external=external))
    for row, means in enumerate(external):
        alone = clear(first._replace(external=means))
        np.testing.assert_array_equal(batch.payments[row], alone.payments)
        assert batch.rounds[row] == alone.rounds


def test_batches_may_have_several_axes():
    """Leading axes of liabilities and means broadcast against each other."""
    liabilities = np.array([[0.0, 2.0], [3.0, 0.0]]) * np.array([1.0, 2.0])[:, None, None, None]
    external = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 9.0]])
    cleared = rogers_veraart(external, liabilities, alpha=0.5)
    assert cleared.payments.shape == (2, 3, 2)
    assert cleared.paid.shape == (2, 3, 2, 2)
    np.testing.assert_allclose(cleared.payments[0], [[2, 2], [2, 2], [2, 3]])


@pytest.mark.parametrize("ranks", [1, 3])
@pytest.mark.parametrize("method", ["rounds", "exact"])
def test_jax_gives_what_numpy_gives(ranks, method):
    """Both array libraries run the same rounds to the same payments."""
    rng = np.random.default_rng(11)
    liabilities = rng.exponential(1.0, (40, ranks, 7, 7)) * (rng.random((40, ranks, 7, 7)) < 0.4)
    liabilities = liabilities * (1 - np.eye(7))
    external = rng.exponential(0.7, (40, 7)) - 0.1
    options = {"alpha": 0.7, "beta": 0.9, "ranked": True, "method": method}
    plain = rogers_veraart(external, liabilities, **options)
    compiled = rogers_veraart(jnp.asarray(external), jnp.asarray(liabilities), **options)
    assert isinstance(compiled.payments, jnp.ndarray)
    assert plain.default.any()
    assert not plain.default.all()
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_jax_gives_what_numpy_gives_with_cross_holdings():
    """Cross-holdings run in both libraries too."""
    rng = np.random.default_rng(5)
    liabilities = rng.exponential(1.0, (30, 2, 5, 5)) * (1 - np.eye(5))
    holdings = 0.2 * rng.random((5, 5)) * (1 - np.eye(5))
    external = rng.exponential(2.0, (30, 5)) - 0.5
    plain = elsinger(external, liabilities, holdings)
    compiled = elsinger(jnp.asarray(external), liabilities, holdings)
    assert plain.default.any()
    assert (plain.held > 0).any()
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)


def test_a_slow_circle_is_solved():
    """Money that circles a thousand times before it is gone takes a handful of linear solves."""
    debts = np.array([[0.0, 100.0], [100.0, 0.0]])
    cleared = eisenberg_noe([0.001, 0.002], debts, outside=[0.01, 0.02])
    shares = 100.0 / np.array([100.01, 100.02])
    slopes = np.array([[1.0, -shares[1]], [-shares[0], 1.0]])
    np.testing.assert_allclose(cleared.payments, np.linalg.solve(slopes, [0.001, 0.002]), rtol=1e-9)
    assert cleared.converged
    assert cleared.rounds < 40


def test_a_circle_that_leaks_only_to_seniors_is_emptied():
    """A closed circle of junior debt, drained by a senior claim from outside, ends with nothing paid."""
    liabilities = np.zeros((2, 2, 2))
    liabilities[1] = [[0.0, 10.0], [10.0, 0.0]]
    outside = np.array([[0.01, 0.0], [0.0, 0.0]])
    for method in ("rounds", "exact"):
        cleared = rogers_veraart([0.0, 0.0], liabilities, outside=outside, ranked=True, method=method)
        np.testing.assert_allclose(cleared.payments, [0.0, 0.0], atol=1e-9)
        assert cleared.converged


def test_too_few_rounds_are_reported():
    """A search that is cut off says so."""
    cleared = eisenberg_noe([10, 10, 10], [[0, 20, 10], [5, 0, 24], [10, 0, 0]], max_rounds=2)
    assert not cleared.converged
    assert cleared.rounds == 2
    assert eisenberg_noe([10, 10, 10], [[0, 20, 10], [5, 0, 24], [10, 0, 0]]).converged


def test_paying_exactly_in_full_is_not_a_default():
    """Means that equal dues up to rounding leave nobody short."""
    cleared = eisenberg_noe([0.1 + 0.2, 0.0], [[0.0, 0.3], [0.0, 0.0]])
    assert not cleared.default.any()
    slightly_less = eisenberg_noe([0.3 * (1 - 1e-12), 0.0], [[0.0, 0.3], [0.0, 0.0]])
    assert not slightly_less.default.any()
    less = eisenberg_noe([0.3 * (1 - 1e-7), 0.0], [[0.0, 0.3], [0.0, 0.0]])
    assert less.default.tolist() == [True, False]


def test_negative_means_take_nothing_from_creditors():
    """An overdrawn party passes all its receipts on, and is in default even if they cover its debts."""
    cleared = eisenberg_noe([-5.0, 10.0], [[0.0, 6.0], [10.0, 0.0]])
    np.testing.assert_allclose(cleared.payments, [6.0, 10.0])
    assert cleared.default.tolist() == [True, False]
    np.testing.assert_allclose(cleared.net_worth, [-1.0, 6.0])


def test_a_closed_circle_keeps_the_most_that_agrees():
    """Where any amount may go round a circle without money of its own, rounding does not empty it."""
    liabilities = [[0.0, 0.0, 2.0], [0.0, 0.0, 2.5], [0.2, 0.0, 0.0]]
    for method in ("rounds", "exact"):
        cleared = elsinger([-0.1, -0.1, -0.05], liabilities, np.zeros((3, 3)), ranked=False, method=method)
        np.testing.assert_allclose(cleared.payments, [0.2, 0.0, 0.2], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("seed", "alpha", "beta"), [(1, 1.0, 1.0), (2, 0.5, 0.9), (3, 0.9, 1.0)])
def test_rounds_and_linear_solves_agree_on_larger_networks(seed, alpha, beta):
    """Two ways to the greatest solution meet for 25 parties, four ranks and many defaults."""
    rng = np.random.default_rng(seed)
    liabilities = rng.exponential(1.0, (60, 4, 25, 25)) * (rng.random((60, 4, 25, 25)) < 0.1)
    liabilities = liabilities * (1 - np.eye(25))
    external = rng.exponential(1.0, (60, 25))
    outside = rng.exponential(0.2, (60, 4, 25))
    options = {"alpha": alpha, "beta": beta, "outside": outside, "ranked": True}
    rounds = rogers_veraart(external, liabilities, **options)
    exact = rogers_veraart(external, liabilities, method="exact", **options)
    assert rounds.converged.all()
    assert exact.converged.all()
    assert rounds.default.mean() > 0.2
    np.testing.assert_allclose(rounds.payments, exact.payments, rtol=1e-9, atol=1e-10)
