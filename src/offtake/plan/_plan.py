"""`plan`: which offers to sign, how much and when, from one buyer's chair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from offtake._version import __version__
from offtake.book import ComputeDeal, SupplyDeal
from offtake.errors import InputError
from offtake.plan._dataset import dataset, passed_over, signings
from offtake.plan._decompose import solve_by_decomposition
from offtake.plan._extras import Extras
from offtake.plan._lay_out import instance, policy_of
from offtake.plan._licences import best_licences, licence_signings, unlicensed
from offtake.plan._margins import margins as margins_of
from offtake.plan._reopen import reopened, with_room
from offtake.plan._result import Plan
from offtake.plan._risk import CVaR, conditional_value_at_risk
from offtake.plan._session import Options
from offtake.plan._solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from offtake.book import Book
    from offtake.plan._instance import Instance
    from offtake.plan._session import Progress
    from offtake.plan._solve import Solution

__all__ = ["plan"]

CITATIONS: Final = (
    "Birge, J. R., and Louveaux, F. (2011). Introduction to Stochastic Programming. Springer, 2nd edition.",
    "Heitsch, H., and Römisch, W. (2003). Scenario reduction algorithms in stochastic programming. COAP 24.",
    "Rockafellar, R. T., and Uryasev, S. (2000). Optimization of conditional value-at-risk. J. Risk 2(3).",
    "Gale, D. (1957). A theorem on flows in networks. Pacific Journal of Mathematics 7(2).",
    "Huangfu, Q., and Hall, J. A. J. (2018). Parallelizing the dual revised simplex method. MPC 10.",
)

_MANY: Final = 300
"""Leaves from which a two-stage tree is taken apart."""


def plan(  # noqa: PLR0913
    book: Book,
    buyer: str | None = None,
    *,
    scenarios: int = 30,
    futures: int = 1_000,
    stages: Sequence[Any] | None = None,
    seed: int = 0,
    method: Literal["forward", "kmeans"] = "forward",
    risk: CVaR | None = None,
    goal: Literal["value", "cost"] = "value",
    terminal: Literal["continue", "nothing"] | None = None,
    policy: Mapping[str, Any] | None = None,
    reopen: Iterable[str] | Literal["all"] = (),
    prices: bool = True,
    bounds: bool = False,
    fresh: int = 0,
    frontier: int = 0,
    times: int = 0,
    margins: bool = False,
    alternatives: int = 0,
    gap: float = 1e-4,
    time_limit: float | None = None,
    engine: Literal["jax", "numpy"] = "jax",
    client: Any = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Plan:
    """Return which offers to sign, how much, when, and what that is worth: the best of all plans for a tree.

    Parameters
    ----------
    book
        The book. Deals with firmness `offered` are the offers; its `tree`, if it gives one, is the tree.
    buyer
        Whose plan; by default the only party to whom something is offered.
    scenarios, futures, stages, seed, method
        Leaves of the tree, the futures of `simulate` that it is chosen from, the quarters in which is decided
        again (by default those of the buyer's policy), their seed, and ``forward`` selection or ``kmeans``.
    risk
        Weight of the CVaR of the loss beside the mean; by default that of the buyer's policy.
    goal
        ``"value"``, or ``"cost"`` for least cost of the service that the policy asks for.
    terminal
        What contracts count beyond the calendar: ``continue`` or ``nothing``; by default the policy's.
    policy
        Fields of the buyer's policy to replace, such as ``{"commitment_limit": "3 B USD"}``.
    reopen
        Signed deals of the buyer to be asked again beside the offers, any part of each; ``"all"`` that have
        yet to begin. The futures are those of the book in which they are signed.
    prices
        Whether to add shadow prices.
    bounds
        Whether to add the expected value of perfect information and the value of the stochastic solution.
    fresh
        Futures that the plan has not seen, through which `simulate` runs it; 0 for none.
    frontier
        Number of plans to add between no weight on the tail and four times the mean's; 0 for none.
    times
        Number of quarters by which to ask for capacity in step with demand, each with what that costs.
    margins
        Whether to add what a quarter less of delay and a point more of take-or-pay in every offer are worth.
    alternatives
        Number of plans within 2 % of the best to add that differ most from it and from each other.
    gap, time_limit
        Relative gap, and seconds, at which the solver may stop.
    engine
        What `simulate` runs fresh futures with; ``numpy`` compiles nothing and is quicker for few of them.
    client
        A ``dask.distributed`` client that shares the leaves of a tree that is solved by decomposition.
    progress
        Called with what is being done, how much of it is done and how much there is.

    Returns
    -------
    Plan
        Amounts in M USD of present value, power in MW.

    Raises
    ------
    InputError
        If the buyer, an offer, a stage or the tree cannot be planned with; the entry is named.
    InfeasibleError
        If no plan satisfies all rules: it names a smallest set of entries that conflict.

    Notes
    -----
    A two-stage tree of 300 leaves or more is solved by decomposition (Benders, with a level method), leaf by
    leaf; shadow prices are then left out. The programme is docs/plan-programme.md. Its size grows with leaves
    times quarters times (sources plus workloads); time on a tree of 30 leaves is seconds to a minute.

    Examples
    --------
    >>> import offtake as ot
    >>> best = ot.plan(ot.Book.read("lands"), goal="cost")
    >>> round(best.cost, 6)
    381.853333
    >>> [f"{each.entry} {each.mw:.4f}" for each in best.now][:2]
    ['technology 2 4.0000', 'technology 3 3.3333']
    """
    buyer = buyer if buyer is not None else _only_buyer(book)
    rules = policy_of(book, buyer, policy) if buyer in book.parties else None
    if risk is None and rules is not None and rules.risk is not None:
        risk = CVaR(rules.risk.level.value, rules.risk.weight.value)
    said = progress or (lambda _what, _done, _total: None)
    asked, again = reopened(book, buyer, reopen) if reopen else (book, ())
    said("laying out", 0, 1)

    def lay_out(of: Book, scenario: str | None = None, like: Instance | None = None) -> Instance:
        laid = instance(
            of, buyer, scenarios=scenarios, futures=futures, stages=stages, seed=seed, method=method,
            terminal=terminal, policy=policy, scenario=scenario, world=book if again else None, like=like,
        )  # fmt: skip
        return with_room(laid, again)

    problem = lay_out(asked)
    options = Options(gap=gap, time_limit=time_limit)
    said("solving", 0, 1)
    offered = problem.licences
    apart = len(problem.tree.leaves) >= _MANY and not np.any(problem.tree.parent[1:])

    def tell(at: Progress) -> None:
        said(f"solving, gap {at.gap:.2%}" if np.isfinite(at.gap) else "solving", 0, 1)

    def best(each: Instance) -> Solution:
        if apart:
            return solve_by_decomposition(each, risk=risk, goal=goal, gap=gap, client=client, progress=tell)
        return solve(each, risk=risk, goal=goal, options=options, progress=tell)

    problem, solution, licensed = best_licences(problem, best)
    extra = Extras(problem, solution, options, said)
    made = Plan(
        dataset=extra.prices(dataset(solution)) if prices and not apart else dataset(solution),
        buyer=buyer,
        signings=(*signings(solution), *licence_signings(problem, offered, licensed)),
        passed_over=(*passed_over(solution), *unlicensed(offered, licensed)),
        value=solution.expected,
        cvar=_cvar(solution),
        objective=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        bounds=extra.bounds() if bounds else None,
        frontier=extra.frontier(frontier) if frontier else (),
        times=extra.times(times) if times else (),
        margins=margins_of(asked, solution, options, lambda of, scenario: lay_out(of, scenario, like=problem))
        if margins
        else (),
        alternatives=extra.alternatives(alternatives) if alternatives else (),
        settings=_settings(book, solution, scenarios, futures, stages, seed, method, again),
        book=book.book,
        book_hash=book.hash,
        version=__version__,
        citations=CITATIONS,
    )
    return extra.fresh(asked, made, fresh, seed, engine) if fresh else made


def _only_buyer(book: Book) -> str:
    """Return the only party to whom something is offered, or with a workload or a policy if nothing is."""
    offered = [
        deal.buyer
        for deal in book.deals.values()
        if deal.firmness == "offered" and isinstance(deal, ComputeDeal | SupplyDeal)
    ]
    found = list(dict.fromkeys(offered)) or list(
        dict.fromkeys(each.buyer for each in book.workloads.values())
    )
    if len(found) != 1:
        who = f"it could be {', '.join(found)}" if found else "nobody has a workload"
        message = f"say whose plan: {who}"
        raise InputError(message)
    return found[0]


def _cvar(solution: Solution) -> float:
    """Return the CVaR of the loss at the plan's level."""
    tree = solution.instance.tree
    return conditional_value_at_risk(
        -solution.path_value, tree.probability[tree.leaves], solution.risk.told_at
    )


def _settings(
    book: Book,
    solution: Solution,
    scenarios: int,
    futures: int,
    stages: Sequence[Any] | None,
    seed: int,
    method: str,
    again: tuple[str, ...],
) -> dict[str, Any]:
    """Return how the plan was made."""
    problem = solution.instance
    return {
        "goal": solution.goal,
        "level": solution.risk.told_at,
        "weight": solution.risk.weight,
        "terminal": problem.terminal,
        "tree": "the book's" if book.tree else method,
        "leaves": len(problem.tree.leaves),
        "scenarios": scenarios,
        "futures": futures,
        "stages": [str(stage) for stage in stages] if stages is not None else None,
        "seed": seed,
        "reduction": dict(problem.reduction),
        "reopened": list(again),
        "size": dict(solution.size),
        "seconds": dict(solution.seconds),
        "status": solution.status,
    }
