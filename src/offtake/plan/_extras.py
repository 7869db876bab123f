"""What a plan reports beside itself: bounds, frontiers, alternatives, shadow prices, fresh futures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from offtake.errors import InfeasibleError
from offtake.plan._alternatives import alternatives
from offtake.plan._bounds import perfect_information, stochastic_value
from offtake.plan._dataset import signings
from offtake.plan._fresh import run_fresh
from offtake.plan._frontier import first_quarter, risk_frontier, time_frontier
from offtake.plan._result import Alternative, Bounds, FrontierPoint, TimePoint
from offtake.plan._shadow import shadow_prices
from offtake.plan._solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from offtake.book import Book
    from offtake.plan._instance import Instance
    from offtake.plan._result import Plan
    from offtake.plan._session import Options
    from offtake.plan._solve import Solution
    from offtake.simulate._simulate import Engine

__all__ = ["Extras"]

_LEAST, _HEAVIEST = 0.25, 4.0
_STEP: Final = 0.9
"""Capacity keeps step with demand from the quarter in which it serves this share of it."""


@dataclass(frozen=True)
class Extras:
    """What can be asked of a plan once it is there."""

    problem: Instance
    solution: Solution
    options: Options
    said: Callable[[str, int, int], None]

    def prices(self, data: xr.Dataset) -> xr.Dataset:
        """Return the dataset with shadow prices by quarter, M USD of present value."""
        self.said("shadow prices", 0, 1)
        found = shadow_prices(self.solution, self.options)
        meaning = "what one more MW of capacity that any work may use, in the quarter, would add to the value"
        return data.assign(
            price_capacity=(("quarter",), found.capacity, {"units": "M USD/MW", "long_name": meaning}),
            price_demand=(
                ("workload", "quarter"),
                found.demand,
                {
                    "units": "M USD/MW",
                    "long_name": "what one more MW of work asked for would add to the value",
                },
            ),
            price_cash=(
                (),
                found.cash,
                {"units": "1", "long_name": "what one more USD at the opening would add to the value"},
            ),
        )

    def bounds(self) -> Bounds:
        """Return the value of information and of the stochastic solution.

        Information is valued for the plan that weighs the mean alone: a future that is known has no risk.
        """
        self.said("perfect information", 0, 2)
        solution = self.solution
        neutral = solution
        if solution.risk.weight > 0:
            neutral = solve(self.problem, goal=solution.goal, options=self.options)
        known = perfect_information(neutral, self.options)
        self.said("the plan for the mean future", 1, 2)
        mean = stochastic_value(solution, self.options)
        try:
            unsigned = self._unsigned.objective
        except InfeasibleError:
            unsigned = float("-inf")
        return Bounds(known.wait_and_see, known.evpi, mean.mean_plan, mean.vss, unsigned)

    @cached_property
    def _unsigned(self) -> Solution:
        """Return the best operation with nothing signed."""
        solution = self.solution
        return solve(
            _nothing_signed(self.problem), risk=solution.risk, goal=solution.goal, options=self.options
        )

    def frontier(self, points: int) -> tuple[FrontierPoint, ...]:
        """Return plans from no weight on the tail to a heavy one, the plan's own weight among them."""
        self.said("the frontier of risk", 0, points)
        risk = self.solution.risk
        weights = {0.0, risk.weight}
        if points > 1:
            weights |= set(np.geomspace(_LEAST, _HEAVIEST, points - 1).tolist())
        found = risk_frontier(
            self.problem, sorted(weights), level=risk.told_at, goal=self.solution.goal, options=self.options
        )
        quarters = self.problem.quarters
        made = []
        for point in found:
            now = [each for each in signings(point.solution) if each.now and each.new]
            by = first_quarter(point.solution, _STEP)
            made.append(
                FrontierPoint(
                    point.weight, point.value, point.cvar, sum(each.mw for each in now),
                    "" if by is None else quarters[by],
                )
            )  # fmt: skip
        return tuple(made)

    def times(self, points: int) -> tuple[TimePoint, ...]:
        """Return what it costs to have capacity in step with demand by ever earlier quarters."""
        self.said("the frontier of time", 0, points)
        count = len(self.problem.quarters)
        quarters = sorted({round(float(each)) for each in np.linspace(count // 8, count - 1, max(points, 2))})
        found = time_frontier(
            self.problem, _STEP, quarters, risk=self.solution.risk, goal=self.solution.goal,
            options=self.options,
        )  # fmt: skip
        return tuple(
            TimePoint(self.problem.quarters[point.quarter], point.objective if point.solution else None)
            for point in found
        )

    def alternatives(self, count: int, within: float = 0.02) -> tuple[Alternative, ...]:
        """Return plans within a share of the best that differ most."""
        self.said("alternatives", 0, count)
        best = self.solution.objective
        return tuple(
            Alternative(each.expected, (best - each.objective) / max(abs(best), 1e-9), signings(each))
            for each in alternatives(self.solution, count, within, self.options)
        )

    def fresh(self, book: Book, made: Plan, paths: int, seed: int, engine: Engine = "jax") -> Plan:
        """Return the plan with what its signings at the opening bring in futures that it has not seen."""
        without = self._unsigned
        expected = _money(self.solution) - _money(without)
        worth, beyond = (
            self.solution.value.get(part, 0.0) - without.value.get(part, 0.0)
            for part in ("worth", "beyond the horizon")
        )
        # what models bring is no money of `simulate`, so that their fees are left out on both sides
        deals = replace(made, signings=tuple(each for each in made.signings if each.what != "licence"))
        found = run_fresh(
            book, book.signed(deals), made.buyer, expected, self.problem.discount, paths, seed,
            lambda done, total: self.said("fresh futures", done, total), engine,
        )  # fmt: skip
        return replace(made, fresh=replace(found, worth=worth, beyond=beyond))


def _nothing_signed(problem: Instance) -> Instance:
    """Return the problem in which nothing can be signed."""
    contracts = problem.contracts
    given = np.array([what == "given" for what in contracts.what])
    least, most = np.where(given, contracts.least, 0.0), np.where(given, contracts.most, 0.0)
    limits = replace(problem.limits, contracted_least=None)
    return replace(problem, contracts=replace(contracts, least=least, most=most), limits=limits)


def _money(solution: Solution) -> float:
    """Return the expected present value of a plan's money within the calendar."""
    return sum(
        amount
        for part, amount in solution.value.items()
        if part not in {"worth", "cover", "fixed", "short of cash", "beyond the horizon"}
    )
