"""What can run the quarter step: each takes a book, the normals of one future and a scenario.

A runner returns the ledger, a list of records with quarter, kind, deal, payer, receiver, due and paid, and
the states, one mapping for each quarter, as `oracles.quarter_step.run` does.
"""

import numpy as np

from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.simulate._engine import run_block
from offtake.simulate._ledger import ledger
from oracles import quarter_step
from oracles.quarter_step import LedgerLine

QUARTER_STATES = ("served", "unserved", "stranded", "redeployed")


def run_engine(book, draws, scenario=None):
    """The ledger of one future, and the state of every quarter, by the engine."""
    model = compile(book, scenario)
    z = np.array([[draws.get(label, 0.0) for label in model.draw_labels]])
    block = run_block(np, model, z, lambda _xp, _fixed, state, flows: (state, flows))
    _, flows = block.kept
    frame = ledger(model.structure, flows, 0)
    places = {str(quarter): t for t, quarter in enumerate(model.structure.calendar)}
    lines = [
        LedgerLine(places[row.quarter], row.kind, row.deal, row.payer, row.receiver, row.due, row.paid)
        for row in frame.itertuples()
    ]
    return lines, [_snapshot(model.structure, block, t) for t in range(model.structure.quarters)]


def _snapshot(fixed, block, t):
    names, capacity, lines = fixed.names, fixed.capacity, fixed.lines
    states, flows = block.kept

    def by(labels, values):
        return dict(zip(labels, (float(value) for value in values), strict=True))

    compute = [(c, names.deals[d]) for c, d in enumerate(capacity.deal) if not capacity.is_lease[c]]
    return {
        "cash": by(names.parties, states.cash[t, 0]),
        "drawn_debt": by(names.parties, states.drawn[t, 0]),
        "confidence": float(np.broadcast_to(flows.confidence, flows.residual.shape)[t, 0]),
        "delivered": {name: float(flows.deals.delivered[t, 0, c]) for c, name in compute},
        "used": {name: float(flows.served.used_deal[t, 0, c]) for c, name in compute},
        "served": by(names.workloads, flows.served.served[t, 0]),
        "unserved": by(names.workloads, flows.served.unserved[t, 0]),
        "stranded": by(names.parties, flows.idle.stranded[t, 0]),
        "redeployed": by(names.parties, flows.idle.redeployed[t, 0]),
        "age_of_default": by(names.parties, states.default_age[t, 0]),
        "prepaid": {name: float(states.prepaid[t, 0, c]) for c, name in compute},
        "credited": {name: float(states.credited[t, 0, c]) for c, name in compute},
        "outstanding": by([names.deals[d] for d in fixed.loans.deal], states.loan[t, 0]),
        "age_of_arrears": by(names.parties, states.arrears_age[t, 0]),
        "arrears": by(zip(lines.label, lines.kind, strict=True), states.arrears[t, 0]),
        "losses": by(names.parties, flows.loss[t, 0]),
        "owed": by([names.deals[d] for d in capacity.deal], _only(flows.supply.owed[t])),
        "energised": by(names.sites, _only(flows.supply.site_on[t])),
        "phase_energised": by(names.phases, _only(block.plan.energised)),
        "in_force": by(names.deals, _only(block.future.in_force)),
        "drivers": by(names.drivers, block.future.drivers[0, t, :-1]),
    }


def _only(values):
    """The one future of an array that may be the same in all."""
    values = np.asarray(values)
    return values[0] if values.ndim > 1 else values


def runners():
    """The runners by name."""
    return {"oracle": quarter_step.run, "engine": run_engine}
