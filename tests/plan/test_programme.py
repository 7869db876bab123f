"""Published problems, closed forms, and what each family of rows does."""

import re
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from offtake.errors import InputError, OfftakeError
from offtake.plan import (
    _define_cash,
    _define_exclusivity,
    _define_limits,
    _define_service,
    _define_signing,
    _define_value,
)
from offtake.plan._instance import Limits
from offtake.plan._latex import latex
from offtake.plan._programme import build
from offtake.plan._risk import CVaR, conditional_value_at_risk
from offtake.plan._session import Options, Session
from offtake.plan._solve import solve
from offtake.plan._specimen import specimen
from plan.instances import (
    farmer,
    generation,
    instance_of,
    lands,
    newsvendor,
    row,
    sizable,
    tree_of,
    two_stage,
    with_limits,
)

ROOT = Path(__file__).parents[2]


def test_capacity_expansion_of_louveaux_and_smeers():
    """LandS has the published optimum and capacities, signed as contracts."""
    plan = solve(lands())
    assert plan.objective == pytest.approx(-381.853333, abs=1e-6)
    np.testing.assert_allclose(plan.v, [8 / 3, 4, 10 / 3, 2], atol=1e-6)
    assert plan.status == "optimal"


def test_generation_problem():
    """Problem 5.2 has the published optimum and its unique capacities."""
    plan = solve(generation())
    assert plan.objective == pytest.approx(-340315.52, abs=0.1)
    np.testing.assert_allclose(plan.v, [5085, 1311, 3919, 854], atol=1e-3)


def test_farmer():
    """The farmer's acres are contracts: 170 of wheat, 80 of corn, 250 of beet earn 108390."""
    plan = solve(farmer())
    assert plan.objective == pytest.approx(108390.0, abs=0.01)
    np.testing.assert_allclose(plan.v, [170, 80, 250], atol=1e-4)


def test_newsvendor():
    """With many futures the stock is the critical quantile and the profit the closed form's."""
    from scipy.stats import norm

    quantiles = norm.ppf((np.arange(400) + 0.5) / 400, 100.0, 20.0)
    plan = solve(newsvendor(quantiles))
    assert plan.v[0] == pytest.approx(norm.ppf(0.6, 100.0, 20.0), rel=2e-3)
    profit = (10 - 4) * 100 - 10 * 20 * norm.pdf(norm.ppf(0.6))
    assert plan.objective == pytest.approx(profit, rel=2e-3)
    direct = np.mean(10 * np.minimum(quantiles, plan.v[0]) - 4 * plan.v[0])
    assert plan.objective == pytest.approx(direct, rel=1e-9)


def test_cvar_of_four_costs():
    """The charge on four equally likely costs is the weight times the tail of Rockafellar and Uryasev."""
    tree = two_stage([0.25] * 4)
    costs = np.array([10.0, 20.0, 30.0, 40.0])
    rows = [row("fixed", 0.0, fee=costs, what="given", node=-1, most=1.0)]
    instance = instance_of(tree, rows, {"none": {"demand": 0.0}})
    plan = solve(instance, risk=CVaR(0.6, weight=2.0))
    assert plan.objective == pytest.approx(-25 - 2 * 36.25, abs=1e-9)
    assert conditional_value_at_risk(costs, [0.25] * 4, 0.6) == 36.25
    assert conditional_value_at_risk(costs, [0.25] * 4, 0.0) == 25.0


def test_a_heavy_charge_plans_for_the_worst_future():
    """When the tail holds only the worst future and weighs most, the stock is the least demand."""
    demand = [60.0, 90.0, 100.0, 120.0]
    plan = solve(newsvendor(demand), risk=CVaR(0.75, weight=1e4))
    assert plan.v[0] == pytest.approx(60.0, abs=1e-6)
    assert plan.expected == pytest.approx(360.0, abs=1e-6)


def three_stage():
    """A base to sign now and a top-up to sign later, once demand is seen; all or nothing."""
    names, parent = ("root", "high", "low", "high end", "low end"), [-1, 0, 0, 1, 2]
    tree = tree_of(names, parent, [1, 0.4, 0.6, 0.4, 0.6], [0, 0, 0, 1, 1], [0, 1, 1, 3, 3])
    late = np.where(np.isin(tree.step_node, [3, 4]), 1.0, 0.0)
    demand = np.where(np.isin(tree.step_node, [1, 3]), 100.0, 50.0)
    whole = {"whole": True, "source": 0}
    rows = [
        row("base", 1.0, fee=4.0, least=60.0, most=60.0, **whole),
        row("top-up", late, fee=7.0 * late, least=40.0, most=40.0, node=1, once=0, **whole),
        row("top-up", late, fee=7.0 * late, least=40.0, most=40.0, node=2, once=0, **whole),
    ]
    sources = [{"provider": "Tern"}]
    return instance_of(tree, rows, {"chat": {"demand": demand, "earns": 10.0}}, sources=sources)


def test_recourse_in_three_stages():
    """What is signed after demand is seen is signed where it pays; enumeration by hand agrees."""
    instance = three_stage()
    plan = solve(instance)
    worth = {}
    for base, high, low in product((0, 1), repeat=3):
        value = 0.0
        for chance, demand, later in ((0.4, 100.0, high), (0.6, 50.0, low)):
            for quarter in range(3):
                extra = 40.0 * later if quarter else 0.0
                served = min(demand, 60.0 * base + extra)
                value += chance * (10.0 * served - 4.0 * 60.0 * base - 7.0 * extra)
        worth[base, high, low] = value
    best = max(worth, key=worth.get)
    assert plan.objective == pytest.approx(worth[best], abs=1e-6)
    assert tuple(plan.y.astype(int)) == best == (1, 1, 0)


def test_deferral_moves_work_to_where_there_is_room():
    """Work that may wait a quarter is served a quarter later, at what is left of its yield."""
    tree = two_stage([1.0], 3)
    rows = [row("base", 1.0, what="given", node=-1, most=10.0)]
    work = {"batch": {"demand": np.array([15.0, 5.0, 10.0]), "earns": 4.0, "defer": 1, "waiting_loss": 0.25}}
    plan = solve(instance_of(tree, rows, work))
    assert plan.objective == pytest.approx(4.0 * (10 + 5 + 0.75 * 5 + 10))
    np.testing.assert_allclose(plan.unserved.sum(), 0.0, atol=1e-9)


def test_a_floor_is_paid_in_the_fee_and_not_again():
    """Usage costs only above the take-or-pay floor."""
    tree = two_stage([1.0])
    rows = [row("base", 1.0, fee=0.6 * 3.0, floor=0.6, what="given", node=-1, most=10.0, source=0)]
    sources = [{"provider": "Tern", "usage": 3.0}]
    instance = instance_of(tree, rows, {"chat": {"demand": 8.0, "earns": 5.0}}, sources=sources)
    plan = solve(instance)
    assert plan.objective == pytest.approx(8 * 5 - 6 * 3 - 2 * 3)
    np.testing.assert_allclose(plan.over, [[2.0]])


TIGHT = {
    "commitment": 1e4,
    "contracted_most": 800.0,
    "provider_share": 0.2,
    "region_share": 0.34,
    "provider_cost": 60.0,
    "chip_family_cost": 400.0,
    "exposure": 150.0,
    "cover_price": 50.0,
}


def test_rows_of_a_source_share_their_floor_until_they_continue_apart():
    """In the first quarter 80 MW at half time use just the 40 MW-quarters that one of two rows pays for."""
    rows = [
        row("north", 1.0, what="given", node=-1, least=40.0, most=40.0, source=0, floor=floor, tail=[0, tail])
        for floor, tail in ((1.0, 1.0), (0.0, 2.0))
    ]
    work = {"batch": {"demand": [80.0, 0.0], "earns": 5.0, "duration": 0.5}}
    sources = [{"provider": "Northgate", "usage": 1.0}]
    problem = instance_of(two_stage([1.0], 2), rows, work, sources=sources, terminal="continue")
    assert solve(problem).objective == pytest.approx(200.0)


@pytest.fixture(scope="module")
def free():
    """A problem of real shape without any limit, and its value."""
    instance = replace(
        sizable(2, quarters=8, offers=6, workloads=3), limits=Limits(limits_from=7, cover_from=3)
    )
    instance = with_limits(instance, cover_price=0.0)
    return instance, solve(instance).objective


@pytest.mark.parametrize("name", TIGHT)
def test_each_limit_can_bind_and_costs_something(free, name):
    """A tight limit lowers the optimum; taking it out brings the optimum back."""
    instance, value = free
    bound = TIGHT[name]
    tight = solve(with_limits(instance, **{name: bound}))
    assert tight.objective < value - 1e-3
    assert solve(
        with_limits(tight.instance, **{name: getattr(instance.limits, name)})
    ).objective == pytest.approx(value)


def test_a_least_of_contracts_can_bind():
    """Who must have more under contract than pays signs it all the same."""
    instance = newsvendor([50.0, 60.0, 100.0])
    assert solve(instance).v[0] == pytest.approx(60.0)
    forced = solve(with_limits(instance, contracted_least=90.0))
    assert forced.v[0] == pytest.approx(90.0)
    assert forced.objective < solve(instance).objective


def test_cash_binds():
    """Where cash must suffice, a contract paid up front is bought only as far as cash and funding go."""
    tree = two_stage([1.0], 2)
    paid = np.array([10.0, 0.0])
    rows = [row("base", 1.0, fee=paid, most=100.0)]
    work = {"chat": {"demand": 100.0, "earns": 8.0}}
    rich = instance_of(tree, rows, work)
    poor = instance_of(tree, rows, work, cash={"limited": True, "opening": 50.0, "funding": 30.0})
    assert solve(rich).v[0] == pytest.approx(100.0)
    plan = solve(poor)
    # each MW needs 10 and earns 8 in the first quarter
    assert plan.v[0] == pytest.approx(80.0 / 2.0)
    assert plan.cash.min() == pytest.approx(0.0, abs=1e-9)


def test_missing_cash_at_a_price():
    """Cash that is missing costs its price at every quarter's end, and nothing of it leaves cash."""
    tree = two_stage([1.0], 2)
    rows = [row("base", 1.0, fee=np.array([10.0, 0.0]), most=100.0)]
    work = {"chat": {"demand": 100.0, "earns": 8.0}}
    poor = {"limited": True, "opening": 50.0, "funding": 30.0}
    cheap = solve(instance_of(tree, rows, work, cash={**poor, "shortfall": 0.25}))
    # a MW more than 40 earns 16 for 10, and is short of 2 at the end of the first quarter only
    assert cheap.v[0] == pytest.approx(100.0)
    assert cheap.short.tolist() == pytest.approx([120.0, 0.0])
    assert cheap.cash.tolist() == pytest.approx([-120.0, 710.0])
    assert cheap.objective == pytest.approx(600.0 - 0.25 * 120.0)
    assert cheap.value["short of cash"] == pytest.approx(-30.0)
    dear = solve(instance_of(tree, rows, work, cash={**poor, "shortfall": 4.0}))
    assert dear.v[0] == pytest.approx(40.0)
    assert "short of cash" not in solve(instance_of(tree, rows, work, cash=poor)).value


def flow_fits(instance, capacity, gone, step):
    """Whether critical work fits what is left, by a transport problem."""
    work = instance.workloads
    critical = np.flatnonzero(work.critical > 0)
    reach = work.allowed(instance.sources, gone)[critical, :, step]
    arcs = np.argwhere(reach)
    rows = sparse.lil_array((len(critical) + capacity.shape[0], len(arcs) or 1))
    for k, (w, s) in enumerate(arcs):
        rows[w, k], rows[len(critical) + s, k] = -1.0, 1.0
    bound = np.concatenate([-(work.critical * work.demand[:, step])[critical], capacity[:, step]])
    return linprog(np.zeros(rows.shape[1]), A_ub=rows.tocsr(), b_ub=bound + 1e-7).status == 0


@pytest.mark.parametrize("seed", range(4))
def test_cover_is_halls_condition(seed):
    """With cover demanded, critical work fits without any one provider, as a transport problem finds."""
    random = np.random.default_rng(seed)
    tree = two_stage([0.5, 0.5], 2)
    sources = [{"provider": name} for name in ("Tern", "Wren", "Ibis", "Tern")]
    rows = [
        row(f"deal {k}", random.uniform(0.5, 1.0, 4), fee=random.uniform(1, 3), most=80.0, source=k)
        for k in range(4)
    ]
    work = {
        f"work {w}": {
            "demand": random.uniform(20, 60, 4),
            "earns": 4.0,
            "critical": 0.5,
            "placement": random.random(4) < 0.75,
            "bound": {"Wren": np.array([True, False, True, False])} if w == 0 else {},
        }
        for w in range(3)
    }
    work["work 0"]["placement"] = np.ones(4, dtype=bool)
    work["work 1"]["placement"] |= np.array([True, True, False, False])
    work["work 2"]["placement"] |= np.array([False, True, True, False])
    instance = instance_of(tree, rows, work, sources=sources, limits=Limits(cover_from=0))
    plan = solve(instance)
    capacity = plan.v[:, None] * instance.contracts.delivered
    for gone in ("Tern", "Wren", "Ibis"):
        assert all(flow_fits(instance, capacity, gone, step) for step in range(4))
    loose = solve(with_limits(instance, cover_from=None))
    assert plan.objective <= loose.objective + 1e-9


def test_every_family_of_rows_has_its_formula_and_docstring():
    """Rows in the model and formulas on paper are the same set, and each define function states its rule."""
    programme = build(specimen(), CVaR(0.9, weight=0.5))
    written = {formula.name for formula in programme.formulas if formula.rule and formula.name != "objective"}
    assert set(programme.model.constraints) == set(programme.rows) == written
    variables = {formula.name for formula in programme.formulas if not formula.rule}
    assert set(programme.model.variables) == variables | {"unit"}
    rules = {family.rule for family in programme.rows.values()}
    assert rules == {*(f"Q{k}" for k in range(1, 15)), "Q16"}
    modules = (
        _define_cash,
        _define_exclusivity,
        _define_limits,
        _define_service,
        _define_signing,
        _define_value,
    )
    defining = [getattr(m, name) for m in modules for name in m.__all__ if name.startswith("define_")]
    assert all(re.match(r"Q\d+", function.__doc__) for function in defining)
    assert len(defining) == 18


def test_the_printed_formulas_are_up_to_date():
    """The page is what the programme prints."""
    printed = subprocess.run(
        [sys.executable, "-m", "offtake.plan"], capture_output=True, check=True, cwd=ROOT, encoding="utf-8"
    ).stdout
    assert printed == (ROOT / "docs/plan-latex.md").read_text(encoding="utf-8")
    assert solve(specimen(), risk=CVaR(0.9, weight=0.5)).status == "optimal"


def test_latex_shows_only_what_an_instance_has():
    """A problem without cash limits prints no cash; braces balance."""
    text = latex(lands())
    assert r"\underline C" not in text
    assert text.count("{") == text.count("}")
    assert "\\sum_a" not in text.replace("\\sum_a s_{w,a,m}", "")


def test_progress_is_told_while_a_plan_is_sought():
    """The callback gets seconds, bound and gap of a mixed-integer solve."""
    told = []
    instance = sizable(3, quarters=8, offers=8)
    plan = solve(instance, progress=told.append)
    assert told
    assert told[-1].bound >= plan.objective - 1e-4 * abs(plan.objective)


def test_a_limit_of_time_is_said_and_not_hidden():
    """A solve that is cut off before it has a plan says so."""
    with pytest.raises(OfftakeError, match="within its limits"):
        solve(sizable(6, quarters=12), options=Options(time_limit=0.0))


def test_unbounded_value_is_refused():
    """An instance that earns without end is refused in words."""
    tree = two_stage([1.0])
    rows = [row("ghost", 0.0, fee=-1.0, most=np.inf)]
    instance = instance_of(tree, rows, {"chat": {"demand": 1.0}})
    with pytest.raises(InputError, match="most of ghost"):
        solve(instance)


def test_strong_duality():
    """At the optimum of a linear problem, bounds times their prices add up to the objective."""
    programme = build(lands())
    session = Session(programme)
    outcome = session.run()
    solution = session.highs.getSolution()
    lp = session.highs.getLp()
    rows = np.where(np.array(solution.row_dual) > 0, lp.row_upper_, lp.row_lower_)
    columns = np.where(np.array(solution.col_dual) > 0, lp.col_upper_, lp.col_lower_)
    dual = 0.0
    for prices, bounds in ((solution.row_dual, rows), (solution.col_dual, columns)):
        active = np.abs(prices) > 1e-9
        dual += float(np.array(prices)[active] @ np.array(bounds)[active])
    assert dual == pytest.approx(outcome.objective, rel=1e-9)
