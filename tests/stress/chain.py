"""A book in which one failure reaches each of four parties by one channel, computed by hand."""

import numpy as np

from offtake.drivers import standard_normals
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.stress._course import Course, program
from simulate.hand import book, compute, parties, quarter, workload


def licence(payer, receiver, amount):
    """A fee in each quarter of the calendar that it names, in M USD."""
    path = {quarter(index): f"{each} M USD/quarter" for index, each in enumerate(amount)}
    return {
        "kind": "licence",
        "licensor": receiver,
        "licensee": payer,
        "clauses": {"fee": {"path": path}},
    }


def stake(investor, issuer, payments):
    """Money put in by quarter, in M USD."""
    dated = {quarter(index): f"{each} M USD" for index, each in payments.items()}
    return {"kind": "equity", "investor": investor, "issuer": issuer, "clauses": {"payments": dated}}


def chain(**changes):
    """Tide sells to Lark, owes Bank, puts money into Seed; Peer pays Tail with money that it borrows.

    Tide's failure in the second of four quarters costs Lark the margin on 10 MW (supply), Bank its loan and
    interest (contract), Seed a payment (funding), and Tail what the frightened lenders of Peer no longer
    lend (confidence). Both owes Last 30 and is paid 20 by Tide twice over, under a licence and as equity:
    it stands while one of the two comes.
    """
    ramp = {"ramp": {quarter(0): "10 MW"}, "take_or_pay": "100 %"}
    deals = {
        "order": compute(clauses={**ramp, "default_terms": {"outage": "9 quarters", "step_in": "0 %"}}),
        "loan": {
            "kind": "loan",
            "lender": "Bank",
            "borrower": "Tide",
            "clauses": {
                "principal": {"outstanding": "100 M USD"},
                "interest": "8 %/year",
                "repayment": {"how": "bullet", "maturity": "2030-Q1"},
            },
        },
        "seed": stake("Tide", "Seed", {2: 50}),
        "rent": licence("Peer", "Tail", [40, 40, 40, 40]),
        "first": licence("Tide", "Both", [0, 20, 0, 0]),
        "second": stake("Tide", "Both", {1: 20}),
        "third": licence("Both", "Last", [0, 30, 0, 0]),
    }
    firms = parties(
        Tide=1000,
        Lark=1000,
        Bank=0,
        Seed=0,
        Peer={
            "cash": "0 M USD",
            "grace": "0 quarters",
            "funding": {"limit": "60 M USD/quarter", "rate": "0 %"},
        },
        Tail=0,
        Both={"cash": "10 M USD", "grace": "0 quarters"},
        Last=0,
        Hermit={"cash": "5 M USD"},
    )
    sections = {
        "parties": firms,
        "workloads": {"chat": workload("10 MW", **{"yield": "12 MUSD/MW/year"})},
        "deals": deals,
        "contagion": {"scale": "0.01 M USD", "sensitivity": "100 %", "half_life": "1 year"},
    }
    return book(4, **{**sections, **changes})


AT = quarter(1)
LOST = {
    "Lark": {"supply": 3 * (30 - 20)},
    "Bank": {"contract": 100 + 3 * 2},
    "Seed": {"funding": 50},
    "Tail": {"confidence": 120 * 2 / 3 + 40 / 3, "contract": 80 / 6, "funding": 80 / 6},
    "Both": {"contract": 20 - 10, "funding": 20 - 10},
    "Last": {"contract": 10, "funding": 10},
    "Hermit": {},
}
"""Loss by party and channel, in M USD.

Both loses 40 and saves 20 that it does not pay to Last. With confidence closed, Tail still loses 80 where
contract and funding are both open: then Both defaults, and that frightens Peer's lenders a quarter later.
"""


def course_of(book, futures=4):
    """The futures of a book, ready to run without compiling, with their model."""
    model = compile(book)
    z = standard_normals(3, 0, futures, len(model.draw_labels))
    return model, Course(program(model.structure, "numpy"), model, z, np.ones(futures))


def failing(model, party, when):
    """The quarter in which each party fails: one of them at a time, the rest never."""
    return np.where(np.array(model.names.parties) == party, float(when), np.inf)
