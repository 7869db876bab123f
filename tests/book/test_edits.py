"""Copies of a book with something changed or left out, and the difference of two books."""

from typing import Any

import pytest

from offtake.book import Amount, Book, Change
from offtake.calendar import Quarter
from offtake.errors import BookError, InputError


@pytest.mark.parametrize(
    ("path", "value", "told", "before", "after"),
    [
        ("drivers.users.growth", "10 %/year", "drivers.users.logistic.growth", "70 %/year", "10 %/year"),
        (
            "drivers.users.logistic.growth",
            "10 %/year",
            "drivers.users.logistic.growth",
            "70 %/year",
            "10 %/year",
        ),
        ("parties.C3.example.cash", "3 M USD", "parties.C3.example.cash", "0 M USD", "3 M USD"),
        ("parties.C3.example.cash", Amount(3.0, "money"), "parties.C3.example.cash", "0 M USD", "3 M USD"),
        (
            "deals.base.price",
            "9 MUSD/MW/year",
            "deals.base.clauses.price.usage",
            "11 MUSD/MW/year",
            "9 MUSD/MW/year",
        ),
        ("deals.base.clauses.price.escalator", "3 %", "deals.base.clauses.price.escalator", "2 %", "3 %"),
        ("deals.base.api.until", Quarter(2026, 4), "deals.base.clauses.api.until", "2027-Q4", "2026-Q4"),
        ("deals.base.take_or_pay", "70 %", "deals.base.clauses.take_or_pay.share", "80 %", "70 %"),
        ("deals.base.take_or_pay.share", "70 %", "deals.base.clauses.take_or_pay.share", "80 %", "70 %"),
        ("deals.base.ramp.2026-Q4", "50 MW", "deals.base.clauses.ramp.levels.2026-Q4", "60 MW", "50 MW"),
        ("sites.Mere.phases.2.mw", "30 MW", "sites.Mere.phases.2.mw", "40 MW", "30 MW"),
        (
            "sites.Mere.phases.2.gates.chips.duration",
            "6 months",
            "sites.Mere.phases.2.gates.chips.duration",
            "3 months",
            "6 months",
        ),
        ("sites.Mere.capex.rest", "9 MUSD/MW", "sites.Mere.capex.rest", "0 MUSD/MW", "9 MUSD/MW"),
        (
            "parties.Lark Labs.funding.limit.path.2026-Q1",
            "100 M USD/quarter",
            "parties.Lark Labs.funding.limit",
            {"path": {"2026-Q1": "200 M USD/quarter"}},
            {"path": {"2026-Q1": "100 M USD/quarter"}},
        ),
        ("market.haircut", "10 %", "market.haircut", "30 %", "10 %"),
        ("correlations.users ~ spot", 0.2, "correlations.users ~ spot", 0.4, 0.2),
        ("title", "two", "title", None, "two"),
        ("rights.parity.until", "2027-Q1", "rights.parity.until", None, "2027-Q1"),
    ],
)
def test_a_path_changes_one_field(
    book: Book, path: str, value: Any, told: str, before: Any, after: Any
) -> None:
    """A dotted path sets one field, the rest of the book stays, and the difference says so."""
    assert book.diff(book.replace({path: value})) == (Change(told, before, after),)


def test_a_change_of_one_figure_drops_its_sources(book: Book) -> None:
    """A new figure does not keep the sources of the old one."""
    assert book.replace({"parties.Lark Labs.cash": "1 B USD"}).parties["Lark Labs"].cash.sources == ()


def test_entries_and_clauses_can_be_added_and_taken_out(book: Book) -> None:
    """A whole entry or clause may be set, and None takes an optional one out."""
    more = book.replace({"parties.Third": {"cash": "3 M USD"}, "deals.base.term": "4 years"})
    assert "Third" in more.parties
    assert "term" in more.deals["base"].clauses
    assert more.replace({"parties.Third": None, "deals.base.term": None}) == book


def test_changes_may_be_given_by_name(book: Book) -> None:
    """Changes may be given as keyword arguments."""
    assert book.replace(**{"parties.Northgate.cash": "7 B USD"}).parties["Northgate"].cash.value == 7_000.0
    assert book.replace() == book


def test_a_changed_book_leaves_the_first_as_it_was(book: Book, data: dict[str, Any]) -> None:
    """Changing a book changes only the copy."""
    book.replace({"deals.base.price": "9 MUSD/MW/year", "parties.Northgate.cash": "7 B USD"})
    assert book == Book.from_data(data)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("drivers.usres.growth", "Did you mean `users`?"),
        ("drivers.users.grwth", "Did you mean `growth`?"),
        ("partys.Northgate.cash", "Did you mean `parties`?"),
        ("sites.Mere.phases.3.mw", "`3` is not there"),
        ("sites.Mere.phases.0.mw", "`0` is not there"),
        ("parties.Northgate.cash.value.more", "leads nowhere"),
        ("deals.base.prise", "Did you mean `price`?"),
        ("parties.Northgate.cash.value.more", "A plain value stands there"),
        ("policies.Northgate.risk", "Nothing stands there yet; add the entry to the book"),
        ("", "leads nowhere"),
    ],
)
def test_paths_that_lead_nowhere_are_refused(book: Book, path: str, said: str) -> None:
    """A path to nothing is refused with the name that was probably meant."""
    with pytest.raises(InputError) as refused:
        book.replace({path: "1"})
    assert said in str(refused.value)


def test_impossible_values_are_refused(book: Book) -> None:
    """A changed book is checked like one that is read."""
    with pytest.raises(BookError, match="got a power"):
        book.replace({"parties.Northgate.cash": "3 MW"})
    with pytest.raises(BookError, match="no party is called `Nordgate`"):
        book.replace({"deals.base.seller": "Nordgate"})


def test_leaving_out(book: Book) -> None:
    """Clauses, deals and rights can be left out by the short or the full path."""
    assert "take_or_pay" not in book.without("base.take_or_pay").deals["base"].clauses
    assert book.without("base.take_or_pay") == book.without("deals.base.clauses.take_or_pay")
    assert book.without("rights.parity").rights == {}
    left = book.without("more")
    assert list(left.deals) == ["base"]
    assert left.scenarios["no more"].without == ()


@pytest.mark.parametrize("path", ["rights.pairty", "base.prise", "nothing", "deals.base.clauses.termination"])
def test_what_is_not_there_cannot_be_left_out(book: Book, path: str) -> None:
    """Leaving out what is not there is refused."""
    with pytest.raises(InputError, match="leads nowhere"):
        book.without(path)


def test_what_is_needed_cannot_be_left_out(book: Book) -> None:
    """Leaving out what the rest needs is refused as a broken book."""
    with pytest.raises(BookError, match="needs a clause `price`"):
        book.without("base.price")
    with pytest.raises(BookError, match="no party is called"):
        book.without("parties.Northgate")


def test_scenarios_set_what_has_no_date(book: Book) -> None:
    """Undated overrides of a scenario are set; dated ones and delays of a cause are left to the engines."""
    assert book.with_scenario("demand stalls").drivers["users"].logistic["growth"] == "10 %/year"  # type: ignore[index]
    assert book.with_scenario("stalls later") == book
    assert [change.path for change in book.diff(book.with_scenario("poor"))] == ["parties.Lark Labs.cash"]
    with pytest.raises(InputError, match="Did you mean `poor`"):
        book.with_scenario("por")


def test_the_difference_names_what_only_one_has(book: Book) -> None:
    """What only one of two books has is told as a whole, with None for the other."""
    (change,) = book.diff(book.without("rights.parity"))
    assert (change.path, change.after) == ("rights.parity", None)
    assert change.before["holder"] == "Lark Labs"
    assert str(Change("a.b", None, 3)) == "a.b: nothing → 3"
    assert book.diff(book) == ()


def test_lists_of_another_length_are_told_as_a_whole(book: Book) -> None:
    """A list that has become longer is told as one change."""
    phases = [*book.to_data()["sites"]["Mere"]["phases"], {"mw": "1 MW", "online": "2027-Q1"}]
    assert [change.path for change in book.diff(book.replace({"sites.Mere.phases": phases}))] == [
        "sites.Mere.phases"
    ]
