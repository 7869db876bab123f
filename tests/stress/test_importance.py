"""Importance sampling agrees with plain sampling and with the normal law, and knows when it is weak."""

import math
from pathlib import Path

import pytest

import offtake as ot
from offtake.errors import InputError
from offtake.stress import default_probability, reverse_stress

PLANK = Path(__file__).parent / "plank.yaml"
SPREAD = math.hypot(120.0, 72.0, 56.0)


def with_cash(mean):
    """The book of one firm with another mean of its opening cash."""
    book = ot.Book.read(PLANK)
    return book.replace({"parties.Plank.cash": {"normal": {"mean": f"{mean} M USD", "sd": "120 M USD"}}})


@pytest.mark.parametrize("mean", [1000, 1200, 1400])
def test_it_agrees_with_the_normal_law(mean):
    """From a few in a hundred down to a few in a million the estimate is within its error, and better."""
    book = with_cash(mean)
    design = reverse_stress(book, "Plank", "2027-Q4", paths=128, starts=2)
    found = default_probability(book, design, paths=4096)
    exact = 0.5 * math.erfc((mean - 720.0) / SPREAD / math.sqrt(2.0))
    assert found.probability == pytest.approx(exact, abs=4.0 * found.error)
    assert found.error < 0.1 * exact
    assert found.trusted
    assert found.variance_ratio > (4.0 if mean == 1000 else 20.0)


def test_it_agrees_with_plain_sampling_on_the_small_book():
    """On a default of several in a hundred it is within the errors of a plain run, hazards included."""
    book = ot.Book.read("first-steps")
    design = reverse_stress(book, "Lark Labs", "2028-Q4", paths=512, starts=8)
    found = default_probability(book, design, paths=4096)
    runs = ot.simulate(book, paths=4096, seed=77)
    plain = float(runs.dataset["default"].sel(party="Lark Labs", quarter="2028-Q4"))
    plain_error = math.sqrt(plain * (1.0 - plain) / 4096)
    assert found.probability == pytest.approx(plain, abs=4.0 * math.hypot(found.error, plain_error))
    assert found.trusted


def test_weights_average_to_one():
    """The weights are a change of measure: their mean is 1 within its error."""
    book = with_cash(1200)
    design = reverse_stress(book, "Plank", "2027-Q4", paths=128, starts=2)
    found = default_probability(book, design, paths=4096)
    assert found.mean_weight == pytest.approx(1.0, abs=4.0 * found.weight_error)
    assert found.weight_error > 0.0


def test_too_few_futures_are_not_trusted():
    """A handful of futures is reported as too few."""
    book = with_cash(1400)
    design = reverse_stress(book, "Plank", "2027-Q4", paths=128, starts=2)
    found = default_probability(book, design, paths=16)
    assert not found.trusted
    assert "take more paths" in str(found)


def test_settings_that_cannot_be_used_are_refused():
    """No futures, no nominal share, and a design point of another book are refused."""
    book = with_cash(1000)
    design = reverse_stress(book, "Plank", "2027-Q4", paths=128, starts=2)
    with pytest.raises(InputError, match="paths must be at least 1"):
        default_probability(book, design, paths=0)
    with pytest.raises(InputError, match="nominal above 0"):
        default_probability(book, design, nominal=0.0)
    with pytest.raises(InputError, match="of another book"):
        default_probability(ot.Book.read("first-steps"), design)
