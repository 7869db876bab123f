"""Losses split by channel: hand-computed, adding up, and nothing left when every channel is closed."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from offtake.drivers import standard_normals
from offtake.errors import InputError
from offtake.model import CHANNELS, compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._engine import run_block
from offtake.simulate._ledger import ledger
from offtake.stress import SPLIT, shapley, stress
from offtake.stress._channels import silent
from strategies.books import books
from stress.chain import AT, LOST, chain, course_of, failing


def split_of(found, party):
    """The loss of a party by channel, in M USD."""
    values = found.values("loss_channel", shock=found.shocks[0].name, party=party)
    return {channel: float(values.sel(channel=channel)) for channel in SPLIT}


@pytest.mark.parametrize("party", LOST)
def test_each_channel_of_a_hand_computed_chain(party):
    """Supply, contract, funding and confidence carry what was computed by hand, and nothing else."""
    found = stress(chain(), fail="Tide", at=AT, paths=2, engine="numpy", channels=True)
    expected = {channel: LOST[party].get(channel, 0.0) for channel in SPLIT}
    assert split_of(found, party) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_who_follows_in_the_chain_and_when():
    """Both and Peer run short in the quarter of the failure; the two share-outs of their falls agree."""
    found = stress(chain(), fail="Tide", at=AT, paths=2, engine="numpy", channels=True)
    rounds = found.values("round", shock=f"Tide in {AT}")
    assert {str(p) for p in rounds.party.values if rounds.sel(party=p).sum() > 0} == {"Both", "Peer"}
    assert float(rounds.sel(party="Peer", since=0)) == 1.0
    assert float(found.values("followers", shock=f"Tide in {AT}", number=2)) == 1.0
    by_channel = found.values("default_channel", shock=f"Tide in {AT}")
    assert by_channel.sel(party="Peer").values == pytest.approx([1 / 6, 0, 1 / 6, 2 / 3, 0])
    assert by_channel.sel(party="Both").values == pytest.approx([0.5, 0, 0.5, 0, 0])


def test_written_off_prepayments_go_by_the_contract():
    """A buyer that has prepaid loses the balance by the contract and its margin by the supply channel."""
    deals = chain().to_data()["deals"]
    deals["order"]["clauses"] |= {
        "prepayment": {"share": "10 %", "lead": "0 quarters", "credited_from": "month 12"},
        "term": "2 years",
    }
    found = stress(chain(deals=deals), fail="Tide", at=AT, paths=1, engine="numpy", channels=True)
    # a tenth of 8 quarters at 20 M USD is prepaid in the first and not credited before the fifth
    assert split_of(found, "Lark") == pytest.approx(
        {"contract": 16, "supply": 30, "funding": 0, "confidence": 0, "other": 0}, abs=1e-9
    )


def test_a_failure_that_would_have_come_anyway_stands_apart():
    """What the party's own later default costs in the base run is taken off under `other`."""
    parties = chain().to_data()["parties"]
    parties["Tide"] = {"cash": "100 M USD", "costs": "40 M USD/quarter", "grace": "0 quarters"}
    book = chain(parties=parties)
    found = stress(book, fail="Tide", at=AT, paths=1, engine="numpy", channels=True)
    split = split_of(found, "Bank")
    assert split["other"] < -50
    assert sum(split.values()) == pytest.approx(float(found.losses().loc["Bank", "mean"]), abs=1e-9)


def test_with_a_channel_closed_the_world_pays_and_says_so():
    """The ledger shows the support, line for line what the closed channel leaves due."""
    model = compile(chain())
    leaves = dict(model.leaves)
    leaves["party.fail_at"] = failing(model, "Tide", 1)
    leaves["party.contract_channel"] = np.where(np.array(model.names.parties) == "Tide", 0.0, 1.0)
    model = type(model)(model.structure, leaves, model.drivers, model.uncertain)
    z = np.zeros((1, len(model.draw_labels)))
    block = run_block(np, model, z, lambda _xp, _fixed, _state, flows: flows)
    lines = ledger(model.structure, block.kept, 0)
    support = lines[lines.kind == "support"].set_index("quarter").paid.to_dict()
    assert support == {"2026-Q2": 2 + 20, "2026-Q3": 2, "2026-Q4": 2}
    assert float(np.max(block.kept.residual)) < 1e-12


# a failing book is told as it was found: shrinking one takes minutes
SEARCH = settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@SEARCH
@given(st.data())
def test_channels_add_up_in_any_book(data):
    """The five parts of each loss add up to it, and money closes whichever channels are closed."""
    book = data.draw(books())
    fail = data.draw(st.sampled_from(sorted(book.parties)))
    at = str(data.draw(st.sampled_from(list(book.calendar))))
    found = stress(book, fail=fail, at=at, paths=3, engine="numpy", channels=True)
    loss = found.dataset["loss"].sel(stat="mean").values
    split = found.dataset["loss_channel"].sum("channel").values
    assert split == pytest.approx(loss, rel=1e-9, abs=1e-9 * max(1.0, np.abs(loss).max()))
    assert found.audit["D1 and D2"] < 1e-9


@SEARCH
@given(st.data())
def test_nothing_reaches_others_with_every_channel_closed(data):
    """Where a party is never short by itself, its failure with all channels closed changes nobody else."""
    book = data.draw(books())
    fail = data.draw(st.sampled_from(sorted(book.parties)))
    model, course = course_of(book)
    when = data.draw(st.integers(0, model.structure.quarters - 1))
    z = standard_normals(3, 0, 4, len(model.draw_labels))
    ages = run_block(np, model, z, lambda _xp, _fixed, state, _flows: (state.arrears_age, state.default_age))
    place = model.names.parties.index(fail)
    alone = (ages.kept[0][..., place].max(axis=0) == 0) & (ages.kept[1][..., place].max(axis=0) < 0)
    assume(alone.any())
    fails = failing(model, fail, when)
    closed = np.ones((len(CHANNELS), 1)) * np.isfinite(fails)
    before = course.run(np.full(len(fails), np.inf))
    after = course.run(fails, closed)
    others = np.arange(len(fails)) != place
    size = max(1.0, float(np.abs(before.wealth).max()))
    assert after.wealth[alone][:, others] == pytest.approx(before.wealth[alone][:, others], abs=1e-8 * size)
    assert np.array_equal(after.default[alone][:, others], before.default[alone][:, others])


@SEARCH
@given(st.data())
def test_a_silent_channel_can_be_closed_without_any_change(data):
    """What is said to carry nothing carries nothing, to the last digit."""
    book = data.draw(books())
    model, course = course_of(book)
    fail = data.draw(st.sampled_from(sorted(book.parties)))
    fails = failing(model, fail, data.draw(st.integers(0, model.structure.quarters - 1)))
    quiet = silent(model, np.isfinite(fails))
    assume(quiet)
    closed = np.array([[1.0 if n in quiet else 0.0] for n in range(len(CHANNELS))]) * np.isfinite(fails)
    before, after = course.run(fails), course.run(fails, closed)
    others = ~np.isfinite(fails)
    assert np.array_equal(before.wealth[:, others], after.wealth[:, others])


def test_shapley_values_of_a_game_computed_by_hand():
    """Three players: the glove game, where the owner of the left glove gets two thirds."""
    worth = {
        frozenset(members): float(0 in members and len(members) > 1)
        for members in [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    }
    assert shapley(worth, 3) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_channels_without_a_failure_are_refused():
    """Channels split what a failure does, so there has to be one."""
    with pytest.raises(InputError, match="name a party"):
        stress(chain(), set={"parties.Lark.cash": "1 M USD"}, channels=True, paths=1, engine="numpy")
