"""A table of prices that workers find is that of one process, to the last digit."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import offtake as ot
from offtake.cli import app
from offtake.errors import InputError
from offtake.quote import axes_of, ground, price_grid
from quote.yard import REQUEST, yard

OVER = {"term": ["2 years", "3 years"], "prepayment": [0, 0.1, 0.3], "take_or_pay": [0.7, 1],
        "termination": ["none", 0.2]}  # fmt: skip


@pytest.fixture(scope="module")
def client():
    """Two workers in threads of this process."""
    from distributed import Client

    with Client(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as client:
        yield client


def asked(**more):
    """Return a quote of the yard's machines over a few terms."""
    return ot.quote(yard(), request=REQUEST, **{"payback": 0.6, "over": OVER, "paths": 60, "seed": 4,
                                                "engine": "numpy", **more})  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("more", [{}, {"floor": -300.0, "tail": 0.3}], ids=["payback", "floor"])
def test_workers_give_the_same_quote(client, more):
    """Every price and every number of the answer is bit by bit that of a quote without workers."""
    alone, spread = asked(**more), asked(client=client, **more)
    assert np.unique(alone.dataset["price"].values).size > 10
    assert repr(spread.answer) == repr(alone.answer)  # NaN is unlike NaN
    assert spread.dataset.identical(alone.dataset)
    assert spread.sentences == alone.sentences


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_price_stands_at_its_terms(client):
    """Terms may come in any order and more than once; each step is told until all are priced."""
    base = ground(yard(), REQUEST, paths=40, seed=2, engine="numpy", longest=12.0)
    cells = axes_of(base.terms, OVER, base.asked.life).cells(base.terms)
    order = np.random.default_rng(0).permutation([*range(len(cells)), 0, 5])
    mixed = [dataclasses.replace(cells[n]) for n in order]
    told = []
    plain = price_grid(base, cells, payback=0.5)
    spread = price_grid(base, mixed, payback=0.5, client=client, progress=lambda *each: told.append(each))
    assert spread.tolist() == plain[order].tolist()
    assert told[-1] == (len(mixed), len(mixed))
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_what_is_no_client_is_refused_at_once():
    """Another thing than a client is refused before any future is drawn."""
    with pytest.raises(InputError, match=r"`client` is a dask\.distributed client, not str"):
        asked(client="scheduler:8786", progress=lambda *_: pytest.fail("futures were drawn"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_command_prints_the_same_with_workers(tmp_path, monkeypatch):
    """`--workers 2` prices in two processes what one prices, and JSON has the range of wrong-way risk."""
    monkeypatch.chdir(tmp_path)
    arguments = ["--quiet", "quote", "first-steps", "--request", "lark-more", "--term", "3 years",
                 "--paths", "80", "--engine", "numpy", "--json"]  # fmt: skip
    printed = [CliRunner().invoke(app, [*arguments, *more]) for more in ([], ["--workers", "2"])]
    assert [each.exit_code for each in printed] == [0, 0], printed[-1].output
    data = [json.loads(each.stdout) for each in printed]
    assert data[0] == data[1]
    answer = data[0]["answer"]
    low, high = answer["wrong_way_range"]
    assert low < answer["wrong_way"] < high
    assert high - low == pytest.approx(2 * 1.96 * answer["wrong_way_error"])
