"""The verb `plan` and what it returns: tables, files, deals asked again, fresh futures."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import offtake as ot
from offtake.errors import InfeasibleError, InputError
from offtake.plan import CVaR, Fresh, Plan, Signing, _fresh, plan, reopened, yet_to_begin

FEW = {"scenarios": 2, "futures": 8}
TABLES = {
    "signings": {"entry", "what", "provider", "quarter", "node", "probability", "start", "mw", "most"},
    "value": {"present value"},
    "capacity": {"seller", "status", "capacity", "used"},
    "service": {"demand", "served", "bought", "unserved"},
    "cover": {"cover_needed", "cover_missing"},
    "prices": {"price_capacity"},
    "frontier": {"weight", "value", "cvar", "mw", "by"},
    "alternatives": {"given up"},
}


@pytest.fixture(scope="module")
def book():
    """The small shipped book."""
    return ot.Book.read("first-steps")


@pytest.fixture(scope="module")
def best(book):
    """Its plan with deals asked again and all that can be added to it, on few futures."""
    return plan(
        book, **FEW, reopen="all", risk=CVaR(0.8, weight=0.25), bounds=True, frontier=3, times=3,
        alternatives=2,
    )  # fmt: skip


def test_a_plan_is_saved_and_read_back(best, tmp_path):
    """Every part of a plan comes back as it was."""
    best = replace(best, fresh=Fresh(512, 7, 1.5, 0.25, 2.0, -3.0))
    again = Plan.load(best.save(tmp_path / "plan.nc"))
    assert again.dataset.identical(best.dataset)
    for name in ("buyer", "signings", "passed_over", "value", "cvar", "objective", "bound", "gap", "bounds",
                 "fresh", "frontier", "times", "alternatives", "book", "book_hash", "version"):  # fmt: skip
        assert getattr(again, name) == getattr(best, name), name
    assert tuple(again.citations) == best.citations
    assert dict(again.settings) == dict(best.settings)


def test_a_file_that_holds_no_plan_is_refused(book, tmp_path):
    """A run of `simulate` is not read as a plan."""
    path = ot.simulate(book, paths=4, engine="numpy").save(tmp_path / "runs.nc")
    with pytest.raises(InputError, match="holds another kind of run, not a plan"):
        Plan.load(path)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_each_table_has_its_columns(best, name):
    """Every part of a plan can be had as a table with numbers in it."""
    table = best.to_dataframe(name)
    assert set(table.columns) >= TABLES[name]
    assert len(table) > 0
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()


def test_tables_add_up(best):
    """Parts make the value, service makes demand where nothing waits, and the plan is its own first row."""
    value = best.to_dataframe("value")
    assert value["present value"].sum() == pytest.approx(best.value)
    service = best.to_dataframe("service").loc["assistant"]
    assert (service["served"] + service["unserved"]).to_numpy() == pytest.approx(service["demand"].to_numpy())
    rows = best.to_dataframe("alternatives")
    assert rows.index[0] == "plan"
    assert [rows.loc["plan", each.entry] for each in best.now] == [each.mw for each in best.now]
    assert (rows["given up"] <= 0.02 + 1e-9).all()


def test_what_was_not_asked_for_is_refused(book):
    """A table that the plan was not asked for, or that there is none of, is refused with what to do."""
    plain = plan(book, **FEW, prices=False)
    for name, words in (
        ("prices", "plan again with prices=True"),
        ("frontier", "plan again with frontier=5"),
        ("alternatives", "plan again with alternatives=3"),
        ("cost", "there is no table `cost`; there are signings"),
    ):
        with pytest.raises(InputError, match=words):
            plain.to_dataframe(name)


def test_what_is_signed_now_leaves_out_options_licences_and_what_waits(best):
    """Only offers and builds of the opening count as signed now, and their MW add up."""
    one = Signing("site", "build", "lark", "2027-Q1", "opening", 1.0, 0, 20.0, 20.0)
    two = replace(one, entry="sale", what="offer", mw=5.0)
    rest = [replace(one, what=what) for what in ("extension", "expansion", "termination", "licence")]
    made = replace(best, signings=(one, *rest, replace(two, node="1"), two))
    assert (made.signed, made.mw(), made.mw("site")) == ((one, two), 25.0, 20.0)


def test_a_plan_says_what_it_is(best):
    """Its line names buyer, book and MW; its settings say how it was made."""
    assert repr(best).startswith(f"<Plan of Lark Labs in first-steps: {len(best.now)} signings now, ")
    assert best._repr_html_().count("<tr>") == 1 + len(best.signings)
    assert best.cost == -best.value
    assert best.mw("no such deal") == 0.0
    assert best.mw(best.now[0].entry) == best.now[0].mw
    settings = dict(best.settings)
    assert (settings["goal"], settings["level"], settings["weight"]) == ("value", 0.8, 0.25)
    assert (settings["leaves"], settings["scenarios"], settings["futures"]) == (2, 2, 8)
    assert set(settings["reopened"]) <= {each.entry for each in best.now} | set(best.passed_over)
    assert settings["reduction"]
    assert settings["size"]["binaries"] > 0
    assert best.objective == pytest.approx(best.value - 0.25 * best.cvar)
    assert best.bound >= best.objective - 1e-6
    assert best.citations


def test_the_spread_holds_nine_in_ten_futures(best):
    """Less than a twentieth of the tree's weight lies below it and above it, and its ends are futures."""
    values, weight = best.dataset["leaf_value"].values, best.dataset["leaf_probability"].values
    low, high = best.spread
    assert {low, high} <= set(values)
    assert weight[values < low].sum() < 0.05 <= weight[values <= low].sum()
    assert weight[values > high].sum() <= 0.05 + 1e-9 < weight[values >= high].sum()
    given = xr.Dataset(
        {"leaf_value": ("leaf", [4.0, -1.0, 9.0, 2.0]), "leaf_probability": ("leaf", [0.5, 0.04, 0.05, 0.41])}
    )
    told = SimpleNamespace(dataset=given.assign_coords(leaf=list("1234")))
    assert Plan.spread.fget(told) == (2.0, 4.0)


def test_bounds_and_frontier_are_in_order(best):
    """Knowing more never costs; more weight on the tail gives up value, and never makes the tail worse."""
    size = 1e-3 * abs(best.value)
    assert best.bounds.evpi >= -size
    assert best.bounds.vss >= -size
    assert all(later.value <= earlier.value + size for earlier, later in pairwise(best.frontier))
    assert all(later.cvar <= earlier.cvar + size for earlier, later in pairwise(best.frontier))
    reached = [point.objective for point in best.times if point.objective is not None]
    assert all(later >= earlier - size for earlier, later in pairwise(reached))


def test_deals_asked_again_are_worth_no_less(book):
    """What was signed can be signed again, so that being asked again never costs anything."""
    asked, names = reopened(book, "Lark Labs", "all")
    assert names == yet_to_begin(book, "Lark Labs")
    assert all(asked.deals[name].firmness == "offered" for name in names)
    # fixed costs leave out what is given, so that they are dearer where all is asked again
    rules = {"provider_cost": "0 M USD/quarter", "chip_family_cost": "0 M USD/quarter"}
    found = [
        plan(book, **FEW, prices=False, policy=rules, reopen=again).objective
        for again in ((), names[:1], names)
    ]
    size = 1e-3 * abs(found[0])
    assert found[0] <= found[1] + size
    assert found[1] <= found[2] + size
    assert found[2] > found[0] + size


def test_fresh_futures(book, monkeypatch):
    """The signings bring what `simulate` says, discounted, in futures of other seeds than the tree's."""
    monkeypatch.setattr(_fresh, "BLOCK", 16)
    found = plan(book, **FEW, prices=False, reopen="all", fresh=20, engine="numpy")
    assert found.fresh.paths == 2 * 16
    asked, _ = reopened(book, "Lark Labs", "all")
    discount = (1.0 + book.market.discount_rate.value) ** (-np.arange(len(book.calendar)) / 4)

    def money(each, seed):
        runs = ot.simulate(each, paths=16, seed=seed, engine="numpy")
        return discount @ runs.values("operating_flow", stat="mean", party="Lark Labs").values

    seeds = [found.fresh.seed, found.fresh.seed + 1]
    gains = [money(asked.signed(found), seed) - money(asked, seed) for seed in seeds]
    assert found.fresh.simulated == pytest.approx(np.mean(gains))
    assert found.fresh.error == pytest.approx(abs(gains[0] - gains[1]) / 2)
    assert found.fresh.unsigned == pytest.approx(np.mean([money(asked, seed) for seed in seeds]))
    assert found.settings["seed"] not in seeds
    assert np.isfinite(found.fresh.expected)


def test_missing_cash_is_shown(book):
    """A poor buyer is short of cash at its price; without a price there is no plan, and cash is named."""
    poor = book.replace({"parties.Lark Labs.cash": "1 M USD", "parties.Lark Labs.minimum_cash": "500 M USD"})
    found = plan(poor, **FEW, prices=False)
    assert float(found.dataset["short_of_cash"].sel(stat="mean").max()) > 0.0
    assert float(found.dataset["value"].sel(part="short of cash")) < 0.0
    with pytest.raises(InfeasibleError, match="cash of at least 500 M USD"):
        plan(poor, **FEW, prices=False, policy={"cash_shortfall": None})


def test_the_buyer_must_be_known():
    """Where several parties could plan it is asked which; without offers, whoever has work plans."""

    def offer(buyer, firmness):
        clauses = {"ramp": {"2026-Q3": "10 MW"}, "price": "8 MUSD/MW/year", "term": "1 year"}
        return {"kind": "compute", "seller": "Fen", "buyer": buyer, "firmness": firmness, "clauses": clauses}

    def made(firmness, buyers):
        work = {f"work of {name}": {"buyer": name, "demand": "10 MW"} for name in buyers}
        return ot.Book.from_data({
            "book": "two", "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
            "parties": {name: {"cash": "1 B USD"} for name in ("Lark", "Crag", "Fen")},
            "workloads": work, "deals": {f"to {name}": offer(name, firmness) for name in ("Lark", "Crag")},
        })  # fmt: skip

    with pytest.raises(InputError, match="say whose plan: it could be Lark, Crag"):
        plan(made("offered", ["Lark"]), **FEW)
    with pytest.raises(InputError, match="say whose plan: nobody has a workload"):
        plan(made("firm", []), **FEW)
    assert plan(made("firm", ["Lark"]), **FEW, prices=False).buyer == "Lark"
