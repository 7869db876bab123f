"""Whatever a book holds, its trace keeps what it promises."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offtake.simulate import simulate
from offtake.trace import trace
from strategies.books import books

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def check(found):
    """Assert what holds for every trace."""
    data = found.dataset
    receives = (data["receipts"] > 0).values
    shares = found.origins.values
    np.testing.assert_allclose(shares.sum(axis=1)[receives], 1.0, atol=1e-12)
    assert (shares >= 0).all()
    assert (shares[~receives] == 0).all()
    np.testing.assert_allclose(
        data["purse"].sum("of"), found.origins.sel(origin="cash of others"), atol=1e-12
    )
    part, flow = data["circulating"].values, data["flow"].values
    assert ((part >= 0) & (part <= flow)).all()
    np.testing.assert_allclose(
        part.sum(axis=0), part.sum(axis=1), atol=1e-9 * max(flow.max(initial=0.0), 1.0)
    )
    assert 0 <= found.circularity <= 1 + 1e-12
    assert (found.exposures >= 0).all()
    assert (found.exposures.sel(netting="after") <= found.exposures.sel(netting="before") + 1e-9).all()
    assert np.isfinite([float(array.sum()) for array in data.data_vars.values()]).all()
    if found.circularity > 1e-6:
        assert found.cycles
    for cycle in found.cycles:
        assert len(set(cycle.parties)) == len(cycle.parties)
        assert all(
            amount <= cycle.bottleneck * (1 + 1e-9) + 1e-9 for amount in cycle.by_year.values()
        ) or any(flow < 0 for each in found.flows for flow in each.amounts)


@settings(max_examples=60, **CALM)
@given(books(), st.booleans())
def test_contracts_of_any_book_can_be_traced(book, firm_only):
    """Shares add up, netting keeps positions, nothing is negative or infinite."""
    found = trace(book, firm_only=firm_only)
    check(found)
    assert (found.dataset["spent"] >= 0).all()


@settings(max_examples=12, **CALM)
@given(books())
def test_runs_of_any_book_can_be_traced(book):
    """The same holds for what is paid in futures in which much goes wrong."""
    runs = simulate(book, paths=3, engine="numpy")
    check(trace(book, runs, paths=2))
