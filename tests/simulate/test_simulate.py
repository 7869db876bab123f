"""`simulate` as its callers see it."""

import subprocess
import sys

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import AuditError, InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.results import VARIABLES
from offtake.simulate import BLOCK, path_ledger, simulate
from offtake.simulate import _simulate as engine
from offtake.simulate._engine import run_block


@pytest.fixture(scope="module")
def book():
    """The small shipped book."""
    return Book.read("first-steps")


@pytest.fixture(scope="module")
def runs(book):
    """A run of it without compilation."""
    return simulate(book, paths=600, seed=3, engine="numpy")


def simulate_one(book, number):
    """Cash of every party at the end of one future."""
    model = compile(book)
    z = engine._normals(model, number, 1, 3, "random")
    block = run_block(np, model, z, lambda _xp, _fixed, state, _flows: state.cash)
    return block.kept[-1, 0]


def test_every_variable_is_returned(runs):
    """The dataset holds every variable of the results' table, with its dims, unit and meaning."""
    assert set(runs.dataset.data_vars) == set(VARIABLES)
    for name, variable in VARIABLES.items():
        assert runs.dataset[name].dims == variable.dims
        assert runs.dataset[name].attrs["units"] == variable.unit


def test_same_futures_however_many_are_asked_for(book, runs):
    """Future 5 has the same ledger in a run of 600 and in a run of 10."""
    few = simulate(book, paths=10, seed=3, engine="numpy")
    assert few.path(5).equals(runs.path(5))


def test_same_seed_same_answer(book, runs):
    """A second run gives the same numbers bit for bit, another seed others."""
    again = simulate(book, paths=600, seed=3, engine="numpy")
    assert again.dataset.equals(runs.dataset)
    other = simulate(book, paths=600, seed=4, engine="numpy")
    assert not other.dataset["cash"].equals(runs.dataset["cash"])


def test_jax_agrees_with_numpy(book, runs):
    """The compiled step gives what the plain one gives, to rounding."""
    compiled = simulate(book, paths=600, seed=3, engine="jax")
    for name in VARIABLES:
        plain, fast = runs.dataset[name].to_numpy(), compiled.dataset[name].to_numpy()
        scale = 1.0 + np.abs(plain).max(initial=0.0)
        assert np.abs(plain - fast).max(initial=0.0) < 1e-6 * scale, name


def test_ledger_explains_cash(book, runs):
    """A party's cash at the end is its opening cash plus its own ledger lines."""
    lines = runs.path(7)
    final = simulate_one(book, 7)
    for n, party in enumerate(book.parties):
        received = lines.loc[lines.receiver == party, "paid"].sum()
        paid = lines.loc[lines.payer == party, "paid"].sum()
        expected = book.parties[party].cash.value + received - paid
        assert final[n] == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_money_is_conserved(runs):
    """The identities D1 and D2 hold in every future."""
    assert max(runs.audit.values()) < 1e-9


def test_audit_raises_when_money_leaks(book, monkeypatch):
    """A leak in the step is caught by the audit."""
    model = compile(book)
    honest = engine.observed

    def leaking(xp, model, z, counts):
        block = honest(xp, model, z, counts)
        return block._replace(residual=block.residual + 1e-6)

    monkeypatch.setattr(engine, "observed", leaking)
    with pytest.raises(AuditError, match="not conserved"):
        simulate(model, paths=5, engine="numpy", audit=True)


def test_unserved_demand_adds_up(runs):
    """Served and unserved demand never exceed what was asked for in total by much: deferral only moves it."""
    data = runs.dataset.sel(stat="mean")
    asked = data["demand"].sum("quarter")
    met = (data["served"] + data["unserved"]).sum("quarter")
    assert bool((met <= asked + 1e-6).all())


def test_defaults_only_rise(runs):
    """The share of futures in default never falls from quarter to quarter."""
    assert bool((runs.dataset["default"].diff("quarter") >= 0).all())


def test_first_profitable_year_is_a_distribution(runs):
    """For each party the shares of first profitable years sum to one."""
    assert np.allclose(runs.dataset["first_profitable"].sum("year_or_never"), 1.0)


def test_progress_reaches_the_end(book):
    """Progress is called after each block and ends at the number of futures."""
    seen = []
    simulate(book, paths=BLOCK + 1, engine="numpy", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(BLOCK, BLOCK + 1), (BLOCK + 1, BLOCK + 1)]


@pytest.mark.parametrize("method", ["antithetic", "sobol"])
def test_other_draws_agree_with_random_ones(book, runs, method):
    """Antithetic and Sobol draws estimate the same means, within the spread of the futures."""
    other = simulate(book, paths=600, seed=3, engine="numpy", method=method)
    asked = runs.dataset["driver_value"].sel(driver="users")
    spread = (asked.sel(stat="q95") - asked.sel(stat="q05")) / 3.3
    gap = np.abs(other.dataset["driver_value"].sel(stat="mean", driver="users") - asked.sel(stat="mean"))
    assert bool((gap <= 6.0 * spread / np.sqrt(600) + 1e-9).all())


def test_bad_settings_are_refused(book):
    """No futures, or an unknown scenario, is an input error that says what there is."""
    with pytest.raises(InputError, match="at least one"):
        simulate(book, paths=0)
    with pytest.raises(InputError, match="no scenario"):
        simulate(book, scenario="the sky falls", engine="numpy")


def test_order_of_parties_does_not_matter(book):
    """Writing the parties in another order changes no number."""
    turned = book.model_copy(update={"parties": dict(reversed(book.parties.items()))})
    here, there = (path_ledger(compile(one), 2) for one in (book, turned))
    key = ["quarter", "kind", "deal", "payer", "receiver"]
    left, right = (frame.set_index(key).sort_index() for frame in (here, there))
    both = left.join(right.add_suffix("_turned"), how="outer").fillna(0.0)
    assert np.allclose(both["paid"], both["paid_turned"], rtol=1e-9, atol=1e-6)
    assert np.allclose(both["due"], both["due_turned"], rtol=1e-9, atol=1e-6)


def test_simulating_sets_64_bits_itself():
    """A fresh interpreter that never touched jax gets 64-bit results."""
    code = (
        "from offtake.book import Book; from offtake.simulate import simulate;"
        "r = simulate(Book.read('first-steps'), paths=3); print(max(r.audit.values()) < 1e-9)"
    )
    env = {"PATH": "/usr/bin", "JAX_PLATFORMS": "cpu", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.strip() == "True"


def test_a_party_s_means_explain_its_cash(book, runs):
    """What comes in and goes out on average is the change of mean cash, party by party."""
    data = runs.dataset.sel(stat="mean")
    moved = data["revenue"] + data["funding"] + data["other_income"] + data["receipts"]
    moved = moved - data["payments_out"] - data["outside_spending"]
    opening = [party.cash.value for party in book.parties.values()]
    change = data["cash"].isel(quarter=-1) - opening
    np.testing.assert_allclose(moved.sum("quarter"), change, atol=1e-6)


def test_chips_outside_supply_deals_are_told_by_site(book):
    """The mean paid for a site's chips is that of the ledgers of its futures under the site's name."""
    few = simulate(book, paths=5, seed=3, engine="numpy")
    lines = [few.path(number) for number in range(5)]
    for site in book.sites:
        held = sum(each.loc[each.deal == f"site/{site}", "paid"].sum() for each in lines) / 5
        assert float(few.dataset["chips_paid"].sel(site=site).sum()) == pytest.approx(held)
    assert float(few.dataset["chips_paid"].sum()) > 0


SMALL = {
    "book": "small",
    "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
    "parties": {"Lark": {"cash": "100 M USD"}, "Northgate": {}},
}
SITE = {"owner": "Northgate", "phases": [{"mw": 5, "gates": {"power": "2 quarters", "crew": "1 quarter"}}]}


@pytest.mark.parametrize("engine_name", ["numpy", "jax"])
@pytest.mark.parametrize("sites", [{}, {"Mere": SITE}], ids=["no site", "gates without spread"])
def test_books_without_uncertainty(sites, engine_name):
    """A book in which nothing is drawn runs, and every future is the same."""
    runs = simulate(Book.from_data({**SMALL, "sites": sites}), paths=3, engine=engine_name)
    assert float(runs.fan("cash", party="Lark").to_numpy().std()) == 0.0
    if sites:
        assert runs.dataset["gate_criticality"].to_numpy().tolist() == [1.0, 0.0]
        assert runs.dataset["gate_cost"].to_numpy().tolist() == [1.0, 0.0]
        assert runs.fan("energised", site="Mere")["q50"].tolist() == [0.0, 0.0, 5.0, 5.0]
