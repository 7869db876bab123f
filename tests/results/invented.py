"""A simulation of invented firms with plausible numbers, made from drawn futures without an engine."""

import numpy as np
import xarray as xr

from offtake.results import STATS, VARIABLES, Simulation
from offtake.results.quantiles import Quantiles

DRAWN = 400


def quarters_from(first, count):
    """Return `count` labels such as 2026-Q1 from a first one on."""
    year, number = int(first[:4]), int(first[-1])
    return [f"{year + (number - 1 + k) // 4}-Q{(number - 1 + k) % 4 + 1}" for k in range(count)]


def years_of(quarters):
    """Return the calendar years that quarters touch."""
    return sorted({int(label[:4]) for label in quarters})


class Draws:
    """Futures of any variable: a curve times a random walk that is shared in part."""

    def __init__(self, seed, quarters):
        self.random = np.random.default_rng(seed)
        self.quarters = quarters
        self.common = self.random.standard_normal((DRAWN, len(quarters))).cumsum(axis=1)

    def around(self, curve, spread=0.06):
        """Return futures round a curve, wider the later the quarter."""
        own = self.random.standard_normal((DRAWN, len(self.quarters))).cumsum(axis=1)
        return np.asarray(curve) * np.exp(spread * (0.6 * self.common + 0.8 * own) / 2)


def stats(futures):
    """Return mean and quantiles over the first axis, as `simulate` reports them."""
    seen = Quantiles(futures.shape[1:])
    seen.add(futures)
    return np.concatenate([seen.mean[None], seen.quantile([0.05, 0.25, 0.5, 0.75, 0.95])])


def dataset(values, labels):
    """Return the dataset of the contract from arrays by name, leaving out what is not given."""
    variables = {
        name: (
            VARIABLES[name].dims,
            array,
            {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].meaning},
        )
        for name, array in values.items()
    }
    return xr.Dataset(
        variables, coords={dim: list(names) for dim, names in labels.items()} | {"stat": list(STATS)}
    )


def small_run(**changes):
    """Return a run of one lab and two suppliers over two years, with a few variables."""
    quarters = quarters_from("2026-Q1", 8)
    draws = Draws(5, quarters)
    parties = ("Lark Labs", "Northgate", "Quarry Silicon")
    cash = np.stack([draws.around(np.linspace(900 + k, 2_000, 8)) for k in range(3)], axis=1)
    burn = np.stack([draws.around(np.full(8, 40.0 + k)) for k in range(3)], axis=1)
    burn = burn.reshape(DRAWN, 3, 2, 4).sum(axis=-1)
    demand = np.stack([draws.around(np.linspace(30, 90, 8)) for _ in range(2)], axis=1)
    values = {
        "cash": stats(cash),
        "burn": stats(burn),
        "demand": stats(demand),
        "total_demand": stats(demand.sum(axis=1)),
        "default": np.linspace(0, 0.2, 24).reshape(3, 8),
    }
    labels = {
        "party": parties,
        "quarter": quarters,
        "year": years_of(quarters),
        "workload": ("assistant", "training"),
    }
    settings = {
        "paths": DRAWN,
        "seed": 7,
        "settings": {"scenario": None},
        "book": "first-steps",
        "book_hash": "0123456789abcdef",
        "version": "0.0",
        "audit": {"D1": 2e-15, "D2": 1e-15},
        "citations": ("A paper on clearing, 2001", "A paper on sketches, 2019"),
    }
    return Simulation(dataset(values, labels), **settings | changes)
