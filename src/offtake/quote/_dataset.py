"""The numbers of a quote as one labelled dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.quote._outcome import loss_if_gone
from offtake.results import STATS

if TYPE_CHECKING:
    import xarray as xr

    from offtake.quote._grid import Axes
    from offtake.quote._ground import Ground
    from offtake.quote._loan import Cover
    from offtake.quote._outcome import Outcome
    from offtake.quote._worth import Worth

__all__ = ["PAIRINGS", "VARIABLES", "dataset_of"]

Array = Any
PAIRINGS: Final = ("joint", "independent")
"""Whether buyers stay in their own markets, or are put into those of other futures."""

_PRICE, _MONEY, _SHARE = "M USD/MW/quarter", "M USD", "share of futures"
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_OFFERS: Final = 161

VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "price": (
        ("term", "prepayment", "take_or_pay", "termination"),
        _PRICE,
        "lowest price that does what is demanded; infinite where there is none",
    ),
    "payback_chance": (("pairing", "offer"), _SHARE, "in which the machines pay back at a price"),
    "value": (("stat", "offer"), _MONEY, "present value to the provider at a price"),
    "paid_back": (("quarter",), _SHARE, "in which the money is back for good by the quarter's end"),
    "cash": (("stat", "quarter"), _MONEY, "from the request, not discounted"),
    "loss_if_gone": (
        ("stat", "quarter"), _MONEY, "present value never earned back if the buyer is gone from then on"
    ),
    "stranded": (("stat", "quarter"), "MW", "of the request that nobody takes"),
    "buyer_gone": (("quarter",), _SHARE, "in which the buyer has failed or left before the deal's end"),
    "cover": (("stat", "quarter"), "1", "debt service cover over the four quarters to the quarter"),
}  # fmt: skip
"""Dims, unit and meaning of every variable."""


def dataset_of(
    base: Ground,
    axes: Axes,
    prices: Array,
    value: Worth,
    apart: Worth,
    price: float,
    found: Outcome,
    covered: Cover,
) -> xr.Dataset:
    """Return every variable with its labels, unit and meaning."""
    import xarray as xr

    offers = np.linspace(0.0, 2.0 * price if price > 0.0 else 1.0, _OFFERS)
    back = found.payback_quarter(base.discount)
    t = np.arange(base.quarters)[:, None]
    calendar = base.asked.model.structure.calendar
    arrays = {
        "price": prices,
        "payback_chance": np.stack([value.chance(offers), apart.chance(offers)]),
        "value": np.stack([_stats(value.at(float(offer))) for offer in offers], axis=1),
        "paid_back": (back <= t + 1).mean(axis=1),
        "cash": _stats(found.cash),
        "loss_if_gone": _stats(loss_if_gone(base, base.terms, price)),
        "stranded": _stats(found.stranded),
        "buyer_gone": (found.gone & (found.leaves <= t)).mean(axis=1),
        "cover": _stats_of_some(covered.ratio),
    }
    coords = {
        "stat": list(STATS),
        "quarter": [str(quarter) for quarter in calendar],
        "pairing": list(PAIRINGS),
        "offer": offers,
        "term": list(axes.term),
        "prepayment": list(axes.prepayment),
        "take_or_pay": list(axes.take_or_pay),
        "termination": ["none" if fee is None else f"{100 * fee:g} %" for fee in axes.termination],
    }
    dataset = xr.Dataset(
        {
            name: (dims, arrays[name], {"units": unit, "long_name": meaning})
            for name, (dims, unit, meaning) in VARIABLES.items()
        },
        coords=coords,
        attrs={"opening": str(calendar.first)},
    )
    dataset["term"].attrs = {"units": "quarter", "long_name": "term of each tranche"}
    dataset["offer"].attrs = {"units": _PRICE, "long_name": "price offered"}
    return dataset


def _stats(values: Array) -> Array:
    """Return mean and quantiles over futures, the last axis."""
    spread = np.quantile(values, _QUANTILES, axis=-1)
    return np.concatenate([values.mean(axis=-1)[None], spread]) + 0.0


def _stats_of_some(values: Array) -> Array:
    """Return mean and quantiles over the futures that have a value; NaN where none has."""
    found = np.full((len(STATS), len(values)), np.nan)
    for n, row in enumerate(values):
        some = row[np.isfinite(row)]
        if len(some):
            found[:, n] = _stats(some)
    return found
