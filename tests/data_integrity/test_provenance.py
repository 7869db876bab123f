"""Where the figures of the shipped books come from."""

import re
from functools import lru_cache
from pathlib import Path

import pytest

import offtake
from data_integrity.amounts import cited, figures
from offtake.book import Amount, Book, Entry, Profile

REAL = (Path(offtake.__file__).parent / "books" / "default.txt").read_text(encoding="utf-8").strip()
SHIPPED = ("first-steps", "lands", REAL)
SECTIONS_WITHOUT = ("facts", "scenarios", "correlations")


@lru_cache
def shipped(name: str) -> Book:
    """Return a shipped book, read once."""
    return Book.read(name)


def own_provenance(figure: Amount | Profile) -> tuple[tuple[str, ...], str | None]:
    """Return what a figure itself cites, and why it says that it was assumed."""
    amount = figure.amount if isinstance(figure, Profile) else None
    sources, assumed = figure.sources, figure.assumed
    if amount is not None:
        sources, assumed = sources + amount.sources, assumed or amount.assumed
    return sources, assumed


@pytest.mark.parametrize("name", SHIPPED)
def test_every_figure_has_a_source_or_says_why_it_was_assumed(name: str) -> None:
    """A figure cites a source, or gives a reason, itself or through an entry that it stands in."""
    bare = []
    for path, figure, inside in figures(shipped(name)):
        if path.partition(".")[0] in SECTIONS_WITHOUT:  # they state no figures of their own
            continue
        sources, assumed = own_provenance(figure)
        entries = [each for each in inside if isinstance(each, Entry) and (each.sources or each.assumed)]
        if not sources and not (assumed or "").strip() and not entries:
            bare.append(path)
    assert bare == []


def test_every_assumed_figure_has_a_range() -> None:
    """A figure that says itself that it is assumed gives the range that it was chosen from."""
    open_ended = []
    for path, figure, _ in figures(shipped(REAL)):
        amount = figure.amount if isinstance(figure, Profile) else figure
        distribution = amount.distribution if isinstance(amount, Amount) else None
        limits = figure.range or (amount.range if isinstance(amount, Amount) else None)
        if own_provenance(figure)[1] and limits is None and distribution is None:
            open_ended.append(path)
    assert open_ended == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_cited_source_exists(name: str) -> None:
    """No entry, figure or fact cites a source that the book does not list."""
    book = shipped(name)
    lost = [(path, each) for path, ids in cited(book) for each in ids if each not in book.sources]
    assert lost == []


def test_notes_cite_sources_that_exist() -> None:
    """Ids of sources within notes and reasons exist too."""
    text = str(shipped(REAL).to_data())
    assert set(re.findall(r"\bF\d{3}\b", text)) <= set(shipped(REAL).sources)


def test_sources_can_be_looked_up() -> None:
    """A source has a title, a publisher and how sure it is; and an address, save for the article itself."""
    sources = shipped(REAL).sources
    incomplete = [
        name for name, each in sources.items() if not (each.title and each.publisher and each.confidence)
    ]
    assert incomplete == []
    without = [each for each in sources.values() if not each.address]
    assert all("article" in str(each.publisher) for each in without)
    assert len(without) < 10
    assert all(str(each.address).startswith("http") for each in sources.values() if each.address)


def test_every_entry_of_the_real_book_has_provenance() -> None:
    """Parties, chips, sites, workloads, deals, rights and drivers each cite a source."""
    book = shipped(REAL)
    silent = [
        f"{section}.{name}"
        for section in ("parties", "chips", "sites", "workloads", "deals", "rights", "drivers")
        for name, entry in getattr(book, section).items()
        if not entry.sources
    ]
    assert silent == []
