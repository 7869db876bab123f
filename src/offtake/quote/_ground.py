"""Everything that does not depend on the terms: the futures of buyer, market and machines."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.drivers import standard_normals
from offtake.model import compile as compile_model
from offtake.quote._buyer import Seen, watch
from offtake.quote._request import Asked, ask
from offtake.quote._seats import seats_of
from offtake.simulate import BLOCK
from offtake.simulate._engine import prepare
from offtake.simulate._idle import sell_depth
from offtake.simulate._refusals import refuse_no_paths
from offtake.units import QUARTER_HOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from offtake.book import Book, Request
    from offtake.model import Model
    from offtake.quote._terms import Terms

__all__ = ["Ground", "Machines", "ground"]

Array = Any
_EARLY: Final = 1e-9
_NEVER: Final = 1e9
_KEPT: Final = 12
_LUCK: Final = "luck"


@dataclass(frozen=True, eq=False)
class Machines:
    """The machines of a request, a piece for each step of its ramp: P pieces, S futures, H quarters.

    Parameters
    ----------
    mw, target, begins
        MW, promised time, and the quarter in which work on it begins (minus infinity where it is built in
        any case), [P].
    energised, service
        When it is energised and when it starts under the deal, infinite for never, [P, S].
    capex
        What a MW of it costs in each quarter, M USD, [P, H, S].
    running
        What an energised MW costs a quarter, M USD, [P, S].
    scrap
        What is left of a MW at the end of its economic life, M USD, [P, S].
    """

    mw: Array
    target: Array
    begins: Array
    energised: Array
    service: Array
    capex: Array
    running: Array
    scrap: Array


@dataclass(frozen=True, eq=False)
class Ground:
    """The futures that a request is priced in; S futures over H quarters from the opening.

    Parameters
    ----------
    asked
        The request.
    machines
        Its machines.
    rate
        Yearly discount rate.
    spot
        Spot price of a MW-quarter, [H, S].
    index
        What the price follows, against the opening, [H, S] or [1, 1].
    own
        MW that the provider's own workloads would use beside what it has, [H, S].
    depth
        MW that the provider can still rent out on spot, [H, S].
    haircut, availability
        Discount on spot, and share of delivered time that machines are up, [S].
    fails
        Quarter in which the buyer's default takes effect, [S]; beyond H for never.
    paid
        Share of its dues that the buyer pays, [H, S].
    wanted
        MW that the buyer's workloads would use beside what it has, [H, S].
    known
        Quarters of the book's own calendar; what is later follows the rules of docs/quote.md.
    paths, seed
        Number of futures and their seed.
    columns
        Place of each drawn number of the book and of the request among the normals of a future, and of
        `luck`, which says when the buyer fails after the calendar, [S].
    """

    asked: Asked
    machines: Machines
    rate: float
    spot: Array
    index: Array
    own: Array
    depth: Array
    haircut: Array
    availability: Array
    fails: Array
    paid: Array
    wanted: Array
    known: int
    paths: int
    seed: int
    columns: Mapping[str, int]
    luck: Array
    settings: Mapping[str, Any] = field(default_factory=dict)
    courses: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def terms(self) -> Terms:
        """The request's own terms."""
        return self.asked.terms

    @property
    def quarters(self) -> int:
        """Number of quarters H."""
        return int(self.spot.shape[0])

    @property
    def discount(self) -> Array:
        """What a payment of each quarter counts at the opening, [H, 1]."""
        return ((1.0 + self.rate) ** (-np.arange(self.quarters) / 4.0))[:, None]

    @cached_property
    def idle(self) -> Array:
        """Present value of the same machines without the buyer, rented out on spot from the start, [S]."""
        from offtake.quote._course import course

        plain = course(self, self.terms, built=True)
        return plain.onward[0] - plain.capex + plain.scrap_short

    def rent(self, idle: Array) -> Array:
        """Return what idle MW earn, M USD by quarter without discounting, [H, S].

        The provider's own workloads take them first, for which it would else pay spot; then spot does, less
        the haircut, up to its depth.
        """
        own = np.minimum(idle, self.own)
        return self.spot * (own + (1.0 - self.haircut) * np.minimum(idle - own, self.depth))

    def stranded(self, idle: Array) -> Array:
        """Return which of idle MW nobody takes, [H, S]."""
        rest = idle - np.minimum(idle, self.own)
        return rest - np.minimum(rest, self.depth)

    def remembered(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was made under a key before, or make it; the last few are kept."""
        found = self.courses.pop(key, None)
        found = make() if found is None else found
        self.courses[key] = found
        # a copy of the keys: another thread may remember something meanwhile
        for old in list(self.courses)[:-_KEPT]:
            self.courses.pop(old, None)
        return found

    def apart(self, shift: int) -> Ground:
        """Return the same futures, each buyer put into the market of the future `shift` further on."""
        return replace(
            self,
            fails=np.roll(self.fails, shift),
            paid=np.roll(self.paid, shift, axis=1),
            wanted=np.roll(self.wanted, shift, axis=1),
            courses={},
        )

    def sure(self) -> Ground:
        """Return the same futures with a buyer that never fails and pays all that falls due."""
        return replace(self, fails=np.full(self.paths, _NEVER), paid=np.ones_like(self.paid), courses={})


def ground(  # noqa: PLR0913 - the settings of the verb
    book: Book,
    request: str | Mapping[str, Any] | Request,
    *,
    provider: str | None = None,
    buyer: str | None = None,
    like: str | None = None,
    scenario: str | None = None,
    longest: float = 0.0,
    paths: int = 10_000,
    seed: int = 0,
    engine: str = "jax",
    progress: Callable[[int, int], None] | None = None,
) -> Ground:
    """Return the futures that a request is priced in: those of the book as it stands.

    Parameters
    ----------
    book
        The book.
    request, provider, buyer, like
        As in `quote`.
    scenario
        A scenario of the book.
    longest
        Longest term in quarters that `worth` will be asked about, if longer than the request's own.
    paths, seed, engine, progress
        As in `simulate`: the same seed gives the same futures, number by number.

    Raises
    ------
    InputError
        If the request cannot be used as given.

    Examples
    --------
    >>> from offtake.book import Book
    >>> base = ground(
    ...     Book.read("first-steps"),
    ...     "10 MW for 4 years from 2027-Q1 on Northgate Mere",
    ...     provider="Northgate",
    ...     buyer="Lark Labs",
    ...     paths=50,
    ...     engine="numpy",
    ... )
    >>> base.terms.length, base.idle.shape
    (16.0, (50,))
    """
    refuse_no_paths(paths)
    asked = ask(book, request, provider=provider, buyer=buyer, like=like, scenario=scenario, longest=longest)
    model = compile_model(book, scenario)
    seen = watch(model, seats_of(model, asked), paths=paths, seed=seed, engine=engine, progress=progress)
    columns = _columns(model, asked.model)
    later = _later(asked, columns, paths, seed)
    known, quarters = model.structure.quarters, asked.model.structure.quarters
    fails = fails_in(seen.dead, known, later["luck"])

    def held(rows: Array) -> Array:
        return np.concatenate([rows, np.repeat(rows[-1:], quarters - known, axis=0)])

    depth = later.pop("depth")
    depth = depth - np.minimum(
        np.maximum(held(seen.idle) - _own_idle(asked, later["machines"], quarters), 0.0), depth
    )
    return Ground(
        asked=asked,
        rate=book.market.discount_rate.value,
        own=held(seen.own) / asked.efficiency,
        depth=depth,
        fails=fails,
        paid=last_payments(seen, fails, quarters),
        wanted=held(seen.wanted) / asked.efficiency,
        known=known,
        paths=paths,
        seed=seed,
        columns=columns,
        settings={"scenario": scenario, "engine": engine},
        **later,
    )


def _own_idle(asked: Asked, machines: Machines, quarters: int) -> Array:
    """Return the MW of the request's own machines that stand idle in the book as it is, [H, S]."""
    if asked.to_build or asked.counted:
        return np.zeros((1, 1))
    t = np.arange(quarters)[:, None, None]
    on = np.clip(t + 1.0 - machines.energised, 0.0, 1.0)
    return (machines.mw[:, None] * on).sum(axis=1)


def fails_in(dead: Array, known: int, luck: Array) -> Array:
    """Return the quarter of the buyer's default; after the calendar it fails as often as within it."""
    within = known - dead.sum(axis=0)
    share = float(dead[-1].mean())
    if share in {0.0, 1.0}:
        return np.where(dead[-1] > 0.0, within, _NEVER)
    intensity = -math.log1p(-share) / known
    return np.where(dead[-1] > 0.0, within, known + np.floor(-np.log(luck) / intensity))


def last_payments(seen: Seen, fails: Array, quarters: int) -> Array:
    """Return the share of dues that the buyer pays: less than all only in the spell that ends in default."""
    known = len(seen.paid)
    whole = seen.paid > 1.0 - _EARLY
    paid = np.ones((quarters, seen.paid.shape[1]))
    falling = np.zeros(len(fails), dtype=bool)
    for t in range(known - 1, -1, -1):
        falling = ~whole[t] & (t < fails) & ((fails == t + 1) | falling)
        paid[t] = np.where(falling, seen.paid[t], 1.0)
    return paid


def _columns(model: Model, longer: Model) -> dict[str, int]:
    """Return the place of each drawn number of the book as it is, of the luck, and of the request after them.

    Drivers after the calendar come last, quarter by quarter: how far they are followed hangs on the longest
    term that is asked about, and must move no other number.
    """
    known = list(model.draw_labels)
    fresh = [label for label in longer.draw_labels if label not in set(known)]
    fresh.sort(key=_quarter_of)
    return {label: n for n, label in enumerate([*known, _LUCK, *fresh])}


def _quarter_of(label: str) -> int:
    """Return the quarter in which a drawn number moves a driver (driver/NAME/T, jump/NAME/T/N), else -1."""
    kind = label.partition("/")[0]
    return int(label.rsplit("/", 2)[-1 if kind == "driver" else 1]) if kind in {"driver", "jump"} else -1


def _later(asked: Asked, place: Mapping[str, int], paths: int, seed: int) -> dict[str, Any]:
    """Return the market and the machines of every future, to the end of the machines' life."""
    longer = asked.model
    order = np.array([place[label] for label in longer.draw_labels], dtype=np.int64)
    parts = []
    for first in range(0, paths, BLOCK):
        count = min(BLOCK, paths - first)
        z = standard_normals(seed, first, count, len(place))
        parts.append(_block(asked, z[:, order], z[:, place[_LUCK]]))
    joined: dict[str, Any] = {key: np.concatenate([part[key] for part in parts], axis=-1) for key in parts[0]}
    pieces = {key: joined.pop(key) for key in ("energised", "service", "capex", "running", "scrap")}
    delivery, mine = longer.structure.delivery, _pieces(asked)
    phases = delivery.piece_phase[mine]
    begins = delivery.phase_start[phases] if asked.to_build else np.full(len(mine), -math.inf)
    joined["machines"] = Machines(
        mw=delivery.piece_mw[mine], target=delivery.piece_target[mine], begins=begins, **pieces
    )
    return joined


def _pieces(asked: Asked) -> Array:
    """Return the pieces of the request's deal."""
    structure = asked.model.structure
    deal = structure.names.deals.index(asked.deal)
    return np.flatnonzero(structure.capacity.deal[structure.delivery.piece_deal] == deal)


def _block(asked: Asked, z: Array, luck: Array) -> dict[str, Array]:
    """Return the market and the machines of a block of futures; the last axis is futures."""
    from scipy.special import ndtr

    model, mine = asked.model, _pieces(asked)
    fixed, delivery = model.structure, model.structure.delivery
    future, plan = prepare(np, model, z)
    leaves, count = future.leaves, len(z)
    phases = delivery.piece_phase[mine]
    sites = delivery.phase_site[phases]
    c = delivery.piece_deal[mine][0]
    index = fixed.capacity.index[c]
    there = plan.exists[:, phases] > 0.0

    def of(leaf: str, places: Any) -> Array:
        return np.broadcast_to(leaves[leaf], (count, leaves[leaf].shape[-1]))[:, places].T

    tariff = np.array(asked.tariff)[sites]
    power = np.where(np.isnan(tariff)[:, None], of("site.power_price", sites), tariff[:, None])
    energy = of("site.pue", sites) * of("site.load", sites) * power * QUARTER_HOURS / 1e6
    return {
        "spot": plan.spot.T,
        "index": (future.drivers[:, :, index] / future.drivers[:, :1, index]).T,
        "depth": np.broadcast_to(
            sell_depth(np, leaves)[..., fixed.capacity.seller[c]], (fixed.quarters, count)
        )
        * (1.0 if fixed.spot >= 0 else 0.0),
        "haircut": of("market.haircut", [0])[0],
        "availability": of("deal.availability", [c])[0],
        "luck": np.clip(ndtr(luck), 1e-300, 1.0),
        "energised": np.where(there, plan.energised[:, phases], math.inf).T,
        "service": plan.begun[:, mine].T,
        "capex": _capex(asked, plan, leaves, there),
        "running": energy + of("site.opex", sites) + np.array(asked.rent)[sites][:, None],
        "scrap": asked.residual * of("site.capex_chips", sites) * there.T,
    }


def _capex(asked: Asked, plan: Any, leaves: dict[str, Array], there: Array) -> Array:
    """Return what a MW of each piece costs by quarter (C8, C9 of docs/quarter-step.md), [P, H, futures]."""
    delivery, mine = asked.model.structure.delivery, _pieces(asked)
    phases = delivery.piece_phase[mine]
    sites = delivery.phase_site[phases]
    count = len(there)
    t = np.arange(asked.model.structure.quarters)[:, None]
    chips, rest = (
        np.broadcast_to(leaves[f"site.capex_{part}"], (count, leaves[f"site.capex_{part}"].shape[-1]))[
            :, sites
        ].T
        for part in ("chips", "rest")
    )
    rows = []
    for p, phase in enumerate(phases):
        if not np.isnan(delivery.phase_online[phase]):
            rows.append(np.zeros((len(t), count)))
            continue
        done = np.floor(plan.energised[:, phase] + _EARLY)
        chip = delivery.chip_gate[phase] if len(delivery.gate_phase) else -1
        paid = np.floor(plan.gate_end[:, chip] + _EARLY) if chip >= 0 else done
        share = np.where(done == t, 1.0, 0.0)
        gate = delivery.construction_gate[phase] if len(delivery.gate_phase) else -1
        if gate >= 0:
            length = np.broadcast_to(leaves["gate.duration"], (count, leaves["gate.duration"].shape[-1]))[
                :, gate
            ]
            end = plan.gate_end[:, gate]
            spread = np.clip(np.minimum(t + 1.0, end) - np.maximum(t, end - length), 0.0, 1.0)
            share = np.where(length > 0.0, spread / np.where(length > 0.0, length, 1.0), share)
        rows.append((chips[p] * np.where(paid == t, 1.0, 0.0) + rest[p] * share) * there[:, p])
    return np.stack(rows)
