"""Plan's free dispatch against the rule of simulate on the same futures, and its money against cashflow."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from offtake.book import Book
from offtake.cashflow import compute_fee
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.plan._futures import dealt, normals
from offtake.plan._instance import Limits
from offtake.plan._lay_out import fresh
from offtake.plan._solve import solve
from offtake.simulate._engine import proceed
from offtake.simulate._outside import INFLOWS, OUTFLOWS
from oracles import plan_coefficients
from oracles.quarter_step.world import World

BUYER, SEED, FUTURES = "Lark Labs", 11, 48
FINANCE = {"funding debt", "funding equity", "support", "interest on drawn debt"}
LOSS = 0.15
"""Most that the rule loses of what work and idle machines earn at best."""
MORE = SimpleNamespace(entry="tideway-more", what="offer", start=0, mw=40.0, quarter="2026-Q1")


@pytest.fixture(scope="module", params=["as it stands", "with the offer signed"])
def book(request):
    """The shipped example, without and with what it is offered."""
    shipped = Book.read("first-steps")
    return shipped if request.param == "as it stands" else shipped.signed([MORE])


@pytest.fixture(scope="module")
def best(book):
    """The best operation of what is given on futures of the book, nothing more to be signed, no limits."""
    problem = fresh(book, BUYER, futures=FUTURES, seed=SEED, terminal="nothing")
    rows = problem.contracts
    given = rows.node < 0
    nothing_else = replace(
        rows,
        most=np.where(given, rows.most, 0.0),
        least=np.where(given, rows.least, 0.0),
        whole=rows.whole & given,
    )
    cash = replace(problem.cash, limited=False)
    return solve(replace(problem, contracts=nothing_else, cash=cash, limits=Limits()))


def ruled(book):
    """Discounted money of the buyer in each future under simulate's rule, financing left out: [F]."""
    model = compile(book)
    place = model.names.parties.index(BUYER)
    fixed = model.structure
    future, dates, _ = dealt(model, normals(model, 0, FUTURES, SEED), place)
    signs = (fixed.lines.receiver == place) * 1.0 - (fixed.lines.payer == place) * 1.0
    received = [n for n, kind in enumerate(INFLOWS) if kind not in FINANCE]
    owed = [n for n, kind in enumerate(OUTFLOWS) if kind not in FINANCE]

    def keep(_xp, _fixed, _state, flows):
        money = (flows.paid + flows.arrears_paid) @ signs
        money = money + flows.inflow[..., received, place].sum(-1)
        return {"money": money - flows.outside_paid[..., owed, place].sum(-1)}

    money = proceed(np, fixed, future, dates, keep)["money"]
    rate = book.market.discount_rate.value
    return (1.0 + rate) ** (-np.arange(len(money)) / 4.0) @ money


def test_free_dispatch_is_worth_at_least_what_the_rule_makes(book, best):
    """In every future, the best operation brings at least the money of simulate's merit order."""
    problem = best.instance
    quarters = len(problem.quarters)
    other = problem.discount @ problem.cash.other.reshape(FUTURES, quarters).T
    free, rule = best.path_value + other, ruled(book)
    size = np.abs(free) + np.abs(rule)
    assert np.all(free >= rule - 1e-9 * size)
    # the rule serves all work that it can, also work that earns less than its usage price or spot would bring
    earned = sum(best.value[part] for part in ("earnings", "resale"))
    assert 0.0 < np.mean(free - rule) < LOSS * earned


def test_fees_of_the_plan_are_those_of_cashflow(book, best):
    """What each compute deal costs at the plan's own use is what its clauses make due, to 1e-9."""
    problem = best.instance
    rows, sources, quarters = problem.contracts, problem.sources, len(problem.quarters)
    model = compile(book)
    z = normals(model, 0, FUTURES, SEED)
    checked = 0
    for f in range(0, FUTURES, 12):
        draws = dict(zip(model.draw_labels, z[f], strict=True))
        deaths = plan_coefficients.lives(book, BUYER, draws)
        world = World(plan_coefficients.safe(book, BUYER), draws, None)
        steps = slice(f * quarters, (f + 1) * quarters)
        for c, name in enumerate(rows.entry):
            if rows.what[c] != "given" or name not in book.deals:
                continue
            found = plan_coefficients.flow(book, BUYER, name, draws, deaths)
            source = rows.source[c]
            used = best.x[:, source, steps].sum(axis=0) / sources.efficiency[source]
            top, price = (
                world.delivery.clause_amount(name, "take_or_pay", "share"),
                world.delivery.prices[name],
            )
            for t in range(quarters):
                terms = price.usage * price.factor(t), price.reservation * price.factor(t), found.delivered[t]
                due = found.fee[t] + float(
                    compute_fee(np, *terms, used[t], top) - compute_fee(np, *terms, 0.0, top)
                )
                m = steps.start + t
                mine = rows.fee[c, m] * rows.most[c] + sources.usage[source, m] * best.over[source, m]
                assert mine == pytest.approx(due, rel=1e-9, abs=1e-9 * max(1.0, abs(due)))
                checked += used[t] > 0.0
    assert checked > 0
