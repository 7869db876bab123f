"""The measures of a book: one function each, found by the name that facts use."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from offtake.book import SECTIONS, Payments, Tranches
from offtake.calendar import Quarter
from offtake.facts._arguments import keys, names, one_name, quarter, refuse
from offtake.facts._measured import QUARTER, TEXT, YEAR, Measured
from offtake.facts._path import field_at
from offtake.facts._results import measure_result
from offtake.facts._values import deal_mw, deal_value, sites_mw
from offtake.spelling import suggest

if TYPE_CHECKING:
    from offtake.book import Book, Clause, Phase, Right
    from offtake.results import Simulation

__all__ = ["MEASURES", "measure", "needs_runs"]

_MONTHS_APART: Final = (0.75 / 12, 1.5 / 12)
_TERMS: Final = 2


def total_value(book: Book, of: Any) -> Measured:
    """Headline value of deals: `total_value: [deal, deal]`; see `deal_value` for each kind."""
    return Measured(math.fsum(deal_value(book, name) for name in _deals(book, of)), "money")


def volume(book: Book, of: Any) -> Measured:
    """Headline power of deals, the part inside other deals included: `volume: [deal, deal]`."""
    return Measured(math.fsum(deal_mw(book, name) for name in _deals(book, of)), "power")


def paid_since(book: Book, of: Any) -> Measured:
    """Dated payments of deals in a window: `paid_since: {deals: [deal], since: 2019, until: 2025-Q3}`.

    Without `since` or `until` that side is open.
    """
    given = keys(of, ["deals", "since", "until"], main="deals")
    first, last = quarter(given.get("since")), quarter(given.get("until"), end=True)
    sums = []
    for name in _deals(book, given["deals"]):
        clause = book.deals[name].clause(Payments)
        if clause is None:
            refuse(f"the deal `{name}` has no dated payments", "Name deals with a `payments` clause")
        sums += [
            amount.value
            for when, amount in clause.dated.items()
            if (first is None or first <= when) and (last is None or when <= last)
        ]
    return Measured(math.fsum(sums), "money")


def tranche_total(book: Book, of: Any) -> Measured:
    """The most that tranches of deals come to: `tranche_total: deal`."""
    return Measured(math.fsum(_tranches(book, name).up_to.value for name in _deals(book, of)), "money")


def tranche_size(book: Book, of: Any) -> Measured:
    """Money of one tranche of a deal: `tranche_size: deal`."""
    return Measured(_tranches(book, one_name(of, book.deals, "deal")).amount.value, "money")


def right_until(book: Book, of: Any) -> Measured:
    """The last quarter of a right, or of a deal's clause: `right_until: name` or `deal.clause`."""
    terms: dict[str, Right | Clause] = dict(book.rights)
    for name, deal in book.deals.items():
        terms |= {
            f"{name}.{label}": clause for label, clause in deal.clauses.items() if hasattr(clause, "until")
        }
    name = one_name(of, terms, "right")
    until = getattr(terms[name], "until", None)
    if not isinstance(until, Quarter):
        refuse(f"`{name}` has no end", "Give it an `until`")
    return Measured(until, QUARTER)


def plan_cumulative_burn(book: Book, of: Any) -> Measured:
    """Planned burn of a party, summed: `plan_cumulative_burn: {party: name, from: 2025, until: 2029}`.

    Without `from` or `until` every year of the plan counts.
    """
    given = keys(of, ["party", "from", "until"], main="party")
    plan = book.plans_of_record[one_name(given["party"], book.plans_of_record, "plan of record")]
    first, last = (_year(given.get(key)) for key in ("from", "until"))
    missing = [year for year in (first, last) if year is not None and year not in plan.burn]
    if missing or not plan.burn:
        refuse(
            f"the plan says nothing of the burn of {missing[0] if missing else 'any year'}",
            "Name another year",
        )
    years = [
        year for year in plan.burn if (first is None or first <= year) and (last is None or year <= last)
    ]
    return Measured(math.fsum(plan.burn[year].value for year in years), "money")


def plan_profitable_year(book: Book, of: Any) -> Measured:
    """First year that a party's plan calls profitable: `plan_profitable_year: party`."""
    name = one_name(of, book.plans_of_record, "plan of record")
    year = book.plans_of_record[name].profitable_year
    if year is None:
        refuse(f"the plan of `{name}` names no profitable year", "Add `profitable_year` to it")
    return Measured(year, YEAR)


def field(book: Book, of: Any) -> Measured:
    """A field of the book by its dotted path: `field: deals.name.price.usage`.

    It is the median of a distribution, the opening value of a profile, the main field of a clause.
    """
    if not isinstance(of, str):
        refuse(f"a dotted path is needed, got `{of}`", "Write it as in `field: parties.Lark Labs.cash`")
    return field_at(book, of)


def total(book: Book, of: Any) -> Measured:
    """Sum of fields and of other measures of one kind: `sum: [path, {volume: deal}, ...]`."""
    terms = _terms(book, of)
    return Measured(math.fsum(term.number for term in terms), terms[0].dimension)


def ratio(book: Book, of: Any) -> Measured:
    """The first of two fields or measures over the second: `ratio: [path, {total_value: deal}]`."""
    terms = _terms(book, of)
    if len(terms) != _TERMS or not terms[1].number:
        refuse("a ratio needs two terms, the second not zero", "Write it as in `ratio: [path, path]`")
    return Measured(terms[0].number / terms[1].number, "ratio")


def site_mw(book: Book, of: Any) -> Measured:
    """Power of sites: `site_mw: [site, site]`.

    With `{sites: [site], by: 2026-Q2}` of the phases that are announced for then or earlier.
    """
    given = keys(of, ["sites", "by"], main="sites")
    sites, by = names(given["sites"], book.sites, "site"), quarter(given.get("by"), end=True)
    if by is None:
        return Measured(sites_mw(book, sites), "power")
    phases = [phase for site in sites for phase in book.sites[site].phases]
    return Measured(math.fsum(phase.mw.value for phase in phases if _announced(phase) <= by), "power")


def monthly_change(book: Book, of: Any) -> Measured:
    """Relative change of a history in its last month, or in a given one: `monthly_change: file.csv`.

    A driver with a `history` may be named in place of a file: `{driver: name, month: 2025-10}`.
    """
    from offtake.drivers.history import years_of

    given = keys(of, ["history", "driver", "month"], main=None if isinstance(of, Mapping) else "history")
    times, values = _history(book, given)
    last = len(times) - 1
    if given.get("month") is not None:
        month = years_of(str(given["month"]))
        last = min(range(len(times)), key=lambda place: abs(times[place] - month))
        if abs(times[last] - month) > _MONTHS_APART[0]:
            refuse(f"the history has no value of {given['month']}", "Name a month that it has")
    if last < 1 or not _MONTHS_APART[0] <= times[last] - times[last - 1] <= _MONTHS_APART[1]:
        refuse("the history has no value a month before", "Name a month whose month before is there too")
    return Measured(values[last] / values[last - 1] - 1.0, "ratio")


def count(book: Book, of: Any) -> Measured:
    """Number of entries: `count: {section: deals, kind: compute, buyer: name, distinct: seller}`.

    Any further argument is a field that must have this value, or one of these values. `distinct` counts the
    different values of a field instead of the entries.
    """
    given = dict(of) if isinstance(of, Mapping) else {"section": of}
    section = one_name(given.pop("section", None) or "", SECTIONS, "section")
    distinct = given.pop("distinct", None)
    entries = list(getattr(book, section).values())
    for key, wanted in given.items():
        if not any(hasattr(entry, key) for entry in entries):
            refuse(f"no entry of `{section}` has a field `{key}`", "Name a field that they have")
        allowed = wanted if isinstance(wanted, list | tuple) else [wanted]
        entries = [entry for entry in entries if _plain(entry, key) in [str(each) for each in allowed]]
    if distinct is None:
        return Measured(float(len(entries)), "count")
    return Measured(float(len({_plain(entry, str(distinct)) for entry in entries} - {None})), "count")


MEASURES: Final[Mapping[str, Callable[[Book, Any], Measured]]] = MappingProxyType(
    {
        "total_value": total_value,
        "volume": volume,
        "paid_since": paid_since,
        "tranche_total": tranche_total,
        "tranche_size": tranche_size,
        "right_until": right_until,
        "plan_cumulative_burn": plan_cumulative_burn,
        "plan_profitable_year": plan_profitable_year,
        "field": field,
        "sum": total,
        "ratio": ratio,
        "site_mw": site_mw,
        "monthly_change": monthly_change,
        "count": count,
    }
)
"""Every measure of a book by its name; `result`, which needs a simulation, stands beside them."""


def measure(book: Book, given: Mapping[str, Any], runs: Simulation | None = None) -> Measured:
    """Return what a fact's measure gives.

    Parameters
    ----------
    book
        The book.
    given
        One name of a measure and what it is applied to.
    runs
        A simulation of the book, for the measure `result`; None only checks its arguments and gives 0.

    Raises
    ------
    MeasureError
        If there is no such measure, or it cannot be applied to this.

    Examples
    --------
    >>> from offtake.book import Book
    >>> measure(Book.read("first-steps"), {"volume": ["northgate-base", "tideway-north"]}).value
    105.0
    """
    if len(given) != 1:
        refuse(
            f"a measure has exactly one name, got {len(given)}", "Write it as in `measure: {volume: deal}`"
        )
    name, of = next(iter(given.items()))
    if name == "result":
        return measure_result(book, of, runs)
    if name not in MEASURES:
        refuse(f"no measure is called `{name}`", suggest(str(name), [*MEASURES, "result"], "measure"))
    return MEASURES[name](book, of)


def needs_runs(given: Mapping[str, Any]) -> bool:
    """Return whether a measure is one of a simulation."""
    return "result" in given


def _deals(book: Book, of: Any) -> tuple[str, ...]:
    return names(of, book.deals, "deal")


def _tranches(book: Book, name: str) -> Tranches:
    clause = book.deals[name].clause(Tranches)
    if clause is None:
        refuse(f"the deal `{name}` has no tranches", "Name a deal with a `tranches` clause")
    return clause


def _terms(book: Book, of: Any) -> list[Measured]:
    if not isinstance(of, list | tuple) or not of:
        refuse(f"a list of paths and measures is needed, got `{of}`", "Write it as in `sum: [path, path]`")
    if any(isinstance(each, Mapping) and "result" in each for each in of):
        refuse("results are not added up here", "Use `plus` or `minus` of `result`")
    terms = [measure(book, each) if isinstance(each, Mapping) else field(book, each) for each in of]
    kinds = sorted({term.dimension for term in terms})
    if len(kinds) > 1 or kinds[0] in (TEXT, QUARTER, YEAR):
        refuse(f"terms of kind {' and '.join(kinds)} do not go together", "Name quantities of one kind")
    return terms


def _year(data: Any) -> int | None:
    if data is None:
        return None
    if not str(data).isdigit():
        refuse(f"`{data}` is not a year", "Write it as in `until: 2029`")
    return int(data)


def _announced(phase: Phase) -> Quarter:
    when = phase.online or phase.planned
    if when is None:
        refuse("a phase of these sites has neither `online` nor `planned`", "Add one of them to each phase")
    return when


def _history(book: Book, given: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    from offtake.drivers import read_history

    if ("history" in given) == ("driver" in given):
        refuse("either a history or a driver is needed", "Write `history: file.csv` or `driver: name`")
    file = given.get("history")
    if file is None:
        file = book.drivers[one_name(given["driver"], book.drivers, "driver")].history
    if file is None or book.folder is None:
        refuse(
            "there is no file of this history",
            "Give the driver a `history`, in a book that is read from a file",
        )
    path = book.folder / str(file)
    if not path.is_file():
        refuse(f"there is no file `{file}` beside the book", "Correct its name")
    found = read_history(path)
    return found.times.tolist(), found.values.tolist()


def _plain(entry: Any, key: str) -> str | None:
    value = getattr(entry, key, None)
    return None if value is None else str(value)
