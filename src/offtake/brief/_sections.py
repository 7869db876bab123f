"""The sections of a page in reading order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offtake.brief._money_sections import (
    bridge_section,
    burn_section,
    cash_section,
    deals_section,
    dependence_section,
    first_profit_section,
    money_map_section,
)
from offtake.brief._other_sections import (
    assumed_section,
    capacity_section,
    defaults_section,
    energised_section,
    gates_section,
    scenarios_section,
)
from offtake.brief._plan_sections import (
    again_section,
    cover_section,
    frontier_section,
    make_or_buy_section,
    sign_section,
    supply_section,
)
from offtake.brief._quote_sections import quote_sections
from offtake.brief._share_sections import portfolio_section
from offtake.brief._stress_sections import (
    losses_section,
    matrix_section,
    reverse_section,
    ripples_section,
    rounds_section,
    tornado_section,
)
from offtake.brief._talk_sections import talk_sections
from offtake.brief._trace_sections import cycles_section, exposures_section, origins_section

if TYPE_CHECKING:
    from offtake.brief._context import Section
    from offtake.brief._records import Records

__all__ = ["sections"]


def sections(records: Records) -> tuple[Section, ...]:
    """Return every section of a page in reading order."""
    makers = (
        capacity_section,
        cash_section,
        burn_section,
        bridge_section,
        first_profit_section,
        dependence_section,
        money_map_section,
        cycles_section,
        origins_section,
        exposures_section,
        energised_section,
        gates_section,
        deals_section,
        scenarios_section,
        losses_section,
        matrix_section,
        rounds_section,
        ripples_section,
        reverse_section,
        tornado_section,
        supply_section,
        sign_section,
        again_section,
        cover_section,
        frontier_section,
        make_or_buy_section,
    )
    return (
        *(make(records) for make in makers),
        *quote_sections(records),
        portfolio_section(records),
        *talk_sections(records),
        defaults_section(records),
        assumed_section(records),
    )
