"""What is decided: volumes, yes or no, options, exclusions, and what policy says of it (Q1, Q11 to Q13)."""


def rows_with_a_yes(instance):
    """Return the rows that need a yes or no: whole, all, in a group, at a fixed cost, or exclusive."""
    rows, limits = instance.contracts, instance.limits
    found = set()
    for c in range(len(rows.entry)):
        if rows.what[c] == "given":
            continue
        costs = rows.source[c] >= 0 and (
            limits.provider_cost > 0.0
            or (limits.chip_family_cost > 0.0 and instance.sources.chip[rows.source[c]])
        )
        costs = costs and any(rows.contracted[c] > 0.0)
        if rows.whole[c] or rows.relation[c] == "all" or rows.once[c] >= 0 or costs:
            found.add(c)
        if any(c == row for row, *_ in exclusive(instance)):
            found.add(c)
    return found


def exclusive(instance):
    """Return the exclusivities that hang on decisions: row, workload, steps."""
    bonds = instance.exclusivities
    if bonds is None:
        return []
    return list(zip(bonds.row.tolist(), bonds.workload.tolist(), bonds.steps.tolist(), strict=True))


def add_signing(lp, instance, pattern):
    """Add volumes and yes or no; with a pattern these are numbers and not columns."""
    rows = instance.contracts
    yes = rows_with_a_yes(instance)
    for c in range(len(rows.entry)):
        least, most = float(rows.least[c]), float(rows.most[c])
        if rows.what[c] == "given":
            lp.column_of(f"v {c}", most, most)
            continue
        lp.column_of(f"v {c}", 0.0, most)
        if c in yes:
            said = (0, 1) if pattern is None else (int(pattern[c]), int(pattern[c]))
            lp.column_of(f"y {c}", *said, whole=pattern is None)
            lp.keep(f"Q1 most {c}", [(1.0, f"v {c}"), (-most, f"y {c}")], high=0.0)
        if rows.whole[c]:
            lp.keep(f"Q1 least {c}", [(1.0, f"v {c}"), (-least, f"y {c}")], low=0.0)
        relate(lp, instance, c)
    exclude(lp, instance)
    bound_policy(lp, instance)


def relate(lp, instance, c):
    """Q1: an option's volume follows its parent's."""
    rows = instance.contracts
    up, ratio = int(rows.parent[c]), float(rows.ratio[c])
    if rows.relation[c] == "none":
        return
    apart = [(1.0, f"v {c}"), (-ratio, f"v {up}")]
    if rows.relation[c] == "equal":
        lp.keep(f"Q1 equal {c}", apart, 0.0, 0.0)
        return
    lp.keep(f"Q1 share {c}", apart, high=0.0)
    if rows.relation[c] == "all":
        most = ratio * float(rows.most[up])
        lp.keep(f"Q1 none {c}", [(1.0, f"v {c}"), (-most, f"y {c}")], high=0.0)
        lp.keep(f"Q1 all {c}", [*apart, (-most, f"y {c}")], low=-most)


def exclude(lp, instance):
    """Q1: along every path of the tree, one row of a group at most."""
    rows, tree = instance.contracts, instance.tree
    for group in {int(g) for g in rows.once if g >= 0}:
        for leaf in tree.leaves:
            path = tree.path(int(leaf))
            rivals = [
                (1.0, f"y {c}")
                for c in range(len(rows.entry))
                if rows.once[c] == group and rows.node[c] in path and rows.what[c] != "given"
            ]
            lp.keep(f"Q1 once {group} {leaf}", rivals, high=1.0)


def standing(instance, m):
    """Return the rows that count at a step: what is given, and what nodes before it decide."""
    rows, tree = instance.contracts, instance.tree
    before = tree.path(int(tree.step_node[m]))[:-1]
    return [c for c in range(len(rows.entry)) if rows.node[c] < 0 or rows.node[c] in before]


def bound_policy(lp, instance):
    """Q11 commitment, Q12 MW under contract, Q13 prepayments outstanding."""
    rows, tree, limits = instance.contracts, instance.tree, instance.limits
    deciders = sorted({int(n) for n in rows.node if n >= 0})
    if limits.commitment is not None:
        for node in deciders:
            path = tree.path(node)
            bound = [
                (float(rows.commitment[c]), f"v {c}") for c in range(len(rows.entry)) if rows.node[c] in path
            ]
            lp.keep(f"Q11 {node}", bound, high=limits.commitment)
    for m in range(len(tree.step_node)):
        quarter = int(tree.step_quarter[m])
        under = [(float(rows.contracted[c, quarter]), f"v {c}") for c in standing(instance, m)]
        if any(rows.contracted[c, quarter] != 0.0 for c in range(len(rows.entry))):
            if limits.contracted_least is not None:
                lp.keep(f"Q12 least {m}", under, low=limits.contracted_least)
            if limits.contracted_most is not None:
                lp.keep(f"Q12 most {m}", under, high=limits.contracted_most)
        if limits.exposure is not None:
            for provider in sorted(set(instance.sources.provider)):
                paid = [
                    (float(rows.advance[c, m]), f"v {c}")
                    for c in range(len(rows.entry))
                    if rows.source[c] >= 0 and instance.sources.provider[rows.source[c]] == provider
                ]
                lp.keep(f"Q13 {provider} {m}", paid, high=limits.exposure)
