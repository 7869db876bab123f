"""`trace` on whole books: contracts against futures, hand-made rings, windows, exposures, what is refused."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import offtake
from figures.pretend import invented_book, pretend
from offtake.book import Book
from offtake.errors import InputError
from offtake.simulate import simulate
from offtake.trace import ORIGINS, trace

MOOR = yaml.safe_load((Path(__file__).parent / "moor.yaml").read_text(encoding="utf-8"))
QUARTERS = 12


@pytest.fixture(scope="module")
def moor():
    """A book without chance."""
    return Book.from_data(MOOR)


@pytest.fixture(scope="module")
def runs(moor):
    """One future of it, without the letter of intent."""
    deals = {name: deal for name, deal in moor.deals.items() if name != "flint-letter"}
    return simulate(moor.model_copy(update={"deals": deals}), paths=1, engine="numpy")


def ring(outside, *, payments=10):
    """A book of three that pay each other the same for licences and have customers for the rest."""
    names = ("Ash", "Birch", "Cedar")
    income = f"{outside} M USD/quarter"
    return Book.from_data(
        {
            "book": "ring",
            "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
            "parties": {name: {"cash": "0 M USD", "income": income, "costs": income} for name in names},
            "deals": {
                f"from-{payer}": {
                    "kind": "licence", "licensee": payer, "licensor": receiver,
                    "clauses": {"fee": f"{payments} M USD/quarter"},
                }
                for payer, receiver in zip(names, (*names[1:], names[0]), strict=True)
            },
        }
    )  # fmt: skip


def test_contracts_agree_with_a_future_without_chance(moor, runs):
    """Where nothing is late, uncertain or unused, what is due under each deal is what is paid."""
    due = trace(moor)
    table = due.to_dataframe("deals").set_index("deal")
    names = [
        name for name in runs.dataset.deal.values if np.abs(runs.dataset["paid"].sel(deal=name)).sum() > 0
    ]
    assert set(table.index) == {*names, "site/Moor Hall"}
    assert len(names) == 10
    for name in names:
        paid = runs.dataset["paid"].sel(stat="mean", deal=name).values
        sign = 1.0 if table.loc[name, "payer"] == moor.deals[name].debtor else -1.0
        np.testing.assert_allclose(
            table.loc[name].iloc[5:].astype(float), sign * paid, atol=1e-9, err_msg=name
        )
    chips = runs.dataset["chips_paid"].sel(site="Moor Hall").values
    np.testing.assert_allclose(table.loc["site/Moor Hall"].iloc[5:].astype(float), chips, atol=1e-9)


def test_what_is_outside_agrees_too(moor, runs):
    """Customers' money, other income and what goes outside are those of the simulation."""
    sources = trace(moor).to_dataframe("sources")
    mean = runs.dataset.sel(stat="mean")
    np.testing.assert_allclose(sources["end customers"], mean["revenue"].sum("quarter"), atol=1e-9)
    np.testing.assert_allclose(
        sources["other outside income"], mean["other_income"].sum("quarter"), atol=1e-9
    )
    np.testing.assert_allclose(sources["to the outside"], mean["outside_spending"].sum("quarter"), atol=1e-9)
    assert sources["outside funding"].sum() == 0


def test_a_run_without_chance_traces_like_its_contracts(moor, runs):
    """The two bases give the same circularity, origins and cycles where they should."""
    due = trace(moor)
    deals = {name: deal for name, deal in moor.deals.items() if name != "flint-letter"}
    paid = trace(moor.model_copy(update={"deals": deals}), runs, paths=1)
    assert paid.circularity == pytest.approx(due.circularity, abs=1e-12)
    np.testing.assert_allclose(paid.origins, due.origins, atol=1e-9)
    assert [str(cycle) for cycle in paid.cycles] == [str(cycle) for cycle in due.cycles]
    np.testing.assert_allclose(paid.exposures, due.exposures, atol=1e-6)
    assert float(paid.dataset["circularity_spread"].sel(stat="q50")) == pytest.approx(due.circularity)
    np.testing.assert_allclose(paid.dataset["origin_spread"].sel(stat="mean"), due.origins, atol=1e-9)


def test_cash_drawn_down_is_the_fall_of_mean_cash():
    """In a run nothing is missing: what is paid beyond what comes in is what mean cash falls by."""
    book = Book.read("first-steps")
    runs = simulate(book, paths=60, engine="numpy")
    for window in (None, ("2027-Q1", "2028-Q2")):
        found = trace(book, runs, window=window)
        first, last = (list(runs.dataset.quarter.values).index(label) for label in found.window)
        cash = runs.dataset["cash"].sel(stat="mean").values
        opening = np.array([party.cash.value for party in book.parties.values()])
        before = opening if first == 0 else cash[:, first - 1]
        fall = np.maximum(before - cash[:, last], 0.0)
        np.testing.assert_allclose(found.dataset["drawn"], fall, atol=1e-6)
        receipts = runs.dataset["receipts"].sel(stat="mean").values[:, first : last + 1].sum(axis=1)
        payments = runs.dataset["payments_out"].sel(stat="mean").values[:, first : last + 1].sum(axis=1)
        np.testing.assert_allclose(found.net, receipts - payments, atol=1e-6)


def test_letters_count_by_their_likelihood_and_headlines_never(moor):
    """With letters 40 % of one counts; offers and a programme that stands in other deals stay out."""
    firm, all_ = trace(moor), trace(moor, firm_only=False)
    assert "flint-letter" not in set(firm.to_dataframe("deals")["deal"])
    letter = all_.to_dataframe("deals").set_index("deal").loc["flint-letter"]
    assert letter["total"] == pytest.approx(120.0)
    assert letter["2026-Q2"] == pytest.approx(120.0)
    for found in (firm, all_):
        assert not {"grand-programme", "flint-offer"} & set(found.to_dataframe("deals")["deal"])
    assert firm.left_out == (
        "flint-letter: intended, not firm",
        "flint-offer: an offer that nobody has signed",
        "grand-programme: all of its volume stands in other deals",
    )
    assert len(all_.left_out) == 2


def with_letter_hall(**deal):
    """Return the book with a hall that is built only under a letter, and a deal on it."""
    hall = {
        "owner": "Moor Cloud", "chip": "F1", "capex": {"chips": "20 MUSD/MW"},
        "phases": [{"mw": 10, "under": "letter-deal", "planned": "2026-Q3"}],
    }  # fmt: skip
    letter = {
        "kind": "compute", "seller": "Moor Cloud", "buyer": "Wick Labs", "sites": ["Letter Hall"],
        "clauses": {"ramp": {"2026-Q3": "10 MW"}, "price": "4 MUSD/MW/year", "take_or_pay": "100 %"},
    }  # fmt: skip
    deals = {**MOOR["deals"], "letter-deal": letter | deal}
    return {**MOOR, "sites": {**MOOR["sites"], "Letter Hall": hall}, "deals": deals}


def paid_under(found):
    """Return the total of every deal of a trace."""
    return found.to_dataframe("deals").set_index("deal")["total"].to_dict()


def test_a_hall_under_a_letter_counts_once_with_the_letter():
    """Deal and chips of a hall that hangs on a letter count by its likelihood, not by its square."""
    book = Book.from_data(with_letter_hall(firmness="intended", likelihood="40 %"))
    paid = paid_under(trace(book, firm_only=False))
    assert paid["letter-deal"] == pytest.approx(0.4 * 10 * 10)
    assert paid["site/Letter Hall"] == pytest.approx(0.4 * 200)
    assert not {"letter-deal", "site/Letter Hall"} & set(paid_under(trace(book)))
    run = simulate(book, paths=30, engine="numpy")
    assert {"letter-deal", "site/Letter Hall"} <= set(paid_under(trace(book, run)))
    assert not {"letter-deal", "site/Letter Hall"} & set(paid_under(trace(book, run, firm_only=True)))


def test_a_firm_deal_on_a_hall_under_a_letter_counts_by_the_letter():
    """What may never be built is owed only as far as it is likely to be."""
    data = with_letter_hall(firmness="intended", likelihood="40 %")
    other = {
        **data["deals"]["letter-deal"],
        "firmness": "firm",
        "clauses": {"ramp": {"2026-Q3": "4 MW"}, "price": "4 MUSD/MW/year"},
    }
    other.pop("likelihood")
    data["deals"] = {"a-firm-deal": other, **data["deals"]}
    book = Book.from_data(data)
    assert paid_under(trace(book, firm_only=False))["a-firm-deal"] == pytest.approx(0.4 * 4 * 10)
    assert "a-firm-deal" not in paid_under(trace(book))


def test_chips_fall_due_as_long_before_the_announced_date_as_in_the_median(moor):
    """A hall announced later than its gates are done has its chips later by as much."""
    due = trace(moor).to_dataframe("deals").set_index("deal").loc["fen-chips"]
    assert due["2026-Q2"] == pytest.approx(360.0)
    hall = {**MOOR["sites"]["Fen Hall"]}
    hall["phases"] = [{**hall["phases"][0], "planned": "2028-Q1"}]
    later = trace(Book.from_data({**MOOR, "sites": {**MOOR["sites"], "Fen Hall": hall}}))
    moved = later.to_dataframe("deals").set_index("deal").loc["fen-chips"]
    assert moved["2026-Q4"] == pytest.approx(360.0)
    assert moved["total"] == pytest.approx(360.0)


def test_what_is_missing_is_raised_outside():
    """A party uses its cash down to its minimum; the rest of what it pays counts as raised outside."""
    book = ring(10)
    short = book.model_copy(update={"parties": {**book.parties, **Book.from_data({
        "book": "one", "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
        "parties": {"Ash": {"cash": "100 M USD", "minimum_cash": "70 M USD", "costs": "20 M USD/quarter"}},
    }).parties}})  # fmt: skip
    sources = trace(short).to_dataframe("sources", party="Ash").loc["Ash"]
    assert sources["cash drawn down"] == pytest.approx(30.0)
    assert sources["outside funding"] == pytest.approx(50.0)


def test_letters_of_a_run_can_be_counted_as_outside(moor):
    """With only firm deals a run's letters turn into money from and to the outside, and nothing is lost."""
    runs = simulate(moor, paths=40, engine="numpy")
    every, firm = trace(moor, runs), trace(moor, runs, firm_only=True)
    gone = every.gross - firm.gross
    assert gone == pytest.approx(float(runs.dataset["paid"].sel(stat="mean", deal="flint-letter").sum()))
    spent = firm.dataset["spent"] - every.dataset["spent"]
    assert float(spent.sel(party="Flint Silicon")) == pytest.approx(gone)
    assert firm.firm_only
    assert not every.firm_only


@pytest.mark.parametrize(("outside", "own"), [(0, 1.0), (10, 0.25)])
def test_a_ring_of_three(outside, own):
    """All of a ring can be netted; self-funded revenue is what two purses on the way leave of it."""
    found = trace(ring(outside))
    assert found.circularity == pytest.approx(1.0)
    assert found.gross == pytest.approx(120.0)
    for party in ("Ash", "Birch", "Cedar"):
        shares = found.origin_of(party)
        assert shares["own payments"] == pytest.approx(own)
        assert shares["other outside income"] == pytest.approx(1 - own)
    assert [str(cycle) for cycle in found.cycles] == ["Ash → Birch → Cedar → Ash"]
    assert found.cycles[0].bottleneck == pytest.approx(40.0)
    assert found.cycles[0].by_year == {2026: pytest.approx(40.0)}
    assert found.cycles[0].deals == ("from-Ash", "from-Birch", "from-Cedar")


def test_a_chain_of_customers_money_has_no_circle():
    """Without the deal that closes the ring all money is outside money, and nothing comes back."""
    book = ring(10)
    deals = {name: deal for name, deal in book.deals.items() if name != "from-Cedar"}
    found = trace(book.model_copy(update={"deals": deals}))
    assert found.circularity == 0
    assert found.cycles == ()
    assert found.origin_of("Cedar")["own payments"] == 0
    assert found.origin_of("Cedar")["other outside income"] == pytest.approx(0.75)
    assert found.origin_of("Cedar")["outside funding"] == pytest.approx(0.25)
    assert sum(found.origin_of("Ash").values()) == 0


@settings(max_examples=12)
@given(st.randoms(use_true_random=False))
def test_the_order_of_a_book_does_not_matter(random):
    """Parties and deals in another order give the same shares, cycles and exposures by name."""
    data = {**MOOR}
    for section in ("parties", "deals", "sites"):
        items = list(MOOR[section].items())
        random.shuffle(items)
        data[section] = dict(items)
    moved, plain = trace(Book.from_data(data), firm_only=False), trace(Book.from_data(MOOR), firm_only=False)
    assert moved.circularity == pytest.approx(plain.circularity, abs=1e-12)
    assert [str(cycle) for cycle in moved.cycles] == [str(cycle) for cycle in plain.cycles]
    names = list(MOOR["parties"])
    np.testing.assert_allclose(moved.origins.sel(party=names), plain.origins.sel(party=names), atol=1e-12)
    ours = moved.exposures.sel(party=names, to=names)
    np.testing.assert_allclose(ours, plain.exposures.sel(party=names, to=names), atol=1e-9)


def test_windows_add_up(moor):
    """Two windows that meet hold the money of the whole calendar; cash carries over the seam."""
    whole = trace(moor)
    halves = [trace(moor, window=window) for window in (("2026-Q1", "2027-Q1"), ("2027-Q2", None))]
    assert halves[0].window == ("2026-Q1", "2027-Q1")
    assert halves[1].window == ("2027-Q2", "2028-Q4")
    net = sum(half.net for half in halves)
    np.testing.assert_allclose(net, whole.net, atol=1e-9)
    assert halves[1].settings["exposed_from"] == "2027-Q2"
    assert float(halves[1].exposures.sum()) < float(whole.exposures.sum())
    for half in halves:
        receives = half.dataset["receipts"] > 0
        np.testing.assert_allclose(half.origins.sum("origin").where(receives, 1.0), 1.0, atol=1e-12)


def test_netting_leaves_every_position(moor):
    """Taking away what circulates gives each party the balance that it had."""
    data = trace(moor, firm_only=False).dataset
    left = (data["flow"] - data["circulating"]).values
    np.testing.assert_allclose(left.sum(axis=0) - left.sum(axis=1), data["net"], atol=1e-9)


def test_exposures_by_hand(moor):
    """At stake are what is lent and its interest, and a prepayment; set-off lowers both."""
    found = trace(moor, exposed_from="2026-Q3")
    lent = found.exposures.sel(netting="before", party="Fen Bank", to="Moor Cloud")
    schedule, left, rate = 0.0, 300.0, 0.015
    for quarter in range(2, QUARTERS):
        schedule += left * rate
        if quarter >= 4:
            left -= left * rate / ((1 + rate) ** (16 - quarter) - 1)
    assert float(lent) == pytest.approx(300.0 + schedule)
    both = found.exposures.sel(party=["Moor Cloud", "Wick Labs"], to=["Moor Cloud", "Wick Labs"])
    before, after = both.sel(netting="before").values, both.sel(netting="after").values
    np.testing.assert_allclose(after, np.maximum(before - before.T, 0.0))
    value = (7.0 / 4) * 8 * 0.1
    held = value * (40 + 30)
    licence = 3.0 * 4
    assert before[1, 0] == pytest.approx(held + licence, rel=1e-9)


def test_concentration_by_hand(moor):
    """One provider is an index of one; MW-quarters in two regions are weighed as such."""
    rows = {(each.party, each.by): each for each in trace(moor).concentration}
    assert rows["Wick Labs", "provider"].herfindahl == 1.0
    assert rows["Wick Labs", "vendor"].largest == "Flint Silicon"
    assert ("Moor Cloud", "vendor") not in rows
    assert rows["Moor Cloud", "provider"].largest == "Heath Estates"
    region = rows["Wick Labs", "region"]
    moor_hall, fen_hall = 40 * 8 + 30 * 8, 20 * 6
    share = moor_hall / (moor_hall + fen_hall)
    assert region.share == pytest.approx(share)
    assert region.herfindahl == pytest.approx(share**2 + (1 - share) ** 2)
    assert region.count == 2


def test_the_record_says_what_it_is(moor):
    """Units, hash, settings and papers stand in the record, and it can be shown."""
    found = trace(moor)
    assert isinstance(found, offtake.Trace)
    assert found.book_hash == moor.hash
    assert found.basis == "contracted"
    assert found.settings["exposed_from"] == "2026-Q1"
    assert all({"units", "long_name"} <= set(array.attrs) for array in found.dataset.data_vars.values())
    assert list(map(str, found.dataset.indexes["origin"])) == list(ORIGINS)
    assert max(found.audit.values()) < 1e-9
    assert "goes round" in found._repr_html_()
    assert repr(found).startswith("<Trace of moor, contracted, 2026-Q1 to 2028-Q4: ")
    with pytest.raises(AttributeError):
        found.basis = "other"


@pytest.mark.parametrize(("what", "count"), [("flows", 1), ("deals", 1), ("cycles", 0), ("exposures", 1)])
def test_tables_of_one_party_hold_only_it(moor, what, count):
    """Asked for one party, a table holds the rows in which it stands and no others."""
    found = trace(moor)
    assert len(found.to_dataframe(what)) > count
    assert len(found.to_dataframe(what, party="Fell Power")) == count


def test_every_table_can_be_had(moor):
    """All parts come as tables; origins only of those who receive anything."""
    found = trace(moor, firm_only=False)
    assert list(found.to_dataframe("origins").columns) == ["receipts", *ORIGINS]
    assert found.to_dataframe("origins", party="Fell Power").index.tolist() == ["Fell Power"]
    assert found.to_dataframe("exposures", party="Fen Bank")["before"].gt(0).all()
    assert found.to_dataframe("concentration")["herfindahl"].between(0, 1).all()
    assert found.to_dataframe("net", party="Fen Bank").index.tolist() == ["Fen Bank"]
    assert found.to_dataframe("sources", party="Fen Bank").index.tolist() == ["Fen Bank"]
    purses = found.to_dataframe("purses").groupby("party")["share"].sum()
    assert len(purses) > 0
    for party, share in purses.items():
        assert share == pytest.approx(found.origin_of(party)["cash of others"])
    flows = found.to_dataframe("flows")
    assert flows["flow"].is_monotonic_decreasing
    assert flows["flow"].sum() == pytest.approx(found.gross)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"window": ("2025-Q4", None)},
            "`from` is 2025-Q4, outside the calendar of the book, 2026-Q1 to",
        ),
        ({"window": (None, "2029-Q1")}, "`to` is 2029-Q1, outside"),
        ({"window": ("2027-Q2", "2027-Q1")}, "ends in 2027-Q1, before it begins in 2027-Q2"),
        ({"window": ("2027", None)}, "`2027` is not a quarter"),
        ({"exposed_from": "2031-Q1"}, "`exposed_from` is 2031-Q1, outside"),
        ({"paths": 3}, "3 futures are asked for, but there is no run"),
    ],
)
def test_bad_input_is_refused(moor, given, said):
    """A window outside the calendar or the wrong way round, and futures without a run, exit with code 2."""
    with pytest.raises(InputError, match=said) as caught:
        trace(moor, **given)
    assert caught.value.exit_code == 2


def test_unknown_names_are_refused(moor, runs):
    """A party or a table that is not there is named with those that are; a run of another book is no use."""
    found = trace(moor)
    with pytest.raises(InputError, match=r"no party is called `Moor`\. Known: `Fell Power`, .*`Wick Labs`"):
        found.origin_of("Moor")
    with pytest.raises(InputError, match="no party is called"):
        found.to_dataframe("flows", party="Moor")
    with pytest.raises(InputError, match="there is no table `money`; there are flows"):
        found.to_dataframe("money")
    with pytest.raises(InputError, match="the run is of another book"):
        trace(ring(0), runs)
    with pytest.raises(InputError, match="9 futures are asked for; the run has 1"):
        trace(moor, runs, paths=9)


def test_a_run_that_is_too_old_is_refused():
    """A run that does not say what comes from outside cannot be traced."""
    book = invented_book()
    run = pretend(book)
    bare = type(run)(run.dataset.drop_vars(["other_income"]), paths=run.paths, seed=run.seed)
    with pytest.raises(InputError, match=r"the run holds no other_income\. Run the book again"):
        trace(book, bare)
    assert 0 <= trace(book, run).circularity <= 1
