"""A run of any book without an engine: plausible numbers that keep the identities a page relies on."""

from pathlib import Path

import numpy as np
import yaml

from offtake.book import Book
from offtake.calendar import Quarter
from offtake.results import Simulation
from results.invented import DRAWN, Draws, dataset, stats

HERE = Path(__file__).parent


def invented_book(name="lantern"):
    """Return an invented book that stands beside the tests."""
    return Book.from_data(yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8")))


def pretend(book, *, seed=3, hardship=1.0, settings=None):
    """Return a run of a book: hardship above 1 means less revenue, more burn and more defaults."""
    world = _World(book, seed, hardship)
    return Simulation(
        dataset(world.values(), world.labels()),
        paths=DRAWN,
        seed=seed,
        settings=settings or {},
        book=book.book,
        book_hash=book.hash,
        version="0.0",
        audit={"D1": 3e-15, "D2": 1e-15},
        citations=("L. Eisenberg, T. Noe, Systemic risk in financial systems, 2001",),
    )


class _World:
    """The drawn futures of one book."""

    def __init__(self, book, seed, hardship):
        self.book, self.hardship = book, hardship
        self.quarters = [str(each) for each in book.calendar]
        self.years = list(book.calendar.years)
        self.draws = Draws(seed, self.quarters)
        self.parties = list(book.parties)
        self.deals = list(book.deals)
        self.size = len(self.quarters)

    def labels(self):
        """Return the labels of every dim."""
        phases, gates = [], []
        for site, entry in self.book.sites.items():
            for number, phase in enumerate(entry.phases, start=1):
                phases.append(f"{site}/{phase.name or number}")
                gates += [f"{phases[-1]}/{gate}" for gate in phase.gates]
        return {
            "quarter": self.quarters,
            "year": self.years,
            "party": self.parties,
            "deal": self.deals,
            "workload": list(self.book.workloads),
            "site": list(self.book.sites),
            "phase": phases,
            "gate": gates,
            "driver": list(self.book.drivers),
            "year_or_never": [*map(str, self.years), "never"],
        }

    def over(self, names, futures):
        """Return futures of several entries, stacked after the axis of futures."""
        if not names:
            return np.zeros((DRAWN, 0, self.size))
        return np.stack([futures(name) for name in names], axis=1)

    def ramp(self, deal):
        """Return the MW owed under a capacity deal by quarter."""
        clause = next((each for each in self.book.deals[deal].clauses.values() if each.kind == "ramp"), None)
        owed = np.zeros(self.size)
        for when, level in clause.levels.items() if clause else ():
            owed[max(0, self.book.calendar.index(when)) :] = level.value
        return owed

    def deal_paid(self, deal):
        """Return payments under a deal, not negative."""
        entry = self.book.deals[deal]
        if entry.kind in {"compute", "lease"}:
            return self.draws.around(self.ramp(deal) * 2.9, 0.05)
        sites = sum(phase.mw.value for site in entry.sites for phase in self.book.sites[site].phases)
        level = {"supply": 28.0 * sites / self.size, "equity": 900.0, "revenue_share": 1_500.0}.get(
            entry.kind, 120.0
        )
        return self.draws.around(np.full(self.size, level), 0.05)

    def values(self):
        """Return the arrays of every variable."""
        money = self.money()
        supply, demand = self.capacity(), self.demand()
        gates = self.labels()["gate"]
        rank = np.linspace(0.9, 0.05, len(gates)) if gates else np.zeros(0)
        return (
            money
            | supply
            | demand
            | {
                "gate_criticality": rank,
                "gate_cost": 3.5 * rank**2,
                "phase_energised": stats(
                    np.abs(self.draws.random.normal(8, 3, (DRAWN, len(self.labels()["phase"]))))
                ),
                "in_force": np.array(
                    [
                        1.0 if each.likelihood is None else each.likelihood.value
                        for each in self.book.deals.values()
                    ]
                ),
                "confidence": stats(self.draws.around(np.ones(self.size))),
                "driver_value": stats(
                    self.over(self.book.drivers, lambda _: self.draws.around(np.ones(self.size)))
                ),
            }
        )

    def money(self):
        """Return cash, flows, burn and defaults, such that cash moves by what comes in and goes out."""
        paid = self.over(self.deals, self.deal_paid)
        revenue = self.over(self.parties, self.revenue)
        receipts, out = np.zeros((2, DRAWN, len(self.parties), self.size))
        operating = revenue + self.outside()
        for place, name in enumerate(self.deals):
            entry = self.book.deals[name]
            one, other = self.parties.index(entry.debtor), self.parties.index(entry.creditor)
            out[:, one] += paid[:, place]
            receipts[:, other] += paid[:, place]
            if entry.kind not in {"equity", "loan"}:
                operating[:, one] -= paid[:, place]
                operating[:, other] += paid[:, place]
        opening = np.array([party.cash.value for party in self.book.parties.values()])[:, None]
        funding = np.maximum(0.0, -operating) * 0.8
        cash = np.maximum(opening + (operating + funding).cumsum(axis=2), 0.05 * opening + 50.0)
        burn, first = self.yearly(-operating)
        risk = np.array([0.3 if p.rating in {"B", "B+"} else 0.01 for p in self.book.parties.values()])[
            :, None
        ]
        risk = np.where(opening > 25_000, 0.0, risk)
        flows = {"revenue": revenue, "receipts": receipts, "payments_out": out, "funding": funding}
        flows |= {
            "operating_flow": operating,
            "cash": cash,
            "debt": 0.5 * funding.cumsum(axis=2),
            "paid": paid,
        }
        return {name: stats(futures) for name, futures in flows.items()} | {
            "burn": stats(burn),
            "cumulative_burn": stats(burn.cumsum(axis=2)),
            "first_profitable": first,
            "default": np.minimum(1.0, self.hardship * risk * np.linspace(0.05, 1, self.size)),
            "loss": stats(np.abs(self.draws.random.normal(0, 200, (DRAWN, len(self.parties))))),
            "other_income": self.profiles("income"),
            "outside_spending": self.profiles("costs"),
            "chips_paid": np.zeros((len(self.book.sites), self.size)),
            "gross": out.sum(axis=1).mean(axis=0),
            "outside_in": (revenue + funding).sum(axis=1).mean(axis=0),
            "outside_out": np.abs(self.outside()).sum(axis=1).mean(axis=0) * np.ones(self.size),
        }

    def revenue(self, party):
        """Return revenue of a party from its workloads."""
        mine = [each for each in self.book.workloads.values() if each.buyer == party]
        growth = np.geomspace(1, 16, self.size) if mine else np.zeros(self.size)
        return self.draws.around(2_600.0 * growth / self.hardship, 0.07)

    def outside(self):
        """Return outside income less costs."""
        return (self.profiles("income") - self.profiles("costs"))[None]

    def profiles(self, name):
        """Return a profile of every party by quarter."""
        return np.array([getattr(p, name).on(self.book.calendar) for p in self.book.parties.values()])

    def yearly(self, burn):
        """Return burn by year, and the share of futures by first year without burn."""
        at = np.array([Quarter.parse(label).year for label in self.quarters])
        by_year = np.stack([burn[:, :, at == year].sum(axis=2) for year in self.years], axis=2)
        first = np.zeros((len(self.parties), len(self.years) + 1))
        for party in range(len(self.parties)):
            free = by_year[:, party] <= 0
            place = np.where(free.any(axis=1), free.argmax(axis=1), len(self.years))
            first[party] = np.bincount(place, minlength=len(self.years) + 1) / DRAWN
        return by_year, first

    def capacity(self):
        """Return what is owed, delivered and energised."""
        compute = [name for name in self.deals if self.book.deals[name].kind == "compute"]
        owed = {name: self.ramp(name) if name in compute else np.zeros(self.size) for name in self.deals}
        late = {name: np.concatenate([values[:1], values[:1], values[:-2]]) for name, values in owed.items()}
        delivered = self.over(
            self.deals, lambda name: np.minimum(self.draws.around(late[name], 0.04), owed[name])
        )
        sites = self.over(
            list(self.book.sites),
            lambda name: np.minimum.accumulate(self.draws.around(self.built(name), 0.03)[:, ::-1], axis=1)[
                :, ::-1
            ],
        )
        by_party = np.zeros((DRAWN, len(self.parties), self.size))
        for place, name in enumerate(self.deals):
            if name in compute:
                by_party[:, self.parties.index(self.book.deals[name].debtor)] += delivered[:, place]
        bought = by_party.copy()
        for place, site in enumerate(self.book.sites.values()):
            if not any(deal.sites for deal in self.book.deals.values() if deal.debtor != site.owner):
                continue
            if self.book.workloads and site.owner in {each.buyer for each in self.book.workloads.values()}:
                by_party[:, self.parties.index(site.owner)] += sites[:, place]
        total = sites.sum(axis=1) + sum(
            (delivered[:, place] for place, name in enumerate(self.deals) if not self.book.deals[name].sites),
            np.zeros((DRAWN, self.size)),
        )
        same = dict.fromkeys(("contracted", "delivered", "used", "owned"), stats(bought))
        return same | {
            "redeployed": stats(0 * bought),
            "stranded": stats(0.02 * bought),
            "energised_for": stats(by_party),
            "energised": stats(sites),
            "total_energised": stats(total),
            "delivered_deal": stats(delivered),
            "owed_deal": stats(np.stack([np.tile(owed[name], (DRAWN, 1)) for name in self.deals], axis=1)),
        }

    def built(self, site):
        """Return the power of a site by quarter, a year late."""
        power = np.zeros(self.size)
        for phase in self.book.sites[site].phases:
            when = phase.online or phase.planned
            place = 6 if when is None else self.book.calendar.index(when) + (0 if phase.online else 3)
            power[max(0, place) :] += phase.mw.value
        return power

    def demand(self):
        """Return demand, what is served and what is not."""
        asked = self.over(
            list(self.book.workloads),
            lambda _: self.draws.around(np.geomspace(700, 4_200, self.size), 0.12),
        )
        return {
            "demand": stats(asked),
            "served": stats(0.93 * asked),
            "unserved": stats(0.07 * asked),
            "total_demand": stats(asked.sum(axis=1)),
        }
