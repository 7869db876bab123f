"""Published problems of stochastic programming, written as books and solved by the public `plan`."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import pytest

import offtake as ot

PLAIN = {"cash": "free", "terminal": "nothing"}


def offer(
    reservation: float, usage: float = 0.0, *, most: str = "500 MW", chip: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return an offer of one quarter: what a MW costs, and what it costs while it runs."""
    clauses: dict[str, Any] = {
        "volume": {"to": most},
        "price": {"reservation": f"{reservation} MUSD/MW/quarter", "usage": f"{usage} MUSD/MW/quarter"},
        "term": {"until": "2026-Q1"},
        "resale": False,
        **more,
    }
    if chip is not None:
        clauses["delivery"] = {"chip": chip}
    return {"kind": "compute", "seller": "Tern", "buyer": "Lark", "firmness": "offered", "clauses": clauses}


def book(name: str, **entries: Any) -> ot.Book:
    """Return a book of one quarter with a buyer, a seller and no discounting."""
    return ot.Book.from_data(
        {
            "book": name,
            "calendar": {"from": "2026-Q1", "to": "2026-Q1"},
            "market": {"discount_rate": "0 %/year"},
            "parties": {"Lark": {}, "Tern": {}},
            **entries,
        }
    )


def test_lands_has_its_published_optimum_evpi_and_vss() -> None:
    """LandS (Louveaux and Smeers 1988): 381.853333 at 2.6667, 4, 3.3333, 2; EVPI 1.686667, VSS 2.133333."""
    best = ot.plan(ot.Book.read("lands"), goal="cost", bounds=True)
    assert best.cost == pytest.approx(381.8533333333, abs=1e-6)
    signed = [best.mw(f"technology {n}") for n in range(1, 5)]
    assert signed == pytest.approx([8 / 3, 4.0, 10 / 3, 2.0], abs=1e-6)
    assert best.bounds is not None
    assert best.bounds.evpi == pytest.approx(1.6866666667, abs=1e-6)
    assert best.bounds.vss == pytest.approx(2.1333333, abs=1e-5)


def farmer() -> ot.Book:
    """Return the farmer's problem: acres are MW under contract, yields come with the season."""
    crops = {"wheat": (150, 2.5), "corn": (230, 3.0), "beet": (260, 20.0)}
    work = {
        "wheat to feed": ("wheat", 200, 0, 238),
        "wheat to sell": ("wheat", 10_000, 170, 0),
        "corn to feed": ("corn", 240, 0, 210),
        "corn to sell": ("corn", 10_000, 150, 0),
        "beet in quota": ("beet", 6_000, 36, 0),
        "beet above": ("beet", 100_000, 10, 0),
    }
    seasons = {"good": 1.2, "middling": 1.0, "bad": 0.8}
    return book(
        "farmer",
        chips={
            crop: {"vendor": "Tern", "power": "1 kW", "efficiency": yields}
            for crop, (_, yields) in crops.items()
        },
        deals={crop: offer(cost, chip=crop) for crop, (cost, _) in crops.items()},
        workloads={
            name: {
                "buyer": "Lark",
                "demand": f"{demand} MW",
                "yield": f"{earns} MUSD/MW/quarter",
                "penalty": f"{penalty} MUSD/MW/quarter",
                "runs_on": {"chips": crop},
            }
            for name, (crop, demand, earns, penalty) in work.items()
        },
        policies={"Lark": {**PLAIN, "contracted": {"at_most": "500 MW"}}},
        tree={
            season: {
                "probability": f"{100 / 3:.13f} %",
                "set": {f"chips.{crop}.efficiency": share * yields for crop, (_, yields) in crops.items()},
            }
            for season, share in seasons.items()
        },
    )


def test_farmer_has_its_published_profit_evpi_and_vss() -> None:
    """Birge and Louveaux: 108,390 at 170, 80, 250 acres; EVPI 7,015.5556, VSS 1,150."""
    best = ot.plan(farmer(), bounds=True)
    assert best.value == pytest.approx(108_390.0, abs=0.01)
    assert [best.mw(crop) for crop in ("wheat", "corn", "beet")] == pytest.approx([170, 80, 250], abs=1e-4)
    assert best.bounds is not None
    assert best.bounds.evpi == pytest.approx(7_015.5556, abs=0.01)
    assert best.bounds.vss == pytest.approx(1_150.0, abs=0.01)


def test_problem_5_2_has_its_published_cost() -> None:
    """Problem 5.2 in two stages (StructDualDynProg, SDDP.jl): 340,315.52."""
    plants = [(16, 25), (5, 80), (32, 6.5), (2, 160)]
    durations = [1.0, 0.7990867579908676, 0.17123287671232876]
    blocks = [[3919, 3410, 2986], [7086, 1918, 2165]]
    made = book(
        "problem-5-2",
        deals={f"plant {n}": offer(buy, run, most="20 GW") for n, (buy, run) in enumerate(plants)},
        workloads={
            f"block {n}": {
                "buyer": "Lark",
                "demand": f"{blocks[0][n]} MW",
                "duration": f"{100 * length:.16g} %",
                "penalty": "1000000 MUSD/MW/quarter",
            }
            for n, length in enumerate(durations)
        },
        policies={"Lark": PLAIN},
        tree={
            f"year {k}": {
                "probability": f"{90 if k == 0 else 10} %",
                "set": {f"workloads.block {n}.demand": f"{blocks[k][n]} MW" for n in range(3)},
            }
            for k in range(2)
        },
    )
    best = ot.plan(made, goal="cost")
    assert best.cost == pytest.approx(340_315.52, abs=0.1)
    assert [best.mw(f"plant {n}") for n in range(4)] == pytest.approx([5085, 1311, 3919, 854], abs=1e-3)


def newsvendor(points: int) -> ot.Book:
    """Return a newsvendor with normal demand (100, 20), price 10, cost 4, in equally likely steps."""
    demand = [NormalDist(100, 20).inv_cdf((k + 0.5) / points) for k in range(points)]
    return book(
        "newsvendor",
        deals={"papers": offer(4)},
        workloads={"readers": {"buyer": "Lark", "demand": "100 MW", "yield": "10 MUSD/MW/quarter"}},
        policies={"Lark": PLAIN},
        tree={
            f"day {k}": {
                "probability": f"{100 / points:.15g} %",
                "set": {"workloads.readers.demand": f"{each:.12g} MW"},
            }
            for k, each in enumerate(demand)
        },
    )


def test_newsvendor_orders_the_critical_quantile() -> None:
    """The order is the 60 % quantile, 105.067, and the profit 522.731, but for the steps of the demand."""
    best = ot.plan(newsvendor(60), prices=False)
    assert best.mw("papers") == pytest.approx(105.0669421, abs=0.7)
    assert best.value == pytest.approx(522.7314933, rel=2e-3)


def test_cautious_newsvendor_orders_less_and_raises_its_tail() -> None:
    """Charging the tail orders less; its mean loss in the worst fifth falls, the mean profit too."""
    plain = ot.plan(newsvendor(20), risk=ot.CVaR(0.8, weight=0.0), prices=False, frontier=3)
    cautious = ot.plan(newsvendor(20), risk=ot.CVaR(0.8, weight=2.0), prices=False)
    assert cautious.mw("papers") < plain.mw("papers")
    assert cautious.value < plain.value
    weights = [point.weight for point in plain.frontier]
    tails = [point.cvar for point in plain.frontier]
    assert weights == sorted(weights)
    assert tails == sorted(tails, reverse=True)


def staged() -> ot.Book:
    """Return a problem of four quarters: what is needed in the last is known one quarter before."""
    steps = {"2026-Q1": "0 MW", "2026-Q2": "10 MW"}
    return ot.Book.from_data(
        {
            "book": "stages",
            "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
            "market": {"discount_rate": "0 %/year"},
            "parties": {"Lark": {}, "Tern": {}},
            "deals": {
                name: {
                    "kind": "compute",
                    "seller": "Tern",
                    "buyer": "Lark",
                    "firmness": "offered",
                    "clauses": {
                        "volume": {"to": "50 MW"},
                        "ramp": {quarter: "50 MW"},
                        "price": {"reservation": f"{price} MUSD/MW/quarter"},
                        "term": {"until": "2026-Q4"},
                        "resale": False,
                    },
                }
                for name, quarter, price in (("early", "2026-Q2", 2), ("late", "2026-Q4", 3))
            },
            "workloads": {"chat": {"buyer": "Lark", "demand": {"path": steps}}},
            "policies": {"Lark": {**PLAIN, "service": {"chat": "100 %"}}},
            "tree": {
                "first": {},
                "weak": {"after": "first", "from": "2026-Q3", "probability": "50 %"},
                "strong": {"after": "first", "from": "2026-Q3", "probability": "50 %"},
                "weak still": {"after": "weak", "from": "2026-Q4"},
                "strong indeed": {
                    "after": "strong",
                    "from": "2026-Q4",
                    "set": {"workloads.chat.demand": {"path": {**steps, "2026-Q4": "30 MW"}}},
                },
            },
        }
    )


def test_several_stages_wait_where_waiting_pays() -> None:
    """By hand: 10 MW are needed from 2026-Q2, and another 20 in 2026-Q4 in the strong half of futures.

    The early offer costs 2 for each of three quarters, the late one 3 for one. So 10 early, and 20 late once
    the strong half is known: 10·2·3 + 20·3/2 = 90. Signed at the opening the 20 would cost 60, 120 in all.
    """
    best = ot.plan(staged(), goal="cost", bounds=True)
    assert best.mw("early") == pytest.approx(10.0)
    assert best.cost == pytest.approx(90.0, abs=1e-6)
    later = [each for each in best.signings if each.node != "opening"]
    assert [(each.entry, each.node, each.quarter) for each in later] == [("late", "strong", "2026-Q4")]
    assert best.bounds is not None
    assert best.bounds.evpi == pytest.approx(0.0, abs=1e-6)
