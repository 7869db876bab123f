"""What models work needs: licences that are held, and those that may be signed (P11)."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.book import LicenceDeal, QualityLag
from offtake.errors import InfeasibleError, InputError
from offtake.model._leaves import certain
from offtake.plan._futures import profiles
from offtake.plan._instance import OPENING, Contracts, Licences
from offtake.plan._result import Signing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from offtake.book import Book
    from offtake.plan._case import Case
    from offtake.plan._contracts import Steps
    from offtake.plan._instance import Instance, Workloads
    from offtake.plan._solve import Solution

    FloatArray = NDArray[np.float64]

__all__ = ["best_licences", "licence_signings", "licences", "on_held", "unlicensed", "with_licences"]

_MOST = 6
"""Offered licences that are tried in every combination."""


def licences(book: Book, work: Workloads, steps: Steps) -> Licences | None:
    """Return what licences the buyer's workloads may run on; None where no workload needs one.

    Parameters
    ----------
    book
        The book.
    work
        The workloads, with yields as they are on the best models.
    steps
        The steps.
    """
    needs = {name: book.workloads[name].models for name in work.names}
    named = [n for n in dict.fromkeys(m for models in needs.values() for m in models) if _is_licence(book, n)]
    if not named:
        return None
    offered = [name for name in named if book.deals[name].firmness == "offered"]
    none = np.array([0.0 if needs[name] else 1.0 for name in work.names])
    shape = (len(work.names), len(steps.tree.step_node))
    held = np.broadcast_to(none[:, None], shape)
    for name in named:
        if name not in offered:
            held = np.maximum(held, _kept(book, name, needs, work, steps))
    count = len(offered)
    return Licences(
        entry=tuple(offered),
        provider=tuple(book.deals[name].creditor for name in offered),
        fee=np.array([_fee(name, steps) for name in offered]).reshape(count, shape[1]),
        kept=np.array([_kept(book, name, needs, work, steps) for name in offered]).reshape(count, *shape),
        held=np.array(held),
        earns=work.earns,
        worth=work.worth,
    )


def _is_licence(book: Book, name: str) -> bool:
    return isinstance(book.deals.get(name), LicenceDeal)


def _kept(book: Book, name: str, needs: Any, work: Workloads, steps: Steps) -> FloatArray:
    """Return the share of yield that each workload keeps on a licence, [W, M]; 0 where it is not for it."""
    clause = book.deals[name].clause(QualityLag)
    lag = certain(clause.time, f"deals.{name}: quality_lag") if clause is not None else 0.0
    uses = np.array([float(name in models) for models in needs.values()])
    kept = (uses * (1.0 - work.waiting_loss) ** lag)[:, None]
    found: FloatArray = kept * steps.over([_in_force(book, name, case) for case in steps.cases])
    return found


def _in_force(book: Book, name: str, case: Case) -> FloatArray:
    """Return how much of each quarter a licence gives the right to use models, [F, T].

    One that is offered counts as signed. Where the licensee holds a right of intellectual property of its
    licensor, that right goes on when the licence has ended.
    """
    deal, quarters = book.deals[name], np.arange(len(book.calendar))
    covers = np.clip(_end(case, name) - quarters, 0.0, 1.0)
    for right in book.rights.values():
        same = right.holder == deal.debtor and right.grantor == deal.creditor
        if right.kind == "intellectual_property" and same and not right.ended:
            begins = -np.inf if right.from_ is None else book.calendar.index(right.from_)
            ends = np.inf if right.until is None else book.calendar.index(right.until)
            covers = np.maximum(covers, (quarters >= begins) & (quarters <= ends))
    force = np.ones(case.count)
    if deal.firmness != "offered":
        force = force * case.base.future.in_force[..., case.model.names.deals.index(name)]
    found: FloatArray = force[:, None] * covers
    return found


def _end(case: Case, name: str) -> float:
    """Return when a licence ends, in quarters from the opening."""
    return float(case.model.structure.others.licence_end[_place(case, name)])


def _place(case: Case, name: str) -> int:
    others = case.model.structure.others
    return int(np.flatnonzero(others.licence_deal == case.model.names.deals.index(name))[0])


def _fee(name: str, steps: Steps) -> FloatArray:
    """Return what an offered licence costs by step if it is signed at the opening, [M] (E23)."""
    found = []
    for case in steps.cases:
        model, future, place = case.model, case.base.drawn, _place(case, name)
        fees = profiles(model, future, model.structure.profiles.fees[[place]])[..., 0]
        share = future.leaves["deal.fulfilment"][..., model.names.deals.index(name)]
        runs = np.clip(_end(case, name) - np.arange(model.structure.quarters), 0.0, 1.0)
        due = fees * runs * np.broadcast_to(share, (case.count,))[:, None]
        found.append(np.broadcast_to(due, (case.count, model.structure.quarters)))
    return steps.over(found)


def on_held(problem: Instance) -> Instance:
    """Return the problem as it is if no licence is signed: work runs on the best models that are held."""
    found = problem.licences
    if found is None:
        return problem
    work = replace(problem.workloads, earns=found.earns * found.held, worth=found.worth * found.held)
    return replace(problem, workloads=work)


def with_licences(problem: Instance, chosen: Sequence[str]) -> Instance:
    """Return the problem in which some of the licences on offer are signed at the opening.

    Every workload runs on the best models that it has then; their fees are given.
    """
    found = problem.licences
    if found is None:
        return problem
    places = [found.entry.index(name) for name in chosen]
    kept = found.held
    for place in places:
        kept = np.maximum(kept, found.kept[place])
    work = replace(problem.workloads, earns=found.earns * kept, worth=found.worth * kept)
    contracts = _with_fees(problem.contracts, chosen, found.fee[places])
    return replace(problem, workloads=work, contracts=contracts, licences=None)


def _with_fees(contracts: Contracts, names: Sequence[str], fee: FloatArray) -> Contracts:
    """Return contracts with a given row for each licence; its fee goes on like what has no end (P12)."""
    count, steps = fee.shape
    added: dict[str, Any] = {
        "entry": tuple(names), "what": ("given",) * count, "relation": ("none",) * count,
        "node": np.full(count, -1), "parent": np.full(count, -1), "source": np.full(count, -1),
        "once": np.full(count, -1), "start": np.zeros(count, dtype=np.int64),
        "least": np.ones(count), "most": np.ones(count), "ratio": np.ones(count),
        "whole": np.zeros(count, dtype=bool), "commitment": np.zeros(count), "fee": fee,
        "contracted": np.zeros((count, contracts.contracted.shape[1])),
        "tail": np.repeat(contracts.tail.max(axis=0, initial=0.0)[None], count, axis=0),
    }  # fmt: skip
    blank = np.zeros((count, steps))
    added |= dict.fromkeys(("delivered", "floor", "advance"), blank)
    joined: dict[str, Any] = {
        name: (*getattr(contracts, name), *more)
        if isinstance(more, tuple)
        else np.concatenate([getattr(contracts, name), more])
        for name, more in added.items()
    }
    return Contracts(**joined)


def best_licences(
    problem: Instance, solve: Callable[[Instance], Solution]
) -> tuple[Instance, Solution, tuple[str, ...]]:
    """Return the best plan over all combinations of licences on offer, its problem, and what it signs.

    A licence that betters no work at any step is not tried: its fee would be paid for nothing.

    Raises
    ------
    InputError
        If more licences are on offer than can be tried in every combination.
    InfeasibleError
        If there is no plan with any of them; it tells the conflict with none signed.
    """
    best: tuple[Instance, Solution, tuple[str, ...]] | None = None
    bound, refused = -np.inf, InfeasibleError("no licence was tried")
    for chosen in _combinations(problem):
        changed = with_licences(problem, chosen)
        try:
            found = solve(changed)
        except InfeasibleError as error:
            refused = refused if chosen else error
            continue
        bound = max(bound, found.bound)
        if best is None or found.objective > best[1].objective:
            best = changed, found, chosen
    if best is None:
        raise refused
    changed, found, chosen = best
    gap = max(0.0, bound - found.objective) / max(abs(found.objective), 1e-10)
    return changed, replace(found, bound=bound, gap=gap), chosen


def _combinations(problem: Instance) -> Iterator[tuple[str, ...]]:
    """Yield every combination of licences that can be of use, the empty one first."""
    found = problem.licences
    if found is None:
        yield ()
        return
    asked = problem.workloads.demand > 0.0
    useful = [
        name
        for name, kept in zip(found.entry, found.kept, strict=True)
        if ((kept > found.held) & asked).any()
    ]
    if len(useful) > _MOST:
        message = (
            f"{len(useful)} licences are on offer ({', '.join(useful)}), and a plan tries every combination "
            f"of {_MOST} at most; take some out of `models`"
        )
        raise InputError(message)
    for size in range(len(useful) + 1):
        yield from combinations(useful, size)


def licence_signings(
    problem: Instance, offered: Licences | None, chosen: Sequence[str]
) -> tuple[Signing, ...]:
    """Return what a plan signs of licences; they have no volume."""
    if offered is None:
        return ()
    grantor = dict(zip(offered.entry, offered.provider, strict=True))
    return tuple(
        Signing(
            entry=name,
            what="licence",
            provider=grantor[name],
            quarter=problem.quarters[0],
            node=OPENING,
            probability=1.0,
            start=0,
            mw=0.0,
            most=0.0,
        )
        for name in chosen
    )


def unlicensed(offered: Licences | None, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the licences on offer that are not signed."""
    return () if offered is None else tuple(name for name in offered.entry if name not in chosen)
