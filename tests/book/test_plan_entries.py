"""What a plan reads of a book: starts, policies, the tree, models, and the book at a node."""

from typing import Any

import pytest

from offtake.book import AT_NODE, Book, Start, TreeNode, first_quarters
from offtake.errors import BookError, InputError

TREE: dict[str, Any] = {
    "trunk": {"set": {"parties.Lark Labs.cash": "700 M USD", "market.haircut": "20 %"}},
    "boom": {
        "after": "trunk",
        "from": "2027-Q1",
        "probability": "40 %",
        "set": {"drivers.users.growth": "120 %/year", "parties.Lark Labs.cash": "2 B USD"},
    },
    "bust": {
        "after": "trunk",
        "probability": "60 %",
        "shock": {"users": "x0.7"},
        "set": {"causes.grid": "+9 months"},
    },
}


@pytest.fixture
def grown(data: dict[str, Any]) -> Book:
    """The small book with a tree and policies."""
    return Book.from_data({**data, "tree": TREE})


def test_a_start_may_be_one_quarter(data: dict[str, Any]) -> None:
    """A plain start is the latest quarter of the ramp's first step, and is written as such again."""
    data["deals"]["more"] |= {"firmness": "offered"}
    del data["deals"]["more"]["likelihood"]
    data["deals"]["more"]["clauses"]["start"] = "2027-Q4"
    book = Book.from_data(data)
    start = book.deals["more"].clause(Start)
    assert start is not None
    assert (start.from_, str(start.until), start.signed_by) == (None, "2027-Q4", None)
    assert book.to_data()["deals"]["more"]["clauses"]["start"] == "2027-Q4"
    assert not book.check()


def test_what_is_not_offered_has_no_open_start(data: dict[str, Any]) -> None:
    """A start of a deal that binds is doubtful, not wrong."""
    data["deals"]["base"]["clauses"]["start"] = {"until": "2026-Q2"}
    (problem,) = Book.from_data(data).check()
    assert (problem.severity, problem.entry) == ("warning", "deals.base.clauses.start")


def test_a_request_has_no_start(data: dict[str, Any]) -> None:
    """A request names its dates: a window is refused."""
    clauses = {"ramp": {"2027-Q1": "20 MW"}, "start": "2027-Q4"}
    data["requests"] = {"ask": {"seller": "Northgate", "buyer": "Lark Labs", "clauses": clauses}}
    with pytest.raises(BookError, match="a request has no clause `start`"):
        Book.from_data(data)


def test_workloads_know_duration_worth_and_models(data: dict[str, Any]) -> None:
    """Without saying so a workload always runs, is worth its yield, and needs no models."""
    load = Book.from_data(data).workloads["assistant"]
    assert load.duration.value == 1.0
    assert load.worth.amount is not None
    assert load.worth.amount.value == 0.0
    assert load.models == ()
    data["deals"]["own"] = {
        "kind": "licence",
        "licensor": "Lark Labs",
        "licensee": "Lark Labs",
        "firmness": "offered",
        "clauses": {"fee": "9 M USD/quarter", "quality_lag": "2 quarters"},
    }
    data["workloads"]["assistant"] |= {"duration": "60 %", "worth": "3 MUSD/MW/year", "models": "own"}
    load = Book.from_data(data).workloads["assistant"]
    assert (load.duration.value, load.models) == (0.6, ("own",))


def test_only_models_of_its_own_let_a_party_deal_with_itself(data: dict[str, Any]) -> None:
    """An own licence must be offered; any other deal of a party with itself is refused as before."""
    own: dict[str, Any] = {
        "kind": "licence",
        "licensor": "Northgate",
        "licensee": "Northgate",
        "clauses": {"fee": 1},
    }
    own["clauses"]["fee"] = "1 M USD/quarter"
    for firmness in ("firm", "intended"):
        deal = own | {"firmness": firmness} | ({"likelihood": "50 %"} if firmness == "intended" else {})
        with pytest.raises(BookError, match="owes itself a fee"):
            Book.from_data({**data, "deals": {"own": deal}})
    loan = {"kind": "loan", "lender": "Northgate", "borrower": "Northgate", "firmness": "offered"}
    loan["clauses"] = {"principal": {"outstanding": "1 M USD"}, "interest": "5 %", "repayment": "2028-Q1"}
    with pytest.raises(BookError, match="is both lender and borrower"):
        Book.from_data({**data, "deals": {"loan": loan}})


def test_a_policy_asks_for_little_unless_it_says_more(data: dict[str, Any]) -> None:
    """An empty policy limits cash, continues past the calendar, and asks for nothing else."""
    data["policies"] = {"Lark Labs": {}, "Northgate": {"stages": "2027-Q1", "cover": {}}}
    book = Book.from_data(data)
    policy = book.policies["Lark Labs"]
    assert (policy.cash, policy.terminal, policy.risk, policy.cover) == ("limited", "continue", None, None)
    assert policy.contracted.at_least is None
    other = book.policies["Northgate"]
    assert [str(stage) for stage in other.stages] == ["2027-Q1"]
    assert other.cover is not None
    assert other.cover.from_ is None
    assert Book.from_data(book.to_data()) == book


def test_the_book_at_a_node_has_what_holds_there(grown: Book) -> None:
    """Overrides of a node come on top of those of the nodes before it; nothing else changes."""
    told = {change.path: change.after for change in grown.diff(grown.at_node("boom"))}
    assert told.pop("tree.trunk") is None
    assert told.pop("tree.boom") is None
    assert told.pop("tree.bust") is None
    assert told.pop(f"scenarios.{AT_NODE}") == {"title": "What has a date at `boom`"}
    assert told == {
        "drivers.users.logistic.growth": "120 %/year",
        "parties.Lark Labs.cash": "2 B USD",
        "market.haircut": "20 %",
    }


def test_what_has_a_date_is_a_scenario_at_the_node(grown: Book) -> None:
    """Shocks fall into the node's first quarter, and delays are added as a scenario adds them."""
    scenario = grown.at_node("bust").scenarios[AT_NODE]
    assert scenario.set == {"causes.grid": "+9 months"}
    assert {name: (shock.times.value, str(shock.at)) for name, shock in scenario.shock.items()} == {
        "users": (0.7, "2027-Q1")
    }


def test_siblings_share_their_first_quarter(grown: Book) -> None:
    """One sibling says when both start; the first nodes start at the opening."""
    assert {name: str(first) for name, first in first_quarters(grown).items()} == {
        "trunk": "2026-Q1",
        "boom": "2027-Q1",
        "bust": "2027-Q1",
    }


def test_there_is_no_book_at_a_node_that_is_not_there(grown: Book) -> None:
    """A misspelt node is refused with the one that was probably meant."""
    with pytest.raises(InputError, match="Did you mean `boom`"):
        grown.at_node("boon")


def test_a_node_may_change_what_the_one_before_it_made(data: dict[str, Any]) -> None:
    """A path that exists only because of an ancestor's override leads somewhere."""
    tree = {
        "trunk": {"set": {"parties.Lark Labs.funding": {"limit": "1 B USD/quarter"}}},
        "next": {
            "after": "trunk",
            "from": "2027-Q1",
            "set": {"parties.Lark Labs.funding.spread": "3 %/year"},
        },
    }
    funding = Book.from_data({**data, "tree": tree}).at_node("next").parties["Lark Labs"].funding
    assert funding is not None
    assert funding.spread.value == pytest.approx(0.03)


def test_probabilities_may_be_left_out_where_nothing_branches() -> None:
    """A node without siblings is certain."""
    assert TreeNode().probability.value == 1.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tree.boom.probability": "30 %"}, "sum to 90 %"),
        ({"tree.bust.from": "2027-Q2"}, "its sibling `boom` in 2027-Q1"),
        ({"tree.boom.from": "2026-Q1"}, "not later than `trunk` in 2026-Q1"),
        ({"tree.boom.from": None}, "nothing says in which quarter what follows `trunk` starts"),
        ({"tree.trunk.from": "2026-Q2"}, "no node covers the quarters from 2026-Q1 on"),
        ({"tree.trunk.after": "bust"}, "in a circle"),
        ({"tree.boom.after": "trnk"}, "Did you mean `trunk`"),
    ],
)
def test_a_tree_that_is_none_is_refused(grown: Book, changes: dict[str, Any], said: str) -> None:
    """Each way of breaking a tree has its own message."""
    with pytest.raises(BookError, match=said):
        grown.replace(changes)
