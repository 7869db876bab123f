"""Every record can be drawn for a screen and for a phone, from the record alone."""

import json
from dataclasses import replace

import pytest

from figures.plans import pretend_plans
from figures.pretend import invented_book, pretend
from figures.probes import pretend_failure, pretend_slopes
from figures.talks import between, shares
from offtake import figures
from offtake.quote import quote
from offtake.stress import stress

LAB = "Lantern AI"


def records():
    """Return one record of each figure by its name."""
    book = invented_book()
    runs = pretend(book)
    others = {"demand stalls": pretend(book, hardship=1.4)}
    with_party = ("capacity", "cash", "burn", "bridge", "first_profit")
    plain = ("dependence", "money_map", "gates", "energised", "deals", "defaults", "assumed")
    plain += ("trace_cycles", "trace_origins", "trace_exposures")
    found = {name: getattr(figures, f"collect_{name}")(book, runs, LAB) for name in with_party}
    found |= {name: getattr(figures, f"collect_{name}")(book, runs) for name in plain}
    failures = stress(book, fail="each", at="2027-Q2", paths=3, engine="numpy")
    failure = pretend_failure(book, LAB)
    split = stress(book, fail=LAB, at="2027-Q2", paths=3, engine="numpy", channels=True)
    found |= {
        "stress_matrix": figures.collect_stress_matrix(book, failures),
        "stress_rounds": figures.collect_stress_rounds(book, failures, LAB),
        "stress_ripples": figures.collect_stress_ripples(book, failures),
        "stress_tornado": figures.collect_stress_tornado(book, pretend_slopes()),
        "stress_reverse": figures.collect_stress_reverse(
            book, runs, failure.found, failure.short, failure.every
        ),
        "stress_losses": figures.collect_stress_losses(book, split),
    }
    talks, stay = between(book, "Meridian Cloud", LAB, "meridian-base")
    found |= {
        f"negotiate_{name}": getattr(figures, f"collect_negotiate_{name}")(book, talks)
        for name in ("zone", "prices", "clauses", "stakeholders")
    }
    found["negotiate_stay"] = figures.collect_negotiate_stay(book, stay)
    found["negotiate_portfolio"] = figures.collect_negotiate_portfolio(book, shares(book, LAB))
    quoted = quote(
        book,
        request="200 MW for 4 years from 2027-Q1 like Longmoor, take-or-pay 90 %",
        provider="Meridian Cloud",
        buyer=LAB,
        paths=20,
        engine="numpy",
    )
    for name in ("quote_chance", "quote_prices", "quote_payback"):
        found[name] = getattr(figures, f"collect_{name}")(quoted)
    plan = pretend_plans(book).chosen
    for name in ("supply", "signings", "frontier", "cover"):
        found[f"plan_{name}"] = getattr(figures, f"collect_plan_{name}")(book, plan)
    return found | {"scenarios": figures.collect_scenarios(book, runs, others, LAB, "2029")}


RECORDS = records()


def test_every_figure_has_its_two_steps():
    """Each public collect has a draw of the same name, and each is tried here."""
    steps = {name.partition("_")[::2] for name in figures.__all__ if name.startswith(("collect_", "draw_"))}
    assert {name for step, name in steps if step == "collect"} == set(RECORDS)
    assert {name for step, name in steps if step == "draw"} == set(RECORDS)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_drawn(name, narrow):
    """A figure has traces, a height, no title of its own and numbers that JSON can hold."""
    chart = getattr(figures, f"draw_{name}")(RECORDS[name], narrow=narrow)
    held = json.loads(chart.to_json())
    assert held["data"]
    assert 100 < held["layout"]["height"] < 1_600
    assert chart.layout.title.text is None
    assert chart.layout.autosize


@pytest.mark.parametrize("name", RECORDS)
def test_a_table_stands_behind_every_figure(name):
    """Each record gives a table with rows, and each cell is text."""
    table = RECORDS[name].table()
    assert table.rows
    assert all(isinstance(cell, str) and cell != "nan" for row in table.rows for cell in row)


def test_nothing_is_named_twice_on_an_axis_of_words():
    """Bars of different gates do not fall on one another."""
    chart = figures.draw_gates(RECORDS["gates"])
    assert len(set(chart.data[0].y)) == len(chart.data[0].y)


def test_fans_are_drawn_in_half_and_nine_tenths():
    """The bands of a fan are its quantiles, outer one first, and the line is its median."""
    fan = RECORDS["burn"].cumulative
    outer, inner, median = figures.draw_burn(RECORDS["burn"]).data[:3]
    count = len(fan.labels)
    assert list(outer.y[:count]) == pytest.approx([each / 1_000 for each in fan.q95])
    assert list(outer.y[count:]) == pytest.approx([each / 1_000 for each in fan.q05[::-1]])
    assert list(inner.y[:count]) == pytest.approx([each / 1_000 for each in fan.q75])
    assert list(median.y) == pytest.approx([each / 1_000 for each in fan.q50])


def test_shares_of_providers_add_up_in_the_strip():
    """The strip above the bars shares out all there is, the buyer first, in the colours of the parties."""
    record = RECORDS["negotiate_portfolio"]
    strip = [trace for trace in figures.draw_negotiate_portfolio(record).data if trace.xaxis == "x2"]
    assert sum(trace.x[0] for trace in strip) == pytest.approx(1.0)
    assert strip[0].x[0] == pytest.approx(record.buyer.brings / record.together)
    assert [trace.marker.color for trace in strip] == [
        record.buyer.colour,
        *(each.colour for each in record.lines),
    ]
    starts = [trace.base[0] for trace in strip]
    assert starts == sorted(starts)
    brings, lost = (trace for trace in figures.draw_negotiate_portfolio(record).data[:3:2])
    assert list(brings.x) == pytest.approx([record.scale.of([each.brings])[0] for each in record.lines])
    assert list(lost.x) == pytest.approx([record.scale.of([each.lost])[0] for each in record.lines])
    assert not brings.error_x.visible


def test_a_provider_that_costs_more_than_it_brings_leaves_no_strip():
    """Where a share is below nought nothing is shared out in a strip, and its bar goes to the left."""
    book = invented_book()
    record = figures.collect_negotiate_portfolio(book, shares(book, LAB, costly="Tideway Cloud"))
    chart = figures.draw_negotiate_portfolio(record)
    assert record.lines[-1].party == "Tideway Cloud"
    assert record.lines[-1].brings < 0
    assert all(trace.xaxis != "x2" for trace in chart.data)
    assert chart.layout.xaxis.range[0] < 0


def test_drawn_shares_have_their_errors():
    """Where orders were drawn each share has its standard error, in the figure and in the table."""
    book = invented_book()
    record = figures.collect_negotiate_portfolio(book, shares(book, LAB, orders=2))
    assert record.orders == 2
    chart = figures.draw_negotiate_portfolio(record)
    assert chart.data[0].error_x.visible
    assert "standard error" in record.table().columns
    assert "2 drawn orders" in record.table().note
    assert any("not looked at" in row for row in record.table().rows)


@pytest.mark.parametrize(("asks", "pays"), [(9.0, 12.0), (25.0, 8.0), (None, 8.0)])
def test_prices_that_suit_both_are_shaded(asks, pays):
    """A band lies from what the seller asks to what the buyer pays, and only where some price suits both."""
    known = RECORDS["negotiate_prices"]
    record = replace(
        known, seller=replace(known.seller, accepts=asks), buyer=replace(known.buyer, accepts=pays)
    )
    shapes = figures.draw_negotiate_prices(record).layout.shapes
    bands = [(each.x0, each.x1) for each in shapes if each.type == "rect" and each.y1 - each.y0 > 1]
    assert record.common is bool(bands)
    assert bands == ([(asks, pays)] if record.common else [])
