"""Signed books in `simulate`: what a plan writes down is what the engine does, or what it is told to do."""

from dataclasses import dataclass

from simulate.hand import Outcome, book, compute, every_runner, near, parties, quarter, workload


@dataclass(frozen=True)
class Decision:
    """What a plan decides at the opening."""

    entry: str
    what: str
    mw: float
    start: int = 0
    quarter: str = "2026-Q1"


def _book(spot="8 MUSD/MW/year", **deals):
    return book(
        4,
        parties=parties(Lark=1_000, Tide=0),
        workloads={"all": workload("50 MW", **{"yield": "20 MUSD/MW/year"})},
        deals=deals,
        drivers={"spot": {"constant": spot}},
    )


def _money(run, a_book):
    """Cash of both sides in every quarter."""
    out = Outcome(run, a_book)
    return [*out.state("cash", "Lark"), *out.state("cash", "Tide")]


@every_runner
def test_a_signed_offer_delivers_and_is_paid(run):
    """Half of what is offered, a quarter later, is delivered and paid from then on."""
    offer = compute(
        firmness="offered",
        clauses={
            "ramp": {quarter(0): "10 MW", quarter(1): "20 MW"},
            "volume": {"to": "20 MW"},
            "start": quarter(2),
            "take_or_pay": "100 %",
        },
    )
    offered = _book(offer=offer)
    assert Outcome(run, offered).paid("fee", "offer") == near([0, 0, 0, 0])
    signed = offered.signed([Decision("offer", "offer", 10.0, start=1)])
    out = Outcome(run, signed)
    assert out.state("delivered", "offer") == near([0, 5, 10, 10])
    assert out.paid("fee", "offer") == near([0, 2 * 5, 2 * 10, 2 * 10])
    assert out.paid("revenue", party="Lark") == near([0, 5 * 5, 5 * 10, 5 * 10])


@every_runner
def test_a_termination_costs_what_the_engine_charges(run):
    """Ended by a plan or by the engine's rule at the opening, a deal costs both sides the same."""
    held = compute(
        clauses={
            "ramp": {"2025-Q3": "6 MW", quarter(0): "10 MW"},
            "price": {"usage": "8 MUSD/MW/year", "reservation": "1 MUSD/MW/year", "escalator": "5 %"},
            "term": "18 months",
            "termination": {"fee": "40 %"},
        }
    )
    cheap = _book("0.4 MUSD/MW/year", held=held)
    dear = _book("80 MUSD/MW/year", held=held)
    signed = dear.signed([Decision("held", "termination", 10.0)])
    assert _money(run, signed) == near(_money(run, cheap))
    assert Outcome(run, signed).paid("fee", "held") == near([0, 0, 0, 0])


@every_runner
def test_an_extension_is_what_the_engine_extends(run):
    """Extended by a plan or by the engine's rule, a deal with a contract value costs the same."""
    held = compute(
        clauses={
            "ramp": {quarter(0): "10 MW"},
            "price": {"total": "40 M USD"},
            "term": "2 quarters",
            "extension": "1 quarter",
        }
    )
    dear = _book("80 MUSD/MW/year", held=held)
    cheap = _book("0.4 MUSD/MW/year", held=held)
    assert Outcome(run, cheap).paid("fee", "held") == near([20, 20, 0, 0])
    signed = cheap.signed([Decision("held", "extension", 10.0)])
    assert _money(run, signed) == near(_money(run, dear))
    assert Outcome(run, signed).paid("fee", "held") == near([20, 20, 20, 0])


@every_runner
def test_an_expansion_runs_beside_its_deal(run):
    """What is added comes a quarter later, at its own price, to the end of the first."""
    held = compute(
        clauses={
            "ramp": {quarter(0): "10 MW"},
            "term": "3 quarters",
            "take_or_pay": "50 %",
            "expansion": {"volume": "4 MW", "usage": "4 MUSD/MW/year"},
        }
    )
    out = Outcome(run, _book(held=held).signed([Decision("held", "expansion", 4.0)]))
    assert out.paid("fee", "held") == near([20, 20, 20, 0])
    assert out.paid("fee", "held expansion") == near([0, 4, 4, 0])


@every_runner
def test_a_matched_offer_brings_its_whole_volume_in_two_parts(run):
    """Seller and holder of the first refusal together deliver what was signed, by the chance of a match."""
    offer = compute(firmness="offered", clauses={"ramp": {quarter(1): "10 MW"}, "take_or_pay": "100 %"})
    held = compute(
        seller="Mere", clauses={"ramp": {quarter(0): "1 MW"}, "first_refusal": {"matched": "30 %"}}
    )
    offered = book(
        4,
        parties=parties(Lark=1_000, Tide=0, Mere=0),
        workloads={"all": workload("50 MW")},
        deals={"offer": offer, "held": held},
    )
    signed = offered.signed([Decision("offer", "offer", 10.0), Decision("offer", "match", 10.0)])
    out = Outcome(run, signed)
    assert out.paid("fee", "offer") == near([0, 14, 14, 14])
    assert out.paid("fee", "offer match") == near([0, 6, 6, 6])


@every_runner
def test_own_models_that_are_only_an_option_move_no_money(run):
    """A licence of a party's own models is offered, so that its fee is never due."""
    own = {
        "kind": "licence",
        "licensor": "Lark",
        "licensee": "Lark",
        "firmness": "offered",
        "clauses": {"fee": "9 M USD/quarter", "quality_lag": "2 quarters"},
    }
    held = compute(clauses={"ramp": {quarter(0): "10 MW"}})
    assert _money(run, _book(own=own, held=held)) == near(_money(run, _book(held=held)))
