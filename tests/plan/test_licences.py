"""What models work needs: held, signed, or made oneself (P11)."""

from dataclasses import replace

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InputError
from offtake.plan import plan
from offtake.plan._lay_out import instance
from offtake.plan._licences import best_licences, with_licences
from offtake.plan._solve import solve

QUARTERS = 4
QUICK = {"scenarios": 1, "futures": 4, "terminal": "nothing", "prices": False}


def licence(fee, lag=0, licensor="Crag", **more):
    """A licence of models to Lark at a fee in M USD a quarter, some quarters behind the best."""
    clauses = {"fee": f"{fee} M USD/quarter", "quality_lag": f"{lag} quarters", **more.pop("clauses", {})}
    return {"kind": "licence", "licensor": licensor, "licensee": "Lark", "clauses": clauses, **more}


def a_book(rights=None, **licences):
    """Lark serves 20 MW at 12 a year, which loses 40 % for a year's lag, on what Crag delivers."""
    return Book.from_data({
        "book": "models",
        "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
        "market": {"discount_rate": "0 %/year"},
        "parties": {"Lark": {"cash": "100 M USD"}, "Crag": {"cash": "1 B USD"}},
        "workloads": {
            "talk": {"buyer": "Lark", "demand": "20 MW", "yield": "12 MUSD/MW/year",
                     "waiting_loss": "40 %/year", "models": list(licences)},
            "rest": {"buyer": "Lark", "demand": "5 MW", "yield": "4 MUSD/MW/year"},
        },
        "deals": {
            "base": {"kind": "compute", "seller": "Crag", "buyer": "Lark",
                     "clauses": {"ramp": {"2026-Q1": "30 MW"}, "price": "2 MUSD/MW/year"}},
            **licences,
        },
        "rights": rights or {},
    })  # fmt: skip


OFFERED = {"firmness": "offered"}
FEES = 25 * 0.5 * QUARTERS
FULL = (20 * 3.0 + 5 * 1.0) * QUARTERS - FEES


def planned(book):
    """The plan of Lark."""
    return plan(book, "Lark", **QUICK)


def test_yields_fall_with_the_lag_of_what_is_held():
    """On held models two quarters behind, work keeps nine tenths squared of its yield; other work all."""
    problem = instance(a_book(held=licence(1, 2)), "Lark", scenarios=1, futures=4)
    assert problem.workloads.earns[0] == pytest.approx(np.full(QUARTERS, 3.0 * 0.9**2))
    assert problem.workloads.earns[1] == pytest.approx(np.full(QUARTERS, 1.0))


def test_the_fee_of_what_is_held_is_due_whatever_is_chosen():
    """A firm licence costs its fee in the buyer's other money, with a better one signed or not."""
    alone = instance(a_book(held=licence(7, 1)), "Lark", scenarios=1, futures=4)
    book = a_book(held=licence(7, 1), better=licence(3, **OFFERED))
    beside = with_licences(instance(book, "Lark", scenarios=1, futures=4), ["better"])
    none = instance(a_book(), "Lark", scenarios=1, futures=4)
    assert (none.cash.other - alone.cash.other) == pytest.approx(np.full(QUARTERS, 7.0))
    assert beside.cash.other == pytest.approx(alone.cash.other)
    assert beside.contracts.fee[-1] == pytest.approx(np.full(QUARTERS, 3.0))


@pytest.mark.parametrize(("fee", "signed"), [(5.9, True), (6.1, False)])
def test_better_models_are_signed_for_what_they_bring(fee, signed):
    """A quarter's lag costs 6 of 60 a quarter: models without it are signed for less, and not for more."""
    found = planned(a_book(held=licence(1, 1), better=licence(fee, **OFFERED)))
    assert [each.what for each in found.signings] == ["licence"] * signed
    assert found.passed_over == (() if signed else ("better",))
    assert found.value == pytest.approx(FULL - (fee if signed else 6.0) * QUARTERS)


@pytest.mark.parametrize(("own", "chosen"), [(1.0, "own"), (5.0, "bought")])
def test_make_or_buy(own, chosen):
    """Own models save a fee of 14 and lose 11.4 a quarter: they are made for less than 2.6, else bought."""
    book = a_book(bought=licence(14, **OFFERED), own=licence(own, 2, "Lark", **OFFERED))
    found = planned(book)
    assert [(each.entry, each.what, each.provider) for each in found.signings] == [
        (chosen, "licence", "Lark" if chosen == "own" else "Crag")
    ]
    cost = own + 60 * (1 - 0.9**2) if chosen == "own" else 14
    assert found.value == pytest.approx(FULL - cost * QUARTERS)
    signed = book.signed(found)
    # what one makes oneself is no deal that anybody owes
    assert signed.deals[chosen].firmness == ("offered" if chosen == "own" else "firm")
    assert not signed.check()


def test_the_best_of_all_combinations_is_found():
    """No combination of two licences on offer beats the plan, and the bound is that of the best of them."""
    book = a_book(held=licence(1, 3), near=licence(5, 1, **OFFERED), best=licence(11, **OFFERED))
    problem = instance(book, "Lark", scenarios=1, futures=4, terminal="nothing")
    every = {
        chosen: solve(with_licences(problem, chosen)).objective
        for chosen in [(), ("near",), ("best",), ("near", "best")]
    }
    _, found, chosen = best_licences(problem, solve)
    assert found.objective == pytest.approx(max(every.values()))
    assert every[chosen] == max(every.values())
    assert found.bound >= found.objective - 1e-9


def test_a_licence_ends_and_a_right_goes_on():
    """After its term a licence gives nothing, unless its holder keeps a right to what it covers."""
    brief = licence(1, clauses={"term": {"until": "2026-Q2"}})
    right = {"kind": "intellectual_property", "holder": "Lark", "grantor": "Crag", "until": "2026-Q3"}
    ended = instance(a_book(held=brief), "Lark", scenarios=1, futures=4)
    kept = instance(a_book({"models": right}, held=brief), "Lark", scenarios=1, futures=4)
    lost = instance(a_book({"models": {**right, "ended": True}}, held=brief), "Lark", scenarios=1, futures=4)
    assert ended.workloads.earns[0].tolist() == pytest.approx([3.0, 3.0, 0.0, 0.0])
    assert kept.workloads.earns[0].tolist() == pytest.approx([3.0, 3.0, 3.0, 0.0])
    assert lost.workloads.earns[0].tolist() == ended.workloads.earns[0].tolist()


def test_a_licence_that_betters_nothing_is_not_tried():
    """Models behind those that are held cost a fee for nothing: one problem is solved."""
    problem = instance(a_book(held=licence(1, 1), worse=licence(0, 2, **OFFERED)), "Lark",
                       scenarios=1, futures=4)  # fmt: skip
    tried = []

    def counted(each):
        tried.append(each)
        return solve(each)

    assert best_licences(problem, counted)[2] == ()
    assert len(tried) == 1


def test_too_many_licences_are_refused():
    """More combinations than can be tried are refused with the names."""
    many = {f"m{k}": licence(1, k, **OFFERED) for k in range(7)}
    problem = instance(a_book(**many), "Lark", scenarios=1, futures=4)
    with pytest.raises(InputError, match=r"7 licences are on offer \(m0, m1"):
        best_licences(problem, solve)


def test_without_models_nothing_changes():
    """A problem whose work needs no models has no licences, and is solved as it stands."""
    problem = instance(a_book(), "Lark", scenarios=1, futures=4)
    assert problem.licences is None
    changed, found, chosen = best_licences(problem, solve)
    assert (changed, chosen) == (problem, ())
    assert found.objective == pytest.approx(solve(replace(problem)).objective)
