"""The plan held against futures that it has not seen: what its signings bring when `simulate` runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from offtake.plan._result import Fresh
from offtake.simulate import BLOCK, simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.plan._instance import FloatArray
    from offtake.simulate._simulate import Engine

__all__ = ["run_fresh"]

_APART: Final = 1_000_003
"""What is added to the plan's seed, so that fresh futures are others than those of the tree."""


def run_fresh(
    book: Book,
    signed: Book,
    buyer: str,
    expected: float,
    discount: FloatArray,
    paths: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    engine: Engine = "jax",
) -> Fresh:
    """Return what the signed book brings the buyer beyond the book as it stands, on the same fresh futures.

    Measured is the present value of all its money but financing (operating flow), so that defaults of the
    buyer and of others, and the plain rule of dispatch, count.

    Parameters
    ----------
    book, signed
        The book without and with what the plan signs at the opening.
    buyer
        Whose money.
    expected
        What the programme expects of the same.
    discount
        Present value of a M USD of each quarter, [T].
    paths
        Futures, rounded up to whole batches, of which the standard error is taken.
    seed
        Seed of the plan.
    progress, engine
        As for `plan`.
    """
    batches = max(2, -(-paths // BLOCK))
    gains, without = [], []
    for batch in range(batches):
        at = seed + _APART + batch
        money = [
            float(
                discount
                @ simulate(each, paths=BLOCK, seed=at, engine=engine)
                .values("operating_flow", stat="mean", party=buyer)
                .values
            )
            for each in (signed, book)
        ]
        gains.append(money[0] - money[1])
        without.append(money[1])
        if progress is not None:
            progress(batch + 1, batches)
    return Fresh(
        paths=batches * BLOCK,
        seed=seed + _APART,
        simulated=float(np.mean(gains)),
        error=float(np.std(gains, ddof=1) / np.sqrt(batches)),
        expected=expected,
        unsigned=float(np.mean(without)),
    )
