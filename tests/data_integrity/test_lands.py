"""The textbook problem LandS as a book: the published figures, to be solved through `plan`."""

from types import SimpleNamespace

import pytest

from offtake.book import Book, ComputeDeal, Price, Ramp, Term

RESERVED = (10, 7, 16, 6)
USED = ((40, 24, 4), (45, 27, 4.5), (32, 19.2, 3.2), (55, 33, 5.5))
DEMANDS = {"low demand": (0.3, 3, 3, 2), "middle demand": (0.4, 5, 3, 2), "high demand": (0.3, 7, 3, 2)}
SIGNED = (2.6666666666666665, 4.0, 3.3333333333333335, 2.0)


@pytest.fixture(scope="module")
def book() -> Book:
    """The shipped book."""
    return Book.read("lands")


def test_offers_are_the_technologies(book: Book) -> None:
    """A technology costs its reservation price, and its usage price for as long as each load runs."""
    loads = list(book.workloads.values())
    for reserved, used, deal in zip(RESERVED, USED, book.deals.values(), strict=True):
        price, term = deal.clause(Price), deal.clause(Term)
        assert isinstance(deal, ComputeDeal)
        assert price is not None
        assert price.reservation is not None
        assert price.usage is not None
        assert term is not None
        assert term.until == book.calendar.last
        assert price.reservation.value == reserved
        assert [price.usage.value * load.duration.value for load in loads] == pytest.approx(used)


def test_nodes_are_the_demands(book: Book) -> None:
    """Each node asks for what its scenario asks, with its probability."""
    for name, (probability, *demands) in DEMANDS.items():
        loads = book.at_node(name).workloads.values()
        assert book.tree[name].probability.value == pytest.approx(probability)
        assert [load.demand.on(book.calendar) for load in loads] == [[each] for each in demands]
    assert set(book.tree) == set(DEMANDS)


def test_the_policy_is_the_budget_and_the_least_capacity(book: Book) -> None:
    """At most 120 is committed, at least 12 MW stand, and everything is served; the known optimum does so."""
    policy = book.policies["Planner"]
    assert policy.commitment_limit is not None
    assert policy.contracted.at_least is not None
    assert (policy.commitment_limit.value, policy.contracted.at_least.value) == (120.0, 12.0)
    assert {name: share.value for name, share in policy.service.items()} == dict.fromkeys(book.workloads, 1.0)
    assert sum(reserved * mw for reserved, mw in zip(RESERVED, SIGNED, strict=True)) <= 120.0
    assert sum(SIGNED) == pytest.approx(12.0)


def test_the_known_optimum_can_be_signed(book: Book) -> None:
    """Signed, the four technologies deliver from the opening on."""
    decisions = [
        SimpleNamespace(entry=name, what="offer", start=0, mw=mw, quarter="2026-Q1")
        for name, mw in zip(book.deals, SIGNED, strict=True)
    ]
    for deal, mw in zip(book.signed(decisions).deals.values(), SIGNED, strict=True):
        ramp = deal.clause(Ramp)
        assert ramp is not None
        assert {quarter: level.value for quarter, level in ramp.levels.items()} == {book.calendar.first: mw}
