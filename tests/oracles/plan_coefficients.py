"""What contracts bring a buyer in one future, in plain Python: P1, P2 and P10 of docs/plan-programme.md.

It edits the book as a person would (the buyer rich, an offer signed) and reads dates and prices from the
oracle of the quarter step.
"""

import math
from dataclasses import dataclass, field

from oracles.quarter_step.default import stepped_in
from oracles.quarter_step.dues import DAYS, prepaid_pieces, to_credit
from oracles.quarter_step.phases import clause_name, clause_of
from oracles.quarter_step.step import run
from oracles.quarter_step.world import State, World

RICH = "1000000 B USD"


@dataclass
class Flow:
    """What a deal brings in each quarter: MW as delivered, M USD."""

    delivered: list = field(default_factory=list)
    fee: list = field(default_factory=list)
    floor: list = field(default_factory=list)
    advance: list = field(default_factory=list)


def safe(book, buyer):
    """The book with a buyer that cannot fail and that neither ends nor extends deals by a rule of thumb."""
    changes = {f"parties.{buyer}.cash": RICH, f"parties.{buyer}.hazard": "0 %/year"}
    out = [
        f"deals.{name}.clauses.{key}"
        for name, deal in book.deals.items()
        if deal.kind == "compute" and deal.buyer == buyer
        for key, clause in deal.clauses.items()
        if clause.kind in ("extension", "termination")
    ]
    return book.replace(changes).without(*out)


def lives(book, buyer, draws):
    """Quarter in which each party defaults when nothing offered is signed; None for never."""
    _, states = run(safe(book, buyer), draws)
    found = {}
    for party in book.parties:
        ages = [state["age_of_default"][party] for state in states]
        found[party] = next((t for t, age in enumerate(ages) if age >= 0), None)
    return found


def flow(book, buyer, name, draws, deaths):
    """What a compute deal of the buyer brings if it is signed as the book has it."""
    deal = book.deals[name]
    offered = deal.firmness == "offered"
    signed = safe(book, buyer)
    if offered:
        signed = signed.replace({f"deals.{name}.firmness": "firm"})
    world = World(signed, draws, None)
    found, held = Flow(), _opening(world, name, offered)
    top = world.delivery.clause_amount(name, "take_or_pay", "share")
    price = world.delivery.prices[name]
    for t in range(world.T):
        age = _age(deaths[deal.seller], t)
        if age == 0:
            held["prepaid"] = held["credited"] = 0.0
        delivered = world.delivery.scheduled(name, t)
        if age >= 0:
            delivered = stepped_in(world, _aged(book, deal.seller, age), t, name, deal, delivered)
        usage, reservation = price.usage * price.factor(t), price.reservation * price.factor(t)
        most = (usage + reservation) * delivered
        credit = min(most, max(0.0, min(to_credit(world, name, t), held["prepaid"]) - held["credited"]))
        paid = late = 0.0
        if age < 0:
            paid = sum(each for each, due, _, _ in prepaid_pieces(world, name) if _due(due, offered) == t)
            late = _late(world, held, name, t)
        held["prepaid"] += paid
        held["credited"] += credit
        found.delivered.append(delivered)
        found.floor.append(top * delivered)
        found.fee.append(reservation * delivered + usage * top * delivered - credit + paid - late)
        found.advance.append(max(0.0, held["prepaid"] - held["credited"]))
    return found


def end(book, buyer, name, draws):
    """When the last part of a deal that begins ends; infinite if nothing ends it, 0 if none does (P12)."""
    signed = safe(book, buyer)
    if book.deals[name].firmness == "offered":
        signed = signed.replace({f"deals.{name}.firmness": "firm"})
    pieces = World(signed, draws, None).delivery.pieces[name]
    return max([0.0, *(piece.end for piece in pieces if piece.start < math.inf)])


def tail(book, until):
    """How many times the last year's margins go on to an end (P12)."""
    quarters, rate = len(book.calendar), book.market.discount_rate.value
    worth = [(1.0 + rate) ** (-t / 4) for t in range(max(quarters, math.ceil(until)))]
    beyond = sum(min(1.0, until - t) * worth[t] for t in range(quarters, math.ceil(until)))
    return beyond / sum(worth[max(0, quarters - 4) : quarters])


def _opening(world, name, offered):
    """What was prepaid and credited before the opening: for what is signed now, nothing."""
    prepaid = 0.0 if offered else sum(each for each, due, _, _ in prepaid_pieces(world, name) if due < 0)
    return {"prepaid": prepaid, "credited": min(to_credit(world, name, -1), prepaid), "late": 0.0}


def _due(quarter, offered):
    """What would have been due before it was signed is due when it is."""
    return max(quarter, 0) if offered else quarter


def _age(death, t):
    return -1 if death is None or t < death else t - death


def _aged(book, seller, age):
    """A state in which only one party has died, of which only the age is read."""
    ages = dict.fromkeys(book.parties, -1) | {seller: age}
    return State({}, {}, {}, {}, ages, {}, {}, {}, {}, {}, {})


def _late(world, held, name, t):
    """C8's late credit, within its cap."""
    deal, delivery = world.book.deals[name], world.delivery
    if clause_of(deal, "late_credit") is None:
        return 0.0
    price = delivery.prices[name]
    cap = delivery.clause_amount(name, "late_credit", "cap")
    per_day = delivery.clause_amount(name, "late_credit", "per_day")
    value = (price.usage + price.reservation) * price.mw_quarters
    most = cap * value * world.drawn.g[name] if cap > 0 else 0.0
    owed = per_day * DAYS * price.both(t) * delivery.late(name, t)
    given = max(0.0, min(owed, most - held["late"]))
    held["late"] += given
    return given


def share_owed(world, buyer, workload, t, deaths):
    """The share of a workload's revenue that a buyer owes to living others (Q5)."""
    total = 0.0
    for name, deal in world.book.deals.items():
        if deal.kind != "revenue_share" or deal.payer != buyer:
            continue
        clause = clause_of(deal, "revenue_share")
        listed = not clause.workloads or workload in clause.workloads
        runs = world.drawn.index(clause.from_, float("-inf")) <= t < world.drawn.end_of(clause.until)
        if listed and runs and _age(deaths[deal.recipient], t) < 0:
            label = clause_name(deal, "revenue_share")
            share = world.drawn.amount(clause.share, f"deals.{name}.clauses.{label}.share")
            total += share * world.drawn.g[name]
    return total
