"""The table, with values that can be written down: prices and rights that are worth known sums."""

import itertools

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InputError
from offtake.negotiate import Prospect, negotiate

DATA = {
    "book": "table",
    "calendar": {"from": "2026-Q1", "to": "2027-Q4"},
    "parties": {
        "Wren": {"cash": "100 M USD", "role": "cloud"},
        "Lark": {"cash": "100 M USD", "role": "lab"},
        "Heron": {},
    },
    "chips": {"Q1": {"vendor": "Heron", "power": "1.4 kW", "price": "38000 USD"}},
    "workloads": {"chat": {"buyer": "Lark", "demand": "10 MW", "yield": "12 MUSD/MW/year"}},
    "deals": {
        "base": {
            "kind": "compute",
            "seller": "Wren",
            "buyer": "Lark",
            "clauses": {
                "ramp": {"2026-Q1": "10 MW"},
                "price": "10 MUSD/MW/year",
                "term": "2 years",
                "take_or_pay": "80 %",
                "first_refusal": {"until": "2026-Q4"},
                "exclusivity": {"workloads": ["chat"], "until": "2026-Q4"},
                "delivery": {"chip": "Q1"},
            },
        },
    },
    "rights": {"parity": {"kind": "most_favoured", "holder": "Lark", "grantor": "Wren"}},
}
SWING = np.array([-30.0, -5.0, 5.0, 30.0])
"""How much better each future is for both, M USD; its mean is 0."""


def book_of(**parties):
    """Return the book with more said of its parties."""
    data = {
        **DATA,
        "parties": {name: {**DATA["parties"][name], **parties.get(name, {})} for name in DATA["parties"]},
    }
    return Book.from_data(data)


def price_of(book):
    """Return the yearly price of the deal, None without the deal."""
    deal = book.deals.get("base")
    return None if deal is None else 4 * deal.clauses["price"].usage.value


def has(book, clause):
    """Return whether the deal has a clause."""
    return float("base" in book.deals and clause in book.deals["base"].clauses)


def seller(book):
    """Wren: 10 MW at the price less 8 of cost; first refusal is worth 6 and exclusivity 3, together 7."""
    price = price_of(book)
    if price is None:
        return Prospect.of(np.zeros((4, 1)))
    rights = max(6 * has(book, "first_refusal") + 3 * has(book, "exclusivity") - 2, 0.0)
    mw = max(book.deals["base"].clauses["ramp"].levels.values()).value
    return Prospect.of((mw * (price - 8.0) + rights + SWING)[:, None], at_risk=mw)


def buyer(book):
    """Lark: 12 less the price on 10 MW; first refusal costs it 4, exclusivity 1."""
    price = price_of(book)
    if price is None:
        return Prospect.of(np.zeros((4, 1)))
    mw = max(book.deals["base"].clauses["ramp"].levels.values()).value
    rights = 4 * has(book, "first_refusal") + has(book, "exclusivity")
    return Prospect.of((mw * (12.0 - price) - rights + SWING)[:, None])


def talk(book=None, **more):
    """Return a negotiation on the price, with closed values."""
    settings = {
        "over": {"price": [f"{p} MUSD/MW/year" for p in (7, 8, 9, 10, 11, 12)]},
        "values": (seller, buyer),
    }
    return negotiate(book or book_of(), "Wren", "Lark", **{**settings, **more})


def test_the_zone_holds_what_both_accept():
    """Gains are those written down, and the zone is where neither is below 0."""
    talks = talk()
    assert talks.parties == ("Wren", "Lark")
    for outcome in talks.outcomes:
        price = float(outcome.terms["price"].split()[0])
        gains = (10 * (price - 8) + 7, 10 * (12 - price) - 5)
        assert outcome.utilities == pytest.approx(gains)
        assert [side.gain.mean for side in outcome.sides] == pytest.approx(gains)
        assert outcome.agreed is (min(gains) >= 0)
    assert talks.actual.terms == {"price": "10 MUSD/MW/year"}
    # products of gains: 245, 425, 405, 185
    assert talks.nash is talks.kalai_smorodinsky
    assert talks.nash.terms == {"price": "9 MUSD/MW/year"}


def test_either_may_be_named_first():
    """Who sells is read from the deals, so that the order of the names does not matter."""
    swapped = negotiate(
        book_of(), "Lark", "Wren", over={"price": ["10 MUSD/MW/year"]}, values=(seller, buyer)
    )
    assert swapped.parties == ("Wren", "Lark")


def test_a_symmetric_table_gives_a_symmetric_bargain():
    """If both sides' values mirror each other, both bargains split evenly."""

    def mirrored(sign):
        def value(book):
            price = price_of(book)
            return Prospect.of([[0.0 if price is None else 5.0 + sign * (price - 10.0)]])

        return value

    over = {"price": [f"{p} MUSD/MW/year" for p in (6, 8, 9, 10, 11, 12, 14)]}
    talks = talk(values=(mirrored(1), mirrored(-1)), over=over, clauses=False)
    for bargain in (talks.nash, talks.kalai_smorodinsky):
        assert bargain.utilities[0] == bargain.utilities[1] == 5.0


def test_the_frontier_is_undominated():
    """No outcome of the whole grid beats one on the frontier for both, and every other one is beaten."""
    prices = [f"{price} MUSD/MW/year" for price in (8, 9, 11)]
    over = {"price": prices, "first_refusal": ["keep", "out"], "base.volume": ["5 MW", "10 MW", "20 MW"]}
    talks = talk(over=over)
    front = {id(each) for each in talks.frontier}
    for each in talks.outcomes:
        beaten = any(
            all(a >= b for a, b in zip(other.utilities, each.utilities, strict=True))
            and other.utilities != each.utilities
            for other in talks.outcomes
        )
        assert (id(each) in front) is not beaten


def test_clauses_are_worth_what_taking_them_out_costs():
    """Each clause has the value written down, a pair its interaction, and one that never binds exactly 0."""
    talks = talk()
    values = {each.path: tuple(side.mean for side in each.values) for each in talks.clauses}
    assert values["deals.base.clauses.first_refusal"] == (6.0, -4.0)
    assert values["deals.base.clauses.exclusivity"] == (3.0, -1.0)
    assert values["deals.base.clauses.take_or_pay"] == (0.0, 0.0)
    assert values["rights.parity"] == (0.0, 0.0)
    pair = next(each for each in talks.pairs if "first_refusal" in each.paths[0])
    assert [each.mean for each in pair.together] == [7.0, -5.0]
    assert pair.interaction == (-2.0, 0.0)


def test_a_veto_binds():
    """A cautious stakeholder with a veto stops what its party as a whole would take."""
    wary = {
        "stakeholders": {
            "all": {"weight": "90 %"},
            "finance": {"weight": "10 %", "caution": "100 %", "tail": "25 %", "veto": True},
        }
    }
    talks = talk(book_of(Wren=wary))
    # the worst quarter of futures is 30 below the mean
    assert [each.terms["price"][:2].strip() for each in talks.zone] == ["11"]
    assert talks.vetoes == {("Wren", "finance"): 3}
    side = talks.outcomes[3].of("Wren")
    assert [vote.gain for vote in side.verdict.votes] == pytest.approx([27.0, -3.0])
    assert side.utility == pytest.approx(24.0)
    assert side.verdict.binding == ("finance",)
    assert side.at_risk == 10.0


def test_a_stakeholder_looks_to_its_horizon():
    """Who looks one year ahead does not see the money of the second."""

    def late(book):
        return Prospect.of([[-1.0] * 4 + [3.0] * 4] if "base" in book.deals else [[0.0] * 8])

    short = {"stakeholders": {"now": {"weight": 1, "horizon": "1 year"}, "later": {"weight": 1}}}
    talks = talk(book_of(Wren=short), values=(late, buyer), clauses=False)
    votes = talks.actual.of("Wren").verdict.votes
    assert [vote.gain for vote in votes] == [-4.0, 8.0]
    assert talks.actual.of("Wren").utility == 2.0


def test_trades_say_who_gives_what():
    """More volume for the end of the first refusal helps both, and each gives one of the two."""
    talks = talk(over={"first_refusal": ["keep", "out"], "base.volume": ["10 MW", "14 MW"]}, clauses=False)
    start = talks.actual
    best = talks.trades[0]
    assert best.outcome.terms["base.volume"] == "14 MW"
    assert best.gains == pytest.approx(
        tuple(b - a for a, b in zip(start.utilities, best.outcome.utilities, strict=True))
    )
    assert min(best.gains) > 0
    swap = [each for each in talks.trades if each.outcome.terms["first_refusal"] == "out"]
    assert all(("first_refusal", "as it stands", "out") in each.given[0] for each in swap)


def test_trades_change_nothing_that_need_not_be_changed():
    """Parity is worth nothing to either, so that no trade is told once with it and once more without it."""
    over = {"first_refusal": ["keep", "out"], "base.volume": ["10 MW", "14 MW"], "parity": ["keep", "out"]}
    talks = talk(over=over, clauses=False)
    assert talks.trades
    assert {each.outcome.terms["parity"] for each in talks.trades} == {"as it stands"}


def test_the_ends_of_a_box_may_both_have_the_unit():
    """`8 MUSD/MW/year..10 MUSD/MW/year` is the box `8..10 MUSD/MW/year`."""
    found = [
        talk(over={"price": box}, points=3, clauses=False, reservation=False)
        for box in ("8..10 MUSD/MW/year", "8 MUSD/MW/year .. 10 MUSD/MW/year")
    ]
    assert found[0].sentences == found[1].sentences


def test_a_box_is_searched_between_its_grid():
    """The search finds the price at which the product is largest, and says how good it is."""
    talks = talk(over={"price": "7..13 MUSD/MW/year"}, clauses=False)
    # gains are 10p - 73 and 115 - 10p: the product is largest where both are 21
    assert float(talks.best.outcome.terms["price"].split()[0]) == pytest.approx(9.4, abs=0.02)
    assert talks.best.score == pytest.approx(21.0, rel=1e-4)
    assert talks.best.gap < 1e-3
    assert talks.nash is talks.best.outcome


def test_volume_in_money_scales_a_total():
    """Volume in money scales the ramp and the total alike, so that the price of a MW stays."""
    data = {**DATA, "deals": {"base": {**DATA["deals"]["base"], "clauses": {
        **DATA["deals"]["base"]["clauses"], "price": {"total": "200 M USD"}}}}}  # fmt: skip
    seen = []

    def note(book):
        if "base" in book.deals:
            clauses = book.deals["base"].clauses
            seen.append((max(clauses["ramp"].levels.values()).value, clauses["price"].total.value))
        return Prospect.of([[0.0]])

    negotiate(Book.from_data(data), "Wren", "Lark", over={"base.volume": ["300 M USD", "40 MW"]},
              values=(note, buyer_nothing), clauses=False, reservation=False)  # fmt: skip
    assert seen == [(15.0, 300.0), (40.0, 800.0), (10.0, 200.0)]


def buyer_nothing(book):
    """Whatever is agreed is worth nothing."""
    return Prospect.of([[0.0]])


def test_packages_and_no_deal():
    """Changes that belong together are one option, and no deal may be said in words of the book."""
    talks = talk(
        over={
            "swap": {
                "as now": {},
                "more": {"base.volume": "20 MW", "base.first_refusal": "out", "base.price": "keep"},
            }
        },
        no_deal={"base.price": "12 MUSD/MW/year"},
        deals=["base"],
        clauses=False,
    )
    assert [each.terms["swap"] for each in talks.outcomes] == ["as now", "more"]
    gains = {each.terms["swap"]: each.utilities for each in talks.outcomes}
    assert gains["as now"] == pytest.approx((-20.0, 20.0))
    assert gains["more"] == pytest.approx((20 * 2 + 1 - 47, 20 * 2 - 1 + 5))
    assert talks.no_deal == "the book with price (base) 12 MUSD/MW/year"


def test_a_book_is_valued_once():
    """The grid, the clauses and the pairs share what they have in common."""
    count = itertools.count()

    def counted(book):
        next(count)
        return seller(book)

    talks = talk(values=(counted, buyer))
    assert next(count) == talks.settings["books"]


def test_many_workers_give_the_same(client):
    """With a client the same outcomes come back in the same order."""
    here, there = talk(clauses=False), talk(clauses=False, client=client)
    assert [each.utilities for each in here.outcomes] == [each.utilities for each in there.outcomes]


@pytest.fixture
def client():
    """Something that maps and gathers as a dask client does, in this process."""
    from concurrent.futures import ThreadPoolExecutor

    class Client:
        def __init__(self):
            self.pool = ThreadPoolExecutor(2)

        def scatter(self, shared, **_settings):
            return shared

        def map(self, work, items, *, shared, **_settings):
            return [self.pool.submit(work, item, shared=shared) for item in items]

    made = Client()
    yield made
    made.pool.shutdown()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"over": {}}, "nothing is contested"),
        ({"over": {"base.price.usag": ["1 MUSD/MW/year"]}}, "leads nowhere"),
        ({"over": {"rights.perity": ["out"]}}, "leads nowhere"),
        ({"over": {"warrants": ["out"]}}, "no deal on the table"),
        ({"over": {"price": []}}, "no option"),
        ({"over": {"price": "12..7 MUSD/MW/year"}}, "empty"),
        ({"over": {"price": "7 MUSD/MW/year..9 MW"}}, "need one unit"),
        ({"over": {"price": "7.."}}, "is no box for `deals.base.price`"),
        ({"over": {"price": "7.1.1..9 MUSD/MW/year"}}, "is no box"),
        ({"over": {"price": ("7 MUSD/MW/year", "9 USD/GPU-hour")}}, "one unit"),
        ({"over": {"base.volume": ["-3 MW"]}}, "below 0"),
        ({"over": {"base.volume": ["4 years"]}}, "no volume"),
        ({"over": {"base.take_or_pay": ["120 %"]}}, "take_or_pay"),
        ({"over": {"swap": {"more": "20 MW"}}}, "packages"),
        ({"over": {"price": ["9 MUSD/MW/year"]}, "deals": ["other"]}, "no deal of Wren and Lark"),
        ({"points": 1, "over": {"price": "7..9 MUSD/MW/year"}}, "at least two"),
        ({"client": object()}, "client"),
    ],
)
def test_bad_input_is_refused(more, says):
    """What cannot be used is refused with its name and a way to mend it."""
    with pytest.raises(InputError, match=says):
        talk(**more)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("Lark", "Lark", "cannot negotiate with itself"),
        ("Wrn", "Lark", "Did you mean `Wren`"),
        ("Wren", "Heron", "nothing is between"),
    ],
)
def test_parties_that_have_nothing_to_talk_about(first, second, says):
    """A party cannot talk with itself, with nobody, or with one that it has nothing with."""
    with pytest.raises(InputError, match=says):
        negotiate(book_of(), first, second, over={"price": ["9 MUSD/MW/year"]}, values=(seller, buyer))


def test_tables_can_be_had():
    """Every part comes as a table; an unknown one is refused."""
    talks = talk()
    frame = talks.to_dataframe()
    assert list(frame["price"]) == [each.terms["price"] for each in talks.outcomes]
    assert set(frame["bargain"]) >= {"Nash"} or "Kalai-Smorodinsky" in set(frame["bargain"])
    assert len(talks.to_dataframe("clauses")) == len(talks.clauses)
    assert len(talks.to_dataframe("pairs")) == len(talks.pairs)
    assert set(talks.to_dataframe("stakeholders")["stakeholder"]) == {"the party"}
    assert "zone of agreement" in repr(talks)
    assert "<table" in talks._repr_html_()
    with pytest.raises(InputError, match="no table"):
        talks.to_dataframe("wishes")


def test_reservation_prices_are_those_at_which_nobody_gains():
    """Wren gains from 7.3 on and Lark up to 11.5, by the sums written down; others cost no more books."""
    found = talk(clauses=False).reservation
    assert [each.party for each in found] == ["Wren", "Lark"]
    assert [each.accepts for each in found] == pytest.approx([7.3, 11.5], abs=1e-3)
    assert [each.on_average for each in found] == pytest.approx([7.3, 11.5], abs=1e-3)
    assert found[0].now == 10.0
    assert talk(clauses=False, reservation=False).reservation is None
    assert any("any price between is a deal" in each for each in talk(clauses=False).sentences)


def test_a_veto_moves_the_reservation_price():
    """Who looks at the worst quarter of futures, 30 below the mean, asks three more for a MW and year."""
    finance = {"weight": 0, "caution": "100 %", "tail": "25 %", "veto": True}
    wary = {"stakeholders": {"all": {"weight": 1}, "finance": finance}}
    found = talk(book_of(Wren=wary), clauses=False).reservation
    assert found[0].accepts == pytest.approx(10.3, abs=1e-2)
    assert found[0].on_average == pytest.approx(7.3, abs=1e-2)


def test_without_a_price_there_is_none_to_look_for():
    """A party that refuses at any price has no reservation price, and a table without a price has none."""

    def never(book):
        return Prospect.of([[0.0 if price_of(book) is None else -1.0]])

    found = talk(values=(never, buyer), clauses=False)
    assert np.isnan(found.reservation[0].accepts)
    assert any("no price alone makes it a deal" in each for each in found.sentences)
    nothing = negotiate(book_of(), "Wren", "Lark", over={"rights.parity": ["keep", "out"]},
                        values=(buyer_nothing, buyer_nothing), clauses=False)  # fmt: skip
    assert nothing.deals == ()
    assert nothing.reservation is None


def test_who_accepts_every_price_is_not_said_to_accept_none():
    """Who gains at any price is told so, as seller and as buyer, with the furthest price looked at."""

    def eager(book):
        return Prospect.of([[0.0 if price_of(book) is None else 1.0]])

    found = talk(values=(eager, buyer), clauses=False)
    ask, bid = found.reservation
    assert (ask.accepts, ask.every) == (pytest.approx(1.0), True)
    assert np.isnan(ask.on_average)
    assert not bid.every
    (told,) = [each for each in found.sentences if "All else as the book has it" in each]
    assert "Wren would accept every price looked at, down to a tenth of that, and Lark" in told
    assert told.endswith("any price between is a deal.")
    ask, bid = talk(values=(seller, eager), clauses=False).reservation
    assert (bid.accepts, bid.every) == (pytest.approx(50.0), True)
    assert not ask.every
