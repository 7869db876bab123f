"""The whole programme of section Q at once, on every node of the tree."""

from dataclasses import dataclass

from oracles.programme.operation import add_operation
from oracles.programme.rows import Rows
from oracles.programme.signing import add_signing


@dataclass
class Answer:
    """An optimum: its objective, the plan's volumes and each leaf's value, by name of the leaf."""

    objective: float
    volume: list
    value: dict
    probability: dict


def conditional_value_at_risk(losses, weights, level):
    """Return the mean of the worst (1 - level) of the losses, by sorting them."""
    left, total = 1.0 - level, 0.0
    for loss, weight in sorted(zip(losses, weights, strict=True), reverse=True):
        part = min(weight, left)
        total += part * loss
        left -= part
        if left <= 0.0:
            break
    return total / (1.0 - level)


def solve(instance, level=0.0, weight=0.0, goal="value", pattern=None):
    """Return the optimum, or None if there is no plan.

    With a pattern (row → signed or not) the yes-or-no decisions are made already and what is left is linear.
    """
    lp = Rows()
    add_signing(lp, instance, pattern)
    money = add_operation(lp, instance, goal, pattern)
    tree = instance.tree
    leaves = [n for n in range(len(tree.parent)) if n not in set(tree.parent.tolist())]
    terms = {leaf: along(instance, money, leaf) for leaf in leaves}
    for leaf in leaves:
        lp.column_of(f"V {leaf}", -float("inf"))
        lp.keep(f"Q14 {leaf}", [(1.0, f"V {leaf}"), *((-w, c) for w, c in terms[leaf])], 0.0, 0.0)
        lp.worth(f"V {leaf}", float(tree.probability[leaf]))
    if weight > 0.0:
        lp.column_of("eta", -float("inf"))
        lp.worth("eta", -weight)
        for leaf in leaves:
            lp.column_of(f"u {leaf}")
            lp.keep(f"u {leaf}", [(1.0, f"u {leaf}"), (1.0, f"V {leaf}"), (1.0, "eta")], low=0.0)
            lp.worth(f"u {leaf}", -weight * float(tree.probability[leaf]) / (1.0 - level))
    found = lp.maximise()
    if found is None:
        return None
    value = {tree.names[leaf]: sum(w * found[c] for w, c in terms[leaf]) for leaf in leaves}
    probability = {tree.names[leaf]: float(tree.probability[leaf]) for leaf in leaves}
    objective = sum(probability[name] * value[name] for name in value)
    if weight > 0.0:
        losses = [-value[name] for name in value]
        objective -= weight * conditional_value_at_risk(losses, [probability[n] for n in value], level)
    volume = [found[f"v {c}"] for c in range(len(instance.contracts.entry))]
    return Answer(objective, volume, value, probability)


def along(instance, money, leaf):
    """Return the terms of a leaf's value: its path's money, discounted."""
    tree = instance.tree
    terms = []
    for m in range(len(tree.step_node)):
        if int(tree.step_node[m]) in tree.path(leaf):
            discount = float(instance.discount[tree.step_quarter[m]])
            terms.extend((discount * weight, column) for weight, column in money[m])
    return terms
