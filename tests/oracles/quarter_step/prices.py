"""What a MW-quarter of a capacity deal costs (rule C8, E5, E6)."""

import math

from oracles.quarter_step.phases import clause_name, clause_of


class Price:
    """What a capacity deal's MW-quarter costs (C8, E5, E6)."""

    def __init__(self, delivery, name):
        drawn, deal = delivery.drawn, delivery.book.deals[name]
        clause, label = clause_of(deal, "price"), clause_name(deal, "price")
        path = f"deals.{name}.clauses.{label}"
        chip = drawn.chip_of_deal(name)
        steps = delivery.increments(name)
        length, until = delivery.term[name]
        self.mw_quarters = sum(mw * max(0.0, min(target + length, until) - target) for target, mw in steps)
        self.first_target = steps[0][0] if steps else 0.0
        self.reservation = drawn.price(clause.reservation, f"{path}.reservation", chip)
        self.usage = drawn.price(clause.usage, f"{path}.usage", chip)
        if clause.total is not None and self.mw_quarters > 0:
            total = drawn.amount(clause.total, f"{path}.total")
            self.usage = (total - self.reservation * self.mw_quarters) / self.mw_quarters
        self.step = 1.0 + drawn.amount(clause.escalator, f"{path}.escalator")
        self.index = drawn.X[clause.index] if clause.index is not None else [1.0] * drawn.T

    def factor(self, t):
        """Escalator and index in quarter t."""
        years = math.floor(max(0.0, t - self.first_target) / 4)
        return self.step**years * self.index[t] / self.index[0]

    def both(self, t):
        """Usage and reservation price in quarter t."""
        return (self.usage + self.reservation) * self.factor(t)
