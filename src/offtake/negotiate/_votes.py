"""Who inside a party accepts an outcome, and whose veto binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offtake.negotiate._prospect import worst

if TYPE_CHECKING:
    from offtake.book import Party, Stakeholder
    from offtake.negotiate._prospect import Prospect

__all__ = ["Verdict", "Vote", "judged", "verdict_of"]

_EPS: Final = 1e-6
_CLOSED: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Vote:
    """How one stakeholder sees an outcome.

    Parameters
    ----------
    who
        The stakeholder; ``the party`` where it names none.
    gain
        What the outcome is worth to it above no deal, by its own appetite for risk and within its horizon,
        M USD.
    weight
        Its share in the party's decision.
    veto
        Whether a deal needs its consent.
    """

    who: str
    gain: float
    weight: float
    veto: bool

    @property
    def accepts(self) -> bool:
        """Whether it is no worse off than without a deal."""
        return self.gain >= -_EPS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a party makes of an outcome.

    Parameters
    ----------
    utility
        Gain over no deal, weighted over its stakeholders, M USD.
    votes
        Those of its stakeholders.
    """

    utility: float
    votes: tuple[Vote, ...]

    @property
    def accepts(self) -> bool:
        """Whether the party as a whole gains and nobody with a veto refuses."""
        return self.utility >= -_EPS and not self.vetoes

    @property
    def vetoes(self) -> tuple[str, ...]:
        """Those with a veto who refuse."""
        return tuple(vote.who for vote in self.votes if vote.veto and not vote.accepts)

    @property
    def binding(self) -> tuple[str, ...]:
        """Those whose veto alone stops it: the party as a whole would gain."""
        return self.vetoes if self.utility >= -_EPS else ()


def judged(prospect: Prospect, stakeholder: Stakeholder | None) -> float:
    """Return what a prospect is worth to a stakeholder: a mix of its mean and of the mean of its worst share.

    What lies beyond the stakeholder's horizon does not count. None judges by the mean.

    Examples
    --------
    >>> from offtake.book import Stakeholder
    >>> from offtake.negotiate import Prospect
    >>> two = Prospect.of([[0.0], [10.0]])
    >>> judged(two, Stakeholder.model_validate({"weight": 1, "caution": "50 %", "tail": "50 %"}))
    2.5
    """
    if stakeholder is None:
        return prospect.mean
    horizon = stakeholder.horizon
    values = prospect.until(None if horizon is None else horizon.value)
    caution = stakeholder.caution.value
    mean = float(prospect.chance @ values)
    if caution == 0.0:
        return mean
    return (1.0 - caution) * mean + caution * worst(values, prospect.chance, stakeholder.tail.value)


def verdict_of(party: Party, outcome: Prospect, without: Prospect) -> Verdict:
    """Return what a party makes of an outcome against having no deal.

    Each stakeholder compares what either prospect is worth to it. A party that names none goes by the mean.
    """
    if not party.stakeholders:
        gain = _gain(outcome, without, None)
        return Verdict(gain, (Vote("the party", gain, 1.0, veto=False),))
    total = sum(each.weight.value for each in party.stakeholders.values()) or 1.0
    votes = tuple(
        Vote(name, _gain(outcome, without, each), each.weight.value / total, each.veto)
        for name, each in party.stakeholders.items()
    )
    return Verdict(sum(vote.weight * vote.gain for vote in votes), votes)


def _gain(outcome: Prospect, without: Prospect, stakeholder: Stakeholder | None) -> float:
    """Return how much more a prospect is worth to a stakeholder; a billionth of either is nothing."""
    here, there = judged(outcome, stakeholder), judged(without, stakeholder)
    gain = here - there
    return 0.0 if abs(gain) <= _CLOSED * max(abs(here), abs(there)) else gain
