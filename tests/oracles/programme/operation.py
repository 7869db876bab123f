"""What is run at each step, and the money of it (Q2 to Q10). Every function writes one rule, step by step."""

from oracles.programme.signing import exclusive, rows_with_a_yes, standing


def add_operation(lp, instance, goal, pattern):
    """Add all that happens at the steps; return each step's money as terms, undiscounted, with tails."""
    money = []
    for m in range(len(instance.tree.step_node)):
        add_capacity(lp, instance, m)
        add_shares(lp, instance, m)
        add_usage(lp, instance, m)
        money.append([])
    for m in range(len(money)):
        add_demand(lp, instance, m)
        add_exclusivities(lp, instance, m)
        cash = earned(instance, lp, m, goal, money[m])
        cash += spent(instance, m, money[m])
        if instance.cash.limited:
            add_cash(lp, instance, m, cash, money[m])
        add_fixed(lp, instance, m, money[m], pattern)
        add_cover(lp, instance, m, money[m])
    return money


def capacity(instance, s, m):
    """Return the terms of cap_{s,m}."""
    rows = instance.contracts
    return [(float(rows.delivered[c, m]), f"v {c}") for c in range(len(rows.entry)) if rows.source[c] == s]


def minus(terms):
    """Return the terms with their signs turned."""
    return [(-weight, column) for weight, column in terms]


def lots(instance, m):
    """Return the lots of a step (source, tail, rows): a source's rows that continue alike."""
    rows, found = instance.contracts, {}
    for s in range(len(instance.sources.entry)):
        found[s, 0.0] = []
    for c in range(len(rows.entry)):
        if rows.source[c] >= 0 and (rows.delivered[c, m] != 0.0 or rows.floor[c, m] != 0.0):
            tail = 0.0 if instance.terminal == "nothing" else float(rows.tail[c, m])
            found.setdefault((int(rows.source[c]), tail), []).append(c)
    return [(s, tail, tuple(members)) for (s, tail), members in found.items()]


def ages(instance, w):
    """Return the ages that work may have when it is served."""
    return range(int(instance.workloads.defer[w]) + 1)


def add_capacity(lp, instance, m):
    """Q2: work by workload, source and age, what is rented out, within what is delivered."""
    allowed = instance.workloads.allowed(instance.sources)
    efficiency, sold = instance.sources.efficiency, []
    for k, (s, _, members) in enumerate(lots(instance, m)):
        lp.column_of(f"sold {k} {m}", 0.0, float("inf") if instance.sources.resale[s] else 0.0)
        sold.append((1.0, f"sold {k} {m}"))
        used = [(float(efficiency[s]), f"sold {k} {m}")]
        for w in range(len(instance.workloads.names)):
            for a in ages(instance, w):
                lp.column_of(f"x {w} {k} {a} {m}", 0.0, float("inf") if allowed[w, s, m] else 0.0)
                used.append((1.0, f"x {w} {k} {a} {m}"))
        brought = [(-float(instance.contracts.delivered[c, m]), f"v {c}") for c in members]
        lp.keep(f"Q2 {k} {m}", [*used, *brought], high=0.0)
    lp.keep(f"Q2 sold {m}", sold, high=float(instance.spot.sell_depth[m]))


def add_demand(lp, instance, m):
    """Q3 work waits by age, Q5 spot within its depth, Q6 service."""
    work, before = instance.workloads, int(instance.tree.step_before[m])
    last = m not in {int(b) for b in instance.tree.step_before}
    bought = []
    for w in range(len(work.names)):
        oldest = int(work.defer[w])
        lp.column_of(f"unserved {w} {m}")
        served_now, missed = [], [(-1.0, f"unserved {w} {m}")]
        for a in ages(instance, w):
            served = f"served {w} {a} {m}"
            lp.column_of(served)
            lp.column_of(f"spot {w} {a} {m}")
            lp.column_of(f"waits {w} {a} {m}")
            by = [(1.0, f"x {w} {k} {a} {m}") for k in range(len(lots(instance, m)))]
            lp.keep(f"Q3 by {w} {a} {m}", [(-1.0, served), (1.0, f"spot {w} {a} {m}"), *by], 0.0, 0.0)
            bought.append((1.0, f"spot {w} {a} {m}"))
            served_now.append((1.0, served))
            left = [(1.0, f"waits {w} {a} {m}"), (1.0, served)]
            if a == 0:
                asked = float(work.demand[w, m])
                lp.keep(f"Q3 asked {w} {m}", left, asked, asked)
            elif before < 0:
                lp.keep(f"Q3 opening {w} {a} {m}", left, 0.0, 0.0)
            else:
                lp.keep(f"Q3 older {w} {a} {m}", [*left, (-1.0, f"waits {w} {a - 1} {before}")], 0.0, 0.0)
            if a == oldest or last:
                missed.append((1.0, f"waits {w} {a} {m}"))
        lp.keep(f"Q3 unserved {w} {m}", missed, 0.0, 0.0)
        lp.keep(f"Q6 {w} {m}", served_now, low=float(work.service[w] * work.demand[w, m]))
    lp.keep(f"Q5 spot {m}", bought, high=float(instance.spot.buy_depth[m]))


def add_exclusivities(lp, instance, m):
    """Q16: what a signed row binds to itself runs nowhere else, unless the row is ended."""
    for c, w, steps in exclusive(instance):
        if steps[m]:
            for k, (s, _, _) in enumerate(lots(instance, m)):
                if instance.sources.provider[s] not in sellers(instance, c):
                    for a in ages(instance, w):
                        bar(lp, instance, c, m, f"x {w} {k} {a} {m}")


def sellers(instance, c):
    """Return who sells a row: its provider, and who matches it."""
    rows = instance.contracts
    return {
        instance.sources.provider[rows.source[each]]
        for each in range(len(rows.entry))
        if each == c or (rows.what[each] == "match" and rows.parent[each] == c)
    }


def bar(lp, instance, c, m, column):
    """Let a column be more than 0 only if a row is not signed, or ended before."""
    rows, much = instance.contracts, float(instance.workloads.demand.sum())
    ended = [
        (-much, f"y {e}")
        for e in standing(instance, m)
        if rows.what[e] == "termination" and rows.parent[e] == c
    ]
    if rows.what[c] == "given":
        lp.keep(f"Q16 {c} {column}", [(1.0, column), *ended], high=0.0)
    else:
        lp.keep(f"Q16 {c} {column}", [(1.0, column), (much, f"y {c}"), *ended], high=much)


def add_usage(lp, instance, m):
    """Q4: what is used above the floor that is paid for anyhow."""
    for k, (_, _, members) in enumerate(lots(instance, m)):
        lp.column_of(f"over {k} {m}")
        above = [(1.0, f"over {k} {m}")]
        for w in range(len(instance.workloads.names)):
            share = float(instance.workloads.duration[w])
            above += [(-share, f"x {w} {k} {a} {m}") for a in ages(instance, w)]
        above += [(float(instance.contracts.floor[c, m]), f"v {c}") for c in members]
        lp.keep(f"Q4 {k} {m}", above, low=0.0)


def add_shares(lp, instance, m):
    """Q7: what one provider, vendor or region may hold of all that is delivered."""
    limits, sources = instance.limits, instance.sources
    if instance.tree.step_quarter[m] < limits.limits_from:
        return
    for share, named in (
        (limits.provider_share, sources.provider),
        (limits.vendor_share, sources.vendor),
        (limits.region_share, sources.region),
    ):
        if share is None:
            continue
        for name in {n for n in named if n}:
            held = []
            for s in range(len(sources.entry)):
                own = 1.0 if named[s] == name else 0.0
                held += [((own - share) * weight, column) for weight, column in capacity(instance, s, m)]
            lp.keep(f"Q7 {name} {m}", held, high=0.0)


def earned(instance, lp, m, goal, money):
    """Q5: add earnings and penalties to the step's money; return what of it is cash."""
    work, cash = instance.workloads, []
    for w in range(len(work.names)):
        run = float(work.duration[w])
        cash.append((-float(work.penalty[w]) * run, f"unserved {w} {m}"))
        money.append(cash[-1])
        for a in ages(instance, w):
            kept = run * (1.0 - float(work.waiting_loss[w])) ** a
            cash.append((float(work.earns[w, m]) * kept, f"served {w} {a} {m}"))
            each = float(work.earns[w, m] + work.worth[w, m])
            if goal == "value":
                money.append((each * kept, f"served {w} {a} {m}"))
                for k, (_, tail, _) in enumerate(lots(instance, m)):
                    money.append((each * run * tail, f"x {w} {k} {a} {m}"))
    return cash


def spent(instance, m, money):
    """Fees, usage, spot and resale: add them to the step's money; return what of it is cash."""
    rows, work, spot, cash = instance.contracts, instance.workloads, instance.spot, []
    for c in range(len(rows.entry)):
        tail = 0.0 if instance.terminal == "nothing" else float(rows.tail[c, m])
        cash.append((-float(rows.fee[c, m]), f"v {c}"))
        money.append((-float(rows.fee[c, m]) * (1.0 + tail), f"v {c}"))
    for k, (s, tail, _) in enumerate(lots(instance, m)):
        price = float(instance.sources.usage[s, m])
        cash.append((-price, f"over {k} {m}"))
        money.append((-price * (1.0 + tail), f"over {k} {m}"))
        cash.append((float(spot.sell[m]), f"sold {k} {m}"))
        money.append(cash[-1])
    for w in range(len(work.names)):
        for a in ages(instance, w):
            cash.append((-float(spot.buy[m] * work.duration[w]), f"spot {w} {a} {m}"))
            money.append(cash[-1])
    return cash


def add_cash(lp, instance, m, flows, money):
    """Q10: what is in hand after the step, with what is raised and the interest on what was."""
    cash, tree = instance.cash, instance.tree
    lp.column_of(f"hand {m}", -float("inf"))
    lp.column_of(f"short {m}", 0.0, 0.0 if cash.shortfall is None else float("inf"))
    lp.keep(f"Q10 least {m}", [(1.0, f"hand {m}"), (1.0, f"short {m}")], low=cash.minimum)
    if cash.shortfall is not None:
        money.append((-cash.shortfall, f"short {m}"))
    lp.column_of(f"raised {m}", 0.0, float(cash.funding[m]))
    hand = [(1.0, f"hand {m}"), (-1.0, f"raised {m}"), *minus(flows)]
    start, before = float(cash.other[m]), int(tree.step_before[m])
    if before < 0:
        start += cash.opening
    else:
        hand.append((-1.0, f"hand {before}"))
    while before >= 0:
        hand.append((float(cash.rate[m]) * cash.debt_share, f"raised {before}"))
        before = int(tree.step_before[before])
    lp.keep(f"Q10 {m}", hand, start, start)


def add_fixed(lp, instance, m, money, pattern):
    """Q8: a cost for each provider and chip family under contract beyond what is given."""
    rows, limits, quarter = instance.contracts, instance.limits, int(instance.tree.step_quarter[m])
    yes = rows_with_a_yes(instance)
    for kind, named, cost in (
        ("provider", instance.sources.provider, limits.provider_cost),
        ("chip", instance.sources.chip, limits.chip_family_cost),
    ):
        if cost <= 0.0:
            continue
        by_name = {}
        for c in standing(instance, m):
            if rows.source[c] >= 0 and rows.contracted[c, quarter] > 0.0:
                by_name.setdefault(named[rows.source[c]], []).append(c)
        for name, members in by_name.items():
            if not name or any(rows.what[c] == "given" for c in members):
                continue
            column = f"z {kind} {name} {m}"
            lp.column_of(column, 0, 1, whole=pattern is None)
            money.append((-cost, column))
            for c in members:
                if c in yes:
                    ended = [(1.0, f"y {e}") for e in ends(instance, c, m)]
                    lp.keep(f"Q8 {column} {c}", [(1.0, column), (-1.0, f"y {c}"), *ended], low=0.0)


def ends(instance, c, m):
    """Return the terminations that, once used, leave nothing of a row under contract at a step."""
    rows, quarter = instance.contracts, int(instance.tree.step_quarter[m])
    return [
        e
        for e in standing(instance, m)
        if rows.what[e] == "termination" and rows.parent[e] == c and rows.contracted[e, quarter] != 0.0
    ]


def add_cover(lp, instance, m, money):
    """Q9: with any one provider gone, a flow serves the critical work, or something is missing."""
    limits, work, sources = instance.limits, instance.workloads, instance.sources
    if limits.cover_from is None or instance.tree.step_quarter[m] < limits.cover_from:
        return
    for p in sorted(set(sources.provider) - {instance.buyer}):
        allowed = work.allowed(sources, gone=p)
        for s in range(len(sources.entry)):
            flows = []
            for w in range(len(work.names)):
                lp.column_of(f"flow {p} {w} {s} {m}", 0.0, float("inf") if allowed[w, s, m] else 0.0)
                flows.append((1.0, f"flow {p} {w} {s} {m}"))
            if sources.provider[s] != p:
                lp.keep(f"Q9 cap {p} {s} {m}", [*flows, *minus(capacity(instance, s, m))], high=0.0)
        bind_cover(lp, instance, m, p)
        for w in range(len(work.names)):
            most = 0.0 if limits.cover_price is None else float("inf")
            lp.column_of(f"missing {p} {w} {m}", 0.0, most)
            met = [(1.0, f"flow {p} {w} {s} {m}") for s in range(len(sources.entry))]
            critical = float(work.critical[w] * work.demand[w, m])
            lp.keep(f"Q9 {p} {w} {m}", [*met, (1.0, f"missing {p} {w} {m}")], low=critical)
            money.append((-(limits.cover_price or 0.0), f"missing {p} {w} {m}"))


def bind_cover(lp, instance, m, p):
    """Q9, Q16: what signed rows of others than who is gone bind to themselves flows nowhere else."""
    provider = instance.sources.provider
    for c, w, steps in exclusive(instance):
        if steps[m] and provider[instance.contracts.source[c]] != p:
            for s in range(len(provider)):
                if provider[s] not in sellers(instance, c):
                    bar(lp, instance, c, m, f"flow {p} {w} {s} {m}")
