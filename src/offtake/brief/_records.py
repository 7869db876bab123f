"""Everything a page shows, collected once: one record for each figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from offtake import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.book import Book
    from offtake.brief._plans import Plans
    from offtake.brief._probes import Probes
    from offtake.brief._quotes import Priced, Quotes
    from offtake.brief._shared import Shared
    from offtake.brief._talks import Talked, Talks
    from offtake.results import Simulation
    from offtake.stress import ReverseStress, Stress

__all__ = ["QuoteFigures", "Records", "TalkFigures", "collect", "source_of"]


@dataclass(frozen=True, slots=True)
class QuoteFigures:
    """A request of the book, and what its figures show; None where no price was found.

    Parameters
    ----------
    priced
        The request.
    chance, prices, payback
        Its figures.
    """

    priced: Priced
    chance: figures.QuoteChance | None
    prices: figures.QuotePrices | None
    payback: figures.QuotePayback | None


@dataclass(frozen=True, slots=True)
class TalkFigures:
    """A negotiation of the book, and what its figures show; None where nothing was found.

    Parameters
    ----------
    talked
        The negotiation.
    zone, prices, stakeholders, clauses, stay
        Its figures.
    """

    talked: Talked
    zone: figures.Zone | None
    prices: figures.PriceRanges | None
    stakeholders: figures.Stakeholders | None
    clauses: figures.ClauseValues | None
    stay: figures.StayCurve | None


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a page.

    Parameters
    ----------
    party
        The party in focus.
    horizon
        Year to whose end burn is told: the last of the plan within the calendar, else the last year.
    capacity, cash, burn, bridge, first_profit, energised, dependence, money_map
        What the figures on supply and money show.
    trace_cycles, trace_origins, trace_exposures
        What the figures show on where money comes from and who is exposed to whom.
    gates, deals, defaults, assumed
        What the other figures show.
    scenarios
        Scenarios side by side; None where none were run.
    stress_matrix, stress_rounds, stress_ripples, stress_losses
        What failures do; None where nobody was failed.
    stress_reverse, stress_tornado
        The most probable failure and what burn owes to every figure; None where that was not asked, the first
        also where no failure was found.
    near_failures
        The same by later quarters, by which next to nothing has to move.
    plans, plan_supply, plan_signings, plan_frontier, plan_cover, plan_again, plan_other
        The plans, and what their figures show; None where nothing was planned.
    source
        What commands call the book.
    quotes, quote_figures
        What each request of the book should be charged; none where none was priced.
    talks, talk_figures
        What each negotiation of the book found; none where none was looked at.
    shared, negotiate_portfolio
        What each provider brings to the party in focus; None where that was not asked, the figure also where
        it is not known.
    """

    party: str
    horizon: str
    capacity: figures.Capacity
    cash: figures.Cash
    burn: figures.Burn
    bridge: figures.Bridge
    first_profit: figures.FirstProfit
    energised: figures.Energised
    dependence: figures.Dependence
    money_map: figures.MoneyMap
    trace_cycles: figures.TraceCycles
    trace_origins: figures.TraceOrigins
    trace_exposures: figures.TraceExposures
    gates: figures.Gates
    deals: figures.DealsByFirmness
    defaults: figures.Defaults
    assumed: figures.Assumed
    scenarios: figures.Scenarios | None
    stress_matrix: figures.StressMatrix | None
    stress_rounds: figures.StressRounds | None
    stress_ripples: figures.StressRipples | None
    stress_losses: figures.StressLosses | None
    stress_reverse: figures.StressReverse | None
    stress_tornado: figures.StressTornado | None
    near_failures: tuple[ReverseStress, ...]
    plans: Plans | None
    plan_supply: figures.Capacity | None
    plan_signings: figures.PlanSignings | None
    plan_frontier: figures.PlanFrontier | None
    plan_cover: figures.PlanCover | None
    plan_again: figures.PlanSignings | None
    plan_other: figures.PlanSignings | None
    source: str
    quotes: Quotes | None
    quote_figures: tuple[QuoteFigures, ...]
    talks: Talks | None
    talk_figures: tuple[TalkFigures, ...]
    shared: Shared | None
    negotiate_portfolio: figures.ProviderShares | None


def collect(
    book: Book,
    runs: Simulation,
    scenario_runs: Mapping[str, Simulation],
    failures: Stress | None = None,
    channels: Stress | None = None,
    probes: Probes | None = None,
    quotes: Quotes | None = None,
    plans: Plans | None = None,
    talks: Talks | None = None,
    shared: Shared | None = None,
) -> Records:
    """Return the records of every figure of a page."""
    party = figures.focal_party(book, runs)
    burn = figures.collect_burn(book, runs, party)
    horizon = list(burn.plan)[-1] if burn.plan else burn.cumulative.labels[-1]
    chosen, again = (plans.chosen, plans.again) if plans is not None else (None, None)
    return Records(
        party=party,
        horizon=horizon,
        capacity=figures.collect_capacity(book, runs, party),
        cash=figures.collect_cash(book, runs, party),
        burn=burn,
        bridge=figures.collect_bridge(book, runs, party),
        first_profit=figures.collect_first_profit(book, runs, party),
        energised=figures.collect_energised(book, runs),
        dependence=figures.collect_dependence(book, runs),
        money_map=figures.collect_money_map(book, runs),
        trace_cycles=figures.collect_trace_cycles(book, runs),
        trace_origins=figures.collect_trace_origins(book, runs),
        trace_exposures=figures.collect_trace_exposures(book, runs),
        gates=figures.collect_gates(book, runs),
        deals=figures.collect_deals(book, runs),
        defaults=figures.collect_defaults(book, runs),
        assumed=figures.collect_assumed(book, runs),
        scenarios=figures.collect_scenarios(book, runs, scenario_runs, party, horizon)
        if scenario_runs
        else None,
        stress_matrix=figures.collect_stress_matrix(book, failures) if failures is not None else None,
        stress_rounds=figures.collect_stress_rounds(book, failures, most_followed(failures))
        if failures is not None
        else None,
        stress_ripples=figures.collect_stress_ripples(book, failures) if failures is not None else None,
        stress_reverse=_reverse(book, runs, probes),
        stress_tornado=figures.collect_stress_tornado(book, probes.sensitivities) if probes else None,
        near_failures=probes.failure.near if probes and probes.failure else (),
        stress_losses=figures.collect_stress_losses(book, channels) if channels is not None else None,
        plans=plans,
        plan_supply=figures.collect_plan_supply(book, chosen) if chosen else None,
        plan_signings=figures.collect_plan_signings(book, chosen) if chosen else None,
        plan_frontier=figures.collect_plan_frontier(book, chosen) if chosen else None,
        plan_cover=figures.collect_plan_cover(book, chosen) if chosen else None,
        plan_again=figures.collect_plan_signings(book, again) if again else None,
        plan_other=figures.collect_plan_signings(book, plans.others[0]) if plans and plans.others else None,
        source=source_of(book),
        quotes=quotes,
        quote_figures=tuple(_of_request(each) for each in quotes.requests) if quotes is not None else (),
        talks=talks,
        talk_figures=tuple(_of_table(book, each) for each in talks.negotiations) if talks is not None else (),
        shared=shared,
        negotiate_portfolio=figures.collect_negotiate_portfolio(book, shared.portfolio)
        if shared is not None and shared.portfolio is not None
        else None,
    )


def source_of(book: Book) -> str:
    """Return what commands call a book: its name if it comes with the package."""
    return book.book if book.book in book.shipped() else "BOOK"


def _of_request(priced: Priced) -> QuoteFigures:
    quote = priced.quote
    if quote is None:
        return QuoteFigures(priced, None, None, None)
    return QuoteFigures(
        priced,
        figures.collect_quote_chance(quote),
        figures.collect_quote_prices(quote),
        figures.collect_quote_payback(quote),
    )


def _of_table(book: Book, talked: Talked) -> TalkFigures:
    talks, stay = talked.talks, talked.stay
    if talks is None:
        return TalkFigures(talked, None, None, None, None, None)
    return TalkFigures(
        talked,
        figures.collect_negotiate_zone(book, talks),
        figures.collect_negotiate_prices(book, talks),
        figures.collect_negotiate_stakeholders(book, talks),
        figures.collect_negotiate_clauses(book, talks) if talks.clauses else None,
        figures.collect_negotiate_stay(book, stay) if stay is not None else None,
    )


def _reverse(book: Book, runs: Simulation, probes: Probes | None) -> figures.StressReverse | None:
    if probes is None or probes.failure is None:
        return None
    failure = probes.failure
    return figures.collect_stress_reverse(book, runs, failure.found, failure.short, failure.every)


def most_followed(failures: Stress) -> str:
    """Return the party whose failure brings most others down; the most harmful where nobody follows."""
    return max(failures.ranking.ranks, key=lambda each: each.followers or 0.0).party
