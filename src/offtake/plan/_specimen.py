"""A small invented problem in which every rule of the programme occurs, for its printed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from offtake.plan._instance import (
    Cash,
    Contracts,
    Exclusivities,
    Instance,
    Limits,
    Sources,
    Spot,
    Tree,
    Workloads,
)

__all__ = ["specimen"]


def specimen() -> Instance:
    """Return a problem with every family of rows: two quarters, two futures, two sellers."""
    tree = Tree(
        names=("root", "high", "low"),
        parent=np.array([-1, 0, 0]),
        probability=np.array([1.0, 0.5, 0.5]),
        first=np.array([0, 0, 0]),
        last=np.array([0, 2, 2]),
        step_node=np.array([1, 1, 2, 2]),
        step_quarter=np.array([0, 1, 0, 1]),
        step_before=np.array([-1, 0, -1, 2]),
    )
    return Instance(
        buyer="Lark",
        quarters=("2026-Q1", "2026-Q2"),
        tree=tree,
        contracts=_contracts(),
        sources=Sources(
            entry=("Northgate", "Quarry", "Tidal"),
            provider=("Northgate", "Quarry", "Tidal"),
            chip=("one", "two", "two"),
            region=("north", "south", "south"),
            vendor=("Cedar", "Cedar", "Dune"),
            usage=np.full((3, 4), 2.0),
            resale=np.array([True, False, False]),
            efficiency=np.ones(3),
        ),
        workloads=_workloads(),
        spot=Spot(np.full(4, 4.0), np.full(4, 1.0), np.full(4, 20.0), np.full(4, 10.0)),
        cash=Cash(True, 5000.0, 0.0, np.zeros(4), np.full(4, 100.0), 0.5, np.full(4, 0.02), 0.25),
        limits=_limits(),
        discount=np.array([1.0, 0.98]),
        terminal="continue",
        exclusivities=Exclusivities(np.array([0]), np.array([0]), np.array([[True, False, True, False]])),
    )


def _limits() -> Limits:
    return Limits(
        commitment=1e4,
        contracted_least=1.0,
        contracted_most=500.0,
        provider_share=1.0,
        vendor_share=1.0,
        region_share=1.0,
        provider_cost=1.0,
        chip_family_cost=1.0,
        cover_from=0,
        cover_price=5.0,
        exposure=1e3,
    )


def _contracts() -> Contracts:
    """Two offers, an extension, an expansion, the match of a first refusal, and a termination."""
    rows, sign = 6, np.array([1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
    by_step: dict[str, Any] = {
        "delivered": np.outer(sign, np.ones(4)),
        "fee": np.outer(sign, np.ones(4)),
        "floor": np.outer(sign, np.full(4, 0.5)),
        "advance": np.outer(sign, np.full(4, 0.2)),
        "tail": np.tile([0.0, 3.0, 0.0, 3.0], (rows, 1)),
    }
    return Contracts(
        entry=("north base", "quarry base", "north base", "north base", "quarry base", "north base"),
        what=("offer", "offer", "extension", "expansion", "match", "termination"),
        node=np.zeros(rows, dtype=np.int64),
        start=np.zeros(rows, dtype=np.int64),
        least=np.array([10.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        most=np.full(rows, 100.0),
        whole=np.array([True, False, False, False, False, False]),
        parent=np.array([-1, -1, 0, 0, 1, 0]),
        relation=("none", "none", "all", "share", "equal", "all"),
        ratio=np.array([1.0, 1.0, 0.5, 0.5, 0.5, 1.0]),
        source=np.array([0, 1, 0, 0, 2, 0]),
        once=np.array([0, 0, -1, -1, -1, -1]),
        commitment=4.0 * sign,
        contracted=np.outer(sign, np.ones(2)),
        **by_step,
    )


def _workloads() -> Workloads:
    """One that cannot wait and one that may; both critical, both with a service."""
    by_step = (2, 4)
    return Workloads(
        names=("chat", "training"),
        demand=np.array([[30.0, 40.0, 20.0, 20.0], [50.0, 60.0, 30.0, 40.0]]),
        earns=np.full(by_step, 6.0),
        worth=np.full(by_step, 1.0),
        penalty=np.array([2.0, 1.0]),
        duration=np.ones(2),
        critical=np.array([0.5, 0.1]),
        service=np.array([0.5, 0.1]),
        defer=np.array([0, 1]),
        waiting_loss=np.array([0.0, 0.1]),
        placement=np.array([[True, True, True], [False, True, True]]),
        holders=(),
        bound=np.zeros((0, *by_step), dtype=bool),
    )
