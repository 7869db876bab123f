"""A most probable failure and sensitivities of the invented book without an engine: plausible numbers."""

import numpy as np

from offtake.brief._probes import Failure, Probes
from offtake.stress import (
    Course,
    DefaultProbability,
    Move,
    Outcome,
    ReverseStress,
    Sensitivities,
    Sensitivity,
)

NAN = float("nan")


def pretend_failure(book, party="Lantern AI", by="2028-Q4"):
    """Return a move in which a driver falls, a figure moves and a deal comes about, with its probability."""
    quarters = len(book.calendar)
    median = tuple(900.0 * 1.04**k for k in range(quarters))
    fallen = tuple(value * (1.0 - 0.012 * k) for k, value in enumerate(median))
    flat = (1.0,) * quarters
    moves = (
        Move("users", "driver", 0.6, 900.0, 1300.0, "users 31 % below its median by 2028-Q3"),
        Move("deals.harrow-more", "deal", 0.3, 1.0, 0.0, "harrow-more comes about"),
        Move("parties.Lantern AI.cash", "scalar", 0.1, 800.0, 1000.0, ""),
        Move("confidence", "driver", 0.0, 1.0, 1.0, ""),
    )
    found = ReverseStress(
        party=party,
        by=by,
        fails_in="2028-Q3",
        beta=2.1,
        probability=0.012,
        per_year=0.004,
        moves=moves,
        courses={"users": Course(fallen, median), "confidence": Course(flat, flat)},
        normals={},
        points=np.zeros((1, 2)),
        labels=("driver/users/0", "driver/users/1"),
        starts=(2.1,),
        stationary=True,
        blur=120.0,
        blurred_beta=2.15,
        slack=6_000.0,
        seen=0.02,
        settings={"paths": 64, "seed": 0, "radius": 6.0, "scenario": None},
    )
    given = {"paths": 128, "seed": 1, "nominal": 0.2, "scenario": None}
    short = DefaultProbability(party, by, 0.014, 0.001, 300.0, 1.0, 0.01, 8.5, 1, {**given, "outside": False})
    every = DefaultProbability(party, by, 0.05, 0.004, 400.0, 1.0, 0.01, 1.1, 1, {**given, "outside": True})
    return Failure(found, short, every)


def pretend_slopes():
    """Return sensitivities of which one acts through a threshold alone and one in part."""
    top = (
        _one("drivers.users.logistic.now", 900.0, 90.0, -60.0, "MW", "no", 0.0),
        _one(
            "deals.meridian-base.clauses.price.usage", 2.75, 0.275, 9_000.0, "M USD/MW/quarter", "partly", 0.2
        ),
        _one("deals.harrow-more.likelihood", 0.4, 0.04, 0.0, "1", "only", 0.12, 30_000.0),
        _one("parties.Lantern AI.costs", 400.0, 40.0, 12.0, "M USD/quarter", "not compared", NAN),
    )
    return Sensitivities(
        outcome=Outcome("cumulative_burn", "Lantern AI", "2029"),
        unit="M USD",
        value=52_000.0,
        top=top,
        derivatives={one.label: one.derivative for one in top} | {"parties.Prism Labs.hazard": 0.0},
        thresholds={"deals.harrow-more.likelihood": 1_200.0, "parties.Prism Labs.hazard": 40.0},
        not_seen=(),
        paths=64,
        seed=0,
        smooth=0.0,
    )


def _one(label, value, span, slope, unit, through, flipped, difference=None):
    moved = slope if difference is None else difference
    return Sensitivity(
        label, unit, value, slope, NAN, span, slope * span, NAN, moved, flipped, bends=False, through=through
    )


def pretend_probes(book):
    """Return both, as a page takes them."""
    return Probes(pretend_failure(book), pretend_slopes())
