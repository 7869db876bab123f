"""`offtake book show`: tables of what a book holds."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offtake.cli._options import AsJson, BookArgument
from offtake.cli._output import TextTable, print_json, print_table
from offtake.cli._settings import examples
from offtake.errors import InputError
from offtake.spelling import refuse_unknown, suggest

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["EXAMPLES", "show"]

EXAMPLES = examples(
    "offtake book show first-steps",
    "offtake book show first-steps deals",
    "offtake book show first-steps deals.northgate-base",
)

_LONGEST = 70

Cell = Callable[["Book", str, Any], Any]


def show(
    book: BookArgument,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT",
            help="A part of the book (deals, parties, sites, ...), or one entry of it (deals.NAME).",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a book holds: an overview, one part of it as a table, or one entry in full."""
    from offtake.book import SECTIONS, Book

    read = Book.read(book)
    if what is None:
        _overview(read, as_json=as_json)
        return
    section, _, name = what.partition(".")
    if section not in SECTIONS:
        message = f"a book has no part `{section}`. {suggest(section, SECTIONS, 'part')}"
        raise InputError(message)
    data = read.to_data().get(section, {})
    if name:
        _entry(data, section, name, as_json=as_json)
    elif as_json:
        print_json(data)
    else:
        print_table(_section(read, section))


def _overview(book: "Book", *, as_json: bool) -> None:
    from offtake.book import SECTIONS

    counts = {section: len(getattr(book, section)) for section in SECTIONS}
    head = {
        "book": book.book,
        "title": book.title,
        "as_of": book.as_of,
        "calendar": str(book.calendar),
        "hash": book.hash if as_json else book.hash[:12],
    }
    if as_json:
        print_json({**head, "about": book.about, "parts": counts})
        return
    rows = [(key, str(value)) for key, value in head.items() if value is not None]
    rows += [(section, str(number)) for section, number in counts.items() if number]
    print_table(TextTable(book.title or book.book, ("", ""), rows))
    if book.about:
        typer.echo(book.about)


def _entry(data: dict[str, Any], section: str, name: str, *, as_json: bool) -> None:
    from offtake.io import to_yaml

    refuse_unknown(name, data, f"entry of `{section}`")
    if as_json:
        print_json(data[name])
    else:
        typer.echo(to_yaml({section: {name: data[name]}}).rstrip())


def _section(book: "Book", section: str) -> TextTable:
    entries = getattr(book, section)
    columns = _COLUMNS.get(section, {"": lambda _book, _name, entry: entry})
    rows = [
        (str(name), *(_text(cell(book, name, entry)) for cell in columns.values()))
        for name, entry in entries.items()
    ]
    return TextTable(f"{book.book}: {section}", ("name", *columns), rows)


def _field(name: str) -> Cell:
    return lambda _book, _name, entry: getattr(entry, name)


def _fields(*names: str) -> dict[str, Cell]:
    return {name: _field(name) for name in names}


def _text(value: Any) -> str:
    if value is None or value == ():
        return "–"
    text = ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _debt(_book: "Book", _name: str, party: Any) -> str | None:
    return " + ".join(f"{debt.amount} at {debt.rate}" for debt in party.debt) or None


def _mw(_book: "Book", _name: str, site: Any) -> str:
    from offtake.units import format as written

    return written(sum(phase.mw.value for phase in site.phases), "power")


def _first_power(_book: "Book", _name: str, site: Any) -> Any:
    dates = [phase.online or phase.planned for phase in site.phases if phase.online or phase.planned]
    return min(dates) if dates else None


def _size(book: "Book", name: str, _deal: Any) -> str | None:
    from offtake.facts import MEASURES
    from offtake.units import format as written

    return _measured(lambda: written(MEASURES["volume"](book, name).number, "power", digits=3))


def _value(book: "Book", name: str, _deal: Any) -> str | None:
    from offtake.facts import MEASURES
    from offtake.units import format as written

    return _measured(lambda: written(MEASURES["total_value"](book, name).number, "money", digits=3))


def _measured(give: Callable[[], str]) -> str | None:
    """Return a measure as text, or None for deals to which it does not apply."""
    try:
        return give()
    except InputError:
        return None


def _clauses(_book: "Book", _name: str, deal: Any) -> str:
    return ", ".join(deal.clauses)


def _process(_book: "Book", _name: str, driver: Any) -> str:
    value = getattr(driver, driver.process)
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)


def _changes(_book: "Book", _name: str, node: Any) -> str:
    changes = {**node.set, **{f"{name} x": shock.times for name, shock in node.shock.items()}}
    return ", ".join(f"{path} {value}" for path, value in changes.items())


def _limits(_book: "Book", _name: str, policy: Any) -> str:
    names = ("commitment_limit", "provider_share", "vendor_share", "region_share")
    given = [(name.replace("_", " "), getattr(policy, name)) for name in names]
    return ", ".join(f"{name} {value}" for name, value in given if value is not None)


def _asked(_book: "Book", _name: str, request: Any) -> str | None:
    from offtake.units import format as written

    clause = next((clause for clause in request.clauses.values() if clause.kind == "ramp"), None)
    return written(max(clause.levels.values(), key=lambda mw: mw.value).value, "power") if clause else None


def _parties(_book: "Book", _name: str, talks: Any) -> str:
    return " and ".join(talks.parties)


def _contested(_book: "Book", _name: str, talks: Any) -> str:
    return ", ".join(f"{term} ({_ways(given)})" for term, given in talks.over.items())


def _ways(given: Any) -> str:
    if isinstance(given, str):
        return given
    return f"{len(given)} ways" if len(given) != 1 else "1 way"


_COLUMNS: dict[str, dict[str, Cell]] = {
    "parties": {
        **_fields("role", "rating"),
        ">cash": _field("cash"),
        "debt": _debt,
        ">minimum cash": _field("minimum_cash"),
    },
    "chips": {
        "vendor": _field("vendor"),
        ">power": _field("power"),
        ">price": _field("price"),
        ">efficiency": _field("efficiency"),
    },
    "sites": {
        **_fields("owner", "region", "chip"),
        ">power": _mw,
        "phases": lambda _b, _n, site: len(site.phases),
        "first": _first_power,
    },
    "workloads": {**_fields("buyer", "demand"), "yield": _field("yield_"), ">priority": _field("priority")},
    "deals": {
        **_fields("kind", "firmness", "creditor", "debtor"),
        ">power": _size,
        ">value": _value,
        "clauses": _clauses,
    },
    "requests": {
        **_fields("seller", "buyer"),
        ">power": _asked,
        ">payback": _field("payback"),
        "clauses": _clauses,
    },
    "negotiations": {"between": _parties, "deals": _field("deals"), "contested": _contested},
    "rights": _fields("kind", "holder", "grantor", "until", "covers"),
    "drivers": {"process": _field("process"), "numbers": _process, ">noise": _field("noise")},
    "causes": {">correlation": _field("correlation"), "note": _field("note")},
    "scenarios": _fields("title", "at"),
    "policies": {**_fields("cash", "terminal"), "limits": _limits, "stages": _field("stages")},
    "tree": {
        **_fields("after"),
        "from": _field("from_"),
        ">probability": _field("probability"),
        "changes": _changes,
    },
    "sources": _fields("publisher", "date", "confidence", "title"),
    "plans_of_record": {
        "profitable year": _field("profitable_year"),
        "years": lambda _b, _n, plan: list(plan.burn),
    },
    "facts": {"row": _field("row"), "says": _field("says"), ">stated": _field("stated")},
}
