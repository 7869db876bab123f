"""Phases of sites and their gates (rule B1)."""

from dataclasses import dataclass, field

from oracles.quarter_step.numbers import NEVER


def clip(x):
    """The number limited to [0, 1]."""
    return min(1.0, max(0.0, x))


def clause_of(deal, kind):
    """The clause of a kind, or None."""
    return next((clause for clause in deal.clauses.values() if clause.kind == kind), None)


@dataclass
class Phase:
    """A phase in this future."""

    site: str
    mw: float
    exists: float
    energised: float
    online: bool
    starts: dict = field(default_factory=dict)
    ends: dict = field(default_factory=dict)
    critical: set = field(default_factory=set)

    def on(self, t):
        """MW energised in quarter t."""
        return self.mw * self.exists * clip(t + 1 - self.energised) if self.energised < NEVER else 0.0

    def end_of(self, gate):
        """The end of a gate, or of all where there is no such gate."""
        return self.ends.get(gate, self.energised)


def build_phases(drawn, supplied_by, name, site):
    """The phases of a site (B1)."""
    result = []
    for k, entry in enumerate(site.phases):
        needed = [d for d in (entry.under, supplied_by.get(name)) if d is not None]
        exists = 1.0 if all(drawn.in_force[d] for d in needed) else 0.0
        mw = drawn.amount(entry.mw, f"sites.{name}.phases.{k}.mw")
        if entry.online is not None:
            result.append(Phase(name, mw, exists, drawn.index(entry.online, 0.0), online=True))
            continue
        opening = drawn.index(entry.start, 0.0)
        phase = Phase(name, mw, exists, opening, online=False)
        lengths = {
            gate: drawn.amount(given.duration, f"sites.{name}.phases.{k}.gates.{gate}.duration")
            for gate, given in entry.gates.items()
        }
        while len(phase.ends) < len(entry.gates):
            for gate, given in entry.gates.items():
                if gate not in phase.ends and all(other in phase.ends for other in given.after):
                    earliest = drawn.index(given.not_before, -NEVER)
                    start = max([opening, earliest, *(phase.ends[other] for other in given.after)])
                    phase.starts[gate], phase.ends[gate] = start, start + lengths[gate]
        if phase.ends:
            phase.energised = max(phase.ends.values())
        find_critical(phase, entry.gates)
        result.append(phase)
    return result


def clause_name(deal, kind):
    """The name under which a deal has its clause of a kind."""
    return next((name for name, clause in deal.clauses.items() if clause.kind == kind), kind)


def find_critical(phase, gates):
    """Mark the gates on a longest path (B1)."""
    waiting = True
    while waiting:
        waiting = False
        for gate in gates:
            last = abs(phase.ends[gate] - phase.energised) <= 1e-9
            followed = any(
                gate in gates[other].after
                and other in phase.critical
                and abs(phase.starts[other] - phase.ends[gate]) <= 1e-9
                for other in gates
            )
            if gate not in phase.critical and (last or followed):
                phase.critical.add(gate)
                waiting = True
