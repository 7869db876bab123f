"""From a book to a problem: rows, trees, options and what is refused, by hand and against the engine."""

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.plan._lay_out import fresh, instance
from offtake.simulate import path_ledger

QUARTERS = 8


def quarter(index):
    """A quarter of the calendar."""
    return f"{2026 + index // 4}-Q{index % 4 + 1}"


def offer(**clauses):
    """An offer of Fen to Lark of up to 40 MW from the third quarter on, for a year."""
    default = {
        "ramp": {quarter(2): "10 MW", quarter(3): "40 MW"},
        "price": {"usage": "4 MUSD/MW/year", "reservation": "1 MUSD/MW/year"},
        "take_or_pay": "75 %",
        "term": "1 year",
    }
    terms = {name: clause for name, clause in {**default, **clauses}.items() if clause is not None}
    return {"kind": "compute", "seller": "Fen", "buyer": "Lark", "firmness": "offered", "clauses": terms}


def given(**clauses):
    """What Lark has from Crag: 20 MW for the whole calendar."""
    terms = {"ramp": {quarter(0): "20 MW"}, "price": "8 MUSD/MW/year", **clauses}
    return {"kind": "compute", "seller": "Crag", "buyer": "Lark", "clauses": terms}


def a_book(deals=None, **sections):
    """A book of one buyer and two sellers."""
    data = {
        "book": "hand",
        "calendar": {"from": quarter(0), "to": quarter(QUARTERS - 1)},
        "parties": {"Lark": {"cash": "100 M USD"}, "Fen": {"cash": "1 B USD"}, "Crag": {"cash": "1 B USD"}},
        "workloads": {"talk": {"buyer": "Lark", "demand": "30 MW", "yield": "12 MUSD/MW/year"}},
        "deals": {"more": offer()} if deals is None else deals,
    }
    for section, entries in sections.items():
        data[section] = {**data.get(section, {}), **entries}
    return Book.from_data(data)


def rows(problem, what):
    """Places of the rows of a kind."""
    return [c for c, kind in enumerate(problem.contracts.what) if kind == what]


def laid(book, **settings):
    """The problem of Lark in one scenario."""
    return instance(book, "Lark", **{"scenarios": 1, "futures": 4, "terminal": "nothing", **settings})


def test_an_offer_is_laid_out_by_hand():
    """Coefficients for each MW: a quarter of the ramp first, then all of it; the floor is in the fee."""
    problem = laid(a_book())
    contracts = problem.contracts
    ramp = np.array([0, 0, 0.25, 1, 1, 1, 0.75, 0])
    assert contracts.what == ("offer",)
    assert (contracts.least[0], contracts.most[0], bool(contracts.whole[0])) == (40.0, 40.0, True)
    assert contracts.delivered[0] == pytest.approx(ramp)
    assert contracts.floor[0] == pytest.approx(0.75 * ramp)
    assert contracts.fee[0] == pytest.approx((0.25 + 0.75 * 1.0) * ramp)
    assert problem.sources.usage[0] == pytest.approx(np.ones(QUARTERS))
    assert contracts.contracted[0] == pytest.approx(ramp)
    assert contracts.commitment[0] == pytest.approx((0.25 + 0.75) * 4)
    assert problem.discount[4] == pytest.approx(1 / 1.08)


def test_volume_says_what_may_be_signed():
    """A range makes any volume possible, unless it begins above nothing."""
    free = laid(a_book({"more": offer(volume={"to": "80 MW"})})).contracts
    assert (free.least[0], free.most[0], bool(free.whole[0])) == (0.0, 80.0, False)
    bound = laid(a_book({"more": offer(volume={"from": "20 MW", "to": "80 MW"})})).contracts
    assert (bound.least[0], bound.most[0], bool(bound.whole[0])) == (20.0, 80.0, True)
    assert free.delivered[0] == pytest.approx(laid(a_book()).contracts.delivered[0])


def test_a_contract_value_grows_with_the_volume():
    """Twice the volume for twice the value is the same price of a MW."""
    price = {"total": "160 M USD"}
    single = laid(a_book({"more": offer(price=price)})).contracts
    double = laid(a_book({"more": offer(price=price, volume={"to": "80 MW"})})).contracts
    assert double.fee[0] == pytest.approx(single.fee[0])
    assert single.fee[0, 3] == pytest.approx(0.75 * 160 / (40 * 4))


def test_a_window_of_starts_gives_a_row_for_each():
    """The whole ramp shifts; one start is chosen; later decisions cannot sign what has begun."""
    book = a_book({"more": offer(start={"until": quarter(4)})})
    problem = laid(book, stages=[quarter(3)])
    contracts = problem.contracts
    at_opening = [c for c in rows(problem, "offer") if contracts.node[c] == 0]
    assert contracts.start[at_opening].tolist() == [0, 1, 2]
    later = [c for c in rows(problem, "offer") if contracts.node[c] != 0]
    assert contracts.start[later].tolist() == [1, 2]
    assert len(set(contracts.once.tolist())) == 1
    assert contracts.once[0] >= 0
    assert contracts.delivered[at_opening[1]] == pytest.approx(np.array([0, 0, 0, 0.25, 1, 1, 1, 0.75]))
    assert (contracts.delivered[later][:, problem.tree.step_quarter < 3] == 0).all()


def test_an_offer_without_a_ramp_is_owed_from_its_start():
    """All of it, from the start, or from the opening where nothing says when."""
    book = a_book({"more": offer(ramp=None, volume={"to": "10 MW"}, start={"from": quarter(5)})})
    assert laid(book).contracts.delivered[0] == pytest.approx([0, 0, 0, 0, 0, 1, 1, 1])
    book = a_book({"more": offer(ramp=None, volume={"to": "10 MW"})})
    assert laid(book).contracts.delivered[0] == pytest.approx([1, 1, 1, 1, 0, 0, 0, 0])


def test_signing_has_a_last_date():
    """After `signed_by` the offer is gone."""
    book = a_book({"more": offer(start={"signed_by": quarter(0)})})
    assert set(laid(book, stages=[quarter(1)]).contracts.node.tolist()) == {0}


def test_a_prepayment_due_before_signing_is_due_at_signing():
    """What falls due before the decision is paid with it, and credited as the contract says."""
    terms = {"ramp": {quarter(2): "40 MW"}, "prepayment": {"share": "50 %", "lead": "3 quarters"}}
    contracts = laid(a_book({"more": offer(**terms)})).contracts
    paid = 0.5 * 1.25 * 4
    assert contracts.fee[0] == pytest.approx([paid, 0, *[1.0 - paid / 4] * 4, 0, 0])
    assert contracts.advance[0] == pytest.approx([paid, paid, *[paid * n / 4 for n in (3, 2, 1, 0)], 0, 0])


def _signed(book, name, volume, demand):
    """The book with an offer firm at a volume, and the buyer rich, with some demand."""
    ramp = book.deals[name].clauses["ramp"]
    last = max(amount.value for amount in ramp.levels.values())
    levels = {str(at): f"{amount.value * volume / last} MW" for at, amount in ramp.levels.items()}
    return book.replace({
        f"deals.{name}.firmness": "firm",
        f"deals.{name}.clauses.ramp.levels": levels,
        "parties.Lark.cash": "1000000 B USD",
        "workloads.talk.demand": demand,
    })  # fmt: skip


@pytest.mark.parametrize(("demand", "used"), [("0 MW", 0.0), ("900 GW", 1.0)])
def test_a_signed_offer_costs_what_the_engine_charges(demand, used):
    """At 25 of up to 80 MW, used not at all or in full, the ledger of each future shows v times the row."""
    late = {"triangular": [0, 1, 4], "unit": "quarters"}
    terms = offer(
        volume={"to": "80 MW"},
        delivery={"delay": late, "availability": "96 %", "chip": "k"},
        prepayment={"share": "10 %", "lead": "2 quarters", "credited_from": "1 quarter"},
        late_credit={"per_day": "0.2 %", "cap": "6 %"},
        price={"usage": "4 MUSD/MW/year", "reservation": "1 MUSD/MW/year", "escalator": "4 %", "index": "i"},
    )
    book = a_book(
        {"base": given(), "more": terms},
        parties={"Fen": {"cash": "1 B USD", "hazard": "60 %/year"}},
        chips={"k": {"vendor": "Crag", "power": "1 kW", "efficiency": 1.5}},
        drivers={"i": {"gbm": {"now": 1, "growth": "5 %/year"}, "noise": "30 %/year"}},
    )
    problem = fresh(book, "Lark", futures=12, seed=5, terminal="nothing")
    contracts = problem.contracts
    row = rows(problem, "offer")[0]
    above = contracts.delivered[row] - contracts.floor[row]
    due = 25.0 * (contracts.fee[row] + used * above * problem.sources.usage[contracts.source[row]])
    model = compile(_signed(book, "more", 25.0, demand))
    deaths = 0
    for future in range(12):
        lines = path_ledger(model, future, seed=5)
        mine = lines[lines["deal"] == "more"]
        sign = mine["kind"].map({"fee": 1.0, "prepayment": 1.0, "late credit": -1.0})
        shown = (mine["due"] * sign).groupby(mine["quarter"]).sum().reindex(problem.quarters, fill_value=0.0)
        assert due[problem.tree.step_node == future + 1] == pytest.approx(shown.to_numpy(), abs=1e-9)
        delivered = contracts.delivered[row][problem.tree.step_node == future + 1]
        # nothing ends by its terms before the seventh quarter
        deaths += bool((np.diff(delivered[:6]) < -1e-9).any())
    assert deaths > 0


def test_first_refusal_cuts_the_row_in_two():
    """Up to 15 MW nobody may match; above, a quarter of it comes from the holder, as late as it is."""
    deals = {
        "base": given(
            first_refusal={"above": "15 MW", "matched": "25 %"},
            delivery={"delay": "1 quarter"},
            term="6 years",
        ),
        "more": offer(volume={"to": "40 MW"}),
    }
    problem = laid(a_book(deals))
    contracts = problem.contracts
    assert contracts.what == ("given", "offer", "offer", "match")
    assert contracts.most.tolist() == [20.0, 15.0, 40.0, 40.0]
    assert contracts.least.tolist() == [20.0, 0.0, 15.0, 0.0]
    assert contracts.parent.tolist() == [-1, -1, -1, 2]
    assert contracts.relation[3] == "equal"
    for field in ("delivered", "fee", "floor", "contracted"):
        series = getattr(contracts, field)
        assert series[2] == pytest.approx(0.75 * series[1])
    late = np.array([0, 0, 0, 0.25, 1, 1, 1, 0.75])
    assert contracts.delivered[3] == pytest.approx(0.25 * late)
    assert problem.sources.provider[contracts.source[3]] == "Crag"
    assert contracts.commitment.tolist()[1:] == pytest.approx([4.0, 4.0, 0.0])


def test_a_right_that_has_ended_is_not_asked():
    """Only rights in force at the decision count."""
    right = {"kind": "first_refusal", "holder": "Crag", "grantor": "Lark"}
    asked = laid(a_book(rights={"first": right}))
    assert rows(asked, "match") == [1]
    for more in ({"ended": True}, {"from": quarter(3)}):
        assert rows(laid(a_book(rights={"first": {**right, **more}})), "match") == []


def test_an_extension_adds_the_quarters_after_the_end():
    """It is decided while the deal runs, brings the quarters after it, and excludes ending the deal."""
    base = given(term={"length": "1 year"}, extension="2 quarters", termination={"fee": "20 %"})
    problem = laid(a_book({"base": base}), stages=[quarter(2), quarter(6)])
    contracts = problem.contracts
    longer = rows(problem, "extension")
    assert {int(problem.tree.last[n]) for n in contracts.node[longer]} == {0, 2}
    first = next(c for c in longer if contracts.node[c] == 0)
    by_quarter = dict(
        zip(problem.tree.step_quarter.tolist(), contracts.delivered[first].tolist(), strict=True)
    )
    assert [by_quarter[t] for t in range(QUARTERS)] == pytest.approx([0, 0, 0, 0, 1, 1, 0, 0])
    assert contracts.contracted[first].tolist() == pytest.approx([0, 0, 0, 0, 1, 1, 0, 0])
    assert contracts.relation[first] == "all"
    assert contracts.once[first] == contracts.once[rows(problem, "termination")[0]] >= 0


def test_a_termination_takes_back_what_is_left_for_a_fee():
    """From its quarter on all is gone, and a fifth of what was left to pay is due."""
    base = given(term={"length": "6 quarters"}, termination={"fee": "20 %", "from": quarter(1)})
    problem = laid(a_book({"base": base}), stages=[quarter(2)])
    contracts = problem.contracts
    (end,) = rows(problem, "termination")
    assert problem.tree.last[contracts.node[end]] == 2
    order = np.argsort(problem.tree.step_quarter)
    assert contracts.delivered[end][order] == pytest.approx([0, 0, -1, -1, -1, -1, 0, 0])
    assert contracts.fee[end][order] == pytest.approx([0, 0, 0.2 * 2.0 * 4, 0, 0, 0, 0, 0])
    assert contracts.commitment[end] == 0.0
    firm = given(term={"length": "6 quarters"}, termination={"fee": "20 %"}, take_or_pay="50 %")
    (end,) = rows(laid(a_book({"base": firm})), "termination")
    assert laid(a_book({"base": firm})).contracts.commitment[end] == pytest.approx(-0.5 * 2.0 * 6)


def test_an_expansion_is_a_share_at_its_own_price():
    """Half as much again, from the quarter after the decision to the end of the deal."""
    base = given(term={"length": "6 quarters"}, expansion={"volume": "10 MW", "usage": "6 MUSD/MW/year"})
    problem = laid(a_book({"base": base}), stages=[quarter(2)])
    contracts = problem.contracts
    first, later = rows(problem, "expansion")
    order = np.argsort(problem.tree.step_quarter)
    assert contracts.delivered[first][order] == pytest.approx([0, 1, 1, 1, 1, 1, 0, 0])
    assert contracts.delivered[later][order] == pytest.approx([0, 0, 0, 1, 1, 1, 0, 0])
    assert contracts.relation[first] == "share"
    assert (contracts.ratio[first], contracts.most[first]) == (0.5, 10.0)
    assert contracts.source[first] != contracts.source[0]
    assert problem.sources.usage[contracts.source[first]] == pytest.approx(np.full(QUARTERS, 1.5))
    assert contracts.once[first] == contracts.once[later] >= 0


def test_a_build_pays_for_its_site_and_delivers_it():
    """Chips by the deal when they come, the rest over construction, then power and opex."""
    deals = {
        "chips": {
            "kind": "supply", "seller": "Fen", "buyer": "Lark", "firmness": "offered", "sites": "Hall",
            "clauses": {"unit_price": "30 MUSD/MW"},
        }
    }  # fmt: skip
    gates = {
        "construction": "2 quarters",
        "chips": {"after": "construction", "duration": "1 quarter"},
    }
    hall = {
        "owner": "Lark",
        "pue": 1,
        "power_price": "100 USD/MWh",
        "opex": "1 MUSD/MW/year",
        "capex": {"rest": "6 MUSD/MW"},
        "phases": [{"mw": 4, "online": quarter(0)}, {"mw": 10, "under": "chips", "gates": gates}],
    }
    deals["chips"]["sites"] = ["Hall"]
    problem = laid(a_book(deals, sites={"Hall": hall}), stages=[quarter(2)])
    contracts = problem.contracts
    # the supply deal is for all of the site, so nothing on it is given
    assert contracts.what == ("build",)
    order = np.argsort(problem.tree.step_quarter)
    running = 0.25 + 100 * 2190 / 1e6
    share = [4 / 14] * 3 + [1.0] * 5
    rest = np.array([3, 3, 0, 0, 0, 0, 0, 0]) * 10 / 14
    chips = np.array([0, 0, 0, 30, 0, 0, 0, 0]) * 10 / 14
    assert contracts.delivered[0][order] == pytest.approx(share)
    assert contracts.fee[0][order] == pytest.approx(rest + chips + running * np.array(share))
    assert (contracts.least[0], contracts.most[0], bool(contracts.whole[0])) == (14.0, 14.0, True)
    assert problem.sources.provider == ("Lark",)


def test_own_sites_that_need_nothing_are_given():
    """What is energised is there, with its running costs; what is sold of it is not."""
    deals = {"sold": {"kind": "compute", "seller": "Lark", "buyer": "Fen", "sites": ["Hall"],
                      "clauses": {"ramp": {quarter(2): "6 MW"}, "price": "8 MUSD/MW/year"}}}  # fmt: skip
    hall = {"owner": "Lark", "pue": 1, "opex": "1 MUSD/MW/year", "phases": [{"mw": 10, "online": quarter(0)}]}
    problem = laid(a_book(deals, sites={"Hall": hall}))
    assert problem.contracts.what == ("given",)
    assert problem.contracts.delivered[0] * 10 == pytest.approx([10, 10, *[4] * 6])
    assert problem.contracts.fee[0] * 10 == pytest.approx(np.full(QUARTERS, 2.5))


def test_the_tail_goes_on_to_the_end_of_the_row():
    """Two quarters beyond the calendar count as their discounts over those of the last year."""
    book = a_book({"base": given(term={"length": "10 quarters"}), "more": offer()})
    contracts = laid(book, terminal="continue").contracts
    present = 1.08 ** (-np.arange(10) / 4)
    expected = present[8:].sum() / present[4:8].sum()
    assert contracts.tail[0] == pytest.approx([0, 0, 0, 0, *[expected] * 4])
    assert (contracts.tail[1] == 0).all()
    assert (laid(book).contracts.tail == 0).all()


def test_what_has_no_end_goes_on_to_the_latest_end():
    """Own sites and deals without a term count as long as the longest contract; alone, not at all."""
    hall = {"owner": "Lark", "pue": 1, "phases": [{"mw": 10, "online": quarter(0)}]}
    longest = given(term={"length": "10 quarters"})
    deals = {"open": given(), "base": longest, "brief": given(term={"length": "9 quarters"})}
    contracts = laid(a_book(deals, sites={"Hall": hall}), terminal="continue").contracts
    tail = dict(zip(contracts.entry, contracts.tail[:, -1], strict=True))
    assert tail["open"] == tail["Hall"] == tail["base"] > tail["brief"] > 0
    alone = laid(a_book({"open": given()}, sites={"Hall": hall}), terminal="continue").contracts
    assert not alone.tail.any()


TREE = {
    "trunk": {},
    "up": {
        "after": "trunk",
        "from": quarter(4),
        "probability": 0.25,
        "set": {"workloads.talk.demand": "60 MW"},
    },
    "down": {"after": "trunk", "probability": 0.75, "set": {"deals.more.price.usage": "2 MUSD/MW/year"}},
}


def test_the_tree_of_a_book_gives_exactly_its_numbers():
    """Each node has the figures that it sets, on top of those before, in its own quarters."""
    problem = instance(a_book(tree=TREE), "Lark", terminal="nothing")
    tree = problem.tree
    assert tree.names == ("opening", "trunk", "up", "down")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    assert tree.probability.tolist() == [1.0, 1.0, 0.25, 0.75]
    assert tree.last.tolist() == [0, 4, 8, 8]
    assert problem.workloads.demand[0].tolist() == [30.0] * 4 + [60.0] * 4 + [30.0] * 4
    assert problem.sources.usage[0].tolist() == pytest.approx([1.0] * 8 + [0.5] * 4)
    assert problem.contracts.node.tolist() == [0]
    assert problem.contracts.fee[0].tolist() == pytest.approx(
        [0, 0, 0.25, 1, 1, 1, 0.75, 0, 0.625, 0.625, 0.46875, 0]
    )
    assert problem.reduction == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"up": {**TREE["up"], "probability": 0.5}}, "`up`, `down`"),
        ({"up": {**TREE["up"], "from": quarter(9)}}, "up"),
    ],
)
def test_trees_that_do_not_fit_are_refused_by_name(changes, said):
    """Probabilities sum to 100 % among siblings, and nodes lie within the calendar."""
    with pytest.raises(InputError, match=said):
        instance(a_book(tree={**TREE, **changes}), "Lark")


def test_stages_beside_a_tree_are_refused():
    """The tree says when to decide again."""
    with pytest.raises(InputError, match="leave `stages` out"):
        instance(a_book(tree=TREE), "Lark", stages=[quarter(2)])


@pytest.mark.parametrize(
    ("terms", "settings", "said"),
    [
        ({}, {"buyer": "Nobody"}, "no party is called `Nobody`"),
        ({}, {"buyer": "Fen"}, "Fen has no workloads"),
        ({}, {"stages": ["2031-Q1"]}, "stage 2031-Q1"),
        ({}, {"stages": [quarter(0)]}, "stage 2026-Q1"),
        ({}, {"scenarios": 9, "futures": 5}, "9 scenarios cannot be chosen from 5 futures"),
        ({}, {"policy": {"stinginess": 1}}, "no field 'stinginess'"),
        ({"price": {"escalator": "2 %"}}, {}, r"deals\.more"),
        ({"ramp": {quarter(2): "0 MW"}}, {}, r"deals\.more: the offer has no volume"),
        ({"ramp": {"2025-Q1": "4 MW"}}, {}, r"deals\.more: the offer begins before"),
    ],
)
def test_what_cannot_be_planned_is_refused_by_name(terms, settings, said):
    """The entry, and what is wrong with it."""
    settings = {"buyer": "Lark", "scenarios": 1, "futures": 2, **settings}
    with pytest.raises(InputError, match=said):
        instance(a_book({"more": offer(**terms)}), **settings)


def test_missing_demand_is_refused_by_node_and_quarter(monkeypatch):
    """A scenario without demand in a quarter is named, never filled."""
    from offtake.plan import _lay_out

    seen = _lay_out.watch

    def torn(*given):
        found = seen(*given)
        demand = np.array(found.demand)
        demand[:, 5] = np.nan
        return found._replace(demand=demand)

    monkeypatch.setattr(_lay_out, "watch", torn)
    with pytest.raises(InputError, match=r"workloads\.talk\.demand: there is none in 2027-Q2 at node '1'"):
        laid(a_book(), scenarios=4)


def test_an_exclusivity_binds_while_it_lasts():
    """The holder, the workload and the quarters of a right."""
    right = {
        "kind": "exclusivity",
        "holder": "Crag",
        "grantor": "Lark",
        "workloads": ["talk"],
        "until": quarter(2),
    }
    problem = laid(a_book({"base": given(), "more": offer()}, rights={"only": right}))
    loads = problem.workloads
    assert loads.holders == ("Crag",)
    assert loads.bound[0, 0].tolist() == [True] * 3 + [False] * 5
    assert loads.allowed(problem.sources)[0, 1].tolist() == [False] * 3 + [True] * 5


def test_a_policy_becomes_limits():
    """Every field of a policy, in the units of the problem."""
    rules = {
        "cash": "free", "commitment_limit": "2 B USD", "contracted": {"at_least": "5 MW", "at_most": "90 MW"},
        "provider_share": "60 %", "limits_from": quarter(3), "provider_cost": "1 M USD/quarter",
        "service": {"talk": "90 %"}, "cover": {"from": quarter(2), "price": "4 MUSD/MW/year"},
        "terminal": "nothing",
    }  # fmt: skip
    problem = instance(a_book(policies={"Lark": rules}), "Lark", scenarios=1, futures=2)
    limits = problem.limits
    assert (limits.commitment, limits.contracted_least, limits.contracted_most) == (2000.0, 5.0, 90.0)
    assert (limits.provider_share, limits.limits_from, limits.provider_cost) == (0.6, 3, 1.0)
    assert (limits.cover_from, limits.cover_price) == (2, 1.0)
    assert problem.workloads.service.tolist() == [0.9]
    assert not problem.cash.limited
    assert problem.terminal == "nothing"
    changed = instance(
        a_book(policies={"Lark": rules}),
        "Lark",
        scenarios=1,
        futures=2,
        policy={"commitment_limit": "1 B USD"},
    )
    assert (changed.limits.commitment, changed.limits.provider_share) == (1000.0, 0.6)


def test_the_same_settings_give_the_same_problem():
    """Nothing but book, settings and seed decides; another seed gives other futures."""
    book = a_book(drivers={"users": {"gbm": {"now": "30 MW", "growth": "10 %/year"}, "noise": "40 %/year"}},
                  workloads={"talk": {"buyer": "Lark", "demand": "users"}})  # fmt: skip
    first, again, other = (laid(book, scenarios=3, futures=30, seed=seed) for seed in (1, 1, 2))
    assert first.workloads.demand.tolist() == again.workloads.demand.tolist()
    assert first.workloads.demand.tolist() != other.workloads.demand.tolist()
    assert first.reduction["distance"] < 1.0


def test_a_shipped_book_is_laid_out():
    """Every array has a number everywhere, and its own size."""
    problem = instance(Book.read("first-steps"), "Lark Labs", scenarios=4, futures=60, stages=["2028-Q1"])
    contracts, count = problem.contracts, len(problem.tree.step_node)
    for field in ("delivered", "fee", "floor", "advance", "tail"):
        series = getattr(contracts, field)
        assert series.shape == (len(contracts.entry), count)
        assert np.isfinite(series).all()
    assert problem.sources.usage.shape == (len(problem.sources.entry), count)
    assert {"given", "offer", "match"} <= set(contracts.what)


@pytest.mark.slow
def test_the_large_book_is_laid_out_from_every_chair():
    """Whoever has workloads and offers: every row has numbers, and probabilities sum to 1."""
    book = Book.read("openai-2025")
    buyers = {load.buyer for load in book.workloads.values()}
    buyers &= {deal.debtor for deal in book.deals.values() if deal.firmness == "offered"}
    assert len(buyers) > 1
    for buyer in sorted(buyers):
        problem = instance(book, buyer, scenarios=5, futures=80)
        assert problem.tree.probability[problem.tree.leaves].sum() == pytest.approx(1.0)
        assert np.isfinite(problem.contracts.fee).all()
        assert np.isfinite(problem.cash.other).all()
        assert "offer" in problem.contracts.what
