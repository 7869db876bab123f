"""Why there is no plan: a smallest set of the book's rules that cannot hold together, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from offtake.errors import InfeasibleError
from offtake.plan._programme import build
from offtake.plan._rules import Rule, RuleGroup, rule_groups
from offtake.plan._session import Options, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.plan._instance import BoolArray, FloatArray, Instance, IntArray
    from offtake.plan._programme import Programme

__all__ = ["Conflict", "Rule", "conflict", "conflict_error", "rules"]

NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot hold together; leaving out any one of them makes a plan possible."""

    rules: tuple[Rule, ...]

    @property
    def sentence(self) -> str:
        """The conflict in one sentence."""
        if not self.rules:
            return "There is no plan, and no rule that could be taken back is the reason."
        words = [rule.words for rule in self.rules]
        said = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
        together = "cannot hold" if len(words) == 1 else "cannot hold together"
        short = [rule for rule in self.rules if rule.where]
        if not short:
            return f"There is no plan: {said} {together}."
        told = next((rule for rule in short if rule.kind == "service"), short[0])
        missing = f"{told.missing:,.4g} {told.unit} are missing in {told.where}"
        return f"There is no plan: {said} {together}; {missing}."

    def __str__(self) -> str:
        listed = "".join(f"\n  - {rule}" for rule in self.rules)
        return self.sentence + listed + ("\nTake back or loosen one of them." if listed else "")


def conflict_error(instance: Instance) -> InfeasibleError:
    """Return the error that says why an instance has no plan; its first argument is the `Conflict`."""
    return InfeasibleError(conflict(instance))


def conflict(instance: Instance) -> Conflict:
    """Return a smallest set of rules that cannot hold together, each with what is missing and where.

    The set is irreducible: without any one of its rules there is a plan. It is found by bisection
    (QuickXplain; Junker 2004), each question being a mixed-integer programme without objective. Offers,
    volumes, demand and the futures are taken as facts: only rules that somebody wrote are named.
    """
    groups = rule_groups(instance)

    def possible(kept: list[RuleGroup]) -> bool:
        return _possible(_without(instance, [group for group in groups if group not in kept]))

    if possible(groups) or not possible([]):
        return Conflict(())
    needed = _explain(possible, [], [], groups)
    core = _without(instance, [group for group in groups if group not in needed])
    return Conflict(tuple(_measured(core, group) for group in groups if group in needed))


def rules(instance: Instance) -> tuple[Rule, ...]:
    """Return the rules of an instance that a conflict may name."""
    return tuple(group.rule for group in rule_groups(instance))


def _explain(
    possible: Callable[[list[RuleGroup]], bool],
    kept: list[RuleGroup],
    added: list[RuleGroup],
    open_: list[RuleGroup],
) -> list[RuleGroup]:
    """Return which of the open groups a conflict needs beside those kept, some of which were just added."""
    if added and not possible(kept):
        return []
    if len(open_) == 1:
        return open_
    left, right = open_[: len(open_) // 2], open_[len(open_) // 2 :]
    of_right = _explain(possible, [*kept, *left], left, right)
    of_left = _explain(possible, [*kept, *of_right], of_right, left)
    return [*of_left, *of_right]


def _without(instance: Instance, groups: list[RuleGroup]) -> Instance:
    for group in groups:
        instance = group.without(instance)
    return instance


def _possible(instance: Instance) -> bool:
    """Whether any plan satisfies an instance."""
    programme = build(instance)
    session = Session(programme, Options(gap=float("inf")))
    columns = np.arange(int(session.highs.getNumCol()))
    session.cost(columns, np.zeros(len(columns)))
    outcome = session.run()
    session.close()
    return outcome.status != "infeasible"


def _measured(core: Instance, group: RuleGroup) -> Rule:
    """Return the rule with how much of it is missing, and where, if all other rules of the core hold."""
    if group.rows:
        programme = build(core)
        session = Session(programme)
        amounts, steps = _loosened(programme, session, group)
    elif group.rule.kind in {"exclusivity", "placement"}:
        allowed = core.workloads.allowed(core.sources)
        programme = build(group.without(core), pooled=False)
        session = Session(programme)
        amounts, steps = _trespassed(programme, session, allowed)
    else:
        return group.rule
    if not len(amounts) or amounts.max() <= NEGLIGIBLE:
        return group.rule
    worst = int(np.argmax(amounts))
    return replace(group.rule, missing=float(amounts[worst]), where=steps[worst])


def _loosened(programme: Programme, session: Session, group: RuleGroup) -> tuple[FloatArray, list[str]]:
    """Let a rule's rows miss their bounds; return by how much each does, at least in all, and its place."""
    _forget_value(session)
    slack: list[int] = []
    places: list[str] = []
    for name in group.rows:
        family = programme.rows.get(name)
        if family is None:
            continue
        about = family.about
        chosen = np.arange(family.count)
        if group.only is not None:
            axis, number = group.only
            mask = (about[axis] >> number) & 1 == 1 if axis == "workloads" else about[axis] == number
            chosen = chosen[mask]
        for row in chosen:
            slack.append(session.add_column(-1.0, 0.0, np.inf))
            position, sign = int(family.first + row), 1.0 if family.sense == ">=" else -1.0
            session.highs.changeCoeff(position, slack[-1], sign)
            places.append(
                _place(programme.instance, {axis: int(values[row]) for axis, values in about.items()})
            )
    outcome = session.run()
    if outcome.values is None or not slack:
        return np.zeros(0), []
    return outcome.values[slack], places


def _trespassed(programme: Programme, session: Session, allowed: BoolArray) -> tuple[FloatArray, list[str]]:
    """Let work run where a rule forbids it; return how much does at each step, at least in all."""
    columns = _forget_value(session)
    frame, x = programme.frame, programme.columns["x"]
    forbidden = (x >= 0) & ~allowed[:, frame.source]
    at = session.at(x[forbidden])
    price = np.zeros(len(columns))
    price[at] = -1.0
    session.cost(columns, price)
    outcome = session.run()
    if outcome.values is None:
        return np.zeros(0), []
    steps = np.nonzero(forbidden)[2]
    total = np.bincount(steps, outcome.values[at], minlength=x.shape[2])
    return total.astype(float), [_place(programme.instance, {"step": step}) for step in range(x.shape[2])]


def _forget_value(session: Session) -> IntArray:
    columns = np.arange(int(session.highs.getNumCol()))
    session.cost(columns, np.zeros(len(columns)))
    return columns


def _place(instance: Instance, about: dict[str, int]) -> str:
    """Return the node and quarter that a row is about, and whose it is."""
    tree, place = instance.tree, ""
    if "step" in about:
        step = about["step"]
        place = f"{instance.quarters[tree.step_quarter[step]]} of '{tree.names[tree.step_node[step]]}'"
    elif "quarter" in about:
        place = f"{instance.quarters[about['quarter']]} after '{tree.names[about['node']]}'"
    elif "node" in about:
        place = f"what is signed up to '{tree.names[about['node']]}'"
    if "provider" in about and "workloads" in about:
        place += f" without {instance.providers[about['provider']]}"
    return place
