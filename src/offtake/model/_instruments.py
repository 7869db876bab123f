"""Loans, equity, warrants, backstops, revenue shares, licences and power deals as arrays."""

import math
from typing import TYPE_CHECKING

import numpy as np

from offtake.book import (
    BackstopDeal,
    Cover,
    EquityDeal,
    Fee,
    Interest,
    LicenceDeal,
    LoanDeal,
    Payments,
    PowerDeal,
    Principal,
    Ramp,
    Repayment,
    RevenueShare,
    RevenueShareDeal,
    Tariff,
    Term,
    Tranches,
    Warrants,
)
from offtake.calendar import Calendar
from offtake.errors import InputError
from offtake.model._capacity import clause_label
from offtake.model._delivery import index_of, phase_labels
from offtake.model._drivers import driver_dimension
from offtake.model._leaves import Leaves, certain
from offtake.model._prices import deal_until, price_factor
from offtake.model._records import Backstops, Equity, Loans

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["compile_equity", "compile_loans", "compile_others", "of_kind"]


def of_kind(book: "Book", *kinds: type) -> tuple[str, ...]:
    """Return the names of the deals of some kinds, in book order."""
    return tuple(name for name, deal in book.deals.items() if isinstance(deal, kinds))


def compile_loans(book: "Book", calendar: Calendar, leaves: Leaves) -> Loans:
    """Return loan deals, with opening amounts and rates added to the leaves."""
    parties, deals, names = tuple(book.parties), tuple(book.deals), of_kind(book, LoanDeal)
    draws = np.zeros((len(calendar), len(names)))
    first, maturity, shape = [], [], []
    for q, name in enumerate(names):
        deal = book.deals[name]
        principal, interest, repayment = deal.clause(Principal), deal.clause(Interest), deal.clause(Repayment)
        if principal is None or interest is None or repayment is None:
            message = f"deals.{name}: a loan needs principal, interest and repayment"
            raise InputError(message)
        leaves.add("loan.opening", principal.outstanding, clause_label(book, name, principal, "outstanding"))
        leaves.add("loan.rate", interest.rate, clause_label(book, name, interest, "rate"))
        for quarter, amount in principal.drawn.items():
            place = calendar.index(quarter)
            if 0 <= place < len(calendar):
                draws[place, q] += certain(amount, clause_label(book, name, principal, f"drawn.{quarter}"))
        start = min((calendar.index(quarter) + 1 for quarter in principal.drawn), default=0)
        default = 0 if principal.outstanding.value > 0 else max(0, start)
        first.append(int(index_of(calendar, repayment.from_, default)))
        maturity.append(int(calendar.index(repayment.maturity)))
        shape.append(repayment.how)
    leaves.empty("loan.opening", "loan.rate")
    return Loans(
        deal=np.array([deals.index(name) for name in names], dtype=np.int64),
        lender=np.array([parties.index(book.deals[name].creditor) for name in names], dtype=np.int64),
        borrower=np.array([parties.index(book.deals[name].debtor) for name in names], dtype=np.int64),
        draws=draws,
        shape=tuple(shape),
        first=np.array(first, dtype=np.int64),
        maturity=np.array(maturity, dtype=np.int64),
    )


def compile_equity(book: "Book", calendar: Calendar, leaves: Leaves) -> Equity:
    """Return dated payments, tranches and warrants, with their amounts added to the leaves."""
    parties, deals, drivers = tuple(book.parties), tuple(book.deals), tuple(book.drivers)
    names = of_kind(book, EquityDeal)
    times, payment_deals, tranche_deals, each, measures = [], [], [], [], []
    for e, name in enumerate(names):
        payments, tranches = book.deals[name].clause(Payments), book.deals[name].clause(Tranches)
        for quarter, amount in payments.dated.items() if payments is not None else ():
            times.append(calendar.index(quarter))
            payment_deals.append(e)
            label = "" if payments is None else clause_label(book, name, payments, f"dated.{quarter}")
            leaves.add("equity.payment", amount, label)
        if tranches is not None:
            tranche_deals.append(e)
            each.append(certain(tranches.each, clause_label(book, name, tranches, "each")))
            leaves.add("equity.tranche", tranches.amount, clause_label(book, name, tranches, "amount"))
            leaves.add("equity.cap", tranches.up_to, clause_label(book, name, tranches, "up_to"))
            measures.append(_measure(book, tranches, getattr(book.deals[name], "issuer")))  # noqa: B009
    warrants = [
        (name, clause) for name, deal in book.deals.items() if (clause := deal.clause(Warrants)) is not None
    ]
    most = max((clause.tranches for _, clause in warrants), default=0)
    for name, clause in warrants:
        leaves.add("warrant.shares", clause.shares, clause_label(book, name, clause, "shares"))
        leaves.add("warrant.strike", clause.strike, clause_label(book, name, clause, "strike"))
        leaves.add("warrant.sold", clause.sold, clause_label(book, name, clause, "sold"))
        in_money = driver_dimension(book.drivers[clause.price]) == "money"
        leaves.add("warrant.price_factor", 1e6 if in_money else 1.0)
    leaves.empty("equity.payment", "equity.tranche", "equity.cap")
    leaves.empty("warrant.shares", "warrant.strike", "warrant.sold", "warrant.price_factor")
    phases = len(phase_labels(book))
    hurdles = [
        [*(certain(h, f"deals.{name}: a hurdle") for h in c.hurdles), *([0.0] * (most - len(c.hurdles)))][
            :most
        ]
        for name, c in warrants
    ]
    return Equity(
        deal=np.array([deals.index(name) for name in names], dtype=np.int64),
        payment_time=np.array(times, dtype=np.int64),
        payment_deal=np.array(payment_deals, dtype=np.int64),
        tranche_deal=np.array(tranche_deals, dtype=np.int64),
        tranche_each=np.array(each, dtype=float),
        tranche_measure=np.array(measures, dtype=float).reshape(len(each), phases).T,
        warrant_deal=np.array([deals.index(name) for name, _ in warrants], dtype=np.int64),
        warrant_holder=np.array([parties.index(c.holder) for _, c in warrants], dtype=np.int64),
        warrant_issuer=np.array([parties.index(c.issuer) for _, c in warrants], dtype=np.int64),
        warrant_each=np.array([certain(c.each, f"deals.{name}: each") for name, c in warrants], dtype=float),
        warrant_number=np.array([c.tranches for _, c in warrants], dtype=np.int64),
        warrant_hurdles=np.array(hurdles, dtype=float).reshape(len(warrants), most),
        warrant_price=np.array([drivers.index(c.price) for _, c in warrants], dtype=np.int64),
        warrant_measure=np.array([_measure(book, c, None) for _, c in warrants], dtype=float)
        .reshape(len(warrants), phases)
        .T,
    )


def _measure(book: "Book", clause: Tranches | Warrants, issuer: str | None) -> list[float]:
    """Return which phases' power counts (rule B8)."""
    supplied = {site for name in clause.deals for site in book.deals[name].sites}
    filtered = clause.chip is not None or clause.sites or clause.deals
    counts = []
    for site, _ in phase_labels(book):
        entry = book.sites[site]
        fits = (
            (clause.chip is None or entry.chip == clause.chip)
            and (not clause.sites or site in clause.sites)
            and (not clause.deals or site in supplied)
            and (bool(filtered) or issuer is None or entry.owner == issuer)
        )
        counts.append(1.0 if fits else 0.0)
    return counts


def compile_others(book: "Book", calendar: Calendar, leaves: Leaves) -> Backstops:
    """Return backstops, revenue shares, licences and power deals."""
    parties, deals, sites, workloads = (
        tuple(section) for section in (book.parties, book.deals, book.sites, book.workloads)
    )
    covers = [(name, book.deals[name].clause(Cover)) for name in of_kind(book, BackstopDeal)]
    for name, cover in covers:
        if cover is not None:
            label = clause_label(book, name, cover, "price")
            leaves.add(
                "backstop.price", cover.price, label, factor=price_factor(book, name, cover.price, label)
            )
            leaves.add("backstop.power", cover.power or math.inf, clause_label(book, name, cover, "power"))
            leaves.add("backstop.cap", cover.up_to or math.inf, clause_label(book, name, cover, "up_to"))
    shares = [(name, book.deals[name].clause(RevenueShare)) for name in of_kind(book, RevenueShareDeal)]
    for name, share in shares:
        if share is not None:
            leaves.add("revenue_share.share", share.share, clause_label(book, name, share, "share"))
    tariffs = [(name, book.deals[name].clause(Tariff)) for name in of_kind(book, PowerDeal)]
    for name, tariff in tariffs:
        if tariff is not None:
            leaves.add("tariff.price", tariff.price, clause_label(book, name, tariff, "price"))
            leaves.add("tariff.minimum", tariff.minimum, clause_label(book, name, tariff, "minimum"))
    leaves.empty(
        "backstop.price",
        "backstop.power",
        "backstop.cap",
        "revenue_share.share",
        "tariff.price",
        "tariff.minimum",
    )
    licences = [name for name in of_kind(book, LicenceDeal) if book.deals[name].clause(Fee) is not None]

    def place(names: list[str]) -> np.ndarray:
        return np.array([deals.index(name) for name in names], dtype=np.int64)

    def party(names: list[str], role: str) -> np.ndarray:
        return np.array([parties.index(getattr(book.deals[name], role)) for name in names], dtype=np.int64)

    backed = [name for name, _ in covers]
    shared = [name for name, _ in shares]
    powered = [name for name, _ in tariffs]
    return Backstops(
        deal=place(backed),
        backer=party(backed, "backer"),
        provider=party(backed, "provider"),
        start=np.array(
            [index_of(calendar, c.from_ if c else None, -math.inf) for _, c in covers], dtype=float
        ),
        end=np.array([_end(calendar, c.until if c else None) for _, c in covers], dtype=float),
        share_deal=place(shared),
        share_workloads=np.array(
            [[_shared(book, name, clause, workload) for name, clause in shares] for workload in workloads],
            dtype=float,
        ).reshape(len(workloads), len(shares)),
        share_start=np.array(
            [index_of(calendar, c.from_ if c else None, -math.inf) for _, c in shares], dtype=float
        ),
        share_end=np.array([_end(calendar, c.until if c else None) for _, c in shares], dtype=float),
        licence_deal=place(licences),
        licence_end=np.array([_licence_end(book, name, calendar) for name in licences], dtype=float),
        power_deal=place(powered),
        power_sites=np.array(
            [[1.0 if site in book.deals[name].sites else 0.0 for name in powered] for site in sites],
            dtype=float,
        ).reshape(len(sites), len(powered)),
        power_levels=np.array([_levels(book, name, calendar) for name in powered], dtype=float)
        .reshape(len(powered), len(calendar))
        .T,
        power_end=np.array([_power_end(book, name, calendar) for name in powered], dtype=float),
    )


def _end(calendar: Calendar, until: object) -> float:
    return math.inf if until is None else calendar.index(until) + 1.0  # type: ignore[arg-type]


def _shared(book: "Book", name: str, clause: RevenueShare | None, workload: str) -> float:
    deal = book.deals[name]
    counts = clause is not None and (not clause.workloads or workload in clause.workloads)
    return 1.0 if counts and book.workloads[workload].buyer == deal.debtor else 0.0


def _licence_end(book: "Book", name: str, calendar: Calendar) -> float:
    term = book.deals[name].clause(Term)
    length = math.inf if term is None or term.length is None else certain(term.length, f"deals.{name}: term")
    return min(length, deal_until(book, name, calendar))


def _power_end(book: "Book", name: str, calendar: Calendar) -> float:
    term = book.deals[name].clause(Term)
    ramp = book.deals[name].clause(Ramp)
    until = deal_until(book, name, calendar)
    if term is None or term.length is None or ramp is None:
        return until
    return min(calendar.index(min(ramp.levels)) + certain(term.length, f"deals.{name}: term"), until)


def _levels(book: "Book", name: str, calendar: Calendar) -> list[float]:
    """Return the MW contracted at a ramp's level in each quarter."""
    ramp = book.deals[name].clause(Ramp)
    if ramp is None:
        return [0.0] * len(calendar)
    points = sorted((calendar.index(quarter), amount.value) for quarter, amount in ramp.levels.items())
    return [max((level for at, level in points if at <= t), default=0.0) for t in range(len(calendar))]
