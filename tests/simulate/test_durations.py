"""Workloads that run for a part of each quarter (rule E31), computed by hand."""

import numpy as np

from offtake.book import Book
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from simulate.hand import Outcome, book, compute, every_runner, near, parties, quarter, workload


def _peaky(**terms):
    """Ten MW at 8 a year, of which a load that always runs takes 4 and one that runs for a tenth takes 6."""
    return book(
        1,
        parties=parties(Lark=1_000, Tide=0),
        workloads={
            "base": workload("4 MW", **{"yield": "40 MUSD/MW/year"}, priority=1),
            "peak": workload(
                "9 MW",
                **{"yield": "20 MUSD/MW/year"},
                penalty="12 MUSD/MW/year",
                priority=2,
                duration="10 %",
            ),
        },
        deals={"base-deal": compute(clauses={"ramp": {quarter(0): "10 MW"}, **terms})},
        market={"buy_depth": "1 MW"},
        drivers={"spot": {"constant": "28 MUSD/MW/year"}},
    )


@every_runner
def test_money_counts_the_time_a_load_runs(run):
    """Revenue, penalty and spot are a tenth for a load that runs for a tenth; its MW are what they are."""
    out = Outcome(run, _peaky())
    assert out.state("served", "peak") == near([6 + 1])
    assert out.state("unserved", "peak") == near([2])
    assert out.paid("revenue", party="Lark") == near([4 * 10 + 0.1 * 7 * 5])
    assert out.paid("penalty", party="Lark") == near([0.1 * 2 * 3])
    assert out.paid("spot", party="Lark") == near([0.1 * 1 * 7])
    assert out.state("used", "base-deal") == near([10])


@every_runner
def test_a_usage_price_counts_the_mean_time(run):
    """The ten MW that are used count as four whole ones and six tenths."""
    assert Outcome(run, _peaky()).paid("fee", "base-deal") == near([2 * (4 + 0.6)])


@every_runner
def test_take_or_pay_counts_the_whole_quarter(run):
    """The floor is a share of what is delivered, however long it is used; so is what is reserved."""
    assert Outcome(run, _peaky(take_or_pay="80 %")).paid("fee", "base-deal") == near([2 * 8])
    price = {"usage": "8 MUSD/MW/year", "reservation": "4 MUSD/MW/year"}
    assert Outcome(run, _peaky(price=price)).paid("fee", "base-deal") == near([1 * 10 + 2 * 4.6])


def test_a_book_without_durations_has_none():
    """Where every load runs all the time no number of it is there; one that does not brings all."""
    plain = compile(Book.read("first-steps"))
    assert not plain.structure.dispatch.has_duration
    assert "workload.duration" not in plain.leaves
    mixed = compile(_peaky())
    assert mixed.structure.dispatch.has_duration
    assert np.array_equal(mixed.leaves["workload.duration"], [1.0, 0.1])
