"""What happens in one future, found in its ledger and its states, each as a dated sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from offtake.model import Model
    from offtake.simulate._engine import Block

__all__ = ["Found", "Scene", "events_of"]

Array = Any
_EPS: Final = 1e-6
_EARLY: Final = 1e-9
_FALL: Final = 0.02
_LATE: Final = 0.05
_RAISES: Final = {"payment": "puts", "tranche": "pays a tranche of", "draw": "lends"}
_PREPOSITION: Final = {"payment": "into", "tranche": "to", "draw": "to"}


@dataclass(frozen=True, slots=True)
class Scene:
    """One future: its model, everything that happened in it, and its ledger.

    Parameters
    ----------
    model
        The compiled book.
    block
        A block of one future; what is kept of each quarter is its state and its flows.
    ledger
        Its lines.
    planned
        Planned quarter of each phase by name, where the book has one.
    """

    model: Model
    block: Block
    ledger: pd.DataFrame
    planned: dict[str, int]

    @property
    def state(self) -> Any:
        """States after each quarter."""
        return self.block.kept[0]

    @property
    def flows(self) -> Any:
        """Flows of each quarter."""
        return self.block.kept[1]

    @property
    def quarters(self) -> int:
        """Length of the calendar."""
        return self.model.structure.quarters


@dataclass(frozen=True, slots=True)
class Found:
    """An event before it is dated in words.

    Parameters
    ----------
    quarter
        Index of its quarter.
    kind
        What kind of event it is.
    text
        The sentence.
    parties
        Parties that it is about.
    lines
        Places of its lines in the ledger.
    """

    quarter: int
    kind: str
    text: str
    parties: tuple[str, ...]
    lines: tuple[int, ...] = ()


def events_of(scene: Scene) -> list[Found]:
    """Return all events, by quarter and within it in the order of the finders."""
    found = [(event.quarter, n, event) for n, find in enumerate(_FINDERS) for event in find(scene)]
    return [event for _, _, event in sorted(found, key=lambda each: each[:2])]


def _energised(scene: Scene) -> Iterator[Found]:
    """Yield phases as they are energised, and how they stand to plan."""
    delivery, names = scene.model.structure.delivery, scene.model.names
    energised, exists = _one(scene.block.plan.energised), _one(scene.block.plan.exists)
    for k, phase in enumerate(names.phases):
        quarter = math.floor(energised[k] + _EARLY) if math.isfinite(energised[k]) else -1
        if not (exists[k] > 0 and 0 <= quarter < scene.quarters) or not math.isnan(delivery.phase_online[k]):
            continue
        late = quarter - scene.planned[phase] if phase in scene.planned else 0
        when = f", {_quarters(abs(late))} {'after' if late > 0 else 'before'} plan" if late else ""
        owner = names.parties[delivery.site_owner[delivery.phase_site[k]]]
        text = f"{phase.replace('/', ' ')} of {owner} is energised: {power(delivery.phase_mw[k])}{when}"
        yield Found(quarter, "energised", text, (owner,), _lines(scene, quarter, "chips", payer=owner))


def _late(scene: Scene) -> Iterator[Found]:
    """Yield capacity that is not there on its date."""
    fixed, names = scene.model.structure, scene.model.names
    delivery, capacity = fixed.delivery, fixed.capacity
    age = np.asarray(scene.state.default_age)[:, 0]
    plan, volume = scene.block.plan, _one(scene.block.future.volume)
    start, cancelled = _one(plan.start), _one(plan.cancelled)
    for p, of in enumerate(delivery.piece_deal):
        target, deal = delivery.piece_target[p], int(capacity.deal[of])
        quarter = math.floor(target + _EARLY)
        if volume[deal] <= 0 or not 0 <= quarter < scene.quarters or start[p] <= target + _LATE:
            continue
        if age[quarter, capacity.seller[of]] >= 0 or age[quarter, capacity.buyer[of]] >= 0:
            continue
        seller, buyer = names.parties[capacity.seller[of]], names.parties[capacity.buyer[of]]
        size = power(delivery.piece_mw[p] * volume[deal])
        if math.isfinite(cancelled[p]):
            how = f"{buyer} cancels it {_quarters(cancelled[p] - target)} later"
        elif math.isfinite(start[p]):
            how = f"it comes {_quarters(start[p] - target)} late"
        else:
            how = "it never comes"
        text = f"{seller} does not deliver {size} of {names.deals[deal]} to {buyer} on its date: {how}"
        lines = _lines(scene, quarter, "late credit", deal=names.deals[deal])
        yield Found(quarter, "late", text, (seller, buyer), lines)


def _money_raised(scene: Scene) -> Iterator[Found]:
    """Yield equity and loans as they are paid out."""
    for place, row in enumerate(scene.ledger.to_dict("records")):
        kind = str(row["kind"]).removesuffix(" arrears")
        if kind in _RAISES and row["paid"] > _EPS:
            giver, taker = str(row["payer"]), str(row["receiver"])
            text = f"{giver} {_RAISES[kind]} {money(row['paid'])} {_PREPOSITION[kind]} {taker}"
            text += f" under {row['deal']}"
            yield Found(_index(scene, str(row["quarter"])), "funding", text, (giver, taker), (place,))


def _funding_exhausted(scene: Scene) -> Iterator[Found]:
    """Yield the first quarter of each time in which a party draws all that its lenders give."""
    fixed, future = scene.model.structure, scene.block.future
    profiles = fixed.profiles
    scale = np.broadcast_to(_one(future.leaves["profile.scale"]), profiles.driver.shape)
    drivers = np.asarray(future.drivers)[0]
    limits = profiles.base * scale * drivers[:, profiles.driver]
    confidence = np.broadcast_to(np.asarray(scene.flows.confidence), (scene.quarters, 1))[:, 0]
    drawn = np.asarray(scene.flows.inflow)[:, 0, 4:6].sum(axis=1)
    for i, party in enumerate(scene.model.names.parties):
        limit = np.maximum(limits[:, profiles.limit[i]] * confidence, 0.0)
        full = (drawn[:, i] > _EPS) & (drawn[:, i] >= limit * (1.0 - 1e-9))
        for t in np.flatnonzero(full & ~np.concatenate([[False], full[:-1]])):
            text = f"{party} draws {money(drawn[t, i])}, all that its funding allows"
            kinds = ("funding debt", "funding equity")
            lines = tuple(n for kind in kinds for n in _lines(scene, int(t), kind, receiver=party))
            yield Found(int(t), "funding at its limit", text, (party,), lines)


def _arrears(scene: Scene) -> Iterator[Found]:
    """Yield parties that begin to be short of what they owe."""
    ages = np.asarray(scene.state.arrears_age)[:, 0]
    for i, party in enumerate(scene.model.names.parties):
        for t in np.flatnonzero(ages[:, i] == 1):
            lines = tuple(
                n
                for n in _lines(scene, int(t), payer=party)
                if scene.ledger.due.iloc[n] - scene.ledger.paid.iloc[n] > _EPS
            )
            short = sum(float(scene.ledger.due.iloc[n] - scene.ledger.paid.iloc[n]) for n in lines)
            yield Found(
                int(t), "arrears", f"{party} cannot pay {money(short)} of what it owes", (party,), lines
            )


def _defaults(scene: Scene) -> Iterator[Found]:
    """Yield defaults, why they come and what is written off."""
    names, fails = scene.model.names, _one(scene.block.future.fails_at)
    age = np.asarray(scene.state.default_age)[:, 0]
    before = np.asarray(scene.state.arrears_age)[:, 0]
    lost = np.asarray(scene.flows.loss)[:, 0]
    for i, party in enumerate(names.parties):
        for t in np.flatnonzero(age[:, i] == 0):
            together = int((age[t] == 0).sum())
            why = "from a cause outside the book" if fails[i] == t else "after what it could not pay"
            if t > 0 and fails[i] == t and before[t - 1, i] > 0:
                why = "with payments overdue"
            hit = {names.parties[j]: float(lost[t, j]) for j in np.flatnonzero(lost[t] > _EPS)}
            told = ", ".join(f"{holder} {money(value)}" for holder, value in hit.items())
            by_all = " (defaults of the quarter together)" if together > 1 else ""
            cost = f"; written off{by_all}: {told}" if told else ""
            lines = _lines(scene, int(t), "default cost", payer=party)
            yield Found(int(t), "default", f"{party} is in default {why}{cost}", (party, *hit), lines)


def _capacity_lost(scene: Scene) -> Iterator[Found]:
    """Yield capacity that goes with its seller, and what comes back."""
    capacity, names = scene.model.structure.capacity, scene.model.names
    age = np.asarray(scene.state.default_age)[:, 0]
    delivered = np.asarray(scene.flows.deals.delivered)[:, 0]
    for c, (seller, buyer) in enumerate(zip(capacity.seller, capacity.buyer, strict=True)):
        deal, who = names.deals[capacity.deal[c]], (names.parties[seller], names.parties[buyer])
        for t in range(1, scene.quarters):
            change = delivered[t, c] - delivered[t - 1, c]
            lines = _lines(scene, t, "fee", deal=deal)
            if age[t, seller] == 0 and change < -_EPS:
                text = f"{who[1]} loses {power(-change)} of {deal} with {who[0]}'s default"
                yield Found(t, "capacity lost", text, who, lines)
            elif age[t, buyer] == 0 and change < -_EPS:
                text = f"{power(-change)} of {deal} come back to {who[0]}, whose buyer {who[1]} is in default"
                yield Found(t, "capacity lost", text, who, lines)
            elif age[t, seller] > 0 and delivered[t - 1, c] <= _EPS < change:
                yield Found(
                    t, "capacity back", f"{power(change)} of {deal} run again for {who[1]}", who, lines
                )


def _confidence(scene: Scene) -> Iterator[Found]:
    """Yield falls of confidence that defaults bring."""
    healed = np.asarray(scene.state.healed)[:, 0]
    for t in range(scene.quarters):
        before = healed[t - 1] if t else 1.0
        if before - healed[t] > _FALL:
            value = float(np.broadcast_to(np.asarray(scene.flows.confidence), (scene.quarters, 1))[t, 0])
            text = f"Confidence falls by {share(1.0 - healed[t] / before)}"
            text += f": lenders give {share(value)} of their limits"
            yield Found(t, "confidence", text, ())


def _unserved(scene: Scene) -> Iterator[Found]:
    """Yield workloads that begin to go unserved."""
    unserved = np.asarray(scene.flows.served.unserved)[:, 0]
    demand = np.asarray(scene.flows.served.demand)[:, 0]
    buyers = scene.model.structure.dispatch.workload_buyer
    for w, workload in enumerate(scene.model.names.workloads):
        short = unserved[:, w] > _EPS
        party = scene.model.names.parties[buyers[w]]
        for t in np.flatnonzero(short & ~np.concatenate([[False], short[:-1]])):
            sizes = f"{power(unserved[t, w])} of {power(demand[t, w])}"
            text = f"{sizes} that {workload} of {party} asks for go unserved"
            yield Found(int(t), "unserved", text, (party,), _lines(scene, int(t), "penalty", payer=party))


def _one(values: Array) -> Array:
    """Return the one future of an array that may be the same in all."""
    values = np.asarray(values)
    return values[0] if values.ndim > 1 else values


_FINDERS: Final = (
    _energised,
    _late,
    _money_raised,
    _funding_exhausted,
    _defaults,
    _capacity_lost,
    _confidence,
    _unserved,
    _arrears,
)


def _lines(scene: Scene, quarter: int, kind: str | None = None, **fields: str) -> tuple[int, ...]:
    """Return the places of the ledger's lines in a quarter, of a kind, with given fields."""
    frame = scene.ledger
    chosen = frame["quarter"] == str(scene.model.structure.calendar.quarters[quarter])
    for field, value in (*fields.items(), *([("kind", kind)] if kind else [])):
        chosen &= frame[field] == value
    return tuple(int(n) for n in np.flatnonzero(chosen.to_numpy()))


def _index(scene: Scene, quarter: str) -> int:
    return [str(each) for each in scene.model.structure.calendar].index(str(quarter))


def _quarters(count: float) -> str:
    """Return a number of quarters in words."""
    rounded = f"{count:.1f}".removesuffix(".0")
    return f"{rounded} quarter{'' if rounded == '1' else 's'}"


def money(value: float) -> str:
    """Return an amount as people write it.

    Examples
    --------
    >>> money(22_400.0), money(35.04), money(0.25)
    ('22.4 B USD', '35 M USD', '0.25 M USD')
    """
    return _short(value, ((1e6, "tn USD"), (1e3, "B USD"), (1.0, "M USD")))


def power(value: float) -> str:
    """Return a power as people write it.

    Examples
    --------
    >>> power(4500.0), power(30.0)
    ('4.5 GW', '30 MW')
    """
    return _short(value, ((1e3, "GW"), (1.0, "MW")))


def share(value: float) -> str:
    """Return a share as people write it."""
    return f"{100 * value:.0f} %"


def _short(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    factor, unit = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    return f"{value / factor:,.3g} {unit}" if abs(value / factor) < 1000 else f"{value / factor:,.0f} {unit}"  # noqa: PLR2004 - three digits
