"""A book with offers signed: what a plan decides at the opening, written as contracts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from offtake.book._amount import Amount
from offtake.book._clauses import (
    Clause,
    DefaultTerms,
    Delivery,
    Expansion,
    Extension,
    FirstRefusal,
    Prepayment,
    Price,
    Ramp,
    Resale,
    Start,
    TakeOrPay,
    Term,
    Termination,
    Volume,
)
from offtake.book._deal import ComputeDeal, Deal, LicenceDeal, SupplyDeal
from offtake.book._figures import Figures, scaled
from offtake.book._money_clauses import Fee
from offtake.book._profile import Profile
from offtake.calendar import Quarter
from offtake.errors import InputError
from offtake.spelling import refuse_unknown, suggest

if TYPE_CHECKING:
    from offtake.book._book import Book

__all__ = ["ADDED", "HasSignings", "Signed", "signed_deals"]

_D = TypeVar("_D", bound=Deal)
_C = TypeVar("_C", bound=Clause)

_NOTHING: Final = 1e-6
"""MW at or below which nothing is signed, and by which a volume may miss its range."""
ADDED: Final = (TakeOrPay, DefaultTerms, Resale)
"""Terms of a deal that hold for what is added to it; the rest is about its own ramp."""


class Signed(Protocol):
    """One decision: what of an entry is signed, built or used."""

    @property
    def entry(self) -> str:
        """The deal, or the site of a build."""

    @property
    def what(self) -> str:
        """One of offer, build, licence, extension, expansion, termination and match."""

    @property
    def start(self) -> int:
        """Whole quarters by which the schedule is moved."""

    @property
    def mw(self) -> float:
        """Volume."""

    @property
    def quarter(self) -> Any:
        """Quarter at whose start it is decided."""


class HasSignings(Protocol):
    """What decides, such as a finished plan."""

    @property
    def signings(self) -> Sequence[Signed]:
        """What it signs."""


def signed_deals(book: Book, signings: Sequence[Signed]) -> dict[str, Deal]:
    """Return all deals of a book, with what is decided at its opening signed.

    Raises
    ------
    InputError
        If there is no such entry or option, it is not offered, it is signed twice, or volume or start lie
        outside what is offered.
    """
    desk = _Desk(book)
    now = [
        each
        for each in signings
        if Quarter.containing(each.quarter) == book.calendar.first
        and (each.mw > _NOTHING or each.what == "licence")
    ]
    # options act on deals as they are signed
    for each in sorted(now, key=lambda each: _order(each.what)):
        desk.sign(each)
    return desk.deals


def _order(what: str) -> int:
    known = ("offer", "build", "licence", "match", "extension", "expansion", "termination")
    if what not in known:
        message = f"`{what}` cannot be signed. {suggest(what, known, 'kind of decision')}."
        raise InputError(message)
    return known.index(what)


class _Desk:
    """The deals of a book while they are signed one after the other."""

    def __init__(self, book: Book) -> None:
        self.deals: dict[str, Deal] = dict(book.deals)
        self._book = book
        self._done: set[tuple[str, str]] = set()

    def sign(self, each: Signed) -> None:
        """Sign one thing."""
        if (each.entry, each.what) in self._done:
            raise _refused(each, "it is signed twice", "Sign it once, with its whole volume")
        self._done.add((each.entry, each.what))
        getattr(self, f"_{each.what}")(each)

    def _offer(self, each: Signed) -> None:
        deal = self._offered(each, self._deal(each, ComputeDeal))
        ramp, volume = deal.clause(Ramp), deal.clause(Volume)
        level = _last(ramp)
        least, most = _range(volume, level)
        if not least - _NOTHING <= each.mw <= most + _NOTHING:
            what = f"{each.mw:g} MW cannot be signed of {least:g} MW to {most:g} MW"
            raise _refused(each, what, "Sign a volume within the offer's range")
        mw = min(max(each.mw, least), most)
        levels = ramp.levels if ramp is not None and level > 0 else {self._begins(deal): Amount(mw, "power")}
        _within_the_window(each, deal.clause(Start), min(levels))
        scale = mw / (level or most)
        steps = {at + each.start: scaled(step, scale if level else 1.0) for at, step in levels.items()}
        clauses = {
            name: _to_volume(clause, scale)
            for name, clause in deal.clauses.items()
            if not isinstance(clause, Ramp | Volume | Start)
        }
        self._put(each.entry, _firm(deal, {"ramp": Ramp(levels=steps), **clauses}))

    def _begins(self, deal: Deal) -> Quarter:
        """Return the quarter in which an offer without a ramp begins."""
        start = deal.clause(Start)
        if start is not None and start.from_ is not None:
            return start.from_
        planned = [
            phase.planned
            for site in deal.sites
            for phase in self._book.sites[site].phases
            if phase.planned is not None
        ]
        return max(self._book.calendar.first, min(planned, default=self._book.calendar.first))

    def _build(self, each: Signed) -> None:
        name = each.entry if each.entry in self.deals else self._supply_of(each)
        deal = self._offered(each, self.deals[name])
        if not isinstance(deal, SupplyDeal):
            raise _refused(
                each, f"`{name}` is a {_kind(deal)} deal, which builds nothing", "Name a supply deal"
            )
        if each.start:
            raise _refused(each, "what is built does not shift", "Leave its start at 0")
        whole = sum(phase.mw.value for site in deal.sites for phase in self._book.sites[site].phases)
        if deal.sites and abs(whole - each.mw) > _NOTHING + 1e-9 * whole:
            what = f"{each.mw:g} MW cannot be built of {whole:g} MW"
            raise _refused(each, what, "Phases are built as a whole: sign all of it or nothing")
        clauses = {key: clause for key, clause in deal.clauses.items() if not isinstance(clause, Start)}
        self._put(name, _firm(deal, clauses))

    def _licence(self, each: Signed) -> None:
        deal = self._offered(each, self._deal(each, LicenceDeal))
        # what a party makes itself is no debt: it stays an option, and its outlay outside the book
        if deal.licensor != deal.licensee:
            self._put(each.entry, _firm(deal, dict(deal.clauses)))

    def _supply_of(self, each: Signed) -> str:
        names = [
            name
            for name, deal in self.deals.items()
            if isinstance(deal, SupplyDeal) and each.entry in deal.sites and deal.firmness == "offered"
        ]
        if not names:
            known = (*self.deals, *self._book.sites)
            what = f"no offered supply deal and no site with one is called `{each.entry}`"
            message = f"{what}. {suggest(each.entry, known, 'deal')}."
            raise InputError(message)
        return names[0]

    def _match(self, each: Signed) -> None:
        deal = self._deal(each, ComputeDeal)
        if deal.firmness == "offered":
            raise _refused(each, "it is only offered", "Sign the offer that is matched, too")
        holder, chance = self._refusal(each, deal)
        late = [
            clause.delay
            for given in self._book.deals.values()
            if isinstance(given, ComputeDeal) and given.seller == holder and given.firmness != "offered"
            for clause in given.clauses.values()
            if isinstance(clause, Delivery)
        ]
        delay = late[-1] if late else Amount(0.0, "duration")
        matched = {
            "seller": holder,
            "sites": (),
            "title": f"`{each.entry}`, as far as `{holder}` matches it",
            "fulfilment": scaled(deal.fulfilment, chance),
            "clauses": {
                **{name: clause for name, clause in deal.clauses.items() if not isinstance(clause, Delivery)},
                "delivery": _delivery(deal, self._figures(each, deal), delay),
            },
        }
        own = {"fulfilment": scaled(deal.fulfilment, 1.0 - chance)}
        self._put(each.entry, deal.model_copy(update=own))
        self._put(f"{each.entry} match", deal.model_copy(update=matched), new=True)

    def _refusal(self, each: Signed, deal: ComputeDeal) -> tuple[str, float]:
        """Return who may match an offer at the opening, and with which chance."""
        now = self._book.calendar.first
        for given in self._book.deals.values():
            if isinstance(given, ComputeDeal) and given.buyer == deal.buyer and given.firmness != "offered":
                for clause in given.clauses.values():
                    if isinstance(clause, FirstRefusal) and _runs(clause.from_, clause.until, now):
                        return given.seller, clause.matched.value
        for right in self._book.rights.values():
            mine = right.kind == "first_refusal" and right.grantor == deal.buyer and not right.ended
            if mine and _runs(right.from_, right.until, now):
                return right.holder, FirstRefusal().matched.value
        raise _refused(each, "nobody has a first refusal at the opening", "Leave the match out")

    def _extension(self, each: Signed) -> None:
        deal = self._held(each)
        option, term = self._option(each, deal, Extension), deal.clause(Term)
        if term is None:
            raise _refused(each, "the deal has no end that could be put off", "Leave the extension out")
        if term.length is not None and term.length.distribution is not None:
            raise _refused(each, "its length is a distribution", "Give one number")
        added, longer = option.length.value, {}
        if term.length is not None:
            longer["length"] = replace(term.length, value=term.length.value + added, range=None)
        until = None if term.until is None else term.until + round(added)
        later = term.model_copy(update={**longer, "until": until})
        clauses: dict[str, Clause] = {
            name: later if clause is term else clause
            for name, clause in deal.clauses.items()
            if clause is not option
        }
        before = self._figures(each, deal).mw_quarters
        after = self._figures(each, _firm(deal, clauses)).mw_quarters
        if 0 < before < math.inf:
            clauses = {name: _spread(clause, after / before) for name, clause in clauses.items()}
        self._put(each.entry, deal.model_copy(update={"clauses": clauses}))

    def _expansion(self, each: Signed) -> None:
        deal = self._held(each)
        option, now = self._option(each, deal, Expansion), self._book.calendar.first
        most = option.volume.value
        if not _runs(option.from_, option.until, now):
            raise _refused(each, f"the option is not open in {now}", "Leave the expansion out")
        if each.mw > most + _NOTHING:
            raise _refused(each, f"{each.mw:g} MW cannot be added of {most:g} MW", "Sign less")
        figures = self._figures(each, deal)
        clauses: dict[str, Clause] = {
            "ramp": Ramp(levels={now + 1: Amount(min(each.mw, most), "power")}),
            "price": _added_price(figures, deal, option),
            **{name: clause for name, clause in deal.clauses.items() if isinstance(clause, ADDED)},
            "delivery": _delivery(deal, figures, Amount(0.0, "duration")),
        }
        if math.isfinite(figures.end):
            clauses["term"] = Term(until=now + (math.ceil(figures.end - 1e-9) - 1))
        added = {"title": f"What is added to `{each.entry}`", "sites": (), "clauses": clauses}
        left = most - each.mw
        rest = {
            name: option.model_copy(update={"volume": Amount(left, "power")}) if clause is option else clause
            for name, clause in deal.clauses.items()
            if clause is not option or left > _NOTHING
        }
        self._put(each.entry, deal.model_copy(update={"clauses": rest}))
        self._put(f"{each.entry} expansion", deal.model_copy(update=added), new=True)

    def _termination(self, each: Signed) -> None:
        deal = self._held(each)
        option, now = self._option(each, deal, Termination), self._book.calendar.first
        if option.from_ is not None and option.from_ > now:
            raise _refused(each, f"it may be used from {option.from_} on", "Leave the termination out")
        figures = self._figures(each, deal)
        price = (figures.usage + figures.reservation) * figures.risen(0.0)
        fee = option.fee.value * price * figures.mw_quarters_left * deal.fulfilment.value
        term = deal.clause(Term)
        key = next((name for name, clause in deal.clauses.items() if clause is term), "term")
        ended = (term or Term()).model_copy(update={"until": now - 1})
        clauses = {name: clause for name, clause in deal.clauses.items() if clause is not option}
        self._put(each.entry, deal.model_copy(update={"clauses": {**clauses, key: ended}}))
        if fee > 0.0:
            self._put(f"{each.entry} termination fee", _fee(each.entry, deal, fee, now), new=True)

    # ------------------------------------------------------------ what deals say

    def _deal(self, each: Signed, kind: type[_D]) -> _D:
        refuse_unknown(each.entry, self.deals, "deal")
        deal = self.deals[each.entry]
        if not isinstance(deal, kind):
            raise _refused(each, f"it is a {_kind(deal)} deal", f"Name one for the decision `{each.what}`")
        return deal

    def _offered(self, each: Signed, deal: _D) -> _D:
        if deal.firmness != "offered":
            raise _refused(each, f"it is {deal.firmness}, not offered", "Leave it out of what is signed")
        return deal

    def _held(self, each: Signed) -> ComputeDeal:
        deal = self._deal(each, ComputeDeal)
        if deal.firmness == "offered":
            raise _refused(each, "it is only offered", "Sign the offer too, or leave its option out")
        return deal

    def _option(self, each: Signed, deal: Deal, kind: type[_C]) -> _C:
        clause = deal.clause(kind)
        if clause is None:
            raise _refused(each, f"the deal has no clause `{each.what}`", "Leave it out of what is signed")
        return clause

    def _put(self, name: str, deal: Deal, *, new: bool = False) -> None:
        if new and name in self.deals:
            message = f"the book has a deal `{name}` already. Rename it, so that what is signed can be added."
            raise InputError(message)
        self.deals[name] = deal

    def _figures(self, each: Signed, deal: Deal) -> Figures:
        return Figures(self._book, each.entry, deal)


def _refused(each: Signed, what: str, mend: str) -> InputError:
    return InputError(f"{each.what} of `{each.entry}`: {what}. {mend}.")


def _kind(deal: Deal) -> str:
    return str(getattr(deal, "kind", "deal"))


def _firm(deal: _D, clauses: Mapping[str, Clause]) -> _D:
    """Return a deal that binds, with these clauses."""
    return deal.model_copy(update={"firmness": "firm", "clauses": dict(clauses)})


def _runs(first: Quarter | None, last: Quarter | None, now: Quarter) -> bool:
    return (first is None or first <= now) and (last is None or now <= last)


def _last(ramp: Ramp | None) -> float:
    """Return the MW of a ramp's last level, 0 without one."""
    return ramp.levels[max(ramp.levels)].value if ramp is not None and ramp.levels else 0.0


def _range(volume: Volume | None, level: float) -> tuple[float, float]:
    """Return the least and the most of an offer that may be signed, in MW."""
    whole = level or (volume.amount.value if volume is not None and volume.amount is not None else 0.0)
    if volume is None or (volume.from_ is None and volume.to is None):
        return whole, whole
    least = volume.from_.value if volume.from_ is not None else 0.0
    return least, volume.to.value if volume.to is not None else whole


def _within_the_window(each: Signed, start: Start | None, first: Quarter) -> None:
    """Refuse a start outside what an offer allows."""
    earliest = first if start is None or start.from_ is None else start.from_
    latest = start.until if start is not None and start.until is not None else max(earliest, first)
    begins = first + each.start
    if start is None and each.start:
        raise _refused(each, "its start is fixed", "Leave it at 0, or give the offer a clause `start`")
    if start is not None and not earliest <= begins <= latest:
        what = f"it would start in {begins}, outside {earliest} to {latest}"
        raise _refused(each, what, "Choose a start in that window")


def _to_volume(clause: Clause, scale: float) -> Clause:
    """Return a clause of an offer as it stands when a share of its volume is signed."""
    if isinstance(clause, Price) and clause.total is not None:
        return clause.model_copy(update={"total": scaled(clause.total, scale)})
    if isinstance(clause, Expansion):
        return clause.model_copy(update={"volume": scaled(clause.volume, scale)})
    return clause


def _spread(clause: Clause, grown: float) -> Clause:
    """Return a clause of a deal whose MW-quarters grow, so that its price and its prepayment stay."""
    if isinstance(clause, Price) and clause.total is not None:
        return clause.model_copy(update={"total": scaled(clause.total, grown)})
    if isinstance(clause, Prepayment):
        return clause.model_copy(update={"share": scaled(clause.share, 1.0 / grown)})
    return clause


def _delivery(deal: Deal, figures: Figures, delay: Amount) -> Delivery:
    """Return how something like a deal is delivered that names no site."""
    own = deal.clause(Delivery) or Delivery()
    return own.model_copy(update={"delay": delay, "chip": figures.chip, "region": figures.region})


def _added_price(figures: Figures, deal: Deal, option: Expansion) -> Price:
    """Return what is paid for what is added: where it has no price of its own, the deal's as it has risen."""
    price, risen = deal.clause(Price) or Price(), figures.risen(1.0)
    usage = option.usage or price.usage
    if option.usage is None and price.total is not None:
        usage = Amount(figures.usage, "capacity_price")
    changed = {
        "total": None,
        "usage": None if usage is None else scaled(usage, risen),
        "reservation": None if price.reservation is None else scaled(price.reservation, risen),
    }
    return price.model_copy(update=changed)


def _fee(name: str, deal: Deal, fee: float, now: Quarter) -> LicenceDeal:
    """Return the fee for ending a deal as a payment of its own: a fee that is due in one quarter."""
    owed = scaled(Amount(1.0, "money_flow"), fee)
    amount = Profile("money_flow", amount=owed, first=now, last=now)
    return LicenceDeal(
        kind="licence",
        title=f"Fee for ending `{name}`",
        licensor=deal.creditor,
        licensee=deal.debtor,
        clauses={"fee": Fee(amount=amount)},
        sources=deal.sources,
    )
