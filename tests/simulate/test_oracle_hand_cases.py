"""Capacity deals whose every number is computed by hand: delivery, prices, lateness, dispatch, options."""

import math

import pytest

from oracles import quarter_step
from simulate.hand import Outcome, book, compute, every_runner, near, parties, quarter, workload


def spot(*by_year):
    """A spot price in MUSD/MW/year by quarter."""
    return {"spot": {"path": {quarter(t): f"{price} MUSD/MW/year" for t, price in enumerate(by_year)}}}


@every_runner
def test_a_deal_without_uncertainty(run):
    """Fees follow what is used, revenue what is served, penalties what is not."""
    one = book(
        8,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload("40 MW", **{"yield": "12 MUSD/MW/year", "penalty": "4 MUSD/MW/year"})},
        deals={"order": compute(clauses={"ramp": {quarter(0): "20 MW", quarter(2): "50 MW"}})},
    )
    out = Outcome(run, one)
    assert out.paid("fee", "order") == near([2 * 20] * 2 + [2 * 40] * 6)
    assert out.paid("revenue", party="Lark") == near([3 * 20] * 2 + [3 * 40] * 6)
    assert out.paid("penalty", party="Lark") == near([1 * 20] * 2 + [0] * 6)
    assert out.state("cash", "Lark")[-1] == near(1000 + 2 * (60 - 40 - 20) + 6 * (120 - 80))
    assert out.state("cash", "Tide")[-1] == near(100 + 2 * 40 + 6 * 80)


@every_runner
def test_two_quarters_late_with_a_cap_on_credits(run):
    """Each late quarter costs 91.25 days of the daily share, up to the cap on the contract value."""
    late = book(
        6,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(1): "10 MW"},
                    "term": "2 years",
                    "delivery": {"delay": "6 months"},
                    "late_credit": {"per_day": "0.1 %", "cap": "2 %"},
                }
            )
        },
    )
    out = Outcome(run, late)
    full = 0.001 * 91.25 * 2 * 10
    cap = 0.02 * 2 * 10 * 8
    assert out.due("late credit", "order") == near([0, full, cap - full, 0, 0, 0])
    assert out.state("delivered", "order") == near([0, 0, 0, 10, 10, 10])
    assert out.paid("fee", "order") == near([0, 0, 0, 20, 20, 20])


@every_runner
def test_a_prepayment_is_credited_from_month_24(run):
    """A fifth of the value is paid a quarter ahead and comes back evenly over the second half of the term."""
    ahead = book(
        20,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(1): "10 MW"},
                    "term": "4 years",
                    "prepayment": {"share": "20 %", "credited_from": "month 24"},
                }
            )
        },
    )
    out = Outcome(run, ahead)
    paid = 0.2 * 2 * 10 * 16
    assert out.paid("prepayment", "order") == near([paid] + [0] * 19)
    assert out.paid("fee", "order") == near([0] + [20] * 8 + [20 - paid / 8] * 8 + [0] * 3)
    assert out.state("prepaid", "order") == near([paid] * 20)
    assert out.state("credited", "order")[8:17] == near([paid / 8 * k for k in range(9)])


@every_runner
def test_take_or_pay_below_and_above_the_floor(run):
    """Reservation is paid on what is delivered, usage on the larger of use and floor."""
    floor = book(
        4,
        parties=parties(Lark=1000, Tide=100),
        workloads={
            "chat": workload({"path": {quarter(0): "30 MW", quarter(2): "45 MW"}, "between": "held"}),
        },
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(0): "50 MW"},
                    "price": {"usage": "8 MUSD/MW/year", "reservation": "2 MUSD/MW/year"},
                    "take_or_pay": "80 %",
                }
            )
        },
    )
    out = Outcome(run, floor)
    assert out.paid("fee", "order") == near([0.5 * 50 + 2 * 40] * 2 + [0.5 * 50 + 2 * 45] * 2)


@every_runner
def test_a_total_is_spread_and_escalates_on_anniversaries(run):
    """The usage price is what reservation leaves of the total; it steps on each anniversary."""
    spread = book(
        8,
        parties=parties(Lark=5000, Tide=100),
        workloads={"chat": workload()},
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(1): "10 MW", quarter(3): "20 MW"},
                    "price": {
                        "total": "320 M USD",
                        "reservation": "2 MUSD/MW/year",
                        "escalator": "10 %/year",
                    },
                    "term": "2 years",
                }
            )
        },
    )
    out = Outcome(run, spread)
    mw_quarters = 10 * 8 + 10 * 8
    usage = (320 - 0.5 * mw_quarters) / mw_quarters
    both = usage + 0.5
    fees = [0, both * 10, both * 10, both * 20, both * 20, *[1.1 * both * 20] * 3]
    assert out.paid("fee", "order") == near(fees)


@every_runner
def test_a_price_for_each_gpu_hour(run):
    """One USD/GPU-hour is 2190 hours times a thousand kW over the chip's kW."""
    hours = book(
        2,
        parties=parties(Lark=1000, Tide=100, Quarry=0),
        chips={"Q1": {"vendor": "Quarry", "power": "1.4 kW", "efficiency": 1.25}},
        workloads={"chat": workload("5 MW")},
        deals={"order": compute(clauses={"ramp": {quarter(0): "10 MW"}, "price": "2 USD/GPU-hour"})},
    )
    out = Outcome(run, hours)
    used = 5 / 1.25
    assert out.state("used", "order") == near([used] * 2)
    assert out.paid("fee", "order") == near([2 * 2190 * (1000 / 1.4) / 1e6 * used] * 2)


@every_runner
def test_a_site_delays_the_pieces_cut_from_it(run):
    """Earlier targets take earlier phases, and a piece waits for its phase."""
    cut = book(
        6,
        parties=parties(Lark=1000, North=100, Tide=100),
        workloads={"chat": workload()},
        sites={
            "Yard": {
                "owner": "Tide",
                "phases": [
                    {"mw": "10 MW", "online": quarter(0)},
                    {
                        "mw": "20 MW",
                        "gates": {"power": "6 months", "chips": {"duration": "4.5 months", "after": "power"}},
                    },
                ],
            }
        },
        deals={
            "later": compute(sites=["Yard"], clauses={"ramp": {quarter(1): "15 MW"}}),
            "early": compute(sites=["Yard"], clauses={"ramp": {quarter(0): "4 MW"}}),
        },
    )
    out = Outcome(run, cut)
    energised = 2 + 1.5
    assert out.state("phase_energised", "Yard/2") == near([energised] * 6)
    assert out.state("delivered", "early") == near([4] * 6)
    # 6 MW of the later deal fit into what the first phase has left, 9 MW wait for the second
    assert out.state("delivered", "later") == near([0, 6, 6, 6 + 9 * 0.5, 15, 15])
    assert out.state("energised", "Yard") == near([10, 10, 10, 10 + 20 * 0.5, 30, 30])
    # free: 10 - 4, then nothing of phase 1, then 11 MW of phase 2
    assert out.state("stranded", "Tide") == near([6, 0, 0, 11 * 0.5, 11, 11])


@every_runner
def test_deferral_serves_the_oldest_first_at_a_loss(run):
    """Work that waited a quarter earns a tenth less and goes before new work."""
    wait = book(
        3,
        parties=parties(Lark=1000, Tide=100),
        workloads={
            "batch": workload(
                "10 MW",
                **{"yield": "12 MUSD/MW/year", "defer": "1 quarter", "waiting_loss": "40 %/year"},
            )
        },
        deals={"order": compute(clauses={"ramp": {quarter(1): "15 MW"}})},
    )
    out = Outcome(run, wait)
    old, new = 3 * (1 - 0.4 / 4), 3
    assert out.paid("revenue", party="Lark") == near([0, 10 * old + 5 * new, 5 * old + 10 * new])
    assert out.state("served", "batch") == near([0, 15, 15])
    assert out.state("unserved", "batch") == near([0, 0, 0])


@every_runner
@pytest.mark.parametrize(("price", "bought"), [(8, 6), (14.4, 0)])
def test_spot_is_bought_while_it_costs_less_than_going_without(run, price, bought):
    """The buyer goes to spot, up to its depth, if yield and penalty exceed the price."""
    short = book(
        2,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload("10 MW", **{"yield": "12 MUSD/MW/year", "penalty": "2 MUSD/MW/year"})},
        drivers=spot(price),
        market={"buy_depth": "6 MW"},
    )
    out = Outcome(run, short)
    assert out.paid("spot", party="Lark") == near([price / 4 * bought] * 2)
    assert out.paid("revenue", party="Lark") == near([3 * bought] * 2)
    assert out.paid("penalty", party="Lark") == near([0.5 * (10 - bought)] * 2)
    assert out.state("unserved", "chat") == near([10 - bought] * 2)


@every_runner
@pytest.mark.parametrize("fails", [False, True])
def test_exclusivity_keeps_a_workload_off_other_sellers(run, fails):
    """A bound workload leaves other capacity idle until the exclusivity ends or its holder fails."""
    bound = book(
        3,
        parties=parties(Lark=1000, Tide=100, North=100),
        workloads={"chat": workload("15 MW")},
        deals={
            "tide": compute(
                clauses={
                    "ramp": {quarter(0): "10 MW"},
                    "exclusivity": {"workloads": ["chat"], "until": quarter(1)},
                }
            ),
            "north": compute("North", clauses={"ramp": {quarter(0): "10 MW"}}),
        },
        scenarios={"failure": {"fail": "Tide", "at": quarter(1)}},
    )
    out = Outcome(run, bound, scenario="failure" if fails else None)
    assert out.state("used", "tide") == near([10, 0, 0] if fails else [10, 10, 10])
    assert out.state("used", "north") == near([0, 10, 10] if fails else [0, 0, 5])


@every_runner
def test_narrow_pools_and_cheap_sources_go_first(run):
    """What fewer workloads may use is used first; in a pool, what is paid for anyway."""
    order = book(
        1,
        parties=parties(Lark=1000, Tide=100, North=100),
        workloads={
            "chat": workload("12 MW", priority=2),
            "batch": workload("5 MW", priority=1, runs_on={"sellers": ["Tide"]}),
        },
        deals={
            "metered": compute(clauses={"ramp": {quarter(0): "10 MW"}}),
            "paid": compute(clauses={"ramp": {quarter(0): "4 MW"}, "take_or_pay": "100 %"}),
            "north": compute("North", clauses={"ramp": {quarter(0): "6 MW"}}),
        },
    )
    out = Outcome(run, order)
    # batch takes 4 MW already paid for and 1 metered; chat first takes 6 MW of North, closed to batch
    assert out.state("used", "paid") == near([4])
    assert out.state("used", "metered") == near([1 + 6])
    assert out.state("used", "north") == near([6])


@every_runner
@pytest.mark.parametrize(("price", "quarters"), [(10, 5), (7, 2)])
def test_an_extension_is_used_when_spot_is_dear(run, price, quarters):
    """The deal runs on for its extension if spot at the end of its term is at or above its price."""
    longer = book(
        6,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        drivers=spot(price),
        deals={
            "order": compute(
                clauses={"ramp": {quarter(0): "10 MW"}, "term": "6 months", "extension": "9 months"}
            )
        },
    )
    out = Outcome(run, longer)
    assert out.state("delivered", "order") == near([10] * quarters + [0] * (6 - quarters))
    assert out.state("owed", "order") == near([10] * 2 + [0] * 4)


@every_runner
def test_termination_when_spot_undercuts_the_price(run):
    """The buyer leaves once spot is below the price less the fee, and pays the fee once."""
    leave = book(
        5,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        drivers=spot(8, 8, 4),
        market={"sell_depth": "3 MW", "haircut": "50 %"},
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(0): "10 MW"},
                    "term": "2 years",
                    "termination": {"fee": "10 %", "from": quarter(1)},
                }
            )
        },
    )
    out = Outcome(run, leave)
    assert out.state("delivered", "order") == near([10, 10, 0, 0, 0])
    assert out.paid("termination fee", "order") == near([0, 0, 0.1 * 2 * 10 * (8 - 2), 0, 0])
    assert out.paid("redeployed", party="Tide") == near([0, 0, *[3 * 1 * 0.5] * 3])
    assert out.state("stranded", "Tide") == near([0, 0, 7, 7, 7])


@every_runner
def test_a_party_may_place_more_idle_machines_than_the_market_says(run):
    """Its own depth takes the place of the market's, for it alone."""
    idle = book(
        2,
        parties={**parties(Lark=1000, Tide=100), "Ebb": {"cash": "100 M USD", "sell_depth": "8 MW"}},
        sites={
            name: {"owner": name, "phases": [{"mw": 10, "online": quarter(0)}]} for name in ("Tide", "Ebb")
        },
        drivers=spot(4, 4),
        market={"sell_depth": "3 MW", "haircut": "50 %"},
        deals={},
    )
    out = Outcome(run, idle)
    assert out.paid("redeployed", party="Tide") == near([3 * 1 * 0.5] * 2)
    assert out.paid("redeployed", party="Ebb") == near([8 * 1 * 0.5] * 2)
    assert [out.state("stranded", each) for each in ("Tide", "Ebb")] == [near([7, 7]), near([2, 2])]


@every_runner
@pytest.mark.parametrize("price", [7, 9])
def test_a_late_tranche_is_cancelled_when_spot_is_cheap(run, price):
    """After two late quarters the buyer walks away from the tranche if spot is below its price."""
    walk = book(
        8,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        drivers=spot(price),
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(1): "10 MW"},
                    "term": "2 years",
                    "delivery": {"delay": "15 months"},
                    "late_credit": {"per_day": "0.1 %", "may_end_after": "6 months"},
                }
            )
        },
    )
    out = Outcome(run, walk)
    daily = 0.001 * 91.25 * 2 * 10
    late = [0, 1, 1, 0, 0, 0, 0, 0] if price < 8 else [0, 1, 1, 1, 1, 1, 0, 0]
    assert out.due("late credit", "order") == near([daily * each for each in late])
    assert out.state("delivered", "order") == near([0] * 8 if price < 8 else [0] * 6 + [10] * 2)


@every_runner
def test_distributions_causes_and_intentions_are_read_from_their_labels(run):
    """A price, a delay and whether a deal comes about follow from their normals by quantile functions."""
    drawn = book(
        3,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        causes={"grid": {"correlation": "64 %"}},
        deals={
            "order": compute(
                firmness="intended",
                likelihood="60 %",
                fulfilment="50 %",
                cause="grid",
                clauses={
                    "ramp": {quarter(0): "10 MW"},
                    "price": {"uniform": [4, 12], "unit": "MUSD/MW/year"},
                    "delivery": {
                        "delay": {"lognormal": {"median": "3 months", "p90": "6 months"}, "cause": "grid"}
                    },
                },
            )
        },
    )
    draws = {
        "cause/grid": -1.0,
        "deal/order": 0.5,
        "scalar/deals.order.clauses.price.usage": 0.3,
        "scalar/deals.order.clauses.delivery.delay": 0.2,
    }
    out = Outcome(run, drawn, draws)
    phi = 0.5 * math.erfc(-0.3 / math.sqrt(2))
    price = (4 + 8 * phi) / 4
    sigma = math.log(2) / 1.2815515655446004
    delay = math.exp(sigma * (0.8 * -1.0 + 0.6 * 0.2))
    assert out.state("in_force", "order") == [1, 1, 1]
    assert out.paid("fee", "order") == near([price * 0.5 * 10 * share for share in (1 - delay, 1, 1)])
    assert Outcome(run, drawn, {"cause/grid": 1.0, "deal/order": 0.5}).state("in_force", "order") == [0, 0, 0]


@every_runner
def test_a_cause_that_a_scenario_delays(run):
    """Nine months on a cause are added to every gate that shares it."""
    grid = book(
        8,
        parties=parties(Tide=100),
        sites={
            "Yard": {
                "owner": "Tide",
                "phases": [
                    {
                        "mw": "10 MW",
                        "gates": {"power": {"uniform": [2, 4], "unit": "quarters", "cause": "grid"}},
                    }
                ],
            }
        },
        scenarios={"late grid": {"set": {"causes.grid": "+9 months"}}},
    )
    assert Outcome(run, grid).state("phase_energised", "Yard/1")[0] == near(3)
    assert Outcome(run, grid, scenario="late grid").state("phase_energised", "Yard/1")[0] == near(6)


def test_critical_gates_lie_on_a_longest_path():
    """The gate that ends last is critical, and so is one that it waited for to the end."""
    gates = {
        "power": "9 months",
        "construction": "6 months",
        "chips": {"duration": "3 months", "after": ["power", "construction"]},
        "crew": {"duration": "12 months", "not_before": quarter(0)},
    }
    paths = book(
        2,
        parties=parties(Tide=100),
        sites={"Yard": {"owner": "Tide", "phases": [{"mw": "10 MW", "gates": gates}]}},
    )
    _, states = quarter_step.run(paths, {})
    assert states[0]["critical"]["Yard/1"] == {"power", "chips", "crew"}
