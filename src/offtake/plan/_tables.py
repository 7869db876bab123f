"""The parts of a plan as tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from offtake.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from offtake.plan._result import Plan

__all__ = ["alternatives", "capacity", "cover", "frontier", "prices", "service", "signings", "value"]


def signings(plan: Plan) -> pd.DataFrame:
    """Return what is signed, a row for each decision."""
    import pandas as pd

    columns = ["entry", "what", "provider", "quarter", "node", "probability", "start", "mw", "most"]
    return pd.DataFrame([asdict(each) for each in plan.signings], columns=columns)


def value(plan: Plan) -> pd.DataFrame:
    """Return the present value of each part and its mean money by quarter, M USD."""
    money = cast("pd.DataFrame", plan.dataset["money"].to_pandas())
    money.insert(0, "present value", plan.dataset["value"].to_series())
    return money


def capacity(plan: Plan) -> pd.DataFrame:
    """Return mean effective MW by source and quarter: delivered and used."""
    return plan.dataset[["capacity", "used"]].to_dataframe()[["seller", "status", "capacity", "used"]]


def service(plan: Plan) -> pd.DataFrame:
    """Return mean effective MW asked for, served, bought on spot and unserved by workload and quarter."""
    return plan.dataset[["demand", "served", "bought", "unserved"]].to_dataframe()


def cover(plan: Plan) -> pd.DataFrame:
    """Return what the loss of each provider leaves of critical work by quarter, mean effective MW."""
    return plan.dataset[["cover_needed", "cover_missing"]].to_dataframe()


def prices(plan: Plan) -> pd.DataFrame:
    """Return shadow prices by quarter: of a MW of capacity and of demand, M USD of present value."""
    if "price_capacity" not in plan.dataset:
        message = "shadow prices were not asked for; plan again with prices=True"
        raise InputError(message)
    names = [each for each in ("price_capacity", "price_cash") if each in plan.dataset]
    return plan.dataset[names].to_dataframe()


def frontier(plan: Plan) -> pd.DataFrame:
    """Return the frontier, a row for each plan on it."""
    import pandas as pd

    if not plan.frontier:
        message = "no frontier was asked for; plan again with frontier=5"
        raise InputError(message)
    return pd.DataFrame([asdict(each) for each in plan.frontier])


def alternatives(plan: Plan) -> pd.DataFrame:
    """Return what the plan and each alternative sign of every entry at the opening, in MW."""
    import pandas as pd

    if not plan.alternatives:
        message = "no alternatives were asked for; plan again with alternatives=3"
        raise InputError(message)
    every = [("plan", 0.0, plan.signings)]
    every += [(f"{n}", one.given_up, one.signings) for n, one in enumerate(plan.alternatives, 1)]
    rows = []
    for name, given_up, signed in every:
        row: dict[str, object] = {"plan": name, "given up": given_up}
        for each in signed:
            if each.now:
                row[each.entry] = float(row.get(each.entry, 0.0)) + each.mw  # type: ignore[arg-type]
        rows.append(row)
    return pd.DataFrame(rows).set_index("plan").fillna(0.0)
