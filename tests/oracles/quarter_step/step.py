"""One quarter after the other (rule C)."""

from dataclasses import dataclass

from oracles.quarter_step.clearing import clear
from oracles.quarter_step.default import confidence, delivered_mw, end_deals, take_effect
from oracles.quarter_step.dispatch import dispatch, idle
from oracles.quarter_step.dues import all_lines
from oracles.quarter_step.lines import Line
from oracles.quarter_step.numbers import ceil_of
from oracles.quarter_step.outside import funding_drawn, outside_in, owed_outside, rank_of
from oracles.quarter_step.world import Facts, World, opening

EPS = 1e-6
WORLD = "outside"


@dataclass(frozen=True)
class LedgerLine:
    """Money due and paid in a quarter; `outside` stands for the world."""

    quarter: int
    kind: str
    deal: str
    payer: str
    receiver: str
    due: float
    paid: float


def run(book, draws, scenario=None):
    """The ledger of one future, and the state of every quarter."""
    if isinstance(scenario, str):
        book, scenario = book.with_scenario(scenario), book.scenarios[scenario]
    world = World(book, draws, scenario)
    state = opening(world)
    ledger, states = [], []
    for t in range(world.T):
        facts = prepare(world, state, t)
        ledger += settle(world, state, t, facts)
        states.append(snapshot(world, state, t, facts))
    return ledger, states


def prepare(world, state, t):
    """C1 to C7: what is delivered, used and idle in the quarter."""
    facts = Facts()
    facts.losses, lost = take_effect(world, state, t)
    facts.confidence = confidence(world, state, t, lost)
    facts.termination = end_deals(world, state, t)
    facts.delivered, released = delivered_mw(world, state, t)
    placed = dispatch(world, state, t, facts.delivered)
    facts.revenue, facts.bought, facts.unserved = placed.revenue, placed.bought, placed.unserved
    facts.served, facts.used, state.queue = placed.served, placed.used, placed.queue
    facts.metered = placed.metered
    facts.backstops, facts.redeployed, facts.stranded = idle(
        world, state, t, facts.delivered, released, facts.used
    )
    return facts


def settle(world, state, t, facts):
    """C8 to C12: what is due, funded and paid; the ledger of the quarter."""
    parties = list(world.book.parties)
    current = all_lines(world, state, t, facts)
    carried = [Line(*key, due=owed, rank=0) for key, owed in state.arrears.items() if owed > 0]
    lines = carried + current
    inward = {party: outside_in(world, state, t, party, facts) for party in parties}
    outside = {}
    for party in parties:
        outside[party, "arrears"] = (state.outside_arrears[party], 0)
        for kind, due in owed_outside(world, state, t, party, facts).items():
            outside[party, kind] = (due, rank_of(kind))
    drawn = {party: fund(world, state, t, party, facts, lines, inward, outside) for party in parties}
    means = {party: state.cash[party] + sum(inward[party].values()) + drawn[party] for party in parties}
    alpha, beta = kept_shares(world, state)
    paid, paid_out, received, _, destroyed = clear(parties, means, lines, outside, alpha, beta)

    entries = ledger_of(world, t, inward, drawn, carried, current, paid, outside, paid_out, destroyed)
    for party in parties:
        spent = sum(p for line, p in zip(lines, paid, strict=True) if line.payer == party)
        spent += sum(p for key, p in paid_out.items() if key[0] == party)
        state.cash[party] = means[party] + received[party] - spent - destroyed[party]
        state.drawn_debt[party] += drawn[party] * debt_share(world, party)
    note_deals(state, facts, carried, current, paid)
    note_arrears(world, state, lines, paid, outside, paid_out)
    return entries


def fund(world, state, t, party, facts, lines, inward, outside):
    """C10."""
    comes = sum(line.due for line in lines if line.receiver == party and not state.dead(line.payer))
    goes = sum(line.due for line in lines if line.payer == party)
    goes += sum(due for key, (due, _) in outside.items() if key[0] == party)
    minimum = world.drawn.amount(world.book.parties[party].minimum_cash, f"parties.{party}.minimum_cash")
    expected = state.cash[party] + sum(inward[party].values()) + comes - goes
    return funding_drawn(world, state, t, party, max(0.0, minimum - expected), facts.confidence)


def debt_share(world, party):
    """The share of what is drawn that is debt."""
    funding = world.book.parties[party].funding
    return (
        0.0
        if funding is None
        else world.drawn.amount(funding.debt_share, f"parties.{party}.funding.debt_share")
    )


def kept_shares(world, state):
    """Alpha and beta of each party in this quarter."""
    alpha, beta = {}, {}
    for name, party in world.book.parties.items():
        used_up = state.age_of_arrears[name] >= ceil_of(party.grace.value)
        alpha[name] = world.drawn.amount(party.cash_kept, f"parties.{name}.cash_kept") if used_up else 1.0
        beta[name] = (
            world.drawn.amount(party.receipts_kept, f"parties.{name}.receipts_kept") if used_up else 1.0
        )
    return alpha, beta


def note_deals(state, facts, carried, current, paid):
    """What payments do to prepayments, credits, loans and backstops."""
    for name, credit in facts.credit.items():
        state.credited[name] += credit
    for name, repaid in facts.repaid.items():
        state.outstanding[name] -= repaid
    for line, amount in zip(carried + current, paid, strict=True):
        if line.kind == "prepayment":
            state.prepaid[line.deal] += amount
        if line.kind == "draw":
            state.outstanding[line.deal] += amount
    for line in current:
        if line.kind == "late credit":
            state.late_given[line.deal] += line.due
        if line.kind == "backstop":
            state.backed[line.deal] += line.due


def note_arrears(world, state, lines, paid, outside, paid_out):
    """What stays unpaid, for how long, and who defaults next quarter."""
    unpaid = dict.fromkeys(world.book.parties, 0.0)
    state.arrears, state.triggered = {}, set()
    state.outside_arrears = dict.fromkeys(world.book.parties, 0.0)
    for line, amount in zip(lines, paid, strict=True):
        key = (line.deal, line.kind, line.payer, line.receiver)
        state.arrears[key] = state.arrears.get(key, 0.0) + line.due - amount
        unpaid[line.payer] += line.due - amount
    for key, (due, _) in outside.items():
        state.outside_arrears[key[0]] += due - paid_out[key]
        unpaid[key[0]] += due - paid_out[key]
    for name, party in world.book.parties.items():
        short = unpaid[name] > EPS
        state.age_of_arrears[name] = state.age_of_arrears[name] + 1 if short else 0
        if short and state.age_of_arrears[name] > ceil_of(party.grace.value):
            state.triggered.add(name)


def ledger_of(world, t, inward, drawn, carried, current, paid, outside, paid_out, destroyed):
    """The quarter's lines, zero ones left out."""
    entries = []
    for party in world.book.parties:
        debt = drawn[party] * debt_share(world, party)
        comes = {**inward[party], "funding debt": debt, "funding equity": drawn[party] - debt}
        entries += [LedgerLine(t, kind, "", WORLD, party, due, due) for kind, due in comes.items()]
        cost = destroyed[party]
        entries.append(LedgerLine(t, "default cost", "", party, WORLD, cost, cost))
    names = [f"{line.kind} arrears" for line in carried] + [line.kind for line in current]
    for line, kind, amount in zip(carried + current, names, paid, strict=True):
        entries.append(LedgerLine(t, kind, line.deal, line.payer, line.receiver, line.due, amount))
    for (party, kind), (due, _) in outside.items():
        entries.append(LedgerLine(t, kind, "", party, WORLD, due, paid_out[party, kind]))
    return [entry for entry in entries if entry.due != 0.0 or entry.paid != 0.0]


def snapshot(world, state, t, facts):
    """The state at the end of the quarter, as plain numbers."""
    book = world.book
    phases = {
        f"{site}/{phase.name or k + 1}": world.delivery.phases[site][k]
        for site, entry in book.sites.items()
        for k, phase in enumerate(entry.phases)
    }
    return {
        "cash": dict(state.cash),
        "drawn_debt": dict(state.drawn_debt),
        "outside_arrears": dict(state.outside_arrears),
        "arrears": {(key[0], key[1]): owed for key, owed in state.arrears.items()},
        "age_of_arrears": dict(state.age_of_arrears),
        "age_of_default": dict(state.age_of_default),
        "confidence": facts.confidence,
        "losses": facts.losses,
        "delivered": facts.delivered,
        "owed": {name: world.delivery.owed(name, t) for name in world.delivery.pieces},
        "used": {key: mw for key, mw in facts.used.items() if isinstance(key, str)},
        "used_own": {key[0]: mw for key, mw in facts.used.items() if isinstance(key, tuple)},
        "served": facts.served,
        "unserved": facts.unserved,
        "stranded": facts.stranded,
        "redeployed": facts.redeployed,
        "outstanding": dict(state.outstanding),
        "prepaid": dict(state.prepaid),
        "credited": dict(state.credited),
        "energised": {site: world.delivery.on(site, t) for site in book.sites},
        "phase_energised": {name: phase.energised for name, phase in phases.items()},
        "critical": {name: set(phase.critical) for name, phase in phases.items()},
        "in_force": dict(world.drawn.in_force),
        "drivers": {name: values[t] for name, values in world.drawn.X.items()},
    }
