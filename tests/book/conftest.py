"""A small invented book that many tests change."""

from typing import Any

import pytest

from offtake.book import Book


@pytest.fixture
def data() -> dict[str, Any]:
    """Plain data of a book with most kinds of entry."""
    return {
        "book": "two firms",
        "calendar": {"from": "2026-Q1", "to": "2028-Q4"},
        "parties": {
            "Lark Labs": {
                "cash": {"value": "900 M USD", "sources": ["F1"]},
                "funding": {"limit": {"path": {"2026-Q1": "200 M USD/quarter"}}},
            },
            "Northgate": {"cash": "6 B USD", "debt": "9 B USD at 5.5 %"},
            "C3.example": {"role": "vendor"},
        },
        "chips": {"Q1": {"vendor": "C3.example", "power": "1.4 kW"}},
        "sites": {
            "Mere": {
                "owner": "Northgate",
                "chip": "Q1",
                "phases": [
                    {"mw": "60 MW", "online": "2026-Q1"},
                    {
                        "mw": "40 MW",
                        "gates": {
                            "power": {"uniform": [2, 4], "unit": "quarters", "cause": "grid"},
                            "chips": {"after": "power", "duration": "3 months"},
                        },
                    },
                ],
            }
        },
        "workloads": {
            "assistant": {
                "buyer": "Lark Labs",
                "demand": "users",
                "yield": "9 MUSD/MW/year",
                "critical": "70 %",
            }
        },
        "drivers": {
            "users": {
                "logistic": {"now": "35 MW", "ceiling": "180 MW", "growth": "70 %/year"},
                "noise": "18 %/year",
            },
            "spot": {"constant": "2.3 USD/GPU-hour"},
        },
        "correlations": {"users ~ spot": 0.4},
        "deals": {
            "base": {
                "kind": "compute",
                "seller": "Northgate",
                "buyer": "Lark Labs",
                "sites": "Mere",
                "clauses": {
                    "ramp": {"2026-Q1": "25 MW", "2026-Q4": "60 MW"},
                    "price": {"usage": "11 MUSD/MW/year", "escalator": "2 %"},
                    "take_or_pay": "80 %",
                    "api": {"kind": "exclusivity", "workloads": "assistant", "until": "2027-Q4"},
                },
            },
            "more": {
                "kind": "compute",
                "seller": "Northgate",
                "buyer": "Lark Labs",
                "firmness": "intended",
                "likelihood": "60 %",
                "clauses": {"ramp": {"2027-Q1": "20 MW"}, "price": "10 MUSD/MW/year"},
            },
        },
        "rights": {"parity": {"kind": "most_favoured", "holder": "Lark Labs", "grantor": "Northgate"}},
        "scenarios": {
            "demand stalls": {"set": {"drivers.users.growth": "10 %/year"}},
            "stalls later": {"set": {"drivers.users.growth": "10 %/year"}, "from": "2027-Q1"},
            "poor": {"set": {"parties.Lark Labs.cash": "100 M USD", "causes.grid": "+9 months"}},
            "no more": {"without": ["more"]},
        },
        "sources": {"F1": {"title": "Annual report"}},
    }


@pytest.fixture
def book(data: dict[str, Any]) -> Book:
    """The book of these data."""
    return Book.from_data(data)
