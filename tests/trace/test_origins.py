"""Where receipts come from: the published case, cases by hand, and money followed coin by coin."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.errors import InputError
from offtake.trace import trace_origins
from oracles.trace import origins_of

DATA = Path(__file__).parents[1] / "data" / "flows.json"
AMOUNTS = st.sampled_from([0.0, 0.0, 0.3, 1.0, 2.0, 7.0, 40.0])


@st.composite
def networks(draw, most=6):
    """Parties with payments, money from outside and spending, some of them closed circles."""
    size = draw(st.integers(2, most))
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    arcs = {pair: amount for pair in pairs if (amount := draw(AMOUNTS)) > 0}
    sources = {kind: [draw(AMOUNTS) for _ in range(size)] for kind in ("customers", "funding")}
    return arcs, sources, [draw(AMOUNTS) for _ in range(size)]


def traced(arcs, sources, spent, **settings):
    """Return the origins of a network given as a dict of arcs."""
    payers, receivers = (np.array([pair[side] for pair in arcs], dtype=int) for side in (0, 1))
    amounts = np.array(list(arcs.values()), dtype=float)
    kinds = {kind: np.array(values, dtype=float) for kind, values in sources.items()}
    return trace_origins(payers, receivers, amounts, kinds, np.array(spent, dtype=float), **settings)


def total(found):
    """Return the sum of each party's shares."""
    return found.own + found.others + found.loop + sum(found.shares.values())


def test_the_published_case_of_four_nodes():
    """Shares of two generators in two loads, as Bialek's average flows give them."""
    case = next(case for case in json.loads(DATA.read_text())["cases"] if case["id"] == "bialek_4node")
    arcs = {(i - 1, j - 1): (sent + got) / 2 for i, j, sent, got in case["input"]["lines"]}
    expected = case["expected"]["average_flow"]
    loads = {int(node) - 1: load for node, load in expected["load"].items()}
    found = traced(arcs, {}, [loads.get(node, 0.0) for node in range(4)])
    assert found.drawn[:2] == pytest.approx(expected["generation"])
    for node, shares in expected["share"].items():
        assert found.purses[int(node) - 1, :2] == pytest.approx(shares, abs=1e-4)
        served = found.purses[int(node) - 1, :2] * loads[int(node) - 1]
        assert served == pytest.approx(expected["load_by_generator"][node], abs=0.01)


@pytest.mark.parametrize(("outside", "own"), [(0.0, 1.0), (10.0, 0.25), (30.0, 1 / 16)])
def test_a_ring_with_money_from_outside(outside, own):
    """Two purses lie on the way round, and each keeps the share of what it passes that came from the ring."""
    ring = {(0, 1): 10.0, (1, 2): 10.0, (2, 0): 10.0}
    found = traced(ring, {"customers": [outside] * 3}, [outside] * 3)
    assert found.own == pytest.approx([own] * 3, abs=1e-14)
    assert found.shares["customers"] == pytest.approx([1 - own] * 3, abs=1e-14)


def test_a_ring_that_one_party_feeds():
    """The one with customers gets back nothing but its own payments; the others get half of it from them."""
    ring = {(0, 1): 10.0, (1, 2): 10.0, (2, 0): 10.0}
    found = traced(ring, {"customers": [10, 0, 0]}, [10, 0, 0])
    assert found.own == pytest.approx([1.0, 0.5, 0.5])
    assert found.shares["customers"] == pytest.approx([0.0, 0.5, 0.5])


def test_a_ring_that_is_wholly_renewed_has_no_circle():
    """Where all money is from customers and leaves at the end of the chain, nothing returns."""
    chain = {(0, 1): 10.0, (1, 2): 10.0}
    found = traced(chain, {"customers": [10, 0, 0]}, [0, 0, 10])
    assert found.own.tolist() == [0, 0, 0]
    assert found.shares["customers"].tolist() == [0, 1, 1]


def test_a_closed_circle_has_no_origin_but_itself():
    """Receipts in a ring that nothing enters are own money; whom it pays gets money without a source."""
    arcs = {(0, 1): 5.0, (1, 0): 5.0, (2, 3): 4.0}
    found = traced(arcs, {"customers": [0, 0, 4, 0]}, [0, 0, 0, 4])
    assert found.own.tolist() == [1, 1, 0, 0]
    assert found.shares["customers"].tolist() == [0, 0, 0, 1]
    leaking = traced({(0, 1): 5.0, (1, 0): 5.0, (1, 2): 0.0 + 1e-14}, {}, [0, 0, 0])
    assert leaking.own[:2].tolist() == [1, 1]
    assert leaking.loop[2] == pytest.approx(1.0)


def test_cash_of_others_is_told_apart_by_purse():
    """A party that pays without receiving draws down cash, and who is paid knows whose cash it is."""
    found = traced({(0, 2): 3.0, (1, 2): 1.0, (2, 3): 2.0}, {}, [0, 0, 0, 0])
    assert found.others.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(found.purses[3], [0.75, 0.25, 0, 0])


def test_who_receives_nothing_has_no_shares():
    """Shares of nothing are zero, not a division by zero."""
    found = traced({(0, 1): 1.0}, {"customers": [1, 0, 0]}, [0, 1, 0])
    assert total(found).tolist() == [0, 1, 0]


@settings(max_examples=120)
@given(networks())
def test_shares_add_up_to_one(network):
    """Whatever the network, the origins of every party's receipts are all there is, and none is negative."""
    found = traced(*network)
    receives = found.receipts > 0
    np.testing.assert_allclose(total(found)[receives], 1.0, atol=1e-12)
    assert found.unexplained < 1e-9
    np.testing.assert_allclose(found.purses.sum(axis=1), found.others, atol=1e-12)
    assert (np.diagonal(found.purses) == 0).all()
    for share in (found.own, found.others, found.loop, *found.shares.values()):
        assert ((share >= 0) & (share <= 1 + 1e-12)).all()


@settings(max_examples=60)
@given(networks(most=5))
def test_the_oracle_follows_every_coin(network):
    """The closed form agrees with money followed back step by step until it is gone."""
    arcs, sources, spent = network
    found = traced(*network)
    for party in range(len(spent)):
        slow = origins_of(party, arcs, sources, spent)
        closed = slow.pop("loop", 0.0)
        if closed:
            assert found.own[party] + found.loop[party] == pytest.approx(
                slow.get("own", 0.0) + closed, abs=1e-6
            )
            continue
        assert found.own[party] == pytest.approx(slow.get("own", 0.0), abs=1e-8)
        for kind in sources:
            assert found.shares[kind][party] == pytest.approx(slow.get(kind, 0.0), abs=1e-8)
        for other in range(len(spent)):
            assert found.purses[party, other] == pytest.approx(slow.get(("purse", other), 0.0), abs=1e-8)


@settings(max_examples=40)
@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_matter(network, random):
    """Numbering the parties otherwise gives the same shares, party by party."""
    arcs, sources, spent = network
    order = list(range(len(spent)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    renamed = {(place[i], place[j]): amount for (i, j), amount in arcs.items()}
    moved = traced(
        renamed, {k: [v[old] for old in order] for k, v in sources.items()}, [spent[o] for o in order]
    )
    plain = traced(*network)
    np.testing.assert_allclose(moved.own, plain.own[order], atol=1e-12)
    np.testing.assert_allclose(moved.purses, plain.purses[np.ix_(order, order)], atol=1e-12)


def test_many_small_parts_are_solved_sparsely():
    """A network of many pairs gives what each pair gives by itself."""
    count = 40
    pairs = {(2 * k, 2 * k + 1): 10.0 + k for k in range(count)} | {
        (2 * k + 1, 2 * k): 5.0 for k in range(count)
    }
    customers = [6.0 if k % 2 == 0 else 0.0 for k in range(2 * count)]
    found = traced(pairs, {"customers": customers}, [0.0] * (2 * count))
    one = traced({(0, 1): 17.0, (1, 0): 5.0}, {"customers": [6.0, 0.0]}, [0.0, 0.0])
    np.testing.assert_allclose(found.own[14:16], one.own, atol=1e-14)
    np.testing.assert_allclose(total(found), 1.0, atol=1e-12)


def test_negative_money_is_refused():
    """A payment below zero has to be turned round by the caller."""
    with pytest.raises(InputError, match="payments must not be negative"):
        traced({(0, 1): -1.0}, {}, [0.0, 0.0])
    with pytest.raises(InputError, match="customers must not be negative"):
        traced({(0, 1): 1.0}, {"customers": [-1.0, 0.0]}, [0.0, 0.0])


def test_purses_can_be_left_out():
    """For large networks the table of N times N is not made, and nothing else changes."""
    arcs, sources = {(0, 1): 2.0, (1, 0): 1.0}, {"customers": [1.0, 0.0]}
    bare, full = traced(arcs, sources, [0, 1], purses=False), traced(arcs, sources, [0, 1])
    assert bare.purses is None
    assert bare.own.tolist() == full.own.tolist()
