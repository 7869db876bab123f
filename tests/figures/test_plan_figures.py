"""Figures of a plan show what the plan says."""

import json
from dataclasses import replace

import numpy as np
import pytest

from figures.small_plans import small_plan
from offtake import figures
from offtake.plan import Signing

NAMES = ("plan_signings", "plan_supply", "plan_cover", "plan_frontier")


@pytest.fixture(scope="module")
def book():
    """The small shipped book."""
    return small_plan()[0]


@pytest.fixture(scope="module")
def best():
    """Its plan."""
    return small_plan()[1]


def test_a_line_for_every_offer(book, best):
    """Every offer has a bar with what is signed of it, those signed for most first."""
    record = figures.collect_plan_signings(book, best)
    signed = {each.entry: each.mw for each in best.now if each.what in {"offer", "build"}}
    assert {line.entry: line.now for line in record.lines if line.now} == pytest.approx(signed)
    assert {line.entry for line in record.lines if not line.now} == set(best.passed_over)
    assert [line.now for line in record.lines] == sorted((line.now for line in record.lines), reverse=True)
    assert all(line.now + line.later <= line.most + 1e-6 for line in record.lines)
    assert record.again
    reopened = {line.entry: line.signed for line in record.lines if line.signed is not None}
    assert set(reopened) == set(best.settings["reopened"])
    assert len(record.table().rows) == len(record.lines)


def test_what_is_decided_later_counts_by_its_chance(book, best):
    """A signing at a later node stands as its expected volume; a licence has no bar."""
    first = best.now[0]
    later = replace(first, node="1", probability=0.25, mw=20.0, quarter="2027-Q1")
    models = Signing("model-licence", "licence", "Lark Labs", first.quarter, "opening", 1.0, 0, 0.0, 0.0)
    changed = replace(best, signings=(later, models), passed_over=("model-licence",))
    (line,) = figures.collect_plan_signings(book, changed).lines
    assert (line.entry, line.now, line.later) == (first.entry, 0.0, 5.0)


def test_supply_adds_up_to_capacity(book, best):
    """The layers are the plan's capacity, given contracts below, and the line is demand."""
    record = figures.collect_plan_supply(book, best)
    stacked = np.sum([layer.mw for layer in record.layers], axis=0)
    assert stacked == pytest.approx(best.dataset["capacity"].sum("source").to_numpy())
    firm = [layer.firmness == "firm" for layer in record.layers]
    assert firm == sorted(firm, reverse=True)
    demand = best.dataset["total_demand"]
    assert list(record.demand.mean) == pytest.approx(demand.sel(stat="mean").values.tolist())


def test_cover_is_what_is_left_of_critical_work(book, best):
    """What still runs without a provider is critical work less what is missing, at the end of each year."""
    record = figures.collect_plan_cover(book, best)
    quarters = list(best.dataset.indexes["quarter"])
    for line in record.lines:
        quarter = max(each for each in quarters if each.startswith(line.year))
        at = best.dataset.sel(provider=line.provider, quarter=quarter)
        assert line.critical == pytest.approx(float(at["cover_needed"]))
        assert line.covered == pytest.approx(float(at["cover_needed"] - at["cover_missing"]), abs=1e-9)
    assert record.worst.held == min(line.held for line in record.lines)


def test_a_plan_without_critical_work_has_no_cover(book, best):
    """Where no work is critical there is nothing to draw a line for."""
    plain = replace(best, dataset=best.dataset.drop_vars(["cover_needed", "cover_missing"]))
    record = figures.collect_plan_cover(book, plain)
    assert record.lines == ()
    assert record.worst is None


def test_the_frontier_has_a_dot_for_each_plan(book, best):
    """Dots stand in order of weight, the chosen one among them in its colour."""
    record = figures.collect_plan_frontier(book, best)
    weights = [point.weight for point in record.points]
    assert weights == sorted(weights)
    assert record.chosen in weights
    colours = figures.draw_plan_frontier(record).data[0].marker.color
    assert len(set(colours)) == 2
    assert colours.count(colours[weights.index(record.chosen)]) == 1


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_is_drawn(book, best, name, narrow):
    """Each figure has traces, a height and numbers that JSON can hold; its table is text throughout."""
    record = getattr(figures, f"collect_{name}")(book, best)
    held = json.loads(getattr(figures, f"draw_{name}")(record, narrow=narrow).to_json())
    assert held["data"]
    assert 100 < held["layout"]["height"] < 1_600
    table = record.table()
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.columns)} == {len(table.align)}
    assert all(isinstance(cell, str) and cell != "nan" for row in table.rows for cell in row)
