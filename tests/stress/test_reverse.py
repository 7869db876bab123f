"""The most probable failure where it is known, and what is said of it."""

import math
from pathlib import Path

import numpy as np
import pytest

import offtake as ot
from offtake.errors import InfeasibleError, InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.stress import rare_quarter, reverse_stress
from offtake.stress._gradient import default_aim, look, numbers_of
from offtake.stress._search import least_norm

PLANK = Path(__file__).parent / "plank.yaml"
SPREADS = {"cash": 120.0, "income": 72.0, "costs": -56.0}
SPREAD = math.hypot(*SPREADS.values())


@pytest.fixture(scope="module")
def plank():
    """A book of one firm whose cash after eight quarters is a sum of three normals."""
    return ot.Book.read(PLANK)


@pytest.fixture(scope="module")
def lark():
    """The reverse stress of the small book's laboratory."""
    return reverse_stress(ot.Book.read("first-steps"), "Lark Labs", "2028-Q4", paths=512, starts=8)


def test_a_linear_failure_is_found_exactly(plank):
    """With cash c + Σ a z the closest failing point is -c a / |a|² at the distance c / |a|."""
    found = reverse_stress(plank, "Plank", "2027-Q4", paths=128, starts=3)
    assert found.beta == pytest.approx(280.0 / SPREAD, abs=1e-4)
    assert found.stationary
    for name, spread in SPREADS.items():
        assert found.normals[f"scalar/parties.Plank.{name}"] == pytest.approx(
            -280.0 * spread / SPREAD**2, abs=1e-4
        )
    assert found.probability == pytest.approx(0.5 * math.erfc(280.0 / SPREAD / math.sqrt(2.0)), rel=1e-6)
    assert found.once_in_years == pytest.approx(-2.0 / math.log1p(-found.probability))
    assert found.fails_in == "2027-Q4"
    assert "parties.Plank.cash at 822.5 (median 1000)" in str(found)
    assert sum(move.share for move in found.moves) == pytest.approx(1.0)


def test_a_firm_that_fails_in_the_median_future_has_a_distance_below_zero(plank):
    """Where the median future fails, the distance to the nearest future without failure is given."""
    poor = plank.replace({"parties.Plank.cash": {"normal": {"mean": "600 M USD", "sd": "120 M USD"}}})
    found = reverse_stress(poor, "Plank", "2027-Q4", paths=128, starts=3)
    assert found.beta == pytest.approx(-120.0 / SPREAD, abs=1e-4)
    assert found.probability == pytest.approx(0.5 * math.erfc(-120.0 / SPREAD / math.sqrt(2.0)), rel=1e-6)
    assert "fails by 2027-Q4 in the median future already" in str(found)


def test_what_lies_beyond_the_radius_is_infeasible(plank):
    """A party that nothing within the radius can fail is refused with the exit code for no answer."""
    rich = plank.replace({"parties.Plank.cash": {"normal": {"mean": "3 B USD", "sd": "120 M USD"}}})
    with pytest.raises(InfeasibleError, match="nothing within 6 standard deviations") as caught:
        reverse_stress(rich, "Plank", "2027-Q4", paths=128, starts=3)
    assert caught.value.exit_code == 3


def test_wrong_settings_are_refused(plank):
    """Names and numbers that cannot be used are refused."""
    with pytest.raises(InputError, match="no party is called `Beam`"):
        reverse_stress(plank, "Beam", "2027-Q4")
    with pytest.raises(InputError, match="not a quarter of the calendar"):
        reverse_stress(plank, "Plank", "2030-Q1")
    with pytest.raises(InputError, match="starts must be from 1 to 64"):
        reverse_stress(plank, "Plank", "2027-Q4", starts=100)


def test_the_move_found_makes_the_party_fail_and_less_does_not(lark):
    """A little beyond the point the party is in default, a little before it is not."""
    book = ot.Book.read("first-steps")
    model = compile(book)
    aim = default_aim(model.structure, "Lark Labs", 11)
    from offtake.stress._moves import hazards_off

    point = lark.points[0]
    assert np.linalg.norm(point) == pytest.approx(lark.beta)
    way = hazards_off(model, np.outer([1.0 - 1e-3, 1.0 + 1e-4], point))
    assert look(model, numbers_of(model), way, aim).failed.tolist() == [0.0, 1.0]


def test_no_failing_future_drawn_is_closer(lark):
    """Among many futures drawn wide, none that fails lies closer to the median than the point found."""
    from offtake.stress._moves import hazards_off

    book = ot.Book.read("first-steps")
    model = compile(book)
    aim = default_aim(model.structure, "Lark Labs", 11)
    rng = np.random.default_rng(3)
    # moves along the point found, bent at random: blind draws in 140 dimensions never come this close
    z = lark.points[0] * rng.uniform(0.3, 1.0, (2048, 1)) + rng.normal(0.0, 0.02, (2048, len(lark.labels)))
    z = np.where([label.startswith("hazard/") for label in lark.labels], 0.0, z)
    seen = look(model, numbers_of(model), hazards_off(model, z), aim)
    inside = np.linalg.norm(z, axis=1) < 0.999 * lark.beta
    assert inside.sum() > 200
    assert not seen.failed[inside].any()


def test_deals_that_come_about_or_not_are_part_of_the_move(lark):
    """The deals whose turning out otherwise fails the party are named, and count as half-spaces."""
    said = str(lark)
    assert "quarry-stake does not come about" in said
    assert "quarry-letter comes about" in said
    # four half-spaces meet, so the probability is far below that of one of them
    assert lark.probability < 0.3 * 0.5 * math.erfc(lark.beta / math.sqrt(2.0))
    assert lark.seen == pytest.approx(lark.probability, abs=0.015)


def test_the_closest_point_of_half_spaces_is_optimal():
    """The point satisfies all half-spaces, and is a non-negative sum of those that bind."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows, levels = rng.standard_normal((3, 6)), rng.standard_normal(3)
        point, weights = least_norm((rows, levels))
        assert (rows @ point >= levels - 1e-9).all()
        np.testing.assert_allclose(rows.T @ weights, point, atol=1e-9)
        assert (weights >= 0.0).all()
        np.testing.assert_allclose(weights * (rows @ point - levels), 0.0, atol=1e-8)


def test_half_spaces_without_a_common_point_are_told():
    """Opposite half-spaces have no point in common."""
    _, weights = least_norm((np.array([[1.0], [-1.0]]), np.array([1.0, 1.0])))
    assert np.isinf(weights).all()


def test_a_sure_deal_is_no_part_of_any_move():
    """A deal that comes about for certain has no other way round."""
    from offtake.stress._states import states_of

    sure = ot.Book.read("first-steps").replace({"deals.northgate-option.likelihood": "100 %"})
    states = states_of(compile(sure))
    assert np.isfinite(states.levels[:, 0]).all()
    assert len(states.own) == len(states_of(compile(ot.Book.read("first-steps"))).own) - 1


def test_a_deal_of_even_odds_counts_only_where_it_turns_out_otherwise():
    """At the median future no half-space counts as moved, even where a deal stands at its very edge."""
    from offtake.stress._states import states_of

    states = states_of(compile(ot.Book.read("first-steps")))
    usual = states.counts(np.zeros((1, states.forms.shape[1])))[0]
    assert len(states.rows(usual, np.zeros(len(usual), dtype=bool))[1]) == 0
    turned = usual.copy()
    turned[0] = 1 - usual[0]
    forms, levels = states.rows(turned, turned != usual)
    assert forms.shape[0] == len(levels) == 1


def test_a_quarter_is_rare_if_few_futures_fail_by_then(plank):
    """The quarter is the last with no larger share than asked for; a party that fails at once has none."""
    with_flow = plank.replace({"parties.Plank.costs": "170 M USD/quarter"})
    rare = rare_quarter(with_flow, "Plank", most=0.1, paths=512)
    later = rare_quarter(with_flow, "Plank", most=0.3, paths=512)
    assert rare.share <= 0.1 < rare.by_end
    assert (rare.quarter, later.quarter) == ("2027-Q3", "2027-Q4")
    broke = plank.replace({"parties.Plank.cash": "1 M USD"})
    with pytest.raises(InfeasibleError, match="that is not rare"):
        rare_quarter(broke, "Plank", paths=64)
