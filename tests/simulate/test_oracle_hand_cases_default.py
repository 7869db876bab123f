"""Arrears, clearing, default and what follows from it, computed by hand."""

import math

import pytest

from simulate.hand import Outcome, book, compute, every_runner, near, parties, quarter, workload


def licence(payer, receiver, amount, **clauses):
    """A fee of so many M USD a quarter."""
    return {
        "kind": "licence",
        "licensor": receiver,
        "licensee": payer,
        "clauses": {"fee": f"{amount} M USD/quarter", **clauses},
    }


@every_runner
def test_arrears_paid_late_within_grace(run):
    """What is short in one quarter is paid first in the next, and nobody defaults."""
    late = book(
        3,
        parties=parties(
            Lark={
                "cash": "10 M USD",
                "income": {"path": {quarter(0): "0 M USD/quarter", quarter(1): "100 M USD/quarter"}},
            },
            Tide=0,
        ),
        deals={"models": licence("Lark", "Tide", 20)},
    )
    out = Outcome(run, late)
    assert out.due("licence", "models") == near([20, 20, 20])
    assert out.paid("licence", "models") == near([10, 20, 20])
    assert out.paid("licence arrears", "models") == near([0, 10, 0])
    assert out.state("age_of_arrears", "Lark") == [1, 0, 0]
    assert out.state("age_of_default", "Lark") == [-1, -1, -1]
    assert out.state("cash", "Lark") == near([0, 70, 150])


@every_runner
def test_ranks_and_shares_within_a_rank(run):
    """Arrears go first, then senior dues with the world's, then ordinary ones pro rata, then the rest."""
    ranks = book(
        2,
        parties=parties(
            Lark={
                "cash": "46 M USD",
                "costs": "20 M USD/quarter",
                "income": {"path": {quarter(0): "0 M USD/quarter", quarter(1): "66 M USD/quarter"}},
            },
            North=0,
        ),
        deals={
            "senior": licence("Lark", "North", 20, rank="senior"),
            "one": licence("Lark", "North", 20),
            "two": licence("Lark", "North", 10),
            "last": licence("Lark", "North", 20, rank="subordinated"),
        },
    )
    out = Outcome(run, ranks)
    # 46 = 40 senior + 6 of 30 ordinary; then 66 = 24 + 20 in arrears + 22 of 40 senior
    assert out.paid("licence", "senior") == near([20, 11])
    assert out.paid("costs", party="Lark") == near([20, 11])
    assert out.paid("licence", "one") == near([6 * 20 / 30, 0])
    assert out.paid("licence", "two") == near([6 * 10 / 30, 0])
    assert out.paid("licence", "last") == near([0, 0])
    assert out.paid("licence arrears", "one") == near([0, 16])
    assert out.paid("licence arrears", "last") == near([0, 20])


@every_runner
def test_a_buyers_default_and_redeployment(run):
    """Grace used up, the buyer defaults; its capacity goes to spot as far as that is deep."""
    buyer = book(
        5,
        parties=parties(Lark=30, Tide=100),
        workloads={"chat": workload("10 MW")},
        drivers={"spot": {"constant": "4 MUSD/MW/year"}},
        market={"sell_depth": "6 MW", "haircut": "30 %"},
        deals={"order": compute(clauses={"ramp": {quarter(0): "10 MW"}, "resale": False})},
    )
    out = Outcome(run, buyer)
    assert out.paid("fee", "order") == near([20, 10, 0, 0, 0])
    assert out.due("fee arrears", "order") == near([0, 0, 10, 0, 0])
    assert out.state("age_of_default", "Lark") == [-1, -1, -1, 0, 1]
    assert out.state("losses", "Tide") == near([0, 0, 0, 0.6 * 30, 0])
    assert out.state("delivered", "order") == near([10, 10, 10, 0, 0])
    assert out.paid("redeployed", party="Tide") == near([0, 0, 0, 6 * 0.7, 6 * 0.7])
    assert out.state("stranded", "Tide") == near([0, 0, 0, 4, 4])
    assert out.state("cash", "Tide") == near([120, 130, 130, 134.2, 138.4])


@every_runner
def test_capacity_kept_for_a_dead_buyer_is_stranded(run):
    """Where the deal goes on in spite of the buyer's default, nobody else gets its capacity."""
    kept = book(
        3,
        parties=parties(Lark=1000, Tide=100),
        drivers={"spot": {"constant": "4 MUSD/MW/year"}},
        market={"sell_depth": "6 MW"},
        deals={
            "order": compute(
                clauses={"ramp": {quarter(0): "10 MW"}, "default_terms": {"buyer_default": "continues"}}
            )
        },
        scenarios={"failure": {"fail": "Lark", "at": quarter(1)}},
    )
    out = Outcome(run, kept, scenario="failure")
    assert out.state("stranded", "Tide") == near([0, 10, 10])
    assert out.state("redeployed", "Lark") == near([6, 0, 0])


@every_runner
def test_a_sellers_default_with_step_in(run):
    """After the outage half of what was in service comes back; what was prepaid and not credited is lost."""
    seller = book(
        5,
        parties=parties(Lark=1000, Tide=100),
        workloads={"chat": workload()},
        deals={
            "order": compute(
                clauses={
                    "ramp": {quarter(0): "10 MW", quarter(3): "30 MW"},
                    "term": "2 years",
                    "prepayment": "10 %",
                    "default_terms": {"outage": "3 months", "step_in": "50 %"},
                }
            )
        },
        scenarios={"failure": {"fail": "Tide", "at": quarter(2)}},
    )
    out = Outcome(run, seller, scenario="failure")
    prepaid = 0.1 * 2 * 10 * 8
    credit = prepaid / 8
    assert out.state("delivered", "order") == near([10, 10, 0, 0.5 * 10, 0.5 * 10])
    assert out.paid("fee", "order") == near([20 - credit, 20 - credit, 0, 10, 10])
    assert out.paid("prepayment", "order") == near([0] * 5)
    assert out.state("losses", "Lark") == near([0, 0, 0.6 * (prepaid - 2 * credit), 0, 0])
    assert out.state("cash", "Tide")[-1] == near(100 + 2 * (20 - credit) + 2 * 10)


def freezing():
    """A firm that lives on 30 M USD of new debt a quarter, and a freeze of it."""
    return book(
        4,
        parties=parties(
            Lark={
                "cash": "50 M USD",
                "minimum_cash": "20 M USD",
                "costs": "30 M USD/quarter",
                "funding": {"limit": "30 M USD/quarter", "rate": "8 %/year"},
                "grace": "0 quarters",
                "cash_kept": "50 %",
            }
        ),
        drivers={"confidence": {"constant": 1}},
        scenarios={"freeze": {"shock": {"confidence": "x0.2"}, "at": quarter(2)}},
    )


@every_runner
def test_a_firm_lives_while_it_can_borrow(run):
    """It draws what it needs to stay above its minimum cash, and pays interest on that."""
    out = Outcome(run, freezing())
    assert out.paid("funding debt", party="Lark") == near([0, 30, 30, 30])
    assert out.paid("interest on drawn debt", party="Lark") == near([0, 0, 0.6, 1.2])
    assert out.state("cash", "Lark") == near([20, 20, 19.4, 18.2])
    assert out.state("age_of_default", "Lark") == [-1] * 4


@every_runner
def test_a_funding_freeze_fails_it_in_the_next_quarter(run):
    """Short with a fifth of the limit, it loses half of its means and is in default a quarter later."""
    out = Outcome(run, freezing(), scenario="freeze")
    assert out.paid("funding debt", party="Lark") == near([0, 30, 6, 0])
    assert out.paid("costs", party="Lark") == near([30, 30, 0.5 * (20 + 6), 0])
    assert out.paid("default cost", party="Lark") == near([0, 0, 13, 0])
    assert out.state("cash", "Lark") == near([20, 20, 0, 0])
    assert out.state("age_of_default", "Lark") == [-1, -1, -1, 0]


@every_runner
def test_debt_and_equity_share_what_is_drawn(run):
    """Only the debt share bears interest, at the base rate and the spread."""
    mixed = book(
        2,
        parties=parties(
            Lark={
                "minimum_cash": "10 M USD",
                "funding": {"limit": "100 M USD/quarter", "debt_share": "40 %", "spread": "2 %/year"},
            }
        ),
        market={"base_rate": "4 %/year"},
    )
    out = Outcome(run, mixed)
    interest = 0.06 / 4 * 4
    assert out.paid("funding debt", party="Lark") == near([4, 0.4 * interest])
    assert out.paid("funding equity", party="Lark") == near([6, 0.6 * interest])
    assert out.paid("interest on drawn debt", party="Lark") == near([0, interest])
    assert out.state("drawn_debt", "Lark") == near([4, 4 + 0.4 * interest])


@every_runner
def test_costs_of_default_run_down_a_chain(run):
    """Each firm whose grace is used up passes on its shares of means and receipts; the rest is destroyed."""
    frail = {"grace": "0 quarters", "cash_kept": "50 %", "receipts_kept": "60 %"}
    chain = book(
        1,
        parties=parties(Ash={"cash": "10 M USD", **frail}, Birch={"cash": "5 M USD", **frail}, Cedar=0),
        deals={"first": licence("Ash", "Birch", 20), "second": licence("Birch", "Cedar", 20)},
    )
    out = Outcome(run, chain)
    first = 0.5 * 10
    second = 0.5 * 5 + 0.6 * first
    assert out.paid("licence", "first") == near([first])
    assert out.paid("licence", "second") == near([second])
    assert out.paid("default cost", party="Birch") == near([5 + first - second])
    assert out.state("cash", "Cedar") == near([second])


@every_runner
def test_a_circle_pays_what_its_members_owe_each_other(run):
    """Two firms that owe each other clear more than the money that either has."""
    circle = book(
        1,
        parties=parties(Ash=0, Birch=1),
        deals={"there": licence("Ash", "Birch", 30), "back": licence("Birch", "Ash", 20)},
    )
    out = Outcome(run, circle)
    # Birch pays its 20 in full out of what it gets of them; Ash pays on the 20
    assert out.paid("licence", "back") == near([20])
    assert out.paid("licence", "there") == near([20])
    assert out.state("arrears", ("there", "licence")) == near([10])


@every_runner
def test_confidence_falls_by_what_is_lost_and_heals(run):
    """A firm without any contract can borrow less after the default of another, until half has healed."""
    fall = book(
        4,
        parties=parties(
            Lark={"minimum_cash": "10 B USD", "funding": {"limit": "100 M USD/quarter", "debt_share": "0 %"}},
            Tide={"cash": "100 M USD", "debt": "80 M USD at 0 %"},
        ),
        contagion={"scale": "100 M USD", "sensitivity": "50 %", "half_life": "1 quarter"},
        scenarios={"failure": {"fail": "Tide", "at": quarter(1)}},
    )
    out = Outcome(run, fall, scenario="failure")
    low = math.exp(-0.5 * 0.6 * 80 / 100)
    path = [1, low, 1 - (1 - low) / 2, 1 - (1 - low) / 4]
    assert out.state("confidence") == near(path)
    assert out.paid("funding equity", party="Lark") == near([100 * each for each in path])


@every_runner
def test_a_borrowers_default_writes_its_loan_down(run):
    """The lender loses its share of the principal; nothing is due any more."""
    fails = book(
        3,
        parties=parties(Lark={"cash": "1 B USD", "loss_on_default": "30 %"}, Bank=0),
        deals={
            "loan": {
                "kind": "loan",
                "lender": "Bank",
                "borrower": "Lark",
                "clauses": {
                    "principal": {"outstanding": "100 M USD"},
                    "interest": "8 %/year",
                    "repayment": {"how": "straight", "maturity": quarter(3)},
                },
            }
        },
        scenarios={"failure": {"fail": "Lark", "at": quarter(1)}},
    )
    out = Outcome(run, fails, scenario="failure")
    assert out.state("losses", "Bank") == near([0, 0.3 * 75, 0])
    assert out.state("outstanding", "loan") == near([75, 0, 0])
    assert out.paid("principal", "loan") == near([25, 0, 0])


@every_runner
@pytest.mark.parametrize(("normal", "fails"), [(0.0, None), (1.5, 1)])
def test_an_exogenous_failure_comes_at_its_drawn_time(run, normal, fails):
    """The time to failure is exponential in the uniform of its normal: 13.9 quarters, or 1.4."""
    hazard = book(3, parties=parties(Lark={"hazard": "20 %/year"}))
    out = Outcome(run, hazard, {"hazard/Lark": normal})
    ages = [-1, -1, -1] if fails is None else [-1, 0, 1]
    assert out.state("age_of_default", "Lark") == ages


@every_runner
def test_a_dead_party_neither_earns_nor_owes(run):
    """Income, costs and workloads stop; its cash stays, and money owed to it still comes in."""
    dead = book(
        2,
        parties=parties(
            Lark={"cash": "10 M USD", "income": "5 M USD/quarter", "costs": "3 M USD/quarter"},
            Tide=100,
        ),
        workloads={"chat": workload("10 MW", penalty="4 MUSD/MW/year", defer="1 quarter")},
        deals={
            "loan": {
                "kind": "loan",
                "lender": "Lark",
                "borrower": "Tide",
                "clauses": {
                    "principal": {"outstanding": "20 M USD"},
                    "interest": "8 %/year",
                    "repayment": quarter(1),
                },
            },
            "models": licence("Tide", "Lark", 7),
        },
        scenarios={"failure": {"fail": "Lark", "at": quarter(1)}},
    )
    out = Outcome(run, dead, scenario="failure")
    assert out.state("cash", "Lark") == near([10 + 5 - 3 + 0.4 + 7, 19.4 + 20.4])
    assert out.paid("licence", "models") == near([7, 0])
    assert out.state("unserved", "chat") == near([0, 0])
