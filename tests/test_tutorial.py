"""The tutorial does what it shows."""

import doctest
from pathlib import Path

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.md"


def test_every_block_gives_what_it_shows():
    """Every example of the tutorial runs and prints just what stands below it."""
    tried = doctest.testfile(str(TUTORIAL), module_relative=False)
    assert tried.attempted >= 15
    assert tried.failed == 0
