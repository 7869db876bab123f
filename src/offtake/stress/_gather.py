"""Sums over blocks of futures: what each shock changed against the base run."""

from typing import Any, Final

import numpy as np

from offtake.model import CHANNELS
from offtake.results import Quantiles
from offtake.stress._channels import closings, silent
from offtake.stress._course import Course, Outcome
from offtake.stress._shocks import Case

__all__ = ["Gathered", "Part", "block_part", "key_of"]

Array = Any
_BUDGET: Final = 400_000_000
_EXACT: Final = 10_000
_TOTALS: Final = (
    "wealth_by_quarter", "received", "paid", "claims", "lines", "delivered", "served", "unserved",
    "confidence",
)  # fmt: skip

_BEFORE: Final = ("lines", "loan", "uncredited")


class Part:
    """What one block gave for the base run and for every case.

    Parameters
    ----------
    base
        Outcome of the base run.
    counts
        1 for each future that counts, 0 for the rest.
    quarters
        Length of the calendar T.
    """

    def __init__(self, base: Outcome, counts: Array, quarters: int) -> None:
        self._base, self._counts, self._quarters = base, counts, quarters
        self.losses: list[Array] = []
        self.changes: list[dict[str, Array]] = []
        self.residual = float(np.max(np.asarray(base.residual)[counts > 0]))
        self.before = {name: np.asarray(getattr(base, name)) for name in _BEFORE}
        self.before["default"] = self._by_quarter(np.asarray(base.default))

    def add(self, outcome: Outcome, fail_at: Array) -> None:
        """Add what a case came to, given the quarter in which each party is made to fail."""
        trigger = _trigger(fail_at, self._quarters)
        base, counts = self._base, self._counts
        before, after = np.asarray(base.default), np.asarray(outcome.default)
        self.losses.append(np.asarray(base.wealth) - np.asarray(outcome.wealth))
        change = {
            name: np.asarray(getattr(base, name)) - np.asarray(getattr(outcome, name)) for name in _TOTALS
        }
        change["default"] = self._by_quarter(after)
        sooner = (after < before) & ~np.isfinite(fail_at)
        change["falls"] = self._by_quarter(np.where(sooner, after, self._quarters))
        since = np.where(sooner & (after >= trigger), after - trigger, self._quarters)
        change["round"] = self._by_quarter(since)
        change["followers"] = self._count(sooner.sum(axis=1))
        self.changes.append(change)
        self.residual = max(self.residual, float(np.max(np.asarray(outcome.residual)[counts > 0])))

    def _by_quarter(self, quarter: Array) -> Array:
        """Return how many futures that count have each party in each quarter, [N, T]."""
        hits = quarter[..., None] == np.arange(self._quarters)
        return np.einsum("b,bnt->nt", self._counts, hits.astype(float))

    def _count(self, number: Array) -> Array:
        return np.bincount(
            number.astype(np.int64), weights=self._counts, minlength=self._base.wealth.shape[1] + 1
        )


def block_part(
    base: Course, courses: list[tuple[Case, Course]], counts: Array, *, channels: bool, quarters: int
) -> Part:
    """Return what one block gives for the base run and every case.

    Parameters
    ----------
    base
        The block, ready for the base run.
    courses
        Each case with the block ready for it.
    counts
        1 for each future that counts.
    channels
        Whether losses are split by channel.
    quarters
        Length of the calendar T.
    """
    first = min(_trigger(case.fail_at, quarters) for case, course in courses)
    unchanged = base.run_once(first)
    part = Part(unchanged, counts, quarters)
    for case, course in courses:
        outcome = course.run(case.fail_at)
        part.add(outcome, case.fail_at)
        if channels:
            part.changes[-1] |= _game(unchanged, outcome, case, course, counts, quarters)
    return part


def _trigger(fail_at: Array, quarters: int) -> int:
    """Return the first quarter in which somebody is made to fail; the opening where nobody is."""
    first = float(np.min(fail_at))
    return int(first) if 0 <= first < quarters else 0


def _game(
    base: Outcome, full: Outcome, case: Case, course: Course, counts: Array, quarters: int
) -> dict[str, Array]:
    """Return losses and defaults summed over futures for every set of open channels, by name of the set."""
    fails = np.isfinite(case.fail_at)
    quiet = silent(case.model, fails) if fails.any() else frozenset(range(len(CHANNELS)))
    every = frozenset(range(len(CHANNELS)))
    known: dict[frozenset[int], Array] = {every - quiet: _changed(base, full, counts, quarters)}
    found = {}
    for opened in closings():
        heard = opened - quiet
        if heard not in known:
            closed = np.array([[0.0 if n in heard else 1.0] for n in range(len(CHANNELS))]) * fails
            known[heard] = _changed(base, course.run(case.fail_at, closed), counts, quarters)
        found[key_of(opened)] = known[heard]
    return found


def key_of(opened: frozenset[int]) -> str:
    """Return the name under which a set of open channels is kept."""
    return "open " + "".join(str(n) for n in sorted(opened))


def _changed(base: Outcome, outcome: Outcome, counts: Array, quarters: int) -> Array:
    """Return the sums of losses and of further defaults by the end, [2, N]."""
    loss = counts @ (np.asarray(base.wealth) - np.asarray(outcome.wealth))
    ends = [counts @ (np.asarray(each.default) < quarters).astype(float) for each in (outcome, base)]
    return np.stack([loss, ends[0] - ends[1]])


class Gathered:
    """Sums and quantiles over all blocks.

    Parameters
    ----------
    shocks, parties
        Numbers of cases and of parties.
    """

    def __init__(self, shocks: int, parties: int) -> None:
        size = shocks * parties
        self.losses = Quantiles((size,), exact_up_to=min(_EXACT, _BUDGET // (4 * max(1, size))))
        self.sums: list[dict[str, Array]] = [{} for _ in range(shocks)]
        self.before: dict[str, Array] = {}
        self.residual = 0.0
        self.count = 0

    def add(self, part: Part, count: int) -> None:
        """Add the first futures of a block."""
        values = np.stack(part.losses, axis=1)[:count]
        flat = values.reshape(count, -1)
        self.losses.add(flat.astype(np.float32), total=flat.sum(axis=0))
        for sums, change in zip(self.sums, part.changes, strict=True):
            for name, value in change.items():
                sums[name] = value if name not in sums else sums[name] + value
        self.before = {name: value + self.before.get(name, 0.0) for name, value in part.before.items()}
        self.residual = max(self.residual, part.residual)
        self.count += count

    def mean(self, name: str) -> Array:
        """Return the mean over futures of what was lost or added, cases first."""
        return np.stack([sums[name] for sums in self.sums]) / self.count

    def mean_before(self, name: str) -> Array:
        """Return the mean over futures of the base run."""
        return self.before[name] / self.count
