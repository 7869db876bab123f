"""The measure of a simulation: against a run whose numbers are chosen by hand."""

import pytest

from facts.invented_facts import lantern, run
from offtake.errors import InputError
from offtake.facts._measures import measure

BOOK = lantern()
RUN = run()


@pytest.mark.parametrize(
    ("spec", "value", "dimension"),
    [
        ({"variable": "cash", "party": "Wick", "quarters": "2026-Q3"}, 103, "money"),
        ({"variable": "cash", "party": "Wick", "quarters": "2026-Q3", "stat": "q95"}, 104, "money"),
        ({"variable": "cash", "party": ["Wick", "Tallow"], "quarters": "2026-Q1"}, 302, "money"),
        ({"variable": "revenue", "party": "Tallow", "years": 2026, "reduce": "sum"}, 810, "money"),
        (
            {"variable": "revenue", "party": "Tallow", "quarters": ["2026-Q1", "2026-Q4"], "reduce": "mean"},
            202.5,
            "money",
        ),
        (
            {
                "variable": "revenue",
                "party": "Wick",
                "quarters": {"from": "2026-Q2", "to": "2026-Q4"},
                "reduce": "last",
            },
            104,
            "money",
        ),
        ({"variable": "cash", "party": "Wick", "quarters": "2026-Q1", "times": 4}, 404, "money"),
        (
            {
                "variable": "cash",
                "party": "Tallow",
                "quarters": "2026-Q1",
                "minus": {"variable": "cash", "party": "Wick", "quarters": "2026-Q1", "times": 2},
            },
            201 - 202,
            "money",
        ),
        ({"variable": "burn", "party": "Wick", "years": [2026, 2027], "reduce": "max"}, 20, "money"),
        ({"variable": "default", "party": "Wick", "quarters": "2027-Q4"}, 0.07, "share"),
        ({"variable": "first_profitable", "party": "Wick", "years": "never"}, 0.25, "share"),
        ({"variable": "driver_value", "driver": "users", "quarters": "2026-Q2"}, 1, "power"),
        ({"variable": "in_force", "deal": "licence"}, 1, "share"),
        ({"variable": "energised", "site": "Moor", "quarters": "2026-Q1"}, 30, "power"),
        ({"variable": "total_demand", "quarters": "2026-Q1"}, 20, "power"),
        ({"variable": "phase_energised", "phase": "Moor/2"}, 2, "duration"),
    ],
    ids=str,
)
def test_a_result_is_read_from_the_run(spec, value, dimension):
    """Labels, time, reduction, factor and further results each do what they say."""
    found = measure(BOOK, {"result": spec}, RUN)
    assert (found.value, found.dimension) == (pytest.approx(value), dimension)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ({"variable": "csh"}, "no variable of a simulation is called `csh`. Did you mean `cash`?"),
        ({"party": "Wick"}, "`variable` is missing"),
        ({"variable": "cash", "quarters": "2026-Q1"}, "told by party, and none is named"),
        ({"variable": "cash", "party": "Wich", "quarters": "2026-Q1"}, "Did you mean `Wick`?"),
        ({"variable": "cash", "party": "Wick", "site": "Moor", "quarters": "2026-Q1"}, "not told by site"),
        ({"variable": "cash", "party": "Wick"}, "not said of which time"),
        ({"variable": "cash", "party": "Wick", "quarters": "2031-Q1"}, "not in the calendar"),
        ({"variable": "cash", "party": "Wick", "years": 2031}, "no year of the calendar"),
        ({"variable": "burn", "party": "Wick", "quarters": "2026-Q1"}, "told by year"),
        ({"variable": "in_force", "deal": "note", "years": 2026}, "has no time"),
        ({"variable": "cash", "party": "Wick", "years": 2026}, "not said what to make of 4 values"),
        ({"variable": "cash", "party": "Wick", "years": 2026, "reduce": "middle"}, "no way to reduce"),
        ({"variable": "cash", "party": "Wick", "quarters": "2026-Q1", "stat": "q51"}, "no statistic"),
        (
            {"variable": "cash", "party": "Wick", "years": 2026, "stat": "q50", "reduce": "sum"},
            "no quantile of the sum",
        ),
        (
            {"variable": "cash", "party": ["Wick", "Tallow"], "quarters": "2026-Q1", "stat": "q50"},
            "no quantile of the sum",
        ),
        ({"variable": "cash", "party": "Wick", "quarters": "2026-Q1", "times": "4x"}, "is no factor"),
        (
            {
                "variable": "cash",
                "party": "Wick",
                "quarters": "2026-Q1",
                "plus": {"variable": "total_demand", "quarters": "2026-Q1"},
            },
            "do not go together",
        ),
        (
            {"variable": "cash", "party": "Wick", "quarters": {"from": "2026-Q3", "to": "2026-Q1"}},
            "a first and a last one",
        ),
        ({"variable": "phase_energised", "phase": "Moor/3"}, "no phase is called `Moor/3`"),
        ({"variable": "gate_cost", "gate": "Moor/2/chips"}, "Did you mean `Moor/2/works`?"),
    ],
    ids=str,
)
def test_a_result_that_means_nothing_is_refused_before_any_run(spec, what):
    """Variables, labels and times are checked against the book, so that no simulation is wasted."""
    with pytest.raises(InputError) as refusal:
        measure(BOOK, {"result": spec})
    assert what in str(refusal.value)
