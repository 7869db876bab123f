"""Books with offers signed: what becomes of each entry, and what is refused."""

from dataclasses import dataclass
from typing import Any

import pytest

from offtake.book import Book, Ramp
from offtake.errors import InputError


@dataclass(frozen=True)
class Decision:
    """What a plan decides."""

    entry: str
    what: str
    mw: float
    start: int = 0
    quarter: str = "2026-Q1"


@dataclass(frozen=True)
class Decided:
    """A plan, as far as signing needs it."""

    signings: tuple[Decision, ...]


def _compute(**clauses: Any) -> dict[str, Any]:
    header = {"kind": "compute", "seller": "Northgate", "buyer": "Lark Labs"}
    return {**header, "clauses": {"price": "8 MUSD/MW/year", **clauses}}


@pytest.fixture
def offers(data: dict[str, Any]) -> Book:
    """The small book with an offer, a build, and a deal with options."""
    data["deals"] |= {
        "offer": {
            **_compute(
                ramp={"2026-Q3": "20 MW", "2027-Q1": "40 MW"},
                volume={"from": "10 MW", "to": "60 MW"},
                start={"until": "2027-Q1", "signed_by": "2026-Q2"},
                price={"total": "800 M USD"},
                term="2 years",
                expansion="12 MW",
            ),
            "firmness": "offered",
        },
        "undated": {
            **_compute(volume={"to": "30 MW"}, start={"from": "2026-Q2", "until": "2026-Q4"}),
            "firmness": "offered",
        },
        "held": _compute(
            ramp={"2025-Q1": "10 MW", "2026-Q3": "30 MW"},
            price={"usage": "8 MUSD/MW/year", "escalator": "10 %"},
            take_or_pay="80 %",
            term="2 years",
            extension="1 year",
            expansion={"volume": "12 MW", "usage": "6 MUSD/MW/year"},
            termination={"fee": "50 %"},
            delivery={"delay": "1 quarter", "chip": "Q1", "region": "north"},
        ),
        "systems": {
            "kind": "supply",
            "seller": "C3.example",
            "buyer": "Lark Labs",
            "firmness": "offered",
            "sites": "Own",
            "clauses": {"unit_price": "28 MUSD/MW", "start": {"signed_by": "2026-Q4"}},
        },
    }
    data["sites"]["Own"] = {
        "owner": "Lark Labs",
        "chip": "Q1",
        "phases": [{"mw": 20, "gates": {"crew": "1 year"}}],
    }
    return Book.from_data(data)


def _told(book: Book, *decisions: Decision) -> dict[str, Any]:
    return {change.path: change.after for change in book.diff(book.signed(decisions))}


def test_a_signed_offer_is_firm_and_scaled(offers: Book) -> None:
    """The ramp is scaled to the volume and moved; the value and the option go with it; the range goes."""
    told = _told(offers, Decision("offer", "offer", 30.0, start=1))
    at = "deals.offer.clauses"
    assert told == {
        "deals.offer.firmness": "firm",
        f"{at}.ramp.levels.2026-Q3": None,
        f"{at}.ramp.levels.2027-Q1": None,
        f"{at}.ramp.levels.2026-Q4": "15 MW",
        f"{at}.ramp.levels.2027-Q2": "30 MW",
        f"{at}.price.total": "600 M USD",
        f"{at}.expansion.volume": "9 MW",
        f"{at}.volume": None,
        f"{at}.start": None,
    }


def test_a_plan_is_as_good_as_its_signings(offers: Book) -> None:
    """What has signings is read like the signings themselves; nothing signed changes nothing."""
    decision = Decision("offer", "offer", 40.0)
    assert offers.signed(Decided((decision,))) == offers.signed([decision])
    assert offers.signed([]) == offers


def test_an_offer_without_dates_begins_where_its_start_says(offers: Book) -> None:
    """The whole volume is owed from the first quarter of the window on, moved by the start."""
    signed = offers.signed([Decision("undated", "offer", 12.5, start=2)])
    ramp = signed.deals["undated"].clause(Ramp)
    assert ramp is not None
    assert {str(quarter): level.value for quarter, level in ramp.levels.items()} == {"2026-Q4": 12.5}


def test_what_is_decided_later_is_left_out(offers: Book) -> None:
    """A decision of a later node stands in no book, and neither does one for no volume."""
    later = Decision("offer", "offer", 30.0, quarter="2026-Q2")
    assert offers.signed([later, Decision("undated", "offer", 0.0)]) == offers


def test_a_build_makes_its_supply_firm(offers: Book) -> None:
    """A build is named by its deal or by its site, and is signed as a whole."""
    told = {"deals.systems.firmness": "firm", "deals.systems.clauses.start": None}
    assert _told(offers, Decision("systems", "build", 20.0)) == told
    assert _told(offers, Decision("Own", "build", 20.0)) == told


def test_an_extension_lengthens_the_term(offers: Book) -> None:
    """The term grows by the option, which is then used up."""
    told = _told(offers, Decision("held", "extension", 30.0))
    assert told == {"deals.held.clauses.term.length": "3 years", "deals.held.clauses.extension": None}


def test_an_extension_leaves_price_and_prepayment_as_they_were(offers: Book) -> None:
    """A contract value grows with the MW-quarters, a prepaid share falls with them."""
    offers = offers.replace(
        {
            "deals.held.price": {"total": "320 M USD"},
            "deals.held.prepayment": {"share": "30 %"},
            "deals.held.term.until": "2028-Q2",
        }
    )
    told = _told(offers, Decision("held", "extension", 30.0))
    assert told["deals.held.clauses.price.total"] == "480 M USD"
    assert told["deals.held.clauses.prepayment.share"] == "20 %"
    assert told["deals.held.clauses.term.until"] == "2029-Q2"


def test_an_expansion_is_a_deal_beside_the_first(offers: Book) -> None:
    """What is added is delivered from the next quarter to the deal's end, at its own price."""
    signed = offers.signed([Decision("held", "expansion", 8.0)])
    added = signed.to_data()["deals"]["held expansion"]
    assert added == {
        "kind": "compute",
        "seller": "Northgate",
        "buyer": "Lark Labs",
        "title": "What is added to `held`",
        "sites": [],
        "clauses": {
            "ramp": {"2026-Q2": "8 MW"},
            "price": {"usage": "6.6 MUSD/MW/year", "escalator": "10 %"},
            "take_or_pay": "80 %",
            "delivery": {"delay": "0 quarters", "chip": "Q1", "region": "north"},
            "term": {"until": "2028-Q2"},
        },
    }
    assert signed.to_data()["deals"]["held"]["clauses"]["expansion"]["volume"] == "4 MW"
    assert "expansion" not in offers.signed([Decision("held", "expansion", 12.0)]).deals["held"].clauses


def test_a_termination_ends_the_term_and_leaves_its_fee(offers: Book) -> None:
    """The deal ends before the opening; half of the fees left, risen by one anniversary, is owed at once."""
    signed = offers.signed([Decision("held", "termination", 30.0)])
    assert signed.to_data()["deals"]["held"]["clauses"]["term"]["until"] == "2025-Q4"
    assert "termination" not in signed.deals["held"].clauses
    fee = signed.to_data()["deals"]["held termination fee"]
    assert (fee["kind"], fee["licensor"], fee["licensee"]) == ("licence", "Northgate", "Lark Labs")
    # 10 MW for four more quarters, 20 MW for eight, at 2 M USD risen by 10 %
    assert fee["clauses"]["fee"] == {
        "value": f"{0.5 * 2 * 1.1 * (10 * 4 + 20 * 8):g} M USD/quarter",
        "from": "2026-Q1",
        "until": "2026-Q1",
    }


def test_a_match_shares_the_offer_with_the_holder(offers: Book) -> None:
    """The holder of a first refusal takes the offer with its chance: both stand with what is expected."""
    book = offers.replace(
        {
            "parties.Tideway": {},
            "deals.held.seller": "Tideway",
            "deals.held.first_refusal": {"above": "20 MW", "matched": "30 %"},
        }
    )
    signed = book.signed([Decision("offer", "match", 40.0), Decision("offer", "offer", 40.0)])
    matched = signed.deals["offer match"]
    assert (matched.creditor, matched.fulfilment.value) == ("Tideway", pytest.approx(0.3))
    assert signed.deals["offer"].fulfilment.value == pytest.approx(0.7)
    assert matched.clause(Ramp) == signed.deals["offer"].clause(Ramp)
    assert signed.to_data()["deals"]["offer match"]["clauses"]["delivery"]["delay"] == "1 quarter"


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision("offr", "offer", 30.0), "no deal is called `offr`. Did you mean `offer`?"),
        (Decision("offer", "offering", 30.0), "`offering` cannot be signed. Did you mean `offer`?"),
        (Decision("offer", "offer", 5.0), "5 MW cannot be signed of 10 MW to 60 MW"),
        (Decision("offer", "offer", 61.0), "61 MW cannot be signed of 10 MW to 60 MW"),
        (Decision("offer", "offer", 30.0, start=3), "it would start in 2027-Q2, outside 2026-Q3 to 2027-Q1"),
        (Decision("held", "offer", 30.0), "it is firm, not offered"),
        (Decision("systems", "offer", 20.0), "it is a supply deal"),
        (Decision("systems", "build", 10.0), "10 MW cannot be built of 20 MW"),
        (Decision("systems", "build", 20.0, start=1), "what is built does not shift"),
        (Decision("offer", "build", 20.0), "`offer` is a compute deal, which builds nothing"),
        (Decision("Mere", "build", 20.0), "no offered supply deal and no site with one is called `Mere`"),
        (Decision("offer", "expansion", 5.0), "it is only offered"),
        (Decision("base", "extension", 5.0), "the deal has no clause `extension`"),
        (Decision("held", "expansion", 13.0), "13 MW cannot be added of 12 MW"),
        (Decision("offer", "match", 30.0), "it is only offered"),
    ],
)
def test_what_cannot_be_signed_is_refused(offers: Book, decision: Decision, said: str) -> None:
    """What is not offered, or not so, is refused by name with what would do."""
    with pytest.raises(InputError) as refused:
        offers.signed([decision])
    assert said in str(refused.value)


def test_nothing_is_signed_twice(offers: Book) -> None:
    """Two signings of one offer are refused, not added."""
    with pytest.raises(InputError, match="signed twice"):
        offers.signed([Decision("offer", "offer", 20.0), Decision("offer", "offer", 20.0, start=1)])


def test_nobody_matches_without_a_first_refusal(offers: Book) -> None:
    """A match needs somebody who may match."""
    with pytest.raises(InputError, match="nobody has a first refusal"):
        offers.signed([Decision("offer", "offer", 20.0), Decision("offer", "match", 20.0)])


def test_a_fixed_start_stays(offers: Book) -> None:
    """An offer without a window starts when its ramp says."""
    fixed = offers.without("offer.start")
    with pytest.raises(InputError, match="its start is fixed"):
        fixed.signed([Decision("offer", "offer", 20.0, start=1)])
