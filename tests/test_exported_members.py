"""What the package exports: complete, importable, light, and with verbs that stay verbs."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import offtake

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    module.name
    for module in pkgutil.iter_modules(offtake.__path__, "offtake.")
    if not module.name.rpartition(".")[2].startswith("_")
)
HEAVY = {"dask", "jax", "linopy", "networkx", "openpyxl", "pandas", "plotly", "pydantic", "scipy", "xarray"}


def run_python(code):
    """Return what a fresh interpreter prints when it runs the code from the project's root."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src'); {code}"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", offtake.__all__)
def test_each_public_name_can_be_had(name):
    """Every name in the public list is there, and not a module in disguise."""
    assert not isinstance(getattr(offtake, name), type(sys))


def test_the_public_lists_agree():
    """The public list, the table of homes and the names that a type checker sees are the same."""
    tree = ast.parse(Path(offtake.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name: imported.module
        for block in tree.body
        if isinstance(block, ast.If)
        for imported in block.body
        if isinstance(imported, ast.ImportFrom)
        for alias in imported.names
    }
    assert typed == offtake._HOMES
    assert offtake.__all__ == sorted([*offtake._HOMES, "__version__"])


def test_dir_lists_names_that_are_not_loaded_yet():
    """Completion in a notebook offers every public name."""
    assert set(offtake.__all__) <= set(dir(offtake))


def test_an_unknown_name_is_refused():
    """A misspelt name raises what Python raises for any module."""
    with pytest.raises(AttributeError, match="'offtake' has no attribute 'simulat'"):
        offtake.simulat  # noqa: B018 - reading it is the test


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_exports_what_it_lists(package):
    """Every package and module has a list of public names without repeats, and each name is there."""
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_importing_the_package_is_light():
    """A bare import loads none of the heavy libraries."""
    loaded = run_python("import offtake; print(*{name.partition('.')[0] for name in sys.modules})")
    assert "offtake" in loaded.split()
    assert HEAVY.isdisjoint(loaded.split())


@pytest.mark.parametrize("first", ["import offtake.{verb}", "import offtake; offtake.{verb}"])
def test_a_verb_stays_a_verb(tmp_path, first):
    """A name shared by a verb and its package means the verb, whichever of them is imported first."""
    (tmp_path / "ponder").mkdir()
    (tmp_path / "ponder" / "__init__.py").write_text(
        "DEPTH = 3\ndef ponder():\n    return DEPTH\n", encoding="utf-8"
    )
    loaded = run_python(
        f"import offtake; offtake.__path__.append({str(tmp_path)!r}); "
        "offtake._HOMES['ponder'] = 'offtake.ponder'; "
        f"{first.format(verb='ponder')}; from offtake.ponder import DEPTH; "
        "import offtake.ponder; print(offtake.ponder(), DEPTH)"
    )
    assert loaded == "3 3"
