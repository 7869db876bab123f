"""The driver process: one path against a slow oracle, many against closed-form moments, NumPy against JAX."""

import math

import numpy as np
import pytest

from offtake.drivers import moments, simulate_drivers, standard_normals
from offtake.errors import InputError
from offtake.model.correlation import correlation_matrix
from offtake.model.curves import (
    DriverArrays,
    Jumps,
    bass_curve,
    constant_curve,
    gbm_curve,
    logistic_curve,
    mean_reverting_curve,
    path_curve,
    stack_drivers,
    with_jumps,
    with_overlay,
    with_shock,
)
from oracles import drivers as oracle

QUARTERS = 13
PAIRS = {("users", "spot"): 0.4, ("spot", "gas"): -0.6, ("users", "fleet"): 0.3, ("idle", "users"): 0.5}


def every_kind():
    """Return one driver of each kind, with noise, jumps, shocks and changes among them."""
    spot = mean_reverting_curve(QUARTERS, 2.3, 1.9, 1.5, noise=0.35, changes=[(6, {"half_life": 0.5})])
    return stack_drivers(
        {
            "users": logistic_curve(QUARTERS, 35.0, 180.0, 0.7, noise=0.18),
            "spot": with_shock(with_jumps(spot, Jumps(1.0, 0.3, 0.2)), 4, 0.5),
            "gas": with_jumps(gbm_curve(QUARTERS, 30.0, 0.05, noise=0.3), Jumps(0.4, -0.2, 0.1)),
            "fleet": bass_curve(QUARTERS, 100.0, 0.03, 0.6, now=5.0, noise=0.1),
            "idle": path_curve(QUARTERS, {0: 0.0, 4: 8.0}, noise=0.2),
            "fee": with_overlay(constant_curve(QUARTERS, 4.0), 3, 2, 0.25),
        },
        PAIRS,
    )


def normals(count, arrays, seed=5, method="random"):
    """Return eps and jump_z of some paths."""
    quarters, drivers = arrays.curve.shape
    size = quarters * drivers
    flat = standard_normals(seed, 0, count, size + quarters * 2 * len(arrays.jumping), method=method)
    return (
        flat[:, :size].reshape(count, quarters, drivers),
        flat[:, size:].reshape(count, quarters, 2, len(arrays.jumping)),
    )


def test_a_path_equals_the_recursion_in_plain_python():
    """Every driver in every quarter is the oracle's, for several paths."""
    arrays = every_kind()
    correlation = correlation_matrix(arrays.names, PAIRS).tolist()
    eps, jump_z = normals(6, arrays)
    found = simulate_drivers(np, arrays, eps, jump_z)
    expected = [
        oracle.simulate_path(arrays, correlation, path.tolist(), jumps.tolist())
        for path, jumps in zip(eps, jump_z, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_today_is_known():
    """In quarter 0 every future has today's value, whatever the normals."""
    arrays = every_kind()
    found = simulate_drivers(np, arrays, *normals(20, arrays))
    np.testing.assert_array_equal(found[:, 0], np.broadcast_to(arrays.curve[0], (20, 6)))


def test_a_shock_today_moves_today():
    """A shock in quarter 0 multiplies the known value."""
    arrays = stack_drivers({"a": with_shock(constant_curve(3, 5.0), 0, 0.2)})
    np.testing.assert_allclose(simulate_drivers(np, arrays, np.zeros((3, 1)))[:, 0], [1.0, 1.0, 1.0])


def test_shocks_persist_or_fade_by_the_process():
    """A shock stays in a random walk and halves in logs within a half-life of a reverting driver."""
    arrays = stack_drivers(
        {
            "walk": with_shock(constant_curve(6, 1.0), 1, 0.25),
            "back": with_shock(mean_reverting_curve(6, 1.0, 1.0, 1.0), 1, 0.25),
        }
    )
    found = simulate_drivers(np, arrays, np.zeros((6, 2)))
    np.testing.assert_allclose(found[[0, 1, 5]], [[1.0, 1.0], [0.25, 0.25], [0.25, 0.5]], rtol=1e-12)


def test_simulated_moments_are_the_exact_ones():
    """Mean and standard deviation of 40 000 futures lie within four standard errors of the closed form."""
    arrays = every_kind()
    count = 40_000
    paths = simulate_drivers(np, arrays, *normals(count, arrays))
    mean, sd = moments(arrays)
    np.testing.assert_array_less(np.abs(paths.mean(0) - mean), 4.0 * sd / math.sqrt(count) + 1e-9)
    centred = (paths - mean) ** 2
    error = centred.std(0) / math.sqrt(count)
    np.testing.assert_array_less(np.abs(centred.mean(0) - sd**2), 4.5 * error + 1e-9)


def test_the_mean_stays_on_the_curve():
    """Noise without reversion or jumps leaves the mean on the curve to the last digits."""
    arrays = stack_drivers({"a": gbm_curve(40, 3.0, 0.4, noise=0.5), "b": constant_curve(40, 7.0, noise=0.2)})
    np.testing.assert_allclose(moments(arrays)[0], arrays.curve, rtol=1e-13)


def test_the_median_of_a_reverting_driver_is_its_curve():
    """With all normals at zero a log Ornstein-Uhlenbeck driver follows its curve."""
    arrays = stack_drivers({"a": mean_reverting_curve(20, 3.0, 1.0, 0.7, noise=0.5)})
    np.testing.assert_allclose(simulate_drivers(np, arrays, np.zeros((20, 1))), arrays.curve, rtol=1e-14)


def test_jump_counts_have_poisson_moments():
    """With jumps of fixed size, the mean is that of a Poisson number of factors."""
    jumps = Jumps(2.0, 0.3, 0.0)
    arrays = stack_drivers({"a": with_jumps(constant_curve(9, 1.0), jumps)})
    expected = math.exp(2.0 * 2.0 * math.expm1(0.3))
    assert moments(arrays)[0][8, 0] == pytest.approx(expected, rel=1e-6)


def test_innovations_have_the_given_correlations():
    """Log changes of simulated drivers correlate as the table says."""
    arrays = stack_drivers(
        {name: constant_curve(2, 1.0, noise=0.2) for name in "abc"}, {("a", "b"): 0.5, ("b", "c"): -0.4}
    )
    eps, _ = normals(40_000, arrays)
    moves = np.log(simulate_drivers(np, arrays, eps)[:, 1])
    expected = correlation_matrix("abc", {("a", "b"): 0.5, ("b", "c"): -0.4})
    np.testing.assert_allclose(np.corrcoef(moves.T), expected, atol=4.0 / math.sqrt(40_000))


def test_numpy_gives_the_same_bits_in_chunks():
    """Paths 37 to 99 alone are those of the whole run, bit for bit."""
    arrays = every_kind()
    eps, jump_z = normals(100, arrays)
    whole = simulate_drivers(np, arrays, eps, jump_z)
    part = simulate_drivers(np, arrays, eps[37:], jump_z[37:])
    np.testing.assert_array_equal(whole[37:], part)
    np.testing.assert_array_equal(whole[5], simulate_drivers(np, arrays, eps[5], jump_z[5]))


def compiled():
    """Return the process as a function of arrays alone, for JAX."""
    import jax

    arrays = every_kind()
    fields = {name: getattr(arrays, name) for name in DriverArrays.ARRAYS}

    def run(fields, eps, jump_z):
        rebuilt = DriverArrays(**fields, names=arrays.names, jumping=arrays.jumping)
        return simulate_drivers(jax.numpy, rebuilt, eps, jump_z)

    return run, arrays, fields


def test_jax_equals_numpy():
    """Compiled by JAX, with leading axes or mapped over paths, the same values come out."""
    import jax

    run, arrays, fields = compiled()
    eps, jump_z = normals(64, arrays)
    expected = simulate_drivers(np, arrays, eps, jump_z)
    with jax.enable_x64(True):
        np.testing.assert_allclose(jax.jit(run)(fields, eps, jump_z), expected, rtol=1e-12)
        mapped = jax.jit(jax.vmap(run, in_axes=(None, 0, 0)))(fields, eps, jump_z)
        np.testing.assert_allclose(mapped, expected, rtol=1e-12)


def test_gradients_are_finite():
    """No array of the drivers, and no normal, has a gradient that is not a number."""
    import jax

    run, arrays, fields = compiled()
    eps, jump_z = normals(8, arrays)
    with jax.enable_x64(True):
        total = jax.jit(jax.grad(lambda *given: run(*given).sum(), argnums=(0, 1, 2)))
        slopes = jax.tree_util.tree_leaves(total(fields, eps, jump_z))
        assert all(np.isfinite(slope).all() for slope in slopes)
        assert any((slope != 0).any() for slope in slopes)


def test_jumps_need_their_normals():
    """A driver that jumps refuses to be simulated without normals for its jumps."""
    arrays = every_kind()
    with pytest.raises(InputError, match="spot, gas"):
        simulate_drivers(np, arrays, np.zeros((QUARTERS, 6)))


def test_no_driver_gives_no_column():
    """A model without drivers simulates to an array of width zero."""
    assert simulate_drivers(np, stack_drivers({}, quarters=4), np.zeros((7, 4, 0))).shape == (7, 4, 0)
