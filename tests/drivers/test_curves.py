"""The builders against differential equations, and what scenarios do to a driver."""

import math
from dataclasses import fields

import numpy as np
import pytest

from offtake.errors import InputError
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


@pytest.mark.parametrize(
    ("built", "slope", "start", "params"),
    [
        (
            gbm_curve(17, 20.0, 0.7, changes=[(6, {"growth": -0.2})]),
            oracle.gbm_slope,
            20.0,
            {0: {"growth": 0.7}, 6: {"growth": -0.2}},
        ),
        (
            logistic_curve(17, 35.0, 180.0, 0.7, changes=[(6, {"growth": 0.1}), (9, {"ceiling": 30.0})]),
            oracle.logistic_slope,
            35.0,
            {0: {"growth": 0.7, "ceiling": 180.0}, 6: {"growth": 0.1}, 9: {"ceiling": 30.0}},
        ),
        (
            bass_curve(17, 100.0, 0.03, 0.9, now=4.0, changes=[(6, {"q": 0.2}), (9, {"ceiling": 150.0})]),
            oracle.bass_slope,
            4.0,
            {0: {"p": 0.03, "q": 0.9, "ceiling": 100.0}, 6: {"q": 0.2}, 9: {"ceiling": 150.0}},
        ),
        (
            mean_reverting_curve(17, 2.3, 1.9, 1.5, changes=[(6, {"level": 4.0}), (9, {"half_life": 0.3})]),
            oracle.mean_reverting_slope,
            2.3,
            {0: {"level": 1.9, "half_life": 1.5}, 6: {"level": 4.0}, 9: {"half_life": 0.3}},
        ),
    ],
    ids=["gbm", "logistic", "bass", "mean_reverting"],
)
def test_curves_solve_their_differential_equations(built, slope, start, params):
    """Each curve, with parameters that change on the way, is the solution of its equation."""
    expected = oracle.integrate(slope, start, 17, params)
    np.testing.assert_allclose(built.curve, expected, rtol=1e-9)


def test_growth_of_seventy_per_cent_multiplies_by_one_point_seven():
    """A growth quoted a year is a factor of 1 + growth after four quarters."""
    assert gbm_curve(5, 100.0, 0.7).curve[4] == pytest.approx(170.0, rel=1e-14)


def test_first_quarter_is_today_exactly():
    """The curve begins at the value given, to the last bit."""
    today = [
        constant_curve(3, 0.1).curve[0],
        gbm_curve(3, 0.1, 0.7).curve[0],
        logistic_curve(3, 0.1, 0.7, 0.3).curve[0],
        bass_curve(3, 0.7, 0.01, 0.3, now=0.1).curve[0],
        mean_reverting_curve(3, 0.1, 0.7, 2.0).curve[0],
    ]
    assert today == [0.1] * 5


def test_bass_from_launch_equals_bass_from_its_value():
    """Years since launch and today's adopters are two ways to say one start."""
    launched = bass_curve(20, 100.0, 0.02, 0.4, elapsed=3.0)
    placed = bass_curve(20, 100.0, 0.02, 0.4, now=float(launched.curve[0]))
    np.testing.assert_allclose(placed.curve, launched.curve, rtol=1e-12)


def test_a_change_leaves_the_quarters_before_and_the_value_of_its_own():
    """New growth from quarter 6 on moves quarter 7 but not quarter 6."""
    plain, changed = gbm_curve(9, 5.0, 0.7), gbm_curve(9, 5.0, 0.7, changes=[(6, {"growth": 0.1})])
    np.testing.assert_array_equal(plain.curve[:7], changed.curve[:7])
    assert changed.curve[7] / changed.curve[6] == pytest.approx(1.1**0.25, rel=1e-13)


def test_changed_noise_acts_on_the_steps_after_its_quarter():
    """The step into the quarter of the change still has the old noise."""
    built = constant_curve(6, 1.0, noise=0.2, changes=[(3, {"noise": 0.4})])
    np.testing.assert_allclose(built.scale, [0, 0.1, 0.1, 0.1, 0.2, 0.2], atol=1e-15)
    np.testing.assert_allclose(built.drift, -(built.scale**2) / 2, atol=1e-15)


def test_changes_beyond_the_horizon_do_nothing():
    """A scenario that begins after the last quarter leaves the driver alone."""
    np.testing.assert_array_equal(
        gbm_curve(4, 1.0, 0.5, changes=[(4, {"growth": 3.0})]).curve, gbm_curve(4, 1.0, 0.5).curve
    )


def test_a_change_in_quarter_zero_replaces_the_parameters():
    """A scenario from today on starts from today's value."""
    np.testing.assert_array_equal(
        gbm_curve(6, 2.0, 0.5, changes=[(0, {"growth": 0.1})]).curve, gbm_curve(6, 2.0, 0.1).curve
    )


def test_path_reads_points_before_today_and_holds_the_last():
    """Interpolation uses a point in the past; beyond the last point its level is held."""
    built = path_curve(5, {-2: 0.0, 2: 8.0})
    assert built.curve.tolist() == [4.0, 6.0, 8.0, 8.0, 8.0]


def test_path_may_be_zero():
    """Zero is a level, and stays zero whatever the noise."""
    assert path_curve(3, {0: 0.0, 2: 0.0}, noise=0.3).curve.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("interpolation", "expected"),
    [("linear", [0.0, 1.0, 2.0, 4.0, 6.0]), ("steps", [0.0, 0.0, 0.0, 0.0, 6.0])],
)
def test_changed_points_join_on_to_the_path(interpolation, expected):
    """New points continue from the value of the quarter of the change."""
    built = path_curve(5, {0: 0.0, 4: 4.0}, interpolation=interpolation, changes=[(2, {"points": {4: 6.0}})])
    assert built.curve.tolist() == expected


def test_reverting_noise_is_the_exact_transition():
    """Four quarterly steps give the variance of a year of continuous noise."""
    built = mean_reverting_curve(5, 1.0, 1.0, 1.5, noise=0.35)
    variance = 0.0
    for t in range(1, 5):
        variance = built.persist[t] ** 2 * variance + built.scale[t] ** 2
    assert variance == pytest.approx(oracle.reverting_variance(0.35, 1.5, 1.0), rel=1e-8)


def test_overlay_ends_and_shock_does_not():
    """A window multiplies the curve inside it; a shock enters the log deviation."""
    flat = constant_curve(5, 2.0)
    assert with_overlay(flat, 3, 10, 0.0).curve.tolist() == [2.0, 2.0, 2.0, 0.0, 0.0]
    twice = with_shock(with_shock(flat, 1, 0.5), 1, 0.5)
    np.testing.assert_allclose(twice.logshock, [0, math.log(0.25), 0, 0, 0])


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: gbm_curve(4, 0.0, 0.1), "now"),
        (lambda: gbm_curve(4, 1.0, -1.0), "growth"),
        (lambda: gbm_curve(0, 1.0, 0.1), "quarter"),
        (lambda: constant_curve(4, -1.0), "value"),
        (lambda: constant_curve(4, 1.0, noise=-0.1), "noise"),
        (lambda: constant_curve(4, math.nan), "value"),
        (lambda: logistic_curve(4, 9.0, 8.0, 0.1), "ceiling"),
        (lambda: bass_curve(4, 9.0, 0.1, 0.1), "elapsed"),
        (lambda: bass_curve(4, 9.0, 0.1, 0.1, now=1.0, elapsed=1.0), "elapsed"),
        (lambda: bass_curve(4, 9.0, 0.1, 0.1, now=9.0), "ceiling"),
        (lambda: bass_curve(4, 9.0, 0.0, 0.1, now=1.0), "p of"),
        (lambda: mean_reverting_curve(4, 1.0, 1.0, 0.0), "half_life"),
        (lambda: path_curve(4, {1: 2.0}), "quarter 0"),
        (lambda: path_curve(4, {0: -2.0}), "level"),
        (lambda: path_curve(4, {0: 2.0}, interpolation="cubic"), "steps"),
        (lambda: gbm_curve(4, 1.0, 0.1, changes=[(2, {"now": 3.0})]), "growth, noise"),
        (lambda: gbm_curve(4, 1.0, 0.1, changes=[(2, {}), (1, {})]), "increasing"),
        (lambda: gbm_curve(4, 1.0, 0.1, changes=[(-1, {})]), "increasing"),
        (lambda: with_shock(constant_curve(4, 1.0), 4, 2.0), "horizon"),
        (lambda: with_shock(constant_curve(4, 1.0), 1, 0.0), "shock"),
        (lambda: with_overlay(constant_curve(4, 1.0), 1, 0, 2.0), "window"),
        (lambda: with_jumps(constant_curve(4, 1.0), Jumps(99.0)), "rate"),
        (lambda: with_jumps(constant_curve(4, 1.0), Jumps(1.0, math.inf)), "mean"),
        (lambda: with_jumps(constant_curve(4, 1.0), Jumps(1.0, 0.0, -1.0)), "sd"),
        (lambda: stack_drivers({"a": constant_curve(4, 1.0), "b": constant_curve(5, 1.0)}), "horizon"),
        (lambda: stack_drivers({}), "horizon"),
    ],
)
def test_numbers_out_of_range_are_refused(build, words):
    """An impossible number raises an error that names it."""
    with pytest.raises(InputError, match=words):
        build()


def test_stacking_keeps_order_and_finds_who_jumps():
    """Columns follow the mapping; only drivers with a rate above zero count as jumping."""
    jumpy = with_jumps(constant_curve(3, 2.0), Jumps(0.5, -0.7, 0.2))
    arrays = stack_drivers({"a": constant_curve(3, 1.0), "b": jumpy, "c": constant_curve(3, 3.0)})
    assert arrays.names == ("a", "b", "c")
    assert arrays.jumping == (1,)
    assert arrays.curve[0].tolist() == [1.0, 2.0, 3.0]
    assert (arrays.jump_rate[1], arrays.jump_mean[1], arrays.jump_sd[1]) == (0.5, -0.7, 0.2)


def test_a_model_without_drivers_has_arrays_of_width_zero():
    """No driver is a valid table where the horizon is given."""
    arrays = stack_drivers({}, quarters=6)
    assert arrays.curve.shape == (6, 0)
    assert arrays.chol.shape == (0, 0)


def test_every_field_is_either_array_or_static():
    """The two lists for registration with JAX cover the record and do not overlap."""
    assert [*DriverArrays.ARRAYS, *DriverArrays.STATIC] == [field.name for field in fields(DriverArrays)]
