"""The benchmarks run: each script has a smoke form of a few seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).parents[1].joinpath("benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_smoke(script):
    """The script measures something and says so in numbers."""
    done = subprocess.run(
        [sys.executable, str(script), "--smoke"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert any(character.isdigit() for character in done.stdout)
