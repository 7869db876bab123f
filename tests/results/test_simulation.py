"""A finished run: what can be read from it, kept and loaded."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from offtake.errors import InputError
from offtake.results import STATS, VARIABLES, Simulation
from results.invented import DRAWN, small_run

DOCUMENT = Path(__file__).parents[2] / "docs" / "results.md"


def test_the_table_of_variables_is_the_document():
    """Names, dims and units in code are those that docs/results.md promises."""
    promised = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[0] in {"variable", "---"}:
            continue
        units = cells[2].split("; ")
        for number, name in enumerate(cells[0].split(", ")):
            promised[name] = (tuple(cells[1].split(", ")), units[min(number, len(units) - 1)])
    assert promised == {name: (each.dims, each.unit) for name, each in VARIABLES.items()}


def test_a_fan_is_a_table_by_quarter():
    """A fan has a row for each quarter and a column for each statistic, whatever other dims were fixed."""
    runs = small_run()
    fan = runs.fan("cash", party="Northgate")
    assert list(fan.columns) == list(STATS)
    assert list(fan.index[:2]) == ["2026-Q1", "2026-Q2"]
    np.testing.assert_array_equal(fan["q95"], runs.dataset["cash"].sel(party="Northgate", stat="q95"))
    assert list(runs.fan("burn", party="Northgate").index) == [2026, 2027]
    assert runs.fan("total_demand").shape == (8, 6)


def test_a_variable_as_a_table_keeps_the_order_of_its_labels():
    """Tables list parties and statistics as the run does, not by the alphabet."""
    table = small_run().to_dataframe("cash")
    assert list(table.columns) == list(STATS)
    assert list(table.index[:9:8]) == [("Lark Labs", "2026-Q1"), ("Northgate", "2026-Q1")]
    assert list(small_run().to_dataframe("total_demand").index[:1]) == ["2026-Q1"]
    assert small_run().to_dataframe("default").shape == (24, 1)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda runs: runs.fan("chas"), "no variable `chas`; there are cash, burn"),
        (lambda runs: runs.fan("cash"), "say which party"),
        (lambda runs: runs.fan("cash", party="Nobody"), "no party `Nobody`; it has Lark Labs, Northgate"),
        (lambda runs: runs.fan("cash", site="A"), "`cash` has no dim `site`; it has stat, party, quarter"),
        (lambda runs: runs.fan("default", party="Northgate"), "no spread over time"),
        (lambda runs: runs.to_dataframe("chas"), "no variable `chas`"),
        (lambda runs: runs.path(DRAWN), "no future 400"),
    ],
)
def test_a_wrong_question_is_answered_by_what_there_is(ask, says):
    """Unknown names raise an error that lists the known ones."""
    with pytest.raises(InputError, match=says):
        ask(small_run())


def test_the_ledger_comes_from_who_made_the_run():
    """A fresh run gives the ledger of a future; a loaded one says how to get it."""
    ledger = pd.DataFrame({"quarter": ["2026-Q1"], "paid": [3.0]})
    assert small_run(ledger=lambda number: ledger.assign(number=number)).path(3)["number"].tolist() == [3]
    with pytest.raises(InputError, match=r"same seed.*seed=7\)\.path\(3\)"):
        small_run().path(3)


def test_a_saved_run_comes_back_whole(tmp_path):
    """Everything but the ledgers survives the file, and no half-written file is left."""
    runs = small_run(quantile_error=0.005)
    where = runs.save(tmp_path / "run.nc")
    back = Simulation.load(where)
    xr.testing.assert_identical(back.dataset, runs.dataset)
    for name in (
        "paths",
        "seed",
        "settings",
        "book",
        "book_hash",
        "version",
        "quantile_error",
        "audit",
        "citations",
    ):
        assert getattr(back, name) == getattr(runs, name)
    assert [path.name for path in tmp_path.iterdir()] == ["run.nc"]


def test_a_failed_save_leaves_the_old_file(tmp_path):
    """A run that cannot be written does not touch what stood there, and cleans up."""
    where = small_run().save(tmp_path / "run.nc")
    before = where.read_bytes()
    with pytest.raises(TypeError):
        small_run(settings={"scenario": object()}).save(where)
    broken = small_run()
    broken.dataset["cash"].attrs["bad"] = object()
    with pytest.raises(TypeError):
        broken.save(where)
    assert where.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.nc"]


def test_what_is_no_run_is_refused(tmp_path):
    """A missing file, another kind of file, a foreign netCDF file and a missing folder are each named."""
    (tmp_path / "text.nc").write_text("no", encoding="utf-8")
    xr.Dataset({"x": 1}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    for name, says in {
        "none.nc": "no file",
        "text.nc": "cannot be read",
        "other.nc": "not a saved run",
    }.items():
        with pytest.raises(InputError, match=says):
            Simulation.load(tmp_path / name)
    with pytest.raises(InputError, match="no folder"):
        small_run().save(tmp_path / "nowhere" / "run.nc")


def test_a_dataset_without_units_is_refused():
    """A variable without its unit, or a wrong list of statistics, cannot become a run."""
    runs = small_run()
    bare = runs.dataset.copy()
    bare["burn"] = bare["burn"].drop_attrs()
    with pytest.raises(InputError, match=r"lack `units` or `long_name` in their attrs: burn"):
        Simulation(bare, paths=1, seed=0)
    with pytest.raises(InputError, match="dim `stat` holds"):
        Simulation(runs.dataset.isel(stat=[0, 1]), paths=1, seed=0)


def test_a_run_cannot_be_changed():
    """Fields and settings of a finished run are fixed."""
    runs = small_run()
    with pytest.raises(FrozenInstanceError):
        runs.seed = 8
    with pytest.raises(TypeError):
        runs.settings["scenario"] = "other"


def test_a_notebook_shows_what_made_the_run():
    """The summary names the book, the seed, the futures and every variable, with marks escaped."""
    page = small_run(book="a <b> book")._repr_html_()
    assert "a &lt;b&gt; book (0123456789ab)" in page
    assert all(text in page for text in ("<td>400</td>", "exact", "D1 2e-15", "<code>total_demand</code>"))
    assert repr(small_run()) == "<Simulation of first-steps: 400 futures, seed 7>"


def test_results_need_no_engine():
    """Reading a finished run loads no engine, and importing the package no table library."""
    code = (
        "import sys; sys.path.insert(0, 'src'); import offtake.results;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=DOCUMENT.parents[1], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {"jax", "pandas", "xarray", "scipy", "plotly"}.isdisjoint(loaded)
