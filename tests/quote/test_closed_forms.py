"""Where the risks are simple enough for a formula, the engine gives what the formula gives."""

import math

import numpy as np
import pytest

from offtake.book import Book
from offtake.errors import InputError
from offtake.quote import annuity_price, default_annuity_price, ground, quote, redeployment_value, worth

REQUEST = {
    "seller": "Ash",
    "buyer": "Reed",
    "sites": ["Yard"],
    "clauses": {"ramp": {"2026-Q1": "10 MW"}, "term": "5 years", "take_or_pay": "100 %"},
}


def book(**changes):
    """Return a book in which 25 M USD are spent on each of ten MW now, and nothing is uncertain."""
    data = {
        "book": "plain",
        "calendar": {"from": "2026-Q1", "to": "2035-Q4"},
        "market": {"chip": "Q1", "discount_rate": "9 %/year", "sell_depth": "10 MW", "haircut": "35 %"},
        "parties": {"Ash": {"cash": "9 B USD"}, "Reed": {"cash": "900 B USD"}, "Flint": {}},
        "chips": {"Q1": {"vendor": "Flint", "power": "1.4 kW", "life": "5 years"}},
        "sites": {
            "Yard": {
                "owner": "Ash",
                "chip": "Q1",
                "capex": {"chips": "20 MUSD/MW", "rest": "5 MUSD/MW"},
                "phases": [{"mw": 10, "start": "2026-Q1"}],
            }
        },
    }
    return Book.from_data(data).replace({key.replace("__", "."): value for key, value in changes.items()})


def test_without_risk_the_price_is_the_annuity():
    """Nothing uncertain: the price of any payback share is the annuity that returns the cost."""
    value = worth(ground(book(), REQUEST, paths=20, engine="numpy"))
    expected = annuity_price(25.0, 0.09, 20)
    for price in (value.lowest(0.9), value.lowest(1.0), value.lowest_tail(0.05), value.lowest_tail(1.0)):
        assert price == pytest.approx(expected, rel=1e-9)


def test_a_constant_hazard_gives_the_risky_annuity():
    """A constant rate of failure and no recovery: the mean price is the default-adjusted annuity."""
    paths = 20_000
    value = worth(ground(book(parties__Reed__hazard="8 %/year"), REQUEST, paths=paths, engine="numpy"))
    expected = default_annuity_price(25.0, 0.09, 0.08, 20)
    error = float(np.std(value.at(expected))) / math.sqrt(paths) / float(value.slope.mean())
    assert value.lowest_tail(1.0) == pytest.approx(expected, abs=4 * error)
    assert error < 0.01 * expected


def test_redeployment_at_an_exponential_price_adds_up():
    """Machines rented out at a spot price that falls at a constant rate earn the closed form."""
    spot = {"gbm": {"now": "10 MUSD/MW/year", "growth": "-20 %/year"}, "noise": "0 %/year"}
    base = ground(book(drivers__spot=spot), REQUEST, paths=3, engine="numpy")
    fall = -4.0 * math.log(float(base.spot[1, 0] / base.spot[0, 0]))
    assert fall == pytest.approx(-math.log(1 - 0.2), rel=1e-9)
    expected = 10 * redeployment_value(2.5, fall, 0.09, 0, 20, haircut=0.35)
    np.testing.assert_allclose(base.idle + 250.0, expected, rtol=1e-9)


def test_redeployment_after_a_known_failure_adds_up():
    """A buyer that fails at a known time: rent until then, spot after it."""
    spot = {"gbm": {"now": "10 MUSD/MW/year", "growth": "-20 %/year"}, "noise": "0 %/year"}
    fails = {"Reed fails": {"fail": "Reed", "at": "2027-Q3"}}
    given = book(drivers__spot=spot).replace({"scenarios": fails})
    base = ground(given, REQUEST, paths=3, engine="numpy", scenario="Reed fails")
    later = 10 * redeployment_value(2.5, -math.log(0.8), 0.09, 6, 20, haircut=0.35)
    rent = 10 * 3.0 / annuity_price(1.0, 0.09, 6)
    np.testing.assert_allclose(worth(base).at(3.0), rent + later - 250.0, rtol=1e-9)


def test_annuities_of_nothing_are_refused():
    """No payment pays nothing back."""
    with pytest.raises(InputError, match="at least one payment"):
        annuity_price(1.0, 0.05, 0)


def test_annuities_agree_with_a_sum():
    """The closed form is the sum that it stands for."""
    paid = sum(1.09 ** (-t / 4) * math.exp(-0.06 * (t + 1) / 4) for t in range(3, 17))
    assert default_annuity_price(7.0, 0.09, 0.06, 14, first=3) * paid == pytest.approx(7.0, rel=1e-12)


def test_at_the_annuity_the_money_is_back_with_the_last_payment():
    """Nothing uncertain: what is lent at the annuity is back in the last of twenty quarters, not before."""
    found = quote(book(), request=REQUEST, over={"term": ["5 years"]}, paths=20, engine="numpy")
    assert (found.answer.payback_median, found.answer.payback_late) == (20, 20)
    paid = found.dataset["paid_back"].values
    assert paid[:19].max() == 0.0
    assert paid[19:].min() == 1.0
    assert any("by the end of 2030-Q4 in half of futures and by the end of 2030-Q4" in each
               for each in found.sentences)  # fmt: skip
    assert any(", then in 100 % of futures." in each for each in found.sentences)
