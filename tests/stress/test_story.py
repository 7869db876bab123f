"""One future told as events: each from the ledger, dated, and about whom it is."""

import pytest

from offtake.errors import InputError
from offtake.stress import story
from simulate.hand import book, compute, near, parties, quarter, workload
from stress.chain import AT, chain


def failing_chain():
    """The chain with its failure as a scenario."""
    return chain(scenarios={"Tide falls": {"fail": "Tide", "at": AT}})


def texts(told, kind):
    """Quarter and sentence of every event of a kind."""
    return [(event.quarter, event.text) for event in told.events if event.kind == kind]


def test_the_chain_told():
    """Defaults, lost capacity, money not raised, a fall of confidence and unserved work, in order."""
    told = story(failing_chain(), path=0, scenario="Tide falls")
    defaults = texts(told, "default")
    assert defaults[0] == (
        "2026-Q2",
        "Tide is in default from a cause outside the book; written off: Bank 60 M USD",
    )
    assert [(when, text.split(" is ")[0]) for when, text in defaults[1:]] == [
        ("2026-Q3", "Peer"),
        ("2026-Q3", "Both"),
    ]
    assert texts(told, "capacity lost") == [("2026-Q2", "Lark loses 10 MW of order with Tide's default")]
    assert texts(told, "confidence")[0][0] == "2026-Q2"
    assert texts(told, "unserved") == [("2026-Q2", "10 MW of 10 MW that chat of Lark asks for go unserved")]
    assert ("2026-Q2", "Peer cannot pay 40 M USD of what it owes") in texts(told, "arrears")
    assert texts(told, "funding") == []


def test_each_event_has_its_lines():
    """The lines of an arrears event are those that were not paid in full."""
    told = story(failing_chain(), path=0, scenario="Tide falls")
    event = next(each for each in told.events if each.kind == "arrears" and each.parties == ("Both",))
    assert [(line.kind, line.payer, line.receiver) for line in event.lines] == [("licence", "Both", "Last")]
    assert (event.lines[0].due, event.lines[0].paid) == near((30, 10))


def test_the_base_run_told():
    """Without the failure money is raised as agreed and nobody falls."""
    told = story(failing_chain())
    assert texts(told, "funding") == [
        ("2026-Q2", "Tide puts 20 M USD into Both under second"),
        ("2026-Q3", "Tide puts 50 M USD into Seed under seed"),
    ]
    assert {event.kind for event in told.events} == {"funding"}


def site_book():
    """A hall that is energised a quarter after plan, capacity that is late, and funding at its limit."""
    return book(
        5,
        parties=parties(
            Tide={"cash": "10 M USD", "costs": "30 M USD/quarter", "funding": {"limit": "15 M USD/quarter"}},
            Lark=1000,
        ),
        workloads={"chat": workload("10 MW")},
        sites={
            "Yard": {
                "owner": "Tide",
                "phases": [
                    {
                        "name": "hall",
                        "mw": 10,
                        "planned": quarter(1),
                        "gates": {"construction": "6 months"},
                    }
                ],
            }
        },
        deals={"order": compute(clauses={"ramp": {quarter(1): "10 MW"}}, sites=["Yard"])},
    )


def test_energised_late_and_funding_at_its_limit():
    """The hall and the deal come a quarter late; Tide draws all that it may, and falls short."""
    told = story(site_book())
    assert texts(told, "energised") == [
        ("2026-Q3", "Yard hall of Tide is energised: 10 MW, 1 quarter after plan")
    ]
    assert texts(told, "late") == [
        ("2026-Q2", "Tide does not deliver 10 MW of order to Lark on its date: it comes 1 quarter late")
    ]
    assert texts(told, "funding at its limit")[0] == (
        "2026-Q1",
        "Tide draws 15 M USD, all that its funding allows",
    )
    assert texts(told, "arrears")[0] == ("2026-Q1", "Tide cannot pay 5 M USD of what it owes")


def test_the_worst_future_of_a_party():
    """It is the one in which the party falls first; told again by its number it is the same."""
    hazards = parties(Tide={"cash": "100 M USD", "hazard": "40 %/year"}, Lark=10)
    risky = book(8, parties=hazards, deals={"order": compute(clauses={"ramp": {quarter(0): "1 MW"}})})
    worst = story(risky, path="worst:Tide", paths=300)
    assert "the worst of 300 for Tide" in worst.chosen
    again = story(risky, path=worst.path)
    assert again.events == worst.events
    first = min(
        (
            event.quarter
            for k in range(20)
            for event in story(risky, path=k).events
            if event.kind == "default"
        ),
        default="9999",
    )
    assert next(event.quarter for event in worst.events if event.kind == "default") <= first


def test_what_a_story_shows_of_itself():
    """As text, as a table, as HTML, and narrowed to one party."""
    told = story(failing_chain(), scenario="Tide falls")
    assert str(told).splitlines()[0] == "hand, future 0 of seed 0"
    assert list(told.to_dataframe().columns) == ["quarter", "kind", "text", "parties"]
    assert "<pre>" in told._repr_html_()
    assert repr(told).startswith("<Story of hand, future 0")
    about = told.about("Last")
    assert {"Last"} | {""} >= {party for event in about.events for party in event.parties if party == "Last"}
    assert all("Last" in event.parties or not event.parties for event in about.events)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("worst:Tyde", "no party is called `Tyde`"),
        ("first", "is no future"),
        ("-1", "is no future"),
    ],
)
def test_what_is_refused(path, says):
    """A future or a party that is not there is named."""
    with pytest.raises(InputError, match=says):
        story(chain(), path=path)
