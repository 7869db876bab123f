"""A finished plan: what to sign, what it is worth, and how to read it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InputError
from offtake.plan._instance import NEW, OPENING
from offtake.plan._weighted import weighted_quantiles
from offtake.results import freeze, read_run, require_described, write_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr

__all__ = ["Alternative", "Bounds", "Fresh", "FrontierPoint", "Margin", "Plan", "Signing", "TimePoint"]

TABLES = ("signings", "value", "capacity", "service", "cover", "prices", "frontier", "alternatives")
"""What `Plan.to_dataframe` can give."""
_NINE: Final = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Signing:
    """One thing that the plan signs, builds or uses.

    Parameters
    ----------
    entry
        The deal, or the site of a build.
    what
        offer, build, extension, expansion, termination, or licence (of models).
    provider
        Who delivers; the buyer itself for a build.
    quarter
        The quarter at whose start it is decided.
    node
        The node of the tree that decides; `opening` for what is decided now.
    probability
        Chance of coming to that node.
    start
        Quarters by which its schedule is moved against the book's.
    mw
        Volume in MW; 0 for a licence.
    most
        The most that could be had, in MW.
    """

    entry: str
    what: str
    provider: str
    quarter: str
    node: str
    probability: float
    start: int
    mw: float
    most: float

    @property
    def new(self) -> bool:
        """Whether it takes an offer or builds, beside options on what stands and licences."""
        return self.what in NEW

    @property
    def now(self) -> bool:
        """Whether it is decided at the opening."""
        return self.node == OPENING


@dataclass(frozen=True, slots=True)
class Bounds:
    """What knowing more would be worth; present values in M USD.

    Parameters
    ----------
    wait_and_see
        Expected value if the future were known before signing.
    evpi
        Expected value of perfect information: that less the plan's.
    mean_plan
        What the plan for the mean future brings in the tree; minus infinity where it breaks a limit.
    vss
        Value of the stochastic solution: the plan's value less that.
    unsigned
        What the best is worth with nothing signed; minus infinity where that breaks a limit.
    """

    wait_and_see: float
    evpi: float
    mean_plan: float
    vss: float
    unsigned: float


@dataclass(frozen=True, slots=True)
class Fresh:
    """The plan held against futures that it has not seen, run by `simulate`; present values in M USD.

    Parameters
    ----------
    paths, seed
        The futures.
    simulated
        Mean money of the signed book for the same parts as `expected`.
    error
        Standard error of that mean.
    expected
        What the programme expects of the same parts within the calendar.
    unsigned
        Mean money of the book as it stands, nothing signed, on the same futures.
    worth, beyond
        What the programme expects the signings to add beside money within the calendar: in what serving is
        worth to the buyer, and beyond the horizon.
    """

    paths: int
    seed: int
    simulated: float
    error: float
    expected: float
    unsigned: float
    worth: float = 0.0
    beyond: float = 0.0


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """One plan on the frontier.

    Parameters
    ----------
    weight
        Weight on the tail that gives it.
    value, cvar
        Expected value and CVaR of the loss, present values in M USD.
    mw
        What it signs at the opening, in MW.
    by
        First quarter in which the mean capacity serves the asked share of demand; empty if it never does.
    """

    weight: float
    value: float
    cvar: float
    mw: float
    by: str = ""


@dataclass(frozen=True, slots=True)
class TimePoint:
    """What it costs to be in time.

    Parameters
    ----------
    quarter
        The quarter in which capacity under contract must serve nine tenths of expected demand.
    objective
        The best that can then be had, M USD; None where no plan is in time.
    """

    quarter: str
    objective: float | None


@dataclass(frozen=True, slots=True)
class Margin:
    """What a small change of the book would be worth to the plan.

    Parameters
    ----------
    what
        The change, in words.
    worth
        What it adds to the objective with everything decided anew, M USD; minus infinity if none is left.
    """

    what: str
    worth: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another plan that is nearly as good.

    Parameters
    ----------
    value
        Its value, present value in M USD.
    given_up
        The share of the optimum that it gives up.
    signings
        What it signs.
    """

    value: float
    given_up: float
    signings: tuple[Signing, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """What `offtake.plan` returns: what to sign, its value, and how the futures of the tree are served.

    Parameters
    ----------
    dataset : xarray.Dataset
        The variables of docs/plan.md, each with `units` and `long_name` in its attrs.
    buyer : str
        Whose plan it is.
    signings : tuple of Signing
        What to sign, now and later.
    passed_over : tuple of str
        Offers that are not signed anywhere.
    value : float
        Expected present value of the objective's parts, in M USD.
    cvar : float
        CVaR of the loss at the plan's level (at 95 % where no risk was charged), present value in M USD.
    objective, bound, gap : float
        The objective, the solver's bound on it, and their relative difference.
    bounds, fresh, frontier, times, margins, alternatives
        What was asked for beside it.
    settings : mapping
        Goal, risk, tree, terminal rule and policy of the run; what JSON can hold.
    book, book_hash, version : str
        The book, its hash, and the version of Offtake.
    citations : tuple of str
        Papers of the methods used.

    Raises
    ------
    InputError
        If a variable lacks its unit or its meaning.
    """

    dataset: xr.Dataset
    buyer: str
    signings: tuple[Signing, ...]
    passed_over: tuple[str, ...]
    value: float
    cvar: float
    objective: float
    bound: float
    gap: float
    bounds: Bounds | None = None
    fresh: Fresh | None = None
    frontier: tuple[FrontierPoint, ...] = ()
    times: tuple[TimePoint, ...] = ()
    margins: tuple[Margin, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    book: str = ""
    book_hash: str = ""
    version: str = ""
    citations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_described(self.dataset)
        freeze(self, "settings")

    @property
    def now(self) -> tuple[Signing, ...]:
        """What is decided at the opening."""
        return tuple(each for each in self.signings if each.now)

    @property
    def signed(self) -> tuple[Signing, ...]:
        """Offers and builds that are taken at the opening."""
        return tuple(each for each in self.now if each.new)

    @property
    def cost(self) -> float:
        """Minus the value, in M USD: what least cost is told in."""
        return -self.value

    @property
    def spread(self) -> tuple[float, float]:
        """The values between which nine in ten futures of the tree lie, in M USD: quantiles 5 % and 95 %."""
        leaves = self.dataset["leaf_value"].values, self.dataset["leaf_probability"].values
        low, high = weighted_quantiles(*leaves, _NINE)
        return low, high

    def mw(self, entry: str | None = None) -> float:
        """Return what is signed of an entry, or in all, at the opening, in MW; 0 if nothing."""
        return sum(each.mw for each in self.signed if entry in {None, each.entry})

    def to_dataframe(self, what: str = "signings") -> pd.DataFrame:
        """Return a part of the plan as a table.

        Parameters
        ----------
        what
            ``signings``, ``value`` by part, ``capacity`` by source and quarter, ``service`` by workload and
            quarter, ``cover`` (what the loss of each provider leaves), ``prices`` (shadow prices by quarter),
            ``frontier`` or ``alternatives``.

        Raises
        ------
        InputError
            If there is no such table, or it was not asked for.
        """
        from offtake.plan import _tables

        if what not in TABLES:
            message = f"there is no table `{what}`; there are {', '.join(TABLES)}"
            raise InputError(message)
        table: pd.DataFrame = getattr(_tables, what)(self)
        return table

    def save(self, path: str | Path) -> Path:
        """Write the plan to a netCDF file, whole or not at all, and return where it is.

        Raises
        ------
        InputError
            If the folder does not exist.
        """
        record = {name: getattr(self, name) for name in _PLAIN}
        record["settings"] = dict(self.settings)
        record["signings"] = [asdict(each) for each in self.signings]
        record["bounds"] = asdict(self.bounds) if self.bounds is not None else None
        record["fresh"] = asdict(self.fresh) if self.fresh is not None else None
        record["frontier"] = [asdict(each) for each in self.frontier]
        record["margins"] = [asdict(each) for each in self.margins]
        record["times"] = [asdict(each) for each in self.times]
        record["alternatives"] = [asdict(each) for each in self.alternatives]
        return write_run(Path(path), self.dataset, record)

    @classmethod
    def load(cls, path: str | Path) -> Plan:
        """Return a plan that was saved.

        Raises
        ------
        InputError
            If the file is missing or is not a saved plan.
        """
        dataset, record = read_run(Path(path))
        if "signings" not in record:
            message = f"{path} holds another kind of run, not a plan; a plan is saved with .save()"
            raise InputError(message)
        record["signings"] = tuple(Signing(**each) for each in record["signings"])
        record["passed_over"] = tuple(record["passed_over"])
        record["bounds"] = Bounds(**record["bounds"]) if record["bounds"] is not None else None
        record["fresh"] = Fresh(**record["fresh"]) if record["fresh"] is not None else None
        record["frontier"] = tuple(FrontierPoint(**each) for each in record["frontier"])
        record["margins"] = tuple(Margin(**each) for each in record["margins"])
        record["times"] = tuple(TimePoint(**each) for each in record["times"])
        record["alternatives"] = tuple(
            Alternative(each["value"], each["given_up"], tuple(Signing(**one) for one in each["signings"]))
            for each in record["alternatives"]
        )
        return cls(dataset, **record)

    def __repr__(self) -> str:
        return (
            f"<Plan of {self.buyer} in {self.book or 'a book'}: {len(self.now)} signings now, "
            f"{self.mw():,.0f} MW, worth {self.value:,.0f} M USD, gap {self.gap:.1e}>"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(each.entry)}</td><td>{escape(each.what)}</td><td>{escape(each.quarter)}</td>"
            f"<td>{each.mw:,.0f}</td></tr>"
            for each in self.signings
        )
        return (
            f"<div><strong>Plan</strong> of {escape(self.buyer)}: {self.value:,.0f} M USD of present value"
            f"<table><tr><th>entry</th><th>what</th><th>decided in</th><th>MW</th></tr>{rows}</table></div>"
        )


_PLAIN = (
    "buyer", "passed_over", "value", "cvar", "objective", "bound", "gap", "book", "book_hash", "version",
    "citations",
)  # fmt: skip
