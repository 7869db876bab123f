"""The parties by harm done and harm suffered, with DebtRank on the book's exposures beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.clearing import debtrank

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from offtake.book import Book
    from offtake.model import Model
    from offtake.stress._gather import Gathered
    from offtake.stress._shocks import Case

__all__ = ["Rank", "Ranking", "buffers", "exposures", "rank"]

Array = Any
_YEAR: Final = 4
_BALANCES: Final = frozenset({"prepayment", "draw", "principal"})
_LEAST_BUFFER: Final = 1.0


@dataclass(frozen=True, slots=True)
class Rank:
    """One party's place.

    Parameters
    ----------
    party
        The party.
    done
        Mean loss of all others together if it alone fails, M USD; None where it was not made to fail.
    followers
        Mean number of other parties that then fall sooner than in the base run.
    suffered
        Its mean loss over the failures of each other party, M USD; None where no other was made to fail.
    debtrank, single_hit
        Buffers that its failure eats into by DebtRank, linear and single-hit, M USD.
    distressed
        Share of its own buffer that it loses by linear DebtRank, averaged over the failures of the others.
    buffer
        Its buffer, M USD.
    """

    party: str
    done: float | None
    followers: float | None
    suffered: float | None
    debtrank: float
    single_hit: float
    distressed: float
    buffer: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """All parties, the most harmful first.

    Parameters
    ----------
    ranks
        The parties.
    parties
        Labels of the exposures' axes, in book order.
    exposures
        Claim of the row's party on the column's party, M USD.
    """

    ranks: tuple[Rank, ...]
    parties: tuple[str, ...]
    exposures: tuple[tuple[float, ...], ...]

    def to_dataframe(self) -> pd.DataFrame:
        """Return the ranking as a table, a row for each party."""
        import pandas as pd

        columns = ("done", "followers", "suffered", "debtrank", "single_hit", "distressed", "buffer")
        rows = [[getattr(each, name) for name in columns] for each in self.ranks]
        return pd.DataFrame(
            rows, columns=list(columns), index=pd.Index([each.party for each in self.ranks], name="party")
        )


def buffers(book: Book) -> Array:
    """Return what absorbs each party's losses, [N], M USD: its equity, else cash and other assets less debt.

    A party without any has 1 M USD, so that its first loss wipes it out.
    """
    found = []
    for party in book.parties.values():
        worth = party.cash.value + party.other_assets.value - sum(debt.amount.value for debt in party.debt)
        found.append(max(worth if party.equity is None else party.equity.value, _LEAST_BUFFER))
    return np.array(found)


def exposures(base: Model, made: list[Case], gathered: Gathered) -> Array:
    """Return the claims of each party (row) on each other, [N, N], M USD, when the first failure comes.

    They are loans and prepayments that stand at the end of the quarter before, and what the debtor pays in
    the four quarters from then on, all on average over the futures of the base run.
    """
    fixed = base.structure
    lines, loans, capacity = fixed.lines, fixed.loans, fixed.capacity
    at = min((int(case.fail_at.min()) for case in made if np.isfinite(case.fail_at).any()), default=0)
    at = min(max(at, 0), fixed.quarters - 1)
    before = max(at - 1, 0)
    flows = np.array([kind not in _BALANCES for kind in lines.kind])
    year = gathered.mean_before("lines")[at : at + _YEAR].sum(axis=0) * flows
    matrix = np.zeros((len(base.names.parties),) * 2)
    np.add.at(matrix, (lines.receiver, lines.payer), year)
    np.add.at(matrix, (loans.lender, loans.borrower), gathered.mean_before("loan")[before])
    np.add.at(matrix, (capacity.buyer, capacity.seller), gathered.mean_before("uncredited")[before])
    np.fill_diagonal(matrix, 0.0)
    return np.maximum(matrix, 0.0)


def rank(book: Book, dataset: xr.Dataset, made: list[Case], claims: Array) -> Ranking:
    """Return the ranking.

    Parameters
    ----------
    book
        The book.
    dataset
        What the stress found.
    made
        Its cases; those in which one party alone fails, and nothing else is changed, count.
    claims
        Exposures, [N, N].
    """
    parties = tuple(book.parties)
    buffer = buffers(book)
    lone = {
        case.shock.failed[0]: n
        for n, case in enumerate(made)
        if len(case.shock.failed) == 1 and not case.shock.scenario and not case.shock.overrides
    }
    loss = dataset["loss"].values[0]
    numbers = dataset["followers"].values @ np.arange(len(parties) + 1)
    shock = np.eye(len(parties))
    linear, single = (
        (debtrank(claims, buffer, shock, kind=kind).final - shock) * buffer
        for kind in ("linear", "single-hit")
    )
    ranks = []
    for i, name in enumerate(parties):
        others = [n for party, n in lone.items() if party != name]
        case = lone.get(name)
        ranks.append(
            Rank(
                party=name,
                done=None if case is None else float(loss[case].sum() - loss[case, i]),
                followers=None if case is None else float(numbers[case]),
                suffered=float(loss[others, i].mean()) if others else None,
                debtrank=float(linear[i].sum()),
                single_hit=float(single[i].sum()),
                distressed=float(np.delete(linear[:, i], i).mean() / buffer[i]) if len(parties) > 1 else 0.0,
                buffer=float(buffer[i]),
            )
        )
    ranks.sort(key=lambda each: (-(each.done if each.done is not None else -np.inf), -each.debtrank))
    return Ranking(tuple(ranks), parties, tuple(tuple(map(float, row)) for row in claims))
