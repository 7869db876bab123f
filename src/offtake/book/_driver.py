"""Drivers: named uncertain quantities, and scenarios that move them."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator, model_validator

from offtake.book._entry import Entry, Record, entry_field, one_or_many
from offtake.book._scalars import Amount, Duration, Name, QuarterField, Rate, Ratio

PROCESSES = ("constant", "path", "gbm", "mean_reverting", "logistic", "bass")


class Jumps(Record):
    """Sudden moves on top of a process: a compound Poisson process in logs."""

    rate: Rate = entry_field("Jumps a year.", unit="1/year")
    mean: Ratio = entry_field("Mean log size of a jump.", unit="1", default=Amount(0.0, "ratio"))
    sd: Ratio = entry_field("Standard deviation of its log size.", unit="1", default=Amount(0.0, "ratio"))


class Driver(Entry):
    """An uncertain quantity; exactly one of the six processes is given.

    The numbers inside a process are quantities of the driver's own unit (`35 MW`, `2.3 USD/GPU-hour`, `1`),
    rates (`growth: 70 %/year`) or times (`half_life: 18 months`):
    `constant: 5`, `path: {2026-Q1: 20 MW, 2030-Q4: 90 MW}`, `gbm: {now, growth}`,
    `mean_reverting: {now, level, half_life}`, `logistic: {now, ceiling, growth}`,
    `bass: {now, ceiling, p, q}`.
    """

    constant: Any = entry_field("A fixed value.", unit="own", default=None)
    path: dict[QuarterField, Any] | None = entry_field(
        "Values by quarter, linear in between.", unit="own", default=None
    )
    gbm: dict[str, Any] | None = entry_field(
        "Geometric Brownian motion: now, growth.", unit="own", default=None
    )
    mean_reverting: dict[str, Any] | None = entry_field(
        "Log Ornstein-Uhlenbeck: now, level (the long-run median), half_life.", unit="own", default=None
    )
    logistic: dict[str, Any] | None = entry_field(
        "Logistic diffusion: now, ceiling, growth.", unit="own", default=None
    )
    bass: dict[str, Any] | None = entry_field("Bass diffusion: now, ceiling, p, q.", unit="own", default=None)
    noise: Rate = entry_field(
        "Volatility of the log value a year.", unit="1/year^0.5", default=Amount(0.0, "rate")
    )
    jumps: Jumps | None = entry_field("Sudden moves.", default=None)
    history: str | None = entry_field(
        "CSV file with columns date,value that `offtake fit` reads.", default=None
    )

    @property
    def process(self) -> str:
        """The name of the process that is given."""
        return next(name for name in PROCESSES if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _exactly_one_process(self) -> Driver:
        given = [name for name in PROCESSES if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            message = f"exactly one process of {', '.join(PROCESSES)} is needed, found {found}"
            raise ValueError(message)
        return self


class Shock(Record):
    """A sudden move of a driver: `x0.2` for short multiplies it."""

    times: Ratio = entry_field("Factor on the driver.", unit="1")
    at: QuarterField | None = entry_field("Quarter of the move; default: the scenario's `at`.", default=None)
    lasting: Duration | None = entry_field(
        "How long it lasts; default: it stays in the process, which reverts or not by its own law.",
        unit="quarter",
        default=None,
        alias="for",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, data: Any) -> Any:
        if isinstance(data, str) and data.strip().startswith("x"):
            return {"times": float(data.strip()[1:])}
        return data


class Scenario(Entry):
    """A named set of overrides and shocks, run beside the book as it is."""

    title: str | None = entry_field("What happens, in a few words for a reader.", default=None)
    set: dict[str, Any] = entry_field(
        "New values by dotted path (`drivers.users.growth: 10 %/year`); `causes.X: +9 months` delays.",
        default_factory=dict,
    )
    from_: QuarterField | None = entry_field(
        "Quarter from which new driver values hold; default: from the opening.", default=None, alias="from"
    )
    shock: dict[Name, Shock] = entry_field("Sudden moves by driver.", default_factory=dict)
    at: QuarterField | None = entry_field("Quarter of the shocks and failures.", default=None)
    fail: tuple[Name, ...] = entry_field("Parties made to default at `at`.", default=())
    without: tuple[Name, ...] = entry_field("Deals that do not happen.", default=())

    _one_or_many = field_validator("fail", "without", mode="before")(one_or_many)
