"""An invented book in which a yard's free machines can be let to a buyer who may fail."""

from offtake.book import Book

REQUEST = {
    "seller": "Ash",
    "buyer": "Reed",
    "sites": ["Yard"],
    "clauses": {
        "ramp": {"2026-Q4": "20 MW", "2027-Q3": "35 MW"},
        "term": "3 years",
        "take_or_pay": "70 %",
    },
}


def yard(**changes):
    """Return the book; dotted paths in `changes` take underscores of two for dots."""
    data = {
        "book": "yard",
        "calendar": {"from": "2026-Q1", "to": "2031-Q4"},
        "market": {"chip": "Q1", "sell_depth": "12 MW", "haircut": "30 %", "discount_rate": "8 %/year"},
        "parties": {
            "Ash": {"cash": "9 B USD", "income": "1 B USD/quarter", "exposure_limit": "400 M USD"},
            "Reed": {"cash": "900 B USD", "hazard": "12 %/year", "rating": "BB"},
            "Flint": {"cash": "1 B USD"},
        },
        "chips": {
            "Q1": {"vendor": "Flint", "power": "1.4 kW", "efficiency": 1.25, "life": "8 years",
                   "residual_value": "10 %"},
        },
        "sites": {
            "Yard": {
                "owner": "Ash",
                "chip": "Q1",
                "pue": 1.2,
                "power_price": "55 USD/MWh",
                "load_factor": "85 %",
                "opex": "0.8 MUSD/MW/year",
                "capex": {"chips": {"triangular": [20, 24, 30], "unit": "MUSD/MW"}, "rest": "6 MUSD/MW"},
                "phases": [
                    {"mw": 20, "start": "2026-Q1", "gates": {
                        "construction": {"triangular": [1, 2, 4], "unit": "quarters"},
                        "chips": {"after": "construction", "triangular": [0.2, 1, 2], "unit": "quarters"},
                    }},
                    {"mw": 15, "start": "2026-Q2", "gates": {
                        "construction": {"triangular": [2, 3, 6], "unit": "quarters"},
                        "chips": {"after": "construction", "triangular": [0.2, 1, 2], "unit": "quarters"},
                    }},
                ],
            }
        },
        "workloads": {
            "chat": {"buyer": "Reed", "demand": {"path": {"2026-Q1": "8 MW", "2030-Q4": "50 MW"}}},
        },
        "drivers": {
            "spot": {
                "mean_reverting": {"now": "9 MUSD/MW/year", "level": "6 MUSD/MW/year", "half_life": "1 year"},
                "noise": "35 %/year",
            },
        },
    }  # fmt: skip
    return Book.from_data(data).replace({k.replace("__", "."): v for k, v in changes.items()})
