"""The verb: what it answers, what it refuses, and that a saved quote reads back."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

import offtake as ot
from offtake.errors import InfeasibleError, InputError, OfftakeError
from offtake.quote import Loan, grade_of, ground, worth
from quote.yard import REQUEST, yard


@pytest.fixture(scope="module")
def found():
    """A quote of the yard's machines on a few futures."""
    over = {"term": ["2 years", "3 years"], "prepayment": [0.0, "20 %"], "termination": ["none", 0.3]}
    return ot.quote(yard(), request=REQUEST, payback=0.6, over=over, paths=60, seed=4, engine="numpy")


def test_the_answer_fits_its_table(found):
    """The price is the table's at the request's own terms, and pays back as often as asked."""
    cell = found.dataset["price"].sel(term=12, prepayment=0, take_or_pay=0.7, termination="none")
    assert float(cell) == found.price
    assert found.answer.chance >= 0.6
    assert found.answer.price_low <= found.price <= found.answer.price_high
    assert found.answer.largest_mw <= found.answer.room_mw == 35.0
    assert all(found.sentences)
    assert found.answer.grade == "speculative"


def test_what_is_demanded_more_often_costs_more(found):
    """A higher share costs more, and a floor is reached by the price that it asks for."""
    dearer = ot.quote(yard(), request=REQUEST, payback=0.7, over={"term": ["3 years"]}, paths=60, seed=4,
                      engine="numpy")  # fmt: skip
    assert dearer.price >= found.price
    base = ground(yard(), REQUEST, paths=60, seed=4, engine="numpy")
    price = worth(base).lowest_tail(0.5, -100.0)
    assert worth(base).tail_mean(price, 0.5) == pytest.approx(-100.0)


def test_a_seed_gives_the_same_quote(found):
    """The same seed gives the same numbers."""
    again = ot.quote(yard(), request=REQUEST, payback=0.6, over={"term": ["3 years"]}, paths=60, seed=4,
                     engine="numpy")  # fmt: skip
    assert again.answer == found.answer


def test_a_longer_term_in_the_table_moves_no_other_number():
    """Drivers are followed further for longer terms; nothing else in a future changes with that."""
    lark, near = ot.Book.read("first-steps"), {"paths": 300, "seed": 4, "engine": "numpy"}
    near, far = (ground(lark, "tideway-more", like="Tideway North", longest=n, **near) for n in (0.0, 28.0))
    assert far.quarters > near.quarters
    np.testing.assert_array_equal(near.fails, far.fails)
    assert (near.fails < 1e8).any()
    np.testing.assert_array_equal(near.machines.service, far.machines.service)
    np.testing.assert_array_equal(near.spot, far.spot[: near.quarters])


def test_what_never_comes_back_is_said_so(found):
    """Where a tenth of futures never pays back, the sentence does not say never of the other nine."""

    def told(**changes):
        answer = dataclasses.replace(found.answer, **changes)
        return next(each for each in dataclasses.replace(found, answer=answer).sentences if "is back" in each)

    assert "in half of futures; in more than one of ten it never is." in told(payback_late=np.inf)
    late = told(payback_median=np.inf, payback_late=np.inf)
    assert "the money is back in fewer than half of futures. " in late
    assert "the money is back from the start in half" in told(payback_median=0.0)


def test_the_order_of_entries_is_irrelevant(found):
    """Parties and sites may stand in any order."""
    data = yard().to_data()
    data["parties"] = dict(reversed(data["parties"].items()))
    other = ot.quote(ot.Book.from_data(data), request=REQUEST, payback=0.6, over={"term": ["3 years"]},
                     paths=60, seed=4, engine="numpy")  # fmt: skip
    assert other.price == pytest.approx(found.price, rel=1e-12)


def test_a_saved_quote_reads_back(found, tmp_path):
    """Everything but the engine is in the file, and reading it needs no JAX."""
    path = found.save(tmp_path / "quote.nc")
    read = ot.Quote.load(path)
    assert read.answer == found.answer
    assert read.sentences == found.sentences
    np.testing.assert_array_equal(read.dataset["price"], found.dataset["price"])
    code = f"import sys, offtake; offtake.Quote.load({str(path)!r}); print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_offer_with_a_start_window_is_quoted_for_its_ramp():
    """An offer of the book may say when it can start; it is quoted as its ramp says, and that is told."""
    asked = {"request": "tideway-more", "like": "Tideway North", "over": {"term": ["4 years"]}}
    settings = {"payback": 0.8, "paths": 30, "engine": "numpy", **asked}
    book = ot.Book.read("first-steps")
    assert "start" in book.deals["tideway-more"].clauses
    found = ot.quote(book, **settings)
    assert found.start == "2028-Q3"
    assert any("the choice of when it starts" in each for each in found.assumptions)
    bare = ot.quote(book.without("deals.tideway-more.clauses.start"), **settings)
    assert bare.answer == found.answer


REFUSED = {
    "a request beyond its sites": (
        {**REQUEST, "clauses": {**REQUEST["clauses"], "ramp": {"2026-Q4": "36 MW"}}}, {}, "35 MW left",
    ),
    "a term out of range": (
        {**REQUEST, "clauses": {**REQUEST["clauses"], "term": "30 years"}}, {}, "out of range",
    ),
    "a second set of machines": (
        {**REQUEST, "clauses": {**REQUEST["clauses"], "term": "17 years"}}, {}, "second set of machines",
    ),
    "no end": ({**REQUEST, "clauses": {"ramp": {"2026-Q4": "5 MW"}}}, {}, "no end"),
    "a party that asks itself": ({**REQUEST, "buyer": "Ash"}, {}, "asks itself"),
    "an unknown party": ({**REQUEST, "buyer": "Reeds"}, {}, "Did you mean `Reed`"),
    "an unknown site": ({**REQUEST, "sites": ["Yards"]}, {}, "Did you mean `Yard`"),
    "somebody else's site": ({**REQUEST, "seller": "Flint"}, {}, "run by Ash"),
    "an unknown request": ("more", {}, "no request and no deal is called `more`"),
    "words without a provider": ("5 MW for 3 years from 2027-Q1 on Yard", {"buyer": "Reed"}, "provider"),
    "words that mean nothing": (
        "5 MW for 3 years from 2027-Q1 on Yard, now", {"provider": "Ash", "buyer": "Reed"}, "not understood",
    ),
    "a request from nowhere": (
        "5 MW for 3 years from 2027-Q1", {"provider": "Ash", "buyer": "Reed"}, "neither which sites",
    ),
    "nothing": (
        "0 MW for 3 years from 2027-Q1 on Yard", {"provider": "Ash", "buyer": "Reed"}, "0 MW are asked for",
    ),
    "nothing to build": (
        "0 MW for 3 years from 2027-Q1 like Yard", {"provider": "Ash", "buyer": "Reed"}, "0 MW are asked for",
    ),
    "a share above one": (REQUEST, {"payback": 1.2}, "no share"),
    "an unknown axis": (REQUEST, {"over": {"volume": [1]}}, "not over volume"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    """What cannot be quoted is refused with what is wrong and what mends it."""
    request, more, words = REFUSED[name]
    with pytest.raises(InputError, match=words):
        ot.quote(yard(), request=request, paths=3, engine="numpy", **more)


def test_what_no_price_reaches_is_infeasible():
    """A buyer that is gone before anything is delivered pays back at no price."""
    book = yard().replace({"scenarios": {"gone": {"fail": "Reed", "at": "2026-Q2"}}})
    with pytest.raises(InfeasibleError, match="at no price do the machines pay back"):
        ot.quote(book, request=REQUEST, scenario="gone", payback=1.0, paths=10, engine="numpy")


def test_terms_and_loans_are_checked():
    """Shares lie between 0 and 1, a term is positive, a loan names every margin."""
    base = ground(yard(), REQUEST, paths=3, engine="numpy")
    for change in ({"take_or_pay": 1.5}, {"length": 0.0}, {"scale": 0.0}, {"length": 90.0}):
        with pytest.raises(InputError):
            dataclasses.replace(base.terms, **change)
    with pytest.raises(InputError, match="longest"):
        worth(base, dataclasses.replace(base.terms, length=79.0))
    with pytest.raises(OfftakeError, match="margin"):
        Loan(margins={"investment": 0.02})
    assert grade_of("AA+") == "investment"
