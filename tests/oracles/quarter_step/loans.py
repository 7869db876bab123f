"""What a loan makes due (rule C8)."""

from oracles.quarter_step.lines import Line
from oracles.quarter_step.phases import clause_name, clause_of


def opening_balance(drawn, name, deal):
    """What is outstanding at the opening."""
    path = f"deals.{name}.clauses.{clause_name(deal, 'principal')}.outstanding"
    return drawn.g[name] * drawn.amount(clause_of(deal, "principal").outstanding, path)


def first_repayment(drawn, deal):
    """The quarter of the first repayment (E22)."""
    principal, repayment = clause_of(deal, "principal"), clause_of(deal, "repayment")
    if repayment.from_ is not None:
        return drawn.calendar.index(repayment.from_)
    if principal.outstanding.value > 0 or not principal.drawn:
        return 0
    return drawn.calendar.index(min(principal.drawn)) + 1


def principal_due(how, balance, rate, left):
    """The repayment with so many quarters left, this one included."""
    if how == "bullet":
        return balance if left == 1 else 0.0
    if how == "straight" or rate == 0:
        return balance / left
    return balance * rate / ((1.0 + rate) ** left - 1.0)


def loan_lines(world, state, t, name, deal, facts):
    """Draw, interest and principal; what O falls by is noted in the facts."""
    drawn = world.drawn
    repayment = clause_of(deal, "repayment")
    principal, label = clause_of(deal, "principal"), clause_name(deal, "principal")
    maturity = drawn.calendar.index(repayment.maturity)
    facts.repaid[name] = 0.0
    if t > maturity or state.dead(deal.borrower):
        return []
    draw = sum(
        drawn.amount(amount, f"deals.{name}.clauses.{label}.drawn.{quarter}")
        for quarter, amount in principal.drawn.items()
        if drawn.calendar.index(quarter) == t
    )
    rate = world.delivery.clause_amount(name, "interest", "rate") / 4.0
    balance = state.outstanding[name]
    repaid = 0.0
    if t >= first_repayment(drawn, deal):
        repaid = principal_due(repayment.how, balance, rate, maturity - t + 1)
    facts.repaid[name] = repaid
    return [
        Line(name, "draw", deal.lender, deal.borrower, drawn.g[name] * draw),
        Line(name, "interest", deal.borrower, deal.lender, rate * balance),
        Line(name, "principal", deal.borrower, deal.lender, repaid),
    ]
