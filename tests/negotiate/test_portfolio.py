"""Portfolios of providers: what a group has without the others, and what is said of the split."""

import copy
import math

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InfeasibleError
from offtake.negotiate import Prospect, portfolio, shapley
from offtake.negotiate._planner import Planner
from offtake.negotiate._rest import Rest

SELLERS = ("Wren", "Heron", "Finch")
SMALL = {"futures": 30, "scenarios": 2, "seed": 1}


def deal(seller, mw, **more):
    """Return a compute deal of Lark's."""
    clauses = {"ramp": {"2026-Q1": f"{mw} MW"}, "price": "8 MUSD/MW/year", "term": "2 years",
               "delivery": {"chip": "Q1"}}  # fmt: skip
    return {"kind": "compute", "seller": seller, "buyer": "Lark", "clauses": clauses} | more


DATA = {
    "book": "three",
    "calendar": {"from": "2026-Q1", "to": "2027-Q4"},
    "market": {"discount_rate": "0 %/year"},
    "parties": {**{name: {"role": "cloud"} for name in SELLERS}, "Lark": {"role": "lab", "cash": "1 B USD"}},
    "chips": {"Q1": {"vendor": "Heron", "power": "1.4 kW", "price": "38000 USD"}},
    "workloads": {"chat": {"buyer": "Lark", "demand": "30 MW", "yield": "12 MUSD/MW/year"}},
    "deals": {name.lower(): deal(name, 10) for name in SELLERS},
    "rights": {"sole": {"kind": "exclusivity", "holder": "Wren", "grantor": "Lark", "workloads": ["chat"],
                        "until": "2027-Q4"}},
}  # fmt: skip


def book(**changes):
    """Return the book of three providers with some sections changed."""
    return Book.from_data(copy.deepcopy(DATA | changes))


def by_sellers(level, spread=0.0):
    """Return a value that hangs on who has a deal in force."""

    def value(each):
        there = {one.seller for one in each.deals.values() if one.likelihood is None}
        return Prospect.of(np.array([[-spread], [spread]]) + level(frozenset(there)), same="here")

    return value


def substitutes(group):
    """Whoever comes second or third brings little beside the first."""
    return float(sum((100, 10, 5)[: len(group)]))


def test_substitutes_do_not_hold_together():
    """Three who replace each other share more than each brings last: the other two and the buyer block."""
    found = portfolio(book(), "Lark", value=by_sellers(substitutes))
    assert found.together == 115.0
    assert dict(found.last) == {"Wren": 5.0, "Heron": 5.0, "Finch": 5.0}
    # each adds only after the buyer: second with 1/12, third with 1/6, last with 1/4
    assert found.split["Wren"] == pytest.approx(100 / 12 + 10 / 6 + 5 / 4)
    assert found.holds is False
    assert found.could_hold is True
    group, gain = found.blocking[0]
    assert group == {"Lark", "Finch"}
    assert gain == pytest.approx(100.0 - found.split["Lark"] - found.split["Finch"])
    verdict = next(each for each in found.sentences if each.startswith("The split does not hold"))
    assert "Lark with " in verdict
    assert f"{gain:.1f} M USD more by themselves" in verdict
    assert "more groups would do better, too" in verdict
    assert "nucleolus" in verdict


def test_those_who_need_each_other_hold():
    """Where all are needed the split holds, and it is said so."""
    found = portfolio(book(), "Lark", value=by_sellers(lambda who: 60.0 * (len(who) == 3)))
    assert found.split.values == pytest.approx(dict.fromkeys(("Lark", *SELLERS), 15.0))
    assert found.holds is True
    assert found.blocking == ()
    assert any(each.startswith("The split holds") for each in found.sentences)


def test_a_deal_that_costs_more_than_it_brings_breaks_every_split():
    """Without the one who costs the buyer more than it brings there is more to share than with all."""
    found = portfolio(
        book(), "Lark", value=by_sellers(lambda who: 40.0 * ("Wren" in who) - 10.0 * ("Finch" in who))
    )
    assert found.last["Finch"] == -10.0
    assert found.could_hold is False
    assert "With all others there, Finch costs Lark 10.0 M USD more than it brings." in found.sentences
    assert "To lose Heron would cost nothing: the others take its place." in found.sentences
    verdict = next(each for each in found.sentences if each.startswith("No split would hold"))
    assert "10.0 M USD more to share than all together" in verdict
    assert ({"Finch"}, pytest.approx(-found.split["Finch"])) in [(set(g), x) for g, x in found.blocking]


def test_what_the_solver_rounds_blocks_nothing():
    """A group that gains less than plans are exact to is not called a reason to go."""
    found = portfolio(
        book(), "Lark", value=by_sellers(lambda who: 1e6 + 60.0 * (len(who) == 3) + 1e-3 * ("Wren" in who))
    )
    assert found.noise == pytest.approx(10.0, rel=1e-3)
    tiny = portfolio(book(), "Lark", value=by_sellers(lambda who: 1e6 - 1e-3 * ("Wren" in who)))
    assert tiny.last["Wren"] == pytest.approx(-1e-3)
    assert tiny.holds is True
    assert "To lose Wren, Heron or Finch would cost nothing: the others take its place." in tiny.sentences


def test_shares_spread_over_the_futures():
    """Each share is told with its range, and the shares of each future add up to what all bring there."""

    def value(each):
        there = len(each.deals)
        return Prospect.of([[10.0 * there], [30.0 * there]], [0.25, 0.75], same="here")

    found = portfolio(book(), "Lark", value=value)
    spread = found.spread["Heron"]
    assert (spread.low, spread.high) == (5.0, 15.0)
    assert spread.mean == pytest.approx(found.split["Heron"])
    frame = found.to_dataframe()
    assert list(frame.party) == [*SELLERS, "Lark"]
    assert frame.set_index("party").shapley.sum() == pytest.approx(found.together)
    assert frame.set_index("party").with_it_alone["Wren"] == 25.0
    elsewhere = portfolio(book(), "Lark", value=lambda each: Prospect.of(np.ones((len(each.deals) + 1, 1))))
    assert dict(elsewhere.spread) == {}


def test_drawn_orders_say_how_far_they_may_be_off():
    """With drawn orders errors are told, each one's loss is known, and nobody says that the split holds."""
    told = []
    found = portfolio(
        book(), "Lark", value=by_sellers(lambda who: 60.0 * (len(who) == 3)), orders=2, seed=3,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert set(found.last) == set(SELLERS)
    assert found.core is None
    assert found.could_hold is None
    assert sum(found.split.values.values()) == pytest.approx(60.0)
    assert found.holds is None
    assert any("nobody can say that the split holds" in each for each in found.sentences)
    assert any("2 drawn orders of arrival" in each for each in found.sentences)
    assert told[0] == (0, found.settings["groups"])
    assert told[-1] == (found.settings["groups"],) * 2


def test_many_providers_share_by_drawn_orders():
    """Beyond six providers orders are drawn: shares lie within their errors, a split that fails is told."""
    names = [f"Cloud {n}" for n in range(7)]
    many = book(
        parties={**{name: {"role": "cloud"} for name in (*names, "Wren", "Heron")}, "Lark": {"role": "lab"}},
        deals={name: deal(name, 1) for name in names},
    )

    def level(who):
        return 100.0 * (1.0 - 0.5 ** len(who))

    found = portfolio(many, "Lark", value=by_sellers(level), orders=30, seed=2)
    exact = shapley(lambda who: level(who - {"Lark"}) if "Lark" in who else 0.0, ("Lark", *names))
    assert not found.split.exact
    assert len(found.worth) < 2**7
    off = [found.split[name] - exact[name] for name in ("Lark", *names)]
    assert 0 < math.hypot(*off) <= 4 * math.hypot(*found.split.error.values())
    assert found.holds is False
    assert found.could_hold is None
    assert next(each for each in found.sentences if each.startswith("The split does not hold"))


def test_orders_that_meet_every_group_are_all_orders():
    """Where drawn orders meet every group the shares are exact, and no error is told."""
    found = portfolio(book(), "Lark", value=by_sellers(substitutes), orders=400, seed=3)
    assert found.split.exact
    assert found.split.values == portfolio(book(), "Lark", value=by_sellers(substitutes)).split.values
    assert not any("drawn" in each for each in found.sentences)


def test_an_exclusivity_goes_with_its_holder():
    """Where the holder is gone the buyer may place its work elsewhere; where it is there it may not."""
    seen = {}

    def value(each):
        seen[frozenset(one.seller for one in each.deals.values())] = each.rights["sole"].ended
        return Prospect.of([[1.0]])

    found = portfolio(book(), "Lark", value=value)
    assert {group: "Wren" not in group for group in seen} == seen
    assert any("What Wren has in exclusivity" in each for each in found.assumptions)
    others = portfolio(book(), "Lark", value=value, providers=["Heron"])
    assert not any("exclusivity" in each for each in others.assumptions)


def test_a_deal_that_others_name_stays_without_force():
    """A deal under which a phase is built is not taken out: it never comes into force."""
    sites = {"Mill": {"owner": "Finch", "chip": "Q1", "region": "north", "phases": [
        {"mw": "10 MW", "under": "finch", "gates": {"power": "3 months"}}]}}  # fmt: skip
    rest = Rest(book(sites=sites), "Lark", {name: (name.lower(),) for name in SELLERS})
    bare = rest.only(frozenset({"Heron"}))
    assert set(bare.deals) == {"heron", "finch"}
    assert (bare.deals["finch"].firmness, bare.deals["finch"].likelihood.value) == ("intended", 0.0)
    assert rest.only(frozenset(SELLERS)).deals["finch"].firmness == "firm"
    assert any(each.startswith("finch is named by other entries") for each in rest.assumed)


def test_a_deal_without_force_is_worth_what_none_is():
    """To keep a deal that never comes into force, or to take it out, is the same to the buyer's plan."""
    plain = book(policies={"Lark": {"cover": {"from": "2026-Q3"}}})
    deals = {name: (name.lower(),) for name in SELLERS}
    out, kept = Rest(plain, "Lark", deals), Rest(plain, "Lark", deals)
    assert "cover" not in out.book.to_data().get("policies", {}).get("Lark", {})
    kept._named = {"finch", "heron"}
    kept._bare = kept._without_any()
    value = Planner(out.book, "Lark", **SMALL)
    for group in ({"Wren"}, {"Heron"}, set()):
        assert value(kept.only(frozenset(group))).mean == pytest.approx(
            value(out.only(frozenset(group))).mean
        )


def test_an_own_site_counts_as_long_without_a_long_contract():
    """What has no end counts beyond the calendar as in the book with all contracts."""
    own = {"Nest": {"owner": "Lark", "chip": "Q1", "region": "north",
                    "phases": [{"mw": "5 MW", "online": "2026-Q1"}]}}  # fmt: skip
    long = deal("Wren", 10)
    long["clauses"] = long["clauses"] | {"term": "9 years"}
    whole = book(sites=own, deals=DATA["deals"] | {"wren": long})
    without = whole.without("wren")
    planner = Planner(whole, "Lark", **SMALL)

    def counts(instance):
        contracts = instance.contracts
        return contracts.tail[contracts.entry.index("Nest")].max()

    assert counts(planner._laid_out(without)) < counts(planner._laid_out(whole))
    assert counts(planner._instance(without)) == counts(planner._instance(whole)) > 0.0
    # a contract that is made shorter counts for less
    shorter = planner._instance(whole.replace({"deals.wren.term.length": "7 years"})).contracts
    longer = planner._instance(whole).contracts
    place = longer.entry.index("wren")
    assert shorter.tail[place].max() < longer.tail[place].max()


def test_a_group_without_a_plan_is_named():
    """Where a policy cannot be met without somebody, the error says who was left."""

    def value(each):
        if not each.deals:
            message = "nothing serves `chat`"
            raise InfeasibleError(message)
        return Prospect.of([[1.0]])

    with pytest.raises(InfeasibleError, match="to Lark cannot be told: with none of its providers, nothing"):
        portfolio(book(), "Lark", value=value)
