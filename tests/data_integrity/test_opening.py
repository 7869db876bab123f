"""The first quarters of the real book, simulated, against what was reported."""

import pytest

from data_integrity.test_provenance import REAL, shipped
from offtake.facts import default_table, evaluate
from offtake.results import Simulation
from offtake.simulate import simulate

pytestmark = pytest.mark.slow

_GOOD = ("AAA", "AA", "A", "BBB")


@pytest.fixture(scope="module")
def runs() -> Simulation:
    """Return futures of the real book, enough for means within a percent."""
    return simulate(shipped(REAL), paths=4096, seed=11)


def test_simulated_facts_agree(runs: Simulation) -> None:
    """Every stated figure agrees with the book or with the simulation within its tolerance."""
    table = evaluate(shipped(REAL), runs)
    assert table.left_out == ()
    assert [f"{row.name}: {row.stated} against {row.computed}" for row in table.disagreeing] == []


def test_no_party_defaults_far_above_its_rating(runs: Simulation) -> None:
    """In the first year no party defaults five times as often as firms of its rating did."""
    table = default_table(shipped(REAL), runs)
    assert [row.party for row in table.rows if row.verdict == "far above"] == []


def test_investment_grade_parties_hardly_ever_default(runs: Simulation) -> None:
    """To the calendar's end a party rated BBB or better defaults in less than four futures of a hundred."""
    parties = shipped(REAL).parties
    rated = [name for name, party in parties.items() if (party.rating or "").rstrip("+-") in _GOOD]
    last = runs.dataset["default"].isel(quarter=-1)
    often = {name: float(last.sel(party=name)) for name in rated if float(last.sel(party=name)) > 0.04}
    assert often == {}


def test_money_is_conserved(runs: Simulation) -> None:
    """No future of the real book creates or loses money."""
    assert max(runs.audit.values()) < 1e-9
