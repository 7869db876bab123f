"""Exclusivities of what may be signed or ended: they bind what is signed, and nothing else (Q16)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from offtake.book import Book
from offtake.errors import InfeasibleError, InputError
from offtake.plan import plan
from offtake.plan._bounds import mean_instance, path_instance
from offtake.plan._conflict import conflict
from offtake.plan._dataset import missing_cover
from offtake.plan._decompose import solve_by_decomposition
from offtake.plan._exclusive import barred, binding
from offtake.plan._instance import Exclusivities, Limits
from offtake.plan._lay_out import instance
from offtake.plan._programme import build
from offtake.plan._refuse import refuse
from offtake.plan._reopen import reopened, with_room
from offtake.plan._session import Options
from offtake.plan._shadow import shadow_prices
from offtake.plan._solve import solve
from plan.instances import instance_of, row, tree_of, two_stage
from plan.test_lay_out import a_book, laid, offer, quarter, rows
from plan.test_lay_out import given as given_deal
from strategies.plan_instances import instances

EXACT = Options(gap=1e-9, threads=1)


def quick(examples):
    """A failing problem is told as it was found: shrinking one takes minutes."""
    return settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def on_chat(row_, steps=1, workload=0):
    """An exclusivity of one row on one workload at all steps."""
    return Exclusivities(np.array([row_]), np.array([workload]), np.ones((1, steps), dtype=bool))


def north_and_south(work, most=40.0, **more):
    """60 MW of South given, North on offer at 1 a MW, and North's exclusivity on the first workload."""
    offered = [
        row("south", 1.0, what="given", node=-1, least=60.0, most=60.0, source=0),
        row("north", 1.0, fee=1.0, most=most, source=1),
    ]
    sources = [{"provider": "South"}, {"provider": "North"}]
    return instance_of(two_stage([1.0]), offered, work, sources=sources, exclusivities=on_chat(1), **more)


def without(problem):
    """The same problem without the clause."""
    return replace(problem, exclusivities=None)


def test_an_offer_that_binds_what_runs_elsewhere_is_left():
    """20 MW more would do, but with them chat would leave the 60 that it has: nothing is signed."""
    problem = north_and_south({"chat": {"demand": 80.0, "earns": 5.0}})
    free = solve(without(problem))
    assert (free.objective, free.v[1]) == (pytest.approx(380.0), pytest.approx(20.0))
    bound = solve(problem)
    assert (bound.objective, bound.v[1]) == (pytest.approx(300.0), pytest.approx(0.0))


def test_a_signed_offer_keeps_its_workload_to_itself():
    """With other work for South, North is signed: chat runs there alone, and batch takes its place."""
    work = {"chat": {"demand": 80.0, "earns": 5.0}, "batch": {"demand": 60.0, "earns": 4.5}}
    problem = north_and_south(work)
    assert solve(without(problem)).objective == pytest.approx(450.0)
    found = solve(problem)
    assert found.objective == pytest.approx(430.0)
    assert found.v[1] == pytest.approx(40.0)
    assert found.dispatch.x[:, :, 0] == pytest.approx(np.array([[0.0, 40.0], [60.0, 0.0]]))


def test_spot_is_not_barred():
    """What is bound may be bought on spot."""
    spot = {"buy": 2.0, "buy_depth": 100.0}
    problem = north_and_south({"chat": {"demand": 80.0, "earns": 5.0}}, spot=spot)
    forced = replace(problem, limits=Limits(contracted_least=100.0))
    found = solve(forced)
    assert found.bought[0, 0] == pytest.approx(40.0)
    assert found.objective == pytest.approx(40.0 * (5.0 - 1.0) + 40.0 * (5.0 - 2.0))


def test_its_own_sites_are_barred_unless_the_buyer_holds():
    """Own sites are others' for whoever sells; an exclusivity to the buyer's own row leaves them."""
    problem = north_and_south({"chat": {"demand": 80.0, "earns": 5.0}})
    own = replace(problem, sources=replace(problem.sources, provider=("Buyer", "North")))
    assert solve(own).v[1] == pytest.approx(0.0)
    both = replace(problem, sources=replace(problem.sources, provider=("Buyer", "Buyer")))
    assert solve(both).v[1] == pytest.approx(20.0)


def test_what_a_holder_matches_is_not_barred():
    """A match of the row by another is his by the same terms: the workload runs on both."""
    offered = [
        row("south", 1.0, what="given", node=-1, least=60.0, most=60.0, source=0),
        row("north", 0.5, fee=1.0, most=80.0, source=1),
        row("north", 0.5, most=80.0, source=0, what="match", parent=1, relation="equal"),
    ]
    sources = [{"provider": "South"}, {"provider": "North"}, {"provider": "West"}]
    problem = instance_of(
        two_stage([1.0]), offered, {"chat": {"demand": 80.0, "earns": 5.0}}, sources=sources,
        exclusivities=on_chat(1),
    )  # fmt: skip
    # South matches, so its 60 MW are open too
    assert solve(problem).objective == pytest.approx(400.0 - 20.0)
    other = replace(problem.contracts, source=np.array([0, 1, 2]))
    assert solve(replace(problem, contracts=other)).objective == pytest.approx(400.0 - 80.0)


def ending(fee):
    """North's 40 MW given with its exclusivity for two quarters; it can be ended after the first."""
    tree = tree_of(["root", "a", "b"], [-1, 0, 1], [1.0, 1.0, 1.0], [0, 0, 1], [0, 1, 2])
    late = np.array([0.0, 1.0])
    rows_ = [
        row("south", 1.0, what="given", node=-1, least=60.0, most=60.0, source=0),
        row("north", 1.0, what="given", node=-1, least=40.0, most=40.0, source=1),
        row(
            "north", -late, fee=fee * late, what="termination", node=1, most=40.0, parent=1, source=1,
            relation="all", once=0,
        ),
    ]  # fmt: skip
    sources = [{"provider": "South"}, {"provider": "North"}]
    work = {"chat": {"demand": 80.0, "earns": 5.0}}
    return instance_of(tree, rows_, work, sources=sources, exclusivities=on_chat(1, 2))


@pytest.mark.parametrize(("fee", "ended", "worth"), [(1.0, 1.0, 460.0), (4.0, 0.0, 400.0)])
def test_ending_a_deal_ends_its_exclusivity(fee, ended, worth):
    """It is ended where the 20 MW that chat gains elsewhere are worth the fee."""
    found = solve(ending(fee))
    assert found.objective == pytest.approx(worth)
    assert found.y[2] == pytest.approx(ended)
    assert binding(found.instance, found.y).tolist() == [[True, ended == 0.0]]


def forced(**limits):
    """North's 30 MW must be signed beside 60 of South and 30 of West; chat wants half of 80 MW covered."""
    given_rows = [
        row(name, 1.0, what="given", node=-1, least=mw, most=mw, source=k)
        for k, (name, mw) in enumerate((("south", 60.0), ("west", 30.0)))
    ]
    sources = [{"provider": "South"}, {"provider": "West"}, {"provider": "North"}]
    offered = row("north", 1.0, least=30.0, most=30.0, whole=True, source=2)
    work = {"chat": {"demand": 80.0, "earns": 5.0, "critical": 0.5}}
    return instance_of(
        two_stage([1.0]), [*given_rows, offered], work, sources=sources, exclusivities=on_chat(2),
        limits=Limits(contracted_least=120.0, **limits),
    )  # fmt: skip


def test_cover_keeps_to_signed_exclusivities_of_those_who_stay():
    """Without South, or West, chat has North's 30 of 40 MW only; without North its clause is gone as well."""
    problem = forced(cover_from=0, cover_price=2.0)
    assert solve(without(problem)).objective == pytest.approx(400.0)
    found = solve(problem)
    assert found.objective == pytest.approx(150.0 - 2.0 * 20.0)
    assert found.dispatch.missing[:, 0] == pytest.approx([10.0, 10.0, 0.0])
    names, _, missing = missing_cover(problem, found.v, found.y)
    assert dict(zip(names, missing[:, 0], strict=True)) == {"South": 10.0, "West": 10.0, "North": 0.0}
    with pytest.raises(InfeasibleError):
        solve(replace(problem, limits=replace(problem.limits, cover_price=None)))


def test_a_conflict_names_the_offer_that_binds():
    """Service of all, MW that must be signed, and what they bind: the three cannot hold together."""
    problem = forced()
    work = replace(problem.workloads, service=np.array([1.0]))
    found = conflict(replace(problem, workloads=work))
    assert {rule.kind for rule in found.rules} == {"exclusivity", "service", "contracted_least"}
    rule = next(rule for rule in found.rules if rule.kind == "exclusivity")
    assert rule.words == "exclusivity of North on chat in north, once signed (2026-Q1 to 2026-Q1)"
    assert (rule.entry, rule.missing, rule.unit) == ("North", pytest.approx(50.0), "MW")


def test_a_clause_that_is_not_signed_leaves_prices_alone():
    """Shadow prices are those of the problem without it."""
    problem = north_and_south({"chat": {"demand": 50.0, "earns": 5.0, "critical": 0.5}})
    problem = replace(problem, limits=Limits(cover_from=0, cover_price=0.1))
    bound, free = shadow_prices(solve(problem)), shadow_prices(solve(without(problem)))
    assert bound.demand == pytest.approx(free.demand)
    assert bound.capacity == pytest.approx(free.capacity)


@quick(60)
@given(instances(bonds=True), st.sampled_from(["value", "cost"]))
def test_taking_the_clause_out_never_worsens_a_plan(problem, goal):
    """Without exclusivities a plan is worth at least as much; as much if none of them is signed."""
    try:
        found = solve(problem, goal=goal, options=EXACT)
    except InfeasibleError:
        assume(False)
    free = solve(without(problem), goal=goal, options=EXACT)
    size = 1e-6 * max(1.0, abs(found.objective))
    assert free.objective >= found.objective - size
    if not barred(problem, free.y)[free.dispatch.x > 0.0].any() and problem.limits.cover_from is None:
        assert free.objective == pytest.approx(found.objective, abs=size)


@quick(30)
@given(instances(stages=(1,), bonds=True))
def test_leaf_by_leaf_the_same_is_bound(problem):
    """A decomposition, whose leaves are told what is signed, finds the plan that the whole programme has."""
    try:
        whole = solve(problem, options=EXACT)
    except InfeasibleError:
        assume(False)
    found = solve_by_decomposition(problem, gap=5e-7)
    assert found.objective == pytest.approx(whole.objective, rel=1e-6, abs=1e-6)


@quick(40)
@given(instances(bonds=True))
def test_paths_and_means_keep_the_clauses(problem):
    """The problem of one leaf, and that of the mean, have the exclusivities of their rows."""
    assume(problem.exclusivities is not None)
    mean, row_of = mean_instance(problem)
    refuse(mean)
    assert {int(row_of[c]) for c in problem.exclusivities.row} == set(mean.exclusivities.row.tolist())
    for leaf in problem.tree.leaves:
        nodes = problem.tree.path(int(leaf))
        alone = path_instance(problem, int(leaf))
        refuse(alone)
        on_path = np.isin(problem.contracts.node[problem.exclusivities.row], [-1, *nodes])
        count = 0 if alone.exclusivities is None else int(alone.exclusivities.steps.sum())
        steps = np.isin(problem.tree.step_node, nodes)
        assert count == problem.exclusivities.steps[on_path][:, steps].sum()


def test_what_cannot_be_an_exclusivity_is_refused():
    """One that binds before its decision, twice, or by a row without a source."""
    problem = ending(1.0)
    bonds = Exclusivities(np.array([1, 1]), np.array([0, 0]), np.ones((2, 2), dtype=bool))
    with pytest.raises(InputError, match=r"that of north on chat stands there twice"):
        refuse(replace(problem, exclusivities=bonds))
    early = replace(problem.contracts, node=np.array([-1, 1, 1]), delivered=np.zeros((3, 2)))
    early = replace(early, fee=np.zeros((3, 2)))
    with pytest.raises(InputError, match=r"binds at a 2026-Q1, which does not follow from 'a'"):
        refuse(replace(problem, contracts=early))
    with pytest.raises(InputError, match="leaves no source"):
        refuse(replace(problem, contracts=replace(problem.contracts, source=np.array([0, -1, 1]))))
    with pytest.raises(InputError, match=r"exclusivities\.steps has shape \(1, 1\), not \(1, 2\)"):
        refuse(replace(problem, exclusivities=on_chat(1, 1)))


CLAUSE = {"kind": "exclusivity", "workloads": ["talk"]}


def test_an_offer_is_laid_out_with_its_exclusivity():
    """Every row of it binds from its decision on, in the quarters of the clause, whenever it starts."""
    clause = {**CLAUSE, "from": quarter(1), "until": quarter(4)}
    terms = offer(start={"until": quarter(3)}, only=clause)
    problem = laid(a_book({"base": given_deal(), "more": terms}), stages=[quarter(3)])
    bonds, contracts = problem.exclusivities, problem.contracts
    offers = rows(problem, "offer")
    assert bonds.row.tolist() == list(offers)
    assert set(contracts.node[offers].tolist()) == {0, 1}
    for e, c in enumerate(bonds.row):
        first = 3 if contracts.node[c] == 1 else 0
        assert problem.tree.step_quarter[bonds.steps[e]].tolist() == [t for t in range(1, 5) if t >= first]
    assert not problem.workloads.holders


def test_a_deal_that_may_be_ended_binds_until_then():
    """Its exclusivity stands with its row; that of a deal that cannot be ended stands with the workloads."""
    plain = laid(a_book({"base": given_deal(only=CLAUSE), "more": offer()}))
    assert plain.exclusivities is None
    assert plain.workloads.bound.all()
    ends = {"fee": "10 %", "from": quarter(2)}
    problem = laid(
        a_book({"base": given_deal(only=CLAUSE, termination=ends), "more": offer()}), stages=[quarter(3)]
    )
    assert not problem.workloads.holders
    assert problem.exclusivities.row.tolist() == rows(problem, "given")[:1]
    assert problem.exclusivities.steps.all()
    end = rows(problem, "termination")
    y = np.zeros(len(problem.contracts.entry))
    y[end] = 1.0
    after = problem.tree.step_quarter >= 3
    assert binding(problem, y)[0].tolist() == (~after).tolist()


def test_a_clause_without_use_adds_nothing():
    """After its last quarter there is no exclusivity to plan with, and no row for it."""
    problem = laid(a_book({"more": offer(only={**CLAUSE, "until": "2025-Q4"})}))
    assert problem.exclusivities is None
    assert "exclusivity" not in build(problem).rows


def asked_again(until):
    """The first book's problem with every deal on the table again, the clause running until a quarter."""
    book = Book.read("first-steps").replace({"deals.northgate-base.clauses.api_exclusivity.until": until})
    again, names = reopened(book, "Lark Labs", "all")
    return with_room(instance(again, "Lark Labs", scenarios=2, futures=20), names)


def test_a_deal_asked_again_binds_if_it_is_signed_again():
    """The first book's base deal has `api_exclusivity`: the longer it lasts, the less a plan is worth."""
    problem = asked_again("2026-Q2")
    bonds = problem.exclusivities
    assert {problem.contracts.entry[c] for c in bonds.row} == {"northgate-base"}
    assert {problem.workloads.names[w] for w in bonds.workload} == {"assistant"}
    assert set(problem.tree.step_quarter[bonds.steps.any(axis=0)].tolist()) == {0, 1}
    found, longer = solve(problem, options=EXACT), solve(asked_again("2029-Q4"), options=EXACT)
    base = [c for c, entry in enumerate(problem.contracts.entry) if entry == "northgate-base"]
    assert found.v[base].sum() > 0.0
    assert binding(found.instance, found.y).any()
    assert longer.objective < found.objective - 1.0
    bars = barred(longer.instance, longer.y)
    assert longer.dispatch.x[bars].sum() == pytest.approx(0.0, abs=1e-5)
    assert instance(Book.read("first-steps"), "Lark Labs", scenarios=2, futures=20).exclusivities is None
    made = plan(Book.read("first-steps"), "Lark Labs", reopen="all", scenarios=2, futures=20, prices=False)
    assert made.value == pytest.approx(found.expected, rel=1e-3)


@pytest.mark.slow
def test_the_large_book_has_no_such_clause():
    """No offer of it is exclusive, so its programme has no row more."""
    book = Book.read("openai-2025")
    problem = instance(book, next(iter(book.policies)), scenarios=2, futures=40)
    assert problem.exclusivities is None
    assert not {"exclusivity", "cover_work", "ended"} & set(build(problem).rows)
