"""What the shipped books must hold together."""

import csv
import itertools
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import offtake
from data_integrity.test_provenance import REAL, SHIPPED, shipped
from offtake.book import Book, Volume
from offtake.facts import base_rates, evaluate

ROWS = tuple(f"S{number}" for number in range(1, 21))


@pytest.mark.parametrize("name", SHIPPED)
def test_book_reads_without_problems_or_warnings(name: str) -> None:
    """A shipped book has nothing that its own check would point out."""
    assert shipped(name).check() == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_book_survives_being_written(name: str, tmp_path: Path) -> None:
    """Writing a shipped book and reading it again gives an equal one."""
    shipped(name).write(tmp_path / "book.yaml")
    assert Book.read(tmp_path / "book.yaml").hash == shipped(name).hash


@pytest.mark.parametrize("name", SHIPPED)
def test_correlations_can_all_hold_at_once(name: str) -> None:
    """The table of correlations, with zeros elsewhere, is positive semidefinite."""
    book = shipped(name)
    order = list(book.drivers)
    table = np.eye(len(order))
    for pair, amount in book.correlations.items():
        first, second = (order.index(each.strip()) for each in pair.split("~"))
        table[first, second] = table[second, first] = amount.value
    assert np.linalg.eigvalsh(table).min(initial=1.0) > 0.0


@pytest.mark.parametrize("name", SHIPPED)
def test_uncertain_deals_say_how_likely_they_are(name: str) -> None:
    """Optional and intended deals have a likelihood; firm and offered ones have none."""
    wrong = [
        key
        for key, deal in shipped(name).deals.items()
        if (deal.likelihood is None) == (deal.firmness in ("optional", "intended"))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", SHIPPED)
def test_histories_are_there_and_in_order(name: str) -> None:
    """Every history that a driver names is a file with rising dates and positive values."""
    book = shipped(name)
    for driver in book.drivers.values():
        if driver.history is None:
            continue
        assert book.folder is not None
        with (book.folder / driver.history).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        dates = [row["date"] for row in rows]
        assert dates == sorted(set(dates))
        assert all(float(row["value"]) > 0.0 for row in rows)


def test_every_row_of_the_article_has_a_fact() -> None:
    """Each row S1 to S20 is held by at least one fact, and the opening by at least fifteen."""
    by_row = defaultdict(list)
    for name, fact in shipped(REAL).facts.items():
        by_row[fact.row].append(name)
    assert set(by_row) == {*ROWS, "opening"}
    assert len(by_row["opening"]) >= 15


def test_facts_cite_sources() -> None:
    """A stated figure says who stated it."""
    assert [name for name, fact in shipped(REAL).facts.items() if not fact.sources] == []


def test_book_reproduces_what_is_stated() -> None:
    """Every fact that needs no simulation agrees with the book."""
    table = evaluate(shipped(REAL))
    assert [f"{row.name}: {row.stated} against {row.computed}" for row in table.disagreeing] == []
    assert len(table.rows) >= 50


def test_no_gigawatt_stands_twice() -> None:
    """What a letter of intent adds beside other deals is just what the sites under it hold."""
    book = shipped(REAL)
    letters = [
        (name, deal, volume)
        for name, deal in book.deals.items()
        if deal.kind == "supply" and deal.sites and (volume := deal.clause(Volume)) is not None
    ]
    assert len(letters) >= 3
    for name, deal, volume in letters:
        assert volume.amount is not None
        alone = volume.amount.value * (1.0 - volume.inside_other_deals.value)
        built = sum(phase.mw.value for site in deal.sites for phase in book.sites[site].phases)
        assert built == pytest.approx(alone, rel=1e-9), name


def test_sites_hold_what_is_sold_from_them() -> None:
    """No site sells more than its phases hold."""
    book = shipped(REAL)
    for name, site in book.sites.items():
        power = sum(phase.mw.value for phase in site.phases)
        sold = 0.0
        for deal in book.deals.values():
            if deal.kind == "compute" and deal.sites == (name,):
                ramp = deal.clauses["ramp"]
                sold += max(level.value for level in ramp.levels.values())
        assert sold <= power + 1e-9, name


def test_shells_are_let_as_machines_are_sold() -> None:
    """A lease of a site starts each step when the compute sold from that site does."""
    book = shipped(REAL)
    leases = {deal.sites: deal for deal in book.deals.values() if deal.kind == "lease"}
    for sites, lease in leases.items():
        sales = [d for d in book.deals.values() if d.kind == "compute" and d.sites == sites]
        if len(sales) == 1:
            assert lease.clauses["ramp"].levels.keys() == sales[0].clauses["ramp"].levels.keys()


def test_hazards_follow_ratings() -> None:
    """Each rated party's hazard is the one-year base rate of its letter grade."""
    rates = base_rates()
    for name, party in shipped(REAL).parties.items():
        if party.rating is None:
            continue
        # no AAA issuer defaulted within a year: the book takes one in ten thousand for never seen
        expected = rates[party.rating.rstrip("+-")]
        assert party.hazard.value == pytest.approx(expected, abs=0.000_11), name


def test_the_folder_ships_with_the_package() -> None:
    """The data lie inside the package, where an installed one finds them."""
    folder = Path(offtake.__file__).parent / "books"
    assert {"first-steps", REAL} <= set(Book.shipped())
    assert (folder / REAL / "sources.csv").is_file()


def test_plan_of_record_adds_up() -> None:
    """The planned burn of 2025 to 2029 comes to the stated total, and revenue rises every year."""
    plan = next(iter(shipped(REAL).plans_of_record.values()))
    assert sum(plan.burn[year].value for year in range(2025, 2030)) == pytest.approx(115_000.0)
    revenue = [plan.revenue[year].value for year in sorted(plan.revenue)]
    assert all(later > earlier for earlier, later in itertools.pairwise(revenue))
