"""The layers of the package: what the contract says, and that it can be broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
LAYERS = next(contract for contract in CONFIG["contracts"] if contract["id"] == "layers")["layers"]


LIGHT = next(contract for contract in CONFIG["contracts"] if contract["id"] == "light-reading")


def packages(layer):
    """Return the names of the packages that share one layer."""
    return [name.strip(" ()") for name in layer.split("|")]


def lint(root):
    """Return the exit code and the output of import-linter on a tree that has a pyproject and a src."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(
        [*command, "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": "", "PYTHONUTF8": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def bare_package(tmp_path):
    """Return a tree with the project's contracts and one empty module for each package that they name."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ["", *(name for layer in LAYERS for name in packages(layer))]:
        folder = tmp_path / "src" / "offtake" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    return tmp_path


def write(root, package, line):
    """Put one line of code into an otherwise empty package."""
    (root / "src" / "offtake" / package / "__init__.py").write_text(f"{line}\n", encoding="utf-8")


def test_the_layers_are_those_of_the_design():
    """Data flows one way, from the book to the faces, through these layers (decision 0004)."""
    assert [packages(layer) for layer in LAYERS] == [
        ["cli", "server"],
        ["brief"],
        ["facts", "figures"],
        ["negotiate"],
        ["plan", "quote", "stress"],
        ["simulate", "trace"],
        ["cashflow", "drivers", "clearing"],
        ["model", "io", "scale"],
        ["book", "results"],
        ["units", "calendar"],
        ["spelling"],
        ["errors"],
    ]


def test_books_and_results_are_held_to_light_reading():
    """Whichever of the two packages exists may import neither JAX, nor a solver, nor Plotly."""
    package = ROOT / "src" / "offtake"
    existing = [name for name in ("book", "results") if (package / name / "__init__.py").exists()]
    held = [f"offtake.{name}" for name in existing]
    assert LIGHT["source_modules"] == held, "name each package that exists in pyproject.toml, light-reading"
    assert LIGHT["forbidden_modules"] == ["highspy", "jax", "linopy", "plotly"]


def test_the_package_keeps_its_layers():
    """No import of the package goes up or sideways."""
    code, output = lint(ROOT)
    assert code == 0, output


def test_an_empty_package_keeps_every_contract(bare_package):
    """The contracts hold when every package of the design exists and imports nothing."""
    code, output = lint(bare_package)
    assert code == 0, output


@pytest.mark.parametrize(
    ("package", "line"),
    [
        pytest.param("book", "import offtake.model", id="up"),
        pytest.param("clearing", "from offtake.drivers import fit", id="sideways"),
        pytest.param("errors", "def f():\n    import offtake.cli", id="up, inside a function"),
        pytest.param("book", "import jax", id="an engine library in the book"),
        pytest.param("elsewhere", "", id="a package that has no layer"),
    ],
)
def test_a_breach_is_found(bare_package, package, line):
    """An import that goes up or sideways, and a package without a layer, break a contract."""
    (bare_package / "src" / "offtake" / package).mkdir(exist_ok=True)
    write(bare_package, package, line)
    code, output = lint(bare_package)
    assert code == 1, output
    assert "BROKEN" in output


def test_an_import_that_goes_down_is_allowed(bare_package):
    """A package may use any layer below its own, not only the next one."""
    write(bare_package, "brief", "import offtake.errors\nimport offtake.simulate")
    code, output = lint(bare_package)
    assert code == 0, output
