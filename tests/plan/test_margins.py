"""What small changes of a book are worth to a plan."""

from __future__ import annotations

import pytest

import offtake as ot
from offtake.plan._margins import one_point_more, sooner

LATE = {
    "book": "late",
    "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
    "market": {"discount_rate": "0 %/year"},
    "parties": {"Lark": {}, "Tern": {}},
    "workloads": {"chat": {"buyer": "Lark", "demand": "10 MW", "yield": "5 MUSD/MW/quarter"}},
    "deals": {
        "hall": {
            "kind": "compute",
            "seller": "Tern",
            "buyer": "Lark",
            "firmness": "offered",
            "clauses": {
                "volume": {"to": "10 MW"},
                "ramp": {"2026-Q1": "10 MW"},
                "price": {"usage": "2 MUSD/MW/quarter"},
                "take_or_pay": "50 %",
                "term": {"until": "2026-Q4"},
                "delivery": {
                    "delay": {"triangular": [1.9999, 2, 2.0001], "unit": "quarters", "cause": "grid"}
                },
            },
        }
    },
    "policies": {"Lark": {"cash": "free", "terminal": "nothing"}},
}


def test_a_quarter_sooner_is_worth_a_quarter_of_service() -> None:
    """Ten MW two quarters late earn 3 a MW for two quarters; a quarter sooner adds 30."""
    found = ot.plan(ot.Book.from_data(LATE), scenarios=1, futures=4, margins=True)
    assert found.value == pytest.approx(60.0, abs=0.05)
    worth = {each.what: each.worth for each in found.margins}
    assert worth["every delay with a named cause a quarter shorter"] == pytest.approx(30.0, abs=0.05)
    assert worth["a point more of take-or-pay in every offer"] == pytest.approx(0.0, abs=1e-6)


def test_what_cannot_be_changed_is_left_out() -> None:
    """A book without causes has nothing to come sooner, and one without offers no share to raise."""
    plain = {**LATE, "deals": {}}
    assert sooner(ot.Book.from_data(plain)) is None
    assert one_point_more(ot.Book.from_data(plain), "Lark") is None
    raised = one_point_more(ot.Book.from_data(LATE), "Lark")
    assert raised is not None
    assert raised.deals["hall"].clauses["take_or_pay"].share.value == pytest.approx(0.51)
