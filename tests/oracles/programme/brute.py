"""Every signing pattern in turn: what is left of each is a linear programme."""

from itertools import product

from oracles.programme.extensive import solve
from oracles.programme.signing import rows_with_a_yes


def patterns(instance):
    """Yield who says yes, for every way to say it that breaks no exclusion along a path."""
    rows, tree = instance.contracts, instance.tree
    yes = sorted(rows_with_a_yes(instance))
    paths = [tree.path(int(leaf)) for leaf in tree.leaves]
    for said in product((False, True), repeat=len(yes)):
        pattern = dict(zip(yes, said, strict=True))
        signed = [c for c in yes if pattern[c] and rows.once[c] >= 0]
        if all(
            len({c for c in signed if rows.once[c] == group and rows.node[c] in path}) <= 1
            for group in {int(rows.once[c]) for c in signed}
            for path in paths
        ):
            yield pattern


def best_pattern(instance, level=0.0, weight=0.0, goal="value"):
    """Return the best answer over all patterns, or None if none is possible, and how many there were."""
    best, tried = None, 0
    for pattern in patterns(instance):
        tried += 1
        answer = solve(instance, level, weight, goal, pattern)
        if answer is not None and (best is None or answer.objective > best.objective):
            best = answer
    return best, tried
