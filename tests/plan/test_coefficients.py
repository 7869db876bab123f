"""Coefficients of contracts against an oracle in plain Python, and against the engine's own ledger."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from offtake.errors import BookError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.plan._case import Case
from offtake.plan._contracts import Steps
from offtake.plan._futures import watch
from offtake.plan._lay_out import _chair, _Desk, _laid_out, policy_of
from offtake.plan._tree import fresh_tree
from oracles import plan_coefficients, quarter_step
from oracles.quarter_step.world import World
from strategies.books import books
from strategies.futures import draws_of


def laid_out(book, buyer, draws, terminal="nothing"):
    """The problem of a buyer in one future."""
    model = compile(book)
    z = np.array([[draws.get(label, 0.0) for label in model.draw_labels]])
    desk = _Desk(book, model, buyer, None)
    case = Case(book, None, model, z, watch(model, desk.place, z), _chair(desk, buyer, []))
    found = fresh_tree(1, model.structure.quarters)
    return _laid_out(desk, policy_of(book, buyer), Steps(found.tree, (case,), found.future), terminal, {})


def near(values):
    """Values to 1e-9 of the largest."""
    return pytest.approx(values, rel=1e-9, abs=1e-9 * max(1.0, max(map(abs, values), default=0.0)))


@st.composite
def situations(draw):
    """A random book in which a buyer has workloads, some of its deals turned into offers, and a future."""
    book = draw(books())
    buyers = {deal.buyer for deal in book.deals.values() if deal.kind == "compute"}
    buyers &= {workload.buyer for workload in book.workloads.values()}
    assume(buyers)
    buyer = draw(st.sampled_from(sorted(buyers)))
    changes = {}
    for name, deal in book.deals.items():
        if deal.kind == "compute" and deal.buyer == buyer:
            ramp = next((clause for clause in deal.clauses.values() if clause.kind == "ramp"), None)
            steps = [quarter for quarter, mw in ramp.levels.items() if mw.value > 0] if ramp else []
            begins = bool(steps) and min(steps) >= book.calendar.first
            if deal.firmness == "offered":
                assume(begins)
            elif begins and draw(st.booleans()):
                changes |= {f"deals.{name}.firmness": "offered", f"deals.{name}.likelihood": None}
    book = book.replace(changes)
    for name, deal in book.deals.items():
        if deal.firmness == "offered" and deal.kind == "compute" and deal.buyer == buyer:
            try:
                book.replace({f"deals.{name}.firmness": "firm"})
            except BookError:
                # its sites cannot hold it beside what is firm
                assume(False)
    return book, buyer, draw(draws_of(book))


@given(situations())
@settings(max_examples=25)
def test_coefficients_are_those_of_the_oracle(situation):
    """In any book and future, capacity, fees, floors and advances of what is given and offered agree."""
    book, buyer, draws = situation
    problem = laid_out(book, buyer, draws)
    deaths = plan_coefficients.lives(book, buyer, draws)
    contracts = problem.contracts
    for c, name in enumerate(contracts.entry):
        if contracts.what[c] not in {"given", "offer"} or name not in book.deals:
            continue
        found = plan_coefficients.flow(book, buyer, name, draws, deaths)
        efficiency = problem.sources.efficiency[contracts.source[c]]
        for field, unit in (("fee", 1.0), ("advance", 1.0), ("delivered", efficiency), ("floor", efficiency)):
            mine = getattr(contracts, field)[c] * contracts.most[c] / unit
            assert mine.tolist() == near(getattr(found, field)), (name, field)


@given(situations())
@settings(max_examples=20)
def test_what_goes_on_beyond_the_calendar(situation):
    """A row's last year counts to the row's end; without one to the latest end of any row that has one."""
    book, buyer, draws = situation
    contracts = laid_out(book, buyer, draws, "continue").contracts
    quarters = len(book.calendar)
    assert not contracts.tail[:, : max(0, quarters - 4)].any()
    last, endless = contracts.tail[:, -1], []
    for c, name in enumerate(contracts.entry):
        own = contracts.what[c] in {"given", "offer"} and name in book.deals
        until = plan_coefficients.end(book, buyer, name, draws) if own else np.inf
        if np.isfinite(until):
            assert contracts.tail[c].tolist()[-4:] == pytest.approx(
                [plan_coefficients.tail(book, until)] * min(4, quarters)
            )
        elif contracts.what[c] in {"given", "offer", "build"}:
            endless.append(c)
    ended = [c for c in range(len(last)) if c not in endless]
    assert last[endless] == pytest.approx([last[ended].max(initial=0.0)] * len(endless))


_BY_CONTRACT = {"fee", "prepayment", "late credit", "termination fee"}
_OPERATED = {"revenue", "redeployed", "spot", "penalty"}


def undecided(book, buyer, ledger, quarters):
    """The buyer's net money of each quarter in a ledger, without what the programme decides."""
    found = [0.0] * quarters
    bought = {n for n, deal in book.deals.items() if deal.kind == "compute" and deal.buyer == buyer}
    for line in ledger:
        kind = line.kind.removesuffix(" arrears")
        by_contract = line.deal in bought and kind in _BY_CONTRACT
        operated = "outside" in (line.payer, line.receiver) and kind in _OPERATED
        shared = kind == "revenue share" and line.payer == buyer
        if not (by_contract or operated or shared):
            found[line.quarter] += line.paid * ((line.receiver == buyer) - (line.payer == buyer))
    return found


@given(situations())
@settings(max_examples=20)
def test_money_that_no_decision_changes_is_that_of_the_ledger(situation):
    """Other money less what own sites cost is all of the buyer's ledger but contracts and operation."""
    book, buyer, draws = situation
    problem = laid_out(book, buyer, draws)
    ledger, _ = quarter_step.run(plan_coefficients.safe(book, buyer), draws)
    contracts = problem.contracts
    sites = [c for c, entry in enumerate(contracts.entry) if entry in book.sites]
    cost = sum((contracts.fee[c] * contracts.most[c] for c in sites), start=np.zeros(len(problem.quarters)))
    mine = (problem.cash.other - cost).tolist()
    assert mine == near(undecided(book, buyer, ledger, len(problem.quarters)))


@given(situations())
@settings(max_examples=15)
def test_needs_and_spot_are_those_of_the_future(situation):
    """Demand, yields less shares of revenue, and spot prices are those that the quarter step reads."""
    book, buyer, draws = situation
    problem = laid_out(book, buyer, draws)
    world = World(book, draws, None)
    deaths = plan_coefficients.lives(book, buyer, draws)
    for w, name in enumerate(problem.workloads.names):
        assert problem.workloads.demand[w].tolist() == near(world.demand[name])
        expected = [
            value * (1.0 - plan_coefficients.share_owed(world, buyer, name, t, deaths))
            for t, value in enumerate(world.yields[name])
        ]
        assert problem.workloads.earns[w].tolist() == near(expected)
    spot = world.spot if world.drawn.spot_driver is not None else [0.0] * world.T
    assert problem.spot.buy.tolist() == near(spot)
