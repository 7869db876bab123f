"""What falls due between parties in a quarter (rule C8): a list of lines for each kind of deal."""

import math

from oracles.quarter_step.goods import chips_without_deal, equity_lines, supply_lines
from oracles.quarter_step.lines import Line
from oracles.quarter_step.loans import loan_lines
from oracles.quarter_step.numbers import NEVER, ceil_of
from oracles.quarter_step.phases import clause_of, clip
from oracles.quarter_step.services import backstop_lines, licence_lines, power_lines, revenue_share_lines

RANKS = {"senior": 1, "ordinary": 2, "subordinated": 3}
STILL_PAID = {
    ("lease", "fee"),
    ("loan", "interest"),
    ("loan", "principal"),
    ("compute", "fee"),
    ("supply", "chips"),
}
DAYS = 91.25


def all_lines(world, state, t, facts):
    """Every line of the quarter that is due between living parties, or still paid to a dead one."""
    lines = []
    for name, deal in world.book.deals.items():
        found = LINES[deal.kind](world, state, t, name, deal, facts)
        rank = clause_of(deal, "rank")
        for line in found:
            line.rank = RANKS[rank.seniority] if rank is not None else 2
            ended = name in state.ended and line.kind != "termination fee"
            pays_dead = state.dead(line.receiver) and (deal.kind, line.kind) not in STILL_PAID
            if not (ended or state.dead(line.payer) or pays_dead):
                lines.append(line)
    lines += [line for line in chips_without_deal(world, t) if not state.dead(line.payer)]
    return [line for line in lines if line.due > 0]


def prepaid_pieces(world, name):
    """(A, quarter due, first and last time of crediting) of each piece."""
    deal, delivery = world.book.deals[name], world.delivery
    if clause_of(deal, "prepayment") is None:
        return []
    share = delivery.clause_amount(name, "prepayment", "share")
    lead = ceil_of(clause_of(deal, "prepayment").lead.value)
    wait = delivery.clause_amount(name, "prepayment", "credited_from")
    price = delivery.prices[name].usage + delivery.prices[name].reservation
    found = []
    for piece in delivery.pieces[name]:
        term = max(0.0, piece.nominal_end - piece.target)
        amount = share * price * piece.mw * term * world.drawn.g[name]
        due = math.floor(piece.target) - lead
        found.append((amount, due, piece.start + wait, piece.start + term))
    return found


def to_credit(world, name, t):
    """R(t): what may have been credited by the end of t."""
    total = 0.0
    for amount, _, first, last in prepaid_pieces(world, name):
        if first == NEVER:
            continue
        passed = clip((t + 1 - first) / (last - first)) if last - first >= 1e-9 else float(t + 1 >= last)
        total += amount * passed
    return total


def capacity_lines(world, state, t, name, deal, facts):
    """Compute deals and leases: fee less credit, prepayment, late credit, termination fee."""
    delivery = world.delivery
    price, delivered = delivery.prices[name], facts.delivered[name]
    top = delivery.clause_amount(name, "take_or_pay", "share")
    if deal.kind == "lease":
        fee = price.both(t) * delivered
    else:
        used = max(facts.metered[name], top * delivered)
        fee = (price.reservation * delivered + price.usage * used) * price.factor(t)
    credit = min(fee, max(0.0, min(to_credit(world, name, t), state.prepaid[name]) - state.credited[name]))
    payer, receiver = deal.debtor, deal.creditor
    facts.credit[name] = credit
    lines = [Line(name, "fee", payer, receiver, fee - credit)]
    asked = sum(amount for amount, due, _, _ in prepaid_pieces(world, name) if due == t)
    lines.append(Line(name, "prepayment", payer, receiver, asked))
    if clause_of(deal, "late_credit") is not None:
        lines.append(Line(name, "late credit", receiver, payer, late_credit(world, state, t, name)))
    lines.append(Line(name, "termination fee", payer, receiver, facts.termination.get(name, 0.0)))
    return lines


def late_credit(world, state, t, name):
    """What the seller owes for lateness, within the cap."""
    delivery = world.delivery
    price = delivery.prices[name]
    per_day = delivery.clause_amount(name, "late_credit", "per_day")
    cap = delivery.clause_amount(name, "late_credit", "cap")
    value = (price.usage + price.reservation) * price.mw_quarters
    most = cap * value * world.drawn.g[name] if cap > 0 else 0.0
    owed = per_day * DAYS * price.both(t) * delivery.late(name, t)
    return max(0.0, min(owed, most - state.late_given[name]))


LINES = {
    "compute": capacity_lines,
    "lease": capacity_lines,
    "supply": supply_lines,
    "equity": equity_lines,
    "loan": loan_lines,
    "backstop": backstop_lines,
    "revenue_share": revenue_share_lines,
    "licence": licence_lines,
    "power": power_lines,
}
