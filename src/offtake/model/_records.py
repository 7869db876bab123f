"""The compiled model: labels, fixed structure, numbers."""

import hashlib
import pickle
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offtake.calendar import Calendar
from offtake.model._leaves import Input, Uncertain
from offtake.model.driver_arrays import DriverArrays

__all__ = [
    "Backstops",
    "Capacity",
    "Delivery",
    "Dispatch",
    "Equity",
    "Lines",
    "Loans",
    "Model",
    "Names",
    "Profiles",
    "Structure",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Names:
    """Labels of every axis, in book order."""

    parties: tuple[str, ...]
    sites: tuple[str, ...]
    phases: tuple[str, ...]
    gates: tuple[str, ...]
    workloads: tuple[str, ...]
    deals: tuple[str, ...]
    drivers: tuple[str, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Profiles:
    """Quantities by quarter: base[t] · leaf `profile.scale` · driver. The last driver index means none."""

    base: FloatArray
    """[T, F]"""
    driver: IntArray
    """[F]"""
    income: IntArray
    costs: IntArray
    capital: IntArray
    limit: IntArray
    """[N] each: the profile of a party."""
    demand: IntArray
    yields: IntArray
    """[W]"""
    fees: IntArray
    """[licence deals]"""


@dataclass(frozen=True, eq=False)
class Delivery:
    """Gates, phases and pieces of capacity."""

    gate_phase: IntArray
    gate_after: tuple[tuple[int, ...], ...]
    gate_not_before: FloatArray
    phase_gates: tuple[tuple[int, ...], ...]
    phase_start: FloatArray
    phase_online: FloatArray
    """NaN where the phase has gates instead."""
    phase_mw: FloatArray
    phase_site: IntArray
    phase_needs: FloatArray
    """[K, D] 1 where the phase exists only if the deal is in force."""
    chip_gate: IntArray
    """[K], or -1: due when energised."""
    construction_gate: IntArray
    site_owner: IntArray
    site_power_outside: FloatArray
    """[sites] 1 where electricity is bought outside the book."""
    piece_deal: IntArray
    """[P] position among capacity deals"""
    piece_mw: FloatArray
    piece_target: FloatArray
    piece_phase: IntArray
    """-1 where the deal delivers by its own delay."""
    piece_commits: FloatArray
    """[P] 1 where the piece uses up the phase's capacity (compute, not lease)."""


@dataclass(frozen=True, eq=False)
class Capacity:
    """Compute and lease deals, C of them."""

    deal: IntArray
    seller: IntArray
    buyer: IntArray
    is_lease: BoolArray
    until: FloatArray
    first_target: FloatArray
    index: IntArray
    """Driver that the price follows; the last index means none."""
    has_length: BoolArray
    has_total: BoolArray
    has_prepayment: BoolArray
    has_late_credit: BoolArray
    has_may_end: BoolArray
    has_termination: BoolArray
    has_extension: BoolArray
    prepay_lead: FloatArray
    termination_from: FloatArray
    continues: BoolArray
    outage: FloatArray
    resale: FloatArray


@dataclass(frozen=True, eq=False)
class Dispatch:
    """Sources of capacity, pools of equal permissions, workloads in order."""

    workload_buyer: IntArray
    workload_order: tuple[int, ...]
    """Workloads by buyer, then in order of service."""
    has_duration: bool
    """Whether any workload runs for a part of the quarter only; leaf `workload.duration` is there if so."""
    deferral: tuple[int, ...]
    source_capacity: IntArray
    """[sources] position among capacity deals, or -1"""
    source_site: IntArray
    """[sources] site, or -1"""
    source_chip: IntArray
    """[sources] chip; the last index means none."""
    source_pool: IntArray
    pool_members: FloatArray
    """[sources, pools]"""
    pool_before: FloatArray
    """[sources, sources] 1 where the row's source is used before the column's, in one pool"""
    pairs: tuple[tuple[int, int], ...]
    """(workload, pool) in the order of use"""
    pair_barred: FloatArray
    """[pairs, exclusivities] 1 where an exclusivity, while it binds, bars the pair"""
    bond_start: FloatArray
    bond_end: FloatArray
    bond_holder: IntArray
    bond_capacity: IntArray
    """[exclusivities] capacity deal that grants it, or -1 for a right"""


@dataclass(frozen=True, eq=False)
class Loans:
    """Loan deals, Q of them."""

    deal: IntArray
    lender: IntArray
    borrower: IntArray
    draws: FloatArray
    """[T, Q]"""
    shape: tuple[str, ...]
    first: IntArray
    maturity: IntArray


@dataclass(frozen=True, eq=False)
class Equity:
    """Equity deals with dated payments and tranches, and warrants."""

    deal: IntArray
    payment_time: IntArray
    payment_deal: IntArray
    """[payments] position among equity deals"""
    tranche_deal: IntArray
    tranche_each: FloatArray
    tranche_measure: FloatArray
    """[K, tranche clauses] 1 where the phase's power counts"""
    warrant_deal: IntArray
    warrant_holder: IntArray
    warrant_issuer: IntArray
    warrant_each: FloatArray
    warrant_number: IntArray
    warrant_hurdles: FloatArray
    """[warrants, most tranches]"""
    warrant_price: IntArray
    warrant_measure: FloatArray


@dataclass(frozen=True, eq=False)
class Backstops:
    """Backstop, licence, revenue-share and power deals."""

    deal: IntArray
    backer: IntArray
    provider: IntArray
    start: FloatArray
    end: FloatArray
    share_deal: IntArray
    share_workloads: FloatArray
    """[W, revenue shares]"""
    share_start: FloatArray
    share_end: FloatArray
    licence_deal: IntArray
    licence_end: FloatArray
    power_deal: IntArray
    power_sites: FloatArray
    """[sites, power deals]"""
    power_levels: FloatArray
    """[T, power deals] MW contracted"""
    power_end: FloatArray


@dataclass(frozen=True, eq=False)
class Lines:
    """Obligations between parties, M lines in groups of one kind."""

    kind: tuple[str, ...]
    deal: IntArray
    """[M], -1 for chips bought without a deal"""
    label: tuple[str, ...]
    payer: IntArray
    receiver: IntArray
    rank: IntArray
    to_dead: BoolArray
    """Whether the line is still paid when the receiver is dead."""
    gives_money: BoolArray
    """Whether the payer pays to fund the receiver: equity and draws on loans."""
    to_debtor: BoolArray
    """Whether the receiver is the one that takes from the deal: money raised, credits for lateness."""
    groups: tuple[tuple[str, int, int], ...]
    """(group, first line, last line + 1)"""
    chip_phase: IntArray
    """[K] chip line of each phase, or -1"""
    chip_step_line: IntArray
    chip_step_mw: FloatArray
    chip_step_target: FloatArray
    """Ramp increments of supply deals without sites."""
    chip_step_deal: IntArray
    chip_deal: IntArray
    """[chip lines] the supply deal, or -1"""
    chip_index: IntArray
    """[chip lines] driver of the price"""
    chip_site: IntArray
    """[chip lines] the site whose capex pays, or -1"""

    def span(self, group: str) -> slice:
        """Return where a group's lines are."""
        return next(slice(first, last) for name, first, last in self.groups if name == group)


@dataclass(frozen=True, eq=False)
class Structure:
    """All that has a fixed place: two models with equal structure share one compiled program."""

    names: Names
    calendar: Calendar
    profiles: Profiles
    delivery: Delivery
    capacity: Capacity
    dispatch: Dispatch
    loans: Loans
    equity: Equity
    others: Backstops
    lines: Lines
    deal_debtor: IntArray
    deal_creditor: IntArray
    deal_firm: IntArray
    """[D] 1 in force, 0 not, 2 drawn."""
    deal_cause: IntArray
    grace: FloatArray
    hazard_party: IntArray
    """Parties that can fail from outside causes."""
    spot: int
    """Driver of the spot price; -1 for none."""
    confidence: int
    outside_debt: IntArray
    """[debts] party"""
    outside_maturities: FloatArray
    """[T, debts] principal that falls due"""
    draws: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    """Labels of the drawn scalars, deals and parties' hazards."""
    jumping: tuple[int, ...]
    drawn_leaves: tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[bool, ...]]

    @cached_property
    def digest(self) -> str:
        """The hash of everything in it."""
        return hashlib.sha256(pickle.dumps(_plain(self))).hexdigest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and self.digest == other.digest

    @property
    def quarters(self) -> int:
        """Number of quarters T."""
        return len(self.calendar)


@dataclass(frozen=True, eq=False)
class Model:
    """A book as arrays: engines read nothing else.

    Parameters
    ----------
    structure
        Labels and everything that has a fixed place.
    leaves
        Numbers by name, flat float64 arrays; those of `uncertain` are medians.
    drivers
        The drivers' arrays.
    uncertain
        Which numbers are drawn, and from what.
    inputs
        Which figure of the book each number comes from.
    """

    structure: Structure
    leaves: dict[str, FloatArray]
    drivers: DriverArrays
    uncertain: Uncertain
    inputs: tuple[Input, ...] = ()

    @property
    def names(self) -> Names:
        """Labels of every axis."""
        return self.structure.names

    @property
    def draw_labels(self) -> tuple[str, ...]:
        """Label of every standard normal of one future, in order."""
        names, drivers = self.names, self.drivers
        quarters = range(self.structure.quarters)
        scalars, deals, hazards = self.structure.draws
        return (
            *(f"driver/{name}/{t}" for t in quarters for name in names.drivers),
            *(f"jump/{names.drivers[j]}/{t}/{n}" for t in quarters for n in (0, 1) for j in drivers.jumping),
            *(f"cause/{name}" for name in names.causes),
            *(f"scalar/{name}" for name in scalars),
            *(f"deal/{name}" for name in deals),
            *(f"hazard/{name}" for name in hazards),
        )


def _plain(value: Any) -> Any:
    """Return a value with arrays and records turned into plain tuples, for hashing."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.str, value.tobytes())
    if isinstance(value, Calendar):
        return str(value)
    if hasattr(value, "__dataclass_fields__"):
        return tuple(_plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value
