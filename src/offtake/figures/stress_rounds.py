"""The ripple of one failure: who falls in which round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InputError
from offtake.figures._reading import roles_of
from offtake.figures._table import Table
from offtake.figures._template import INK, figure, party_colours
from offtake.figures.words import share

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.stress import Stress

__all__ = ["StressRounds", "collect_stress_rounds", "draw_stress_rounds"]

_MOST: Final = 8
_LEAST: Final = 5e-4


@dataclass(frozen=True, slots=True)
class StressRounds:
    """Who falls how long after a failure.

    Parameters
    ----------
    failed, at
        The party that is made to fail, and when.
    paths
        Number of futures.
    falls
        Share of futures in which each other party falls, by quarters since the failure; the largest first.
    nobody
        Share of futures in which nobody follows.
    colours
        Colour by party.
    """

    failed: str
    at: str
    paths: int
    falls: dict[str, tuple[float, ...]]
    nobody: float
    colours: dict[str, str]

    @property
    def rounds(self) -> int:
        """Number of quarters until the last fall, the quarter of the failure counted."""
        last = [n for each in self.falls.values() for n, value in enumerate(each) if value > 0]
        return max(last, default=0) + 1

    def table(self) -> Table:
        """Return the share of futures in which each party falls, by quarters since the failure."""
        kept = {party: each for party, each in self.falls.items() if sum(each) >= _LEAST}
        kept = kept or dict(list(self.falls.items())[:1])
        spans = _spans(self.rounds)
        rows = tuple(
            (party, share(sum(each)), *(share(sum(each[first:last])) for first, last in spans))
            for party, each in kept.items()
        )
        heads = tuple(str(first) if last == first + 1 else f"{first} to {last - 1}" for first, last in spans)
        text = f"{self.failed} fails in {self.at}; columns by quarters since. "
        text += f"Nobody follows in {share(self.nobody)} of futures."
        return Table(("party", "falls sooner in", *heads), rows, "lr" + "r" * len(heads), text)


def collect_stress_rounds(book: Book, failures: Stress, party: str) -> StressRounds:
    """Return who falls when after one party's failure, from a stress of every party in turn.

    Raises
    ------
    InputError
        If the stress did not make the party fail by itself.
    """
    shock = next((each for each in failures.shocks if each.failed == (party,)), None)
    if shock is None:
        message = f"the stress does not make `{party}` fail by itself"
        raise InputError(message)
    rounds = failures.dataset["round"].sel(shock=shock.name)
    falls = {
        name: tuple(float(each) for each in rounds.sel(party=name).values)
        for name in book.parties
        if name != party
    }
    return StressRounds(
        failed=party,
        at=shock.at,
        paths=failures.paths,
        falls=dict(sorted(falls.items(), key=lambda item: -sum(item[1]))),
        nobody=float(failures.dataset["followers"].sel(shock=shock.name, number=0)),
        colours=party_colours(roles_of(book)),
    )


def draw_stress_rounds(record: StressRounds, *, narrow: bool = False) -> Any:
    """Return the figure: for each quarter since the failure, how many fall on average, by party."""
    import plotly.graph_objects as go

    quarters = list(range(record.rounds))
    chart = figure(300 if narrow else 280)
    shown = [party for party, each in record.falls.items() if sum(each) > 0][:_MOST]
    shown = shown or list(record.falls)[:1]
    rest = [party for party in record.falls if party not in shown]
    series = {party: record.falls[party] for party in shown}
    if any(sum(record.falls[party]) for party in rest):
        series["all others"] = tuple(map(sum, zip(*(record.falls[party] for party in rest), strict=True)))
    for party, falls in series.items():
        chart.add_trace(
            go.Bar(
                x=quarters,
                y=[100 * each for each in falls[: record.rounds]],
                name=party,
                marker={"color": record.colours.get(party, "#b9b6ae")},
                hovertemplate=f"{party}: quarter %{{x}}, %{{y:.2f}} of 100 futures<extra></extra>",
            )
        )
    chart.update_layout(
        barmode="stack",
        bargap=0.25,
        xaxis={"title": {"text": "quarters since the failure"}, "dtick": 1 if record.rounds < 12 else 2},  # noqa: PLR2004
        yaxis={"title": {"text": "falls in 100 futures"}, "tickfont": {"color": INK}, "rangemode": "tozero"},
        showlegend=True,
        legend={"y": 1.0, "yanchor": "bottom"},
        margin={"t": 60},
    )
    return chart


def _spans(rounds: int) -> list[tuple[int, int]]:
    """Return the columns of the table: the first four quarters one by one, then years."""
    ends = [1, 2, 3, 4, *range(8, rounds + 4, 4)]
    starts = [0, *ends[:-1]]
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first < rounds]
