"""Defaults that take effect, confidence, and which deals go on (rules C1 to C4)."""

import math

from oracles.quarter_step.delivery import CAPACITY
from oracles.quarter_step.numbers import NEVER, ceil_of
from oracles.quarter_step.outside import scheduled_debt
from oracles.quarter_step.phases import clause_of


def take_effect(world, state, t):
    """Let defaults take effect; return losses by holder and all that is lost (C1)."""
    book, drawn = world.book, world.drawn
    fresh = []
    for party in book.parties:
        if state.dead(party):
            state.age_of_default[party] += 1
        elif party in state.triggered or drawn.fails_at[party] == t:
            state.age_of_default[party] = 0
            fresh.append(party)
    losses, lost = dict.fromkeys(book.parties, 0.0), 0.0
    for party in fresh:
        share = drawn.amount(book.parties[party].loss_on_default, f"parties.{party}.loss_on_default")
        for holder, claim in claims(book, state, party):
            losses[holder] += share * claim
            lost += share * claim
        debt, _, _ = scheduled_debt(world, party, t)
        lost += share * (state.outside_arrears[party] + debt + state.drawn_debt[party])
    for party in fresh:
        state.outside_arrears[party] = 0.0
        state.arrears = {key: owed for key, owed in state.arrears.items() if key[2] != party}
        for name, deal in book.deals.items():
            if deal.kind == "loan" and deal.borrower == party:
                state.outstanding[name] = 0.0
            if deal.kind in CAPACITY and deal.creditor == party:
                state.prepaid[name] = state.credited[name] = 0.0
    return losses, lost


def claims(book, state, party):
    """(holder, claim) of everything that parties of the book hold against one."""
    found = [(key[3], owed) for key, owed in state.arrears.items() if key[2] == party]
    for name, deal in book.deals.items():
        if deal.kind == "loan" and deal.borrower == party:
            found.append((deal.lender, state.outstanding[name]))
        if deal.kind in CAPACITY and deal.creditor == party:
            found.append((deal.debtor, state.prepaid[name] - state.credited[name]))
    return found


def confidence(world, state, t, lost):
    """Heal, fall, and return the confidence of the quarter (C2)."""
    contagion, amount = world.book.contagion, world.drawn.amount
    half_life = amount(contagion.half_life, "contagion.half_life")
    kept = 2.0 ** (-1.0 / half_life) if half_life > 0 else 0.0
    fall = (
        amount(contagion.sensitivity, "contagion.sensitivity")
        * lost
        / amount(contagion.scale, "contagion.scale")
    )
    state.healed = (1.0 - (1.0 - state.healed) * kept) * math.exp(-fall)
    return world.drawn.confidence[t] * state.healed


def end_deals(world, state, t):
    """End deals of dead debtors and those that are terminated; return termination fees (C3)."""
    fees = {}
    for name, deal in world.book.deals.items():
        terms = clause_of(deal, "default_terms")
        if state.dead(deal.debtor) and (terms is None or terms.buyer_default == "ends"):
            state.ended.add(name)
        right = clause_of(deal, "termination")
        if right is None or name in state.ended or state.dead(deal.buyer) or state.dead(deal.seller):
            continue
        delivery, price = world.delivery, world.delivery.prices[name]
        fee = delivery.clause_amount(name, "termination", "fee")
        may = t >= world.drawn.index(right.from_, 0.0) and delivery.scheduled(name, t) > 0
        if world.drawn.spot_driver is None or not may or world.spot[t] >= (1.0 - fee) * price.both(t):
            continue
        left = sum(
            piece.mw * max(0.0, piece.end - max(t, piece.start))
            for piece in delivery.pieces[name]
            if piece.end < NEVER and piece.start < NEVER
        )
        fees[name] = fee * price.both(t) * world.drawn.g[name] * left
        state.ended.add(name)
    return fees


def delivered_mw(world, state, t):
    """MW delivered by each capacity deal, and MW released by seller (C4, E12)."""
    delivered, released = {}, {"free": {}, "stuck": {}}
    for name, deal in world.book.deals.items():
        if deal.kind not in CAPACITY:
            continue
        scheduled = world.delivery.scheduled(name, t)
        if name in state.ended or state.dead(deal.debtor):
            delivered[name] = 0.0
            if deal.kind == "compute" and not state.dead(deal.seller):
                where = released["free" if name in state.ended else "stuck"]
                where[deal.seller] = where.get(deal.seller, 0.0) + scheduled
        elif deal.kind == "compute" and state.dead(deal.seller):
            delivered[name] = stepped_in(world, state, t, name, deal, scheduled)
        else:
            delivered[name] = scheduled
    return delivered, released


def stepped_in(world, state, t, name, deal, scheduled):
    """What comes back after a seller's default."""
    terms = clause_of(deal, "default_terms")
    age = state.age_of_default[deal.seller]
    outage = ceil_of(terms.outage.value) if terms is not None else 2
    if age < outage:
        return 0.0
    share = world.delivery.clause_amount(name, "default_terms", "step_in", 0.5)
    before = world.delivery.scheduled(name, max(0, t - age - 1))
    return share * min(scheduled, before)
