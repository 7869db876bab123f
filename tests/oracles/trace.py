"""Slow, obvious counterparts of `offtake.trace`: money followed coin by coin, and cycles one by one."""

import networkx as nx
import numpy as np
from scipy.optimize import linprog

LEFT = 1e-16


def graph(arcs):
    """Return the network of {(payer, receiver): amount}."""
    network = nx.DiGraph()
    network.add_weighted_edges_from((i, j, amount) for (i, j), amount in arcs.items())
    return network


def every_cycle(arcs, longest=None):
    """Return {parties from the lowest on: smallest amount} of every elementary cycle."""
    found = {}
    for cycle in nx.simple_cycles(graph(arcs), length_bound=longest):
        first = cycle.index(min(cycle))
        turned = (*cycle[first:], *cycle[:first])
        steps = zip(turned, (*turned[1:], turned[0]), strict=True)
        found[turned] = min(arcs[step] for step in steps)
    return found


def most_circulating(arcs):
    """Return the largest sum that goes round, as the best mix of all elementary cycles."""
    cycles = list(every_cycle(arcs))
    if not cycles:
        return 0.0
    pairs = list(arcs)
    uses = np.zeros((len(pairs), len(cycles)))
    for column, cycle in enumerate(cycles):
        for step in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            uses[pairs.index(step), column] = 1.0
    limits = [arcs[pair] for pair in pairs]
    return -float(linprog(-uses.sum(axis=0), A_ub=uses, b_ub=limits, method="highs").fun)


def purses(arcs, into, sources, spent):
    """Return {party: (what entered, cash drawn down)}."""
    found = {}
    for each in range(len(spent)):
        entered = sum(into.get(each, {}).values()) + sum(kind[each] for kind in sources.values())
        paid = sum(amount for (payer, _), amount in arcs.items() if payer == each) + spent[each]
        found[each] = (entered, max(0.0, paid - entered))
    return found


def origins_of(party, arcs, sources, spent):
    """Return {origin: share} of a party's receipts by following them back until nothing is left.

    Origins are the kinds of `sources`, ("purse", other) for cash that another drew down, and "own". What
    goes round for ever without a source is given to "own" if it is in the party's own circle, else to "loop".
    """
    into = {}
    for (payer, receiver), amount in arcs.items():
        into.setdefault(receiver, {})[payer] = amount
    received = sum(into.get(party, {}).values())
    if received == 0:
        return {}
    purse = purses(arcs, into, sources, spent)
    found = {}
    walking = {payer: amount / received for payer, amount in into[party].items()}
    for _ in range(20_000):
        if not walking or sum(walking.values()) < LEFT:
            break
        following = {}
        for at, part in walking.items():
            if at == party:
                found["own"] = found.get("own", 0.0) + part
                continue
            entered, drawn = purse[at]
            whole = entered + drawn
            for kind, money in sources.items():
                found[kind] = found.get(kind, 0.0) + part * money[at] / whole
            found["purse", at] = found.get(("purse", at), 0.0) + part * drawn / whole
            for payer, amount in into.get(at, {}).items():
                following[payer] = following.get(payer, 0.0) + part * amount / whole
        walking = following
    rest = sum(walking.values())
    if rest > LEFT:
        found["loop"] = rest
    return found
