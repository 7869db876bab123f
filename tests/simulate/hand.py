"""Small books for cases that are computed by hand, and a way to ask for what happened in them."""

import pytest

from offtake.book import Book
from simulate.runners import runners

WORLD = "outside"

every_runner = pytest.mark.parametrize("run", runners().values(), ids=list(runners()))


def quarter(index):
    """The name of a quarter, counted from the opening in 2026-Q1."""
    return f"{2026 + index // 4}-Q{index % 4 + 1}"


def book(quarters, **sections):
    """A book of so many quarters."""
    data = {"book": "hand", "calendar": {"from": quarter(0), "to": quarter(quarters - 1)}, **sections}
    return Book.from_data(data)


def compute(seller="Tide", buyer="Lark", *, clauses, **header):
    """A compute deal with a price of 2 M USD/MW/quarter unless its clauses give one."""
    return {
        "kind": "compute",
        "seller": seller,
        "buyer": buyer,
        **header,
        "clauses": {"price": "8 MUSD/MW/year", **clauses},
    }


def workload(demand="100 MW", **terms):
    """A workload of Lark that wants all it can get and earns nothing, unless told."""
    return {"buyer": "Lark", "demand": demand, **terms}


def parties(**cash):
    """Parties by name with their cash in M USD, or with all their terms."""
    return {
        name: {"cash": f"{given} M USD"} if isinstance(given, int | float) else given
        for name, given in cash.items()
    }


class Outcome:
    """One future, to be asked."""

    def __init__(self, run, a_book, draws=None, scenario=None):
        self.ledger, self.states = run(a_book, draws or {}, scenario)

    def due(self, kind, deal="", party=None):
        """What was due of a kind in each quarter, for a deal or (with the world) a party."""
        return self._sums("due", kind, deal, party)

    def paid(self, kind, deal="", party=None):
        """What was paid of a kind in each quarter."""
        return self._sums("paid", kind, deal, party)

    def state(self, what, *names):
        """A state in each quarter."""
        found = []
        for each in self.states:
            value = each[what]
            for name in names:
                value = value.get(name, 0.0)
            found.append(value)
        return found

    def _sums(self, field, kind, deal, party):
        return [
            sum(
                getattr(line, field)
                for line in self.ledger
                if line.quarter == t
                and line.kind == kind
                and line.deal == deal
                and (deal or (party in {line.payer, line.receiver} and WORLD in {line.payer, line.receiver}))
            )
            for t in range(len(self.states))
        ]


def near(expected):
    """The numbers to 1e-9."""
    return pytest.approx(expected, rel=1e-9, abs=1e-9)
