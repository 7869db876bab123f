"""The parts of a trace as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd

    from offtake.trace._result import Trace

__all__ = ["concentration", "cycles", "deals", "exposures", "flows", "net", "origins", "purses", "sources"]


def flows(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return what each party pays each other, with the part that goes round and the deals."""
    deals_on: dict[tuple[str, str], list[str]] = {}
    for flow in sorted(trace.flows, key=lambda each: (-each.total, each.deal)):
        deals_on.setdefault((flow.payer, flow.receiver), []).append(flow.deal)
    frame = _long(trace, ["flow", "circulating"])
    frame = frame[frame["flow"] > 0].sort_values(["flow", "payer", "receiver"], ascending=[False, True, True])
    pairs = zip(frame["payer"], frame["receiver"], strict=True)
    frame = frame.assign(deals=[", ".join(deals_on.get(pair, ())) for pair in pairs])
    return _with(frame, party, "payer", "receiver")


def deals(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return what each deal moves, by quarter and in all."""
    import pandas as pd

    quarters = list(map(str, trace.dataset.indexes["quarter"]))
    rows = [
        [flow.deal, flow.kind, flow.firmness, flow.payer, flow.receiver, flow.total, *flow.amounts]
        for flow in sorted(trace.flows, key=lambda each: (-each.total, each.deal))
    ]
    columns = ["deal", "kind", "firmness", "payer", "receiver", "total", *quarters]
    return _with(pd.DataFrame(rows, columns=columns), party, "payer", "receiver")


def cycles(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return every cycle with its smallest step, in all and by year, and its deals."""
    import pandas as pd

    years = sorted({year for cycle in trace.cycles for year in cycle.by_year})
    rows = [
        [str(cycle), len(cycle.arcs), cycle.bottleneck, ", ".join(cycle.deals),
         *(cycle.by_year[year] for year in years)]
        for cycle in trace.cycles
        if party is None or party in cycle.parties
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["cycle", "parties", "bottleneck", "deals", *years])


def origins(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return each party's receipts and the shares of their origins; only parties that receive anything."""
    data = trace.dataset
    frame = cast("pd.DataFrame", data["origin_share"].to_pandas()).rename_axis(columns=None)
    frame.insert(0, "receipts", data["receipts"].to_series())
    frame = frame[frame["receipts"] > 0].sort_values("receipts", ascending=False)
    return frame if party is None else frame.loc[[party] if party in frame.index else []]


def exposures(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return each party's exposure to each other before and after netting, largest first."""
    frame = trace.dataset["exposure"].to_series().unstack("netting").reset_index()
    frame = frame[frame["before"] > 0].rename_axis(columns=None)
    frame = frame.sort_values(["before", "party", "to"], ascending=[False, True, True])
    return _with(frame[["party", "to", "before", "after"]], party, "party", "to")


def concentration(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return the Herfindahl index of each party by provider, vendor, region and payer."""
    import pandas as pd

    columns = ["party", "by", "herfindahl", "largest", "share", "count"]
    rows = [[getattr(each, column) for column in columns] for each in trace.concentration]
    return _with(pd.DataFrame(rows, columns=columns), party, "party")


def net(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return what each party receives and pays, and the balance."""
    frame = trace.dataset[["receipts", "payments", "net"]].to_dataframe()
    return frame if party is None else frame.loc[[party]]


def purses(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return whose cash, drawn down, each party's receipts come out of in the end, and in which share."""
    frame = trace.dataset["purse"].to_series().rename("share").reset_index()
    frame = frame[frame["share"] > 0].sort_values(["party", "share", "of"], ascending=[True, False, True])
    return _with(frame, party, "party")


def sources(trace: Trace, party: str | None) -> pd.DataFrame:
    """Return each party's money from outside by kind, cash drawn down, and money to the outside."""
    frame = cast("pd.DataFrame", trace.dataset["source"].transpose("party", "kind").to_pandas())
    frame = frame.rename_axis(columns=None)
    frame["cash drawn down"] = trace.dataset["drawn"].to_series()
    frame["to the outside"] = trace.dataset["spent"].to_series()
    return frame if party is None else frame.loc[[party]]


def _long(trace: Trace, names: list[str]) -> pd.DataFrame:
    return trace.dataset[names].to_dataframe().reset_index()


def _with(frame: pd.DataFrame, party: str | None, *columns: str) -> pd.DataFrame:
    """Return the rows in which a party stands in one of some columns, numbered anew."""
    if party is not None:
        holds: Any = False
        for column in columns:
            holds = holds | (frame[column] == party)
        frame = frame[holds]
    return frame.reset_index(drop=True)
