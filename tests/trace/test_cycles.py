"""Cycles: all where they are few, the largest first where they are many, and what is left out is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.trace import _cycles as module
from offtake.trace import find_cycles
from oracles.trace import every_cycle


@st.composite
def arcs(draw):
    """Some payments between a few parties."""
    size = draw(st.integers(2, 6))
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=16))
    return size, {pair: draw(st.sampled_from([1.0, 2.0, 3.5, 8.0])) for pair in chosen}


def searched(size, flows, **limits):
    """Return the cycles of a dict of arcs."""
    return find_cycles([i for i, _ in flows], [j for _, j in flows], list(flows.values()), size, **limits)


@settings(max_examples=80)
@given(arcs())
def test_all_cycles_are_found_with_their_bottlenecks(network):
    """Every elementary cycle, each once, the largest bottleneck first."""
    size, flows = network
    found = searched(size, flows, most=10_000)
    assert dict(zip(found.cycles, found.bottlenecks, strict=True)) == every_cycle(flows)
    assert len(set(found.cycles)) == len(found.cycles)
    assert list(found.bottlenecks) == sorted(found.bottlenecks, reverse=True)
    assert found.complete


@settings(max_examples=60)
@given(arcs(), st.integers(1, 4), st.integers(2, 4))
def test_a_search_that_stops_has_missed_only_smaller_ones(network, most, longest):
    """With fewer cycles allowed, every one above the amount that is told is there."""
    size, flows = network
    found = searched(size, flows, most=most, longest=longest)
    every = every_cycle(flows, longest)
    assert set(found.cycles) <= set(every)
    assert {cycle for cycle, amount in every.items() if amount > found.reached} <= set(found.cycles)
    assert len(found.cycles) <= most
    assert found.complete == (len(found.cycles) < most)


def test_no_cycle_is_longer_than_asked():
    """A shortcut closes a short cycle; the long one beside it is not told."""
    ring = {(0, 1): 9.0, (1, 2): 8.0, (2, 3): 7.0, (1, 3): 6.0, (3, 0): 5.0}
    assert searched(4, ring, longest=3).cycles == ((0, 1, 3),)
    assert set(searched(4, ring, longest=4).cycles) == {(0, 1, 3), (0, 1, 2, 3)}


def test_what_is_left_out_is_said():
    """The sentence names the length, and the amount below which cycles may be missing."""
    ring = {(0, 1): 5.0, (1, 2): 4.0, (2, 0): 3.0, (1, 0): 2.0}
    assert searched(3, ring).left_out == (
        "All cycles of at most 6 parties; cycles of more than 6 parties are not looked for."
    )
    few = searched(3, ring, most=1, longest=3)
    assert few.cycles == ((0, 1, 2),)
    assert few.left_out == (
        "Cycles whose smallest payment is 3 M USD or less may be missing; "
        "cycles of more than 3 parties are not looked for."
    )


def test_a_crowded_network_does_not_hang(monkeypatch):
    """The search ends after a bounded number of steps, and says so."""
    monkeypatch.setattr(module, "_STEPS", 20_000)
    random = np.random.default_rng(3)
    size = 2_000
    payers = np.repeat(np.arange(size), 10)
    receivers = (payers + 1 + random.integers(0, size - 1, payers.size)) % size
    keys = np.unique(payers * size + receivers)
    found = find_cycles(keys // size, keys % size, random.lognormal(0, 1, keys.size), size, most=10**9)
    assert not found.complete
    assert found.reached > 0


@pytest.mark.parametrize("flows", [{}, {(0, 1): 5.0, (1, 2): 3.0}])
def test_a_chain_has_none(flows):
    """Where money never comes back there is no cycle."""
    assert searched(3, flows).cycles == ()
