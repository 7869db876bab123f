"""A book compiled to labelled arrays: engines read nothing else."""

from offtake.model._compile import CHANNELS, compile  # noqa: A004 - the architecture's name for it
from offtake.model._lines import RANKS
from offtake.model._records import Model, Structure

__all__ = ["CHANNELS", "RANKS", "Model", "Structure", "compile"]
