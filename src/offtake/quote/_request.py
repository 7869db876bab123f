"""From what is asked to a book in which it could be delivered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from offtake.book import ComputeDeal, Price, Ramp
from offtake.errors import InputError
from offtake.model import compile as compile_model
from offtake.quote._build import rent_of, site_to_build, tariff_of
from offtake.quote._terms import Terms, continues, terms_of
from offtake.quote._words import read_words

if TYPE_CHECKING:
    from offtake.book import Book, Request
    from offtake.model import Model

__all__ = ["Asked", "ask"]

LATEST: Final = 12
"""Quarters by which machines may be late and still be followed to the end of their life."""

_HERE: Final = "request"
_LIVES: Final = 2.0
_LEFT_OUT: Final = {
    "start": "the choice of when it starts",
    "extension": "the option to run on",
    "expansion": "the option to add capacity",
    "most_favoured": "the right to the best price",
    "exclusivity": "the exclusivity",
    "first_refusal": "the right of first refusal",
}


@dataclass(frozen=True, eq=False)
class Asked:
    """A request with everything that its price depends on.

    Parameters
    ----------
    name, title
        Name in the book, or the words; and a line for readers.
    seller, buyer
        The parties.
    deal
        Name of the request as a deal of `model`.
    counted
        Whether the deal is in force, or may be, in the book as it stands.
    book
        The book with the request as an unsigned deal.
    model
        The same compiled to the end of the machines' life.
    terms
        Its terms.
    price
        The price that it names, in M USD per MW-quarter, or None.
    payback
        Share of futures in which it is to pay back.
    mw
        MW at the end of its ramp.
    efficiency
        Effective MW of a MW of it.
    life, residual
        Economic life of the machines in quarters, and the share of the price of chips left at its end.
    rent, tariff
        Rent of the shell in M USD per MW-quarter, and price of electricity from a party of the book in USD
        per MWh (NaN where it comes from outside), by site of `model`.
    to_build
        Whether the machines are built for it, and so only if the buyer still stands when work begins.
    room
        MW that its sites have left for it; infinite where it is to be built.
    workloads
        Workloads of the buyer that may run on it.
    left_out
        What is not priced, in words.
    """

    name: str
    title: str
    seller: str
    buyer: str
    deal: str
    counted: bool
    book: Book
    model: Model
    terms: Terms
    price: float | None
    payback: float
    mw: float
    efficiency: float
    life: float
    residual: float
    rent: tuple[float, ...]
    tariff: tuple[float, ...]
    to_build: bool
    room: float
    workloads: tuple[str, ...]
    left_out: tuple[str, ...]


def ask(
    book: Book,
    request: str | Mapping[str, Any] | Request,
    *,
    provider: str | None = None,
    buyer: str | None = None,
    like: str | None = None,
    scenario: str | None = None,
    longest: float = 0.0,
) -> Asked:
    """Return a request with everything that its price depends on.

    Parameters
    ----------
    book
        The book.
    request
        The name of a request or of a compute deal of the book; a line such as ``1 GW for 5 years from
        2027-Q1 like North``; plain data of a request; or a `Request`.
    provider, buyer
        Who is asked and who asks, where the request does not say so or another is meant.
    like
        Site whose figures stand for machines to be built, where the request names no sites.
    scenario
        A scenario of the book.
    longest
        Longest term in quarters that will be asked about, if longer than the request's own.

    Raises
    ------
    InputError
        If a name is unknown, a party asks itself, the request goes beyond its sites, or its term is out of
        range.
    """
    data, name = _data_of(book, request, provider, buyer)
    if like is not None and not data.get("sites"):
        data = {**data, "build": {**data.get("build", {}), "like": like}}
    hosted = book.replace({f"requests.{_HERE}": data})
    entry = hosted.requests[_HERE]
    _check_sides(book, entry, data, name)
    if any(isinstance(clause, Ramp) for clause in entry.clauses.values()) and _most(entry) <= 0.0:
        message = "0 MW are asked for; ask for more than nothing"
        raise InputError(message)
    room = _room(book, entry, name)
    augmented, deal = _with_deal(book, entry, hosted.to_data()["requests"][_HERE], name)
    return _asked(augmented, entry, name, deal, room, scenario, longest)


def _data_of(
    book: Book, request: str | Mapping[str, Any] | Request, provider: str | None, buyer: str | None
) -> tuple[dict[str, Any], str]:
    """Return a request as plain data, and what it is called."""
    parties = {"seller": provider, "buyer": buyer}
    given = {key: value for key, value in parties.items() if value is not None}
    if isinstance(request, str) and request in book.requests:
        return {**book.to_data()["requests"][request], **given}, request
    if isinstance(request, str) and request in book.deals:
        return _data_of_deal(book, request, given), request
    if isinstance(request, str):
        return {**_in_words(book, request, provider, buyer), **given}, request
    if isinstance(request, Mapping):
        data = dict(request)
    else:
        data = book.replace({f"requests.{_HERE}": request}).to_data()["requests"][_HERE]
    return {**data, **given}, str(data.get("title", _HERE))


def _data_of_deal(book: Book, name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return a compute deal of the book as plain data of a request."""
    deal = book.deals[name]
    if not isinstance(deal, ComputeDeal):
        message = f"`{name}` is no compute deal but one of kind {deal.kind}; only compute deals can be quoted"
        raise InputError(message)
    for role, party in given.items():
        if getattr(deal, role) != party:
            message = f"the {role} of `{name}` is {getattr(deal, role)}, not {party}"
            raise InputError(message)
    if deal.clause(Ramp) is None:
        message = f"`{name}` has no ramp, so nothing says what is delivered when; add a clause `ramp`"
        raise InputError(message)
    data = book.to_data()["deals"][name]
    # a request is for the ramp as it is written
    clauses = {key: each for key, each in data["clauses"].items() if deal.clauses[key].kind != "start"}
    kept = {key: data[key] for key in ("title", "seller", "buyer", "sites") if key in data}
    return {**kept, "clauses": clauses}


def _in_words(book: Book, text: str, provider: str | None, buyer: str | None) -> dict[str, Any]:
    """Return what a line says, or refuse a name that the book does not have."""
    if " for " not in text or " from " not in text:
        offers = [name for name, deal in book.deals.items() if deal.firmness == "offered"]
        message = (
            f"no request and no deal is called `{text}`. Requests and offers of the book: "
            f"{', '.join([*book.requests, *offers]) or 'none'}. Or write one, as in "
            "`1 GW for 5 years from 2027-Q1 like SITE`"
        )
        raise InputError(message)
    for role, party in (("provider", provider), ("buyer", buyer)):
        if party is None:
            message = f"a request in words does not say who its {role} is; name one"
            raise InputError(message)
    return {"title": text, **read_words(text)}


def _check_sides(book: Book, entry: Request, data: Mapping[str, Any], name: str) -> None:
    """Refuse sites that the seller does not run, and a request from nowhere."""
    for site in entry.sites:
        if book.sites[site].owner != entry.seller:
            message = f"`{site}` is run by {book.sites[site].owner}, not by {entry.seller}, who is asked"
            raise InputError(message)
    if not entry.sites and not data.get("build"):
        own = [site for site, each in book.sites.items() if each.owner == entry.seller]
        message = (
            f"`{name}` says neither which sites deliver it nor what would be built: add `sites`, or `build` "
            f"with its costs, or a site that it is like (sites of {entry.seller}: {', '.join(own) or 'none'})"
        )
        raise InputError(message)


def _room(book: Book, entry: Request, name: str) -> float:
    """Return the MW that the request's sites have left; refuse a request beyond them."""
    if not entry.sites:
        return math.inf
    taken = 0.0
    for other, deal in book.deals.items():
        shares = isinstance(deal, ComputeDeal) and set(deal.sites) & set(entry.sites)
        if shares and deal.firmness == "firm" and other != name:
            taken += _most(deal)
    total = sum(phase.mw.value for site in entry.sites for phase in book.sites[site].phases)
    room, wanted = max(0.0, total - taken), _most(entry)
    if wanted > room * (1 + 1e-9):
        message = (
            f"{wanted:,.0f} MW are asked for, and {' and '.join(entry.sites)} has {room:,.0f} MW left; ask "
            "for less, name more sites, or say what to build"
        )
        raise InputError(message)
    return room


def _most(entry: Any) -> float:
    """Return the MW at the end of a ramp."""
    ramps = [clause for clause in entry.clauses.values() if isinstance(clause, Ramp)]
    return max((level.value for ramp in ramps for level in ramp.levels.values()), default=0.0)


def _with_deal(book: Book, entry: Request, written: Mapping[str, Any], name: str) -> tuple[Book, str]:
    """Return the book with the request as an unsigned deal on its sites, and the deal's name."""
    deal = name if name in book.deals and name not in book.requests else _free(_HERE, book.deals)
    site = _free(f"to build for {deal}".replace(".", " "), book.sites)
    sites = list(entry.sites) or [site]
    changes: dict[str, Any] = {"requests": {}}
    if not entry.sites:
        changes[f"sites.{site}"] = site_to_build(book, entry, written)
    if deal in book.deals:
        changes[f"deals.{deal}.sites"] = sites
    else:
        clauses = {key: value for key, value in written["clauses"].items() if key != "volume"}
        changes[f"deals.{deal}"] = {
            "kind": "compute",
            "seller": entry.seller,
            "buyer": entry.buyer,
            "firmness": "offered",
            "sites": sites,
            "clauses": {"price": "1 MUSD/MW/quarter", **clauses},
        }
    return book.replace(changes), deal


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """Return a name that is not taken."""
    while name in taken:
        name = f"{name} again"
    return name


def _asked(
    book: Book, entry: Request, name: str, deal: str, room: float, scenario: str | None, longest: float
) -> Asked:
    """Return the request, compiled to the end of its machines' life."""
    signed = book.deals[deal]
    if not isinstance(signed, ComputeDeal):
        message = f"`{deal}` is no compute deal"
        raise InputError(message)
    chip = book.sites[signed.sites[0]].chip
    if chip is None:
        message = f"the machines of `{signed.sites[0]}` have no `chip` that says how long they live"
        raise InputError(message)
    life = book.chips[chip].life.value
    model = compile_model(_to_the_end(book, signed, life, chip, longest), scenario)
    usage, reservation = _opening_prices(model, deal)
    kinds = {clause.kind for clause in signed.clauses.values()}
    left_out = [words for kind, words in _LEFT_OUT.items() if kind in kinds]
    if continues(signed):
        left_out.append("that the deal goes on when its buyer has failed")
    like = entry.build.like if entry.build is not None else None
    paying = [like if like is not None and site in signed.sites else site for site in book.sites]
    own = tuple(n for n, workload in book.workloads.items() if workload.buyer == entry.buyer)
    return Asked(
        name=name,
        title=entry.title or name,
        seller=entry.seller,
        buyer=entry.buyer,
        deal=deal,
        counted=signed.firmness != "offered",
        book=book,
        model=model,
        terms=terms_of(signed, book.calendar, (usage, reservation)),
        price=usage + reservation if any(isinstance(c, Price) for c in entry.clauses.values()) else None,
        payback=entry.payback.value,
        mw=_most(signed),
        efficiency=book.chips[chip].efficiency.value,
        life=life,
        residual=book.chips[chip].residual_value.value,
        rent=tuple(rent_of(book, site) for site in paying),
        tariff=tuple(tariff_of(book, site) for site in paying),
        to_build=not entry.sites,
        room=room,
        workloads=entry.workloads or own,
        left_out=tuple(left_out),
    )


def _to_the_end(book: Book, signed: ComputeDeal, life: float, chip: str, longest: float) -> Book:
    """Return the book with its calendar prolonged until the machines have served."""
    first = book.calendar.first
    targets = [quarter for c in signed.clauses.values() if isinstance(c, Ramp) for quarter in c.levels]
    terms = terms_of(signed, book.calendar, (1.0, 0.0))
    served = max(longest, min(terms.length, terms.until - (min(targets) - first)))
    if served > _LIVES * life:
        message = (
            f"a term of {served / 4:g} years is out of range: {chip} lives for {life / 4:g} years, and a "
            "second set of machines is not priced"
        )
        raise InputError(message)
    if served <= 0.0:
        message = (
            f"the deal would end in {terms.until:g} quarters, before anything is delivered; extend its term"
        )
        raise InputError(message)
    if max(targets) < first:
        message = f"what is asked for begins in {min(targets)}, before the book opens in {first}"
        raise InputError(message)
    last = max(book.calendar.last, max(targets) + math.ceil(max(life, served)) + LATEST)
    return book.replace({"calendar": {"from": str(first), "to": str(last)}})


def _opening_prices(model: Model, deal: str) -> tuple[float, float]:
    """Return the usage and the reservation price of a deal with median figures, M USD per MW-quarter."""
    capacity, delivery = model.structure.capacity, model.structure.delivery
    c = int(np.flatnonzero(capacity.deal == model.names.deals.index(deal))[0])
    usage, reservation = (float(model.leaves[f"deal.{name}"][c]) for name in ("usage", "reservation"))
    if capacity.has_total[c]:
        mine = delivery.piece_deal == c
        target = delivery.piece_target[mine]
        end = np.minimum(target + model.leaves["deal.length"][c], capacity.until[c])
        owed = float(((end - target) * delivery.piece_mw[mine]).sum())
        usage = float(model.leaves["deal.total"][c]) / owed - reservation
    return usage, reservation
