"""A folder to work in, and a way to run commands in it."""

import pytest
from typer.testing import CliRunner

from offtake.cli import app


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which is the current one, with all caches below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    # set first, so that it is taken out again whatever a command sets
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    return tmp_path


@pytest.fixture
def run(folder):
    """Return a function that runs a command and says what it printed and its exit code."""

    def command(*arguments):
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return command


@pytest.fixture
def book(folder, run):
    """Return the path of a small book of one year, as `book new` writes it."""
    path = folder / "mine.yaml"
    assert run("book", "new", "mine.yaml").exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert "to: 2029-Q4" in text
    path.write_text(text.replace("to: 2029-Q4", "to: 2026-Q4"), encoding="utf-8")
    return path
