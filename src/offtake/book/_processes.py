"""The parameters of each process that a driver can follow."""

from collections.abc import Mapping
from typing import Final

__all__ = ["DIMENSIONS_OF", "LEVELS", "NEEDED", "OPTIONAL", "parameters"]

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "gbm": ("now", "growth"),
    "mean_reverting": ("now", "level", "half_life"),
    "logistic": ("now", "ceiling", "growth"),
    "bass": ("now", "ceiling", "p", "q"),
}
"""Parameters without which a process cannot run."""

OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {"bass": ("elapsed",)}
"""Parameters that a process can do without."""

LEVELS: Final = ("now", "level", "ceiling")
"""Parameters that are quantities of the driver's own kind."""

DIMENSIONS_OF: Final[Mapping[str, str]] = {
    "growth": "rate",
    "p": "rate",
    "q": "rate",
    "half_life": "duration",
    "elapsed": "duration",
}
"""The dimension of the other parameters."""


def parameters(process: str) -> tuple[str, ...]:
    """Return every parameter of a process; none for one that is a single value or a path.

    Examples
    --------
    >>> parameters("bass")
    ('now', 'ceiling', 'p', 'q', 'elapsed')
    """
    return (*NEEDED.get(process, ()), *OPTIONAL.get(process, ()))
