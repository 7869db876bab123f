"""The variables of a simulation: their dims, units and meanings, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from offtake.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

__all__ = ["STATS", "VARIABLES", "Variable", "require_described"]

STATS: Final = ("mean", "q05", "q25", "q50", "q75", "q95")
"""Labels of the dim `stat`: the mean, and the quantiles that every fan is drawn from."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What one variable of a simulation is.

    Parameters
    ----------
    dims
        Its dims in order.
    unit
        Its unit, as it stands in the variable's attrs.
    meaning
        What it is, as it stands in the variable's attrs as `long_name`.

    Examples
    --------
    >>> VARIABLES["cash"].dims, VARIABLES["cash"].unit
    (('stat', 'party', 'quarter'), 'M USD')
    """

    dims: tuple[str, ...]
    unit: str
    meaning: str


def _over(*dims: str, **of: tuple[str, str]) -> dict[str, Variable]:
    return {name: Variable(dims, unit, meaning) for name, (unit, meaning) in of.items()}


_MONEY, _POWER, _SHARE = "M USD", "MW", "share of futures"

VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType(
    _over(
        "stat",
        "party",
        "quarter",
        cash=(_MONEY, "cash at the quarter's end"),
        debt=(_MONEY, "outside debt still owed and debt drawn, at the quarter's end"),
        revenue=(_MONEY, "revenue from end customers"),
        receipts=(_MONEY, "received from other parties"),
        payments_out=(_MONEY, "paid to other parties"),
        operating_flow=(_MONEY, "change of cash without funding drawn, equity and loan principal"),
        funding=(_MONEY, "external funding drawn, debt and equity"),
        contracted=(_POWER, "capacity owed to it as buyer"),
        delivered=(_POWER, "capacity delivered to it and its own free sites"),
        used=(_POWER, "capacity used by its workloads"),
        redeployed=(_POWER, "capacity rented out on spot"),
        stranded=(_POWER, "capacity that nobody takes"),
        owned=(_POWER, "capacity energised on its sites"),
        energised_for=(_POWER, "capacity that serves it as buyer: delivered deals and own free sites"),
    )
    | _over(
        "stat",
        "workload",
        "quarter",
        demand=(_POWER, "effective demand"),
        served=(_POWER, "effective demand served"),
        unserved=(_POWER, "effective demand left unserved"),
    )
    | _over("stat", "site", "quarter", energised=(_POWER, "capacity energised on the site"))
    | _over(
        "stat",
        "deal",
        "quarter",
        paid=(_MONEY, "paid by the deal's debtor, net of what comes back"),
        delivered_deal=(_POWER, "capacity delivered under the deal"),
        owed_deal=(_POWER, "capacity owed under the deal"),
    )
    | _over("stat", "driver", "quarter", driver_value=("own", "value of the driver"))
    | _over(
        "stat",
        "quarter",
        confidence=("1", "confidence of outside funders, with what defaults took from it"),
        total_energised=(_POWER, "capacity of all sites and of deals without a site"),
        total_demand=(_POWER, "effective demand of all workloads"),
    )
    | _over(
        "stat",
        "party",
        "year",
        burn=(_MONEY, "cash burnt in the calendar year"),
        cumulative_burn=(_MONEY, "cash burnt up to the end of the calendar year"),
    )
    | _over(
        "party",
        "year_or_never",
        first_profitable=(_SHARE, "first calendar year without burn"),
    )
    | _over("party", "quarter", default=(_SHARE, "in default by the end of the quarter"))
    | _over(
        "party",
        "quarter",
        other_income=(_MONEY, "mean of money from outside other than from end customers and funders"),
        outside_spending=(_MONEY, "mean of money paid to outside the book"),
    )
    | _over("site", "quarter", chips_paid=(_MONEY, "mean paid to the vendor for chips of no supply deal"))
    | _over("stat", "party", loss=(_MONEY, "written down on claims"))
    | _over("stat", "phase", phase_energised=("quarter", "time from the opening to energising"))
    | _over(
        "gate",
        gate_criticality=("share", "share of futures in which it lies on the longest path to energising"),
        gate_cost=("quarter", "mean quarters saved if the gate took no time"),
    )
    | _over("deal", in_force=(_SHARE, "the deal is in force"))
    | _over(
        "quarter",
        gross=(_MONEY, "mean of all payments between parties"),
        outside_in=(_MONEY, "mean of all money from outside the book"),
        outside_out=(_MONEY, "mean of all money to outside the book"),
    )
)
"""Every variable that `offtake.simulate` returns, by name."""


def require_described(dataset: xr.Dataset) -> None:
    """Raise if a variable lacks its unit or its meaning.

    Raises
    ------
    InputError
        With the names of all such variables.

    Examples
    --------
    >>> import xarray as xr
    >>> require_described(xr.Dataset({"cash": 1.0}))
    Traceback (most recent call last):
        ...
    offtake.errors.InputError: these variables lack `units` or `long_name` in their attrs: cash
    """
    bare = [
        str(name)
        for name, array in dataset.data_vars.items()
        if not {"units", "long_name"} <= set(array.attrs)
    ]
    if bare:
        msg = f"these variables lack `units` or `long_name` in their attrs: {', '.join(sorted(bare))}"
        raise InputError(msg)
