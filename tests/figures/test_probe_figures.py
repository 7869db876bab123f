"""Figures of the most probable failure, of sensitivities and of ripples show what they are made from."""

import dataclasses
import json
import math

import pytest

from figures.pretend import invented_book, pretend
from figures.probes import pretend_failure, pretend_slopes
from offtake import figures
from offtake.errors import InputError
from offtake.stress import stress
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
def failure(book):
    """A most probable failure of its laboratory."""
    return pretend_failure(book)


@pytest.fixture(scope="module")
def ripples(book):
    """The ripples of its largest parties."""
    return figures.collect_stress_ripples(
        book, stress(book, fail="each", at="2027-Q2", paths=3, engine="numpy")
    )


def test_the_parts_of_a_move_make_up_its_distance(book, runs, failure):
    """The squares of the parts add up to that of the distance, and what does not move is left out."""
    record = figures.collect_stress_reverse(book, runs, failure.found, failure.short, failure.every)
    assert math.hypot(*(part.deviations for part in record.parts)) == pytest.approx(record.beta)
    assert [part.name for part in record.parts] == ["users", "deals.harrow-more", "parties.Lantern AI.cash"]
    (course,) = record.courses
    assert course.name == "users"
    assert course.found[0] == 1.0
    assert course.found[10] == pytest.approx(1.0 - 0.12)
    assert (record.sampled, record.every, record.variance_ratio) == (0.014, 0.05, 8.5)


def test_what_was_sampled_for_another_quarter_is_refused(book, runs, failure):
    """A probability of another party or quarter does not stand beside a move."""
    other = dataclasses.replace(failure.every, by="2027-Q4")
    with pytest.raises(InputError, match="not about Lantern AI by 2028-Q4"):
        figures.collect_stress_reverse(book, runs, failure.found, failure.short, other)


def test_a_move_without_drivers_is_drawn(book, runs, failure):
    """Where only deals move there are bars and no panels."""
    deal = dataclasses.replace(failure.found.moves[1], share=1.0)
    found = dataclasses.replace(failure.found, moves=(deal,))
    record = figures.collect_stress_reverse(book, runs, found, failure.short, failure.every)
    for narrow in (False, True):
        held = json.loads(figures.draw_stress_reverse(record, narrow=narrow).to_json())
        assert [trace_["type"] for trace_ in held["data"]] == ["bar"]


def test_a_tornado_says_what_acts_through_a_threshold(book):
    """A figure without a derivative is shown with what it really does, and others like it are named."""
    record = figures.collect_stress_tornado(book, pretend_slopes())
    only = next(line for line in record.lines if line.through == "only")
    assert (only.derivative, only.change) == (0.0, pytest.approx(1_200.0))
    assert only.said == "harrow-more likelihood"
    assert record.thresholds == {"parties.Prism Labs.hazard": 40.0}
    table = record.table()
    assert [row[-1] for row in table.rows] == ["no", "partly, in 20 % of futures", "only, in 12 % of futures",
                                               "not compared"]  # fmt: skip
    assert "parties.Prism Labs.hazard" in table.note
    drawn = figures.draw_stress_tornado(record)
    assert list(drawn.data[0].marker.pattern.shape) == ["", "", "/", ""]
    assert [a + b for a, b in zip(drawn.data[0].x, drawn.data[1].x, strict=True)] == [0.0] * 4


def test_the_largest_are_those_with_the_most_under_contract(book, ripples):
    """Size is what firm contracts make a party pay and be paid; the ten largest are drawn in that order."""
    flows = trace(book, firm_only=True).flows
    sizes = figures.obligations(book)
    assert sum(each.to_pay for each in sizes.values()) == pytest.approx(sum(flow.total for flow in flows))
    assert sum(each.to_be_paid for each in sizes.values()) == pytest.approx(sum(f.total for f in flows))
    gross = [ripples.sizes[each.failed].gross for each in ripples.ripples]
    assert gross == sorted(gross, reverse=True)
    assert len(ripples.ripples) == min(10, len(book.parties))


def test_each_ripple_has_its_own_command(ripples):
    """The command line of each names the party, the quarter, the futures and the seed."""
    for each in ripples.ripples:
        command = ripples.commands[each.failed]
        assert command.startswith("offtake stress BOOK --fail ")
        assert command.endswith(" --at 2027-Q2 --paths 3 --seed 0")
        assert each.failed in command
    assert {row[-1] for row in ripples.table().rows} == set(ripples.commands.values())


@pytest.mark.parametrize(("narrow", "columns"), [(False, 5), (True, 2)])
def test_ripples_fit_the_width(ripples, narrow, columns):
    """Panels stand five abreast on a screen and two on a phone, each on a scale that holds its bars."""
    drawn = figures.draw_stress_ripples(ripples, narrow=narrow)
    axes = [name for name in drawn.layout if name.startswith("xaxis")]
    rows = math.ceil(len(ripples.ripples) / columns)
    assert rows * columns - columns < len(axes) <= rows * columns
    assert all(drawn.layout[name].range[1] > 0.1 for name in drawn.layout if name.startswith("yaxis"))
