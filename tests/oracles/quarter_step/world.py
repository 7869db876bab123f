"""What a future fixes before its first quarter, and what changes from quarter to quarter."""

from dataclasses import dataclass, field

from oracles.quarter_step.capacity import Capacity
from oracles.quarter_step.delivery import CAPACITY, Delivery
from oracles.quarter_step.drawing import Drawn
from oracles.quarter_step.dues import prepaid_pieces, to_credit
from oracles.quarter_step.loans import opening_balance
from oracles.quarter_step.numbers import floor_of
from oracles.quarter_step.phases import clause_name, clause_of


class World:
    """One future of a book: draws, delivery, orders, and every profile by quarter."""

    def __init__(self, book, draws, scenario):
        self.book, self.drawn = book, Drawn(book, draws, scenario)
        drawn = self.drawn
        self.T, self.spot = drawn.T, drawn.spot
        self.delivery = Delivery(drawn)
        self.capacity = Capacity(drawn, self.delivery)
        chip = drawn.market_chip
        loads = book.workloads.items()
        self.demand = {n: drawn.profile(w.demand, f"workloads.{n}.demand") for n, w in loads}
        self.yields = {n: drawn.profile(w.yield_, f"workloads.{n}.yield", chip) for n, w in loads}
        self.penalty = {n: drawn.price(w.penalty, f"workloads.{n}.penalty", chip) for n, w in loads}
        self.duration = {n: drawn.amount(w.duration, f"workloads.{n}.duration") for n, w in loads}
        self.opex = {
            n: drawn.price(site.opex, f"sites.{n}.opex", site.chip or chip) for n, site in book.sites.items()
        }
        self.income, self.costs, self.capital = (
            {
                n: drawn.profile(getattr(party, what), f"parties.{n}.{what}")
                for n, party in book.parties.items()
            }
            for what in ("income", "costs", "capital")
        )
        self.limit = {
            n: drawn.profile(party.funding.limit, f"parties.{n}.funding.limit")
            for n, party in book.parties.items()
            if party.funding is not None
        }
        self.fees = {
            n: drawn.profile(
                clause_of(deal, "fee").amount, f"deals.{n}.clauses.{clause_name(deal, 'fee')}.amount"
            )
            for n, deal in book.deals.items()
            if deal.kind == "licence"
        }


@dataclass
class State:
    """What one quarter hands to the next."""

    cash: dict
    drawn_debt: dict
    outside_arrears: dict
    age_of_arrears: dict
    age_of_default: dict
    queue: dict
    prepaid: dict
    credited: dict
    late_given: dict
    backed: dict
    outstanding: dict
    arrears: dict = field(default_factory=dict)
    """(deal, kind, payer, receiver) -> M USD"""
    healed: float = 1.0
    ended: set = field(default_factory=set)
    triggered: set = field(default_factory=set)

    def dead(self, party):
        """Whether a party is in default."""
        return self.age_of_default[party] >= 0


@dataclass
class Facts:
    """What the steps of one quarter find out for those that follow."""

    delivered: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    metered: dict = field(default_factory=dict)
    revenue: dict = field(default_factory=dict)
    bought: dict = field(default_factory=dict)
    unserved: dict = field(default_factory=dict)
    served: dict = field(default_factory=dict)
    backstops: dict = field(default_factory=dict)
    redeployed: dict = field(default_factory=dict)
    stranded: dict = field(default_factory=dict)
    termination: dict = field(default_factory=dict)
    credit: dict = field(default_factory=dict)
    repaid: dict = field(default_factory=dict)
    losses: dict = field(default_factory=dict)
    confidence: float = 1.0


def opening(world):
    """The state at the opening."""
    book, drawn = world.book, world.drawn
    parties = list(book.parties)
    capacity = [name for name, deal in book.deals.items() if deal.kind in CAPACITY]
    prepaid = {n: sum(a for a, due, _, _ in prepaid_pieces(world, n) if due < 0) for n in capacity}
    return State(
        cash={n: drawn.amount(book.parties[n].cash, f"parties.{n}.cash") for n in parties},
        drawn_debt=dict.fromkeys(parties, 0.0),
        outside_arrears=dict.fromkeys(parties, 0.0),
        age_of_arrears=dict.fromkeys(parties, 0),
        age_of_default=dict.fromkeys(parties, -1),
        queue={n: [0.0] * floor_of(w.defer.value) for n, w in book.workloads.items()},
        prepaid=prepaid,
        credited={n: min(to_credit(world, n, -1), prepaid[n]) for n in capacity},
        late_given=dict.fromkeys(capacity, 0.0),
        backed={n: 0.0 for n, deal in book.deals.items() if deal.kind == "backstop"},
        outstanding={n: opening_balance(drawn, n, d) for n, d in book.deals.items() if d.kind == "loan"},
    )
