"""What is energised, and what each capacity deal delivers while all are alive (rules B1 to B8)."""

from dataclasses import dataclass

from oracles.quarter_step.numbers import NEVER, floor_of
from oracles.quarter_step.phases import Phase, build_phases, clause_name, clause_of, clip
from oracles.quarter_step.prices import Price

CAPACITY = ("compute", "lease")


@dataclass
class Piece:
    """A part of a ramp increment."""

    mw: float
    target: float
    phase: Phase | None
    nominal_end: float = NEVER
    uncancelled: float = NEVER
    start: float = NEVER
    end: float = NEVER
    cancelled: float = NEVER


class Delivery:
    """All of B in one future."""

    def __init__(self, drawn):
        self.drawn, self.book, self.T = drawn, drawn.book, drawn.T
        self.supplied_by = {
            site: name
            for name, deal in self.book.deals.items()
            if deal.kind == "supply"
            for site in deal.sites
        }
        self.phases = {
            name: build_phases(drawn, self.supplied_by, name, site) for name, site in self.book.sites.items()
        }
        self.pieces = {**self._cut("compute"), **self._cut("lease")}
        self.term = {name: self._term(name) for name in self.pieces}
        self.prices = {name: Price(self, name) for name in self.pieces}
        for name in self.pieces:
            self._serve(name)

    def increments(self, name):
        """(target, MW) of each step of a ramp (E7)."""
        ramp = clause_of(self.book.deals[name], "ramp")
        steps, level = [], 0.0
        for quarter, amount in sorted(ramp.levels.items()) if ramp else ():
            if amount.value > level:
                steps.append((float(self.drawn.calendar.index(quarter)), amount.value - level))
                level = amount.value
        return steps

    def _cut(self, kind):
        """B2: the pieces of all deals of a kind."""
        names = [name for name, deal in self.book.deals.items() if deal.kind == kind]
        pieces = {name: [] for name in names}
        room = {id(phase): phase.mw for phases in self.phases.values() for phase in phases}
        steps = [(target, name, mw) for name in names for target, mw in self.increments(name)]
        for target, name, mw in sorted(steps):
            rest = mw
            for site in self.book.deals[name].sites:
                for phase in self.phases[site]:
                    taken = min(rest, room[id(phase)])
                    if taken > 1e-9:
                        pieces[name].append(Piece(taken, target, phase))
                        room[id(phase)] -= taken
                        rest -= taken
            if rest > 1e-9:
                pieces[name].append(Piece(rest, target, None))
        return pieces

    def _term(self, name):
        """Length and latest end of a deal."""
        term = clause_of(self.book.deals[name], "term")
        if term is None:
            return NEVER, NEVER
        path = f"deals.{name}.clauses.{clause_name(self.book.deals[name], 'term')}.length"
        length = NEVER if term.length is None else self.drawn.amount(term.length, path)
        return length, self.drawn.end_of(term.until)

    def _serve(self, name):
        """B3 to B5."""
        deal, drawn, pieces = self.book.deals[name], self.drawn, self.pieces[name]
        length, until = self.term[name]
        delay = self.clause_amount(name, "delivery", "delay")
        for piece in pieces:
            if piece.phase is None:
                piece.start = piece.target + delay
            else:
                piece.start = max(piece.target, piece.phase.energised) if piece.phase.exists else NEVER
            piece.uncancelled = piece.start
            piece.end = min(piece.start + length, until)
            piece.nominal_end = min(piece.target + length, until)
        price, spot = self.prices[name], drawn.spot
        if drawn.spot_driver is None or not pieces:
            return
        if clause_of(deal, "extension") and deal.kind == "compute":
            first_end = min(piece.nominal_end for piece in pieces)
            when = self.T - 1 if first_end == NEVER else min(max(floor_of(first_end), 0), self.T - 1)
            if spot[when] >= price.both(when):
                more = self.clause_amount(name, "extension", "length")
                for piece in pieces:
                    piece.end += more
        late = clause_of(deal, "late_credit")
        if late is None or late.may_end_after is None:
            return
        wait = self.clause_amount(name, "late_credit", "may_end_after")
        for piece in pieces:
            when = min(max(floor_of(piece.target + wait), 0), self.T - 1)
            if piece.start - piece.target > wait and spot[when] < price.both(when):
                piece.cancelled, piece.start = piece.target + wait, NEVER

    def clause_amount(self, name, kind, what, default=0.0):
        """The value of a clause's field in this future, or a default where there is none."""
        deal = self.book.deals[name]
        clause = clause_of(deal, kind)
        if clause is None:
            return default
        amount = getattr(clause, what)
        return self.drawn.amount(amount, f"deals.{name}.clauses.{clause_name(deal, kind)}.{what}", default)

    def running(self, piece, t):
        """φ of B6."""
        return clip(min(t + 1, piece.end) - max(t, piece.start)) if piece.start < NEVER else 0.0

    def scheduled(self, name, t):
        """MW that a deal delivers in t while all are alive (B6)."""
        total = sum(piece.mw * self.running(piece, t) for piece in self.pieces[name])
        return self.drawn.g[name] * self.clause_amount(name, "delivery", "availability", 1.0) * total

    def owed(self, name, t):
        """MW owed in t by the dates of the contract (B6)."""
        share = [p.mw * clip(min(t + 1, p.nominal_end) - max(t, p.target)) for p in self.pieces[name]]
        return self.drawn.g[name] * sum(share)

    def late(self, name, t):
        """MW owed and not there in t (B6)."""
        share = [
            p.mw * clip(min(t + 1, p.uncancelled, p.nominal_end, p.cancelled) - max(t, p.target))
            for p in self.pieces[name]
        ]
        return self.drawn.g[name] * sum(share)

    def on(self, site, t):
        """MW energised on a site."""
        return sum(phase.on(t) for phase in self.phases[site])

    def free(self, site, t):
        """MW energised on a site and not committed to compute deals (B7)."""
        committed = sum(
            self.drawn.g[name] * piece.mw * self.running(piece, t)
            for name, pieces in self.pieces.items()
            if self.book.deals[name].kind == "compute"
            for piece in pieces
            if piece.phase is not None and piece.phase.site == site
        )
        return max(0.0, self.on(site, t) - committed)

    def measured(self, clause, owner, t):
        """MW that count for a clause's tranches in t; all sites where `owner` is None (B8)."""
        total = 0.0
        for name, site in self.book.sites.items():
            none_given = clause.chip is None and not clause.sites and not clause.deals
            passes = (
                (clause.chip is None or site.chip == clause.chip)
                and (not clause.sites or name in clause.sites)
                and (not clause.deals or any(name in self.book.deals[d].sites for d in clause.deals))
                and (not none_given or owner is None or site.owner == owner)
            )
            total += self.on(name, t) if passes else 0.0
        return total
