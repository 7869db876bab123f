"""Figures of a trace show the numbers of the trace itself."""

import pytest

from figures.pretend import invented_book, pretend
from offtake import figures
from offtake.trace import trace


@pytest.fixture(scope="module")
def book():
    """An invented book."""
    return invented_book()


@pytest.fixture(scope="module")
def runs(book):
    """A run of it."""
    return pretend(book)


@pytest.fixture(scope="module")
def found(book, runs):
    """Its trace."""
    return trace(book, runs)


def test_cycles_are_those_of_the_trace(book, runs, found):
    """Ways, smallest steps and years are told as they were found, with where each is narrowest."""
    record = figures.collect_trace_cycles(book, runs)
    assert [line.way for line in record.lines] == [str(cycle) for cycle in found.cycles]
    assert record.circular == found.circularity
    for line, cycle in zip(record.lines, found.cycles, strict=True):
        narrow = next(arc for arc in cycle.arcs if (arc.payer, arc.receiver) == line.narrows)
        assert narrow.amount == line.smallest == cycle.bottleneck
        assert len(line.deals) == len(cycle.arcs)
    table = record.table()
    assert len(table.rows) == len(found.cycles)
    assert table.columns[2:-1] == tuple(map(str, book.calendar.years))


def test_origins_add_up_and_stand_beside_contracts(book, runs, found):
    """Shares are those of the run, and beside them stand those of contracts without and with letters."""
    record = figures.collect_trace_origins(book, runs)
    firm, letters = (trace(book, firm_only=only) for only in (True, False))
    for line in record.lines:
        assert sum(line.shares.values()) == pytest.approx(1.0)
        assert line.shares == found.origin_of(line.party)
        for value, contract in zip(line.contracted, (firm, letters), strict=True):
            due = float(contract.dataset["receipts"].sel(party=line.party))
            assert (value is None) == (due == 0)
            assert value is None or value == contract.origin_of(line.party)["end customers"]
    assert [line.receipts for line in record.lines] == sorted(
        (line.receipts for line in record.lines), reverse=True
    )


def test_exposures_are_those_of_the_trace(book, runs, found):
    """Every exposure is there before and after netting, and buyers with the index of their providers."""
    record = figures.collect_trace_exposures(book, runs)
    before = found.exposures.sel(netting="before")
    assert sum(line.before for line in record.lines) == pytest.approx(float(before.sum()))
    assert all(0 <= line.after <= line.before for line in record.lines)
    indices = {each.party: each.herfindahl for each in found.concentration if each.by == "provider"}
    assert {line.party: line.herfindahl for line in record.providers} == indices


def test_the_map_marks_what_the_trace_finds(book, runs, found):
    """Amounts and circular parts of the money map are those of the trace."""
    record = figures.collect_money_map(book, runs)
    assert record.gross == pytest.approx(found.gross)
    assert record.circular == pytest.approx(found.circulating)
    for arc in record.arcs:
        assert arc.circular == float(found.dataset["circulating"].sel(payer=arc.payer, receiver=arc.receiver))


def test_chips_without_a_deal_are_payments_too(book, runs):
    """What a site's owner pays the vendor outside supply deals is in the flows of every figure."""
    dataset = runs.dataset.copy(deep=True)
    site = next(name for name, entry in book.sites.items() if entry.chip is not None)
    dataset["chips_paid"].loc[{"site": site}] = 10.0
    changed = type(runs)(dataset, paths=runs.paths, seed=runs.seed)
    owner, vendor = book.sites[site].owner, book.chips[book.sites[site].chip].vendor
    arcs = [
        {(arc.payer, arc.receiver): arc.amount for arc in figures.collect_money_map(book, each).arcs}
        for each in (runs, changed)
    ]
    added = arcs[1][owner, vendor] - arcs[0].get((owner, vendor), 0.0)
    assert added == pytest.approx(10.0 * len(book.calendar))
