"""Default frequencies beside base rates: the numbers, and what few futures allow to say."""

import pytest

from facts.invented_facts import lantern, run
from offtake.errors import InputError
from offtake.facts import base_rates, default_table
from offtake.facts._defaults import _verdict, _wilson


def test_frequencies_are_those_of_the_first_year():
    """The frequency is the share in default by the fourth quarter, with its standard error."""
    table = default_table(lantern(), run())
    wick, tallow = table.rows
    assert (table.until, table.paths) == ("2026-Q4", 1000)
    assert wick.frequency == pytest.approx(0.03)
    assert wick.error == pytest.approx((0.03 * 0.97 / 1000) ** 0.5)
    assert wick.base_rate == base_rates()["B"]
    assert wick.ratio == pytest.approx(0.03 / base_rates()["B"])
    assert (tallow.rating, tallow.base_rate, tallow.verdict) == (None, None, "not rated")
    assert table.flagged == ()


@pytest.mark.parametrize(
    ("frequency", "base", "paths", "verdict"),
    [
        (0.03, 0.03, 1000, "near"),
        (0.14, 0.03, 1000, "near"),
        (0.16, 0.03, 1000, "far above"),
        (0.005, 0.03, 1000, "far below"),
        (0.0, 0.001, 1000, "too few futures to tell"),
        (0.002, 0.001, 1000, "too few futures to tell"),
        (0.05, 0.001, 1000, "far above"),
        (0.05, 0.0, 1000, "far above"),
        (0.0, 0.0, 1000, "too few futures to tell"),
        (0.2, None, 1000, "not rated"),
    ],
)
def test_a_verdict_needs_enough_futures(frequency, base, paths, verdict):
    """A factor of five is far, unless so few defaults were to be expected that it may be chance."""
    assert _verdict(frequency, base, paths) == verdict


def test_the_interval_is_wilsons():
    """The interval for 10 of 100 is that of Newcombe (1998), Statistics in Medicine 17: 0.0552 to 0.1744."""
    assert _wilson(0.1, 100) == (pytest.approx(0.0552, abs=1e-4), pytest.approx(0.1744, abs=1e-4))


def test_a_calendar_shorter_than_a_year_is_refused():
    """Frequencies of a year are not made up from a shorter run."""
    whole = run()
    short = type(whole)(whole.dataset.isel(quarter=slice(0, 3)), paths=10, seed=0)
    with pytest.raises(InputError, match="has 3 quarters"):
        default_table(lantern(), short)


def test_worse_ratings_default_more_often():
    """The table of base rates rises from the best rating to the worst."""
    rates = [base_rates()[rating] for rating in ("AAA", "AA", "A", "BBB", "BB", "B", "CCC")]
    assert rates == sorted(rates)
