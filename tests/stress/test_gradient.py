"""Derivatives through the simulator are those of central differences, wherever nothing flips."""

import numpy as np
import pytest

import offtake as ot
from offtake.errors import InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.results import VARIABLES
from offtake.simulate._simulate import _normals
from offtake.stress._figures import figures
from offtake.stress._gradient import BACKWARD, backward, default_aim, look, numbers_of, quarter_place

STEP = 1e-5
"""Share of the span by which figures are moved: next to no future has a kink within it."""


@pytest.fixture(scope="module")
def small():
    """The small book with its model, numbers, figures and some futures."""
    book = ot.Book.read("first-steps")
    model = compile(book)
    known = figures(book, model)
    return model, off_kinks(model, known), known, _normals(model, 0, BACKWARD, 3, "random")


def off_kinks(model, known):
    """The numbers of a book, each moved a little: a share of exactly 1 or a price of 0 stands at a kink."""
    rng, numbers = np.random.default_rng(6), numbers_of(model)
    for figure in known:
        if not figure.label.startswith(("drivers.", "correlations.")):
            way = -1.0 if figure.value > 0.0 else 1.0
            numbers = figure.moved(numbers, way * rng.uniform(0.1, 0.3) * figure.span)
    return numbers


def weighted(model, seed):
    """A question that mixes cash of all parties and quarters with served demand and deaths' distance."""
    rng = np.random.default_rng(seed)
    fixed = model.structure
    parties, quarters = len(fixed.names.parties), fixed.quarters
    aim = default_aim(fixed, fixed.names.parties[0], quarters - 1, blur=30.0)
    series = {
        "cash": rng.random((parties, quarters)),
        "debt": rng.random((parties, quarters)),
        "served": rng.random((len(fixed.names.workloads), quarters)),
        "total_energised": rng.random(quarters),
    }
    return aim._replace(series=series)


def compared(model, numbers, figure, z, aim):
    """The two runs of a central difference and its step, small enough for little to flip."""
    step = STEP * figure.span
    up, down = (look(model, figure.moved(numbers, sign * step), z, aim) for sign in (1.0, -1.0))
    return up, down, step


def agree_with_differences(model, numbers, chosen, z, aim):
    """How many figures could be compared in futures without a flip; all of them must agree."""
    count, slopes = 0, {}
    for figure in chosen:
        up, down, step = compared(model, numbers, figure, z, aim)
        still = up.pattern == down.pattern
        difference = ((up.value - down.value) * still).sum() / (2.0 * step)
        if still.tobytes() not in slopes:
            slopes[still.tobytes()] = by_number(model, numbers, z, still * 1.0, aim)
        slope = figure.derivative(slopes[still.tobytes()])
        if still.any() and (slope != 0.0 or difference != 0.0):
            rounding = 1e-14 * np.abs(up.value).sum() / step
            assert slope == pytest.approx(difference, rel=1e-4, abs=rounding), figure.label
            count += abs(slope) > 1e4 * rounding
    return count


def by_number(model, numbers, z, weight, aim):
    """Derivatives of the weighted sum of a block's futures, as plain arrays."""
    import jax

    _, slopes, _ = backward(model, numbers, z, weight, aim)
    return jax.tree_util.tree_map(np.asarray, slopes)


def test_fifty_figures_agree_with_central_differences(small):
    """On fifty figures drawn at random, backwards and differences agree to 1e-4 where nothing flips."""
    model, numbers, known, z = small
    order = np.random.default_rng(11).permutation(len(known))
    aim = weighted(model, 1)
    count = 0
    for start in range(0, len(order), 10):
        count += agree_with_differences(model, numbers, [known[k] for k in order[start : start + 10]], z, aim)
        if count >= 50:
            break
    assert count >= 50


def test_normals_agree_with_central_differences(small):
    """Derivatives by the standard normals of each future agree with differences."""
    model, numbers, _, z = small
    aim = weighted(model, 2)
    _, _, slopes = backward(model, numbers, z, np.ones(len(z)), aim)
    way = np.random.default_rng(5).standard_normal(z.shape) * 1e-6
    up, down = look(model, numbers, z + way, aim), look(model, numbers, z - way, aim)
    still = up.pattern == down.pattern
    assert still.mean() > 0.9
    np.testing.assert_allclose(
        (slopes * way).sum(axis=1)[still], (up.value - down.value)[still] / 2.0, rtol=1e-4, atol=1e-7
    )


def test_every_derivative_is_finite(small):
    """Dates that never come leave no derivative that is not a number."""
    model, numbers, _, z = small
    found = by_number(model, numbers, z, np.ones(len(z)), weighted(model, 3))
    everything = [*found.leaves.values(), *found.drivers, *found[2:]]
    assert all(np.isfinite(part).all() for part in everything)


def test_running_forward_and_backward_show_the_same(small):
    """Asking for derivatives does not change what the futures show."""
    model, numbers, _, z = small
    aim = weighted(model, 4)
    values, _, _ = backward(model, numbers, z, np.ones(len(z)), aim)
    np.testing.assert_allclose(values, look(model, numbers, z, aim).value, rtol=1e-12)


def test_values_are_those_of_simulate(small):
    """The outcomes are the means that `simulate` reports."""
    model = small[0]
    numbers, z = numbers_of(model), _normals(model, 0, 128, 0, "random")
    runs = ot.simulate(model, paths=128, seed=0, engine="numpy")
    fixed = model.structure
    for name in ("cash", "unserved", "cumulative_burn", "phase_energised"):
        mean = runs.dataset[name].sel(stat="mean").to_numpy()
        weight = np.random.default_rng(1).random(mean.shape)
        aim = default_aim(fixed, "Lark Labs", 0)._replace(series={name: weight}, distance=np.float64(0.0))
        assert look(model, numbers, z, aim).value.mean() == pytest.approx((mean * weight).sum(), rel=1e-9)
        assert VARIABLES[name].dims[0] == "stat"


def test_a_party_fails_exactly_where_its_distance_is_below_zero(small):
    """Where no cause from outside fails anybody, the sign of the distance is default, for every party."""
    from offtake.stress._moves import hazards_off

    model, numbers, _, _ = small
    z = hazards_off(model, 2.0 * _normals(model, 0, 512, 9, "random"))
    fails = 0
    for party in model.names.parties:
        for last in (7, model.structure.quarters - 1):
            seen = look(model, numbers, z, default_aim(model.structure, party, last))
            sure = np.abs(seen.distance) > 1e-5
            assert np.array_equal(seen.distance[sure] < 0.0, seen.failed[sure] > 0.0), (party, last)
            fails += seen.failed.sum()
    assert fails > 20


def test_unknown_parties_and_quarters_are_refused(small):
    """A wrong name is refused with those that there are."""
    fixed = small[0].structure
    with pytest.raises(InputError, match="Did you mean `Lark Labs`"):
        default_aim(fixed, "Lark", 3)
    with pytest.raises(InputError, match="2026-Q1 to 2030-Q4"):
        quarter_place(fixed, "2031-Q1")


@pytest.mark.slow
def test_the_shipped_book_agrees_with_central_differences():
    """On the shipped case a handful of figures agree with differences where nothing flips."""
    book = ot.Book.read("openai-2025")
    model = compile(book)
    known = figures(book, model)
    numbers, z = off_kinks(model, known), _normals(model, 0, BACKWARD, 0, "random")
    order = np.random.default_rng(2).permutation(len(known))[:40]
    assert agree_with_differences(model, numbers, [known[k] for k in order], z, weighted(model, 5)) >= 8
