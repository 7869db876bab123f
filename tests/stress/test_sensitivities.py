"""What sensitivities report, and what they say of thresholds."""

import math
from pathlib import Path

import numpy as np
import pytest

import offtake as ot
from offtake.errors import InputError
from offtake.stress import Outcome, sensitivities

PLANK = Path(__file__).parent / "plank.yaml"


@pytest.fixture(scope="module")
def book():
    """The small book."""
    return ot.Book.read("first-steps")


def test_a_sum_of_numbers_has_the_slopes_of_its_terms():
    """Cash at the end of eight quarters is the opening cash and eight times each flow."""
    asked = Outcome("cash", "Plank", "2027-Q4")
    book = ot.Book.read(PLANK).replace({"parties.Plank.cash": "9 B USD"})
    found = sensitivities(book, asked, paths=256)
    assert found.derivatives["parties.Plank.cash"] == pytest.approx(1.0, rel=1e-9)
    assert found.derivatives["parties.Plank.income"] == pytest.approx(8.0, rel=1e-9)
    assert found.derivatives["parties.Plank.income.normal.mean"] == pytest.approx(8.0, rel=1e-9)
    assert found.derivatives["parties.Plank.costs"] == pytest.approx(-8.0, rel=1e-9)
    assert found.value == pytest.approx(9000.0 - 8 * 90.0, abs=4 * 92.0 / math.sqrt(256))
    ranked = [one.label.rpartition(".")[2] for one in found.top]
    assert ranked[:3] == ["cash", "income", "costs"]
    assert {one.through for one in found.top} == {"no"}


def test_a_smoothed_default_has_the_slope_of_its_probability():
    """With a width the probability of default moves with cash as the normal law says."""
    book = ot.Book.read(PLANK)
    found = sensitivities(book, Outcome("default", "Plank", "2027-Q4"), paths=4096, smooth=40.0)
    spread = math.hypot(120.0, 72.0, 56.0, 40.0 * math.pi / math.sqrt(3.0))
    at = 280.0 / spread
    density = math.exp(-(at**2) / 2) / math.sqrt(2 * math.pi) / spread
    assert found.value == pytest.approx(0.5 * math.erfc(at / math.sqrt(2.0)), rel=0.1)
    assert found.derivatives["parties.Plank.cash"] == pytest.approx(-density, rel=0.1)


def test_what_acts_only_through_a_threshold_is_said_not_given_as_zero(book):
    """The likelihood of a deal and a party's hazard have no slope but an effect, which is shown."""
    found = sensitivities(book, Outcome("cash", "Lark Labs", "2028-Q4"), paths=256, compared=400)
    by_label = {one.label: one for one in found.top}
    letter = by_label["deals.quarry-letter.likelihood"]
    assert (letter.derivative, letter.through) == (0.0, "only")
    assert letter.flipped > 0.0
    assert abs(letter.difference) > 0.0
    assert {"deals.quarry-stake.likelihood", "parties.Lark Labs.hazard"} <= set(found.thresholds)
    assert found.not_seen == ()
    price = by_label["deals.northgate-base.clauses.price.usage"]
    assert price.derivative == pytest.approx(price.difference, rel=0.05)
    assert "only through a threshold" in str(found)


def test_what_was_not_compared_is_named(book):
    """Without differences every figure without a slope is listed as not seen."""
    found = sensitivities(book, Outcome("cash", "Lark Labs", "2026-Q4"), paths=64, compared=0)
    zero = {label for label, slope in found.derivatives.items() if slope == 0.0}
    assert {"deals.quarry-stake.likelihood", "parties.Lark Labs.hazard"} <= set(found.not_seen) <= zero
    assert {one.through for one in found.top} == {"not compared"}
    assert "they were not moved" in str(found)


def test_every_figure_is_where_the_book_has_it(book):
    """Raising a figure in the book changes the model as the figure says: the label is the path to it."""
    from offtake.model import compile  # noqa: A004 - the architecture's name for it
    from offtake.stress._figures import figures
    from offtake.stress._gradient import numbers_of

    model = compile(book)
    known = {figure.label: figure for figure in figures(book, model)}
    written = {
        "parties.Tideway Cloud.cash": ("801 M USD", 1.0),
        "deals.tideway-north.clauses.price.usage": ("9.8 MUSD/MW/year", 0.1),
        "drivers.users.logistic.growth": ("80 %/year", 0.05),
        "drivers.spot.mean_reverting.half_life": ("21 months", 1.0),
        "market.base_rate": ("5 %/year", 0.01),
        "workloads.search.yield": ("11 MUSD/MW/year", 0.25),
        "causes.north grid.correlation": ("70 %", 0.1),
    }
    for label, (text, change) in written.items():
        moved = known[label].moved(numbers_of(model), change)
        again = numbers_of(compile(book.replace({label: text})))
        for ours, theirs in zip(_flat(moved), _flat(again), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=label)


def _flat(numbers):
    return [*numbers.leaves.values(), *numbers.drivers, *numbers[2:]]


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (Outcome("default", "Lark Labs", "2028-Q4"), "a default is a step"),
        (Outcome("cash", "Lark", "2028-Q4"), "no party is called `Lark`"),
        (Outcome("cash", "Lark Labs", "2035-Q4"), "no quarter is called `2035-Q4`"),
        (Outcome("cash", "Lark Labs"), "say by which quarter, as in 2030-Q4; there are 2026-Q1"),
        (Outcome("cash", None, "2028-Q4"), "say of which party; there are Lark Labs"),
        (Outcome("total_energised", "Lark Labs", "2028-Q4"), "of the whole book"),
        (Outcome("gate_cost", None, None), "has no mean that moves smoothly"),
    ],
)
def test_outcomes_that_are_not_there_are_refused(book, outcome, message):
    """A wrong outcome is refused with what there is."""
    with pytest.raises(InputError, match=message):
        sensitivities(book, outcome, paths=64)
