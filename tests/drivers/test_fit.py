"""Fits: published cases, recovery of simulated histories with honest errors, and refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from offtake.drivers import fit, simulate_drivers, standard_normals
from offtake.errors import InputError
from offtake.model.curves import gbm_curve, logistic_curve, mean_reverting_curve, stack_drivers

DATA = Path(__file__).parents[1] / "data" / "diffusion.json"
CASES = {case["id"]: case for case in json.loads(DATA.read_text(encoding="utf-8"))["cases"]}


def adopters(sales):
    """Return the cumulative history of sales by year from a launch at zero."""
    return np.arange(len(sales) + 1.0), np.concatenate([[0.0], np.cumsum(sales)])


def futures(curve, count, seed=1):
    """Return quarterly times and simulated histories of one driver."""
    arrays = stack_drivers({"x": curve})
    quarters = arrays.curve.shape[0]
    eps = standard_normals(seed, 0, count, quarters)[..., None]
    return np.arange(quarters) / 4, simulate_drivers(np, arrays, eps)[..., 0]


def scores(found, truth):
    """Return each estimate's distance from the truth in its own standard errors, [histories, parameters].

    It is measured in logs, where estimates that must be above zero are nearly normal.
    """
    values = [{**one.parameters, "noise": one.noise} for one in found]
    return np.array(
        [
            [math.log(value[key] / truth[key]) * value[key] / one.standard_errors[key] for key in truth]
            for value, one in zip(values, found, strict=True)
        ]
    )


def test_density_fit_of_vcr_sales_is_the_published_one():
    """Estimates, standard errors and residual error are those that R prints for the VCR data."""
    case = CASES["vcr_density_nls"]
    expected = case["expected"]
    found = fit(adopters(case["input"]["sales"]), model="bass", method="density")
    keys = ("m", "p", "q")
    estimates = [found.parameters[key] for key in ("ceiling", "p", "q")]
    errors = [found.standard_errors[key] for key in ("ceiling", "p", "q")]
    np.testing.assert_allclose(estimates, [expected[key] for key in keys], rtol=case["tol"]["rel"])
    np.testing.assert_allclose(errors, expected["se"], rtol=case["tol"]["rel"])
    assert found.residual_sd == pytest.approx(expected["resid_se"], rel=case["tol"]["rel"])


@pytest.mark.parametrize(
    ("method", "key"), [("srinivasan_mason", "srinivasan_mason_nls"), ("ols", "ols_bass")]
)
def test_fits_of_colour_television_are_the_published_ones(method, key):
    """Both estimators give the known market, p and q of colour television 1963 to 1970."""
    case = CASES["colour_tv_1963_70"]
    found = fit(adopters(case["input"]["sales"]), model="bass", method=method)
    expected = case["expected"][key]
    estimates = [found.parameters[name] for name in ("ceiling", "p", "q")]
    np.testing.assert_allclose(estimates, [expected[name] for name in "mpq"], rtol=case["tol"]["rel"])


@pytest.mark.parametrize("method", ["srinivasan_mason", "density", "ols"])
def test_bass_rates_are_a_year_whatever_the_step(method):
    """The same sales dated by quarter have four times the rates, and the same market."""
    times, values = adopters(CASES["colour_tv_1963_70"]["input"]["sales"])
    yearly, quarterly = (fit((t, values), model="bass", method=method).parameters for t in (times, times / 4))
    assert quarterly["ceiling"] == pytest.approx(yearly["ceiling"], rel=1e-4)
    assert quarterly["p"] == pytest.approx(4 * yearly["p"], rel=1e-4)
    assert quarterly["q"] == pytest.approx(4 * yearly["q"], rel=1e-4)


def test_growth_of_irregular_histories_is_recovered():
    """Geometric Brownian histories with uneven steps give growth and noise within four standard errors."""
    generator = np.random.default_rng(2)
    truth, found = {"growth": 0.4, "noise": 0.3}, []
    for _ in range(200):
        years = generator.uniform(0.05, 0.8, 60)
        moves = (math.log(1.4) - 0.045) * years + 0.3 * np.sqrt(years) * generator.standard_normal(60)
        times, logs = (np.concatenate([[0.0], np.cumsum(x)]) for x in (years, moves))
        found.append(fit((times, 10 * np.exp(logs)), model="gbm"))
    distance = scores(found, truth)
    assert np.abs(distance).max() < 4.0
    np.testing.assert_allclose(distance.std(0), 1.0, atol=0.25)
    rates = [math.log1p(one.parameters["growth"]) for one in found]
    assert np.mean(rates) == pytest.approx(math.log(1.4), abs=4.0 * np.std(rates) / math.sqrt(200))


def test_a_logistic_far_from_its_ceiling_is_geometric_growth():
    """With a remote ceiling, growth, noise and their errors are those of the geometric Brownian fit."""
    times, histories = futures(gbm_curve(40, 5.0, 0.5, noise=0.4), 1)
    near = fit((times, histories[0]), ceiling=1e9 * histories[0][-1])
    plain = fit((times, histories[0]), model="gbm")
    assert near.parameters["growth"] == pytest.approx(plain.parameters["growth"], rel=1e-6)
    assert near.noise == pytest.approx(plain.noise, rel=1e-6)
    # the geometric fit also counts what is not known of the noise
    assert near.standard_errors["growth"] == pytest.approx(plain.standard_errors["growth"], rel=0.05)


def test_reverting_histories_are_recovered():
    """Simulated mean-reverting histories give level, half-life and noise within four standard errors."""
    times, histories = futures(mean_reverting_curve(400, 2.3, 1.9, 0.75, noise=0.35), 40)
    found = [fit((times, history), model="mean_reverting") for history in histories]
    distance = scores(found, {"level": 1.9, "half_life": 0.75, "noise": 0.35})
    assert np.abs(distance).max() < 4.0
    np.testing.assert_allclose(distance.std(0), 1.0, atol=0.35)
    widths = [math.log(one.interval["half_life"][1] / one.interval["half_life"][0]) / 2 for one in found]
    errors = [1.96 * one.standard_errors["half_life"] / one.parameters["half_life"] for one in found]
    np.testing.assert_allclose(widths, errors, rtol=0.2)
    assert (
        np.mean([one.interval["half_life"][0] < 0.75 < one.interval["half_life"][1] for one in found]) > 0.8
    )


def test_reverting_fit_with_uneven_steps_is_recovered():
    """Dropping every third date leaves an exact likelihood."""
    times, histories = futures(mean_reverting_curve(600, 2.3, 1.9, 1.5, noise=0.35), 1, seed=8)
    keep = np.arange(600) % 3 != 1
    found = fit((times[keep], histories[0][keep]), model="mean_reverting")
    assert np.abs(scores([found], {"level": 1.9, "half_life": 1.5, "noise": 0.35})).max() < 4.0


def test_logistic_histories_are_recovered():
    """Simulated logistic histories give growth, noise and the ceiling from today on within four errors."""
    curve = logistic_curve(40, 10.0, 180.0, 0.7, noise=0.03)
    times, histories = futures(curve, 16)
    found = [fit((times, history)) for history in histories]
    distance = scores(found, {"growth": 0.7, "noise": 0.03})
    ahead = 180.0 / curve.curve[-1]
    ceilings = [
        (one.parameters["ceiling"] - one.parameters["now"] * ahead) / one.standard_errors["ceiling"]
        for one in found
    ]
    assert np.abs(distance).max() < 4.0
    assert np.abs(ceilings).max() < 4.0
    np.testing.assert_allclose([*distance.std(0), np.std(ceilings)], 1.0, atol=0.5)


def test_bass_sales_with_errors_are_recovered():
    """Sales of a Bass diffusion with independent errors give market, p and q within four standard errors."""
    generator = np.random.default_rng(4)
    left = np.exp(-0.45 * np.arange(17.0))
    exact = np.diff(1000 * (1 - left) / (1 + 0.43 / 0.02 * left))
    found = [
        fit(adopters(np.maximum(exact + 3.0 * generator.standard_normal(16), 0.0)), model="bass")
        for _ in range(10)
    ]
    assert np.abs(scores(found, {"ceiling": 1000.0, "p": 0.02, "q": 0.43})).max() < 4.0


def test_a_bass_history_may_begin_after_the_launch():
    """Adopters at the first date stand in for the launch: exact data gives exact parameters."""
    left = np.exp(-0.5 * np.arange(4.0, 16.0, 0.5))
    history = (np.arange(2020.0, 2032.0, 0.5), 100 * (1 - left) / (1 + 24 * left))
    found = fit(history, model="bass").parameters
    np.testing.assert_allclose([found[key] for key in ("ceiling", "p", "q")], [100.0, 0.02, 0.48], rtol=1e-5)


def test_a_known_ceiling_is_kept():
    """With the ceiling given, only the growth has an error, and it is less than with a free ceiling."""
    times, histories = futures(logistic_curve(40, 10.0, 180.0, 0.7, noise=0.03), 1)
    free, held = fit((times, histories[0])), fit((times, histories[0]), ceiling=200.0)
    assert held.parameters["ceiling"] == pytest.approx(200.0, rel=1e-12)
    assert set(held.standard_errors) == {"growth", "noise"}
    assert held.standard_errors["growth"] < free.standard_errors["growth"]
    sales = CASES["colour_tv_1963_70"]["input"]["sales"]
    bass = fit(adopters(sales), model="bass", ceiling=40_000.0)
    assert bass.parameters["ceiling"] == pytest.approx(40_000.0)
    assert set(bass.standard_errors) == {"p", "q"}


@pytest.mark.parametrize("model", ["logistic", "bass"])
def test_an_unidentified_ceiling_is_refused_with_its_range(model):
    """A history that still grows geometrically is refused; the error gives the least plausible ceiling."""
    wobble = 1.0 + 0.02 * np.cos(3.0 * np.arange(12))
    values = 1.3 ** np.arange(12) * wobble
    if model == "bass":
        values = np.cumsum(values)
    with pytest.raises(
        InputError, match=r"does not identify the ceiling: every one from [\d.]+ upwards"
    ) as caught:
        fit((np.arange(12.0), values), model=model)
    least = float(str(caught.value).split("from ")[1].split()[0])
    assert least > values[-1]


def test_the_ceiling_of_the_error_holds():
    """A ceiling well inside the range of the error fits, with a given ceiling, nearly as well as any."""
    values = 1.3 ** np.arange(12) * (1.0 + 0.02 * np.cos(3.0 * np.arange(12)))
    times = np.arange(12.0)
    loose, tight = (fit((times, values), ceiling=values[-1] * factor).noise for factor in (1e3, 1.5))
    assert tight > 2 * loose


@pytest.mark.parametrize(
    ("history", "options", "words"),
    [
        (([0, 1], [1.0, 2.0]), {"model": "gbm"}, "at least 3 points"),
        (([0, 1, 2, 3], [1, 2, 3, 4]), {"model": "logistic"}, "at least 5"),
        (([0, 1, 2, 3], [1, 2, 3, 4]), {"model": "bass"}, "at least 6"),
        (([0, 1, 2, 3], [1, 2, 3, 4]), {"model": "mean_reverting"}, "at least 6"),
        (([0, 1, 2], [1, 0, 2]), {"model": "gbm"}, "not above zero at 1"),
        (([0, 2, 1], [1, 1, 2]), {"model": "gbm"}, "observation 3 comes after 2"),
        (([0, 1, 1], [1, 1, 2]), {"model": "gbm"}, "stands twice"),
        (([0, 1, math.nan], [1, 1, 2]), {"model": "gbm"}, "missing"),
        (([0, 1], [1, 1, 2]), {"model": "gbm"}, "shape"),
        (([0, 1], ["a", "b"]), {"model": "gbm"}, "numbers"),
        ("users.csv", {"model": "gbm"}, "pair"),
        (([0, 1, 2], [1, 2, 3]), {"model": "gompertz"}, "gompertz"),
        (([0, 1, 2], [1, 2, 3]), {"model": "gbm", "ceiling": 4}, "no ceiling"),
        ((range(8), [1, 2, 3, 4, 5, 6, 7, 8]), {"ceiling": 8}, "not above the last"),
        ((range(8), [1, 2, 3, 4, 5, 6, 7, 8]), {"model": "bass", "ceiling": 8}, "not above the last"),
        ((range(8), [1, 2, 3, 4, 3, 6, 7, 8]), {"model": "bass"}, "cumulative"),
        ((range(8), [1, 2, 3, 4, 5, 6, 7, 8]), {"model": "bass", "method": "mle"}, "mle"),
        ((range(8), 2.0 ** np.arange(8)), {"model": "bass", "method": "ols"}, "does not identify"),
        (([0, 1, 2, 3, 4, 6], [1, 2, 3, 4, 5, 6]), {"model": "bass", "method": "ols"}, "equal steps"),
        ((range(8), [2.0] * 8), {"model": "mean_reverting"}, "does not vary"),
        ((range(12), 1.1 ** np.arange(12)), {"model": "mean_reverting"}, "does not identify a level"),
        ((range(12), [1, 2] * 6), {"model": "mean_reverting"}, "no memory"),
    ],
)
def test_histories_that_cannot_be_fitted_are_refused(history, options, words):
    """Nonsense raises an error that names what is wrong."""
    with pytest.raises(InputError, match=words):
        fit(history, **options)


def test_a_saturated_history_is_refused():
    """A history that has been at its ceiling for long is refused with what to use instead."""
    years = np.arange(30.0)
    with pytest.raises(InputError, match="mean_reverting"):
        fit((years, 100.0 / (1.0 + np.exp(-2.0 * years))))


def test_tables_are_read_by_date_or_time():
    """A DataFrame with dates, timestamps or years gives the fit of the plain numbers."""
    values = [10.0, 16.0, 27.0, 43.0]
    dates = ["2022-Q1", "2023-Q1", "2024-Q1", "2025-Q1"]
    expected = fit(([0, 1, 2, 3], values), model="gbm").parameters["growth"]
    tables = [
        pd.DataFrame({"date": dates, "value": values}),
        pd.DataFrame({"time": [2022, 2023, 2024, 2025], "value": values}),
        pd.DataFrame(
            {"date": pd.to_datetime([f"{year}-03-01" for year in range(2022, 2026)]), "value": values}
        ),
    ]
    for table in tables:
        assert fit(table, model="gbm").parameters["growth"] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(InputError, match="columns"):
        fit(pd.DataFrame({"when": dates, "value": values}), model="gbm")


def test_entries_are_written_as_a_book_writes_them():
    """Numbers have four digits, their unit and no exponent; the history is named."""
    times, histories = futures(mean_reverting_curve(400, 2.3, 1.9, 1.5, noise=0.35), 1)
    entry = fit((times, histories[0]), model="mean_reverting").entry("spot", unit="USD/GPU-hour")
    assert list(entry) == ["mean_reverting", "noise", "history"]
    assert list(entry["mean_reverting"]) == ["now", "level", "half_life"]
    assert entry["mean_reverting"]["level"].endswith(" USD/GPU-hour")
    assert entry["mean_reverting"]["half_life"].endswith(" months")
    assert entry["history"] == "spot.csv"
    large = fit(([0, 1, 2], [123456789.0, 2.3e8, 4.1e8]), model="gbm").entry("x", history="other.csv")
    assert large["gbm"]["now"] == 410000000.0
    assert large["history"] == "other.csv"


def test_an_entry_makes_a_driver_again():
    """The numbers of a growth fit, read back, build the driver that goes on from the last value."""
    times, histories = futures(gbm_curve(60, 5.0, 0.5, noise=0.2), 1)
    found = fit((times, histories[0]), model="gbm")
    entry = found.entry("x")
    growth, noise = (float(text.split()[0]) / 100 for text in (entry["gbm"]["growth"], entry["noise"]))
    built = gbm_curve(5, entry["gbm"]["now"], growth, noise=noise)
    assert built.curve[4] == pytest.approx(
        found.parameters["now"] * (1 + found.parameters["growth"]), rel=2e-3
    )
    assert built.scale[1] == pytest.approx(found.noise / 2, rel=1e-3)
