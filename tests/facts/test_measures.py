"""Measures of a book: against numbers computed by hand, and what they refuse."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facts.invented_facts import DATA, lantern
from offtake.book import Book
from offtake.errors import InputError
from offtake.facts import MEASURES
from offtake.facts._measures import measure

BOOK = lantern()
# 30 MW and another 50 MW a year later, each for 20 quarters; 2 and 1 for each MW-quarter, no escalator
STEPS = 3.0 * (30 + 50) * 20
# 10 MW for four quarters and 10 MW for two; 500 chips a MW, 2190 hours, 2 USD
CAPPED = (10 * 4 + 10 * 2) * 500 * 2190 * 2 / 1e6


@pytest.mark.parametrize(
    ("given_measure", "value", "dimension"),
    [
        ({"total_value": "steps"}, STEPS, "money"),
        ({"total_value": "capped"}, CAPPED, "money"),
        ({"total_value": ["headline", "chips"]}, 30_000 + 100 * 30, "money"),
        ({"total_value": "stake"}, 1000 + 2000 + 4000 + 5000, "money"),
        ({"total_value": ["note", "cushion"]}, 150 + 300, "money"),
        ({"volume": ["steps", "headline", "chips"]}, 80 + 1000 + 100, "power"),
        ({"paid_since": "stake"}, 7000, "money"),
        ({"paid_since": {"deals": ["stake"], "since": 2020, "until": "2025-Q4"}}, 2000, "money"),
        ({"paid_since": {"deals": "stake", "until": 2026}}, 7000, "money"),
        ({"tranche_total": "stake"}, 5000, "money"),
        ({"tranche_size": "stake"}, 500, "money"),
        ({"plan_cumulative_burn": "Wick"}, 25, "money"),
        ({"plan_cumulative_burn": {"party": "Wick", "from": 2027, "until": 2027}}, 20, "money"),
        ({"plan_profitable_year": "Wick"}, 2028, "year"),
        ({"field": "parties.Wick.cash"}, 900, "money"),
        ({"field": "parties.Wick.debt.2.amount"}, 1000, "money"),
        ({"field": "parties.Tallow.costs"}, 10, "money_flow"),
        ({"field": "deals.steps.clauses.price.usage"}, 2, "capacity_price"),
        ({"field": "deals.steps.price.reservation"}, 1, "capacity_price"),
        ({"field": "deals.capped.price"}, 2, "gpu_hour_price"),
        ({"field": "deals.open end.exclusivity.until"}, "2027-Q2", "quarter"),
        ({"field": "drivers.users.now"}, 20, "power"),
        ({"field": "plans_of_record.Wick.burn.2027"}, 20, "money"),
        ({"field": "plans_of_record.Wick.profitable_year"}, 2028, "year"),
        ({"field": "deals.steps.seller"}, "Tallow", "text"),
        ({"sum": ["parties.Wick.cash", {"tranche_size": "stake"}]}, 1400, "money"),
        ({"ratio": ["parties.Tallow.cash", "parties.Wick.debt.1.amount"]}, 2.5, "ratio"),
        ({"site_mw": "Moor"}, 80, "power"),
        ({"site_mw": {"sites": ["Moor"], "by": "2026-Q2"}}, 30, "power"),
        ({"right_until": "parity"}, "2028-Q4", "quarter"),
        ({"right_until": "open end.exclusivity"}, "2027-Q2", "quarter"),
        ({"count": "deals"}, 9, "count"),
        ({"count": {"section": "deals", "kind": ["compute", "supply"], "firmness": "firm"}}, 3, "count"),
        ({"count": {"section": "deals", "distinct": "kind"}}, 6, "count"),
    ],
    ids=str,
)
def test_a_measure_gives_what_is_computed_by_hand(given_measure, value, dimension):
    """Every measure agrees with a number worked out from the book with a pencil."""
    found = measure(BOOK, given_measure)
    assert found.dimension == dimension
    if isinstance(value, str):
        assert str(found.value) == value
    else:
        assert found.value == pytest.approx(value, rel=1e-12)


def test_every_measure_is_tried_above():
    """A new measure needs a number worked out by hand."""
    marks = test_a_measure_gives_what_is_computed_by_hand.pytestmark
    tried = {next(iter(case[0])) for mark in marks for case in mark.args[1]}
    assert tried | {"monthly_change"} == set(MEASURES)


def test_every_measure_is_in_the_document():
    """The page for those who write facts shows how each measure is written."""
    page = (Path(__file__).parents[2] / "docs" / "facts.md").read_text(encoding="utf-8")
    assert [name for name in [*MEASURES, "result"] if f"`{name}: " not in page] == []


def test_every_measure_says_how_it_is_written():
    """The first line of a measure's docstring shows how a fact names it."""
    for name, each in MEASURES.items():
        assert f"`{name}: " in (each.__doc__ or ""), name


@given(
    start=st.integers(0, 6),
    rises=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 40)), min_size=1, max_size=4),
    length=st.integers(1, 30),
    last=st.integers(0, 40),
)
def test_a_contract_is_worth_what_its_quarters_come_to(start, rises, length, last):
    """Value by the closed form equals price times MW added up quarter by quarter, tranche by tranche."""
    when, level, ramp, tranches = start, 0, {}, []
    for wait, more in rises:
        when, level = when + wait, level + more
        ramp[when] = level
    for quarter, reached in ramp.items():
        tranches.append((quarter, reached - sum(mw for _, mw in tranches)))
    owed = sum(mw for t in range(200) for begin, mw in tranches if begin <= t < min(begin + length, last + 1))
    name = {place: f"{2026 + place // 4}-Q{place % 4 + 1}" for place in range(60)}
    clauses = {
        "ramp": {name[quarter]: f"{mw} MW" for quarter, mw in ramp.items()},
        "price": "3 MUSD/MW/quarter",
        "term": {"length": f"{length} quarters", "until": name[last]},
    }
    deal = {"kind": "compute", "seller": "Tallow", "buyer": "Wick", "clauses": clauses}
    book = Book.from_data({**DATA, "deals": {"one": deal}})
    assert math.isclose(measure(book, {"total_value": "one"}).number, 3.0 * owed, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("given_measure", "what"),
    [
        ({"volumes": "steps"}, "no measure is called `volumes`. Did you mean `volume`?"),
        ({"volume": "steps", "sum": []}, "exactly one name"),
        ({"volume": "stepps"}, "no deal is called `stepps`. Did you mean `steps`?"),
        ({"volume": []}, "the name of a deal is needed"),
        ({"volume": "stake"}, "no volume, no ramp and no sites"),
        ({"total_value": "licence"}, "a licence deal such as `licence` has no headline value"),
        ({"total_value": "open end"}, "has no end"),
        ({"paid_since": "steps"}, "no dated payments"),
        ({"paid_since": {"deals": "stake", "form": 2019}}, "`form` is not an argument here"),
        ({"paid_since": {"since": 2019}}, "`deals` is missing"),
        ({"paid_since": {"deals": "stake", "since": "soon"}}, "`soon` is not a quarter"),
        ({"tranche_size": "steps"}, "has no tranches"),
        ({"tranche_size": ["stake", "steps"]}, "one deal is needed, got 2"),
        ({"right_until": "parrity"}, "Did you mean `parity`?"),
        ({"plan_cumulative_burn": {"party": "Wick", "until": 2031}}, "says nothing of the burn of 2031"),
        ({"plan_profitable_year": "Tallow"}, "no plan of record is called `Tallow`"),
        ({"field": "parties.Wick.cahs"}, "leads nowhere: `cahs` is not there. Did you mean `cash`?"),
        ({"field": "parties.Wick"}, "is no single value"),
        ({"field": "workloads.lamps.demand"}, "follows the driver `users`"),
        ({"field": 3}, "a dotted path is needed"),
        ({"sum": ["parties.Wick.cash", {"volume": "steps"}]}, "money and power do not go together"),
        ({"sum": [{"result": {}}]}, "results are not added up here"),
        ({"ratio": ["parties.Wick.cash"]}, "a ratio needs two terms"),
        ({"site_mw": "Fen"}, "no site is called `Fen`"),
        ({"monthly_change": "users.csv"}, "there is no file of this history"),
        ({"monthly_change": {"driver": "users"}}, "there is no file of this history"),
        ({"count": "dials"}, "Did you mean `deals`?"),
        ({"count": {"section": "deals", "colour": "red"}}, "has a field `colour`"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_refused(given_measure, what):
    """A measure that does not exist or does not apply is refused in words that name what is wrong."""
    with pytest.raises(InputError) as refusal:
        measure(BOOK, given_measure)
    assert what in str(refusal.value)


def test_the_change_of_a_month_is_read_from_a_file_beside_the_book(tmp_path):
    """A history gives the change from one month to the next, in its last month or in a named one."""
    (tmp_path / "calls.csv").write_text(
        "date,value\n2025-08,100\n2025-09,110\n2025-10,99\n", encoding="utf-8"
    )
    lantern({"x": {"row": "S6", "says": "x", "measure": {"count": "deals"}, "stated": 9}}).write(
        tmp_path / "b.yaml"
    )
    book = Book.read(tmp_path / "b.yaml")
    assert measure(book, {"monthly_change": "calls.csv"}).value == pytest.approx(-0.1)
    found = measure(book, {"monthly_change": {"history": "calls.csv", "month": "2025-09"}})
    assert found.value == pytest.approx(0.1)
    with pytest.raises(InputError, match="no value a month before"):
        measure(book, {"monthly_change": {"history": "calls.csv", "month": "2025-08"}})
    with pytest.raises(InputError, match="no value of 2024-08"):
        measure(book, {"monthly_change": {"history": "calls.csv", "month": "2024-08"}})
    with pytest.raises(InputError, match="no file `other"):
        measure(book, {"monthly_change": "other.csv"})
