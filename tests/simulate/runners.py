"""What can run the quarter step: each takes a book, the normals of one future and a scenario.

A runner returns the ledger, a list of records with quarter, kind, deal, payer, receiver, due and paid, and
the states, one mapping for each quarter, as `oracles.quarter_step.run` does.
"""

from oracles import quarter_step


def runners():
    """The runners by name."""
    return {"oracle": quarter_step.run}
