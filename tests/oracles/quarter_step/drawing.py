"""What one future draws: scalars, deals in force, failures, drivers, spot, profiles (rules A1 to A6)."""

import math
from dataclasses import replace

from offtake.units import read
from oracles.quarter_step.numbers import NEVER, phi, quantile
from oracles.quarter_step.paths import driver_paths

HOURS = 2190.0


def in_gpu_hours(profile):
    """Whether a profile's constant, its factor on a driver or its path is in USD/GPU-hour."""
    amount = profile.amount
    return profile.per_gpu_hour or (
        amount is not None and (amount.per_gpu_hour or amount.dimension == "gpu_hour_price")
    )


class Drawn:
    """A book in one future."""

    def __init__(self, book, draws, scenario=None):
        self.book, self.draws = book, draws
        self.calendar = book.calendar
        self.T = len(book.calendar)
        self.scenario = scenario
        self.shifts = {}
        for path, value in (self.scenario.set if self.scenario else {}).items():
            if path.startswith("causes.") and isinstance(value, str) and value[0] in "+-":
                sign = -1.0 if value[0] == "-" else 1.0
                self.shifts[path.removeprefix("causes.")] = sign * read(value[1:], "duration").value
        self.X, self.unit_of_driver, self.opening_curve = driver_paths(self)
        self.in_force = {name: self._in_force(name, deal) for name, deal in book.deals.items()}
        self.g = {
            name: self.in_force[name] * self.amount(deal.fulfilment, f"deals.{name}.fulfilment")
            for name, deal in book.deals.items()
        }
        self.fails_at = {name: self._fails_at(name, party) for name, party in book.parties.items()}

    def normal(self, label):
        """The standard normal of a label (A1)."""
        return self.draws.get(label, 0.0)

    def index(self, quarter, default):
        """The start of a quarter, counted from the opening."""
        return default if quarter is None else float(self.calendar.index(quarter))

    def end_of(self, quarter):
        """The end of a last quarter: `until` holds up to and including it."""
        return NEVER if quarter is None else float(self.calendar.index(quarter)) + 1.0

    def _share_with(self, cause, rho, own):
        if cause is None:
            return own
        if rho is None:
            known = self.book.causes.get(cause)
            rho = known.correlation.value if known is not None else 0.5
        return math.sqrt(rho) * self.normal(f"cause/{cause}") + math.sqrt(1.0 - rho) * own

    def amount(self, amount, path, default=0.0):
        """The value of an amount in this future (A2)."""
        if amount is None:
            return default
        law = amount.distribution
        if law is None:
            return amount.value
        value = quantile(law, self._share_with(law.cause, law.correlation, self.normal(f"scalar/{path}")))
        if amount.dimension != "duration":
            return value
        return max(0.0, value + self.shifts.get(law.cause, 0.0))

    def _in_force(self, name, deal):
        """A3."""
        if (self.scenario and name in self.scenario.without) or deal.firmness == "offered":
            return 0.0
        if deal.firmness == "firm":
            return 1.0
        x = self._share_with(deal.cause, None, self.normal(f"deal/{name}"))
        return 1.0 if phi(x) < self.amount(deal.likelihood, f"deals.{name}.likelihood") else 0.0

    def _fails_at(self, name, party):
        """A4: the quarter of a failure that the book does not explain."""
        quarters = []
        hazard = self.amount(party.hazard, f"parties.{name}.hazard")
        if hazard > 0:
            time = -math.log(phi(self.normal(f"hazard/{name}"))) / (hazard / 4.0)
            quarters.append(math.floor(time))
        if self.scenario and name in self.scenario.fail:
            quarters.append(self.calendar.index(self.scenario.at))
        return min(quarters, default=NEVER)

    def per_mw_quarter(self, chip):
        """M USD for each MW-quarter at one USD for each GPU-hour (A5)."""
        power = self.amount(self.book.chips[chip].power, f"chips.{chip}.power")
        return HOURS * (1000.0 / power) / 1e6

    @property
    def market_chip(self):
        """The market's chip, else the book's only chip, else none."""
        chips = list(self.book.chips)
        return self.book.market.chip or (chips[0] if len(chips) == 1 else None)

    def chip_of_deal(self, name):
        """The chip of a deal (A5)."""
        deal = self.book.deals[name]
        delivery = next((c for c in deal.clauses.values() if c.kind == "delivery"), None)
        if delivery is not None and delivery.chip is not None:
            return delivery.chip
        if deal.sites and self.book.sites[deal.sites[0]].chip is not None:
            return self.book.sites[deal.sites[0]].chip
        return self.market_chip

    def price(self, amount, path, chip):
        """The value of a capacity price in M USD/MW/quarter."""
        factor = self.per_mw_quarter(chip) if amount is not None and amount.per_gpu_hour else 1.0
        return self.amount(amount, path) * factor

    def profile(self, profile, path, chip=None):
        """The values of a profile in each quarter (A6)."""
        if profile is None:
            return [0.0] * self.T
        scale = 1.0
        if profile.amount is not None:
            scale = self.amount(profile.amount, path)
            profile = replace(
                profile, amount=replace(profile.amount, value=1.0, distribution=None, range=None)
            )
        values = [scale * base for base in profile.on(self.calendar)]
        gpu_hours = in_gpu_hours(profile)
        if profile.driver is not None:
            values = [base * x for base, x in zip(values, self.X[profile.driver], strict=True)]
            gpu_hours = gpu_hours or (
                profile.dimension == "capacity_price"
                and self.unit_of_driver[profile.driver] == "gpu_hour_price"
            )
        factor = self.per_mw_quarter(chip) if gpu_hours else 1.0
        return [value * factor for value in values]

    def opening_median(self, profile, chip):
        """The median of a profile in the opening quarter, without shocks (E16)."""
        value = profile.on(self.calendar)[0]
        gpu_hours = in_gpu_hours(profile)
        if profile.driver is not None:
            value *= self.opening_curve[profile.driver]
            gpu_hours = gpu_hours or self.unit_of_driver[profile.driver] == "gpu_hour_price"
        return value * (HOURS * (1000.0 / self.book.chips[chip].power.value) / 1e6 if gpu_hours else 1.0)

    @property
    def spot_driver(self):
        """The name of the driver of the spot price, or None."""
        return self.book.market.spot or ("spot" if "spot" in self.book.drivers else None)

    @property
    def spot(self):
        """The spot price in M USD/MW/quarter in each quarter."""
        if self.spot_driver is None:
            return [0.0] * self.T
        per_hour = self.unit_of_driver[self.spot_driver] == "gpu_hour_price"
        factor = self.per_mw_quarter(self.market_chip) if per_hour else 1.0
        return [x * factor for x in self.X[self.spot_driver]]

    @property
    def confidence(self):
        """The driver of confidence in each quarter."""
        name = self.book.market.confidence or ("confidence" if "confidence" in self.book.drivers else None)
        return [1.0] * self.T if name is None else self.X[name]
