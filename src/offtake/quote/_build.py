"""The site that would be built for a request, and what a site's owner pays other parties for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offtake.book import Delivery, LeaseDeal, PowerDeal, Price, Ramp, SupplyDeal, Tariff, UnitPrice
from offtake.errors import InputError
from offtake.quote._terms import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offtake.book import Book, Phase, Request

__all__ = ["rent_of", "site_to_build", "tariff_of"]

_FIGURES = ("region", "chip", "pue", "power_price", "load_factor", "opex", "capex")


def site_to_build(book: Book, entry: Request, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain data of the site that would be built, with a phase for each step of the ramp.

    Parameters
    ----------
    book
        The book.
    entry, written
        The request, and the same as plain data.

    Raises
    ------
    InputError
        If it does not say which machines are built, or at what cost, or when work on its gates begins.
    """
    build = entry.build
    own = dict(written.get("build", {}))
    like = None if build is None or build.like is None else build.like
    known = {} if like is None else {k: v for k, v in book.to_data()["sites"][like].items() if k in _FIGURES}
    figures = known | {key: value for key, value in own.items() if key in _FIGURES}
    if like is not None and "capex" not in own:
        figures["capex"] = _capex_like(book, like, figures.get("capex", {}))
    if not figures.get("chip"):
        message = (
            "the request does not say which machines are built: add `chip` to `build`, or a site it is like"
        )
        raise InputError(message)
    if not figures.get("capex"):
        message = "the request does not say what a MW costs to build: add `capex` to `build`"
        raise InputError(message)
    gates, lead = _gates(book, entry, own, like)
    first = book.calendar.first
    phases = []
    for quarter, added in _steps(entry):
        start = max(first, quarter - int(whole(lead)))
        phases.append({"mw": f"{added!r} MW", "start": str(start), "gates": gates})
    return {"owner": entry.seller, **figures, "phases": phases}


def _capex_like(book: Book, like: str, capex: Any) -> Any:
    """Return what a MW of a site costs; its chips may be paid for under a supply deal."""
    site = book.sites[like]
    if site.capex.chips.value == 0.0:
        for name, deal in book.deals.items():
            price = deal.clause(UnitPrice)
            if isinstance(deal, SupplyDeal) and like in deal.sites and price is not None:
                written = book.to_data()["deals"][name]["clauses"]
                terms = next(v for k, v in written.items() if k == "unit_price")
                capex = {**capex, "chips": terms["amount"] if isinstance(terms, dict) else terms}
    chips = capex.get("chips", 0) if isinstance(capex, dict) else 0
    if site.capex.chips.value + site.capex.rest.value == 0.0 and not chips:
        message = (
            f"`{like}` has no cost to build in the book, so nothing would have to be paid back: give `capex` "
            "in `build`, or name another site"
        )
        raise InputError(message)
    return capex


def _steps(entry: Request) -> list[tuple[Any, float]]:
    """Return the increments of the request's ramp, earliest first."""
    levels = [
        item for c in entry.clauses.values() if isinstance(c, Ramp) for item in sorted(c.levels.items())
    ]
    values = [0.0, *(level.value for _, level in levels)]
    steps = [(quarter, values[n + 1] - values[n]) for n, (quarter, _) in enumerate(levels)]
    return [(quarter, mw) for quarter, mw in steps if mw > 0.0]


def _gates(book: Book, entry: Request, own: Mapping[str, Any], like: str | None) -> tuple[Any, float]:
    """Return the gates of each phase as plain data, and the time before the promised date when they begin."""
    build = entry.build
    if own.get("gates"):
        if build is None or build.lead is None:
            message = (
                "the gates of what is built need `lead`: the time before the promised date when they begin"
            )
            raise InputError(message)
        return own["gates"], build.lead.value
    delivery = next((c for c in entry.clauses.values() if isinstance(c, Delivery)), None)
    if delivery is not None and delivery.delay != Delivery().delay:
        written = book.replace({"requests": {"delay": entry}}).to_data()["requests"]["delay"]["clauses"]
        delay = next(v for k, v in written.items() if k == "delivery")
        return {"delivery": delay["delay"] if isinstance(delay, dict) else delay}, 0.0
    if like is None:
        return {}, 0.0
    built = [(n, phase) for n, phase in enumerate(book.sites[like].phases) if phase.gates]
    if not built:
        return {}, 0.0
    place, last = built[-1]
    gates = book.to_data()["sites"][like]["phases"][place]["gates"]
    if build is not None and build.lead is not None:
        return _undated(gates), build.lead.value
    return _undated(gates), _lead(book, like, last)


def _undated(gates: Mapping[str, Any]) -> dict[str, Any]:
    """Return gates without the dates of the site that they stand at."""
    return {
        name: {k: v for k, v in gate.items() if k != "not_before"} if isinstance(gate, dict) else gate
        for name, gate in gates.items()
    }


def _lead(book: Book, like: str, phase: Phase) -> float:
    """Return how long before its announced date work on a phase begins."""
    if phase.planned is None:
        message = f"`{like}` does not say when its last phase is planned: give `lead` in `build`"
        raise InputError(message)
    return float(max(0, phase.planned - (phase.start or book.calendar.first)))


def rent_of(book: Book, site: str) -> float:
    """Return what the owner of a site pays landlords of the book, M USD per MW-quarter at the opening."""
    total = 0.0
    for deal in book.deals.values():
        price = deal.clause(Price)
        if (
            isinstance(deal, LeaseDeal)
            and site in deal.sites
            and deal.firmness == "firm"
            and price is not None
        ):
            total += sum(each.value for each in (price.usage, price.reservation) if each is not None)
    return total


def tariff_of(book: Book, site: str) -> float:
    """Return the price of a site's electricity from a party of the book in USD per MWh, NaN without one."""
    for deal in book.deals.values():
        tariff = deal.clause(Tariff)
        if isinstance(deal, PowerDeal) and site in deal.sites and tariff is not None:
            return float(tariff.price.value)
    return float("nan")
