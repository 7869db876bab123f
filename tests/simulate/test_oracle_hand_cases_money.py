"""Deals that are not capacity, and money outside the book, computed by hand."""

import math

import pytest

from simulate.hand import Outcome, book, compute, every_runner, near, parties, quarter, workload

RATE = 0.02


def campus(owner, *phases, **terms):
    """A site of these phases."""
    return {"owner": owner, "phases": list(phases), **terms}


def two_halls(owner="Lark"):
    """600 MW from the opening, and 1.5 GW half-way through the third quarter."""
    later = {"mw": "1500 MW", "gates": {"power": {"duration": "7.5 months"}}}
    return campus(owner, {"mw": "600 MW", "online": quarter(0)}, later)


MEASURED = (600, 600, 600 + 1500 * 0.5, 2100, 2100)


@every_runner
def test_an_equity_tranche_for_each_gigawatt_energised(run):
    """Tranches fall due when the measured power passes each gigawatt, up to the most in all."""
    stake = book(
        5,
        parties=parties(Lark=0, Quarry=50_000, Tide=0),
        sites={"Yard": two_halls(), "Elsewhere": two_halls("Tide")},
        deals={
            "stake": {
                "kind": "equity",
                "investor": "Quarry",
                "issuer": "Lark",
                "fulfilment": "50 %",
                "clauses": {
                    "payments": {"2025-Q4": "7 B USD", quarter(1): "1 B USD"},
                    "tranches": {"amount": "10 B USD", "each": "1 GW", "up to": "15 B USD"},
                },
            }
        },
    )
    out = Outcome(run, stake)
    assert out.paid("payment", "stake") == near([0, 0.5 * 1000, 0, 0, 0])
    assert out.paid("tranche", "stake") == near([0, 0, 0.5 * 10_000, 0.5 * (15_000 - 10_000), 0])


@every_runner
def test_warrants_vest_by_power_and_price_and_are_sold(run):
    """A tranche vests once power and price both reach it in one quarter; half of what vests is sold."""
    warrants = {
        "issuer": "Quarry",
        "holder": "Lark",
        "shares": "100 M",
        "strike": "10 USD",
        "each": "500 MW",
        "tranches": 4,
        "price": "share",
        "hurdles": ["15 USD", "45 USD"],
        "sold": "50 %",
    }
    vesting = book(
        5,
        parties=parties(Lark=0, Quarry=0),
        sites={"Yard": two_halls()},
        drivers={"share": {"path": {quarter(0): "20 USD", quarter(4): "60 USD"}}},
        deals={
            "stake": {
                "kind": "equity",
                "investor": "Quarry",
                "issuer": "Lark",
                "clauses": {"warrants": warrants},
            }
        },
    )
    out = Outcome(run, vesting)
    # 600 MW: one tranche at 20 USD; 1,350 MW at 40 USD miss the hurdle of 45; 2,100 MW at 50 USD give three
    sold = [0.5 * 25 * (20 - 10), 0, 0, 0.5 * 75 * (50 - 10), 0]
    assert out.paid("warrants sold", party="Lark") == near(sold)


@every_runner
def test_a_revenue_share_of_one_workload_within_its_window(run):
    """Only listed workloads count, from the first to the last quarter."""
    share = book(
        4,
        parties=parties(Lark=1000, Tide=100, North=0),
        workloads={
            "chat": workload("10 MW", **{"yield": "12 MUSD/MW/year"}),
            "batch": workload("10 MW", **{"yield": "4 MUSD/MW/year"}),
        },
        deals={
            "order": compute(clauses={"ramp": {quarter(0): "20 MW"}}),
            "share": {
                "kind": "revenue_share",
                "payer": "Lark",
                "recipient": "North",
                "clauses": {
                    "revenue_share": {
                        "share": "25 %",
                        "workloads": ["chat"],
                        "from": quarter(1),
                        "until": quarter(2),
                    }
                },
            },
        },
    )
    out = Outcome(run, share)
    assert out.paid("revenue", party="Lark") == near([3 * 10 + 1 * 10] * 4)
    assert out.paid("revenue share", "share") == near([0, 0.25 * 30, 0.25 * 30, 0])


@every_runner
def test_a_backstop_buys_what_stays_unsold_up_to_its_limits(run):
    """The backer pays for unsold power within its MW, until the money in all is used up."""
    cover = book(
        4,
        parties=parties(Tide=0, Quarry=1000),
        sites={"Yard": campus("Tide", {"mw": "40 MW", "online": quarter(0)})},
        deals={
            "backstop": {
                "kind": "backstop",
                "backer": "Quarry",
                "provider": "Tide",
                "clauses": {"cover": {"price": "4 MUSD/MW/year", "power": "25 MW", "up to": "60 M USD"}},
            }
        },
    )
    out = Outcome(run, cover)
    assert out.paid("backstop", "backstop") == near([25, 25, 10, 0])
    assert out.state("stranded", "Tide") == near([15, 15, 30, 40])


def loan(how, principal, **repayment):
    """A book of six quarters with one loan at 2 % a quarter."""
    return book(
        6,
        parties=parties(Lark=1000, Bank=1000),
        deals={
            "loan": {
                "kind": "loan",
                "lender": "Bank",
                "borrower": "Lark",
                "clauses": {
                    "principal": principal,
                    "interest": "8 %/year",
                    "repayment": {"how": how, **repayment},
                },
            }
        },
    )


LEVEL = 120 * RATE / (1 - (1 + RATE) ** -4)
FIRST = 120 * RATE / ((1 + RATE) ** 4 - 1)
SHAPES = {
    "bullet": [0, 0, 0, 120],
    "straight": [30, 30, 30, 30],
    "annuity": [FIRST * (1 + RATE) ** k for k in range(4)],
}


@every_runner
@pytest.mark.parametrize("how", SHAPES)
def test_repayments_of_each_shape(run, how):
    """Principal follows its shape, interest what is outstanding, and the two of an annuity are level."""
    out = Outcome(run, loan(how, {"outstanding": "120 M USD"}, maturity=quarter(3)))
    principal = [*SHAPES[how], 0, 0]
    owed = [120 - sum(principal[:t]) for t in range(6)]
    assert out.paid("principal", "loan") == near(principal)
    assert out.paid("interest", "loan") == near([RATE * each for each in owed])
    if how == "annuity":
        assert [a + b for a, b in zip(principal[:4], out.paid("interest", "loan"), strict=False)] == near(
            [LEVEL] * 4
        )


@every_runner
def test_a_loan_is_repaid_from_the_quarter_after_its_draw(run):
    """The lender pays the draw; a third of it comes back in each quarter from the next one on."""
    out = Outcome(run, loan("straight", {"drawn": {quarter(1): "60 M USD"}}, maturity=quarter(4)))
    assert out.paid("draw", "loan") == near([0, 60, 0, 0, 0, 0])
    assert out.paid("principal", "loan") == near([0, 0, 20, 20, 20, 0])
    assert out.paid("interest", "loan") == near([0, 0, 1.2, 0.8, 0.4, 0])
    assert out.state("outstanding", "loan") == near([0, 60, 40, 20, 0, 0])
    assert out.state("cash", "Bank")[-1] == near(1000 + 1.2 + 0.8 + 0.4)


@every_runner
@pytest.mark.parametrize("fails", [None, "Shell", "Tide"])
def test_a_lease_outlives_its_landlord_but_not_its_tenant(run, fails):
    """Rent is on what is delivered; it goes to the landlord's estate, and ends when the tenant fails."""
    rent = book(
        4,
        parties=parties(Tide=1000, Shell=0),
        deals={
            "lease": {
                "kind": "lease",
                "landlord": "Shell",
                "tenant": "Tide",
                "clauses": {"ramp": {quarter(0): "10 MW"}, "price": {"reservation": "4 MUSD/MW/year"}},
            }
        },
        scenarios={"failure": {"fail": fails or "Tide", "at": quarter(2)}},
    )
    out = Outcome(run, rent, scenario="failure" if fails else None)
    assert out.paid("fee", "lease") == near([10, 10, 0, 0] if fails == "Tide" else [10] * 4)


@every_runner
def test_power_with_a_minimum_bill_and_a_term(run):
    """The larger of the minimum and the energy drawn is billed; after the term the site buys outside."""
    grid = book(
        6,
        parties=parties(Tide=100, Utility=0),
        sites={
            "Yard": campus(
                "Tide",
                {"mw": "20 MW", "online": quarter(2)},
                pue=1.5,
                load_factor="80 %",
                power_price="90 USD/MWh",
                opex="0.4 MUSD/MW/year",
            )
        },
        deals={
            "power": {
                "kind": "power",
                "seller": "Utility",
                "buyer": "Tide",
                "sites": ["Yard"],
                "clauses": {
                    "ramp": {quarter(0): "20 MW"},
                    "tariff": {"price": "50 USD/MWh", "minimum": "60 %"},
                    "term": "1 year",
                },
            }
        },
    )
    out = Outcome(run, grid)
    mwh = 20 * 1.5 * 0.8 * 2190
    minimum = 0.6 * 20 * 2190
    assert out.paid("power", "power") == near(
        [50 * each / 1e6 for each in (minimum, minimum, mwh, mwh, 0, 0)]
    )
    assert out.paid("power", party="Tide") == near([0, 0, 0, 0, 90 * mwh / 1e6, 90 * mwh / 1e6])
    assert out.paid("opex", party="Tide") == near([0, 0, *[0.1 * 20] * 4])


@every_runner
def test_a_licence_ends_with_its_term(run):
    """The fee runs for ten months: three quarters and a third."""
    models = book(
        5,
        parties=parties(Lark=100, North=0),
        deals={
            "models": {
                "kind": "licence",
                "licensor": "North",
                "licensee": "Lark",
                "clauses": {"fee": "20 M USD/year", "term": "10 months"},
            }
        },
    )
    assert Outcome(run, models).paid("licence", "models") == near([5, 5, 5, 5 / 3, 0])


BUILT = {
    "mw": "10 MW",
    "gates": {
        "construction": "9 months",
        "chips": {"duration": "6 months", "after": "construction"},
        "crew": {"duration": "1 month", "after": "chips"},
    },
}


@every_runner
def test_building_a_site_pays_the_rest_evenly_and_chips_at_their_gate(run):
    """Construction is paid over its nine months, chips when their gate is done, to the vendor of the chip."""
    build = book(
        7,
        parties=parties(Tide=1000, Quarry=0),
        chips={"Q1": {"vendor": "Quarry", "power": "1 kW"}},
        sites={"Yard": campus("Tide", BUILT, chip="Q1", capex={"chips": "28 MUSD/MW", "rest": "9 MUSD/MW"})},
    )
    out = Outcome(run, build)
    assert out.paid("capex", party="Tide") == near([30, 30, 30, 0, 0, 0, 0])
    assert out.paid("chips", "site/Yard") == near([0, 0, 0, 0, 0, 280, 0])
    assert out.state("energised", "Yard") == near([0, 0, 0, 0, 0, 10 * (1 - 1 / 3), 10])


@every_runner
@pytest.mark.parametrize("without", [False, True])
def test_chips_under_a_supply_deal_follow_its_price(run, without):
    """The unit price follows its index; without the deal the phase does not exist and nothing is due."""
    supply = book(
        7,
        parties=parties(Tide=1000, Quarry=0),
        chips={"Q1": {"vendor": "Quarry", "power": "1 kW"}},
        drivers={"memory": {"path": {quarter(0): 2, quarter(4): 3}}},
        sites={"Yard": campus("Tide", BUILT, chip="Q1", capex={"chips": "28 MUSD/MW", "rest": "9 MUSD/MW"})},
        deals={
            "frame": {
                "kind": "supply",
                "seller": "Quarry",
                "buyer": "Tide",
                "sites": ["Yard"],
                "fulfilment": "50 %",
                "clauses": {"unit_price": {"amount": "20 MUSD/MW", "index": "memory"}},
            },
            "loose": {
                "kind": "supply",
                "seller": "Quarry",
                "buyer": "Tide",
                "clauses": {
                    "unit_price": "1 MUSD/MW",
                    "ramp": {quarter(0): "5 MW", quarter(2): "8 MW"},
                    "delivery": {"delay": "4 months"},
                },
            },
        },
        scenarios={"no frame": {"without": "frame"}},
    )
    out = Outcome(run, supply, scenario="no frame" if without else None)
    chips = 0 if without else 0.5 * 20 * 3 / 2 * 10
    assert out.paid("chips", "frame") == near([0, 0, 0, 0, 0, chips, 0])
    assert out.paid("chips", "site/Yard") == near([0] * 7)
    assert out.paid("chips", "loose") == near([0, 5, 0, 3, 0, 0, 0])
    assert out.state("energised", "Yard")[6] == near(0 if without else 10)


@every_runner
def test_outside_debt_pays_interest_and_matures(run):
    """Interest is on what is scheduled to be owed at the quarter's start."""
    debt = book(
        4,
        parties=parties(
            Tide={
                "cash": "200 M USD",
                "income": "40 M USD/year",
                "costs": "4 M USD/quarter",
                "debt": {"amount": "100 M USD", "rate": "8 %/year", "maturities": {quarter(1): "60 M USD"}},
            }
        ),
    )
    out = Outcome(run, debt)
    assert out.paid("interest", party="Tide") == near([2, 2, 0.8, 0.8])
    assert out.paid("maturities", party="Tide") == near([0, 60, 0, 0])
    assert out.state("cash", "Tide")[-1] == near(200 + 4 * (10 - 4) - 2 - 2 - 0.8 - 0.8 - 60)


@every_runner
def test_drivers_move_by_growth_noise_reversion_and_shocks(run):
    """Growth compounds, noise is exact, shocks fade where a driver reverts and pass where they are dated."""
    moving = book(
        5,
        parties=parties(Lark=0),
        drivers={
            "users": {"gbm": {"now": "100 MW", "growth": "70 %/year"}, "noise": "20 %/year"},
            "spot": {
                "mean_reverting": {
                    "now": "4 MUSD/MW/year",
                    "level": "2 MUSD/MW/year",
                    "half_life": "6 months",
                }
            },
            "mood": {"constant": 1, "noise": "10 %/year"},
        },
        correlations={"users ~ mood": 0.6},
        scenarios={
            "shock": {
                "shock": {"spot": "x0.5", "mood": {"times": 0.2, "for": "4 months"}},
                "at": quarter(2),
            }
        },
    )
    draws = {"driver/users/1": 0.5, "driver/mood/1": -1.0}
    out = Outcome(run, moving, draws, "shock")
    users = math.exp(0.2 * 0.5 * 0.5 - 0.2**2 / 8)
    drift = -(0.1**2) / 8
    mood = [1, *[math.exp(0.1 * 0.5 * (0.6 * 0.5 - 0.8) + drift * t) for t in range(1, 5)]]
    mood = [mood[0], mood[1], 0.2 * mood[2], 0.2 * mood[3], mood[4]]
    assert out.state("drivers", "users")[1] == near(100 * 1.7**0.25 * users)
    assert out.state("drivers", "mood") == near(mood)
    curve = [0.5 * 2 ** (2.0 ** (-t / 2)) for t in range(5)]
    fading = [0, 0, *[math.log(0.5) * 2.0 ** (-t / 2) for t in range(3)]]
    assert out.state("drivers", "spot") == near([c * math.exp(f) for c, f in zip(curve, fading, strict=True)])
