"""An invented book with one deal of each kind, and a run of it whose numbers are chosen by hand."""

from pathlib import Path

import numpy as np
import xarray as xr
import yaml

from offtake.book import Book
from offtake.results import STATS, VARIABLES, Simulation

QUARTERS = ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1", "2027-Q2", "2027-Q3", "2027-Q4"]
PARTIES = ["Wick", "Tallow"]

DATA = yaml.safe_load((Path(__file__).parent / "wick.yaml").read_text(encoding="utf-8"))


def lantern(facts=None, **changes):
    """Return the book, with facts if any are given."""
    return Book.from_data(DATA | ({"facts": facts} if facts else {}) | changes)


def fact(measure, stated, **more):
    """Return the plain data of a fact."""
    return {"row": "S1", "says": "so it is said", "measure": measure, "stated": stated} | more


def run(book=None, **more):
    """Return a run in which a mean is 100 times the party's place plus the quarter's place, from 1.

    Quantiles lie 1 below and 1 above the mean, in steps of a half. Burn is 10 times the year's place, from 1.
    """
    places = 100.0 * np.arange(1, 3)[:, None] + np.arange(1, 9)[None]
    spread = np.array([0.0, -1.0, -0.5, 0.0, 0.5, 1.0])[:, None, None]
    values = {
        "cash": places + spread,
        "revenue": places + spread,
        "burn": 10.0 * np.ones((2, 1)) * np.arange(1, 3)[None] + spread,
        "default": np.linspace(0.0, 0.07, 8)[None] * np.array([[1.0], [0.0]]),
        "first_profitable": np.array([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]]),
        "driver_value": np.arange(8.0)[None, None] + spread,
        "in_force": np.linspace(0.2, 1.0, len(DATA["deals"])),
        "energised": np.arange(30.0, 38.0)[None, None] + spread,
        "total_energised": np.arange(30.0, 38.0)[None] + spread[:, :, 0],
        "total_demand": np.arange(20.0, 28.0)[None] + spread[:, :, 0],
        "phase_energised": np.array([[0.0, 2.0]]) + spread[:, :, 0],
    }
    labels = {
        "stat": list(STATS), "party": PARTIES, "quarter": QUARTERS, "year": [2026, 2027],
        "year_or_never": ["2026", "2027", "never"], "driver": ["users"], "deal": list(DATA["deals"]),
        "site": ["Moor"], "phase": ["Moor/1", "Moor/2"],
    }  # fmt: skip
    arrays = {
        name: (
            VARIABLES[name].dims,
            array,
            {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].meaning},
        )
        for name, array in values.items()
    }
    known = {"paths": 1000, "seed": 0, "book": "lantern", "book_hash": (book or lantern()).hash}
    return Simulation(xr.Dataset(arrays, coords=labels), **(known | more))
