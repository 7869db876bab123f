"""From a book to one buyer's planning problem (section P of docs/plan-programme.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from offtake.book import Policy
from offtake.errors import InputError
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.plan._book_tree import books_at_nodes, given_tree, shown
from offtake.plan._case import Case, Chair, Variant
from offtake.plan._contracts import Steps, contracts, sources
from offtake.plan._expansions import expanding
from offtake.plan._futures import normals, watch
from offtake.plan._instance import Instance
from offtake.plan._licences import licences, on_held
from offtake.plan._needs import cash, exclusivities, limits, spot, workloads
from offtake.plan._offers import given_deals, offers_to
from offtake.plan._options import add_options, refuse_shifted_expansions
from offtake.plan._own_sites import builds_for
from offtake.plan._refusals import refusals_on
from offtake.plan._rows import Decision, Rows, RowSource
from offtake.plan._tree import Shown, drawn_tree, fresh_tree
from offtake.spelling import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.model import Model
    from offtake.plan._instance import Tree
    from offtake.plan._reduction import Method

__all__ = ["fresh", "instance", "policy_of"]

Terminal = Literal["continue", "nothing"]
_YEAR = 4


def instance(  # noqa: PLR0913
    book: Book,
    buyer: str,
    *,
    scenarios: int = 30,
    stages: Sequence[Any] | None = None,
    futures: int = 1_000,
    seed: int = 0,
    method: Method = "forward",
    terminal: Terminal | None = None,
    policy: Mapping[str, Any] | None = None,
    scenario: str | None = None,
    drawn: bool = False,
    world: Book | None = None,
    like: Instance | None = None,
) -> Instance:
    """Return a buyer's planning problem: what it has, what it may sign, and the tree of what may come.

    Parameters
    ----------
    book
        The book. If it gives a `tree`, that is the tree; else one is drawn.
    buyer
        The party that plans.
    scenarios
        Leaves of a drawn tree.
    stages
        Quarters at whose start is decided again, such as ``["2027-Q1"]``; those of the policy by default.
    futures, seed
        How many futures the scenarios are chosen from, and their seed; they are those of `simulate`.
    method
        ``forward`` selection or ``kmeans``.
    terminal
        What holds after the calendar; the policy's rule by default.
    policy
        Fields of the buyer's policy to be replaced, such as ``{"commitment_limit": "3 B USD"}``.
    scenario
        A scenario of the book that holds everywhere.
    drawn
        Whether to draw a tree though the book gives one.
    world
        The book whose futures are run, by default this one; it may differ in how firm deals are. So a buyer
        can be asked again about what it has signed while its sellers live on what was signed.
    like
        A problem whose tree is used again with the same futures, so that two problems differ in nothing else.

    Raises
    ------
    InputError
        If the buyer, a stage or an offer cannot be planned with; the entry is named.

    Notes
    -----
    Time goes to the futures, which run through the engine: some seconds for 1,000 of a large book.

    Examples
    --------
    >>> from offtake.book import Book
    >>> problem = instance(Book.read("first-steps"), "Lark Labs", scenarios=3, futures=40)
    >>> problem.workloads.names, len(problem.tree.leaves)
    (('assistant', 'training'), 3)
    """
    rules, desk = _opened(book, buyer, policy, scenario)
    if desk.book.tree and not drawn:
        if stages:
            message = "the book gives a tree, whose nodes say when to decide again; leave `stages` out"
            raise InputError(message)
        tree = given_tree(desk.book)
        cases = _at_nodes(desk, tree)
        picked = Steps(tree, cases, shown(tree))
        return _laid_out(desk, rules, picked, terminal, {})
    asked = rules.stages if stages is None else stages
    quarters = [_stage(desk.book, stage) for stage in asked]
    z = normals(desk.model, 0, futures, seed)
    seen = watch(_world(desk, world), desk.place, z)
    chair = _chair(desk, buyer, quarters)
    whole = Case(desk.book, scenario, desk.model, z, seen, chair)
    if like is not None and len(like.shows):
        found = Shown(like.tree, like.shows, like.reduction)
    else:
        found = drawn_tree(
            lambda end: _features(whole, end), futures, desk.model.structure.quarters,
            scenarios=scenarios, stages=quarters, method=method, seed=seed,
        )  # fmt: skip
    laid = _laid_out(desk, rules, _kept(whole, scenario, found), terminal, found.reduction)
    return replace(laid, shows=found.future)


def fresh(
    book: Book,
    buyer: str,
    *,
    futures: int = 1_000,
    first: int = 0,
    seed: int = 1,
    terminal: Terminal | None = None,
    policy: Mapping[str, Any] | None = None,
    scenario: str | None = None,
) -> Instance:
    """Return a buyer's planning problem in which every future is a scenario of its own.

    Parameters
    ----------
    book, buyer, terminal, policy, scenario
        As for `instance`.
    futures, first, seed
        How many futures, the number of the first one, and their seed. A seed other than that of the plan
        gives futures that the plan has not seen.

    Notes
    -----
    It takes 40 bytes for each row, future and quarter, and about three times that while it is laid out: with
    40 rows and 25 quarters some 40 MB for 1,000 futures. Larger problems can be laid out in parts by `first`.
    """
    rules, desk = _opened(book, buyer, policy, scenario)
    if futures < 1:
        message = f"at least one future is needed, not {futures}"
        raise InputError(message)
    z = normals(desk.model, first, futures, seed)
    seen = watch(desk.model, desk.place, z)
    case = Case(desk.book, scenario, desk.model, z, seen, _chair(desk, buyer, []))
    found = fresh_tree(futures, desk.model.structure.quarters)
    return _laid_out(desk, rules, Steps(found.tree, (case,), found.future), terminal, {})


class _Desk(NamedTuple):
    """What is laid out."""

    book: Book
    model: Model
    buyer: str
    scenario: str | None

    @property
    def place(self) -> int:
        return self.model.names.parties.index(self.buyer)


def policy_of(book: Book, buyer: str, changes: Mapping[str, Any] | None = None) -> Policy:
    """Return a buyer's policy, with some fields replaced by what plain data say.

    Examples
    --------
    >>> from offtake.book import Book
    >>> policy_of(Book.read("first-steps"), "Lark Labs", {"provider_share": "60 %"}).provider_share.value
    0.6
    """
    base = book.policies.get(buyer, Policy())
    if not changes:
        return base
    known = {field.alias or name: name for name, field in Policy.model_fields.items()}
    strange = sorted(set(changes) - set(known))
    if strange:
        message = f"a policy has no field {strange[0]!r}; it has {', '.join(known)}"
        raise InputError(message)
    data = {key: getattr(base, name) for key, name in known.items() if name in base.model_fields_set}
    try:
        return Policy.model_validate({**data, **changes})
    except ValueError as error:
        message = f"policies.{buyer}: {error}"
        raise InputError(message) from error


def _opened(
    book: Book, buyer: str, policy: Mapping[str, Any] | None, scenario: str | None
) -> tuple[Policy, _Desk]:
    """Return the policy and what is laid out."""
    refuse_unknown(buyer, book.parties, "party")
    if not any(workload.buyer == buyer for workload in book.workloads.values()):
        buyers = sorted({workload.buyer for workload in book.workloads.values()})
        message = f"{buyer} has no workloads, so there is nothing to plan for; buyers are {', '.join(buyers)}"
        raise InputError(message)
    if scenario is not None:
        book = book.with_scenario(scenario)
    return policy_of(book, buyer, policy), _Desk(book, compile(book, scenario), buyer, scenario)


def _stage(book: Book, stage: Any) -> int:
    """Return the place of a stage quarter in the calendar."""
    from offtake.calendar import Quarter

    quarter = Quarter.containing(stage)
    place = book.calendar.index(quarter)
    if not 0 < place < len(book.calendar):
        message = f"the stage {quarter} does not lie in the calendar {book.calendar} after its first quarter"
        raise InputError(message)
    return place


def _world(desk: _Desk, world: Book | None) -> Model:
    """Return the model whose futures are run."""
    if world is None:
        return desk.model
    model = compile(world.with_scenario(desk.scenario) if desk.scenario else world, desk.scenario)
    if model.draw_labels != desk.model.draw_labels or model.names.deals != desk.model.names.deals:
        message = "the book whose futures are run has other entries or draws than the one that is planned for"
        raise InputError(message)
    return model


def _chair(desk: _Desk, buyer: str, stages: Sequence[int]) -> Chair:
    """Return what a buyer has and may sign."""
    given, offers = given_deals(desk.book, buyer), offers_to(desk.book, buyer)
    refuse_shifted_expansions(desk.book, {name: offer.starts for name, offer in offers.items()})
    volumes = {**given, **{name: offer.most for name, offer in offers.items()}}
    expansions = expanding(desk.book, volumes, [0, *stages])
    return Chair(buyer, given, offers, expansions)


def _features(case: Case, end: int) -> NDArray[np.float64]:
    """Return what is seen of futures before a quarter, by year: [F, features] (P3)."""
    seen, chair = case.seen, case.chair
    cuts = [*range(_YEAR, end, _YEAR), end]
    columns = [case.column(name) for name in (*chair.given, *chair.offers)]
    start = max((each.starts[0] for each in chair.offers.values()), default=0)
    delivered = case.terms(Variant(start=start, signed=0.0), "").delivered[..., columns]
    sellers = {case.book.deals[name].creditor for name in (*chair.given, *chair.offers)}
    alive = seen.alive[..., sorted(case.model.names.parties.index(name) for name in sellers)]
    series = [seen.demand, seen.spot[..., None], delivered, case.sites().free, alive, seen.other[..., None]]
    return np.concatenate([each[:, :cut].sum(axis=1) for cut in cuts for each in series], axis=1)


def _kept(whole: Case, scenario: str | None, found: Shown) -> Steps:
    """Return the steps of a drawn tree, with the futures that it shows."""
    futures, place = np.unique(found.future[1:], return_inverse=True)
    case = Case(
        whole.book, scenario, whole.model, whole.z[futures], whole.seen.take(futures), whole.chair, whole
    )
    return Steps(found.tree, (case,), np.concatenate([[0], place]).astype(np.int64))


def _at_nodes(desk: _Desk, tree: Tree) -> tuple[Case, ...]:
    """Return the book at each node, with everything uncertain at its median."""
    moments = sorted({int(tree.last[n]) for n in set(tree.parent.tolist()) if n >= 0})
    cases = []
    for book, scenario in books_at_nodes(desk.book, tree):
        at = _Desk(book, compile(book, scenario), desk.buyer, scenario)
        _alike(desk, at)
        z = np.zeros((1, len(at.model.draw_labels)))
        seen = watch(at.model, at.place, z)
        cases.append(Case(book, scenario, at.model, z, seen, _chair(at, desk.buyer, moments)))
    return tuple(cases)


def _alike(desk: _Desk, at: _Desk) -> None:
    """Refuse a node at which the book has other entries than elsewhere."""
    for axis in ("parties", "sites", "workloads", "deals", "drivers"):
        if getattr(desk.model.names, axis) != getattr(at.model.names, axis):
            message = f"tree: the {axis} of the book differ between nodes; change their figures only"
            raise InputError(message)


def _median(desk: _Desk, chair: Chair, like: Case) -> Case:
    """Return the book with everything uncertain at its median."""
    z = np.zeros((1, len(desk.model.draw_labels)))
    same = like if like.book is desk.book else None
    return Case(desk.book, desk.scenario, desk.model, z, watch(desk.model, desk.place, z), chair, same)


def _laid_out(
    desk: _Desk, rules: Policy, steps: Steps, terminal: Terminal | None, reduction: dict[str, float]
) -> Instance:
    """Return the problem of a tree."""
    book, tree = desk.book, steps.tree
    deciding = [n for n in range(len(tree.names)) if n not in set(tree.leaves.tolist())]
    decisions = [Decision(n, int(tree.last[n])) for n in deciding]
    chair = _chair(desk, desk.buyer, [each.quarter for each in decisions if each.quarter])
    rows = Rows(_median(desk, chair, steps.cases[0]), decisions)
    parents = rows.given()
    rows.own_sites()
    rows.builds(builds_for(book, desk.buyer))
    parents += rows.offers(refusals_on(book, desk.buyer))
    ancestors = [set(tree.path(n)) for n in range(len(tree.names))]
    add_options(rows, parents, lambda earlier, later: earlier in ancestors[later])
    found: dict[tuple[str, ...], RowSource] = {}
    for row in rows.found:
        if row.source is not None:
            found.setdefault(row.source.key, row.source)
    order = list(found)
    places = [-1 if row.source is None else order.index(row.source.key) for row in rows.found]
    rate = book.market.discount_rate.value
    discount = (1.0 + rate) ** (-np.arange(len(book.calendar)) / 4.0)
    rule = terminal or rules.terminal
    work = workloads(book, rules, list(found.values()), steps, rows.found)
    problem = Instance(
        buyer=desk.buyer,
        quarters=tuple(str(quarter) for quarter in book.calendar),
        tree=tree,
        contracts=contracts(rows.found, places, steps, discount, rate, goes_on=rule == "continue"),
        sources=sources(book, list(found.values()), steps),
        workloads=work,
        spot=spot(steps),
        cash=cash(rules, steps, rows.median),
        limits=limits(book, desk.buyer, rules),
        discount=discount,
        terminal=rule,
        reduction=reduction,
        licences=licences(book, work, steps),
        exclusivities=exclusivities(book, work.names, rows.found, steps),
    )
    return on_held(problem)
