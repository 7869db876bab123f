"""Bargaining and cooperative games against published cases and the axioms that define them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.errors import InfeasibleError, InputError
from offtake.negotiate import core, kalai_smorodinsky, nash, pareto, shapley

utility = st.integers(-20, 40).map(float)
pairs = st.lists(st.tuples(utility, utility), min_size=1, max_size=12)


def curve(x):
    """Two risk appetites over one pie."""
    return x, math.sqrt(1 - x)


def airport(cost):
    """What a runway costs that is long enough for every plane of a group."""
    return lambda who: max((cost[one] for one in who), default=0.0)


def gloves(who):
    """A pair is worth one; player 2 alone holds the other kind."""
    return float(2 in who and len(who) > 1)


def tables(count):
    """Any game of so many players."""
    size = (1 << count) - 1
    return st.lists(st.integers(-9, 30), min_size=size, max_size=size).map(
        lambda values: dict(zip(_coalitions(count)[1:], map(float, values), strict=True))
    )


def _coalitions(count):
    return [frozenset(i for i in range(count) if who >> i & 1) for who in range(1 << count)]


def brute_shapley(game, count):
    """Return the mean of what each adds, over every order of arrival."""
    split = np.zeros(count)
    for order in itertools.permutations(range(count)):
        here = frozenset()
        for i in order:
            split[i] += game.get(here | {i}, 0.0) - game.get(here, 0.0)
            here |= {i}
    return split / math.factorial(count)


def test_published_bargains():
    """Nash and Kalai-Smorodinsky of the textbook curve stand where they are published."""
    assert nash(curve, between=(0, 1)).at == pytest.approx(2 / 3, abs=1e-6)
    assert kalai_smorodinsky(curve, between=(0, 1)).at == pytest.approx((math.sqrt(5) - 1) / 2, abs=1e-9)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [((8, 11, 13, 18), (2, 3, 4, 9)), ((100, 160, 200), (100 / 3, 190 / 3, 310 / 3))],
)
def test_published_airports(cost, expected):
    """The airport game's Shapley value shares each stretch among those that need it."""
    found = shapley(airport(cost), len(cost))
    assert list(found.values.values()) == pytest.approx(expected, abs=1e-9)
    assert core(airport(cost), len(cost), found.values, cost=True).holds


def test_published_gloves():
    """The glove game's Shapley value is outside its core, whose only point gives the scarce glove all."""
    found = shapley(gloves, 3)
    assert list(found.values.values()) == pytest.approx([1 / 6, 1 / 6, 2 / 3], abs=1e-12)
    told = core(gloves, 3, found.values)
    assert told.exists
    assert not told.holds
    assert list(told.nucleolus.values()) == pytest.approx([0, 0, 1], abs=1e-9)


@pytest.mark.parametrize(
    ("estate", "expected"),
    [(100, (100 / 3, 100 / 3, 100 / 3)), (200, (50, 75, 75)), (300, (50, 100, 150))],
)
def test_nucleolus_of_the_talmud(estate, expected):
    """The nucleolus divides an estate among creditors as the Talmud does (Aumann and Maschler 1985)."""
    claims = (100, 200, 300)

    def left(who):
        return max(0.0, estate - sum(claims[i] for i in range(3) if i not in who))

    assert list(core(left, 3).nucleolus.values()) == pytest.approx(expected, abs=1e-7)


def test_majority_has_no_core():
    """Where two of three may take all, no split holds, and the least core falls short by a third."""
    told = core(lambda who: float(len(who) >= 2), 3)
    assert not told.exists
    assert told.shortfall == pytest.approx(1 / 3)
    assert list(told.nucleolus.values()) == pytest.approx([1 / 3] * 3)


@given(tables(4))
@settings(max_examples=60, deadline=None)
def test_shapley_equals_all_orders_of_arrival(game):
    """The exact value is the mean over all orders, and adds up to what all achieve."""
    found = shapley(game, 4)
    assert list(found.values.values()) == pytest.approx(brute_shapley(game, 4), abs=1e-9)
    assert sum(found.values.values()) == pytest.approx(game[frozenset(range(4))], abs=1e-9)


@given(tables(3))
@settings(max_examples=60, deadline=None)
def test_a_player_who_adds_nothing_gets_nothing(game):
    """A dummy player's value is what it brings alone, and does not change the others'."""
    wide = dict(game)
    wide |= {who | {3}: value + 2.0 for who, value in game.items()} | {frozenset({3}): 2.0}
    found = shapley(wide, 4)
    assert found[3] == pytest.approx(2.0)
    assert [found[i] for i in range(3)] == pytest.approx(list(shapley(game, 3).values.values()))


@given(tables(3), st.permutations(range(3)))
@settings(max_examples=40, deadline=None)
def test_names_do_not_matter(game, order):
    """Renaming the players renames their values."""
    renamed = {frozenset(order[i] for i in who): value for who, value in game.items()}
    before, after = shapley(game, 3), shapley(renamed, 3)
    assert [after[order[i]] for i in range(3)] == pytest.approx([before[i] for i in range(3)])


def test_shapley_of_nested_coalitions_is_monotone():
    """Whoever adds more to every coalition gets more."""
    cost = sorted([3.0, 1.0, 4.0, 1.5, 9.0])
    found = list(shapley(airport(cost), 5).values.values())
    assert found == sorted(found)


def test_drawn_orders_come_within_their_error():
    """Thirty planes by drawn orders lie within four standard errors of the closed form, and add up."""
    cost = [float(3 + i % 10) for i in range(30)]
    found = shapley(airport(cost), 30, orders=2_000, seed=4)
    steps = sorted(set(cost))
    exact = []
    for own in cost:
        levels = [0.0, *steps]
        exact.append(
            sum(
                (high - low) / sum(each >= high for each in cost)
                for low, high in itertools.pairwise(levels)
                if own >= high
            )
        )
    assert not found.exact
    assert sum(found.values.values()) == pytest.approx(max(cost))
    for i in range(30):
        assert abs(found[i] - exact[i]) <= 4 * found.error[i] + 1e-12
    assert max(found.error.values()) < 0.06


@given(tables(4))
@settings(max_examples=40, deadline=None)
def test_least_core_against_brute_force(game):
    """At the nucleolus no coalition falls short by more than the least core says, and it adds up."""
    told = core(game, 4)
    split = told.nucleolus
    worst = max(
        game[who] - sum(split[i] for i in who) for who in _coalitions(4)[1:-1]
    )  # the whole has no excess
    assert worst == pytest.approx(told.shortfall, abs=1e-6)
    assert sum(split.values()) == pytest.approx(game[frozenset(range(4))], abs=1e-6)
    assert told.exists == core(game, 4, split).holds or abs(told.shortfall) < 1e-6


@given(pairs)
def test_pareto_against_brute_force(outcomes):
    """An outcome is kept exactly if none is as good for both and better for one."""
    kept = set(pareto(outcomes))
    for k, (a, b) in enumerate(outcomes):
        dominated = any(c >= a and d >= b and (c > a or d > b) for c, d in outcomes)
        assert (k in kept) is not dominated


@given(st.lists(st.tuples(utility, utility, utility), min_size=1, max_size=10))
def test_pareto_of_three_parties(outcomes):
    """The same with three parties, and the kept stand in order of the first party's utility."""
    kept = pareto(outcomes)
    table = np.array(outcomes)
    for k in range(len(table)):
        better = np.all(table >= table[k], axis=1) & np.any(table > table[k], axis=1)
        assert (k in kept) is not better.any()
    assert [outcomes[k][0] for k in kept] == sorted(outcomes[k][0] for k in kept)


@given(pairs)
def test_bargains_are_undominated_and_nobody_loses(outcomes):
    """Both solutions pick an undominated outcome at which nobody falls below disagreement."""
    if not any(a >= 0 and b >= 0 for a, b in outcomes):
        for solution in (nash, kalai_smorodinsky):
            with pytest.raises(InfeasibleError, match="no outcome"):
                solution(outcomes)
        return
    for solution in (nash, kalai_smorodinsky):
        found = solution(outcomes)
        assert found.index in pareto(outcomes)
        assert min(found.gains) >= 0


@given(pairs, st.floats(0.1, 10), st.floats(0.1, 10), utility, utility)
@settings(deadline=None)
def test_bargains_ignore_how_utility_is_measured(outcomes, first, second, up, right):
    """Scaling and shifting each party's utility changes neither the product nor the shares picked."""
    if not any(a > 0 and b > 0 for a, b in outcomes):
        return
    changed = [(first * a + up, second * b + right) for a, b in outcomes]
    for lotteries in (True, False):
        before = nash(outcomes, lotteries=lotteries).gains
        after = nash(changed, (up, right), lotteries=lotteries).gains
        assert after[0] * after[1] == pytest.approx(first * second * before[0] * before[1], rel=1e-6)
        before = kalai_smorodinsky(outcomes, lotteries=lotteries).gains
        after = kalai_smorodinsky(changed, (up, right), lotteries=lotteries).gains
        if lotteries:
            assert after == pytest.approx((first * before[0], second * before[1]), rel=1e-6, abs=1e-6)
    rational = [each for each in outcomes if min(each) >= 0]
    ideal = [max(each[i] for each in rational) for i in (0, 1)]
    share = min(before[i] / ideal[i] for i in (0, 1))
    assert min(after[0] / first / ideal[0], after[1] / second / ideal[1]) >= share - 1e-6


@given(pairs)
@settings(deadline=None)
def test_a_symmetric_table_gives_both_the_same(outcomes):
    """With each outcome's mirror image in the set, lotteries give both parties the same."""
    both = outcomes + [(b, a) for a, b in outcomes]
    if not any(a + b > 0 for a, b in both):
        return
    for solution in (nash, kalai_smorodinsky):
        found = solution(both, lotteries=True)
        assert found.utilities[0] == pytest.approx(found.utilities[1], abs=1e-7)


@given(pairs)
@settings(deadline=None, max_examples=40)
def test_lotteries_do_at_least_as_well(outcomes):
    """The best lottery has at least the product of the best outcome, and its chances add up to 1."""
    if not any(a > 0 and b > 0 for a, b in outcomes):
        return
    lone, drawn = nash(outcomes), nash(outcomes, lotteries=True)
    assert math.prod(drawn.gains) >= math.prod(lone.gains) * (1 - 1e-9)
    assert sum(chance for _, chance in drawn.lottery) == pytest.approx(1)


def test_lotteries_of_three_parties():
    """Three outcomes, each all for one of three parties, are drawn with equal chances."""
    for solution in (nash, kalai_smorodinsky):
        found = solution(np.eye(3) * 6, (0, 0, 0), lotteries=True)
        assert found.utilities == pytest.approx((2, 2, 2), abs=1e-5)


def test_power_moves_nash_along_the_curve():
    """With a third of the power on the first, the product x^(1/3)·y^(2/3) of x + y = 1 stands at a third."""
    found = nash(lambda x: (x, 1 - x), between=(0, 1), power=(1, 2))
    assert found.at == pytest.approx(1 / 3, abs=1e-6)


def test_curve_with_a_disagreement_inside():
    """Disagreement cuts the curve: of a unit pie with 0.2 and 0.4 sure, Nash halves what is left."""
    found = nash(lambda x: (x, 1 - x), (0.2, 0.4), between=(0, 1))
    assert found.at == pytest.approx(0.4, abs=1e-6)
    assert kalai_smorodinsky(lambda x: (x, 1 - x), (0.2, 0.4), between=(0, 1)).at == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: nash([(1, 2, 3)]), "3 parties"),
        (lambda: nash([(1, math.nan)]), "finite"),
        (lambda: nash([]), "table"),
        (lambda: nash(curve), "between"),
        (lambda: nash([(1, 1)], power=(1, 0)), "power"),
        (lambda: nash(lambda x: (x,), between=(0, 1)), "2 finite utilities"),
        (lambda: shapley({(0,): 1.0}, 2), r"does not say what \{1\} achieves"),
        (lambda: shapley(gloves, ["a", "a"]), "each once"),
        (lambda: shapley(lambda _: math.inf, 2), "finite"),
        (lambda: shapley(gloves, 3, orders=1), "two orders"),
        (lambda: core(gloves, 17), "up to 16"),
        (lambda: core(gloves, 3, (1, 2)), "each of the 3"),
        (lambda: core(gloves, 3, {0: 1.0}), "nobody else"),
    ],
)
def test_what_cannot_be_used_is_refused(call, says):
    """Bad input is refused with what is wrong."""
    with pytest.raises(InputError, match=says):
        call()


def test_nobody_gains_but_somebody_may_stay():
    """Where one party can only stay where it is, the other's gain decides."""
    assert nash([(0, 3), (0, 5), (-1, 9)]).utilities == (0.0, 5.0)
    assert nash([(-1, 2)], (-1, 0)).gains == (0.0, 2.0)
