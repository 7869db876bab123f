"""One thing changed, all else the same: who loses what, what changes nothing, and what is refused."""

import numpy as np
import pytest

from offtake.errors import InputError
from offtake.stress import Stress, stress
from offtake.stress._course import Course, program
from simulate.hand import book, compute, near, parties, quarter, workload
from stress.chain import AT, LOST, chain, course_of, failing


def run(a_book, **changes):
    """A stress of a few futures without compiling."""
    return stress(a_book, paths=changes.pop("paths", 3), engine="numpy", **changes)


def small():
    """A lab, its cloud, and two deals of which each may come about or not."""
    maybe = {"firmness": "optional", "likelihood": "50 %"}
    return book(
        4,
        parties=parties(Tide=500, North=500, Lark={"cash": "50 M USD", "income": "5 M USD/quarter"}, Lone=7),
        workloads={"chat": workload("12 MW", **{"yield": "10 MUSD/MW/year"})},
        drivers={"users": {"gbm": {"now": "10 MW", "growth": "10 %/year"}, "noise": "20 %/year"}},
        deals={
            "one": compute("Tide", clauses={"ramp": {quarter(0): "5 MW"}}, **maybe),
            "two": compute("North", clauses={"ramp": {quarter(0): "5 MW"}}, **maybe),
        },
        scenarios={
            "no first": {"without": ["one"]},
            "Tide falls": {"fail": "Tide", "at": quarter(1)},
        },
    )


def test_who_loses_what_in_the_chain():
    """Each party's loss is the sum of what was computed by hand, and its parts add up to it."""
    found = run(chain(), fail="Tide", at=AT)
    losses = found.losses()
    assert {party: losses.loc[party, "mean"] for party in LOST} == pytest.approx(
        {party: sum(lost.values()) for party, lost in LOST.items()}, abs=1e-9
    )
    parts = losses[["receipts", "payments", "claims", "outside"]]
    assert parts.sum(axis=1).to_numpy() == near(losses["mean"].to_numpy())
    assert losses.loc["Bank", ["receipts", "claims"]].tolist() == near([6, 100])
    assert losses.loc["Lark", ["payments", "outside"]].tolist() == near([-60, 90])
    by_deal = found.values("lost_by_deal", shock=f"Tide in {AT}")
    assert float(by_deal.sel(deal="order")) == near(60)
    assert float(by_deal.sel(deal="seed")) == near(50)


def test_capacity_lost_and_confidence_in_the_chain():
    """Delivered and served power fall by the deal's ten megawatts from the quarter of the failure on."""
    found = run(chain(), fail="Tide", at=AT)
    shock = f"Tide in {AT}"
    assert found.values("delivered_lost", shock=shock, party="Lark").values == near([0, 10, 10, 10])
    assert found.values("served_lost", shock=shock, workload="chat").values == near([0, 10, 10, 10])
    assert found.values("unserved_added", shock=shock, workload="chat").values == near([0, 10, 10, 10])
    assert found.values("confidence_fall", shock=shock).values[:2] == near([0, 1])


def test_a_party_that_nobody_depends_on_changes_nothing():
    """Not a digit of anybody else's outcome moves."""
    found = run(small(), fail="Lone", at=quarter(1), paths=8)
    others = found.dataset.drop_sel(party="Lone")
    for name in ("loss", "loss_part", "loss_by_quarter", "extra_default", "round", "delivered_lost"):
        assert not others[name].values.any(), name
    for name in ("lost_by_deal", "served_lost", "unserved_added", "confidence_fall"):
        assert not found.dataset[name].values.any(), name


def test_a_failure_after_the_horizon_changes_nothing():
    """A failure in a quarter that is never reached leaves every number as it was."""
    model, course = course_of(chain())
    before = course.run(np.full(9, np.inf))
    after = course.run(failing(model, "Tide", 4))
    for name, value in before._asdict().items():
        assert np.array_equal(value, getattr(after, name)), name


def test_the_order_of_parties_does_not_matter():
    """Two that fail together are the same two, however they are named."""
    one = run(small(), fail=["Tide", "Lark"], at=quarter(1))
    other = run(small(), fail=("Lark", "Tide"), at=quarter(1))
    assert one.dataset.identical(other.dataset)
    assert one.shocks[0].name == "Tide and Lark in 2026-Q2"


def test_a_failure_by_the_stress_is_the_same_as_by_a_scenario():
    """The scenario of the book and the party named here give the same losses."""
    by_hand, by_name = run(small(), fail="Tide", at=quarter(1)), run(small(), scenario="Tide falls")
    assert np.array_equal(by_hand.dataset["loss"].values, by_name.dataset["loss"].values)


def test_a_change_leaves_the_draws_of_everything_else_alone():
    """Where one uncertain deal is taken out, the other comes about in the same futures as before."""
    found = run(small(), scenario="no first", paths=64)
    assert not found.values("lost_by_deal", shock="no first", deal="two").values.any()
    assert found.values("lost_by_deal", shock="no first", deal="one") > 0


def test_every_party_and_every_scenario_in_turn():
    """The word each names them all, and each case is what it is when it runs alone."""
    turns = run(small(), fail="each", at=quarter(1))
    assert [shock.failed for shock in turns.shocks] == [("Tide",), ("North",), ("Lark",), ("Lone",)]
    alone = run(small(), fail="Lark", at=quarter(1))
    assert np.array_equal(turns.values("loss", shock="Lark in 2026-Q2"), alone.values("loss")[:, 0])
    shocks = run(small(), scenario="each").shocks
    assert [shock.name for shock in shocks] == ["no first", "Tide falls"]
    # a scenario may make a party fail, too
    assert [(shock.failed, shock.felled) for shock in shocks] == [((), ()), ((), ("Tide",))]


def test_overrides_are_made_together_with_the_failure():
    """What is set and who fails stand in one shock, and cash that is taken away is lost."""
    found = run(chain(), fail="Hermit", at=AT, set={"parties.Bank.cash": "-25 M USD"})
    assert len(found.shocks) == 1
    assert found.losses().loc["Bank", "mean"] == near(25)


def test_ranking_by_harm_done_and_suffered():
    """Harm done is the losses of all others; harm suffered is averaged over the failures of the others."""
    found = run(chain(), fail="each", at=AT)
    ranks = {each.party: each for each in found.ranking.ranks}
    loss = found.dataset["loss"].sel(stat="mean")
    assert found.ranking.ranks[0].party == "Tide"
    saved_by_peer = 3 * 40
    assert ranks["Tide"].done == near(sum(sum(lost.values()) for lost in LOST.values()) - saved_by_peer)
    assert ranks["Tide"].followers == near(2)
    others = loss.drop_sel(shock=f"Bank in {AT}").sel(party="Bank")
    assert ranks["Bank"].suffered == near(float(others.mean()))
    assert ranks["Hermit"].done == 0.0


def test_debtrank_on_the_exposures_of_the_chain():
    """Exposures are loans and a year's receipts; a loan above the lender's buffer wipes it out."""
    found = run(chain(), fail="Tide", at=AT)
    ranking = found.ranking
    place = {party: n for n, party in enumerate(ranking.parties)}
    assert ranking.exposures[place["Bank"]][place["Tide"]] == near(100 + 3 * 2)
    assert ranking.exposures[place["Both"]][place["Tide"]] == near(40)
    ranks = {each.party: each for each in ranking.ranks}
    assert ranks["Bank"].buffer == 1.0
    # Bank, Seed, Both and, through Both, Last lose all they have
    assert ranks["Tide"].debtrank == near(1 + 1 + 10 + 1)
    assert ranks["Hermit"].debtrank == 0.0


def test_compiled_runs_agree_with_plain_ones():
    """The compiled program gives the numbers of the plain one, channels included."""
    plain = stress(chain(), fail="Tide", at=AT, paths=5, engine="numpy", channels=True)
    fast = stress(chain(), fail="Tide", at=AT, paths=5, channels=True)
    for name in plain.dataset.data_vars:
        assert fast.dataset[name].values == pytest.approx(plain.dataset[name].values, abs=1e-6), name


def test_what_it_says_of_itself():
    """The record names its book, its settings and its papers, and shows itself as a table."""
    found = run(chain(), fail="Tide", at=AT)
    assert isinstance(found, Stress)
    assert (found.book, found.paths, found.seed, found.book_hash) == ("hand", 3, 0, chain().hash)
    assert found.citations
    assert "1 shocks" not in repr(found)
    assert "<table" in found._repr_html_()
    for array in found.dataset.data_vars.values():
        assert {"units", "long_name"} <= set(array.attrs)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({}, "nothing is changed", id="nothing"),
        pytest.param({"fail": "Tyde", "at": AT}, "Did you mean `Tide`", id="unknown party"),
        pytest.param({"fail": "Tide"}, "in which quarter", id="no quarter"),
        pytest.param({"at": AT}, "nobody is named to fail", id="quarter without a party"),
        pytest.param({"fail": "Tide", "at": "2031-Q1"}, "outside the book's calendar", id="too late"),
        pytest.param({"fail": "Tide", "at": "2025-Q4"}, "outside the book's calendar", id="too early"),
        pytest.param({"fail": "Tide", "at": "soon"}, "not a quarter", id="no date"),
        pytest.param({"fail": [], "at": AT}, "is empty", id="empty list"),
        pytest.param({"scenario": "flood"}, "no scenario", id="unknown scenario"),
        pytest.param({"scenario": "each"}, "has no scenarios", id="no scenarios"),
        pytest.param({"set": {"parties.Lark.cash": "5 MW"}}, "an amount of money is needed", id="wrong unit"),
        pytest.param({"set": {"parties.Lark.gold": "5"}}, "gold", id="unknown path"),
        pytest.param({"fail": "Tide", "at": AT, "paths": 0}, "at least one path", id="no futures"),
    ],
)
def test_what_is_refused(changes, says):
    """What cannot be done is refused with what is wrong."""
    with pytest.raises(InputError, match=says):
        run(chain(), **changes)


def test_names_that_are_not_there_are_refused_when_reading():
    """A variable, a label or a shock that does not exist is named beside those that do."""
    found = run(chain(), fail="each", at=AT)
    with pytest.raises(InputError, match="there is no variable `wealth`; there are loss"):
        found.values("wealth")
    with pytest.raises(InputError, match="has no party `Tyde`"):
        found.values("loss", party="Tyde")
    with pytest.raises(InputError, match="say which shock"):
        found.losses()
    with pytest.raises(InputError, match="there is no shock `Tide`"):
        found.losses("Tide")


def test_one_program_serves_every_party():
    """Failing another party does not make another program."""
    model, _ = course_of(chain())
    made = program(model.structure, "jax")
    assert program(compile_again(), "jax") is made
    course = Course(made, model, np.zeros((2, len(model.draw_labels))), np.ones(2))
    course.run(np.full(9, np.inf))
    before = made.course._cache_size()
    for party in model.names.parties[:3]:
        course.run(failing(model, party, 1), np.ones((4, 9)))
    assert made.course._cache_size() == before


def compile_again():
    """The structure of the chain, compiled from the book once more."""
    return course_of(chain())[0].structure
