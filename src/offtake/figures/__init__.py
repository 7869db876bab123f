"""Figures, each in two steps: collect a small frozen record of numbers and labels, then draw it."""

from offtake.figures._fan import Fan
from offtake.figures._reading import focal_party
from offtake.figures._size import Obligations, obligations
from offtake.figures._table import Table
from offtake.figures._template import party_colours
from offtake.figures.assumed import Assumed, collect_assumed, draw_assumed
from offtake.figures.burn import (
    Bridge,
    Burn,
    collect_bridge,
    collect_burn,
    draw_bridge,
    draw_burn,
)
from offtake.figures.capacity import Capacity, collect_capacity, draw_capacity
from offtake.figures.cash import Cash, collect_cash, draw_cash
from offtake.figures.credit import Defaults, base_rate, base_rate_source, collect_defaults, draw_defaults
from offtake.figures.deals import DealsByFirmness, collect_deals, draw_deals
from offtake.figures.delivery import (
    Energised,
    Gates,
    collect_energised,
    collect_gates,
    draw_energised,
    draw_gates,
)
from offtake.figures.negotiate_clauses import (
    ClauseValues,
    collect_negotiate_clauses,
    draw_negotiate_clauses,
)
from offtake.figures.negotiate_portfolio import (
    ProviderShares,
    collect_negotiate_portfolio,
    draw_negotiate_portfolio,
)
from offtake.figures.negotiate_prices import PriceRanges, collect_negotiate_prices, draw_negotiate_prices
from offtake.figures.negotiate_stakeholders import (
    Stakeholders,
    collect_negotiate_stakeholders,
    draw_negotiate_stakeholders,
)
from offtake.figures.negotiate_stay import StayCurve, collect_negotiate_stay, draw_negotiate_stay
from offtake.figures.negotiate_zone import Zone, collect_negotiate_zone, draw_negotiate_zone
from offtake.figures.payments import (
    Dependence,
    MoneyMap,
    collect_dependence,
    collect_money_map,
    draw_dependence,
    draw_money_map,
)
from offtake.figures.plan_cover import PlanCover, collect_plan_cover, draw_plan_cover
from offtake.figures.plan_frontier import PlanFrontier, collect_plan_frontier, draw_plan_frontier
from offtake.figures.plan_signings import PlanSignings, collect_plan_signings, draw_plan_signings
from offtake.figures.plan_supply import collect_plan_supply, draw_plan_supply
from offtake.figures.profit import FirstProfit, collect_first_profit, draw_first_profit
from offtake.figures.quote_chance import QuoteChance, collect_quote_chance, draw_quote_chance
from offtake.figures.quote_payback import QuotePayback, collect_quote_payback, draw_quote_payback
from offtake.figures.quote_prices import QuotePrices, collect_quote_prices, draw_quote_prices
from offtake.figures.scenarios import Scenarios, collect_scenarios, draw_scenarios
from offtake.figures.stress_losses import StressLosses, collect_stress_losses, draw_stress_losses
from offtake.figures.stress_matrix import StressMatrix, collect_stress_matrix, draw_stress_matrix
from offtake.figures.stress_reverse import StressReverse, collect_stress_reverse, draw_stress_reverse
from offtake.figures.stress_ripples import StressRipples, collect_stress_ripples, draw_stress_ripples
from offtake.figures.stress_rounds import StressRounds, collect_stress_rounds, draw_stress_rounds
from offtake.figures.stress_tornado import StressTornado, collect_stress_tornado, draw_stress_tornado
from offtake.figures.trace_cycles import TraceCycles, collect_trace_cycles, draw_trace_cycles
from offtake.figures.trace_exposures import TraceExposures, collect_trace_exposures, draw_trace_exposures
from offtake.figures.trace_origins import TraceOrigins, collect_trace_origins, draw_trace_origins

__all__ = [
    "Assumed",
    "Bridge",
    "Burn",
    "Capacity",
    "Cash",
    "ClauseValues",
    "DealsByFirmness",
    "Defaults",
    "Dependence",
    "Energised",
    "Fan",
    "FirstProfit",
    "Gates",
    "MoneyMap",
    "Obligations",
    "PlanCover",
    "PlanFrontier",
    "PlanSignings",
    "PriceRanges",
    "ProviderShares",
    "QuoteChance",
    "QuotePayback",
    "QuotePrices",
    "Scenarios",
    "Stakeholders",
    "StayCurve",
    "StressLosses",
    "StressMatrix",
    "StressReverse",
    "StressRipples",
    "StressRounds",
    "StressTornado",
    "Table",
    "TraceCycles",
    "TraceExposures",
    "TraceOrigins",
    "Zone",
    "base_rate",
    "base_rate_source",
    "collect_assumed",
    "collect_bridge",
    "collect_burn",
    "collect_capacity",
    "collect_cash",
    "collect_deals",
    "collect_defaults",
    "collect_dependence",
    "collect_energised",
    "collect_first_profit",
    "collect_gates",
    "collect_money_map",
    "collect_negotiate_clauses",
    "collect_negotiate_portfolio",
    "collect_negotiate_prices",
    "collect_negotiate_stakeholders",
    "collect_negotiate_stay",
    "collect_negotiate_zone",
    "collect_plan_cover",
    "collect_plan_frontier",
    "collect_plan_signings",
    "collect_plan_supply",
    "collect_quote_chance",
    "collect_quote_payback",
    "collect_quote_prices",
    "collect_scenarios",
    "collect_stress_losses",
    "collect_stress_matrix",
    "collect_stress_reverse",
    "collect_stress_ripples",
    "collect_stress_rounds",
    "collect_stress_tornado",
    "collect_trace_cycles",
    "collect_trace_exposures",
    "collect_trace_origins",
    "draw_assumed",
    "draw_bridge",
    "draw_burn",
    "draw_capacity",
    "draw_cash",
    "draw_deals",
    "draw_defaults",
    "draw_dependence",
    "draw_energised",
    "draw_first_profit",
    "draw_gates",
    "draw_money_map",
    "draw_negotiate_clauses",
    "draw_negotiate_portfolio",
    "draw_negotiate_prices",
    "draw_negotiate_stakeholders",
    "draw_negotiate_stay",
    "draw_negotiate_zone",
    "draw_plan_cover",
    "draw_plan_frontier",
    "draw_plan_signings",
    "draw_plan_supply",
    "draw_quote_chance",
    "draw_quote_payback",
    "draw_quote_prices",
    "draw_scenarios",
    "draw_stress_losses",
    "draw_stress_matrix",
    "draw_stress_reverse",
    "draw_stress_ripples",
    "draw_stress_rounds",
    "draw_stress_tornado",
    "draw_trace_cycles",
    "draw_trace_exposures",
    "draw_trace_origins",
    "focal_party",
    "obligations",
    "party_colours",
]
