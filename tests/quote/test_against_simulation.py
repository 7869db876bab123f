"""A request's cash is, quarter by quarter, what `simulate` gives the provider once it is signed."""

import dataclasses

import numpy as np
import pytest

import offtake as ot
from offtake.drivers import standard_normals
from offtake.model import compile as compile_model
from offtake.quote import ground, worth
from offtake.quote._outcome import outcome
from offtake.simulate._engine import run_block
from offtake.simulate._outside import OUTFLOWS
from quote.yard import REQUEST, yard

PATHS = 200
CLAUSES = {
    "plain": {},
    "prepaid": {"prepayment": {"share": "20 %", "lead": "1 quarter", "credited_from": "6 months"}},
    "late": {"late_credit": {"per_day": "0.3 %", "cap": "5 %"}},
    "may leave": {"termination": {"fee": "15 %", "from": "2027-Q2"}},
    "all": {
        "prepayment": {"share": "10 %", "lead": "2 quarters"},
        "termination": {"fee": "10 %"},
        "late_credit": {"per_day": "0.2 %", "cap": "20 %"},
        "price": {
            "usage": "1 MUSD/MW/quarter",
            "reservation": "1 MUSD/MW/quarter",
            "escalator": "4 %",
            "index": "spot",
        },
    },
}


def cash_of_the_provider(book, seed):
    """Return what the machines bring Ash in each quarter of each future, from `simulate`'s flows."""
    model = compile_model(book)
    z = standard_normals(seed, 0, PATHS, len(model.draw_labels))
    flows = run_block(np, model, z, lambda _xp, _fixed, _state, flows: flows).kept
    lines, ash = model.structure.lines, model.names.parties.index("Ash")
    signs = (lines.receiver == ash).astype(float) - (lines.payer == ash)
    between = (flows.paid + flows.arrears_paid) @ signs
    costs = sum(flows.outside_paid[..., OUTFLOWS.index(kind), ash] for kind in ("power", "opex", "capex"))
    return between + flows.inflow[..., 2, ash] - costs


@pytest.mark.parametrize("name", CLAUSES)
@pytest.mark.parametrize("price", [1.2, 2.6])
def test_cash_is_that_of_the_signed_deal(name, price):
    """Fees, prepayments, credits, leaving, spot rents and costs are the same in every quarter and future."""
    book = yard()
    request = {**REQUEST, "clauses": {**REQUEST["clauses"], **CLAUSES[name]}}
    base = ground(book, request, paths=PATHS, seed=5, engine="numpy")
    found = outcome(base, base.terms, worth(base), price)
    clauses = dict(request["clauses"])
    if "price" in clauses:
        half = f"{price / 2} MUSD/MW/quarter"
        clauses["price"] = {**clauses["price"], "usage": half, "reservation": half}
    else:
        clauses["price"] = f"{price} MUSD/MW/quarter"
    deal = {"kind": "compute", "seller": "Ash", "buyer": "Reed", "sites": ["Yard"], "clauses": clauses}
    expected = cash_of_the_provider(book.replace({"deals.signed": deal}), 5)
    known = len(expected)
    assert np.abs(expected).sum() > 0
    np.testing.assert_allclose(found.cash[:known], expected, rtol=1e-9, atol=1e-7)


def test_the_sellers_own_depth_counts():
    """What the seller places of freed machines goes by its own depth, in the quote as in `simulate`."""
    book = yard(parties__Ash__sell_depth="30 MW")
    base = ground(book, REQUEST, paths=PATHS, seed=5, engine="numpy")
    found = outcome(base, base.terms, worth(base), 1.2)
    narrow = ground(yard(), REQUEST, paths=PATHS, seed=5, engine="numpy")
    deal = {**REQUEST, "kind": "compute", "clauses": {**REQUEST["clauses"], "price": "1.2 MUSD/MW/quarter"}}
    expected = cash_of_the_provider(book.replace({"deals.signed": deal}), 5)
    np.testing.assert_allclose(found.cash[: len(expected)], expected, rtol=1e-9, atol=1e-7)
    assert found.cash.sum() > outcome(narrow, narrow.terms, worth(narrow), 1.2).cash.sum()


def test_futures_are_those_of_the_simulation():
    """The buyer fails in the same futures and quarters as in `simulate` with the same seed."""
    book = yard()
    base = ground(book, REQUEST, paths=300, seed=2, engine="numpy")
    runs = ot.simulate(book, paths=300, seed=2, engine="numpy")
    shares = [(base.fails <= t).mean() for t in range(base.known)]
    np.testing.assert_allclose(runs.values("default", party="Reed"), shares, atol=1e-12)


def test_the_value_is_the_cash_discounted():
    """The present value of the cash by quarter is the value that prices are found from."""
    request = {**REQUEST, "clauses": {**REQUEST["clauses"], **CLAUSES["all"]}}
    base = ground(yard(), request, paths=PATHS, seed=1, engine="numpy")
    for terms in (base.terms, dataclasses.replace(base.terms, length=40.0)):
        value = worth(base, terms)
        for price in (0.4, 2.0, 5.0):
            cash = outcome(base, terms, value, price).cash
            np.testing.assert_allclose(
                (base.discount * cash).sum(axis=0), value.at(price), rtol=1e-9, atol=1e-7
            )
