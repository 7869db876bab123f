"""What each figure collects agrees with the run and the book it is collected from."""

import dataclasses

import numpy as np
import pytest

from figures.pretend import invented_book, pretend
from offtake import figures
from offtake.figures.credit import DefaultLine
from offtake.figures.delivery import Gate

LAB = "Lantern AI"


@pytest.fixture(scope="module")
def book():
    """An invented book with everything a page can show."""
    return invented_book()


@pytest.fixture(scope="module")
def runs(book):
    """A run of it."""
    return pretend(book)


def mean(runs, variable, **labels):
    """Return the means of a variable, straight from the dataset."""
    return runs.dataset[variable].sel(stat="mean", **labels).values


def test_the_party_in_focus_has_the_plan(book, runs):
    """A plan of record decides; without one the largest buyer does; with neither there is nobody."""
    assert figures.focal_party(book, runs) == LAB
    bare = book.model_copy(update={"plans_of_record": {}})
    assert figures.focal_party(bare, runs) == LAB
    planned = book.model_copy(update={"plans_of_record": {"Prism Labs": book.plans_of_record[LAB]}})
    assert figures.focal_party(planned, runs) == "Prism Labs"


def test_capacity_is_what_the_deals_deliver(book, runs):
    """Layers add up to what serves the buyer, in effective MW, and the demand is that of its workloads."""
    record = figures.collect_capacity(book, runs, LAB)
    by_name = {layer.name: layer for layer in record.layers}
    assert set(by_name) == {"meridian-base", "harrow-longmoor", "tideway-coast", "harrow-more", "own sites"}
    np.testing.assert_allclose(
        by_name["tideway-coast"].mw, mean(runs, "delivered_deal", deal="tideway-coast"), rtol=1e-12
    )
    bought = sum(np.array(layer.mw) for layer in record.layers if layer.name != "own sites")
    free = mean(runs, "energised_for", party=LAB) - bought
    np.testing.assert_allclose(by_name["own sites"].mw, 0.85 * free, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(record.demand.q50, runs.dataset["total_demand"].sel(stat="q50"))
    assert [layer.firmness for layer in record.layers] == ["firm", "firm", "firm", "optional", "intended"]
    assert not record.bands_added


def test_many_deals_are_drawn_by_supplier(book, runs):
    """Where there are many layers those of one supplier and firmness are one, and nothing is lost."""
    record = figures.collect_capacity(book, runs, LAB)
    many = dataclasses.replace(record, layers=record.layers * 2)
    assert record.drawn == record.layers
    assert [layer.name for layer in many.drawn] == [
        "Meridian Cloud",
        "Harrow Compute",
        "own sites",
        "Harrow Compute, optional",
        "Tideway Cloud, intended",
    ]
    total = np.sum([layer.mw for layer in many.drawn], axis=0)
    np.testing.assert_allclose(total, 2 * np.array(record.supply))


def test_demand_of_one_buyer_among_several_adds_its_bands(book, runs):
    """A buyer that does not have all workloads gets the sum of its own, and the record says so."""
    shared = {"assistant": book.workloads["assistant"], "training": book.workloads["training"]}
    shared["training"] = shared["training"].model_copy(update={"buyer": "Prism Labs"})
    other = book.model_copy(update={"workloads": shared})
    record = figures.collect_capacity(other, runs, LAB)
    np.testing.assert_allclose(
        record.demand.q95, runs.dataset["demand"].sel(stat="q95", workload="assistant")
    )
    assert not record.bands_added


def test_cash_shows_the_focal_party_first(book, runs):
    """The focal party leads, the others follow by the money that goes through them, the rest are named."""
    record = figures.collect_cash(book, runs, LAB, most=4)
    assert record.panels[0].party == LAB
    through = [
        float(
            mean(runs, "receipts", party=each.party).sum()
            + mean(runs, "payments_out", party=each.party).sum()
        )
        for each in record.panels[1:]
    ]
    assert through == sorted(through, reverse=True)
    assert {each.party for each in record.panels} | set(record.left_out) == set(book.parties)
    assert record.panels[0].minimum == 4_000.0


def test_the_plan_is_counted_from_the_opening(book, runs):
    """The first year of the plan counts in the share of it that the calendar covers."""
    record = figures.collect_burn(book, runs, LAB)
    assert record.part_years == {"2025": 0.25}
    assert record.plan == {
        "2025": 2_000.0,
        "2026": 17_000.0,
        "2027": 47_000.0,
        "2028": 82_000.0,
        "2029": 88_000.0,
    }
    assert record.planned_in_full == 94_000.0
    assert figures.collect_burn(book, runs, "Prism Labs").plan == {}


def test_the_bridge_adds_up(book, runs):
    """Outlays less revenue are the burn of the run, and the two gaps are the whole difference to the plan."""
    record = figures.collect_bridge(book, runs, LAB)
    burn = mean(runs, "burn", party=LAB)
    for place, each in enumerate(record.years):
        parts = each.compute + each.chips + each.other_deals + each.outside
        assert each.burn == pytest.approx(burn[place])
        assert parts - each.revenue == pytest.approx(each.burn)
    assert [each.year for each in record.compared] == ["2025", "2026", "2027", "2028", "2029"]
    gap = sum(each.burn - each.planned_burn for each in record.compared)
    assert record.revenue_gap + record.outlay_gap == pytest.approx(gap)
    paid = mean(runs, "paid", deal="meridian-base") + mean(runs, "paid", deal="harrow-longmoor")
    paid = paid + mean(runs, "paid", deal="tideway-coast") + mean(runs, "paid", deal="harrow-more")
    assert sum(each.compute for each in record.years) == pytest.approx(paid.sum())


def test_equity_and_loans_are_no_outlay(book, runs):
    """Money for shares and loan principal stay out of the bridge of either side."""
    record = figures.collect_bridge(book, runs, "Quarry Silicon")
    received = sum(mean(runs, "paid", deal=deal).sum() for deal in ("quarry-longmoor", "quarry-saltmarsh"))
    assert sum(each.other_deals for each in record.years) == pytest.approx(-received)


def test_the_first_year_by_plan_counts_earlier_years(book, runs):
    """Futures that do without burn before the planned year meet the plan too."""
    record = figures.collect_first_profit(book, runs, LAB)
    assert sum(record.shares.values()) == pytest.approx(1.0)
    assert record.planned == "2030"
    assert record.by_plan == pytest.approx(1.0 - record.shares["never"])
    assert dataclasses.replace(record, planned=None).by_plan == 0.0


def test_the_matrix_holds_every_payment_once(book, runs):
    """All entries together are all that is paid under deals, and incomes hold what comes from outside."""
    record = figures.collect_dependence(book, runs)
    amounts = np.array(record.amounts)
    assert amounts.sum() == pytest.approx(mean(runs, "paid").sum())
    place = record.parties.index("Meridian Cloud")
    outside = 30_000.0 * len(book.calendar)
    assert record.income[place] == pytest.approx(amounts[:, place].sum() + outside)
    payer, part = record.largest_payer("Meridian Cloud")
    assert payer == LAB
    assert part == pytest.approx(amounts[record.parties.index(LAB), place] / record.income[place])
    assert [each[3] for each in record.leaning()] == sorted(
        (each[3] for each in record.leaning()), reverse=True
    )


def test_money_that_comes_back_is_turned_round(book, runs):
    """A deal whose debtor receives on balance is an arc the other way."""
    dataset = runs.dataset.copy(deep=True)
    dataset["paid"].loc[{"deal": "basalt-stake"}] *= -1.0
    back = dataclasses.replace(runs, dataset=dataset)
    record = figures.collect_dependence(book, back)
    assert LAB in record.parties
    row = record.parties.index(LAB)
    assert record.amounts[row][record.parties.index("Basalt Capital")] > 0


def test_the_map_shows_what_goes_round(book, runs):
    """The lab pays a cloud, which pays a vendor, which pays the lab: that goes round, rent does not."""
    record = figures.collect_money_map(book, runs)
    circular = {(arc.payer, arc.receiver): arc.circular for arc in record.arcs}
    assert circular["Quarry Silicon", LAB] > 0
    assert circular["Tideway Cloud", "Fenland Estates"] == 0.0
    assert 0 < record.circular < record.gross
    assert [arc.amount for arc in record.arcs] == sorted((arc.amount for arc in record.arcs), reverse=True)


def test_what_was_announced_counts_from_its_quarter(book, runs):
    """Dated phases and deals without a site, on time, make up what was announced for a year's end."""
    record = figures.collect_energised(book, runs)
    owed = sum(mean(runs, "owed_deal", deal=deal) for deal in ("meridian-base", "harrow-more", "prism-base"))
    quarters = list(runs.dataset.indexes["quarter"])
    assert record.fan.labels == ("2025", "2026", "2027", "2028", "2029", "2030")
    assert record.announced[0] == pytest.approx(400.0 + owed[quarters.index("2025-Q4")])
    assert record.announced[1] == pytest.approx(400.0 + 800.0 + 500.0 + owed[quarters.index("2026-Q4")])
    assert record.undated == 0.0


def test_gates_are_ranked_by_time_and_power(book, runs):
    """Ranking and grouping weigh the time that a gate costs by the power behind it."""
    gates = figures.collect_gates(book, runs)
    weights = [each.saved * each.mw for each in gates.gates]
    assert weights == sorted(weights, reverse=True)
    assert {each.mw for each in gates.gates if each.site == "Longmoor"} == {800.0, 1_200.0}
    two = figures.Gates((Gate("A", "1", "power", 1.0, 4.0, 300.0), Gate("B", "1", "power", 0.2, 0.0, 100.0)))
    kind = two.by_name()[0]
    assert (kind.number, kind.mw) == (2, 400.0)
    assert (kind.criticality, kind.saved) == pytest.approx((0.8, 3.0))


def test_deals_are_grouped_by_how_firm_they_are(book, runs):
    """Every deal is in one group, with what is paid under it and its headline power."""
    record = figures.collect_deals(book, runs)
    groups = record.groups()
    assert list(groups) == ["firm", "optional", "intended"]
    assert sum(number for number, _, _ in groups.values()) == len(book.deals)
    assert groups["firm"][2] == 3_000.0 + 2_400.0 + 300.0
    assert sum(paid for _, paid, _ in groups.values()) == pytest.approx(mean(runs, "paid").sum())


def test_base_rates_are_those_of_the_table():
    """A rate is the table's at its years, linear between, held beyond, and blind to plus and minus."""
    assert figures.base_rate("B", 5) == 0.156
    assert figures.base_rate("B-", 5) == 0.156
    assert figures.base_rate("BBB+", 4) == pytest.approx((0.0067 + 0.0136) / 2)
    assert figures.base_rate("AA", 0.5) == pytest.approx(0.0001)
    assert figures.base_rate("CC", 30) == 0.5043
    assert figures.base_rate("not rated", 5) is None
    assert all(text for text in figures.base_rate_source())


@pytest.mark.parametrize(
    ("share", "base", "far"),
    [
        (0.5, 0.1, False),
        (0.51, 0.1, True),
        (0.02, 0.1, False),
        (0.019, 0.1, True),
        (0.0, 0.1, False),
        (0.3, None, False),
    ],
)
def test_far_is_more_than_a_factor_of_five(share, base, far):
    """A party is singled out when model and past differ by more than a factor of five either way."""
    assert DefaultLine("Lark Labs", "B", share, base).far is far


def test_scenarios_are_measured_alike(book, runs):
    """Each line holds the outcome of its own run, the book as it stands first."""
    hard = pretend(book, hardship=1.5)
    record = figures.collect_scenarios(book, runs, {"demand stalls": hard}, LAB, "2029")
    base, stalls = record.lines
    assert stalls.burn == pytest.approx(hard.fan("cumulative_burn", party=LAB).loc[2029, "q50"])
    assert base.burn < stalls.burn
    assert record.worst is stalls
    assert stalls.own_default == pytest.approx(float(hard.dataset["default"].sel(party=LAB)[-1]))


def test_assumed_figures_are_found_wherever_they_stand(book, runs):
    """Amounts, profiles, clauses and whole entries are listed with value, range and reason."""
    found = {each.entry: each for each in figures.collect_assumed(book, runs).figures}
    assert set(found) == {
        "parties.Lantern AI.costs",
        "parties.Lantern AI.funding.limit",
        "chips.F2.efficiency",
        "drivers.users",
        "deals.meridian-share.clauses.revenue_share.share",
    }
    assert found["parties.Lantern AI.funding.limit"].value == "16 B USD/quarter"
    share = found["deals.meridian-share.clauses.revenue_share.share"]
    assert (share.value, share.low_text, share.high_text, share.reason) == (
        "18 %",
        "8 %",
        "20 %",
        "reports differ",
    )
    assert (share.low, share.high) == pytest.approx((8 / 18, 20 / 18))
    assert share.behind == pytest.approx(mean(runs, "paid", deal="meridian-share").sum())
    assert found["drivers.users"].reason == "slower than last year"


def test_tables_fit_their_columns():
    """A table with a row of another length is refused."""
    with pytest.raises(ValueError, match="differ in length"):
        figures.Table(("a", "b"), (("1",),), "lr")


def test_parties_keep_their_colour():
    """A party has one colour in every figure, no two share one, and role decides the hue."""
    roles = {f"cloud {place}": "cloud" for place in range(8)} | {
        "Lark Labs": "lab",
        "Old Mill Bank": "lender",
    }
    colours = figures.party_colours(roles)
    assert len(set(colours.values())) == len(roles)
    assert figures.party_colours(dict(list(roles.items())[:3])) == dict(list(colours.items())[:3])
