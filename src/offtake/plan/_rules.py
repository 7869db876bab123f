"""The rules that somebody wrote into a problem, each with the problem that results without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from offtake.plan._exclusive import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.plan._instance import BoolArray, Exclusivities, Instance, IntArray

__all__ = ["Rule", "RuleGroup", "rule_groups"]


@dataclass(frozen=True)
class Rule:
    """One entry's rule, as it takes part in a conflict.

    Parameters
    ----------
    kind
        ``exclusivity``, ``placement``, ``service``, ``cover``, ``cash``, ``commitment``,
        ``contracted_least``, ``contracted_most``, ``exposure``, ``provider_share``, ``vendor_share``,
        ``region_share``, ``whole`` or ``once``.
    entry
        The party, deal or workload whose rule it is; for a limit of the buyer's policy the buyer.
    words
        The rule in contract words.
    missing
        By how much it cannot hold if all others of the conflict do, 0 where that is not a quantity.
    unit
        Of what is missing: MW, M USD, or effective MW.
    where
        The node and quarter in which most is missing; empty where that is not a quantity.
    """

    kind: str
    entry: str
    words: str
    missing: float = 0.0
    unit: str = ""
    where: str = ""

    def __str__(self) -> str:
        if not self.where:
            return self.words
        return f"{self.words} (alone short by {self.missing:,.4g} {self.unit} in {self.where})"


@dataclass(frozen=True, eq=False)
class RuleGroup:
    """A rule, how to take it back, and which rows of the programme state it."""

    rule: Rule
    without: Callable[[Instance], Instance]
    rows: tuple[str, ...] = ()
    """Families of rows that state the rule."""
    only: tuple[str, int] | None = None
    """What the rows must be about: an axis and its number."""


def rule_groups(instance: Instance) -> list[RuleGroup]:
    """Return every rule of an instance that a conflict may name."""
    return [
        *_of_workloads(instance),
        *_of_signed(instance),
        *_of_cover(instance),
        *_of_policy(instance),
        *_of_contracts(instance),
    ]


def _work(instance: Instance, **changes: Any) -> Instance:
    return replace(instance, workloads=replace(instance.workloads, **changes))


def _put(values: Any, index: Any, value: Any) -> Any:
    changed = values.copy()
    changed[index] = value
    return changed


def _span(instance: Instance, steps: BoolArray) -> str:
    """Return the first and the last quarter of some steps, [M], in words."""
    quarters = instance.tree.step_quarter[steps]
    return f"{instance.quarters[quarters.min()]} to {instance.quarters[quarters.max()]}"


def _of_workloads(instance: Instance) -> list[RuleGroup]:
    work, groups = instance.workloads, []
    for h, holder in enumerate(work.holders):
        for w in np.flatnonzero(work.bound[h].any(axis=1)).tolist():
            words = f"exclusivity of {holder} on {work.names[w]} ({_span(instance, work.bound[h, w])})"

            def without(i: Instance, h: int = h, w: int = w) -> Instance:
                return _work(i, bound=_put(i.workloads.bound, (h, w), False))

            groups.append(RuleGroup(Rule("exclusivity", holder, words, unit="MW"), without))
    for w, name in enumerate(work.names):
        if not work.placement[w].all():

            def anywhere(i: Instance, w: int = w) -> Instance:
                return _work(i, placement=_put(i.workloads.placement, w, True))

            groups.append(
                RuleGroup(Rule("placement", name, f"the places where {name} may run", unit="MW"), anywhere)
            )
        if work.service[w] > 0.0:
            words = f"{100.0 * work.service[w]:.4g} % service of {name}"

            def unserved(i: Instance, w: int = w) -> Instance:
                return _work(i, service=_put(i.workloads.service, w, 0.0))

            groups.append(
                RuleGroup(Rule("service", name, words, unit="MW"), unserved, ("service",), ("workload", w))
            )
    return groups


def _of_signed(instance: Instance) -> list[RuleGroup]:
    """Exclusivities that hang on what is signed, one for each entry and workload."""
    bonds, groups = instance.exclusivities, []
    if bonds is None:
        return []
    number, work, contracts = numbers(instance), instance.workloads, instance.contracts
    for first in np.unique(number).tolist():
        mine: IntArray = np.flatnonzero(number == first)
        when: BoolArray = np.asarray(bonds.steps[mine].any(axis=0))
        if not when.any():
            continue
        row = int(bonds.row[first])
        holder = instance.sources.provider[contracts.source[row]]
        if_signed = "" if contracts.node[row] < 0 else ", once signed"
        name = work.names[bonds.workload[first]]
        span = _span(instance, when)
        words = f"exclusivity of {holder} on {name} in {contracts.entry[row]}{if_signed} ({span})"

        def without(i: Instance, mine: IntArray = mine) -> Instance:
            # the numbers of the others stay what they are
            found = cast("Exclusivities", i.exclusivities)
            return replace(i, exclusivities=replace(found, steps=_put(found.steps, mine, False)))

        rows = ("exclusivity", "cover_exclusivity")
        groups.append(
            RuleGroup(Rule("exclusivity", holder, words, unit="MW"), without, rows, ("exclusivity", first))
        )
    return groups


def _of_cover(instance: Instance) -> list[RuleGroup]:
    work, limits, groups = instance.workloads, instance.limits, []
    if limits.cover_from is None or limits.cover_price is not None:
        return []
    since = instance.quarters[min(limits.cover_from, len(instance.quarters) - 1)]
    for w in np.flatnonzero(work.critical > 0.0).tolist():
        name = work.names[w]
        words = f"cover of {100.0 * work.critical[w]:.4g} % of {name} without any one provider from {since}"

        def without(i: Instance, w: int = w) -> Instance:
            return _work(i, critical=_put(i.workloads.critical, w, 0.0))

        rows = ("cover", "cover_work")
        groups.append(RuleGroup(Rule("cover", name, words, unit="MW"), without, rows, ("workloads", w)))
    return groups


def _of_policy(instance: Instance) -> list[RuleGroup]:
    limits, buyer, groups = instance.limits, instance.buyer, []
    named = (
        ("commitment", "commitments of at most {:,.6g} M USD", "M USD", ("commitment",)),
        ("contracted_least", "at least {:,.6g} MW under contract", "MW", ("contracted_least",)),
        ("contracted_most", "at most {:,.6g} MW under contract", "MW", ("contracted_most",)),
        ("exposure", "at most {:,.6g} M USD prepaid to one provider", "M USD", ("exposure",)),
        ("provider_share", "at most a share of {:.4g} from one provider", "MW", ("provider_share",)),
        ("vendor_share", "at most a share of {:.4g} on one vendor's chips", "MW", ("vendor_share",)),
        ("region_share", "at most a share of {:.4g} in one region", "MW", ("region_share",)),
    )
    for name, words, unit, rows in named:
        value = getattr(limits, name)
        if value is not None:

            def without(i: Instance, name: str = name) -> Instance:
                none: dict[str, Any] = {name: None}
                return replace(i, limits=replace(i.limits, **none))

            groups.append(RuleGroup(Rule(name, buyer, words.format(value), unit=unit), without, rows))
    if instance.cash.limited and instance.cash.shortfall is None:
        words = f"cash of at least {instance.cash.minimum:,.6g} M USD within the funding at hand"

        def unlimited(i: Instance) -> Instance:
            return replace(i, cash=replace(i.cash, limited=False))

        groups.append(RuleGroup(Rule("cash", buyer, words, unit="M USD"), unlimited, ("cash_least",)))
    return groups


def _of_contracts(instance: Instance) -> list[RuleGroup]:
    contracts, groups = instance.contracts, []
    entry = np.array(contracts.entry, dtype=object)
    free = contracts.node >= 0
    for name in dict.fromkeys(entry[free & contracts.whole & (contracts.least > 0.0)]):
        rows: IntArray = np.flatnonzero((entry == name) & free & contracts.whole)
        words = f"{name} is signed with at least {contracts.least[rows].max():,.6g} MW or not at all"

        def divisible(i: Instance, rows: IntArray = rows) -> Instance:
            c = i.contracts
            return replace(
                i, contracts=replace(c, whole=_put(c.whole, rows, False), least=_put(c.least, rows, 0.0))
            )

        groups.append(RuleGroup(Rule("whole", str(name), words), divisible))
    numbers, counts = np.unique(contracts.once[free & (contracts.once >= 0)], return_counts=True)
    for number in numbers[counts > 1].tolist():
        rows = np.flatnonzero((contracts.once == number) & free)
        words = f"{entry[rows[0]]} is decided once"

        def again(i: Instance, rows: IntArray = rows) -> Instance:
            return replace(i, contracts=replace(i.contracts, once=_put(i.contracts.once, rows, -1)))

        groups.append(RuleGroup(Rule("once", str(entry[rows[0]]), words), again))
    return groups
