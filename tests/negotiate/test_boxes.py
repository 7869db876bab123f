"""The search within boxes: how far to trust what it says, where the optimum is known."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.interpolate import RBFInterpolator

from offtake.book import Book
from offtake.negotiate import Prospect, negotiate
from offtake.negotiate._surrogate import left_out_error, promise, reachable
from offtake.negotiate._terms import Box

DATA = {
    "book": "boxes",
    "calendar": {"from": "2026-Q1", "to": "2027-Q4"},
    "parties": {"Wren": {"role": "cloud"}, "Lark": {"role": "lab"}, "Heron": {}},
    "chips": {"Q1": {"vendor": "Heron", "power": "1.4 kW", "price": "38000 USD"}},
    "deals": {
        "base": {
            "kind": "compute",
            "seller": "Wren",
            "buyer": "Lark",
            "clauses": {
                "ramp": {"2026-Q1": "10 MW"},
                "price": "10 MUSD/MW/year",
                "term": "2 years",
                "take_or_pay": "80 %",
                "first_refusal": {"until": "2026-Q4"},
                "delivery": {"chip": "Q1"},
            },
        },
    },
}


def terms(book):
    """Return yearly price, take-or-pay, and whether there is a first refusal; None without the deal."""
    deal = book.deals.get("base")
    if deal is None:
        return None
    clauses = deal.clauses
    return 4 * clauses["price"].usage.value, clauses["take_or_pay"].share.value, "first_refusal" in clauses


def valued(gain):
    """Return what a book is worth to a party, with a gain of the deal's terms."""

    def value(book):
        found = terms(book)
        return Prospect.of([[0.0 if found is None else float(gain(*found))]])

    return value


def talk(seller, buyer, **over):
    """Return a negotiation over boxes, with closed gains of price, take-or-pay and first refusal."""
    return negotiate(Book.from_data(DATA), "Wren", "Lark", over=over, values=(valued(seller), valued(buyer)),
                     clauses=False)  # fmt: skip


def grid(points, boxes):
    """Return the places of a grid in the unit box."""
    return np.array(list(itertools.product(np.linspace(0.0, 1.0, points), repeat=boxes)))


@settings(max_examples=40, deadline=None)
@given(boxes=st.integers(1, 3), extra=st.integers(0, 6), seed=st.integers(0, 1000))
def test_left_out_places_are_missed_as_by_a_surrogate_without_them(boxes, extra, seed):
    """The closed form is what interpolating anew without each place gives."""
    rng = np.random.default_rng(seed)
    places = np.concatenate([grid(3, boxes), 0.01 + 0.98 * rng.uniform(size=(extra, boxes))])
    gains = rng.normal(3.0, 4.0, size=(len(places), 2))
    missed = []
    for n, place in enumerate(places):
        if set(place) <= {0.0, 1.0}:
            continue
        without = RBFInterpolator(np.delete(places, n, 0), np.delete(gains, n, 0), kernel="linear", degree=0)
        both = [gains[n], without(place[None])[0]]
        scores = [np.sqrt(np.prod(each)) if min(each) > 0 else 0.0 for each in both]
        missed.append(abs(scores[0] - scores[1]))
    assert left_out_error(places, gains) == pytest.approx(max(missed), rel=1e-6, abs=1e-9)


def test_places_beside_one_another_count_once():
    """What the search looks at again beside a place hides not how badly that was known before."""
    places = grid(5, 1)
    gains = np.stack([5.0 + 10.0 * (places[:, 0] == 0.5), np.full(5, 5.0)], axis=1)
    alone = left_out_error(places, gains)
    assert alone == pytest.approx(np.sqrt(15.0 * 5.0) - 5.0)
    beside = np.concatenate([places, [[0.5 + 1e-6], [0.5 - 1e-5]]])
    again = np.concatenate([gains, gains[2:3], gains[2:3]])
    assert left_out_error(beside, again) == alone
    assert left_out_error(places[[0, 4]], gains[[0, 4]]) is None


@settings(max_examples=25, deadline=None)
@given(boxes=st.integers(1, 2), seed=st.integers(0, 100_000))
@example(boxes=2, seed=257)
def test_no_score_lies_above_the_bound_where_rates_are_seen(boxes, seed):
    """Gains that are linear between the grid's places along each box lie below what their rates reach."""
    rng = np.random.default_rng(seed)
    knots = np.linspace(0.0, 1.0, 4)
    shapes = rng.normal(2.0, 3.0, size=(2, boxes, 4))

    def gains_at(places):
        parts = [[np.interp(places[:, k], knots, side[k]) for k in range(boxes)] for side in shapes]
        return np.stack([np.sum(each, axis=0) for each in parts], axis=1)

    places = grid(4, boxes)
    dense = gains_at(grid(61, boxes))
    scores = np.where(
        dense.min(axis=1) < 0.0, dense.min(axis=1), np.sqrt(np.maximum(dense.prod(axis=1), 0.0))
    )
    bound = reachable(places, gains_at(places))
    assert bound >= scores.max() - 1e-6 * abs(scores.max())
    slopes = np.abs(np.diff(shapes, axis=2)).max(axis=2) * 3
    reach = gains_at(places).max(axis=0) + slopes.sum(axis=1)
    if reach.min() > 0.0:
        assert bound <= np.sqrt(reach.prod()) + 1e-9


def test_the_bound_of_linear_gains_is_their_optimum():
    """Where both gains are linear in two boxes, nothing better is left than what there is."""
    places = grid(3, 2)
    gains = np.stack(
        [1.0 + 4.0 * places[:, 0] - places[:, 1], 4.0 - 3.0 * places[:, 0] + places[:, 1]], axis=1
    )
    dense = grid(401, 2)
    best = np.sqrt(((1 + 4 * dense[:, 0] - dense[:, 1]) * (4 - 3 * dense[:, 0] + dense[:, 1])).max())
    assert reachable(places, gains) == pytest.approx(best, rel=1e-4)


def test_rates_are_raised_until_all_places_agree():
    """A place that no rate along a box explains raises all rates; where none is seen, there is no bound."""
    places = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    gains = np.stack([[1.0, 2.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0]], axis=1)
    plain = reachable(places, gains)
    assert plain == pytest.approx(np.sqrt(15.0), rel=1e-6)
    more = reachable(np.append(places, [[0.5, 0.5]], 0), np.append(gains, [[4.0, 5.0]], 0))
    # two more than the corner one half away along both: rates of 2 and 2 in place of 1 and 1
    assert more > 1.2 * plain
    assert reachable(np.array([[0.0, 0.0], [1.0, 1.0]]), gains[[0, 3]]) is None


def test_linear_gains_are_known_exactly():
    """Gains of 10p - 73 and 115 - 10p have their best product at 9.4, and nothing is left open."""
    found = talk(lambda p, *_: 10 * p - 73, lambda p, *_: 115 - 10 * p, price="7..13 MUSD/MW/year")
    best = found.best
    assert best.score == pytest.approx(21.0, rel=1e-6)
    assert best.error == pytest.approx(0.0, abs=1e-6)
    assert best.bound == pytest.approx(21.0, rel=1e-6)
    assert (best.gap, best.missed, best.margin) == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)
    told = next(each for each in found.sentences if each.startswith("Within the boxes"))
    assert "the others gave its score to within 0 % of that of the best" in told
    assert "By an estimate, not a proof, none are better by more than 0 %" in told


def test_curved_gains_are_not_and_that_is_said():
    """Where the surrogate promises nothing more though there is more, error and bound say so."""
    found = talk(lambda p, *_: 30 * np.log(p / 7), lambda p, *_: 169 - p * p, price="7..13 MUSD/MW/year")
    best, prices = found.best, np.linspace(7.0, 13.0, 60_001)
    optimum = np.sqrt((30 * np.log(prices / 7) * (169 - prices**2)).max())
    assert best.gap == 0.0
    assert best.score < optimum * (1 - 5e-5)
    assert best.score + best.error > optimum
    assert optimum < best.bound < 1.1 * optimum
    told = next(each for each in found.sentences if each.startswith("Within the boxes"))
    assert f"to within {100 * best.missed:.2g} % of that of the best. By an estimate" in told
    assert f"by more than {100 * best.margin:.2g} %: if gains" in told


def test_every_way_to_settle_the_rest_counts():
    """Outcomes, error and bound are those of all ways to settle what has no box, not of the best alone."""
    found = talk(
        lambda p, *_: 10 * p - 73,
        lambda p, _, refuses: 115 - 10 * p if refuses else 114.5 - 10 * p + 3 * np.sin(5 * p),
        price="7..13 MUSD/MW/year",
        first_refusal=["keep", "out"],
    )
    settled = [
        talk(
            lambda p, *_: 10 * p - 73,
            lambda p, *_, which=which: 115 - 10 * p if which else 114.5 - 10 * p + 3 * np.sin(5 * p),
            price="7..13 MUSD/MW/year",
        ).best
        for which in (True, False)
    ]
    assert found.best.score == max(each.score for each in settled)
    assert found.best.looked_at == sum(each.looked_at for each in settled)
    assert found.best.promised == max(each.promised for each in settled)
    assert found.best.error == max(each.error for each in settled) > 0.1
    assert found.best.bound == max(each.bound for each in settled)


def test_gains_that_jump_give_no_number():
    """Where a gain jumps between places, and more than as much again may lie there, no number is said."""
    found = talk(
        lambda p, *_: 20.0 if p > 9.9 else 0.01,
        lambda p, *_: 133 * (10 - p) + 0.5,
        price="7..13 MUSD/MW/year",
    )
    assert found.best.margin > 1.0
    told = next(each for each in found.sentences if each.startswith("Within the boxes"))
    assert told.endswith("gains change too fast between them to say how much better others could be.")


def test_what_a_search_promises_is_found_by_looking_everywhere():
    """In two boxes the surrogate's best place is as good as the best of a fine grid."""
    places = grid(4, 2)
    gains = np.stack(
        [3.0 + 4 * places[:, 0] ** 2 - places[:, 1], 5.0 - 3 * places[:, 0] + places[:, 1]], axis=1
    )
    surrogate = RBFInterpolator(places, gains, kernel="linear", degree=0)
    dense = surrogate(grid(201, 2))
    place, score = promise(places, gains, 0)
    assert score >= np.sqrt(dense.prod(axis=1).max()) - 1e-6
    assert np.sqrt(surrogate([place]).prod()) == pytest.approx(score)


@pytest.mark.parametrize(
    ("box", "share", "written"),
    [
        (Box("price", 9.0, 12.0, "MUSD/MW/year"), 0.16638, "9.4991 MUSD/MW/year"),
        (Box("share", 50.0, 100.0, "%"), 1 / 3, "66.667 %"),
        (Box("mw", 100.0, 2000.0, "MW"), 0.16638, "416.1 MW"),
        (Box("mw", 100.0, 2000.0, "MW"), 1.0, "2000 MW"),
        (Box("bare", 0.50001, 0.60003, ""), 0.0, "0.50001"),
    ],
)
def test_a_place_in_a_box_is_written_with_the_digits_that_matter(box, share, written):
    """What a search finds is a price that can be put into a contract, to a ten-thousandth of the box."""
    assert box.near(share) == written
