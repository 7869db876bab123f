"""Cases whose answers are published or cross-checked by a second program; the data files name the sources."""

import json
from pathlib import Path

import numpy as np
import pytest

from offtake.clearing import (
    debtrank,
    dependency_matrix,
    eisenberg_noe,
    elsinger,
    impact_diffusion,
    impact_fluidity,
    impact_susceptibility,
    rogers_veraart,
)

DATA = Path(__file__).parents[1] / "data"


def case(file, name):
    """One case of a data file."""
    cases = json.loads((DATA / f"{file}.json").read_text(encoding="utf-8"))["cases"]
    return next(each for each in cases if each["id"] == name)


def close(case, actual, expected):
    """Assert equality within the case's tolerance."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=case["tol"]["abs"])


@pytest.fixture
def bank():
    """The three-bank network of the DebtRank cases."""
    return case("debtrank", "nrm_3bank")


@pytest.mark.parametrize("method", ["rounds", "exact"])
def test_eisenberg_noe_pays_what_the_equations_give(method):
    """The published equities are met, and the first payment is 24.5455, not the misprinted 19.5455."""
    known = case("clearing", "en_networkvaluation")
    cleared = eisenberg_noe(known["input"]["external"], known["input"]["L"], method=method)
    close(known, cleared.payments, known["expected"]["payments"])
    close(known, cleared.net_worth, known["expected"]["equity"])
    assert cleared.default.tolist() == known["expected"]["default"]
    assert abs(cleared.payments[0] - 19.5455) > 1


@pytest.mark.parametrize("method", ["rounds", "exact"])
@pytest.mark.parametrize(
    "name", ["rv_networkvaluation_alpha04", "rv_example_3_3", "rv_example_3_3_two_solutions"]
)
def test_rogers_veraart_gives_the_greatest_solution(name, method):
    """Published payments under default costs are met."""
    known = case("clearing", name)
    given, expected = known["input"], known["expected"]
    cleared = rogers_veraart(
        given["external"], given["L"], alpha=given["alpha"], beta=given["beta"], method=method
    )
    close(known, cleared.payments, expected.get("greatest", expected.get("payments")))
    if "equity_gap" in expected:
        close(known, cleared.net_worth, expected["equity_gap"])
        assert cleared.default.tolist() == expected["default"]


def test_rogers_veraart_from_below_gives_the_least_solution():
    """Where costs allow two solutions, iterating from below gives the other one."""
    known = case("clearing", "rv_example_3_3_two_solutions")
    given = known["input"]
    cleared = rogers_veraart(given["external"], given["L"], alpha=0.5, beta=0.5, fixed_point="least")
    close(known, cleared.payments, known["expected"]["least"])
    assert cleared.default.all()


@pytest.mark.parametrize("method", ["rounds", "exact"])
def test_elsinger_pays_ranks_in_order_and_values_holdings(method):
    """Published equities and the payments by rank are met with two ranks and cross-holdings."""
    known = case("clearing", "elsinger_seniority_crossholding")
    given, expected = known["input"], known["expected"]
    cleared = elsinger(
        given["external"], [given["L_senior"], given["L_junior"]], given["Theta"], method=method
    )
    close(known, cleared.net_worth, expected["equity"])
    close(known, cleared.paid.sum(axis=-1), [expected["pay_senior"], expected["pay_junior"]])
    np.testing.assert_allclose(cleared.equity, np.maximum(expected["equity"], 0), atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("single-hit", "single_hit_battiston2012"),
        ("linear", "linear_bardoscia2015"),
        ("threshold", "threshold"),
    ],
)
def test_debtrank_of_each_party(bank, kind, name):
    """Stress, defaults and losses added by the failure of each bank in turn are met."""
    given, expected = bank["input"], bank["expected"][name]
    result = debtrank(given["assets"], given["buffer"], np.eye(3), kind=kind, weights=given["weights"])
    close(bank, result.additional_stress, expected["additional_stress"])
    assert result.additional_defaults.tolist() == expected["additional_defaults"]
    if "additional_losses" in expected:
        close(bank, result.additional_losses, expected["additional_losses"])
    assert result.converged.all()


def test_debtrank_of_a_shock_to_all(bank):
    """A shock of a tenth to every bank ends where the published single-hit run does."""
    given = bank["input"]
    expected = bank["expected"]["single_hit_battiston2012"]["shock_all_10pct"]
    result = debtrank(
        given["assets"], given["buffer"], [0.1, 0.1, 0.1], kind="single-hit", weights=given["weights"]
    )
    close(bank, result.final, expected["final"])
    close(bank, result.additional_stress, expected["additional"])


def test_linear_debtrank_of_a_small_shock(bank):
    """A tenth lost by the first bank takes down two others when every rise is passed on."""
    given, expected = bank["input"], bank["expected"]["shock_10pct_on_first"]
    result = debtrank(given["assets"], given["buffer"], [0.1, 0, 0], weights=given["weights"])
    close(bank, result.additional_stress, expected["linear_additional_stress"])
    assert result.additional_defaults == expected["additional_defaults"]


def test_impact_measures(bank):
    """Susceptibility, fluidity and diffusion are met."""
    given, expected = bank["input"], bank["expected"]
    close(bank, impact_susceptibility(given["assets"], given["buffer"]), expected["impact_susceptibility"])
    close(bank, impact_fluidity(given["assets"], given["buffer"]), expected["impact_fluidity"])
    diffusion = impact_diffusion(given["assets"], given["buffer"])
    for part in ("start", "intermediate", "total"):
        close(bank, getattr(diffusion, part), expected["impact_diffusion"][part])


def test_cross_holdings_of_two_firms():
    """Two firms that own half of each other leave a third of their assets to the other's owners."""
    known = case("crossholdings", "egj_two_firms")
    close(known, dependency_matrix(known["input"]["C"]), known["expected"]["A"])


def test_every_case_is_used():
    """No case of the data files is left out of this module."""
    text = Path(__file__).read_text(encoding="utf-8")
    for file in ("clearing", "debtrank", "crossholdings"):
        for each in json.loads((DATA / f"{file}.json").read_text(encoding="utf-8"))["cases"]:
            assert f'"{each["id"]}"' in text
