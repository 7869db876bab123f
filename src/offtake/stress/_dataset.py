"""The numbers of a stress as one labelled dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.model import CHANNELS, Model
from offtake.results import STATS
from offtake.simulate._tables import net_by_deal
from offtake.stress._channels import closings, shapley
from offtake.stress._gather import Gathered, key_of

if TYPE_CHECKING:
    import xarray as xr

    from offtake.stress._shocks import Case

__all__ = ["PARTS", "SPLIT", "VARIABLES", "dataset_of"]

Array = Any

SPLIT: Final = (*CHANNELS, "other")
"""Labels of the dim `channel`; what is `other` is in no channel of the failure."""
PARTS: Final = ("receipts", "payments", "claims", "outside")
"""Labels of the dim `part`."""

_MONEY, _SHARE, _POWER = "M USD", "share of futures", "MW"

VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "loss": (("stat", "shock", "party"), _MONEY, "wealth lost by the end of the calendar"),
    "loss_by_quarter": (("shock", "party", "quarter"), _MONEY, "mean wealth lost by the quarter's end"),
    "loss_part": (
        ("shock", "part", "party"),
        _MONEY,
        "mean loss by part: receipts from parties, payments to them (saved: negative), claims, the world",
    ),
    "loss_channel": (("shock", "channel", "party"), _MONEY, "mean loss by channel"),
    "default_channel": (("shock", "channel", "party"), _SHARE, "extra default by the end, by channel"),
    "lost_by_deal": (
        ("shock", "deal"), _MONEY, "mean net payments of the deal's debtor that no longer come"
    ),
    "base_default": (("party", "quarter"), _SHARE, "in default by the quarter's end in the base run"),
    "extra_default": (
        ("shock", "party", "quarter"), _SHARE, "in default by the quarter's end, less the base run's share"
    ),
    "falls": (
        ("shock", "party", "quarter"), _SHARE, "falls in the quarter, sooner than in the base run"
    ),
    "round": (
        ("shock", "party", "since"), _SHARE, "falls sooner than in the base run, by quarters since"
    ),
    "followers": (("shock", "number"), _SHARE, "how many parties fall sooner than in the base run"),
    "delivered_lost": (
        ("shock", "party", "quarter"), _POWER, "mean capacity no longer delivered to it, own sites included"
    ),
    "served_lost": (("shock", "workload", "quarter"), _POWER, "mean demand no longer served"),
    "unserved_added": (("shock", "workload", "quarter"), _POWER, "mean demand that goes unserved besides"),
    "confidence_fall": (("shock", "quarter"), "1", "mean fall of confidence"),
}  # fmt: skip
"""Dims, unit and meaning of every variable; those by channel are there where they were asked for."""


def dataset_of(base: Model, made: list[Case], gathered: Gathered, *, channels: bool) -> xr.Dataset:
    """Return every variable with its labels, unit and meaning.

    Parameters
    ----------
    base
        The model of the base run.
    made
        The cases.
    gathered
        Their sums.
    channels
        Whether losses are split by channel.
    """
    import xarray as xr

    names, quarters = base.names, base.structure.quarters
    arrays = _plain_means(base, gathered, len(made))
    if channels:
        split = np.stack([_split(gathered, n, np.isfinite(case.fail_at)) for n, case in enumerate(made)])
        arrays["loss_channel"], arrays["default_channel"] = split[:, :, 0], split[:, :, 1]
    coords = {
        "stat": list(STATS),
        "shock": [case.shock.name for case in made],
        "party": list(names.parties),
        "quarter": [str(quarter) for quarter in base.structure.calendar],
        "deal": list(names.deals),
        "workload": list(names.workloads),
        "since": list(range(quarters)),
        "number": list(range(len(names.parties) + 1)),
        "part": list(PARTS),
        **({"channel": list(SPLIT)} if channels else {}),
    }
    variables = {
        name: (
            VARIABLES[name][0],
            value + 0.0,
            {"units": VARIABLES[name][1], "long_name": VARIABLES[name][2]},
        )
        for name, value in arrays.items()
    }
    return xr.Dataset(variables, coords=coords)


def _plain_means(base: Model, gathered: Gathered, cases: int) -> dict[str, Array]:
    parties = len(base.names.parties)
    lost = gathered.losses
    stats = np.concatenate([lost.mean[None], lost.quantile((0.05, 0.25, 0.5, 0.75, 0.95))])
    loss = stats.reshape(len(STATS), cases, parties)
    receipts, payments, claims = gathered.mean("received"), -gathered.mean("paid"), gathered.mean("claims")
    before = np.cumsum(gathered.mean_before("default"), axis=-1)
    return {
        "loss": loss,
        "loss_by_quarter": np.swapaxes(gathered.mean("wealth_by_quarter"), 1, 2),
        "loss_part": np.stack([receipts, payments, claims, loss[0] - receipts - payments - claims], axis=1),
        "lost_by_deal": gathered.mean("lines").sum(axis=1) @ net_by_deal(base.structure),
        "base_default": before,
        "extra_default": np.cumsum(gathered.mean("default"), axis=-1) - before,
        "falls": gathered.mean("falls"),
        "round": gathered.mean("round"),
        "followers": gathered.mean("followers"),
        "delivered_lost": np.swapaxes(gathered.mean("delivered"), 1, 2),
        "served_lost": np.swapaxes(gathered.mean("served"), 1, 2),
        "unserved_added": -np.swapaxes(gathered.mean("unserved"), 1, 2),
        "confidence_fall": gathered.mean("confidence"),
    }


def _split(gathered: Gathered, case: int, failed: Array) -> Array:
    """Return losses and further defaults by channel, [5, 2, N]; they add up to the whole."""
    value = {opened: gathered.sums[case][key_of(opened)] / gathered.count for opened in closings()}
    whole = value[frozenset(range(len(CHANNELS)))]
    split = np.stack([*shapley(value), value[frozenset()]])
    # channels say how a failure reaches others; its own part in it stands apart
    alone = np.stack([*([0.0 * whole] * len(CHANNELS)), whole])
    return np.where(failed, alone, split)
